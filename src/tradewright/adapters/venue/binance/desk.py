"""Carries out what the engine asks of orders. Requests about one order stay in their sequence; each ends in a report.

A changed order that only shrinks is amended in its place. Any other change ends its leg at the venue, waits for what
that has filled, and places what is left as the next leg: no fill in between can make it more than was asked for.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

from tradewright.adapters.net.backoff import waits
from tradewright.adapters.venue.binance import requests
from tradewright.adapters.venue.binance.answers import AmendRow, ListRow, OrderRow, decoded, reading, seen_of
from tradewright.adapters.venue.binance.book import Book, Chain, Leg
from tradewright.adapters.venue.binance.caller import EXIT_RANK, OPEN_RANK, Caller, Limited, Refused
from tradewright.adapters.venue.binance.look_up import LookUp, seen_in
from tradewright.adapters.venue.binance.names import LEGS_MAX
from tradewright.adapters.venue.binance.outcomes import EXISTS, GONE, REPLACE
from tradewright.adapters.venue.binance.reporter import Reporter
from tradewright.model import event as kinds
from tradewright.model.command import Command, Replace, Submit
from tradewright.model.errors import AnswerLost, InputError, NotSent, TransportError, VenueRefused
from tradewright.model.order import ENTRY, MARKET, TRAILING_STOP, Order
from tradewright.model.rng import Rng
from tradewright.ports import Clock

SECOND_NS = 1_000_000_000
UNSUPPORTED, RATE_LIMITED, NOT_SENT, NOT_KNOWN = "UNSUPPORTED", "RATE_LIMITED", "NOT_SENT", "UNKNOWN_ORDER"
#: For so long a cancel or a change that did not leave is tried again.
AGAIN_NS = 2 * SECOND_NS


class Desk:
    """native_exits: of `model.account.Account`: pairs of exits come linked and go as lists."""

    def __init__(
        self, caller: Caller, book: Book, reporter: Reporter, look_up: LookUp, clock: Clock, rng: Rng,
        errors: Counter[str], native_exits: bool, spawn: Callable[..., asyncio.Task[None]],
    ) -> None:  # fmt: skip
        self.caller = caller
        self.book = book
        self.reporter = reporter
        self.look_up = look_up
        self.clock = clock
        self.rng = rng
        self.errors = errors
        self.native_exits = native_exits
        self.spawn = spawn
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._asked: set[str] = set()
        self._batch: list[Order] = []

    def execute(self, command: Command) -> None:
        """Takes a request over."""
        if isinstance(command, Submit):
            self.book.begin(command.order, self.clock())
            if not self.native_exits:
                self._start([command.order.id], partial(self._submit, command.order), "submit")
                return
            # What belongs together comes within one turn of the loop.
            if not self._batch:
                asyncio.get_running_loop().call_soon(self._place_batch)
            self._batch.append(command.order)
        elif isinstance(command, Replace):
            self._start([command.order_id], partial(self._replace, command), "replace")
        elif command.kind == kinds.CANCEL:
            self._start([command.order_id], partial(self._cancel, command.order_id), "cancel")
        elif command.kind == kinds.QUERY and command.order_id not in self._asked:
            self._asked.add(command.order_id)
            self._start([command.order_id], partial(self._query, command.order_id), "")

    def _start(self, order_ids: list[str], work: Callable[[], Awaitable[None]], request: str) -> None:
        before = [lane for lane in (self._lanes.get(id) for id in order_ids) if lane is not None and not lane.done()]
        lane = self.spawn(self._run(order_ids, before, work, request))
        for id in order_ids:
            self._lanes[id] = lane
            lane.add_done_callback(lambda done, id=id: self._leave(id, done))  # type: ignore[misc]

    def _leave(self, order_id: str, done: asyncio.Task[None]) -> None:
        if self._lanes.get(order_id) is done:
            del self._lanes[order_id]

    async def _run(
        self, order_ids: list[str], before: list[asyncio.Task[None]], work: Callable[[], Awaitable[None]], request: str
    ) -> None:
        if before:
            await asyncio.wait(before)
        try:
            await work()
        except Exception as error:
            # A defect of ours must not leave a request without an answer.
            self.errors[f"defect: {type(error).__name__}"] += 1
            for id in order_ids if request else ():
                self.reporter.unknown(id, request, f"{type(error).__name__}: {error}")

    # Placing

    async def _submit(self, order: Order) -> None:
        chain = self.book.chains[order.id]
        refusal = requests.unsupported(order)
        if refusal:
            self._reject(chain, UNSUPPORTED, refusal)
            return
        rank = OPEN_RANK if order.role == ENTRY and not order.reduce_only else EXIT_RANK
        await self._place(requests.place(order, order.id), [chain], rank, self._take_order)

    async def _place(
        self, call: requests.Call, chains: list[Chain], rank: int, take: Callable[[bytes, list[Chain]], None]
    ) -> None:
        """Sends new orders and tells what became of them."""
        while True:
            for chain in chains:
                chain.last.sent = self.clock()
            try:
                body = await self.caller.call(call, rank)
                with reading(self.errors):
                    take(body, chains)
            except Limited as limited:
                if rank == EXIT_RANK:
                    continue  # nothing arrived; `call` waits until something may leave
                self._reject_all(chains, RATE_LIMITED, str(limited))
            except NotSent as error:
                self._reject_all(chains, NOT_SENT, str(error))
            except Refused as refused:
                if refused.outcome == EXISTS:
                    self._doubt(chains, str(refused))
                else:
                    self._reject_all(chains, refused.code, str(refused))
            except AnswerLost as error:
                self._doubt(chains, str(error))
            return

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

    def _doubt(self, chains: list[Chain], text: str) -> None:
        for chain in chains:
            self.reporter.unknown(chain.order.id, "submit", text)

    def _reject_all(self, chains: list[Chain], code: str, text: str) -> None:
        for chain in chains:
            self._reject(chain, code, text)

    def _reject(self, chain: Chain, code: str, text: str) -> None:
        if not chain.ended:
            self.book.end(chain)
        self.reporter.say(kinds.REJECTED, chain.order.id, code, text)

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
                self._reject(self.book.chains[order.id], UNSUPPORTED, _NO_BRACKETS)
            elif order.group:
                groups.setdefault(order.group, []).append(order)
            else:
                self._start([order.id], partial(self._submit, order), "submit")
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
            self._reject_all(chains, UNSUPPORTED, refusal)
        elif len(group) == 1:
            self._start([group[0].id], partial(self._submit, group[0]), "submit")
        else:
            call = requests.place_pair(group[0], group[1])
            work = partial(self._place, call, chains, EXIT_RANK, self._take_list)
            self._start([order.id for order in group], work, "submit")

    # Ending

    async def _cancel(self, order_id: str) -> None:
        chain = self.book.known(order_id)
        if chain is None:
            self.reporter.say(kinds.CANCEL_REJECTED, order_id, NOT_KNOWN, "there is no such order here")
            return
        try:
            await self._end_leg(chain, "cancel")
        except Refused as refused:
            self.reporter.say(kinds.CANCEL_REJECTED, order_id, refused.code, str(refused))
        except (NotSent, AnswerLost) as error:
            self.reporter.unknown(order_id, "cancel", str(error))

    async def _end_leg(self, chain: Chain, kind: str) -> None:
        """Cancels the leg that works, and tells what it filled. Where the venue has none that works, that is looked up
        first: fills win. Raises Refused, NotSent, AnswerLost."""
        tried: list[Leg] = []
        while True:
            leg = chain.last
            tried.append(leg)
            call = requests.cancel(chain.order.instrument.symbol, leg.venue_id, leg.client_id, kind)
            try:
                body = await self._insist(call)
            except Refused as refused:
                if refused.outcome != GONE:
                    raise
                await self._look(chain)
                if chain.last.over or chain.last in tried:
                    raise
                continue  # it is another leg that works by now
            self._take_end(chain, leg, body)
            return

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

    async def _look(self, chain: Chain) -> None:
        """What became of an order whose leg does not work. Raises AnswerLost."""
        try:
            if await self.look_up.walk(chain, EXIT_RANK):
                await self.look_up.complete(chain, EXIT_RANK)
                self.reporter.settle(chain)
        except (NotSent, VenueRefused) as error:
            raise AnswerLost(str(error)) from error

    async def _insist(self, call: requests.Call) -> bytes:
        """A request that may be made again while it surely did not arrive. Raises Refused, NotSent, AnswerLost."""
        begun = self.clock()
        pauses = waits(self.rng, AGAIN_NS // 10, AGAIN_NS // 4)
        while True:
            try:
                return await self.caller.call(call, EXIT_RANK)
            except Limited:
                continue  # `call` waits until something may leave
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
                await self.look_up.walk(chain, EXIT_RANK)
                await self.look_up.complete(chain, EXIT_RANK)
            if chain is not None:
                refusal = self._unchangeable(chain, command)
            if chain is None or refusal:
                self.reporter.say(kinds.REPLACE_REJECTED, command.order_id, UNSUPPORTED, refusal)
                return
            told = chain.changed
            if self._shrinks(chain, command):
                await self._shrink(chain, command.quantity)
            elif self._differs(chain, command) and not await self._place_anew(chain, command):
                return
            if chain.changed == told:
                self.reporter.tell_terms(chain, always=True)
        except Refused as refused:
            self.reporter.say(kinds.REPLACE_REJECTED, command.order_id, refused.code, str(refused))
        except (TransportError, VenueRefused) as error:
            self.reporter.unknown(command.order_id, "replace", str(error))

    def _unchangeable(self, chain: Chain, command: Replace) -> str:
        """Why an order can not be changed so, "" = it can."""
        order = chain.order
        if order.type == MARKET:
            return "a market order can not be changed"
        if order.type == TRAILING_STOP and not self._shrinks(chain, command):
            return "a trailing stop of Binance Spot that is placed anew forgets how far it has come"
        if chain.last.list_id >= 0 and not self._shrinks(chain, command):
            return "an order of a list ends with its list and can not be placed anew"
        if chain.last.number >= LEGS_MAX:
            return "it was changed too often"
        changed = _changed(order, command.quantity, command.limit_units, command.stop_units)
        return requests.unsupported(changed)

    def _differs(self, chain: Chain, command: Replace) -> bool:
        return chain.terms_now() != (command.quantity, command.limit_units, command.stop_units)

    def _shrinks(self, chain: Chain, command: Replace) -> bool:
        quantity, limit, stop = chain.terms_now() if chain.last.type else chain.terms
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
                await self._look(chain)
            raise
        with reading(self.errors):
            if decoded(body, AmendRow).amendedOrder.clientOrderId != leg.client_id:
                raise InputError("the answer is about another order")
        seen = await self.look_up.order(chain.order.instrument, leg.venue_id, leg.client_id, EXIT_RANK)
        if seen is None:
            raise AnswerLost("an order that was amended is not found")
        self.reporter.hear(seen)

    async def _place_anew(self, chain: Chain, command: Replace) -> bool:
        """Ends the leg that works and places what is left of the order at its new terms; False: it could not be placed,
        which is told."""
        chain.replacing = True
        try:
            await self._end_leg(chain, REPLACE)
            if not chain.last.over:
                raise AnswerLost(f"{chain.last.client_id}: its end is not told yet")
            left = command.quantity - chain.executed
            if left <= 0:
                code, text = "FILLED", "it has filled what was asked for, and ended"
                self.reporter.say(kinds.REPLACE_REJECTED, chain.order.id, code, text)
                return False
            changed = _changed(chain.order, left, command.limit_units, command.stop_units)
            triggered = chain.triggered
            leg = self.book.add_leg(chain, left, self.clock())
            if triggered:
                chain.terms = (*chain.terms[:2], command.stop_units)
            return await self._place_leg(chain, leg, requests.place(changed, leg.client_id, triggered, REPLACE))
        finally:
            chain.replacing = False
            self.reporter.settle_if_whole(chain)

    async def _place_leg(self, chain: Chain, leg: Leg, call: requests.Call) -> bool:
        while True:
            leg.sent = self.clock()
            try:
                body = await self.caller.call(call, EXIT_RANK)
                with reading(self.errors):
                    self._take_order(body, [chain])
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
            if not await self.look_up.walk(chain, anew=True):
                self.reporter.say(kinds.NOT_FOUND, order_id, "", "the venue does not know this order")
                return
            await self.look_up.complete(chain)
        except (TransportError, VenueRefused):
            self.errors["query"] += 1
            return
        self.reporter.found(chain)


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
