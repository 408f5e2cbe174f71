"""An order and its legs at the venue, one after the other; their fills together never pass its quantity."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tradewright.adapters.chain.seen import FILLED, OPEN, Execution, Seen
from tradewright.model.order import LIMIT, STOP, STOP_LIMIT, Order

_RANKS = {"": -1, OPEN: 0, FILLED: 2}


@dataclass(slots=True, eq=False)
class Leg:
    """One order at the venue. venue_id: "" = not known yet. quantity, executed: what the venue says; fills: by trade,
    what was told of them here. sent: when it was sent (our clock, ns), 0 = by an earlier process. seen: the venue has
    shown it; what else it shows is that of `Seen`, as shown last."""

    number: int
    client_id: str
    quantity: int
    venue_id: str = ""
    executed: int = 0
    status: str = ""
    reason: str = ""
    limit: int = 0
    stop: int = 0
    type: int = 0
    linked: bool = False
    on_book: bool = False
    seen: bool = False
    time: int = 0
    created: int = 0
    sent: int = 0
    fills: dict[str, int] = field(default_factory=dict)
    announced: bool = False
    told_triggered: bool = False

    @property
    def over(self) -> bool:
        return self.status not in ("", OPEN)

    @property
    def told(self) -> int:
        """Size counts of the fills told here."""
        return sum(self.fills.values())

    @property
    def gap(self) -> bool:
        """Whether the venue has said more fills than were told."""
        return self.executed > self.told

    def note(self, seen: Seen) -> None:
        """What was seen of it: fills only grow, and what has ended stays so, whatever comes late."""
        self.venue_id = seen.venue_id
        self.executed = max(self.executed, seen.executed)
        self.quantity = min(self.quantity, seen.quantity) if self.seen and seen.only_shrinks else seen.quantity
        self.limit, self.stop, self.type, self.linked = seen.limit, seen.stop, seen.type, seen.linked
        self.on_book, self.seen = self.on_book or seen.on_book, True
        self.time, self.created = max(self.time, seen.time), seen.created or self.created
        if _RANKS.get(seen.status, 1) > _RANKS.get(self.status, 1):
            self.status, self.reason = seen.status, seen.reason

    def take(self, execution: Execution) -> bool:
        """Whether the fill was not told yet; it is now."""
        if execution.trade_id in self.fills:
            return False
        self.fills[execution.trade_id] = execution.size
        return True


@dataclass(slots=True, eq=False)
class Chain:
    """One order. terms: quantity (fills of all legs included), limit and stop price as last told to the engine.
    replacing: its leg is being ended to make place for another. changed: time of the newest change that was told.
    whole: its legs were followed from the first one on."""

    order: Order
    legs: list[Leg]
    foreign: bool = False
    terms: tuple[int, int, int] = (0, 0, 0)
    replacing: bool = False
    changed: int = 0
    whole: bool = True
    ended: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def last(self) -> Leg:
        return self.legs[-1]

    @property
    def executed(self) -> int:
        return sum(leg.executed for leg in self.legs)

    @property
    def complete(self) -> bool:
        """Whether all its legs are known, and all fills told that the venue has counted."""
        return self.whole and not any(leg.gap for leg in self.legs)

    @property
    def triggered(self) -> bool:
        return self.order.type == STOP_LIMIT and any(leg.on_book or leg.type == LIMIT for leg in self.legs)

    def terms_now(self) -> tuple[int, int, int]:
        """What the venue works now: what the legs before have filled counts to the quantity. A stop price that was
        reached is kept here: the venue may forget it, or the leg never had it."""
        leg, order = self.last, self.order
        before = sum(one.executed for one in self.legs[:-1])
        limit = leg.limit if order.type in (LIMIT, STOP_LIMIT) else 0
        stop = (leg.stop or self.terms[2]) if order.type in (STOP, STOP_LIMIT) else 0
        return before + (leg.quantity or order.quantity), limit, stop
