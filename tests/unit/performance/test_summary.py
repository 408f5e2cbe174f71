"""Statistics worked by hand: small curves whose numbers fit on a napkin."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.model.errors import ContractError, InputError
from tradewright.performance.convention import CONVENTIONS
from tradewright.performance.drawdown import drawdowns, durations, episodes
from tradewright.performance.returns import DAY_NS, daily, periods_per_year
from tradewright.performance.summary import Statistics, summary
from tradewright.performance.trades import ClosedTrade

MONDAY = 19_723 * DAY_NS  # 2024-01-01
HOUR = DAY_NS // 24


def weekdays(count: int, hour: int = 21) -> list[int]:
    """Ends of `count` business days from 2024-01-01 on, ns UTC."""
    return [MONDAY + (day // 5 * 7 + day % 5) * DAY_NS + hour * HOUR for day in range(count)]


def trade(pnl: float, gain: float, entry: int = MONDAY, leave: int = MONDAY) -> ClosedTrade:
    return ClosedTrade(entry, leave, pnl, gain)


# 100 → 110 → 99 → 108.9: returns +10 %, −10 %, +10 %.
TIMES, EQUITY = weekdays(4), [100.0, 110.0, 99.0, 108.9]
TRADES = [trade(10, 0.10), trade(-11, -0.10), trade(9.9, 0.10), trade(0, 0.0)]


def test_arithmetic_convention_by_hand() -> None:
    stats = summary(TIMES, EQUITY, TRADES)
    mean, variance = 0.1 / 3, (2 * (0.1 - 0.1 / 3) ** 2 + (-0.1 - 0.1 / 3) ** 2) / 2
    assert stats.sharpe == pytest.approx(mean / math.sqrt(variance) * math.sqrt(252))
    assert stats.sortino == pytest.approx(mean / math.sqrt(0.01 / 3) * math.sqrt(252))
    assert stats.volatility_annual == pytest.approx(math.sqrt(variance * 252))
    assert stats.return_annual == pytest.approx(1.089 ** (252 / 3) - 1)
    assert stats.cagr == pytest.approx(1.089 ** (365.25 / 3) - 1)
    assert stats.drawdown_max == pytest.approx(-0.1)
    assert stats.calmar == pytest.approx((1.089**84 - 1) / 0.1)
    assert stats.return_total == pytest.approx(0.089)
    assert (stats.equity_start, stats.equity_final, stats.equity_peak) == (100.0, 108.9, 110.0)
    assert stats.drawdown_duration_max == 2 * DAY_NS


def test_what_the_first_day_earned_counts() -> None:
    """100 at the open, 90 that night, 99 the next: −10 % and +10 % are a loss, not +10 %. The conventions of peers take
    ends of days alone, and so does everyone where a day is one point."""
    times = [MONDAY + 14 * HOUR, *weekdays(2)]
    stats = summary(times, [100.0, 90.0, 99.0], [])
    assert stats.return_annual == pytest.approx(0.99 ** (252 / 2) - 1)
    assert stats.sharpe == pytest.approx(0.0)
    assert stats.volatility_annual == pytest.approx(math.sqrt(0.02 * 252))
    assert summary(times, [100.0, 90.0, 99.0], [], "backtesting.py").return_annual == pytest.approx(1.1**252 - 1)
    assert summary(times[1:], [90.0, 99.0], []).return_annual == pytest.approx(1.1**252 - 1)


def test_compounded_convention_by_hand() -> None:
    stats = summary(TIMES, EQUITY, TRADES, "backtesting.py")
    mean = 1.089 ** (1 / 3)
    variance = (2 * (0.1 - 0.1 / 3) ** 2 + (-0.1 - 0.1 / 3) ** 2) / 2
    volatility = math.sqrt((variance + mean**2) ** 252 - mean**504)
    assert stats.volatility_annual == pytest.approx(volatility)
    assert stats.sharpe == pytest.approx((mean**252 - 1) / volatility)
    assert stats.sortino == pytest.approx((mean**252 - 1) / math.sqrt(0.01 / 3 * 252))


def test_trades_by_hand() -> None:
    stats = summary(TIMES, EQUITY, TRADES, prices=[50.0, 40.0, 60.0])
    assert (stats.trade_count, stats.win_rate) == (4, 0.5)
    assert stats.profit_factor == pytest.approx(19.9 / 11)
    assert stats.kelly == pytest.approx(0.5 - 0.5 / (9.95 / 11))
    deviation = np.std([10, -11, 9.9, 0], ddof=1)
    assert stats.sqn == pytest.approx(2 * (8.9 / 4) / deviation)
    assert (stats.best_trade, stats.worst_trade) == (0.10, -0.10)
    assert stats.average_trade == pytest.approx((1.1 * 0.9 * 1.1) ** 0.25 - 1)
    assert stats.expectancy == pytest.approx(0.025)
    assert stats.buy_and_hold == pytest.approx(0.2)


def test_conventions_differ_where_the_table_says() -> None:
    by_name = {name: summary(TIMES, EQUITY, TRADES, name) for name in CONVENTIONS}
    assert by_name["backtesting.py"].profit_factor == pytest.approx(2.0)  # of returns: 0.2 / 0.1
    assert by_name["quantstats"].win_rate == pytest.approx(2 / 3)  # of days
    assert by_name["quantstats"].profit_factor == pytest.approx(2.0)
    assert by_name["empyrical"].sharpe == by_name["tradewright"].sharpe != by_name["backtesting.py"].sharpe


def test_drawdown_over_every_point_or_over_days() -> None:
    times = [MONDAY + 10 * HOUR, MONDAY + 12 * HOUR, MONDAY + 21 * HOUR, MONDAY + DAY_NS + 21 * HOUR]
    equity = [100.0, 50.0, 100.0, 90.0]
    assert summary(times, equity, []).drawdown_max == pytest.approx(-0.5)
    of_days = summary(times, equity, [], "empyrical")
    assert (of_days.drawdown_max, of_days.drawdown_duration_max) == (pytest.approx(-0.1), DAY_NS)


def test_episodes_of_drawdown() -> None:
    drops = drawdowns(np.array([10.0, 9.0, 10.0, 11.0, 8.0, 5.5, 12.0, 12.0, 6.0]))
    assert drops.tolist() == pytest.approx([0, -0.1, 0, 0, -3 / 11, -0.5, 0, 0, -0.5])
    assert episodes(drops) == [(0, 2), (3, 6), (7, 8)]
    assert durations(np.arange(9) * 10, drops) == [20, 30, 10]
    stats = summary(weekdays(9), [10.0, 9.0, 10.0, 11.0, 8.0, 5.5, 12.0, 12.0, 6.0], [])
    assert stats.drawdown_average == pytest.approx(-(0.1 + 0.5 + 0.5) / 3)
    assert stats.drawdown_duration_average == pytest.approx((2 + 5 + 1) / 3 * DAY_NS)  # the second spans a weekend


def test_midnight_belongs_to_the_day_that_ended() -> None:
    times = np.array([MONDAY + 1, MONDAY + 12 * HOUR, MONDAY + DAY_NS, MONDAY + DAY_NS + 1])
    days, values = daily(times, np.array([1.0, 2.0, 3.0, 4.0]))
    assert (days.tolist(), values.tolist()) == ([19_723, 19_724], [3.0, 4.0])


SPACINGS = {
    "business days": (weekdays(300), 252),
    "business days known at midnight": ([time + 3 * HOUR for time in weekdays(300)], 252),
    "business days of New York, known at 05:00 UTC": ([time + 8 * HOUR for time in weekdays(300)], 252),
    "every day": ([MONDAY + day * DAY_NS for day in range(1, 300)], 365),
    "every hour": ([MONDAY + hour * HOUR for hour in range(1, 24 * 60)], 365),
    "forex hours, Sunday evening to Friday": (
        [MONDAY + hour * HOUR for hour in range(1, 24 * 60) if not 118 < hour % 168 < 22 + 24 * 6], 252,
    ),
    "weeks": ([MONDAY + week * 7 * DAY_NS for week in range(60)], 52),
    "months": ([MONDAY + month * 30 * DAY_NS + month % 2 * DAY_NS for month in range(60)], 12),
    "years": ([MONDAY + year * 365 * DAY_NS for year in range(10)], 1),
    "one point": ([MONDAY], 252),
}  # fmt: skip


@pytest.mark.parametrize("spacing", SPACINGS)
def test_periods_a_year_follow_the_curve(spacing: str) -> None:
    times, expected = SPACINGS[spacing]
    days = (np.array(times) - 1) // DAY_NS
    assert periods_per_year(np.array(times), np.unique(days), None) == expected
    if expected in (252, 365):
        assert periods_per_year(np.array(times), np.unique(days), 252) == 252


def test_exposure_from_trades_or_as_told() -> None:
    times = weekdays(10)
    trades = [trade(1, 0.1, times[1], times[3]), trade(1, 0.1, times[3], times[4]), trade(1, 0.1, times[9], times[9])]
    assert summary(times, [1.0] * 10, trades).exposure == pytest.approx(0.5)
    between = [trade(1, 0.1, times[1] + 1, times[3] - 1)]
    assert summary(times, [1.0] * 10, between).exposure == pytest.approx(0.1)
    assert summary(times, [1.0] * 10, [], held=[True] * 3 + [False] * 7).exposure == pytest.approx(0.3)


NOTHING: dict[str, tuple[list[float], list[ClosedTrade], list[str]]] = {
    "no trade, no move": (
        [100.0] * 5, [],
        ["sharpe", "sortino", "calmar", "drawdown_average", "drawdown_duration_average", "win_rate", "profit_factor",
         "best_trade", "worst_trade", "average_trade", "expectancy", "sqn", "kelly", "buy_and_hold"],
    ),
    "one point": (
        [100.0], [trade(1, 0.1)],
        ["sharpe", "sortino", "calmar", "drawdown_average", "drawdown_duration_average", "profit_factor", "sqn",
         "kelly", "return_annual", "cagr", "volatility_annual", "buy_and_hold"],
    ),
    "only winners, the same each day": (
        [100.0, 200.0, 400.0, 800.0, 1600.0], [trade(1, 0.1), trade(1, 0.1)],
        ["sharpe", "sortino", "calmar", "drawdown_average", "drawdown_duration_average", "profit_factor", "sqn",
         "kelly", "buy_and_hold"],
    ),
    "equity below zero": (
        [100.0, 50.0, -10.0, -20.0, -10.0], [trade(-110, -1.1)],
        ["return_annual", "cagr", "volatility_annual", "sharpe", "sortino", "calmar", "average_trade", "sqn", "kelly",
         "buy_and_hold"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING)
def test_what_has_no_meaning_is_none(name: str) -> None:
    equity, trades, missing = NOTHING[name]
    stats = asdict(summary(weekdays(len(equity)), equity, trades))
    known = {key for key, value in stats.items() if value is not None}
    assert set(stats) - known == set(missing)


def test_days_after_ruin_count_neither_as_won_nor_as_lost() -> None:
    assert summary(weekdays(4), [100.0, 110.0, -10.0, -20.0], [], "quantstats").win_rate == 0.5


def test_all_is_lost() -> None:
    stats = summary(weekdays(3), [100.0, 50.0, 0.0], [trade(-100, -1.0)])
    assert (stats.return_annual, stats.cagr, stats.drawdown_max, stats.average_trade) == (-1.0, -1.0, -1.0, None)


@given(
    st.lists(st.floats(-1e9, 1e9).map(lambda value: round(value, 2)), min_size=1, max_size=20),
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-2, 2)), max_size=5),
    st.sampled_from(sorted(CONVENTIONS)),
)
def test_no_curve_makes_nan_or_infinity(equity: list[float], outcomes: list[tuple[float, float]], name: str) -> None:
    equity[0] = abs(equity[0]) + 1
    stats = asdict(summary(weekdays(len(equity)), equity, [trade(pnl, gain) for pnl, gain in outcomes], name))
    assert all(value is None or isinstance(value, str) or math.isfinite(value) for value in stats.values())


WRONG: list[tuple[list[int], list[float], str, type[Exception], str]] = [
    ([], [], "tradewright", ContractError, "equity of 0 values at 0 times: empty, unequal or out of order"),
    ([1, 2], [1.0], "tradewright", ContractError, "equity of 1 values at 2 times: empty, unequal or out of order"),
    ([2, 1], [1.0, 1.0], "tradewright", ContractError, "equity of 2 values at 2 times: empty, unequal or out of order"),
    ([1, 2], [1.0, math.nan], "tradewright", ContractError, "an equity curve has a value that is not finite"),
    ([1], [1.0], "zipline", InputError,
     "convention 'zipline' is not one of tradewright, backtesting.py, empyrical, quantstats"),
]  # fmt: skip


@pytest.mark.parametrize(("times", "equity", "convention", "error", "sentence"), WRONG, ids=[row[4] for row in WRONG])
def test_wrong_curves_are_refused(times: Any, equity: Any, convention: str, error: Any, sentence: str) -> None:
    with pytest.raises(error) as raised:
        summary(times, equity, [], convention)
    assert str(raised.value) == sentence


def test_statistics_are_one_flat_row() -> None:
    stats = summary(TIMES, EQUITY, TRADES)
    assert type(stats) is Statistics
    assert all(isinstance(value, int | float | str | None) for value in asdict(stats).values())
