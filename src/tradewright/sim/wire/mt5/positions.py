"""Positions: one per symbol in a netting account, one per opening order in a hedging one.

A position's identifier stays for its life; its ticket is that of the order which opened it, or, in a netting account,
of the order which turned it round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.orders import Order
from tradewright.sim.wire.mt5.symbols import Symbol


@dataclass(slots=True, eq=False)
class Position:
    """volume: size counts; price: the exact mean of what opened it, counts; sl, tp: counts, 0 = none; swap: money.
    exits: ids at the exchange of the orders that hold its SL and TP."""

    ticket: int
    identifier: int
    symbol: Symbol
    side: int
    volume: int
    price: Fraction
    opened: int
    updated: int
    sl: int = 0
    tp: int = 0
    magic: int = 0
    comment: str = ""
    reason: int = mt5.POSITION_REASON_EXPERT
    swap: Fraction = Fraction(0)
    exits: list[str] = field(default_factory=list)

    @property
    def type(self) -> int:
        return mt5.POSITION_TYPE_BUY if self.side > 0 else mt5.POSITION_TYPE_SELL


class Effect(NamedTuple):
    """What an execution did: to which position, how much of it was closed and at which mean price it had been opened,
    and the part of its swap that this realises. left: it is still open."""

    position: Position
    entry: int
    closed: int
    opened_at: Fraction
    swap: Fraction
    left: bool


class Positions:
    """The account's. hedging: several per symbol, and an execution closes only the one its order names."""

    def __init__(self, hedging: bool) -> None:
        self.hedging = hedging
        self._open: dict[int, Position] = {}

    def __iter__(self) -> Iterator[Position]:
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)

    def get(self, ticket: int) -> Position | None:
        return self._open.get(ticket)

    def of_symbol(self, symbol: Symbol) -> list[Position]:
        """The oldest first."""
        return [position for position in self._open.values() if position.symbol is symbol]

    def fill(self, order: Order, price: int, size: int, time: int) -> Effect:
        """Books an execution of `size` at `price`."""
        position = self._concerned(order)
        if position is None:
            return self._opened(order, price, size, time)
        position.updated = time
        if position.side == order.side:
            total = position.volume + size
            position.price = (position.price * position.volume + price * size) / total
            position.volume = total
            if not self.hedging:
                position.sl, position.tp = order.sl, order.tp
            return Effect(position, mt5.DEAL_ENTRY_IN, 0, position.price, Fraction(0), True)
        if size > position.volume:
            return self._turned(position, order, price, size, time)
        return self.reduce(position, size, mt5.DEAL_ENTRY_OUT)

    def reduce(self, position: Position, size: int, entry: int) -> Effect:
        """Closes so much of it."""
        swap = position.swap * size / position.volume
        position.swap -= swap
        position.volume -= size
        if position.volume == 0:
            del self._open[position.ticket]
        return Effect(position, entry, size, position.price, swap, position.volume > 0)

    def _concerned(self, order: Order) -> Position | None:
        if self.hedging:
            return self._open.get(order.position or order.ticket)
        return next(iter(self.of_symbol(order.symbol)), None)

    def _opened(self, order: Order, price: int, size: int, time: int) -> Effect:
        position = Position(
            order.ticket, order.ticket, order.symbol, order.side, size, Fraction(price), time, time,
            order.sl, order.tp, order.magic, order.comment, min(order.reason, mt5.POSITION_REASON_EXPERT),
        )  # fmt: skip
        self._open[order.ticket] = position
        return Effect(position, mt5.DEAL_ENTRY_IN, 0, position.price, Fraction(0), True)

    def _turned(self, position: Position, order: Order, price: int, size: int, time: int) -> Effect:
        """A netting position turns round: the rest stands on the other side under the turning order's ticket."""
        closed, opened_at, swap = position.volume, position.price, position.swap
        del self._open[position.ticket]
        position.ticket, position.side, position.volume = order.ticket, order.side, size - closed
        position.price, position.opened, position.swap = Fraction(price), time, Fraction(0)
        position.sl, position.tp, position.magic, position.comment = order.sl, order.tp, order.magic, order.comment
        self._open[order.ticket] = position
        return Effect(position, mt5.DEAL_ENTRY_INOUT, closed, opened_at, swap, True)
