"""An order as a slice of a parent order: what a strategy wants in all, sent in parts."""

from __future__ import annotations

from tradewright.model.event import SLICED, Event


class Sliced(Event):
    """Output: an approved opening is a slice of its strategy's parent order of that name; size_units: counts of all its
    slices together, as the first of them said."""

    __slots__ = ("order_id", "parent", "size_units")

    def __init__(self, time: int, order_id: str, parent: str, size_units: int) -> None:
        super().__init__(SLICED, time)
        self.order_id = order_id
        self.parent = parent
        self.size_units = size_units

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.order_id, self.parent, self.size_units)
