"""Filters by their own names, precision before them, and what goes together in an order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sim.wire.binance_client import Client, failure
from tradewright.sim.wire.binance import FilterKnobs

E8 = 10**8
NOT_NEEDED = -1106


def said(code: int, text: str) -> dict[str, object]:
    return {"code": code, "msg": text}


LIMIT = {"type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "90.00"}
STOP = {"type": "STOP_LOSS", "side": "SELL", "quantity": "1", "stopPrice": "90.00"}


def ask(client: Client, **values: Any) -> Any:
    return client.call("POST", "/order", **{"symbol": "BTCUSDT", "side": "BUY", **values})


@pytest.mark.parametrize(
    ("knobs", "values", "name"),
    [
        ({}, {"price": "90.001"}, "PRICE_FILTER"),
        ({}, {"price": "1000000.01"}, "PRICE_FILTER"),
        ({}, {"price": "0"}, "PRICE_FILTER"),
        ({}, {**STOP, "stopPrice": "90.005"}, "PRICE_FILTER"),
        ({}, {"price": "500.01"}, "PERCENT_PRICE_BY_SIDE"),
        ({}, {"price": "19.99"}, "PERCENT_PRICE_BY_SIDE"),
        ({"by_side": False}, {"price": "500.01"}, "PERCENT_PRICE"),
        ({}, {"quantity": "0.000001"}, "LOT_SIZE"),
        ({}, {"quantity": "1.000001"}, "LOT_SIZE"),
        ({}, {"quantity": "9000.00001"}, "LOT_SIZE"),
        ({}, {"type": "MARKET", "timeInForce": None, "price": None, "quantity": "120.00001"}, "MARKET_LOT_SIZE"),
        ({}, {"quantity": "0.05555"}, "NOTIONAL"),
        ({"notional_max": 100}, {"quantity": "1.2"}, "NOTIONAL"),
        ({"notional": False}, {"quantity": "0.05555"}, "MIN_NOTIONAL"),
        ({}, {"type": "MARKET", "timeInForce": None, "price": None, "quantity": "0.04999"}, "NOTIONAL"),
        ({}, {"quantity": "1.00001", "icebergQty": "0.01"}, "ICEBERG_PARTS"),
        ({}, {**STOP, "stopPrice": None, "trailingDelta": 9}, "TRAILING_DELTA"),
        ({}, {**STOP, "stopPrice": None, "trailingDelta": 2001}, "TRAILING_DELTA"),
        ({"orders": 0, "exchange_orders": 1}, {"twice": True}, "EXCHANGE_MAX_NUM_ORDERS"),
        ({"orders": 1}, {"twice": True}, "MAX_NUM_ORDERS"),
        ({"algo_orders": 1}, {**STOP, "twice": True}, "MAX_NUM_ALGO_ORDERS"),
        ({"algo_orders": 0, "exchange_algo_orders": 1}, {**STOP, "twice": True}, "EXCHANGE_MAX_NUM_ALGO_ORDERS"),
        ({"iceberg_orders": 1}, {"icebergQty": "0.5", "twice": True}, "MAX_NUM_ICEBERG_ORDERS"),
        ({"iceberg_orders": 0, "exchange_iceberg_orders": 1}, {"icebergQty": "0.5", "twice": True},
         "EXCHANGE_MAX_NUM_ICEBERG_ORDERS"),
        ({"position_max": 3 * E8}, {"quantity": "1.00001"}, "MAX_POSITION"),
        ({"asset_max": (("BTC", 2),)}, {"quantity": "2.00001"}, "MAX_ASSET"),
        ({"asset_max": (("USDT", 180),)}, {"quantity": "2.00001"}, "MAX_ASSET"),
    ],
)  # fmt: skip
def test_a_filter_refuses_by_its_name(knobs: dict[str, Any], values: dict[str, Any], name: str) -> None:
    client = Client(filters=FilterKnobs(**knobs))
    client.market()
    twice = values.get("twice", False)
    base = {} if "type" in values and "price" not in values else LIMIT
    values = {key: value for key, value in {**base, **values}.items() if value is not None and key != "twice"}
    if twice:
        assert "orderId" in ask(client, **values)
    assert ask(client, **values) == failure(name)
    assert client.answer.status == 400


@pytest.mark.parametrize(
    ("knobs", "values"),
    [
        ({}, {"price": "500.00", "side": "SELL"}), ({}, {"price": "20.00"}),
        ({}, {"price": "100.00", "quantity": "0.05"}),
        ({}, {"quantity": "1", "icebergQty": "0.01"}), ({"position_max": 3 * E8}, {"quantity": "1"}),
        ({"asset_max": (("BTC", 2),)}, {"quantity": "2"}), ({"multiplier_up": 0}, {"price": "19.99"}),
        ({"notional_max": 108}, {"quantity": "1.2"}),
    ],
)  # fmt: skip
def test_what_lies_on_the_border_passes(knobs: dict[str, Any], values: dict[str, Any]) -> None:
    client = Client(filters=FilterKnobs(**knobs))
    client.market()
    assert ask(client, **{**LIMIT, **values})["status"] == "NEW"


def test_the_band_follows_the_average_of_five_minutes_and_falls_back_on_the_last_price() -> None:
    client = Client()
    client.trade("100.00", "3")
    client.trade("200.00", "1")
    assert client.get("/avgPrice", symbol="BTCUSDT")["price"] == "125.00000000"
    assert ask(client, **{**LIMIT, "price": "25.00"})["status"] == "NEW"
    assert ask(client, **{**LIMIT, "price": "24.99"}) == failure("PERCENT_PRICE_BY_SIDE")
    client.wait(10 * 60 * 1_000_000_000)
    assert client.get("/avgPrice", symbol="BTCUSDT")["price"] == "200.00000000"
    assert ask(client, **{**LIMIT, "price": "39.99"}) == failure("PERCENT_PRICE_BY_SIDE")


def test_the_lists_of_an_account_are_counted() -> None:
    oco = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.5", "aboveType": "LIMIT_MAKER", "abovePrice": "120.00",
           "belowType": "STOP_LOSS", "belowStopPrice": "80.00"}  # fmt: skip
    cases: list[tuple[dict[str, Any], str]] = [
        ({"lists": 1}, "MAX_NUM_ORDER_LISTS"),
        ({"lists": 0, "exchange_lists": 1}, "EXCHANGE_MAX_NUM_ORDER_LISTS"),
    ]
    for knobs, name in cases:
        client = Client(filters=FilterKnobs(**knobs))
        client.market()
        assert client.call("POST", "/orderList/oco", **oco)["orderListId"] == 0
        assert client.call("POST", "/orderList/oco", **oco) == failure(name)


@pytest.mark.parametrize("name", ["price", "quantity"])
def test_too_much_precision_is_refused_before_any_filter(name: str) -> None:
    client = Client()
    said_ = said(-1111, f"Parameter '{name}' has too much precision.")
    assert ask(client, **{**LIMIT, name: "0.000000001"}) == said_
    assert ask(client, **{**LIMIT, name: "0.00000001"}) == failure("PRICE_FILTER" if name == "price" else "LOT_SIZE")


@pytest.mark.parametrize(
    ("values", "code", "text"),
    [
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "FUNNY"}, -1116, "Invalid orderType."),
        ({"timeInForce": "GTD"}, -1115, "Invalid timeInForce."),
        ({"symbol": "NOSUCH"}, -1121, "Invalid symbol."),
        ({"price": None}, -1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed."),
        ({"quantity": None}, -1102, "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed."),
        ({"timeInForce": None}, -1102,
         "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed."),
        ({"stopPrice": "90.00"}, NOT_NEEDED, "Parameter 'stopPrice' sent when not required."),
        ({"trailingDelta": "100"}, NOT_NEEDED, "Parameter 'trailingDelta' sent when not required."),
        ({"quoteOrderQty": "90.00"}, NOT_NEEDED, "Parameter 'quoteOrderQty' sent when not required."),
        ({"type": "MARKET", "timeInForce": None}, NOT_NEEDED, "Parameter 'price' sent when not required."),
        ({"type": "MARKET", "price": None}, -1114, "TimeInForce parameter sent when not required."),
        ({"type": "LIMIT_MAKER"}, -1114, "TimeInForce parameter sent when not required."),
        ({"type": "MARKET", "price": None, "timeInForce": None, "quantity": None}, -1102,
         "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"),
        ({"type": "MARKET", "price": None, "timeInForce": None, "quoteOrderQty": "10"}, -1128,
         "Combination of optional parameters invalid."),
        ({"type": "STOP_LOSS", "price": None, "timeInForce": None}, -1102,
         "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!"),
        ({"icebergQty": "0.5", "timeInForce": "IOC"}, -1014, "Unsupported order combination."),
        ({"icebergQty": "2"}, -2010, "IcebergQty exceeds QTY."),
        ({"strategyType": "999999"}, -1134, "`strategyType` was less than 1000000."),
        ({"selfTradePreventionMode": "SOME"}, -1130,
         "Data sent for parameter 'selfTradePreventionMode' is not valid."),
        ({"newOrderRespType": "SOME"}, -1130, "Data sent for parameter 'newOrderRespType' is not valid."),
        ({"newClientOrderId": "a b"}, -1100,
         "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'."),
        ({"newClientOrderId": "a" * 37}, -1100,
         "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'."),
        ({"price": "ninety"}, -1100,
         "Illegal characters found in parameter 'price'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'."),
        ({"price": "-90.00"}, -1100,
         "Illegal characters found in parameter 'price'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'."),
        ({"price": "9" * 19}, -1108, "Parameter 'price' overflowed."),
        ({"price": ""}, -1105, "Parameter 'price' was empty."),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_by_code(values: dict[str, Any], code: int, text: str) -> None:
    client = Client()
    client.market()
    asked = {name: value for name, value in {"side": "BUY", **LIMIT, **values}.items() if value is not None}
    assert ask(client, **asked) == said(code, text)


def test_the_published_filters_are_those_that_are_applied() -> None:
    client = Client(filters=FilterKnobs(notional=False, by_side=False, position_max=3 * E8, asset_max=(("BTC", 2),)))
    client.market()
    (symbol,) = client.get("/exchangeInfo", symbol="BTCUSDT")["symbols"]
    names = {row["filterType"]: row for row in symbol["filters"]}
    assert names["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert names["LOT_SIZE"]["stepSize"] == "0.00001000"
    assert names["MIN_NOTIONAL"]["minNotional"] == "5.00000000"
    assert names["PERCENT_PRICE"]["multiplierUp"] == "5.0000"
    assert names["MAX_POSITION"]["maxPosition"] == "3.00000000"
    assert client.call("GET", "/myFilters", symbol="BTCUSDT")["assetFilters"] == [
        {"filterType": "MAX_ASSET", "asset": "BTC", "limit": "2.00000000"}
    ]


def test_an_order_is_refused_while_its_symbol_is_not_trading() -> None:
    client = Client()
    client.market()
    client.site.venue.rules["BTCUSDT"].status = "HALT"
    assert client.order() == said(-2010, "Market is closed.")
    assert client.get("/exchangeInfo", symbolStatus="HALT")["symbols"][0]["symbol"] == "BTCUSDT"
    assert client.get("/exchangeInfo", symbolStatus="SLEEPING")["code"] == -1220
