"""What each order has opened and nobody has closed, from the fills in the order of the venue's clock.

In an account that nets, what trades against what is held closes it, and opens with what is left; where longs and shorts
stand side by side only an exit closes. An order closes the lot it names, else what has a stop, the
oldest first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from tradewright.prove.known import ENTRY, Known


@dataclass(frozen=True, order=True, slots=True)
class Move:
    """Signed size counts that an order moved, "" = somebody else, in the book of a strategy and symbol. key: the
    trade's place among those of its time."""

    time: int
    key: tuple[int, str]
    order_id: str
    book: tuple[str, str]
    size: int


class Lots:
    """orders: those of the journal by id, kept by who reads it. hedging: longs and shorts stand side by side.
    moves: as they were told."""

    def __init__(self, orders: Mapping[str, Known], hedging: bool = False) -> None:
        self._orders = orders
        self._hedging = hedging
        self.moves: list[Move] = []
        self._left: dict[str, int] = {}

    def left(self, order_id: str) -> None:
        """An order was handed over: what is told from now on it did not know."""
        self._left.setdefault(order_id, len(self.moves))

    def filled(self, time_venue: int, trade_id: str, order_id: str, size: int) -> None:
        """An execution: size counts that it moved. Who closes a lot by its name does so for whoever holds it."""
        order = self._orders[order_id]
        holder = self._orders.get(order.lot, order)
        book = (holder.strategy, order.symbol)
        self.moves.append(Move(time_venue, (len(trade_id), trade_id), order_id, book, order.side * size))

    def taken(self, time: int, strategy: str, symbol: str, size: int) -> None:
        """Somebody else has closed so much: signed, as it was held."""
        self.moves.append(Move(time, (0, ""), "", (strategy, symbol), -size))

    def split(self, symbol: str, before: int, after: int) -> None:
        """So many are so many now."""
        self.moves = [
            replace(move, size=move.size * after // before) if move.book[1] == symbol else move for move in self.moves
        ]

    def open(self, stopped: Collection[str]) -> Counter[str]:
        """Signed size counts of each order that nothing has closed. stopped: ids of the openings that have a stop."""
        return self._fold(sorted(self.moves), stopped)[0]

    def held(self, book: tuple[str, str], side: int) -> int:
        """Size counts of the openings of one side in a book that nothing has closed."""
        found = 0
        for id, size in self.open([]).items():
            order = self._orders.get(id)
            if order is not None and (order.strategy, order.symbol) == book:
                found += max(0, side * size)
        return found

    def opened_by_exits(self) -> Counter[tuple[str, str]]:
        """Size counts that exits have opened, by strategy and symbol: neither by the venue's clock nor as it was told
        was there enough to close, nor without what happened behind its leaving that it could not know: what openings at
        rest filled, and what somebody else closed before it was there, if it was to trade at once."""
        as_left = [self.moves[at] for at in sorted(range(len(self.moves)), key=self._decided)]
        by_clock, as_told, when_left = (self._fold(moves, [])[1] for moves in (sorted(self.moves), self.moves, as_left))
        return by_clock & as_told & when_left

    def _decided(self, at: int) -> tuple[int, bool]:
        """A move's place where an exit comes before what it could not know."""
        order = self._orders.get(self.moves[at].order_id)
        if order is None or order.role == ENTRY:
            return at, True
        behind = range(self._left.get(self.moves[at].order_id, at), at)
        return next((n for n in behind if self._surprises(order, self.moves[n])), at), False

    def _surprises(self, exit: Known, move: Move) -> bool:
        order = self._orders.get(move.order_id)
        if order is None:
            return not move.order_id and not exit.rests
        return order.role == ENTRY and order.rests

    def _fold(self, moves: list[Move], stopped: Collection[str]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
        """What is open of each order, and what exits have opened in each book."""
        books: dict[tuple[str, str], Counter[str]] = {}
        opened: Counter[tuple[str, str]] = Counter()
        for move in moves:
            held, order = books.setdefault(move.book, Counter()), self._orders.get(move.order_id)
            opens = order is not None and order.role == ENTRY
            left = move.size
            if not (opens and self._hedging):
                left = _closed(held, left, self._met(held, order, stopped))
            held[move.order_id] += left
            if order is not None and not opens:
                opened[move.book] += abs(left)
        sizes: Counter[str] = Counter()
        for held in books.values():
            sizes.update(held)
        return sizes, +opened

    def _met(self, held: Counter[str], order: Known | None, stopped: Collection[str]) -> list[str]:
        """What an order closes, the first first; somebody else takes the oldest."""
        if order is None:
            return list(held)
        named = [id for id in held if id and id in (order.lot, order.parent)]  # "" = what somebody else has traded
        return named if self._hedging else [*(named or [id for id in held if id in stopped]), *held]


def _closed(held: Counter[str], left: int, lots: list[str]) -> int:
    """Closes lots of the other side, in this order; what is left."""
    side = 1 if left > 0 else -1
    for id in lots:
        taken = min(max(0, -side * held[id]), abs(left))
        held[id] += side * taken
        left -= side * taken
    return left
