"""What must hold for rows before anything trades on them; each breach is an InputError naming file, row and column."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tradewright.backtest.data.counts import Mask, NumberArray
from tradewright.backtest.data.layout import OHLC
from tradewright.backtest.data.options import DAY, span_text, time_text
from tradewright.backtest.data.table import Rows
from tradewright.model.calendar import calendar
from tradewright.model.errors import InputError
from tradewright.model.event import QUOTE


def check_values(rows: Rows) -> None:
    """Prices are there, finite, above zero and consistent within a bar; sizes are there, finite and not negative."""
    for name in rows.layout.prices:
        rows.refuse(_present(rows, name) <= 0, name, f"the price {{{name}}} is not above zero")
    for name in rows.layout.sizes:
        rows.refuse(_present(rows, name) < 0, name, f"{{{name}}} is negative")
    for side in rows.layout.sides:
        _check_bar(rows, side)


def _present(rows: Rows, name: str) -> NumberArray:
    values = rows.numbers(name)
    if values.dtype.kind == "f":
        rows.refuse(np.isnan(values), name, "the value is missing (NaN)")
        rows.refuse(np.isinf(values), name, f"{{{name}}} is not finite")
    return values


def _check_bar(rows: Rows, side: str) -> None:
    first, high, low, last = (rows.numbers(side + name) for name in OHLC)
    rows.refuse(high < low, side + "high", f"high {{{side}high}} is below low {{{side}low}}")
    inside = f"is outside low {{{side}low}} to high {{{side}high}}"
    for name, values in (("open", first), ("close", last)):
        rows.refuse((values < low) | (values > high), side + name, f"{name} {{{side}{name}}} {inside}")


def check_order(parts: list[Rows], period: int) -> None:
    """Labels of one series, file by file, none empty: bars rise by at least a period, ticks never fall.

    period: ns, 0 for ticks. A day may be an hour short, a month three days: calendar periods have an eighth of room.
    """
    shortest = period - slack(period)
    for rows in parts:
        steps = np.diff(rows.times)
        _refuse_step(rows, steps < 0, "the label {ts} is before the row above; sort the file by time")
        if period:
            _refuse_step(rows, steps == 0, "the bar of {ts} is there a second time")
            _refuse_step(
                rows,
                steps < shortest,
                f"the bar of {{ts}} begins before the one above has ended; bars here last {span_text(period)}: mend the"
                " row, or say another period",
            )
    for before, after in pairwise(parts):
        if int(after.times[0]) < int(before.times[-1]) + shortest:
            raise InputError(
                f"{after.path}: row {after.frame['row'][0]}, column 'ts': {time_text(int(after.times[0]))} lies within"
                f" {before.path}, which also holds {after.symbol}; give each time once"
            )


def check_calendar(rows: Rows, name: str, period: int) -> None:
    """The calendar of that name knows the days of all rows."""
    known = calendar(name)
    outside = (rows.times - period < known.first) | (rows.times + period >= known.last)
    if outside.any():
        label = time_text(int(rows.times[int(np.argmax(outside))]))
        span = f"{time_text(known.first)} to {time_text(known.last)}"
        rows.refuse(outside, "ts", f"{label} is not in the calendar {name}, which has {span}")


def _refuse_step(rows: Rows, wrong: Mask, sentence: str) -> None:
    mask = np.concatenate(([False], wrong))
    if mask.any():
        rows.refuse(mask, "ts", sentence.replace("{ts}", time_text(int(rows.times[int(np.argmax(mask))]))))


def slack(period: int) -> int:
    """How much shorter or longer than `period` a bar's distance may be, ns: calendar days and months differ."""
    return period // 8 if period >= DAY else 0


def crossed(rows: Rows) -> Mask:
    """Rows whose bid lies over their ask: a quote's, or those of a bar's open or close.

    A bar's extremes are not compared: the highest bid and the highest ask belong to two moments.
    """
    if rows.layout.kind == QUOTE:
        return rows.numbers("bid") > rows.numbers("ask")
    if "bid_" not in rows.layout.sides:
        return np.zeros(len(rows), np.bool_)
    return (rows.numbers("bid_open") > rows.numbers("ask_open")) | (
        rows.numbers("bid_close") > rows.numbers("ask_close")
    )
