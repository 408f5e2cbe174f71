"""How far each order has come, by the journal's rows alone, and what its engine says of that.

A stage only rises, and an order ends by its venue's word alone, or without ever having left. That a venue does not find
an order says the least: it may be told before it can be believed, and any sign of life is more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tradewright.model import event as kinds
from tradewright.prove.known import MISSING, OVER, RISING, SENT, WORKS, Known

RANKS = {name: rank for rank, name in enumerate(RISING)}
#: What a row about an order says at least of its stage.
SAYS = {
    kinds.SUBMIT: SENT, kinds.ORDER_ADOPTED: SENT, kinds.NOT_FOUND: MISSING, kinds.ACCEPTED: WORKS,
    kinds.TRIGGERED: WORKS, kinds.REPLACED: WORKS, kinds.FILLED: WORKS, kinds.CANCELLED: OVER,
    kinds.EXPIRED: RANKS["EXPIRED"], kinds.REJECTED: RANKS["REJECTED"],
}  # fmt: skip


class Stages:
    """orders: those of the journal by id, kept by who reads it. ended: ids of those whose end their venue has said
    since somebody took them."""

    def __init__(self, orders: Mapping[str, Known]) -> None:
        self._orders = orders
        self.ended: list[str] = []

    def said(self, kind: int, order_id: str) -> None:
        """A row of the journal about an order."""
        order = self._orders.get(order_id)
        if order is None:
            return
        rank = SAYS.get(kind, 0)
        if kind == kinds.CANCEL and not order.submitted:
            rank = OVER
        elif rank >= OVER:
            self.ended.append(order_id)
        order.rank = max(order.rank, rank)

    def wrong(self, shown: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Orders whose stage is another than follows, by id, and what is wrong. shown: the stage of each."""
        for id, stage in shown.items():
            order, rank = self._orders.get(id), RANKS[stage]
            if order is None or rank == order.shown == order.rank:
                continue
            if rank < order.shown:
                yield id, f"was {RISING[order.shown]} and is {stage}"
            elif rank != order.rank and (rank, order.rank) != (SENT, MISSING):
                yield id, f"is {stage}, and what was said of it makes it {RISING[order.rank]}"
            order.shown = rank
