"""A disk that fails: a failed write stops the journal and loses nothing, a failed fsync ends the process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import pytest

from tests.unit.adapters.journal.faulty_vfs import FULL, SYNC_FAILED, WRITE_FAILED, Kind, error, faulty
from tests.unit.adapters.journal.records import NOON, contents, numbered, record, write
from tradewright.adapters.journal import EmergencyFile, FileJournal, disk, verify
from tradewright.model.errors import JournalDamaged, JournalError, JournalFull


class Ended(Exception):
    """Stands for the end of the process."""


class Witness:
    """A `fatal` that remembers instead of ending the process."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def __call__(self, reason: str) -> None:
        self.reasons.append(reason)


def run_until_failure(folder: Path, journal: FileJournal) -> JournalError:
    """Appends until the journal fails; the failure it raised."""
    with pytest.raises(JournalError) as caught:  # noqa: PT012 - the loop is what raises
        while True:
            journal.wait(journal.append(record(journal.head.sequence + 1), NOON))
    return caught.value


@pytest.mark.parametrize("code", [FULL, WRITE_FAILED, apsw.SQLITE_READONLY, apsw.SQLITE_CANTOPEN, apsw.SQLITE_PERM])
@pytest.mark.parametrize("file", ["-wal", ".sqlite"])
def test_a_failed_write_is_told_and_loses_nothing(tmp_path: Path, file: str, code: int) -> None:
    write(tmp_path, [5])
    broken = False
    told = threading.Event()
    witness = Witness()

    def verdict(kind: Kind, name: str, number: int) -> int:
        return code if broken and kind == "write" and name.endswith(file) else 0

    with faulty(verdict):
        journal = FileJournal(tmp_path, vfs="faulty", notify=told.set, fatal=witness, checkpoint_pages=4)
        journal.wait(journal.append(record(6), NOON))
        told.clear()
        broken = True
        failure = run_until_failure(tmp_path, journal)
        assert isinstance(failure, JournalFull)
        assert journal.failure is failure
        assert told.is_set()
        durable = journal.durable
        assert durable < journal.head.sequence or file == ".sqlite"
        with pytest.raises(JournalFull):
            journal.append(b"one more", NOON)
        assert journal.wait(durable)  # what was durable stays durable
        EmergencyFile(tmp_path).append(b"close everything")
        with pytest.raises(JournalFull):
            journal.close()
    assert witness.reasons == []
    assert contents(tmp_path) == numbered(1, durable)
    write(tmp_path, [3])
    assert contents(tmp_path) == numbered(1, durable + 3)


@pytest.mark.parametrize("file", ["-wal", ".sqlite"])
@pytest.mark.parametrize("code", [SYNC_FAILED, apsw.SQLITE_IOERR_DIR_FSYNC])
def test_a_failed_fsync_is_fatal_also_in_a_checkpoint(tmp_path: Path, file: str, code: int) -> None:
    write(tmp_path, [5])
    broken = False
    ended = threading.Event()
    witness = Witness()

    def fatal(reason: str) -> None:
        witness(reason)
        ended.set()

    def verdict(kind: Kind, name: str, number: int) -> int:
        return code if broken and kind == "sync" and name.endswith(file) else 0

    with faulty(verdict) as vfs:
        journal = FileJournal(tmp_path, vfs="faulty", fatal=fatal, checkpoint_pages=4)
        broken = True
        run_until_failure(tmp_path, journal)
        assert ended.wait(10)
        writes = vfs.counts["write"]
        with pytest.raises(JournalError):
            journal.close()
        assert vfs.counts["write"] == writes  # nothing is written after it
    assert len(witness.reasons) == 1
    assert "fsync failed" in witness.reasons[0]
    assert file in witness.reasons[0] or file == "-wal"
    durable = journal.durable
    found = contents(tmp_path)
    assert len(found) >= durable  # the commit whose fsync failed may be there; it was never called durable
    assert found == numbered(1, len(found))


def test_an_fsync_that_fails_while_opening_is_fatal(tmp_path: Path) -> None:
    write(tmp_path, [5])
    leave_a_wal(tmp_path)
    witness = Witness()
    with faulty(lambda kind, name, number: SYNC_FAILED if kind == "sync" else 0), pytest.raises(JournalError):
        FileJournal(tmp_path, vfs="faulty", fatal=witness)
    assert len(witness.reasons) == 1
    write(tmp_path, [1])
    assert contents(tmp_path) == numbered(1, 7)


