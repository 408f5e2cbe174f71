"""What stands before an order, and what waits behind it.

Alpaca frees what an order holds when it has ended, and refuses a close until then; it takes no two orders of one
account that could trade with each other. And of an order for which a cancel waits nothing may leave any more.
"""

from __future__ import annotations

import asyncio

from tradewright.adapters.venue.alpaca.teller import Teller
from tradewright.model.order import ENTRY, MARKET, Order
from tradewright.ports import Clock, Orders

SECOND_NS = 1_000_000_000
#: How long an order waits for the end of what stands before it.
FREED_SECONDS = 10.0
#: How often an opening looks whether the closes beside it are done, in seconds.
CLOSED_EVERY = 0.05


class Ahead:
    """Of one account. cancels: under way, by order."""

    def __init__(self, teller: Teller, orders: Orders, clock: Clock) -> None:
        self.cancels: dict[str, asyncio.Task[None]] = {}
        self._teller = teller
        self._orders = orders
        self._clock = clock
        self._behind: dict[str, dict[asyncio.Task[None], bool]] = {}

    # Behind

    def note(self, order_id: str, task: asyncio.Task[None], ends: bool) -> None:
        """A command on an order waits or is under way; ends: it is a cancel."""
        self._behind.setdefault(order_id, {})[task] = ends
        task.add_done_callback(lambda done: self._over(order_id, done))

    def _over(self, order_id: str, task: asyncio.Task[None]) -> None:
        self._behind[order_id].pop(task, None)
        if not self._behind[order_id]:
            del self._behind[order_id]

    def ends(self, order_id: str) -> bool:
        """Whether a cancel of it waits."""
        return any(self._behind.get(order_id, {}).values())

    def asked(self, order_id: str) -> bool:
        """Whether anything else than its submit was asked of it."""
        return order_id in self._behind

    # Before

    async def freed(self, order: Order) -> bool:
        """Waits until what it closes is not held any more, and until closes beside it are done, but not for ever.
        False: there was nothing to wait for."""
        waits_for = [] if order.role == ENTRY else self._holders_of(order)
        if waits_for:
            await asyncio.wait(waits_for, timeout=FREED_SECONDS)
        deadline, waited = self._clock() + round(FREED_SECONDS * SECOND_NS), bool(waits_for)
        while (closes := self._closes_beside(order)) and self._clock() < deadline and not self.ends(order.id):
            waited = True
            await self._teller.track(closes[0]).heard(CLOSED_EVERY)
        return waited

    def _holders_of(self, order: Order) -> list[asyncio.Task[None]]:
        """Cancels under way of orders that hold what this one would close."""
        found = []
        for id, task in self.cancels.items():
            other = self._orders.order(id)
            if other is not None and other.instrument is order.instrument and other.side == order.side:
                found.append(task)
        return found

    def _closes_beside(self, order: Order) -> list[Order]:
        """Closes at the market that are to go the same way before this opening, of other strategies of the account: of
        its own it has waited for all before it came here. Were it faster, it would take from what they close, and
        Alpaca would refuse them."""
        if order.role != ENTRY:
            return []
        others = [self._orders.order(id) for id in self._orders.open()]
        return [
            other
            for other in others
            if other is not None and other.role != ENTRY and other.type == MARKET
            and other.instrument is order.instrument and other.side == order.side
        ]  # fmt: skip

    def against(self, order: Order) -> list[str]:
        """Openings of ours with which it could trade."""
        others = [self._orders.order(id) for id in self._orders.open()]
        return [
            other.id
            for other in others
            if other is not None and other.role == ENTRY
            and other.instrument is order.instrument and other.side == -order.side
        ]  # fmt: skip
