"""The interface over HTTP: what it tells is what the books hold, and who may ask for what. Sockets, service and journal
are real."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.command import tradewright
from tests.e2e.judge import records
from tests.project import COMPILED_ALONE
from tests.unit.app.standing_api import BOTH, Client, Dam, FullDisk, asked, instant, standing
from tradewright.adapters.journal import points
from tradewright.app.api import door, past, problem, server, shapes
from tradewright.app.api.child import MEMORY_BYTES_MAX, NICENESS, said_by
from tradewright.app.api.desk import BARS_KEPT
from tradewright.app.api.keys import KeyRing
from tradewright.app.api.problem import Problem
from tradewright.app.api.server import ROUTES, application_of
from tradewright.app.config import read_config
from tradewright.app.config_keys import ServerBlock
from tradewright.app.history import fold, rerun
from tradewright.app.home import JOURNAL
from tradewright.app.limits import configured
from tradewright.app.service import Service
from tradewright.core.limits import LIMITS, limits_from
from tradewright.core.orders import OrderState
from tradewright.model.control import HALTED, CloseRequested, Timer
from tradewright.model.errors import InputError, JournalFull, LifeCycleError
from tradewright.model.event import TRADING_STATE_SET, Event
from tradewright.model.market import Bar
from tradewright.model.moment import moment_text
from tradewright.model.numbers import money_text, text_of
from tradewright.trader import Outcome, Trader

pytestmark = COMPILED_ALONE


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def filled_in(path: str) -> str:
    return path.replace("{symbol}", "BTCUSD").replace("{order_id}", "none-1-1")


# ── who may ask ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_not_declared_is_not_served_and_not_told_to_strangers(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        declared = {(route.method, route.path) for route in ROUTES}
        served = {
            (method, one.path)  # type: ignore[attr-defined]
            for one in application_of(client.desk).routes
            for method in one.methods  # type: ignore[attr-defined]
        }
        assert served == declared
        for path in ("/nope", "/api/v1/nope", "/redoc", "/api/v1/orders/", "/docs/oauth2-redirect"):
            assert (await client.ask("GET", path, key="")).code == "UNAUTHORIZED"
            assert (await client.ask("GET", path)).code == "NOT_FOUND"
        assert (await client.ask("PUT", "/api/v1/kill")).code == "METHOD_NOT_ALLOWED"
        other = await client.ask("POST", "/health", key="")
        assert (other.code, other.headers["Allow"]) == ("METHOD_NOT_ALLOWED", "GET")

    asked(tmp_path, act)


def test_a_key_that_is_bound_to_an_account_sees_no_other(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        key = client.make("read", "trade", "risk", "kill", accounts=["two"])
        theirs = next(id for id, state in client.engine.orders.items() if state.order.account == "one")
        assert [one["accountId"] for one in (await client.get("/api/v1/accounts", key))["accounts"]] == ["two"]
        assert (await client.get("/api/v1/account", key))["accountId"] == "two"
        lists = {
            "orders": "account", "lots": "account", "fills": "account", "matches": "account", "decisions": "account",
            "strategies": "account", "positions": "account",
        }  # fmt: skip
        for name, field in lists.items():
            found = (await client.get(f"/api/v1/{name}", key))[name]
            assert {one[field] for one in found} <= {"two"}, name
            assert found or name == "matches"
        assert [one["account"] for one in (await client.get("/api/v1/reconciliation", key))["accounts"]] == ["two"]
        assert list((await client.get("/api/v1/limits", key))["limits"]) == ["account:two"]
        exposure = await client.get("/api/v1/status/exposure", key)
        assert [one["symbol"] for one in exposure["symbols"]] == ["ETHUSD"]
        for path in (f"/api/v1/orders/{theirs}", f"/api/v1/explain/{theirs}", "/api/v1/account?account=one",
                     "/api/v1/orders?account=one", "/api/v1/positions/BTCUSD"):  # fmt: skip
            assert (await client.ask("GET", path, key=key)).code == "NOT_FOUND", path
        for path in ("/api/v1/positions/BTCUSD?account=one", "/api/v1/positions?account=one"):
            assert (await client.ask("DELETE", path, key=key)).code == "NOT_FOUND", path
        for scope in ("all", "account:one", "venue:paper", "owner:two", "symbol:ETHUSD", "account:two/symbol:ETHUSD"):
            answer = await client.ask("POST", "/api/v1/kill", {"scope": scope, "reason": "x"}, key)
            assert answer.code == "FORBIDDEN", scope
        await client.ask("POST", "/api/v1/kill", {"scope": "account:one", "reason": "x"})
        answer = await client.ask("POST", "/api/v1/kill", {"scope": "account:two", "reason": "x"}, key)
        assert answer.row["states"] == {"account:two": "HALTED"}
        assert [one["scope"] for one in (await client.get("/api/v1/states", key))["states"]] == ["account:two"]
        assert [one["scope"] for one in (await client.get("/api/v1/states"))["states"]] == [
            "account:one",
            "account:two",
        ]

    asked(tmp_path, act)


def test_every_route_is_blind_to_what_is_another_users(tmp_path: Path) -> None:
    """Whatever is asked of an account by a key that is bound to another one is not there or not allowed, or is answered
    without a word of it."""

    async def act(client: Client) -> None:
        await client.has_traded()
        await client.ask("POST", "/api/trading/start?account=one", {"maxPositions": 9})
        key = client.make("read", "trade", "risk", "kill", accounts=["two"], name="bob")
        theirs = next(id for id, state in client.engine.orders.items() if state.order.account == "one")
        before = (len(client.engine.orders), dict(client.engine.states))
        blind = []
        for route in ROUTES:
            if not route.scope:
                continue
            path = route.path.replace("{symbol}", "BTCUSD").replace("{order_id}", theirs)
            body = None if route.body is None else route.example
            if route.path == "/api/v1/explain":
                path += f"?symbol=BTCUSD&at={moment_text(client.engine.now)}"
            answer = await client.ask(route.method, f"{path}{'&' if '?' in path else '?'}account=one", body, key)
            if answer.status == 200:
                # A token's text is random letters.
                said = json.dumps({**answer.row, "accessToken": ""}, default=str)
                assert "one" not in said and "walker" not in said, (path, answer)
                blind.append(route.path)
            else:
                assert answer.status in (403, 404), (path, answer)
        assert set(blind) == TOLD_TO_ALL, "these are asked of no account"
        assert before == (len(client.engine.orders), dict(client.engine.states))

    asked(tmp_path, act)


#: Routes that take no account: what they tell is of those that the key sees, or of none.
TOLD_TO_ALL = {
    "/api/v1/accounts", "/api/v1/limits", "/api/v1/states", "/api/v1/strategies", "/api/v1/reconciliation",
    "/api/v1/bars/{symbol}", "/api/v1/strategies/weights", "/api/v1/token",
}  # fmt: skip


def test_a_key_ends_with_the_request_after_its_revocation_by_another_process(tmp_path: Path) -> None:
    home = tmp_path / "home"

    async def act(client: Client) -> None:
        made = tradewright("keys", "make", "bob", "--scope", "read", "--home", home, "--json").row
        assert (await client.ask("GET", "/api/v1/accounts", key=made["key"])).status == 200
        assert tradewright("keys", "revoke", made["id"], "--home", home).code == 0
        assert (await client.ask("GET", "/api/v1/accounts", key=made["key"])).code == "UNAUTHORIZED"
        listed = tradewright("keys", "list", "--home", home, "--json")
        assert [(key["name"], bool(key["revoked"])) for key in listed.row["keys"]] == [
            ("admin", False), ("ann", False), ("bob", True)
        ]  # fmt: skip
        assert made["key"].split("_", 2)[2] not in listed.out + (home / "keys.json").read_text()

    asked(tmp_path, act)


def test_the_first_key_is_made_once_and_keys_are_for_their_owners_eyes(tmp_path: Path) -> None:
    texts = []

    async def act(client: Client) -> None:
        file = tmp_path / "home/admin.key"
        texts.append(file.read_text())
        assert (file.stat().st_mode & 0o777, client.desk.ring.file.stat().st_mode & 0o777) == (0o600, 0o600)
        assert (await client.ask("GET", "/api/v1/limits", key=texts[-1].strip())).status == 200

    asked(tmp_path, act)
    asked(tmp_path, act)
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ann", "--scope", "reed"], "each one of read, trade"),
        (["a b", "--scope", "read"], "a key is called by"),
        (["ann", "--scope", "read", "--expires", "2020-01-01T00:00:00Z"], "a key ends in the future"),
        (["ann", "--scope", "read", "--expires", "1970-01-01T00:00:00Z"], "a key ends in the future"),
        (["ann", "--scope", "read", "--expires", "soon"], "is no moment"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    said = tradewright("keys", "make", *arguments, "--home", tmp_path)
    assert (said.code, sentence in said.err) == (2, True), said
    assert KeyRing(tmp_path).keys() == {}


def test_a_damaged_file_of_keys_lets_nobody_in_and_hides_nothing_that_is_open(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        for content in (b"[{", b"\xff", b'[{"id": "\xff"}]'):
            client.desk.ring.file.write_bytes(content)
            for path in door.OPEN:
                assert (await client.ask("GET", path)).status == 200, path
            answer = await client.ask("POST", "/api/v1/kill", {"reason": "x"})
            assert (answer.status, answer.code) == (503, "KEYS_UNREADABLE")
        assert client.engine.states == {}

    asked(tmp_path, act)


# ── how much, how often ────────────────────────────────────────────────────────────────────────────────────────────


def test_bodies_are_bounded_in_size_time_and_depth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_SECONDS_MAX", 0.5)

    async def act(client: Client) -> None:
        large = b'{"reason": "' + b"x" * door.BODY_BYTES_MAX + b'"}'
        assert (await client.ask("POST", "/api/v1/kill", large)).code == "BODY_TOO_LARGE"
        deep = b'{"reason":' + b"[" * 8_000
        assert (await client.ask("POST", "/api/v1/kill", deep)).code == "INVALID_REQUEST"
        for body in ({}, {"reason": ""}, {"reason": "x", "scope": 1}, {"reason": "x", "who": "eve"}, b"{", b"\xff",
                     {"reason": "x", "state": "ACTIVE"}, {"reason": "x", "scope": "account:none"}):  # fmt: skip
            assert (await client.ask("POST", "/api/v1/kill", body)).code == "INVALID_REQUEST", body
        host, port = client.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = (
            f"POST /api/v1/kill HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.key}\r\nContent-Length: 20\r\n\r\n"
        )
        writer.write(head.encode() + b'{"reason":')
        assert b"408" in await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        assert client.engine.states == {}

    asked(tmp_path, act)


def test_one_who_listens_where_it_is_bound_is_found_before_anything_is_journaled(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", 0))
        block = ServerBlock(port=bound.getsockname()[1])
        with server._bound(block) as first:
            assert first.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
            with pytest.raises(InputError, match="can not be had"):
                server._bound(block)


def test_who_asks_too_often_is_told_when_to_come_again_and_keeps_nobody_else_out(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        other = client.make("read")
        answers = [await client.ask("GET", "/api/v1/states") for _ in range(30)]
        late = [one for one in answers if one.status != 200]
        assert len(answers) - len(late) >= 4 and late
        assert {(one.code, one.headers["Retry-After"]) for one in late} == {("RATE_LIMITED", "1")}
        assert (await client.ask("GET", "/api/v1/states", key=other)).status == 200
        strangers = [await client.ask("GET", "/health", key="") for _ in range(30)]
        assert {one.status for one in strangers} == {200, 429}
        assert (await client.ask("GET", "/api/v1/states", key=other)).status == 200

    asked(tmp_path, act, BOTH.replace("requestsPerSecond: 1000", "requestsPerSecond: 2"))


# ── what is told ───────────────────────────────────────────────────────────────────────────────────────────────────


#: Routes that tell of one account, and ask for its name where there are several.
OF_ONE = ("account", "positions", "position", "exposure", "trading_session", "trading_performance")


def test_every_answer_has_its_declared_shape_and_asking_changes_nothing(tmp_path: Path) -> None:
    asked_of = []

    async def act(client: Client) -> None:
        asked_of.append(client.service)
        await client.has_traded()
        await client.ask("DELETE", "/api/v1/positions/ETHUSD?account=two")
        await client.until(lambda: any(book.matches for book in client.engine.ledger.books.values()))
        assert (await client.ask("POST", "/api/trading/start?account=one", {"maxPositions": 9})).status == 200
        order = next(reversed(client.engine.orders))
        for route in ROUTES:
            if route.method != "GET" or route.answer is None:
                continue
            path = route.path.replace("{symbol}", "BTCUSD").replace("{order_id}", order)
            query = "?account=one" if route.name in OF_ONE else ""
            answer = await client.ask("GET", path + query)
            assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json"), path
            assert answer.headers["Cache-Control"] == "no-store"
            decoded = msgspec.json.decode(answer.content, type=route.answer)
            again = msgspec.json.Encoder(decimal_format="number").encode(decoded)
            assert json.loads(again) == json.loads(answer.content), path

    asked(tmp_path, act)
    journal = tmp_path / "home" / JOURNAL
    assert fold(journal).state_hash == asked_of[0].engine.state_hash()
    assert rerun(journal).differences == []


#: As the specification that users know writes them: name → type in JSON; None: it may be null.
USERS = {
    "/api/v1/orders/ID": {
        "orderId": str, "symbol": str, "side": str, "quantity": Decimal, "filledQuantity": Decimal, "status": str,
        "averagePrice": Decimal, "createdAt": str, "updatedAt": str,
    },
    "/api/v1/positions/BTCUSD?account=one": {
        "symbol": str, "quantity": Decimal, "side": str, "averageEntryPrice": Decimal, "currentPrice": Decimal,
        "marketValue": Decimal, "unrealizedPnl": Decimal, "unrealizedPnlPercent": Decimal,
    },
    "/api/v1/positions?account=one": {"positions": list, "totalEquity": Decimal, "buyingPower": Decimal},
    "/api/v1/account?account=one": {
        "accountId": str, "equity": Decimal, "cash": Decimal, "buyingPower": Decimal, "daytradeCount": type(None),
        "patternDayTrader": type(None), "tradingBlocked": bool, "accountBlocked": bool,
    },
    "/api/v1/orders": {"orders": list, "nextCursor": type(None)},
    "/health": {"status": str, "checks": dict, "lastOrderAt": str, "openPositions": int, "pendingOrders": int},
    "/api/v1/status/exposure?account=one": {"success": bool, "symbols": list, "global": dict},
}  # fmt: skip


def test_the_shapes_that_users_know_are_kept_by_name_and_type(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        bought = next(id for id, state in client.engine.orders.items() if state.filled)
        for path, fields in USERS.items():
            found = await client.get(path.replace("ID", bought))
            for name, kind in fields.items():
                value = found[name]
                numeric = kind is Decimal and type(value) in (Decimal, int)
                assert numeric or type(value) is kind, (path, name, value)
        (exposed, *_) = (await client.get("/api/v1/status/exposure?account=one"))["symbols"]
        names = ("symbol", "longCount", "shortCount", "totalCount", "estimatedRiskAmount", "lastUpdated")
        assert all(name in exposed for name in names)
        everything = (await client.get("/api/v1/status/exposure?account=one"))["global"]
        assert {"totalOpenTrades", "totalEstimatedRiskAmount", "lastUpdated"} <= set(everything)

    asked(tmp_path, act)


def test_what_left_memory_is_told_by_the_journal_as_it_was(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        named = {"symbol": "BTCUSD", "side": "buy", "quantity": "0.01", "type": "market", "clientOrderId": "mine"}
        await client.ask("POST", "/api/v1/orders?account=one", named)
        for name in ("one", "two"):
            await client.ask("DELETE", f"/api/v1/positions?account={name}")
        await client.until(lambda: not any(book.lots for book in client.engine.ledger.books.values()))
        orders = (await client.get("/api/v1/orders?limit=500"))["orders"]
        ended = [order for order in orders if order["status"] != "new"]
        assert len(ended) >= 7 and "mine" in [order["clientOrderId"] for order in ended]
        # A day later what has ended is not remembered any more.
        client.service.connected.deliver(Timer(client.engine.now + 25 * 3600 * 10**9, "later"))
        await client.until(lambda: len(client.engine.orders) < len(orders))
        found: list[Any] = []
        after = ""
        while after is not None:
            page = await client.get(f"/api/v1/orders/history?limit=3&after={after}")
            assert 0 < len(page["orders"]) <= 3
            found, after = found + page["orders"], page["nextCursor"]
        by_id = {order["orderId"]: order for order in found}
        assert [order["orderId"] for order in found] == [order["orderId"] for order in orders]
        assert [by_id[order["orderId"]] for order in ended] == ended
        moment, symbol = ended[1]["createdAt"], ended[1]["symbol"]
        some = (await client.get(f"/api/v1/orders/history?since={moment}&symbol={symbol}"))["orders"]
        assert some and {one["symbol"] for one in some} == {symbol}
        assert min(instant(one["createdAt"]) for one in some) == instant(moment)
        none = await client.get(f"/api/v1/orders/history?until={orders[-1]['createdAt']}")
        assert none == {"orders": [], "nextCursor": None}

        closed = (await client.get("/api/v1/positions/history"))["positions"]
        assert {(one["account"], one["symbol"], one["side"]) for one in closed} == {
            ("two", "ETHUSD", "long"), ("one", "BTCUSD", "long"),
        }  # fmt: skip
        ends = [instant(one["closedAt"]) for one in closed]
        assert ends == sorted(ends, reverse=True)
        matches = (await client.get("/api/v1/matches?limit=500"))["matches"]
        for one in closed:
            pieces = [match for match in matches if match["account"] == one["account"]]
            assert one["realizedPnl"] == sum(Decimal(match["pnl"]) for match in pieces)
            assert instant(one["openedAt"]) == min(instant(match["openedAt"]) for match in pieces)
        first = await client.get("/api/v1/positions/history?limit=1")
        second = await client.get(f"/api/v1/positions/history?limit=1&after={first['nextCursor']}")
        assert [*first["positions"], *second["positions"]] == closed and second["nextCursor"] is None

        key = client.make("read", accounts=["two"])
        rows = (await client.get("/api/v1/orders/history", key))["orders"]
        assert {row["account"] for row in rows} == {"two"}
        for path in ("orders", "positions"):
            assert (await client.ask("GET", f"/api/v1/{path}/history?account=one", key=key)).code == "NOT_FOUND"
            assert (await client.ask("GET", f"/api/v1/{path}/history?since=once")).code == "INVALID_REQUEST"
            assert (await client.ask("GET", f"/api/v1/{path}/history?after=none-x")).code == "INVALID_REQUEST"

    asked(tmp_path, act)


def order_states() -> dict[int, OrderState]:
    """Those that lie in any container, by their identity. The collector of the compiled build knows neither them nor a
    tuple of them, but what holds the tuple."""
    within = gc.get_referents(*gc.get_objects())
    return {id(one): one for one in [*within, *gc.get_referents(*within)] if isinstance(one, OrderState)}


def test_a_page_of_the_past_takes_no_room_for_all_the_orders_there_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        await client.ask("DELETE", "/api/v1/positions?account=one")
        await client.ask("DELETE", "/api/v1/positions?account=two")
        await client.until(lambda: not any(book.lots for book in client.engine.ledger.books.values()))
        client.service.connected.deliver(Timer(client.engine.now + 25 * 3600 * 10**9, "later"))

    asked(tmp_path, act)
    steps, held = past._steps, [0]

    def counted(journal: Path, trader: Trader, to: int) -> Iterator[tuple[int, Event, list[Event]]]:
        before = order_states()
        yield from steps(journal, trader, to)
        states = [one for id, one in order_states().items() if id not in before]
        held[0] = len([one for one in states if trader.engine.orders.get(one.order.id) is not one])

    monkeypatch.setattr(past, "_steps", counted)
    wanted = past.Wanted(past.ORDERS, ["one", "two"], "", 0, 2**63 - 1, 1, "")
    told = past.orders_of(tmp_path / "home" / JOURNAL, 2**62, wanted)
    assert len(told.orders) == 1 and told.next_cursor and held[0] == 2


def test_what_folds_the_journal_beside_the_engine_gives_way_to_it_and_takes_so_much_memory() -> None:
    async def said(size: int) -> tuple[int, bytes]:
        return await said_by("tests.unit.app.heavy", str(size))

    assert asyncio.run(said(1)) == (0, f"{NICENESS} {MEMORY_BYTES_MAX}".encode())
    with pytest.raises(Problem, match="2048 MiB of memory"):
        asyncio.run(said(MEMORY_BYTES_MAX))


def test_bars_are_told_as_they_were_heard_the_newest_first(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        engine, minute = client.engine, 60 * 10**9
        await client.until(lambda: engine.now)
        begin = engine.now + minute
        for number in range(BARS_KEPT + 2):
            now = begin + number * minute
            open, high, low, close = 10_000 + number, 30_000, 5_000, 20_000
            bar = Bar(now, engine.symbols["BTCUSD"], now - minute, open, high, low, close, 150_000_000)
            client.service.connected.deliver(bar)
        await client.until(lambda: client.desk.bars.get("BTCUSD", [None])[-1] is bar)
        found = (await client.get("/api/v1/bars/BTCUSD?limit=500"))["bars"]
        heard = [bar for bar in found if bar["volume"] == "1.5"]
        assert [bar["open"] for bar in heard[:2]] == ["1.0501", "1.05"] and len(found) == BARS_KEPT
        assert heard[0] == {
            "openedAt": moment_text(now - minute), "closedAt": moment_text(now), "open": "1.0501", "high": "3",
            "low": "0.5", "close": "2", "volume": "1.5",
        }  # fmt: skip
        assert len((await client.get("/api/v1/bars/BTCUSD?limit=3"))["bars"]) == 3
        assert (await client.get("/api/v1/bars/ETHUSD")) == {"symbol": "ETHUSD", "bars": []}
        assert (await client.ask("GET", "/api/v1/bars/NONE")).code == "NOT_FOUND"

    asked(tmp_path, act)


def test_what_is_told_is_what_the_books_hold(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        engine = client.engine
        book = next(one for one in engine.ledger.books.values() if one.instrument.symbol == "BTCUSD")
        size, price = book.instrument.size_scale, book.instrument.price_scale
        lots = (await client.get("/api/v1/lots?symbol=BTCUSD"))["lots"]
        assert [(one["quantity"], one["price"]) for one in lots] == [
            (text_of(lot.size, size), text_of(lot.price_units, price)) for lot in book.lots
        ]
        position = await client.get("/api/v1/positions/BTCUSD?account=one")
        assert position["quantity"] == sum(Decimal(one["quantity"]) for one in lots)
        cost = sum(Decimal(one["quantity"]) * Decimal(one["price"]) for one in lots)
        assert abs(position["averageEntryPrice"] - cost / position["quantity"]) <= Decimal("1e-9")
        gain = position["quantity"] * position["currentPrice"] - cost
        assert position["unrealizedPnl"] == gain
        assert abs(position["unrealizedPnlPercent"] - gain / cost * 100) <= Decimal("1e-4")
        assert position["marketValue"] == position["quantity"] * position["currentPrice"]
        fills = (await client.get("/api/v1/fills?symbol=BTCUSD"))["fills"]
        assert sorted(one["tradeId"] for one in fills) == sorted(lot["tradeId"] for lot in lots)
        one = (await client.get(f"/api/v1/fills?orderId={lots[0]['orderId']}"))["fills"]
        assert [fill["tradeId"] for fill in one] == [lots[0]["tradeId"]]
        order = await client.get(f"/api/v1/orders/{lots[0]['orderId']}")
        assert (order["status"], order["filledQuantity"]) == ("filled", Decimal(lots[0]["quantity"]))
        assert order["averagePrice"] == Decimal(lots[0]["price"])
        # The market goes on between two questions: money is compared where it stands still.
        account = await client.get("/api/v1/account?account=two")
        assert account["cash"] == Decimal(money_text(engine.ledger.cash["two"]["USD"]))
        limits = await client.get("/api/v1/limits")
        assert limits["limits"]["account:one"] == {
            "maxOrderValue": "10000", "maxPositionSizePercent": "20", "maxDailyLossPercent": "3", "maxOpenPositions": 20
        }  # fmt: skip
        assert "maxOrderValue" not in limits["off"]["one"] and "maxLeverage" in limits["off"]["one"]
        used = next(
            one for one in limits["utilisation"] if (one["scope"], one["code"]) == ("account:one", "MAX_OPEN_POSITIONS")
        )  # fmt: skip
        assert (used["value"], used["limit"], used["usedPercent"]) == ("1", "20", "5")

    asked(tmp_path, act)


@pytest.mark.parametrize("status", ["all", "open", "closed"])
def test_pages_hold_each_order_once_the_newest_first(status: str, tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        await client.ask("POST", "/api/v1/kill", {"reason": "stand still"})
        await client.until(
            lambda: not any(one.order.limit_units for one in client.engine.orders.values() if one.is_open())
        )
        orders = {
            id: one
            for id, one in client.engine.orders.items()
            if status == "all" or one.is_open() == (status == "open")
        }
        found: list[dict[str, Any]] = []
        cursor, pages = "", 0
        while cursor is not None:
            page = await client.get(f"/api/v1/orders?status={status}&limit=3&after={cursor}")
            assert len(page["orders"]) <= 3 and pages < 100
            found, cursor, pages = found + page["orders"], page["nextCursor"], pages + 1
        ids = [one["orderId"] for one in found]
        assert sorted(ids) == sorted(orders) and len(ids) == len(set(ids)) and pages >= 2
        times = [instant(one["createdAt"]) for one in found]
        assert times == sorted(times, reverse=True)
        own = await client.get(f"/api/v1/orders?status={status}&account=two")
        assert {one["orderId"] for one in own["orders"]} == {
            id for id, one in orders.items() if one.order.account == "two"
        }
        for query in ("limit=0", "limit=501", "limit=x", "status=x", "after=%00", "account=none"):
            assert (await client.ask("GET", f"/api/v1/orders?{query}")).status in (404, 422), query

    asked(tmp_path, act)


def test_what_works_is_listed_behind_a_cursor_whose_order_has_ended(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        first = await client.get("/api/v1/orders?status=open&limit=1")
        cursor = first["nextCursor"]
        account = first["orders"][0]["account"]
        await client.ask("POST", f"/api/v1/orders/cancel?account={account}", {"reason": "x"})
        await client.ask("DELETE", f"/api/v1/positions?account={account}")
        await client.until(lambda: not client.engine.orders[cursor].is_open())
        ids = [*client.engine.orders]
        left = {id for id in ids[: ids.index(cursor)] if client.engine.orders[id].is_open()}
        rest = await client.get(f"/api/v1/orders?status=open&limit=500&after={cursor}")
        assert {one["orderId"] for one in rest["orders"]} == left != set()
        unknown = await client.ask("GET", "/api/v1/orders?after=none-1-1")
        assert unknown.code == "INVALID_REQUEST" and "begin the list anew" in unknown.row["detail"]

    asked(tmp_path, act)


def test_a_story_is_the_command_lines_and_decisions_carry_every_check(tmp_path: Path) -> None:
    home = tmp_path / "home"
    answers: dict[str, Any] = {}

    async def act(client: Client) -> None:
        await client.has_traded()
        await client.ask("POST", "/api/v1/kill", {"reason": "stand still"})
        bought = next(id for id, state in client.engine.orders.items() if state.filled)
        answers[bought] = await client.get(f"/api/v1/explain/{bought}")
        told = (await client.get("/api/v1/decisions?limit=500"))["decisions"]
        (decision,) = [one for one in told if one["orderId"] == bought]
        assert decision["checks"] == [{"scope": "", "limitVersion": 0, **one} for one in answers[bought]["checks"]]
        assert (decision["approved"], decision["reason"]) == (True, "it is time")
        times = [instant(one["time"]) for one in told]
        assert times == sorted(times, reverse=True)
        at = moment_text(client.engine.now)
        newest = await client.get(f"/api/v1/explain?symbol=ETHUSD&at={at}")
        assert (newest["symbol"], newest["account"]) == ("ETHUSD", "two")
        early = await client.ask("GET", "/api/v1/explain?symbol=ETHUSD&at=2020-01-01T00:00:00Z")
        assert early.code == "NOT_FOUND"
        for query in ("symbol=ETHUSD&at=noon", "symbol=ETHUSD", "at=2020-01-01T00:00:00Z"):
            assert (await client.ask("GET", f"/api/v1/explain?{query}")).code == "INVALID_REQUEST"
        assert (await client.ask("GET", "/api/v1/explain/none-1-1")).code == "NOT_FOUND"
        both = await asyncio.gather(*[client.ask("GET", f"/api/v1/explain/{bought}") for _ in range(2)])
        assert sorted(one.status for one in both) == [200, 503]

    asked(tmp_path, act)
    ((bought, story),) = answers.items()
    assert tradewright("explain", bought, "--home", home, "--json").row == json.loads(json.dumps(story, default=float))


def test_nothing_is_told_that_is_not_durable(tmp_path: Path) -> None:
    dam = Dam(points.BEFORE_COMMIT)

    async def act(client: Client) -> None:
        await client.has_traded()
        # An engine with a command to send would wait for the disk itself, and this loop with it.
        await client.ask("POST", "/api/v1/kill", {"reason": "stand still"})
        bids = [one for one in client.engine.orders.values() if one.order.limit_units]
        await client.until(lambda: not any(one.is_open() for one in bids))
        journal = client.service.room.live.journal
        dam.open.clear()
        opens = threading.Timer(2.0, dam.open.set)
        opens.start()
        before = journal.head.sequence
        await client.until(lambda: journal.head.sequence > before and journal.durable < journal.head.sequence)
        assert (await client.ask("GET", "/api/v1/accounts")).status == 200
        assert dam.open.is_set() and journal.durable > before
        opens.join()

    asked(tmp_path, act, crash=dam)


def test_what_became_durable_is_told_where_nothing_else_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dam = Dam(points.BEFORE_COMMIT)
    monkeypatch.setattr(Service, "_feeds", lambda self: iter(()))
    heard: list[int] = []

    async def act(client: Client) -> None:
        live = client.service.room.live
        told = live.listener
        await asyncio.sleep(0.5)

        def listener(event: Event, outcome: Outcome) -> None:
            heard.append(event.time)
            told(event, outcome)

        live.listener = listener
        dam.open.clear()
        now = max(client.engine.now, client.service.clock())
        client.desk.connected.deliver(Timer(now, "a word that no command follows"))
        await client.until(lambda: live.untold)
        assert heard == []
        dam.open.set()
        await client.until(lambda: heard)
        assert heard == [now] and client.engine.now == now

    asked(tmp_path, act, crash=dam)


# ── what is asked for ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_kill_and_a_rearm_are_records_in_the_name_of_the_key(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        work = [id for id, one in client.engine.orders.items() if one.is_open() and one.order.role == "entry"]
        assert work
        killed = await client.ask("POST", "/api/v1/kill", {"reason": "looks odd"}, client.make("kill", name="eve"))
        assert killed.row["states"] == {"all": "HALTED"} and client.engine.states["all"] == HALTED
        assert client.service.room.live.journal.durable >= killed.row["record"]
        assert (await client.get("/api/v1/states"))["states"] == [{"scope": "all", "state": "HALTED", "cause": "eve"}]
        await client.until(lambda: all(client.engine.orders[id].status == "CANCELLED" for id in work))
        account = await client.get("/api/v1/account?account=one")
        assert (account["tradingBlocked"], account["accountBlocked"], account["tradingState"]) == (True, True, "HALTED")
        only_kill = await client.ask("POST", "/api/v1/rearm", {"reason": "x"}, client.make("kill"))
        assert only_kill.code == "FORBIDDEN"
        armed = await client.ask("POST", "/api/v1/rearm", {"reason": "understood"}, client.make("risk", name="bob"))
        assert armed.row["states"] == {} and client.engine.states == {}
        narrow = await client.ask("POST", "/api/v1/kill", {"scope": "venue:paper", "reason": "x", "close": True})
        assert narrow.code == "INVALID_REQUEST"

    asked(tmp_path, act)
    said = [row for row in records(tmp_path / "home" / JOURNAL) if row[0] == TRADING_STATE_SET]
    assert [row[4:] for row in said[:2]] == [["eve", "looks odd"], ["bob", "understood"]]


def test_who_may_stop_may_neither_loosen_what_is_stopped_nor_close(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        kill = client.make("kill")

        async def asks(scope: str, state: str, key: str, close: bool = False) -> int:
            body = {"scope": scope, "state": state, "reason": "x", "close": close}
            return (await client.ask("POST", "/api/v1/kill", body, key)).status

        assert await asks("account:one", "REDUCING", kill) == 200
        assert await asks("account:one", "HALTED", kill) == 200
        assert await asks("account:one", "REDUCING", kill) == 403
        assert await asks("account:one", "HALTED", kill) == 200
        client.engine.halted["walker"] = "DEFECT"
        assert await asks("strategy:walker", "REDUCING", kill) == 403 and "walker" in client.engine.halted
        assert await asks("strategy:walker", "HALTED", kill) == 200
        assert client.engine.states["account:one"] == HALTED and "walker" in client.engine.halted
        assert await asks("account:two", "HALTED", kill, close=True) == 403
        assert "account:two" not in client.engine.states and any(
            one.net for one in client.engine.accounts["two"].positions
        )
        assert await asks("account:one", "REDUCING", client.make("kill", "risk")) == 200
        assert await asks("account:two", "HALTED", client.make("kill", "trade"), close=True) == 200
        await client.until(lambda: not any(one.net for one in client.engine.accounts["two"].positions))

    asked(tmp_path, act)


def test_a_position_that_is_closed_is_gone_and_its_orders_are_named(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        assert (await client.ask("DELETE", "/api/v1/positions/BTCUSD")).code == "ACCOUNT_NEEDED"
        answer = await client.ask("DELETE", "/api/v1/positions/BTCUSD?account=one")
        assert answer.row["status"] == "pending" and answer.row["refused"] == []
        assert answer.row["orderIds"] == [answer.row["orderId"]]
        await client.until(lambda: client.engine.orders[answer.row["orderId"]].status == "FILLED")
        assert (await client.ask("GET", "/api/v1/positions/BTCUSD?account=one")).code == "NOT_FOUND"
        assert (await client.ask("DELETE", "/api/v1/positions/BTCUSD?account=one")).code == "NOT_FOUND"
        matched = (await client.get("/api/v1/matches?symbol=BTCUSD"))["matches"]
        assert {one["closeOrderId"] for one in matched} == {answer.row["orderId"]} and len(matched) == 3
        assert (await client.get("/api/v1/positions?account=two"))["positions"], "another account keeps what it holds"
        rest = await client.ask("DELETE", "/api/v1/positions?account=two")
        assert (rest.row["closedCount"], rest.row["refused"]) == (1, [])
        await client.until(lambda: not any(one.net for one in client.engine.accounts["two"].positions))
        again = await client.ask("DELETE", "/api/v1/positions?account=two")
        assert again.row == {"closedCount": 0, "orderIds": [], "refused": []}
        story = await client.get(f"/api/v1/explain/{answer.row['orderId']}")
        assert story["signal"]["reason"] == "ann: closed through the interface"

    asked(tmp_path, act)
    journal = tmp_path / "home" / JOURNAL
    assert rerun(journal).differences == [] and fold(journal).alarms == []


def test_openings_are_cancelled_by_what_they_are_and_exits_stay(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        entries = {id for id, one in client.engine.orders.items() if one.is_open() and one.order.role == "entry"}
        exits = {id for id, one in client.engine.orders.items() if one.is_open() and one.order.role != "entry"}
        mine = {id for id in entries if client.engine.orders[id].order.account == "one"}
        body = {"side": "sell", "reason": "x"}
        assert (await client.ask("POST", "/api/v1/orders/cancel?account=one", body)).row == {"cancelled": []}
        answer = await client.ask("POST", "/api/v1/orders/cancel?account=one", {"side": "buy", "reason": "x"})
        assert set(answer.row["cancelled"]) == mine != set()
        await client.until(lambda: all(client.engine.orders[id].status == "CANCELLED" for id in mine))
        assert all(client.engine.orders[id].is_open() for id in (entries - mine) | exits) and entries - mine and exits

    asked(tmp_path, act)


@pytest.mark.parametrize("path", ["/api/v1/positions/BTCUSD?account=one", "/api/v1/positions?account=one"])
def test_a_close_that_leaves_without_a_record_is_never_told_as_refused_or_as_nothing(path: str, tmp_path: Path) -> None:
    disk = FullDisk()

    async def act(client: Client) -> None:
        await client.has_traded()
        disk.full = True
        for _ in range(2):
            answer = await client.ask("DELETE", path)
            assert (answer.status, answer.code) == (503, "NOT_DURABLE")
            assert "it may have been sent, look at the venue" in answer.row["detail"]
        await client.until(lambda: not any(one.net for one in client.engine.accounts["one"].positions))
        cancelled = await client.ask("POST", "/api/v1/orders/cancel?account=two", {"reason": "x"})
        assert cancelled.code == "NOT_DURABLE"
        assert (await client.ask("GET", "/api/v1/accounts")).code == "NOT_DURABLE", "the books are ahead of the disk"
        killed = await client.ask("POST", "/api/v1/kill", {"reason": "looks odd"})
        assert (killed.status, killed.row["record"]) == (200, None)

    with pytest.raises(JournalFull):
        asked(tmp_path, act, crash=disk)


def test_an_engine_that_fails_while_it_carries_out_what_is_asked_ends_with_its_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        assert (await client.ask("POST", "/api/v1/kill", {"scope": "account:none", "reason": "x"})).status == 422
        assert (await client.ask("GET", "/health")).status == 200, "what was asked wrongly ends nothing"
        live, broken = client.service.room.live, LifeCycleError("no such edge")

        append = live._append

        def breaks(event: Event, outcome: Outcome) -> int:
            if isinstance(event, CloseRequested):
                raise broken
            return append(event, outcome)

        monkeypatch.setattr(live, "_append", breaks)
        answer = await client.ask("DELETE", "/api/v1/positions?account=one")
        assert answer.status in (500, 503)
        await client.until(lambda: client.service.connected._failure is broken)
        await asyncio.sleep(0.5)
        stands = live.journal.head.sequence
        await asyncio.sleep(0.5)
        assert live.journal.head.sequence == stands

    with pytest.raises(LifeCycleError, match="no such edge"):
        asked(tmp_path, act)
    journal = tmp_path / "home" / JOURNAL
    assert rerun(journal).differences == [], "no snapshot holds what no record does"
    assert not list(journal.glob("snapshots/*"))


# ── with the service ───────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_stays_connected_does_not_hold_the_stop_up_and_the_address_is_free_behind_it(tmp_path: Path) -> None:
    async def program() -> None:
        async with standing(tmp_path) as client:
            host, port = client.url.removeprefix("http://").split(":")
            idle = await asyncio.open_connection(host, int(port))
            half = await asyncio.open_connection(host, int(port))
            half[1].write(b"GET /health HTTP/1.1\r\nHost")
            await client.get("/health")
            begin = time.monotonic()
        assert time.monotonic() - begin < 20
        for _, writer in (idle, half):
            writer.close()
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind((host, int(port)))

    asyncio.run(program())


def test_an_address_that_is_taken_is_a_sentence_before_anything_is_journaled(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        text = BOTH.replace("port: 0", f"port: {taken.getsockname()[1]}")

        async def act(client: Client) -> None:
            raise AssertionError("it was served")

        with pytest.raises(InputError, match=r"service.yaml:8: server.port: .* can not be had"):
            asked(tmp_path, act, text)
    assert records(tmp_path / "home" / JOURNAL) == []


def certificate(folder: Path) -> None:
    """One for this machine, signed by itself."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
         folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost"],
        check=True, capture_output=True,
    )  # fmt: skip


