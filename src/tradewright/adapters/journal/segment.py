"""A segment: one SQLite file of a journal, holding the batches of one UTC day.

Its name says the day and the first sequence number; its header repeats both and adds the hash of the record before. A
file gets its name only when its header is durable. Days never go back: a late record stays in the newest segment.

Connections use SQLite's normal locking, because a live journal can be read; `lock` keeps other writers out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, NoReturn, Self
from urllib.parse import quote

import apsw

from tradewright.adapters.journal import disk, points
from tradewright.adapters.journal.batch import Batch, itself_damaged
from tradewright.model.chain import Head, digest
from tradewright.model.errors import ContractError, JournalDamaged, JournalError
from tradewright.ports import CrashPoint

FORMAT = 1
#: Older ones can corrupt a WAL that two connections use (sqlite.org/wal.html, "the WAL-reset bug").
SQLITE_MIN = (3, 51, 3)
DAY_NS = 86_400 * 10**9
#: Longest wait for another process's short look: a reader recovering the WAL, an operator's shell.
BUSY_MS = 5_000
#: Rows per read transaction. One that stays open would keep the writer's WAL from being reused.
ROWS_PER_READ = 64

_SCHEMA = """
CREATE TABLE header (format INTEGER NOT NULL, day TEXT NOT NULL, first INTEGER NOT NULL, previous BLOB NOT NULL,
                     seal BLOB NOT NULL) STRICT;
