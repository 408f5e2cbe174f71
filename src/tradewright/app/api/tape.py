"""The newest facts in memory, whole steps in the order of the journal, and what each reader hears of them.

A reader keeps nothing here but the number of the last step it was told: none can make another wait, and what one has
missed it finds as long as it is kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from tradewright.app.api.facts import Fact

#: Bytes of contents that are kept, and what a fact costs beside its content.
TAPE_BYTES = 32 * 1024 * 1024
FACT_BYTES = 250
#: Bytes of contents in one frame, and facts looked at for it; those of one step stay together.
FRAME_BYTES = 512 * 1024
FRAME_FACTS = 5_000

_sequence = attrgetter("sequence")


class Audience(NamedTuple):
    """Whose facts a reader hears. accounts: None = all; scopes: those whose trading states concern these accounts."""

    accounts: frozenset[str] | None
    scopes: frozenset[str]

    def hears(self, fact: Fact) -> bool:
        return self.accounts is None or (
            fact.account in self.accounts if fact.account else fact.scope in self.scopes and fact.scope != ""
        )


class Tape:
    """since: every fact behind that sequence number is here."""

    def __init__(self, since: int, most: int = TAPE_BYTES) -> None:
        self.since = since
        self._most = most
        self._facts: list[Fact] = []
        self._bytes = 0

    def add(self, facts: Sequence[Fact]) -> None:
        """The facts of one step, behind all others. What is too much falls off at the other end."""
        self._facts += facts
        self._bytes += sum(map(_size, facts))
        if self._bytes > self._most:
            self._forget()

    def extend(self, facts: Sequence[Fact], since: int, to: int) -> bool:
        """Every fact behind `since` up to `to`, from where the oldest here begin or before; False where they do not
        join those here, or there is no room for them."""
        facts = facts[: bisect_right(facts, self.since, key=_sequence)]
        size = sum(map(_size, facts))
        if to < self.since or self._bytes + size > self._most:
            return False
        self._facts[:0] = facts
        self._bytes += size
        self.since = min(self.since, since)
        return True

    def cut(self, sequence: int) -> None:
        """Forget everything up to a sequence number: what happened there could not be told."""
        del self._facts[: bisect_right(self._facts, sequence, key=_sequence)]
        self._bytes = sum(map(_size, self._facts))
        self.since = sequence

    def read(self, audience: Audience, types: frozenset[str], after: int, until: int) -> tuple[list[bytes], int]:
        """Contents that a reader hears, from behind `after` up to `until`, as much as a frame holds; and the sequence
        number up to which that is all."""
        facts = self._facts
        begin, end = bisect_right(facts, after, key=_sequence), bisect_right(facts, until, key=_sequence)
        found: list[bytes] = []
        size = 0
        for at in range(begin, end):
            fact = facts[at]
            if not fact.place and (size >= FRAME_BYTES or at - begin >= FRAME_FACTS):
                return found, facts[at - 1].sequence
            if fact.type in types and audience.hears(fact):
                found.append(fact.content)
                size += len(fact.content)
        return found, until

    def _forget(self) -> None:
        """A quarter at once, in whole steps, so that it is rare."""
        at = 0
        while at < len(self._facts) and (self._bytes > self._most * 3 // 4 or self._facts[at].place):
            self._bytes -= _size(self._facts[at])
            at += 1
        self.since = self._facts[at - 1].sequence
        del self._facts[:at]


def _size(fact: Fact) -> int:
    return len(fact.content) + FACT_BYTES
