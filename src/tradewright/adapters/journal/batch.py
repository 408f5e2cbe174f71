"""A batch: the records of one commit, stored as one row, and the proof that the row is what was written."""

from __future__ import annotations

from typing import NamedTuple, NoReturn

from tradewright.model.chain import HASH_BYTES, Head, extend, frames
from tradewright.model.errors import JournalDamaged


class Batch(NamedTuple):
    """Sequence numbers of the first and last record, all records framed, the chain's hash after the last."""

    first: int
    last: int
    payload: bytes
    hash: bytes

    def frames_after(self, before: Head, segment: str) -> list[bytes]:
        """The framed records, if this is exactly what was written after `before`.

        Raises JournalDamaged naming the segment, the row and the field that is not.
        """
        due = before.sequence + 1
        if self.first > due:
            self._refuse(segment, due, "first", f"no row begins here, the next begins at {self.first}")
        if self.first < due:
            self._refuse(segment, self.first, "first", f"the row here must begin at {due}")
        found = frames(self.payload)
        if found is None:
            self._refuse(segment, due, "payload", "it is not made of whole records")
        computed = extend(before.hash, found)
        if computed != self.hash:
            field = "hash" if itself_damaged(self.hash, computed) else "payload"
            self._refuse(segment, due, field, "it does not fit the chain")
        if self.last != before.sequence + len(found):
            self._refuse(segment, due, "last", f"it holds {len(found)} records")
        return found

    def _refuse(self, segment: str, first: int, field: str, why: str) -> NoReturn:
        raise JournalDamaged(f"{segment}, row {first}–{self.last}, field {field}: {why}")


def itself_damaged(stored: bytes, computed: bytes) -> bool:
    """Whether it is the stored hash that changed, not what it was computed from.

    Another source changes about half of the 256 bits; fewer than a quarter means that the hash itself was damaged.
    """
    differing = (int.from_bytes(computed) ^ int.from_bytes(stored)).bit_count()
    return len(stored) != HASH_BYTES or differing < 8 * HASH_BYTES // 4
