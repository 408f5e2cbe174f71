"""Reports on orders: each with a time of the venue's clock, as well as it is known here, later than any before."""

from __future__ import annotations

from collections.abc import Callable

from tradewright.model.event import ACCEPTED, REJECTED, Event
from tradewright.model.order import Order
from tradewright.model.report import Replaced, Report
from tradewright.ports import Clock


class Teller:
    """offset_ns: the venue's clock less ours."""

    def __init__(self, clock: Clock, deliver: Callable[[Event], None]) -> None:
        self.clock = clock
        self.deliver = deliver
        self.offset_ns = 0
        self._last = 0

    def venue_time(self) -> int:
        return self.clock() + self.offset_ns

    def accept(self, order: Order, ticket: str) -> None:
        self.report(ACCEPTED, order, "", ticket)

    def reject(self, orders: list[Order], code: str, text: str) -> None:
        for order in orders:
            self.report(REJECTED, order, code, text)

    def report(self, kind: int, order: Order, code: str = "", text: str = "", filled: int = -1) -> None:
        self.say(kind, order.id, code, text, filled)

    def say(self, kind: int, order_id: str, code: str = "", text: str = "", filled: int = -1) -> None:
        self.deliver(Report(kind, self.clock(), order_id, self._said(), code, text, filled))

    def replaced(self, order: Order, quantity: int, limit: int, stop: int) -> None:
        """The terms that the venue works now."""
        self.deliver(Replaced(self.clock(), order.id, self._said(), quantity, limit, stop))

    def _said(self) -> int:
        self._last = max(self.venue_time(), self._last + 1)
        return self._last
