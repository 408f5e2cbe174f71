"""From what was seen of orders to reports: each fill once, each change once, an end when its fills are told.

What the venue has counted is compared with what was told; a difference is looked up by the order's trades, and an end
that was seen waits until they are in. Orders of somebody else become known as the strategy `external`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from tradewright.adapters.chain.book import Book
from tradewright.adapters.chain.legs import Chain, Leg
from tradewright.adapters.chain.names import venue_name
from tradewright.adapters.chain.seen import EXPIRED, FILLED, REJECTED, Execution, Seen
from tradewright.model import event as kinds
from tradewright.model.control import OrderAdopted
from tradewright.model.event import Event
from tradewright.model.foreign import EXTERNAL, foreign_id
from tradewright.model.order import LIMIT, POST_ONLY, STOP, STOP_LIMIT, TRAILING_STOP, Order
from tradewright.model.report import FOUND, Replaced, fill_of, report_of
from tradewright.ports import Clock, Orders

_ENDS = {REJECTED: kinds.REJECTED, EXPIRED: kinds.EXPIRED}


class Reporter:
    """account, code: of `model.account.Account`. fill_in: looks up the trades of a leg of which some were not told, or
    a chain whose legs are not all known; it calls `settle` when it has."""

    def __init__(
        self, account: str, code: str, book: Book, orders: Orders, clock: Clock, deliver: Callable[[Event], None],
        errors: Counter[str], fill_in: Callable[[Chain], None],
    ) -> None:  # fmt: skip
        self.account = account
        self.code = code
        self.book = book
        self.orders = orders
        self.clock = clock
        self.deliver = deliver
        self.errors = errors
        self.fill_in = fill_in

    # Seen

    def find(self, seen: Seen) -> tuple[Chain, Leg]:
        """Whose order it is; somebody else's is made known."""
        symbol = seen.instrument.symbol
        found = self.book.at(symbol, seen.venue_id) or self.book.named(symbol, seen.client_id)
        return found if found is not None else self._adopt(seen)

    def hear(self, seen: Seen) -> Chain:
        """Takes what was seen, and tells what of it is new."""
        chain, leg = self.find(seen)
        leg.note(seen)
        self.book.place(chain, leg)
        self._announce(chain, leg)
        if leg.on_book or leg.executed:
            self._trigger(chain, leg)
        for execution in seen.executions:
            # A fill beyond what the same word says is filled in all is one that was told, under another number.
            if execution.trade_id in leg.fills or leg.told + execution.size <= leg.executed:
                self.fill(chain, leg, execution)
            else:
                self.errors["contradicted_fill"] += 1
        if leg.gap or not chain.whole:
            self.fill_in(chain)
        else:
            self.settle(chain)
        return chain

    def fill(self, chain: Chain, leg: Leg, execution: Execution) -> bool:
        """A fill, if it was not told yet; whether it was."""
        if not leg.take(execution):
            return False
        leg.executed = max(leg.executed, leg.told)
        self._trigger(chain, leg)
        now = self.clock()
        self.deliver(
            fill_of(
                now, chain.order.id, execution.time or now, execution.trade_id, execution.price, execution.size,
                execution.fee, execution.fee_currency, execution.maker,
            )
        )  # fmt: skip
        return True

    def announce_as(self, chain: Chain, leg: Leg, venue_id: str) -> None:
        """The venue has taken the order under this id, and said no more."""
        leg.venue_id = venue_id
        self.book.place(chain, leg)
        self._announce(chain, leg)

    def _announce(self, chain: Chain, leg: Leg) -> None:
        # The engine keeps the name said last: a late word of an earlier leg must not take the newest one's place.
        if leg.announced or leg.status == REJECTED or leg is not chain.last:
            return
        leg.announced = True
        self._report(kinds.ACCEPTED, chain, leg.time, "", venue_name(leg.venue_id, leg.number))

    def _trigger(self, chain: Chain, leg: Leg) -> None:
        """A stop is on the book, or filled: it was reached."""
        if leg.told_triggered or chain.order.type not in (STOP, STOP_LIMIT, TRAILING_STOP):
            return
        leg.told_triggered = True
        self._report(kinds.TRIGGERED, chain, leg.time)

    def settle(self, chain: Chain) -> None:
        """Nothing is missing: terms that have changed are told, and an end."""
        self.tell_terms(chain)
        leg = chain.last
        if not leg.over or chain.replacing or chain.ended:
            return
        self.book.end(chain)
        if leg.status != FILLED:
            kind = _ENDS.get(leg.status, kinds.CANCELLED)
            code = leg.reason or ("" if kind == kinds.CANCELLED else leg.status)
            self._report(kind, chain, leg.time, code, "", chain.executed)

    def settle_if_whole(self, chain: Chain) -> None:
        """As `settle`, where nothing is on its way that would."""
        if chain.complete:
            self.settle(chain)

    def tell_terms(self, chain: Chain, always: bool = False) -> None:
        """The terms at which the venue works the order now, if they are not those told last; always: in any case."""
        if not chain.whole or not chain.last.seen:
            return
        terms = chain.terms_now()
        if terms == chain.terms and not always:
            return
        chain.terms = terms
        # Each change has a time of its own, also where the venue's clock has not moved on.
        chain.changed = max(chain.last.time or self.clock(), chain.changed + 1)
        self.deliver(Replaced(self.clock(), chain.order.id, chain.changed, *terms))

    # Answers

    def found(self, chain: Chain) -> None:
        """The state of an order as the answer to a look-up, all its fills told before."""
        known = self.orders.order(chain.order.id)
        if known is not None:
            chain.terms = (known.quantity, known.limit_units, known.stop_units)
        leg = chain.last
        if leg.over and leg.status != FILLED:
            if not chain.replacing:
                chain.ended = False
                self.settle(chain)
            return
        self.tell_terms(chain)
        if leg.over:
            self.book.end(chain)
        name = venue_name(leg.venue_id, leg.number)
        self._report(kinds.ACCEPTED, chain, leg.time, FOUND, name, chain.executed)

    def say(self, kind: int, order_id: str, code: str, text: str = "") -> None:
        """A report that is about a request."""
        now = self.clock()
        self.deliver(report_of(kind, now, order_id, now, code, text, -1))

    def unknown(self, order_id: str, request: str, text: str) -> None:
        """What became of a request is not known."""
        self.say(kinds.OUTCOME_UNKNOWN, order_id, request, text)

    def _report(
        self, kind: int, chain: Chain, time_venue: int, code: str = "", text: str = "", filled: int = -1
    ) -> None:
        now = self.clock()
        self.deliver(report_of(kind, now, chain.order.id, time_venue or now, code, text, filled))

    # Somebody else's

    def _adopt(self, seen: Seen) -> tuple[Chain, Leg]:
        symbol = seen.instrument.symbol
        id = foreign_id(self.code, f"{symbol}-{seen.venue_id}")
        order = self.orders.order(id)
        leg = Leg(0, seen.client_id, seen.quantity)
        if order is None:
            order = self._foreign(id, seen)
            self.deliver(OrderAdopted(self.clock(), list(order.row())))
        chain = Chain(order, [leg], foreign=True, terms=(order.quantity, order.limit_units, order.stop_units))
        self.book.adopt(chain)
        return chain, leg

    def _foreign(self, id: str, seen: Seen) -> Order:
        type = seen.type
        return Order(
            id, self.account, EXTERNAL, seen.instrument, seen.side, type, max(seen.quantity, seen.executed, 1),
            seen.limit if type in (LIMIT, STOP_LIMIT) else 0, seen.stop if type in (STOP, STOP_LIMIT) else 0, 0,
            seen.trail_ppm if type == TRAILING_STOP else 0, seen.force, POST_ONLY if seen.post_only else 0,
            time=self.clock(),
        )  # fmt: skip
