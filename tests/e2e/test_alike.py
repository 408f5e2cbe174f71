"""A backtest and a session decide alike: on the same data they leave the same records, whatever is ordered, changed
and cancelled; only the account has another name. Real markets are compared in test_whole_path."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import tradewright
from tests.e2e.judge import DECISION, STARTED, records
from tests.e2e.markets import bars, quote_bars, quotes
from tradewright.app.demo import LIMITS

FILE = Path(__file__).parent / "strategies.py"
ON_BARS = (f"{FILE}:Restless", "sma_cross", "donchian_breakout", "rsi_reversion")
ON_QUOTES = (f"{FILE}:Scalper", "microstructure")
SCOPES = """
limits:
  all:
    duplicateWindowSeconds: 90
  strategy:sma_cross:
    maxOrderQuantity: 3
executionFilter:
  BTCUSD:
    maxTradesPerDay: 12
  maxConcurrentTradesGlobal: 6
"""


def told(journal: Path, account: str) -> list[list[Any]]:
    """Every record but the start's, in the name of a session's account."""
    rows = [row for row in records(journal) if row[0] != STARTED]
    found: list[list[Any]] = json.loads(re.sub(rf"\b{account}\b", "paper", json.dumps(rows)))
    return found


@pytest.mark.parametrize(
    ("market", "strategies"), [(bars, ON_BARS), (quote_bars, ON_BARS), (quotes, ON_QUOTES)]
)  # fmt: skip
def test_every_record_of_a_backtest_is_one_of_a_session(
    market: Callable[[Path, int], Path], strategies: tuple[str, ...], tmp_path: Path
) -> None:
    data, limits = market(tmp_path / "data.csv", 300), tmp_path / "limits.yaml"
    limits.write_text(SCOPES)
    words = [*strategies, "--data", data, "--limits", limits, "--exit", "trailingStopPercent=1", "--sizer", "percent:5"]
    own = [word for name, value in LIMITS.items() for word in ("--limit", f"{name}={value}")]
    terms = ["--fee", "bps:2", "--leverage", "2", "--journal", tmp_path / "backtest"]
    assert tradewright("backtest", *words, *own, *terms).code == 0
    assert tradewright("demo", *words, "--home", tmp_path / "home").code == 0
    past, live = told(tmp_path / "backtest", "main"), told(tmp_path / "home" / "journal", "paper")
    for one, other in zip(past, live, strict=True):
        assert one == other
    decided = [row for row in live if row[0] == DECISION]
    assert len(decided) > 20 and {row[6] for row in decided} == {True, False}
