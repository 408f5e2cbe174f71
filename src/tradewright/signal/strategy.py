"""The one way to write a strategy: declared fields, indicators made in `setup`, callbacks that state intents.

The same file runs in backtest, demo and live. State is what is declared: annotated class fields and indicators; they
are in the snapshot. Anything else hung on `self` is refused, since it would be lost at a restart. A callback that
raises has its intents discarded and its strategy HALTED. Prices and sizes are plain numbers here (floats enter by
their shortest decimal); the engine sizes, checks and rounds them exactly.
"""

from __future__ import annotations

import copy
import inspect
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from tradewright.model.errors import InputError, StateError
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.market import Bar, Depth, Quote, Trade
from tradewright.model.numbers import (
    MONEY_SCALE,
    PRICE_MAX,
    SIZE_MAX,
    Number,
    decimal_of,
    nearest_count_of,
    round_down,
    round_up,
)
from tradewright.model.order import (
    BUY,
    EXTENDED_HOURS,
    LIMIT,
    MARKET,
    POST_ONLY,
    SELL,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    TIMES_IN_FORCE,
    TRAILING_STOP,
    number_named,
)
from tradewright.model.report import Fill
from tradewright.model.view import BookView, EngineView
from tradewright.signal.indicators import (
    ADX,
    ATR,
    EMA,
    MACD,
    OBV,
    RSI,
    SMA,
    VWAP,
    WMA,
    Bollinger,
    Donchian,
    Indicator,
    Keltner,
    Line,
    RollingCorrelation,
    RollingDeviation,
    RollingRegression,
    RollingVWAP,
    Stochastic,
    ZScore,
)

I = TypeVar("I", bound=Indicator)  # noqa: E741

#: What a declared field may hold: JSON and nothing else, so that every state can be stored and read back the same.
_PLAIN = frozenset({bool, int, str, type(None)})
_TUPLE = "()"
PPM_ONE = 1_000_000
Encodable = bool | int | float | str | None | list[Any] | tuple[Any, ...] | dict[str, Any]


