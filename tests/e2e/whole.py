"""Real markets for the whole path: files, the slice of them that every run plays, and what is set for the account."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars

from tests.e2e.judge import DECISION, QUERY, RECONCILED, STARTED, records
from tests.project import ROOT

QUARTET = f"{ROOT / 'tests/e2e/quartet.py'}:Quartet"
STRATEGIES = (QUARTET, "sma_cross", "rsi_reversion")
ORDER_ID = re.compile(r"paper-\d+-\d+")

CRYPTO_LIMITS = """
limits:
  all:
    maxOrderValue: 5
    maxTotalExposurePercent: 150
  account:paper:
    tradepicker.maxOpenPositions: 4
    tradepicker.budget: 9
    maxDailyLossPercent: 4
    maxDrawdownPercent: 30
    maxMessagesPerMinute: 60
    messageReserve: 20
    breakerErrors: 5
    breakerCooldownSeconds: 300
    duplicateWindowSeconds: 30
    stopFillSeconds: 120
  account:paper/strategy:rsi_reversion:
    maxPositionSizePercent: 8
executionFilter:
  ETHBTC:
    maxTradesPerDay: 6
    minCooldownMinutesBetweenTrades: 20
    maxConcurrentTradesPerSymbol: 2
    sessions:
      - {days: [mon, tue, wed, thu, fri, sat, sun], from: 06:00, to: 22:00, zone: UTC}
  ADABTC:
    minDistanceFromDailyHigh: {points: 5}
    maxTradesPerDay: 8
  maxConcurrentTradesGlobal: 6
  maxDailyRiskGlobal: 0.5
  defaultRiskEstimate: 0.05
"""
EQUITY_LIMITS = """
limits:
  all:
    maxOrderValue: 30000
    requireMarketSession: true
  account:paper:
    pack: us-pdt-legacy
    tradepicker.maxOpenPositions: 2
    tradepicker.sellRequiresLong: true
    maxDailyLossPercent: 2
    duplicateWindowSeconds: 60
    enableWashTradeProtection: true
executionFilter:
  SPY:
    sessions:
      - {days: [mon, tue, wed, thu, fri], from: 09:35, to: 15:55, zone: America/New_York}
    minCooldownMinutesBetweenTrades: 10
    maxTradesPerDay: 4
  BAC:
    maxSpread: 0.02
"""


class Market(NamedTuple):
    """files: with the minutes, counted from `begin`, that a short run plays of each. fires: codes that refuse in it;
    days_fire: and in the days. more: exits beside those of all; calendars: as `--calendar` has them."""

    files: dict[str, tuple[int, int]]
    begin: datetime
    symbols: tuple[str, ...]
    cash: str
    currency: str
    limits: str
    fires: frozenset[str]
    days_fire: frozenset[str]
    more: dict[str, str]
    calendars: dict[str, str]

    @property
    def exits(self) -> dict[str, str]:
        return {"stopLossPercent": "2", "takeProfitPercent": "4", "maxHoldingSeconds": "14400"} | self.more

    def cut(self, data: Path, folder: Path) -> list[Path]:
        """The short run's files, written into `folder`."""
        found = []
        for name, (first, last) in self.files.items():
            rows = polars.read_parquet(data / name)
            kept = rows.filter(
                (polars.col("ts") >= self.begin + timedelta(minutes=first))
                & (polars.col("ts") < self.begin + timedelta(minutes=last))
            )
            kept.write_parquet(folder / name)
            found.append(folder / name)
        return found

    def whole(self, data: Path) -> list[Path]:
        return [data / name for name in self.files]


MARKETS = {
    "ten crypto pairs": Market(
        {"freqtrade_bittrex_1m_201801.parquet": (0, 180)},
        datetime(2018, 1, 21, 5, tzinfo=UTC),
        ("ADABTC", "DASHBTC", "ETCBTC", "ETHBTC", "LTCBTC", "NXTBTC", "POWRBTC", "XLMBTC", "XMRBTC", "ZECBTC"),
        "10", "BTC", CRYPTO_LIMITS,
        frozenset({"OPEN_LIMIT_EXCEEDED", "OUTSIDE_SESSION", "POSITION_LIMIT"}), frozenset(), {}, {},
    ),
    "US equities": Market(
        {
            "lean_us_equity_1m_trade_201310.parquet": (0, 120),
            "lean_us_equity_1m_quote_201310.parquet": (0, 120),
            "lean_spy_trade_ticks_20131007.parquet": (10, 14),
        },
        datetime(2013, 10, 7, 13, 20, tzinfo=UTC),
        ("BAC", "SPY"),
        "100000", "USD", EQUITY_LIMITS,
        frozenset({"OUTSIDE_SESSION", "MAX_TRADES_PER_DAY", "COOLDOWN"}), frozenset({"MARKET_CLOSED"}),
        {"closeBeforeSessionEndSeconds": "600"}, {"": "us-equity"},
    ),
}  # fmt: skip


def terms(market: Market, data: list[Path], folder: Path) -> list[str]:
    """What `demo` and `backtest` both take."""
    limits = folder / "limits.yaml"
    limits.write_text(market.limits)
    files = [word for path in data for word in ("--data", str(path))]
    exits = [word for name, value in market.exits.items() for word in ("--exit", f"{name}={value}")]
    sessions = [word for name in market.calendars.values() for word in ("--calendar", name)]
    return [
        *files, "--cash", market.cash, "--currency", market.currency, "--limits", str(limits), "--sizer", "percent:10",
        *exits, *sessions,
    ]  # fmt: skip


def run(*arguments: str, hash_seed: str = "1", seconds: float = 110) -> dict[str, Any]:
    """A command in a process of its own: the one JSON object it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tradewright", *arguments, "--json"],
        cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, timeout=seconds,
    )  # fmt: skip
    assert done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def decided(journal: Path) -> list[str]:
    """Every record, orders named by their place among all; without those that a start makes: its own, the looking up
    of orders and what the venue says to that."""
    names: dict[str, str] = {}
    found: list[str] = []
    looking: set[str] = set()
    for row in records(journal):
        if row[0] == DECISION:
            for order in row[7]:
                names.setdefault(order[0], f"#{len(names)}")
        if row[0] == STARTED or row[:1] + row[2:3] == RECONCILED:
            continue
        if row[0] == QUERY:
            looking.add(row[2])
        elif row[0] < STARTED and row[2] in looking:
            looking.remove(row[2])
        else:
            found.append(ORDER_ID.sub(lambda match: names.get(match[0], match[0]), json.dumps(row)))
    return found
