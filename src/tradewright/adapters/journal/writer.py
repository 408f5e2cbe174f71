"""The writer: the one thread, with the one connection, that turns the backlog into durable rows.

A commit starts as soon as somebody waits for one, and takes all that was queued meanwhile: a lone record waits for one
fsync, a burst shares one. What nobody waits for has its own within milliseconds. After a commit come those who wait for
it, then the chores: checkpoint, anchor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tradewright.adapters.journal import disk, points
from tradewright.adapters.journal.anchor import AnchorFile
from tradewright.adapters.journal.backlog import Backlog, Entry
from tradewright.adapters.journal.batch import Batch
from tradewright.adapters.journal.segment import Segment, SegmentWriter
from tradewright.model.chain import Head
from tradewright.model.errors import JournalError
from tradewright.ports import CrashPoint

#: Largest row; only records that belong together can be larger. One such commit stays near the 5 ms promised for a
#: group commit.
BATCH_BYTES_MAX = 1024 * 1024
#: The anchor is rewritten at most once in this time.
ANCHOR_SECONDS = 1.0


class Writer:
    """Owns the newest segment from the head on. `run` is the thread; it ends by a closed backlog or by a failure."""

    def __init__(
        self,
        folder: Path,
        head: Head,
        segment: SegmentWriter | None,
        backlog: Backlog,
        anchor: AnchorFile,
        *,
        notify: Callable[[], None],
        fatal: disk.Fatal,
        crash: CrashPoint,
        vfs: str | None,
        checkpoint_pages: int,
    ) -> None:
        self._folder = folder
        self._head = head
        self._segment = segment
        self._backlog = backlog
        self._anchor = anchor
        self._anchored_at = time.monotonic() - ANCHOR_SECONDS
        self._notify = notify
        self.timed: Callable[[float], None] = lambda seconds: None
        self._fatal = fatal
        self._crash = crash
        self._vfs = vfs
        self._checkpoint_pages = checkpoint_pages
        self._pages_kept = 0

    def run(self) -> None:
        try:
            while (entries := self._backlog.take(self._patience())) is not None:
                for batch in self._batches(entries):
                    self._commit(*batch)
                    self._checkpoint_if_due()
                if self._patience() == 0.0:
                    self._reach()
            if self._segment is not None:
                self._segment.close()
            self._anchor.reach(self._head)
        except JournalError as failure:
            self._give_up(failure)
        except disk.SyncFailed as error:
            self._end(str(error))
        except BaseException as error:
            # A writer that dies of a defect must not leave an engine that waits for ever or, worse, does not.
            self._end(f"the writer met {error!r}")

    def _patience(self) -> float | None:
        """Seconds until the anchor is due; None while it is where the journal is."""
        if self._anchor.sequence >= self._head.sequence:
            return None
        return max(0.0, self._anchored_at + ANCHOR_SECONDS - time.monotonic())

    def _reach(self) -> None:
        self._anchor.reach(self._head)
        self._anchored_at = time.monotonic()

    def _batches(self, entries: list[Entry]) -> Iterator[tuple[int, list[Entry]]]:
        """Cuts what was taken where a new day begins and where a row would grow too large; with each cut's day."""
        day = self._segment.segment.day if self._segment else -1
        cut: list[Entry] = []
        size = 0
        for entry in entries:
            if cut and (entry.day > day or size + len(entry.frames) > BATCH_BYTES_MAX):
                yield day, cut
                cut, size = [], 0
            day = max(day, entry.day)
            cut.append(entry)
            size += len(entry.frames)
        if cut:
            yield day, cut

    def _commit(self, day: int, entries: list[Entry]) -> None:
        head = entries[-1].head
        payload = b"".join([entry.frames for entry in entries])
        segment = self._segment_of(day)
        self._crash(points.BEFORE_COMMIT)
        began = time.perf_counter()
        segment.append(Batch(self._head.sequence + 1, head.sequence, payload, head.hash))
        self.timed(time.perf_counter() - began)
        self._head = head
        self._crash(points.AFTER_COMMIT_BEFORE_NOTIFY)
        self._backlog.settle(head.sequence, len(payload))
        self._notify()
        self._crash(points.AFTER_NOTIFY)

    def _segment_of(self, day: int) -> SegmentWriter:
        if self._segment is not None and self._segment.segment.day >= day:
            return self._segment
        if self._segment is not None:
            self._segment.close()
        place = Segment(self._folder, day, self._head.sequence + 1)
        self._segment = SegmentWriter.create(place, self._head.hash, self._crash, self._vfs)
        self._pages_kept = 0
        return self._segment

    def _checkpoint_if_due(self) -> None:
        """Counts the pages since the last checkpoint: while a reader keeps the WAL from being reused, it only grows."""
        assert self._segment is not None
        pages = self._segment.wal_pages
        self._pages_kept = min(self._pages_kept, pages)
        if pages - self._pages_kept >= self._checkpoint_pages:
            self._crash(points.BEFORE_CHECKPOINT)
            self._segment.checkpoint()
            self._pages_kept = pages
            self._crash(points.AFTER_CHECKPOINT)

    def _give_up(self, failure: JournalError) -> None:
        if self._segment is not None:
            self._segment.abandon()
        self._backlog.fail(failure)
        self._notify()

    def _end(self, reason: str) -> None:
        self._fatal(reason)
        self._backlog.fail(JournalError(reason))  # only where a proof's `fatal` returned
