"""Everything at once: an equity curve and its trades as one row of statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewright.model.errors import ContractError
from tradewright.performance import drawdown, ratios, returns, trades
from tradewright.performance.convention import Convention, convention_of
from tradewright.performance.returns import FloatArray, IntArray
from tradewright.performance.trades import ClosedTrade


@dataclass(frozen=True, slots=True)
class Statistics:
    """Fractions (0.25 is 25 %), money of the account, ns; None where a number has no meaning (no trade, loss or risk).

    return_annual: yearly rate over trading periods; cagr: over the calendar. drawdown_max, drawdown_average: negative;
    the average is of each episode's depth. exposure: share of points with a position. buy_and_hold: of the market over
    the same time. average_trade: geometric, expectancy: arithmetic mean of the trades' gains.
    """

    convention: str
    time_start: int
    time_end: int
    equity_start: float
    equity_final: float
    equity_peak: float
    return_total: float | None
    return_annual: float | None
    cagr: float | None
    volatility_annual: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    drawdown_max: float
    drawdown_average: float | None
    drawdown_duration_max: int
    drawdown_duration_average: float | None
    exposure: float
    buy_and_hold: float | None
    trade_count: int
    win_rate: float | None
    profit_factor: float | None
    best_trade: float | None
    worst_trade: float | None
    average_trade: float | None
    expectancy: float | None
    sqn: float | None
    kelly: float | None


def summary(
    equity_times: ArrayLike,
    equity: ArrayLike,
    closed: Sequence[ClosedTrade],
    convention: str = "tradewright",
    *,
    prices: ArrayLike | None = None,
    held: ArrayLike | None = None,
) -> Statistics:
    """The statistics of a run under a named convention.

    equity_times: ns UTC, when each equity was known (a bar's at its close), never falling; the first is the start.
    equity: cash and positions, in money of the account. prices: of the market to hold, from where the strategy could
    begin. held: whether there was a position, per point (default: between a trade's entry and exit, both included).
    Raises ContractError for a curve that is empty, unequal, unordered or not finite, InputError for an unknown name.
    """
    rules = convention_of(convention)
    times, values = np.asarray(equity_times, np.int64), np.asarray(equity, np.float64)
    if not len(times) or len(times) != len(values) or bool(np.any(np.diff(times) < 0)):
        raise ContractError(f"equity of {len(values)} values at {len(times)} times: empty, unequal or out of order")
    if not bool(np.isfinite(values).all()):
        raise ContractError("an equity curve has a value that is not finite")
    position = _held(times, closed) if held is None else np.asarray(held, np.bool_)
    with np.errstate(all="ignore"):
        return _statistics(times, values, closed, rules, prices, position)


def _statistics(
    times: IntArray,
    equity: FloatArray,
    closed: Sequence[ClosedTrade],
    rules: Convention,
    prices: ArrayLike | None,
    held: NDArray[np.bool_],
) -> Statistics:
    days, day_equity = returns.daily(times, equity)
    per_year = returns.periods_per_year(times, days, rules.days_per_year)
    counted = returns.from_start(times, equity, day_equity) if rules.first_day else day_equity
    day_returns = returns.changes(counted)
    annual = returns.annual_return(counted, per_year)
    drops = drawdown.drawdowns(day_equity if rules.drawdown_of_days else equity)
    drop_lengths = drawdown.durations((days + 1) * returns.DAY_NS if rules.drawdown_of_days else times, drops)
    pnls = np.array([trade.pnl for trade in closed])
    gains = np.array([trade.gain for trade in closed])
    outcomes = day_returns[np.isfinite(day_returns) & (day_returns != 0)] if rules.outcomes_of_days else pnls
    market = None if prices is None else np.asarray(prices, np.float64)
    return Statistics(
        convention=rules.name,
        time_start=int(times[0]),
        time_end=int(times[-1]),
        equity_start=float(equity[0]),
        equity_final=float(equity[-1]),
        equity_peak=float(equity.max()),
        return_total=_known(equity[-1] / equity[0] - 1.0),
        return_annual=_known(annual),
        cagr=_known(returns.cagr(times, equity)),
        volatility_annual=_known(ratios.volatility(day_returns, annual, per_year, rules.compounded)),
        sharpe=_known(ratios.sharpe(day_returns, annual, per_year, rules.compounded)),
        sortino=_known(ratios.sortino(day_returns, annual, per_year, rules.compounded)),
        calmar=_known(ratios.calmar(annual, float(drops.min()))),
        drawdown_max=float(drops.min()),
        drawdown_average=_mean(np.array(drawdown.depths(drops))),
        drawdown_duration_max=max(drop_lengths, default=0),
        drawdown_duration_average=_mean(np.array(drop_lengths, np.float64)),
        exposure=float(held.mean()),
        buy_and_hold=None if market is None or not len(market) else _known(market[-1] / market[0] - 1.0),
        trade_count=len(closed),
        win_rate=_known(trades.win_rate(outcomes)),
        profit_factor=_known(trades.profit_factor(gains if rules.profit_factor_of_returns else outcomes)),
        best_trade=_known(gains.max(initial=-math.inf)),
        worst_trade=_known(gains.min(initial=math.inf)),
        average_trade=_known(trades.geometric_mean(gains)),
        expectancy=_mean(gains),
        sqn=_known(trades.sqn(pnls)),
        kelly=_known(trades.kelly(outcomes)),
    )


def _held(times: IntArray, closed: Sequence[ClosedTrade]) -> NDArray[np.bool_]:
    """Points within any trade, entry and exit included: entries less exits so far."""
    open_trades = np.zeros(len(times) + 1, np.int64)
    np.add.at(open_trades, np.searchsorted(times, [trade.time_entry for trade in closed], side="left"), 1)
    np.add.at(open_trades, np.searchsorted(times, [trade.time_exit for trade in closed], side="right"), -1)
    held: NDArray[np.bool_] = np.cumsum(open_trades)[:-1] > 0
    return held


def _mean(values: FloatArray) -> float | None:
    return _known(values.mean()) if len(values) else None


def _known(value: float) -> float | None:
    """A finite number, or None: a report never shows NaN or infinity."""
    return float(value) if math.isfinite(value) else None
