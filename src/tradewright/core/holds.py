"""Holds: what working orders reserve. Reserve first, then post (a fill), void (an end) — released exactly once.

A hold is a function of its order: amount × remaining / quantity. So the sum of holds is the need of the orders that may
still fill, and it is zero when none may. A slot is the place an opening order takes among the open positions.
"""

from __future__ import annotations

from tradewright.core.ledger import Book, Position
from tradewright.model.order import ENTRY, MARKET, TAKE_PROFIT, Order


class Hold:
    """The reservation of one order. amount: money reserved for `quantity` counts; remaining: counts still reserved;
    held: money reserved now. yielded: an exit whose cancel was asked for no longer stands in another exit's way."""

    __slots__ = ("order", "book", "position", "currency", "amount", "quantity", "remaining", "held", "yielded")

    def __init__(self, order: Order, book: Book, position: Position, currency: str, amount: int) -> None:
        self.order = order
        self.book = book
        self.position = position
        self.currency = currency
        self.amount = amount
        self.quantity = order.quantity
        self.remaining = 0
        self.held = 0
        self.yielded = False

    def row(self) -> tuple[object, ...]:
        return (self.order.id, self.currency, self.amount, self.quantity, self.remaining, self.held, self.yielded)


class Holds:
    """All holds by order id, and their money per account and currency."""

    __slots__ = ("holds", "money")

    def __init__(self) -> None:
        self.holds: dict[str, Hold] = {}
        self.money: dict[str, dict[str, int]] = {}

    def reserve(self, order: Order, book: Book, position: Position, currency: str, amount: int) -> None:
        """Hold `amount` money and the order's quantity and slot from now on; once per order."""
        assert order.id not in self.holds, f"{order.id} already has its hold"
        hold = self.holds[order.id] = Hold(order, book, position, currency, amount)
        if order.role == ENTRY:
            position.opening += 1
        self._set(hold, order.quantity)

    def adjust(self, order: Order, remaining: int) -> None:
        """Post or void: `remaining` counts stay reserved; 0 ends the hold. An order without a hold changes nothing."""
        hold = self.holds.get(order.id)
        if hold is None:
            return
        if remaining != hold.remaining:
            self._set(hold, remaining)
        if remaining == 0:
            del self.holds[order.id]
            if order.role == ENTRY:
                hold.position.opening -= 1

    def yield_exit(self, order_id: str) -> None:
        """The cancel of this exit is on its way: another exit may take its quantity. The venue's reduce-only guards
        the race in which it fills all the same."""
        hold = self.holds.get(order_id)
        if hold is not None and hold.order.role != ENTRY and not hold.yielded:
            remaining = hold.remaining
            self._set(hold, 0)
            hold.yielded = True
            hold.remaining = remaining

    def _set(self, hold: Hold, remaining: int) -> None:
        order = hold.order
        change = remaining - hold.remaining
        hold.remaining = remaining
        if order.role != ENTRY:
            if not hold.yielded and not (order.group and order.role == TAKE_PROFIT):
                hold.book.exiting += change
                hold.position.exiting += change
                if order.type == MARKET and not order.parent:
                    hold.position.leaving += change
            return
        if order.side > 0:
            hold.position.buying += change
        else:
            hold.position.selling += change
        # Past its first quantity (a replace upward) a hold grows in proportion.
        held = -(-hold.amount * remaining // hold.quantity)
        money = self.money.setdefault(order.account, {})
        money[hold.currency] = money.get(hold.currency, 0) + held - hold.held
        hold.held = held

    def held(self, account: str, currency: str) -> int:
        """Money held in one currency of one account."""
        money = self.money.get(account)
        return money.get(currency, 0) if money is not None else 0

    def row(self) -> tuple[object, ...]:
        return (
            [self.holds[id].row() for id in sorted(self.holds)],
            [(account, sorted(money.items())) for account, money in sorted(self.money.items())],
        )
