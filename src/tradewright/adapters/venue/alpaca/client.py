"""The client of one account at Alpaca: commands out, reports in, connections kept.

`execute` hands a command to a task of its own; commands of one order stay in their sequence. The trade stream is
subscribed before anything is looked up, and a ConnectionChanged says "up" when all that was missed has been told. The
stream has no numbers and no replay, so it is not believed: a frame that can not be read ends it, and every few seconds
the venue's lists are compared with what it said.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from tradewright.adapters.net.backoff import waits
from tradewright.adapters.net.line import Line
from tradewright.adapters.net.rules_watch import PACE, RulesWatch
from tradewright.adapters.net.standing import Standing
from tradewright.adapters.net.tasks import Tasks
from tradewright.adapters.venue.alpaca.ahead import Ahead
from tradewright.adapters.venue.alpaca.answers import WireAccount, WireClock, WirePosition
from tradewright.adapters.venue.alpaca.credentials import Credentials
from tradewright.adapters.venue.alpaca.door import Door
from tradewright.adapters.venue.alpaca.endpoints import Endpoints
from tradewright.adapters.venue.alpaca.lookup import NO_ANSWER, Lookups
from tradewright.adapters.venue.alpaca.market import Feed, Market
from tradewright.adapters.venue.alpaca.movements import Movements
from tradewright.adapters.venue.alpaca.notation import Unreadable, plain, price_units, size_units, time_of
from tradewright.adapters.venue.alpaca.placing import Placing, exits_of
from tradewright.adapters.venue.alpaca.recovery import Recovery
from tradewright.adapters.venue.alpaca.requests import Exits, Requests
from tradewright.adapters.venue.alpaca.shapes import shapes_of
from tradewright.adapters.venue.alpaca.teller import Teller
from tradewright.adapters.venue.alpaca.tracked import Tracked
from tradewright.adapters.venue.alpaca.updates import (
    CANCEL_REFUSED,
    EXECUTIONS,
    STATES,
    Update,
    authorized,
    listen,
    listening,
    log_in,
    read_update,
)  # fmt: skip
from tradewright.model.account import Account
from tradewright.model.account_snapshot import AccountSnapshot
from tradewright.model.command import Command, Replace, Submit
from tradewright.model.control import LagMeasured
from tradewright.model.errors import InputError, SocketClosed, VenueRefused
from tradewright.model.event import CANCEL, QUERY, Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.numbers import PRICE_MAX, money_of, nearest_count_of
from tradewright.model.order import Order
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Orders, Socket, Transport

SECOND_NS = 1_000_000_000
CLOCK_OFFSET = "CLOCK_OFFSET"
#: Order classes whose exits wait until their opening is filled whole.
WITH_OPENING = ("bracket", "oto")
#: Updates kept of linked orders whose names we wait for.
HELD_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Seconds: look_every, between comparisons with the venue's lists while orders work; idle_every, while none does;
    clock_every, between measurements of its clock; rules_every, between looks at the assets' rules; silence, without a
    sign of life until a stream is dropped. packed: market data comes in msgpack. fractions: instruments allow fractions
    of a share where the asset does."""

    look_every: float = 10.0
    idle_every: float = 60.0
    clock_every: float = 300.0
    rules_every: float = PACE
    silence: float = 30.0
    packed: bool = False
    fractions: bool = False


