"""One spot account at an exchange by ccxt, as the engine's Venue.

Rounds of asking are all there is: every second while orders are open, every ten otherwise, and at once when something
was done here. The account counts as connected while rounds succeed and prices come.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradewright.adapters.chain.book import Book
from tradewright.adapters.chain.reporter import Reporter
from tradewright.adapters.net.backoff import waits
from tradewright.adapters.net.rules_watch import PACE, RulesWatch
from tradewright.adapters.net.standing import Standing
from tradewright.adapters.net.tasks import Tasks
from tradewright.adapters.venue.ccxt.caller import Caller
from tradewright.adapters.venue.ccxt.conventions import Convention, convention_of, lacking
from tradewright.adapters.venue.ccxt.credentials import Credentials
from tradewright.adapters.venue.ccxt.desk import Desk
from tradewright.adapters.venue.ccxt.exchange import Exchange
from tradewright.adapters.venue.ccxt.library import exchange_of
from tradewright.adapters.venue.ccxt.look_up import CcxtLookUp
from tradewright.adapters.venue.ccxt.market import Prices
from tradewright.adapters.venue.ccxt.rounds import Rounds
from tradewright.model.account import CASH, NETTING, Account
from tradewright.model.account_snapshot import AccountSnapshot
from tradewright.model.command import Command, Submit
from tradewright.model.control import LagMeasured
from tradewright.model.errors import InputError, TransportError, VenueRefused
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Orders, Transport

SECOND_NS = 1_000_000_000
#: How often the exchange's clock is looked at.
CLOCK_NS = 300 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Polling:
    """Seconds between two looks: at the account at rest, and with orders open; at each watched instrument's prices; at
    the rules of all."""

    idle: float = 10.0
    busy: float = 1.0
    quotes: float = 1.0
    rules: float = PACE


class CcxtSpot:
    """Implements `ports.Venue`. exchange: the library's name of it; environment: live, or testnet or paper where the
    exchange has them; settings: of the library's own, such as `urls`; convention: where none is known of the exchange;
    base_url: another address of all of it, such as a simulator's. errors: what could not be read, refused or found, by
    kind. Raises InputError for an exchange that does not offer what is needed, and for terms that a spot account by
    this way does not have."""

    def __init__(
        self,
        terms: Account,
        exchange: str,
        credentials: Credentials,
        transport: Transport,
        clock: Clock,
        rng: Rng,
        orders: Orders,
        deliver: Callable[[Event], None],
        environment: str = "live",
        settings: Mapping[str, Any] | None = None,
        convention: Convention | None = None,
        polling: Polling | None = None,
        base_url: str = "",
    ) -> None:
        if (terms.kind, terms.mode, terms.native_exits) != (CASH, NETTING, False):
            raise InputError(f"account {terms.name}: by ccxt it is a netting cash account with native_exits=False")
        self.account = terms.name
        self.errors: Counter[str] = Counter()
        self.polling = polling or Polling()
        self._clock = clock
        self._rng = rng
        self._orders = orders
        self._deliver = deliver
        self._tasks = Tasks()
        self._spawn = self._tasks.spawn
        self._standing = Standing(terms.name, clock, deliver, self._tasks)
        self._traded: dict[str, Instrument] = {}
        found = convention_of(exchange, convention)
        caller = self._caller = Caller(transport, clock, self.errors, self._measured)
        library = exchange_of(exchange, credentials, caller, environment, settings or {}, base_url)
        missing = lacking(library.has, found)
        if missing:
            raise InputError(f"ccxt: {exchange} does not offer {', '.join(missing)}")
        caller.use(library)
        self._exchange = Exchange(library, caller, found, self.errors)
        self._join(terms, orders, deliver)
        self._rules = RulesWatch(self._exchange.listed, orders, clock, deliver, self.errors, self.polling.rules)
        self._caller.doubted = self._rules.doubt
        self._measured_at = 0
        self._poked = asyncio.Event()

    def _join(self, terms: Account, orders: Orders, deliver: Callable[[Event], None]) -> None:
        exchange, clock, errors = self._exchange, self._clock, self.errors
        book = Book(orders)
        look_up = CcxtLookUp(exchange, book, clock, self._rng.split("look_up"), errors, terms.settles_ms, self._spawn)
        reporter = Reporter(terms.name, terms.code, book, orders, clock, deliver, errors, look_up.fill_in)
        look_up.reporter = reporter
        self._desk = Desk(
            exchange, book, reporter, look_up, clock, self._rng.split("desk"), errors, self._spawn, self._poke
        )
        self._rounds = Rounds(
            exchange, book, reporter, look_up, self._desk.lanes, orders, clock, errors, self._traded,
            round(self.polling.idle * SECOND_NS),
        )  # fmt: skip
        self._prices = Prices(exchange, clock, deliver, errors, self._standing, self.polling.quotes)

    def _poke(self) -> None:
        self._poked.set()

    def _measured(self, offset: int) -> None:
        self._measured_at = self._clock()
        self._deliver(LagMeasured(self._clock(), "CLOCK_OFFSET", offset))

    # Requests

    def execute(self, command: Command) -> None:
        if isinstance(command, Submit):
            instrument = command.order.instrument
            self._traded.setdefault(instrument.symbol, instrument)
            self._rules.follow([instrument.symbol])
        self._desk.execute(command)

    async def snapshot(self) -> AccountSnapshot:
        await self._exchange.load()
        return await self._rounds.snapshot(self.account)

    async def instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        found = await self._exchange.listed(symbols)
        missing = [symbol for symbol in symbols if symbol not in found]
        if missing:
            raise InputError(f"{self._exchange.library.id} does not trade {', '.join(missing)}")
        for instrument in found.values():
            self._traded.setdefault(instrument.symbol, self._orders.instrument(instrument.symbol) or instrument)
        self._rules.saw(found)
        return [found[symbol] for symbol in symbols]

    async def bars(self, instrument: Instrument, seconds: int, start: int, end: int) -> list[Bar]:
        await self._exchange.load()
        return await self._prices.bars(instrument, seconds, start, end)

    def watch(self, instruments: Sequence[Instrument]) -> None:
        self._traded |= {one.symbol: one for one in instruments}
        self._rules.follow([one.symbol for one in instruments])
        self._prices.watch(instruments)

    # Rounds

    async def run(self) -> None:
        pauses = waits(self._rng)
        prices: asyncio.Task[None] | None = None
        self._spawn(self._rules.run())
        try:
            while True:
                self._poked.clear()
                try:
                    await self._round()
                except (TransportError, VenueRefused, InputError) as error:
                    self.errors["round"] += 1
                    self._standing.reports(False, str(error) or type(error).__name__)
                    await asyncio.sleep(next(pauses) / SECOND_NS)
                    continue
                pauses = waits(self._rng)
                self._standing.reports(True)
                prices = prices or self._spawn(self._prices.run())
                await self._rest()
        finally:
            await self.close()

    async def _round(self) -> None:
        if not self._measured_at or self._clock() - self._measured_at >= CLOCK_NS:
            await self._caller.measure()
        await self._exchange.load()
        await self._rounds.run(whole=self._standing.up is not True)

    async def _rest(self) -> None:
        """Until the next round; at once when something was done here, but not more often than with orders open."""
        busy, idle = self.polling.busy, self.polling.idle
        await asyncio.sleep(min(busy, idle) / 2)
        try:
            async with asyncio.timeout(max((busy if self._orders.open() else idle) - min(busy, idle) / 2, 0.0)):
                await self._poked.wait()
        except TimeoutError:
            return

    async def close(self) -> None:
        await self._tasks.close()
