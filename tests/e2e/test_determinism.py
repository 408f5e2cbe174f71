"""The same arguments give the same records, byte for byte, in processes that hash strings and order sets otherwise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.markets import bars, quotes
from tests.project import ROOT

FILE = ROOT / "tests/e2e/strategies.py"
HASH_SEEDS = ("1", "4242")


def runs(arguments: list[str], folder: Path, option: str = "--home") -> list[dict[str, Any]]:
    """The same command in two processes at once, each with a hash seed and a folder of its own."""
    started = []
    for seed in HASH_SEEDS:
        command = [sys.executable, "-m", "tradewright", *arguments, option, str(folder / seed), "--json"]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True))
    rows = []
    for process in started:
        output = process.communicate(timeout=110)[0]
        assert process.returncode == 0
        rows.append(json.loads(output))
    return rows


def check_equal(rows: list[dict[str, Any]], own: tuple[str, ...] = ()) -> None:
    """own: what each run has for itself, such as the place of its journal."""
    shared = [{name: value for name, value in row.items() if name not in own} for row in rows]
    assert shared[0] == shared[1]


OWN = ("journal", "startupSeconds")


def test_a_session_on_the_synthetic_market(tmp_path: Path) -> None:
    rows = runs(["demo", "--seconds", "3"], tmp_path)
    check_equal(rows, OWN)
    assert rows[0]["orders"] > 20
    other = runs(["demo", "--seconds", "1", "--seed", "2"], tmp_path / "other")
    check_equal(other, OWN)
    assert other[0]["journalHash"] != rows[0]["journalHash"]


@pytest.mark.parametrize("market", [bars, quotes])
def test_a_session_on_a_file_with_every_kind_of_order(market: Any, tmp_path: Path) -> None:
    data = market(tmp_path / "data.csv", 200)
    strategies = [f"{FILE}:Restless", f"{FILE}:Scalper", "sma_cross", "donchian_breakout"]
    rows = runs(["demo", *strategies, "--data", str(data)], tmp_path)
    check_equal(rows, OWN)
    assert rows[0]["fills"] > 20


def test_a_backtest_and_its_report(tmp_path: Path) -> None:
    data = bars(tmp_path / "data.csv", 200, ("A", "B", "C", "D", "E", "F"))
    rows = runs(["backtest", f"{FILE}:Restless", "--data", str(data), "--leverage", "3"], tmp_path, "--report")
    check_equal(rows)
    assert rows[0]["trades"] > 20
    for name in ("report.json", "trades.csv", "equity.csv", "equity.svg"):
        pages = {(tmp_path / seed / name).read_bytes() for seed in HASH_SEEDS}
        assert len(pages) == 1, name
