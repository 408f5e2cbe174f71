"""Plain clients of the MT5 Connector over real sockets: one as the first trading engines have it, which polls open
positions and sends orders and knows nothing of this project; one of the contract's newer parts, stream included."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import aiohttp
import pytest

from tests.e2e.loopback import only_loopback
from tests.e2e.test_simulate import simulated
from tests.project import COMPILED_ALONE, ROOT
from tests.unit.sim.wire import mt5_shapes as shapes
from tests.unit.sim.wire.mt5_stage import INSTRUMENTS, NOON, quote_of
from tradewright.model.market import MarketEvent
from tradewright.model.rng import Rng
from tradewright.sim.wire.mt5 import Knobs, Mt5Site, SymbolTerms
from tradewright.sim.wire.server import Server
from tradewright.sim.wire.site import Tape

MS = 1_000_000
pytestmark = COMPILED_ALONE
#: Lots shown by each quote: what is bought beyond them waits or is given up.
SHOWN = "0.3"


def market() -> Iterator[MarketEvent]:
    """Quotes of gold and the euro each 20 ms, for ever."""
    at = NOON
    while True:
        at += 20 * MS
        yield quote_of("XAUUSD", "2650.40", "2650.50", at, SHOWN)
        yield quote_of("EURUSD", "1.10000", "1.10002", at, SHOWN)


def visit(
    play: Callable[[Mt5Site, aiohttp.ClientSession], Awaitable[None]], token: str = "demo-token", **knobs: Any
) -> None:
    """Plays against a connector on real sockets; nothing may leave this machine, nothing fail inside the site."""

    async def main() -> list[str]:
        shift = NOON - time.time_ns()
        site = Mt5Site(INSTRUMENTS.values(), Tape(market()), Rng(3), NOON, token=token, knobs=Knobs(**knobs))
        server = Server(site, lambda: time.time_ns() + shift)
        await server.start()
        try:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}", headers=headers) as session:
                await until(lambda: all(site.broker.symbols[name].bid for name in ("XAUUSD", "EURUSD")))
                await play(site, session)
        finally:
            await server.stop()
        return server.failures

    with only_loopback():
        assert asyncio.run(asyncio.wait_for(main(), 30)) == []


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


# A client as the first trading engines have it


@dataclass
class Exposure:
    long_count: int = 0
    short_count: int = 0
    estimated_risk_amount: float = 0.0

    @property
    def total_count(self) -> int:
        return self.long_count + self.short_count


@dataclass
class OpenTradesService:
    """Polls the connector and keeps the last snapshot when it can not be read. An entry without SL counts as 75."""

    session: aiohttp.ClientSession
    snapshots: dict[str, Exposure] = field(default_factory=dict)
    errors: int = 0

    async def poll(self) -> None:
        try:
            async with self.session.get("/api/v1/open-positions", timeout=aiohttp.ClientTimeout(5)) as answer:
                if answer.status != 200:
                    self.errors += 1
                    return
                body = shapes.decoded(await answer.read(), shapes.OldPositions)
        except aiohttp.ClientError:
            self.errors += 1
            return
        if not body.success:
            self.errors += 1
            return
        found: dict[str, Exposure] = {}
        for trade in body.positions:
            exposure = found.setdefault(trade.symbol.upper(), Exposure())
            exposure.long_count += trade.direction == "buy"
            exposure.short_count += trade.direction == "sell"
            risk = 75 * trade.volume if trade.sl is None else abs(trade.open_price - trade.sl) * trade.volume
            exposure.estimated_risk_amount += risk
        self.snapshots = found

    def symbol(self, name: str) -> Exposure:
        return self.snapshots.get(name, Exposure())

    def total(self) -> int:
        return sum(exposure.total_count for exposure in self.snapshots.values())


async def sent(session: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
    async with session.post(f"/api/v1/trades/{path}", json=body) as answer:
        return answer.status, await answer.read()


OLD_ORDER = {
    "symbol": "XAUUSD", "direction": "buy", "order_kind": "market", "lot_size": 0.1, "entry_price": None,
    "stop_loss": 2645.0, "take_profit": 2660.0, "strategy": "low",
}  # fmt: skip


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_a_client_of_the_first_connectors_goes_on_working(mode: str) -> None:
    async def play(site: Mt5Site, session: aiohttp.ClientSession) -> None:
        service = OpenTradesService(session)
        async with session.get("/health") as answer:
            health = shapes.decoded(await answer.read(), shapes.OldHealth)
        assert (health.status, health.mt5_connection) == ("ok", True)
        await service.poll()
        assert service.total() == 0
        status, body = await sent(session, "open", OLD_ORDER)
        opened = shapes.decoded(body, shapes.OldTrade)
        assert (status, opened.ticket) == (200, opened.mt5_ticket)
        limit = {**OLD_ORDER, "order_kind": "limit", "entry_price": 2600.0, "stop_loss": 2590.0}
        pending = shapes.decoded((await sent(session, "open", limit))[1], shapes.OldTrade)
        await service.poll()
        assert (service.symbol("XAUUSD").total_count, service.symbol("XAUUSD").long_count) == (1, 1)
        assert service.symbol("XAUUSD").estimated_risk_amount == pytest.approx(0.55)
        assert (await sent(session, "modify", {"ticket": opened.ticket, "stop_loss": 2646.0}))[0] == 200
        assert (await sent(session, "cancel", {"ticket": pending.ticket}))[0] == 200
        assert (await sent(session, "partial-close", {"ticket": opened.ticket, "volume_percent": 50}))[0] == 200
        async with session.get(
            "/api/v1/history", params={"symbol": "XAUUSD", "timeframe": "M1", "days": "1"}
        ) as answer:
            assert (await answer.json())[0]["open"] == 2650.4
        assert (await sent(session, "close", {"ticket": opened.ticket, "reason": "signal"}))[0] == 200
        await service.poll()
        assert (service.total(), service.errors) == (0, 0)
        missing = {key: value for key, value in OLD_ORDER.items() if key != "stop_loss"}
        status, body = await sent(session, "open", missing)
        assert (status, "stop_loss" in json.loads(body)["detail"]) == (400, True)

    visit(play, token="", mode=mode)


def test_the_count_of_open_trades_is_that_of_mt5_over_all_symbols() -> None:
    async def play(site: Mt5Site, session: aiohttp.ClientSession) -> None:
        service = OpenTradesService(session)
        for number in range(1, 4):
            await sent(session, "open", {**OLD_ORDER, "direction": "sell", "stop_loss": 2660.0, "take_profit": None})
            await service.poll()
            assert service.symbol("XAUUSD").short_count == number
        await sent(session, "open", {**OLD_ORDER, "symbol": "EURUSD", "stop_loss": 1.05, "take_profit": None})
        await service.poll()
        assert (service.total(), service.symbol("EURUSD").total_count) == (4, 1)

    visit(play, token="")


def test_while_the_connector_can_not_say_the_last_snapshot_stays() -> None:
    async def play(site: Mt5Site, session: aiohttp.ClientSession) -> None:
        service = OpenTradesService(session)
        await sent(session, "open", OLD_ORDER)
        await service.poll()
        site.broker.knobs.failed_reads = 1
        await service.poll()
        site.broker.knobs.soft_errors = True
        site.broker.knobs.failed_reads = 1
        await service.poll()
        assert (service.errors, service.total()) == (2, 1)
        await service.poll()
        assert (service.errors, service.total()) == (2, 1)

    visit(play, token="")


# The contract's newer parts


class Client:
    """Written from the contract: exact numbers, keys, the stream."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.count = 0

    async def get(self, path: str) -> Any:
        async with self.session.get(f"/api/v1/{path}") as answer:
            assert answer.status == 200, await answer.text()
            return json.loads(await answer.read(), parse_float=Decimal)

    async def post(self, path: str, **body: Any) -> Any:
        self.count += 1
        headers = {"Idempotency-Key": f"key-{self.count}", "X-Request-Id": f"ask-{self.count}"}
        async with self.session.post(f"/api/v1/trades/{path}", json=body, headers=headers) as answer:
            content = json.loads(await answer.read(), parse_float=Decimal)
            assert answer.headers["X-Request-Id"] == content["request_id"] == f"ask-{self.count}"
            assert answer.status == 200, content
            return content


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_place_partial_fill_cancel_replace_query_and_stream_agree(mode: str) -> None:
    async def play(site: Mt5Site, session: aiohttp.ClientSession) -> None:
        client = Client(session)
        async with session.ws_connect("/api/v1/events") as stream:
            part = await client.post(
                "open", symbol="EURUSD", direction="buy", order_kind="market", lot_size=0.5, stop_loss=1.05,
                filling="ioc", client_order_id="c-1", magic=9,
            )  # fmt: skip
            assert (part["status"], part["requested_volume"], part["filled_volume"]) == (
                "partial",
                Decimal("0.5"),
                Decimal("0.3"),
            )
            rest = await client.post(
                "open", symbol="EURUSD", direction="buy", order_kind="limit", lot_size=0.2, entry_price=1.09,
                stop_loss=1.05, client_order_id="c-2",
            )  # fmt: skip
            await client.post("modify", ticket=rest["ticket"], entry_price=1.08)
            (pending,) = (await client.get("pending-orders?client_order_id=c-2"))["orders"]
            assert pending["entry_price"] == Decimal("1.08")
            await client.post("cancel", ticket=rest["ticket"])
            closed = await client.post("close", ticket=part["ticket"], volume=0.1)
            events = [json.loads((await stream.receive()).data, parse_float=Decimal) for _ in range(5)]
        assert [event["event"] for event in events] == [
            "position_opened", "order_placed", "order_modified", "order_canceled", "position_partial_close",
        ]  # fmt: skip
        assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
        (position,) = (await client.get("open-positions"))["positions"]
        deals = [deal for deal in (await client.get("history/deals"))["deals"] if deal["symbol"]]
        signed = sum(deal["volume"] * (1 if deal["direction"] == "buy" else -1) for deal in deals)
        told = sum(e["deal_volume"] * (1 if e["event"] == "position_opened" else -1) for e in events if "deal" in e)
        assert position["volume"] == signed == told == Decimal("0.2")
        assert {deal["ticket"] for deal in deals} == {event["deal"] for event in events if "deal" in event}
        summary = await client.get("account-summary")
        assert summary["balance"] - 100_000 == sum(deal["profit"] for deal in deals) == closed["profit"]
        assert summary["equity"] - summary["balance"] == position["profit"]
        assert (await client.get(f"orders/{part['order']}"))["order"]["filled_volume"] == Decimal("0.3")
        assert (await client.get(f"orders/{rest['order']}"))["order"]["state"] == "canceled"

    visit(play, mode=mode, terms=SymbolTerms(exemode=3))


