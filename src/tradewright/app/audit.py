"""The audit log of a home: who asked for what, who was let in nowhere, which keys there are, and when it ran.

A witness and no authority: trading hangs on the journal, and nothing waits for this file or fails because of it. Each
line has its own hash and that of the line before. It is written before what it tells of is answered, so a process that
is killed leaves out nothing that anybody was told; it is on the disk a second later, which a power cut may cost. What
can not be written waits, and is written when it can be. Several processes write it, one at a time.

A file that has grown is put away under the number of its last line, and an empty one takes its place: whoever finds no
line in it, for whatever reason, goes on behind the newest that was put away.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from tradewright.model.errors import InputError, UsageError
from tradewright.model.moment import moment_text

FILE = "audit.jsonl"
#: What was put away, in the order of the chain by name; and from how many bytes on a file is.
SEGMENT, SEGMENTS = "audit-{:012}.jsonl", "audit-*.jsonl"
SEGMENT_BYTES = 16 * 1024 * 1024
BEGIN = "0" * 64
#: Of a text in a line; of a line, with room for all it may have.
TEXT_MAX = 200
LINE_BYTES_MAX = 16_384
#: Lines that wait while none can be written; what is more is counted.
WAITING_MAX = 10_000
SYNC_SECONDS = 1.0
_HASH = b',"hash":"'
_TAIL_BYTES = len(_HASH) + 64 + len(b'"}')


class Head(NamedTuple):
    """A line's number, from 1, and its hash. What lies elsewhere of it proves that the lines up to it are those."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class AuditLog:
    """patience: seconds that another process is waited for, 0 = its line waits instead. say: told once when nothing can
    be written, and when it can again."""

    def __init__(self, folder: Path, patience: float = 0.0, say: Callable[[str], None] = lambda line: None) -> None:
        self.file = folder / FILE
        self.head = Head(0, BEGIN)
        self._patience = patience
        self._say = say
        self._seen = (-1, -1)
        self._waiting: deque[dict[str, Any]] = deque()
        self._lost = 0
        self._failing = ""
        self._unsynced = False

    def take_up(self) -> str:
        """Goes on behind what is there; what to say of it."""
        self.write()
        return f"{self.file}: {self.head.number} lines, head {self.head}"

    def note(self, what: str, **about: Any) -> bool:
        """One line, of what happened now; whether it is written. Raises nothing: what can not be written waits. about:
        nothing secret."""
        row = {"time": moment_text(time.time_ns()), "what": what}
        row |= {name: _short(value) for name, value in about.items() if value not in (None, "")}
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append(row)
        else:
            self._lost += 1
        self.write()
        return not self._waiting

    def write(self) -> None:
        """What waits, if it can be."""
        try:
            with _opened(self.file, self._patience) as file:
                if _seen(file) != self._seen:
                    kept = self.head
                    self._take_up(file)
                    if self.head != kept and self.head.number <= kept.number:
                        # Whoever took lines away while this ran has not taken what it remembers.
                        self._put(file, {"time": moment_text(time.time_ns()), "what": "cut", "kept": str(kept)})
                        self._say(f"AUDIT  {self.file} was cut: its head was {kept}")
                while self._waiting:
                    self._add(file, self._waiting[0])
                    self._waiting.popleft()
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(error.strerror or str(error))
            return
        if self._failing:
            self._failing = ""
            self._say(f"AUDIT  {self.file} is written again")

    def _fail(self, why: str) -> None:
        if not self._failing:
            self._failing = why
            self._say(f"AUDIT  {self.file} can not be written: {why}; its lines wait, and trading goes on")

    def _add(self, file: int, row: dict[str, Any]) -> None:
        if self._lost:
            row = row | {"lost": self._lost}
        self._put(file, row)
        self._lost = 0

    def _take_up(self, file: int) -> None:
        """Goes on behind what another has written, and where there is nothing behind what was put away. A last line
        that is none was torn when its writer ended: it is cut, and the next line says so."""
        line, torn = _end_of(file)
        behind = self._behind(file) if line is None else None
        self.head = _head_of(line) if line is not None else _head_in(behind) if behind is not None else Head(0, BEGIN)
        inode, size = _seen(file)
        self._seen = inode, size - len(torn)
        if torn:
            os.ftruncate(file, size - len(torn))
        if behind is not None:
            self._put(file, {"time": moment_text(time.time_ns()), "what": "continued", "behind": behind.name})
        if torn:
            about = {"bytes": len(torn), "cut": sha256(torn).hexdigest()}
            self._put(file, {"time": moment_text(time.time_ns()), "what": "mended", **about})

    def _behind(self, file: int) -> Path | None:
        """The newest that was put away, and is not this file under its second name."""
        here = os.fstat(file)
        away = (path for path in self.file.parent.glob(SEGMENTS) if not os.path.samestat(path.stat(), here))
        return max(away, default=None)

    def _put(self, file: int, row: dict[str, Any]) -> None:
        """All of a line or nothing. Raises OSError."""
        head, line = _line(row, self.head)
        inode, size = self._seen
        if (put := os.write(file, line)) != len(line):
            os.ftruncate(file, size)
            raise OSError(f"{put} of {len(line)} bytes were taken")
        self.head, self._seen, self._unsynced = head, (inode, size + len(line)), True

    def put_away(self) -> None:
        """An empty file takes the place of this one. Each step is on the disk before the next, so that a power cut
        leaves one of them and no line behind others that are gone. Waits for the disk, from any thread; meanwhile
        lines wait. Raises nothing: what can not be done now is tried again."""
        new = self.file.with_suffix(".new")
        try:
            with _opened(self.file, 0.0) as file:
                if _seen(file) != self._seen:
                    return
                os.fsync(file)
                # Whoever is stopped between these leaves one file under two names, which reads as one.
                for path in self.file.parent.glob(SEGMENTS):
                    if path.samefile(self.file):
                        path.unlink()
                self.file.with_name(SEGMENT.format(self.head.number)).hardlink_to(self.file)
                _sync(self.file.parent)
                new.unlink(missing_ok=True)
                new.touch(0o600)
                new.rename(self.file)
                _sync(self.file.parent)
        except OSError:
            return

    def sync(self) -> None:
        """What was written is on the disk. From any thread; raises nothing."""
        self._unsynced = False
        try:
            _sync(self.file)
        except OSError:
            self._unsynced = True

    async def run(self) -> None:
        """Brings what was written to the disk, and writes what waits, until it is cancelled."""
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            if self._waiting:
                self.write()
            if self._waiting:
                self._fail("another process holds it")
            if self._unsynced:
                await asyncio.to_thread(self.sync)
            if self._seen[1] >= SEGMENT_BYTES:
                moved = asyncio.create_task(asyncio.to_thread(self.put_away))
                try:
                    await asyncio.shield(moved)
                finally:
                    # Who cancels this has a last line, and finds the file free for it.
                    await moved
                self.write()


