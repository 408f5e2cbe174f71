"""Commands on their way: an order is placed, cancelled, changed, and each ends in a report that answers it.

The venue's own replacement makes a new order whose size nobody vouches for once the old one has filled in part. So a
change is a cancel, a wait for the size that was filled in the end, and a new order for what is left of the total:
whatever fills in between, no more than the total ever does. A leg of a bracket or pair can not be taken out alone, as
its family would end with it; its price is changed in place, while nothing of it is filled.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from tradewright.adapters.net.backoff import waits
from tradewright.adapters.venue.alpaca.ahead import Ahead
from tradewright.adapters.venue.alpaca.answers import WireOrder, read
from tradewright.adapters.venue.alpaca.door import NOT_SENT, Door, Outcome
from tradewright.adapters.venue.alpaca.gate import OPENING, URGENT
from tradewright.adapters.venue.alpaca.lookup import NO_ANSWER, Lookups
from tradewright.adapters.venue.alpaca.notation import Unreadable
from tradewright.adapters.venue.alpaca.outcomes import (
    CANCEL,
    CLOSING_ONLY,
    LOOK,
    REFUSED,
    REPLACE,
    SUBMIT,
    TAKEN,
    THROTTLED,
    WASH_TRADE,
)  # fmt: skip
from tradewright.adapters.venue.alpaca.requests import CODES, Exits, Requests, unstatable
from tradewright.adapters.venue.alpaca.shapes import leg_of
from tradewright.adapters.venue.alpaca.teller import Teller
from tradewright.adapters.venue.alpaca.tracked import CANCELED, ENDED, REJECTED, REPLACED, Tracked
from tradewright.model.command import Replace
from tradewright.model.event import CANCEL_REJECTED, OUTCOME_UNKNOWN, REPLACE_REJECTED
from tradewright.model.event import REJECTED as REPORT_REJECTED
from tradewright.model.order import ENTRY, LIMIT, STOP, STOP_LIMIT, Order
from tradewright.model.rng import Rng
from tradewright.ports import Clock, HttpRequest, Orders

#: How long we wait for what a request that was taken will cause, seconds; and between looks of our own.
PATIENCE = 5.0
LOOK_EVERY = 1.0
#: Between tries of an exit that could not be sent.
FIRST_WAIT_NS, MOST_WAIT_NS = 200_000_000, 2_000_000_000
#: For so long an exit makes others of ours give way, again and again.
WAY_NS = 10_000_000_000
SECOND_NS = 1_000_000_000
NOT_NATIVE = "NOT_NATIVE_LINK"
#: Cancelled while it waited, so that it never left; and ended by us, so that an exit could go.
WITHDRAWN, MADE_WAY = "WITHDRAWN", "MADE_WAY"


class Placing:
    """Of one account. blocked: why the account takes no openings, "" = it does. insisting: exits that could not be sent
    so far and go again; nobody can say that they are not found."""

    def __init__(
        self,
        door: Door,
        requests: Requests,
        teller: Teller,
        lookups: Lookups,
        ahead: Ahead,
        orders: Orders,
        clock: Clock,
        rng: Rng,
        errors: Counter[str],
    ) -> None:
        self.blocked = ""
        self.insisting: set[str] = set()
        self._withdrawn: set[str] = set()
        self._ahead = ahead
        self._rng = rng
        self._door = door
        self._requests = requests
        self._teller = teller
        self._lookups = lookups
        self._orders = orders
        self._clock = clock
        self._errors = errors

    # Submit

    async def submit(self, order: Order, exits: Exits | None = None) -> None:
        """Places an order, with those it is linked to."""
        family = [order, *exits_of(exits)]
        rank = OPENING if order.role == ENTRY else URGENT
        code = next((code for code in map(unstatable, family) if code), "")
        if code:
            self._refuse(family, code, CODES[code])
            return
        if rank == OPENING and self.blocked:
            self._refuse(family, "ACCOUNT_BLOCKED", self.blocked)
            return
        for member in family:
            self._teller.track(member)
        outcome = await self._insist(order, family, self._requests.submit(order, order.id, exits), rank)
        if outcome.means in (REFUSED, THROTTLED, NOT_SENT):
            verdict = outcome.verdict
            if verdict.text.startswith(CLOSING_ONLY):
                self.blocked = verdict.text
            self._refuse(family, "RATE_LIMITED" if outcome.means == THROTTLED else verdict.code, verdict.text)
        elif outcome.means != TAKEN or not self._taken(order, family, outcome):
            for member in family:
                self._teller.refuse(OUTCOME_UNKNOWN, member.id, SUBMIT, outcome.verdict.text)

    def withdraw(self, order: Order, exits: Exits | None) -> None:
        """It waited, and is not wanted any more: it never leaves."""
        family = [order, *exits_of(exits)]
        self._withdrawn.update(member.id for member in family)
        self._refuse(family, WITHDRAWN, "cancelled before it was sent")

    async def _insist(self, order: Order, family: list[Order], request: HttpRequest, rank: int) -> Outcome:
        """What became of a new order. An exit goes again: when what stands against it is gone, and, where it surely was
        not sent, with growing waits for as long as nothing else is asked of it."""
        pauses = waits(self._rng, FIRST_WAIT_NS, MOST_WAIT_NS)
        deadline = self._clock() + WAY_NS
        try:
            while True:
                outcome = await self._door.command(SUBMIT, request, rank)
                if order.role == ENTRY or any(self._ahead.asked(member.id) for member in family):
                    return outcome
                if outcome.means == NOT_SENT:
                    self.insisting.update(member.id for member in family)
                    await asyncio.sleep(next(pauses) / SECOND_NS)
                elif not _stands_against(outcome) or self._clock() > deadline or not await self._make_way(order):
                    return outcome
        finally:
            self.insisting.difference_update(member.id for member in family)

    async def _make_way(self, order: Order) -> bool:
        """Ends our openings with which it could trade; False: there are none."""
        others = self._ahead.against(order)
        await asyncio.gather(*(self._clear(id, order.id) for id in others))
        return bool(others)

    async def _clear(self, order_id: str, for_id: str) -> None:
        """Ends an opening that stands against an exit, and waits for its end."""
        venue_id, order = await self._newest(order_id), self._orders.order(order_id)
        if not venue_id or order is None:
            return
        tracked = self._teller.track(order)
        tracked.why = (MADE_WAY, f"cancelled so that {for_id} may go: Alpaca takes no order against one's own")
        outcome = await self._door.command(CANCEL, self._requests.cancel(venue_id), URGENT)
        if outcome.means == TAKEN:
            await self._until(tracked, lambda: _ended(tracked), look=True)
            return
        tracked.why = ("", "")
        if outcome.means == LOOK:
            await self._look(order_id)

    def _taken(self, order: Order, family: list[Order], outcome: Outcome) -> bool:
        """Tells what the answer says; False: it can not be read."""
        try:
            wire = read(outcome.body, WireOrder)
            if wire.client_order_id != order.id:
                raise Unreadable(f"{order.id} was answered with {wire.client_order_id[:40]!r}")
            self._teller.see(wire, self._teller.track(order))
            for member in family[1:]:
                self._teller.see(leg_of(wire, member), self._teller.track(member))
        except Unreadable:
            self._errors["unreadable answer"] += 1
            return False
        for member in family:
            self.told(self._teller.track(member))
        return True

    def told(self, tracked: Tracked) -> None:
        """Tells how it stands, or lets the fills come first that are missing."""
        if tracked.missing > 0 or not tracked.whole:
            self._lookups.soon(tracked)
        else:
            self._teller.state(tracked)
        tracked.wake()

    def _refuse(self, family: list[Order], code: str, text: str) -> None:
        for member in family:
            self._teller.refuse(REPORT_REJECTED, member.id, code, text)

    def refuse_links(self, orders: list[Order]) -> None:
        """Orders that are linked as the venue can not link them: nothing of them is sent."""
        self._refuse(orders, NOT_NATIVE, CODES[NOT_NATIVE])

    # Cancel

    async def cancel(self, order_id: str) -> None:
        """Cancels what is left of an order."""
        if order_id in self._withdrawn:
            self._withdrawn.discard(order_id)
            return
        venue_id = await self._newest(order_id)
        for _ in range(2):
            if not venue_id:
                break
            outcome = await self._door.command(CANCEL, self._requests.cancel(venue_id), URGENT)
            if outcome.means == TAKEN:
                await self._until_cancelled(order_id)
                return
            if outcome.means == LOOK:
                newest = await self._look(order_id)
                if newest and newest != venue_id:
                    venue_id = newest
                    continue
                if newest is not None:
                    self._teller.refuse(CANCEL_REJECTED, order_id, outcome.verdict.code, outcome.verdict.text)
                    return
            elif outcome.means == REFUSED:
                self._teller.refuse(CANCEL_REJECTED, order_id, outcome.verdict.code, outcome.verdict.text)
                return
            break
        self._teller.refuse(OUTCOME_UNKNOWN, order_id, CANCEL, "nobody can say what became of the cancel")

    async def _newest(self, order_id: str) -> str:
        """The venue's name of the order's newest leg; "" = nobody knows it now."""
        tracked = self._teller.known.get(order_id)
        if tracked is not None and tracked.last is not None:
            return tracked.last.venue_id
        return self._orders.venue_id(order_id) or await self._look(order_id) or ""

    async def _look(self, order_id: str) -> str | None:
        """Looks the order up and tells what is found; the newest leg while it lives, "" = it has ended, None: nobody
        can say."""
        try:
            tracked = await self._lookups.find(order_id)
            if tracked is None or tracked.last is None:
                return None
            await self._lookups.complete(tracked)
        except NO_ANSWER as error:
            self._errors[f"look-up: {type(error).__name__}"] += 1
            return None
        self.told(tracked)
        return "" if tracked.last.status in ENDED else tracked.last.venue_id

    async def _until_cancelled(self, order_id: str) -> None:
        order = self._orders.order(order_id)
        tracked = self._teller.known.get(order_id) or (self._teller.track(order) if order is not None else None)
        if tracked is None:
            return
        refused = tracked.refused
        if await self._until(tracked, lambda: _ended(tracked) or tracked.refused > refused, look=False):
            if tracked.refused > refused and not _ended(tracked):
                await self._look(order_id)
                self._teller.refuse(CANCEL_REJECTED, order_id, "order_cancel_rejected", "the venue did not cancel it")
            return
        self._teller.refuse(OUTCOME_UNKNOWN, order_id, CANCEL, f"not cancelled within {PATIENCE:g} s")

    async def _until(self, tracked: Tracked, done: Callable[[], bool], look: bool) -> bool:
        """Waits until something is so; look: by looks of our own as well, where the stream is silent."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while not done():
            left = deadline - loop.time()
            if left <= 0:
                return False
            if not await tracked.heard(min(left, LOOK_EVERY)) and look:
                await self._glance(tracked)
        return True

    async def _glance(self, tracked: Tracked) -> None:
        """A look at the newest leg alone."""
        try:
            last = tracked.last
            wire = await self._lookups.get(self._requests.order(last.venue_id)) if last is not None else None
            if wire is not None:
                self._teller.see(wire, tracked)
        except NO_ANSWER as error:
            self._errors[f"look-up: {type(error).__name__}"] += 1

    # Replace

    async def replace(self, command: Replace) -> None:
        """Works an order at other terms."""
        order = self._orders.order(command.order_id)
        tracked = self._teller.known.get(command.order_id)
        if tracked is None or not tracked.whole or tracked.last is None:
            if await self._look(command.order_id) is None:
                self._unknown(command, "the order could not be looked up")
                return
            tracked = self._teller.known.get(command.order_id)
        if order is None or tracked is None or tracked.last is None or tracked.last.status in ENDED:
            self._teller.refuse(REPLACE_REJECTED, command.order_id, "ENDED", "the order has ended")
            return
        change = self._reprice if tracked.group else self._swap
        tracked.busy = True
        try:
            await change(command, order, tracked)
        finally:
            tracked.busy = False
        self.told(tracked)

    async def _swap(self, command: Replace, order: Order, tracked: Tracked) -> None:
        old = tracked.last
        assert old is not None
        refused = tracked.refused
        outcome = await self._door.command(CANCEL, self._requests.cancel(old.venue_id), URGENT)
        if outcome.means == LOOK:
            await self._refused(command, tracked, outcome)
            return
        if outcome.means == REFUSED:
            self._teller.refuse(REPLACE_REJECTED, order.id, outcome.verdict.code, outcome.verdict.text)
            return
        done = outcome.means == TAKEN and await self._until(
            tracked, lambda: old.status in ENDED or tracked.refused > refused, look=True
        )
        if not done:
            self._unknown(command, "nobody can say whether the order was taken out to be changed")
        elif old.status != CANCELED:
            self._teller.refuse(REPLACE_REJECTED, order.id, "ENDED", f"the order is {old.status}")
        else:
            await self._place_rest(command, order, tracked)

    async def _refused(self, command: Replace, tracked: Tracked, outcome: Outcome) -> None:
        """The order is not as we thought: what is found is told, then the refusal."""
        tracked.busy = False
        if await self._look(command.order_id) is None:
            self._unknown(command, outcome.verdict.text)
        else:
            self._teller.refuse(REPLACE_REJECTED, command.order_id, outcome.verdict.code, outcome.verdict.text)

    async def _place_rest(self, command: Replace, order: Order, tracked: Tracked) -> None:
        left = command.quantity - tracked.filled
        last = tracked.last
        assert last is not None
        if left <= 0:
            # What filled on the way is all that was asked for: the order is complete.
            last.quantity = last.filled
            tracked.ended = CANCELED
            self._teller.replaced(tracked, last, 0)
            return
        if self._ahead.ends(order.id):
            self._teller.refuse(REPLACE_REJECTED, order.id, WITHDRAWN, "cancelled before its next part was sent")
            self._teller.end(tracked, CANCELED)
            return
        request = self._requests.place(
            order, tracked.next_client_id(), left, command.limit_units, command.stop_units
        )  # fmt: skip
        tracked.doubt = self._clock()
        outcome = await self._door.command(SUBMIT, request, URGENT)
        if outcome.means == TAKEN:
            try:
                self._teller.see(read(outcome.body, WireOrder), tracked)
                tracked.doubt = 0
                return
            except Unreadable:
                self._errors["unreadable answer"] += 1
        if outcome.means in (REFUSED, NOT_SENT):
            tracked.doubt = 0
            verdict = outcome.verdict
            self._teller.refuse(REPLACE_REJECTED, order.id, verdict.code, verdict.text)
            self._teller.end(tracked, CANCELED, 0, verdict.code, verdict.text)
            return
        self._unknown(command, "nobody can say whether the changed order stands")

    async def _reprice(self, command: Replace, order: Order, tracked: Tracked) -> None:
        """The venue's own replacement, of a leg that nothing was filled of."""
        old = tracked.last
        assert old is not None
        priced = order.type in (LIMIT, STOP, STOP_LIMIT)
        if command.quantity != tracked.total or tracked.filled or not priced:
            self._teller.refuse(REPLACE_REJECTED, order.id, NOT_NATIVE, "a linked order can change its price alone")
            return
        request = self._requests.reprice(
            old.venue_id, tracked.next_client_id(), order, command.limit_units, command.stop_units
        )
        outcome = await self._door.command(REPLACE, request, URGENT)
        if outcome.means == LOOK:
            await self._refused(command, tracked, outcome)
            return
        if outcome.means == REFUSED:
            self._teller.refuse(REPLACE_REJECTED, order.id, outcome.verdict.code, outcome.verdict.text)
            return
        try:
            wire = read(outcome.body, WireOrder) if outcome.means == TAKEN else None
            if wire is not None:
                self._teller.see(wire, tracked)
        except Unreadable:
            self._errors["unreadable answer"] += 1
            wire = None
        if wire is None or not await self._until(tracked, lambda: old.status in ENDED or _refused(tracked), look=False):
            self._unknown(command, "nobody can say whether the order was changed")
        elif old.status != REPLACED:
            self._teller.refuse(REPLACE_REJECTED, order.id, "order_replace_rejected", f"the order is {old.status}")

    def _unknown(self, command: Replace, text: str) -> None:
        self._teller.refuse(OUTCOME_UNKNOWN, command.order_id, REPLACE, text)


def _stands_against(outcome: Outcome) -> bool:
    """Whether it was refused since it could trade with another order of ours."""
    return outcome.means == REFUSED and outcome.verdict.text.startswith(WASH_TRADE)


def _ended(tracked: Tracked) -> bool:
    return tracked.last is not None and tracked.last.status in ENDED


def _refused(tracked: Tracked) -> bool:
    return tracked.last is not None and tracked.last.status == REJECTED


def exits_of(exits: Exits | None) -> list[Order]:
    """The orders that are linked to the one that is posted."""
    if exits is None:
        return []
    return [order for order in (exits.profit, exits.loss) if order is not None]
