"""A broker's symbol: its name, its terms, and the last prices. Counts are those of the instrument it stands for."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

from tradewright.model.calendar import Calendar, calendar
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.numbers import count_of
from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.knobs import Knobs, SymbolTerms

#: P/L and margin by asset class. Futures' formula (tick value / tick size) is the others' with these symbols' values.
CALC_MODES = {
    "forex": mt5.SYMBOL_CALC_MODE_FOREX,
    "metal": mt5.SYMBOL_CALC_MODE_CFDLEVERAGE,
    "crypto": mt5.SYMBOL_CALC_MODE_CFDLEVERAGE,
    "cfd": mt5.SYMBOL_CALC_MODE_CFDLEVERAGE,
    "equity": mt5.SYMBOL_CALC_MODE_EXCH_STOCKS,
    "future": mt5.SYMBOL_CALC_MODE_EXCH_FUTURES,
}
#: Expirations (GTC, DAY, SPECIFIED, SPECIFIED_DAY) and order types (all, with SL, TP and close-by): all flags set.
ALL_EXPIRATIONS = 15
ALL_ORDERS = 127
#: What is kept of the ticks of a symbol.
TICKS_MAX = 5_000
#: The largest order where the instrument's rules name none, in lots.
LOTS_MAX = 1_000


class Tick:
    """Prices at one moment, counts; time: ns UTC; volume: size counts of a trade, else 0; flags: what changed."""

    __slots__ = ("time", "bid", "ask", "last", "volume", "flags")

    def __init__(self, time: int, bid: int, ask: int, last: int, volume: int, flags: int) -> None:
        self.time = time
        self.bid = bid
        self.ask = ask
        self.last = last
        self.volume = volume
        self.flags = flags


class Symbol:
    """One line of the market watch.

    canonical: the instrument's symbol. tick, point: price counts; step, least, most, limit: size counts (limit 0 =
    none). bid, ask, last: counts, 0 = none yet. fineness: the finest kind of data seen, which alone moves it. book:
    levels (price, size) of both sides, as last seen.
    """

    def __init__(self, instrument: Instrument, name: str, terms: SymbolTerms) -> None:
        self.instrument = _freed(instrument)
        self.name = name
        self.canonical = instrument.symbol
        self.terms = terms
        rules = instrument.rules
        self.tick = rules.tick
        self.digits = _decimals(rules.tick, instrument.price_scale) if terms.digits is None else terms.digits
        self.point = 10 ** (instrument.price_scale - self.digits)
        self.contract = instrument.contract if terms.contract is None else terms.contract
        self.calc_mode = CALC_MODES[instrument.asset_class]
        self.step = rules.step
        self.least = max(rules.size_min, rules.step)
        self.most = rules.size_max or LOTS_MAX * 10**instrument.size_scale
        self.limit = count_of(terms.volume_limit or "0", instrument.size_scale, name)
        self.trade_mode = terms.trade_mode
        self.stops_level = terms.stops_level
        self.freeze_level = terms.freeze_level
        self.select = self.visible = terms.visible
        self.base_currency = (
            instrument.base if instrument.asset_class in ("forex", "metal", "crypto") else instrument.quote
        )
        self.profit_currency = instrument.quote
        self.margin_currency = self.base_currency if self.calc_mode == mt5.SYMBOL_CALC_MODE_FOREX else instrument.quote
        self.bid = self.ask = self.last = 0
        self.time = 0
        self.fineness = 0
        self.ticks: deque[Tick] = deque(maxlen=TICKS_MAX)
        self.book: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]] = ((), ())

    @property
    def calendar(self) -> Calendar:
        return calendar(self.instrument.calendar)

    def closing(self, side: int) -> int:
        """The price at which a position of that side is closed now: bid of a long, ask of a short."""
        return self.bid if side > 0 else self.ask

    def price(self, count: int | Fraction) -> float:
        """A price count as the package tells it."""
        return float(count / 10**self.instrument.price_scale)

    def lots(self, count: int) -> float:
        """A size count as the package tells it."""
        return float(count / 10**self.instrument.size_scale)

    def worth(self, price: int | Fraction, size: int) -> Fraction:
        """price × size × contract, in the profit currency."""
        one: int = 10 ** (self.instrument.price_scale + self.instrument.size_scale)
        return Fraction(price * size * self.contract) / one

    def move(self, time: int, bid: int, ask: int, last: int = 0, volume: int = 0) -> None:
        """New prices; a last price of 0 leaves the one before."""
        flags = (mt5.TICK_FLAG_BID if bid != self.bid else 0) | (mt5.TICK_FLAG_ASK if ask != self.ask else 0)
        if last:
            flags |= mt5.TICK_FLAG_LAST | mt5.TICK_FLAG_VOLUME
        self.bid, self.ask, self.last, self.time = bid, ask, last or self.last, time
        self.ticks.append(Tick(time, bid, ask, self.last, volume, flags))

    def coarsen(self) -> None:
        """Increments and minimums ten times as large."""
        self.tick *= 10
        self.step *= 10
        self.least = max(self.least * 10, self.step)


def _freed(instrument: Instrument) -> Instrument:
    """The instrument as the exchange is to know it: increments alone. What a broker's symbol allows (minimums, short
    sales, which it always has) is judged before the exchange hears of it."""
    rules = OrderRules(instrument.rules.tick, instrument.rules.step)
    return Instrument(
        instrument.symbol, instrument.venue, instrument.asset_class, instrument.base, instrument.quote,
        instrument.price_scale, instrument.size_scale, instrument.contract, instrument.calendar, rules=rules,
    )  # fmt: skip


def _decimals(tick: int, scale: int) -> int:
    """Decimals a price on this tick needs."""
    while scale and tick % 10 == 0:
        tick //= 10
        scale -= 1
    return scale


def listed(instruments: tuple[Instrument, ...], knobs: Knobs) -> dict[str, Symbol]:
    """The broker's symbols by name: each instrument once per suffix, or by the name it is given."""
    found: dict[str, Symbol] = {}
    for instrument in instruments:
        canonical = instrument.symbol
        terms = knobs.symbols.get(canonical, knobs.terms)
        given = knobs.names.get(canonical)
        names = [given] if given else [f"{knobs.prefix}{canonical}{suffix}" for suffix in knobs.suffixes]
        for name in names:
            found[name] = Symbol(instrument, name, terms)
    return found
