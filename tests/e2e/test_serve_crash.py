"""A service at a simulated venue, each a process of its own, stopped dead at each named place and started again: what
its journal then says is what the venue has, nothing was sent twice, and nothing was taken in that was there before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.command import tradewright
from tests.e2e.judge import STARTED, SUBMIT, records
from tests.e2e.mortal_service import ARMED
from tests.e2e.service import Background, configured, serving, simulated, variables
from tests.e2e.test_serve import FILLS, RESTS, agree
from tests.project import COMPILED_ALONE, ROOT
from tradewright.adapters.journal import CRASH_POINTS
from tradewright.adapters.journal.points import AFTER_CHECKPOINT, BEFORE_CHECKPOINT
from tradewright.app.connected import CONNECTED_CRASH_POINTS
from tradewright.app.home import JOURNAL
from tradewright.app.live import LIVE_CRASH_POINTS
from tradewright.model import event as kinds
from tradewright.model.reconciliation import COIN_FEE, WITHIN_TOLERANCE
from tradewright.prove.crash import DEAD, NOT_MET

pytestmark = COMPILED_ALONE

#: A checkpoint comes after more records than a service makes in seconds; the demo's proofs come by there.
LATER = (*NOT_MET, BEFORE_CHECKPOINT, AFTER_CHECKPOINT)
#: Places that only the first start comes by, only a later one, only a stop, only a journal whose disk is full.
FIRST = ("before-segment-rename", "segment-created")
STARTING = ("recovered", "live-during-recovery", "live-after-recovery", "live-during-reconciliation")
STOPPING = ("live-before-snapshot", "before-snapshot-rename", "after-snapshot-rename", "live-after-snapshot")
FULL = ("before-emergency-write", "after-emergency-write")
POINTS = [name for name in (*CRASH_POINTS, *LIVE_CRASH_POINTS, *CONNECTED_CRASH_POINTS) if name not in LATER]
VENUES = ("alpaca", "binance", "mt5")
#: One that is always shown; the others take minutes. (`tests/venues/test_crash.py` meets the journal's own places.)
SHOWN = ("binance", "after-emergency-write")


@contextmanager
def mortal(config: Path, home: Path, environment: dict[str, str], point: str) -> Iterator[Background]:
    """A service that ends dead there, once its home is armed."""
    more = ["full"] if point in FULL else []
    command = [sys.executable, "-m", "tests.e2e.mortal_service", str(config), str(home), point, *more]
    service = Background(command, ROOT, environment)
    try:
        yield service
    finally:
        service.abandon()


def trades(service: Background) -> None:
    """It holds something, and an order of its own rests."""
    service.hears("READY  main")
    service.hears(RESTS)
    service.hears(FILLS)


def die(config: Path, home: Path, environment: dict[str, str], point: str) -> None:
    """The processes up to the one that ends at that place."""
    home.mkdir()
    if point in STARTING:
        with serving(config, home, environment) as before:
            trades(before)
            before.process.kill()
    if point in (*FIRST, *STARTING):
        (home / ARMED).touch()
    with mortal(config, home, environment, point) as service:
        if point not in (*FIRST, *STARTING):
            trades(service)
            (home / ARMED).touch()
        if point in STOPPING:
            service.process.terminate()
        assert service.process.wait(60) == DEAD, "\n".join(service.lines)


@pytest.mark.parametrize(
    ("venue_name", "point"),
    [
        pytest.param(venue, point, marks=[] if (venue, point) == SHOWN else pytest.mark.long)
        for venue in VENUES
        for point in POINTS
    ],
)
def test_a_service_that_stops_dead_anywhere_loses_and_doubles_nothing(
    venue_name: str, point: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with simulated(venue_name) as venue:
        file, environment = configured(tmp_path, venue_name, rounds=500), variables(tmp_path, venue.url)
        die(file, home, environment, point)
        (home / ARMED).unlink()
        with serving(file, home, environment) as service:
            service.hears("READY  main")
            service.hears(FILLS, 2)
            assert service.end() == 0
        agree(home, venue)
    rows = records(home / JOURNAL)
    sent = [row[2] for row in rows if row[0] == SUBMIT]
    assert len(set(sent)) == len(sent) > 2
    begun = [place for place, row in enumerate(rows) if row[0] == STARTED]
    behind = rows[begun[1] :] if point not in FIRST else []
    assert not [row for row in rows if row[0] == kinds.ORDER_ADOPTED]
    assert not [row for row in behind if row[0] == kinds.LOTS_TRANSFERRED]
    assert {row[6] for row in behind if row[0] == kinds.POSITION_ADJUSTED} <= {COIN_FEE}
    assert not [row for row in behind if row[0] == kinds.BALANCE_ADJUSTED and row[5] != WITHIN_TOLERANCE]
    assert point in FIRST or [row for row in behind if row[0] == kinds.RECONCILED]
    assert tradewright("replay", home / JOURNAL, "--verify", "--json").row["differences"] == []
