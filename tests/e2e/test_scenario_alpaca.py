"""One seeded scenario at Alpaca, played by our client and by the venue's own SDK, each before a site of its own: the
same orders, fills, money and positions in the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.e2e.loopback import only_loopback
from tests.e2e.scenario import Ours, Placed, Player, Step, outcome, play, scenario, telling, until
from tests.e2e.test_alpaca_clients import (
    KEYS,
    LimitOrderRequest,
    MarketOrderRequest,
    OrderSide,
    ReplaceOrderRequest,
    TimeInForce,
    TradingClient,
    quiet,
)
from tests.project import COMPILED_ALONE
from tests.unit.adapters.venue.binance.ledger import Ledger
from tests.unit.sim.wire.alpaca_desk import ACME, MONDAY
from tradewright.adapters.net.transport import AiohttpTransport
from tradewright.adapters.venue.alpaca import AlpacaVenue, Credentials, Endpoints
from tradewright.adapters.venue.alpaca.instruments import SHARE_PRICE_SCALE, SIZE_SCALE
from tradewright.model.account import MARGIN, Account
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Quote
from tradewright.model.numbers import count_of
from tradewright.model.order import BUY
from tradewright.model.rng import Rng
from tradewright.sim.models.models import Models
from tradewright.sim.wire.alpaca import AlpacaSite, Knobs
from tradewright.sim.wire.server import Server
from tradewright.sim.wire.site import Tape

#: A fixture.
__all__ = ["quiet"]

pytestmark = [
    COMPILED_ALONE,
    pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning", "ignore:Parsing timestamps:DeprecationWarning"),
]
SEEDS = [1, 2, 3, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 9))]
SHARE = 10**SIZE_SCALE
MOVING = ("pending_new", "accepted", "pending_cancel", "pending_replace")
#: Of the market's own quotes.
PLENTY = 1_000


class Shares:
    """A share is a part, a dollar a level; the market stands at 99.99 and 100.01."""

    part = SHARE
    instrument = Instrument(
        "ACME", "alpaca", "equity", "ACME", "USD", SHARE_PRICE_SCALE, SIZE_SCALE, calendar="us-equity",
        rules=OrderRules(tick=10_000, step=SHARE), index=0,
    )  # fmt: skip

    def __init__(self) -> None:
        shift = MONDAY - time.time_ns()
        self.clock = lambda: time.time_ns() + shift
        knobs = Knobs(sizes=True, requests_per_minute=1_000_000)
        self.site = AlpacaSite([ACME], Tape([]), Rng(11), MONDAY, knobs=knobs, models=Models())
        self.server = Server(self.site, self.clock)
        self.demo = self.site.accounts[KEYS[0]]

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def price(self, level: int) -> int:
        return (96 - level) * 10**SHARE_PRICE_SCALE

    def offer(self, level: int, parts: int) -> None:
        dollar = 10**ACME.price_scale
        self.show((95 - level) * dollar, (96 - level) * dollar, parts)
        self.stand()

    def stand(self) -> None:
        self.show(999_900, 1_000_100, PLENTY)

    def show(self, bid: int, ask: int, shares: int) -> None:
        now = self.clock()
        self.site.advance(now)
        size = shares * 10**ACME.size_scale
        self.site.tape = Tape([Quote(now, ACME, bid, ask, size, size)])
        self.site.advance(now)
        self.server._settle()

    def orders(self) -> dict[Any, Placed]:
        fills: dict[str, list[tuple[int, int]]] = {}
        for row in self.demo.activities.page({"activity_types": "FILL", "direction": "asc"}):
            price = count_of(row["price"], SHARE_PRICE_SCALE, "price")
            fills.setdefault(row["order_id"], []).append((price, count_of(row["qty"], SIZE_SCALE, "qty")))
        return {
            id: Placed(
                order.terms.side, order.terms.limit * 10 ** (SHARE_PRICE_SCALE - ACME.price_scale), order.terms.size,
                tuple(fills.get(id, ())), order.open, order.status in MOVING,
            )
            for id, order in self.demo.orders.items()
        }  # fmt: skip

    def account(self) -> object:
        ledger = self.demo.ledger
        held = [(held.asset.plain, held.size, held.cost) for held in ledger.positions.values()]
        return ledger.cash, held, self.site.admission.held_for_orders(self.demo, self.site.assets.all[0])


class Sdk:
    """alpaca-py: an order that has not filled is changed by the venue's own replacement; what is left of another is
    placed anew, since nobody vouches for the size of a replacement then."""

    def __init__(self, stand: Shares) -> None:
        self.stand = stand
        self.client: Any = TradingClient(*KEYS, paper=True, url_override=stand.http)
        self.client._retry = 0
        self.ids: dict[int, list[Any]] = {}
        self.sizes: dict[int, int] = {}

    async def call(self, name: str, *values: Any) -> Any:
        return await asyncio.to_thread(getattr(self.client, name), *values)

    async def place(self, number: int, step: Step) -> None:
        self.sizes[number], self.ids[number] = step.parts, []
        await self._place(number, step.side, step.parts, step.level)

    async def _place(self, number: int, side: int, shares: int, level: int) -> None:
        price = {"limit_price": float(96 - level)} if level else {}
        request = (LimitOrderRequest if level else MarketOrderRequest)(
            symbol="ACME", qty=shares, side=OrderSide.BUY if side == BUY else OrderSide.SELL,
            time_in_force=TimeInForce.GTC, **price,
        )  # fmt: skip
        order = await self.call("submit_order", request)
        self.ids[number].append(order.id)

    async def change(self, number: int, level: int) -> None:
        filled = await self.filled(number)
        if filled:
            await self.cancel(number)
            await until(lambda: not self.stand.orders()[str(self.ids[number][-1])].open)
            await self._place(number, BUY, self.sizes[number] - filled // SHARE, level)
        else:
            request = ReplaceOrderRequest(limit_price=float(96 - level))
            made = await self.call("replace_order_by_id", self.ids[number][-1], request)
            self.ids[number].append(made.id)

    async def cancel(self, number: int) -> None:
        await self.call("cancel_order_by_id", self.ids[number][-1])

    async def filled(self, number: int) -> int:
        found = [await self.call("get_order_by_id", id) for id in self.ids[number]]
        return sum(count_of(order.filled_qty, SIZE_SCALE, "filled") for order in found)


def visit(meet: Callable[[Shares], Awaitable[tuple[Any, ...]]]) -> tuple[Any, ...]:
    async def main() -> tuple[Any, ...]:
        stand = Shares()
        await stand.server.start()
        stand.stand()
        try:
            return await meet(stand)
        finally:
            await stand.server.stop()
            assert not stand.server.failures

    with only_loopback():
        return asyncio.run(asyncio.wait_for(main(), 120))


async def ours(stand: Shares, steps: list[Step]) -> tuple[Any, ...]:
    transport, ledger = AiohttpTransport(stand.clock), Ledger((stand.instrument,), stand.clock)
    client = ledger.client = AlpacaVenue(
        Account("main", "A", "alpaca", kind=MARGIN, leverage=2), Credentials(*KEYS),
        Endpoints.at(stand.http, stand.http.replace("http", "ws")), transport, stand.clock, Rng(3), ledger,
        ledger.deliver,
    )  # fmt: skip
    running = asyncio.create_task(client.run())
    try:
        await until(lambda: ledger.ups == [True])
        player = Ours(ledger, client, stand, stand.clock)
        course = await play(steps, stand, player)
        shown = await player.agrees(course)
        assert dict(shown.balances) == {"USD": stand.demo.ledger.cash}
        assert [(symbol, size) for symbol, size, _ in shown.positions] == [
            (held.asset.plain, held.size) for held in stand.demo.ledger.positions.values()
        ]
        return outcome(stand, course)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await client.close()
        await transport.close()


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("seed", SEEDS)
def test_our_client_and_the_venues_sdk_end_in_the_same_books(seed: int) -> None:
    steps = scenario(seed)

    async def theirs(stand: Shares, player: Player) -> tuple[Any, ...]:
        return outcome(stand, await play(steps, stand, player))

    found = visit(lambda stand: ours(stand, steps))
    assert telling(found)
    assert visit(lambda stand: theirs(stand, Sdk(stand))) == found
