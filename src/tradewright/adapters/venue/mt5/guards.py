"""Exits that rest in a hedging account: the SL and the TP of the position they close, whole, or of the order that is to
open it. Each request ends in a report that answers it, or in OUTCOME_UNKNOWN."""

from __future__ import annotations

from decimal import Decimal

from tradewright.adapters.venue.mt5 import outcomes
from tradewright.adapters.venue.mt5.books import Books
from tradewright.adapters.venue.mt5.caller import Caller
from tradewright.adapters.venue.mt5.connector import EXIT
from tradewright.adapters.venue.mt5.lookup import NOT_FOUND_YET, Lookup
from tradewright.adapters.venue.mt5.outcomes import Outcome
from tradewright.adapters.venue.mt5.ownership import FORGET_NS
from tradewright.adapters.venue.mt5.requests import (
    SLOTS,
    STOP_LOSS_SLOT,
    TAKE_PROFIT_SLOT,
    lots_of,
    modify_body,
    price_of,
)
from tradewright.adapters.venue.mt5.teller import Teller
from tradewright.model.command import Replace
from tradewright.model.errors import VenueRefused
from tradewright.model.event import ACCEPTED, CANCEL_REJECTED, CANCELLED, NOT_FOUND, OUTCOME_UNKNOWN, REPLACE_REJECTED
from tradewright.model.order import Order
from tradewright.model.report import FOUND
from tradewright.ports import Clock, Orders

SLOT_TAKEN, PART_OF_POSITION, LOT_UNKNOWN = "SLOT_TAKEN", "PART_OF_POSITION", "LOT_UNKNOWN"
POSITION_CLOSED, REMOVED = "POSITION_CLOSED", "REMOVED"
#: What the venue has said to stand so short a time ago was not taken away by anybody: a list without it is an old one.
STANDS_NS = 20_000_000_000
_SLOT_FIELDS = {STOP_LOSS_SLOT: "stop_loss", TAKE_PROFIT_SLOT: "take_profit"}


