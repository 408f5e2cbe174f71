"""A service in this process that stands by: what it answers, what it has done, and what it waits for."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from tests.lease.registers import SECONDS, put_back
from tests.unit.app.standing_api import Client, standing
from tradewright.app import serving
from tradewright.app.clock import steady_clock
from tradewright.app.config import read_config
from tradewright.app.ownership import Ownership
from tradewright.app.service_log import ServiceLog
from tradewright.app.wiring.journals import AccountLock
from tradewright.app.wiring.leases import open_leases
from tradewright.app.wiring.venues import lease_names
from tradewright.model.errors import JournalLocked, LeaseLost

#: Nobody is there, and nobody is asked.
OWNED = """accounts:
  main:
    venue: binance
    environment: testnet
    baseUrl: http://127.0.0.1:9
    apiKeyFile: key
    secretKeyFile: key
    symbols: [BTCUSDT]
server: {port: 0}
"""


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "key").write_text("demo-key")
    (tmp_path / "key").chmod(0o600)


def test_who_stands_by_says_so_takes_nothing_and_journals_nothing(redis_url: str, tmp_path: Path) -> None:
    text = OWNED.replace(":9", f":9/{tmp_path.name}") + f"leases: {{url: '{redis_url}', ttlSec: 1}}\n"

    async def program() -> None:
        (tmp_path / "service.yaml").write_text(text)
        names = lease_names(read_config(tmp_path / "service.yaml"))
        lines: list[str] = []
        leases = open_leases(redis_url, "", SECONDS)
        other = Ownership(leases, names, 1, steady_clock(), lambda: None, lines.append)
        await other.take(0)
        keeping = asyncio.create_task(other.keep())
        try:
            async with standing(tmp_path, text) as client:
                await looked_at(client)
                assert other.all_held()
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await other.end()

    asyncio.run(program())


def test_accounts_that_go_to_another_while_venues_are_reached_end_the_start_at_once(
    redis_url: str, tmp_path: Path
) -> None:
    text = OWNED.replace(":9", f":9/{tmp_path.name}") + f"leases: {{url: '{redis_url}', ttlSec: 1}}\nreadySeconds: 60\n"
    (tmp_path / "service.yaml").write_text(text)
    config = read_config(tmp_path / "service.yaml")
    (tmp_path / "home").mkdir()
    service = serving.opened(config, tmp_path / "home", ServiceLog(True))

    async def program() -> None:
        running = asyncio.create_task(service.run())
        assert service.ownership is not None
        while not service.ownership.all_held():
            await asyncio.sleep(0.01)
        put_back(redis_url, lease_names(config)["main"], 9, "somebody else")
        async with asyncio.timeout(10):
            with pytest.raises(LeaseLost):
                await running

    asyncio.run(program())
    assert not service.trading and service.room.journal.head.sequence == 0
    service.close()


async def looked_at(client: Client) -> None:
    for path, status in (("/health/live", 200), ("/health/ready", 503), ("/health", 200), ("/metrics", 200)):
        assert (await client.ask("GET", path)).status == status
    found = (await client.ask("GET", "/health")).row
    assert (found["status"], found["checks"]["leases"]) == ("degraded", "disconnected")
    for method, path in (("GET", "/api/v1/orders"), ("POST", "/api/v1/orders"), ("POST", "/api/v1/kill")):
        assert (await client.ask(method, path)).code == "STANDING_BY"
    assert (await client.ask("GET", "/api/v1/orders", key="")).code == "UNAUTHORIZED"
    await asyncio.sleep(1.5)
    assert not client.service.trading and client.service.room.journal.head.sequence == 0


def test_a_lock_of_this_machine_is_waited_for_where_accounts_are_owned_by_lease(tmp_path: Path) -> None:
    file, home = tmp_path / "service.yaml", tmp_path / "home"
    home.mkdir()
    file.write_text(OWNED)
    log = ServiceLog(True)
    with AccountLock(home, "paper"), pytest.raises(JournalLocked):
        serving.opened(read_config(file), home, log)
    file.write_text(OWNED + "leases: {url: redis://127.0.0.1:9}\n")
    held = AccountLock(home, "paper")
    ending = threading.Timer(0.5, held.release)
    ending.start()
    began = time.monotonic()
    serving.opened(read_config(file), home, log).close()
    assert time.monotonic() - began >= 0.5
    ending.join()
