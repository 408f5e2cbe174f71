"""The real client before a simulated Alpaca in virtual time, and a small engine that keeps book of what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tests.unit.sim.wire.alpaca_desk import MONDAY, MS, SECOND
from tests.venues.ordering import KnownOrders
from tradewright.adapters.venue.alpaca import AlpacaVenue, Credentials, Endpoints, Options
from tradewright.core.life_cycle import SENT, SUBMITTED, UNKNOWN, WORKING
from tradewright.core.orders import OrderState
from tradewright.core.state import order_from
from tradewright.model.account import MARGIN, Account
from tradewright.model.account_snapshot import ConnectionChanged
from tradewright.model.command import Approved, Cancel, Command, Query, Replace, Submit
from tradewright.model.control import OrderAdopted
from tradewright.model.event import NOT_FOUND, Event
from tradewright.model.foreign import foreign_id
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import MarketEvent, Quote
from tradewright.model.numbers import count_of
from tradewright.model.order import BUY, DAY, ENTRY, GTC, LIMIT, MARKET, SELL, Order
from tradewright.model.report import Fill, Report
from tradewright.model.rng import Rng
from tradewright.ports import Clock
from tradewright.prove.site_transport import SiteTransport
from tradewright.prove.virtual import run_virtual
from tradewright.sim.models.models import Models
from tradewright.sim.wire.alpaca import AccountTerms, AlpacaSite, Knobs
from tradewright.sim.wire.alpaca.account import Account as WireAccount
from tradewright.sim.wire.alpaca.orders import Order as WireOrder
from tradewright.sim.wire.faults import Fault, Plan
from tradewright.sim.wire.faulty import FaultySite
from tradewright.sim.wire.site import Tape

__all__ = ["BUY", "DAY", "GTC", "LIMIT", "MARKET", "MONDAY", "MS", "SECOND", "SELL", "Ledger", "Stage", "play"]


def _share(index: int, symbol: str) -> Instrument:
    return Instrument(
        symbol, "alpaca", "equity", symbol, "USD", 4, 9, calendar="us-equity",
        rules=OrderRules(tick=100, step=10**9), index=index,
    )  # fmt: skip


class Ledger(KnownOrders):
    """Plays the engine: the book of orders is made of the client's events alone; it asks where an outcome is not
    known, at growing intervals. It is the client's `ports.Orders`."""

    def __init__(self, clock: Clock, settles_ms: int = 0) -> None:
        self.instruments = [
            _share(0, "ACME"), _share(1, "GLOBEX"),
            Instrument("BTCUSD", "alpaca", "crypto", "BTC", "USD", 4, 9, rules=OrderRules(tick=100), index=2),
        ]  # fmt: skip
        self.clock = clock
        self.settles_ms = settles_ms
        self.events: list[Event] = []
        super().__init__()
        self.strange: list[Report] = []
        self.unknown_since: dict[str, int] = {}
        self.venue: AlpacaVenue | None = None
        self.queries: dict[str, tuple[int, int]] = {}
        self.news = asyncio.Event()
        self.count = 0

    # ports.Orders

    def instrument(self, symbol: str) -> Instrument | None:
        return next((one for one in self.instruments if one.symbol == symbol), None)

    def open(self) -> list[str]:
        return [
            id for id, state in self.states.items()
            if (state.stage in (SUBMITTED, WORKING) and state.is_open()) or state.has_unknown()
        ]  # fmt: skip

    # The engine

    def deliver(self, event: Event) -> None:
        self.events.append(event)
        self.news.set()
        if isinstance(event, OrderAdopted):
            order = order_from(event.order, self.instruments)
            self.states[order.id] = state = OrderState(order, SUBMITTED)
            state.submit = UNKNOWN
        if isinstance(event, Report):
            state_or_none = self.states.get(event.order_id)
            if state_or_none is None:
                self.strange.append(event)
            elif event.kind == NOT_FOUND and self._too_early(event.order_id):
                pass
            else:
                state_or_none.apply_report(event)

    def _too_early(self, order_id: str) -> bool:
        since = self.unknown_since.get(order_id, self.clock())
        return self.clock() - since < self.settles_ms * MS

    def execute(self, command: Command) -> None:
        assert self.venue is not None
        self.news.set()
        state = self.states[command.order_id]
        if isinstance(command, Submit):
            state.stage, state.submit = SUBMITTED, SENT
        elif isinstance(command, Replace):
            state.replace = SENT
            state.asked = (command.quantity, command.limit_units, command.stop_units)
        elif isinstance(command, Query):
            state.queried = True
        else:
            state.cancel = SENT
        self.venue.execute(command)

    def order_of(
        self, symbol: str, side: int, type: int, quantity: str, limit: str = "0", stop: str = "0", tif: int = DAY,
        role: str = ENTRY, flags: int = 0, parent: str = "", group: str = "", trail: str = "0",
    ) -> Order:  # fmt: skip
        instrument = self.instrument(symbol)
        assert instrument is not None
        self.count += 1
        price = instrument.price_scale
        return Order(
            f"A1-1-{self.count}", "main", "s", instrument, side, type,
            count_of(quantity, instrument.size_scale, "size"), count_of(limit, price, "limit"),
            count_of(stop, price, "stop"), count_of(trail, price, "trail"), time_in_force=tif, flags=flags,
            parent=parent, group=group, role=role,
        )  # fmt: skip

    def submit(self, *orders: Order) -> None:
        for order in orders:
            self.states[order.id] = OrderState(order, 1)
            self.execute(Submit(self.clock(), Approved(order)))

    def cancel(self, order: Order | str) -> None:
        self.execute(Cancel(self.clock(), order if isinstance(order, str) else order.id))

    def replace(self, order: Order, quantity: str, limit: str = "0", stop: str = "0") -> None:
        instrument = order.instrument
        self.execute(Replace(
            self.clock(), order.id, count_of(quantity, instrument.size_scale, "size"),
            count_of(limit, instrument.price_scale, "limit"), count_of(stop, instrument.price_scale, "stop"),
        ))  # fmt: skip

    async def tend(self) -> None:
        """Asks about what is not known, as `core.inquiries` does."""
        while True:
            if not self.pending:
                self.news.clear()
                await self.news.wait()
            await asyncio.sleep(0.25)
            now = self.clock()
            for id, state in self.states.items():
                if not state.has_unknown():
                    self.queries.pop(id, None)
                    self.unknown_since.pop(id, None)
                    continue
                self.unknown_since.setdefault(id, now)
                due, tries = self.queries.get(id, (0, 0))
                if now >= due:
                    self.queries[id] = (now + (min(SECOND << tries, 16 * SECOND)), tries + 1)
                    self.execute(Query(now, id))

    def fills(self, order: Order | str) -> list[Fill]:
        id = order if isinstance(order, str) else order.id
        return [event for event in self.events if isinstance(event, Fill) and event.order_id == id]

    def reports(self, order: Order | str) -> list[tuple[int, str]]:
        """Kind and code of each report on an order."""
        id = order if isinstance(order, str) else order.id
        return [(event.kind, event.code) for event in self.events if isinstance(event, Report) and event.order_id == id]

    def ups(self) -> list[bool]:
        return [event.up for event in self.events if isinstance(event, ConnectionChanged)]

    @property
    def pending(self) -> list[str]:
        """Orders of which a request is not answered."""
        return [
            id for id, state in self.states.items()
            if SENT in (state.submit, state.cancel, state.replace) or state.has_unknown()
        ]  # fmt: skip


