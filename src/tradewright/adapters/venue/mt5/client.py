"""One account at one MT5 connector, as the engine's venue.

Rounds of reading are the truth: every ten seconds, every second while orders are open, and at once when something was
done here or the connector's stream of events says that something has happened. So nothing depends on the stream.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tradewright.adapters.net.backoff import waits
from tradewright.adapters.net.line import Line
from tradewright.adapters.net.rules_watch import PACE, RulesWatch
from tradewright.adapters.venue.mt5.answers import SIDE_OF, Listing, Summary
from tradewright.adapters.venue.mt5.books import Books
from tradewright.adapters.venue.mt5.connector import Connector
from tradewright.adapters.venue.mt5.credentials import Credentials
from tradewright.adapters.venue.mt5.desk import Desk
from tradewright.adapters.venue.mt5.endpoints import Endpoints
from tradewright.adapters.venue.mt5.lookup import Lookup, successful
from tradewright.adapters.venue.mt5.market import Prices
from tradewright.adapters.venue.mt5.open_trades import OpenTrades
from tradewright.adapters.venue.mt5.requests import SLOTS, Deviation, slot_of
from tradewright.adapters.venue.mt5.rounds import Rounds, failing
from tradewright.adapters.venue.mt5.symbols import SymbolBook, instrument_of
from tradewright.model.account import Account
from tradewright.model.account_snapshot import AccountSnapshot, ConnectionChanged
from tradewright.model.command import Command, Submit
from tradewright.model.errors import TransportError, VenueRefused
from tradewright.model.event import REJECTED, Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.numbers import MONEY_MAX, MONEY_SCALE, PRICE_MAX, count_of, money_of, nearest_count_of
from tradewright.model.report import Report
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Orders, Socket, Transport

SECOND_NS = 1_000_000_000
READ_ONLY = "CONNECTOR_TOO_OLD"


@dataclass(frozen=True, slots=True)
class Polling:
    """Seconds between two looks: at the account at rest, and with orders open; at each watched symbol's price; at the
    broker's list of symbols."""

    idle: float = 10.0
    busy: float = 1.0
    quotes: float = 1.0
    rules: float = PACE


@dataclass(frozen=True, slots=True)
class Names:
    """symbols: our symbol → the broker's name, where no rule finds it for certain. magics: strategy → magic number,
    where it is not to be the hash of its name."""

    symbols: Mapping[str, str] = field(default_factory=dict)
    magics: Mapping[str, int] = field(default_factory=dict)


