"""One order of ours as Alpaca knows it: a chain of its orders, since a change there makes a new one.

Leg 0 carries our id as its client id, leg n the same with `_n` behind it; of a leg that somebody else made in its
place, `replaces` says so. An execution's id is the leg and how much of it was filled by then: every channel says both,
so that a fill has one id whichever brought it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import islice

from tradewright.adapters.venue.alpaca.answers import WireOrder
from tradewright.adapters.venue.alpaca.notation import Unreadable
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import text_of

OPEN = frozenset({
    "new", "partially_filled", "done_for_day", "pending_review", "accepted", "pending_new", "accepted_for_bidding",
    "stopped", "suspended", "calculated", "held",
})  # fmt: skip
#: It lives, and something is on its way to it whose outcome nobody knows yet.
CHANGING = frozenset({"pending_cancel", "pending_replace"})
FILLED, CANCELED, EXPIRED, REJECTED, REPLACED = "filled", "canceled", "expired", "rejected", "replaced"
ENDED = frozenset({FILLED, CANCELED, EXPIRED, REJECTED, REPLACED})
STATUSES = OPEN | CHANGING | ENDED


@dataclass(slots=True)
class Leg:
    """One of the venue's orders. quantity, filled: counts; told: counts of its executions that were reported here;
    trades: their ids. limit_units, stop_units: as it is worked. time: when it changed last, venue's clock. named: its
    acceptance was reported."""

    venue_id: str
    client_id: str
    quantity: int
    limit_units: int = 0
    stop_units: int = 0
    filled: int = 0
    told: int = 0
    time: int = 0
    status: str = ""
    named: bool = False
    trades: set[str] = field(default_factory=set)


class Tracked:
    """One logical order. legs: oldest first, by venue id. credit: counts that the engine had booked before we told it
    anything. whole: no leg before the first that is known is missing. changed: its terms are others than were reported.
    busy: a change of ours is under way, which alone says what the end of a leg means. group: Alpaca's, of what it
    links, "" = none. doubt: when a leg was sent of which nobody knows (our clock, ns), 0 = none. last_time: of the
    latest report, venue's clock. ended: the end that was reported. why: of an end
    that we brought about unasked, code and text. refused: how many cancels the venue has refused afterwards."""

    __slots__ = (
        "id", "instrument", "side", "legs", "credit", "whole", "changed", "busy", "group", "doubt", "last_time",
        "ended", "why", "refused", "_waiting",
    )  # fmt: skip

    def __init__(self, id: str, instrument: Instrument, side: int, credit: int = 0) -> None:
        self.id = id
        self.instrument = instrument
        self.side = side
        self.legs: dict[str, Leg] = {}
        self.credit = credit
        self.whole = False
        self.changed = False
        self.busy = False
        self.group = ""
        self.doubt = 0
        self.last_time = 0
        self.ended = ""
        self.why = ("", "")
        self.refused = 0
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def last(self) -> Leg | None:
        """The newest leg."""
        return next(reversed(self.legs.values()), None)

    @property
    def before(self) -> Leg | None:
        """The leg whose place the newest was to take."""
        return next(islice(reversed(self.legs.values()), 1, None), None)

    @property
    def filled(self) -> int:
        """Counts filled of all legs that are known."""
        return sum(leg.filled for leg in self.legs.values())

    @property
    def missing(self) -> int:
        """Counts that the venue says are filled and that the engine was not told."""
        return self.filled - sum(leg.told for leg in self.legs.values()) - self.credit

    @property
    def total(self) -> int:
        """The quantity that is worked, fills of earlier legs included."""
        last = self.last
        earlier = sum(leg.filled for leg in self.legs.values() if leg is not last)
        return earlier + (last.quantity if last is not None else 0)

    def next_client_id(self) -> str:
        """The client id of the next leg: behind the highest number that was used."""
        return f"{self.id}_{max((_number(leg.client_id, self.id) for leg in self.legs.values()), default=-1) + 1}"

    def moment(self, time: int) -> int:
        """The venue's time of a change, later than that of any before."""
        self.last_time = max(time, self.last_time + 1)
        return self.last_time

    def arrange(self, walked: list[str], before: list[str]) -> None:
        """The legs stand in the order in which a look-up walked them, behind those it did not have to look at (before)
        and ahead of those that were heard of meanwhile."""
        order = [id for id in before if id not in walked] + walked
        self.legs = {
            **{id: self.legs[id] for id in order if id in self.legs},
            **{id: leg for id, leg in self.legs.items() if id not in order},
        }

    def wake(self) -> None:
        """Something was heard of it."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def heard(self, seconds: float) -> bool:
        """Waits for the next word of it; False: there was none."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            return False
        return True


def trade_id(leg: Leg, cumulative: int, instrument: Instrument) -> str:
    """The id of the execution that brought the leg to so much."""
    return f"{leg.venue_id}:{text_of(cumulative, instrument.size_scale)}"


def own_id(client_id: str) -> str:
    """Which of our orders a client id belongs to, if it is one of ours."""
    return client_id.partition("_")[0]


def _number(client_id: str, id: str) -> int:
    """The number of a leg; of one that somebody else named, -1."""
    if client_id == id:
        return 0
    head, _, tail = client_id.partition("_")
    return int(tail) if head == id and tail.isascii() and tail.isdigit() and len(tail) < 9 else -1


def status_of(wire: WireOrder) -> str:
    """Raises Unreadable for a status nobody knows."""
    if wire.status not in STATUSES:
        raise Unreadable(f"status {wire.status[:40]!r} is not known")
    return wire.status
