"""Two services as processes that want one account at a simulated venue, each with a home and locks of its own, as on
two machines."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from socket import gethostname
from typing import Any

import pytest

from scripts.services import Server
from tests.e2e.command import tradewright
from tests.e2e.judge import REJECTED, STARTED, SUBMIT, records
from tests.e2e.service import Background, configured, serving, simulated, variables
from tests.e2e.test_docs import blocks
from tests.e2e.test_serve import FILLS, agree, engine_of
from tradewright.app.home import JOURNAL
from tradewright.model import event as kinds
from tradewright.model.control import HALTED
from tradewright.model.foreign import EXTERNAL
from tradewright.model.withheld import NOT_LEASED

TTL = 2.0
OURS, BY, LOST = "LEASE  main is ours, token ", "LEASE  main: standing by; it is of ", 5
DECIDED = "SENT   "
#: Seconds for which a holder stands still after another one has traded.
STOPPED = {"redis": 0, "postgres": 30}


def shared(folder: Path, register: str, rounds: int = 500) -> Path:
    """What both are configured with."""
    _, leases = blocks("docs/serve.md", "yaml")
    leases = leases.replace("redis://10.0.0.5:6379/0", register).replace("  password: ${LEASES_PASSWORD}\n", "")
    leases = leases.replace("ttlSec: 15", f"ttlSec: {TTL:g}")
    more = f"{leases}\nserver: {{port: 0}}\nstopSeconds: 5\n"
    return configured(folder, "binance", more, rounds=rounds)


class Machine:
    """One of the two: its own home, its own locks."""

    def __init__(self, folder: Path, config: Path, venue_url: str) -> None:
        folder.mkdir()
        self.home = folder / "home"
        self.config = config
        self.environment = variables(folder, venue_url)

    @contextmanager
    def serves(self) -> Iterator[Background]:
        with serving(self.config, self.home, self.environment) as service:
            yield service

    def tokens(self) -> list[int]:
        """Runs of its journal, and that the record of each begin names the token as such."""
        begun = [row for row in records(self.home / JOURNAL) if row[0] == STARTED]
        assert [dict(row[3][3])["lease of main"] for row in begun] == [str(row[2]) for row in begun]
        return [row[2] for row in begun]

    def held(self) -> dict[str, int]:
        """Size counts by strategy."""
        return {book.strategy: book.net for book in engine_of(self.home).ledger.books.values()}

    def sent(self) -> set[str]:
        return {row[2] for row in records(self.home / JOURNAL) if row[0] == SUBMIT}


def asked(service: Background, path: str) -> tuple[int, Any]:
    (line,) = service.said("API    http")
    try:
        with urllib.request.urlopen(f"{line.split()[2]}{path}", timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def stands_by(service: Background) -> None:
    service.hears(BY)
    service.hears("API    http")
    assert asked(service, "/health/live") == (200, {"status": "alive"})
    assert asked(service, "/health/ready") == (503, {"status": "starting"})
    status, found = asked(service, "/health")
    assert (status, found["status"], found["checks"]["leases"]) == (200, "degraded", "disconnected")


@pytest.mark.parametrize("kind", ["redis", pytest.param("postgres", marks=pytest.mark.long)])
def test_a_holder_that_is_stopped_loses_the_account_and_sends_nothing_when_it_wakes(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    with simulated("binance") as venue:
        config = shared(tmp_path, url)
        one, other = (Machine(tmp_path / name, config, venue.url) for name in ("one", "other"))
        (there,) = [row["free"] for row in venue.asked("/api/v3/account")["balances"] if row["asset"] == "BTC"]
        there = int(Decimal(there).scaleb(8))
        with one.serves() as first:
            first.hears(FILLS)
            assert asked(first, "/health")[1]["checks"]["leases"] == "connected"
            with other.serves() as second:
                stands_by(second)
                for name in ("SIM_URL", "SIM_KEY", "SIM_SECRET", "XDG_STATE_HOME"):
                    monkeypatch.setenv(name, other.environment[name])
                found = tradewright("doctor", "--config", config, "--home", tmp_path / "looked")
                assert f"account main: its lease is that of {gethostname()}, process {first.process.pid} (" in found.out
                first.process.send_signal(signal.SIGSTOP)
                second.hears(OURS)
                second.hears("READY  main")
                second.hears(FILLS, 2)
                time.sleep(STOPPED[kind])
                before = venue.orders()
                first.process.send_signal(signal.SIGCONT)
                assert first.process.wait(30) == LOST
                first.hears_even_ended("tradewright: account main belongs to another engine since its lease (token ")
                second.hears(FILLS, len(second.said(FILLS)) + 1)
                after = venue.orders()
                assert asked(second, "/health/ready")[0] == 200
                assert second.end() == 0
    assert set(before) & one.sent() and not (set(after) - set(before)) & one.sent(), "nothing of it came later"
    assert {id for id, (works, _) in before.items() if works} <= {id for id, (works, _) in after.items() if works}
    assert not one.sent() & other.sent()
    assert max(one.tokens()) < min(other.tokens())
    # What the first one's strategy holds the other one has too, as nobody's whom it knows.
    ours, theirs = one.held(), other.held()
    assert theirs[EXTERNAL] == there + ours["walker"] and ours["walker"] and theirs["walker"]
    # Its journal says why it ended, and can be gone on with.
    stopped = [row for row in records(one.home / JOURNAL) if row[0] == kinds.TRADING_STATE_SET]
    assert "belongs to another engine" in stopped[-1][5]
    assert tradewright("replay", one.home / JOURNAL, "--verify", "--json").row["differences"] == []


def test_while_the_register_is_away_nothing_is_sent_and_then_it_goes_on(tmp_path: Path) -> None:
    register = Server("redis")
    try:
        with simulated("binance") as venue:
            one = Machine(tmp_path / "one", shared(tmp_path, register.url), venue.url)
            with one.serves() as service:
                service.hears(FILLS)
                register.kill()
                service.hears("LEASE  main is not held, nothing leaves: the leases: ")
                sent, decided = set(venue.orders()), len(service.said(DECIDED))
                service.hears(DECIDED, decided + 2)
                assert asked(service, "/health/ready")[0] == 503
                assert asked(service, "/api/v1/orders")[1]["code"] == "UNAUTHORIZED"
                assert set(venue.orders()) == sent
                register.start()
                service.hears(OURS, 2)
                before = len(service.said(FILLS))
                service.hears("READY  main")
                service.hears(FILLS, before + 1)
                assert service.end() == 0
        refused = {row[2] for row in records(one.home / JOURNAL) if row[0] == REJECTED and NOT_LEASED in row}
        assert refused and not refused & sent
    finally:
        register.stop()


def test_an_account_that_is_given_back_is_taken_at_once_with_what_a_person_has_halted(
    redis_url: str, tmp_path: Path
) -> None:
    with simulated("binance") as venue:
        config = shared(tmp_path, redis_url)
        one, other = (Machine(tmp_path / name, config, venue.url) for name in ("one", "other"))
        with one.serves() as first:
            first.hears(FILLS)
            with other.serves() as second:
                stands_by(second)
                assert tradewright("kill", "--home", one.home, "--who", "ann", "--reason", "looks odd").code == 0
                assert first.end() == 0
                began = time.monotonic()
                second.hears(OURS)
                assert time.monotonic() - began < TTL
                second.hears("READY  main")
                second.hears("DENIED")
                assert second.end() == 0
                assert not second.said(FILLS)
    engine = engine_of(other.home)
    assert (engine.states["all"], engine.causes["all"]) == (HALTED, "ann")
    assert not other.sent()


@pytest.mark.long
def test_with_one_home_on_a_shared_disk_the_other_goes_on_as_the_first_one_was(redis_url: str, tmp_path: Path) -> None:
    with simulated("binance") as venue:
        config = shared(tmp_path, redis_url)
        one, other = (Machine(tmp_path / name, config, venue.url) for name in ("one", "other"))
        other.home = one.home
        with one.serves() as first:
            first.hears(FILLS, 2)
            with other.serves() as second:
                second.hears("LEASE  standing by; another engine runs in ")
                first.end(signal.SIGKILL)
                second.hears(OURS)
                second.hears("READY  main")
                second.hears(FILLS, 2)
                assert second.end() == 0
        agree(one.home, venue)
    assert one.tokens() == [1, 2]
    rows = records(one.home / JOURNAL)
    behind = rows[[place for place, row in enumerate(rows) if row[0] == STARTED][1] :]
    taken_in = (kinds.ORDER_ADOPTED, kinds.POSITION_ADJUSTED, kinds.LOTS_TRANSFERRED)
    assert not [row for row in behind if row[0] in taken_in]
