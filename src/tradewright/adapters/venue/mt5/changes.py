"""Other terms for an order that rests. MT5 changes prices in place and no volume: an order that is to be another size
ends, and what is left of it is placed as its next leg."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal

from tradewright.adapters.venue.mt5 import outcomes
from tradewright.adapters.venue.mt5.answers import Order as VenueOrder
from tradewright.adapters.venue.mt5.books import Books
from tradewright.adapters.venue.mt5.caller import WITHDRAWN, Caller
from tradewright.adapters.venue.mt5.connector import EXIT, ORDER
from tradewright.adapters.venue.mt5.lookup import Lookup
from tradewright.adapters.venue.mt5.ownership import Sent
from tradewright.adapters.venue.mt5.requests import (
    cancel_body,
    comment_of,
    leg_of,
    lots_of,
    modify_body,
    open_body,
    price_of,
)
from tradewright.adapters.venue.mt5.teller import Teller
from tradewright.model.command import Replace
from tradewright.model.errors import VenueRefused
from tradewright.model.event import OUTCOME_UNKNOWN, REPLACE_REJECTED
from tradewright.model.order import ENTRY, LIMIT, MARKET, STOP_LIMIT, Order
from tradewright.ports import Orders

PARTLY_FILLED = "PARTLY_FILLED"


class Changes:
    """tell: books what an order has done and reports its end. under_way: orders of which one leg ends and the next
    begins."""

    def __init__(
        self, caller: Caller, teller: Teller, books: Books, lookup: Lookup, orders: Orders,
        tell: Callable[[Order, int], Awaitable[object]],
    ) -> None:  # fmt: skip
        self.under_way: set[str] = set()
        self._caller = caller
        self._teller = teller
        self._books = books
        self._own = books.own
        self._lookup = lookup
        self._orders = orders
        self._tell = tell

    async def replace(self, wanted: Replace, order: Order) -> None:
        ticket = self._own.ticket(order.id)
        if order.type == MARKET or not ticket:
            code = "NOT_PENDING" if order.type == MARKET else "TICKET_UNKNOWN"
            self._teller.report(REPLACE_REJECTED, order, code, "there is nothing that could be changed")
            return
        if wanted.quantity != order.quantity:
            await self._next_leg(wanted, order, ticket)
            return
        entry = wanted.limit_units if order.type == LIMIT else wanted.stop_units
        changes: dict[str, Decimal | None] = {"entry_price": price_of(order, entry)}
        if order.type == STOP_LIMIT:
            changes["stop_limit_price"] = price_of(order, wanted.limit_units)
        outcome = await self._caller.insist("trades/modify", modify_body(ticket, **changes), order, "replace")
        if outcome.kind in (outcomes.DONE, outcomes.UNCHANGED):
            self._teller.replaced(order, wanted.quantity, wanted.limit_units, wanted.stop_units)
        elif outcome.kind == outcomes.UNKNOWN:
            self._teller.report(OUTCOME_UNKNOWN, order, "replace", outcome.text)
        else:
            if outcome.kind == outcomes.GONE:
                await self._tell(order, ticket)
            self._teller.report(REPLACE_REJECTED, order, *outcome.reason)

    async def _next_leg(self, wanted: Replace, order: Order, ticket: int) -> None:
        """MT5 changes no volume: the order ends, and what is left of it is placed as its next leg. In a hedging account
        one that has filled stays as it is, or its lot would be two positions."""
        if self._books.hedging and self._orders.filled(order.id):
            self._teller.report(REPLACE_REJECTED, order, PARTLY_FILLED, "a lot is one position")
            return
        self.under_way.add(order.id)
        try:
            outcome = await self._caller.insist("trades/cancel", cancel_body(ticket), order, "replace")
            if outcome.kind == outcomes.UNKNOWN:
                self._teller.report(OUTCOME_UNKNOWN, order, "replace", outcome.text)
                return
            refused = outcome.kind not in (outcomes.DONE, outcomes.UNCHANGED)
            answer = await self._lookup.order(ticket)
            if refused and answer is not None and not answer.order.done_time:
                self._teller.report(REPLACE_REJECTED, order, *outcome.reason)
                return
            if answer is None or not answer.order.done_time:
                self._teller.report(OUTCOME_UNKNOWN, order, "replace", "the end of its last leg is not seen yet")
                return
            await self._lookup.book(answer.deals)
            filled = self._orders.filled(order.id)
            if refused or filled >= wanted.quantity or (self._books.hedging and filled):
                code, text = outcome.reason if refused else (PARTLY_FILLED, "it filled meanwhile")
                self._teller.deliver(self._books.state(order.id, answer.order, False))
                self._teller.report(REPLACE_REJECTED, order, code, text)
                return
            if self._caller.ends(order):
                self._teller.report(REPLACE_REJECTED, order, WITHDRAWN, "cancelled before its next part was sent")
                self._teller.deliver(self._books.state(order.id, answer.order, False))
                return
            leg = leg_of(answer.order.comment)[1] + 1
            await self._place_leg(wanted, order, answer.order, wanted.quantity - filled, leg)
        finally:
            self.under_way.discard(order.id)

    async def _place_leg(self, wanted: Replace, order: Order, ended: VenueOrder, size: int, leg: int) -> None:
        changed = _changed_terms(order, wanted)
        name = self._books.symbols.find(order.instrument.symbol).name
        rank = ORDER if order.role == ENTRY else EXIT
        try:
            body = open_body(changed, name, self._books.magic(order.strategy), size, leg, ended.sl, ended.tp)
        except VenueRefused as refused:
            self._teller.deliver(self._books.state(order.id, ended, False))
            self._teller.report(REPLACE_REJECTED, order, refused.code, str(refused))
            return
        self._own.sent[order.id] = Sent(
            order, self._books.magic(order.strategy), lots_of(order, size), 0, self._teller.venue_time()
        )
        outcome = await self._caller.post("trades/open", body, f"{comment_of(order.id, leg)}:{order.time}:open:0", rank)
        done = outcome.done
        if outcome.kind == outcomes.DONE and done is not None and done.order:
            self._own.learn(order.id, done.order)
            self._teller.accept(order, str(done.order))
            self._teller.replaced(order, wanted.quantity, wanted.limit_units, wanted.stop_units)
        elif outcome.kind in (outcomes.DONE, outcomes.UNCHANGED, outcomes.UNKNOWN):
            self._teller.report(OUTCOME_UNKNOWN, order, "replace", outcome.text)
        else:
            self._own.sent.pop(order.id, None)
            self._teller.deliver(self._books.state(order.id, ended, False))
            self._teller.report(REPLACE_REJECTED, order, *outcome.reason)


def _changed_terms(order: Order, wanted: Replace) -> Order:
    return Order(
        order.id, order.account, order.strategy, order.instrument, order.side, order.type, wanted.quantity,
        wanted.limit_units, wanted.stop_units, time_in_force=order.time_in_force, flags=order.flags, role=order.role,
    )  # fmt: skip
