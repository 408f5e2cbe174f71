"""Carries out what the engine asks of orders. Requests about one order stay in their sequence; each ends in a report.

A changed order ends its leg at the exchange, waits for what that has filled, and places what is left as the next leg:
no fill in between can make it more than was asked for. An exchange's own way to change an order is not used, since none
can be relied on everywhere to count the fills that happen meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

from tradewright.adapters.net.backoff import waits
from tradewright.adapters.venue.ccxt.answers import Row, seen_of, text_in
from tradewright.adapters.venue.ccxt.book import Book, Chain, Leg
from tradewright.adapters.venue.ccxt.caller import ASK_RANK, EXIT_RANK, OPEN_RANK, Limited, Refused
from tradewright.adapters.venue.ccxt.exchange import Exchange
from tradewright.adapters.venue.ccxt.look_up import LookUp
from tradewright.adapters.venue.ccxt.names import LEGS_MAX
from tradewright.adapters.venue.ccxt.outcomes import CANCEL, EXISTS, GONE, REPLACE, SUBMIT
from tradewright.adapters.venue.ccxt.reporter import Reporter
from tradewright.adapters.venue.ccxt.requests import Placing, place
from tradewright.model import event as kinds
from tradewright.model.command import Command, Replace, Submit
from tradewright.model.errors import AnswerLost, InputError, NotSent, TransportError, VenueRefused
from tradewright.model.order import ENTRY, MARKET, Order
from tradewright.model.rng import Rng
from tradewright.ports import Clock

SECOND_NS = 1_000_000_000
UNSUPPORTED, RATE_LIMITED, NOT_SENT, NOT_KNOWN = "UNSUPPORTED", "RATE_LIMITED", "NOT_SENT", "UNKNOWN_ORDER"
#: For so long a cancel or a change that did not leave is tried again, and an order that is being ended is looked at.
AGAIN_NS, ENDING_NS = 2 * SECOND_NS, 5 * SECOND_NS


class Desk:
    """poke: something was done that a look at the account would show."""

    def __init__(
        self, exchange: Exchange, book: Book, reporter: Reporter, look_up: LookUp, clock: Clock, rng: Rng,
        errors: Counter[str], spawn: Callable[..., asyncio.Task[None]], poke: Callable[[], None],
    ) -> None:  # fmt: skip
        self.exchange = exchange
        self.book = book
        self.reporter = reporter
        self.look_up = look_up
        self.clock = clock
        self.rng = rng
        self.errors = errors
        self.spawn = spawn
        self.poke = poke
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._asked: set[str] = set()

    def execute(self, command: Command) -> None:
        """Takes a request over."""
        if isinstance(command, Submit):
            self.book.begin(command.order, self.clock())
            self._start(command.order_id, partial(self._submit, command.order), SUBMIT)
        elif isinstance(command, Replace):
            self._start(command.order_id, partial(self._replace, command), REPLACE)
        elif command.kind == kinds.CANCEL:
            self._start(command.order_id, partial(self._cancel, command.order_id), CANCEL)
        elif command.kind == kinds.QUERY and command.order_id not in self._asked:
            self._asked.add(command.order_id)
            self._start(command.order_id, partial(self._query, command.order_id), "")

    def busy(self, order_id: str) -> bool:
        """Whether a request about it is under way."""
        return order_id in self._lanes

    def _start(self, order_id: str, work: Callable[[], Awaitable[None]], request: str) -> None:
        before = self._lanes.get(order_id)
        lane = self.spawn(self._run(order_id, before, work, request))
        self._lanes[order_id] = lane
        lane.add_done_callback(lambda done: self._leave(order_id, done))

    def _leave(self, order_id: str, done: asyncio.Task[None]) -> None:
        if self._lanes.get(order_id) is done:
            del self._lanes[order_id]

    async def _run(
        self, order_id: str, before: asyncio.Task[None] | None, work: Callable[[], Awaitable[None]], request: str
    ) -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        try:
            await work()
        except Exception as error:
            # A defect of ours must not leave a request without an answer.
            self.errors[f"defect: {type(error).__name__}"] += 1
            if request:
                self.reporter.unknown(order_id, request, f"{type(error).__name__}: {error}")
        self.poke()

    # Placing

    async def _submit(self, order: Order) -> None:
        chain = self.book.chains[order.id]
        refusal = self.exchange.unsupported(order)
        if refusal:
            self._reject(chain, UNSUPPORTED, refusal)
            return
        rank = OPEN_RANK if order.role == ENTRY and not order.reduce_only else EXIT_RANK
        placing = place(order, order.id, order.quantity, order.limit_units, order.stop_units)
        while True:
            chain.last.sent = self.clock()
            try:
                self._take(await self.exchange.place(placing, order.instrument, SUBMIT, rank), chain, chain.last)
            except Limited as limited:
                if rank == EXIT_RANK:
                    continue  # nothing arrived; `place` waits until something may leave
                self._reject(chain, RATE_LIMITED, str(limited))
            except NotSent as error:
                self._reject(chain, NOT_SENT, str(error))
            except Refused as refused:
                if refused.outcome == EXISTS:
                    self.reporter.unknown(order.id, SUBMIT, str(refused))
                else:
                    self._reject(chain, refused.code, str(refused))
            except AnswerLost as error:
                self.reporter.unknown(order.id, SUBMIT, str(error))
            return

    def _take(self, row: Row, chain: Chain, leg: Leg) -> None:
        """The answer to a new order: all of it, or no more than its id, where a look at it says the rest. Raises
        AnswerLost."""
        instrument = chain.order.instrument
        try:
            venue_id, client_id = text_in(row, "id"), text_in(row, "clientOrderId")
            if not venue_id or client_id not in ("", leg.client_id):
                raise InputError("the answer is about another order")
            if row.get("status") is not None and row.get("amount") is not None and row.get("filled") is not None:
                seen = seen_of(row, instrument, self.exchange.unified(instrument))
            else:
                seen = None
        except InputError as error:
            self.errors["unreadable"] += 1
            raise AnswerLost(str(error)) from error
        self.reporter.announce_as(chain, leg, venue_id)
        if seen is not None:
            self.reporter.hear(seen)

    def _reject(self, chain: Chain, code: str, text: str) -> None:
        if not chain.ended:
            self.book.end(chain)
        self.reporter.say(kinds.REJECTED, chain.order.id, code, text)

    # Ending

    async def _cancel(self, order_id: str) -> None:
        chain = self.book.known(order_id)
        if chain is None:
            self.reporter.say(kinds.CANCEL_REJECTED, order_id, NOT_KNOWN, "there is no such order here")
            return
        try:
            await self._end_leg(chain, CANCEL)
        except Refused as refused:
            self.reporter.say(kinds.CANCEL_REJECTED, order_id, refused.code, str(refused))
        except (NotSent, AnswerLost) as error:
            self.reporter.unknown(order_id, CANCEL, str(error))

    async def _end_leg(self, chain: Chain, kind: str) -> None:
        """Ends the leg that works, and tells what it filled. Where the exchange has none that works, that is looked up
        first: fills win. Raises Refused, NotSent, AnswerLost."""
        tried: list[Leg] = []
        while True:
            if not chain.whole or not chain.last.venue_id:
                await self._look(chain)
            leg = chain.last
            if leg.over:
                raise Refused(GONE, f"{leg.client_id} is over: {leg.status}", GONE.upper())
            tried.append(leg)
            try:
                await self._insist(partial(self.exchange.cancel, leg, chain.order.instrument))
            except Refused as refused:
                if refused.outcome != GONE:
                    raise
                await self._look(chain)
                if chain.last.over or chain.last in tried:
                    raise
                continue  # it is another leg that works by now
            await self._ended(chain, leg)
            return

    async def _ended(self, chain: Chain, leg: Leg) -> None:
        """Waits until the exchange shows the end of a leg that it has agreed to end. Raises AnswerLost."""
        begun = self.clock()
        pauses = waits(self.rng, SECOND_NS // 20, SECOND_NS)
        while True:
            await self._look(chain)
            if leg.over:
                return
            if self.clock() - begun > ENDING_NS:
                raise AnswerLost(f"{leg.client_id}: its end is not shown yet")
            await asyncio.sleep(next(pauses) / SECOND_NS)

    async def _look(self, chain: Chain) -> None:
        """What became of an order. Raises AnswerLost."""
        try:
            if not await self.look_up.walk(chain, EXIT_RANK):
                raise AnswerLost(f"{chain.order.id} is not found")
            await self.look_up.complete(chain, EXIT_RANK)
        except (NotSent, VenueRefused) as error:
            raise AnswerLost(str(error)) from error
        self.reporter.settle(chain)

    async def _insist(self, work: Callable[[], Awaitable[None]]) -> None:
        """A request that may be made again while it surely did not arrive. Raises Refused, NotSent, AnswerLost."""
        begun = self.clock()
        pauses = waits(self.rng, AGAIN_NS // 10, AGAIN_NS // 4)
        while True:
            try:
                await work()
                return
            except Limited:
                continue  # the next waits until something may leave
            except NotSent:
                if self.clock() - begun > AGAIN_NS:
                    raise
            await asyncio.sleep(next(pauses) / SECOND_NS)

    # Changing

    async def _replace(self, command: Replace) -> None:
        chain = self.book.known(command.order_id)
        refusal = "there is no such order here" if chain is None else ""
        try:
            if chain is not None and not chain.whole:
                await self._look(chain)
            if chain is not None:
                refusal = self._unchangeable(chain)
            if chain is None or refusal:
                self.reporter.say(kinds.REPLACE_REJECTED, command.order_id, UNSUPPORTED, refusal)
                return
            told = chain.changed
            asked = (command.quantity, command.limit_units, command.stop_units)
            if chain.terms_now() != asked and not await self._place_anew(chain, command):
                return
            if chain.changed == told:
                self.reporter.tell_terms(chain, always=True)
        except Refused as refused:
            self.reporter.say(kinds.REPLACE_REJECTED, command.order_id, refused.code, str(refused))
        except (TransportError, VenueRefused) as error:
            self.reporter.unknown(command.order_id, REPLACE, str(error))

    def _unchangeable(self, chain: Chain) -> str:
        """Why an order can not be changed, "" = it can."""
        if chain.order.type == MARKET:
            return "a market order can not be changed"
        if chain.foreign:
            return "an order of somebody else is not placed anew"
        return "it was changed too often" if chain.last.number >= LEGS_MAX else ""

    async def _place_anew(self, chain: Chain, command: Replace) -> bool:
        """Ends the leg that works and places what is left of the order at its new terms; False: it could not be placed,
        which is told."""
        order = chain.order
        chain.replacing = True
        try:
            await self._end_leg(chain, REPLACE)
            left = command.quantity - chain.executed
            if left <= 0:
                code, text = "FILLED", "it has filled what was asked for, and ended"
                self.reporter.say(kinds.REPLACE_REJECTED, order.id, code, text)
                return False
            leg = self.book.add_leg(chain, left, self.clock())
            placing = place(order, leg.client_id, left, command.limit_units, command.stop_units)
            return await self._place_leg(chain, leg, placing)
        finally:
            chain.replacing = False
            self.reporter.settle_if_whole(chain)

    async def _place_leg(self, chain: Chain, leg: Leg, placing: Placing) -> bool:
        while True:
            leg.sent = self.clock()
            try:
                instrument = chain.order.instrument
                self._take(await self.exchange.place(placing, instrument, REPLACE, EXIT_RANK), chain, leg)
                if not leg.seen:
                    await self._look(chain)
                return True
            except Limited:
                continue
            except (NotSent, Refused) as error:
                if isinstance(error, Refused) and error.outcome == EXISTS:
                    raise AnswerLost(str(error)) from error
                chain.legs.remove(leg)
                code = error.code if isinstance(error, Refused) else NOT_SENT
                self.reporter.say(kinds.REPLACE_REJECTED, chain.order.id, code, str(error))
                return False

    # Asking

    async def _query(self, order_id: str) -> None:
        try:
            await self._ask(order_id)
        finally:
            self._asked.discard(order_id)

    async def _ask(self, order_id: str) -> None:
        chain = self.book.known(order_id)
        if chain is None:
            return
        try:
            if not await self.look_up.walk(chain, ASK_RANK, anew=True):
                self.reporter.say(kinds.NOT_FOUND, order_id, "", "the exchange does not know this order")
                return
            await self.look_up.complete(chain)
        except (TransportError, VenueRefused):
            self.errors["query"] += 1
            return
        self.reporter.found(chain)
