"""Power is lost: after every write and sync, with any of the unsafe writes gone. What was called durable is there."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.unit.adapters.journal.power import Disk, Files, Step, fingerprint, recording
from tests.unit.adapters.journal.records import DAY, NOON, contents, expected, numbered, record
from tradewright.adapters.journal import FileJournal, verify
from tradewright.model.chain import Head


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: the power loss is modelled, so no real disk need be waited for."""
    shared_memory = Path("/dev/shm")
    with TemporaryDirectory(dir=shared_memory if shared_memory.is_dir() else None) as name:
        yield Path(name)


def run(folder: Path, commits: int) -> list[Step]:
    """Opens the journal in `folder`, commits one to three records at a time, over days and checkpoints, closes."""
    with recording(folder) as recorder:
        journal = FileJournal(
            folder,
            vfs="recorder",
            crash=recorder.crash_point,
            notify=lambda: recorder.durable(journal.durable),
            checkpoint_pages=8,
        )
        recorder.durable(journal.durable)
        for turn in range(commits):
            for _ in range(1 + turn % 3):
                number = journal.head.sequence + 1
                journal.append(record(number), NOON + number // 60 * DAY)
            journal.wait(number)
        journal.close()
    return recorder.steps


def lay(folder: Path, files: Files) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)


def check(folder: Path, durable: int) -> None:
    """Nothing durable is lost, all that is there is right, and the journal goes on."""
    with FileJournal(folder) as journal:
        last = journal.durable
        assert last >= durable
        assert journal.head == Head(last, expected(last))
        journal.append(record(last + 1), NOON)
    assert contents(folder) == numbered(1, last + 1)
    assert verify(folder) == Head(last + 1, expected(last + 1))


def states(steps: Iterable[Step]) -> Iterator[tuple[Files, int]]:
    """Every different thing a power loss may leave after each step, with what had been called durable."""
    disk = Disk()
    seen = set()
    for step in steps:
        disk.take(step)
        for files in disk.prefixes():
            mark = fingerprint(files, disk.durable)
            if mark not in seen:
                seen.add(mark)
                yield files, disk.durable


def chances(steps: list[Step], count: int, seed: int) -> Iterator[tuple[Files, int]]:
    """What is left by chance, at moments chosen by chance among those with something to lose."""
    pick = random.Random(seed)
    disk = Disk()
    risky = []
    for number, step in enumerate(steps):
        disk.take(step)
        if len(disk.writes) > 1:
            risky.append(number)
    chosen = Counter(pick.choices(risky, k=count))
    disk = Disk()
    for number, step in enumerate(steps):
        disk.take(step)
        for _ in range(chosen[number]):
            yield disk.chance(pick), disk.durable


def asked(steps: list[Step]) -> int:
    return sum(step.kind in ("write", "truncate", "sync") for step in steps)


def test_the_model_loses_what_was_never_synced() -> None:
    """The canary: without the syncs the same model loses what was called durable."""
    disk = Disk()
    for step in (Step("file", 0, b""), Step("link", "a", 0), Step("folder", None), Step("write", 0, b"data")):
        disk.take(step)
    assert list(disk.prefixes()) == [{"a": b""}, {"a": b"data"}]
    disk.take(Step("sync", 0))
    assert list(disk.prefixes()) == [{"a": b"data"}]


def test_power_loss_loses_nothing_durable(memory: Path) -> None:
    folder = memory / "run"
    folder.mkdir()
    steps = run(folder, commits=50)
    checked = 0
    for files, durable in states(steps):
        lay(memory / "left", files)
        check(memory / "left", durable)
        checked += 1
    for files, durable in chances(steps, 100, seed=1):
        lay(memory / "left", files)
        check(memory / "left", durable)
    assert checked > 150


def test_a_journal_that_did_not_sync_would_be_caught(memory: Path) -> None:
    """The same check on the same run, but as if the disk had never been asked to sync a WAL."""
    folder = memory / "run"
    folder.mkdir()
    steps = [step for step in run(folder, commits=6) if step.kind != "sync"]
    lost = 0
    for files, durable in states(steps):
        lay(memory / "left", files)
        try:
            check(memory / "left", durable)
        except Exception:
            lost += 1
    assert lost > 10


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_power_loss_after_each_of_two_thousand_writes_and_syncs(memory: Path) -> None:
    folder = memory / "run"
    folder.mkdir()
    steps = run(folder, commits=520)
    assert asked(steps) >= 2_000
    for files, durable in states(steps):
        lay(memory / "left", files)
        check(memory / "left", durable)
    for files, durable in chances(steps, 1_000, seed=2):
        lay(memory / "left", files)
        check(memory / "left", durable)


def lose_power_again_and_again(memory: Path, steps: list[Step], depth: int, pick: random.Random) -> None:
    """Loses power, loses it again while recovering from that, and so on; then checks."""
    durable = 0
    for level in range(depth + 1):
        if level:
            steps = run(memory / "left", commits=pick.randint(0, 8))
        disk = Disk()
        begun = next(number for number, step in enumerate(steps) if step.kind == "folder")
        for step in steps[: pick.randrange(begun, len(steps)) + 1]:
            disk.take(step)
        files = disk.chance(pick)
        durable = max(durable, disk.durable)
        lay(memory / "left", files)
    check(memory / "left", durable)


def test_power_loss_during_recovery_from_power_loss(memory: Path) -> None:
    folder = memory / "run"
    folder.mkdir()
    steps = run(folder, commits=30)
    pick = random.Random(3)
    for _ in range(40):
        lose_power_again_and_again(memory, steps, 3, pick)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_power_loss_during_recovery_three_deep(memory: Path) -> None:
    folder = memory / "run"
    folder.mkdir()
    steps = run(folder, commits=120)
    pick = random.Random(4)
    for _ in range(500):
        lose_power_again_and_again(memory, steps, 3, pick)
