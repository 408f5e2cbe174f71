"""The disk: how bytes become durable beside SQLite, and what each of its failures means for us.

Three meanings. A failed fsync: what is on the disk is no longer known, and asking again would get a false yes (the
kernel forgets the dirty pages); the process must end. A write that failed: nothing can be added, what was durable
stays. A read that failed or made no sense: the journal is damaged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import apsw

from tradewright.model.errors import JournalDamaged, JournalError, JournalFull

#: EX_SOFTWARE of sysexits.h: not one of the command line's own codes, so a supervisor can tell this end from others.
EXIT_SYNC_FAILED = 70

#: Told the reason, ends the process. A parameter only so that a proof can watch it happen.
Fatal = Callable[[str], None]


class SyncFailed(Exception):
    """An fsync failed. It does not leave this package: it becomes the end of the process."""


#: Any xSync of SQLite's (database or WAL), and the fsync of a directory after a file was made or removed.
_SYNC_CODES = frozenset({apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC})
_READ_CODES = frozenset(
    {
        apsw.SQLITE_IOERR_READ,
        apsw.SQLITE_IOERR_SHORT_READ,
        apsw.SQLITE_IOERR_CORRUPTFS,
        apsw.SQLITE_IOERR_DATA,
        apsw.SQLITE_IOERR_IN_PAGE,
    }
)
#: SQLError is "no such table", "no such column" or "malformed schema": our own statements never change.
_DAMAGE = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, apsw.TooBigError, apsw.FormatError, apsw.MismatchError)
_NO_WRITE = (
    apsw.FullError,
    apsw.IOError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.PermissionsError,
    apsw.BusyError,
)


def end_process(reason: str) -> NoReturn:
    """One line to stderr, then the end, without flush or clean-up: nothing more may reach the disk."""
    os.write(2, f"tradewright: journal: {reason}; the process ends because the disk can not be trusted\n".encode())
    os._exit(EXIT_SYNC_FAILED)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Translates what goes wrong while `path` is written: SyncFailed, JournalDamaged or JournalFull.

    An error in none of the tables is a defect and passes unchanged.
    """
    try:
        yield
    except apsw.Error as error:
        code = getattr(error, "extendedresult", 0)
        if code in _SYNC_CODES:
            raise SyncFailed(f"{path.name}: fsync failed ({error})") from error
        if code in _READ_CODES or isinstance(error, _DAMAGE):
            raise JournalDamaged(f"{path.name}: {error}") from error
        if isinstance(error, _NO_WRITE):
            raise JournalFull(f"{path.name} can not be written: {error}") from error
        raise
    except OSError as error:
        raise JournalFull(f"{path.name} can not be written: {error.strerror}") from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Translates what goes wrong while `path` is read: JournalDamaged, or JournalError if it can not be opened."""
    try:
        yield
    except (apsw.CantOpenError, apsw.PermissionsError, apsw.BusyError) as error:
        raise JournalError(f"{path.name} can not be opened: {error}") from error
    except (apsw.IOError, UnicodeDecodeError, *_DAMAGE) as error:  # a name in the schema that is no text
        raise JournalDamaged(f"{path.name}: {error}") from error
    except OSError as error:
        raise JournalError(f"{path.name} can not be read: {error.strerror}") from error


@contextmanager
def or_end(fatal: Fatal) -> Iterator[None]:
    """A SyncFailed inside ends the process."""
    try:
        yield
    except SyncFailed as error:
        fatal(str(error))
        raise JournalFull(str(error)) from error  # only where a proof's `fatal` returned


def sync(descriptor: int, path: Path) -> None:
    """fsync or SyncFailed."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise SyncFailed(f"{path.name}: fsync failed ({error.strerror})") from error


def sync_path(path: Path) -> None:
    """Makes a file's bytes, or a folder's names, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        sync(descriptor, path)
    finally:
        os.close(descriptor)


def replace(path: Path, data: bytes, before_rename: Callable[[], None] = lambda: None) -> None:
    """Writes a whole file so that after a crash at any point there is the old one or the new one, never a mixture."""
    temporary = path.with_name(path.name + ".tmp")
    with writing(path):
        with open(temporary, "wb", buffering=0) as file:
            view = memoryview(data)
            while view:
                view = view[file.write(view) :]
            sync(file.fileno(), path)
        before_rename()
        os.replace(temporary, path)
        sync_path(path.parent)
