"""Holds: what working orders reserve. Reserve first, then post (a fill), void (an end) — released exactly once.

A hold is a function of its order: amount × remaining / quantity. So the sum of holds is the need of the orders that may
still fill, and it is zero when none may. A slot is the place an opening order takes among the open positions. An exit
holds the size it may close: what its parent filled, once it is at the venue and until its cancel was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable

from tradewright.core.ledger import Book
from tradewright.model.order import ENTRY, MARKET, Order


class Hold:
    """The reservation of one order. currency, amount: money for `quantity` counts of an opening; remaining: counts
    reserved now; held: money reserved now; leaving: counts of an exit that go at the market."""

    __slots__ = ("order", "book", "position", "currency", "amount", "quantity", "remaining", "held", "leaving")

    def __init__(self, order: Order, book: Book, currency: str, amount: int) -> None:
        self.begin(order, book, currency, amount)

    def begin(self, order: Order, book: Book, currency: str, amount: int) -> None:
        """The constructor's work without the cost of its arguments."""
        self.order = order
        self.book = book
        self.position = book.position
        self.currency = currency
        self.amount = amount
        self.quantity = order.quantity
        self.remaining = 0
        self.held = 0
        self.leaving = 0

    def row(self) -> tuple[object, ...]:
        return (self.order.id, self.currency, self.amount, self.quantity, self.remaining, self.held, self.leaving)


