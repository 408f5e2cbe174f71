"""Time zones as data: which local day and hour a moment in UTC falls on.

The offsets are in `model.calendar_table`; "UTC" needs none and has no limits. Local days are counted from 1970-01-01
and named by that ordinal, so that day boundaries are plain integer comparisons.
"""

from __future__ import annotations

from bisect import bisect_right

from tradewright.model.calendar_table import FIRST_YEAR, LAST_YEAR, OFFSETS
from tradewright.model.errors import InputError

MINUTE_NS = 60_000_000_000
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS

_CHANGES = {zone: tuple(minute * MINUTE_NS for minute, _ in rows) for zone, rows in OFFSETS.items()}
_EAST = {zone: tuple(east * MINUTE_NS for _, east in rows) for zone, rows in OFFSETS.items()}


def ordinal(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the Gregorian calendar (Fliegel and Van Flandern 1968)."""
    before_march = (14 - month) // 12
    y = year + 4800 - before_march
    m = month + 12 * before_march - 3
    return day + (153 * m + 2) // 5 + 365 * y + y // 4 - y // 100 + y // 400 - 32045 - 2440588


#: The tables hold for times in [RANGE_FIRST, RANGE_END), ns UTC.
RANGE_FIRST = ordinal(FIRST_YEAR, 1, 1) * DAY_NS
RANGE_END = ordinal(LAST_YEAR + 1, 1, 1) * DAY_NS


def offset_ns(zone: str, time_ns: int) -> int:
    """How far the zone's clocks are ahead of UTC at a moment, in ns. Raises InputError: unknown zone, out of range."""
    if zone == "UTC":
        return 0
    changes = _CHANGES.get(zone)
    if changes is None:
        raise InputError(
            f"time zone {zone!r} is not in the table ({', '.join(['UTC', *_CHANGES])}); add it to scripts/calendars.py"
        )
    if not RANGE_FIRST <= time_ns < RANGE_END:
        raise InputError(
            f"{zone}: {time_ns} ns is outside the table, {FIRST_YEAR} to {LAST_YEAR}; "
            "extend it with scripts/calendars.py --first YEAR --last YEAR"
        )
    return _EAST[zone][bisect_right(changes, time_ns) - 1]


def local_ns(zone: str, time_ns: int) -> int:
    """The zone's wall clock, as ns since 1970-01-01 00:00 on that clock. Raises InputError as `offset_ns`."""
    return time_ns + offset_ns(zone, time_ns)


def day_of(zone: str, time_ns: int) -> int:
    """Ordinal (days since 1970-01-01) of the local date at a moment. Raises InputError as `offset_ns`."""
    return (time_ns + offset_ns(zone, time_ns)) // DAY_NS


def utc_ns(zone: str, wall_ns: int) -> int:
    """The moment at which the zone's wall clock shows `wall_ns`.

    Of an hour that a clock change repeats it is one of the two; no session or day begins in such an hour. Raises
    InputError as `offset_ns`.
    """
    return wall_ns - offset_ns(zone, wall_ns - offset_ns(zone, wall_ns))


def week_of(day: int) -> int:
    """The number of the week that a day (ordinal) lies in; weeks begin on Monday, and 1970-01-01 was a Thursday."""
    return (day + 3) // 7


def day_start(zone: str, day: int) -> int:
    """The moment, ns UTC, at which the local day with that ordinal begins. Raises InputError as `offset_ns`."""
    return utc_ns(zone, day * DAY_NS)
