"""Every order a client has to do with, as its legs at the venue. Kept are all that may live and the last KEPT that
ended."""

from __future__ import annotations

from tradewright.adapters.chain.legs import Chain, Leg
from tradewright.adapters.chain.names import leg_name, leg_of, read_venue_name
from tradewright.model.foreign import EXTERNAL
from tradewright.model.order import Order
from tradewright.ports import Orders

KEPT = 10_000


class Book:
    """Chains by order id, and by what the venue calls their legs."""

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

    def adopt(self, chain: Chain) -> None:
        self.chains[chain.order.id] = chain

    def at(self, symbol: str, venue_id: str) -> tuple[Chain, Leg] | None:
        return self._places.get((symbol, venue_id))

    def place(self, chain: Chain, leg: Leg) -> None:
        """The venue has given the leg an id."""
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