class Holds:
    """holds: those of open orders by order id, oldest first. over: those that ended, for as long as their order is
    remembered: an order that works again holds again. money: held per account and currency."""

    __slots__ = ("holds", "over", "money")

    def __init__(self) -> None:
        self.holds: dict[str, Hold] = {}
        self.over: dict[str, Hold] = {}
        self.money: dict[str, dict[str, int]] = {}

    def reserve(self, order: Order, book: Book, currency: str, amount: int) -> None:
        """Open the hold of an order, once, with `amount` money for its quantity; an opening holds all of it at once."""
        assert order.id not in self.holds and order.id not in self.over, f"{order.id} already has its hold"
        hold = Hold.__new__(Hold)
        hold.begin(order, book, currency, amount)
        self._enter(hold)
        if order.role == ENTRY:
            self._set(hold, order.quantity)

    def adjust(self, order: Order, is_open: bool, counts: int) -> None:
        """Post or void: `counts` stay reserved; an order that is not open any more ends its hold, one that is open
        again has it back."""
        hold = self.holds.get(order.id)
        if hold is None:
            if not is_open:
                return
            hold = self.over.pop(order.id)
            self._enter(hold)
        self._set(hold, counts)
        if not is_open:
            del self.holds[order.id]
            self.over[order.id] = hold
            if order.role == ENTRY:
                hold.position.opening -= 1
                hold.book.opening -= 1
            else:
                del hold.book.exits[order.id]

    def occupy(self, order: Order, book: Book, currency: str, amount: int) -> Hold:
        """Reserve what an opening that does not exist yet would hold: its slot, its size, its money. A quantity of 0 is
        its slot alone."""
        hold = Hold.__new__(Hold)
        hold.begin(order, book, currency, amount)
        self.take(hold)
        return hold

    def take(self, hold: Hold) -> None:
        """What such a hold reserves is taken, again."""
        hold.position.opening += 1
        hold.book.opening += 1
        if hold.quantity:
            self._set(hold, hold.quantity)

    def vacate(self, hold: Hold) -> None:
        """It is free."""
        if hold.quantity:
            self._set(hold, 0)
        hold.position.opening -= 1
        hold.book.opening -= 1

    def set_aside(self, order_id: str) -> dict[str, Hold]:
        """An opening's hold is as if its order had never been, to see whether that would be granted now. Returns what
        `bring_back` needs."""
        every = self.holds
        self.holds = {id: hold for id, hold in every.items() if id != order_id}
        self.vacate(every[order_id])
        return every

    def bring_back(self, order_id: str, every: dict[str, Hold]) -> None:
        """Undo `set_aside`."""
        self.take(every[order_id])
        self.holds = every

    def lift(self, order_ids: list[str]) -> list[int]:
        """Let go of what exits hold, as if they had ended, to see what a close could take. Returns the counts for
        `put_back`."""
        counts: list[int] = []
        for order_id in order_ids:
            hold = self.holds[order_id]
            counts.append(hold.remaining)
            self._set(hold, 0)
        return counts

    def put_back(self, order_ids: list[str], counts: list[int]) -> None:
        """Undo `lift`."""
        for at in range(len(order_ids)):
            self._set(self.holds[order_ids[at]], counts[at])

    def raise_to(self, order_id: str, amount: int, quantity: int) -> None:
        """An opening may get other terms, which need `amount` money for `quantity` counts: from now on it holds at the
        rate of the dearer ones."""
        hold = self.holds[order_id]
        if amount * hold.quantity > hold.amount * quantity:
            counts = hold.remaining
            self._set(hold, 0)
            hold.amount, hold.quantity = amount, quantity
            self._set(hold, counts)

    def _enter(self, hold: Hold) -> None:
        order = hold.order
        self.holds[order.id] = hold
        if order.role == ENTRY:
            hold.position.opening += 1
            hold.book.opening += 1
        else:
            hold.book.exits[order.id] = hold

    def _set(self, hold: Hold, counts: int) -> None:
        order = hold.order
        change = counts - hold.remaining
        hold.remaining = counts
        if order.role != ENTRY:
            leaving = counts if order.type == MARKET else 0
            hold.position.exiting += change
            hold.position.leaving += leaving - hold.leaving
            hold.leaving = leaving
            return
        if change == 0:
            return
        if order.side > 0:
            hold.position.buying += change
            hold.book.buying += change
        else:
            hold.position.selling += change
            hold.book.selling += change
        # Past its first quantity (a replace upward) a hold grows in proportion.
        held = 0
        if counts:
            held = hold.amount if counts == hold.quantity else -(-hold.amount * counts // hold.quantity)
        money = self.money.get(order.account)
        if money is None:
            money = self.money[order.account] = {}
        money[hold.currency] = money.get(hold.currency, 0) + held - hold.held
        hold.held = held

    def of(self, order_id: str) -> Hold:
        """The hold of an order that is remembered, also after its end."""
        hold = self.holds.get(order_id)
        return self.over[order_id] if hold is None else hold

    def held(self, account: str, currency: str) -> int:
        """Money held in one currency of one account."""
        money = self.money.get(account)
        return money.get(currency, 0) if money is not None else 0

    def row(self) -> tuple[object, ...]:
        """In the order of the holds, which is that in which open orders are listed and cancelled."""
        return (
            [hold.row() for hold in self.holds.values()],
            [self.over[id].row() for id in sorted(self.over)],
            [(account, sorted(money.items())) for account, money in sorted(self.money.items())],
        )


def left(book: Book, side: int, lot: str, group: str) -> int:
    """Size counts that an exit of `side` may still close (of order `lot` if named): what is there, less what working
    exits have taken. Exits of one group fill one another's place, so a group counts once and its own not at all."""
    there = book.closable(side, "") - _taken(book, side, "", group)
    if lot:
        of_lot = book.closable(side, lot) - _taken(book, side, lot, group)
        return of_lot if of_lot < there else there
    return there


def covered(order: Order, working: Iterable[Hold]) -> bool:
    """Whether a working exit can only make the account's net position smaller, whosever lots it closes. working: the
    holds of all open orders; those on its side may each fill first, of a group the largest alone."""
    groups: dict[str, int] = {}
    net = 0
    for hold in working:
        other = hold.order
        if other.account != order.account or other.instrument is not order.instrument:
            continue
        net = hold.position.net
        if other.side == order.side and other.id != order.id:
            group = other.group or other.id
            groups[group] = max(groups.get(group, 0), hold.remaining)
    groups.pop(order.group, None)
    return order.quantity <= -order.side * net - sum(groups.values())


def _taken(book: Book, side: int, lot: str, group: str) -> int:
    total = 0
    groups: dict[str, int] = {}
    for hold in book.exits.values():
        order = hold.order
        if order.side != side or hold.remaining == 0 or (lot and order.lot != lot):
            continue
        if order.group == "":
            total += hold.remaining
        elif order.group != group:
            groups[order.group] = max(groups.get(order.group, 0), hold.remaining)
    return total + sum(groups.values()) if groups else total
