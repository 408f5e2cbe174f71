"""`tradewright kill` as a command while a service floods its venue, and neither its bus nor its database is there: the
venue's own clock says when the last opening came and when all that rested was cancelled."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.e2e.judge import SUBMIT, records
from tests.e2e.service import SECONDS, configured, serving, simulated, variables
from tests.project import COMPILED_ALONE, ROOT
from tradewright.adapters.net.transport import POOL
from tradewright.app.home import JOURNAL
from tradewright.model.event import TRADING_STATE_SET

pytestmark = COMPILED_ALONE

#: From the kill's record on, ms: after it nothing that opens reaches the venue, until then all that rests is cancelled.
QUIET, CANCELS = 100, 1_000
#: A look at the clock that comes later than this was held up.
STALL_SECONDS = 0.003
REFUSES, HANGS = "refuses", "hangs"
#: Orders that are there when the kill is asked for, and how many more come with each quote, once a second where room is
#: left for it: more than go out while a command starts on a busy machine.
RESTING, BURST = 20, 150
#: How long the venue takes to answer each, so that others always wait for their turn.
SLOW = "faults: [{kind: delay_answer, where: POST %s, times: 0, seconds: 0.25}]"
PLACE = {"alpaca": "/v2/orders", "binance": "/api/v3/order", "mt5": "/api/v1/trades/open"}


@contextmanager
def nobody(how: str) -> Iterator[socket.socket]:
    """A port where whoever connects is refused, or waits for a word that never comes."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(SECONDS)
        if how == HANGS:
            listener.listen()
        yield listener


def url(scheme: str, listener: socket.socket, path: str = "") -> str:
    return f"{scheme}127.0.0.1:{listener.getsockname()[1]}{path}"


class Stalls:
    """How long this machine lets one wait who has nothing to do but to look at the clock each millisecond. What that
    adds up to between two moments is the machine's scheduling: service and venue, one behind the other, may each be
    held up as long. Who is slow by himself makes nobody wait."""

    def __init__(self) -> None:
        self._late: list[tuple[int, float]] = []
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        last = time.monotonic()
        while not self._ended.wait(0.001):
            now = time.monotonic()
            if now - last > STALL_SECONDS:
                self._late.append((time.time_ns() // 10**6, (now - last) * 1_000))
            last = now

    def end(self) -> None:
        self._ended.set()
        self._watcher.join()

    def allow(self, begin: int, end: int) -> float:
        """ms more."""
        return 2 * sum(late for when, late in self._late if begin <= when <= end + late)


class Killed(NamedTuple):
    """rows: the journal's; record: the kill's place among them. there: what the venue had of orders when the command
    had returned; course: when all of them had ended and it had flooded on. stalls: of the machine since
    before the kill."""

    rows: list[Any]
    record: int
    there: dict[str, tuple[int, int]]
    course: dict[str, tuple[int, int]]
    stalls: Stalls

    def submitted(self) -> int:
        return sum(row[0] == SUBMIT for row in self.rows)


def killed_in_a_flood(venue_name: str, how: str, folder: Path) -> Killed:
    """A service whose bus and database are away from its start to its end."""
    home = folder / "home"
    with ExitStack() as stack:
        faults = folder / "faults.yaml"
        faults.write_text(SLOW % PLACE[venue_name])
        venue = stack.enter_context(simulated(venue_name, "--faults", str(faults)))
        bus, database = stack.enter_context(nobody(how)), stack.enter_context(nobody(how))
        more = f"eventBus: {{url: '{url('nats://', bus)}'}}\n"
        more += f"database: {{url: '{url('postgresql://trader@', database, '/trading')}'}}\n"
        file = configured(folder, venue_name, more, "Flood", rounds=10_000, burst=BURST, lots=1)
        service = stack.enter_context(serving(file, home, variables(folder, venue.url)))
        if how == HANGS:
            # Whoever is let in waits from now on.
            for listener in (bus, database):
                stack.enter_context(listener.accept()[0])
        else:
            service.hears("EVENTS do not follow")
            service.hears("TABLES do not follow")
        service.until(lambda: len(venue.course()) >= RESTING)
        stalls = Stalls()
        said = subprocess.run(
            [sys.executable, "-m", "tradewright", "kill", "--home", home, "--who", "ann", "--json"],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        there = venue.course()
        assert json.loads(said.stdout)["states"] == {"all": "HALTED"}
        service.until(lambda: all(ended for _, ended in venue.course().values()))
        # It floods on, and nothing comes of it.
        service.hears("TRADING_STATE", 2 * BURST)
        stalls.end()
        assert not service.said("EVENTS follow") and not service.said("TABLES follow")
        rows, course = records(home / JOURNAL), venue.course()
        for listener in (bus, database):
            listener.close()
    (record,) = [place for place, row in enumerate(rows) if row[0] == TRADING_STATE_SET]
    return Killed(rows, record, there, course, stalls)


@pytest.mark.parametrize(("venue_name", "how"), [("binance", HANGS), ("mt5", REFUSES)])
def test_a_kill_in_a_flood_opens_nothing_and_cancels_all_that_rests_while_bus_and_database_are_away(
    venue_name: str, how: str, tmp_path: Path
) -> None:
    killed = killed_in_a_flood(venue_name, how, tmp_path)
    assert not [row for row in killed.rows[killed.record :] if row[0] == SUBMIT]
    assert all(ended for _, ended in killed.course.values())
    # What was on a connection when it came may have arrived behind it, and nothing of all that waited for one.
    assert len(killed.course.keys() - killed.there.keys()) <= POOL
    assert killed.submitted() - len(killed.there) > 2 * POOL, "some were on their way when it came"


# Long, since it goes by the wall clock: beside others that take the processors it would tell of them.
@pytest.mark.long
@pytest.mark.parametrize(
    ("venue_name", "how"),
    [("binance", REFUSES), ("mt5", HANGS), ("alpaca", HANGS), ("binance", HANGS), ("mt5", REFUSES)],
)
def test_a_kill_in_a_flood_is_in_time_at_the_venue_while_bus_and_database_are_away(
    venue_name: str, how: str, tmp_path: Path
) -> None:
    rows, record, _, course, stalls = found = killed_in_a_flood(venue_name, how, tmp_path)
    assert not [row for row in rows[record:] if row[0] == SUBMIT]
    assert found.submitted() >= len(course) + 3, "some were on their way when it came"
    killed = rows[record][1] // 10**6
    last, quiet = max(came for came, _ in course.values()), max(ended for _, ended in course.values())
    assert last - killed <= QUIET + stalls.allow(killed, last)
    assert killed < quiet <= killed + CANCELS + stalls.allow(killed, quiet)
