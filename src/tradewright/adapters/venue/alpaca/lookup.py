"""Looking an order up: all its legs from the first to the newest, the fills that are missing, then how it stands.

An order is found by our id alone: leg 0 by its client id, a successor by `replaced_by`, one that was placed behind a
cancel by the next client id. What can not be asked is no answer: only the venue's own word for an order it does not
know counts as not found.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from tradewright.adapters.venue.alpaca.answers import Execution, WireOrder
from tradewright.adapters.venue.alpaca.door import Door
from tradewright.adapters.venue.alpaca.notation import Unreadable, plain, price_units, size_units, time_of
from tradewright.adapters.venue.alpaca.outcomes import MISSING
from tradewright.adapters.venue.alpaca.requests import Requests
from tradewright.adapters.venue.alpaca.shapes import leg_of
from tradewright.adapters.venue.alpaca.teller import Teller
from tradewright.adapters.venue.alpaca.tracked import CANCELED, Tracked
from tradewright.model.account import Account
from tradewright.model.errors import TransportError, VenueRefused
from tradewright.model.event import NOT_FOUND
from tradewright.model.foreign import EXTERNAL
from tradewright.model.order import Order
from tradewright.model.report import FOUND
from tradewright.ports import Clock, HttpRequest, Orders

PAGE = 100
#: Between looks for a fill that the venue counts and does not show yet, seconds.
LOOKS = (0.25, 1.0, 4.0, 10.0)
MS_NS = 1_000_000
#: A request that nobody answered may be under way for so long.
DOUBT_NS = 5_000 * MS_NS
#: What a question may fail with.
NO_ANSWER = (TransportError, VenueRefused, Unreadable)


class Lookups:
    """Of one account."""

    def __init__(
        self,
        terms: Account,
        door: Door,
        requests: Requests,
        teller: Teller,
        orders: Orders,
        clock: Clock,
        errors: Counter[str],
    ) -> None:
        self._terms = terms
        self._door = door
        self._requests = requests
        self._teller = teller
        self._orders = orders
        self._clock = clock
        self._errors = errors
        self._asking: set[str] = set()
        self._soon: dict[str, asyncio.Task[None]] = {}

    # Queries

    async def answer(self, order_id: str, surely: bool = True) -> None:
        """What became of the order, told by reports; nothing, where the venue does not answer or does not know yet.
        surely: that it is not found is told too."""
        if order_id in self._asking:
            return
        self._asking.add(order_id)
        try:
            tracked = await self.find(order_id)
            if tracked is not None:
                await self._tell(tracked)
            elif surely:
                self._teller.refuse(NOT_FOUND, order_id, "", "the venue knows no order of this id")
        except NO_ANSWER as error:
            self._errors[f"look-up: {type(error).__name__}"] += 1
        finally:
            self._asking.discard(order_id)

    async def _tell(self, tracked: Tracked) -> None:
        if tracked.busy or not await self.complete(tracked):
            return
        if self._may_grow(tracked):
            return
        self._teller.state(tracked, code=FOUND)

    def _may_grow(self, tracked: Tracked) -> bool:
        """A leg may have been placed behind the cancelled one that the venue does not show yet."""
        last, settles = tracked.last, self._terms.settles_ms * MS_NS
        if last is None or last.status != CANCELED:
            return False
        if tracked.doubt and self._clock() - tracked.doubt < max(settles, DOUBT_NS):
            return True
        return self._door.venue_time() - last.time < settles

    async def find(self, order_id: str) -> Tracked | None:
        """The order with all its legs; None: the venue knows none. Raises NO_ANSWER."""
        order = self._orders.order(order_id)
        known = self._teller.known.get(order_id)
        if order is None:
            return known
        tracked = known or self._teller.track(order)
        before = list(tracked.legs) if tracked.whole else []
        unheard = not tracked.legs
        wire = await self._first(tracked, order)
        if wire is None and unheard and tracked.legs:
            # It was on its way when we began to ask.
            wire = await self._first(tracked, order)
        if wire is None and tracked.legs:
            self._errors["an order that was there is not found"] += 1
            raise VenueRefused(f"{order_id} was there and is not found", MISSING)
        if wire is None:
            return None
        walked: list[str] = []
        while wire is not None and wire.id not in walked:
            self._teller.see(wire, tracked)
            walked.append(wire.id)
            wire = await self._next(tracked, wire)
        tracked.arrange(walked, before)
        tracked.whole = True
        tracked.wake()
        return tracked

    async def _first(self, tracked: Tracked, order: Order) -> WireOrder | None:
        """Where the walk begins: at the newest leg if all before it are known."""
        last = tracked.last
        if last is not None and tracked.whole:
            return await self.get(self._requests.order(last.venue_id))
        venue_id = next(iter(tracked.legs), "") or self._orders.venue_id(order.id)
        linked = order.parent or order.group
        if venue_id and (linked or order.strategy == EXTERNAL):
            return await self.get(self._requests.order(venue_id))
        found = await self.get(self._requests.order_named(order.id))
        if found is None and venue_id:
            return await self.get(self._requests.order(venue_id))
        return found if found is not None or not linked else await self._linked(order)

    async def _linked(self, order: Order) -> WireOrder | None:
        """An exit that went out with another order: the venue gave it a name that we were not told. It is the leg of
        its entry, if one decision made both, or of another one of its pair. A leg of an exit before it is none."""
        entry = self._orders.order(order.parent)
        others = [entry.id] if entry is not None and entry.decision == order.decision else []
        for id in self._orders.open():
            other = self._orders.order(id)
            if other is not None and id != order.id and order.group and other.group == order.group:
                others.append(id)
        for id in others:
            head = await self.get(self._requests.order_named(id))
            while head is not None and head.replaced_by:
                head = await self.get(self._requests.order(head.replaced_by))
            whole = await self.get(self._requests.order(head.id, nested=True)) if head is not None else None
            if whole is not None and whole.legs:
                leg = leg_of(whole, order)
                owner = self._teller.of_venue(leg.id)
                known = self._orders.named(leg.id) if owner is None else owner.id
                if known in ("", order.id):
                    return leg
        return None

    async def _next(self, tracked: Tracked, wire: WireOrder) -> WireOrder | None:
        if wire.replaced_by:
            return await self.get(self._requests.order(wire.replaced_by))
        if wire.status == CANCELED:
            return await self.get(self._requests.order_named(tracked.next_client_id()))
        return None

    async def get(self, request: HttpRequest) -> WireOrder | None:
        """An order; None: there is no such one. Raises NO_ANSWER."""
        try:
            return await self._door.fetch(request, WireOrder)
        except VenueRefused as refused:
            if refused.code == MISSING:
                return None
            raise

    # Fills

    async def complete(self, tracked: Tracked) -> bool:
        """Tells the fills that are missing; False: the venue counts some that it does not show. Raises NO_ANSWER."""
        if tracked.missing <= 0:
            return True
        for leg in list(tracked.legs.values()):
            if leg.told < leg.filled:
                await self.executions(tracked, leg.venue_id)
        if all(leg.told >= leg.filled for leg in tracked.legs.values()):
            tracked.credit = 0
        return tracked.missing <= 0

    async def executions(self, tracked: Tracked, venue_id: str) -> None:
        """Tells all executions of one leg that were not told. Raises NO_ANSWER."""
        page = ""
        while True:
            rows = await self._door.fetch(self._requests.executions(venue_id, page=page), list[Execution])
            for row in rows:
                if row.order_id == venue_id:
                    self.execution(tracked, row)
            if len(rows) < PAGE:
                return
            page = rows[-1].id

    def execution(self, tracked: Tracked, row: Execution) -> bool:
        """Tells one execution of a leg that is known; False: it was told before. Raises Unreadable."""
        instrument, leg = tracked.instrument, tracked.legs.get(row.order_id)
        if leg is None or plain(row.symbol) != instrument.symbol:
            raise Unreadable(f"an execution of {row.symbol[:40]!r} for {tracked.id}")
        return self._teller.fill(
            tracked, leg, size_units(row.qty, instrument), price_units(row.price, instrument),
            size_units(row.cum_qty, instrument), time_of(row.transaction_time),
        )  # fmt: skip

    def soon(self, tracked: Tracked) -> None:
        """Fills of it are missing: they come by themselves in a moment, or are asked for."""
        if tracked.id not in self._soon:
            self._soon[tracked.id] = task = asyncio.create_task(self._catch_up(tracked))
            task.add_done_callback(lambda _: self._soon.pop(tracked.id, None))

    async def _catch_up(self, tracked: Tracked) -> None:
        for pause in LOOKS:
            await asyncio.sleep(pause)
            try:
                if await self.complete(tracked):
                    break
            except NO_ANSWER as error:
                self._errors[f"back-fill: {type(error).__name__}"] += 1
        self._teller.state(tracked)
        tracked.wake()

    def close(self) -> None:
        for task in list(self._soon.values()):
            task.cancel()
