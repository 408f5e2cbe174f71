"""The same client over real sockets: the simulated venue behind its server on loopback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tests.unit.adapters.venue.binance.ledger import Ledger
from tradewright.adapters.net.transport import AiohttpTransport
from tradewright.adapters.venue.binance import BinanceSpot, Credentials
from tradewright.adapters.venue.binance.endpoints import endpoints_at
from tradewright.app.simulate import SimulateOptions, site_of
from tradewright.model.account import Account
from tradewright.model.instrument import Instrument
from tradewright.model.market import Quote
from tradewright.model.order import BUY, LIMIT, MARKET, SELL, Order
from tradewright.model.rng import Rng
from tradewright.sim.wire.server import Server


async def until(met: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.005)


async def trade(client: BinanceSpot, ledger: Ledger, btc: Instrument) -> None:
    """Takes, rests, changes, cancels, asks; then agrees with the venue's snapshot."""
    quotes = [event for event in ledger.events if isinstance(event, Quote)]
    bid = quotes[-1].bid_units
    size = btc.rules.step * 100

    def order(number: int, side: int, type: int, limit: int = 0) -> Order:
        return Order(f"A-1-{number}", "main", "s", btc, side, type, size, limit, time=time.time_ns())

    ledger.submit(order(1, BUY, MARKET), order(2, BUY, LIMIT, bid * 8 // 10 // btc.rules.tick * btc.rules.tick))
    await until(lambda: ledger.states["A-1-1"].status == "FILLED" and ledger.states["A-1-2"].status == "ACCEPTED")
    ledger.replace("A-1-2", size * 2, bid * 7 // 10 // btc.rules.tick * btc.rules.tick)
    await until(lambda: ledger.states["A-1-2"].order.quantity == size * 2)
    ledger.query("A-1-2")
    ledger.submit(order(3, SELL, MARKET))
    await until(lambda: ledger.states["A-1-3"].status == "FILLED")
    snapshot = await client.snapshot()
    assert snapshot.orders == [("A-1-2", 0)]
    assert [symbol for symbol, _, _ in snapshot.positions] == ["BTCUSDT", "ETHUSDT"]
    ledger.cancel("A-1-2")
    await until(lambda: ledger.states["A-1-2"].status == "CANCELLED")
    assert ledger.states["A-1-2"].venue_id.endswith("_1")


def test_an_account_trades_over_real_sockets() -> None:
    async def program() -> None:
        instruments, site = site_of(SimulateOptions(venue="binance", seed=3), time.time_ns())
        server = Server(site, time.time_ns)
        await server.start(0)
        transport = AiohttpTransport()
        ledger = Ledger(instruments, time.time_ns)
        terms = Account("main", "A", "binance", currency="USDT", native_exits=False)
        client = BinanceSpot(
            terms, Credentials("demo-key", "demo-secret"), endpoints_at(f"127.0.0.1:{server.port}"), transport,
            time.time_ns, Rng(1), ledger, ledger.deliver,
        )  # fmt: skip
        ledger.client = client
        running = asyncio.create_task(client.run())
        try:
            found = await client.instruments([instrument.symbol for instrument in instruments])
            assert [one.base for one in found] == [one.base for one in instruments]
            btc = ledger.instruments["BTCUSDT"]
            client.watch([btc])
            await until(lambda: ledger.ups and any(isinstance(event, Quote) for event in ledger.events))
            await trade(client, ledger, btc)
            assert client.errors == {}
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await transport.close()
            await server.stop()

    asyncio.run(program())