def test_with_a_certificate_it_speaks_tls_alone(tmp_path: Path) -> None:
    certificate(tmp_path)
    tls = BOTH.replace("port: 0", "port: 0, host: 0.0.0.0, tlsCertificate: cert.pem, tlsKey: key.pem")

    async def act(client: Client) -> None:
        client.url = client.url.replace("0.0.0.0", "127.0.0.1")
        assert client.url.startswith("https://")
        assert (await client.ask("GET", "/api/v1/accounts")).status == 200
        client.url = client.url.replace("https", "http")
        with pytest.raises(Exception, match=r"[Ss]erver disconnected|Connection|Bad status|400"):
            await client.ask("GET", "/health")

    asked(tmp_path, act, tls)
    (tmp_path / "cert.pem").write_text("nothing")
    with pytest.raises(InputError, match="can not be used"):
        asked(tmp_path, act, tls)


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("{host: 0.0.0.0}", r":2: server.host: 0.0.0.0 can be reached by other machines"),
        ("{host: example.org}", "example.org can be reached by other machines"),
        ("{host: '::'}", "can be reached by other machines"),
        ("{tlsKey: key.pem}", ":2: server: tlsCertificate and tlsKey are given together"),
        ("{prot: 1}", "prot"),
        ("{port: 70000}", ":2: server.port"),
        ("{requestsPerSecond: 0}", ":2: server.requestsPerSecond"),
    ],
)
def test_keys_do_not_go_over_a_network_in_the_clear(block: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "service.yaml"
    file.write_text(f"accounts: {{a: {{venue: paper, symbols: [BTCUSD]}}}}\nserver: {block}\n")
    with pytest.raises(InputError, match=sentence):
        read_config(file, {})
    for good in ("{host: '::1'}", "{host: localhost}", "{host: 0.0.0.0, behindProxy: true}", "{port: 0}"):
        file.write_text(f"accounts: {{a: {{venue: paper, symbols: [BTCUSD]}}}}\nserver: {good}\n")
        read_config(file, {})


def test_nothing_but_a_service_that_is_to_answer_loads_what_answers(tmp_path: Path) -> None:
    code = (
        "import sys, tradewright, tradewright.cli, tradewright.app.serving, tradewright.app.demo;"
        "import tradewright.backtest.run;"
        "print(sorted({'fastapi', 'uvicorn', 'starlette', 'pydantic'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))
    assert said.stdout.strip() == "[]", said


def test_what_it_says_of_itself_is_whole_and_asks_no_other_host(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        document = await client.get("/openapi.json", "")
        assert document["openapi"].startswith("3.1")
        operations = {
            (method.upper(), path): one for path, found in document["paths"].items() for method, one in found.items()
        }
        assert set(operations) == {(route.method, route.path) for route in ROUTES}
        for route in ROUTES:
            one = operations[route.method, route.path]
            assert one["description"] and one["x-scope"] == route.scope
            near = [{}] if route.path == "/metrics" else []
            assert one["security"] == ([{"key": []}, *near] if route.scope else [])
            assert ("requestBody" in one) == (route.body is not None)
            if route.body is not None:
                example = one["requestBody"]["content"]["application/json"]["example"]
                msgspec.convert(example, route.body)
        text = json.dumps(document, default=str)
        named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
        assert named and named <= set(document["components"]["schemas"])
        order = document["components"]["schemas"]["Order"]["properties"]
        assert order["quantity"] == {"type": "number"} and order["side"]["enum"] == ["buy", "sell"]
        page = await client.ask("GET", "/docs", key="")
        assert (page.status, b"/api/v1/kill" in page.content) == (200, True)
        assert b"http://" not in page.content and b"https://" not in page.content and b"<script" not in page.content
        assert page.headers["content-security-policy"].startswith("default-src 'none'")

    asked(tmp_path, act)


def test_limits_are_shown_as_a_file_of_limits_has_them() -> None:
    block: dict[str, Any] = {
        "maxOrderValue": "1500.5", "maxOrderQuantity": "0.25", "maxDailyLossPercent": "3", "maxOpenPositions": 20,
        "minCooldownMinutesBetweenTrades": "7.5", "maxSpread": "0.02", "minDistanceFromDailyHigh": {"points": 12},
        "maxLeverage": "1.5", "minConfidence": "0.6", "tradepicker.reservationTtlMs": "1500",
        "riskModel": "price_distance",
        "requireMarketSession": True, "blockedSymbols": ["A", "B"], "maxPriceAgeSeconds": "0.5",
        "softLimits": ["maxSpread"],
    }  # fmt: skip
    values = limits_from(block).values
    assert {name: configured(name, value) for name, value in values.items()} == block
    assert {LIMITS[name][0] for name in block} >= {"money", "quantity", "ppm", "count", "minutes", "price", "ratio"}


def test_a_defect_is_told_by_its_place_and_never_by_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tradewright.app.api import books
    from tradewright.app.service_log import ServiceLog

    def broken(*_: object) -> shapes.Account:
        raise ValueError("canary-in-an-error")

    monkeypatch.setattr(books, "account_shape", broken)

    async def program() -> None:
        async with standing(tmp_path, log=ServiceLog(False)) as client:
            answer = await client.ask("GET", "/api/v1/accounts")
            assert (answer.status, answer.code, answer.row["detail"]) == (500, "INTERNAL", "")
            assert (await client.ask("GET", "/health")).status == 200

    asyncio.run(program())
    said = capsys.readouterr()
    (defect,) = [line for line in said.out.splitlines() if "DEFECT" in line]
    assert "DEFECT GET ValueError in " in defect and "broken:" in defect
    assert "canary" not in said.out + said.err


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("side", None), ("maxPositionSizePercent", None), ("a-strategy-by-its-name", None),
        ("12345678901234567.8", None), ("tw_0123abcd_x", None), ("tw_0123abcd_xyzabc", "…"), ("a1" * 40, "…"),
        ("a1" * 7, None), ("a1" * 8, "…"),
    ],
)  # fmt: skip
def test_a_sentence_repeats_no_key(said: str, shown: str | None) -> None:
    shown = said[:40] if shown is None else shown
    body = json.dumps({"reason": said, "quantity": 1}).encode()
    assert problem.unrepeated(f"it is {said[:40]!r} that is wrong", body) == f"it is {shown!r} that is wrong"
    assert problem.unrepeated(f"unknown field `{said}`", body) in (
        f"unknown field `{shown}`",
        f"unknown field `{said}`",
    )
