"""A service whose tables follow it: the follower and its database may be killed, and trading goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from scripts.services import Server
from tests.e2e.service import STRATEGIES, Background, serving
from tests.store.test_projections import differing, in_memory, told
from tradewright.adapters.journal import verify
from tradewright.adapters.store.sql.store import SqlStore
from tradewright.app.projections.follower import Follower

FOLLOW, FILLS = "TABLES follow the journal", "FILL   "


def configured(folder: Path, url: str) -> Path:
    file = folder / "service.yaml"
    file.write_text(
        "accounts:\n  one: {venue: paper, symbols: [BTCUSD], cash: 50000}\n"
        f"strategies:\n  walker: {{strategy: '{STRATEGIES}:Walker', parameters: {{rounds: 200}}}}\n"
        "risk: {maxOrderValue: 10000}\nstopSeconds: 2\nserver: {port: 0}\n"
        f"database:\n  url: {url}\n"
    )
    return file


def variables(folder: Path) -> dict[str, str]:
    return {**os.environ, "XDG_STATE_HOME": str(folder / "state")}


def database(service: Background) -> str:
    """As its health has it."""
    (line,) = service.said("API    http")
    with urllib.request.urlopen(f"{line.split()[2]}/health", timeout=20) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return str(found["checks"]["database"])


def follower_of(process: subprocess.Popen[str]) -> int:
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


def fills_go_on(service: Background) -> None:
    before = len(service.said(FILLS))
    service.hears(FILLS, before + 3)


def goes(process: int) -> None:
    end = time.monotonic() + 240
    while Path(f"/proc/{process}").exists():
        assert time.monotonic() < end, "whom nobody hears any more ends by himself"
        time.sleep(0.1)


def agree(home: Path, url: str) -> None:
    """What was left is told, and then the tables are those of a rebuild."""
    store = SqlStore(url)
    reached = store.reached()
    assert 0 < reached.sequence <= verify(home / "journal").sequence
    Follower(home / "journal", store).catch_up()
    tables = told(store)
    store.close()
    assert len(tables["fills"]) > 2
    assert differing(in_memory(home / "journal"), tables) == []


def test_tables_go_on_where_they_were_when_follower_or_service_are_killed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    file, url = configured(tmp_path, "sqlite:///tables.db"), f"sqlite:///{home / 'tables.db'}"
    with serving(file, home, variables(tmp_path)) as service:
        service.hears(FOLLOW)
        fills_go_on(service)
        assert database(service) == "connected"
        os.kill(follower_of(service.process), signal.SIGKILL)
        service.hears("TABLES do not follow — their process ended with -9; trading goes on")
        fills_go_on(service)
        service.hears(FOLLOW, 2)
        child = follower_of(service.process)
        assert service.end(signal.SIGKILL) == -signal.SIGKILL
    goes(child)
    with serving(file, home, variables(tmp_path)) as service:
        service.hears(FOLLOW)
        child = follower_of(service.process)
        assert service.end() == 0
    goes(child)
    agree(home, url)


def test_postgresql_that_is_away_changes_no_decision_and_is_caught_up_with(tmp_path: Path) -> None:
    home, server = tmp_path / "home", Server("postgres")
    try:
        with serving(configured(tmp_path, server.url), home, variables(tmp_path)) as service:
            service.hears(FOLLOW)
            server.kill()
            service.hears("TABLES do not follow — the database: ")
            assert database(service) == "disconnected"
            fills_go_on(service)
            server.start()
            service.hears(FOLLOW, 2)
            assert database(service) == "connected"
            assert service.end() == 0
        agree(home, server.url)
    finally:
        server.stop()


def test_tables_of_another_journal_are_refused_and_trading_goes_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    url = f"sqlite:///{tmp_path / 'others.db'}"
    file = configured(tmp_path, url)
    with serving(file, home, variables(tmp_path)) as service:
        service.hears(FOLLOW)
        assert service.end() == 0
    with serving(file, tmp_path / "other home", variables(tmp_path)) as service:
        service.hears("they are another journal's")
        fills_go_on(service)
        assert database(service) == "disconnected"
        assert service.end() == 0
    # They are where their own journal had left them.
    store = SqlStore(url)
    Follower(home / "journal", store)
    store.close()
