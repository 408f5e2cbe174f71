"""The emergency file: the last place to write down an intent when the journal can take no more.

128 KiB of zeros are written and made durable while all is well, so a line later only overwrites bytes the file already
owns. On a full disk that still works where files are overwritten in place (ext4, xfs, tmpfs; not on copy-on-write ones
such as btrfs or zfs). Only orders that reduce or cancel may leave on the strength of a line; the next start reconciles
with the venue first and clears afterwards.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from tradewright.adapters.journal import disk, points
from tradewright.model.errors import ContractError, JournalDamaged, JournalFull
from tradewright.ports import CrashPoint, no_crash

NAME = "emergency"
SIZE = 128 * 1024
#: A line's slot: it divides a disk's sector (512 or 4096 bytes, written whole or not at all), so no line can be torn.
#: 256 of them are a cancel-all and a close for each of 200 open orders' instruments.
SLOT = 512
_EMPTY = bytes(SLOT)
_CHECK, _LENGTH = 4, 2
LINE_MAX = SLOT - _CHECK - _LENGTH


class EmergencyFile:
    """The emergency file of a journal folder, made if it is missing; for the holder of the journal's lock."""

    def __init__(self, folder: Path, fatal: disk.Fatal = disk.end_process, crash: CrashPoint = no_crash) -> None:
        self._path = folder / NAME
        self._fatal = fatal
        self._crash = crash
        with disk.or_end(fatal):
            if not self._path.exists():
                disk.replace(self._path, bytes(SIZE))
        with disk.writing(self._path):
            self._descriptor = os.open(self._path, os.O_RDWR)
        self._next = max((number for number, slot in enumerate(self._slots(), 1) if slot != _EMPTY), default=0)

    def append(self, line: bytes) -> None:
        """Makes one line durable. Raises JournalFull if there is no room (a line has LINE_MAX bytes at most) or no
        writing."""
        if not line:
            raise ContractError("an emergency line has at least one byte")
        if len(line) > LINE_MAX:
            raise JournalFull(f"{NAME}: a line has {LINE_MAX} bytes at most, not {len(line)}")
        if self._next == SIZE // SLOT:
            raise JournalFull(f"{NAME} is full; it is cleared after the next reconciliation")
        self._crash(points.BEFORE_EMERGENCY_WRITE)
        self._write(self._next * SLOT, _packed(line))
        self._next += 1
        self._crash(points.AFTER_EMERGENCY_WRITE)

    def lines(self) -> list[bytes]:
        """The lines written since the last clearing, in order. Raises JournalDamaged naming one that changed."""
        found = []
        for number, slot in enumerate(self._slots(), 1):
            if slot != _EMPTY:
                line = slot[_CHECK + _LENGTH :][: int.from_bytes(slot[_CHECK : _CHECK + _LENGTH], "big")]
                if slot != _packed(line):
                    raise JournalDamaged(f"{NAME}, line {number}: it is not what was written")
                found.append(line)
        return found

    def clear(self) -> None:
        """Forgets all lines. A crash in the middle may keep some of them: they are only reconciled once more."""
        self._write(0, bytes(SIZE))
        self._next = 0

    def close(self) -> None:
        os.close(self._descriptor)

    def _slots(self) -> list[bytes]:
        with disk.reading(self._path):
            data = os.pread(self._descriptor, SIZE + 1, 0)
        if len(data) != SIZE:
            raise JournalDamaged(f"{NAME}: its size is no longer {SIZE} bytes")
        return [data[at : at + SLOT] for at in range(0, SIZE, SLOT)]

    def _write(self, at: int, data: bytes) -> None:
        with disk.or_end(self._fatal), disk.writing(self._path):
            written = os.pwrite(self._descriptor, data, at)
            if written != len(data):
                raise JournalFull(f"{NAME}: {written} of {len(data)} bytes could be written")
            disk.sync(self._descriptor, self._path)


def _packed(line: bytes) -> bytes:
    body = len(line).to_bytes(_LENGTH, "big") + line
    return (zlib.crc32(body).to_bytes(_CHECK, "big") + body).ljust(SLOT, b"\0")