#: What a request that is carried out has to tell of itself.
told: ContextVar[dict[str, Any] | None] = ContextVar("told", default=None)


def tell(**about: Any) -> None:
    """Adds to the line of the request that is carried out, if there is one."""
    row = told.get()
    if row is not None:
        row.update(about)


def _short(value: Any) -> Any:
    if isinstance(value, int):
        return value
    text = str(value)
    # What can not be encoded is shown; most is plain.
    return text[:TEXT_MAX] if text.isascii() else text.encode(errors="backslashreplace").decode()[:TEXT_MAX]


@contextmanager
def _opened(path: Path, patience: float) -> Iterator[int]:
    """The file, for this writer alone. Raises OSError, BlockingIOError where another has it for too long."""
    ends = time.monotonic() + patience
    while True:
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is(path, file):
                break
        except BlockingIOError:
            if time.monotonic() >= ends:
                os.close(file)
                raise
            time.sleep(0.01)
        os.close(file)
    try:
        yield file
    finally:
        os.close(file)


def _seen(file: int) -> tuple[int, int]:
    """By what a writer knows the file as he left it: which one it is, and its bytes."""
    found = os.fstat(file)
    return found.st_ino, found.st_size


def _sync(path: Path) -> None:
    """A file or a folder is on the disk. Raises OSError."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _is(path: Path, file: int) -> bool:
    """Whether the file was not put away while this waited for it."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))
    except FileNotFoundError:
        return False


def _line(row: dict[str, Any], before: Head) -> tuple[Head, bytes]:
    """A line behind another one. Its hash is that of all that stands before it."""
    content = msgspec.json.encode({"n": before.number + 1, **row, "before": before.hash})
    hash = sha256(content).hexdigest()
    return Head(before.number + 1, hash), content[:-1] + _HASH + hash.encode() + b'"}\n'


