"""The one way to write a strategy: declared fields, indicators made in `setup`, callbacks that state intents.

The same file runs in backtest, demo and live. State is what is declared: annotated class fields, indicators and
patterns; they are in the snapshot. Anything else hung on `self` is refused, since it would be lost at a restart. A
callback that raises has its intents discarded and its strategy HALTED. Prices and sizes are plain numbers here (floats
enter by their shortest decimal); the engine sizes, checks and rounds them exactly.
"""

from __future__ import annotations

import copy
import inspect
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from tradewright.model.errors import InputError, StateError, UsageError
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.market import Bar, Depth, Quote, Trade
from tradewright.model.numbers import MONEY_SCALE, Number
from tradewright.model.order import BUY, SELL, STOP_LOSS, TAKE_PROFIT
from tradewright.model.report import Fill
from tradewright.model.view import BookView, EngineView
from tradewright.signal.exit_terms import EXIT_TERMS
from tradewright.signal.hand import Hand
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
from tradewright.signal.patterns.pattern import Pattern
from tradewright.signal.terms import fill_in, price_count, size_count, storable

I = TypeVar("I", bound=Indicator)  # noqa: E741

#: What a declared field may hold: JSON and nothing else, so that every state can be stored and read back the same.
_PLAIN = frozenset({bool, int, str, type(None)})
_TUPLE = "()"
#: How deep lists and dicts may lie in each other: what holds itself has no end. A number longer than this many bits
#: could not be written as text.
_DEPTH_MAX, _BITS_MAX = 64, 8192
Encodable = bool | int | float | str | None | list[Any] | tuple[Any, ...] | dict[str, Any]


