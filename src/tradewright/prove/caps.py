"""The limits that were set for an account, and what openings make of it, counted from the journal's rows alone.

Openings at work count as if they had filled, and what is held on one side takes nothing off the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tradewright.model import event as kinds
from tradewright.model.foreign import EXTERNAL
from tradewright.model.instrument import Instrument
from tradewright.prove.known import ENTRY, Known

#: Quantities are stated at so many decimals.
QUANTITY_SCALE = 9


@dataclass(frozen=True, slots=True)
class Limits:
    """What was set for the account. order_value: money of one opening; working: openings at work; quantity: of one
    position, at nine decimals; exposure: money of all positions, long and short added up; positions: instruments in
    which something is held or may be."""

    order_value: int
    working: int
    quantity: int
    exposure: int
    positions: int


class Caps:
    """orders: those of the journal by id, kept by who reads it."""

    def __init__(self, instruments: Sequence[Instrument], orders: Mapping[str, Known], limits: Limits | None) -> None:
        self._instruments = {one.symbol: one for one in instruments}
        self._listed = instruments
        self._orders = orders
        self._limits = limits
        self._prices: dict[str, int] = {}

    def price(self, row: Sequence[int]) -> None:
        """A market's record: what is held is worth the middle of its quote, else what was paid last."""
        symbol = self._listed[row[2]].symbol
        if row[0] == kinds.QUOTE and row[3] and row[4]:
            self._prices[symbol] = (row[3] + row[4]) // 2
        elif row[0] == kinds.TRADE:
            self._prices.setdefault(symbol, row[3])

    def broken(self, id: str, value: int, held: Mapping[tuple[str, int], int]) -> Iterator[str]:
        """What an opening breaks that was approved just now. value: money that it is worth; held: size counts of
        either side of a symbol."""
        limits, opening = self._limits, self._orders[id]
        if limits is None:
            return
        if value > limits.order_value:
            yield f"{id} is worth {value}, which is more than {limits.order_value}"
        working = [order for order in self._orders.values() if order.role == ENTRY and order.left]
        ours = sum(order.strategy != EXTERNAL for order in working)
        if ours > limits.working:
            yield f"{id} is one of {ours} openings at work, of {limits.working}"
        sizes = Counter(held)
        for order in working:
            sizes[order.symbol, order.side] += order.left
        sizes = +sizes
        quantity = sizes[opening.symbol, opening.side] * self._unit(opening.symbol)
        if quantity > limits.quantity:
            yield f"{id} makes a position of {quantity} in {opening.symbol}, which is more than {limits.quantity}"
        exposure = sum(self._worth(symbol, size) for (symbol, _), size in sizes.items())
        exposure += value - self._worth(opening.symbol, opening.left)
        if exposure > limits.exposure:
            yield f"{id} makes positions worth {exposure}, which is more than {limits.exposure}"
        others = {symbol for symbol, _ in held} | {order.symbol for order in working if order is not opening}
        if opening.symbol not in others and len(others) >= limits.positions:
            yield f"{id} opens one more position than {len(others)}, of {limits.positions}"

    def _unit(self, symbol: str) -> int:
        """Quantity of one size count."""
        unit: int = 10 ** (QUANTITY_SCALE - self._instruments[symbol].size_scale)
        return unit

    def _worth(self, symbol: str, size: int) -> int:
        """Money of so many size counts, as the market stands."""
        worth: int = self._instruments[symbol].money_factor * self._prices.get(symbol, 0) * size
        return worth