def _head_of(line: bytes) -> Head:
    """Of a line, as far as it is one: what is wrong with it, a verification finds."""
    try:
        row = msgspec.json.decode(line)
        return Head(int(row["n"]), str(row["hash"]))
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return Head(0, BEGIN)


def _end_of(file: int) -> tuple[bytes | None, bytes]:
    """The last line, None = there is none, and what stands behind it. Raises OSError where that is too much for one."""
    size = os.fstat(file).st_size
    begin = max(0, size - LINE_BYTES_MAX)
    whole, _, torn = os.pread(file, size - begin, begin).rpartition(b"\n")
    if not whole and begin:
        raise OSError("what it ends with is no line, and longer than any")
    return whole.rpartition(b"\n")[2] if whole else None, torn


def _head_in(path: Path) -> Head:
    """Of what was put away. Raises OSError."""
    with path.open("rb") as file:
        return _head_of(_end_of(file.fileno())[0] or b"")


# ── what is in it ──────────────────────────────────────────────────────────────────────────────────────────────────


class Verified(NamedTuple):
    """head: of the last good line. wrong: why the line behind it is none, "" = all are good. torn: bytes behind the
    last line of the newest file, of one that was not finished; what was put away is whole."""

    head: Head
    wrong: str
    torn: int


def lines_of(folder: Path) -> Iterator[bytes]:
    """Each line as it stands, those that were put away first, the unfinished last one too. Raises InputError where
    there is no log."""
    return (line for line, _ in _found(folder))


def _found(folder: Path) -> Iterator[tuple[bytes, bool]]:
    """Each line, and whether it stands in the newest file."""
    newest = folder / FILE
    try:
        # What is put away from here on is read as the newest still.
        with newest.open("rb") as last:
            for path in sorted(folder.glob(SEGMENTS)):
                with path.open("rb") as file:
                    if not os.path.samestat(os.fstat(file.fileno()), os.fstat(last.fileno())):
                        yield from ((line, False) for line in _lines(file))
            yield from ((line, True) for line in _lines(last))
    except FileNotFoundError:
        raise InputError(f"{newest} is not there: nothing was asked of a service in this home") from None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    # No writer is in its middle while this has the lock.
    fcntl.flock(file, fcntl.LOCK_SH)
    left = os.fstat(file.fileno()).st_size
    fcntl.flock(file, fcntl.LOCK_UN)
    while left > 0 and (line := file.readline(min(left, LINE_BYTES_MAX))):
        left -= len(line)
        yield line


def verified(folder: Path, anchor: str = "") -> Verified:
    """Whether each line is the one that was written behind the one before. anchor: the text of a `Head` that was kept
    elsewhere, which the log has to go through. Raises InputError, UsageError."""
    number, colon, hash = anchor.partition(":")
    if anchor and not (colon and number.isdigit() and len(hash) == 64):
        raise UsageError(f"a head is NUMBER:HASH, as the service says it; not {anchor!r}")
    kept = Head(int(number or 0), hash)
    head = Head(0, BEGIN)
    for line, newest in _found(folder):
        if not line.endswith(b"\n") and len(line) < LINE_BYTES_MAX:
            if not newest:
                return Verified(head, f"line {head.number + 1} is torn, in a file that was put away whole", 0)
            return Verified(head, _missed(head, kept), len(line))
        wrong = _wrong(line.rstrip(b"\n"), head)
        if wrong:
            return Verified(head, wrong, 0)
        head = _head_of(line)
        if head.number == kept.number and head != kept:
            return Verified(head, f"line {head.number} is another one than the head that was kept: {head.hash}", 0)
    return Verified(head, _missed(head, kept), 0)


def _missed(head: Head, kept: Head) -> str:
    return f"it ends with line {head.number}, and line {kept.number} was kept as its head" if head < kept else ""


def _wrong(line: bytes, head: Head) -> str:
    """Why it is not the line behind that head."""
    place = f"line {head.number + 1}"
    content, tail = line[:-_TAIL_BYTES] + b"}", line[-_TAIL_BYTES:]
    if tail != _HASH + sha256(content).hexdigest().encode() + b'"}':
        return f"{place} was changed: its hash is another one"
    row = msgspec.json.decode(content)
    if (row.get("n"), row.get("before")) != (head.number + 1, head.hash):
        return f"{place} is not there: what stands in its place says it is line {row.get('n')}, behind another one"
    return ""
