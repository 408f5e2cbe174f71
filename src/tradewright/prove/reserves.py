"""What each opening is to hold, worked out from the journal's rows alone.

An opening that was approved holds the size of what may still fill of it, and the money for that, from its decision on
and until somebody has said that it ended: also while nobody knows what became of it. While other terms are on their way
it holds enough for either. Of an order that its venue did not find nothing is asked: it may live or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tradewright.prove.known import ENTRY, OVER, Known


class Held(NamedTuple):
    """What an order holds now."""

    order_id: str
    currency: str
    money: int
    size: int


class Reserves:
    """orders: those of the journal by id, kept by who reads it. leverage: of the account, 0 = it pays in full, and for
    a sale nothing."""

    def __init__(self, orders: Mapping[str, Known], leverage: int) -> None:
        self._orders = orders
        self._leverage = leverage

    def decided(self, order: Known, money: int, value: int) -> str:
        """An opening of this value was approved with so much money for it; what is wrong with that, else ""."""
        order.hold = (money, order.quantity)
        owed = value if self._leverage or order.side > 0 else 0
        least = -(-owed // max(1, self._leverage))
        return f"{money} is reserved for it, which needs {least}" if money < least else ""

    def judged(self, order: Known, money: int, quantity: int) -> None:
        """Other terms for it were approved: the dearer ones hold for as long as it works; quantity: all of it."""
        if not order.submitted:
            order.changed = True
            order.quantity = quantity
            order.sizes.add(quantity)
            return
        left, (held, counts) = quantity - order.filled, order.hold
        if money * counts > held * left:
            order.hold = (money, left)

    def wrong(self, holds: Mapping[str, Held]) -> Iterator[tuple[str, str]]:
        """Openings that hold something else than they need now, by id, and what it is."""
        for id, order in self._orders.items():
            if order.role != ENTRY:
                continue
            held = holds.get(id)
            if held is None and order.rank >= OVER:
                continue
            if order.missing or (order.changed and not order.submitted):
                continue
            left = order.left
            money, size = (held.money, held.size) if held is not None else (0, 0)
            most = max(left, max(order.sizes) - order.filled) if left and order.asked else left
            if not left <= size <= most:
                yield id, f"holds a size of {size}, and {left} of it may still fill"
            elif size and money != -(-order.hold[0] * size // order.hold[1]):
                yield id, f"holds {money} for {size}, at {order.hold[0]} for {order.hold[1]}"
