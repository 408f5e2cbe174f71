"""How things are written on Alpaca's wire: times, symbols, exact decimals.

Times are RFC 3339, with up to nine decimals and a Z or an offset. A pair is `BTC/USD` in orders and market data and
`BTCUSD` in positions; a share is its symbol. Numbers are text, or JSON numbers in market data, and never become floats.
"""

from __future__ import annotations

import re
from decimal import Decimal

from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.moment import moment_text
from tradewright.model.numbers import PRICE_MAX, SIZE_MAX, count_of
from tradewright.model.zone import DAY_NS, HOUR_NS, MINUTE_NS, ordinal

SECOND_NS = 1_000_000_000
#: Nanoseconds from 1970 fit 64 bits until then, in April 2262.
TIME_MAX = 2**63 - 1
_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):?(\d\d))", re.ASCII
)


class Unreadable(Exception):
    """What the venue said can not be understood: it is counted, and never taken for something else."""


def time_of(text: str | None) -> int:
    """ns UTC of an RFC 3339 time, digits beyond the ninth cut off; 0 where there is none. Raises Unreadable."""
    if not text:
        return 0
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise Unreadable(f"{text[:40]!r} is no time")
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second <= 60):
        raise Unreadable(f"{text[:40]!r} is no time")
    fraction, sign, east_hours, east_minutes = found.groups()[6:]
    time = ordinal(year, month, day) * DAY_NS + hour * HOUR_NS + minute * MINUTE_NS + second * SECOND_NS
    time += int((fraction or "0").ljust(9, "0"))
    if sign:
        east = int(east_hours) * HOUR_NS + int(east_minutes) * MINUTE_NS
        time += east if sign == "-" else -east
    if not 0 <= time <= TIME_MAX:
        raise Unreadable(f"{text[:40]!r} is no time of ours")
    return time


def stamp(time: int) -> str:
    """ns UTC as RFC 3339."""
    return moment_text(time)


def plain(symbol: str) -> str:
    """The symbol as it is here: without a slash."""
    return symbol.replace("/", "")


def wire_symbol(instrument: Instrument) -> str:
    """The symbol as orders and market data have it."""
    return f"{instrument.base}/{instrument.quote}" if instrument.asset_class == "crypto" else instrument.symbol


def price_units(value: Decimal, instrument: Instrument) -> int:
    """A price in counts, exactly. Raises Unreadable for one that is none or is finer than the instrument."""
    return _units(value, instrument.price_scale, PRICE_MAX, instrument)


def size_units(value: Decimal, instrument: Instrument) -> int:
    """A size in counts, exactly. Raises Unreadable."""
    return _units(value, instrument.size_scale, SIZE_MAX, instrument)


def _units(value: Decimal, scale: int, bound: int, instrument: Instrument) -> int:
    try:
        return count_of(value, scale, instrument.symbol, bound)
    except InputError as error:
        raise Unreadable(str(error)) from error


def percent_ppm(value: Decimal) -> int:
    """A percentage in parts per million. Raises Unreadable for one that is finer."""
    try:
        return count_of(value, 4, "percentage", 1_000_000)
    except InputError as error:
        raise Unreadable(str(error)) from error
