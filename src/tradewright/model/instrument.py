"""An instrument: what is traded, in which units, and the rules a venue puts on orders for it.

Scales are fixed for an instrument's life and finer than any tick. Tick, step, minimums and bands are rules on orders we
send; a venue may change them at any time (`rules` is replaced as a whole, and the change is an event).
"""

from __future__ import annotations

from tradewright.model.errors import InputError
from tradewright.model.numbers import MONEY_SCALE, SCALE_MAX, SIZE_MAX

ASSET_CLASSES = ("equity", "crypto", "forex", "metal", "future", "cfd")


class OrderRules:
    """What a venue demands of an order: counts at the instrument's scales, money at MONEY_SCALE, 0 = no such rule.

    tick: price increment. step: size increment. size_min, size_max: per order. notional_min: money in the quote
    currency. band_ppm: furthest limit price from the reference price, in parts per million.
    """

    __slots__ = ("tick", "step", "size_min", "size_max", "notional_min", "band_ppm", "shortable", "tradable")

    def __init__(
        self,
        tick: int = 1,
        step: int = 1,
        size_min: int = 0,
        size_max: int = 0,
        notional_min: int = 0,
        band_ppm: int = 0,
        shortable: bool = True,
        tradable: bool = True,
    ) -> None:
        if tick < 1 or step < 1:
            raise InputError(f"order rules: tick {tick} and step {step} must be at least one count")
        if min(size_min, size_max, notional_min, band_ppm) < 0:
            raise InputError("order rules: minimums, maximums and bands can not be negative")
        if max(tick, step, size_min, size_max, band_ppm) > SIZE_MAX:
            raise InputError(f"order rules: tick {tick}, step {step} or a bound is more than can be counted")
        self.tick = tick
        self.step = step
        self.size_min = size_min
        self.size_max = size_max
        self.notional_min = notional_min
        self.band_ppm = band_ppm
        self.shortable = shortable
        self.tradable = tradable

    def row(self) -> tuple[int, int, int, int, int, int, bool, bool]:
        """The rules as one encodable row, in the order of the constructor."""
        return (
            self.tick, self.step, self.size_min, self.size_max,
            self.notional_min, self.band_ppm, self.shortable, self.tradable,
        )  # fmt: skip


class Instrument:
    """One tradable thing at one venue.

    index: dense number given by the engine in order of listing; -1 until listed.
    price_scale, size_scale: decimals of a price and a size count. contract: units of base per 1.0 of size.
    base, quote: currencies (for an equity the base is its own symbol); unit: of money in the quote currency, as checks
    name it. money_factor: money counts of the quote currency
    per (price count × size count); an instrument whose scales leave no exact factor is refused.
    calendar: name of its sessions in `model.calendar`.
    """

    __slots__ = (
        "index", "symbol", "venue", "asset_class", "base", "quote", "price_scale", "size_scale", "contract",
        "calendar", "sector", "rules", "unit", "money_factor", "price_one", "size_one",
    )  # fmt: skip

    def __init__(
        self,
        symbol: str,
        venue: str,
        asset_class: str,
        base: str,
        quote: str,
        price_scale: int,
        size_scale: int,
        contract: int = 1,
        calendar: str = "always",
        sector: str = "",
        rules: OrderRules | None = None,
        index: int = -1,
    ) -> None:
        if asset_class not in ASSET_CLASSES:
            raise InputError(f"{symbol}: asset class {asset_class!r} is not one of {', '.join(ASSET_CLASSES)}")
        if not (0 <= price_scale <= SCALE_MAX and 0 <= size_scale <= SCALE_MAX):
            raise InputError(f"{symbol}: scales {price_scale} and {size_scale} must lie between 0 and {SCALE_MAX}")
        if price_scale + size_scale > MONEY_SCALE:
            raise InputError(f"{symbol}: scales {price_scale} + {size_scale} are finer than money ({MONEY_SCALE})")
        if contract < 1:
            raise InputError(f"{symbol}: contract size {contract} must be at least 1")
        if not symbol or "/" in symbol:
            raise InputError(f"{symbol!r}: a symbol is not empty and carries no slash")
        self.index = index
        self.symbol = symbol
        self.venue = venue
        self.asset_class = asset_class
        self.base = base
        self.quote = quote
        self.unit = "money:" + quote
        self.price_scale = price_scale
        self.size_scale = size_scale
        self.contract = contract
        self.calendar = calendar
        self.sector = sector
        self.rules = OrderRules() if rules is None else rules
        self.money_factor = 10 ** (MONEY_SCALE - price_scale - size_scale) * contract
        self.price_one = float(10**price_scale)
        self.size_one = float(10**size_scale)

    def row(self) -> tuple[object, ...]:
        """The instrument as one encodable row: the constructor's arguments without index, rules as their row."""
        return (
            self.symbol, self.venue, self.asset_class, self.base, self.quote, self.price_scale, self.size_scale,
            self.contract, self.calendar, self.sector, self.rules.row(),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"Instrument({self.symbol}@{self.venue})"
