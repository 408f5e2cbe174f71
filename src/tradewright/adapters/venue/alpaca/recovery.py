"""What was missed is made up for: after each connection, and every few seconds in case the stream is silent.

Fills since the last one that was seen, then every order the venue works, then every order the engine believes to work
and the venue does not list. Orders that somebody else placed become known here and on the stream alike.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from tradewright.adapters.venue.alpaca.answers import Execution, WireOrder
from tradewright.adapters.venue.alpaca.door import LONG_TIMEOUT, Door
from tradewright.adapters.venue.alpaca.lookup import PAGE, Lookups
from tradewright.adapters.venue.alpaca.notation import Unreadable, stamp, time_of
from tradewright.adapters.venue.alpaca.requests import Requests
from tradewright.adapters.venue.alpaca.teller import Teller
from tradewright.adapters.venue.alpaca.tracked import Tracked
from tradewright.ports import Orders

SECOND_NS = 1_000_000_000
#: Fills may become visible a little out of their order.
OVERLAP_NS = 5 * SECOND_NS
ORDERS_PAGE = 500
LINKED = frozenset({"bracket", "oco", "oto"})


class Recovery:
    """Of one account. in_flight: whether a command of an order is under way."""

    def __init__(
        self,
        door: Door,
        requests: Requests,
        teller: Teller,
        lookups: Lookups,
        orders: Orders,
        errors: Counter[str],
        in_flight: Callable[[str], bool],
        since: int,
    ) -> None:
        self._door = door
        self._requests = requests
        self._teller = teller
        self._lookups = lookups
        self._orders = orders
        self._errors = errors
        self._in_flight = in_flight
        self._since = since

    # Who is it

    def take(self, wire: WireOrder) -> Tracked | None:
        """The order that one of the venue's belongs to, a foreign one adopted; None: not known yet, or not traded
        here. Raises Unreadable."""
        tracked = self._teller.see(wire) or self._by_name(wire)
        if tracked is not None or (wire.order_class in LINKED and self._waits_for_legs(wire)):
            return tracked
        return self._teller.adopt(wire)

    def _by_name(self, wire: WireOrder) -> Tracked | None:
        """An order that the engine knows by the venue's name for it: a leg of an earlier process, which may have
        ended."""
        order = self._orders.order(self._orders.named(wire.id))
        return None if order is None else self._teller.see(wire, self._teller.track(order))

    def _waits_for_legs(self, wire: WireOrder) -> bool:
        """Some linked order of ours there has no name yet: this may be it, and a look-up will tell."""
        symbol = wire.symbol.replace("/", "")
        for id in self._orders.open():
            order = self._orders.order(id)
            if order is not None and order.instrument.symbol == symbol and (order.parent or order.group):
                known = self._teller.known.get(id)
                if not self._orders.venue_id(id) and (known is None or not known.legs):
                    return True
        return False

    # What was missed

    async def everything(self) -> None:
        """After a connection: fills, open orders, orders that are not open any more. Raises NO_ANSWER."""
        await self.fills()
        listed = await self._open()
        wanted = [id for id in self._orders.open() if id not in listed and not self._in_flight(id)]
        await asyncio.gather(*(self._lookups.answer(id, surely=False) for id in wanted))

    async def glance(self) -> None:
        """In between: the same, where orders are known to work. Raises NO_ANSWER."""
        await self.fills()
        listed = await self._open()
        for id in self._orders.open():
            known = self._teller.known.get(id)
            if id not in listed and known is not None and known.legs and not self._in_flight(id):
                await self._lookups.answer(id, surely=False)

    async def _open(self) -> set[str]:
        """Our ids of all orders that work at the venue, each told if it is new."""
        listed: set[str] = set()
        for wire in await self.open_orders():
            try:
                tracked = self.take(wire)
            except Unreadable as error:
                self._count(error)
                continue
            if tracked is None:
                continue
            listed.add(tracked.id)
            if not tracked.whole:
                await self._lookups.answer(tracked.id, surely=False)
            elif await self._lookups.complete(tracked):
                self._teller.state(tracked)
            tracked.wake()
        return listed

    async def open_orders(self) -> list[WireOrder]:
        """All orders that have not ended, oldest first. Raises NO_ANSWER."""
        rows: list[WireOrder] = []
        while True:
            request = self._requests.open_orders(rows[-1].id if rows else "")
            page = await self._door.fetch(request, list[WireOrder], LONG_TIMEOUT)
            rows += page
            if len(page) < ORDERS_PAGE:
                return rows

    async def fills(self) -> None:
        """All fills since the newest that was seen, those of orders nobody knew included. Raises NO_ANSWER."""
        self._since = self._since or self._door.venue_time()
        page, after = "", stamp(self._since - OVERLAP_NS)
        touched: dict[str, Tracked] = {}
        while True:
            rows = await self._door.fetch(self._requests.executions(after=after, page=page), list[Execution])
            for row in rows:
                try:
                    tracked = await self._fill(row)
                    self._since = max(self._since, time_of(row.transaction_time))
                except Unreadable as error:
                    self._count(error)
                    continue
                if tracked is not None:
                    touched[tracked.id] = tracked
            if len(rows) < PAGE:
                break
            page = rows[-1].id
        for tracked in touched.values():
            if tracked.whole and tracked.missing <= 0:
                self._teller.state(tracked)
            tracked.wake()

    async def _fill(self, row: Execution) -> Tracked | None:
        """One fill; its order, if it was not told before."""
        tracked = self._teller.of_venue(row.order_id)
        if tracked is None:
            wire = await self._lookups.get(self._requests.order(row.order_id))
            tracked = self.take(wire) if wire is not None else None
        if tracked is None:
            return None
        return tracked if self._lookups.execution(tracked, row) else None

    def _count(self, error: Unreadable) -> None:
        self._errors["unreadable row"] += 1