class Guards:
    def __init__(
        self, caller: Caller, teller: Teller, books: Books, lookup: Lookup, orders: Orders, clock: Clock
    ) -> None:
        self._caller = caller
        self._teller = teller
        self._books = books
        self._own = books.own
        self._lookup = lookup
        self._orders = orders
        self._clock = clock
        self._stood: dict[str, int] = {}

    async def place(self, order: Order) -> None:
        """An exit that rests: the SL or TP of its position, or of the order that is to open it."""
        slot = SLOTS[order.type]
        ticket = await self.ticket(order.lot)
        if not ticket:
            self._teller.reject([order], LOT_UNKNOWN, f"the venue's ticket of {order.lot} is not known")
            return
        position, pending, over = await self._lookup.held(ticket)
        held = position.volume if position is not None else pending.volume if pending is not None else Decimal(0)
        taken = getattr(position or pending, slot, None) if position or pending else None
        if over:
            self._teller.reject([order], POSITION_CLOSED, f"position {ticket} is closed")
        elif lots_of(order, order.quantity) < held:
            self._teller.reject(
                [order], PART_OF_POSITION, f"the {slot} of position {ticket} would close all {held} lots"
            )
        elif taken and self._in_slot(order, slot):
            self._teller.reject([order], SLOT_TAKEN, f"position {ticket} has a {slot} already")
        else:
            price = price_of(order, order.stop_units or order.limit_units)
            body = modify_body(position.ticket if position is not None else ticket, **{_SLOT_FIELDS[slot]: price})
            self._own.slots[(order.lot, slot)] = order.id
            attempts, outcome = self._caller.attempts(order), None
            while outcome is None or await attempts.again(outcome):
                outcome = await self._caller.post("trades/modify", body, self._caller.key(order, "guard"), EXIT)
            if outcome.kind in (outcomes.DONE, outcomes.UNCHANGED):
                self._stands(order)
                self._teller.accept(order, f"{ticket}:{slot}")
            elif outcome.kind == outcomes.UNKNOWN:
                self._teller.report(OUTCOME_UNKNOWN, order, "submit", outcome.text)
            else:
                self._teller.reject([order], *outcome.reason)

    async def cancel(self, order: Order, slot: str) -> None:
        """The end of an SL or TP."""
        ticket = await self.ticket(order.lot)
        if not ticket:
            self._teller.report(OUTCOME_UNKNOWN, order, "cancel", f"the venue's ticket of {order.lot} is not known")
            return
        at = self._books.current(ticket) or ticket
        self._stood.pop(order.id, None)
        outcome = await self._end(order, at, slot)
        if outcome.code == str(outcomes.INVALID_STOPS) and self._ends_both(order, slot):
            # The trade server is told the other one anew, which does not fit the symbol's rules any more.
            outcome = await self._end(order, at, *_SLOT_FIELDS)
        if outcome.kind in (outcomes.DONE, outcomes.UNCHANGED):
            self._teller.report(CANCELLED, order)
        elif outcome.kind == outcomes.UNKNOWN:
            self._teller.report(OUTCOME_UNKNOWN, order, "cancel", outcome.text)
        else:
            if outcome.kind == outcomes.GONE:
                _, _, over = await self._lookup.held(ticket)
                if over:
                    self._teller.report(CANCELLED, order, POSITION_CLOSED, "what it guarded is closed")
            self._teller.report(CANCEL_REJECTED, order, *outcome.reason)

    async def _end(self, order: Order, ticket: int, *slots: str) -> Outcome:
        body = modify_body(ticket, **dict.fromkeys(_SLOT_FIELDS[slot] for slot in slots))
        return await self._caller.insist("trades/modify", body, order, "cancel")

    def _ends_both(self, order: Order, slot: str) -> bool:
        """Whether the other slot has an exit of ours that is to end as well; what somebody has set there stays."""
        others = self._in_slot(order, next(one for one in _SLOT_FIELDS if one != slot))
        return len(others) > 0 and all(self._caller.ends(one) for one in others)

    async def replace(self, wanted: Replace, order: Order, slot: str) -> None:
        """Another price for an SL or TP; its size is its position's."""
        ticket = await self.ticket(order.lot)
        price = price_of(order, wanted.stop_units or wanted.limit_units)
        body = modify_body(self._books.current(ticket) or ticket, **{_SLOT_FIELDS[slot]: price})
        if wanted.quantity < order.quantity:
            position, _, _ = await self._lookup.held(ticket)
            if position is not None and lots_of(order, wanted.quantity) < position.volume:
                text = f"the {slot} of position {ticket} closes all of it"
                self._teller.report(REPLACE_REJECTED, order, PART_OF_POSITION, text)
                return
        outcome = await self._caller.insist("trades/modify", body, order, "replace")
        if outcome.kind in (outcomes.DONE, outcomes.UNCHANGED):
            self._stands(order)
            self._teller.replaced(order, wanted.quantity, wanted.limit_units, wanted.stop_units)
        elif outcome.kind == outcomes.UNKNOWN:
            self._teller.report(OUTCOME_UNKNOWN, order, "replace", outcome.text)
        else:
            self._teller.report(REPLACE_REJECTED, order, *outcome.reason)

    async def query(self, order: Order, slot: str) -> None:
        ticket = await self.ticket(order.lot)
        if not ticket:
            self._teller.report(NOT_FOUND, order)
            return
        position, pending, over = await self._lookup.held(ticket)
        if position is None and pending is None:
            if not over:
                raise VenueRefused(f"position {ticket} is not shown now", NOT_FOUND_YET)
            self._teller.report(CANCELLED, order, POSITION_CLOSED, "what it guarded is closed")
            return
        shown: Decimal | None = getattr(position or pending, slot)
        if shown is None and self._clock() - self._stood.get(order.id, -STANDS_NS) < STANDS_NS:
            raise VenueRefused(f"the {slot} of position {ticket} is not shown now", NOT_FOUND_YET)
        if shown is None and self._orders.venue_id(order.id):
            # It stood there, and NOT_FOUND would say nothing of it.
            self._teller.report(CANCELLED, order, REMOVED, "somebody took it away")
            return
        if shown is None:
            self._teller.report(NOT_FOUND, order)
            return
        self._restate(order, shown)
        self._teller.report(ACCEPTED, order, FOUND, f"{ticket}:{slot}", self._orders.filled(order.id))

    def _stands(self, order: Order) -> None:
        """The venue has just said so."""
        now = self._clock()
        self._stood = {id: since for id, since in self._stood.items() if now - since < STANDS_NS}
        self._stood[order.id] = now

    def _restate(self, order: Order, shown: Decimal) -> None:
        limit, stop = self._books.slot_terms(order, shown)
        if (limit, stop) != (order.limit_units, order.stop_units):
            self._teller.replaced(order, order.quantity, limit, stop)

    def _in_slot(self, order: Order, slot: str) -> list[Order]:
        """The other exits of ours that have a slot of its position."""
        found = filter(None, [self._orders.order(id) for id in self._orders.open() if id != order.id])
        return [one for one in found if one.lot == order.lot and SLOTS.get(one.type) == slot]

    async def ticket(self, lot: str) -> int:
        """Of a lot, the order that opened it; 0 = nobody knows it."""
        ticket = self._own.ticket(lot)
        if not ticket:
            opened = self._orders.order(lot)
            await self._lookup.sweep((opened.time if opened is not None else self._clock()) - FORGET_NS, self._clock())
            ticket = self._own.ticket(lot)
        return ticket
