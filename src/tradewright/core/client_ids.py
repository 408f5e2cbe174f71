"""The callers' own names for orders: of each the order that it stands for, and the terms it was asked with.

So what is asked for twice under one name is one order. A name belongs to its account, and is kept as long as its order
is remembered, which is until 24 hours after the order's end; from then on it is free.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from tradewright.core.orders import OrderState
from tradewright.model.order_request import OrderNamed, OrderRequested

#: Of the caller's own names.
PATTERN = r"[A-Za-z0-9._-]{1,64}"
CLIENT_ORDER_ID_TAKEN = "CLIENT_ORDER_ID_TAKEN"


class ClientIds:
    """known: what was said of each name, by account and name. of: the account and name of each order that has one."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], OrderNamed] = {}
        self.of: dict[str, tuple[str, str]] = {}

    def add(self, named: OrderNamed) -> None:
        """Fold: an order has a name."""
        key = (named.account, named.client_id)
        self.known[key] = named
        for order_id in _ids(named):
            self.of[order_id] = key

    def forget(self, order_id: str) -> None:
        """Fold: an order leaves memory. With the last of those it stands for the name is free."""
        key = self.of.pop(order_id, None)
        if key is not None and not any(id in self.of for id in _ids(self.known[key])):
            del self.known[key]

    def find(self, asked: OrderRequested) -> OrderNamed | None:
        """What its name stands for already; None = it has none, or it is free."""
        return self.known.get((asked.account, asked.client_id))

    def taken(self, asked: OrderRequested) -> str:
        """Why its name can not be used, "" = it can: it is free, or stands for the same."""
        known = self.find(asked)
        if known is None or known.terms == asked.terms:
            return ""
        return f"{asked.client_id} stands for {known.order_id}, which was asked for with other terms"

    def ids_of(self, account: str, client_id: str) -> tuple[str, ...]:
        """The orders that a name stands for, in the order in which they were granted; none where it is free."""
        named = self.known.get((account, client_id))
        return () if named is None else (*named.order_ids, named.order_id)

    def name_of(self, order_id: str) -> str:
        """The caller's name for an order, "" = it has none."""
        return self.of.get(order_id, ("", ""))[1]

    def row(self) -> list[Any]:
        return [named.row()[1:] for _, named in sorted(self.known.items())]

    def restore(self, rows: list[Any], orders: Container[str]) -> None:
        """The inverse; orders: those that are remembered."""
        for row in rows:
            named = OrderNamed(*row)
            key = (named.account, named.client_id)
            self.known[key] = named
            self.of.update({id: key for id in _ids(named) if id in orders})


def newest_of(named: OrderNamed, orders: Mapping[str, OrderState]) -> OrderState:
    """The last of the orders that a name stands for that is remembered: a part of what was granted may end, and leave
    memory, before the rest."""
    return orders[next(id for id in (named.order_id, *reversed(named.order_ids)) if id in orders)]


def _ids(named: OrderNamed) -> tuple[str, ...]:
    """The orders that a name stands for."""
    return (named.order_id, *named.order_ids)
