"""Equity over time, computed when the run is over: the loop itself pays nothing for it.

Between fills cash and positions stand still, so equity follows from the fills and the data's columns. The last point is
compared with the engine's own exact figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradewright.backtest.data import Dataset, Series
from tradewright.backtest.data.options import time_text
from tradewright.backtest.holdings import Holdings, holdings_of
from tradewright.backtest.marks import FloatArray, IntArray, MarksAt
from tradewright.backtest.run import Result
from tradewright.model.errors import ContractError, InputError
from tradewright.model.event import BAR, QUOTE_BAR
from tradewright.model.numbers import MONEY_SCALE, money_float, money_text
from tradewright.performance.drawdown import drawdowns

MINUTE = 60 * 10**9
#: How far the last point may lie from the engine's figure, as a share of all that is held and owed.
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Curve:
    """Equity, point by point; three arrays of equal length.

    times: ns UTC, rising. equity: cash and positions at their marks, money of the account. held: whether there was a
    position at some moment since the point before; a point at which one was closed still counts.
    """

    times: IntArray
    equity: FloatArray
    held: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.times)

    @property
    def drawdown(self) -> FloatArray:
        """Equity over its peak so far, less one, point by point; 0 where nothing above zero was there to lose."""
        with np.errstate(all="ignore"):
            return np.nan_to_num(drawdowns(self.equity), posinf=0.0, neginf=0.0)


def event_times(dataset: Dataset) -> IntArray:
    """The distinct times of all bars, and of ticks the last in each minute (so their number stays bounded); ns UTC."""
    own = [_points(series) for series in dataset.series]
    times: IntArray = own[0] if len(own) == 1 else np.unique(np.concatenate(own))
    return times


def _points(series: Series) -> IntArray:
    times = series.columns["time"]
    if series.kind not in (BAR, QUOTE_BAR):
        times = times[np.append(np.diff(times // MINUTE) != 0, True)]
    return times


def equity_curve(result: Result) -> Curve:
    """The curve of a run: a point at each of `event_times`, and one before them where the first has a fill already.

    Raises InputError naming a currency or symbol that was held before the data had a rate for it, ContractError if the
    last point is not the engine's equity.
    """
    return curve_of(result, holdings_of(result))


def curve_of(result: Result, holdings: Holdings) -> Curve:
    """As `equity_curve`, of holdings that are there already."""
    times = event_times(result.dataset)
    first = int(times[0])
    if result.fills and result.fills[0].time <= first:
        times = np.concatenate(([first - 1], times))
    marks = MarksAt(result.dataset, np.maximum(times, first))
    equity, gross = np.zeros(len(times)), 0.0
    for worth in _worths(holdings, times, marks, result.options.currency):
        equity += worth
        gross += abs(float(worth[-1]))
    if abs(float(equity[-1]) - money_float(result.equity)) > _TOLERANCE * gross:
        raise ContractError(f"the curve ends at {float(equity[-1])}, the engine at {money_text(result.equity)}")
    return Curve(times, equity, _held(times, result, holdings))


def _worths(holdings: Holdings, times: IntArray, marks: MarksAt, currency: str) -> Iterator[FloatArray]:
    """What each currency and each position was worth, in the account's currency."""
    for own, steps in holdings.cash.items():
        amounts = steps.at(times, 10**MONEY_SCALE)
        yield _worth(own, amounts, marks.rate(own, currency), times, currency)
    for instrument, steps in holdings.positions.values():
        amounts = steps.at(times, 10**instrument.size_scale) * instrument.contract
        rates = marks.price(instrument) * marks.rate(instrument.quote, currency)
        yield _worth(instrument.symbol, amounts, rates, times, currency)


def _worth(what: str, amounts: FloatArray, rates: FloatArray, times: IntArray, currency: str) -> FloatArray:
    unknown = np.isnan(rates) & (amounts != 0)
    if unknown.any():
        raise InputError(
            f"{what} was held on {time_text(int(times[unknown][0]))}, when the data had no rate for it in {currency} "
            "yet; add the pair's data from the start, or choose another currency"
        )
    return np.where(amounts != 0, amounts * rates, 0.0)


def _held(times: IntArray, result: Result, holdings: Holdings) -> NDArray[np.bool_]:
    held: NDArray[np.bool_] = holdings.open.at(times, 1) > 0
    held[np.searchsorted(times, [booked.time for booked in result.fills])] = True
    return held
