"""The journal this program uses, under one name for each of its parts."""

from __future__ import annotations

from tradewright.adapters.journal import AccountLock, EmergencyFile, FileJournal, Snapshots, hash_at, read, verify
from tradewright.adapters.journal.journal import CHECKPOINT_PAGES
from tradewright.adapters.journal.lock import holder_of
from tradewright.adapters.journal.segment import check_sqlite

__all__ = [
    "CHECKPOINT_PAGES",
    "AccountLock",
    "EmergencyFile",
    "FileJournal",
    "Snapshots",
    "check_sqlite",
    "hash_at",
    "holder_of",
    "read",
    "verify",
]
