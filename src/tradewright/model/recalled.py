"""What was forgotten of an order and is known again. An input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradewright.model.event import ORDER_RECALLED, Event


class OrderRecalled(Event):
    """An order of ours that ended so long ago that it had left memory: something was said of it after all. state: as
    `core.orders.OrderState.row()` had it, read from the journal."""

    __slots__ = ("state",)

    def __init__(self, time: int, state: Sequence[Any]) -> None:
        super().__init__(ORDER_RECALLED, time)
        self.state = list(state)

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.state)
