"""A trace of the strategy that is running right now, kept outside the process, so that its death can be told.

Four memory-mapped words: the journal sequence of the event, which strategy, and how often that pair was found at a
start. The map is the kernel's, so it outlives the process (not a power loss, which no strategy causes).
"""

from __future__ import annotations

import mmap
from pathlib import Path

from tradewright.ports import Journal

NAME = "watch"
_SIZE = 4096
#: Deaths on the same event after which a strategy starts quarantined.
DEATHS_MAX = 2


class WatchFile:
    """The Watch of `trader`. `deaths` tells what the last processes left: (strategy key, how often in a row)."""

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)
        self.journal: Journal | None = None
        self.deaths = self._examine()

    def _examine(self) -> tuple[str, int]:
        """Read what was running when the last process ended, and count it if it is the same as before."""
        running, seen = self._read(0), self._read(1024)
        self._write(0, b"")
        if not running:
            return "", 0
        count = 1
        if seen:
            known, _, times = seen.rpartition(b" ")
            count = int(times) + 1 if known == running else 1
        self._write(1024, running + b" " + str(count).encode())
        return running.partition(b" ")[2].decode(), count

    def enter(self, strategy: str) -> None:
        """`strategy` runs on the event that will get the next sequence number."""
        sequence = self.journal.head.sequence + 1 if self.journal is not None else 0
        self._write(0, f"{sequence} {strategy}".encode())

    def leave(self) -> None:
        """It came back."""
        self._map[0] = 0

    def close(self) -> None:
        self._map.close()

    def _read(self, at: int) -> bytes:
        data = self._map[at : at + 1024]
        return data[: data.index(b"\0")]

    def _write(self, at: int, text: bytes) -> None:
        if len(text) > 1000:
            text = text[:1000]
        self._map[at : at + len(text) + 1] = text + b"\0"
