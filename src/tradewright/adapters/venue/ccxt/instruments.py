"""The library's markets as instruments with their increments and minimums.

A symbol here is base and quote without a slash. Two decimals more than the price increment has today are kept, since
increments come and go and scales stay for ever; sizes have eight, or nine where the increment is finer.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradewright.adapters.venue.ccxt.answers import Row, exact, named, row_of
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.numbers import (
    MONEY_MAX,
    MONEY_SCALE,
    SCALE_MAX,
    SIZE_MAX,
    decimal_of,
    nearest_count_of,
    places_of,
    shifted,
)

SIZE_SCALE, SPARE = 8, 2
#: The library's ways to state an increment.
DECIMAL_PLACES, SIGNIFICANT_DIGITS, TICK_SIZE = 2, 3, 4


def symbol_of(market: Row) -> str:
    """Our symbol of a market. Raises InputError."""
    return f"{named(market, 'base')}{named(market, 'quote')}"


def is_spot(market: Row) -> bool:
    return market.get("spot") is True and market.get("active") is not False


def instrument_of(market: Row, mode: int, venue: str) -> Instrument:
    """mode: how increments are stated. Raises InputError."""
    what = symbol_of(market)
    precision, limits = row_of(market.get("precision")), row_of(market.get("limits"))
    tick, step = (_increment(precision.get(name), mode, f"{what}: {name}") for name in ("price", "amount"))
    price_scale = min(places_of(tick) + SPARE, SCALE_MAX)
    size_scale = max(places_of(step), SIZE_SCALE)
    if places_of(tick) > price_scale or size_scale > SCALE_MAX:
        raise InputError(f"{what}: its increments {tick} and {step} are finer than {SCALE_MAX} decimals")
    rules = OrderRules(
        tick=int(shifted(tick, price_scale)),
        step=int(shifted(step, size_scale)),
        size_min=_bound(limits, "amount", "min", size_scale),
        size_max=_bound(limits, "amount", "max", size_scale),
        notional_min=_notional(limits, what),
        shortable=False,
        tradable=is_spot(market),
    )  # fmt: skip
    return Instrument(
        what, venue, "crypto", named(market, "base"), named(market, "quote"), price_scale=price_scale,
        size_scale=size_scale, rules=rules,
    )  # fmt: skip


def _increment(value: Any, mode: int, what: str) -> Decimal:
    if value is None or mode == SIGNIFICANT_DIGITS:
        raise InputError(f"{what}: the exchange states no increment")
    number = decimal_of(exact(value, what), what)
    if mode == DECIMAL_PLACES:
        number = shifted(Decimal(1), -int(number))
    if number <= 0:
        raise InputError(f"{what}: {value} is not an increment")
    return number


def _limit(limits: Row, name: str, end: str) -> Decimal:
    value = row_of(limits.get(name) or {}).get(end)
    return Decimal(0) if value is None else decimal_of(exact(value, name), name)


def _bound(limits: Row, name: str, end: str, scale: int) -> int:
    """A least size is rounded up, a largest one down; one beyond any size is none."""
    counts = shifted(_limit(limits, name, end), scale)
    whole = int(counts) + (end == "min" and counts != int(counts))
    return whole if 0 <= whole <= SIZE_MAX else 0


def _notional(limits: Row, what: str) -> int:
    return max(nearest_count_of(_limit(limits, "cost", "min"), MONEY_SCALE, f"{what}: cost", MONEY_MAX), 0)
