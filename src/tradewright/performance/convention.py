"""Where programs that report the same statistic mean different things, and which of them is meant.

                    ratios from          year of daily data     drawdown over   win rate, profit factor, Kelly of
    tradewright     arithmetic mean      252, 7-day market 365  every point     trades by P&L
    backtesting.py  compounded return    252, 7-day market 365  every point     trades; profit factor by return
    empyrical       arithmetic mean      252                    days            trades by P&L (it knows no trades)
    quantstats      arithmetic mean      252                    days            days that moved

tradewright counts the first day of an intraday curve from its start on; the others begin at that day's end. Weekly,
monthly and yearly curves have 52, 12 and 1 periods a year in all of them. Variances are of a sample (n − 1).
Sources: backtesting 0.6.6 `_stats.py`, empyrical-reloaded 0.5 to 0.7 `stats.py`, quantstats 0.0.86 `stats.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.model.errors import InputError


@dataclass(frozen=True, slots=True)
class Convention:
    """One row of the table above.

    compounded: Sharpe, Sortino and volatility rest on the compounded annual return; else on the arithmetic mean and the
    square root of time. days_per_year: of daily data; None: 252, or 365 for a market open on Saturdays and Sundays.
    drawdown_of_days: drawdowns between ends of days only. outcomes_of_days: daily returns stand in for trades in win
    rate, profit factor and Kelly. profit_factor_of_returns: sums of returns instead of sums of P&L.
    first_day: what an intraday curve earned between its start and the end of its first day is a return like any other;
    else the first day only gives the base.
    """

    name: str
    compounded: bool = False
    days_per_year: int | None = None
    drawdown_of_days: bool = False
    outcomes_of_days: bool = False
    profit_factor_of_returns: bool = False
    first_day: bool = False


CONVENTIONS = {
    convention.name: convention
    for convention in (
        Convention("tradewright", first_day=True),
        Convention("backtesting.py", compounded=True, profit_factor_of_returns=True),
        Convention("empyrical", days_per_year=252, drawdown_of_days=True),
        Convention("quantstats", days_per_year=252, drawdown_of_days=True, outcomes_of_days=True),
    )
}


def convention_of(name: str) -> Convention:
    """The convention of that name. Raises InputError with the names there are."""
    if name not in CONVENTIONS:
        raise InputError(f"convention {name!r} is not one of {', '.join(CONVENTIONS)}")
    return CONVENTIONS[name]
