"""Other doors than the simulator's: a connector of the first kind, one that talks nonsense, one behind real sockets."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from tests.unit.adapters.venue.mt5.stage import HEDGING, NETTING, Ledger, World, play
from tradewright.adapters.net.transport import AiohttpTransport
from tradewright.adapters.venue.mt5 import Credentials, Endpoints, Mt5Client
from tradewright.app.simulate import SimulateOptions, site_of
from tradewright.model.event import CANCELLED, REJECTED
from tradewright.model.instrument import Instrument
from tradewright.model.order import LIMIT
from tradewright.model.rng import Rng
from tradewright.sim.wire.message import Answer, Request
from tradewright.sim.wire.mt5 import Mt5Site
from tradewright.sim.wire.server import Server
from tradewright.sim.wire.site import Connection

KEPT = {"symbol", "ticket", "direction", "volume", "open_price", "sl", "tp", "open_time"}


class FirstKind:
    """What a client of the first connectors was shown: positions by the broker's own names, and not much else."""

    def __init__(self, site: Mt5Site) -> None:
        self.site = site
        self.trouble = site.trouble
        self.asked: list[str] = []

    def request(self, request: Request, now: int) -> Answer:
        self.asked.append(f"{request.method} {request.path}")
        if request.path not in ("/api/v1/health", "/api/v1/open-positions"):
            return Answer(404, b'{"detail":"Not Found"}')
        answer = self.site.request(request, now)
        content = json.loads(answer.body)
        if request.path.endswith("health"):
            content = {"status": "ok", "mt5_connection": True, "account_info": content["account_info"]}
        else:
            kept = [{**{key: one[key] for key in KEPT}, "symbol": one["broker_symbol"], "profit": None}
                    for one in content["positions"]]  # fmt: skip
            content = {"success": content["success"], "positions": kept, "error": None}
        return Answer(answer.status, json.dumps(content).encode())

    def connect(self, request: Request, now: int) -> Connection | Answer:
        return Answer(404)

    def advance(self, now: int) -> None:
        self.site.advance(now)

    def due(self) -> int | None:
        return self.site.due()

    def inject(self, kind: str, now: int) -> bool:
        return self.site.inject(kind, now)


def test_a_connector_of_the_first_kind_shows_open_trades_and_takes_no_order() -> None:
    async def program(world: World) -> None:
        terminal, book = world.site.terminal, world.ledger
        request = {"action": 1, "symbol": "EURUSD", "volume": 0.1, "type": 0, "type_filling": 0}
        assert terminal.order_send(request) is not None
        instruments = await world.client.instruments(["EURUSD"])
        old = FirstKind(world.site)
        world.transport.venues["mt5"].site = old
        world.client = book.client = world._client()
        instruments[0].index = 0
        book.instruments["EURUSD"] = instruments[0]
        task = asyncio.create_task(world.client.run())
        await world.until(lambda: book.ups == [True])
        found = world.client.trades.symbol("EURUSD")
        assert found is not None and found.total_count == 1 and not found.risk_known
        assert found.risk == 75 * 10**18
        order = book.buy("EURUSD", "0.1")
        assert [(one.kind, one.code) for one in book.reports(order.id)] == [(REJECTED, "CONNECTOR_TOO_OLD")]
        await asyncio.sleep(30)
        assert not [asked for asked in old.asked if asked.startswith("POST")]
        assert book.ups == [True]
        task.cancel()

    play(program)


class Nonsense:
    """Changes a value in every so many answers into something that it can not be."""

    JUNK: tuple[Any, ...] = (None, "NaN", "1e999999", "", [], {}, "sideways", True, {"a": [1]}, "\u0000", "9" * 5_000)

    def __init__(self, site: Mt5Site, seed: int) -> None:
        self.site = site
        self.trouble = site.trouble
        self.rng = Rng(seed)
        self.talking = False
        self.done = 0

    def request(self, request: Request, now: int) -> Answer:
        answer = self.site.request(request, now)
        if not self.talking or request.method != "GET" or answer.status != 200 or self.rng.below(3):
            return answer
        content = json.loads(answer.body)
        self.spoil(content)
        self.done += 1
        return Answer(200, json.dumps(content).encode(), answer.headers)

    def spoil(self, content: Any) -> None:
        while True:
            keys = list(content) if isinstance(content, dict) else list(range(len(content)))
            if not keys:
                return
            key = keys[self.rng.below(len(keys))]
            if isinstance(content[key], dict | list) and content[key] and self.rng.below(8):
                content = content[key]
                continue
            if key not in ("sl", "tp", "comment", "error", "done_time", "next_cursor", "reason", "symbol"):
                content[key] = self.JUNK[self.rng.below(len(self.JUNK))]
            return

    def connect(self, request: Request, now: int) -> Connection | Answer:
        return self.site.connect(request, now)

    def advance(self, now: int) -> None:
        self.site.advance(now)

    def due(self) -> int | None:
        return self.site.due()

    def inject(self, kind: str, now: int) -> bool:
        return self.site.inject(kind, now)


