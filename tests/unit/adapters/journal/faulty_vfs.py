"""A real SQLite file layer that fails where it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import apsw

Kind = Literal["write", "sync"]
#: Asked before each write and sync: the kind, the file's name, and how many of that kind came before.
Verdict = Callable[[Kind, str, int], int]

FULL = apsw.SQLITE_FULL
SYNC_FAILED = apsw.SQLITE_IOERR_FSYNC
WRITE_FAILED = apsw.SQLITE_IOERR_WRITE


def error(code: int) -> apsw.Error:
    """The exception that stands for an extended result code, as SQLite's own file layer would give it."""
    found: apsw.Error = apsw.exception_for(code)
    found.extendedresult = code
    return found


class _File(apsw.VFSFile):
    def __init__(self, vfs: FaultyVFS, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._vfs = vfs
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._vfs.judge("write", self._name)
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._vfs.judge("sync", self._name)
        super().xSync(flags)


class FaultyVFS(apsw.VFS):
    """The system's file layer, with a verdict on each write and sync: 0, or the code it fails with."""

    def __init__(self, name: str, verdict: Verdict) -> None:
        super().__init__(name, "")
        self._verdict = verdict
        self.counts: dict[Kind, int] = {"write": 0, "sync": 0}

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _File(self, name, flags)

    def judge(self, kind: Kind, name: str) -> None:
        code = self._verdict(kind, name, self.counts[kind])
        self.counts[kind] += 1
        if code:
            raise error(code)


@contextmanager
def faulty(verdict: Verdict) -> Iterator[FaultyVFS]:
    """Registers the layer as "faulty" for the length of a block."""
    vfs = FaultyVFS("faulty", verdict)
    try:
        yield vfs
    finally:
        vfs.unregister()
