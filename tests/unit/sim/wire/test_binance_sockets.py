"""The WebSocket API: its frames and its session, the user events, and how a connection lives and ends."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.unit.sim.wire.binance_client import (
    MS_NS,
    SECOND_NS,
    START,
    Client,
    EdClient,
    closed,
    events,
    heard,
    peek,
)
from tradewright.sim.wire.message import PING, PONG, TEXT, Frame
from tradewright.sim.wire.site import Connection

DAY_NS = 86_400 * SECOND_NS


def raw(client: Client, socket: Connection, text: str) -> Any:
    socket.receive(Frame(TEXT, text.encode()), client.now)
    return peek(socket)[-1]


# Frames


def test_an_answer_carries_its_id_its_status_and_the_limits() -> None:
    client = Client()
    socket = client.open()
    for number in ('"a-1"', "7", "null"):
        said = raw(client, socket, f'{{"id":{number},"method":"ping"}}')
        assert (said["id"], said["status"], said["result"]) == (msgspec.json.decode(number.encode()), 200, {})
        assert said["rateLimits"][0]["rateLimitType"] == "REQUEST_WEIGHT"
    assert raw(client, socket, '{"id":1,"method":"v3/time"}')["result"] == {"serverTime": START // MS_NS}


def test_a_ping_is_answered_with_nothing_by_either_door() -> None:
    client = Client()
    assert client.get("/ping") == {} and client.answer.status == 200
    said = client.ask(client.open(), "ping")
    assert (said["status"], said["result"]) == (200, {})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", -1135), ("[]", -1135), ('"text"', -1135), ('{"id":1,"method":"ping","params":[]}', -1135),
        ('{"id":1.5,"method":"ping"}', -1130), ('{"id":1}', -1130), ('{"id":1,"method":"no.such"}', -1020),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(text: str, code: int) -> None:
    client = Client()
    socket = client.open()
    said = raw(client, socket, text)
    assert (said["status"], said["error"]["code"]) == (400, code)
    assert raw(client, socket, '{"id":2,"method":"ping"}')["status"] == 200


def test_limits_are_left_out_on_demand_of_a_call_or_of_the_connection() -> None:
    client = Client()
    assert "rateLimits" not in client.ask(client.open(), "ping", returnRateLimits=False)
    socket = client.open(query="returnRateLimits=false")
    assert "rateLimits" not in client.ask(socket, "ping")
    assert "rateLimits" in client.ask(socket, "ping", returnRateLimits=True)


def test_every_rest_call_has_its_method() -> None:
    client = Client()
    client.market()
    socket = client.open()
    for method in ("exchangeInfo", "depth", "trades.recent", "klines", "ticker.price", "ticker.book", "ticker.24hr",
                   "avgPrice", "trades.aggregate", "trades.historical", "executionRules"):  # fmt: skip
        params = {"symbol": "BTCUSDT"} | ({"interval": "1m"} if method == "klines" else {})
        assert client.ask(socket, method, **params)["status"] == 200, method
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1",
             "price": "90.00"}  # fmt: skip
    placed = client.ask(socket, "order.place", **client.signed(**order))
    assert placed["result"]["status"] == "NEW"
    assert [row["rateLimitType"] for row in placed["rateLimits"]] == ["ORDERS", "ORDERS", "REQUEST_WEIGHT"]
    signed: list[tuple[str, dict[str, Any]]] = [
        ("order.test", order), ("order.status", {"symbol": "BTCUSDT", "orderId": 1}), ("openOrders.status", {}),
        ("allOrders", {"symbol": "BTCUSDT"}), ("myTrades", {"symbol": "BTCUSDT"}), ("account.status", {}),
        ("account.rateLimits.orders", {}), ("account.commission", {"symbol": "BTCUSDT"}),
        ("order.amend.keepPriority", {"symbol": "BTCUSDT", "orderId": 1, "newQty": "0.9"}),
        ("order.cancelReplace", {**order, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": 1}),
        ("order.cancel", {"symbol": "BTCUSDT", "orderId": 2}),
        ("orderList.place.oco", {"symbol": "BTCUSDT", "side": "SELL", "quantity": "1", "aboveType": "LIMIT_MAKER",
                                 "abovePrice": "110.00", "belowType": "STOP_LOSS", "belowStopPrice": "90.00"}),
        ("orderList.status", {"orderListId": 0}), ("openOrderLists.status", {}), ("allOrderLists", {}),
        ("openOrders.cancelAll", {"symbol": "BTCUSDT"}), ("myFilters", {"symbol": "BTCUSDT"}),
    ]  # fmt: skip
    for method, params in signed:
        assert client.ask(socket, method, **client.signed(**params))["status"] == 200, method


def test_a_partly_failed_replace_is_409_over_the_socket_too() -> None:
    client = Client()
    client.market()
    params = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1",
              "price": "90.00", "cancelReplaceMode": "ALLOW_FAILURE", "cancelOrderId": 9}  # fmt: skip
    said = client.ask(client.open(), "order.cancelReplace", **client.signed(**params))
    assert (said["status"], said["error"]["code"], said["error"]["data"]["cancelResult"]) == (409, -2021, "FAILURE")


def test_times_are_in_microseconds_where_the_connection_asks_for_it() -> None:
    client = Client()
    socket = client.open(query="timeUnit=MICROSECOND")
    assert client.ask(socket, "time")["result"] == {"serverTime": START // 1000}


# The session


def test_a_session_is_logged_on_with_ed25519_and_calls_then_need_their_time_alone() -> None:
    client = EdClient()
    client.market()
    socket = client.open()
    assert client.ask(socket, "account.status", timestamp=START // MS_NS)["error"]["code"] == -2014
    session = client.ask(socket, "session.logon", **client.signed())["result"]
    assert (session["apiKey"], session["authorizedSince"]) == ("demo-ed25519", START // MS_NS)
    assert client.ask(socket, "account.status", timestamp=START // MS_NS)["status"] == 200
    assert client.ask(socket, "account.status")["error"]["code"] == -1102
    assert client.ask(socket, "account.status", timestamp=START // MS_NS - 6000)["error"]["code"] == -1021
    assert client.ask(socket, "session.status")["result"]["apiKey"] == "demo-ed25519"
    assert client.ask(socket, "session.logout")["result"]["apiKey"] is None
    assert client.ask(socket, "account.status", timestamp=START // MS_NS)["status"] == 400


def test_a_session_is_not_logged_on_with_hmac() -> None:
    client = Client()
    socket = client.open()
    assert client.ask(socket, "session.logon", **client.signed())["status"] == 400
    assert client.ask(socket, "userDataStream.subscribe")["error"]["code"] == -1002


def test_a_key_that_is_revoked_ends_the_session_with_a_word() -> None:
    client = EdClient()
    socket = client.open()
    client.ask(socket, "session.logon", **client.signed())
    client.site.venue.keys.revoke("demo-ed25519")
    heard(socket)
    client.ask(socket, "account.status", timestamp=START // MS_NS)
    told = next(said for said in heard(socket) if said["id"] is None)
    assert (told["status"], told["error"]["code"]) == (401, -2015)


# User events


def test_events_are_subscribed_to_by_a_session_or_by_a_signature_once_per_account() -> None:
    client = EdClient()
    client.market()
    socket = client.open()
    client.ask(socket, "session.logon", **client.signed())
    assert client.ask(socket, "userDataStream.subscribe")["result"] == {"subscriptionId": 0}
    assert client.ask(socket, "userDataStream.subscribe")["error"]["code"] == -2035
    assert client.ask(socket, "userDataStream.subscribe.signature", **client.signed())["error"]["code"] == -2035
    assert client.ask(socket, "session.subscriptions")["result"] == [{"subscriptionId": 0}]
    other = client.open()
    assert client.ask(other, "userDataStream.subscribe.signature", **client.signed())["result"] == {"subscriptionId": 0}
    heard(socket), heard(other)
    client.order()
    assert [said["subscriptionId"] for said in heard(socket)] == [0, 0]
    assert [event["e"] for event in events(other)] == ["executionReport", "outboundAccountPosition"]


def test_a_subscription_ends_by_itself_alone_or_with_its_session() -> None:
    client = EdClient()
    client.market()
    socket = client.open()
    client.ask(socket, "session.logon", **client.signed())
    client.ask(socket, "userDataStream.subscribe")
    client.ask(socket, "session.logout")
    assert "eventStreamTerminated" in [event["e"] for event in events(socket)]
    client.ask(socket, "userDataStream.subscribe.signature", **client.signed())
    client.ask(socket, "session.logout")
    client.order()
    assert [event["e"] for event in events(socket)] == ["executionReport", "outboundAccountPosition"]
    assert client.ask(socket, "userDataStream.unsubscribe", subscriptionId=7)["error"]["code"] == -2036
    assert client.ask(socket, "userDataStream.unsubscribe")["result"] == {}
    assert [event["e"] for event in events(socket)] == ["eventStreamTerminated"]
    client.order()
    assert heard(socket) == []


def test_a_connection_has_so_many_subscriptions_in_its_life() -> None:
    client = Client()
    socket = client.subscribe()
    client.ask(socket, "userDataStream.unsubscribe")
    setattr(socket, "subscribed", 65_535)  # noqa: B010 - as after as many subscriptions
    assert client.ask(socket, "userDataStream.subscribe.signature", **client.signed())["error"]["code"] == -2042


def test_the_listen_key_is_gone_over_every_door() -> None:
    client = Client()
    for method in ("POST", "PUT", "DELETE"):
        said = client.send(method, "/userDataStream")
        assert (client.answer.status, said["code"]) == (410, -1125)
    assert client.ask(client.open(), "userDataStream.start", apiKey="demo-key")["error"]["code"] == -1125
    client.site.knobs.listen_key_status = 404
    client.send("POST", "/userDataStream")
    assert client.answer.status == 404


def test_a_marketable_order_is_told_as_new_and_then_by_its_trades() -> None:
    client = Client()
    client.market()
    socket = client.subscribe()
    client.take(quantity="2", newClientOrderId="mine")
    new, trade, position = events(socket)
    assert (new["x"], new["X"], new["c"], new["C"], new["t"], new["N"]) == ("NEW", "NEW", "mine", "", -1, None)
    assert (trade["x"], trade["X"], trade["l"], trade["z"], trade["L"]) == (
        "TRADE", "FILLED", "2.00000000", "2.00000000", "101.00000000",
    )  # fmt: skip
    assert (trade["n"], trade["N"], trade["m"], trade["Z"], trade["Y"]) == (
        "0.00200000", "BTC", False, "202.00000000", "202.00000000",
    )  # fmt: skip
    assert trade["I"] == new["I"] + 1 and trade["t"] > 0
    assert {row["a"]: (row["f"], row["l"]) for row in position["B"]} == {
        "BTC": ("3.99800000", "0.00000000"), "USDT": ("99798.00000000", "0.00000000"),
    }  # fmt: skip


def test_a_cancel_is_told_with_its_own_id_and_the_order_s() -> None:
    client = Client()
    client.market()
    client.order(newClientOrderId="mine")
    socket = client.subscribe()
    client.call("DELETE", "/order", symbol="BTCUSDT", orderId=1, newClientOrderId="gone")
    said, position = events(socket)
    assert (said["x"], said["c"], said["C"], said["r"]) == ("CANCELED", "gone", "mine", "NONE")
    assert [row["a"] for row in position["B"]] == ["USDT"]


def test_a_refused_order_is_told_to_nobody() -> None:
    client = Client()
    client.market()
    socket = client.subscribe()
    client.order(price="90.001")
    client.order(quantity="2000", price="100.00")
    assert events(socket) == []


def test_an_event_carries_what_the_order_has() -> None:
    client = Client()
    client.market()
    socket = client.subscribe()
    client.order(strategyId=5, strategyType=1_000_000, icebergQty="0.5", selfTradePreventionMode="EXPIRE_TAKER")
    said = events(socket)[0]
    assert (said["j"], said["J"], said["F"], said["V"], said["w"]) == (5, 1_000_000, "0.50000000", "EXPIRE_TAKER", True)
    client.call("POST", "/order", symbol="BTCUSDT", side="SELL", type="STOP_LOSS", quantity="1", trailingDelta=100)
    said = events(socket)[0]
    assert (said["d"], said["w"], "W" in said) == (100, False, False)
    assert said["D"] == START // MS_NS


def test_answers_leave_before_their_events_or_behind_them() -> None:
    client = Client()
    client.market()
    socket = client.subscribe()
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    client.ask(socket, "order.place", **client.signed(**order))
    assert ["event" in said for said in heard(socket)] == [False, True, True, True]
    client.site.knobs.events_first = True
    client.ask(socket, "order.place", **client.signed(**order))
    assert ["event" in said for said in heard(socket)] == [True, True, True, False]
    client.site.knobs.answer_delay_ns = 5 * MS_NS
    client.site.knobs.event_delay_ns = 7 * MS_NS
    client.take()
    assert client.answer.delay_ns == 5 * MS_NS
    assert {frame.delay_ns for frame in socket.outbox} == {7 * MS_NS}


# Life and end


def test_a_connection_is_pinged_and_cut_off_when_it_does_not_answer() -> None:
    client = Client()
    quiet, alive = client.open(), client.open("/ws/btcusdt@trade")
    for _ in range(3):
        client.wait(20 * SECOND_NS)
        ping = next(frame for frame in reversed(alive.outbox) if frame.kind == PING)
        alive.receive(Frame(PONG, ping.data), client.now)
    assert sum(frame.kind == PING for frame in quiet.outbox) == 3
    assert (closed(quiet), closed(alive)) == (0, 0)
    client.wait(20 * SECOND_NS)
    assert (closed(quiet), closed(alive)) == (1008, 0)


def test_a_pong_with_another_payload_does_not_count() -> None:
    client = Client()
    socket = client.open()
    for _ in range(4):
        client.wait(20 * SECOND_NS)
        socket.receive(Frame(PONG, b"other"), client.now)
    assert closed(socket) == 1008


def test_a_ping_of_the_client_is_answered() -> None:
    client = Client()
    socket = client.open()
    socket.receive(Frame(PING, b"hello"), client.now)
    assert socket.outbox[-1] == Frame(PONG, b"hello")


def test_a_connection_is_closed_after_a_day_and_told_before() -> None:
    client = Client(ping_ns=3 * DAY_NS)
    api, stream, combined = client.open(), client.open("/ws/btcusdt@trade"), client.open("/stream")
    client.wait(DAY_NS - 601 * SECOND_NS)
    assert [heard(line) for line in (api, stream, combined)] == [[], [], []]
    client.wait(SECOND_NS)
    stamp = client.now // MS_NS
    assert heard(api) == [{"event": {"e": "serverShutdown", "E": stamp}}]
    assert heard(stream) == [{"e": "serverShutdown", "E": stamp}]
    assert heard(combined) == [{"stream": "!serverShutdown", "data": {"e": "serverShutdown", "E": stamp}}]
    client.wait(600 * SECOND_NS)
    assert [closed(line) for line in (api, stream, combined)] == [1001] * 3


def test_nothing_is_replayed_to_a_connection_that_comes_back() -> None:
    client = Client()
    client.market()
    socket = client.subscribe()
    socket.receive(Frame(4), client.now)
    client.order()
    client.trade("90.00", "0.4", -1)
    again = client.subscribe()
    assert heard(again) == []
    assert [row["qty"] for row in client.call("GET", "/myTrades", symbol="BTCUSDT", fromId=0)] == ["0.40000000"]


def test_there_is_nothing_at_another_path() -> None:
    client = Client()
    assert client.get("/nothing")["code"] == -1000
    assert client.answer.status == 404
    with pytest.raises(AssertionError):
        client.open("/elsewhere")
