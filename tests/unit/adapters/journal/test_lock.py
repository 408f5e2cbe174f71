"""One writer per journal, one per account: tried with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.adapters.journal.records import contents, numbered, write
from tradewright.adapters.journal import AccountLock, FileJournal
from tradewright.model.errors import JournalLocked

HOLD = """
import sys, pathlib
from tradewright.adapters.journal import AccountLock, FileJournal
folder = pathlib.Path(sys.argv[1])
held = FileJournal(folder) if len(sys.argv) == 2 else AccountLock(folder, sys.argv[2])
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a lock until its input ends."""
    command = [sys.executable, "-c", HOLD, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_process_is_refused_and_told_who_holds_the_journal(tmp_path: Path) -> None:
    write(tmp_path, [3])
    with holder(str(tmp_path)) as process:
        with pytest.raises(JournalLocked, match=f"is held by process {process.pid}, since 20"):
            FileJournal(tmp_path)
        assert contents(tmp_path) == numbered(1, 3)  # reading needs no lock
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        write(tmp_path, [1])  # and a dead process holds nothing
    assert contents(tmp_path) == numbered(1, 4)


def test_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with FileJournal(tmp_path), pytest.raises(JournalLocked, match=f"process {os.getpid()}"):
        FileJournal(tmp_path)
    write(tmp_path, [1])


def test_an_account_has_one_writer_among_processes(tmp_path: Path) -> None:
    with holder(str(tmp_path), "paper:alpaca/1") as process:
        with pytest.raises(JournalLocked, match=f"account paper:alpaca/1 is held by process {process.pid}"):
            AccountLock(tmp_path, "paper:alpaca/1")
        with AccountLock(tmp_path, "alpaca/1"), AccountLock(tmp_path, "paper:alpaca"):
            pass
        process.kill()
        process.wait()
        lock = AccountLock(tmp_path, "paper:alpaca/1")
        lock.release()
        lock.release()  # twice does no harm
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_holder_that_has_not_signed_yet_is_still_a_holder(tmp_path: Path, text: str) -> None:
    with FileJournal(tmp_path):
        (tmp_path / "lock").write_text(text)
        with pytest.raises(JournalLocked, match="a process that has not said which"):
            FileJournal(tmp_path)


def test_a_longer_signature_of_an_earlier_holder_is_gone(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text('{"pid": 1, "since": "%s"}' % ("long ago " * 20))
    with FileJournal(tmp_path), pytest.raises(JournalLocked, match=f"process {os.getpid()}, since 20"):
        FileJournal(tmp_path)


def test_a_lock_that_can_not_be_signed_is_given_back(tmp_path: Path) -> None:
    code = (
        "import pathlib, resource, sys\n"
        "from tradewright.adapters.journal import AccountLock\n"
        "from tradewright.model.errors import JournalFull\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))\n"
        "try: AccountLock(folder, 'a')\n"
        "except JournalFull as failure: print(failure)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "AccountLock(folder, 'a')\n"
        "print('held')\n"
    )
    found = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert found.stdout.splitlines() == ["account-a.lock can not be written: File too large", "held"], found.stderr
