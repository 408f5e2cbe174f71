"""One seeded scenario at Binance Spot, played by our client, by our client by ccxt, by the venue's own SDK and by ccxt,
each before a site of its own: the same orders, fills and balances in the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.e2e.loopback import only_loopback
from tests.e2e.scenario import Ours, Placed, Player, Step, exact, outcome, play, scenario, telling, until
from tests.e2e.test_binance_clients import PAIR, SYMBOL, Venue, ccxt, ccxt_settings, parsed, sdk
from tests.project import COMPILED_ALONE
from tests.unit.adapters.venue.binance.ledger import Ledger
from tests.unit.sim.wire.binance_client import BTC, ETH
from tradewright.adapters.net.transport import AiohttpTransport
from tradewright.adapters.venue.binance import BinanceSpot, Credentials
from tradewright.adapters.venue.binance.endpoints import endpoints_at
from tradewright.adapters.venue.ccxt import CcxtSpot, Polling
from tradewright.adapters.venue.ccxt import Credentials as CcxtCredentials
from tradewright.model.account import Account
from tradewright.model.order import BUY, SIDES
from tradewright.model.rng import Rng

#: A fixture.
__all__ = ["parsed"]

pytestmark = [
    COMPILED_ALONE,
    pytest.mark.filterwarnings("ignore:parameter 'timeout' of type 'float' is deprecated:DeprecationWarning"),
]
SEEDS = [1, 2, 3, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 9))]
#: The site counts in 10^-8.
PRICE, SIZE = 10**6, 10**3
TERMS = Account("main", "A", "binance", currency="USDT", native_exits=False)


class Spot:
    """A tenth of a bitcoin is a part, a dollar a level; the market stands at 99 and 101."""

    instrument = BTC
    part = 10_000

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.demo = venue.site.venue.accounts["demo"]

    def price(self, level: int) -> int:
        return (96 - level) * 100

    def offer(self, level: int, parts: int) -> None:
        self.venue.trade(self.price(level), parts * self.part, -1)
        self.venue.open()

    def orders(self) -> dict[Any, Placed]:
        return {
            id: Placed(
                order.terms.side, exact(order.price, PRICE), exact(order.quantity, SIZE),
                tuple((exact(fill.price, PRICE), exact(fill.quantity, SIZE)) for fill in order.fills), order.open,
            )
            for id, order in sorted(self.demo.orders.items())
        }  # fmt: skip

    def account(self) -> object:
        held = {asset: amount for asset, amount in self.demo.wallet.held.items() if amount}
        return dict(self.demo.wallet.owned), held


class Sdk:
    """binance-sdk-spot: an order is changed by the venue's own cancel-replace."""

    def __init__(self, stand: Spot) -> None:
        self.stand = stand
        self.rest = sdk(stand.venue).rest_api
        self.ids: dict[int, list[int]] = {}
        self.sizes: dict[int, int] = {}

    async def call(self, name: str, **values: Any) -> Any:
        return await asyncio.to_thread(lambda: getattr(self.rest, name)(symbol=SYMBOL, **values).data())

    async def place(self, number: int, step: Step) -> None:
        limit = {"type": "LIMIT", "time_in_force": "GTC", "price": self.stand.price(step.level) / 100}
        terms = limit if step.level else {"type": "MARKET"}
        size = step.parts * self.stand.part
        placed = await self.call("new_order", side=SIDES[step.side].upper(), quantity=size / 100_000, **terms)
        self.ids[number], self.sizes[number] = [placed.order_id], size

    async def change(self, number: int, level: int) -> None:
        made = await self.call(
            "order_cancel_replace", side="BUY", type="LIMIT", cancel_replace_mode="STOP_ON_FAILURE",
            time_in_force="GTC", quantity=(self.sizes[number] - await self.filled(number)) / 100_000,
            price=self.stand.price(level) / 100, cancel_order_id=self.ids[number][-1],
        )  # fmt: skip
        self.ids[number].append(made.new_order_response.order_id)

    async def cancel(self, number: int) -> None:
        await self.call("delete_order", order_id=self.ids[number][-1])

    async def filled(self, number: int) -> int:
        found = [await self.call("get_order", order_id=id) for id in self.ids[number]]
        return sum(round(float(order.executed_qty) * 100_000) for order in found)


