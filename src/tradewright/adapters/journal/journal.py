"""The journal in a folder: one SQLite file per day, an anchor, a lock, snapshots and the emergency file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from tradewright.adapters.journal import disk, points
from tradewright.adapters.journal.anchor import AnchorFile, read_anchor
from tradewright.adapters.journal.backlog import Backlog
from tradewright.adapters.journal.lock import FileLock
from tradewright.adapters.journal.reader import verify
from tradewright.adapters.journal.segment import SegmentWriter, day_of, segments
from tradewright.adapters.journal.snapshot import FOLDER as SNAPSHOTS
from tradewright.adapters.journal.snapshot import Snapshots
from tradewright.adapters.journal.writer import Writer
from tradewright.model.chain import START, Head
from tradewright.model.errors import ContractError, JournalError
from tradewright.ports import CrashPoint, no_crash

#: Largest record. A row of JSON that needs more is a defect; a caller's state belongs in a snapshot.
RECORD_BYTES_MAX = 1024 * 1024
#: Pages of WAL (4 KiB each) after which they are moved into the segment: SQLite's own default.
CHECKPOINT_PAGES = 1_000


class FileJournal:
    """The Journal of `ports` on a local disk, held under an exclusive lock from construction to `close`.

    Opening proves the chain and makes all it finds durable. start: batches that end before this record are not hashed
    again (the record after a snapshot); their links are always checked. notify: called by the writer thread after each
    commit and at a failure; it must not block or raise (`lambda: loop.call_soon_threadsafe(...)`). fatal: ends the
    process when an fsync failed. vfs: name of a SQLite VFS, for proofs. Raises JournalLocked, JournalDamaged,
    JournalTruncated, or JournalFull if the folder can not be written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        start: int = 1,
        notify: Callable[[], None] = lambda: None,
        fatal: disk.Fatal = disk.end_process,
        crash: CrashPoint = no_crash,
        vfs: str | None = None,
        checkpoint_pages: int = CHECKPOINT_PAGES,
    ) -> None:
        self.folder = folder
        self._fatal = fatal
        self._crash = crash
        self._lock = FileLock(folder / "lock", f"journal {folder}")
        try:
            with disk.or_end(fatal):
                head, segment, self._anchor = self._recover(start, vfs)
        except BaseException:
            self._lock.release()
            raise
        self._backlog = Backlog(head)
        self._snapshots = Snapshots(folder, crash)
        self._writer = Writer(
            folder, head, segment, self._backlog, self._anchor,
            notify=notify, fatal=fatal, crash=crash, vfs=vfs, checkpoint_pages=checkpoint_pages,
        )  # fmt: skip
        self._thread = Thread(target=self._writer.run, name="journal", daemon=True)
        self._thread.start()

    def _recover(self, start: int, vfs: str | None) -> tuple[Head, SegmentWriter | None, AnchorFile]:
        """Clears what a crash left half made, proves the rest, and makes it durable before it counts."""
        folder = self.folder
        with disk.writing(folder):
            for leftover in (*folder.glob("*.tmp*"), *folder.glob(f"{SNAPSHOTS}/*.tmp")):
                leftover.unlink()
        found = segments(folder)
        anchor = read_anchor(folder)
        if anchor is None and not found:
            return START, None, AnchorFile(folder, None, self._crash)
        head = verify(folder, start)
        segment = SegmentWriter(found[-1], vfs) if found else None
        self._crash(points.RECOVERED)
        return head, segment, AnchorFile(folder, anchor, self._crash)

    @property
    def head(self) -> Head:
        return self._backlog.head

    @property
    def durable(self) -> int:
        return self._backlog.durable

    @property
    def failure(self) -> JournalError | None:
        return self._backlog.failure

    def append(self, record: bytes, time: int) -> int:
        return self.append_all([record], time)

    def append_all(self, records: Sequence[bytes], time: int) -> int:
        largest = max(map(len, records))
        if largest > RECORD_BYTES_MAX:
            raise ContractError(f"a record of {largest} bytes; {RECORD_BYTES_MAX} is the most")
        self._crash(points.BEFORE_APPEND)
        return self._backlog.append(records, day_of(time))

    def wait(self, sequence: int, timeout: float | None = None) -> bool:
        return self._backlog.wait(sequence, timeout)

    def time_commits(self, told: Callable[[float], None]) -> None:
        """`told` hears, in the writer's thread, how many seconds each commit takes."""
        self._writer.timed = told

    def snapshot(self, at: Head, state: bytes) -> None:
        self.wait(at.sequence)
        with disk.or_end(self._fatal):
            self._anchor.reach(at)
            self._snapshots.write(at, state)

    def retire(self, before: int) -> list[str]:
        """Deletes the segments of days before that of `before` (ns UTC) that no kept snapshot needs; returns names.

        Never the newest segment, and nothing without a whole snapshot. The chain stays verifiable: the first segment
        kept carries the hash of the record before it, and the anchor says that it is the first.
        """
        oldest = min(self._snapshots.whole(), default=0)
        found = segments(self.folder)
        kept = 0
        while kept + 1 < len(found) and found[kept].day < day_of(before) and found[kept + 1].first <= oldest + 1:
            kept += 1
        if kept:
            with disk.or_end(self._fatal):
                self._anchor.keep_from(found[kept].first)
                for segment in found[:kept]:
                    self._crash(points.BEFORE_SEGMENT_DELETE)
                    segment.delete()
                disk.sync_path(self.folder)
            self._crash(points.AFTER_SEGMENT_DELETE)
        return [segment.name for segment in found[:kept]]

    def close(self) -> None:
        self._backlog.close()
        self._thread.join()
        self._lock.release()
        if self.failure is not None:
            raise self.failure

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