class Strategy:
    """Base of all strategies. Override `setup` and any of the `on_*` callbacks.

    A subclass declares its parameters and state as annotated class fields with defaults. `symbol` is the instrument an
    instance trades; one instance is made per symbol, unless `many = True`: then one instance sees them all (`symbols`).
    """

    many: ClassVar[bool] = False

    def __init__(self, id: str, account: str, instruments: list[Instrument], parameters: dict[str, Any]) -> None:
        own = self.__dict__
        own["id"] = id
        own["account"] = account
        own["instruments"] = {instrument.symbol: instrument for instrument in instruments}
        own["symbols"] = [instrument.symbol for instrument in instruments]
        own["symbol"] = instruments[0].symbol
        own["_instrument"] = instruments[0]
        own["_indicators"] = []
        own["_names"] = {}
        own["_intents"] = []
        own["_ready"] = False
        own["_view"] = None
        own["_book"] = None
        own["_fields"] = declared_fields(type(self))
        for name, default in own["_fields"].items():
            own[name] = copy.deepcopy(default)
        for name, value in parameters.items():
            if name not in own["_fields"]:
                raise InputError(f"{id}: there is no parameter {name!r}; it has {', '.join(own['_fields']) or 'none'}")
            own[name] = converted(value, own["_fields"][name], f"{id}: parameter {name}")

    # ── to override ────────────────────────────────────────────────────────────────────────────────────────────────

    def setup(self) -> None:
        """Make the indicators. Runs once, before any data."""

    def on_bar(self, bar: Bar) -> None:
        """A bar has closed; indicators have it already."""

    def on_quote(self, quote: Quote) -> None:
        """Best bid or ask changed."""

    def on_trade(self, trade: Trade) -> None:
        """A market print."""

    def on_depth(self, depth: Depth) -> None:
        """The order book changed."""

    def on_fill(self, fill: Fill) -> None:
        """One of our orders filled, in part or in full."""

    # ── what is there ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def size(self) -> float:
        """What this strategy holds of `symbol`: positive long, negative short, 0 flat."""
        return self._book.net / self._instrument.size_one

    @property
    def flat(self) -> bool:
        return self._book.long_size == 0 and self._book.short_size == 0

    @property
    def long(self) -> bool:
        return self._book.long_size > 0

    @property
    def short(self) -> bool:
        return self._book.short_size > 0

    @property
    def entry_price(self) -> float | None:
        """Average entry price of what is held; None when flat."""
        average = self._book.average_units()
        return None if average is None else average / self._instrument.price_one

    @property
    def equity(self) -> float | None:
        """The account's equity in its currency, for looking at; None when a price or rate is missing."""
        money = self._view.equity(self.account)
        return None if money is None else money / 10**MONEY_SCALE

    @property
    def open_orders(self) -> list[str]:
        """Ids of this strategy's orders in `symbol` that may still fill, oldest first."""
        return self._view.open_orders(self.account, self.id, self._instrument)

    @property
    def now(self) -> int:
        """The engine's time, ns UTC: the only clock there is."""
        return self._view.now

    def size_of(self, symbol: str) -> float:
        """What this strategy holds of another of its symbols."""
        instrument = self._of(symbol)
        return self._view.book(self.account, self.id, instrument).net / instrument.size_one

    # ── intents ────────────────────────────────────────────────────────────────────────────────────────────────────

    def buy(self, size: Number | None = None, **terms: Any) -> str:
        """Want to be longer by `size` (or `percent` of equity, or `value` of money); returns the order's id.

        terms: symbol; percent, value; at_fill (percent taken at the fill price, backtest only); limit, stop, trail or
        trail_percent (order type follows from them; none = market); tif day|gtc|ioc|fok|opg|cls; post_only,
        extended_hours; stop_loss, take_profit (prices) and trailing or trailing_percent: exits attached to the order;
        reason; confidence 0..1. What is short is closed first.
        """
        return self._open(BUY, size, terms)

    def sell(self, size: Number | None = None, **terms: Any) -> str:
        """Want to be shorter by `size`; terms as in `buy`. What is long is closed first."""
        return self._open(SELL, size, terms)

    def close(self, size: Number | None = None, **terms: Any) -> str | None:
        """Close what this strategy holds (all of it, or `size`, or the named `lot`); None when there is nothing. Where
        longs and shorts stand side by side each lot has a closing order of its own, oldest first; the id is that of
        the first.

        Attached exits of the same position are cancelled first. terms: symbol, side ("long" or "short" where both are
        held), lot, limit, stop, trail, trail_percent, tif, extended_hours, reason.
        """
        instrument = self._of(terms.pop("symbol", None))
        book = self._view.book(self.account, self.id, instrument)
        held = terms.pop("side", "long" if book.long_size else "short")
        if held not in ("long", "short"):
            raise InputError(f"{self.id}: side {held!r} is neither long nor short")
        if (book.long_size if held == "long" else book.short_size) == 0:
            return None
        intent = self._intent(instrument, SELL if held == "long" else BUY)
        intent.closing = True
        if size is not None:
            intent.quantity = self._size(size, instrument)
        intent.lot = self._text(terms, "lot")
        self._prices(intent, terms)
        return self._want(intent, terms)

    def protect(self, stop_loss: Number | None = None, take_profit: Number | None = None, **terms: Any) -> list[str]:
        """Guard what is held with a stop-loss, a take-profit or both as an OCO pair; `trailing` or `trailing_percent`
        makes the stop follow. Returns the ids; nothing when flat. Replace them by cancelling the old ones first."""
        instrument = self._of(terms.pop("symbol", None))
        book = self._view.book(self.account, self.id, instrument)
        side = SELL if book.long_size else BUY
        trail = {name: terms.pop(name) for name in ("trailing", "trailing_percent") if name in terms}
        if stop_loss is not None and trail:
            raise InputError(f"{self.id}: a stop-loss stays where it is or it follows: not both")
        if stop_loss is None and take_profit is None and not trail:
            raise InputError(f"{self.id}: say how to protect: stop_loss, take_profit, trailing or trailing_percent")
        if book.long_size == 0 and book.short_size == 0:
            return []
        intents: list[Intent] = []
        for role, price in ((STOP_LOSS, stop_loss), (TAKE_PROFIT, take_profit)):
            if price is None and not (role == STOP_LOSS and trail):
                continue
            intent = self._intent(instrument, side)
            intent.closing, intent.role = True, role
            intent.quantity = book.long_size or book.short_size
            if role == STOP_LOSS and trail:
                self._prices(intent, {"trail" + name[8:]: value for name, value in trail.items()})
            else:
                self._prices(intent, {"stop" if role == STOP_LOSS else "limit": price})
            intents.append(intent)
        ids = [self._want(intent, dict(terms)) for intent in intents]
        if len(intents) == 2:
            intents[0].group = intents[1].group = ids[0]
        return ids

    def cancel(self, order_id: str) -> None:
        """Want the end of one of this strategy's orders; one that has ended or is not its own is left alone."""
        if not isinstance(order_id, str):
            raise InputError(f"{self.id}: {order_id!r} is not the id of an order")
        intent = Intent(order_id, self.account, self.id, self._instrument, BUY)
        intent.cancels = True
        self._intents.append(intent)

    def cancel_all(self) -> None:
        """Want the end of all of this strategy's orders in `symbol`."""
        for order_id in self.open_orders:
            self.cancel(order_id)

    def _open(self, side: int, size: Number | None, terms: dict[str, Any]) -> str:
        instrument = self._of(terms.pop("symbol", None))
        intent = self._intent(instrument, side)
        if size is not None:
            intent.quantity = self._size(size, instrument)
        elif "percent" in terms:
            intent.size_ppm = self._percent(terms.pop("percent"), "percent")
            intent.at_fill = bool(terms.pop("at_fill", False))
        elif "value" in terms:
            intent.value = nearest_count_of(terms.pop("value"), MONEY_SCALE, f"{self.id}: value", 2**127 - 1)
            if intent.value <= 0:
                raise InputError(f"{self.id}: value must be above zero")
        else:
            raise InputError(f"{self.id}: say how much: size, percent=… of equity or value=… of money")
        if terms:
            self._prices(intent, terms)
            self._attached(intent, terms)
        return self._want(intent, terms)

    def _intent(self, instrument: Instrument, side: int) -> Intent:
        """Its order is numbered when all of it is known to be right: what is refused here uses up no id."""
        return Intent("", self.account, self.id, instrument, side)

    def _prices(self, intent: Intent, terms: dict[str, Any]) -> None:
        """Order type and prices from limit, stop, trail and trail_percent; rounded to the tick, never past it."""
        limit, stop = terms.pop("limit", None), terms.pop("stop", None)
        trail, trail_percent = terms.pop("trail", None), terms.pop("trail_percent", None)
        if limit is not None:
            intent.limit_units = self._tick(limit, intent.instrument, intent.side == SELL)
        if stop is not None:
            intent.stop_units = self._tick(stop, intent.instrument, intent.side == BUY)
        if (trail is not None) + (trail_percent is not None) + (limit is not None or stop is not None) > 1:
            raise InputError(f"{self.id}: trail and trail_percent go with no other price of the order")
        if trail is not None:
            intent.trail_units = self._price(trail, intent.instrument)
        elif trail_percent is not None:
            intent.trail_ppm = self._percent(trail_percent, "trail_percent", PPM_ONE - 1)
        if intent.trail_units or intent.trail_ppm:
            intent.type = TRAILING_STOP
        elif stop is not None:
            intent.type = STOP_LIMIT if limit is not None else STOP
        else:
            intent.type = LIMIT if limit is not None else MARKET

    def _attached(self, intent: Intent, terms: dict[str, Any]) -> None:
        for name in ("stop_loss", "take_profit"):
            price = terms.pop(name, None)
            if price is not None:
                up = (intent.side == BUY) == (name == "take_profit")
                setattr(intent, name, self._tick(price, intent.instrument, up))
        trailing, percent = terms.pop("trailing", None), terms.pop("trailing_percent", None)
        if (trailing is not None) + (percent is not None) + (intent.stop_loss != 0) > 1:
            raise InputError(f"{self.id}: of stop_loss, trailing and trailing_percent an order has one")
        if trailing is not None:
            intent.exit_trail_units = self._price(trailing, intent.instrument)
        elif percent is not None:
            intent.exit_trail_ppm = self._percent(percent, "trailing_percent", PPM_ONE - 1)

    def _want(self, intent: Intent, terms: dict[str, Any]) -> str:
        """The terms all intents share; what is left over then is a misspelt name."""
        intent.reason = self._text(terms, "reason")
        if terms:
            tif = terms.pop("tif", None)
            if tif is not None:
                intent.time_in_force = number_named(TIMES_IN_FORCE, tif, f"{self.id}: tif")
            if terms.pop("post_only", False):
                intent.flags |= POST_ONLY
            if terms.pop("extended_hours", False):
                intent.flags |= EXTENDED_HOURS
            intent.confidence = self._confidence(terms.pop("confidence", 1.0))
            if terms:
                raise InputError(f"{self.id}: an order has no {', '.join(terms)}")
        intent.inputs = self.inputs()
        intent.order_id = self._view.next_order_id(self.account)
        self._intents.append(intent)
        return intent.order_id

    def _text(self, terms: dict[str, Any], name: str) -> str:
        text = terms.pop(name, "")
        if not isinstance(text, str):
            raise InputError(f"{self.id}: {name} {text!r} is not text")
        return text

    def _percent(self, percent: Number, name: str, bound: int = SIZE_MAX) -> int:
        """Parts per million of a percentage above zero."""
        ppm = nearest_count_of(percent, 4, f"{self.id}: {name}")
        if not 0 < ppm <= bound:
            raise InputError(
                f"{self.id}: {name} {percent} must be above zero{' and below 100' if bound < PPM_ONE else ''}"
            )
        return ppm

    def _confidence(self, confidence: Number) -> float:
        number = float(decimal_of(confidence, f"{self.id}: confidence"))
        if not 0.0 <= number <= 1.0:
            raise InputError(f"{self.id}: confidence {confidence} must lie between 0 and 1")
        return number

    def inputs(self) -> tuple[tuple[str, float | None], ...]:
        """What this strategy decides on, for the record: each indicator line's label and value."""
        found: list[tuple[str, float | None]] = []
        for indicator in self._indicators:
            for line in indicator.lines():
                found.append((line.label, line.value if line.ready else None))
        return tuple(found)

    def _of(self, symbol: str | None) -> Instrument:
        if symbol is None:
            return self._instrument
        instrument: Instrument | None = self.instruments.get(symbol)
        if instrument is None:
            raise InputError(f"{self.id}: {symbol!r} is not one of its symbols ({', '.join(self.symbols)})")
        return instrument

    def _price(self, price: Number, instrument: Instrument) -> int:
        units = quick_count(price, instrument.price_one) if isinstance(price, float) else -1
        if units < 0:
            units = nearest_count_of(
                price, instrument.price_scale, f"{self.id}: price of {instrument.symbol}", PRICE_MAX
            )
        if units <= 0:
            raise InputError(f"{self.id}: price {price} of {instrument.symbol} must be above zero")
        return units

    def _tick(self, price: Number, instrument: Instrument, up: bool) -> int:
        """The price count on the tick, rounded up or down."""
        units, tick = self._price(price, instrument), instrument.rules.tick
        units = round_up(units, tick) if up else round_down(units, tick)
        if not 0 < units <= PRICE_MAX:
            raise InputError(
                f"{self.id}: price {price} of {instrument.symbol} leaves nothing on a tick of {tick} counts"
            )
        return units

    def _size(self, size: Number, instrument: Instrument) -> int:
        if type(size) is int:
            units = size * int(10**instrument.size_scale)
        else:
            units = nearest_count_of(size, instrument.size_scale, f"{self.id}: size of {instrument.symbol}", SIZE_MAX)
        if not 0 < units <= SIZE_MAX:
            raise InputError(f"{self.id}: size {size} of {instrument.symbol} must be above zero")
        return units

    # ── indicators ─────────────────────────────────────────────────────────────────────────────────────────────────

    def follow(self, indicator: I, symbol: str | None = None) -> I:
        """Feed an indicator with the bars of `symbol` from now on; only in `setup`."""
        if self._ready:
            raise StateError(f"{self.id}: indicators are made in setup, before any data")
        self._indicators.append(indicator)
        self._names[len(self._indicators) - 1] = self._of(symbol).symbol
        return indicator

    def sma(self, length: int, source: str = "close", symbol: str | None = None) -> SMA:
        return self.follow(SMA(length, source), symbol)

    def ema(self, length: int, source: str = "close", symbol: str | None = None, **options: Any) -> EMA:
        return self.follow(EMA(length, source, **options), symbol)

    def wma(self, length: int, source: str = "close", symbol: str | None = None) -> WMA:
        return self.follow(WMA(length, source), symbol)

    def rsi(self, length: int = 14, source: str = "close", symbol: str | None = None) -> RSI:
        return self.follow(RSI(length, source), symbol)

    def atr(self, length: int = 14, symbol: str | None = None) -> ATR:
        return self.follow(ATR(length), symbol)

    def adx(self, length: int = 14, symbol: str | None = None) -> ADX:
        return self.follow(ADX(length), symbol)

    def macd(self, fast: int = 12, slow: int = 26, signal: int = 9, symbol: str | None = None, **options: Any) -> MACD:
        return self.follow(MACD(fast, slow, signal, **options), symbol)

    def bollinger(self, length: int = 20, width: float = 2.0, symbol: str | None = None) -> Bollinger:
        return self.follow(Bollinger(length, width), symbol)

    def keltner(self, length: int = 20, atr_length: int = 10, width: float = 2.0, symbol: str | None = None) -> Keltner:
        return self.follow(Keltner(length, atr_length, width), symbol)

    def donchian(self, length: int = 20, symbol: str | None = None) -> Donchian:
        return self.follow(Donchian(length), symbol)

    def vwap(self, symbol: str | None = None, **options: Any) -> VWAP:
        return self.follow(VWAP(**options), symbol)

    def rolling_vwap(self, length: int, symbol: str | None = None) -> RollingVWAP:
        return self.follow(RollingVWAP(length), symbol)

    def obv(self, symbol: str | None = None) -> OBV:
        return self.follow(OBV(), symbol)

    def stochastic(
        self, length: int = 14, smooth_k: int = 3, smooth_d: int = 3, symbol: str | None = None
    ) -> Stochastic:
        return self.follow(Stochastic(length, smooth_k, smooth_d), symbol)

    def zscore(self, length: int, source: str = "close", symbol: str | None = None) -> ZScore:
        return self.follow(ZScore(length, source), symbol)

    def deviation(self, length: int, source: str = "close", symbol: str | None = None) -> RollingDeviation:
        return self.follow(RollingDeviation(length, source), symbol)

    def correlation(
        self, length: int, source: str = "close", other: str = "volume", symbol: str | None = None
    ) -> RollingCorrelation:
        return self.follow(RollingCorrelation(length, source, other), symbol)

    def regression(self, length: int, source: str = "close", symbol: str | None = None) -> RollingRegression:
        return self.follow(RollingRegression(length, source), symbol)

    # ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._fields:
            self.__dict__[name] = value if type(value) in _PLAIN else checked(value, f"{self.id}: field {name}")
        elif not self._ready and isinstance(value, Line):
            self.__dict__[name] = value
        else:
            raise StateError(
                f"{self.id}: {name!r} is neither a declared field nor an indicator made in setup; "
                f"declare it in the class with a default (`{name}: float = 0.0`), or it would be lost at a restart"
            )

    def attach(self, view: EngineView) -> None:
        """Give the instance its view of the engine and let it make its indicators; called once by the trader."""
        own = self.__dict__
        own["_view"] = view
        own["_book"] = view.book(self.account, self.id, self._instrument)
        self.setup()
        own["_ready"] = True

    def state(self) -> list[Any]:
        """Fields and indicators, encodable. Raises StateError where a field holds something that is not."""
        fields = {name: _stored(self.__dict__[name], f"{self.id}: field {name}") for name in sorted(self._fields)}
        return [fields, [indicator.state() for indicator in self._indicators]]

    def restore(self, state: list[Any]) -> None:
        """The inverse of `state`, after `attach`."""
        fields, indicators = state
        for name, value in fields.items():
            self.__dict__[name] = _from_stored(value)
        for indicator, row in zip(self._indicators, indicators, strict=True):
            indicator.restore(row)

    _book: BookView
    _view: EngineView
    _instrument: Instrument
    _intents: list[Intent]
    _indicators: list[Indicator]
    _names: dict[int, str]
    _fields: dict[str, Any]
    _ready: bool
    id: str
    account: str
    symbol: str
    symbols: list[str]
    instruments: dict[str, Instrument]


