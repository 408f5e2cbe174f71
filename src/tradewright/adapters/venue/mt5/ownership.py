"""Whose an order, a deal or a position at the venue is.

By its ticket, where an answer or an earlier find has told it, or the engine knows it from an earlier process; by the id
in its comment, if symbol and side agree; by the position it closes, where a stop loss or take profit of that position
is ours; and where a broker cuts or overwrites comments, by magic, symbol, side, size and time, if it can be that of
exactly one request of ours without an answer. What could be ours and is not certain waits; the rest is foreign.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradewright.adapters.venue.mt5.requests import leg_of
from tradewright.model.order import Order
from tradewright.ports import Orders

SECOND_NS = 1_000_000_000
#: The venue's clock and ours may differ by so much where only the time tells two orders apart.
CLOCKS_NS = 2 * SECOND_NS
#: A request whose order nobody has found by then can be taken for no deal any more.
FORGET_NS = 3_600 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Trace:
    """What an order or a deal shows of its origin. position: the identity of the one it worked on, 0 = none; closes:
    it took away from it; time: ns UTC."""

    ticket: int
    symbol: str
    side: int
    volume: Decimal
    magic: int
    comment: str
    reason: str
    position: int
    closes: bool
    time: int


@dataclass(slots=True)
class Sent:
    """A request of ours that made or makes an order and whose ticket is not known. position: the ticket it closes, 0 =
    it opens; volume: lots asked for; time: when it left, ns UTC."""

    order: Order
    magic: int
    volume: Decimal
    position: int
    time: int


class Ownership:
    """hedging: positions are by ticket, that of the order which opened them."""

    def __init__(self, orders: Orders, hedging: bool) -> None:
        self._orders = orders
        self._hedging = hedging
        self.ids: dict[int, str] = {}  # order ticket → our id of it, foreign ones included
        self.tickets: dict[str, int] = {}  # our id → its newest ticket
        self.slots: dict[tuple[str, str], str] = {}  # (lot, sl or tp) → the exit that is it
        self.sent: dict[str, Sent] = {}
        self._cut = 0  # to so many characters a comment was seen cut; 0 = none was

    def learn(self, order_id: str, ticket: int) -> None:
        """The order of ours is, or was, that ticket; the newest one counts."""
        self.ids[ticket] = order_id
        self.tickets[order_id] = max(ticket, self.tickets.get(order_id, 0))
        self.sent.pop(order_id, None)

    def ticket(self, order_id: str) -> int:
        """The venue's newest ticket of an order, 0 = not known."""
        found = self.tickets.get(order_id, 0)
        if found:
            return found
        said = self._orders.venue_id(order_id)
        found = int(said) if said.isascii() and said.isdecimal() else 0
        if found:
            self.ids[found] = order_id
            self.tickets[order_id] = found
        return found

    def owner(self, trace: Trace) -> str:
        """Our id of the order that the trace is of, "" = none for certain."""
        known = self.ids.get(trace.ticket, "") or self._by_name(trace)
        if known:
            if trace.comment and len(trace.comment) < len(known) and known.startswith(trace.comment):
                self._cut = len(trace.comment)
            return known
        found = self._by_slot(trace) or self._by_comment(trace) or self._by_facts(trace)
        if found and not (trace.reason in ("sl", "tp") and trace.closes):
            self.learn(found, trace.ticket)
        elif found:
            self.ids[trace.ticket] = found
        return found

    def may_be_ours(self, trace: Trace) -> bool:
        """Whether a request without an answer could have made it: then nobody can say yet that it is foreign."""
        return any(self._could_be(sent, trace) for sent in self.sent.values())

    def _by_name(self, trace: Trace) -> str:
        """As the engine knows it from an earlier process."""
        found = self._orders.named(str(trace.ticket))
        if found:
            self.learn(found, trace.ticket)
        return found

    def _by_slot(self, trace: Trace) -> str:
        if not (self._hedging and trace.closes and trace.reason in ("sl", "tp")):
            return ""
        return self.slots.get((self.ids.get(trace.position, ""), trace.reason), "")

    def _by_comment(self, trace: Trace) -> str:
        id, leg = leg_of(trace.comment)
        order = self._orders.order(id) if id else None
        if order is None or order.side != trace.side or order.instrument.symbol != trace.symbol:
            return ""
        # Who closes by hand from a terminal leaves the opening's comment. A close of ours that comes late opens, where
        # nothing of its position is left.
        if self._hedging and trace.closes and not order.lot:
            return ""
        # Of a comment that was cut the rest may be the whole id of another order: that one has its ticket already.
        told = self.ticket(id)
        if told and told != trace.ticket and not leg and id not in self.sent and self._is_begin(id, trace.comment):
            return ""
        if len(trace.comment) == self._cut and self._rivals(id, trace):
            return ""
        return id

    def _is_begin(self, id: str, comment: str) -> bool:
        """Whether the id of another order than `id` begins with a comment, which may be what was left of that one. With
        none it is what the first of an order's tickets was sent with, of which a later process knows the newest."""
        others = (*self.sent, *self.ids.values(), *self._orders.open())
        return any(other != id and other.startswith(comment) for other in others)

    def _rivals(self, id: str, trace: Trace) -> bool:
        """Whether a cut comment could be that of another order too."""
        return any(
            other != id and other.startswith(trace.comment) and self._could_be(sent, trace)
            for other, sent in self.sent.items()
        )

    def _by_facts(self, trace: Trace) -> str:
        found = [id for id, sent in self.sent.items() if self._could_be(sent, trace)]
        cut = [id for id in found if trace.comment and id.startswith(trace.comment)]
        found = cut if len(cut) == 1 else found
        return found[0] if len(found) == 1 else ""

    def _could_be(self, sent: Sent, trace: Trace) -> bool:
        order = sent.order
        if trace.reason not in ("", "expert"):
            return False
        if order.instrument.symbol != trace.symbol or order.side != trace.side or trace.volume > sent.volume:
            return False
        if trace.time + CLOCKS_NS < sent.time:
            return False
        if sent.position:
            return trace.closes and trace.position == sent.position
        return trace.magic == sent.magic and not (self._hedging and trace.closes)
