"""Carries out what the engine asks of orders. Requests about one order stay in their sequence; each ends in a report.

A changed order that only shrinks is amended in its place; any other is placed anew.
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
from tradewright.adapters.chain.names import LEGS_MAX
from tradewright.adapters.chain.outcomes import CANCEL, GONE, REPLACE, SUBMIT, Refused
from tradewright.adapters.chain.reporter import Reporter
from tradewright.adapters.net.reading import reading
from tradewright.adapters.net.slots import EXIT_RANK, OPEN_RANK
from tradewright.adapters.venue.binance import requests
from tradewright.adapters.venue.binance.answers import AmendRow, ListRow, OrderRow, decoded, seen_of
from tradewright.adapters.venue.binance.caller import Caller
from tradewright.adapters.venue.binance.look_up import BinanceLookUp, seen_in
from tradewright.model import event as kinds
from tradewright.model.command import Command, Replace, Submit
from tradewright.model.errors import AnswerLost, InputError
from tradewright.model.order import ENTRY, MARKET, TRAILING_STOP, Order
from tradewright.model.rng import Rng
from tradewright.ports import Clock


class Desk:
    """native_exits: of `model.account.Account`: pairs of exits come linked and go as lists."""

    def __init__(
        self, caller: Caller, book: Book, reporter: Reporter, look_up: BinanceLookUp, clock: Clock, rng: Rng,
        errors: Counter[str], native_exits: bool, spawn: Callable[..., asyncio.Task[None]],
    ) -> None:  # fmt: skip
        self.caller = caller
        self.book = book
        self.reporter = reporter
        self.look_up = look_up
        self.clock = clock
        self.errors = errors
        self.native_exits = native_exits
        self.lanes = Lanes(reporter, look_up, errors, spawn)
        self.attempts = Attempts(book, reporter, look_up, clock, rng, self._end, self.lanes.ending)
        self._batch: list[Order] = []

    def execute(self, command: Command) -> None:
        """Takes a request over."""
        id = command.order_id
        if isinstance(command, Submit):
            self.book.begin(command.order, self.clock())
            if not self.native_exits:
                self.lanes.put([id], SUBMIT, partial(self._submit, command.order))
                return
            # What belongs together comes within one turn of the loop.
            if not self._batch:
                asyncio.get_running_loop().call_soon(self._place_batch)
            self._batch.append(command.order)
        elif isinstance(command, Replace):
            work = partial(self.attempts.replace, command, self._unchangeable, self._change)
            self.lanes.put([id], REPLACE, work)
        elif command.kind == kinds.CANCEL:
            self.lanes.put([id], CANCEL, partial(self.attempts.cancel, id))
        elif command.kind == kinds.QUERY:
            self.lanes.ask(id)

    # Placing

    async def _submit(self, order: Order) -> None:
        chains = [self.book.chains[order.id]]
        refusal = requests.unsupported(order)
        if refusal:
            self.attempts.reject(chains, UNSUPPORTED, refusal)
            return
        rank = OPEN_RANK if order.role == ENTRY and not order.reduce_only else EXIT_RANK
        send = partial(self._send, requests.place(order, order.id), rank, self._take_order, chains)
        await self.attempts.place(chains, rank, send)

    async def _send(
        self, call: requests.Call, rank: int, take: Callable[[bytes, list[Chain]], None], chains: list[Chain]
    ) -> None:
        body = await self.caller.call(call, rank, partial(self.attempts.leave, chains))
        with reading(self.errors):
            take(body, chains)

    def _take_order(self, body: bytes, chains: list[Chain]) -> None:
        row = decoded(body, OrderRow)
        instrument = chains[0].order.instrument
        if (row.symbol, row.clientOrderId) != (instrument.symbol, chains[0].last.client_id):
            raise InputError("the answer is about another order")
        self.reporter.hear(seen_of(row, instrument))

    def _take_list(self, body: bytes, chains: list[Chain]) -> None:
        instrument = chains[0].order.instrument
        names = {chain.last.client_id for chain in chains}
        rows = decoded(body, ListRow).orderReports
        if {row.clientOrderId for row in rows} != names or any(row.symbol != instrument.symbol for row in rows):
            raise InputError("the answer is about other orders")
        for seen in [seen_of(row, instrument) for row in rows]:
            self.reporter.hear(seen)

    # Exits that are linked

    def _place_batch(self) -> None:
        """The orders of one turn. A pair of one group goes as a list; what waits for another order's fills is refused
        with that order, since the venue's own lists wait until it is filled whole."""
        batch, self._batch = self._batch, []
        waiting = [order for order in batch if order.parent and self._waits(order)]
        refused = {id for order in waiting for id in (order.id, order.parent)}
        groups: dict[str, list[Order]] = {}
        for order in batch:
            if order.id in refused:
                self.attempts.reject([self.book.chains[order.id]], UNSUPPORTED, _NO_BRACKETS)
            elif order.group:
                groups.setdefault(order.group, []).append(order)
            else:
                self.lanes.put([order.id], SUBMIT, partial(self._submit, order))
        for group in groups.values():
            self._place_group(group)

    def _waits(self, order: Order) -> bool:
        """Whether its parent is still to fill."""
        parent = self.book.known(order.parent)
        return parent is not None and not parent.ended

    def _place_group(self, group: list[Order]) -> None:
        chains = [self.book.chains[order.id] for order in group]
        refusal = "a group of orders is a pair at Binance Spot"
        if len(group) == 1:
            live = [
                chain for chain in self.book.chains.values()
                if chain.order.group == group[0].group and chain is not chains[0] and not chain.ended
            ]  # fmt: skip
            refusal = "an order can not join another that is at work already" if live else ""
        elif len(group) == 2:
            refusal = requests.unsupported_pair(group[0], group[1])
        if refusal:
            self.attempts.reject(chains, UNSUPPORTED, refusal)
        elif len(group) == 1:
            self.lanes.put([group[0].id], SUBMIT, partial(self._submit, group[0]))
        else:
            send = partial(self._send, requests.place_pair(group[0], group[1]), EXIT_RANK, self._take_list, chains)
            work = partial(self.attempts.place, chains, EXIT_RANK, send)
            self.lanes.put([order.id for order in group], SUBMIT, work)

    # Ending

    async def _end(self, chain: Chain, leg: Leg, kind: str) -> None:
        call = requests.cancel(chain.order.instrument.symbol, leg.venue_id, leg.client_id, kind)
        self._take_end(chain, leg, await self._insist(call))

    async def _insist(self, call: requests.Call) -> bytes:
        return await self.attempts.insist(partial(self.caller.call, call, EXIT_RANK))

    def _take_end(self, chain: Chain, leg: Leg, body: bytes) -> None:
        """The answer to a cancel: the order, or the list that ended with it."""
        instrument = chain.order.instrument
        with reading(self.errors):
            listed = b'"orderReports"' in body
            rows = decoded(body, ListRow).orderReports if listed else [decoded(body, OrderRow)]
            ended = [seen_in(row, instrument) for row in rows]
        for seen in ended:
            if len(rows) == 1 and seen.client_id != leg.client_id and seen.venue_id != leg.venue_id:
                raise AnswerLost("the answer is about another order")
            self.reporter.hear(seen)

    # Changing

    async def _change(self, chain: Chain, command: Replace) -> bool:
        if self._shrinks(chain, command):
            await self._shrink(chain, command.quantity)
        elif chain.terms_now() != (command.quantity, command.limit_units, command.stop_units):
            return await self.attempts.place_anew(chain, command, partial(self._place_next, chain, command))
        return True

    async def _place_next(self, chain: Chain, command: Replace, leg: Leg) -> None:
        order = _changed(chain.order, leg.quantity, command.limit_units, command.stop_units)
        triggered = chain.triggered
        if triggered:
            chain.terms = (*chain.terms[:2], command.stop_units)
        call = requests.place(order, leg.client_id, triggered, REPLACE)
        await self._send(call, EXIT_RANK, self._take_order, [chain])

    def _unchangeable(self, chain: Chain, command: Replace) -> str:
        """Why an order can not be changed so, "" = it can."""
        order = chain.order
        if order.type == MARKET:
            return "a market order can not be changed"
        if order.type == TRAILING_STOP and not self._shrinks(chain, command):
            return "a trailing stop of Binance Spot that is placed anew forgets how far it has come"
        if chain.last.linked and not self._shrinks(chain, command):
            return "an order of a list ends with its list and can not be placed anew"
        if chain.last.number >= LEGS_MAX:
            return "it was changed too often"
        changed = _changed(order, command.quantity, command.limit_units, command.stop_units)
        return requests.unsupported(changed)

    def _shrinks(self, chain: Chain, command: Replace) -> bool:
        quantity, limit, stop = chain.terms_now() if chain.last.seen else chain.terms
        return (command.limit_units, command.stop_units) == (limit, stop) and command.quantity < quantity

    async def _shrink(self, chain: Chain, total: int) -> None:
        leg = chain.last
        quantity = total - sum(one.executed for one in chain.legs[:-1])
        try:
            body = await self._insist(
                requests.shrink(chain.order.instrument, leg.venue_id, leg.client_id, max(quantity, 0))
            )
        except Refused as refused:
            if refused.outcome == GONE:
                await self.look_up.look(chain)
            raise
        with reading(self.errors):
            if decoded(body, AmendRow).amendedOrder.clientOrderId != leg.client_id:
                raise InputError("the answer is about another order")
        seen = await self.look_up.order(chain.order.instrument, leg.venue_id, leg.client_id, EXIT_RANK)
        if seen is None:
            raise AnswerLost("an order that was amended is not found")
        self.reporter.hear(seen)


_NO_BRACKETS = (
    "Binance Spot's lists wait until an order is filled whole: exits that wait for fills are held by the engine "
    "(native_exits=False)"
)


def _changed(order: Order, quantity: int, limit: int, stop: int) -> Order:
    """The order at other terms."""
    return Order(
        order.id, order.account, order.strategy, order.instrument, order.side, order.type, quantity, limit, stop,
        order.trail_units, order.trail_ppm, order.time_in_force, order.flags, role=order.role, time=order.time,
    )  # fmt: skip
