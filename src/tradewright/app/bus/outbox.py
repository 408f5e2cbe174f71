"""The journal is the outbox: what a record was to the world is published behind it, and the place is kept behind that.

So a record whose facts are published and whose place is not is told again after a restart, under the same ids.
"""

from __future__ import annotations

import secrets
from itertools import islice
from pathlib import Path

import msgspec

from tradewright.app.api.facts import Fact, facts_of, look
from tradewright.app.bus.place import Place, read_place, write_place
from tradewright.app.bus.subjects import subject_of
from tradewright.app.recovery import groups, restored
from tradewright.app.wiring.journals import hash_at, read
from tradewright.model.codec import Decoder
from tradewright.model.errors import InputError, JournalDamaged
from tradewright.ports import Bus, Outgoing
from tradewright.trader import Trader

#: Steps that are folded before what they make is published.
BATCH = 500
#: Letters of a journal's id: of the chain's hash behind its first record.
ID_LETTERS = 16
#: Of what tells two places of one journal apart: one that was put back makes records anew under the old numbers.
EPOCH_BYTES = 4


class Outbox:
    """bus: which one it is, as its place says it; prefix: of subjects; since: the record behind which one that has no
    place here is told. Making it keeps that as its place, and folds the journal up to there. reached: the last record
    that was told. Raises InputError, JournalError."""

    def __init__(self, journal: Path, file: Path, bus: str, prefix: str, since: int) -> None:
        self._journal = journal
        self._file = file
        self._prefix = prefix
        self._place = _placed(journal, file, bus, since)
        self.reached = self._place.sequence
        #: Of the journal, "" = it holds no record yet.
        self.id = journal_id(journal)
        self._trader = Trader(None)
        self._folded = restored(journal, self._trader, self.reached)
        engine = self._trader.engine
        self._decoder = Decoder(engine.instruments, lambda id: engine.orders[id].order)
        self._unsent: list[Outgoing] = []
        while self._folded < self.reached and self._fold():
            self._unsent.clear()

    def begun(self) -> bool:
        """Whether the journal holds a record."""
        self.id = self.id or journal_id(self._journal)
        return self.id != ""

    async def tell(self, bus: Bus) -> bool:
        """Publish what is due of the next steps; False where there are none. Raises BusError, and may be called again
        then."""
        if self._folded == self.reached and not self._fold():
            return False
        await bus.publish(self._unsent)
        found = hash_at(self._journal, self._folded)
        if found is None:
            raise JournalDamaged(f"{self._journal}: record {self._folded} is gone while it is read")
        self._place = msgspec.structs.replace(self._place, sequence=self._folded, hash=found.hex())
        write_place(self._file, self._place)
        self.reached = self._folded
        self._unsent = []
        return True

    def _fold(self) -> bool:
        """The next steps; whether there are any."""
        begin = self._folded
        steps = groups(read(self._journal, self._folded + 1), self._decoder)
        for sequence, event, outputs in islice(steps, BATCH):
            before = look(self._trader.engine, event)
            matches = self._trader.follow(event, outputs)
            facts = facts_of(self._trader, before, sequence, event, outputs, matches)
            self._unsent += map(self._outgoing, facts)
            self._folded = sequence
            if sequence == self.reached:
                # What is behind it was not told.
                break
        return self._folded > begin

    def _outgoing(self, fact: Fact) -> Outgoing:
        epoch = f"-{self._place.epoch}" if self._place.epoch else ""
        id = f"{self.id}{epoch}.{fact.sequence}.{fact.place}"
        return Outgoing(id, fact.sequence, fact.place, subject_of(fact.type, self._prefix), fact.content)


def journal_id(journal: Path) -> str:
    """Of a journal that holds a record, else ""."""
    first = hash_at(journal, 1)
    return "" if first is None else first.hex()[:ID_LETTERS]


def _placed(journal: Path, file: Path, bus: str, since: int) -> Place:
    """The place of a bus; of one that has none a new one, which is kept before anything is told: what could not be told
    in this run is told in the next."""
    place = read_place(file)
    if place is None or place.bus != bus:
        found = _hash(journal, since)
        if found is None:
            raise JournalDamaged(f"{journal}: record {since} is not there")
        place = Place(bus, since, found, secrets.token_hex(EPOCH_BYTES))
        write_place(file, place)
    elif _hash(journal, place.sequence) != place.hash:
        raise InputError(
            f"the bus was told up to record {place.sequence} of another journal than {journal}, or that was put back; "
            f"delete {file} to tell it from the next start on"
        )
    return place


def _hash(journal: Path, sequence: int) -> str | None:
    """The chain's behind a record, "" before the first one, None where there is none."""
    if sequence == 0:
        return ""
    found = hash_at(journal, sequence)
    return None if found is None else found.hex()
