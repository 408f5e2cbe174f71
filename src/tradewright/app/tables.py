"""The tables of a shadow path, read from a journal's records and written as CSV.

paper_trade_match_history and strategy_weights_history have a row for each record, strategy_perf_latest and
strategy_weights_latest the newest of each strategy. What is not known is an empty field.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from tradewright.app.history import groups_of
from tradewright.core.scoreboard import SAID
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.score import ShadowMatched, StrategiesWeighed, StrategyScored
from tradewright.model.tables import MATCHES, PERFORMANCE, WEIGHTS, match_row, performance_row, weight_rows
from tradewright.trader import Trader

HISTORY = "strategy_weights_history"
Table = list[dict[str, Any]]


def write_tables(journal: Path, folder: Path, to: int | None = None) -> list[Path]:
    """Write the tables of a journal (up to record `to`) into a folder, made if need be; the files, none where its runs
    had no shadow account."""
    trader = Trader(None)
    said: list[Event] = []
    for _, event, outputs in groups_of(journal, trader, to):
        trader.follow(event, outputs)
        said += [output for output in outputs if isinstance(output, SAID)]
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / f"{name}.csv", rows) for name, rows in tables_of(said, trader.engine.symbols).items()]


def tables_of(said: list[Event], symbols: dict[str, Instrument]) -> dict[str, Table]:
    """The rows by table of what a shadow path said, in its order; tables without a row are left out."""
    matches: Table = []
    history: Table = []
    performance: dict[str, dict[str, Any]] = {}
    weights: dict[str, dict[str, Any]] = {}
    for event in said:
        if isinstance(event, ShadowMatched):
            matches.append(match_row(event, symbols[event.symbol]))
        elif isinstance(event, StrategyScored):
            performance[event.strategy] = performance_row(event)
        elif isinstance(event, StrategiesWeighed):
            rows = weight_rows(event)
            history += rows
            weights.update((row["strategyId"], row) for row in rows)
    found = {MATCHES: matches, PERFORMANCE: latest(performance), WEIGHTS: latest(weights), HISTORY: history}
    return {name: rows for name, rows in found.items() if rows}


def latest(rows: dict[str, dict[str, Any]]) -> Table:
    """The newest rows, by strategy."""
    return [row for _, row in sorted(rows.items())]


def _write(file: Path, rows: Table) -> Path:
    with file.open("w", newline="") as page:
        table = csv.DictWriter(page, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return file
