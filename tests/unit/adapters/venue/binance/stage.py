"""A simulated Binance, a client before it, and a ledger that plays the engine; all of it in virtual time.

The market is of the test's hand: BTCUSDT at 100, with two decimals of price and five of size.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from tests.unit.adapters.venue.binance.ledger import Ledger
from tests.unit.sim.wire.binance_client import BTC, ETH, START, at, book
from tradewright.adapters.venue.binance import BinanceSpot, Credentials
from tradewright.adapters.venue.binance.endpoints import endpoints_at
from tradewright.model.account import Account
from tradewright.model.market import MarketEvent, Trade
from tradewright.model.order import BUY, LIMIT, MARKET, SELL, Order
from tradewright.model.rng import Rng
from tradewright.ports import Clock
from tradewright.prove.site_transport import SiteTransport
from tradewright.prove.virtual import run_virtual
from tradewright.sim.wire.binance import BinanceSite
from tradewright.sim.wire.binance.accounts import Account as VenueAccount
from tradewright.sim.wire.faults import Fault, Plan
from tradewright.sim.wire.faulty import FaultySite
from tradewright.sim.wire.message import Answer, Request
from tradewright.sim.wire.site import Site, Tape

HOST = "binance"
SECOND_NS = 1_000_000_000
#: Size counts of one BTC, price counts of one USDT.
ONE, DOLLAR = 100_000, 100

__all__ = ["BTC", "BUY", "DOLLAR", "ETH", "LIMIT", "MARKET", "ONE", "SELL", "START", "Stage", "play", "play_on"]

Played = TypeVar("Played", bound="Stage")


class Witness:
    """A site that keeps the requests it was sent."""

    def __init__(self, inner: Site) -> None:
        self.inner = inner
        self.trouble = inner.trouble
        self.requests: list[tuple[int, Request, Answer]] = []
        self.connects: list[int] = []

    def request(self, request: Request, now: int) -> Answer:
        answer = self.inner.request(request, now)
        self.requests.append((now, request, answer))
        return answer

    def connect(self, request: Request, now: int) -> Any:
        self.connects.append(now)
        return self.inner.connect(request, now)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Stage:
    """site: the venue itself; plan: what goes wrong before it; witness: what was sent."""

    def __init__(self, clock: Clock, faults: Sequence[Fault], native: bool, seed: int, options: dict[str, Any]) -> None:
        self.clock = clock
        self.seed = seed
        ed25519 = options.pop("private_pem", "")
        settles = options.pop("settles_ms", 0)
        options.setdefault("tape", Tape(()))
        self.site = BinanceSite((BTC, ETH), options.pop("tape"), Rng(seed), clock(), **options)
        for index, instrument in enumerate((BTC, ETH)):
            instrument.index = index
        self.plan = Plan(faults, Rng(seed + 1))
        self.faulty = FaultySite(self.site, self.plan, clock())
        self.witness = Witness(self.faulty)
        self.transport = SiteTransport({HOST: self.witness}, clock, Rng(seed + 2))
        self.ledger = Ledger((BTC, ETH), clock)
        self.terms = Account("main", "A", "binance", currency="USDT", native_exits=native, settles_ms=settles)
        self.credentials = (
            Credentials("demo-ed25519", private_pem=ed25519) if ed25519 else Credentials("demo-key", "demo-secret")
        )
        self.client = self.new_client()
        self.number = 0
        self.task: asyncio.Task[None] | None = None

    def new_client(self) -> BinanceSpot:
        client = BinanceSpot(
            self.terms, self.credentials, endpoints_at(HOST), self.transport, self.clock, Rng(self.seed + 3),
            self.ledger, self.ledger.deliver,
        )  # fmt: skip
        self.ledger.client = client
        return client

    async def start(self, up: bool = True) -> None:
        """Runs the client until it is connected."""
        self.task = asyncio.create_task(self.client.run())
        while up and (not self.ledger.ups or not self.ledger.ups[-1]):
            assert not self.task.done(), self.task.exception()
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def restart(self) -> None:
        """The process ends dead and another begins: what was asked for is not known, and is asked about."""
        await self.stop()
        self.client = self.new_client()
        for id in self.ledger.open():
            self.ledger.states[id].lose_track()
            self.ledger.look(id)
        await self.start(up=False)

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        assert self.task is None or not self.task.done(), "the client has ended"

    # The market

    def show(self, *market: MarketEvent) -> None:
        for event in market:
            self.site.advance(self.clock())
            self.site.play(at(self.clock(), event))
        self.settle()

    def settle(self) -> None:
        self.faulty._pump(self.clock())
        self.transport.venues[HOST].settle()

    def market(self, bid: str = "99.00", ask: str = "101.00", size: str = "5") -> None:
        self.trade("100.00", "0.00001")
        self.show(book([(bid, size)], [(ask, size)]))

    def trade(self, price: str, size: str, side: int = 1) -> None:
        units, much = round(float(price) * DOLLAR), round(float(size) * ONE)
        self.show(Trade(self.clock(), BTC, units, much, side))

    @property
    def account(self) -> VenueAccount:
        return self.site.venue.accounts["demo"]

    # Orders

    def order(
        self, side: int = BUY, type: int = LIMIT, quantity: int = ONE, price: int = 90 * DOLLAR, **more: Any
    ) -> Order:
        self.number += 1
        limit = price if type == LIMIT else more.pop("limit_units", 0)
        return Order(f"A-1-{self.number}", "main", "s", BTC, side, type, quantity, limit, time=self.clock(), **more)

    def buy(self, quantity: int = ONE, price: int = 90 * DOLLAR, **more: Any) -> str:
        """A resting bid, sent."""
        order = self.order(BUY, LIMIT, quantity, price, **more)
        self.ledger.submit(order)
        return order.id

    def take(self, side: int = BUY, quantity: int = ONE, **more: Any) -> str:
        order = self.order(side, MARKET, quantity, **more)
        self.ledger.submit(order)
        return order.id

    def status(self, order_id: str) -> str:
        return self.ledger.states[order_id].status

    def calls(self, what: str) -> list[tuple[int, Request, Answer]]:
        """Requests that begin so: "POST /api/v3/order"."""
        return [one for one in self.witness.requests if f"{one[1].method} {one[1].path}".startswith(what)]

    def check(self) -> None:
        """What was rebuilt from the client's events is what the venue has."""
        venue: dict[str, tuple[int, int, bool]] = {}
        for order in self.account.orders.values():
            id = order.client_id.partition("_")[0]
            filled, trades, alive = venue.get(id, (0, 0, False))
            size = sum(fill.quantity for fill in order.fills) // order.terms.rules.size_ratio
            venue[id] = filled + size, trades + len(order.fills), alive or order.open
        for id, state in self.ledger.states.items():
            if id in self.ledger.adopted:
                continue
            filled, trades, alive = venue.get(id, (0, 0, False))
            assert (state.filled, len(state.trades)) == (filled, trades), (id, state.status)
            assert (state.is_open(), state.has_unknown()) == (alive, False), (id, state.status)
        assert not self.ledger.busy()


def play(program: Callable[[Stage], Awaitable[None]], faults: Sequence[Fault] = (), **options: Any) -> Stage:
    """As `play_on`, on a stage with Binance's own client."""
    return play_on(Stage, program, faults, **options)


def play_on(
    kind: type[Played],
    program: Callable[[Played], Awaitable[None]],
    faults: Sequence[Fault] = (),
    *,
    native: bool = False,
    seed: int = 1,
    start: bool = True,
    **options: Any,
) -> Played:
    """Runs a program on a stage whose client is connected."""

    async def run(clock: Clock) -> Played:
        stage = kind(clock, faults, native, seed, options)
        stage.market()
        if start:
            await stage.start()
        await program(stage)
        await stage.stop()
        await stage.transport.close()
        assert not [kind for kind in stage.client.errors if kind.startswith("defect")], stage.client.errors
        return stage

    return run_virtual(START, run)
