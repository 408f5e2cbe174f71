"""The history of an account's equity: one sample a minute in which the market said something, and what is asked of it.

Decided: a point of the history is the last sample at or before it; profit and loss are against the first point of its
day (pnl_reset per_day, the default below a day) or of the whole answer (no_reset, and for days); a window that begins
before the account has its cash of the first day; the last 60,000 samples are kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from decimal import Decimal
from typing import Any

from tradewright.model.numbers import MONEY_SCALE, round_nearest
from tradewright.model.zone import DAY_NS, MINUTE_NS, day_of
from tradewright.sim.wire.alpaca.codes import invalid, unprocessable
from tradewright.sim.wire.alpaca.notation import NEW_YORK, day_text, moment_of, number, ratio
from tradewright.sim.wire.alpaca.sessions import Session, sessions_between

SAMPLES_MAX = 60_000
POINTS_MAX = 20_000
FRAMES = {
    "1Min": MINUTE_NS, "5Min": 5 * MINUTE_NS, "15Min": 15 * MINUTE_NS, "1H": 60 * MINUTE_NS, "1D": DAY_NS,
}  # fmt: skip
PERIODS = {"D": 1, "W": 7, "M": 30, "A": 365}
INTRADAY_DAYS_MAX = 30
REPORTING = ("market_hours", "extended_hours", "continuous")


class History:
    """Samples (time, equity), rising in time."""

    def __init__(self, equity: int, now: int) -> None:
        self._base = equity
        self._since = now
        self._samples: deque[tuple[int, int]] = deque([(now, equity)], maxlen=SAMPLES_MAX)

    def wants(self, now: int) -> bool:
        """Whether a new minute has begun since the last sample."""
        return now // MINUTE_NS > self._samples[-1][0] // MINUTE_NS

    def sample(self, now: int, equity: int) -> None:
        self._samples.append((now, equity))

    def answer(self, query: dict[str, str], now: int, equity: int) -> dict[str, Any]:
        """GET /v2/account/portfolio/history. equity: of now."""
        start, end, frame = _window(query, now)
        reporting = query.get("intraday_reporting") or "market_hours"
        reset = query.get("pnl_reset") or "per_day"
        if reporting not in REPORTING or reset not in ("per_day", "no_reset"):
            raise invalid("intraday_reporting or pnl_reset is not one of its values")
        samples = [*self._samples, (now, equity)]
        times = [time for time, _ in samples]
        points = _points(start, end, frame, reporting)
        values = [samples[max(bisect_right(times, at) - 1, 0)][1] for at in points]
        first = samples[max(bisect_right(times, start) - 1, 0)][1] if start > self._since else self._base
        profits, bases = [], []
        base, day = first, 0
        for at, value in zip(points, values, strict=True):
            today = day_of(NEW_YORK, at)
            if reset == "per_day" and frame < DAY_NS and today != day:
                base = samples[max(bisect_right(times, at) - 1, 0)][1] if day else first
            day = today
            profits.append(value - base)
            bases.append(base)
        return {
            "timestamp": [at // 1_000_000_000 for at in points],
            "equity": [_dollars(value) for value in values],
            "profit_loss": [_dollars(profit) for profit in profits],
            "profit_loss_pct": [number(ratio(p, b, 6), 6) if b else None for p, b in zip(profits, bases, strict=True)],
            "base_value": _dollars(first),
            "base_value_asof": day_text(day_of(NEW_YORK, max(start, self._since))),
            "timeframe": query.get("timeframe") or ("1D" if frame == DAY_NS else _name(frame)),
            "cashflow": {},
        }


def _window(query: dict[str, str], now: int) -> tuple[int, int, int]:
    """Begin, end and step of the points."""
    end = moment_of(query["end"], "end") if query.get("end") else now
    if query.get("date_end"):
        end = min(moment_of(query["date_end"], "date_end") + DAY_NS, now)
    period = query.get("period") or "1M"
    unit, count = period[-1:], period[:-1]
    if unit not in PERIODS or not count.isdecimal() or not 1 <= int(count) <= 1000:
        raise invalid(f"invalid period: {period}")
    start = moment_of(query["start"], "start") if query.get("start") else end - PERIODS[unit] * int(count) * DAY_NS
    if query.get("start") and query.get("end") and query.get("period"):
        raise invalid("only two of start, end and period are accepted")
    days = (end - start) // DAY_NS
    frame = FRAMES.get(query.get("timeframe") or ("15Min" if days < 7 else "1H" if days < 30 else "1D"))
    if frame is None:
        raise invalid(f"invalid timeframe: {query['timeframe']}")
    if frame < DAY_NS and days > INTRADAY_DAYS_MAX:
        raise unprocessable(f"intraday timeframes reach back {INTRADAY_DAYS_MAX} days")
    if start > end:
        raise invalid("start must be before end")
    return start, min(end, now), frame


def _points(start: int, end: int, frame: int, reporting: str) -> list[int]:
    """The moments of the answer: closes of trading days, or the grid inside the hours that are reported."""
    days = sessions_between(day_of(NEW_YORK, start), day_of(NEW_YORK, end))
    if frame == DAY_NS:
        return [min(day.closes, end) for day in days if day.opens <= end and day.closes >= start]
    grid: list[int] = []
    if reporting == "continuous":
        grid.extend(range(start + -start % frame, end + 1, frame))
    else:
        for day in days:
            first, last = _hours(day, reporting)
            grid.extend(at for at in range(first, last + 1, frame) if start <= at <= end)
    return grid[-POINTS_MAX:]


def _hours(day: Session, reporting: str) -> tuple[int, int]:
    return (day.opens, day.closes) if reporting == "market_hours" else (day.pre, day.ends)


def _name(frame: int) -> str:
    return next(name for name, length in FRAMES.items() if length == frame)


def _dollars(money: int) -> Decimal:
    """Dollars and cents as a number, rounded half to even."""
    cent = 10 ** (MONEY_SCALE - 2)
    return number(round_nearest(money, cent) // cent, 2)
