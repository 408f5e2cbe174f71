"""A service whose events go to a bus: bus and publisher may be killed, and trading goes on."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest
import redis

from scripts.services import Server
from tests.bus.journals import facts
from tests.bus.readers import kept
from tests.e2e.service import STRATEGIES, Background, serving
from tradewright.app.home import JOURNAL

FOLLOW, FILLS = "EVENTS follow the journal", "FILL   "
OUTAGE_SECONDS = 60.0


def configured(folder: Path, url: str, prefix: str = "ai-trader.trade", more: str = "") -> Path:
    file = folder / "service.yaml"
    file.write_text(
        "accounts:\n  one: {venue: paper, symbols: [BTCUSD], cash: 50000}\n"
        f"strategies:\n  walker: {{strategy: '{STRATEGIES}:Walker', parameters: {{rounds: 200}}}}\n"
        "risk: {maxOrderValue: 10000}\nstopSeconds: 2\nserver: {port: 0}\n"
        f"eventBus:\n  url: {url}\n  publishPrefix: {prefix}\n{more}"
    )
    return file


def variables(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "XDG_STATE_HOME": str(folder / "state"), **more}


def health(service: Background) -> dict[str, Any]:
    (line,) = service.said("API    http")
    with urllib.request.urlopen(f"{line.split()[2]}/health", timeout=20) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


def publisher_of(service: Background) -> int:
    process = service.process.pid
    (child,) = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return int(child)


def fills_go_on(service: Background, more: int = 2) -> None:
    before = len(service.said(FILLS))
    service.hears(FILLS, before + more)


def agree(home: Path, url: str, prefix: str = "ai-trader.trade") -> None:
    """What the journal tells is on the bus, all of it, once and in order."""
    found = kept(url, prefix)
    assert len({one.id for one in found}) == len(found) > 10
    assert [(one.subject, one.content) for one in found] == facts(home / JOURNAL, prefix)


def outage(folder: Path, name: str, seconds: float) -> None:
    home, server = folder / "home", Server(name)
    try:
        with serving(configured(folder, server.url), home, variables(folder)) as service:
            service.hears(FOLLOW)
            assert health(service)["checks"]["eventBus"] == "connected"
            fills_go_on(service)
            server.kill()
            service.hears("EVENTS do not follow — the bus: ")
            away = time.monotonic() + seconds
            fills_go_on(service)
            while time.monotonic() < away:
                fills_go_on(service, 1)
            found = health(service)
            assert found["checks"]["eventBus"] == "disconnected" and found["status"] == "healthy"
            assert found["eventBusLag"] > 10
            server.start()
            service.hears(FOLLOW, 2)
            assert health(service)["checks"]["eventBus"] == "connected"
            assert service.end() == 0
        agree(home, server.url)
    finally:
        server.stop()


@pytest.mark.parametrize("name", ["nats", "redis"])
def test_a_bus_that_is_away_changes_nothing_and_is_told_everything_once(name: str, tmp_path: Path) -> None:
    outage(tmp_path, name, 0)


@pytest.mark.long
@pytest.mark.parametrize("name", ["nats", "redis"])
def test_a_minute_without_the_bus_is_told_afterwards(name: str, tmp_path: Path) -> None:
    outage(tmp_path, name, OUTAGE_SECONDS)


def test_publisher_and_service_may_be_killed_and_nothing_is_lost_or_doubled(tmp_path: Path, nats_url: str) -> None:
    home, prefix = tmp_path / "home", f"t{uuid.uuid4().hex}.trade"
    file = configured(tmp_path, nats_url, prefix)
    with serving(file, home, variables(tmp_path)) as service:
        service.hears(FOLLOW)
        fills_go_on(service, 1)
        os.kill(publisher_of(service), signal.SIGKILL)
        service.hears("EVENTS do not follow — their process ended with -9; trading goes on")
        fills_go_on(service)
        service.hears(FOLLOW, 2)
        assert service.end(signal.SIGKILL) == -signal.SIGKILL
    with serving(file, home, variables(tmp_path)) as service:
        service.hears(FOLLOW)
        assert service.end() == 0
    agree(home, nats_url, prefix)


def test_a_redis_that_is_emptied_changes_no_decision_and_hears_what_comes(tmp_path: Path) -> None:
    home, server = tmp_path / "home", Server("redis")
    try:
        with serving(configured(tmp_path, server.url), home, variables(tmp_path)) as service:
            service.hears(FOLLOW)
            fills_go_on(service)
            with redis.Redis.from_url(server.url) as client:
                client.flushall()
            fills_go_on(service)
            assert service.end() == 0
        found = kept(server.url, "ai-trader.trade")
        whole = facts(home / JOURNAL, "ai-trader.trade")
        assert 5 < len(found) < len(whole)
        assert [(one.subject, one.content) for one in found] == whole[-len(found) :]
        assert not service.said("do not follow")
    finally:
        server.stop()