class Stage:
    """Client, ledger and venue at one moment."""

    def __init__(
        self, clock: Clock, faults: Sequence[Fault], settles_ms: int, models: Models, knobs: Knobs, options: Options
    ) -> None:  # fmt: skip
        self.clock = clock
        self.options = options
        self.ledger = Ledger(clock, settles_ms)
        self.site = AlpacaSite(
            self.ledger.instruments, Tape([]), Rng(7), clock(), (AccountTerms(),), knobs, models
        )  # fmt: skip
        self.plan = Plan(faults, Rng(11))
        self.faulty = FaultySite(self.site, self.plan, clock())
        self.transport = SiteTransport({"venue": self.faulty}, clock, Rng(5))
        self.settles_ms = settles_ms
        self.venue = self.new_client()
        self.errors = self.venue.errors

    @property
    def account(self) -> WireAccount:
        return self.site.accounts["demo-key"]

    def new_client(self, since: int = 0) -> AlpacaVenue:
        """Another client with the same book, as after a restart; since: of `AlpacaVenue`."""
        terms = Account("main", "A1", "alpaca", kind=MARGIN, leverage=2, settles_ms=self.settles_ms)
        venue = AlpacaVenue(
            terms, Credentials("demo-key", "demo-secret"), Endpoints.at("http://venue", "ws://venue"), self.transport,
            self.clock, Rng(3), self.ledger, self.ledger.deliver, self.options, since,
        )  # fmt: skip
        self.ledger.venue = self.venue = venue
        self.errors = venue.errors
        return venue

    def quote(self, symbol: str, bid: str, ask: str) -> None:
        instrument = self.ledger.instrument(symbol)
        assert instrument is not None
        prices = [count_of(text, instrument.price_scale, "price") for text in (bid, ask)]
        self.tell(Quote(self.clock(), instrument, *prices, 10**12, 10**12))

    def tell(self, *events: MarketEvent) -> None:
        """The market says so."""
        self.site.tape = Tape(events)
        self.faulty.advance(self.clock())
        self.transport.venues["venue"].settle()

    def pump(self) -> None:
        """What the venue has said by now goes on its way."""
        self.faulty.advance(self.clock())
        self.transport.venues["venue"].settle()

    def drop(self) -> None:
        """The venue ends all streams."""
        self.site.drop_streams()
        self.pump()

    async def start(self) -> None:
        """Until the client says that reports flow."""
        self.running = asyncio.create_task(self.venue.run())
        self.tending = asyncio.create_task(self.ledger.tend())
        ups = self.ledger.ups().count(True)
        await self.until(lambda: self.ledger.ups().count(True) > ups)

    async def until(self, done: Callable[[], bool], seconds: float = 120.0) -> None:
        deadline = self.clock() + round(seconds * SECOND)
        while not done():
            assert self.clock() < deadline, f"it did not happen: {self.ledger.pending}, {self.errors}"
            await asyncio.sleep(0.05)

    async def settled(self, seconds: float = 120.0) -> None:
        """Until every request has its answer, and those have come that a stream was faster than."""
        await self.until(lambda: not self.ledger.pending, seconds)
        await asyncio.sleep(0.2)

    def differences(self) -> list[str]:
        """Where the engine's book is not the venue's: an order's fills, whether it lives, the position they make."""
        found = [f"unknown order: {report.row()}" for report in self.ledger.strange]
        legs: dict[str, list[WireOrder]] = {}
        for order in self.account.orders.values():
            legs.setdefault(order.terms.client_order_id.partition("_")[0], []).append(order)
            legs.setdefault(foreign_id("A1", order.id), []).append(order)
        for id, state in self.ledger.states.items():
            there = legs.get(id, [])
            if not there and state.venue_id:
                there = [self.account.orders[state.venue_id]]
            if state.filled != sum(one.filled for one in there):
                found.append(f"{id}: {state.filled} filled, not {[one.filled for one in there]}")
            if state.is_open() != any(one.open for one in there):
                found.append(f"{id} is {state.status}, not {[one.status for one in there]}")
        for instrument in self.ledger.instruments:
            states = [state for state in self.ledger.states.values() if state.order.instrument is instrument]
            net = sum(state.filled * state.order.side for state in states)
            held = self.account.ledger.positions.get(instrument.symbol)
            if net != (held.size if held else 0):
                found.append(f"{instrument.symbol}: {net} held, not {held.size if held else 0}")
        return found

    def agree(self) -> None:
        found = self.differences()
        assert not found, found


def play(
    act: Callable[[Stage], Awaitable[None]],
    faults: Sequence[Fault] = (),
    start: int = MONDAY,
    settles_ms: int = 0,
    models: Models | None = None,
    knobs: Knobs | None = None,
    options: Options | None = None,
) -> Stage:
    """Plays a scene and gives the stage as it was left."""

    async def program(clock: Clock) -> Stage:
        stage = Stage(clock, faults, settles_ms, models or Models(), knobs or Knobs(), options or Options())
        stage.quote("ACME", "99.99", "100.01")
        stage.quote("GLOBEX", "19.99", "20.01")
        stage.quote("BTCUSD", "49990", "50010")
        await stage.start()
        await act(stage)
        # What is under way at the end of the scene still arrives.
        await asyncio.sleep(1)
        await stage.venue.close()
        return stage

    return run_virtual(start, program)
