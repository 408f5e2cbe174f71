"""Orders from entry to end: every type, every way to end, balances that follow, and how they are told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sim.wire.binance_client import SECOND_NS, Client, book, events
from tradewright.sim.wire.binance import FilterKnobs

DAY_NS = 86_400 * SECOND_NS
UNKNOWN = {"code": -2011, "msg": "Unknown order sent."}
DUPLICATE = {"code": -2010, "msg": "Duplicate order sent."}
POOR = {"code": -2010, "msg": "Account has insufficient balance for requested action."}
TRIGGERS = {"code": -2010, "msg": "Order would trigger immediately."}


def client_with(**options: Any) -> Client:
    client = Client(**options)
    client.market()
    return client


def status(client: Client, order_id: int) -> Any:
    return client.call("GET", "/order", symbol="BTCUSDT", orderId=order_id)


def stop(client: Client, type: str, side: str, stop_price: str | None, **values: Any) -> Any:
    named = {"symbol": "BTCUSDT", "type": type, "side": side, "quantity": "1", "stopPrice": stop_price, **values}
    return client.call("POST", "/order", **{name: value for name, value in named.items() if value is not None})


# How orders are answered


def test_the_three_forms_of_an_answer_and_the_usual_one_of_each_type() -> None:
    client = client_with()
    ack = {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}
    result = ack | {"price", "origQty", "executedQty", "origQuoteOrderQty", "cummulativeQuoteQty", "status",
                    "timeInForce", "type", "side", "workingTime", "selfTradePreventionMode"}  # fmt: skip
    assert {*client.order(newOrderRespType="ACK")} == ack
    assert {*client.order(newOrderRespType="RESULT")} == result
    assert {*client.order()} == {*client.take()} == result | {"fills"}
    assert {*client.order(type="LIMIT_MAKER", timeInForce=None)} == ack
    assert {*stop(client, "STOP_LOSS", "SELL", "90.00")} == ack


def test_a_full_answer_tells_each_fill_and_the_sums() -> None:
    client = Client()
    client.show(book([("99.00", "1")], [("101.00", "1"), ("102.00", "2")]))
    said = client.take(quantity="2")
    assert (said["status"], said["executedQty"], said["cummulativeQuoteQty"]) == (
        "FILLED", "2.00000000", "203.00000000",
    )  # fmt: skip
    assert [(fill["price"], fill["qty"], fill["commission"], fill["commissionAsset"]) for fill in said["fills"]] == [
        ("101.00000000", "1.00000000", "0.00100000", "BTC"), ("102.00000000", "1.00000000", "0.00100000", "BTC"),
    ]  # fmt: skip


def test_an_order_tells_what_it_was_asked_with() -> None:
    client = client_with()
    said = client.order(strategyId="7", strategyType="1000001", icebergQty="0.5", selfTradePreventionMode="DECREMENT")
    assert (said["strategyId"], said["strategyType"], said["icebergQty"]) == (7, 1_000_001, "0.50000000")
    row = status(client, said["orderId"])
    assert row["selfTradePreventionMode"] == "DECREMENT" and row["isWorking"] is True
    assert (row["time"], row["updateTime"], row["workingTime"]) == (said["transactTime"],) * 3


def test_a_client_id_is_made_if_none_is_given_and_is_unique_among_open_orders() -> None:
    client = client_with()
    assert len(client.order()["clientOrderId"]) == 22
    assert client.order(newClientOrderId="mine")["clientOrderId"] == "mine"
    assert client.order(newClientOrderId="mine") == DUPLICATE
    client.call("DELETE", "/order", symbol="BTCUSDT", origClientOrderId="mine")
    again = client.order(newClientOrderId="mine")
    assert again["clientOrderId"] == "mine"
    assert client.call("GET", "/order", symbol="BTCUSDT", origClientOrderId="mine")["orderId"] == again["orderId"]


# Balances


def test_a_buy_locks_its_quote_and_a_sale_its_base_until_they_end() -> None:
    client = client_with()
    buy = client.order(price="90.00", quantity="2")
    sale = client.order("SELL", price="110.00", quantity="0.5")
    assert client.balance("USDT") == ("99820.00000000", "180.00000000")
    assert client.balance("BTC") == ("1.50000000", "0.50000000")
    client.trade("90.00", "0.5", -1)
    assert client.balance("USDT") == ("99820.00000000", "135.00000000")
    assert client.balance("BTC") == ("1.99950000", "0.50000000")
    for order in (buy, sale):
        client.call("DELETE", "/order", symbol="BTCUSDT", orderId=order["orderId"])
    assert client.balance("USDT") == ("99955.00000000", "0.00000000")
    assert client.balance("BTC") == ("2.49950000", "0.00000000")


def test_a_fill_better_than_the_limit_gives_the_difference_back() -> None:
    client = client_with()
    client.order(price="105.00")
    assert client.balance("USDT") == ("99899.00000000", "0.00000000")


def test_commission_is_taken_from_what_is_received() -> None:
    client = client_with()
    (bought,) = client.take()["fills"]
    (sold,) = client.take("SELL")["fills"]
    assert (bought["commission"], bought["commissionAsset"]) == ("0.00100000", "BTC")
    assert (sold["commission"], sold["commissionAsset"]) == ("0.09900000", "USDT")
    assert client.balance("BTC")[0] == "1.99900000"
    assert client.balance("USDT")[0] == "99997.90100000"


def test_commission_may_be_paid_in_a_third_asset_at_a_fixed_price() -> None:
    client = client_with(fee="maker_taker:7.5:7.5:in=BNB@600")
    (bought,) = client.take()["fills"]
    assert (bought["commission"], bought["commissionAsset"]) == ("0.00012625", "BNB")
    assert client.balance("BNB")[0] == "49.99987375"


@pytest.mark.parametrize(
    "values",
    [
        {"price": "100.00", "quantity": "1000.00001"},
        {"side": "SELL", "price": "110.00", "quantity": "2.00001"},
        {"side": "SELL", "type": "MARKET", "price": None, "timeInForce": None, "quantity": "2.00001"},
        {"side": "SELL", "type": "STOP_LOSS", "price": None, "timeInForce": None, "stopPrice": "90.00",
         "quantity": "2.00001"},
        {"type": "STOP_LOSS", "price": None, "timeInForce": None, "stopPrice": "110.00", "quantity": "909.1"},
    ],
)  # fmt: skip
def test_what_can_not_be_paid_is_refused(values: dict[str, Any]) -> None:
    client = client_with()
    assert client.order(**values) == POOR
    assert client.balance("USDT") == ("100000.00000000", "0.00000000")
    assert client.call("GET", "/openOrders") == []


def test_what_an_order_holds_can_not_be_spent_by_another() -> None:
    client = client_with()
    client.order(price="90.00", quantity="1000")
    assert client.order(price="100.00", quantity="100.00001") == POOR
    assert client.order(price="100.00", quantity="100")["status"] == "NEW"
    client.order("SELL", price="110.00", quantity="1.5")
    assert client.take("SELL", quantity="0.50001") == POOR
    assert client.take("SELL", quantity="0.5")["status"] == "FILLED"


def test_money_and_goods_are_conserved_over_a_long_run() -> None:
    client = client_with(filters=FilterKnobs(orders=0, algo_orders=0))
    site = client.site
    for number in range(200):
        price = 9_900 + number * 37 % 220
        client.order(
            "BUY" if number % 2 else "SELL", price=f"{price / 100:.2f}", quantity=f"0.{number % 90 + 10}",
            timeInForce=("GTC", "IOC", "FOK")[number % 3],
        )  # fmt: skip
        client.trade(f"{(9_900 + number * 53 % 220) / 100:.2f}", "0.02", 1 if number % 3 else -1)
        client.show(book([("99.00", "0.5")], [("101.00", "0.5")]))
        client.wait(SECOND_NS)
    account = site.venue.accounts["demo"]
    for asset, began in (("BTC", 2 * 10**18), ("USDT", 100_000 * 10**18)):
        moved = 0
        for order, fill in account.fills:
            if asset == "BTC":
                moved += order.terms.side * fill.quantity * 10**10
            else:
                moved -= order.terms.side * fill.worth
            moved -= fill.commission if fill.asset == asset else 0
        assert account.wallet.owned[asset] == began + moved
        assert 0 <= account.wallet.locked(asset) <= account.wallet.owned[asset]
    held = sum(site.venue.desk.needs(order) for order in account.open.values() if order.terms.side > 0)
    assert account.wallet.locked("USDT") == held
    assert len(account.fills) > 50


# How orders end


def test_market_without_liquidity_expires_and_with_too_little_its_rest_does() -> None:
    client = Client()
    client.trade("100.00", "1")
    client.show(book([("99.00", "1")], []))
    said = client.take()
    assert (said["status"], said["executedQty"], said["expiryReason"]) == (
        "EXPIRED", "0.00000000", "INSUFFICIENT_LIQUIDITY",
    )  # fmt: skip
    client.show(book([("99.00", "1")], [("101.00", "0.4")]))
    said = client.take()
    assert (said["status"], said["executedQty"], said["expiryReason"]) == (
        "EXPIRED", "0.40000000", "INSUFFICIENT_LIQUIDITY",
    )  # fmt: skip
    assert client.balance("USDT")[1] == "0.00000000"


@pytest.mark.parametrize(
    ("force", "price", "quantity", "status_", "executed", "reason"),
    [
        ("IOC", "101.00", "7", "EXPIRED", "5.00000000", "UNFILLED_IOC_QUANTITY_EXPIRED"),
        ("IOC", "100.00", "1", "EXPIRED", "0.00000000", "UNFILLED_IOC_QUANTITY_EXPIRED"),
        ("IOC", "101.00", "5", "FILLED", "5.00000000", None),
        ("FOK", "101.00", "5.00001", "EXPIRED", "0.00000000", "UNFILLED_FOK_ORDER_EXPIRED"),
        ("FOK", "101.00", "5", "FILLED", "5.00000000", None),
        ("GTC", "101.00", "7", "PARTIALLY_FILLED", "5.00000000", None),
    ],
)
def test_what_a_time_in_force_does(
    force: str, price: str, quantity: str, status_: str, executed: str, reason: str | None
) -> None:
    client = client_with()
    said = client.order(price=price, quantity=quantity, timeInForce=force)
    assert (said["status"], said["executedQty"], said.get("expiryReason")) == (status_, executed, reason)
    assert client.balance("USDT")[1] == ("202.00000000" if status_ == "PARTIALLY_FILLED" else "0.00000000")


def test_a_quote_quantity_buys_what_it_pays_and_sells_what_brings_it() -> None:
    client = Client()
    client.show(book([("99.00", "5")], [("100.00", "1"), ("200.00", "5")]))
    said = client.call("POST", "/order", symbol="BTCUSDT", side="BUY", type="MARKET", quoteOrderQty="200")
    assert (said["executedQty"], said["cummulativeQuoteQty"], said["origQuoteOrderQty"]) == (
        "1.50000000", "200.00000000", "200.00000000",
    )  # fmt: skip
    said = client.call("POST", "/order", symbol="BTCUSDT", side="SELL", type="MARKET", quoteOrderQty="49.50")
    assert (said["status"], said["executedQty"]) == ("FILLED", "0.50000000")
    client.show(book([("99.00", "5")], []))
    said = client.call("POST", "/order", symbol="BTCUSDT", side="BUY", type="MARKET", quoteOrderQty="10")
    assert said == {"code": -1013, "msg": "Order book liquidity is less than symbol minimum quantity."}


def test_a_maker_order_that_would_take_is_refused_and_one_that_rests_is_a_maker() -> None:
    client = client_with()
    refused = client.order(type="LIMIT_MAKER", timeInForce=None, price="101.00")
    assert refused == {"code": -2010, "msg": "Order would immediately match and take."}
    order = client.order(type="LIMIT_MAKER", timeInForce=None, price="100.99")
    client.trade("100.99", "1", -1)
    (trade,) = client.call("GET", "/myTrades", symbol="BTCUSDT")
    assert (trade["orderId"], trade["isMaker"], trade["isBuyer"]) == (order["orderId"], True, True)


def test_a_pegged_price_is_taken_from_the_book_as_the_order_comes() -> None:
    client = Client()
    client.show(book([("99.00", "1"), ("98.00", "1")], [("101.00", "1"), ("102.00", "1")]))
    said = client.order(price=None, pegPriceType="PRIMARY_PEG")
    assert (said["price"], said["peggedPrice"], said["pegPriceType"]) == ("99.00000000", "99.00000000", "PRIMARY_PEG")
    said = client.order(price=None, pegPriceType="PRIMARY_PEG", pegOffsetType="PRICE_LEVEL", pegOffsetValue="2")
    assert (said["price"], said["pegOffsetValue"]) == ("98.00000000", 2)
    assert client.order(price=None, pegPriceType="MARKET_PEG")["status"] == "FILLED"
    deeper = client.order(price=None, pegPriceType="PRIMARY_PEG", pegOffsetType="PRICE_LEVEL", pegOffsetValue="3")
    assert deeper == {"code": -1112, "msg": "No orders on book for symbol."}
    assert client.order(pegPriceType="MARKET_PEG")["code"] == -1106
    assert client.take(pegPriceType="MARKET_PEG")["code"] == -1014


# Triggers


@pytest.mark.parametrize(
    ("type", "side", "wrong", "right", "before", "at"),
    [
        ("STOP_LOSS", "SELL", "100.00", "95.00", "95.01", "95.00"),
        ("STOP_LOSS", "BUY", "100.00", "105.00", "104.99", "105.00"),
        ("TAKE_PROFIT", "SELL", "100.00", "105.00", "104.99", "105.00"),
        ("TAKE_PROFIT", "BUY", "100.00", "95.00", "95.01", "95.00"),
    ],
)
def test_a_trigger_lies_on_its_side_of_the_market_and_looks_at_the_last_trade(
    type: str, side: str, wrong: str, right: str, before: str, at: str
) -> None:
    client = client_with()
    assert stop(client, type, side, wrong) == TRIGGERS
    order = stop(client, type, side, right)["orderId"]
    assert status(client, order)["isWorking"] is False
    client.show(book([("94.00", "5")], [("106.00", "5")]))  # quotes trigger nothing
    client.trade(before, "0.1")
    assert status(client, order)["status"] == "NEW"
    client.trade(at, "0.1")
    row = status(client, order)
    assert (row["status"], row["executedQty"], row["isWorking"]) == ("FILLED", "1.00000000", True)
    price = "94.00000000" if side == "SELL" else "106.00000000"
    assert client.call("GET", "/myTrades", symbol="BTCUSDT", orderId=order)[0]["price"] == price


@pytest.mark.parametrize("type", ["STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"])
def test_a_limited_conditional_order_comes_into_the_book_when_it_is_triggered(type: str) -> None:
    client = client_with()
    trigger = "95.00" if type == "STOP_LOSS_LIMIT" else "105.00"
    order = stop(client, type, "SELL", trigger, price="104.00", timeInForce="GTC")["orderId"]
    assert client.balance("BTC") == ("1.00000000", "1.00000000")
    client.trade(trigger, "0.1")
    row = status(client, order)
    assert (row["status"], row["isWorking"], row["price"]) == ("NEW", True, "104.00000000")
    client.trade("104.00", "0.3")
    assert status(client, order)["executedQty"] == "0.30000000"


def test_a_trailing_stop_follows_and_one_with_a_stop_price_begins_there() -> None:
    client = client_with()
    plain = stop(client, "STOP_LOSS", "SELL", None, trailingDelta=500)["orderId"]
    armed = stop(client, "TAKE_PROFIT", "SELL", "110.00", trailingDelta=500)["orderId"]
    for price in ("104.00", "99.00", "98.81"):
        client.trade(price, "0.1")
        assert status(client, plain)["status"] == "NEW", price
    client.trade("98.80", "0.1")  # 5 % below 104
    assert [status(client, order)["status"] for order in (plain, armed)] == ["FILLED", "NEW"]
    assert status(client, armed)["trailingTime"] == -1
    client.trade("111.00", "0.1")
    assert status(client, armed)["trailingTime"] > 0
    client.trade("105.45", "0.1")
    assert status(client, armed)["status"] == "FILLED"


def test_a_triggered_buy_takes_no_more_than_free_money_pays() -> None:
    client = client_with()
    order = stop(client, "STOP_LOSS", "BUY", "110.00", quantity="900")["orderId"]
    assert client.balance("USDT") == ("1000.00000000", "99000.00000000")
    client.show(book([("99.00", "5")], [("200.00", "2000")]))
    client.trade("110.00", "0.1")
    row = status(client, order)
    assert (row["status"], row["executedQty"]) == ("EXPIRED", "500.00000000")
    assert client.balance("USDT") == ("0.00000000", "0.00000000")


# Cancelling and looking up


def test_a_cancel_names_the_order_by_either_id_and_itself() -> None:
    client = client_with()
    order = client.order(newClientOrderId="mine")
    said = client.call(
        "DELETE", "/order", symbol="BTCUSDT", orderId=order["orderId"], origClientOrderId="mine",
        newClientOrderId="gone",
    )  # fmt: skip
    assert (said["origClientOrderId"], said["clientOrderId"], said["status"]) == ("mine", "gone", "CANCELED")
    assert client.call("DELETE", "/order", symbol="BTCUSDT", orderId=order["orderId"]) == UNKNOWN
    assert client.call("DELETE", "/order", symbol="BTCUSDT", origClientOrderId="never") == UNKNOWN
    assert client.call("DELETE", "/order", symbol="BTCUSDT")["code"] == -1102


def test_ids_that_do_not_agree_are_refused() -> None:
    client = client_with()
    order = client.order(newClientOrderId="mine")
    said = client.call("DELETE", "/order", symbol="BTCUSDT", orderId=order["orderId"], origClientOrderId="other")
    assert said["code"] == -2039
    assert status(client, order["orderId"])["status"] == "NEW"


def test_a_cancel_may_be_restricted_to_new_or_to_partly_filled_orders() -> None:
    client = client_with()
    order = client.order()["orderId"]
    restricted = {"code": -2011, "msg": "Order was not canceled due to cancel restrictions."}
    cancel = {"symbol": "BTCUSDT", "orderId": order}
    assert client.call("DELETE", "/order", cancelRestrictions="ONLY_PARTIALLY_FILLED", **cancel) == restricted
    client.trade("90.00", "0.1", -1)
    assert client.call("DELETE", "/order", cancelRestrictions="ONLY_NEW", **cancel) == restricted
    assert client.call("DELETE", "/order", cancelRestrictions="SOME", **cancel)["code"] == -1145
    said = client.call("DELETE", "/order", cancelRestrictions="ONLY_PARTIALLY_FILLED", **cancel)
    assert (said["status"], said["executedQty"]) == ("CANCELED", "0.10000000")


def test_cancelling_all_answers_orders_and_lists_and_refuses_when_nothing_is_open() -> None:
    client = client_with()
    assert client.call("DELETE", "/openOrders", symbol="BTCUSDT") == UNKNOWN
    client.order()
    client.call("POST", "/orderList/oco", symbol="BTCUSDT", side="SELL", quantity="1", aboveType="LIMIT_MAKER",
                abovePrice="120.00", belowType="STOP_LOSS", belowStopPrice="80.00")  # fmt: skip
    plain, listed = client.call("DELETE", "/openOrders", symbol="BTCUSDT")
    assert plain["status"] == "CANCELED"
    assert (listed["contingencyType"], len(listed["orderReports"])) == ("OCO", 2)
    assert client.call("GET", "/openOrders") == []


def test_open_orders_are_those_at_work_of_one_symbol_or_of_all() -> None:
    client = client_with()
    first = client.order()["orderId"]
    ended, filled = client.order()["orderId"], client.take()["orderId"]
    client.call("DELETE", "/order", symbol="BTCUSDT", orderId=ended)
    other = client.order(symbol="ETHBTC", price="0.050000", quantity="0.1")["orderId"]
    assert [row["orderId"] for row in client.call("GET", "/openOrders")] == [first, other] and filled > ended
    (row,) = client.call("GET", "/openOrders", symbol="BTCUSDT")
    assert row == status(client, first)
    assert (row["status"], row["price"], row["origQty"], row["executedQty"], row["isWorking"]) == (
        "NEW", "90.00000000", "1.00000000", "0.00000000", True,
    )  # fmt: skip
    client.trade("90.00", "0.4", -1)
    (row,) = client.call("GET", "/openOrders", symbol="BTCUSDT")
    assert (row["status"], row["executedQty"]) == ("PARTIALLY_FILLED", "0.40000000")
    assert client.call("GET", "/openOrders", symbol="NONE")["code"] == -1121


def test_an_order_that_is_not_known_or_was_archived_is_refused_as_such() -> None:
    client = client_with()
    assert status(client, 99) == {"code": -2013, "msg": "Order does not exist."}
    empty, filled = client.order()["orderId"], client.take()["orderId"]
    client.call("DELETE", "/order", symbol="BTCUSDT", orderId=empty)
    client.now += 90 * DAY_NS
    assert status(client, empty)["status"] == "CANCELED"
    client.now += SECOND_NS
    assert status(client, empty)["code"] == -2026
    assert status(client, filled)["status"] == "FILLED"


def test_all_orders_are_paged_by_id_or_by_a_time_of_at_most_a_day() -> None:
    client = client_with(filters=FilterKnobs(orders=0))
    first = client.now
    for _ in range(5):
        client.order()
        client.wait(SECOND_NS)

    def ids(**values: Any) -> Any:
        rows = client.call("GET", "/allOrders", symbol="BTCUSDT", **values)
        return [row["orderId"] for row in rows] if isinstance(rows, list) else rows["code"]

    assert ids() == [1, 2, 3, 4, 5]
    assert ids(limit=2) == [4, 5]
    assert ids(orderId=2, limit=2) == [2, 3]
    ms = first // 1_000_000
    assert ids(startTime=ms + 1000, endTime=ms + 2000) == [2, 3]
    assert ids(startTime=ms, endTime=ms + 86_400_001) == -1127


def test_fills_are_paged_by_id_order_and_time() -> None:
    client = client_with()
    orders = [client.take(quantity="0.1")["orderId"] for _ in range(4)]
    rows = client.call("GET", "/myTrades", symbol="BTCUSDT")
    ids = [row["id"] for row in rows]
    assert [row["orderId"] for row in rows] == orders
    assert [row["id"] for row in client.call("GET", "/myTrades", symbol="BTCUSDT", fromId=ids[1], limit=2)] == ids[1:3]
    (row,) = client.call("GET", "/myTrades", symbol="BTCUSDT", orderId=orders[2])
    assert (row["id"], row["quoteQty"], row["isBestMatch"]) == (ids[2], "10.10000000", True)
    assert client.call("GET", "/myTrades", symbol="BTCUSDT", startTime=1, fromId=1)["code"] == -1128
    assert client.call("GET", "/myTrades", symbol="BTCUSDT", orderId=orders[2], fromId=ids[3]) == []


def test_a_test_order_is_judged_and_not_placed() -> None:
    client = client_with()
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    assert client.call("POST", "/order/test", **order) == {}
    rates = client.call("POST", "/order/test", **order, computeCommissionRates="true")
    assert rates["standardCommissionForOrder"] == {"maker": "0.00100000", "taker": "0.00100000"}
    assert client.call("POST", "/order/test", **{**order, "quantity": "2000"})["code"] == -1013
    assert client.call("GET", "/allOrders", symbol="BTCUSDT") == []


def test_an_account_tells_rates_permissions_and_balances() -> None:
    client = client_with()
    said = client.call("GET", "/account")
    assert (said["makerCommission"], said["accountType"], said["permissions"]) == (10, "SPOT", ["SPOT"])
    assert said["commissionRates"]["taker"] == "0.00100000"
    assert {"BTC", "ETH", "USDT"} <= {row["asset"] for row in said["balances"]}
    client.take("SELL", quantity="2")
    kept = {row["asset"] for row in client.call("GET", "/account", omitZeroBalances="true")["balances"]}
    assert "BTC" not in kept and "USDT" in kept
    rates = client.call("GET", "/account/commission", symbol="BTCUSDT")["standardCommission"]
    assert rates["maker"] == "0.00100000"


# Execution rules and self-trade prevention


def test_a_taker_beyond_the_price_range_expires_there() -> None:
    client = Client(filters=FilterKnobs(band=100), references=True)
    client.trade("100.00", "1")
    client.show(book([("99.50", "5")], [("100.50", "0.4"), ("102.00", "5")]))
    client.show(book([("99.50", "5")], [("100.50", "0.4"), ("102.00", "5")]))
    (rules,) = client.get("/executionRules", symbol="BTCUSDT")["symbolRules"]
    assert rules["rules"][0]["ruleType"] == "PRICE_RANGE"
    assert client.get("/referencePrice", symbol="BTCUSDT")["referencePrice"] == "100.00000000"
    said = client.take()
    assert (said["status"], said["executedQty"], said["expiryReason"]) == (
        "EXPIRED", "0.40000000", "EXECUTION_RULE_PRICE_RANGE_EXCEEDED",
    )  # fmt: skip


def test_without_a_reference_price_the_range_binds_nobody() -> None:
    client = Client(filters=FilterKnobs(band=100))
    client.show(book([("99.50", "5")], [("100.50", "0.4"), ("102.00", "5")]))
    assert client.get("/referencePrice", symbol="BTCUSDT")["code"] == -2043
    assert client.take()["status"] == "FILLED"


@pytest.mark.parametrize(
    ("mode", "maker", "taker", "maker_left"),
    [
        ("NONE", "NEW", "NEW", "1"), ("EXPIRE_MAKER", "EXPIRED_IN_MATCH", "NEW", "0"),
        ("EXPIRE_TAKER", "NEW", "EXPIRED_IN_MATCH", "1"), ("EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH", "0"),
        ("DECREMENT", "NEW", "EXPIRED_IN_MATCH", "0.6"), ("TRANSFER", "NEW", "EXPIRED_IN_MATCH", "0.6"),
    ],
)  # fmt: skip
def test_orders_of_one_account_do_not_meet(mode: str, maker: str, taker: str, maker_left: str) -> None:
    client = client_with()
    resting = client.order("SELL", price="100.00", quantity="1")["orderId"]
    socket = client.subscribe()
    coming = client.order("BUY", price="100.00", quantity="0.4", selfTradePreventionMode=mode)["orderId"]
    rows = [status(client, order) for order in (resting, coming)]
    assert [row["status"] for row in rows] == [maker, taker]
    matches = client.call("GET", "/myPreventedMatches", symbol="BTCUSDT", orderId=resting)
    kinds = [event["x"] for event in events(socket) if event["e"] == "executionReport"]
    if mode == "NONE":
        assert matches == [] and kinds == ["NEW"]
        return
    assert (matches[0]["takerOrderId"], matches[0]["price"]) == (coming, "100.00000000")
    assert kinds.count("TRADE_PREVENTION") == (2 if mode in ("EXPIRE_BOTH", "DECREMENT", "TRANSFER") else 1)
    locked = {"1": "1.00000000", "0.6": "0.60000000", "0": "0.00000000"}[maker_left]
    assert client.balance("BTC")[1] == locked


def test_an_own_order_behind_the_market_is_not_met() -> None:
    client = client_with()
    resting = client.order("SELL", price="103.00", quantity="1")["orderId"]
    said = client.order("BUY", price="104.00", quantity="0.4", selfTradePreventionMode="EXPIRE_MAKER")
    assert (said["status"], status(client, resting)["status"]) == ("FILLED", "NEW")


def test_times_are_written_and_read_in_microseconds_on_demand() -> None:
    client = client_with()
    client.order()
    query = f"symbol=BTCUSDT&orderId=1&timestamp={client.now // 1_000}"
    row = client.send("GET", "/order", f"{query}&signature={client.sign(query)}", unit="MICROSECOND")
    assert row["time"] == client.now // 1_000
    assert client.send("GET", "/time", unit="HOURS")["code"] == -1194
