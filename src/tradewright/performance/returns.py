"""From an equity curve to returns per period, and how many such periods a year has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DAY_NS = 86_400 * 10**9
YEAR_NS = 365.25 * DAY_NS
#: Spacing of a curve in days → periods a year; anything closer is taken to days.
_PERIODS_PER_YEAR = {7: 52, 28: 12, 29: 12, 30: 12, 31: 12, 365: 1, 366: 1}
#: Share of Saturdays, and of Sundays, from which a market counts as open all week (three fifths of one day in seven).
_WEEKEND_SHARE = 0.6 / 7


def daily(times: IntArray, equity: FloatArray) -> tuple[IntArray, FloatArray]:
    """Days (UTC, since 1970) and the last equity of each. A point at midnight belongs to the day that has ended."""
    days = (times - 1) // DAY_NS
    last = np.flatnonzero(np.append(np.diff(days) != 0, True))
    return days[last], equity[last]


def from_start(times: IntArray, equity: FloatArray, day_equity: FloatArray) -> FloatArray:
    """The ends of days behind what was there at the start, where the first day went on from there: what it earned
    counts. A curve of one point a day starts with the end of its first day."""
    if len(times) > 1 and (times[0] - 1) // DAY_NS == (times[1] - 1) // DAY_NS:
        return np.concatenate((equity[:1], day_equity))
    return day_equity


def changes(values: FloatArray) -> FloatArray:
    """Relative changes, one fewer than values; NaN where there was nothing above zero to change from."""
    return np.where(values[:-1] > 0, values[1:] / values[:-1] - 1.0, np.nan)


def periods_per_year(times: IntArray, days: IntArray, days_per_year: int | None) -> int:
    """Periods a year of the curve by the median distance of its last hundred points; see `Convention.days_per_year`."""
    if len(times) > 1:
        spacing = int(np.median(np.diff(times[-100:]))) // DAY_NS
        if spacing in _PERIODS_PER_YEAR:
            return _PERIODS_PER_YEAR[spacing]
    if days_per_year is not None:
        return days_per_year
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    weekends = min(float(np.mean(weekday == 5)), float(np.mean(weekday == 6)))
    return 365 if weekends > _WEEKEND_SHARE else 252


def annual_return(values: FloatArray, per_year: int) -> float:
    """The yearly rate over periods at which the first value becomes the last; NaN without two values or below zero."""
    return _rate(values, (len(values) - 1) / per_year)


def cagr(times: IntArray, equity: FloatArray) -> float:
    """The yearly rate by the calendar (365.25 days), from the first point to the last; NaN without time between."""
    return _rate(equity, float(times[-1] - times[0]) / YEAR_NS)


def _rate(values: FloatArray, years: float) -> float:
    if not years or values[0] <= 0 or values[-1] < 0:
        return float("nan")
    return float((values[-1] / values[0]) ** (1.0 / years) - 1.0)
