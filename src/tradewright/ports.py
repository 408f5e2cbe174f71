"""The outside on one page: what the engine asks of the world, as Protocols, and the fakes that ship with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from tradewright.model.answer import SignalFailed, SignalReceived, SignalRequest
from tradewright.model.chain import START, Head, framed, link
from tradewright.model.errors import ContractError, JournalError


class CrashPoint(Protocol):
    """A named place in the code where a proof may stop the process; in production nothing happens there."""

    def __call__(self, name: str, /) -> None: ...


def no_crash(name: str, /) -> None:
    """The CrashPoint of production."""


class Journal(Protocol):
    """The one durable sequence of records: numbered from 1, gap-free for ever, chained by `model.chain`.

    `append` runs ahead of the disk; what a record allows to leave the process leaves when `durable` has reached it.
    """

    @property
    def head(self) -> Head:
        """The last record appended, durable or not."""

    @property
    def durable(self) -> int:
        """The highest sequence number that survives a power loss."""

    @property
    def failure(self) -> JournalError | None:
        """Why nothing can be made durable any more; None while the journal is well."""

    def append(self, record: bytes, time: int) -> int:
        """Takes the next record (its time in ns UTC decides its day) and returns its sequence number.

        Returns at once unless the disk is far behind. Raises `failure` once there is one.
        """

    def append_all(self, records: Sequence[bytes], time: int) -> int:
        """Takes records that belong together: after a crash all of them are there, or none. Returns the last number."""

    def wait(self, sequence: int, timeout: float | None = None) -> bool:
        """Blocks until `sequence` is durable; False after `timeout` seconds. Raises `failure` if it can not be."""

    def snapshot(self, at: Head, state: bytes) -> None:
        """Keeps the state as it was after record `at`, once that record is durable. Blocks."""

    def close(self) -> None:
        """Makes all that was appended durable and ends. Raises `failure` if that can not be done."""


class SignalSource(Protocol):
    """A service outside the process that thinks about instruments: a model, an agent. It never raises and never waits
    beyond its own time."""

    @property
    def name(self) -> str:
        """The name under which an ensemble weighs it."""

    async def ask(self, request: SignalRequest) -> SignalReceived | SignalFailed:
        """Its word on a request, or why there is none; stamped with the request's time."""

    async def close(self) -> None:
        """Give its connections back."""


class MemoryJournal:
    """A Journal that forgets at exit: same numbers and same hashes, durable at once. For backtests and proofs."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.snapshots: list[tuple[Head, bytes]] = []
        self.head = START

    @property
    def durable(self) -> int:
        return self.head.sequence

    @property
    def failure(self) -> JournalError | None:
        return None

    def append_all(self, records: Sequence[bytes], time: int) -> int:
        for record in records:
            self.append(record, time)
        return self.head.sequence

    def append(self, record: bytes, time: int) -> int:
        self.records.append(record)
        self.head = Head(self.head.sequence + 1, link(self.head.hash, framed(record)))
        return self.head.sequence

    def wait(self, sequence: int, timeout: float | None = None) -> bool:
        if sequence > self.head.sequence:
            raise ContractError(f"record {sequence} was never appended")
        return True

    def read(self, start: int = 1) -> Iterator[tuple[int, bytes]]:
        """The records from `start` on, with their numbers."""
        return enumerate(self.records[start - 1 :], start)

    def snapshot(self, at: Head, state: bytes) -> None:
        self.snapshots.append((at, state))

    def close(self) -> None:
        """Nothing is left to do."""
