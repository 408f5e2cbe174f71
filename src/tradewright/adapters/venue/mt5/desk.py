"""Carries out the engine's commands: each ends in a report that answers it, or in OUTCOME_UNKNOWN.

An opening goes out with the stop loss and take profit that were submitted behind it in the same step. In a hedging
account resting exits are the SL and TP of the position they close, whole; a close at the market names its position. In
an account that nets, an exit is an opposite order; one that may only reduce closes the position by its ticket. What was
surely not done is asked for anew (`Attempts`): the refusal is certain, so it is another request. Nothing else is ever
sent twice.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from itertools import count

from tradewright.adapters.venue.mt5 import outcomes
from tradewright.adapters.venue.mt5.answers import Order as VenueOrder
from tradewright.adapters.venue.mt5.books import AT_WORK, Books
from tradewright.adapters.venue.mt5.caller import Caller
from tradewright.adapters.venue.mt5.changes import Changes
from tradewright.adapters.venue.mt5.connector import EXIT, ORDER, Connector
from tradewright.adapters.venue.mt5.guards import POSITION_CLOSED, Guards
from tradewright.adapters.venue.mt5.lanes import Lanes
from tradewright.adapters.venue.mt5.lookup import NOT_FOUND_YET, Lookup
from tradewright.adapters.venue.mt5.outcomes import RATE_LIMITED, Outcome
from tradewright.adapters.venue.mt5.ownership import FORGET_NS, Sent
from tradewright.adapters.venue.mt5.requests import (
    SLOTS,
    STOP_LOSS_SLOT,
    TAKE_PROFIT_SLOT,
    Deviation,
    cancel_body,
    close_body,
    comment_of,
    lots_of,
    open_body,
    price_of,
    slot_of,
    unsupported,
    words_of,
)
from tradewright.adapters.venue.mt5.teller import Teller
from tradewright.model.command import Cancel, Command, Query, Replace, Submit
from tradewright.model.errors import InputError, TransportError, VenueRefused
from tradewright.model.event import (
    CANCEL_REJECTED,
    NOT_FOUND,
    OUTCOME_UNKNOWN,
    Event,
)
from tradewright.model.order import ENTRY, LIMIT, MARKET, Order
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Orders


class Desk:
    """changed: told when something was done at the venue, so that it is looked at soon; doubted: when a request was
    refused in the name of its symbol's rules."""

    def __init__(
        self, connector: Connector, books: Books, lookup: Lookup, orders: Orders, clock: Clock, rng: Rng,
        deliver: Callable[[Event], None], changed: Callable[[], None], errors: Counter[str],
        doubted: Callable[[], None], deviation: Deviation,
    ) -> None:  # fmt: skip
        self._deviation = deviation
        self.lanes = Lanes(self._handle)
        self.teller = Teller(clock, deliver)
        self._books = books
        self._own = books.own
        self._lookup = lookup
        self._orders = orders
        self._clock = clock
        self._changed = changed
        self._errors = errors
        self._caller = Caller(connector, clock, rng, errors, doubted, self._waiting)
        self.changes = Changes(self._caller, self.teller, books, lookup, orders, self._tell)
        self._guards = Guards(self._caller, self.teller, books, lookup, orders, clock)

    def recall(self) -> None:
        """What an earlier process has sent and of which no ticket is known: at a broker that cuts names their facts
        have to tell them. A close of a netting account's position says no ticket to tell it by."""
        own, hedging = self._own, self._books.hedging
        for order in filter(None, map(self._orders.order, self._orders.open())):
            plain = not slot_of(order, hedging) and (hedging or order.type != MARKET or not order.reduce_only)
            position = own.ticket(order.lot) if order.lot else 0
            if plain and order.id not in own.sent and not own.ticket(order.id) and (position or not order.lot):
                magic, lots = self._books.magic(order.strategy), lots_of(order, order.quantity)
                own.sent[order.id] = Sent(order, magic, lots, position, order.time + self.teller.offset_ns)

    # What comes in

    def execute(self, command: Command) -> None:
        """Takes a command; its lane carries it out."""
        order = command.order if isinstance(command, Submit) else self._orders.order(command.order_id)
        if order is None:
            self._errors["UNKNOWN_ORDER"] += 1
            return
        if isinstance(command, Submit) and slot_of(order, self._books.hedging):
            # What is there already stays it until the new one is sent: it may fill meanwhile.
            self._own.slots.setdefault((order.lot, SLOTS[order.type]), order.id)
        key = self._lane(order)
        if isinstance(command, Query) and any(
            isinstance(one, Query) and one.order_id == command.order_id for one in self.lanes.queued(key)
        ):
            return
        self.lanes.put(key, command)

    def _lane(self, order: Order) -> str:
        """A position's exits share its lane; a close at the market of one that is there does not wait behind them."""
        if self._books.hedging and order.lot and (order.type != MARKET or self.lanes.busy(order.lot)):
            return order.lot
        return order.id

    def _waiting(self, order: Order) -> list[Command]:
        """Commands on it that wait, in whichever lane."""
        queued = [*self.lanes.queued(order.id), *(self.lanes.queued(order.lot) if order.lot else ())]
        return [one for one in queued if one.order_id == order.id]

    async def _handle(self, command: Command, queue: deque[Command]) -> None:
        order = command.order if isinstance(command, Submit) else self._orders.order(command.order_id)
        if order is None:
            return
        try:
            if isinstance(command, Submit):
                await self._submit(command.order, queue)
            elif isinstance(command, Cancel):
                await self._cancel(order)
            elif isinstance(command, Replace):
                await self._replace(command, order)
            elif isinstance(command, Query):
                await self._query(order)
        except (TransportError, VenueRefused, InputError) as error:
            # Of a look-up on the way: what was asked is not answered by it.
            self._errors[type(error).__name__] += 1
            self._unknown(command, str(error))
        finally:
            self._forget()
            self._changed()

    # Submit

    async def _submit(self, order: Order, queue: deque[Command]) -> None:
        code = self._unsupported(order)
        if code:
            self.teller.reject([order], code, words_of(code, order))
        elif slot_of(order, self._books.hedging):
            await self._guards.place(order)
        elif order.role != ENTRY and (self._books.hedging or (order.reduce_only and order.type == MARKET)):
            await self._close(order)
        else:
            await self._open(order, self._along(order, queue))

    def _unsupported(self, order: Order) -> str:
        return unsupported(order, self._books.hedging, self._books.terms.native_exits)

    def _along(self, order: Order, queue: deque[Command]) -> dict[str, Order]:
        """The exits submitted behind an opening that go out with it, by their slots."""
        found: dict[str, Order] = {}
        for command in list(queue):
            child = command.order if isinstance(command, Submit) else None
            if child is None or child.lot != order.id or self._unsupported(child):
                continue
            slot = slot_of(child, self._books.hedging)
            if slot and slot not in found and child.quantity >= order.quantity:
                found[slot] = child
                queue.remove(command)
        return found

    async def _open(self, order: Order, along: dict[str, Order], size: int = 0, leg: int = 0) -> None:
        """Sends an order; size: counts of what is left of it for a further leg, 0 = all of it."""
        family = [order, *along.values()]
        prices = {slot: price_of(child, child.stop_units or child.limit_units) for slot, child in along.items()}
        try:
            name = self._books.symbols.find(order.instrument.symbol).name
        except InputError as error:
            self.teller.reject(family, "UNKNOWN_SYMBOL", str(error))
            return
        rank = ORDER if order.role == ENTRY else EXIT
        size, magic = size or order.quantity, self._books.magic(order.strategy)
        at_market, attempts = False, self._caller.attempts(order)
        for attempt in count():
            if rank == ORDER and self._caller.limited():
                self.teller.reject(family, RATE_LIMITED, "the connector takes no request now")
                return
            try:
                body = open_body(
                    order, name, magic, size, leg, prices.get(STOP_LOSS_SLOT), prices.get(TAKE_PROFIT_SLOT), at_market,
                    self._deviation.of(order),
                )  # fmt: skip
            except VenueRefused as refused:
                self.teller.reject(family, refused.code, str(refused))
                return
            self._own.sent[order.id] = Sent(order, magic, lots_of(order, size), 0, self.teller.venue_time())
            outcome = await self._caller.post(
                "trades/open", body, f"{comment_of(order.id, leg)}:{order.time}:open:{attempt}", rank
            )
            if outcome.kind == outcomes.REFUSED and not at_market and await self._reached(order, name, outcome):
                at_market = True
            elif not await attempts.again(outcome):
                break
        await self._opened(order, along, outcome)

    async def _reached(self, order: Order, name: str, outcome: Outcome) -> bool:
        """Whether an exit's limit was refused since the market is there already: then it closes at the market. MT5 has
        no limit order that would trade at once."""
        if order.role == ENTRY or order.type != LIMIT or outcome.code != str(outcomes.INVALID_PRICE):
            return False
        bid, ask = await self._lookup.price(name)
        limit = price_of(order, order.limit_units)
        return limit <= bid if order.side < 0 else limit >= ask

    async def _opened(self, order: Order, along: dict[str, Order], outcome: Outcome) -> None:
        family = [order, *along.values()]
        done = outcome.done
        if outcome.kind == outcomes.DONE and done is not None and done.order:
            self._own.learn(order.id, done.order)
            self.teller.accept(order, str(done.order))
            for slot, child in along.items():
                self.teller.accept(child, f"{done.order}:{slot}")
            if order.type == MARKET:
                await self._settle(order, done.order)
        elif outcome.kind in (outcomes.DONE, outcomes.UNCHANGED, outcomes.UNKNOWN):
            for one in family:
                self.teller.report(OUTCOME_UNKNOWN, one, "submit", f"{outcome.code} {outcome.text}".strip())
        else:
            self._own.sent.pop(order.id, None)
            self.teller.reject(family, *outcome.reason)

    async def _settle(self, order: Order, ticket: int) -> None:
        """What an order at the market has done by now. Where nobody says it, the next round will."""
        try:
            answer = await self._lookup.order(ticket)
            if answer is not None:
                await self._lookup.book(answer.deals)
                if answer.order.state not in AT_WORK and answer.order.state != "filled":
                    self.teller.deliver(self._books.state(order.id, answer.order, False))
        except (TransportError, VenueRefused) as error:
            self._errors[type(error).__name__] += 1

    async def _close(self, order: Order) -> None:
        """A close at the market, by its position's ticket."""
        ticket, fresh = await self._closing_ticket(order), False
        outcome = Outcome(outcomes.GONE, POSITION_CLOSED, "the position it would close is not open")
        attempts = self._caller.attempts(order)
        for attempt in count():
            if not ticket:
                break
            lots = lots_of(order, order.quantity)
            self._own.sent[order.id] = Sent(order, 0, lots, ticket, self.teller.venue_time())
            body = close_body(order, ticket, order.quantity, self._deviation.of(order))
            outcome = await self._caller.post("trades/close", body, f"{order.id}:{order.time}:close:{attempt}", EXIT)
            if outcome.kind == outcomes.GONE and not fresh and not self._books.hedging:
                # The net position is another one by now, or none: what is certain not to be done may be asked anew.
                ticket, fresh = await self._closing_ticket(order, True), True
            elif not await attempts.again(outcome):
                break
        if outcome.kind == outcomes.GONE:
            # Somebody was faster: what it did is told before the refusal.
            self._own.sent.pop(order.id, None)
            if ticket:
                await self._lookup.book(await self._lookup.deals_of(ticket))
        await self._opened(order, {}, outcome)

    async def _closing_ticket(self, order: Order, fresh: bool = False) -> int:
        """Of a hedging account's lot what opened it; of a netting account the one position of the symbol, if the order
        would reduce it: as last seen, or asked for again."""
        if self._books.hedging:
            return self._books.current(await self._guards.ticket(order.lot))
        symbol = order.instrument.symbol
        if fresh or self._books.nets.get(symbol, (0, 0))[1] != -order.side:
            await self._lookup.positions()
        ticket, side = self._books.nets.get(symbol, (0, 0))
        return ticket if side == -order.side else 0

    # Cancel

    async def _cancel(self, order: Order) -> None:
        slot = slot_of(order, self._books.hedging)
        if slot:
            await self._guards.cancel(order, slot)
            return
        ticket = self._own.ticket(order.id)
        if not ticket:
            await self._lookup.sweep(order.time - FORGET_NS, self._clock())
            ticket = self._own.ticket(order.id)
        if not ticket:
            self.teller.report(OUTCOME_UNKNOWN, order, "cancel", "the venue's ticket of it is not known")
            return
        outcome = await self._caller.insist("trades/cancel", cancel_body(ticket), order, "cancel")
        if outcome.kind == outcomes.UNKNOWN:
            self.teller.report(OUTCOME_UNKNOWN, order, "cancel", outcome.text)
            return
        ended = await self._tell(order, ticket, outcome.kind == outcomes.DONE)
        if outcome.kind in (outcomes.DONE, outcomes.UNCHANGED):
            if not ended:
                self.teller.report(OUTCOME_UNKNOWN, order, "cancel", "its end is not seen yet")
        else:
            self.teller.report(CANCEL_REJECTED, order, *outcome.reason)

    async def _tell(self, order: Order, ticket: int, now: bool = False) -> bool:
        """Books what an order has done and reports its end, if it has ended. now: it ended by what was just asked, so
        that nobody has told it: also of one that has ended here and lived on there."""
        answer = await self._lookup.order(ticket)
        if answer is None:
            return False
        await self._lookup.book(answer.deals)
        ended = answer.order.done_time is not None or answer.order.state not in AT_WORK
        told = order.id in self.changes.under_way or (not now and order.id not in self._orders.open())
        if ended and answer.order.state != "filled" and not told:
            self.teller.deliver(self._books.state(order.id, answer.order, False))
        return ended

    # Replace

    async def _replace(self, wanted: Replace, order: Order) -> None:
        slot = slot_of(order, self._books.hedging)
        if slot:
            await self._guards.replace(wanted, order, slot)
        else:
            await self.changes.replace(wanted, order)

    # Query

    async def _query(self, order: Order) -> None:
        """What became of an order: fills first, then its state. Where somebody did not answer nothing is said."""
        slot = slot_of(order, self._books.hedging)
        try:
            if slot:
                await self._guards.query(order, slot)
                return
            ticket = self._own.ticket(order.id)
            if not ticket or order.id in self._own.sent:
                await self._lookup.sweep(order.time - FORGET_NS, self._clock())
                ticket = self._own.ticket(order.id)
            if not ticket:
                self.teller.report(NOT_FOUND, order)
                return
            answer = await self._lookup.order(abs(ticket))
            if answer is None:
                raise VenueRefused(f"order {ticket} is not shown now", NOT_FOUND_YET)
            await self._lookup.book(answer.deals)
            self._restate(order, answer.order)
            self.teller.deliver(self._books.state(order.id, answer.order, True))
        except (TransportError, VenueRefused, InputError) as error:
            self._errors["QUERY_" + (getattr(error, "code", "") or type(error).__name__)] += 1

    def _restate(self, order: Order, shown: VenueOrder) -> None:
        """The terms that the venue works, where they are others than ours."""
        if shown.done_time is not None or order.type == MARKET:
            return
        terms = self._books.terms_of(order, shown)
        if terms != (order.quantity, order.limit_units, order.stop_units):
            self.teller.replaced(order, *terms)

    def _forget(self) -> None:
        old = self._clock() - FORGET_NS
        for id in [id for id, sent in self._own.sent.items() if sent.time < old]:
            del self._own.sent[id]

    def _unknown(self, command: Command, text: str) -> None:
        names = {Submit: "submit", Cancel: "cancel", Replace: "replace"}
        name = names.get(type(command), "")
        if name:
            self.teller.say(OUTCOME_UNKNOWN, command.order_id, name, text)
