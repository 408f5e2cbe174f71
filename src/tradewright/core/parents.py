"""Parent orders: the slices of one are together never larger than it is.

A parent belongs to one account, strategy, instrument and side; its size is what its first slice said. A slice counts
with what it has filled and what it may still fill, so one that ended gives back what it did not fill, and one whose
outcome is not known keeps it. Asked where an order is approved and where its size is changed. A parent that nobody has
sliced for a month is forgotten. Where nobody slices, nothing is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewright.model.decision import Check
from tradewright.model.order import Order
from tradewright.model.slice import Sliced

if TYPE_CHECKING:
    from tradewright.core.orders import OrderState

PARENT_EXCEEDED = "PARENT_EXCEEDED"
#: A parent whose last slice is older, and has left memory, is forgotten when a day begins.
KEPT_NS = 31 * 86_400 * 10**9
#: As the page of reasons tells it.
PARENT_CODES = {PARENT_EXCEEDED: "All slices of a parent order together, this one included, are no larger than it is."}

Key = tuple[str, str, int, int, str]


class Parent:
    """One parent order. size: counts; gone: filled by slices that have left memory; last: when its newest slice was
    approved, ns UTC; slices: ids of the others."""

    __slots__ = ("size", "gone", "last", "slices")

    def __init__(self, size: int, gone: int = 0, last: int = 0, slices: list[str] | None = None) -> None:
        self.size = size
        self.gone = gone
        self.last = last
        self.slices: list[str] = [] if slices is None else slices


class Parents:
    """All parents by what they belong to and their name, and the parent of each slice by its order id."""

    def __init__(self) -> None:
        self.known: dict[Key, Parent] = {}
        self.of: dict[str, Key] = {}

    def add(self, event: Sliced, order: Order) -> None:
        """Fold: an approved order is a slice."""
        key = key_of(order, event.parent)
        parent = self.known.setdefault(key, Parent(event.size_units))
        parent.slices.append(order.id)
        parent.last = event.time
        self.of[order.id] = key

    def forget(self, state: OrderState) -> None:
        """Fold: an ended order leaves memory, and what it filled stays."""
        key = self.of.pop(state.order.id, None)
        if key is not None:
            parent = self.known[key]
            parent.slices.remove(state.order.id)
            parent.gone += state.filled

    def forget_old(self, now: int) -> None:
        """Fold: parents that nobody has sliced for long leave memory; their names may begin anew."""
        for key in [key for key, kept in self.known.items() if not kept.slices and kept.last <= now - KEPT_NS]:
            del self.known[key]

    def size_of(self, order: Order, name: str, said: int) -> int:
        """Size counts of the parent: what its first slice said, else what this one does."""
        known = self.known.get(key_of(order, name))
        return said if known is None else known.size

    def check(self, order: Order, name: str, said: int, quantity: int, orders: dict[str, OrderState]) -> Check:
        """The verdict on a slice that may fill `quantity` counts in all."""
        parent = self.known.get(key_of(order, name))
        # Python integers in both builds: sizes add up to more than int64 holds.
        used: int = quantity
        if parent is not None:
            used += parent.gone
            for order_id in parent.slices:
                if order_id != order.id:
                    used += orders[order_id].filled + orders[order_id].wanted()
        size = self.size_of(order, name, said)
        return Check(PARENT_EXCEEDED, used <= size, used, size, "size")

    def row(self) -> list[Any]:
        return [
            [*key, parent.size, parent.gone, parent.last, parent.slices] for key, parent in sorted(self.known.items())
        ]

    def restore(self, rows: list[Any]) -> None:
        for *key, size, gone, last, slices in rows:
            found: Any = tuple(key)
            self.known[found] = Parent(size, gone, last, list(slices))
            for order_id in slices:
                self.of[order_id] = found


def key_of(order: Order, name: str) -> Key:
    return (order.account, order.strategy, order.instrument.index, order.side, name)