@pytest.mark.parametrize("seed", range(6))
def test_nonsense_in_answers_is_counted_and_what_it_hid_is_told_afterwards(seed: int) -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        nonsense = Nonsense(world.site, seed)
        world.transport.venues["mt5"].site = nonsense
        nonsense.talking = True
        for number in range(20):
            bid, _ = world.price("EURUSD")
            if number % 3:
                book.buy("EURUSD", "0.1")
            else:
                book.buy("EURUSD", "0.1", type=LIMIT, limit=f"{bid * 0.99:.5f}")
            await asyncio.sleep(3)
        nonsense.talking = False
        assert nonsense.done > 20 and sum(world.client.errors.values()) > 0
        assert not any(task.done() for task in world.running)
        await asyncio.sleep(70)
        await world.until(book.settled)
        await world.check()

    play(program, HEDGING, polling=None)


class Mean(Nonsense):
    """Whose open positions have another mean."""

    mean = 0.5

    def request(self, request: Request, now: int) -> Answer:
        answer = self.site.request(request, now)
        if "open-positions" not in request.path:
            return answer
        content = json.loads(answer.body)
        for position in content["positions"]:
            position["open_price"] = self.mean
        return Answer(200, json.dumps(content).encode(), answer.headers)


def test_the_cost_of_a_position_is_rounded_where_its_mean_is_finer_than_money() -> None:
    async def program(world: World) -> None:
        await world.start("EURUSD")
        book = world.ledger
        order = book.buy("EURUSD", "0.37")
        await world.until(lambda: book.states[order.id].status == "FILLED", 5)
        world.transport.venues["mt5"].site = venue = Mean(world.site, 1)
        # As a lot of an index or of shares counts one.
        one = book.instruments["EURUSD"]
        book.instruments["EURUSD"] = Instrument(
            one.symbol, one.venue, one.asset_class, one.base, one.quote, one.price_scale, one.size_scale,
            contract=1, calendar=one.calendar, rules=one.rules,
        )  # fmt: skip
        first = dict((await world.client.snapshot()).balances)["USD"]
        # A mean of several prices is a double, with all of its digits.
        venue.mean = 0.08123333333333332
        second = dict((await world.client.snapshot()).balances)["USD"]
        # 0.5 × 0.37 less 0.0300563333333333284, of which money has all decimals but one.
        assert second - first == 185_000_000_000_000_000 - 30_056_333_333_333_328

    play(program, NETTING)


class Unread(Nonsense):
    """Whose deals have no price for a while."""

    def spoil(self, content: Any) -> None:
        for deal in content.get("deals", ()):
            deal["price"] = "NaN"


def test_a_deal_that_can_not_be_read_is_told_when_it_can() -> None:
    async def program(world: World) -> None:
        await world.start()
        book = world.ledger
        unread = Unread(world.site, 1)
        world.transport.venues["mt5"].site = unread
        unread.talking, unread.rng = True, Always()
        order = book.buy("EURUSD", "0.1")
        await asyncio.sleep(10)
        assert not book.filled(order.id) and world.client.errors["BAD_RECORD"] > 1
        unread.talking = False
        await world.until(lambda: book.states[order.id].status == "FILLED", 15)
        await world.check()

    play(program)


class Always(Rng):
    """Draws nothing but zeros."""

    def __init__(self) -> None:
        super().__init__(0)

    def below(self, n: int) -> int:
        return 0


def test_over_real_sockets_an_account_trades_and_ends_as_the_broker_says() -> None:
    async def program() -> None:
        _, site = site_of(SimulateOptions(venue="mt5", seed=3), time.time_ns() - 120 * 10**9)
        assert isinstance(site, Mt5Site)
        server = Server(site)
        await server.start()
        transport = AiohttpTransport()
        book = Ledger(time.time_ns, HEDGING)
        book.exact = False
        client = book.client = Mt5Client(
            book.terms, Credentials("demo-token", 5_000_001), Endpoints(f"http://127.0.0.1:{server.port}"), transport,
            time.time_ns, Rng(1), book, book.deliver,
        )  # fmt: skip
        (bitcoin,) = await client.instruments(["BTCUSD"])
        bitcoin.index = 0
        book.instruments["BTCUSD"] = bitcoin
        task = asyncio.create_task(client.run())
        await wait(lambda: book.ups == [True])
        # As little as the quote shows at any moment: a fill-or-kill finds it.
        opened = book.buy("BTCUSD", "0.001")
        await wait(lambda: book.states[opened.id].status == "FILLED")
        closed = book.close(opened, "0.001")
        bid = site.broker.symbols["BTCUSD"].price(site.broker.symbols["BTCUSD"].bid)
        resting = book.buy("BTCUSD", "0.001", type=LIMIT, limit=f"{bid * 0.9:.2f}")
        await wait(lambda: book.states[closed.id].status == "FILLED" and bool(book.kinds(resting.id)))
        book.cancel(resting)
        await wait(lambda: book.kinds(resting.id)[-1] == CANCELLED)
        shown = await client.snapshot()
        assert not shown.positions and not shown.orders
        assert {fill.trade_id for fill in book.fills()} == {str(one.ticket) for one in site.broker.deals if one.symbol}
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await client.close()
        await transport.close()
        await server.stop()
        await asyncio.sleep(0.05)
        assert server.failures == []

    asyncio.run(program())


async def wait(true: Any) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)
