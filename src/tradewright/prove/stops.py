"""What had a stop, and what guards it now.

What an opening with a stop has filled, and nobody has closed, is to be guarded by a stop or to be on its way out. A
close takes the lot it names, else what has a stop, the oldest first by the venue's clock. A stop that its
strategy cancels or changes is not asked for any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

ENTRY, EXIT, STOP_LOSS, TAKE_PROFIT = "entry", "exit", "stop_loss", "take_profit"


@dataclass(slots=True)
class Known:
    """An order as the journal's rows have it. out: it left for the venue, or was triggered for it. replaced: when its
    newest terms began, and their quantity."""

    symbol: str
    strategy: str
    side: int
    quantity: int
    limits: set[int]
    role: str
    parent: str
    lot: str = ""
    filled: int = 0
    submitted: bool = False
    triggered: bool = False
    ended: bool = False
    overfilled: bool = False
    late: bool = False
    sizes: set[int] = field(default_factory=set)
    replaced: tuple[int, int] = (0, 0)

    @property
    def left(self) -> int:
        """Size counts that may still fill."""
        return 0 if self.ended else max(0, self.quantity - self.filled)


class Stops:
    """orders: those of the journal by id, kept by who reads it."""

    def __init__(self, orders: Mapping[str, Known]) -> None:
        self._orders = orders
        self._stopped: dict[str, bool] = {}
        self._moves: list[tuple[int, bool, tuple[str, str], str, int]] = []

    def approved(self, order: Known) -> None:
        """An order was decided."""
        if order.role == STOP_LOSS and order.parent:
            self._stopped.setdefault(order.parent, True)

    def wished(self, order_id: str) -> None:
        """A strategy or a person has cancelled an order, or asked for other terms."""
        order = self._orders.get(order_id)
        if order is not None and order.role == STOP_LOSS:
            self._stopped[order.parent] = False

    def filled(self, time_venue: int, order_id: str, size: int) -> None:
        """An execution: size counts that it moved. Who closes a lot by its name does so for whoever holds it."""
        order = self._orders[order_id]
        holder = self._orders.get(order.lot, order)
        self._moves.append((time_venue, order.role != ENTRY, (holder.strategy, order.symbol), order_id, size))

    def taken(self, time: int, strategy: str, symbol: str, size: int) -> None:
        """Somebody else has closed so much."""
        self._moves.append((time, True, (strategy, symbol), "", size))

    def bare(self, at_venue: Collection[str]) -> Counter[tuple[str, str]]:
        """By strategy and symbol, size counts that had a stop and have none. at_venue: ids of the orders that work
        there."""
        bare: Counter[tuple[str, str]] = Counter()
        for id, size in self._open().items():
            order = self._orders[id]
            if self._stopped.get(id):
                bare[order.strategy, order.symbol] += size
        for id, order in self._orders.items():
            works = id in at_venue if order.submitted else not order.ended
            leaves = order.role == EXIT or (order.role == TAKE_PROFIT and order.triggered)
            if works and (leaves or order.role == STOP_LOSS):
                bare[order.strategy, order.symbol] -= max(0, order.quantity - order.filled)
        return +bare

    def _open(self) -> Counter[str]:
        """Size counts of each opening that nothing has closed."""
        lots: dict[tuple[str, str], Counter[str]] = {}
        for _, closes, of, id, size in sorted(self._moves):
            held, order = lots.setdefault(of, Counter()), self._orders.get(id)
            if not closes:
                held[id] += size
                continue
            named = [lot for lot in held if order is not None and lot in (order.lot, order.parent)]
            if not named and order is not None:
                named = [lot for lot in held if self._stopped.get(lot)]
            for lot in [*named, *held]:
                taken = min(held[lot], size)
                held[lot] -= taken
                size -= taken
        return sum(lots.values(), Counter())
