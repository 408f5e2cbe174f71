"""Every order this client has to do with, as its legs at the exchange.

One order here is one leg there, or several, one after the other, where a changed order had to be placed anew; their
fills together never pass its quantity. Kept are all that may live and the last KEPT that ended.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tradewright.adapters.venue.ccxt.answers import FILLED, OPEN, Execution, Seen
from tradewright.adapters.venue.ccxt.names import leg_name, leg_of, read_venue_name
from tradewright.model.foreign import EXTERNAL
from tradewright.model.order import LIMIT, STOP, STOP_LIMIT, Order
from tradewright.ports import Orders

KEPT = 10_000
_RANKS = {"": -1, OPEN: 0, FILLED: 3}


@dataclass(slots=True, eq=False)
class Leg:
    """One order at the exchange. venue_id: "" = not known yet. quantity, executed: what the exchange says; fills: by
    trade, what was told of them here. sent: when it was sent (our clock, ns), 0 = by an earlier process. seen: the
    exchange has shown it."""

    number: int
    client_id: str
    quantity: int
    venue_id: str = ""
    executed: int = 0
    status: str = ""
    limit: int = 0
    stop: int = 0
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
        """Whether the exchange has said more fills than were told."""
        return self.executed > self.told

    def note(self, seen: Seen) -> None:
        """What was seen of it: fills only grow, and what has ended stays so, whatever comes late."""
        self.venue_id = seen.venue_id
        self.executed = max(self.executed, seen.executed)
        self.quantity, self.limit, self.stop, self.seen = seen.quantity, seen.limit, seen.stop, True
        self.time, self.created = max(self.time, seen.time), seen.created or self.created
        if _RANKS.get(seen.status, 2) > _RANKS.get(self.status, 2):
            self.status = seen.status

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

    def terms_now(self) -> tuple[int, int, int]:
        """What the exchange works now: what the legs before have filled counts to the quantity."""
        leg, order = self.last, self.order
        before = sum(one.executed for one in self.legs[:-1])
        limit = leg.limit if order.type in (LIMIT, STOP_LIMIT) else 0
        # Some exchanges forget the price that a stop waited for once it was reached.
        stop = (leg.stop or self.terms[2]) if order.type in (STOP, STOP_LIMIT) else 0
        return before + (leg.quantity or order.quantity), limit, stop


class Book:
    """Chains by order id, and by what the exchange calls their legs."""

    def __init__(self, orders: Orders) -> None:
        self.chains: dict[str, Chain] = {}
        self._orders = orders
        self._places: dict[tuple[str, str], tuple[Chain, Leg]] = {}
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
        if venue_id:
            self.place(chain, chain.last)
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

    def at(self, symbol: str, venue_id: str) -> tuple[Chain, Leg] | None:
        return self._places.get((symbol, venue_id))

    def place(self, chain: Chain, leg: Leg) -> None:
        """The exchange has given the leg an id."""
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