CREATE TABLE batch (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, payload BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
"""
_NAME = re.compile(r"(\d{4}-\d\d-\d\d)-(\d{20})\.sqlite")
_EPOCH = date(1970, 1, 1).toordinal()
_KINDS = [int, int, bytes, bytes]
_BEFORE_ALL, _AFTER_ALL = -(2**63), 2**63 - 1


def day_of(time: int) -> int:
    """The UTC day, counted from 1970-01-01, of a time in ns UTC within int64."""
    if not 0 <= time < 2**63:
        raise ContractError(f"{time} is not a time in ns UTC")
    return time // DAY_NS


def check_sqlite(version: str) -> None:
    """Raises JournalError if this SQLite is too old to be trusted with a WAL."""
    if tuple(int(part) for part in version.split(".")[:3]) < SQLITE_MIN:
        needed = ".".join(map(str, SQLITE_MIN))
        raise JournalError(f"SQLite {version} can corrupt a journal; {needed} or newer is needed (update apsw)")


class Segment(NamedTuple):
    """Where a segment lies: its folder, its day (days since 1970-01-01) and its first sequence number."""

    folder: Path
    day: int
    first: int

    @property
    def date(self) -> str:
        return date.fromordinal(_EPOCH + self.day).isoformat()

    @property
    def name(self) -> str:
        return f"{self.date}-{self.first:020d}.sqlite"

    @property
    def path(self) -> Path:
        return self.folder / self.name

    @property
    def wal(self) -> Path:
        return self.folder / (self.name + "-wal")

    def delete(self) -> None:
        """Removes the file and what SQLite may have left beside it."""
        with disk.writing(self.path):
            for suffix in ("-wal", "-shm", ""):
                (self.folder / (self.name + suffix)).unlink(missing_ok=True)


def segments(folder: Path) -> list[Segment]:
    """The folder's segments in the order of the chain."""
    with disk.reading(folder):
        names = [path.name for path in folder.iterdir()]
    return sorted(segment for name in names if (segment := _named(folder, name)))


def _named(folder: Path, name: str) -> Segment | None:
    match = _NAME.fullmatch(name)
    try:
        return Segment(folder, date.fromisoformat(match[1]).toordinal() - _EPOCH, int(match[2])) if match else None
    except ValueError:  # no such date: nothing of ours
        return None


def _seal(day: str, first: int, previous: bytes) -> bytes:
    return digest(repr((FORMAT, day, first, previous)).encode())


class SegmentReader:
    """Reads one segment and trusts none of it; does not write, lock out the writer or need the lock."""

    def __init__(self, segment: Segment, newest: bool) -> None:
        check_sqlite(apsw.sqlite_lib_version())
        self.segment = segment
        with disk.reading(segment.path):
            self._connection = self._open(newest)

    def _open(self, newest: bool) -> apsw.Connection:
        # A finished segment without a WAL is its file alone, for ever: read as such it needs no file beside it (and can
        # lie on a read-only disk). The newest may be growing under us and is read through the WAL where that can be.
        alone = self._has_no_wal()
        if newest or not alone:
            try:
                return self._connect("mode=ro")
            except (apsw.CantOpenError, apsw.ReadOnlyError):
                if not alone:
                    raise
        return self._connect("immutable=1")

    def _has_no_wal(self) -> bool:
        try:
            return self.segment.wal.stat().st_size == 0
        except FileNotFoundError:
            return True

    def _connect(self, how: str) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        connection = apsw.Connection(f"file:{quote(str(self.segment.path))}?{how}", flags=flags)
        try:
            connection.set_busy_timeout(BUSY_MS)
            connection.execute("SELECT 1 FROM header").fetchall()
        except BaseException:
            connection.close()
            raise
        return connection

    def _rows(self, sql: str, *values: int) -> list[Any]:
        with disk.reading(self.segment.path):
            return self._connection.execute(sql, values).fetchall()

    def opening(self) -> Head:
        """The head before this segment's first record, from a header that is what was written."""
        rows = self._rows("SELECT format, CAST(day AS BLOB), first, previous, seal FROM header")
        if len(rows) != 1 or [type(value) for value in rows[0]] != [int, bytes, int, bytes, bytes]:
            self._refuse("header", "it is not one row of the right types")
        form, day, first, previous, seal = rows[0]
        if form != FORMAT:
            self._refuse("header, field format", f"{form} is not {FORMAT}")
        if day != self.segment.date.encode():
            self._refuse("header, field day", f"{day!r} is not the day in its name")
        if first != self.segment.first:
            self._refuse("header, field first", f"{first} is not the number in its name")
        computed = _seal(self.segment.date, first, previous)
        if computed != seal:
            field = "seal" if itself_damaged(seal, computed) else "previous"
            self._refuse(f"header, field {field}", "the header does not fit its seal")
        return Head(first - 1, previous)

    def since(self, sequence: int) -> tuple[Head, Iterator[Batch]]:
        """The rows from the one that holds `sequence` on, and the head before them as it is stored.

        Types are right, nothing else is proven. A number before the segment gives all rows, one after it the last row.
        """
        holding = self.last(sequence + 1) if sequence > self.segment.first else None
        before = self.last(holding.first) if holding else None
        if before is None:
            return self.opening(), self._batches(_BEFORE_ALL)
        return Head(before.last, before.hash), self._batches(before.first)

    def last(self, below: int = _AFTER_ALL) -> Batch | None:
        """The last row that begins below a sequence number, as it is stored, without its payload."""
        rows = self._rows("SELECT first, last, x'', hash FROM batch WHERE first < ? ORDER BY first DESC LIMIT 1", below)
        return self._batch(rows[0]) if rows else None

    def _batches(self, after: int) -> Iterator[Batch]:
        while True:
            rows = self._rows(
                "SELECT first, last, payload, hash FROM batch WHERE first > ? ORDER BY first LIMIT ?",
                after,
                ROWS_PER_READ,
            )
            for row in rows:
                yield self._batch(row)
            if len(rows) < ROWS_PER_READ:
                return
            after = rows[-1][0]

    def _batch(self, row: Any) -> Batch:
        if [*map(type, row)] != _KINDS:
            field, kind = next(
                (field, kind)
                for field, kind, value in zip(Batch._fields, _KINDS, row, strict=True)
                if type(value) is not kind
            )
            self._refuse(f"row {row[0]}–{row[1]}, field {field}", f"it is not of type {kind.__name__}")
        return Batch(*row)

    def _refuse(self, where: str, why: str) -> NoReturn:
        raise JournalDamaged(f"{self.segment.name}, {where}: {why}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()


class SegmentWriter:
    """The one connection that writes a segment and moves its WAL into the file."""

    def __init__(self, segment: Segment, vfs: str | None = None) -> None:
        """Opens an existing segment; all that it then holds is durable, also what a killed process left in flight."""
        check_sqlite(apsw.sqlite_lib_version())
        self.segment = segment
        self.wal_pages = 0
        with disk.writing(segment.path):
            if segment.wal.exists():
                disk.sync_path(segment.wal)
            self._connection = apsw.Connection(str(segment.path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
            try:
                self._configure()
                self._empty_wal()
            except BaseException:
                self._connection.close()
                raise
            # SQLite ignores a failed fsync of the folder when it makes a WAL; without its name the WAL would be lost.
            disk.sync_path(segment.folder)

    def _configure(self) -> None:
        connection = self._connection
        connection.set_busy_timeout(BUSY_MS)
        for pragma in ("synchronous = FULL", "fullfsync = ON", "checkpoint_fullfsync = ON"):
            connection.execute(f"PRAGMA {pragma}")
        # SQLite's own checkpoints, after a commit and while closing, swallow every error, a failed fsync among them:
        # the first is replaced, the second is off until all has gone well.
        connection.set_wal_hook(self._committed)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)

    def _empty_wal(self) -> None:
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.BusyError:  # a reader is in the middle; the WAL was synced and is simply kept
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _committed(self, connection: apsw.Connection, database: str, pages: int) -> int:
        self.wal_pages = pages
        return apsw.SQLITE_OK

    @classmethod
    def create(cls, segment: Segment, previous: bytes, crash: CrashPoint, vfs: str | None = None) -> SegmentWriter:
        """Makes the file with its header, whole or not at all, and opens it."""
        disk.replace(segment.path, _empty(segment, previous), lambda: crash(points.BEFORE_SEGMENT_RENAME))
        writer = cls(segment, vfs)
        crash(points.SEGMENT_CREATED)
        return writer

    def append(self, batch: Batch) -> None:
        """One durable commit."""
        with disk.writing(self.segment.path):
            self._connection.execute("INSERT INTO batch VALUES (?, ?, ?, ?)", batch)

    def checkpoint(self) -> None:
        """Moves the WAL into the file as far as readers allow, so that the next commits reuse it."""
        with disk.writing(self.segment.path):
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def close(self) -> None:
        """Checkpoints and closes; after it the segment is one plain file unless a reader is in the middle."""
        self.checkpoint()
        self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        self._connection.close()

    def abandon(self) -> None:
        """Closes after a failure, without a write."""
        self._connection.close()


def _empty(segment: Segment, previous: bytes) -> bytes:
    """The bytes of a segment's file that holds its header only.

    Made in memory and marked as a WAL database by the two version bytes of SQLite's file format (sqlite.org,
    fileformat2, 1.3.3): turning a file into one by pragma swallows errors of the disk, a failed fsync among them.
    """
    with apsw.Connection(":memory:") as connection:
        connection.execute(_SCHEMA)
        seal = _seal(segment.date, segment.first, previous)
        header = (FORMAT, segment.date, segment.first, previous, seal)
        connection.execute("INSERT INTO header VALUES (?, ?, ?, ?, ?)", header)
    image = bytearray(connection.serialize("main"))
    connection.close()
    image[18:20] = (2, 2)
    return bytes(image)
