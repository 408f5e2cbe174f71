"""The demo's engine as a real process, stopped dead at each named place and started again: the exchange's book judges.

Where no command died with the process, the run must even end like one that was never stopped.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.e2e.judge import ADOPTED, CANCEL, DECISION, REPLACE, STARTED, Witness, check_told, judge
from tests.e2e.markets import bars, quote_bars, quotes
from tests.e2e.nursery import Nursery
from tests.project import ROOT
from tradewright.app.home import PAPER
from tradewright.model.event import FILLED, MARKET_KIND_MAX
from tradewright.prove.crash import DEAD, POINTS

FILE = ROOT / "tests/e2e/strategies.py"
STRATEGIES = ["sma_cross", f"{FILE}:Restless"]
#: Places that only a start in a home with something in it comes by, or that say more there.
STARTING = (
    "recovered", "live-during-recovery", "live-after-recovery", "live-during-reconciliation", "paper-during-opening",
)  # fmt: skip
#: Places that only a journal without room comes by.
FULL = ("before-emergency-write", "after-emergency-write")
#: The write of the journal from which on its disk is full; several orders are open by then, so that several lines are
#: written. How many depends on how the writer's thread bundles what it finds: where they are too few, the next of
#: these is tried.
FULL_AT = ("52", "44", "36", "60", "28")


class Whole(NamedTuple):
    """A run that was never stopped: what it made, and how often it came by each place."""

    data: Path
    seen: Witness
    hits: dict[str, int]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as mother:
        yield mother


def demo(home: Path, data: Path, strategies: list[str] = STRATEGIES) -> list[str]:
    return ["--", *strategies, "--home", str(home), "--data", str(data)]


@pytest.fixture(scope="module")
def whole(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    data = bars(folder / "bars.csv", count=60)
    ended = nursery.run(demo(folder / "home", data))
    assert ended.code == 0
    return Whole(data, judge(folder / "home"), ended.row["hits"])


def stopped(nursery: Nursery, home: Path, data: Path, point: str, hit: int, *more: str) -> None:
    """One process that must die at that place."""
    assert died(nursery, home, data, point, hit, *more), f"{point} was met less than {hit} times"


def died(
    nursery: Nursery, home: Path, data: Path, point: str, hit: int, *more: str, strategies: list[str] = STRATEGIES
) -> bool:
    """Whether it did: how often the journal's writer comes by a place depends on how much it found to do at once."""
    ended = nursery.run([*more, "--point", point, "--hit", str(hit), *demo(home, data, strategies)])
    assert ended.code in (DEAD, 1 if more else 0), ended
    if ended.code == DEAD and (home / PAPER).exists() and not more:  # what a full journal missed is known by a line
        check_told(home)
    return ended.code == DEAD


def finished(nursery: Nursery, home: Path, data: Path, strategies: list[str] = STRATEGIES) -> Witness:
    """Plays the rest and has it judged; the session itself must say the same."""
    ended = nursery.run(demo(home, data, strategies))
    assert ended.code == 0, ended.output
    assert ended.row["conserved"] is True
    seen = judge(home)
    assert len(seen.book.fills) > 10, "too little happened to judge"
    return seen