def leave_a_wal(folder: Path) -> None:
    """A process appends one record and is killed: its WAL stays."""
    code = (
        "import os, signal, sys, pathlib\n"
        "from tests.unit.adapters.journal.records import NOON, record\n"
        "from tradewright.adapters.journal import FileJournal\n"
        "journal = FileJournal(pathlib.Path(sys.argv[1]))\n"
        "journal.wait(journal.append(record(journal.head.sequence + 1), NOON))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(folder)], timeout=60).returncode == -9
    assert any(path.stat().st_size for path in folder.glob("*-wal"))


def test_what_a_killed_process_left_in_flight_is_synced_before_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a reader keeps SQLite from moving it into the file. The real sync is listened to."""
    write(tmp_path, [1])
    leave_a_wal(tmp_path)
    synced: list[str] = []
    sync_path = disk.sync_path

    def listened(path: Path) -> None:
        sync_path(path)
        synced.append(path.name)

    monkeypatch.setattr(disk, "sync_path", listened)
    journal = FileJournal(tmp_path, crash=synced.append)
    journal.close()
    assert synced[: synced.index("recovered")] == ["2024-10-04-00000000000000000001.sqlite-wal", tmp_path.name]


def test_an_fsync_of_the_anchor_that_fails_is_fatal(tmp_path: Path) -> None:
    """A pipe lies where the new anchor is written: the kernel really refuses to fsync it."""
    write(tmp_path, [5])
    witness = Witness()
    journal = FileJournal(tmp_path, fatal=witness)
    os.mkfifo(tmp_path / "anchor.tmp")
    reader = os.open(tmp_path / "anchor.tmp", os.O_RDONLY | os.O_NONBLOCK)
    try:
        journal.append(record(6), NOON)
        with pytest.raises(JournalError, match="fsync failed"):
            journal.close()
    finally:
        os.close(reader)
    assert witness.reasons == ["anchor: fsync failed (Invalid argument)"]
    assert contents(tmp_path) == numbered(1, 6)


def test_a_defect_in_the_writer_is_fatal_and_leaves_nobody_waiting(tmp_path: Path) -> None:
    witness = Witness()

    def notify() -> None:
        raise Ended

    journal = FileJournal(tmp_path, fatal=witness, notify=notify)
    journal.append(record(1), NOON)
    with pytest.raises(JournalError, match="the writer met Ended"):
        journal.close()
    assert witness.reasons == ["the writer met Ended()"]


@pytest.mark.parametrize("kind", ["write", "sync"])
def test_each_write_and_each_sync_of_a_run_may_fail(tmp_path: Path, kind: Kind) -> None:
    fail_each(tmp_path, kind, step=7)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["write", "sync"])
@pytest.mark.parametrize("code", [FULL, WRITE_FAILED, SYNC_FAILED])
def test_every_write_and_every_sync_of_a_run_may_fail(tmp_path: Path, kind: Kind, code: int) -> None:
    fail_each(tmp_path, kind, step=1, code=code)


def fail_each(folder: Path, kind: Kind, step: int, code: int = 0) -> None:
    """Runs the same work again and again; each time another call fails. Nothing acknowledged may be lost."""
    code = code or (SYNC_FAILED if kind == "sync" else FULL)
    at = 0
    failed = True
    while failed:
        target = folder / str(at)
        write(target, [3])
        with faulty(lambda asked, name, number, at=at: code if (asked, number) == (kind, at) else 0) as vfs:
            durable = work(target)
            failed = vfs.counts[kind] > at
        found = contents(target)
        assert len(found) >= durable
        assert found == numbered(1, len(found))
        at += step
    assert at > 30


def work(folder: Path) -> int:
    """Some commits, checkpoints, a new day and a clean end, unless it fails; what was said to be durable."""
    durable = 3
    try:
        journal = FileJournal(folder, vfs="faulty", fatal=Witness(), checkpoint_pages=6)
        try:
            for number in range(4, 24):
                journal.wait(journal.append(record(number), NOON + number // 12 * 86_400 * 10**9))
        finally:
            durable = journal.durable
            journal.close()
    except JournalError:
        pass
    return durable


def test_a_failed_fsync_ends_a_real_process_with_one_line(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from tests.unit.adapters.journal.faulty_vfs import SYNC_FAILED, FaultyVFS\n"
        "from tests.unit.adapters.journal.records import NOON, record\n"
        "from tradewright.adapters.journal import FileJournal\n"
        "broken = False\n"
        "vfs = FaultyVFS('faulty', lambda kind, name, number: SYNC_FAILED if broken and kind == 'sync' else 0)\n"
        "journal = FileJournal(pathlib.Path(sys.argv[1]), vfs='faulty')\n"
        "journal.wait(journal.append(record(1), NOON))\n"
        "broken = True\n"
        "print('durable', journal.wait(journal.append(record(2), NOON)))\n"
    )
    found = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert found.returncode == disk.EXIT_SYNC_FAILED
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    assert "fsync failed" in found.stderr
    assert contents(tmp_path)[:1] == numbered(1, 1)


FULL_DISK = """
import os, resource, sys, pathlib
from tests.unit.adapters.journal.records import NOON, record
from tradewright.adapters.journal import EmergencyFile, FileJournal
from tradewright.model.errors import JournalFull

folder = pathlib.Path(sys.argv[1])
journal = FileJournal(folder)
emergency = EmergencyFile(folder)
emergency.append(b"before")
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, unlimited[1]))
else:
    with open(folder / "ballast", "wb", buffering=0) as ballast:
        try:
            while ballast.write(bytes(4096)): pass
        except OSError as error:
            print(error.strerror)
