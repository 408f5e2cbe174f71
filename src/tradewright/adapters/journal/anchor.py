"""The anchor: where the journal must at least reach, kept beside the segments.

A chain alone can not tell that its end was cut off. The anchor names a head that was durable: a journal that ends
before it, or has another hash there, is not the journal that was written. It also names the first record still kept, so
that a missing oldest segment is told from one that retention removed.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import msgspec

from tradewright.adapters.journal import disk, points
from tradewright.model.chain import START, Head, digest
from tradewright.model.errors import JournalDamaged
from tradewright.ports import CrashPoint

FORMAT = 1
NAME = "anchor"


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says: the first record kept and the anchored head; `seal` covers the rest."""

    format: int
    first: int
    seq: int
    hash: str
    seal: str

    @classmethod
    def of(cls, first: int, head: Head) -> Anchor:
        return cls(FORMAT, first, head.sequence, head.hash.hex(), _seal(FORMAT, first, head.sequence, head.hash.hex()))

    @property
    def head(self) -> Head:
        return Head(self.seq, bytes.fromhex(self.hash))


def _seal(*fields: int | str) -> str:
    return digest(repr(fields).encode()).hex()


def read_anchor(folder: Path) -> Anchor | None:
    """The folder's anchor; None if there is no such file. Raises JournalDamaged if it is not what was written."""
    path = folder / NAME
    try:
        with disk.reading(path):
            data = path.read_bytes() if path.exists() else None
        if data is None:
            return None
        anchor = msgspec.json.decode(data, type=Anchor)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise JournalDamaged(f"{NAME}: not what was written ({error})") from error
    if anchor.seal != _seal(anchor.format, anchor.first, anchor.seq, anchor.hash):
        raise JournalDamaged(f"{NAME}: its fields do not fit their seal")
    if anchor.format != FORMAT:
        raise JournalDamaged(f"{NAME}, field format: {anchor.format} is not {FORMAT}")
    return anchor


class AnchorFile:
    """The anchor as the one writer of a folder keeps it; its two hands (writer thread, snapshots) take turns."""

    def __init__(self, folder: Path, anchor: Anchor | None, crash: CrashPoint) -> None:
        self._path = folder / NAME
        self._crash = crash
        self._turn = Lock()
        self._anchor = anchor or Anchor.of(1, START)
        if anchor is None:
            self._write(self._anchor)

    @property
    def sequence(self) -> int:
        """The anchored sequence number."""
        return self._anchor.seq

    def reach(self, head: Head) -> None:
        """Anchors a durable head; one behind the anchor changes nothing."""
        with self._turn:
            if head.sequence > self._anchor.seq:
                self._write(Anchor.of(self._anchor.first, head))

    def keep_from(self, first: int) -> None:
        """Says that records before `first` may be gone."""
        with self._turn:
            self._write(Anchor.of(first, self._anchor.head))

    def _write(self, anchor: Anchor) -> None:
        disk.replace(self._path, msgspec.json.encode(anchor), lambda: self._crash(points.BEFORE_ANCHOR_RENAME))
        self._anchor = anchor
        self._crash(points.AFTER_ANCHOR_RENAME)