def test_a_key_that_is_sent_twice_at_once_opens_one_position() -> None:
    async def play(site: Mt5Site, session: aiohttp.ClientSession) -> None:
        async def send() -> bytes:
            async with session.post("/api/v1/trades/open", json=OLD_ORDER, headers={"Idempotency-Key": "k"}) as answer:
                return await answer.read()

        answers = await asyncio.gather(*(send() for _ in range(5)))
        assert len(set(answers)) == 1
        assert len(site.broker.positions) == 1

    visit(play)


def test_the_stream_refuses_a_wrong_token() -> None:
    async def play(site: Mt5Site, session: aiohttp.ClientSession) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect("/api/v1/events", headers={"Authorization": "Bearer wrong"})
        assert refused.value.status == 401

    visit(play)


def priced(base: str) -> bool:
    """Whether the market has shown its first price."""
    try:
        with urlopen(Request(f"{base}/api/v1/price/BTCUSD", headers={"Authorization": "Bearer demo-token"})):
            return True
    except HTTPError as error:
        error.close()
        return False


def test_the_example_on_the_page_trades_at_a_simulator_that_was_started_as_it_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/simulators/mt5.md").read_text(), re.DOTALL)
    with only_loopback(), simulated("mt5", "--seed", "5") as (standing, _):
        deadline = time.monotonic() + 20
        while not priced(standing["url"]):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        seen: dict[str, Any] = {}
        exec(example.replace("http://127.0.0.1:3030", standing["url"]), seen)
    (position,) = seen["positions"]
    assert (position["symbol"], position["volume"], position["risk_known"]) == ("BTCUSD", 0.01, True)
    assert position["risk_amount"] == pytest.approx(seen["price"]["bid"] * 0.1 * 0.01, rel=0.02)
    assert seen["closed"]["status"] == "closed"
    assert capsys.readouterr().out.split()[-1] == "closed"
    assert set(standing["symbols"]) == {"EURUSD", "USDJPY", "XAUUSD", "BTCUSD", "ETHUSD"}
