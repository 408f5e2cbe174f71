"""An account's orders for whoever plays the engine: what its client may read of them, and requests as the core makes
them."""

from __future__ import annotations

from tradewright.core.life_cycle import SENT, SUBMITTED
from tradewright.core.orders import OrderState
from tradewright.model.command import Approved, Cancel, Command, Query, Replace, Submit
from tradewright.model.order import Order
from tradewright.ports import Clock, Venue


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

    def named(self, venue_id: str) -> str:
        return next((id for id, state in self.states.items() if venue_id and state.venue_id == venue_id), "")

    def booked(self, trade_id: str) -> str:
        return next((id for id, state in self.states.items() if trade_id in state.trades), "")


class Ordering(KnownOrders):
    """client: who carries requests out."""

    client: Venue

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def hand_over(self, command: Command) -> None:
        self.client.execute(command)

    def submit(self, *orders: Order) -> None:
        """In one step."""
        for order in orders:
            state = self.states[order.id] = OrderState(order, SUBMITTED)
            state.submit = SENT
        for order in orders:
            self.hand_over(Submit(self.clock(), Approved(order)))

    def cancel(self, order_id: str) -> None:
        state = self.states[order_id]
        state.cancel, state.queried = SENT, False
        self.hand_over(Cancel(self.clock(), order_id))

    def replace(self, order_id: str, quantity: int, limit: int, stop: int = 0) -> None:
        state = self.states[order_id]
        state.replace, state.asked, state.queried = SENT, (quantity, limit, stop), False
        self.hand_over(Replace(self.clock(), order_id, quantity, limit, stop))

    def query(self, order_id: str) -> None:
        self.states[order_id].queried = True
        self.hand_over(Query(self.clock(), order_id))
