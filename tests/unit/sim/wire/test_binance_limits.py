"""Weights, raw requests, unfilled orders, connections: what is counted, told, refused and banned."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sim.wire.binance_client import MINUTE_NS, MS_NS, SECOND_NS, START, Client
from tradewright.sim.wire.binance import Limit, LimitsOf
from tradewright.sim.wire.message import Answer, Request

DAY_NS = 86_400 * SECOND_NS


def weights(most: int, **others: Any) -> LimitsOf:
    return LimitsOf(weight=Limit("REQUEST_WEIGHT", MINUTE_NS, 1, most), **others)


@pytest.mark.parametrize(
    ("path", "values", "weight"),
    [
        ("/ping", {}, 1), ("/time", {}, 1), ("/exchangeInfo", {}, 20), ("/depth", {"limit": 100}, 5),
        ("/depth", {"limit": 101}, 25), ("/depth", {"limit": 501}, 50), ("/depth", {"limit": 1001}, 250),
        ("/trades", {}, 25), ("/klines", {"interval": "1m"}, 2), ("/avgPrice", {}, 2), ("/ticker/24hr", {}, 2),
        ("/ticker/24hr", {"symbol": None}, 80), ("/ticker/24hr", {"symbol": None, "symbols": '["BTCUSDT"]'}, 2),
        ("/ticker/price", {}, 2), ("/ticker/price", {"symbol": None}, 4), ("/ticker/bookTicker", {}, 2),
        ("/ticker/bookTicker", {"symbol": None}, 4),
    ],
)  # fmt: skip
def test_what_a_public_call_weighs(path: str, values: dict[str, Any], weight: int) -> None:
    client = Client()
    named = {"symbol": "BTCUSDT", **values} if path not in ("/ping", "/time") else values
    client.get(path, **{name: value for name, value in named.items() if value is not None})
    assert client.answer.headers["X-MBX-USED-WEIGHT-1M"] == str(weight)


@pytest.mark.parametrize(
    ("path", "values", "weight"),
    [
        ("/order", {"orderId": 1}, 4), ("/openOrders", {}, 6), ("/openOrders", {"symbol": None}, 80),
        ("/allOrders", {}, 20), ("/myTrades", {}, 20), ("/myTrades", {"orderId": 1}, 5),
        ("/account", {"symbol": None}, 20), ("/account/commission", {}, 20), ("/rateLimit/order", {"symbol": None}, 40),
        ("/myFilters", {}, 40),
    ],
)  # fmt: skip
def test_what_a_signed_call_weighs(path: str, values: dict[str, Any], weight: int) -> None:
    client = Client()
    named = {"symbol": "BTCUSDT", **values}
    client.call("GET", path, **{name: value for name, value in named.items() if value is not None})
    assert client.answer.headers["X-MBX-USED-WEIGHT-1M"] == str(weight)


def test_placing_and_cancelling_weigh_nothing_when_they_succeed() -> None:
    client = Client()
    client.market()
    order = client.order()["orderId"]
    assert client.answer.headers["X-MBX-USED-WEIGHT-1M"] == "0"
    client.order(price="90.001")
    assert client.answer.headers["X-MBX-USED-WEIGHT-1M"] == "1"
    client.call("DELETE", "/order", symbol="BTCUSDT", orderId=order)
    assert client.answer.headers["X-MBX-USED-WEIGHT-1M"] == "1"
    client.call("PUT", "/order/amend/keepPriority", symbol="BTCUSDT", orderId=order, newQty="0.5")
    assert client.answer.headers["X-MBX-USED-WEIGHT-1M"] == "5"


def test_the_window_is_the_minute_of_the_clock() -> None:
    client = Client()
    client.now += 59 * SECOND_NS
    client.get("/exchangeInfo")
    client.get("/ping")
    assert client.answer.headers["X-MBX-USED-WEIGHT-1M"] == "21"
    client.now += SECOND_NS
    client.get("/ping")
    assert client.answer.headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_too_much_weight_is_429_and_going_on_is_418_for_longer_each_time() -> None:
    client = Client(limits=weights(50))
    client.now += 20 * SECOND_NS
    for _ in range(50):
        client.get("/ping")
        assert client.answer.status == 200
    said = client.get("/ping")
    assert (client.answer.status, said["code"], client.answer.headers["Retry-After"]) == (429, -1003, "40")
    assert said["msg"].startswith("Too much request weight used; current limit is 50 request weight per 1 MINUTE.")
    for _ in range(9):
        client.get("/ping")
        assert client.answer.status == 429
    said = client.get("/ping")
    until = (START + 140 * SECOND_NS) // MS_NS
    assert (client.answer.status, client.answer.headers["Retry-After"]) == (418, "120")
    assert said["msg"].startswith(f"Way too much request weight used; IP banned until {until}.")
    client.now = START + 139 * SECOND_NS
    client.get("/ping")
    assert client.answer.status == 418
    client.now = START + 140 * SECOND_NS
    client.get("/ping")
    assert client.answer.status == 200
    for _ in range(60):
        client.get("/ping")
    assert (client.answer.status, client.answer.headers["Retry-After"]) == (418, "240")


def test_raw_requests_are_counted_whatever_they_weigh() -> None:
    client = Client(limits=LimitsOf(raw=Limit("RAW_REQUESTS", MINUTE_NS, 5, 3)))
    assert [client.get("/ping") == {} for _ in range(4)] == [True, True, True, False]
    client.now += 4 * MINUTE_NS
    client.get("/ping")
    assert client.answer.status == 429
    client.now += MINUTE_NS
    assert client.get("/ping") == {}


def test_addresses_are_counted_apart() -> None:
    client = Client(limits=weights(1))
    for peer in ("127.0.0.1", "127.0.0.2"):
        asked = Request("GET", "/api/v3/ping", peer=peer)
        assert [client.site.request(asked, client.now).status for _ in range(2)] == [200, 429]


def test_unfilled_orders_count_fills_give_back_and_cancels_do_not() -> None:
    client = Client()
    client.market()

    def used() -> int:
        return int(client.call("GET", "/rateLimit/order")[0]["count"])

    resting = client.order()["orderId"]
    headers = {name: value for name, value in client.answer.headers.items() if "ORDER-COUNT" in name}
    assert headers == {"X-MBX-ORDER-COUNT-10S": "1", "X-MBX-ORDER-COUNT-1D": "1"}
    client.call("DELETE", "/order", symbol="BTCUSDT", orderId=resting)
    assert used() == 1
    client.take(quantity="0.1")
    assert used() == 1
    for _ in range(6):
        client.order()
    assert used() == 7
    client.trade("90.00", "0.1", -1)  # one of them, as a maker
    assert used() == 2
    client.order(price="90.001")
    assert used() == 2


def test_too_many_orders_are_429_until_the_window_turns() -> None:
    orders = (Limit("ORDERS", SECOND_NS, 10, 2), Limit("ORDERS", DAY_NS, 1, 3))
    client = Client(limits=LimitsOf(orders=orders))
    client.market()
    assert [client.order().get("code") for _ in range(3)] == [None, None, -1015]
    said = client.order()
    assert (client.answer.status, client.answer.headers["Retry-After"]) == (429, "10")
    assert said["msg"] == "Too many new orders; current limit is 2 orders per 10 SECOND."
    client.now += 10 * SECOND_NS
    assert client.order()["status"] == "NEW"
    assert client.order()["msg"] == "Too many new orders; current limit is 3 orders per 1 DAY."


def test_the_limits_are_published() -> None:
    rows = Client().get("/exchangeInfo")["rateLimits"]
    assert [(row["rateLimitType"], row["interval"], row["intervalNum"], row["limit"]) for row in rows] == [
        ("REQUEST_WEIGHT", "MINUTE", 1, 6000), ("ORDERS", "SECOND", 10, 50), ("ORDERS", "DAY", 1, 160_000),
        ("RAW_REQUESTS", "MINUTE", 5, 300_000),
    ]  # fmt: skip


def test_sockets_tell_limits_too_and_refuse_with_times() -> None:
    client = Client(limits=weights(10))
    socket = client.open()
    said = client.ask(socket, "ping")
    assert said["rateLimits"][0]["count"] == 3  # two for the connection
    for _ in range(7):
        client.ask(socket, "ping")
    said = client.ask(socket, "ping")
    assert (said["status"], said["error"]["code"]) == (429, -1003)
    assert said["error"]["data"] == {"serverTime": START // MS_NS, "retryAfter": (START + MINUTE_NS) // MS_NS}


def test_connections_are_counted() -> None:
    client = Client(limits=LimitsOf(connections=Limit("CONNECTIONS", MINUTE_NS, 5, 2)))
    client.open()
    client.open("/ws")
    refused = client.site.connect(Request("GET", "/ws"), client.now)
    assert isinstance(refused, Answer) and refused.status == 429
