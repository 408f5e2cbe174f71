"""Reading a journal folder, live or at rest, with every link proven on the way.

What is read is what was durable when the reader came to it. The lock is not needed: the anchor is read first, so a
journal that grows meanwhile only ends further behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tradewright.adapters.journal.anchor import read_anchor
from tradewright.adapters.journal.batch import Batch
from tradewright.adapters.journal.segment import Segment, SegmentReader, segments
from tradewright.model.chain import LENGTH_BYTES, START, Head, extend
from tradewright.model.errors import JournalDamaged, JournalError, JournalTruncated


def read(folder: Path, start: int = 1) -> Iterator[tuple[int, bytes]]:
    """The records from `start` on with their sequence numbers, each yielded after its batch was proven.

    Raises as `verify` does; a journal cut short is noticed at its end.
    """
    for first, frames in Walk(folder, start):
        for sequence, frame in enumerate(frames, first):
            if sequence >= start:
                yield sequence, frame[LENGTH_BYTES:]


def verify(folder: Path, start: int = 1) -> Head:
    """The journal's head, once it is proven; batches that end before `start` are only checked for their links.

    Raises JournalDamaged (segment, row and field named), JournalTruncated, or JournalError if there is no journal.
    """
    walk = Walk(folder, start)
    for _ in walk:
        pass
    return walk.head


def hash_at(folder: Path, sequence: int) -> bytes | None:
    """The chain's hash after record `sequence`; None if the journal does not hold that place.

    Raises JournalDamaged if the batch around it is not what was written.
    """
    found = segments(folder)
    for segment in reversed(found):
        if segment.first <= sequence + 1:
            with SegmentReader(segment, newest=segment is found[-1]) as reader:
                return _hash_within(reader, sequence)
    return None


def _hash_within(reader: SegmentReader, sequence: int) -> bytes | None:
    opening = reader.opening()
    if sequence == opening.sequence:
        return opening.hash
    before, batches = reader.since(sequence)
    for batch in batches:
        frames = batch.frames_after(before, reader.segment.name)
        held = sequence <= batch.last
        return extend(before.hash, frames[: sequence - before.sequence]) if held else None
    return None


class Walk:
    """One pass over a journal: (first sequence number, framed records) of each batch from the one that holds `start`.

    Proves each segment's header and link, each batch it yields, and the anchor. `head` is the last place proven.
    """

    def __init__(self, folder: Path, start: int = 1) -> None:
        anchor = read_anchor(folder)
        self._segments = segments(folder)
        if anchor is None:
            if self._segments:
                raise JournalTruncated(f"{folder}: the anchor is missing, so where the journal must end is not known")
            raise JournalError(f"{folder} holds no journal")
        if self._segments and self._segments[0].first > anchor.first:
            raise JournalTruncated(
                f"{self._segments[0].name} is the oldest segment; records from {anchor.first} are gone"
            )
        self._anchor = anchor
        # From the anchor at the latest, so that it is always compared.
        self._start = min(start, anchor.seq)
        self._place = "the journal"  # where the chain ends so far, in words
        self.head = START

    def __iter__(self) -> Iterator[tuple[int, list[bytes]]]:
        for number, segment in enumerate(self._segments):
            later = self._segments[number + 1 :]
            with SegmentReader(segment, newest=not later) as reader:
                self._enter(segment, reader.opening())
                if later and later[0].first <= self._start:
                    self._skip(reader)
                else:
                    yield from self._prove(reader)
        if self.head.sequence < self._anchor.seq:
            raise JournalTruncated(
                f"the journal ends at record {self.head.sequence}, before its anchor {self._anchor.seq}"
            )

    def _enter(self, segment: Segment, opening: Head) -> None:
        if segment is self._segments[0] and segment.first > 1:
            self.head = opening
        if opening.sequence != self.head.sequence:
            raise JournalDamaged(f"{self._place}, field last: {segment.name} follows record {opening.sequence}")
        if opening.hash != self.head.hash:
            raise JournalDamaged(f"{self._place}, field hash: {segment.name} follows another chain")
        self._meet_anchor(opening)
        self._place = f"{segment.name}, which shows no row"

    def _skip(self, reader: SegmentReader) -> None:
        batch = reader.last()
        if batch is not None:
            self._leave(batch, reader.segment.name)

    def _prove(self, reader: SegmentReader) -> Iterator[tuple[int, list[bytes]]]:
        self.head, batches = reader.since(self._start)
        name = reader.segment.name
        for batch in batches:
            frames = batch.frames_after(self.head, name)
            if batch.first <= self._anchor.seq <= batch.last:
                within = frames[: self._anchor.seq - self.head.sequence]
                self._meet_anchor(Head(self._anchor.seq, extend(self.head.hash, within)))
            self._leave(batch, name)
            yield batch.first, frames

    def _leave(self, batch: Batch, name: str) -> None:
        self.head = Head(batch.last, batch.hash)
        self._place = f"{name}, row {batch.first}–{batch.last}"

    def _meet_anchor(self, head: Head) -> None:
        if head.sequence == self._anchor.seq and head.hash != self._anchor.head.hash:
            raise JournalDamaged(f"anchor, field hash: record {head.sequence} has another hash in the journal")
