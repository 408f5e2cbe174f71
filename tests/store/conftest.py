"""Real servers and real journals for what keeps tables. A server that can not be had is a failure, never a skip.

Nothing of it is compiled but the engine that is folded: the compiled build runs it every time.
"""

from __future__ import annotations

import csv
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.e2e.command import tradewright
from tests.project import compiled_alone

HERE = Path(__file__).parent
MINUTES = 1_500


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    compiled_alone(items, HERE)


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """URL of an empty database there."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield f"{postgres_url.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tables.db'}"
    return str(request.getfixturevalue("database"))


@pytest.fixture(scope="session")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a run with four strategies, their exits and their shadow, on a market of minutes."""
    folder = tmp_path_factory.mktemp("journal")
    chance, price, time = random.Random(5), 100.0, datetime(2025, 3, 3, tzinfo=UTC)
    with (folder / "bars.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["ts", "symbol", "open", "high", "low", "close", "volume"])
        for minute in range(MINUTES):
            opened, price = price, max(20.0, price * (1 + chance.gauss(0, 0.004)))
            high, low = max(opened, price) * 1.001, min(opened, price) * 0.999
            at = (time + timedelta(minutes=minute)).isoformat()
            table.writerow([at, "DEMO", *(f"{one:.2f}" for one in (opened, high, low, price)), 1_000 + minute % 500])
    said = tradewright(
        "backtest", "sma_cross", "donchian_breakout", "rsi_reversion", "volume", "--data", folder / "bars.csv",
        "--shadow", "--exit", "stopLossPercent=1", "--exit", "takeProfitPercent=2", "--fee", "bps:2",
        "--sizer", "risk_percent:0.5", "--journal", folder / "journal", "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    return folder / "journal"
