"""The client of Alpaca over real sockets on loopback: orders placed, filled in parts, changed, cancelled; quotes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tests.e2e.alpaca_venue import Served, served
from tests.e2e.loopback import only_loopback
from tests.unit.adapters.venue.alpaca.stage import BUY, LIMIT, MARKET, MONDAY, Ledger
from tradewright.adapters.net.transport import AiohttpTransport
from tradewright.adapters.venue.alpaca import AlpacaVenue, Credentials, Endpoints, Options
from tradewright.core.life_cycle import ENDED_CANCELLED, WORKING
from tradewright.model.account import MARGIN, Account
from tradewright.model.command import Query
from tradewright.model.event import ACCEPTED
from tradewright.model.market import Quote, Trade
from tradewright.model.report import FOUND
from tradewright.model.rng import Rng


async def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 15
    while not true():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.01)


async def trade(venue: Served) -> None:
    shift = MONDAY - time.time_ns()
    transport = AiohttpTransport(lambda: time.time_ns() + shift)
    ledger = Ledger(lambda: time.time_ns() + shift)
    client = AlpacaVenue(
        Account("main", "A1", "alpaca", kind=MARGIN, leverage=2), Credentials("demo-key", "demo-secret"),
        Endpoints.at(venue.http, venue.ws), transport, ledger.clock, Rng(3), ledger, ledger.deliver,
        Options(packed=True),
    )  # fmt: skip
    ledger.venue = client
    running = [asyncio.create_task(client.run()), asyncio.create_task(ledger.tend())]
    try:
        await until(lambda: ledger.ups() == [True])
        bought = ledger.order_of("ACME", BUY, MARKET, "10")
        ledger.submit(bought)
        await until(lambda: ledger.filled(bought.id) == 10 * 10**9)
        assert len(ledger.fills(bought)) >= 3
        resting = ledger.order_of("ACME", BUY, LIMIT, "10", "90")
        ledger.submit(resting)
        await until(lambda: ledger.states[resting.id].stage == WORKING)
        ledger.replace(resting, "12", "91.5")
        await until(lambda: ledger.states[resting.id].order.limit_units == 915000)
        ledger.execute(Query(ledger.clock(), resting.id))
        await until(lambda: ledger.reports(resting)[-1] == (ACCEPTED, FOUND))
        snapshot = await client.snapshot()
        assert snapshot.positions == [("ACME", 10 * 10**9, 1000100)] and snapshot.orders == [(resting.id, 0)]
        ledger.cancel(resting)
        await until(lambda: ledger.states[resting.id].stage == ENDED_CANCELLED)
        client.watch([instrument for instrument in ledger.instruments if instrument.symbol != "GLOBEX"])
        await until(lambda: not ledger.pending)
        await until(lambda: len({
            (event.symbol, type(event)) for event in ledger.events if isinstance(event, Quote | Trade)
        }) == 4)  # fmt: skip
        bars = await client.bars(ledger.instruments[0], 60, MONDAY - 10 * 60 * 10**9, MONDAY)
        assert len(bars) == 10
        assert not client.errors
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await client.close()
        await transport.close()


def test_the_client_trades_over_real_sockets() -> None:
    with served() as venue, only_loopback():
        asyncio.run(asyncio.wait_for(trade(venue), 60))
