"""A killed process: whatever it was told is durable is there, and the next one goes on from it."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.adapters.journal.crash_child import Nursery, Order, promises, state
from tests.unit.adapters.journal.records import contents, expected, numbered
from tradewright.adapters.journal import CRASH_POINTS, EmergencyFile, FileJournal, Snapshots, verify
from tradewright.adapters.journal.anchor import read_anchor
from tradewright.adapters.journal.segment import segments
from tradewright.model.chain import Head
from tradewright.model.errors import JournalTruncated

RECORDS = 40
WAL_HEADER, FRAME = 32, 24 + 4096


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as mother:
        yield mother


def check(folder: Path) -> int:
    """All promises hold and the journal is whole. Returns the last record's number."""
    promised = promises(folder)
    kept = segments(folder)
    first = kept[0].first if kept else 1
    found = contents(folder)
    assert found == numbered(first, first + len(found) - 1)
    last = first + len(found) - 1
    assert last >= promised.durable
    assert verify(folder) == Head(last, expected(last))
    reasons: list[str] = []
    snapshot = Snapshots(folder).latest(reasons.append)
    assert reasons == []
    assert (snapshot.at.sequence if snapshot else 0) >= promised.snapshot
    assert snapshot is None or snapshot.state == state(snapshot.at)
    if promised.lines:
        emergency = EmergencyFile(folder)
        assert set(promised.lines) <= set(emergency.lines())
        emergency.close()
    return last


def crash_at(nursery: Nursery, folder: Path, point: str, hits: int) -> None:
    """Kills one child after another on the same journal, at ever later hits of one point."""
    for hit in range(1, hits + 1):
        assert nursery.run(Order(str(folder), RECORDS, point, hit)) == -9, f"{point} was hit less than {hit} times"
        if list(folder.glob("anchor")):
            check(folder)
    before = promises(folder).durable
    assert nursery.run(Order(str(folder), RECORDS)) == 0
    assert check(folder) >= before + RECORDS


#: Points that a run meets once.
ONCE = ("recovered",)


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_killed_at_each_named_point(nursery: Nursery, tmp_path: Path, point: str) -> None:
    journal = tmp_path / "journal"
    if point in ONCE:
        assert nursery.run(Order(str(journal), RECORDS)) == 0
    crash_at(nursery, journal, point, 1 if point in ONCE else 2)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("point", CRASH_POINTS)
def test_killed_twenty_times_at_each_named_point(nursery: Nursery, tmp_path: Path, point: str) -> None:
    for turn in range(10):
        journal = tmp_path / str(turn)
        if point in ONCE:
            assert nursery.run(Order(str(journal), RECORDS)) == 0
            crash_at(nursery, journal, point, 1)
        crash_at(nursery, journal, point, 1 if point in ONCE else 2)


def kill_at_random(nursery: Nursery, journal: Path, kills: int, seed: int) -> None:
    pick = random.Random(seed)
    killed = 0
    while killed < kills:
        order = Order(str(journal), 2_000, bytes_promised=pick.randint(0, 600), delay=pick.uniform(0.0, 0.02))
        killed += nursery.run(order) == -9
        if list(journal.glob("anchor")):
            check(journal)


def test_killed_at_random_again_and_again(nursery: Nursery, tmp_path: Path) -> None:
    kill_at_random(nursery, tmp_path / "journal", 12, seed=1)
    assert promises(tmp_path / "journal").durable > 100


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_killed_at_random_a_thousand_times(nursery: Nursery, tmp_path: Path) -> None:
    for seed in range(50):
        kill_at_random(nursery, tmp_path / str(seed), 20, seed)


def killed_journal(folder: Path, records: int, batch: int) -> None:
    """A journal whose commits are all in the WAL: its process was killed before any checkpoint."""
    code = (
        "import os, pathlib, signal, sys\n"
        "from tests.unit.adapters.journal.records import NOON, record\n"
        "from tradewright.adapters.journal import FileJournal\n"
        "journal = FileJournal(pathlib.Path(sys.argv[1]), checkpoint_pages=10**9)\n"
        "for number in range(1, int(sys.argv[2]) + 1):\n"
        "    journal.append(record(number), NOON)\n"
        "    if number % int(sys.argv[3]) == 0: journal.wait(number)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", code, str(folder), str(records), str(batch)]
    assert subprocess.run(command, timeout=60).returncode == -9


def cut_everywhere(tmp_path: Path, records: int, batch: int, inside: list[int]) -> None:
    """Cuts the WAL at each frame's border and inside each frame: a prefix of whole commits is left, and works.

    Or it ends before the anchor, and is refused.
    """
    original = tmp_path / "original"
    killed_journal(original, records, batch)
    (wal,) = original.glob("*-wal")
    size = wal.stat().st_size
    copy = tmp_path / "copy"
    anchor = read_anchor(original)
    assert anchor is not None
    ends = set()
    refused = []
    for frame in range((size - WAL_HEADER) // FRAME + 1):
        for offset in inside:
            cut = min(WAL_HEADER + frame * FRAME + offset, size)
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(original, copy, ignore=shutil.ignore_patterns("*-shm"))
            with open(copy / wal.name, "r+b") as file:
                file.truncate(cut)
            try:
                head = verify(copy)
            except JournalTruncated as error:
                refused.append(int(str(error).split("record ")[1].split(",")[0]))
                continue
            assert head == Head(head.sequence, expected(head.sequence))
            assert contents(copy) == numbered(1, head.sequence)
            ends.add(head.sequence)
            with FileJournal(copy) as journal:
                assert journal.durable == head.sequence
    assert ends == set(range(anchor.seq, records + 1, batch))
    assert max(refused) < anchor.seq


def test_a_torn_end_is_cut_at_a_whole_commit(tmp_path: Path) -> None:
    cut_everywhere(tmp_path, records=40, batch=2, inside=[-1, 0])


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_torn_end_of_a_long_journal_is_cut_at_a_whole_commit(tmp_path: Path) -> None:
    cut_everywhere(tmp_path, records=2_000, batch=4, inside=[-1, 0, 1, 23, 24, 25, 2_000])


def test_a_cut_before_the_anchor_is_refused(tmp_path: Path) -> None:
    cut, ended_well = tmp_path / "cut", tmp_path / "ended well"
    killed_journal(cut, 60, 2)
    shutil.copytree(cut, ended_well)
    with FileJournal(ended_well):
        pass  # a clean end anchors record 60
    shutil.copy(ended_well / "anchor", cut / "anchor")
    assert verify(cut).sequence == 60
    (wal,) = cut.glob("*-wal")
    with open(wal, "r+b") as file:
        file.truncate(WAL_HEADER + 20 * FRAME)
    for open_ in (verify, FileJournal):
        with pytest.raises(JournalTruncated, match="before its anchor 60"):
            open_(cut)
