"""Carries out the engine's commands: each ends in a report that answers it, or in OUTCOME_UNKNOWN.

An opening goes out with the stop loss and take profit that were submitted behind it in the same step. In a hedging
account resting exits are the SL and TP of the position they close, whole; a close at the market names its position. In
an account that nets, an exit is an opposite order; one that may only reduce closes the position by its ticket. What was
refused for a price that had moved is asked anew a few times: the refusal is certain, so it is another request. Nothing
else is ever sent twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from decimal import Decimal

from tradewright.adapters.net.backoff import waits
from tradewright.adapters.venue.mt5 import outcomes
from tradewright.adapters.venue.mt5.answers import Order as VenueOrder
from tradewright.adapters.venue.mt5.books import AT_WORK, Books
from tradewright.adapters.venue.mt5.connector import EXIT, ORDER, Connector
from tradewright.adapters.venue.mt5.lanes import Lanes
from tradewright.adapters.venue.mt5.lookup import NOT_FOUND_YET, Lookup
from tradewright.adapters.venue.mt5.outcomes import Outcome, outcome_of
from tradewright.adapters.venue.mt5.ownership import Sent
from tradewright.adapters.venue.mt5.requests import (
    SLOTS,
    STOP_LOSS_SLOT,
    TAKE_PROFIT_SLOT,
    cancel_body,
    close_body,
    comment_of,
    leg_of,
    lots_of,
    modify_body,
    open_body,
    price_of,
    slot_of,
    unsupported,
    words_of,
)
from tradewright.model.command import Cancel, Command, Query, Replace, Submit
from tradewright.model.errors import AnswerLost, InputError, NotSent, TransportError, VenueRefused, Withheld
from tradewright.model.event import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    NOT_FOUND,
    OUTCOME_UNKNOWN,
    REJECTED,
    REPLACE_REJECTED,
    Event,
)
from tradewright.model.order import ENTRY, LIMIT, MARKET, STOP_LIMIT, Order
from tradewright.model.report import FOUND, Replaced, Report
from tradewright.model.rng import Rng
from tradewright.ports import Clock, HttpAnswer, Orders

SECOND_NS = 1_000_000_000
#: A cancel or replace that surely was not sent is tried again for so long.
PATIENCE_NS = 2 * SECOND_NS
#: So often an order is asked for whose price had moved.
REQUOTES = 3
#: A request whose order nobody has found by then can be taken for no deal any more.
FORGET_NS = 3_600 * SECOND_NS
NOT_SENT, RATE_LIMITED, REQUOTED = "NOT_SENT", "RATE_LIMITED", "REQUOTED"
SLOT_TAKEN, PART_OF_POSITION, LOT_UNKNOWN = "SLOT_TAKEN", "PART_OF_POSITION", "LOT_UNKNOWN"
POSITION_CLOSED, PARTLY_FILLED = "POSITION_CLOSED", "PARTLY_FILLED"
_SLOT_FIELDS = {STOP_LOSS_SLOT: "stop_loss", TAKE_PROFIT_SLOT: "take_profit"}


class Desk:
    """changed: told when something was done at the venue, so that it is looked at soon; doubted: when a request was
    refused in the name of its symbol's rules."""

    def __init__(
        self, connector: Connector, books: Books, lookup: Lookup, orders: Orders, clock: Clock, rng: Rng,
        deliver: Callable[[Event], None], changed: Callable[[], None], errors: Counter[str],
        doubted: Callable[[], None],
    ) -> None:  # fmt: skip
        self.lanes = Lanes(self._handle)
        self.replacing: set[str] = set()  # ids of orders of which one leg ends and the next begins
        self.offset_ns = 0
        self._connector = connector
        self._books = books
        self._own = books.own
        self._lookup = lookup
        self._orders = orders
        self._clock = clock
        self._rng = rng
        self._deliver = deliver
        self._changed = changed
        self._errors = errors
        self._doubted = doubted
        self._changes = 0
        self._last = 0

    def recall(self) -> None:
        """What an earlier process has sent and of which no ticket is known: at a broker that cuts names their facts
        have to tell them. A close of a netting account's position says no ticket to tell it by."""
        own, hedging = self._own, self._books.hedging
        for order in filter(None, map(self._orders.order, self._orders.open())):
            plain = not slot_of(order, hedging) and (hedging or order.type != MARKET or not order.reduce_only)
            position = own.ticket(order.lot) if order.lot else 0
            if plain and order.id not in own.sent and not own.ticket(order.id) and (position or not order.lot):
                magic, lots = self._books.magic(order.strategy), lots_of(order, order.quantity)
                own.sent[order.id] = Sent(order, magic, lots, position, order.time + self.offset_ns)

    # What comes in

    def execute(self, command: Command) -> None:
        """Takes a command; its lane carries it out."""
        order = command.order if isinstance(command, Submit) else self._orders.order(command.order_id)
        if order is None:
            self._errors["UNKNOWN_ORDER"] += 1
            return
        if isinstance(command, Submit) and slot_of(order, self._books.hedging):
            self._own.slots[(order.lot, SLOTS[order.type])] = order.id
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
            self._reject([order], code, words_of(code, order))
        elif slot_of(order, self._books.hedging):
            await self._guard(order)
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
            self._reject(family, "UNKNOWN_SYMBOL", str(error))
            return
        rank = ORDER if order.role == ENTRY else EXIT
        size, magic = size or order.quantity, self._books.magic(order.strategy)
        at_market = False
        for attempt in range(REQUOTES + 1):
            if rank == ORDER and self._connector.limited():
                self._reject(family, RATE_LIMITED, "the connector takes no request now")
                return
            try:
                body = open_body(
                    order, name, magic, size, leg, prices.get(STOP_LOSS_SLOT), prices.get(TAKE_PROFIT_SLOT), at_market
                )
            except VenueRefused as refused:
                self._reject(family, refused.code, str(refused))
                return
            self._own.sent[order.id] = Sent(order, magic, lots_of(order, size), 0, self._clock() + self.offset_ns)
            outcome = await self._post("trades/open", body, f"{comment_of(order.id, leg)}:open:{attempt}", rank)
            if outcome.kind == outcomes.LIMITED and rank == EXIT:
                continue
            if outcome.kind == outcomes.REFUSED and not at_market and await self._reached(order, name, outcome):
                at_market = True
                continue
            if outcome.kind != outcomes.REQUOTED:
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
            self._accept(order, str(done.order))
            for slot, child in along.items():
                self._accept(child, f"{done.order}:{slot}")
            if order.type == MARKET:
                await self._settle(order, done.order)
        elif outcome.kind in (outcomes.DONE, outcomes.UNCHANGED, outcomes.UNKNOWN):
            for one in family:
                self._report(OUTCOME_UNKNOWN, one, "submit", f"{outcome.code} {outcome.text}".strip())
        else:
            self._own.sent.pop(order.id, None)
            self._reject(family, *_reason(outcome))

    async def _settle(self, order: Order, ticket: int) -> None:
        """What an order at the market has done by now. Where nobody says it, the next round will."""
        try:
            answer = await self._lookup.order(ticket)
            if answer is not None:
                await self._lookup.book(answer.deals)
                if answer.order.state not in AT_WORK and answer.order.state != "filled":
                    self._deliver(self._books.state(order.id, answer.order, False))
        except (TransportError, VenueRefused) as error:
            self._errors[type(error).__name__] += 1

    async def _guard(self, order: Order) -> None:
        """An exit that rests: the SL or TP of its position, or of the order that is to open it."""
        slot = SLOTS[order.type]
        ticket = await self._lot_ticket(order.lot)
        if not ticket:
            self._reject([order], LOT_UNKNOWN, f"the venue's ticket of {order.lot} is not known")
            return
        position, pending, over = await self._lookup.held(ticket)
        held = position.volume if position is not None else pending.volume if pending is not None else Decimal(0)
        taken = getattr(position or pending, slot, None) if position or pending else None
        if over:
            self._reject([order], POSITION_CLOSED, f"position {ticket} is closed")
        elif lots_of(order, order.quantity) < held:
            self._reject([order], PART_OF_POSITION, f"the {slot} of position {ticket} would close all {held} lots")
        elif taken and self._other(order, slot):
            self._reject([order], SLOT_TAKEN, f"position {ticket} has a {slot} already")
        else:
            price = price_of(order, order.stop_units or order.limit_units)
            body = modify_body(position.ticket if position is not None else ticket, **{_SLOT_FIELDS[slot]: price})
            outcome = await self._post("trades/modify", body, self._key(order, "guard"), EXIT)
            if outcome.kind in (outcomes.DONE, outcomes.UNCHANGED):
                self._accept(order, f"{ticket}:{slot}")
            elif outcome.kind == outcomes.UNKNOWN:
                self._report(OUTCOME_UNKNOWN, order, "submit", outcome.text)
            else:
                self._reject([order], *_reason(outcome))

    def _other(self, order: Order, slot: str) -> bool:
        """Whether another exit of ours has the slot."""
        found = [self._orders.order(id) for id in self._orders.open() if id != order.id]
        return any(one is not None and one.lot == order.lot and SLOTS.get(one.type) == slot for one in found)

    async def _lot_ticket(self, lot: str) -> int:
        ticket = self._own.ticket(lot)
        if not ticket:
            opened = self._orders.order(lot)
            await self._lookup.sweep((opened.time if opened is not None else self._clock()) - FORGET_NS, self._clock())
            ticket = self._own.ticket(lot)
        return ticket

    async def _close(self, order: Order) -> None:
        """A close at the market, by its position's ticket."""
        ticket, fresh = await self._closing_ticket(order), False
        outcome = Outcome(outcomes.GONE, POSITION_CLOSED, "the position it would close is not open")
        for attempt in range(REQUOTES + 1):
            if not ticket:
                break
            lots = lots_of(order, order.quantity)
            self._own.sent[order.id] = Sent(order, 0, lots, ticket, self._clock() + self.offset_ns)
            body = close_body(order, ticket, order.quantity)
            outcome = await self._post("trades/close", body, f"{order.id}:close:{attempt}", EXIT)
            if outcome.kind == outcomes.GONE and not fresh and not self._books.hedging:
                # The net position is another one by now, or none: what is certain not to be done may be asked anew.
                ticket, fresh = await self._closing_ticket(order, True), True
            elif outcome.kind not in (outcomes.REQUOTED, outcomes.LIMITED):
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
            return self._books.current(await self._lot_ticket(order.lot))
        symbol = order.instrument.symbol
        if fresh or self._books.nets.get(symbol, (0, 0))[1] != -order.side:
            await self._lookup.positions()
        ticket, side = self._books.nets.get(symbol, (0, 0))
        return ticket if side == -order.side else 0

    # Cancel

    async def _cancel(self, order: Order) -> None:
        slot = slot_of(order, self._books.hedging)
        if slot:
            await self._take_away(order, slot)
            return
        ticket = self._own.ticket(order.id)
        if not ticket:
            await self._lookup.sweep(order.time - FORGET_NS, self._clock())
            ticket = self._own.ticket(order.id)
        if not ticket:
            self._report(OUTCOME_UNKNOWN, order, "cancel", "the venue's ticket of it is not known")
            return
        outcome = await self._patient("trades/cancel", cancel_body(ticket), self._key(order, "cancel"))
        if outcome.kind == outcomes.UNKNOWN:
            self._report(OUTCOME_UNKNOWN, order, "cancel", outcome.text)
            return
        ended = await self._tell(order, ticket)
        if outcome.kind in (outcomes.DONE, outcomes.UNCHANGED):
            if not ended:
                self._report(OUTCOME_UNKNOWN, order, "cancel", "its end is not seen yet")
        else:
            self._report(CANCEL_REJECTED, order, *_reason(outcome))

    async def _tell(self, order: Order, ticket: int) -> bool:
        """Books what an order has done and reports its end, if it has ended."""
        answer = await self._lookup.order(ticket)
        if answer is None:
            return False
        await self._lookup.book(answer.deals)
        ended = answer.order.done_time is not None or answer.order.state not in AT_WORK
        told = order.id in self.replacing or order.id not in self._orders.open()
        if ended and answer.order.state != "filled" and not told:
            self._deliver(self._books.state(order.id, answer.order, False))
        return ended

    async def _take_away(self, order: Order, slot: str) -> None:
        """The end of an SL or TP."""
        ticket = await self._lot_ticket(order.lot)
        if not ticket:
            self._report(OUTCOME_UNKNOWN, order, "cancel", f"the venue's ticket of {order.lot} is not known")
            return
        body = modify_body(self._books.current(ticket) or ticket, **{_SLOT_FIELDS[slot]: None})
        outcome = await self._patient("trades/modify", body, self._key(order, "cancel"))
        if outcome.kind in (outcomes.DONE, outcomes.UNCHANGED):
            self._report(CANCELLED, order)
        elif outcome.kind == outcomes.UNKNOWN:
            self._report(OUTCOME_UNKNOWN, order, "cancel", outcome.text)
        else:
            if outcome.kind == outcomes.GONE:
                _, _, over = await self._lookup.held(ticket)
                if over:
                    self._report(CANCELLED, order, POSITION_CLOSED, "what it guarded is closed")
            self._report(CANCEL_REJECTED, order, *_reason(outcome))

    # Replace

    async def _replace(self, wanted: Replace, order: Order) -> None:
        slot = slot_of(order, self._books.hedging)
        if slot:
            await self._move(wanted, order, slot)
            return
        ticket = self._own.ticket(order.id)
        if order.type == MARKET or not ticket:
            code = "NOT_PENDING" if order.type == MARKET else "TICKET_UNKNOWN"
            self._report(REPLACE_REJECTED, order, code, "there is nothing that could be changed")
            return
        if wanted.quantity != order.quantity:
            await self._next_leg(wanted, order, ticket)
            return
        entry = wanted.limit_units if order.type == LIMIT else wanted.stop_units
        changes: dict[str, Decimal | None] = {"entry_price": price_of(order, entry)}
        if order.type == STOP_LIMIT:
            changes["stop_limit_price"] = price_of(order, wanted.limit_units)
        outcome = await self._patient("trades/modify", modify_body(ticket, **changes), self._key(order, "replace"))
        if outcome.kind in (outcomes.DONE, outcomes.UNCHANGED):
            self._replaced(wanted, order)
        elif outcome.kind == outcomes.UNKNOWN:
            self._report(OUTCOME_UNKNOWN, order, "replace", outcome.text)
        else:
            if outcome.kind == outcomes.GONE:
                await self._tell(order, ticket)
            self._report(REPLACE_REJECTED, order, *_reason(outcome))

    async def _move(self, wanted: Replace, order: Order, slot: str) -> None:
        """Another price for an SL or TP; its size is its position's."""
        ticket = await self._lot_ticket(order.lot)
        price = price_of(order, wanted.stop_units or wanted.limit_units)
        body = modify_body(self._books.current(ticket) or ticket, **{_SLOT_FIELDS[slot]: price})
        if wanted.quantity < order.quantity:
            position, _, _ = await self._lookup.held(ticket)
            if position is not None and lots_of(order, wanted.quantity) < position.volume:
                text = f"the {slot} of position {ticket} closes all of it"
                self._report(REPLACE_REJECTED, order, PART_OF_POSITION, text)
                return
        outcome = await self._patient("trades/modify", body, self._key(order, "replace"))
        if outcome.kind in (outcomes.DONE, outcomes.UNCHANGED):
            self._replaced(wanted, order)
        elif outcome.kind == outcomes.UNKNOWN:
            self._report(OUTCOME_UNKNOWN, order, "replace", outcome.text)
        else:
            self._report(REPLACE_REJECTED, order, *_reason(outcome))

    async def _next_leg(self, wanted: Replace, order: Order, ticket: int) -> None:
        """MT5 changes no volume: the order ends, and what is left of it is placed as its next leg. In a hedging account
        one that has filled stays as it is, or its lot would be two positions."""
        if self._books.hedging and self._orders.filled(order.id):
            self._report(REPLACE_REJECTED, order, PARTLY_FILLED, "a lot is one position")
            return
        self.replacing.add(order.id)
        try:
            outcome = await self._patient("trades/cancel", cancel_body(ticket), self._key(order, "replace"))
            if outcome.kind == outcomes.UNKNOWN:
                self._report(OUTCOME_UNKNOWN, order, "replace", outcome.text)
                return
            refused = outcome.kind not in (outcomes.DONE, outcomes.UNCHANGED)
            answer = await self._lookup.order(ticket)
            if refused and answer is not None and not answer.order.done_time:
                self._report(REPLACE_REJECTED, order, *_reason(outcome))
                return
            if answer is None or not answer.order.done_time:
                self._report(OUTCOME_UNKNOWN, order, "replace", "the end of its last leg is not seen yet")
                return
            await self._lookup.book(answer.deals)
            filled = self._orders.filled(order.id)
            if refused or filled >= wanted.quantity or (self._books.hedging and filled):
                code, text = _reason(outcome) if refused else (PARTLY_FILLED, "it filled meanwhile")
                self._deliver(self._books.state(order.id, answer.order, False))
                self._report(REPLACE_REJECTED, order, code, text)
                return
            leg = leg_of(answer.order.comment)[1] + 1
            await self._place_leg(wanted, order, answer.order, wanted.quantity - filled, leg)
        finally:
            self.replacing.discard(order.id)

    async def _place_leg(self, wanted: Replace, order: Order, ended: VenueOrder, size: int, leg: int) -> None:
        changed = _changed_terms(order, wanted)
        name = self._books.symbols.find(order.instrument.symbol).name
        rank = ORDER if order.role == ENTRY else EXIT
        try:
            body = open_body(changed, name, self._books.magic(order.strategy), size, leg, ended.sl, ended.tp)
        except VenueRefused as refused:
            self._deliver(self._books.state(order.id, ended, False))
            self._report(REPLACE_REJECTED, order, refused.code, str(refused))
            return
        self._own.sent[order.id] = Sent(
            order, self._books.magic(order.strategy), lots_of(order, size), 0, self._clock() + self.offset_ns
        )
        outcome = await self._post("trades/open", body, f"{comment_of(order.id, leg)}:open:0", rank)
        done = outcome.done
        if outcome.kind == outcomes.DONE and done is not None and done.order:
            self._own.learn(order.id, done.order)
            self._accept(order, str(done.order))
            self._replaced(wanted, order)
        elif outcome.kind in (outcomes.DONE, outcomes.UNCHANGED, outcomes.UNKNOWN):
            self._report(OUTCOME_UNKNOWN, order, "replace", outcome.text)
        else:
            self._own.sent.pop(order.id, None)
            self._deliver(self._books.state(order.id, ended, False))
            self._report(REPLACE_REJECTED, order, *_reason(outcome))

    def _replaced(self, wanted: Replace, order: Order) -> None:
        self._deliver(
            Replaced(self._clock(), order.id, self._said(), wanted.quantity, wanted.limit_units, wanted.stop_units)
        )

    # Query

    async def _query(self, order: Order) -> None:
        """What became of an order: fills first, then its state. Where somebody did not answer nothing is said."""
        slot = slot_of(order, self._books.hedging)
        try:
            if slot:
                await self._query_slot(order, slot)
                return
            ticket = self._own.ticket(order.id)
            if not ticket or order.id in self._own.sent:
                await self._lookup.sweep(order.time - FORGET_NS, self._clock())
                ticket = self._own.ticket(order.id)
            if not ticket:
                self._report(NOT_FOUND, order)
                return
            answer = await self._lookup.order(abs(ticket))
            if answer is None:
                raise VenueRefused(f"order {ticket} is not shown now", NOT_FOUND_YET)
            await self._lookup.book(answer.deals)
            self._restate(order, answer.order)
            self._deliver(self._books.state(order.id, answer.order, True))
        except (TransportError, VenueRefused, InputError) as error:
            self._errors["QUERY_" + (getattr(error, "code", "") or type(error).__name__)] += 1

    def _restate(self, order: Order, shown: VenueOrder) -> None:
        """The terms that the venue works, where they are others than ours."""
        if shown.done_time is not None or order.type == MARKET:
            return
        terms = self._books.terms_of(order, shown)
        if terms != (order.quantity, order.limit_units, order.stop_units):
            self._deliver(Replaced(self._clock(), order.id, self._said(), *terms))

    async def _query_slot(self, order: Order, slot: str) -> None:
        ticket = await self._lot_ticket(order.lot)
        if not ticket:
            self._report(NOT_FOUND, order)
            return
        position, pending, over = await self._lookup.held(ticket)
        if position is None and pending is None:
            if not over:
                raise VenueRefused(f"position {ticket} is not shown now", NOT_FOUND_YET)
            self._report(CANCELLED, order, POSITION_CLOSED, "what it guarded is closed")
            return
        shown: Decimal | None = getattr(position or pending, slot)
        if shown is None:
            self._report(NOT_FOUND, order)
            return
        self._restate_slot(order, shown)
        self._report(ACCEPTED, order, FOUND, f"{ticket}:{slot}", self._orders.filled(order.id))

    def _restate_slot(self, order: Order, shown: Decimal) -> None:
        limit, stop = self._books.slot_terms(order, shown)
        if (limit, stop) != (order.limit_units, order.stop_units):
            self._deliver(Replaced(self._clock(), order.id, self._said(), order.quantity, limit, stop))

    # The wire

    async def _post(self, path: str, body: bytes, key: str, rank: int) -> Outcome:
        try:
            answer: HttpAnswer = await self._connector.post(path, body, key, rank)
        except Withheld as error:
            return Outcome(outcomes.REFUSED, error.code, str(error))
        except NotSent as error:
            self._errors[NOT_SENT] += 1
            return Outcome(outcomes.REFUSED, NOT_SENT, str(error))
        except AnswerLost as error:
            self._errors["ANSWER_LOST"] += 1
            return Outcome(outcomes.UNKNOWN, "ANSWER_LOST", str(error))
        outcome = outcome_of(answer)
        if outcome.code and outcome.kind != outcomes.DONE:
            self._errors[outcome.code] += 1
        if outcome.names_a_rule:
            self._doubted()
        return outcome

    async def _patient(self, path: str, body: bytes, key: str) -> Outcome:
        """A cancel or a change: what surely was not done for want of a connection or by a limit is tried again."""
        pauses, until = waits(self._rng, SECOND_NS // 10), self._clock() + PATIENCE_NS
        for attempt in range(100):
            outcome = await self._post(path, body, f"{key}:{attempt}", EXIT)
            if outcome.kind == outcomes.LIMITED:
                continue
            if outcome.code != NOT_SENT:
                return outcome
            pause = next(pauses)
            if self._clock() + pause >= until:
                break
            await asyncio.sleep(pause / SECOND_NS)
        return Outcome(outcomes.UNKNOWN, outcome.code, outcome.text)

    def _key(self, order: Order, what: str) -> str:
        """Never the same twice, after a restart either."""
        self._changes += 1
        return f"{order.id}:{what}:{self._clock()}:{self._changes}"

    def _forget(self) -> None:
        old = self._clock() - FORGET_NS
        for id in [id for id, sent in self._own.sent.items() if sent.time < old]:
            del self._own.sent[id]

    # Reports

    def _said(self) -> int:
        """A time of the venue's clock, as well as we know it, later than any before."""
        self._last = max(self._clock() + self.offset_ns, self._last + 1)
        return self._last

    def _accept(self, order: Order, ticket: str) -> None:
        self._deliver(Report(ACCEPTED, self._clock(), order.id, self._said(), "", ticket))

    def _reject(self, orders: list[Order], code: str, text: str) -> None:
        for order in orders:
            self._deliver(Report(REJECTED, self._clock(), order.id, self._said(), code, text))

    def _report(self, kind: int, order: Order, code: str = "", text: str = "", filled: int = -1) -> None:
        self._deliver(Report(kind, self._clock(), order.id, self._said(), code, text, filled))

    def _unknown(self, command: Command, text: str) -> None:
        names = {Submit: "submit", Cancel: "cancel", Replace: "replace"}
        name = names.get(type(command), "")
        if name:
            self._deliver(Report(OUTCOME_UNKNOWN, self._clock(), command.order_id, self._said(), name, text))


def _reason(outcome: Outcome) -> tuple[str, str]:
    if outcome.kind == outcomes.LIMITED:
        return RATE_LIMITED, outcome.text
    return outcome.code, outcome.text


def _changed_terms(order: Order, wanted: Replace) -> Order:
    return Order(
        order.id, order.account, order.strategy, order.instrument, order.side, order.type, wanted.quantity,
        wanted.limit_units, wanted.stop_units, time_in_force=order.time_in_force, flags=order.flags, role=order.role,
    )  # fmt: skip
