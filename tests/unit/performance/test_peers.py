"""The conventions named after peers agree with the peers' own code, where it is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.performance.returns import DAY_NS, FloatArray, IntArray
from tradewright.performance.summary import Statistics, summary

daily_returns = st.lists(st.floats(-0.2, 0.25).map(lambda value: round(value, 6)), min_size=3, max_size=60).filter(
    lambda values: len(set(values)) > 2 and any(value < 0 for value in values) and any(value > 0 for value in values)
)


def curve(returns: list[float]) -> tuple[IntArray, FloatArray]:
    """Business days from Monday 2024-01-01 at 21:00 UTC; the first value is the start."""
    days = np.array([day for day in range(19_723, 19_723 + 2 * len(returns) + 2) if (day + 3) % 7 < 5])[
        : len(returns) + 1
    ]
    return days * DAY_NS + 21 * DAY_NS // 24, 1_000.0 * np.cumprod([1.0, *(1.0 + value for value in returns)])


def series(times: IntArray, values: FloatArray) -> Any:
    pandas = pytest.importorskip("pandas", reason="the peer needs pandas")
    return pandas.Series(values, index=pandas.to_datetime(times))


@given(daily_returns)
def test_empyrical(returns: list[float]) -> None:
    peer: Any = pytest.importorskip("empyrical", reason="empyrical-reloaded is not installed")
    times, equity = curve(returns)
    ours = summary(times, equity, [], "empyrical")
    theirs = series(times[1:], equity[1:] / equity[:-1] - 1)
    expected = {
        "return_annual": peer.annual_return(theirs),
        "volatility_annual": peer.annual_volatility(theirs),
        "sharpe": peer.sharpe_ratio(theirs),
        "sortino": peer.sortino_ratio(theirs),
        "drawdown_max": peer.max_drawdown(theirs),
        "calmar": peer.calmar_ratio(theirs),
    }
    assert_equal(ours, expected)


@given(daily_returns)
def test_quantstats(returns: list[float]) -> None:
    peer: Any = pytest.importorskip("quantstats.stats", reason="quantstats is not installed")
    times, equity = curve(returns)
    ours = summary(times, equity, [], "quantstats")
    theirs = series(times[1:], equity[1:] / equity[:-1] - 1)
    expected = {
        "return_annual": peer.cagr(theirs),
        "volatility_annual": peer.volatility(theirs),
        "sharpe": peer.sharpe(theirs),
        "sortino": peer.sortino(theirs),
        "drawdown_max": peer.max_drawdown(theirs),
        "calmar": peer.calmar(theirs),
        "win_rate": peer.win_rate(theirs),
        "profit_factor": peer.profit_factor(theirs),
        "kelly": peer.kelly_criterion(theirs),
    }
    assert_equal(ours, expected)


def assert_equal(ours: Statistics, expected: dict[str, float]) -> None:
    assert {name: getattr(ours, name) for name in expected} == pytest.approx(expected, rel=1e-9, abs=1e-12)
