"""The client by ccxt over real sockets on loopback: an order placed, changed, filled, another cancelled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tests.e2e.loopback import only_loopback
from tests.unit.adapters.venue.binance.ledger import Ledger
from tests.unit.sim.wire.binance_client import BTC, ETH, at, book
from tradewright.adapters.net.transport import AiohttpTransport
from tradewright.adapters.venue.ccxt import CcxtSpot, Credentials, Polling
from tradewright.model.account import Account
from tradewright.model.event import ACCEPTED, CANCELLED, FILLED, REPLACED
from tradewright.model.market import MarketEvent, Quote, Trade
from tradewright.model.order import BUY, LIMIT, Order
from tradewright.model.rng import Rng
from tradewright.sim.wire.binance import BinanceSite
from tradewright.sim.wire.server import Server
from tradewright.sim.wire.site import Tape


async def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 15
    while not true():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.01)


async def trade() -> None:
    site = BinanceSite((BTC, ETH), Tape(()), Rng(1), time.time_ns())
    server = Server(site)
    await server.start()

    def show(event: MarketEvent) -> None:
        site.advance(time.time_ns())
        site.play(at(time.time_ns(), event))

    show(Trade(0, BTC, 10_000, 10_000, 1))
    show(book([("99.00", "5")], [("101.00", "5")]))
    rest = f"http://127.0.0.1:{server.port}"
    urls = {"public": f"{rest}/api/v3", "private": f"{rest}/api/v3"}
    transport = AiohttpTransport()
    ledger = Ledger((BTC, ETH), time.time_ns)
    client = CcxtSpot(
        Account("main", "A", "binance", currency="USDT", native_exits=False), "binance",
        Credentials("demo-key", "demo-secret"), transport, time.time_ns, Rng(3), ledger, ledger.deliver,
        settings={"urls": {"api": urls}}, polling=Polling(1.0, 0.1, 0.1),
    )  # fmt: skip
    ledger.client = client
    running = asyncio.create_task(client.run())
    try:
        await until(lambda: ledger.ups == [True])
        client.watch([BTC])
        orders = [
            Order(f"A-1-{number}", "main", "s", BTC, BUY, LIMIT, 100_000, 9_000, time=time.time_ns())
            for number in (1, 2)
        ]
        one, other = (order.id for order in orders)
        ledger.submit(*orders)
        await until(lambda: all(ledger.states[id].status == "ACCEPTED" for id in (one, other)))
        ledger.replace(one, 150_000, 9_100)
        await until(lambda: ledger.kinds(one)[-1] == REPLACED)
        ledger.cancel(other)
        await until(lambda: ledger.kinds(other) == [ACCEPTED, CANCELLED])
        show(Trade(0, BTC, 9_050, 1_000_000, -1))
        await until(lambda: ledger.kinds(one)[-1] == FILLED and ledger.filled(one) == 150_000)
        await until(lambda: any(isinstance(event, Quote) for event in ledger.events))
        assert (await client.snapshot()).orders == []
        assert not client.errors
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await transport.close()
        await server.stop()


def test_the_client_trades_over_real_sockets() -> None:
    with only_loopback():
        asyncio.run(asyncio.wait_for(trade(), 60))