class Strategy:
    """Base of all strategies. Override `setup` and any of the `on_*` callbacks.

    A subclass declares its parameters and state as annotated class fields with defaults. `symbol` is the instrument an
    instance trades; one instance is made per symbol, unless `many = True`: then one instance sees them all (`symbols`).
    """

    many: ClassVar[bool] = False

    def __init__(self, id: str, account: str, instruments: list[Instrument], parameters: dict[str, Any]) -> None:
        # A dict of its own: the default one shares its keys with other instances', and CPython 3.11 searches such a
        # one anew for each `self.name` of a callback.
        own: dict[str, Any] = {}
        object.__setattr__(self, "__dict__", own)
        own["id"] = id
        own["account"] = account
        hand = own["_hand"] = Hand(id, account, instruments)
        own["instruments"] = hand.instruments
        own["symbols"] = [instrument.symbol for instrument in instruments]
        own["symbol"] = instruments[0].symbol
        own["_instrument"] = instruments[0]
        own["_names"] = {}
        own["_patterns"] = hand.patterns
        own["_ready"] = False
        own["_book"] = None
        own["_fields"] = declared_fields(type(self))
        for name, default in own["_fields"].items():
            own[name] = copy.deepcopy(default)
        for name, value in parameters.items():
            if name not in own["_fields"]:
                raise UsageError(f"{id}: there is no parameter {name!r}; it has {', '.join(own['_fields']) or 'none'}")
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
        book = self._book
        return book.long_size == 0 and book.short_size == 0

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
        money = self._hand.view.equity(self.account)
        return None if money is None else money / 10**MONEY_SCALE

    @property
    def open_orders(self) -> list[str]:
        """Ids of this strategy's orders in `symbol` that may still fill, oldest first."""
        return self._hand.open_orders()

    @property
    def now(self) -> int:
        """The engine's time, ns UTC: the only clock there is."""
        return self._hand.view.now

    def size_of(self, symbol: str) -> float:
        """What this strategy holds of another of its symbols."""
        instrument = self._hand.of(symbol)
        return self._hand.view.book(self.account, self.id, instrument).net / instrument.size_one

    # ── intents ────────────────────────────────────────────────────────────────────────────────────────────────────

    def buy(self, size: Number | None = None, **terms: Any) -> str:
        """Want to be longer by `size` (or `percent` of equity, or `value` of money); returns the order's id.

        terms: symbol; percent, value; at_fill (percent taken at the fill price, backtest only); risk (money) or
        risk_percent (of equity) to be lost at the attached stop; volatility_percent (of equity) that one deviation is
        to move; kelly (a part of it) with win_rate and payoff, at most kelly_cap percent; max_size; size_hint (0 to 1).
        Without a size the default of the strategy or account decides, if there is one. limit, stop, trail or
        trail_percent (order type follows from them; none = market); tif day|gtc|ioc|fok|opg|cls; post_only,
        extended_hours; stop_loss, take_profit (prices) and trailing or trailing_percent: exits attached to the order;
        or exits at a distance from its fill: stop_loss_percent, take_profit_percent; trail_step (a trailing stop is
        moved at the venue when it would move by this much), break_even or break_even_percent with break_even_offset
        (the stop comes to the entry once that gain was seen), exit_after and exit_before_close (seconds); reason;
        confidence 0..1. What is short is closed first.
        """
        return self._hand.open(BUY, size, terms)

    def sell(self, size: Number | None = None, **terms: Any) -> str:
        """Want to be shorter by `size`; terms as in `buy`. What is long is closed first."""
        return self._hand.open(SELL, size, terms)

    def close(self, size: Number | None = None, **terms: Any) -> str | None:
        """Close what this strategy holds (all of it, or `size`, or the named `lot`); None when there is nothing. Where
        longs and shorts stand side by side each lot has a closing order of its own, oldest first; the id is that of
        the first.

        Attached exits of the same position are cancelled first. terms: symbol, side ("long" or "short" where both are
        held), lot, limit, stop, trail, trail_percent, tif, extended_hours, reason.
        """
        instrument = self._hand.of(terms.get("symbol"))
        book = self._hand.view.book(self.account, self.id, instrument)
        either = "side" not in terms
        held = terms.pop("side", "long" if book.long_size else "short")
        if held not in ("long", "short"):
            raise InputError(f"{self.id}: side {held!r} is neither long nor short")
        if (book.long_size if held == "long" else book.short_size) == 0:
            side = 0 if either else SELL if held == "long" else BUY
            self._hand.want_unheld(instrument, side, "", terms.get("reason"))
            return None
        intent = self._hand.intent(instrument, SELL if held == "long" else BUY)
        intent.closing = True
        if size is not None:
            intent.quantity = size_count(self.id, size, instrument)
        fill_in(intent, terms, False)
        return self._hand.want(intent)

    def protect(self, stop_loss: Number | None = None, take_profit: Number | None = None, **terms: Any) -> list[str]:
        """Guard what is held with a stop-loss, a take-profit or both as an OCO pair; `trailing` or `trailing_percent`
        makes the stop follow; stop_loss_percent and take_profit_percent count from the average entry; trail_step,
        break_even…, exit_after, exit_before_close as in `buy`. Returns the ids; nothing when flat. Replace them by
        cancelling the old ones first."""
        instrument = self._hand.of(terms.get("symbol"))
        book = self._hand.view.book(self.account, self.id, instrument)
        side = SELL if book.long_size else BUY
        average = book.average_units()
        if average is not None:
            entry = average / instrument.price_one
            stop_loss = self._from_entry(entry, side, terms, "stop_loss", stop_loss)
            take_profit = self._from_entry(entry, -side, terms, "take_profit", take_profit)
        trail = {name[:5] + name[8:]: terms.pop(name) for name in ("trailing", "trailing_percent") if name in terms}
        if stop_loss is not None and trail:
            raise InputError(f"{self.id}: a stop-loss stays where it is or it follows: not both")
        if stop_loss is None and take_profit is None and not trail:
            raise InputError(f"{self.id}: say how to protect: stop_loss, take_profit, trailing or trailing_percent")
        if book.long_size == 0 and book.short_size == 0:
            self._hand.want_unheld(instrument, 0, STOP_LOSS, terms.get("reason"))
            return []
        prices: list[tuple[str, dict[str, Any]]] = []
        if stop_loss is not None or trail:
            prices.append((STOP_LOSS, trail or {"stop": stop_loss}))
        if take_profit is not None:
            prices.append((TAKE_PROFIT, {"limit": take_profit}))
        intents: list[Intent] = []
        plain = {name: value for name, value in terms.items() if name not in EXIT_TERMS}
        for role, price in prices:
            intent = self._hand.intent(instrument, side)
            intent.closing, intent.role = True, role
            intent.quantity = book.long_size or book.short_size
            # A plan moves the stop, and ends what is held with it.
            fill_in(intent, (terms if role == STOP_LOSS else plain) | price, False)
            intents.append(intent)
        ids = [self._hand.want(intent) for intent in intents]
        if len(intents) == 2:
            intents[0].group = intents[1].group = ids[0]
        return ids

    def _from_entry(
        self, entry: float, side: int, terms: dict[str, Any], name: str, price: Number | None
    ) -> Number | None:
        """The price of an exit: as said, or so many percent below (side −1) or above (+1) the entry."""
        percent = terms.pop(f"{name}_percent", None)
        if percent is None:
            return price
        if price is not None:
            raise InputError(f"{self.id}: {name} is said as a price or in percent, not both")
        return entry * (1.0 + side * float(percent) / 100.0)

    def trail(self, distance: Number, symbol: str | None = None) -> None:
        """Want this distance, in price, between the best price seen and the stops that a plan of this strategy moves
        (those with trail_step or break_even): an ATR trail says it with each bar. A stop never moves back, and moves
        only where it would do so by its trail_step."""
        instrument = self._hand.of(symbol)
        intent = self._hand.intent(instrument, BUY)
        intent.trail_units = price_count(intent, distance)
        intent.trails = True
        intent.order_id = self.id  # no order's, and not the empty one of a halt
        self._hand.intents.append(intent)

    def modify(
        self,
        order_id: str,
        size: Number | None = None,
        limit: Number | None = None,
        stop: Number | None = None,
        **terms: Any,
    ) -> None:
        """Want other terms for one of this strategy's working orders: its whole size, its limit or stop price; what is
        not said stays. It keeps its id, its fills and its exits; the wish is judged like a new order's, and one that
        has ended or is not its own is left alone. terms: symbol (of the order), reason."""
        intent = self._hand.intent(self._hand.of(terms.pop("symbol", None)), BUY)
        reason = terms.pop("reason", "")
        if any(not isinstance(text, str) for text in (order_id, reason)) or terms:
            raise InputError(f"{self.id}: modify takes the id of an order, size, limit, stop, symbol and reason")
        if size is None and limit is None and stop is None:
            raise InputError(f"{self.id}: say what is to change: size, limit or stop")
        intent.quantity = 0 if size is None else size_count(self.id, size, intent.instrument)
        intent.limit_units = 0 if limit is None else price_count(intent, limit)
        intent.stop_units = 0 if stop is None else price_count(intent, stop)
        intent.order_id, intent.modifies, intent.reason = order_id, True, reason
        self._hand.intents.append(intent)

    def cancel(self, order_id: str) -> None:
        """Want the end of one of this strategy's orders; one that has ended or is not its own is left alone."""
        self._hand.cancel(order_id)

    def cancel_all(self) -> None:
        """Want the end of all of this strategy's orders in `symbol`."""
        for order_id in self.open_orders:
            self.cancel(order_id)

    # ── signals ────────────────────────────────────────────────────────────────────────────────────────────────────

    def signal(self, action: str, confidence: Number, reasoning: str, symbol: str | None = None) -> None:
        """State what is thought of `symbol`: action "BUY", "SELL" or "HOLD", confidence 0..1, the reasoning in words.

        Running alone, the strategy acts on it as `signal.policy` says; as a member of an ensemble it votes. A HOLD is
        recorded when its reasoning changes, so leave numbers that change with each event to the indicators.
        """
        self._hand.signal(action, confidence, reasoning, symbol)

    # ── indicators ─────────────────────────────────────────────────────────────────────────────────────────────────

    def follow(self, indicator: I, symbol: str | None = None) -> I:
        """Feed an indicator with the bars of `symbol` from now on; only in `setup`."""
        if self._ready:
            raise StateError(f"{self.id}: indicators are made in setup, before any data")
        self._hand.indicators.append(indicator)
        self._names[len(self._hand.indicators) - 1] = self._hand.of(symbol).symbol
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
        elif not self._ready and isinstance(value, Line | Pattern):
            self.__dict__[name] = value
            if isinstance(value, Pattern):
                self._patterns.append(value)
        else:
            raise StateError(
                f"{self.id}: {name!r} is neither a declared field nor an indicator or pattern made in setup; "
                f"declare it in the class with a default (`{name}: float = 0.0`), or it would be lost at a restart"
            )

    def attach(self, view: EngineView) -> None:
        """Give the instance its view of the engine and let it make its indicators; called once by the trader."""
        own = self.__dict__
        self._hand.view = view
        own["_book"] = view.book(self.account, self.id, self._instrument)
        self.setup()
        own["_ready"] = True

    def state(self) -> list[Any]:
        """Fields, indicators and patterns, encodable. Raises StateError where a field holds something that is not."""
        fields = {name: _stored(self.__dict__[name], f"{self.id}: field {name}") for name in sorted(self._fields)}
        indicators = [indicator.state() for indicator in self._hand.indicators]
        return [fields, indicators, [pattern.state() for pattern in self._patterns]]

    def restore(self, state: list[Any]) -> None:
        """The inverse of `state`, after `attach`."""
        fields, indicators, patterns = state
        for name, value in fields.items():
            self.__dict__[name] = _from_stored(value)
        for indicator, row in zip(self._hand.indicators, indicators, strict=True):
            indicator.restore(row)
        for pattern, row in zip(self._patterns, patterns, strict=True):
            pattern.restore(row)

    _book: BookView
    _hand: Hand
    _instrument: Instrument
    _names: dict[int, str]
    _patterns: list[Pattern]
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


def checked(value: Any, what: str, depth: int = 0) -> Any:
    """`value` if it is encodable, else StateError. depth: of lists and dicts it lies in."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if value.bit_length() > _BITS_MAX:
            raise StateError(f"{what}: a number of more than {_BITS_MAX} bits can not be stored")
        return value
    if isinstance(value, str):
        if not storable(value):
            raise StateError(f"{what}: a text with half a character (a lone surrogate) can not be stored")
        return value
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise StateError(f"{what}: {value} is not a finite number")
        return value
    if depth > _DEPTH_MAX:
        raise StateError(f"{what}: it holds itself, or lies more than {_DEPTH_MAX} deep, and can not be stored")
    if isinstance(value, list | tuple):
        for item in value:
            checked(item, what, depth + 1)
        return value
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or key == _TUPLE or not storable(key):
                raise StateError(f"{what}: the key {key!r} is not text that can be stored")
            checked(item, what, depth + 1)
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
        raise UsageError(f"{what}: {value!r} is not a valid {kind.__name__}") from error
    raise InputError(f"{what}: can not be set from {value!r}")
