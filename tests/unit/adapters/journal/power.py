"""A disk that can lose its power: what the journal asked of it, in order, and what may be left at any moment.

`Recorder` is a real SQLite file layer that writes down every write, truncation and sync. What the journal does beside
SQLite is seen too: files it puts in place (a new segment, the anchor) through its crash points, its syncs of files and
of the folder by listening at `disk.sync_path`. The model: bytes are safe after a sync of their file, a name after a
sync of the folder. Of what is not safe, any writes may be lost in any combination; names are lost from the end (a
folder's changes go through one journal on the file systems we support).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import apsw
import pytest

from tradewright.adapters.journal import disk, points

SECTOR = 512


class Step(NamedTuple):
    """One thing asked of the disk: what, of which file (a number) or name, and its arguments."""

    kind: str  # file | write | truncate | sync | link | unlink | folder | durable
    target: Any
    data: Any = None
    at: int = 0


Files = dict[str, bytes]


class _File(apsw.VFSFile):
    def __init__(self, recorder: Recorder, path: str, flags: list[int]) -> None:
        super().__init__("", path, flags)
        self._recorder = recorder
        self._number = recorder.opened(Path(path).name)

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._recorder.steps.append(Step("write", self._number, bytes(data), offset))

    def xTruncate(self, size: int) -> None:
        super().xTruncate(size)
        self._recorder.steps.append(Step("truncate", self._number, size))

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._recorder.steps.append(Step("sync", self._number))


class Recorder(apsw.VFS):
    """Records one run of a journal in `folder`, whose files at the beginning are all safe."""

    def __init__(self, folder: Path) -> None:
        super().__init__("recorder", "")
        self._folder = folder
        self._numbers: dict[str, int] = {}
        self._files = 0
        self.steps: list[Step] = []
        for path in folder.iterdir():
            if path.is_file():
                self._appear(path.name, path.read_bytes())
        self.synced(folder)

    def _appear(self, name: str, data: bytes) -> int:
        number, self._files = self._files, self._files + 1
        self.steps += [Step("file", number, data), Step("link", name, number)]
        self._numbers[name] = number
        return number

    def opened(self, name: str) -> int:
        return self._numbers[name] if name in self._numbers else self._appear(name, b"")

    def synced(self, path: Path) -> None:
        """The journal itself made a file's bytes or the folder's names safe."""
        if path == self._folder:
            self.steps.append(Step("folder", None))
        else:
            self.steps.append(Step("sync", self.opened(path.name)))

    def durable(self, number: int) -> None:
        """The journal said that all up to `number` is durable."""
        self.steps.append(Step("durable", number))

    def crash_point(self, name: str) -> None:
        """The journal's CrashPoint: files that it renames into place were synced before."""
        if name in (points.BEFORE_SEGMENT_RENAME, points.BEFORE_ANCHOR_RENAME):
            pattern = "*.sqlite.tmp" if name == points.BEFORE_SEGMENT_RENAME else "anchor.tmp"
            (temporary,) = self._folder.glob(pattern)
            self._appear(temporary.name.removesuffix(".tmp"), temporary.read_bytes())

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        return _File(self, path, flags)

    def xDelete(self, name: str, sync: bool) -> None:
        super().xDelete(name, sync)
        self.steps.append(Step("unlink", Path(name).name))
        self._numbers.pop(Path(name).name, None)


@contextmanager
def recording(folder: Path) -> Iterator[Recorder]:
    recorder = Recorder(folder)
    sync_path = disk.sync_path

    def listened(path: Path) -> None:
        sync_path(path)
        recorder.synced(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "sync_path", listened)
        yield recorder
    recorder.unregister()


class Disk:
    """What is safe and what is not, after so many steps."""

    def __init__(self) -> None:
        self.durable = 0
        self._safe: dict[int, bytearray] = {}
        self._names: dict[str, int] = {}
        self.writes: list[Step] = []
        self.names: list[Step] = []

    def take(self, step: Step) -> None:
        match step.kind:
            case "file":
                self._safe[step.target] = bytearray(step.data)
            case "write" | "truncate":
                self.writes.append(step)
            case "sync":
                for write in self.writes:
                    if write.target == step.target:
                        _apply(self._safe[write.target], write)
                self.writes = [write for write in self.writes if write.target != step.target]
            case "link" | "unlink":
                self.names.append(step)
            case "folder":
                self._names = self._named(len(self.names))
                self.names.clear()
            case "durable":
                self.durable = step.target

    def _named(self, kept: int) -> dict[str, int]:
        names = dict(self._names)
        for step in self.names[:kept]:
            if step.kind == "link":
                names[step.target] = step.data
            else:
                names.pop(step.target, None)
        return names

    def left(self, writes: list[Step], names: int) -> Files:
        """The files after a power loss that spared these of the unsafe writes and so many of the unsafe names."""
        spared: dict[int, list[Step]] = {}
        for write in writes:
            spared.setdefault(write.target, []).append(write)
        files = {}
        for name, number in self._named(names).items():
            data = bytearray(self._safe[number])
            for write in spared.get(number, ()):
                _apply(data, write)
            files[name] = bytes(data)
        return files

    def prefixes(self) -> Iterator[Files]:
        """Every prefix of the unsafe writes is left, with all the unsafe names and with none."""
        for names in {0, len(self.names)}:
            for kept in range(len(self.writes) + 1):
                yield self.left(self.writes[:kept], names)

    def chance(self, pick: Random) -> Files:
        """Any subset of the unsafe writes is left, some of them torn at a sector."""
        writes = [_torn(write, pick) for write in self.writes if pick.random() < 0.5]
        return self.left(writes, pick.randint(0, len(self.names)))


def _apply(data: bytearray, step: Step) -> None:
    if step.kind == "truncate":
        del data[step.data :]
        return
    if len(data) < step.at:
        data.extend(bytes(step.at - len(data)))
    data[step.at : step.at + len(step.data)] = step.data


def _torn(write: Step, pick: Random) -> Step:
    if write.kind != "write" or pick.random() < 0.8:
        return write
    border = pick.randrange(len(write.data) + 1) // SECTOR * SECTOR
    return write._replace(data=write.data[:border])


def fingerprint(files: Files, durable: int) -> bytes:
    """Tells two states apart, as far as a check of them could."""
    total = hashlib.blake2b(b"%d" % durable)
    for name in sorted(files):
        total.update(name.encode() + b"\0" + hashlib.blake2b(files[name]).digest())
    return total.digest()
