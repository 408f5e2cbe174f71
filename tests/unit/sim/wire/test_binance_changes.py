"""Changing an order: cancel and replace in all its outcomes, and amending with its place kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sim.wire.binance_client import Client, book, events
from tradewright.sim.wire.binance import FilterKnobs, Limit, LimitsOf

SECOND_NS = 1_000_000_000


def replace(client: Client, mode: str = "STOP_ON_FAILURE", **values: Any) -> Any:
    named = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1",
             "price": "91.00", "cancelReplaceMode": mode, **values}  # fmt: skip
    return client.call("POST", "/order/cancelReplace", **named)


def client_with(**options: Any) -> Client:
    client = Client(**options)
    client.market()
    return client


def test_both_succeed() -> None:
    client = client_with()
    order = client.order()["orderId"]
    said = replace(client, cancelOrderId=order, cancelNewClientOrderId="gone", newClientOrderId="next")
    assert client.answer.status == 200
    assert (said["cancelResult"], said["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert said["cancelResponse"]["clientOrderId"] == "gone"
    assert (said["newOrderResponse"]["clientOrderId"], said["newOrderResponse"]["status"]) == ("next", "NEW")
    assert client.balance("USDT")[1] == "91.00000000"


def test_a_cancel_that_fails_stops_the_new_order_or_not() -> None:
    client = client_with()
    said = replace(client, cancelOrderId=99)
    assert client.answer.status == 400
    assert (said["code"], said["msg"]) == (-2022, "Order cancel-replace failed.")
    assert (said["data"]["cancelResult"], said["data"]["newOrderResult"]) == ("FAILURE", "NOT_ATTEMPTED")
    assert said["data"]["cancelResponse"] == {"code": -2011, "msg": "Unknown order sent."}
    assert said["data"]["newOrderResponse"] is None
    # What was not attempted counts all the same.
    assert client.call("GET", "/rateLimit/order")[0]["count"] == 1
    said = replace(client, "ALLOW_FAILURE", cancelOrderId=99)
    assert client.answer.status == 409
    assert (said["code"], said["msg"]) == (-2021, "Order cancel-replace partially failed.")
    assert (said["data"]["cancelResult"], said["data"]["newOrderResult"]) == ("FAILURE", "SUCCESS")
    assert said["data"]["newOrderResponse"]["status"] == "NEW"


def test_a_new_order_that_fails_leaves_the_cancel_done() -> None:
    client = client_with()
    order = client.order()["orderId"]
    said = replace(client, cancelOrderId=order, quantity="2000", price="100.00")
    assert client.answer.status == 409
    assert (said["data"]["cancelResult"], said["data"]["newOrderResult"]) == ("SUCCESS", "FAILURE")
    assert said["data"]["newOrderResponse"]["code"] == -2010
    assert client.call("GET", "/openOrders") == []


def test_both_fail() -> None:
    client = client_with()
    said = replace(client, "ALLOW_FAILURE", cancelOrderId=99, quantity="2000", price="100.00")
    assert (client.answer.status, said["code"]) == (400, -2022)
    assert (said["data"]["cancelResult"], said["data"]["newOrderResult"]) == ("FAILURE", "FAILURE")


def test_what_the_filters_refuse_cancels_nothing() -> None:
    client = client_with()
    order = client.order()["orderId"]
    assert replace(client, cancelOrderId=order, price="91.001") == {
        "code": -1013, "msg": "Filter failure: PRICE_FILTER"
    }  # fmt: skip
    assert [row["orderId"] for row in client.call("GET", "/openOrders")] == [order]


def test_what_the_cancel_sets_free_can_be_spent() -> None:
    client = client_with()
    order = client.order(price="100.00", quantity="1000")["orderId"]
    assert client.balance("USDT")[0] == "0.00000000"
    assert replace(client, cancelOrderId=order, price="90.00", quantity="1111")["newOrderResult"] == "SUCCESS"


def test_beyond_the_limit_on_orders_the_cancel_alone_may_be_asked_for() -> None:
    limits = LimitsOf(orders=(Limit("ORDERS", SECOND_NS, 10, 1), Limit("ORDERS", 86_400 * SECOND_NS, 1, 100)))
    client = client_with(limits=limits)
    order = client.order()["orderId"]
    assert replace(client, cancelOrderId=order)["code"] == -1015
    assert len(client.call("GET", "/openOrders")) == 1
    said = replace(client, cancelOrderId=order, orderRateLimitExceededMode="CANCEL_ONLY")
    assert client.answer.status == 429
    assert (said["data"]["cancelResult"], said["data"]["newOrderResult"]) == ("SUCCESS", "FAILURE")
    assert said["data"]["newOrderResponse"]["code"] == -1015
    assert client.call("GET", "/openOrders") == []


def test_a_restricted_cancel_replaces_nothing() -> None:
    client = client_with()
    order = client.order()["orderId"]
    said = replace(client, cancelOrderId=order, cancelRestrictions="ONLY_PARTIALLY_FILLED")
    assert said["data"]["cancelResponse"]["msg"] == "Order was not canceled due to cancel restrictions."


def amend(client: Client, quantity: str, **values: Any) -> Any:
    return client.call(
        "PUT", "/order/amend/keepPriority", symbol="BTCUSDT", newQty=quantity, **{"orderId": 1, **values}
    )


def test_an_amended_order_is_smaller_keeps_its_place_and_holds_less() -> None:
    client = client_with(queue="trades")
    client.show(book([("99.00", "1")], [("101.00", "5")]))
    client.order(price="99.00", quantity="1")
    client.trade("99.00", "0.4", -1)  # of the one that was shown before it
    socket = client.subscribe()
    said = amend(client, "0.7", newClientOrderId="smaller")
    assert (said["amendedOrder"]["qty"], said["amendedOrder"]["clientOrderId"]) == ("0.70000000", "smaller")
    (report, position) = events(socket)
    assert (report["x"], report["q"], report["c"]) == ("REPLACED", "0.70000000", "smaller")
    assert report["I"] == said["executionId"] and position["B"][0]["l"] == "69.30000000"
    client.trade("99.00", "0.8", -1)  # the other 0.6, and then ours
    assert client.call("GET", "/order", symbol="BTCUSDT", orderId=1)["executedQty"] == "0.20000000"
    (row,) = client.call("GET", "/order/amendments", symbol="BTCUSDT", orderId=1)
    assert (row["origQty"], row["newQty"], row["newClientOrderId"]) == ("1.00000000", "0.70000000", "smaller")


@pytest.mark.parametrize("quantity", ["1", "1.5", "0.3", "0.4"])
def test_an_amendment_lies_between_what_is_filled_and_what_was_asked(quantity: str) -> None:
    client = client_with()
    client.order()
    client.trade("90.00", "0.4", -1)
    assert amend(client, quantity)["code"] == -2038
    assert amend(client, "0.41")["amendedOrder"]["status"] == "PARTIALLY_FILLED"


def test_an_amendment_keeps_to_the_step_and_to_how_often_it_may_be_done() -> None:
    client = client_with(filters=FilterKnobs(amends=2))
    client.order()
    assert amend(client, "0.100001") == {"code": -1013, "msg": "Filter failure: LOT_SIZE"}
    assert "amendedOrder" in amend(client, "0.9") and "amendedOrder" in amend(client, "0.8")
    assert amend(client, "0.7")["code"] == -2038
    assert amend(client, "0.7", orderId=99)["code"] == -2038
