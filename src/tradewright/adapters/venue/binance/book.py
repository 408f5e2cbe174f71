"""Every order this client has to do with, as its legs at the venue.

One order here is one leg there, or several, one after the other, where a changed order had to be placed anew; their
fills together never pass its quantity. Kept are all that may live and the last KEPT that ended.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tradewright.adapters.venue.binance.answers import (
    FILLED,
    OPEN_STATUSES,
    PARTLY,
    PENDING,
    Execution,
    Seen,
)
from tradewright.adapters.venue.binance.names import leg_name, leg_of, read_venue_name
from tradewright.model.foreign import EXTERNAL
from tradewright.model.order import LIMIT, STOP, STOP_LIMIT, Order
from tradewright.ports import Orders

KEPT = 10_000
_RANKS = {PENDING: 0, PARTLY: 2, FILLED: 4}


@dataclass(slots=True, eq=False)
class Leg:
    """One order at the venue. venue_id: 0 = not known yet. quantity, executed: what the venue says; fills: by trade,
    what was told of them here. sent: when it was sent (our clock, ns), 0 = by an earlier process."""

    number: int
    client_id: str
    quantity: int
    venue_id: int = 0
    executed: int = 0
    status: str = ""
    reason: str = ""
    limit: int = 0
    stop: int = 0
    type: str = ""
    list_id: int = -1
    on_book: bool = False
    time: int = 0
    sent: int = 0
    fills: dict[str, int] = field(default_factory=dict)
    announced: bool = False
    told_triggered: bool = False

    @property
    def over(self) -> bool:
        return self.status != "" and self.status not in OPEN_STATUSES

    @property
    def told(self) -> int:
        """Size counts of the fills told here."""
        return sum(self.fills.values())

    @property
    def gap(self) -> bool:
        """Whether the venue has said more fills than were told."""
        return self.executed > self.told

    def note(self, seen: Seen) -> None:
        """What was seen of it: sizes only grow or shrink, and what has ended stays so, whatever comes late."""
        self.venue_id = seen.venue_id
        self.executed = max(self.executed, seen.executed)
        self.quantity = min(self.quantity, seen.quantity) if self.type else seen.quantity
        self.limit, self.stop, self.type, self.list_id = seen.limit, seen.stop, seen.type, seen.list_id
        self.on_book = self.on_book or seen.on_book
        self.time = max(self.time, seen.time)
        if _rank(seen.status) > _rank(self.status):
            self.status, self.reason = seen.status, seen.reason

    def take(self, execution: Execution) -> bool:
        """Whether the fill was not told yet; it is now."""
        if execution.trade_id in self.fills:
            return False
        self.fills[execution.trade_id] = execution.size
        return True


def _rank(status: str) -> int:
    if status == "":
        return -1
    return _RANKS.get(status, 1 if status in OPEN_STATUSES else 3)


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
    def triggered(self) -> bool:
        return self.order.type == STOP_LIMIT and any(leg.on_book or leg.type == "LIMIT" for leg in self.legs)

    def terms_now(self) -> tuple[int, int, int]:
        """What the venue works now: what the legs before have filled counts to the quantity. A stop-limit order that
        rests on the book keeps its stop price here."""
        leg, order = self.last, self.order
        before = sum(one.executed for one in self.legs[:-1])
        limit = leg.limit if order.type in (LIMIT, STOP_LIMIT) else 0
        if order.type == STOP_LIMIT and leg.type == "LIMIT":
            stop = self.terms[2]
        else:
            stop = leg.stop if order.type in (STOP, STOP_LIMIT) else 0
        return before + (leg.quantity or order.quantity), limit, stop


class Book:
    """Chains by order id, and by what the venue calls their legs."""

    def __init__(self, orders: Orders) -> None:
        self.chains: dict[str, Chain] = {}
        self._orders = orders
        self._places: dict[tuple[str, int], tuple[Chain, Leg]] = {}
        self._ended: dict[str, None] = {}

    def begin(self, order: Order, now: int) -> Chain:
        """An order about to be sent."""
        leg = Leg(0, order.id, order.quantity, sent=now)
        chain = Chain(order, [leg], terms=(order.quantity, order.limit_units, order.stop_units))
        self.chains[order.id] = chain
        return chain

    def known(self, order_id: str) -> Chain | None:
        """The chain of an order; one that an earlier process has sent is taken up, its legs yet to be looked up."""
        chain = self.chains.get(order_id)
        if chain is not None:
            return chain
        order = self._orders.order(order_id)
        if order is None:
            return None
        foreign = order.strategy == EXTERNAL
        chain = Chain(order, [Leg(0, "" if foreign else order_id, order.quantity)], foreign=foreign, whole=False)
        venue_id, number = read_venue_name(self._orders.venue_id(order_id))
        while len(chain.legs) <= number:
            self.add_leg(chain, 0, 0)
        chain.last.venue_id = venue_id
        chain.terms = (order.quantity, order.limit_units, order.stop_units)
        self.chains[order_id] = chain
        return chain

    def named(self, symbol: str, client_id: str) -> tuple[Chain, Leg] | None:
        """Chain and leg of a client id of ours; None = it is none of them. A leg that this process has not followed is
        made known."""
        order_id, number = leg_of(client_id)
        chain = self.known(order_id) if order_id else None
        if chain is None or chain.foreign or chain.order.instrument.symbol != symbol:
            return None
        while len(chain.legs) <= number:
            chain.whole = False
            self.add_leg(chain, 0, 0)
        return chain, chain.legs[number]

    def add_leg(self, chain: Chain, quantity: int, now: int) -> Leg:
        """The next leg of an order."""
        leg = Leg(len(chain.legs), leg_name(chain.order.id, len(chain.legs)), quantity, sent=now)
        chain.legs.append(leg)
        return leg

    def adopt(self, chain: Chain) -> None:
        self.chains[chain.order.id] = chain

    def at(self, symbol: str, venue_id: int) -> tuple[Chain, Leg] | None:
        return self._places.get((symbol, venue_id))

    def place(self, chain: Chain, leg: Leg) -> None:
        """The venue has given the leg a number."""
        self._places[chain.order.instrument.symbol, leg.venue_id] = (chain, leg)

    def end(self, chain: Chain) -> None:
        """The order is over; the oldest of those that are is forgotten."""
        chain.ended = True
        if self.chains.get(chain.order.id) is not chain:
            return  # forgotten already
        self._ended[chain.order.id] = None
        if len(self._ended) > KEPT:
            oldest = next(iter(self._ended))
            del self._ended[oldest]
            gone = self.chains.pop(oldest, None)
            if gone is not None:
                for leg in gone.legs:
                    self._places.pop((gone.order.instrument.symbol, leg.venue_id), None)
