"""Order lists: OCO (one cancels the other) and OTO (one triggers the other), also with an OCO behind (OTOCO), and the
forms in which the pending legs' size is what the working order has brought in (OPO, OPOCO).

The legs of an OCO end together: the first that is triggered or filled expires the other. Pending legs go live when the
working order is filled whole; when it ends otherwise they expire. Cancelling one leg cancels the list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tradewright.sim.wire.binance.figures import Time
from tradewright.sim.wire.binance.orders import Order

OCO, OTO = "OCO", "OTO"
RESPONSE, EXEC_STARTED, UPDATED, ALL_DONE = "RESPONSE", "EXEC_STARTED", "UPDATED", "ALL_DONE"
EXECUTING, REJECT = "EXECUTING", "REJECT"


@dataclass(slots=True)
class OrderList:
    """working: the order that comes first (OTO), None for an OCO. legs: the orders that go live together; pays: their
    size is what the working order brings in."""

    id: int
    client_id: str
    symbol: str
    contingency: str
    time: int
    working: Order | None = None
    legs: list[Order] = field(default_factory=list)
    pays: bool = False
    status_type: str = EXEC_STARTED
    status: str = EXECUTING
    updated: int = 0

    @property
    def orders(self) -> list[Order]:
        return self.legs if self.working is None else [self.working, *self.legs]

    @property
    def live(self) -> bool:
        """Whether the legs have had their turn."""
        return self.working is None or self.status_type == UPDATED

    @property
    def open(self) -> bool:
        return self.status == EXECUTING

    def hold_name(self) -> str:
        """The legs of one list hold once."""
        return f"list {self.id}"

    def row(self) -> dict[str, object]:
        """As queries and answers tell it."""
        return {
            "orderListId": self.id, "contingencyType": self.contingency, "listStatusType": self.status_type,
            "listOrderStatus": self.status, "listClientOrderId": self.client_id,
            "transactionTime": Time(self.updated), "symbol": self.symbol,
            "orders": [
                {"symbol": self.symbol, "orderId": order.id, "clientOrderId": order.client_id}
                for order in self.orders
            ],
        }  # fmt: skip

    def event(self, clock: int, rejected: str = "NONE") -> dict[str, object]:
        """Its listStatus."""
        return {
            "e": "listStatus", "E": Time(clock), "s": self.symbol, "g": self.id, "c": self.contingency,
            "l": self.status_type, "L": self.status, "r": rejected, "C": self.client_id, "T": Time(self.updated),
            "O": [{"s": self.symbol, "i": order.id, "c": order.client_id} for order in self.orders],
        }  # fmt: skip