class Mt5Client:
    """See `ports.Venue`. since: ns UTC up to which the engine knows the account whole, 0 = it has never seen it; deals
    of others after it are told too, and where it has never seen a hedging account, the lots that are open. errors: what
    went wrong, counted; trades: the open trades as last seen."""

    def __init__(
        self, terms: Account, credentials: Credentials, endpoints: Endpoints, transport: Transport, clock: Clock,
        rng: Rng, orders: Orders, deliver: Callable[[Event], None], names: Names | None = None,
        polling: Polling | None = None, trades: OpenTrades | None = None, since: int = 0,
        deviation: Deviation | None = None,
    ) -> None:  # fmt: skip
        names = names or Names()
        self.account = terms.name
        self.errors: Counter[str] = Counter()
        self.trades = trades or OpenTrades()
        self._terms = terms
        self._orders = orders
        self._clock = clock
        self._deliver = deliver
        self._polling = polling or Polling()
        self._rng = rng.split("mt5")
        self._wake = asyncio.Event()
        self._symbols = SymbolBook(names.symbols)
        self._connector = Connector(endpoints, credentials, transport, clock, self.errors)
        self._books = Books(terms, orders, self._symbols, clock, deliver, self.errors, dict(names.magics))
        self._lookup = Lookup(self._connector, self._books, self.errors)
        self._rules = RulesWatch(
            self._listed, orders, clock, deliver, self.errors, self._polling.rules, lambda listed: True
        )  # fmt: skip
        self._desk = Desk(
            self._connector, self._books, self._lookup, orders, clock, self._rng, deliver, self._wake.set, self.errors,
            self._rules.doubt, deviation or Deviation(),
        )  # fmt: skip
        self._rounds = Rounds(
            self._connector, credentials, self._books, self._lookup, self._desk, orders, self.trades, clock, deliver,
            self.errors, since,
        )  # fmt: skip
        self._prices = Prices(self._connector, self._symbols, clock, deliver, self.errors, self._polling.quotes)
        self._line = Line(
            endpoints.stream, transport, clock, self._rng.split("stream"), self._opened, self._heard, self._lost,
            credentials.headers(),
        )  # fmt: skip
        self._up = False

    # Commands

    def execute(self, command: Command) -> None:
        if self._rounds.reading and isinstance(command, Submit):
            text = "this connector can not say what became of an order; it shows positions alone"
            now = self._clock()
            self._deliver(Report(REJECTED, now, command.order_id, now, READ_ONLY, text))
            return
        if isinstance(command, Submit):
            self._rules.follow([command.order.instrument.symbol])
        self._desk.execute(command)

    # Connection

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._line.run())
            tasks.create_task(self._prices.run())
            tasks.create_task(self._watch())
            tasks.create_task(self._rules.run())

    async def _watch(self) -> None:
        pauses = waits(self._rng)
        while True:
            self._wake.clear()
            reason = await self._round()
            self._say(not reason, reason)
            if reason:
                await asyncio.sleep(next(pauses) / SECOND_NS)
                continue
            pauses = waits(self._rng)
            try:
                async with asyncio.timeout(self._polling.busy if self._orders.open() else self._polling.idle):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _round(self) -> str:
        """Why it failed, "" = it did not."""
        if not self._symbols.listed:
            try:
                await self._list()
            except (TransportError, VenueRefused) as error:
                self.errors["LISTING"] += 1
                # Without the broker's symbols nothing can be said of its orders. The first connectors listed none.
                if await self._health() or not self._rounds.reading:
                    return str(error)
        return await failing(self._rounds)

    async def _health(self) -> str:
        try:
            await self._rounds.check()
        except (TransportError, VenueRefused) as error:
            return str(error)
        return ""

    def _say(self, up: bool, reason: str) -> None:
        if up != self._up:
            self._up = up
            self._deliver(ConnectionChanged(self._clock(), self.account, up, reason))

    async def _opened(self, socket: Socket) -> None:
        """The stream asks for nothing; what it missed the next round shows."""
        self._wake.set()

    def _heard(self, message: str | bytes) -> None:
        self._wake.set()

    def _lost(self, reason: str) -> None:
        self.errors["STREAM"] += 1
        self._wake.set()

    # The account

    async def snapshot(self) -> AccountSnapshot:
        asked = self._clock()
        reason = await failing(self._rounds)
        if reason:
            raise VenueRefused(reason)
        summary, positions, pending = await asyncio.gather(
            self._connector.read("account-summary", Summary), self._lookup.positions(), self._lookup.pending()
        )
        successful(summary.success, "account-summary")
        now = self._clock()
        held: dict[str, tuple[Instrument, int, int]] = {}
        money = {summary.currency: money_of(summary.balance, "balance")}
        for position in positions.positions:
            instrument, side = self._books.instrument(position.name), SIDE_OF.get(position.direction, 0)
            if instrument is None or not side:
                self.errors["UNKNOWN_SYMBOL"] += 1
                continue
            size = side * count_of(position.volume, instrument.size_scale, "volume")
            price = nearest_count_of(position.open_price, instrument.price_scale, "open price", PRICE_MAX)
            _, net, cost = held.get(instrument.symbol, (instrument, 0, 0))
            held[instrument.symbol] = (instrument, net + size, cost + size * price)
            worth = position.open_price * position.volume * instrument.contract * side
            # The mean of a net position is a double: with all its digits it may be finer than money is.
            cost_of = nearest_count_of(worth, MONEY_SCALE, "cost", MONEY_MAX)
            money[instrument.quote] = money.get(instrument.quote, 0) - cost_of
        working = [(self._books.adopt(order), order) for order in pending]
        known = [(id, self._filled(id, order.filled_volume)) for id, order in working if id]
        return AccountSnapshot(
            now, self.account, asked, list(money.items()),
            [(symbol, net, abs(cost // net) if net else 0) for symbol, (_, net, cost) in held.items()],
            known + self._guards(positions.positions, pending),
        )  # fmt: skip

    def _filled(self, id: str, volume: object) -> int:
        order = self._orders.order(id)
        return 0 if order is None else count_of(str(volume), order.instrument.size_scale, "filled volume")

    def _guards(self, positions: Sequence[object], pending: Sequence[object]) -> list[tuple[str, int]]:
        """Exits that are the SL or TP of something, which is how they work."""
        behind = {getattr(one, "identity", getattr(one, "ticket", 0)): one for one in [*pending, *positions]}
        found = []
        # Also those that have ended here: what a broker opens again has its old SL and TP.
        for id in {**dict.fromkeys(self._orders.open()), **dict.fromkeys(self._books.own.slots.values())}:
            order = self._orders.order(id)
            slot = slot_of(order, self._books.hedging) if order is not None else ""
            one = behind.get(self._books.own.ticket(order.lot)) if order is not None and slot else None
            if one is None or order is None or getattr(one, SLOTS[order.type]) is None:
                continue
            if self._books.own.slots.get((order.lot, SLOTS[order.type]), id) == id:
                found.append((id, self._orders.filled(id)))
        return found

    # The market

    async def instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        await self._list()
        found = [instrument_of(symbol, self._terms.venue, self._symbols.find(symbol)) for symbol in symbols]
        self._rules.saw({instrument.symbol: instrument for instrument in found})
        return found

    def watch(self, instruments: Sequence[Instrument]) -> None:
        self._rules.follow([instrument.symbol for instrument in instruments])
        self._prices.watch(instruments)

    async def bars(self, instrument: Instrument, seconds: int, start: int, end: int) -> list[Bar]:
        if not self._symbols.listed:
            await self._list()
        return await self._prices.bars(instrument, seconds, start, end, self._clock() + self._rounds.offset_ns)

    async def _list(self) -> None:
        """Reads the broker's symbols."""
        listing = await self._connector.read("symbols", Listing)
        successful(listing.success, "symbols")
        self._symbols.list(listing.symbols)

    async def _listed(self, symbols: Sequence[str]) -> dict[str, Instrument]:
        """Those of our symbols that the broker lists now. Raises TransportError, VenueRefused, InputError."""
        await self._list()
        found = {symbol: self._symbols.again(symbol) for symbol in symbols}
        return {symbol: instrument_of(symbol, self._terms.venue, one) for symbol, one in found.items() if one}

    async def close(self) -> None:
        await self._desk.lanes.close()
