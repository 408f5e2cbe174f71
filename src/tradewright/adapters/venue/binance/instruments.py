"""exchangeInfo: instruments with their increments and minimums, and the limits on requests.

Both scales are 8 unless a price could not be told so finely: increments come and go, scales stay for ever. A position
is closed at the market too, so the largest size is the one that fits every type of order.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import lcm

import msgspec

from tradewright.adapters.venue.binance.answers import decoded
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.numbers import PRICE_MAX, SIZE_MAX, decimal_of, money_of, shifted

VENUE = "binance"
SCALE = 8
PPM = 1_000_000
UNITS = {"SECOND": 1_000_000_000, "MINUTE": 60_000_000_000, "HOUR": 3_600_000_000_000, "DAY": 86_400_000_000_000}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So much in each window. kind: REQUEST_WEIGHT, ORDERS, RAW_REQUESTS or another."""

    kind: str
    window_ns: int
    most: int


class _LimitRow(msgspec.Struct):
    rateLimitType: str
    interval: str
    intervalNum: int
    limit: int


class FilterRow(msgspec.Struct):
    """Whatever a filter states; absent = no such bound."""

    filterType: str
    tickSize: str = "0"
    maxPrice: str = "0"
    stepSize: str = "0"
    minQty: str = "0"
    maxQty: str = "0"
    minNotional: str = "0"
    multiplierUp: str = "0"
    multiplierDown: str = "0"
    bidMultiplierUp: str = "0"
    bidMultiplierDown: str = "0"
    askMultiplierUp: str = "0"
    askMultiplierDown: str = "0"


class SymbolRow(msgspec.Struct):
    symbol: str
    status: str
    baseAsset: str
    quoteAsset: str
    filters: list[FilterRow]
    isSpotTradingAllowed: bool = True


class _InfoRow(msgspec.Struct):
    rateLimits: list[_LimitRow]
    symbols: list[SymbolRow]


def info_of(body: bytes) -> tuple[list[RateLimit], list[SymbolRow]]:
    """Raises InputError."""
    row = decoded(body, _InfoRow)
    limits = [
        RateLimit(limit.rateLimitType, UNITS[limit.interval] * limit.intervalNum, limit.limit)
        for limit in row.rateLimits
        if limit.interval in UNITS and limit.intervalNum > 0 and limit.limit > RESERVED_LEAST
    ]
    return limits, row.symbols


#: A limit of nothing, or of one, leaves no room for a reserve: it is not taken for one.
RESERVED_LEAST = 1


def instrument_of(row: SymbolRow, venue: str = VENUE) -> Instrument:
    """One symbol as an instrument. Raises InputError."""
    filters = {one.filterType: one for one in row.filters}
    none = FilterRow("")
    price, lot = filters.get("PRICE_FILTER", none), filters.get("LOT_SIZE", none)
    scale = SCALE
    while scale and shifted(decimal_of(price.maxPrice, "maxPrice"), scale) > PRICE_MAX:
        scale -= 1
    market = filters.get("MARKET_LOT_SIZE", none)
    rules = OrderRules(
        tick=max(_units(price.tickSize, scale, row.symbol), 1),
        step=lcm(max(_units(lot.stepSize, SCALE, row.symbol), 1), max(_units(market.stepSize, SCALE, row.symbol), 1)),
        size_min=max(_units(lot.minQty, SCALE, row.symbol), _units(market.minQty, SCALE, row.symbol)),
        size_max=_least(_units(lot.maxQty, SCALE, row.symbol), _units(market.maxQty, SCALE, row.symbol)),
        notional_min=max(
            money_of(filters.get(name, none).minNotional, f"{row.symbol}: {name}")
            for name in ("NOTIONAL", "MIN_NOTIONAL")
        ),
        band_ppm=_band(filters.get("PERCENT_PRICE", none), filters.get("PERCENT_PRICE_BY_SIDE", none)),
        shortable=False,
        tradable=row.status == "TRADING" and row.isSpotTradingAllowed,
    )  # fmt: skip
    return Instrument(
        row.symbol, venue, "crypto", row.baseAsset, row.quoteAsset, price_scale=scale, size_scale=SCALE, rules=rules
    )


def _units(text: str, scale: int, symbol: str) -> int:
    """Counts of an increment or bound; what is larger than any size is as good as the largest."""
    counts = shifted(decimal_of(text, f"{symbol}: a filter"), scale)
    if counts != int(counts) or counts < 0:
        raise InputError(f"{symbol}: a filter states {text}, which is finer than {scale} decimals or negative")
    return min(int(counts), SIZE_MAX)


def _least(*bounds: int) -> int:
    """The least of bounds, of which 0 is none."""
    return min((bound for bound in bounds if bound), default=0)


def _band(both: FilterRow, by_side: FilterRow) -> int:
    """The furthest a limit price may be from the reference, on the side that allows least; 0 = anything."""
    ups = (both.multiplierUp, by_side.bidMultiplierUp, by_side.askMultiplierUp)
    downs = (both.multiplierDown, by_side.bidMultiplierDown, by_side.askMultiplierDown)
    bands = [number - 1 for number in map(_ratio, ups) if number > 1]
    bands += [1 - number for number in map(_ratio, downs) if 0 < number < 1]
    return int(min(bands) * PPM) if bands else 0


def _ratio(text: str) -> Decimal:
    return decimal_of(text, "a multiplier")
