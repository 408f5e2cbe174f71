"""From a journal into a Store, record by record, each batch with the place it has reached.

The place is a number and the chain's hash there, so tables of another journal, or of one that has lost its end, are
seen for what they are. A write whose outcome is not known is looked up before anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tradewright.app.projections.projector import Projector
from tradewright.app.recovery import groups, restored
from tradewright.app.wiring.journals import hash_at, read
from tradewright.model.chain import START, Head
from tradewright.model.codec import Decoder
from tradewright.model.errors import InputError, JournalDamaged
from tradewright.ports import Changes, Store
from tradewright.trader import Trader

#: Records folded before what they make is written: a transaction of a moment, however much there is to catch up on.
BATCH = 2_000


class Follower:
    """Making it folds the journal to the place that the tables have reached. batch: records to a write, about. Raises
    InputError for tables of another journal, JournalError, StoreError."""

    def __init__(self, journal: Path, store: Store, batch: int = BATCH) -> None:
        self.journal = journal
        self.store = store
        self.batch = batch
        self.reached = store.reached()
        if self.reached != START:
            _check(journal, self.reached)
        self._folded = self.reached.sequence
        #: What was made of it and is not known to be written, and the place behind it.
        self._unwritten: tuple[Changes, Head] | None = None
        trader = Trader(None)
        folded = restored(journal, trader, self.reached.sequence)
        self._decoder = Decoder(trader.engine.instruments, lambda id: trader.engine.orders[id].order)
        if folded < self.reached.sequence:
            for sequence, event, outputs in groups(read(journal, folded + 1), self._decoder):
                trader.follow(event, outputs)
                if sequence >= self.reached.sequence:
                    break
        self._projector = Projector(trader)

    def catch_up(self, told: Callable[[int], None] = lambda sequence: None) -> None:
        """To the end of the journal as it is now. told: of the last record of each batch that is written. Raises
        StoreError and JournalError; it may be called again then."""
        self._settle()
        for sequence, event, outputs in groups(read(self.journal, self._folded + 1), self._decoder):
            self._projector.fold(sequence, event, outputs)
            self._folded = sequence
            if sequence - self.reached.sequence >= self.batch:
                self._write()
                told(sequence)
        if self._folded > self.reached.sequence:
            self._write()
        told(self._folded)

    def _write(self) -> None:
        found = hash_at(self.journal, self._folded)
        if found is None:
            raise JournalDamaged(f"{self.journal}: record {self._folded} is gone while it is read")
        self._unwritten = (self._projector.taken(), Head(self._folded, found))
        self._settle()

    def _settle(self) -> None:
        if self._unwritten is None:
            return
        changes, after = self._unwritten
        # It may have been done, and the answer lost.
        if self.store.reached() != after:
            self.store.write(changes, self.reached, after)
        self.reached, self._unwritten = after, None


def rebuild(journal: Path, store: Store, told: Callable[[int], None] = lambda sequence: None) -> int:
    """Tells the tables anew from the journal's begin; the last record. Raises as `Follower`."""
    store.clear()
    follower = Follower(journal, store)
    follower.catch_up(told)
    return follower.reached.sequence


def _check(journal: Path, reached: Head) -> None:
    found = hash_at(journal, reached.sequence)
    if found == reached.hash:
        return
    what = "has other records" if found is not None else "does not hold that record"
    raise InputError(
        f"the tables tell a journal up to record {reached.sequence}, and {journal} {what}: they are another journal's, "
        "or this one was put back; `tradewright tables rebuild` tells them anew"
    )
