"""What the engine does, for those who listen: facts as they become durable, prices as they are by then.

Facts are made while the books are those of their step, once for everybody, and wait on the tape until the journal has
them. They cost the engine as much as half an order does, so where nobody listens none are made: who comes back later
than `MISSED_SECONDS` has them from the journal. Each subscriber is given its turn ten times a second, all of them
evenly spread over that time, so that many of them do not hold the engine up at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from tradewright.app.api import facts
from tradewright.app.api.child import child, end
from tradewright.app.api.desk import Desk
from tradewright.app.api.keys import Key
from tradewright.app.api.messages import Price
from tradewright.app.api.problem import place_of
from tradewright.app.api.retold import fact_of
from tradewright.app.api.tape import TAPE_BYTES, Audience, Tape
from tradewright.app.home import JOURNAL
from tradewright.model.errors import InputError
from tradewright.model.event import MARKET_KIND_MAX, Event
from tradewright.model.market import MarketEvent
from tradewright.model.moment import moment_text
from tradewright.model.numbers import decimal_from
from tradewright.trader import Outcome

#: For so long behind the last one who listened facts are made for their return.
MISSED_SECONDS = 60.0
#: A subscriber has one frame in that time, seconds.
FRAME_SECONDS = 0.1
#: Into so many parts it is cut, each of which wakes its share of the subscribers.
PARTS = 10
#: Frames of the newest durable step that are kept for others who are due the same.
FRAMES_KEPT = 32
#: Keys are looked at once in so many turns.
KEYS_EVERY = 5
#: The journal is not read further back than that, and not for longer.
RECALL_RECORDS_MAX = 1_000_000
RECALL_SECONDS_MAX = 60.0
_GONE = "the journal does not have them (any more)"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Member(Protocol):
    """Who listens."""

    key: Key

    def turn(self) -> None: ...
    def end(self, code: int) -> None: ...


class Stream:
    """tape: the facts of the newest steps, also those that are not durable yet. members: who listens now."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.tape = Tape(desk.connected.live.journal.head.sequence)
        self.members: set[Member] = set()
        self._before = facts.NOTHING
        self._left = -MISSED_SECONDS
        self._recalling = asyncio.Lock()
        #: How often each instrument's price has changed, by its index, and each as it is sent.
        self._changes: dict[int, int] = {}
        self._prices: dict[int, tuple[int, bytes]] = {}
        self._frames: dict[tuple[Audience, frozenset[str], int, int], tuple[bytes, int]] = {}

    # ── what the engine does ───────────────────────────────────────────────────────────────────────────────────────

    def look(self, event: Event) -> None:
        """`live.Observer`."""
        if event.kind > MARKET_KIND_MAX and self._is_heard():
            try:
                self._before = facts.look(self.desk.engine, event)
            except Exception as error:
                self._blind(self.tape.since, error)

    def see(self, sequence: int, event: Event, outcome: Outcome) -> None:
        """`live.Observer`. What fails here is a defect of the interface, which is no reason to stop trading: it is
        said, and whoever listens is told that something is missing."""
        if isinstance(event, MarketEvent):
            index = event.instrument.index
            self._changes[index] = self._changes.get(index, 0) + 1
        if event.kind <= MARKET_KIND_MAX and not outcome.outputs:
            return
        if not self._is_heard():
            self.tape.cut(sequence)
            return
        before, self._before = self._before, facts.NOTHING
        trader = self.desk.connected.live.trader
        try:
            self.tape.add(facts.facts_of(trader, before, sequence, event, outcome.outputs, outcome.matches))
        except Exception as error:
            self._blind(sequence, error)

    def _is_heard(self) -> bool:
        return bool(self.members) or time.monotonic() - self._left < MISSED_SECONDS

    def leave(self, member: Member) -> None:
        """Somebody listens no more."""
        self.members.discard(member)
        self._left = time.monotonic()

    def _blind(self, sequence: int, error: Exception) -> None:
        self.desk.log.say(f"DEFECT stream {place_of(error)}")
        self.tape.cut(sequence)

    # ── what is told of it ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def durable(self) -> int:
        return self.desk.connected.live.journal.durable

    def frame(self, audience: Audience, types: frozenset[str], after: int) -> tuple[bytes, int]:
        """The events that such a subscriber is due, joined, and up to where that is all: made once for all alike."""
        until = self.durable
        wanted = (audience, types, after, until)
        found = self._frames.get(wanted)
        if found is None:
            if len(self._frames) >= FRAMES_KEPT or (self._frames and next(iter(self._frames))[-1] != until):
                self._frames.clear()
            contents, reached = self.tape.read(audience, types, after, until)
            found = self._frames[wanted] = b",".join(contents), reached
        return found

    def price(self, index: int, known: int) -> tuple[int, bytes]:
        """An instrument's price as it is sent, and its change's number; empty where it is still `known`."""
        change = self._changes.get(index, 0)
        if change == known:
            return known, b""
        made, text = self._prices.get(index, (-1, b""))
        if made != change:
            text = _price(self.desk, index)
            self._prices[index] = change, text
        return change, text

    async def recall(self, after: int) -> str:
        """Facts of before those on the tape, from the journal; why they can not be had, "" = they are here."""
        async with self._recalling:
            try:
                async with asyncio.timeout(RECALL_SECONDS_MAX):
                    return await self._recalled(after)
            except (TimeoutError, ValueError, msgspec.DecodeError):
                return _GONE

    async def _recalled(self, after: int) -> str:
        """Raises what `fact_of` raises for what is no line of a fact."""
        while after < self.tape.since:
            to = self.durable
            if to < self.tape.since:
                # What could not be told, last or while the journal was read, is told when it is durable.
                await asyncio.sleep(FRAME_SECONDS)
                continue
            if to - after > RECALL_RECORDS_MAX:
                return f"they are more than {RECALL_RECORDS_MAX:,} records back"
            found = await self._retold(after, to)
            if found is None:
                return _GONE
            if to >= self.tape.since and not self.tape.extend(found, after, to):
                return "they are more than memory holds"
        return ""

    async def _retold(self, after: int, to: int) -> Sequence[facts.Fact] | None:
        """Asked of a process of its own, as a story is: the engine is not to wait for that. None where it failed; no
        more than the tape could take."""
        journal = str(self.desk.folder / JOURNAL)
        process = await child("tradewright.app.api.retold", journal, str(after), str(to))
        assert process.stdout is not None
        found: list[facts.Fact] = []
        size = 0
        try:
            async for line in process.stdout:
                found.append(fact_of(line))
                size += len(line)
                if size > TAPE_BYTES:
                    return found
            return found if await process.wait() == 0 else None
        finally:
            await end(process)

    # ── turns ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Gives turns until it is cancelled, and ends those whose key or token has ended."""
        turns, due = 0, time.monotonic()
        while True:
            members = list(self.members)
            for part in range(PARTS):
                for member in members[part::PARTS]:
                    member.turn()
                # From when the last ones were due: each time a loop wakes late, all prices would be told later.
                due = max(due + FRAME_SECONDS / PARTS, time.monotonic())
                await asyncio.sleep(due - time.monotonic())
            turns += 1
            if turns % KEYS_EVERY == 0:
                self._weed()

    def _weed(self) -> None:
        if self.desk.connected.live.failure is not None:
            self._end(lambda member: True, 4503)
            return
        try:
            keys, now = self.desk.ring.keys(), time.time_ns()
        except (InputError, OSError):
            self._end(lambda member: True, 4503)
            return

        def ended(member: Member) -> bool:
            key = keys.get(member.key.id)
            return key is None or not (key.good(now) and member.key.good(now))

        self._end(ended, 4401)

    def _end(self, whom: Callable[[Member], bool], code: int) -> None:
        for member in list(self.members):
            if whom(member):
                member.end(code)


def _price(desk: Desk, index: int) -> bytes:
    mark = desk.engine.marks.marks[index]
    scale = mark.instrument.price_scale

    def plain(units: int) -> object:
        return decimal_from(units, scale) if units > 0 else None

    found = Price(price=plain(mark.price()), bid=plain(mark.bid), ask=plain(mark.ask), time=moment_text(mark.time()))  # type: ignore[arg-type]
    return _ENCODER.encode(mark.instrument.symbol) + b":" + _ENCODER.encode(found)
