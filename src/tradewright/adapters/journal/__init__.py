"""The journal: the one durable, ordered, verifiable memory of an engine. Everything else is rebuilt from it.

A journal is a folder:

    2026-11-21-00000000000000000001.sqlite   a segment: the batches of one UTC day, from that sequence number on
    anchor                                   the head it must at least reach, and the first record kept
    snapshots/                               states after a record, the newest three
    emergency                                pre-allocated room for intents when nothing else can be written
    lock                                     flocked by the one writer

What it promises. A record that `durable` has reached survives a kill and a power loss. Sequence numbers run from 1
without a gap, for ever. A commit that a crash tore is cut as a whole; anything else that is not what was written
refuses to open and is named by segment, row and field. Equal records give equal hashes, however they were stored.

What it can not promise: a rotten byte in the last second before a *crash* (after the anchor, in a WAL not yet moved)
looks like a torn commit. And it needs a local disk that tells the truth about fsync.
"""

from tradewright.adapters.journal.emergency import EmergencyFile
from tradewright.adapters.journal.journal import FileJournal
from tradewright.adapters.journal.lock import AccountLock
from tradewright.adapters.journal.points import CRASH_POINTS
from tradewright.adapters.journal.reader import hash_at, read, verify
from tradewright.adapters.journal.snapshot import Snapshot, Snapshots

__all__ = [
    "CRASH_POINTS",
    "AccountLock",
    "EmergencyFile",
    "FileJournal",
    "Snapshot",
    "Snapshots",
    "hash_at",
    "read",
    "verify",
]
