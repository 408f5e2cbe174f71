"""What had a stop, and what guards it now.

What an opening with a stop has filled, and nobody has closed, is to be guarded by a stop or to be on its way out. What
guards a long guards no short. A stop that its strategy cancels or changes is not asked for any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from tradewright.prove.known import EXIT, STOP_LOSS, TAKE_PROFIT, Known
from tradewright.prove.lots import Lots


class Stops:
    """orders: those of the journal by id, lots: what they opened; kept by who reads it."""

    def __init__(self, orders: Mapping[str, Known], lots: Lots) -> None:
        self._orders = orders
        self._lots = lots
        self._wanted: dict[str, bool] = {}

    @property
    def stopped(self) -> list[str]:
        """Ids of the openings that are to have a stop."""
        return [id for id, wanted in self._wanted.items() if wanted]

    def approved(self, order: Known) -> None:
        """An order was decided."""
        if order.role == STOP_LOSS and order.parent:
            self._wanted.setdefault(order.parent, True)

    def wished(self, order_id: str) -> None:
        """A strategy or a person has cancelled an order, or asked for other terms."""
        order = self._orders.get(order_id)
        if order is not None and order.role == STOP_LOSS:
            self._wanted[order.parent] = False

    def bare(self, at_venue: Collection[str]) -> Counter[tuple[str, str, int]]:
        """By strategy, symbol and side of what is held, size counts that had a stop and have none. at_venue: ids of the
        orders that work there."""
        bare: Counter[tuple[str, str, int]] = Counter()
        stopped = self.stopped
        sizes = self._lots.open(stopped)
        for id in stopped:
            order = self._orders[id]
            bare[order.strategy, order.symbol, order.side] += abs(sizes[id])
        for id, order in self._orders.items():
            works = id in at_venue if order.submitted else not order.ended
            leaves = order.role == EXIT or (order.role == TAKE_PROFIT and order.triggered)
            if works and (leaves or order.role == STOP_LOSS):
                bare[order.strategy, order.symbol, -order.side] -= max(0, order.quantity - order.filled)
        return +bare
