"""Carries out what the engine asks of orders. Requests about one order stay in their sequence; each ends in a report.

A changed order is always placed anew: an exchange's own way to change an order is not used, since none can be relied on
everywhere to count the fills that happen meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial

from tradewright.adapters.chain.attempts import UNSUPPORTED, Attempts
from tradewright.adapters.chain.book import Book
from tradewright.adapters.chain.lanes import Lanes
from tradewright.adapters.chain.legs import Chain, Leg
from tradewright.adapters.chain.look_up import LookUp
from tradewright.adapters.chain.names import LEGS_MAX
from tradewright.adapters.chain.outcomes import CANCEL, GONE, REPLACE, SUBMIT, Refused
from tradewright.adapters.chain.reporter import Reporter
from tradewright.adapters.net.backoff import waits
from tradewright.adapters.net.reading import reading
from tradewright.adapters.net.slots import EXIT_RANK, OPEN_RANK
from tradewright.adapters.venue.ccxt.answers import Row, seen_of, text_in
from tradewright.adapters.venue.ccxt.exchange import Exchange
from tradewright.adapters.venue.ccxt.requests import Placing, place
from tradewright.model import event as kinds
from tradewright.model.command import Command, Replace, Submit
from tradewright.model.errors import AnswerLost, InputError
from tradewright.model.order import ENTRY, MARKET, Order
from tradewright.model.rng import Rng
from tradewright.ports import Clock

SECOND_NS = 1_000_000_000
#: For so long an order that is being ended is looked at.
ENDING_NS = 5 * SECOND_NS


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
        self.lanes = Lanes(reporter, look_up, errors, spawn, poke)
        self.attempts = Attempts(book, reporter, look_up, clock, rng, self._end, self.lanes.ending)

    def execute(self, command: Command) -> None:
        """Takes a request over."""
        id = command.order_id
        if isinstance(command, Submit):
            self.book.begin(command.order, self.clock())
            self.lanes.put([id], SUBMIT, partial(self._submit, command.order))
        elif isinstance(command, Replace):
            self.lanes.put([id], REPLACE, partial(self.attempts.replace, command, self._unchangeable, self._change))
        elif command.kind == kinds.CANCEL:
            self.lanes.put([id], CANCEL, partial(self.attempts.cancel, id))
        elif command.kind == kinds.QUERY:
            self.lanes.ask(id)

    # Placing

    async def _submit(self, order: Order) -> None:
        chain = self.book.chains[order.id]
        refusal = self.exchange.unsupported(order)
        if refusal:
            self.attempts.reject([chain], UNSUPPORTED, refusal)
            return
        rank = OPEN_RANK if order.role == ENTRY and not order.reduce_only else EXIT_RANK
        placing = self._placing(order, order.id, order.quantity, order.limit_units, order.stop_units)

        async def send() -> None:
            leaves = partial(self.attempts.leave, [chain])
            self._take(await self.exchange.place(placing, order.instrument, SUBMIT, rank, leaves), chain, chain.last)

        await self.attempts.place([chain], rank, send)

    def _placing(self, order: Order, client_id: str, quantity: int, limit: int, stop: int) -> Placing:
        return place(order, client_id, quantity, limit, stop, self.exchange.convention.market_force)

    def _take(self, row: Row, chain: Chain, leg: Leg) -> None:
        """The answer to a new order: all of it, or no more than its id, where a look at it says the rest. Raises
        AnswerLost."""
        instrument = chain.order.instrument
        with reading(self.errors):
            venue_id, client_id = text_in(row, "id"), text_in(row, "clientOrderId")
            if not venue_id or client_id not in ("", leg.client_id):
                raise InputError("the answer is about another order")
            if row.get("status") is not None and row.get("amount") is not None and row.get("filled") is not None:
                seen = seen_of(row, instrument, self.exchange.unified(instrument))
            else:
                seen = None
        self.reporter.announce_as(chain, leg, venue_id)
        if seen is not None:
            self.reporter.hear(seen)

    # Ending

    async def _end(self, chain: Chain, leg: Leg, kind: str) -> None:
        """A leg is ended by its id there, and its end is looked up: an exchange may agree to it and mean later."""
        if not chain.whole or not leg.venue_id:
            await self._look(chain)
        if leg.over or leg is not chain.last:
            raise Refused(GONE, f"{leg.client_id} is over: {leg.status}", GONE.upper())
        await self.attempts.insist(partial(self.exchange.cancel, leg, chain.order.instrument))
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
        """What became of an order that was there. Raises AnswerLost."""
        if not await self.look_up.look(chain):
            raise AnswerLost(f"{chain.order.id} is not found")

    # Changing

    def _unchangeable(self, chain: Chain, command: Replace) -> str:
        if chain.order.type == MARKET:
            return "a market order can not be changed"
        if chain.foreign:
            return "an order of somebody else is not placed anew"
        return "it was changed too often" if chain.last.number >= LEGS_MAX else ""

    async def _change(self, chain: Chain, command: Replace) -> bool:
        order, limit, stop = chain.order, command.limit_units, command.stop_units
        if chain.terms_now() == (command.quantity, limit, stop):
            return True

        async def send(leg: Leg) -> None:
            placing = self._placing(order, leg.client_id, leg.quantity, limit, stop)
            leaves = partial(self.attempts.leave, [chain])
            self._take(await self.exchange.place(placing, order.instrument, REPLACE, EXIT_RANK, leaves), chain, leg)
            if not leg.seen:
                await self._look(chain)

        return await self.attempts.place_anew(chain, command, send)
