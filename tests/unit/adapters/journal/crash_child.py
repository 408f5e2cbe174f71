"""A process that works on a journal until it is killed, at a named crash point or from outside.

`Nursery` (for tests) starts one mother process that has everything imported and forks a child per run: milliseconds
instead of a fresh interpreter each. A child writes what it was promised into a file, which outlives its SIGKILL.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.unit.adapters.journal.records import DAY, NOON, record
from tradewright.adapters.journal import EmergencyFile, FileJournal
from tradewright.model.chain import Head

ROOT = Path(__file__).resolve().parents[4]
PROMISES = "promises"


class Order(NamedTuple):
    """One run: records to append, and what ends it.

    Either the n-th hit of a crash point; or a kill, so many seconds after so many bytes of promises were written.
    """

    folder: str
    records: int
    point: str = ""
    hit: int = 0
    bytes_promised: int = -1
    delay: float = 0.0


class Promises(NamedTuple):
    """What children said before they were killed: the highest durable record, snapshot, and all emergency lines."""

    durable: int
    snapshot: int
    lines: list[bytes]


def state(at: Head) -> bytes:
    return b"state after %d" % at.sequence


def promises(folder: Path) -> Promises:
    path = folder / PROMISES
    said = [line.split(" ") for line in path.read_text().splitlines()] if path.exists() else []
    numbers = {kind: [int(number) for word, number in said if word == kind] for kind in ("durable", "snapshot", "line")}
    return Promises(
        max(numbers["durable"], default=0),
        max(numbers["snapshot"], default=0),
        [b"line %d" % number for number in numbers["line"]],
    )


class Nursery:
    """The mother process, from the test's side."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.unit.adapters.journal.crash_child"]
        self._mother = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        return self

    def run(self, order: Order) -> int:
        """The child's end: 0, or minus the signal."""
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(json.dumps(order) + "\n")
        return int(self._mother.stdout.readline())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._mother.communicate()


def mother() -> None:
    for line in sys.stdin:
        order = Order(*json.loads(line))
        child = os.fork()
        if child == 0:
            work(order)
            os._exit(0)
        print(_end_of(child, order), flush=True)


def _end_of(child: int, order: Order) -> int:
    if order.bytes_promised < 0:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    path = Path(order.folder, PROMISES)
    enough = _size(path) + order.bytes_promised
    while _size(path) < enough:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    time.sleep(order.delay)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def work(order: Order) -> None:
    """Appends, snapshots, retires, writes emergency lines and closes; every crash point is hit on the way."""
    folder = Path(order.folder)
    folder.mkdir(exist_ok=True)
    said = os.open(folder / PROMISES, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    hits: Counter[str] = Counter()

    def crash(name: str) -> None:
        hits[name] += 1
        if name == order.point and hits[name] == order.hit:
            os.kill(os.getpid(), signal.SIGKILL)

    def say(kind: str, number: int) -> None:
        os.write(said, f"{kind} {number}\n".encode())

    journal = FileJournal(folder, crash=crash, checkpoint_pages=6, notify=lambda: say("durable", journal.durable))
    say("durable", journal.durable)
    emergency = EmergencyFile(folder, crash=crash)
    for number in range(journal.head.sequence + 1, journal.head.sequence + order.records + 1):
        journal.append(record(number), NOON + number // 12 * DAY)
        if number % 3 == 0:
            journal.wait(number)
        if number % 10 == 0:
            journal.snapshot(journal.head, state(journal.head))
            say("snapshot", number)
            journal.retire(NOON + number * DAY)
            emergency.append(b"line %d" % number)
            say("line", number)
    journal.close()


if __name__ == "__main__":
    mother()
