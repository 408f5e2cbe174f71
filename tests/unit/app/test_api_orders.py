"""Orders over HTTP: placed, changed and cancelled one at a time, each once, by whom it may concern. Sockets, service
and journal are real."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.judge import records
from tests.project import COMPILED_ALONE
from tests.unit.app.standing_api import BOTH, Answer, Client, FullDisk, asked
from tradewright.app import audit
from tradewright.app.api import shapes
from tradewright.app.api.digits import DIGITS_MAX
from tradewright.app.api.direct import Direct, takes_nothing
from tradewright.app.api.route import ANY
from tradewright.app.api.server import ROUTES
from tradewright.app.history import fold, rerun
from tradewright.app.home import JOURNAL
from tradewright.model.errors import JournalFull
from tradewright.model.event import DECISION, MODIFY_REQUESTED, ORDER_REQUESTED

pytestmark = COMPILED_ALONE
#: A bid that nobody meets, and a size that the limits of the service let pass.
BID: dict[str, Any] = {"symbol": "BTCUSD", "side": "buy", "quantity": "0.01", "type": "limit", "limitPrice": "30000"}


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def post(client: Client, key: str | None = None, account: str = "one", **terms: Any) -> Answer:
    body = {name: value for name, value in (BID | terms).items() if value is not None}
    return await client.ask("POST", f"/api/v1/orders?account={account}", body, key)


async def works(client: Client, order_id: str) -> None:
    await client.until(lambda: client.engine.orders[order_id].status == "ACCEPTED")


def test_an_order_is_placed_answered_and_found_again(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        made = (await post(client, clientOrderId="a-1", timeInForce="day", reason="for lunch")).row
        assert (made["status"], made["clientOrderId"], made["code"]) == ("pending", "a-1", "")
        assert made["orderIds"] == [made["orderId"]] and all(check["passed"] for check in made["checks"])
        assert {"INSUFFICIENT_FUNDS", "POSITION_LIMIT", "SYMBOL_NOT_TRADABLE"} <= {
            one["code"] for one in made["checks"]
        }
        await works(client, made["orderId"])
        order = await client.get(f"/api/v1/orders/{made['orderId']}")
        assert (order["type"], order["limitPrice"], order["quantity"]) == ("limit", 30_000, Decimal("0.01"))
        assert (order["timeInForce"], order["strategyId"], order["clientOrderId"]) == ("day", "manual", "a-1")
        assert order["createdAt"] == made["createdAt"] and order["decisionId"] == made["decisionId"]
        listed = (await client.get("/api/v1/orders?account=one&limit=1"))["orders"]
        assert [one["orderId"] for one in listed] == [made["orderId"]]
        (decision,) = [
            one for one in (await client.get("/api/v1/decisions"))["decisions"]
            if one["decisionId"] == made["decisionId"]
        ]  # fmt: skip
        assert (decision["checks"], decision["reason"]) == (made["checks"], "ann: for lunch")
        bought = (await post(client, type="market", limitPrice=None)).row
        await client.until(lambda: client.engine.orders[bought["orderId"]].status == "FILLED")
        sold = (await post(client, type="market", limitPrice=None, side="sell", reduceOnly=True)).row
        await client.until(lambda: client.engine.orders[sold["orderId"]].status == "FILLED")
        assert client.engine.orders[sold["orderId"]].order.role == "exit"

    asked(tmp_path, act)
    journal = tmp_path / "home" / JOURNAL
    assert rerun(journal).differences == []


def test_orders_that_come_at_once_share_their_waits_and_each_has_its_answer(tmp_path: Path) -> None:
    met: Counter[str] = Counter()

    async def act(client: Client) -> None:
        await client.has_traded()
        await asyncio.gather(*[client.get("/api/v1/status/exposure?account=one") for _ in range(8)])
        names = ["a", "b", "c", "d", "a", "e", "f"]
        before = met.copy()
        *answers, wrong = await asyncio.gather(
            *[post(client, clientOrderId=name) for name in names], post(client, symbol="NOPE")
        )
        assert met["live-before-durable"] - before["live-before-durable"] <= 3
        assert met["paper-after-commit"] - before["paper-after-commit"] <= 3
        assert (wrong.status, wrong.code) == (422, "INVALID_REQUEST")
        ids = {name: answer.row["orderId"] for name, answer in zip(names, answers, strict=True)}
        assert len(set(ids.values())) == 6 and answers[0].row["orderId"] == answers[4].row["orderId"]
        for name, order_id in ids.items():
            await works(client, order_id)
            assert (await client.get(f"/api/v1/orders/{order_id}"))["clientOrderId"] == name
        rows = [
            row
            for row in map(msgspec.json.decode, audit.lines_of(tmp_path / "home"))
            if row.get("path") == "/api/v1/orders"
        ]
        told = [row["record"] for row in rows if row["status"] == 200]
        assert len(told) == 7 and len(set(told)) == 7

    asked(tmp_path, act, crash=lambda point: met.update([point]))
    assert rerun(tmp_path / "home" / JOURNAL).differences == []


def test_where_the_journal_fails_under_orders_that_come_at_once_none_is_told_to_be_placed(tmp_path: Path) -> None:
    disk = FullDisk()

    async def act(client: Client) -> None:
        await client.has_traded()
        disk.full = True
        for answer in await asyncio.gather(*[post(client, clientOrderId=f"{number}") for number in range(4)]):
            assert (answer.status, answer.code) == (503, "NOT_DURABLE")

    with pytest.raises(JournalFull):
        asked(tmp_path, act, crash=disk)


def test_a_request_without_a_query_is_answered_as_one_with_a_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two ways lead to a route; the short one does not ask FastAPI."""

    async def act(client: Client) -> None:
        reader = client.make("read")
        direct = client.service.api.door.behind  # type: ignore[union-attr]
        assert isinstance(direct, Direct)
        plain = {(route.method, route.path): route for route in ROUTES if takes_nothing(route)}
        assert ("GET", "/api/v1/accounts") in plain and ("GET", "/api/v1/bars/{symbol}") not in plain

        async def both(method: str, path: str, key: str, body: bytes | None) -> int:
            short, long = [await client.ask(method, f"{path}{query}", body, key) for query in ("", "?a=b")]
            assert (short.status, short.content) == (long.status, long.content), path
            assert [*short.headers] == [*long.headers], path
            return short.status

        changing = [one for one in plain.items() if one[0][0] != "GET" and one[1].scope != ANY]
        assert len(changing) > 8
        for (method, path), route in changing:
            assert await both(method, path, reader, None) == 403
            assert route.body is None or await both(method, path, client.key, b"{") == 422
        assert await both("GET", "/api/v1/states", reader, None) == 200
        assert await both("GET", "/api/v1/account", reader, None) == 422
        await client.has_traded()
        monkeypatch.setattr(direct._behind, "build_middleware_stack", None)
        monkeypatch.setattr(direct._behind, "middleware_stack", None)
        body = BID | {"quantity": "0.02"}
        alone = await client.ask("POST", "/api/v1/orders", body, client.make("trade", accounts=["one"]))
        assert alone.status == 200 and alone.row["status"] == "pending"
        assert (await client.ask("POST", "/api/v1/orders?account=one", body)).code == "INTERNAL"

    asked(tmp_path, act)