def declared_fields(strategy: type[Strategy]) -> dict[str, Any]:
    """The annotated fields of a strategy class and its bases below Strategy, with their defaults."""
    fields: dict[str, Any] = {}
    for base in reversed(strategy.__mro__):
        if base is Strategy or not issubclass(base, Strategy):
            continue
        for name, annotation in inspect.get_annotations(base).items():
            if "ClassVar" in str(annotation):
                continue
            if name.startswith("_") or hasattr(Strategy, name):
                raise StateError(f"{strategy.__name__}: field {name!r} has a name that the engine uses itself")
            # Without a default it tells the type checker of an indicator; assigning anything else is refused.
            if not hasattr(strategy, name):
                continue
            fields[name] = checked(getattr(strategy, name), f"{strategy.__name__}: field {name}")
    return fields


def checked(value: Any, what: str) -> Any:
    """`value` if it is encodable, else StateError."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise StateError(f"{what}: {value} is not a finite number")
        return value
    if isinstance(value, list | tuple):
        for item in value:
            checked(item, what)
        return value
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or key == _TUPLE:
                raise StateError(f"{what}: the key {key!r} is not text that can be stored")
            checked(item, what)
        return value
    raise StateError(f"{what}: a {type(value).__name__} can not be stored; use numbers, text, lists and dicts")


def _stored(value: Any, what: str) -> Any:
    """`value` as JSON can say it: a tuple comes back as one, a number of numpy as a plain one. Raises StateError."""
    checked(value, what)
    if isinstance(value, tuple):
        return {_TUPLE: [_stored(item, what) for item in value]}
    if isinstance(value, list):
        return [_stored(item, what) for item in value]
    if isinstance(value, dict):
        return {key: _stored(item, what) for key, item in value.items()}
    return float(value) if isinstance(value, float) else value


def _from_stored(value: Any) -> Any:
    """The inverse of `_stored`."""
    if isinstance(value, list):
        return [_from_stored(item) for item in value]
    if isinstance(value, dict):
        if _TUPLE in value:
            return tuple([_from_stored(item) for item in value[_TUPLE]])
        return {key: _from_stored(item) for key, item in value.items()}
    return value


def converted(value: Any, default: Any, what: str) -> Any:
    """A parameter given as text or number, as the type of its default. Raises InputError."""
    kind = type(default)
    try:
        if default is None or type(value) is kind:
            return checked(value, what)
        if kind is bool:
            return {"true": True, "false": False, "1": True, "0": False}[str(value).lower()]
        if kind is int:
            number = Decimal(str(value))
            if number != int(number):
                raise ValueError
            return int(number)
        if kind is float:
            return checked(float(value), what)
        if kind is str:
            return str(value)
    except (ValueError, TypeError, KeyError, ArithmeticError, StateError) as error:
        raise InputError(f"{what}: {value!r} is not a valid {kind.__name__}") from error
    raise InputError(f"{what}: can not be set from {value!r}")


def quick_count(price: float, one: float) -> int:
    """The nearest count of a float price, where its shortest decimal can round no other way; -1 = take the exact way.

    Away from a tie the product's error (half an ulp) can not change the nearest integer.
    """
    product = price * one
    if not 0.0 < product < 4503599627370496.0:
        return -1
    count = int(product + 0.5)
    distance = product - count
    return count if -0.4 < distance < 0.4 else -1
