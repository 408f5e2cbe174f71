"""A report as lines of a terminal, at most 100 columns, with its equity drawn in block characters."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from tradewright.backtest.curve import Curve
from tradewright.backtest.data.options import span_text, time_text
from tradewright.model.currency import decimals_of
from tradewright.model.numbers import money_float, money_text, text_of
from tradewright.model.tables import table_lines
from tradewright.performance.summary import Statistics

if TYPE_CHECKING:
    from tradewright.backtest.report import Report

COLUMNS = 100
_BLOCKS = " ▁▂▃▄▅▆▇█"
#: Label, name in Statistics, and how it is written: a share in percent, a ratio, a span of time, a count.
_FIGURES = (
    ("return", "return_total", "%"), ("return a year", "return_annual", "%"), ("CAGR", "cagr", "%"),
    ("volatility", "volatility_annual", "%"), ("Sharpe", "sharpe", "ratio"), ("Sortino", "sortino", "ratio"),
    ("Calmar", "calmar", "ratio"), ("max. drawdown", "drawdown_max", "%"),
    ("longest one", "drawdown_duration_max", "ns"), ("exposure", "exposure", "%"),
    ("buy and hold", "buy_and_hold", "%"), ("trades", "trade_count", "count"),
    ("win rate", "win_rate", "%"), ("profit factor", "profit_factor", "ratio"), ("best trade", "best_trade", "%"),
    ("worst trade", "worst_trade", "%"), ("average trade", "average_trade", "%"), ("expectancy", "expectancy", "%"),
    ("SQN", "sqn", "ratio"), ("Kelly", "kelly", "ratio"),
)  # fmt: skip
_FIGURE_COLUMNS = 3


def report_text(report: Report) -> str:
    """All of it but the single trades."""
    result, options = report.result, report.result.options
    period = f"{time_text(result.dataset.time_first)} to {time_text(result.dataset.time_last)}"
    places = decimals_of(options.currency)
    money = f"{money_float(result.equity):,.{places}f} {options.currency} from {money_float(report.start):,.{places}f}"
    fees = ", ".join(f"{money_text(fee)} {own}" for own, fee in sorted(result.fees.items()) if fee) or "none"
    models = ", ".join(f"{name} {text}" for name, text in report.models.items())
    lines = [
        f"{period}, {len(result.dataset):,} events",
        f"equity {money}, P&L {money_float(report.pnl):+,.{places}f}; fees {fees}",
        f"orders {result.orders}, fills {len(result.fills)}, denied {result.denied}, rejected {result.rejected}",
        *(
            f"  denied {why['count']} times by {code}, first {why['symbol']} on {why['time']}: {why['text']}"
            for code, why in report.denials.items()
        ),
        "",
        *_figures(report.statistics),
        "",
        *equity_picture(report.curve, decimals=places),
        "",
        *_symbols(report),
        "",
        *_strategies(report),
        *(table_lines(result.tables) if result.tables else ()),
        *(f"! {remark}" for remark in report.remarks),
        f"{models}; seed {options.seed}; final {options.final}; statistics as {report.statistics.convention}",
        f"state {result.state_hash}",
    ]
    return "\n".join(part for line in lines for part in wrap(line, COLUMNS, subsequent_indent="  ") or [""])


def _figures(statistics: Statistics) -> list[str]:
    """The figures in columns, to be read downwards."""
    cells = [f"{label:<15}{_written(getattr(statistics, name), unit):>14}" for label, name, unit in _FIGURES]
    rows = -(-len(cells) // _FIGURE_COLUMNS)
    return ["     ".join(cells[row::rows]) for row in range(rows)]


def _written(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "%":
        return f"{100 * value:,.2f} %"
    if unit == "ns":
        return span_text(int(value))
    return f"{value:,.3f}" if unit == "ratio" else f"{value:,}"


def _symbols(report: Report) -> list[str]:
    places = decimals_of(report.currency)
    lines = [f"{'symbol':<20}{'fills':>9}{'trades':>9}{'win rate':>11}{'position':>21}{'P&L':>17} {report.currency}"]
    for totals in report.symbols:
        position = text_of(totals.position, totals.instrument.size_scale)
        lines.append(
            f"{totals.instrument.symbol[:19]:<20}{totals.fills:>9,}{totals.trades:>9,}"
            f"{_written(totals.win_rate, '%'):>11}{position:>21}{totals.pnl:>17,.{places}f}"
        )
    return lines


def _strategies(report: Report) -> list[str]:
    """Nothing of one alone: it made what the symbols say."""
    if len(report.strategies) < 2:
        return []
    places = decimals_of(report.currency)
    lines = [f"{'strategy':<41}{'fills':>9}{'trades':>9}{'win rate':>11}{'closed net':>17} {report.currency}"]
    for totals in report.strategies:
        lines.append(
            f"{totals.strategy[:40]:<41}{totals.fills:>9,}{totals.trades:>9,}"
            f"{_written(totals.win_rate, '%'):>11}{totals.net:>17,.{places}f}"
        )
    return [*lines, ""]


def equity_picture(curve: Curve, width: int = 60, height: int = 10, decimals: int = 2) -> list[str]:
    """The curve in `width` × `height` characters between its lowest and its highest value, with dates below.

    A column shows the last of its points; the points, not the time between them, are spread evenly.
    """
    low, high = float(curve.equity.min()), float(curve.equity.max())
    shown = curve.equity[((np.arange(width) + 1) * len(curve) - 1) // width]
    share = (shown - low) / (high - low) if high > low else np.full(width, 0.5)
    eighths = 1 + np.rint(share * (8 * height - 1)).astype(np.int64)
    labels = {0: f"{high:,.{decimals}f}", height - 1: f"{low:,.{decimals}f}"}
    margin = max(map(len, labels.values()))
    lines = []
    for row in range(height):
        filled = np.clip(eighths - 8 * (height - 1 - row), 0, 8)
        lines.append(f"{labels.get(row, ''):>{margin}} │{''.join(_BLOCKS[n] for n in filled.tolist())}".rstrip())
    first, last = time_text(int(curve.times[0])), time_text(int(curve.times[-1]))
    lines.append(f"{'':{margin}} └{'─' * width}")
    lines.append(f"{'':{margin}}  {first}{last:>{max(width - len(first), len(last) + 1)}}")
    return lines
