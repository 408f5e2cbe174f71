"""What a client may read of its account's orders, from their states as the core keeps them."""

from __future__ import annotations

from tradewright.core.orders import OrderState
from tradewright.model.order import Order


class KnownOrders:
    """Implements `ports.Orders` but for instruments. states: every order by its id."""

    def __init__(self) -> None:
        self.states: dict[str, OrderState] = {}

    def open(self) -> list[str]:
        return [id for id, state in self.states.items() if state.is_open() or state.has_unknown()]

    def order(self, order_id: str) -> Order | None:
        state = self.states.get(order_id)
        return None if state is None else state.order

    def venue_id(self, order_id: str) -> str:
        state = self.states.get(order_id)
        return "" if state is None else state.venue_id

    def filled(self, order_id: str) -> int:
        state = self.states.get(order_id)
        return 0 if state is None else state.filled
