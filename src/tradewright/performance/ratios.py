"""Risk, and return per risk, a year; NaN where there is none to speak of.

compounded: after https://doi.org/10.2139/ssrn.3054517, as backtesting.py has it: yearly return and volatility of
compounded periods. Otherwise: mean and deviation of a period, times the square root of the periods a year.
"""

from __future__ import annotations

import math

import numpy as np

from tradewright.performance.returns import FloatArray

#: A deviation below this is the rounding of equal returns, not risk.
_DEVIATION_MIN = 1e-14
NAN = float("nan")


def volatility(returns: FloatArray, return_annual: float, per_year: int, compounded: bool) -> float:
    """Standard deviation of returns a year (fraction). return_annual: the compounded yearly return."""
    if len(returns) < 2:
        return NAN
    if not compounded:
        return float(returns.std(ddof=1)) * math.sqrt(per_year)
    square = np.float64(1.0 + return_annual) ** (2.0 / per_year)
    return float(np.sqrt((returns.var(ddof=1) + square) ** per_year - square**per_year))


def sharpe(returns: FloatArray, return_annual: float, per_year: int, compounded: bool) -> float:
    """Return over volatility, both a year, without a risk-free rate."""
    if len(returns) < 2 or float(returns.std(ddof=1)) < _DEVIATION_MIN:
        return NAN
    gain = return_annual if compounded else float(returns.mean()) * per_year
    return gain / volatility(returns, return_annual, per_year, compounded)


def sortino(returns: FloatArray, return_annual: float, per_year: int, compounded: bool) -> float:
    """Return over downside deviation (root of the mean square of what lies below zero, over all periods), a year."""
    if not len(returns):
        return NAN
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2)))
    if downside < _DEVIATION_MIN:
        return NAN
    gain = return_annual if compounded else float(returns.mean()) * per_year
    return gain / (downside * math.sqrt(per_year))


def calmar(return_annual: float, drawdown_max: float) -> float:
    """Yearly return over the largest drawdown (a negative fraction)."""
    return return_annual / -drawdown_max if drawdown_max else NAN
