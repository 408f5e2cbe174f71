"""What a backtest says when it is over: figures, trades, symbols, a picture, remarks and conventions.

    made = report(run(strategies, dataset, options), convention="backtesting.py")
    print(made.text())
    made.write(Path("out"))

Money that the engine states is exact (in JSON decimal text); statistics are floats, shares are fractions of 1.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tradewright.backtest.curve import Curve, curve_of, event_times
from tradewright.backtest.data.options import time_text
from tradewright.backtest.holdings import Holdings, holdings_of
from tradewright.backtest.marks import FloatArray, MarksAt
from tradewright.backtest.picture import equity_svg
from tradewright.backtest.round_trip import RoundTrip, round_trips
from tradewright.backtest.run import Result
from tradewright.backtest.terminal import report_text
from tradewright.backtest.totals import StrategyTotals, SymbolTotals, strategy_totals, symbol_totals
from tradewright.explain import check_row
from tradewright.model.errors import InputError
from tradewright.model.moment import moment_text
from tradewright.model.numbers import MONEY_MAX, MONEY_SCALE, money_text, nearest_count_of
from tradewright.performance.summary import Statistics, summary

MODELS = ("fee", "slippage", "latency", "partial", "fill", "queue")
TRADE_COLUMNS = (
    "strategy", "symbol", "side", "size", "openTime", "open", "closeTime", "close", "pnl", "fees", "net", "gain",
    "openOrder", "closeOrder",
)  # fmt: skip
_RUINED = "what it held was closed at the prices that stood, and the run ended there"


@dataclass(frozen=True, slots=True)
class Report:
    """A run and what follows from it. start: what was put in, money of the account; amounts of other currencies at
    their first marks."""

    result: Result
    start: int
    curve: Curve
    trades: list[RoundTrip]
    statistics: Statistics
    symbols: list[SymbolTotals]
    strategies: list[StrategyTotals]

    @property
    def pnl(self) -> int:
        """Equity at the end less what was put in; money of the account."""
        return self.result.equity - self.start

    @property
    def currency(self) -> str:
        """Of the account."""
        return self.result.options.currency

    @property
    def models(self) -> dict[str, str]:
        """The exchange's models, by what they decide."""
        return dict(zip(MODELS, self.result.options.models.row(), strict=True))

    @property
    def remarks(self) -> list[str]:
        """What a reader should know before he believes the figures, a sentence each."""
        halts = [f"strategy {name} was halted: {why}" for name, why in sorted(self.result.halted.items())]
        held = [totals.instrument.symbol for totals in self.symbols if totals.position]
        open_ends = [f"still held at the end, valued at the last mark: {', '.join(held)}"] if held else []
        alarms = [f"alarm {alarm}" for alarm in self.result.alarms]
        ruined = [
            f"the account had lost everything at {moment_text(end)}: {_RUINED}" for end in [self.result.ruined] if end
        ]
        return ruined + halts + alarms + self.result.unbound + open_ends + self.result.dataset.remarks()

    @property
    def denials(self) -> dict[str, dict[str, Any]]:
        """Why orders were denied, the most frequent rule first: how often, and the first time as an example."""
        found: dict[str, dict[str, Any]] = {}
        for code, (count, first) in sorted(self.result.denials.items(), key=lambda item: (-item[1][0], item[0])):
            (check, *_) = [check for check in first.refusals if check.code == code]
            example = {"time": moment_text(first.time), "symbol": first.instrument.symbol}
            found[code] = {"count": count, **example, "text": check_row(check, first.instrument)["text"]}
        return found

    def row(self) -> dict[str, Any]:
        """JSON-ready. orders: sent; denied: refused before; rejected: by the exchange. trades: their number."""
        result, options, dataset = self.result, self.result.options, self.result.dataset
        return {
            "from": moment_text(dataset.time_first), "to": moment_text(dataset.time_last), "events": len(dataset),
            "orders": result.orders, "fills": len(result.fills), "denied": result.denied, "rejected": result.rejected,
            "trades": len(self.trades), "currency": self.currency, "startEquity": money_text(self.start),
            "equity": money_text(result.equity), "pnl": money_text(self.pnl), "fees": _money_row(result.fees),
            "cash": _money_row(result.cash), "statistics": statistics_row(self.statistics),
            "symbols": {totals.instrument.symbol: totals.row() for totals in self.symbols},
            "strategies": {totals.strategy: totals.row() for totals in self.strategies}, "remarks": self.remarks,
            "denials": self.denials, "halted": result.halted, "models": self.models,
            "final": options.final, "seed": options.seed, "stateHash": result.state_hash,
            **({"shadow": result.tables} if result.tables else {}),
        }  # fmt: skip

    def text(self) -> str:
        """For a terminal, at most 100 columns."""
        return report_text(self)

    def write(self, folder: Path) -> None:
        """Put report.json, trades.csv, equity.csv and equity.svg into `folder`, made if need be.

        Each replaces its older one as a whole, and none does before all are on the disk. Raises OSError.
        """
        symbols = ", ".join(totals.instrument.symbol for totals in self.symbols[:5])
        more = f" and {len(self.symbols) - 5} more" if len(self.symbols) > 5 else ""
        title = f"{symbols}{more}: {time_text(int(self.curve.times[0]))} to {time_text(int(self.curve.times[-1]))}"
        files = {
            "trades.csv": self._trades_csv(),
            "equity.csv": self._equity_csv(),
            "equity.svg": equity_svg(self.curve, title, self.currency).encode(),
            "report.json": msgspec.json.format(msgspec.json.encode(self.row())) + b"\n",
        }
        folder.mkdir(parents=True, exist_ok=True)
        _replace_all(folder, files)

    def _trades_csv(self) -> bytes:
        page = io.StringIO()
        table = csv.DictWriter(page, TRADE_COLUMNS, lineterminator="\n")
        table.writeheader()
        for trade in self.trades:
            row = trade.row()
            table.writerow(row | {"fees": " ".join(f"{fee} {currency}" for currency, fee in row["fees"].items())})
        return page.getvalue().encode()

    def _equity_csv(self) -> bytes:
        import polars as pl

        frame = pl.DataFrame(
            {
                "time": pl.Series(self.curve.times).cast(pl.Datetime("ns")),
                "equity": self.curve.equity,
                "drawdown": self.curve.drawdown,
                "held": self.curve.held,
            }
        )
        return frame.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.fZ").encode()


