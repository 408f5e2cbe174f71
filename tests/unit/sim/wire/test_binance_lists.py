"""Order lists: OCO, OTO, OTOCO and the forms that size themselves; who ends whom, and how it is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sim.wire.binance_client import Client, book, events

OCO = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "1", "aboveType": "LIMIT_MAKER", "abovePrice": "110.00",
       "belowType": "STOP_LOSS", "belowStopPrice": "90.00"}  # fmt: skip
OTO = {"symbol": "BTCUSDT", "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "95.00",
       "workingQuantity": "1", "workingTimeInForce": "GTC", "pendingSide": "SELL"}  # fmt: skip
SINGLE = {"pendingType": "LIMIT_MAKER", "pendingPrice": "110.00", "pendingQuantity": "0.999"}
PAIR = {"pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "110.00", "pendingBelowType": "STOP_LOSS",
        "pendingBelowStopPrice": "90.00"}  # fmt: skip
WRONG = {"code": -2010, "msg": "The relationship of the prices for the orders is not correct."}


def client_with() -> Client:
    client = Client()
    client.market()
    return client


def statuses(client: Client) -> list[str]:
    return [row["status"] for row in client.call("GET", "/allOrders", symbol="BTCUSDT")]


def place(client: Client, kind: str, **values: Any) -> Any:
    return client.call("POST", f"/orderList/{kind}", **values)


def lists(said: list[Any]) -> list[tuple[str, str]]:
    return [(event["l"], event["L"]) for event in said if event["e"] == "listStatus"]


def test_an_oco_holds_once_and_is_told_as_a_list() -> None:
    client = client_with()
    said = place(client, "oco", **OCO, listClientOrderId="pair", aboveClientOrderId="up", newOrderRespType="FULL")
    assert (said["contingencyType"], said["listStatusType"], said["listOrderStatus"], said["listClientOrderId"]) == (
        "OCO", "EXEC_STARTED", "EXECUTING", "pair",
    )  # fmt: skip
    assert [report["status"] for report in said["orderReports"]] == ["NEW", "NEW"]
    assert said["orders"][0]["clientOrderId"] == "up"
    assert client.balance("BTC") == ("1.00000000", "1.00000000")
    assert [row["orderListId"] for row in client.call("GET", "/openOrders")] == [0, 0]


def test_the_first_leg_that_fills_even_in_part_expires_the_other() -> None:
    client = client_with()
    place(client, "oco", **OCO)
    socket = client.subscribe()
    client.trade("110.00", "0.3")
    said = events(socket)
    assert [(event["x"], event["X"], event.get("eR")) for event in said if event["e"] == "executionReport"] == [
        ("TRADE", "PARTIALLY_FILLED", None), ("EXPIRED", "EXPIRED", "OCO_TRIGGER"),
    ]  # fmt: skip
    assert lists(said) == []
    client.trade("110.00", "1")
    assert statuses(client) == ["FILLED", "EXPIRED"]
    assert lists(events(socket)) == [("ALL_DONE", "ALL_DONE")]


def test_the_leg_that_is_triggered_expires_the_other() -> None:
    client = client_with()
    place(client, "oco", **OCO)
    client.trade("90.00", "0.1", -1)
    assert statuses(client) == ["EXPIRED", "FILLED"]
    assert client.balance("BTC") == ("1.00000000", "0.00000000")
    assert client.call("GET", "/orderList", orderListId=0)["listOrderStatus"] == "ALL_DONE"


def test_a_trade_that_triggers_both_legs_works_one_of_them() -> None:
    client = client_with()
    values = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "1", "aboveType": "TAKE_PROFIT",
              "aboveTrailingDelta": "100", "belowType": "STOP_LOSS", "belowTrailingDelta": "100"}  # fmt: skip
    place(client, "oco", **values)
    client.trade("98.00", "0.1", -1)
    assert sorted(statuses(client)) == ["EXPIRED", "FILLED"]
    assert client.balance("BTC") == ("1.00000000", "0.00000000")


def test_cancelling_one_leg_cancels_the_list() -> None:
    client = client_with()
    place(client, "oco", **OCO)
    said = client.call("DELETE", "/order", symbol="BTCUSDT", orderId=1, newClientOrderId="gone")
    assert [(row["status"], row["clientOrderId"]) for row in said["orderReports"]] == [("CANCELED", "gone")] * 2
    assert statuses(client) == ["CANCELED", "CANCELED"]
    assert client.balance("BTC") == ("2.00000000", "0.00000000")


def test_a_list_is_cancelled_and_looked_up_by_either_id() -> None:
    client = client_with()
    place(client, "oco", **OCO, listClientOrderId="pair")
    assert client.call("GET", "/orderList", origClientOrderId="pair")["orderListId"] == 0
    assert [row["orderListId"] for row in client.call("GET", "/openOrderList")] == [0]
    said = client.call("DELETE", "/orderList", symbol="BTCUSDT", listClientOrderId="pair")
    assert (said["listStatusType"], len(said["orderReports"])) == ("ALL_DONE", 2)
    assert client.call("DELETE", "/orderList", symbol="BTCUSDT", orderListId=0)["code"] == -2011
    assert client.call("GET", "/orderList", orderListId=9)["code"] == -2013
    assert client.call("GET", "/openOrderList") == []
    assert len(client.call("GET", "/allOrderList")) == 1
    assert client.call("GET", "/allOrderList", fromId=1) == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"aboveType": "LIMIT", "aboveTimeInForce": "GTC"}, -1158),
        ({"belowType": "LIMIT_MAKER", "belowPrice": "90.00"}, -1168),
        ({"aboveType": "STOP_LOSS", "aboveStopPrice": "110.00"}, -1197),
        ({"belowType": "TAKE_PROFIT"}, -1199),
        ({"aboveType": "TAKE_PROFIT", "belowType": "LIMIT_MAKER"}, -1166),
        ({"side": "BUY"}, -1165),
        ({"belowType": "STOP_LOSS_LIMIT", "belowPrice": "89.00", "belowTimeInForce": "IOC", "belowIcebergQty": "0.1"},
         -1160),
        ({"side": "BUY", "aboveType": "TAKE_PROFIT", "belowType": "LIMIT_MAKER"}, -1198),
        ({"side": "BUY", "aboveType": "STOP_LOSS", "belowType": "STOP_LOSS"}, -1196),
    ],
)  # fmt: skip
def test_which_types_may_stand_above_and_below(values: dict[str, str], code: int) -> None:
    client = client_with()
    assert place(client, "oco", **{**OCO, **values})["code"] == code


@pytest.mark.parametrize(
    "values", [{"abovePrice": "89.00"}, {"abovePrice": "99.99"}, {"belowStopPrice": "100.00"}, {"abovePrice": "90.00"}]
)
def test_the_market_lies_between_the_legs(values: dict[str, str]) -> None:
    client = client_with()
    assert place(client, "oco", **{**OCO, **values}) == WRONG
    assert client.call("GET", "/openOrders") == []


def test_a_buy_oco_is_the_other_way_round_and_holds_the_dearer_leg() -> None:
    client = client_with()
    values = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "1", "aboveType": "STOP_LOSS_LIMIT",
              "aboveStopPrice": "110.00", "abovePrice": "112.00", "aboveTimeInForce": "GTC",
              "belowType": "LIMIT_MAKER", "belowPrice": "90.00"}  # fmt: skip
    assert "orderReports" in place(client, "oco", **values)
    assert client.balance("USDT")[1] == "112.00000000"


def test_the_old_form_of_an_oco_is_still_taken() -> None:
    client = client_with()
    values = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "1", "price": "110.00", "stopPrice": "90.00"}
    said = client.call("POST", "/order/oco", **values)
    assert [row["orderId"] for row in said["orders"]] == [1, 2]
    types = [row["type"] for row in client.call("GET", "/openOrders")]
    assert types == ["LIMIT_MAKER", "STOP_LOSS"]
    more = {**values, "stopLimitPrice": "89.00", "stopLimitTimeInForce": "GTC"}
    said = client.call("POST", "/order/oco", **more, newOrderRespType="RESULT")
    assert said["orderReports"][1]["type"] == "STOP_LOSS_LIMIT"


def test_pending_orders_wait_until_the_working_order_is_filled_whole() -> None:
    client = client_with()
    said = place(client, "oto", **OTO, **SINGLE, newOrderRespType="RESULT")
    assert [row["status"] for row in said["orderReports"]] == ["NEW", "PENDING_NEW"]
    assert client.balance("BTC") == ("2.00000000", "0.00000000")
    socket = client.subscribe()
    client.trade("95.00", "0.4", -1)
    assert statuses(client) == ["PARTIALLY_FILLED", "PENDING_NEW"]
    assert [event["x"] for event in events(socket) if event["e"] == "executionReport"] == ["TRADE"]
    client.trade("95.00", "1", -1)
    assert statuses(client) == ["FILLED", "NEW"]
    said = events(socket)
    assert lists(said) == [("UPDATED", "EXECUTING")]
    assert client.balance("BTC") == ("2.00000000", "0.99900000")
    client.trade("110.00", "1")
    assert lists(events(socket)) == [("ALL_DONE", "ALL_DONE")]


def test_a_working_order_that_fills_at_once_is_answered_with_its_legs_pending() -> None:
    client = client_with()
    said = place(client, "oto", **{**OTO, "workingPrice": "101.00"}, **SINGLE, newOrderRespType="FULL")
    assert [row["status"] for row in said["orderReports"]] == ["FILLED", "PENDING_NEW"]
    assert statuses(client) == ["FILLED", "NEW"]


def test_when_the_working_order_ends_otherwise_its_legs_do_too() -> None:
    client = client_with()
    values = {**OTO, "workingTimeInForce": "IOC"}
    socket = client.subscribe()
    place(client, "oto", **values, **SINGLE)
    assert statuses(client) == ["EXPIRED", "EXPIRED"]
    reasons = [event.get("eR") for event in events(socket) if event.get("x") == "EXPIRED"]
    assert reasons == ["UNFILLED_IOC_QUANTITY_EXPIRED", "OTO_PHASE_ONE_EXPIRED"]
    place(client, "oto", **OTO, **SINGLE)
    events(socket)
    client.call("DELETE", "/order", symbol="BTCUSDT", orderId=3, newClientOrderId="gone")
    assert statuses(client)[2:] == ["CANCELED", "CANCELED"]
    said = events(socket)
    assert [event["c"] for event in said if event.get("x") == "CANCELED"] == ["gone", "gone"]
    assert lists(said) == [("ALL_DONE", "ALL_DONE")]


def test_an_otoco_is_a_bracket() -> None:
    client = client_with()
    said = place(client, "otoco", **OTO, **PAIR, pendingQuantity="0.999")
    assert len(said["orders"]) == 3
    assert client.answer.headers["X-MBX-ORDER-COUNT-10S"] == "3"
    client.trade("95.00", "1", -1)
    assert statuses(client) == ["FILLED", "NEW", "NEW"]
    assert client.balance("BTC") == ("2.00000000", "0.99900000")
    client.show(book([("89.00", "5")], [("91.00", "5")]))
    client.trade("90.00", "0.1", -1)
    assert statuses(client) == ["FILLED", "EXPIRED", "FILLED"]
    assert client.balance("BTC") == ("2.00000000", "0.00000000")


def test_a_leg_that_is_refused_as_its_turn_comes_is_told_why_and_ends_the_list() -> None:
    client = client_with()
    place(client, "otoco", **{**OTO, "workingPrice": "80.00"}, **PAIR, pendingQuantity="0.999")
    socket = client.subscribe()
    client.trade("80.00", "1", -1)
    said = [event for event in events(socket) if event["e"] == "executionReport"]
    refused = [(event["x"], event["r"]) for event in said if event["X"] in ("REJECTED", "EXPIRED")]
    assert ("REJECTED", "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY") in refused
    assert statuses(client) == ["FILLED", "EXPIRED", "REJECTED"]
    assert client.call("GET", "/orderList", orderListId=0)["listOrderStatus"] == "ALL_DONE"


@pytest.mark.parametrize(("kind", "legs"), [("opo", SINGLE), ("opoco", PAIR)])
def test_legs_that_are_paid_for_take_what_the_working_order_brought_in(kind: str, legs: dict[str, str]) -> None:
    client = client_with()
    place(client, kind, **OTO, **{name: value for name, value in legs.items() if name != "pendingQuantity"})
    client.trade("95.00", "1", -1)
    rows = client.call("GET", "/openOrders")
    assert {row["origQty"] for row in rows} == {"0.99900000"}
    refused = place(client, kind, **{**OTO, "pendingSide": "BUY"}, **legs)
    assert refused["code"] in (-1014, -1104, -1165)


def test_two_orders_of_a_list_can_not_share_a_name() -> None:
    client = client_with()
    said = place(client, "oco", **OCO, aboveClientOrderId="same", belowClientOrderId="same")
    assert said == {"code": -2010, "msg": "Duplicate order sent."}


def test_a_list_the_account_can_not_pay_is_refused_whole() -> None:
    client = client_with()
    said = place(client, "oco", **{**OCO, "quantity": "2.00001"})
    assert said["msg"] == "Account has insufficient balance for requested action."
    assert client.call("GET", "/openOrders") == []
    assert client.call("GET", "/rateLimit/order")[0]["count"] == 0