def die(nursery: Nursery, home: Path, whole: Whole, point: str, hit: int) -> None:
    """Brings a home into the state that a death at this place leaves."""
    if point in FULL:
        for at in FULL_AT:
            if died(nursery, home, whole.data, point, hit, "--full", at):
                return
            shutil.rmtree(home)
            home.mkdir()
        raise AssertionError(f"{point} was met less than {hit} times, wherever the disk was full")
    if point in STARTING:
        stopped(nursery, home, whole.data, "live-after-durable", whole.hits["live-after-durable"] // 2)
    stopped(nursery, home, whole.data, point, hit)


def died_with_it(seen: Witness) -> bool:
    """Whether a command may have died with the process: an order that never arrived, a cancel in its last instant, of
    which the exchange keeps no trace, or an answer to what the exchange did then: that comes after the start, and meets
    other prices. What the journal's writer had not come to, the exchange's book may have long since: more than one of
    its moments is told at once then, or one from behind the data that come next."""
    starts = [number for number, row in enumerate(seen.rows) if row[0] == STARTED]
    if len(starts) == 1:
        return False  # it died before it had journaled anything
    before, behind = seen.rows[: starts[1]], seen.rows[starts[1] :]
    late = list(takewhile(lambda row: row[0] > MARKET_KIND_MAX, behind))
    known = {row[4] for row in before if row[0] == FILLED}
    filled = {row[3] for row in late if row[0] == FILLED and row[4] not in known}
    if len(filled) > 1 or max(filled, default=0) > next((row[1] for row in behind[len(late) :]), 0):
        return True
    if seen.lost or any(row[0] in (CANCEL, REPLACE) for row in before if row[1] == before[-1][1]):
        return True
    return any(row[0] in (DECISION, CANCEL, REPLACE) for row in late)


def test_there_are_enough_places_and_each_has_a_name_of_its_own(whole: Whole) -> None:
    assert len(set(POINTS)) == len(POINTS) >= 20
    assert set(POINTS) - set(whole.hits) == {*FULL, "recovered", "live-during-reconciliation"}


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_each_named_place(nursery: Nursery, whole: Whole, tmp_path: Path, point: str) -> None:
    hit = 1 if point in STARTING else (whole.hits.get(point, 6) + 1) // 2
    die(nursery, tmp_path, whole, point, hit)
    seen = finished(nursery, tmp_path, whole.data)
    if not died_with_it(seen) and point not in FULL:
        assert seen.trades() == whole.seen.trades()


def test_killed_where_no_command_was_on_its_way_it_ends_as_if_it_had_not_been(
    nursery: Nursery, whole: Whole, tmp_path: Path
) -> None:
    compared = 0
    for share in (0.15, 0.3, 0.55, 0.7, 0.85):
        home = tmp_path / str(share)
        stopped(nursery, home, whole.data, "live-before-step", int(whole.hits["live-before-step"] * share))
        seen = finished(nursery, home, whole.data)
        if not died_with_it(seen):
            assert seen.trades() == whole.seen.trades()
            compared += 1
    assert compared >= 2


def test_killed_again_and_again_while_starting(nursery: Nursery, whole: Whole, tmp_path: Path) -> None:
    """Six processes die on one home, four of them before they did anything new."""
    stopped(nursery, tmp_path, whole.data, "paper-after-commit", whole.hits["paper-after-commit"] // 3)
    for point in STARTING:
        stopped(nursery, tmp_path, whole.data, point, 1)
    stopped(nursery, tmp_path, whole.data, "live-after-append", 40)
    finished(nursery, tmp_path, whole.data)


@pytest.mark.parametrize("strategies", [STRATEGIES, STRATEGIES[1:]], ids=["two that share", "one alone"])
def test_the_disk_filled_up_and_has_room_again(
    nursery: Nursery, whole: Whole, tmp_path: Path, strategies: list[str]
) -> None:
    """What left on the strength of a line in the emergency file is an intent like any other."""
    ended = nursery.run(["--full", FULL_AT[0], *demo(tmp_path, whole.data, strategies)])
    assert ended.code == 1
    assert "disk is full" in ended.row["error"]
    assert ended.row["hits"]["after-emergency-write"] > 0
    seen = finished(nursery, tmp_path, whole.data, strategies)
    assert [row for row in seen.rows if row[0] == ADOPTED], "no order was adopted from the emergency file"


def test_the_command_that_stops_it(whole: Whole, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tradewright.prove.crash"]
    names = subprocess.run([*command, "--points"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert names.stdout.split() == list(POINTS)
    options = ["--point", "paper-before-commit", "--hit", "9"]
    killed = subprocess.run(
        [*command, *options, *demo(tmp_path, whole.data)], cwd=ROOT, capture_output=True, timeout=60
    )
    assert (killed.returncode, killed.stdout) == (DEAD, b"")


# ── long ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("point", [point for point in POINTS if point not in STARTING])
def test_killed_at_many_meetings_of_each_named_place(
    nursery: Nursery, whole: Whole, tmp_path: Path, point: str
) -> None:
    met = deaths = 0
    for full in [("--full", at) for at in FULL_AT] if point in FULL else [()]:
        counted = nursery.run([*full, *demo(tmp_path / full[1], whole.data)]).row["hits"] if full else whole.hits
        meetings = range(1, counted.get(point, 0) + 1)
        drawn = Random(point).sample(meetings, min(len(meetings), 10))
        hits = sorted({*meetings[:1], *meetings[-1:], *drawn})
        met += len(hits)
        for hit in hits:
            home = tmp_path / "-".join([str(hit), *full])
            deaths += died(nursery, home, whole.data, point, hit, *full)
            seen = finished(nursery, home, whole.data)
            if not died_with_it(seen) and point not in FULL:
                assert seen.trades() == whole.seen.trades(), hit
    assert deaths >= (met + 1) // 2 > 0


#: Other markets than the matrix's: one whose quotes come too fast for the journal, and are thinned out on their way.
MARKETS: dict[str, Callable[[Path], Path]] = {
    "fine quotes": lambda path: quotes(path, 600, step_ns=30_000_000),
    "quotes": lambda path: quotes(path, 400),
    "bid and ask bars": lambda path: quote_bars(path, 120),
    "bars of three": lambda path: bars(path, 120, ("A", "B", "C")),
}
EVERYTHING = [f"{FILE}:Scalper", f"{FILE}:Restless", "donchian_breakout"]


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", MARKETS)
def test_killed_anywhere_in_other_markets(nursery: Nursery, tmp_path: Path, name: str) -> None:
    data = MARKETS[name](tmp_path / "data.csv")
    ended = nursery.run(demo(tmp_path / "whole", data, EVERYTHING))
    hits, uncut = ended.row["hits"], judge(tmp_path / "whole").trades()
    compared = 0
    for point in sorted(set(hits) - set(STARTING)):
        for hit in sorted(Random(name + point).sample(range(1, hits[point] + 1), min(hits[point], 5))):
            home = tmp_path / f"{point} {hit}"
            died(nursery, home, data, point, hit, strategies=EVERYTHING)
            seen = finished(nursery, home, data, EVERYTHING)
            if not died_with_it(seen):
                assert seen.trades() == uncut, (point, hit)
                compared += 1
    assert compared > 20


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_on_the_synthetic_market_it_goes_on_behind_the_place(nursery: Nursery, tmp_path: Path) -> None:
    """The four classics on four asset classes, killed once each second of their session, over one home."""
    session = ["--", "--seconds", "2", "--home", str(tmp_path)]
    for number, point in enumerate(name for name in POINTS if name.startswith(("live", "paper"))):
        ended = nursery.run(["--point", point, "--hit", "1" if point in STARTING else str(20 + number), *session])
        assert ended.code in (0, DEAD), ended
        if ended.code == DEAD:
            check_told(tmp_path)
    assert nursery.run(session).code == 0
    seen = judge(tmp_path)
    assert len(seen.book.fills) > 100


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(5))
def test_killed_from_outside_at_any_moment(nursery: Nursery, tmp_path: Path, seed: int) -> None:
    """SIGKILL to the program itself, six times over one home, at moments of the wall clock."""
    pick = Random(seed)
    data = bars(tmp_path / "bars.csv", count=2_500, seed=seed)
    home = tmp_path / "home"
    command = [sys.executable, "-m", "tradewright", "demo", *demo(home, data)[1:], "--json"]
    killed = 0
    while killed < 6:
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 60
            while not (home / "journal" / "anchor").exists() and process.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            time.sleep(pick.uniform(0.1, 1.0))
            os.kill(process.pid, signal.SIGKILL)
        killed += 1
        if process.returncode == 0:
            break
    assert killed > 3, "the data is too short to be killed in"
    finished(nursery, home, data)
    assert any(row[0] == DECISION for row in judge(home, again=False).rows)
