"""Snapshots: the state after a record, so that recovery need not begin at the first one.

A file per snapshot, named by sequence number: one line of JSON (sequence, the chain's hash there, a seal over all),
then the state as opaque bytes. A snapshot is only a shortcut: one that is damaged, or not of this chain, is passed over
for an older one. The caller takes one at least every 50,000 records, which bounds recovery to seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from tradewright.adapters.journal import disk, points
from tradewright.adapters.journal.reader import hash_at
from tradewright.model.chain import Head, digest
from tradewright.model.errors import JournalError
from tradewright.ports import CrashPoint, no_crash

FORMAT = 1
FOLDER = "snapshots"
#: How many are kept: the newest, one for when it is damaged, one for when both were written on the same bad day.
KEPT = 3


class Snapshot(NamedTuple):
    """The state after record `at.sequence` of the chain whose hash there is `at.hash`."""

    at: Head
    state: bytes


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    sequence: int
    hash: str
    seal: str


class Snapshots:
    """The snapshots of one journal folder."""

    def __init__(self, journal: Path, crash: CrashPoint = no_crash) -> None:
        self._journal = journal
        self._folder = journal / FOLDER
        self._crash = crash

    def write(self, at: Head, state: bytes) -> None:
        """Stores the state after a durable record, whole or not at all, and forgets all but the newest KEPT."""
        path = self._folder / f"{at.sequence:020d}.snapshot"
        with disk.writing(path):
            self._folder.mkdir(exist_ok=True)
            disk.replace(path, _line(at, state) + b"\n" + state, lambda: self._crash(points.BEFORE_SNAPSHOT_RENAME))
            self._crash(points.AFTER_SNAPSHOT_RENAME)
            for older in self._paths()[KEPT:]:
                older.unlink()

    def latest(self, report: Callable[[str], None], before: int | None = None) -> Snapshot | None:
        """The newest snapshot that is whole and lies on the journal's chain; None if there is none. before: of record
        `before` at the latest.

        Each one passed over is told to `report` in a sentence. Raises JournalDamaged if the *journal* is damaged there.
        """
        for path in self._paths():
            if before is not None and path.stem > f"{before:020d}":
                continue
            found = self._usable(path)
            if isinstance(found, Snapshot):
                return found
            report(f"{FOLDER}/{path.name} is not used: {found}")
        return None

    def whole(self) -> Iterator[int]:
        """The sequence numbers of the kept snapshots that are what was written, newest first."""
        for path in self._paths():
            found = _load(path)
            if isinstance(found, Snapshot):
                yield found.at.sequence

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.snapshot"), reverse=True)

    def _usable(self, path: Path) -> Snapshot | str:
        found = _load(path)
        if isinstance(found, str):
            return found
        chained = hash_at(self._journal, found.at.sequence)
        if chained is None:
            return f"the journal does not hold record {found.at.sequence}"
        if chained != found.at.hash:
            return f"record {found.at.sequence} has another hash in the journal"
        return found


def _line(at: Head, state: bytes) -> bytes:
    seal = digest(repr((FORMAT, at.sequence, at.hash.hex(), digest(state))).encode())
    return msgspec.json.encode(_Line(FORMAT, at.sequence, at.hash.hex(), seal.hex()))


def _load(path: Path) -> Snapshot | str:
    """The snapshot in the file, or why there is none."""
    try:
        with disk.reading(path):
            line, separator, state = path.read_bytes().partition(b"\n")
        stored = msgspec.json.decode(line, type=_Line)
        at = Head(stored.sequence, bytes.fromhex(stored.hash))
    except (JournalError, ValueError) as error:  # ValueError: not JSON, not UTF-8, not these fields, not hexadecimal
        return f"it can not be read ({error})"
    if stored.format != FORMAT:
        return f"its format {stored.format} is not {FORMAT}"
    if not separator or line != _line(at, state) or path.stem != f"{at.sequence:020d}":
        return "it is not what was written"
    return Snapshot(at, state)