def report(result: Result, convention: str = "tradewright", warmup: int = 0) -> Report:
    """Everything that follows from a run.

    convention: of the statistics, a name of `performance.CONVENTIONS`. warmup: points of the curve before the strategy
    could decide; buy and hold begins behind them. Raises InputError for an unknown name, and where a rate is missing.
    """
    if warmup < 0:
        raise InputError(f"warmup {warmup} can not be negative")
    holdings = holdings_of(result)
    curve = curve_of(result, holdings)
    trades = round_trips(result, holdings)
    statistics = summary(
        curve.times, curve.equity, [trade.closed for trade in trades], convention,
        prices=_market(result)[warmup:], held=curve.held,
    )  # fmt: skip
    return Report(
        result, _put_in(result, holdings, curve), curve, trades, statistics,
        symbol_totals(result, holdings, trades), strategy_totals(result, trades),
    )  # fmt: skip


def statistics_row(statistics: Statistics) -> dict[str, Any]:
    """The statistics by camelCase names; times as ISO 8601 UTC, durations in seconds, None where there is no number."""
    row: dict[str, Any] = {}
    for name, value in asdict(statistics).items():
        if name.startswith("time_"):
            value = moment_text(value)
        elif "duration" in name:
            name, value = f"{name}_seconds", None if value is None else value / 1e9
        head, *tail = name.split("_")
        row[head + "".join(word.capitalize() for word in tail)] = value
    return row


def _put_in(result: Result, holdings: Holdings, curve: Curve) -> int:
    foreign = any(steps.values[0] for own, steps in holdings.cash.items() if own != result.options.currency)
    return nearest_count_of(float(curve.equity[0]), MONEY_SCALE, "equity", MONEY_MAX) if foreign else result.start


def _market(result: Result) -> FloatArray:
    """Worth of 1.0 put in equal parts into all instruments when each got its first mark, in their own currencies."""
    marks = MarksAt(result.dataset, event_times(result.dataset))
    worth = np.zeros(len(marks.times))
    for instrument in result.dataset.instruments:
        prices = marks.price(instrument)
        known = prices[~np.isnan(prices)]
        worth += np.where(np.isnan(prices), 1.0, prices / known[0]) if len(known) else 1.0
    return worth / len(result.dataset.instruments)


def _money_row(amounts: dict[str, int]) -> dict[str, str]:
    return {currency: money_text(amount) for currency, amount in sorted(amounts.items())}


def _replace_all(folder: Path, files: dict[str, bytes]) -> None:
    parts = {folder / f".{name}.part": folder / name for name in files}
    try:
        for part, content in zip(parts, files.values(), strict=True):
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for part, whole in parts.items():
            part.replace(whole)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
