"""What the venue can be made to suffer, and what it can be made to do once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sim.wire.binance_client import SECOND_NS, START, Client, book, events, heard
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.rng import Rng
from tradewright.sim.wire.binance import BinanceSite, Credential, Limit, LimitsOf
from tradewright.sim.wire.message import Answer, Request
from tradewright.sim.wire.site import Tape
from tradewright.sim.wire.trouble import (
    CHANGED_RULES,
    EXIT_CANCELLED,
    FOREIGN_ORDER,
    LATE_FILL,
    MANUAL_CLOSE,
    OVERFILL,
)


def client_with(**options: Any) -> Client:
    client = Client(**options)
    client.market()
    return client


def test_an_order_is_accepted_and_its_answer_is_that_nobody_knows() -> None:
    client = client_with(unknown_answers=2)
    said = client.order(newClientOrderId="mine")
    assert (client.answer.status, said["code"]) == (503, -1007)
    assert client.call("GET", "/order", symbol="BTCUSDT", origClientOrderId="mine")["status"] == "NEW"
    said = client.ask(client.open(), "order.cancel", **client.signed(symbol="BTCUSDT", origClientOrderId="mine"))
    assert (said["status"], said["error"]["code"]) == (503, -1007)
    assert client.call("GET", "/openOrders") == []
    assert client.order()["status"] == "NEW"


def test_an_accepted_order_is_not_found_for_a_while() -> None:
    client = client_with()
    client.site.trouble.hidden_ns = 2 * SECOND_NS
    order = client.take()["orderId"]
    client.order()
    look_ups = [("/order", {"orderId": order}), ("/openOrders", {}), ("/allOrders", {}), ("/myTrades", {})]

    def seen() -> list[bool]:
        found = [client.call("GET", path, symbol="BTCUSDT", **values) for path, values in look_ups]
        return ["code" not in found[0], *(len(rows) > 0 for rows in found[1:])]

    assert seen() == [False] * 4
    client.now += 2 * SECOND_NS
    assert seen() == [True] * 4


def test_balances_and_open_orders_are_told_as_they_were() -> None:
    client = client_with()
    first = client.order(quantity="1")["orderId"]
    client.wait(10 * SECOND_NS)
    client.trade("90.00", "0.4", -1)
    client.order(price="80.00")
    client.wait(10 * SECOND_NS)
    client.call("DELETE", "/order", symbol="BTCUSDT", orderId=first)
    client.site.trouble.stale_ns = 11 * SECOND_NS
    assert client.balance("USDT") == ("99910.00000000", "90.00000000")
    assert client.balance("BTC") == ("2.00000000", "0.00000000")
    rows = client.call("GET", "/openOrders")
    assert [(row["orderId"], row["status"], row["executedQty"]) for row in rows] == [(first, "NEW", "0.00000000")]
    client.site.trouble.stale_ns = 5 * SECOND_NS
    assert client.balance("USDT") == ("99830.00000000", "134.00000000")
    rows = client.call("GET", "/openOrders")
    assert [row["status"] for row in rows] == ["PARTIALLY_FILLED", "NEW"]
    client.wait(10 * SECOND_NS)
    assert [row["status"] for row in client.call("GET", "/openOrders")] == ["NEW"]


def test_in_maintenance_every_door_is_shut() -> None:
    client = client_with()
    socket = client.open()
    client.site.trouble.maintenance = True
    assert client.get("/ping")["code"] == -1016
    assert client.answer.status == 503
    assert client.ask(socket, "ping")["status"] == 503
    refused = client.site.connect(Request("GET", "/ws"), client.now)
    assert isinstance(refused, Answer) and refused.status == 503


@pytest.mark.parametrize(("state", "status"), [("limited_until", 429), ("banned_until", 418)])
def test_beyond_its_limits_every_door_is_shut_until_the_moment_it_names(state: str, status: int) -> None:
    client = client_with()
    socket = client.open()
    setattr(client.site.trouble, state, client.now + 7 * SECOND_NS)
    assert client.get("/ping")["code"] == -1003
    assert (client.answer.status, client.answer.headers["Retry-After"]) == (status, "7")
    said = client.ask(socket, "ping")
    assert (said["status"], said["error"]["code"]) == (status, -1003)
    client.wait(7 * SECOND_NS)
    assert client.get("/ping") == {}
    assert client.ask(socket, "ping")["status"] == 200


def test_silent_streams_lose_what_they_would_have_said() -> None:
    client = client_with()
    user, market = client.subscribe(), client.open("/ws/btcusdt@trade")
    client.site.trouble.silent = True
    client.order()
    client.trade("100.00", "1")
    client.wait(25 * SECOND_NS)
    assert (heard(user), heard(market)) == ([], [])
    client.site.trouble.silent = False
    client.trade("100.00", "1")
    assert len(heard(market)) == 1


def test_a_late_fill_is_told_after_the_order_s_end() -> None:
    client = client_with()
    assert client.site.inject(LATE_FILL, client.now) is False
    client.order()
    client.trade("90.00", "0.4", -1)
    client.call("DELETE", "/order", symbol="BTCUSDT", orderId=1)
    socket = client.subscribe()
    assert client.site.inject(LATE_FILL, client.now) is True
    trade, _ = events(socket)
    assert (trade["x"], trade["X"], trade["l"], trade["z"]) == ("TRADE", "FILLED", "0.60000000", "1.00000000")
    assert client.balance("BTC") == ("2.99900000", "0.00000000")
    assert client.balance("USDT") == ("99910.00000000", "0.00000000")
    assert client.call("GET", "/order", symbol="BTCUSDT", orderId=1)["executedQty"] == "1.00000000"


def test_an_overfill_is_more_than_was_asked_for() -> None:
    client = client_with()
    assert client.site.inject(OVERFILL, client.now) is False
    client.order()
    socket = client.subscribe()
    assert client.site.inject(OVERFILL, client.now) is True
    trade = events(socket)[0]
    assert (trade["X"], trade["q"], trade["z"]) == ("FILLED", "1.00000000", "1.00001000")
    client.trade("90.00", "5", -1)
    assert events(socket) == []
    assert client.balance("USDT") == ("99909.99910000", "0.00000000")


def test_changed_rules_are_published_and_applied() -> None:
    client = client_with()
    assert client.site.inject(CHANGED_RULES, client.now) is True
    filters = {row["filterType"]: row for row in client.get("/exchangeInfo", symbol="BTCUSDT")["symbols"][0]["filters"]}
    assert (filters["PRICE_FILTER"]["tickSize"], filters["LOT_SIZE"]["stepSize"]) == ("0.10000000", "0.00010000")
    assert client.order(price="90.01")["msg"] == "Filter failure: PRICE_FILTER"
    assert client.order(price="90.10")["status"] == "NEW"


def test_somebody_else_orders_and_closes_in_the_account() -> None:
    client = client_with()
    socket = client.subscribe()
    assert client.site.inject(FOREIGN_ORDER, client.now) is True
    placed = events(socket)[0]
    assert placed["c"].startswith("web_") and (placed["S"], placed["X"]) == ("BUY", "NEW")
    assert client.site.inject(MANUAL_CLOSE, client.now) is True
    said = [event["X"] for event in events(socket) if event["e"] == "executionReport"]
    assert said == ["NEW", "FILLED"]
    assert client.balance("BTC") == ("0.00000000", "0.00000000")
    assert client.site.inject(MANUAL_CLOSE, client.now) is False
    assert client.site.inject("no_such_thing", client.now) is False


def test_a_resting_sale_expires_unasked() -> None:
    client = client_with()
    client.order()
    assert client.site.inject(EXIT_CANCELLED, client.now) is False
    client.order("SELL", price="110.00")
    socket = client.subscribe()
    assert client.site.inject(EXIT_CANCELLED, client.now) is True
    said = events(socket)[0]
    assert (said["S"], said["x"], said["X"]) == ("SELL", "EXPIRED", "EXPIRED")
    assert [order["side"] for order in client.call("GET", "/openOrders")] == ["BUY"]
    assert client.balance("BTC") == ("2.00000000", "0.00000000")


def test_sales_are_refused_for_a_while() -> None:
    client = client_with()
    client.site.trouble.exits_refused = True
    assert client.order("SELL", price="110.00")["code"] == -2010
    assert client.order()["status"] == "NEW"
    client.site.trouble.exits_refused = False
    assert client.order("SELL", price="110.00")["status"] == "NEW"


def test_a_cancel_that_meets_a_fill_is_refused_as_of_an_unknown_order() -> None:
    client = client_with()
    client.site.trouble.races["cancel_meets_fill"] = 2
    client.order()
    socket = client.subscribe()
    said = client.call("DELETE", "/order", symbol="BTCUSDT", orderId=1)
    assert (client.answer.status, said["code"], said["msg"]) == (400, -2011, "Unknown order sent.")
    trade = events(socket)[0]
    assert (trade["x"], trade["X"], trade["z"], trade["L"]) == ("TRADE", "FILLED", "1.00000000", "90.00000000")
    assert client.balance("USDT") == ("99910.00000000", "0.00000000")
    client.trade("90.00", "5", -1)
    assert events(socket) == [], "the exchange has it no more"
    client.order()
    said = client.ask(client.open(), "order.cancel", **client.signed(symbol="BTCUSDT", orderId=2))
    assert (said["status"], said["error"]["code"]) == (400, -2011)
    client.order()
    assert client.call("DELETE", "/order", symbol="BTCUSDT", orderId=3)["status"] == "CANCELED"
    assert client.site.trouble.raced == ["cancel_meets_fill"] * 2


def test_a_fill_is_told_before_the_placing_is_answered() -> None:
    client = client_with()
    client.site.trouble.races["fill_before_ack"] = 1
    socket = client.subscribe()
    answer = client.order()
    assert (answer["status"], answer["executedQty"]) == ("NEW", "0.00000000")
    assert [event["X"] for event in events(socket) if event["e"] == "executionReport"] == ["NEW", "FILLED"]
    assert client.call("GET", "/order", symbol="BTCUSDT", orderId=answer["orderId"])["status"] == "FILLED"
    assert client.order()["status"] == "NEW"
    assert [row["orderId"] for row in client.call("GET", "/openOrders")] == [2]


def test_a_change_is_made_and_counted_as_a_race() -> None:
    client = client_with()
    client.site.trouble.races["replace_error_after"] = -1
    client.order()
    raced = client.site.trouble.raced
    assert client.call("PUT", "/order/amend/keepPriority", symbol="BTCUSDT", orderId=1, newQty="2")["code"] == -2038
    assert raced == [], "a change that is refused is none"
    client.call("PUT", "/order/amend/keepPriority", symbol="BTCUSDT", orderId=1, newQty="0.5")
    assert client.call("GET", "/order", symbol="BTCUSDT", orderId=1)["origQty"] == "0.50000000"
    client.call(
        "POST", "/order/cancelReplace", symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="1",
        price="80.00", cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=1,
    )  # fmt: skip
    assert [row["price"] for row in client.call("GET", "/openOrders")] == ["80.00000000"]
    assert raced == ["replace_error_after"] * 2


def test_deposits_withdrawals_and_locks_from_outside_are_told() -> None:
    client = client_with()
    socket = client.subscribe()
    client.site.transfer("USDT", "-0.5", client.now)
    update, position = events(socket)
    assert (update["e"], update["a"], update["d"]) == ("balanceUpdate", "USDT", "-0.50000000")
    assert position["B"] == [{"a": "USDT", "f": "99999.50000000", "l": "0.00000000"}]
    client.site.lock("BTC", "1.5", client.now)
    client.site.lock("BTC", "1", client.now)
    deltas = [event["d"] for event in events(socket) if event["e"] == "externalLockUpdate"]
    assert deltas == ["1.50000000", "-0.50000000"]
    assert client.balance("BTC") == ("1.00000000", "1.00000000")
    assert client.order("SELL", price="110.00", quantity="1.1")["code"] == -2010
    for asset, amount in (("BTC", "-1.1"), ("USDT", "-100000")):
        with pytest.raises(InputError):
            client.site.transfer(asset, amount, client.now)
    with pytest.raises(InputError):
        client.site.lock("BTC", "2.1", client.now)
    with pytest.raises(InputError):
        client.site.transfer("BTC", "1", client.now, account="nobody")


def test_accounts_stand_apart() -> None:
    keys = (Credential("a", account="one", secret="s"), Credential("b", account="two", secret="s"))
    client = client_with(credentials=keys, balances={"one": {"USDT": "1000"}, "two": {"USDT": "50"}})
    client.key, client.secret = "a", "s"
    assert client.order()["status"] == "NEW"
    client.key = "b"
    assert client.order()["code"] == -2010
    assert client.call("GET", "/openOrders") == []
    assert client.balance("USDT") == ("50.00000000", "0.00000000")


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from tradewright.sim.wire.binance import accounts

    monkeypatch.setattr(accounts, "ORDERS_KEPT", 5)
    orders = (Limit("ORDERS", SECOND_NS, 10, 1000), Limit("ORDERS", 86_400 * SECOND_NS, 1, 1000))
    client = client_with(limits=LimitsOf(orders=orders))
    for _ in range(12):
        client.take(quantity="0.1")
        client.show(book([("99.00", "5")], [("101.00", "5")]))
    assert [row["orderId"] for row in client.call("GET", "/allOrders", symbol="BTCUSDT")] == [8, 9, 10, 11, 12]
    exchange = client.site.venue.desk.exchange
    assert (exchange.orders, exchange.history) == ({}, [])


@pytest.mark.parametrize(
    "instruments",
    [
        [],
        [Instrument("X", "v", "crypto", "X", "USD", 9, 4)],
        [Instrument("X", "v", "forex", "X", "USD", 4, 4, contract=100)],
        [Instrument("X", "v", "crypto", "X", "USD", 4, 4)] * 2,
    ],
)
def test_instruments_it_can_not_have_are_refused(instruments: list[Instrument]) -> None:
    with pytest.raises(InputError):
        BinanceSite(instruments, Tape(()), Rng(1), START)
