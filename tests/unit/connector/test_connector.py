"""The connector over a simulated terminal: for the same calls it answers as the simulated connector does."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.adapters.venue.mt5.stage import HEDGING, NETTING, Fault, World, play
from tests.unit.adapters.venue.mt5.test_faults import trade
from tests.unit.sim.wire.mt5_door import Door
from tests.unit.sim.wire.mt5_stage import NOON, SATURDAY, SECOND
from tradewright.adapters.net.transport import AiohttpTransport
from tradewright.connector.package import PackageMissing, installed, started
from tradewright.connector.reads import TIMEFRAMES
from tradewright.connector.replies import RETCODES, STATUSES
from tradewright.connector.run import ConnectorOptions, served
from tradewright.connector.service import Service
from tradewright.connector.wall import Wall
from tradewright.model.errors import InputError, NotReady
from tradewright.ports import HttpRequest
from tradewright.sim.wire.message import Answer, Request
from tradewright.sim.wire.mt5 import Mt5Site, answers, constants, rates
from tradewright.sim.wire.site import Connection

TOKEN = "demo-token"
#: What the library does not say, or each program numbers by itself.
OWN = {"request_id", "snapshot_id", "sessions", "is_open", "always_open", "retry_after"}

OPEN = {"symbol": "XAUUSD", "direction": "buy", "order_kind": "market", "lot_size": 0.1, "stop_loss": 2645.0}
LIMIT = {**OPEN, "order_kind": "limit", "entry_price": 2640.5, "stop_loss": 2600, "take_profit": 2700.25}
FIRST, SECOND_TICKET = 50_000_001, 50_000_002
Call = tuple[str, str, Any]
POST, GET = "POST", "GET"
LOOKS: list[Call] = [
    (GET, "open-positions", None), (GET, "pending-orders", None), (GET, "account-summary", None),
    (GET, "history/deals", None), (GET, "history/orders", None), (GET, f"orders/{FIRST}", None),
    (GET, "history/deals?limit=1&cursor=70000001", None), (GET, "open-positions?magic=7&symbol=GOLD", None),
]  # fmt: skip
#: Lives of an account, call by call; after each of them everything is looked at.
LIVES: dict[str, list[Call]] = {
    "reads": [
        (GET, "health", None), (GET, "symbols", None), (GET, "symbols?q=usd", None), (GET, "symbols/EURUSD", None),
        (GET, "price/EURUSD", None), (GET, "price/NOPE", None), (GET, "orders/1", None), (GET, "orders/x", None),
        (GET, "history?symbol=EURUSD&timeframe=M1&days=1", None), (GET, "history?symbol=EURUSD&timeframe=M7", None),
        (GET, "history", None), (GET, "trades/open", None), (POST, "open-positions", {}), (GET, "nothing", None),
        ("DELETE", "open-positions", None), (GET, "history/deals?from=yesterday", None),
        (GET, "history/deals?position_id=x", None), (GET, "open-positions?magic=x", None),
    ],
    "open and close": [
        (POST, "trades/open", {**OPEN, "magic": 7, "client_order_id": "abc", "comment": "hello"}),
        (POST, "trades/close", {"ticket": FIRST, "volume": 0.04, "comment": "T1-1-2"}),
        (POST, "trades/partial-close", {"ticket": FIRST, "volume_percent": 50}),
        (POST, "trades/close", {"ticket": FIRST, "volume": 9}), (POST, "trades/close", {"ticket": FIRST}),
        (POST, "trades/close", {"ticket": FIRST}), (POST, "trades/close", {"ticket": 0}),
    ],
    "orders at work": [
        (POST, "orders", {**LIMIT, "magic": 7}),
        (POST, "trades/open", {**LIMIT, "order_kind": "stop", "entry_price": 2660}),
        (POST, "trades/open", {**LIMIT, "order_kind": "stop_limit", "entry_price": 2660, "stop_limit_price": 2655}),
        (POST, "trades/open", {**LIMIT, "time": "day"}),
        (POST, "trades/open", {**LIMIT, "time": "specified", "expiration": "2026-03-04T20:00:00Z"}),
        (POST, "trades/modify", {"ticket": FIRST, "entry_price": 2641, "take_profit": None}),
        (POST, "trades/modify", {"ticket": FIRST, "entry_price": 2641}), (POST, "trades/cancel", {"ticket": FIRST}),
        (POST, "trades/cancel", {"ticket": FIRST}), (POST, "trades/cancel", {"mt5_ticket": SECOND_TICKET}),
    ],
    "stops": [
        (POST, "trades/open", {**OPEN, "stop_loss": None}),
        (POST, "trades/modify", {"ticket": FIRST, "stop_loss": 2600}),
        (POST, "trades/modify", {"ticket": FIRST, "take_profit": 2700}),
        (POST, "trades/modify", {"ticket": FIRST, "stop_loss": 2600}),
        (POST, "trades/modify", {"ticket": FIRST, "stop_loss": None, "take_profit": 2000}),
        (POST, "trades/modify", {"ticket": FIRST, "stop_loss": None}), (POST, "trades/modify", {"ticket": 77}),
    ],
    "refused": [
        (POST, "trades/open", {**OPEN, "direction": "up"}), (POST, "trades/open", {**OPEN, "lot_size": 0.001}),
        (POST, "trades/open", {**OPEN, "lot_size": -1}), (POST, "trades/open", {**OPEN, "lot_size": 99}),
        (POST, "trades/open", {**OPEN, "stop_loss": 2660}), (POST, "trades/open", {**LIMIT, "entry_price": 2700}),
        (POST, "trades/open", {**LIMIT, "entry_price": None}), (POST, "trades/open", {**OPEN, "filling": "boc"}),
        (POST, "trades/open", {"symbol": "XAUUSD"}), (POST, "trades/open", b"{"), (POST, "trades/open", [1]),
        (POST, "trades/open", {key: value for key, value in OPEN.items() if key != "stop_loss"}),
        (POST, "trades/open", {**OPEN, "symbol": "xauusd"}), (POST, "trades/open", {**OPEN, "lot_size": "NaN"}),
        (POST, "trades/open", {**OPEN, "lot_size": 1e30}), (POST, "trades/modify", {"ticket": -1}),
    ],
    "close all": [
        (POST, "trades/open", {**OPEN, "magic": 7}),
        (POST, "trades/open", {**OPEN, "symbol": "EURUSD", "stop_loss": 1.0}),
        (POST, "trades/close-all", {"magic": 7}), (POST, "trades/close-all", b""),
    ],
    "fillings": [(POST, "trades/open", {**OPEN, "filling": name}) for name in ("fok", "ioc", "return", "auto")],
}  # fmt: skip


def service_of(door: Door, offset: str = "Europe/Athens") -> Service:
    return Service(door.site.terminal, TOKEN, lambda: door.now, Wall(offset))


def plain(body: bytes) -> Any:
    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(item) for key, item in value.items() if key not in OWN}
        return [without(item) for item in value] if isinstance(value, list) else value

    return without(json.loads(body, parse_float=Decimal, parse_int=Decimal))


@pytest.mark.parametrize("mode", [HEDGING, NETTING])
@pytest.mark.parametrize("life", LIVES)
def test_for_the_same_calls_it_answers_as_the_simulated_connector(life: str, mode: str) -> None:
    knobs: dict[str, Any] = {"mode": mode}
    one, other = Door(**knobs), Door(**knobs)
    service = service_of(other)
    for method, path, body in [call for step in LIVES[life] for call in (step, *LOOKS)]:
        for door in (one, other):
            door.wait(1)
        told = one.ask(method, f"/api/v1/{path}", body)
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        name, _, query = path.partition("?")
        headers = {"authorization": f"Bearer {TOKEN}"}
        found = service.handle(method, f"/api/v1/{name}", query, headers, data)
        assert found.status == told.status, (path, body, found.body, told.body)
        if not name.startswith("health"):
            words = ("error", "detail")
            ours, theirs = plain(found.body), plain(told.body)
            if isinstance(ours, dict) and found.status in (400, 404):
                ours, theirs = ({k: v for k, v in what.items() if k not in words} for what in (ours, theirs))
            assert ours == theirs, (path, body)
        else:
            health, known = json.loads(found.body), json.loads(told.body)
            assert {key: health[key] for key in known} == known


@pytest.mark.parametrize("code", [code for code in RETCODES if code not in (10008, 10009, 10010)])
def test_each_retcode_has_the_status_of_the_contract(code: int) -> None:
    door = Door(retcodes=[code])
    found = service_of(door).handle(POST, "/api/v1/trades/open", "", {"authorization": f"Bearer {TOKEN}"},
                                    json.dumps(OPEN).encode())  # fmt: skip
    said = json.loads(found.body)
    assert (said["retcode"], said["retcode_name"], said["success"]) == (code, RETCODES[code], False)
    assert said["outcome"] == ("unknown" if found.status == 504 else "rejected")
    assert found.status == answers.STATUS.get(code, 422) == STATUSES.get(code, 422)


def test_the_tables_are_those_of_the_terminal() -> None:
    assert RETCODES == constants.RETCODES and TIMEFRAMES == rates.TIMEFRAMES


def call(service: Service, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    known = {"authorization": f"Bearer {TOKEN}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    data = b"" if body is None else json.dumps(body).encode()
    found = service.handle(method, f"/api/v1/{path}", "", known, data)
    return found.status, json.loads(found.body)


def test_an_answer_that_was_lost_is_unknown_and_a_terminal_that_is_silent_is_no_flat_account() -> None:
    door = Door(lost_results=1)
    service = service_of(door)
    status, said = call(service, POST, "trades/open", OPEN)
    assert (status, said["outcome"]) == (504, "unknown")
    assert len(call(service, GET, "open-positions")[1]["positions"]) == 1
    door.knobs.failed_reads = 1
    status, said = call(service, GET, "open-positions")
    assert (status, said["success"], said["positions"]) == (503, False, [])
    door.knobs.connected = False
    assert call(service, POST, "trades/open", OPEN)[0] == 503
    assert call(service, GET, "health")[1]["status"] == "down"


def test_without_the_token_nothing_but_health_is_answered_and_without_one_of_its_own_it_does_not_start() -> None:
    door = Door()
    service = service_of(door)
    assert service.handle(GET, "/health", "", {}, b"").status == 200
    for wrong in ({}, {"authorization": "Bearer x"}, {"authorization": "Basic demo-token"}):
        assert service.handle(GET, "/api/v1/open-positions", "", wrong, b"").status == 401
        assert service.handle(POST, "/api/v1/trades/open", "", wrong, json.dumps(OPEN).encode()).status == 401
    with pytest.raises(InputError, match="token"):
        Service(door.site.terminal, "", lambda: door.now, Wall("0"))


def test_the_same_key_is_the_same_deed_for_a_day_and_another_body_is_a_clash() -> None:
    door = Door()
    service = service_of(door)
    first = call(service, POST, "trades/open", OPEN, idempotency_key="k")
    assert call(service, POST, "trades/open", OPEN, idempotency_key="k") == first
    assert call(service, POST, "trades/open", {**OPEN, "magic": 1}, idempotency_key="k")[0] == 409
    assert len(door.positions) == 1
    door.wait(86_401)
    call(service, POST, "trades/open", OPEN, idempotency_key="k")
    assert len(door.positions) == 2


@pytest.mark.parametrize("name", ["XAUUSDm", "GOLD", "XAUUSD.raw"])
def test_a_brokers_own_name_is_found_and_told_with_ours(name: str) -> None:
    service = service_of(Door(names={"XAUUSD": name}))
    status, said = call(service, POST, "trades/open", OPEN)
    assert (status, said["symbol"], said["broker_symbol"]) == (200, "XAUUSD", name)
    assert call(service, GET, "open-positions")[1]["positions"][0]["symbol"] == "XAUUSD"


def test_of_two_names_none_is_taken_but_the_one_that_is_mapped() -> None:
    door = Door(suffixes=("m", "c"))
    assert call(service_of(door), POST, "trades/open", OPEN)[0] == 422
    mapped = Service(door.site.terminal, TOKEN, lambda: door.now, Wall("7200"), {"XAUUSD": "XAUUSDc"})
    assert call(mapped, POST, "trades/open", OPEN)[1]["broker_symbol"] == "XAUUSDc"


def test_the_clock_is_inferred_from_a_tick_that_comes_and_from_no_other() -> None:
    door = Door()
    service = service_of(door, "")
    assert call(service, GET, "history/deals")[0] == 503
    door.price("EURUSD", "1.10010", "1.10012")
    assert call(service, GET, "history/deals")[0] == 200
    assert call(service, GET, "health")[1]["utc_offset_s"] == 7_200
    closed = Door(start=SATURDAY)
    closed.wait(4_000)
    silent = service_of(closed, "")
    assert call(silent, GET, "health")[1]["utc_offset_s"] is None
    status, said = call(silent, GET, "history/deals")
    assert status == 503 and "clock" in said["error"]


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * SECOND


def test_the_last_tick_of_a_market_that_has_closed_tells_nothing_whenever_the_connector_starts() -> None:
    last = ns("2026-11-20T23:59:58+00:00") // SECOND  # of a clock three hours ahead, written as if it were UTC
    for start in range(ns("2026-11-20T21:00:00+00:00"), ns("2026-11-21T12:00:00+00:00"), 120 * SECOND):
        wall = Wall()
        for look in range(0, 60 * SECOND, 20 * SECOND):
            wall.infer(last, start + look)
        assert not wall.known
    # It came while nobody looked.
    wall = Wall()
    wall.infer(last - 40_000, ns("2026-11-20T09:53:00+00:00"))
    wall.infer(last, ns("2026-11-21T08:02:00+00:00"))
    assert not wall.known


def test_a_clock_that_was_inferred_is_looked_at_each_hour_and_two_ticks_change_it() -> None:
    wall, begin = Wall(), ns("2026-10-23T10:00:00+00:00")
    for now in (begin, begin + 5 * SECOND):
        assert wall.due(now)
        wall.infer(now // SECOND + 10_800, now)
    assert wall.ahead(begin) == 10_800 * SECOND
    assert not wall.due(begin + 3_500 * SECOND) and wall.due(begin + 3_700 * SECOND)
    later = ns("2026-10-26T10:00:00+00:00")
    seen = []
    for now in (later, later + 10 * SECOND, later + 20 * SECOND):
        assert wall.due(now)
        wall.infer(now // SECOND + 7_200, now)
        seen.append(wall.ahead(now) // SECOND)
    assert seen == [10_800, 10_800, 7_200]
    assert not Wall("7200").due(later)


@pytest.mark.parametrize("given", ["7200", "-18000", "0", "Europe/Athens"])
def test_a_clock_that_is_told_goes_there_and_back(given: str) -> None:
    wall = Wall(given)
    for moment in range(NOON, NOON + 400 * 86_400 * SECOND, 86_400 * SECOND):
        assert wall.utc(wall.seconds(moment) * 1000) == moment
    assert wall.text(0) is None


@pytest.mark.parametrize("given", ["Mars/Olympus", "99999999", "one hour"])
def test_a_clock_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(InputError):
        Wall(given)


def test_a_terminal_that_does_not_start_says_why_and_without_the_library_there_is_none() -> None:
    door = Door()
    with pytest.raises(NotReady, match="Authorization failed"):
        started(door.site.terminal, "", 1, "wrong", "nowhere")
    started(door.site.terminal, "", 5_000_001, "", "")
    with pytest.raises(PackageMissing, match=r"tradewright\[mt5\]"):
        installed()


def test_over_real_sockets_it_serves_one_call_at_a_time_and_nobody_without_the_token() -> None:
    door = Door()

    async def program() -> None:
        found: list[int] = []
        options = ConnectorOptions(token=TOKEN * 2, port=0, utc_offset="Europe/Athens", seconds=30)
        serving = asyncio.create_task(served(door.site.terminal, options, found.append))
        async with asyncio.timeout(10):
            while not found:
                await asyncio.sleep(0.01)
        base, transport = f"http://127.0.0.1:{found[0]}", AiohttpTransport()
        token = {"Authorization": f"Bearer {TOKEN * 2}"}
        asked = [HttpRequest(POST, f"{base}/api/v1/trades/open", token, json.dumps(OPEN).encode()) for _ in range(8)]
        told = await asyncio.gather(*(transport.request(one, 10) for one in asked))
        assert [one.status for one in told] == [200] * 8
        assert len({json.loads(one.body)["ticket"] for one in told}) == 8
        assert (await transport.request(HttpRequest(GET, f"{base}/api/v1/open-positions"), 10)).status == 401
        assert (await transport.request(HttpRequest(GET, f"{base}/health"), 10)).status == 200
        large = HttpRequest(POST, f"{base}/api/v1/trades/open", token, b"x" * 100_000)
        assert (await transport.request(large, 10)).status in (413, 500)
        await transport.close()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await asyncio.sleep(0.05)

    asyncio.run(program())


class Connected:
    """The connector in the simulator's place: its terminal, our answers. It has no stream."""

    def __init__(self, site: Mt5Site, service: Service) -> None:
        self.site = site
        self.trouble = site.trouble
        self.service = service

    def request(self, request: Request, now: int) -> Answer:
        self.site.advance(now)
        self.site.terminal.trouble = self.site.trouble
        found = self.service.handle(request.method, request.path, request.query, request.headers, request.body)
        return Answer(found.status, found.body, dict(found.headers))

    def connect(self, request: Request, now: int) -> Connection | Answer:
        return Answer(404)

    def advance(self, now: int) -> None:
        self.site.advance(now)

    def due(self) -> int | None:
        return self.site.due()

    def inject(self, kind: str, now: int) -> bool:
        return self.site.inject(kind, now)


@pytest.mark.parametrize("mode", [HEDGING, NETTING])
@pytest.mark.parametrize("kind", ["nothing", "lost_results", "failed_reads"])
def test_the_client_trades_through_it_and_knows_what_the_broker_did(kind: str, mode: str) -> None:
    async def program(world: World) -> None:
        service = Service(world.site.terminal, TOKEN, world.clock, Wall("Europe/Athens"))
        world.transport.venues["mt5"].site = Connected(world.site, service)
        await world.start()
        if kind == "lost_results":
            world.site.broker.knobs.lost_results = 6
        elif kind == "failed_reads":
            world.site.broker.knobs.failed_reads = 12
        await trade(world, 30)
        await asyncio.sleep(20)
        await world.until(world.ledger.settled, 60)
        await asyncio.sleep(12)
        await world.check()

    play(program, mode, list[Fault](), seed=5)
