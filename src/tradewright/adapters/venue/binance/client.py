"""One account at Binance Spot, as the engine's Venue."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from tradewright.adapters.chain.book import Book
from tradewright.adapters.chain.reporter import Reporter
from tradewright.adapters.net.backoff import waits
from tradewright.adapters.net.line import Line
from tradewright.adapters.net.reading import reading
from tradewright.adapters.net.rules_watch import PACE, RulesWatch
from tradewright.adapters.net.standing import Standing
from tradewright.adapters.net.tasks import Tasks
from tradewright.adapters.venue.binance import market, requests
from tradewright.adapters.venue.binance.caller import Caller
from tradewright.adapters.venue.binance.credentials import Credentials
from tradewright.adapters.venue.binance.desk import Desk
from tradewright.adapters.venue.binance.endpoints import Endpoints
from tradewright.adapters.venue.binance.feed import RENEW_NS, Feed
from tradewright.adapters.venue.binance.listing import Listing
from tradewright.adapters.venue.binance.look_up import BinanceLookUp
from tradewright.adapters.venue.binance.movements import Movements
from tradewright.adapters.venue.binance.recovery import Recovery
from tradewright.adapters.venue.binance.supported import INTERVALS
from tradewright.adapters.venue.binance.user_stream import UserStream
from tradewright.model.account import CASH, NETTING, Account
from tradewright.model.account_snapshot import AccountSnapshot
from tradewright.model.command import Command, Submit
from tradewright.model.control import LagMeasured
from tradewright.model.errors import InputError, TransportError, VenueRefused
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.report import Fill
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Orders, Socket, Transport

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
#: How often the venue's clock is looked at.
CLOCK_SECONDS = 300
#: The venue pings each 20 s.
SILENCE_NS = 60 * SECOND_NS
#: An exit or a cancel that has to wait for longer than so is more than a pause.
FORBIDDEN_NS = 5 * SECOND_NS
#: After a stream was renewed: until what was on its way on the old one would have come.
RENEWED_SECONDS = 2.0


class BinanceSpot:
    """Implements `ports.Venue`. since: ns UTC up to which the engine knows the account whole, 0 = it has never seen it;
    trades after it are told, whose-ever they are. rules_pace: seconds between two looks at the symbols' rules. errors:
    what could not be read, refused or found, by kind. Raises InputError for terms that Binance Spot does not have."""

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
        since: int = 0,
        rules_pace: float = PACE,
    ) -> None:
        if (terms.kind, terms.mode) != (CASH, NETTING):
            raise InputError(f"account {terms.name}: Binance Spot is a netting cash account")
        self.account = terms.name
        self.errors: Counter[str] = Counter()
        self._clock = clock
        self._rng = rng
        self._orders = orders
        self._deliver = deliver
        self._tasks = Tasks()
        self._spawn = self._tasks.spawn
        self._standing = Standing(terms.name, clock, deliver, self._tasks)
        self._traded: dict[str, Instrument] = {}
        caller = self._caller = Caller(endpoints, credentials, transport, clock, self._measured)
        self._listing = Listing(caller, self.errors)
        self._rules = RulesWatch(
            self._listing.read, orders, clock, deliver, self.errors, rules_pace, lambda listed: True
        )  # fmt: skip
        caller.doubted = self._rules.doubt
        caller.forbidden = self._forbidden
        book = self._book = Book(orders)
        look_up = BinanceLookUp(caller, book, clock, rng.split("look_up"), self.errors, terms.settles_ms, self._spawn)
        reporter = Reporter(terms.name, terms.code, book, orders, clock, self._tell, self.errors, look_up.fill_in)
        look_up.reporter = reporter
        desk = rng.split("desk")
        self._desk = Desk(caller, book, reporter, look_up, clock, desk, self.errors, terms.native_exits, self._spawn)
        self._recovery = Recovery(caller, book, reporter, look_up, orders, clock, self.errors, self._traded, since)
        moved = Movements(terms, self._traded, orders, clock, deliver).hear
        told = self._recovery.balances_changed
        self._stream = UserStream(caller, reporter, orders, self.errors, told, moved, self._missed)
        self._stream.line = self._line(
            f"{endpoints.socket_api}?timeUnit=MICROSECOND&returnRateLimits=false", self._opened, self._stream.heard,
            self._lost,
        )  # fmt: skip
        streams = f"{endpoints.streams}/stream?timeUnit=MICROSECOND"
        self._feed = Feed(
            lambda opened, heard, lost: self._line(streams, opened, heard, lost), clock, deliver, self.errors,
            self._spawn, self._standing,
        )  # fmt: skip
        #: Counts connections, so that a recovery knows whether its own still stands.
        self._epoch = 0
        self._recovering: asyncio.Task[None] | None = None

    def _line(
        self, url: str, opened: Callable[[Socket], Coroutine[Any, Any, None]],
        heard: Callable[[str | bytes], None], lost: Callable[[str], None],
    ) -> Line:  # fmt: skip
        return Line(
            url, _Gate(self._caller), self._clock, self._rng.split(url), opened, heard, lost,
            silence_ns=SILENCE_NS, renew_ns=RENEW_NS,
        )  # fmt: skip

    def _tell(self, event: Event) -> None:
        self._deliver(event)
        if isinstance(event, Fill):
            self._recovery.filled(event)

    # Requests

    def execute(self, command: Command) -> None:
        if isinstance(command, Submit):
            instrument = command.order.instrument
            self._traded.setdefault(instrument.symbol, instrument)
            self._rules.follow([instrument.symbol])
        self._desk.execute(command)

    async def snapshot(self) -> AccountSnapshot:
        return await self._recovery.snapshot(self.account)

    async def instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        found = await self._listing.read(symbols)
        missing = [symbol for symbol in symbols if symbol not in found]
        if missing:
            raise InputError(f"Binance Spot does not trade {', '.join(missing)}")
        for symbol in symbols:
            self._traded.setdefault(symbol, self._orders.instrument(symbol) or found[symbol])
        self._rules.saw(found)
        return [found[symbol] for symbol in symbols]

    async def bars(self, instrument: Instrument, seconds: int, start: int, end: int) -> list[Bar]:
        interval = INTERVALS.get(seconds)
        if interval is None:
            known = ", ".join(f"{number}" for number in INTERVALS)
            raise InputError(f"Binance Spot has no bars of {seconds} s; it has those of {known}")
        bars: list[Bar] = []
        first = start
        while first < end:
            call = requests.candles(instrument.symbol, interval, -(-first // MS_NS), (end - 1) // MS_NS)
            body = await self._caller.call(call)
            with reading(self.errors):
                rows = market.candles_of(body, instrument, seconds)
            now = self._caller.now()
            bars += [bar for bar in rows if first <= bar.time_open < end and bar.time <= now]
            if len(rows) < requests.ROWS_MAX:
                break
            first = rows[-1].time_open + 1
        return bars

    def watch(self, instruments: Sequence[Instrument]) -> None:
        for instrument in instruments:
            self._traded[instrument.symbol] = instrument
        self._rules.follow([instrument.symbol for instrument in instruments])
        self._feed.watch(instruments)

    # Connections

    async def run(self) -> None:
        for order_id in self._orders.open():
            order = self._orders.order(order_id)
            if order is not None:
                self._traded.setdefault(order.instrument.symbol, order.instrument)
        # Requests are taken before the venue's clock is known, and wait: they too are given up at the end.
        try:
            await self._first_look()
            self._spawn(self._watch_clock())
            self._spawn(self._rules.run())
            self._feed.start()
            await self._stream.line.run()
        finally:
            self._feed.stop()
            await self.close()

    async def close(self) -> None:
        await self._tasks.close()

    async def _first_look(self) -> None:
        """The venue's clock, without which nothing can be signed."""
        for pause in waits(self._rng):
            try:
                await self._caller.measure()
                return
            except (TransportError, VenueRefused):
                self.errors["clock"] += 1
                await asyncio.sleep(pause / SECOND_NS)

    async def _watch_clock(self) -> None:
        while True:
            await asyncio.sleep(CLOCK_SECONDS)
            try:
                await self._caller.measure()
            except (TransportError, VenueRefused):
                self.errors["clock"] += 1

    def _measured(self, offset: int) -> None:
        self._deliver(LagMeasured(self._clock(), "CLOCK_OFFSET", offset))

    async def _opened(self, socket: Socket) -> None:
        await self._stream.subscribe(socket)
        if self._stream.line.socket is None:
            self._epoch += 1
            self._begin_recovery(0)
        else:
            # It takes the place of one that is still heard: what was on its way there is looked for.
            self._recovery.lost()
            self._begin_recovery(RENEWED_SECONDS)

    def _lost(self, reason: str) -> None:
        self._epoch += 1
        self._recovery.lost()
        self._standing.reports(False, reason)

    def _missed(self, reason: str) -> None:
        """Something on a stream that stands could not be read: it is looked up as after a break."""
        self._recovery.lost()
        if self._standing.up:
            self._standing.reports(False, reason)
        self._begin_recovery(0)

    def _forbidden(self, wait: int, text: str) -> None:
        """Nothing may be asked for a while. Where exits and cancels would wait for long, the account is not what it
        looks like on a stream that stands: it is down until it can be looked at again."""
        if wait > FORBIDDEN_NS and self._standing.up:
            self._missed(f"the venue forbids every request for {wait // SECOND_NS} s, exits and cancels too: {text}")

    def _begin_recovery(self, delay: float) -> None:
        if self._recovering is not None:
            self._recovering.cancel()
        self._recovering = self._spawn(self._recover(self._epoch, delay))

    async def _recover(self, epoch: int, delay: float) -> None:
        await asyncio.sleep(delay)
        for pause in waits(self._rng):
            try:
                await self._recovery.recover()
                break
            except (TransportError, VenueRefused):
                self.errors["recovery"] += 1
                await asyncio.sleep(pause / SECOND_NS)
        if epoch == self._epoch and not self._standing.up:
            self._standing.reports(True)


class _Gate:
    """The transport of lines, which asks the venue's limits first."""

    def __init__(self, caller: Caller) -> None:
        self.request = caller.request
        self.connect = caller.connect
        self.close = caller.close_connections
