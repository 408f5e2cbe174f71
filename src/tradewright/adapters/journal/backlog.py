"""The backlog: what is appended and not yet durable, and who waits for it. The border between engine and writer thread.

It is bounded: an engine that outruns its disk is held back here rather than filling the memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Condition, Lock
from typing import NamedTuple

from tradewright.model.chain import Head, extend, framed
from tradewright.model.errors import ContractError, JournalError

#: About 50,000 records of 300 bytes: a second of the fastest replay measured, far more than a disk's worst pause
#: at live rates, and little against the memory of a process.
BYTES_MAX = 16 * 1024 * 1024
#: What nobody waits for may share a commit with what comes so soon behind it, unless there is much of it. A commit for
#: each would cost a processor as much as deciding it, and whoever waits would wait for two.
LINGER_SECONDS = 0.002
LINGER_BYTES_MAX = 64 * 1024


class Entry(NamedTuple):
    """Framed records that belong together, with their UTC day and the head after the last of them."""

    frames: bytes
    day: int
    head: Head


class Backlog:
    """A queue whose far end is the disk. One writer takes and settles; any thread appends and waits."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.durable = head.sequence
        self.failure: JournalError | None = None
        self._entries: list[Entry] = []
        self._bytes = 0
        self._wanted = 0
        self._closing = False
        lock = Lock()
        self._work = Condition(lock)
        self._progress = Condition(lock)

    def append(self, records: Sequence[bytes], day: int) -> int:
        """Queues records as the next ones, never to be parted; blocks while the backlog is full; raises the failure if
        there is one."""
        frames = [framed(record) for record in records]
        payload = b"".join(frames)
        with self._progress:
            while self._bytes >= BYTES_MAX and self.failure is None:
                self._progress.wait()
            if self.failure is not None:
                raise self.failure
            if self._closing:
                raise ContractError("the journal is closed")
            self.head = Head(self.head.sequence + len(frames), extend(self.head.hash, frames))
            self._entries.append(Entry(payload, day, self.head))
            self._bytes += len(payload)
            if len(self._entries) == 1 or self._is_urgent():
                self._work.notify()
            return self.head.sequence

    def take(self, timeout: float | None) -> list[Entry] | None:
        """All that is queued, waiting up to `timeout` seconds for something, and a little for more where nobody waits
        for it; None once closed and empty."""
        with self._work:
            if not self._entries and not self._closing:
                self._work.wait(timeout)
            if self._entries and not self._is_urgent():
                self._work.wait(LINGER_SECONDS)
            taken, self._entries = self._entries, []
            return None if self._closing and not taken else taken

    def _is_urgent(self) -> bool:
        return self._closing or self._wanted > self.durable or self._bytes >= LINGER_BYTES_MAX

    def settle(self, durable: int, size: int) -> None:
        """Says that all up to `durable` is on the disk and that `size` bytes of the backlog are done with."""
        with self._progress:
            self.durable = durable
            self._bytes -= size
            self._progress.notify_all()

    def fail(self, failure: JournalError) -> None:
        """Says that nothing more becomes durable; everyone who waits or appends is told why."""
        with self._progress:
            self.failure = failure
            self._entries.clear()
            self._progress.notify_all()

    def wait(self, sequence: int, timeout: float | None) -> bool:
        """True once `sequence` is durable, False after `timeout` seconds; raises the failure if it never will be."""
        if sequence > self.head.sequence:
            raise ContractError(f"record {sequence} was never appended")
        with self._progress:
            if sequence > max(self._wanted, self.durable):
                self._wanted = sequence
                self._work.notify()
            self._progress.wait_for(lambda: self.durable >= sequence or self.failure is not None, timeout)
            if self.durable < sequence and self.failure is not None:
                raise self.failure
            return self.durable >= sequence

    def close(self) -> None:
        """No more appends; the writer ends when it has taken what is left."""
        with self._work:
            self._closing = True
            self._work.notify()
