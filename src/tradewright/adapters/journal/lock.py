"""Locks: one writer per journal, one writer per account.

A lock is an exclusive flock on a file that stays. The kernel drops it with the process, however that ended, so there is
no stale lock; the file's text only says who to ask. Its descriptor is not inherited by programs that are started.
"""

from __future__ import annotations

import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tradewright.adapters.journal import disk
from tradewright.model.errors import JournalLocked


class FileLock:
    """Holds `path` locked from construction to `release`. Raises JournalLocked naming the process that has it."""

    def __init__(self, path: Path, what: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with disk.writing(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = _holder(path)
            os.close(self._descriptor)
            raise JournalLocked(f"{what} is held by {holder} ({path})") from error
        self._sign(path)

    def _sign(self, path: Path) -> None:
        text = json.dumps({"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")})
        try:
            with disk.writing(path):
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, text.encode(), 0)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Lets the next one in. The file stays: removing it would let two processes lock two files of one name."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def holder_of(path: Path) -> str | None:
    """Who holds the lock, None when nobody does. Looks only: it makes no file, signs nothing, and takes the lock
    shared for as long as it takes to give it back."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _holder(path)
    finally:
        os.close(descriptor)
    return None


def _holder(path: Path) -> str:
    try:
        signed = json.loads(path.read_text())
        return f"process {signed['pid']}, since {signed['since']}"
    except (OSError, ValueError, KeyError, TypeError):  # it was just starting and had not signed yet
        return "a process that has not said which"


class AccountLock(FileLock):
    """One writer per account among all processes that share `folder`."""

    def __init__(self, folder: Path, account: str) -> None:
        super().__init__(self.path(folder, account), f"account {account}")

    @staticmethod
    def path(folder: Path, account: str) -> Path:
        """The lock's file."""
        return folder / f"account-{quote(account, safe='')}.lock"