class Unified:
    """ccxt as its users use it, floats and all."""

    def __init__(self, stand: Spot) -> None:
        self.stand = stand
        self.library = ccxt.binance(ccxt_settings(stand.venue))
        self.ids: dict[int, list[str]] = {}
        self.sizes: dict[int, int] = {}

    async def call(self, name: str, *values: Any) -> Any:
        return await asyncio.to_thread(lambda: getattr(self.library, name)(*values))

    async def place(self, number: int, step: Step) -> None:
        self.sizes[number] = step.parts * self.stand.part
        self.ids[number] = [await self._place(step.side, self.sizes[number], step.level)]

    async def _place(self, side: int, size: int, level: int) -> str:
        kind, price = ("limit", self.stand.price(level) / 100) if level else ("market", None)
        placed = await self.call("create_order", PAIR, kind, SIDES[side], size / 100_000, price)
        return str(placed["id"])

    async def change(self, number: int, level: int) -> None:
        await self.cancel(number)
        left = self.sizes[number] - await self.filled(number)
        self.ids[number].append(await self._place(BUY, left, level))

    async def cancel(self, number: int) -> None:
        await self.call("cancel_order", self.ids[number][-1], PAIR)

    async def filled(self, number: int) -> int:
        found = [await self.call("fetch_order", id, PAIR) for id in self.ids[number]]
        return sum(round(order["filled"] * 100_000) for order in found)


def visit(meet: Callable[[Spot], Awaitable[tuple[Any, ...]]]) -> tuple[Any, ...]:
    async def main() -> tuple[Any, ...]:
        venue = Venue()
        await venue.server.start()
        venue.open()
        try:
            return await meet(Spot(venue))
        finally:
            await venue.server.stop()
            assert not venue.server.failures

    with only_loopback():
        return asyncio.run(asyncio.wait_for(main(), 120))


def own(stand: Spot, transport: AiohttpTransport, ledger: Ledger) -> BinanceSpot:
    """The client of this venue."""
    return BinanceSpot(
        TERMS, Credentials("demo-key", "demo-secret"), endpoints_at(f"127.0.0.1:{stand.venue.server.port}"), transport,
        time.time_ns, Rng(3), ledger, ledger.deliver,
    )  # fmt: skip


def by_ccxt(stand: Spot, transport: AiohttpTransport, ledger: Ledger) -> CcxtSpot:
    """The client of many exchanges. It asks where the other one is told, here ten times a second."""
    place = f"{stand.venue.http}/api/v3"
    return CcxtSpot(
        TERMS, "binance", CcxtCredentials("demo-key", "demo-secret"), transport, time.time_ns, Rng(3), ledger,
        ledger.deliver, settings={"urls": {"api": {"public": place, "private": place}}}, polling=Polling(1.0, 0.1, 0.1),
    )  # fmt: skip


async def ours(
    stand: Spot, steps: list[Step], make: Callable[[Spot, AiohttpTransport, Ledger], BinanceSpot | CcxtSpot]
) -> tuple[Any, ...]:
    transport, ledger = AiohttpTransport(), Ledger((BTC, ETH), time.time_ns)
    client = ledger.client = make(stand, transport, ledger)
    running = asyncio.create_task(client.run())
    player = Ours(ledger, client, stand, time.time_ns)
    try:
        await until(lambda: ledger.ups == [True])
        course = await play(steps, stand, player)
        shown = await player.agrees(course)
        owned = stand.demo.wallet.owned
        assert dict(shown.balances)["USDT"] == owned["USDT"]
        assert {symbol: size for symbol, size, _ in shown.positions}["BTCUSDT"] == owned["BTC"] // 10**13
        return outcome(stand, course)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await transport.close()


@pytest.mark.usefixtures("parsed")
@pytest.mark.parametrize("seed", SEEDS)
def test_our_clients_the_venues_sdk_and_ccxt_end_in_the_same_books(seed: int) -> None:
    steps = scenario(seed)

    async def theirs(stand: Spot, player: Player) -> tuple[Any, ...]:
        return outcome(stand, await play(steps, stand, player))

    found = visit(lambda stand: ours(stand, steps, own))
    assert telling(found)
    assert visit(lambda stand: ours(stand, steps, by_ccxt)) == found
    assert visit(lambda stand: theirs(stand, Sdk(stand))) == found
    assert visit(lambda stand: theirs(stand, Unified(stand))) == found