number = 0
try:
    while True:
        number = journal.append(record(journal.head.sequence + 1) * 100, NOON)
        journal.wait(number)
except JournalFull as failure:
    print(failure)
emergency.append(b"after")
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)  # what measures this process must be able to write
print(journal.durable, number, [line.decode() for line in emergency.lines()])
"""


def test_a_file_that_can_not_grow_stops_the_journal_and_not_the_emergency_file(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), "limit"], capture_output=True, text=True, timeout=60
    )
    failure, last = found.stdout.splitlines()
    assert "can not be written" in failure, found.stderr
    durable, appended, lines = last.split(" ", 2)
    assert int(durable) == int(appended) - 1 > 10
    assert lines == "['before', 'after']"
    assert verify(tmp_path).sequence == int(durable)
    assert EmergencyFile(tmp_path).lines() == [b"before", b"after"]


def test_a_disk_that_is_really_full_stops_the_journal_and_not_the_emergency_file(tmp_path: Path) -> None:
    """On a file system of 1 MiB of its own, where the kernel lets this user make one; else a limit on file sizes."""
    mount = f"mount -t tmpfs -o size=1m none {tmp_path}"
    able = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True).returncode == 0
    check = "from tradewright.adapters.journal import verify; print(verify(folder).sequence)\n"
    script = [sys.executable, "-c", FULL_DISK + check, str(tmp_path)]
    if able:
        command = ["unshare", "-rm", "sh", "-c", f'{mount} && exec "$@"', "sh", *script, "fill"]
    else:
        command = [*script, "limit"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60)
    said, verified = found.stdout.splitlines()[-2:]
    durable, _, lines = said.split(" ", 2)
    assert lines == "['before', 'after']", found.stderr
    assert verified == durable
    assert not able or "No space left on device" in found.stdout


def test_a_file_is_replaced_in_this_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real syncs are listened to: what lay in the folder when each was asked."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    seen: list[tuple[str, dict[str, bytes]]] = []

    def listen(name: str) -> None:
        real = getattr(disk, name)

        def listened(*arguments: object) -> None:
            real(*arguments)
            seen.append((name, {found.name: found.read_bytes() for found in tmp_path.iterdir()}))

        monkeypatch.setattr(disk, name, listened)

    listen("sync")
    listen("sync_path")
    disk.replace(path, b"new")
    assert seen[0] == ("sync", {"file": b"old", "file.tmp": b"new"})
    assert seen[-1] == ("sync_path", {"file": b"new"})


def test_a_file_that_is_only_partly_written_replaces_nothing(tmp_path: Path) -> None:
    """A limit in the middle of the bytes: the kernel writes what fits and says so."""
    code = (
        "import pathlib, resource, sys\n"
        "from tradewright.adapters.journal import disk\n"
        "from tradewright.model.errors import JournalFull\n"
        "unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, unlimited[1]))\n"
        "try: disk.replace(pathlib.Path(sys.argv[1]), bytes(300))\n"
        "except JournalFull as failure: print(failure)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)  # what measures this process must be able to write\n"
    )
    path = tmp_path / "file"
    path.write_bytes(b"old")
    found = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)
    assert found.stdout == "file can not be written: File too large\n", found.stderr
    assert path.read_bytes() == b"old"


def test_an_error_that_nobody_foresaw_passes_unchanged(tmp_path: Path) -> None:
    with pytest.raises(apsw.MisuseError), disk.writing(tmp_path):
        raise apsw.MisuseError
    with pytest.raises(ZeroDivisionError), disk.reading(tmp_path):
        raise ZeroDivisionError


def test_damage_met_while_writing_is_damage(tmp_path: Path) -> None:
    for code in (apsw.SQLITE_CORRUPT, apsw.SQLITE_NOTADB, apsw.SQLITE_IOERR_READ, apsw.SQLITE_IOERR_SHORT_READ):
        with pytest.raises(JournalDamaged), disk.writing(tmp_path):
            raise error(code)