TYPES = {
    "market": {}, "limit": {"limitPrice": 30_000}, "stop": {"stopPrice": 900_000},
    "stop_limit": {"stopPrice": 900_000, "limitPrice": 900_001},
}  # fmt: skip


def test_each_type_has_its_prices_and_no_other(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        every = {"limitPrice": 30_000, "stopPrice": 900_000}
        for type, prices in TYPES.items():
            for name, price in every.items():
                said = {"limitPrice": None} | prices
                said = {**said, name: None} if name in prices else {**said, name: price}
                answer = await post(client, type=type, **said)
                what = "a" if name in prices else "no"
                assert answer.code == "INVALID_REQUEST", (type, name)
                price_name = name.removesuffix("Price")
                assert answer.row["detail"] == f"an order of type {type} has {what} {price_name} price"
            made = (await post(client, **({"type": type, "limitPrice": None} | prices))).row
            order = await client.get(f"/api/v1/orders/{made['orderId']}")
            assert (order["type"], order["limitPrice"], order["stopPrice"]) == (
                type, prices.get("limitPrice"), prices.get("stopPrice"),
            )  # fmt: skip
            assert order["timeInForce"] == "gtc", "there is no day where a market never closes"

    asked(tmp_path, act)


def test_a_refusal_by_a_rule_is_an_answer_with_its_decision_and_every_check(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        cases: list[tuple[dict[str, Any], str]] = [
            ({"quantity": 10, "type": "market", "limitPrice": None}, "MAX_ORDER_VALUE"),
            ({"quantity": "1000000000", "limitPrice": "0.01"}, "MAX_ORDER_VALUE"),
            ({"reservation": "none"}, "RESERVATION_ENDED"),
            ({"reduceOnly": True, "side": "sell"}, "REDUCE_ONLY"),
        ]
        for terms, code in cases:
            row = (await post(client, **terms)).row
            assert (row["status"], row["code"], row["orderIds"]) == ("rejected", code, []), terms
            failed = [check["code"] for check in row["checks"] if not check["passed"]]
            assert failed[0] == code
            assert (await client.get(f"/api/v1/orders/{row['orderId']}"))["status"] == "rejected"
            story = await client.get(f"/api/v1/explain/{row['orderId']}")
            assert [check["code"] for check in story["checks"] if not check["passed"]] == failed
        await client.ask("POST", "/api/v1/kill", {"scope": "symbol:BTCUSD", "reason": "x"})
        assert (await post(client)).row["code"] == "TRADING_STATE"

    asked(tmp_path, act)


def test_what_its_venue_refuses_is_told_as_that(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        terms = {"type": "market", "limitPrice": None, "extendedHours": True, "clientOrderId": "late"}
        made = (await post(client, **terms)).row
        await client.until(lambda: client.engine.orders[made["orderId"]].status == "REJECTED")
        again = (await post(client, **terms)).row
        assert (again["orderId"], again["status"], again["code"]) == (made["orderId"], "rejected", "BROKER_ERROR")
        assert "EXTENDED_HOURS_NEEDS_LIMIT" in again["reason"]

    asked(tmp_path, act)


def test_one_name_is_one_order_at_once_later_and_after_a_restart(tmp_path: Path) -> None:
    made: dict[str, Any] = {}

    async def first(client: Client) -> None:
        await client.has_traded()
        both = await asyncio.gather(*[post(client, clientOrderId="a-1") for _ in range(8)])
        ids = {one.row["orderId"] for one in both}
        assert len(ids) == 1 and {one.status for one in both} == {200}
        (order_id,) = ids
        await works(client, order_id)
        again = (await post(client, clientOrderId="a-1", reason="I heard nothing", quantity=0.010)).row
        made.update(both[0].row)
        assert again == made | {"status": "accepted"}
        for other in ({"quantity": "0.02"}, {"side": "sell"}, {"limitPrice": 30_001}, {"timeInForce": "ioc"},
                      {"strategyId": "walker"}, {"postOnly": True}):  # fmt: skip
            answer = await post(client, clientOrderId="a-1", **other)
            assert (answer.status, answer.code) == (409, "CLIENT_ORDER_ID_TAKEN"), other
            assert order_id in answer.row["detail"]
        elsewhere = await post(client, account="two", clientOrderId="a-1", symbol="ETHUSD", limitPrice=1000, quantity=1)
        assert elsewhere.row["status"] == "pending" and elsewhere.row["orderId"] != order_id

    async def then(client: Client) -> None:
        await client.until(lambda: client.engine.orders)
        row = (await post(client, clientOrderId="a-1")).row
        same = ("orderId", "createdAt", "clientOrderId", "decisionId", "orderIds")
        assert {name: row[name] for name in same} == {name: made[name] for name in same}
        assert row["checks"] is None, "the process does not remember its decision, explain does"
        story = await client.get(f"/api/v1/explain/{row['orderId']}")
        assert story["checks"]
        assert (await post(client, clientOrderId="a-1", quantity="0.02")).code == "CLIENT_ORDER_ID_TAKEN"

    asked(tmp_path, first)
    asked(tmp_path, then)
    journal = tmp_path / "home" / JOURNAL
    assert rerun(journal).differences == []
    said = [row for row in records(journal) if row[0] == ORDER_REQUESTED and row[14] == "a-1" and row[2] == "one"]
    assert len(said) == 10, "each time that it was asked for is on record"
    assert len([row for row in records(journal) if row[0] == DECISION and "I heard nothing" in str(row)]) == 0


def test_orders_are_found_by_their_callers_name(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        async def named(name: str, more: str = "", key: str | None = None) -> list[str]:
            found = await client.get(f"/api/v1/orders?clientOrderId={name}{more}", key)
            assert found["nextCursor"] is None
            return [one["orderId"] for one in found["orders"]]

        await client.has_traded()
        first = (await post(client, clientOrderId="a.1")).row["orderId"]
        other = (await post(client, clientOrderId="a.2")).row["orderId"]
        await post(client)
        elsewhere = await post(client, account="two", clientOrderId="a.1", symbol="ETHUSD", limitPrice=1000, quantity=1)
        there = elsewhere.row["orderId"]
        assert await named("a.2") == [other] and await named("a") == await named("A.1") == []
        assert await named("a.1") == [there, first], "the newest first"
        assert await named("a.1", "&account=one") == await named("a.1", "&symbol=BTCUSD") == [first]
        bound = client.make("read", accounts=["two"])
        assert await named("a.1", key=bound) == [there] and await named("a.2", key=bound) == []
        denied = (await post(client, clientOrderId="a.3", quantity=500)).row["orderId"]
        assert await named("a.3") == await named("a.3", "&status=closed") == [denied]
        assert await named("a.3", "&status=open") == []
        await post(client, clientOrderId="in", type="market", limitPrice=None)
        await client.until(
            lambda: any(book.strategy == "manual" and book.lots for book in client.engine.ledger.books.values())
        )
        turned = await post(client, clientOrderId="out", type="market", limitPrice=None, side="sell", quantity="0.02")
        opens, (closes,) = turned.row["orderId"], turned.row["orderIds"]
        assert turned.row["status"] == "rejected", "nobody is short of it here; what it closes is closed"
        assert await named("out") == [opens, closes]
        page = await client.get("/api/v1/orders?clientOrderId=out&limit=1")
        assert ([one["orderId"] for one in page["orders"]], page["nextCursor"]) == ([opens], opens)
        assert await named("out", f"&after={opens}") == [closes]
        for strange in (f"clientOrderId=out&after={first}", "clientOrderId=a/b", f"clientOrderId={'x' * 65}"):
            assert (await client.ask("GET", f"/api/v1/orders?{strange}")).code == "INVALID_REQUEST", strange

    asked(tmp_path, act)


#: Bodies that are none, by what is wrong with them.
NONE_SUCH: dict[str, bytes | dict[str, Any]] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "no text": b'{"symbol": "\xff"}',
    "half a character": b'{"symbol": "BTCUSD", "reason": "\\ud800"}',
    "too deep": b'{"quantity": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "an unknown name": BID | {"qty": 1},
    "no size": {name: value for name, value in BID.items() if name != "quantity"},
    "a size of zero": BID | {"quantity": 0},
    "a size below zero": BID | {"quantity": -1},
    "a size that is none": BID | {"quantity": "much"},
    "a size that is true": BID | {"quantity": True},
    "a size that is nested": BID | {"quantity": {"value": 1}},
    "a size beyond any": b'{"symbol":"BTCUSD","side":"buy","quantity":1e400,"type":"market"}',
    "a size beyond any exponent": b'{"symbol":"BTCUSD","side":"buy","quantity":1e999999999,"type":"market"}',
    "no number": b'{"symbol":"BTCUSD","side":"buy","quantity":NaN,"type":"market"}',
    "no number as text": BID | {"quantity": "NaN"},
    "a number of Python's": BID | {"quantity": "1_0"},
    "a number in other digits": BID | {"limitPrice": "\u0663"},
    "a number in blanks": BID | {"quantity": " 1 "},
    "infinity as text": BID | {"quantity": "Infinity"},
    "finer than its symbol": BID | {"quantity": "0.000000001"},
    "finer than any, by a digit": BID | {"quantity": "1." + "0" * 70 + "1"},
    "a number of a float": b'{"symbol":"BTCUSD","side":"buy","quantity":0.30000000000000004,"type":"market"}',
    "a price of zero": BID | {"limitPrice": 0},
    "a price beyond any": BID | {"limitPrice": "99999999999999999999"},
    "a symbol that is not there": BID | {"symbol": "NONE"},
    "no symbol": BID | {"symbol": ""},
    "a long symbol": BID | {"symbol": "x" * 65},
    "a side that is none": BID | {"side": "up"},
    "a type that is none": BID | {"type": "iceberg"},
    "a time that is none": BID | {"timeInForce": "never"},
    "a long name": BID | {"clientOrderId": "x" * 65},
    "an empty name": BID | {"clientOrderId": ""},
    "a name with signs": BID | {"clientOrderId": "a/b"},
    "a name with a line": BID | {"clientOrderId": "a\n"},
    "no strategy": BID | {"strategyId": ""},
    "a long reason": BID | {"reason": "x" * 501},
}


def test_a_body_that_is_none_is_a_problem_and_leaves_nothing(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        orders = len(client.engine.orders)
        for what, body in NONE_SUCH.items():
            answer = await client.ask("POST", "/api/v1/orders?account=one", body)
            assert (answer.status, answer.code) == (422, "INVALID_REQUEST"), (what, answer)
        assert (await client.ask("POST", "/api/v1/orders", BID)).code == "ACCOUNT_NEEDED"
        assert (await client.ask("POST", "/api/v1/orders?account=none", BID)).code == "NOT_FOUND"
        large = await client.ask("POST", "/api/v1/orders?account=one", BID | {"reason": "x" * 20_000})
        assert large.code == "BODY_TOO_LARGE"
        assert len(client.engine.orders) == orders

    asked(tmp_path, act)
    assert [row for row in records(tmp_path / "home" / JOURNAL) if row[0] == ORDER_REQUESTED] == []


def test_numbers_and_texts_are_read_to_the_last_digit_and_the_largest_ends_nothing(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        for written, size in (("0.01", "0.01"), (0.01, "0.01"), ("1e-2", "0.01"), ("0.01234567", "0.01234567"),
                              ("46116860184.27387903", "46116860184.27387903")):  # fmt: skip
            row = (await post(client, quantity=written)).row
            assert (await client.get(f"/api/v1/orders/{row['orderId']}"))["quantity"] == Decimal(size), written
        exact = b'{"symbol":"BTCUSD","side":"buy","type":"limit","limitPrice":30000.01,"quantity":0.123456780000}'
        row = (await client.ask("POST", "/api/v1/orders?account=one", exact)).row
        assert client.engine.orders[row["orderId"]].order.quantity == 12_345_678
        dear = await post(client, quantity="46116860184.27387903", limitPrice="900719925474.09")
        assert dear.row["status"] == "rejected" and "POSITION_RANGE" in [one["code"] for one in dear.row["checks"]]
        assert (await client.ask("GET", "/health")).status == 200

    asked(tmp_path, act)
    assert DIGITS_MAX == 15


def test_an_order_is_changed_and_stays_one(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        made = (await post(client, clientOrderId="a")).row
        path = f"/api/v1/orders/{made['orderId']}"
        await works(client, made["orderId"])
        changed = (await client.ask("PATCH", path, {"quantity": "0.02", "limitPrice": 30001.5})).row
        assert (changed["status"], changed["quantity"], changed["limitPrice"]) == (
            "pending", Decimal("0.02"), Decimal("30001.5"),
        )  # fmt: skip
        await client.until(lambda: client.engine.orders[made["orderId"]].order.limit_units == 300_015_000)
        order = await client.get(path)
        assert (order["quantity"], order["limitPrice"], order["clientOrderId"]) == (
            Decimal("0.02"), Decimal("30001.5"), "a",
        )  # fmt: skip
        refused = (await client.ask("PATCH", path, {"quantity": 500})).row
        assert (refused["status"], refused["code"]) == ("rejected", "MAX_ORDER_VALUE")
        assert [one["code"] for one in refused["checks"] if not one["passed"]]
        off = (await client.ask("PATCH", path, {"limitPrice": "30000.001"})).row
        assert off["code"] == "PRICE_INCREMENT", "it is not rounded"
        assert (await client.ask("PATCH", path, {"timeInForce": "ioc"})).row["code"] == "TIME_IN_FORCE_STAYS"
        assert (await client.ask("PATCH", path, {"stopPrice": 1})).row["code"] == "TERMS_OF_TYPE"
        for body in ({}, {"quantity": 0}, {"limitPrice": "1.00001"}, {"quantity": "x"}, {"size": 1}, b"[]"):
            assert (await client.ask("PATCH", path, body)).code == "INVALID_REQUEST", body
        assert (await client.ask("PATCH", "/api/v1/orders/none-1-1", {"quantity": 1})).code == "NOT_FOUND"
        assert (await client.ask("DELETE", path)).row["success"] is True
        await client.until(lambda: client.engine.orders[made["orderId"]].status == "CANCELLED")
        late = await client.ask("PATCH", path, {"quantity": 1})
        assert (late.status, late.code) == (409, "ORDER_ENDED")
        again = (await client.ask("DELETE", path)).row
        assert again == {"success": False, "message": f"{made['orderId']} has ended: CANCELLED"}
        assert (await client.ask("DELETE", "/api/v1/orders/none-1-1")).code == "NOT_FOUND"

    asked(tmp_path, act)
    journal = tmp_path / "home" / JOURNAL
    assert rerun(journal).differences == []
    assert len([row for row in records(journal) if row[0] == MODIFY_REQUESTED]) == 5


def test_a_stop_that_guards_is_moved_and_not_cancelled(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        stop = next(
            one.order for one in client.engine.orders.values()
            if one.order.role == "stop_loss" and one.is_open() and one.order.account == "one"
        )  # fmt: skip
        path = f"/api/v1/orders/{stop.id}"
        answer = (await client.ask("DELETE", path)).row
        assert answer["success"] is False and "is the stop of what walker holds" in answer["message"]
        price = Decimal(stop.stop_units + 100).scaleb(-4)
        assert (await client.ask("PATCH", path, {"stopPrice": str(price)})).row["status"] in ("pending", "accepted")
        await client.until(lambda: client.engine.orders[stop.id].order.stop_units == price * 10_000)
        assert client.engine.orders[stop.id].is_open()

    asked(tmp_path, act)


def test_a_quantity_of_a_position_is_closed_and_no_more_than_there_is(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        path = "/api/v1/positions/BTCUSD?account=one"
        held = (await client.get(path))["quantity"]
        rests = {id for id, one in client.engine.orders.items() if one.is_open() and one.order.role == "entry"}
        part = held / 3
        for quantity in (held * 2, 0, -1, "x", "0.000000001"):
            body = {"quantity": str(quantity)}
            assert (await client.ask("DELETE", path, body)).code == "INVALID_REQUEST", quantity
        answer = (await client.ask("DELETE", path, {"quantity": str(part)})).row
        assert (answer["status"], len(answer["orderIds"])) == ("pending", 1)
        await client.until(lambda: client.engine.orders[answer["orderId"]].status == "FILLED")
        assert (await client.get(path))["quantity"] == held - part
        assert all(client.engine.orders[id].is_open() for id in rests) and rests
        assert (await client.ask("DELETE", path + "&side=short")).code == "NOT_FOUND"
        rest = (await client.ask("DELETE", path + "&side=long")).row
        await client.until(lambda: client.engine.orders[rest["orderId"]].status == "FILLED")
        assert (await client.ask("GET", path)).code == "NOT_FOUND"

    asked(tmp_path, act)
    assert fold(tmp_path / "home" / JOURNAL).alarms == []


def test_a_key_touches_the_orders_of_its_accounts_alone(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        made = (await post(client, clientOrderId="mine")).row
        path = f"/api/v1/orders/{made['orderId']}"
        await works(client, made["orderId"])
        key = client.make("read", "trade", accounts=["two"])
        assert (await post(client, key)).code == "NOT_FOUND"
        assert (await client.ask("PATCH", path, {"quantity": "0.02"}, key)).code == "NOT_FOUND"
        assert (await client.ask("DELETE", path, key=key)).code == "NOT_FOUND"
        own = await client.ask(
            "POST",
            "/api/v1/orders",
            BID | {"symbol": "ETHUSD", "clientOrderId": "mine", "limitPrice": 1000, "quantity": 1},
            key,
        )
        assert (await client.get(f"/api/v1/orders/{own.row['orderId']}"))["account"] == "two"
        state = client.engine.orders[made["orderId"]]
        assert state.status == "ACCEPTED" and state.order.quantity == 1_000_000

    asked(tmp_path, act)


def test_where_the_journal_can_not_be_written_nothing_is_told_to_be_placed(tmp_path: Path) -> None:
    disk = FullDisk()

    async def act(client: Client) -> None:
        await client.has_traded()
        made = (await post(client, clientOrderId="a")).row
        await works(client, made["orderId"])
        disk.full = True
        path = f"/api/v1/orders/{made['orderId']}"
        for answer in (
            await post(client, clientOrderId="b"), await post(client, clientOrderId="a"),
            await client.ask("PATCH", path, {"quantity": "0.02"}), await client.ask("DELETE", path),
        ):  # fmt: skip
            assert (answer.status, answer.code) == (503, "NOT_DURABLE")
        await client.until(lambda: client.engine.orders[made["orderId"]].status == "CANCELLED")

    with pytest.raises(JournalFull):
        asked(tmp_path, act, crash=disk)


def test_the_shapes_that_users_know_are_taken_and_given(tmp_path: Path) -> None:
    """By name, type and default, as the specification that users know writes them."""

    async def act(client: Client) -> None:
        document = await client.get("/openapi.json", "")
        schemas = document["components"]["schemas"]
        asks, says = schemas["Submit"], schemas["Submitted"]["properties"]
        assert set(asks["required"]) == {"symbol", "side", "quantity", "type"}
        assert asks["properties"]["side"]["enum"] == ["buy", "sell"]
        assert sorted(asks["properties"]["type"]["enum"]) == ["limit", "market", "stop", "stop_limit"]
        assert asks["properties"]["quantity"]["type"] == ["number", "string"]
        assert asks["properties"]["extendedHours"] == {"type": "boolean", "default": False}
        assert {"limitPrice", "stopPrice", "clientOrderId", "strategyId", "timeInForce"} <= set(asks["properties"])
        assert says["status"]["enum"] == ["pending", "accepted", "rejected"]
        assert says["orderId"]["type"] == says["createdAt"]["type"] == "string"
        gone = schemas["CancelledOrder"]["properties"]
        assert (gone["success"]["type"], gone["message"]["type"]) == ("boolean", "string")
        body = document["paths"]["/api/v1/positions/{symbol}"]["delete"]["requestBody"]
        assert body["required"] is False

    asked(tmp_path, act, BOTH)


def test_an_answer_has_its_declared_shape(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        await client.has_traded()
        made = await post(client)
        row = msgspec.json.decode(made.content, type=shapes.Submitted)
        await works(client, row.order_id)
        changed = await client.ask("PATCH", f"/api/v1/orders/{row.order_id}", {"limitPrice": 29_999})
        ended = await client.ask("DELETE", f"/api/v1/orders/{row.order_id}")
        for answer, shape in (
            (made, shapes.Submitted), (changed, shapes.Modified), (ended, shapes.CancelledOrder),
        ):  # fmt: skip
            again = msgspec.json.Encoder(decimal_format="number").encode(
                msgspec.json.decode(answer.content, type=shape)
            )
            assert json.loads(again) == json.loads(answer.content)

    asked(tmp_path, act)