class AlpacaVenue:
    """A `ports.Venue`. since: ns UTC up to which the engine knows the account whole, 0 = it has never seen it; fills
    after it are told, whose-ever they are. errors: how often what was not understood, by what it was."""

    def __init__(
        self,
        terms: Account,
        credentials: Credentials,
        endpoints: Endpoints,
        transport: Transport,
        clock: Clock,
        rng: Rng,
        orders: Orders,
        deliver: Callable[[Event], None],
        options: Options | None = None,
        since: int = 0,
    ) -> None:
        self.account = terms.name
        self.errors: Counter[str] = Counter()
        self.options = options or Options()
        self._chains: dict[str, asyncio.Task[None] | None] = {}
        self._tasks = Tasks()
        self._standing = Standing(terms.name, clock, deliver, self._tasks)
        self._clock = clock
        self._rng = rng
        self._orders = orders
        self._deliver = deliver
        self._credentials = credentials
        self._requests = Requests(endpoints, credentials)
        self._door = Door(transport, clock, rng.split("door"), self.errors)
        self._teller = Teller(terms, clock, self._door.venue_time, orders, deliver, self.errors)
        self._lookups = Lookups(terms, self._door, self._requests, self._teller, orders, clock, self.errors)
        self._ahead = Ahead(self._teller, orders, clock)
        self._placing = Placing(
            self._door, self._requests, self._teller, self._lookups, self._ahead, orders, clock,
            rng.split("placing"), self.errors,
        )  # fmt: skip
        self._recovery = Recovery(
            self._door, self._requests, self._teller, self._lookups, orders, self.errors, self._chains.__contains__,
            since,
        )  # fmt: skip
        self._movements = Movements(terms, self._door, self._requests, orders, deliver, clock, self.errors, since)
        self._line = Line(
            endpoints.trades, transport, clock, rng.split("trades"), self._log_in, self._hear, self._lost,
            silence_ns=round(self.options.silence * SECOND_NS),
        )  # fmt: skip
        self._market = Market(
            self._door, Door(transport, clock, rng.split("data"), self.errors), self._requests, endpoints,
            lambda url: Feed(
                url, transport, clock, rng.split(url), credentials, deliver, self.errors, self._standing,
                self.options.packed, round(self.options.silence * SECOND_NS),
            ),
            self.options.fractions,
        )  # fmt: skip
        self._rules = RulesWatch(
            self._market.listed, orders, clock, deliver, self.errors, self.options.rules_every, _no_share
        )  # fmt: skip
        self._door.doubted = self._rules.doubt
        self._fresh: list[Order] = []
        self._batch: asyncio.Task[None] | None = None
        self._held: list[Update] = []
        self._recovering: asyncio.Task[None] | None = None

    # Commands

    def execute(self, command: Command) -> None:
        """Hands a command over. Submits of one moment are looked at together, since some go out as one request."""
        if isinstance(command, Submit):
            self._rules.follow([command.order.instrument.symbol])
            if not self._fresh:
                self._batch = self._start(self._submit_all())
            self._fresh.append(command.order)
            self._chains[command.order_id] = self._batch
        elif isinstance(command, Replace):
            task = self._chain(command.order_id, self._placing.replace(command))
            self._ahead.note(command.order_id, task, False)
        elif command.kind == CANCEL:
            self._cancel(command.order_id)
        elif command.kind == QUERY and command.order_id not in self._placing.insisting:
            self._start(self._lookups.answer(command.order_id))

    async def _submit_all(self) -> None:
        """All submits of the moment that has just ended; a single one goes on in this very task."""
        batch, fresh, self._fresh = self._batch, self._fresh, []
        shapes = shapes_of(fresh, self._orders)
        for refused in shapes.refused:
            self._placing.refuse_links(refused)
        posts = []
        for order, exits in shapes.posts[1:]:
            post = self._start(self._submit(order, exits))
            posts.append(post)
            for id in [order.id, *(one.id for one in exits_of(exits))]:
                if self._chains.get(id) is batch:
                    self._chains[id] = post
        if shapes.posts:
            await self._submit(*shapes.posts[0])
        # A command that came in the same moment waits for the batch.
        await asyncio.gather(*posts, return_exceptions=True)

    async def _submit(self, order: Order, exits: Exits | None) -> None:
        if await self._ahead.freed(order) and self._ahead.ends(order.id):
            self._placing.withdraw(order, exits)
        else:
            await self._placing.submit(order, exits)
        held, self._held = self._held, []
        for update in held:
            try:
                self._heed(update)
            except Unreadable:
                self.errors["unreadable frame"] += 1

    def _cancel(self, order_id: str) -> None:
        behind_batch = bool(self._fresh) and self._chains.get(order_id) is self._batch
        task = self._chain(order_id, self._placing.cancel(order_id))
        self._ahead.note(order_id, task, True)
        if not behind_batch:
            self._ahead.cancels[order_id] = task
            task.add_done_callback(lambda done: self._cancelled(order_id, done))

    def _cancelled(self, order_id: str, task: asyncio.Task[None]) -> None:
        if self._ahead.cancels.get(order_id) is task:
            del self._ahead.cancels[order_id]

    def _chain(self, order_id: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Work on an order, behind what is under way for it."""
        before = self._chains.get(order_id)
        self._chains[order_id] = task = self._start(work if before is None else _behind(before, work))
        return task

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._tasks.spawn(work)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        for id in [id for id, chained in self._chains.items() if chained is task]:
            del self._chains[id]
        if not task.cancelled() and task.exception() is not None:
            self.errors[f"defect: {type(task.exception()).__name__}"] += 1

    # The trade stream

    async def run(self) -> None:
        """Holds the trade stream, compares with the venue's lists, measures its clock."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._line.run())
            group.create_task(self._look_again())
            group.create_task(self._measure())
            group.create_task(self._rules.run())
            group.create_task(self._market.run())

    async def _log_in(self, socket: Socket) -> None:
        try:
            await socket.send(log_in(self._credentials).decode())
            if not authorized(await socket.receive()):
                raise VenueRefused("the trade stream does not know these keys")
            await socket.send(listen().decode())
            if not listening(await socket.receive()):
                raise VenueRefused("the trade stream does not tell of trades")
        except Unreadable as error:
            self.errors["unreadable frame"] += 1
            raise SocketClosed(str(error)) from error
        self._recovering = self._start(self._recover())

    async def _recover(self) -> None:
        """Tells what was missed, then that nothing is missing."""
        for pause in waits(self._rng.split("recovery")):
            try:
                await self._see_account()
                await self._recovery.everything()
                await self._movements.look()
                break
            except NO_ANSWER as error:
                self.errors[f"recovery: {type(error).__name__}"] += 1
                await asyncio.sleep(pause / SECOND_NS)
        self._standing.reports(True, self._placing.blocked)

    def _lost(self, reason: str) -> None:
        if self._recovering is not None:
            self._recovering.cancel()
        self._standing.reports(False, reason)

    def _hear(self, frame: str | bytes) -> None:
        """One frame. Of one that can not be read, what it said is missing from now on: the stream begins anew."""
        try:
            update = read_update(frame)
            if update is not None:
                self._heed(update)
        except Unreadable as error:
            self.errors["unreadable frame"] += 1
            self._line.drop(f"a frame that can not be read: {error}")

    def _heed(self, update: Update) -> None:
        """What an update says. Raises Unreadable."""
        wire, time = update.order, time_of(update.timestamp)
        tracked = self._recovery.take(wire)
        if tracked is None:
            if wire.order_class and len(self._held) < HELD_MAX:
                self._held.append(update)
            return
        if update.event in EXECUTIONS:
            self._execution(tracked, update, time)
        if update.event == CANCEL_REFUSED:
            tracked.refused += 1
        if update.event not in STATES:
            # Something happened that nobody knows: the venue's lists say what came of it.
            self.errors[f"event {update.event[:40]!r}"] += 1
            self._start(self._lookups.answer(tracked.id, surely=False))
        self._placing.told(tracked)

    def _execution(self, tracked: Tracked, update: Update, time: int) -> None:
        """An execution's id is what of the order was filled by then, and the order in an event may be newer than the
        execution: one that does not join on to what was told is left to the account's activities. Raises Unreadable."""
        leg = tracked.legs.get(update.order.id)
        if leg is None or update.price is None or update.qty is None:
            return
        opening = self._untold_opening(tracked) if update.order.order_class in WITH_OPENING else ""
        if opening:
            self._start(self._answer_both(opening, tracked.id))
            return
        size = size_units(update.qty, tracked.instrument)
        cumulative = size_units(update.order.filled_qty, tracked.instrument)
        if leg.told + size == cumulative:
            self._teller.fill(tracked, leg, size, price_units(update.price, tracked.instrument), cumulative, time)

    def _untold_opening(self, tracked: Tracked) -> str:
        """The opening of an exit that Alpaca lets work once all of it is filled, where that was not heard of."""
        exit = self._orders.order(tracked.id)
        opening = None if exit is None else self._orders.order(exit.parent)
        return "" if opening is None or self._orders.filled(opening.id) >= opening.quantity else opening.id

    async def _answer_both(self, first: str, second: str) -> None:
        await self._lookups.answer(first, surely=False)
        await self._lookups.answer(second, surely=False)

    async def _look_again(self) -> None:
        looked = moved = self._clock()
        while True:
            await asyncio.sleep(self.options.look_every)
            idle = self._clock() - looked < self.options.idle_every * SECOND_NS and not self._orders.open()
            if not self._standing.up or idle:
                continue
            looked = self._clock()
            try:
                await self._recovery.glance()
                if looked - moved >= self.options.idle_every * SECOND_NS:
                    moved = looked
                    await self._movements.look()
                    await self._see_account()
            except NO_ANSWER as error:
                self.errors[f"comparison: {type(error).__name__}"] += 1

    # The account

    async def _see_account(self) -> WireAccount:
        """What the account may do. Raises NO_ANSWER."""
        account = await self._door.fetch(self._requests.account(), WireAccount)
        self._placing.blocked = account.blocked
        return account

    async def _measure(self) -> None:
        """The venue's clock against ours, again and again."""
        while True:
            pause = self.options.clock_every
            try:
                before = self._clock()
                clock = await self._door.fetch(self._requests.clock(), WireClock)
                after = self._clock()
                self._door.offset_ns = time_of(clock.timestamp) - (before + after) // 2
                self._deliver(LagMeasured(after, CLOCK_OFFSET, self._door.offset_ns))
            except NO_ANSWER as error:
                self.errors[f"clock: {type(error).__name__}"] += 1
                pause = min(pause, self.options.look_every)
            await asyncio.sleep(pause)

    async def snapshot(self) -> AccountSnapshot:
        """Five questions at once: the account's cash, its positions, what works, and the fills and fees that nobody
        told so far, without which the other answers would differ from the engine's books."""
        asked = self._clock()
        try:
            _, _, account, positions, rows = await asyncio.gather(
                self._recovery.fills(),
                self._movements.look(),
                self._see_account(),
                self._door.fetch(self._requests.positions(), list[WirePosition]),
                self._recovery.open_orders(),
            )
            held = [self._position(position) for position in positions]
            orders = [found for found in map(self._working, rows) if found is not None]
            balances = [(account.currency, money_of(account.cash, "cash"))]
        except (Unreadable, InputError) as error:
            self.errors["unreadable snapshot"] += 1
            raise VenueRefused(f"the account can not be read: {error}") from error
        working: dict[str, int] = {}
        for order_id, filled in orders:
            working[order_id] = max(filled, working.get(order_id, 0))
        found = [one for one in held if one is not None]
        return AccountSnapshot(self._clock(), self.account, asked, balances, found, sorted(working.items()))

    def _position(self, position: WirePosition) -> tuple[str, int, int] | None:
        instrument = self._orders.instrument(plain(position.symbol))
        if instrument is None:
            self.errors["position in an instrument that is not traded here"] += 1
            return None
        size = size_units(position.qty, instrument)
        average = position.avg_entry_price
        price = 0
        if average is not None:
            price = nearest_count_of(average, instrument.price_scale, "average price", PRICE_MAX)
        return instrument.symbol, size, price

    def _working(self, wire: Any) -> tuple[str, int] | None:
        tracked = self._recovery.take(wire)
        return None if tracked is None else (tracked.id, tracked.filled)

    # The market

    async def instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        """As `ports.Venue` says; more than a few symbols cost three requests in all."""
        found = await self._market.instruments(symbols)
        self._rules.saw({instrument.symbol: instrument for instrument in found})
        return found

    async def bars(self, instrument: Instrument, seconds: int, start: int, end: int) -> list[Bar]:
        """As `ports.Venue` says."""
        return await self._market.bars(instrument, seconds, start, end)

    def watch(self, instruments: Sequence[Instrument]) -> None:
        """From now on their quotes and trades are delivered."""
        self._rules.follow([instrument.symbol for instrument in instruments])
        for feed, symbols in self._market.watch(instruments):
            self._start(feed.tell(symbols))

    async def close(self) -> None:
        """Ends what is under way; what became of it is looked up at the next start."""
        self._lookups.close()
        await self._tasks.close()


def _no_share(instrument: Instrument) -> bool:
    """Whether what the list of assets says of it is all that is said: of shares the data stream tells."""
    return instrument.asset_class != "equity"


async def _behind(before: asyncio.Task[None], work: Coroutine[Any, Any, None]) -> None:
    try:
        await asyncio.wait([before])
    except BaseException:
        work.close()
        raise
    await work
