"""The account at the simulated Alpaca: money, shares held for orders, wash trades, positions, activities, history."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.sim.wire.alpaca_desk import HOUR, MINUTE, MONDAY, Venue, new_york
from tradewright.sim.models.models import Models
from tradewright.sim.wire.alpaca import AccountTerms

TEXT = """cash portfolio_value equity last_equity buying_power regt_buying_power non_marginable_buying_power
options_buying_power initial_margin maintenance_margin last_maintenance_margin long_market_value short_market_value sma
position_market_value multiplier accrued_fees pending_transfer_in pending_transfer_out pending_reg_taf_fees
intraday_adjustments id account_number status crypto_status currency balance_asof created_at""".split()
FLAGS = "trading_blocked transfers_blocked account_blocked trade_suspended_by_user shorting_enabled".split()
LEGACY = {"pattern_day_trader", "daytrade_count", "daytrading_buying_power"}


def account(venue: Venue) -> Any:
    return venue.get("/v2/account")


def money(venue: Venue, name: str) -> Any:
    return Decimal(account(venue)[name])


def rich(cash: str = "100000", multiplier: int = 2, **knobs: Any) -> Venue:
    return Venue(accounts=(AccountTerms(cash=cash, multiplier=multiplier),), **knobs)


def test_the_account_object_has_its_fields_as_text_and_nothing_of_day_trading() -> None:
    row = account(Venue())
    assert set(row) == {*TEXT, *FLAGS, "options_approved_level", "options_trading_level"}
    assert all(isinstance(row[name], str) for name in TEXT)
    assert all(isinstance(row[name], bool) for name in FLAGS)
    assert not LEGACY & set(row)
    assert (row["status"], row["currency"], row["equity"], row["cash"]) == ("ACTIVE", "USD", "100000", "100000")


@pytest.mark.parametrize(
    ("multiplier", "before", "after"), [(1, 100000, 89999), (2, 200000, 189998), (4, 400000, 390000)]
)
def test_buying_power_by_multiplier(multiplier: int, before: int, after: int) -> None:
    venue = rich(multiplier=multiplier)
    assert money(venue, "buying_power") == before
    venue.market(qty="100")
    assert money(venue, "cash") == Decimal("89999")
    assert (money(venue, "equity"), money(venue, "long_market_value")) == (99999, 10000)
    assert (money(venue, "initial_margin"), money(venue, "maintenance_margin")) == (5000, 3000)
    assert money(venue, "buying_power") == after


def test_with_four_times_the_equity_what_was_bought_yesterday_counts_by_its_margin() -> None:
    venue = rich(multiplier=4)
    venue.market(qty="100")
    assert money(venue, "buying_power") == 390000
    venue.until(new_york(2026, 1, 13, 11))
    venue.quote("ACME", "99.99", "100.01")
    assert money(venue, "buying_power") == 4 * (99999 - 3000)
    venue.market(qty="50")
    assert money(venue, "buying_power") == 4 * (99999 - 3000) - 5000


def test_working_orders_take_from_the_buying_power_and_give_it_back() -> None:
    venue = rich()
    order = venue.limit("90", qty="100")
    assert money(venue, "buying_power") == 200000 - 9000
    short = venue.limit("120", qty="10", side="sell", symbol="GLOBEX")
    assert money(venue, "buying_power") == 200000 - 9000 - 1200
    low = venue.limit("20.50", qty="100", side="sell", symbol="GLOBEX")
    assert money(venue, "buying_power") == 200000 - 9000 - 1200 - Decimal("2061.03")  # 3 % above the ask
    for one in (order, short, low):
        venue.delete(f"/v2/orders/{one['id']}")
    venue.wait()
    assert money(venue, "buying_power") == 200000


def test_a_replacement_holds_the_larger_of_the_two() -> None:
    venue = rich()
    order = venue.limit("90", qty="100")
    venue.patch(order["id"], limit_price="95")
    assert money(venue, "buying_power") == 200000 - 9500
    venue.wait()
    assert money(venue, "buying_power") == 200000 - 9500


def test_too_little_buying_power_says_how_much_there_is() -> None:
    venue = rich("1000", 1)
    body = {"symbol": "ACME", "side": "buy", "type": "limit", "time_in_force": "day", "limit_price": "99"}
    refusal = venue.post(403, qty="11", **body)
    assert (refusal["code"], refusal["message"]) == (40310000, "insufficient buying power")
    assert (refusal["buying_power"], refusal["cost_basis"]) == ("1000", "1089")
    venue.limit("99", qty="10")
    assert venue.post(403, qty="1", **body)["buying_power"] == "10"


def test_a_replacement_is_paid_for_too() -> None:
    venue = rich("1000", 1)
    order = venue.limit("90", qty="11")
    assert venue.patch(order["id"], 403, limit_price="91")["code"] == 40310000
    assert venue.patch(order["id"], limit_price="90.90")["limit_price"] == "90.9"


def test_crypto_is_bought_from_cash_alone() -> None:
    venue = rich("1000", 2)
    body: dict[str, Any] = {"symbol": "BTC/USD", "side": "buy", "type": "limit", "time_in_force": "gtc"}
    assert venue.post(403, **body, qty="0.03", limit_price="40000")["buying_power"] == "1000"
    venue.post(**body, qty="0.02", limit_price="40000")
    assert money(venue, "non_marginable_buying_power") == 200


def test_shares_held_for_orders_are_not_there_for_others() -> None:
    venue = rich()
    venue.market(qty="10")
    order = venue.limit("120", qty="6", side="sell")
    held = venue.get("/v2/positions/ACME")
    assert (held["qty"], held["qty_available"]) == ("10", "4")
    refusal = venue.post(403, symbol="ACME", qty="5", side="sell", type="limit", limit_price="121", time_in_force="day")
    assert refusal == {
        "code": 40310000,
        "message": "insufficient qty available for order (requested: 5, available: 4)",
        "available": "4",
        "existing_qty": "10",
        "held_for_orders": "6",
        "related_orders": [order["id"]],
        "symbol": "ACME",
    }
    assert venue.delete("/v2/positions/ACME", 403)["held_for_orders"] == "6"
    assert venue.delete("/v2/positions/ACME?qty=4", 200)["qty"] == "4"
    venue.wait()
    assert venue.get("/v2/positions/ACME")["qty"] == "6"


def test_exits_of_one_group_and_an_order_with_its_replacement_hold_their_shares_once() -> None:
    venue = rich()
    venue.market(qty="10")
    body: dict[str, Any] = {"symbol": "ACME", "side": "sell", "type": "limit", "time_in_force": "day"}
    venue.post(**body, qty="4", limit_price="110", order_class="oco", stop_loss={"stop_price": "90"})
    venue.wait()
    assert venue.get("/v2/positions/ACME")["qty_available"] == "6"
    order = venue.limit("120", qty="3", side="sell")
    venue.patch(order["id"], qty=5)
    assert venue.get("/v2/positions/ACME")["qty_available"] == "1"
    venue.wait()
    assert venue.get("/v2/positions/ACME")["qty_available"] == "1"


def test_a_position_is_not_turned_over_by_one_order() -> None:
    venue = rich()
    venue.market(qty="10")
    assert (
        venue.post(403, symbol="ACME", qty="11", side="sell", type="market", time_in_force="day")["available"] == "10"
    )
    venue.market(qty="10", side="sell")
    venue.market(qty="10", side="sell")
    short = venue.get("/v2/positions/ACME")
    assert (short["qty"], short["side"], short["qty_available"]) == ("-10", "short", "-10")
    assert venue.post(403, symbol="ACME", qty="11", side="buy", type="market", time_in_force="day")["available"] == "10"


def test_who_may_not_short_is_told() -> None:
    body = {"symbol": "ACME", "qty": "1", "side": "sell", "type": "market", "time_in_force": "day"}
    assert rich(multiplier=1).post(403, **body)["message"] == "account is not allowed to short"
    venue = rich(unshortable=frozenset({"ACME"}))
    refusal = venue.post(422, **body)
    assert (refusal["code"], refusal["message"]) == (42210000, 'asset "ACME" cannot be sold short')
    assert venue.post(403, **{**body, "symbol": "BTC/USD", "time_in_force": "gtc"})["available"] == "0"
    venue = rich()
    venue.ask("PATCH", "/v2/account/configurations", {"no_shorting": True})
    assert venue.post(403, **body)["code"] == 40310000


def test_more_than_six_times_the_equity_allows_closing_only() -> None:
    venue = rich("10000", 4)
    venue.market(qty="390")
    venue.quote("ACME", "77.99", "78.01")
    venue.account.last_equity *= 9
    assert money(venue, "equity") < 2000
    body = {"qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    assert "closing transactions only" in venue.post(403, symbol="GLOBEX", **body)["message"]
    assert venue.delete("/v2/positions/ACME", 200)["status"] == "pending_new"


def terms(side: str, text: str) -> dict[str, Any]:
    """An order in short: `limit 90`, `stop 80`, `market`, `stop_limit 90 94`."""
    type, *prices = text.split()
    names = {"limit": ["limit_price"], "stop": ["stop_price"], "trailing_stop": ["trail_price"], "market": []}
    return {
        "side": side,
        "type": type,
        **dict(zip(names.get(type, ["stop_price", "limit_price"]), prices, strict=True)),
    }


@pytest.mark.parametrize(
    ("buy", "sell", "refused"),
    [
        ("limit 90", "market", True),
        ("limit 90", "stop 80", True),
        ("stop 110", "limit 120", True),
        ("limit 95", "limit 95", True),
        ("limit 95", "limit 96", False),
        ("limit 90", "trailing_stop 5", False),
        ("trailing_stop 5", "limit 95", False),
        ("limit 95", "stop_limit 90 94", True),
        ("limit 90", "oco", False),
    ],
)
def test_an_order_against_ones_own_is_a_wash_trade(buy: str, sell: str, refused: bool) -> None:
    venue = rich()
    venue.market(qty="20")
    base: dict[str, Any] = {"symbol": "ACME", "qty": "5", "time_in_force": "day"}
    order = venue.post(**base, **terms("buy", buy))
    second = terms("sell", "limit 120" if sell == "oco" else sell)
    if sell == "oco":
        second.update(order_class="oco", stop_loss={"stop_price": "80"})
    answer = venue.post(403 if refused else 200, **base, **second)
    if refused:
        assert (answer["code"], answer["existing_order_id"]) == (40310000, order["id"])
        assert answer["message"] == "potential wash trade detected. use complex orders"
        assert "reject_reason" in answer


@pytest.mark.parametrize(
    ("body", "least"),
    [
        ({"symbol": "ACME", "notional": "0.99", "time_in_force": "day"}, "1"),
        ({"symbol": "BTC/USD", "qty": "0.0001", "time_in_force": "gtc"}, "10"),
    ],
)
def test_an_order_has_a_minimum_cost(body: Any, least: str) -> None:
    refusal = Venue().post(403, side="buy", type="market", **body)
    assert (refusal["code"], refusal["message"]) == (
        40310000, f"cost basis must be >= minimal amount of order {least}",
    )  # fmt: skip


def test_a_suspended_account_places_nothing() -> None:
    venue = rich()
    answer = venue.ask("PATCH", "/v2/account/configurations", {"suspend_trade": True})
    assert answer.status == 200 and account(venue)["trade_suspended_by_user"]
    venue.post(403, symbol="ACME", qty="1", side="buy", type="market", time_in_force="day")


def test_settings_are_read_and_changed() -> None:
    venue = rich(multiplier=4)
    settings = venue.get("/v2/account/configurations")
    assert set(settings) == {
        "fractional_trading", "max_margin_multiplier", "no_shorting", "suspend_trade", "trade_confirm_email",
        "ptp_no_exception_entry", "max_options_trading_level", "disable_overnight_trading",
    }  # fmt: skip
    body: dict[str, Any] = {"max_margin_multiplier": "1", "fractional_trading": False, "trade_confirm_email": "none"}
    gone = {"pdt_check": None, "no_shorting": None}
    assert venue.ask("PATCH", "/v2/account/configurations", {**body, **gone}).status == 200
    assert {**settings, **body} == venue.get("/v2/account/configurations")
    assert account(venue)["multiplier"] == "1"
    assert "fractional" in venue.post(
        403, symbol="ACME", qty="0.5", side="buy", type="market", time_in_force="day"
    )["message"]  # fmt: skip
    for bad in ({"max_margin_multiplier": "3"}, {"pdt_check": "both"}, {"no_shorting": "maybe"}, [1]):
        assert venue.ask("PATCH", "/v2/account/configurations", bad).status == 422


# Day trading, as it was


def day_trades(venue: Venue, count: int) -> None:
    for _ in range(count):
        venue.market(qty="1")
        venue.market(qty="1", side="sell")


def test_day_trades_are_free_by_default() -> None:
    venue = rich("10000")
    day_trades(venue, 5)
    assert not LEGACY & set(account(venue))


def test_the_legacy_switch_denies_the_fourth_day_trade() -> None:
    venue = rich("10000", legacy_pdt=True)
    day_trades(venue, 3)
    assert account(venue)["daytrade_count"] == 3
    assert venue.get("/v2/account/configurations")["pdt_check"] == "both"
    venue.market(qty="1")
    refusal = venue.post(403, symbol="ACME", qty="1", side="sell", type="market", time_in_force="day")
    assert refusal["code"] == 40310100
    venue.market("BTC/USD", qty="0.01")
    venue.market("BTC/USD", qty="0.01", side="sell")
    venue.until(MONDAY + 24 * HOUR)
    venue.quote("ACME", "99.99", "100.01")
    assert venue.market(qty="1", side="sell")["status"] == "filled"
    rich_one = rich("30000", legacy_pdt=True)
    day_trades(rich_one, 4)


# Positions


def test_a_position_says_what_it_is_worth() -> None:
    venue = rich()
    venue.until(new_york(2026, 1, 12, 16, 30))
    venue.until(new_york(2026, 1, 13, 11))
    venue.quote("ACME", "109.99", "110.01")
    venue.market(qty="10")
    venue.quote("ACME", "119.99", "120.01")
    row = venue.get("/v2/positions/ACME")
    assert list(row) == [
        "asset_id", "symbol", "exchange", "asset_class", "asset_marginable", "avg_entry_price", "qty",
        "qty_available", "side", "market_value", "cost_basis", "unrealized_pl", "unrealized_plpc",
        "unrealized_intraday_pl", "unrealized_intraday_plpc", "current_price", "lastday_price", "change_today",
    ]  # fmt: skip
    assert (row["avg_entry_price"], row["cost_basis"], row["market_value"]) == ("110.01", "1100.1", "1200")
    assert (row["unrealized_pl"], row["unrealized_intraday_pl"]) == ("99.9", "99.9")
    assert (row["current_price"], row["lastday_price"], row["change_today"]) == ("120", "100", "0.2")
    assert row["asset_marginable"] is True
    assert all(isinstance(row[name], str) for name in row if name != "asset_marginable")
    venue.until(new_york(2026, 1, 14, 11))
    venue.quote("ACME", "129.99", "130.01")
    later = venue.get("/v2/positions/ACME")
    assert (later["unrealized_pl"], later["unrealized_intraday_pl"], later["lastday_price"]) == ("199.9", "100", "120")


def test_a_crypto_position_has_no_slash_and_is_found_by_any_name() -> None:
    venue = rich()
    venue.market("BTC/USD", qty="0.5")
    row = venue.get("/v2/positions/BTCUSD")
    assert (row["symbol"], row["qty"], row["asset_class"]) == ("BTCUSD", "0.5", "crypto")
    for name in ("BTC/USD", "BTC%2FUSD", row["asset_id"]):
        assert venue.get(f"/v2/positions/{name}") == row
    assert venue.get("/v2/orders?status=all")[0]["symbol"] == "BTC/USD"
    refusal = venue.get("/v2/positions/ACME", 404)
    assert refusal == {"code": 40410000, "message": "position does not exist"}


def test_a_short_position_counts_the_other_way() -> None:
    venue = rich()
    venue.market(qty="10", side="sell")
    venue.quote("ACME", "89.99", "90.01")
    row = venue.get("/v2/positions/ACME")
    assert (row["qty"], row["cost_basis"], row["market_value"], row["unrealized_pl"]) == (
        "-10",
        "-999.9",
        "-900",
        "99.9",
    )
    assert (money(venue, "short_market_value"), money(venue, "equity")) == (-900, Decimal("100099.9"))


def test_positions_are_closed_whole_in_part_and_all_at_once() -> None:
    venue = rich()
    venue.market(qty="10")
    venue.market("BTC/USD", qty="0.5")
    order = venue.delete("/v2/positions/ACME?percentage=25", 200)
    assert (order["qty"], order["side"], order["type"]) == ("2.5", "sell", "market")
    venue.wait()
    assert venue.get("/v2/positions/ACME")["qty"] == "7.5"
    venue.delete("/v2/positions/ACME?percentage=25&qty=1", 422)
    venue.delete("/v2/positions/ACME?percentage=101", 422)
    venue.delete("/v2/positions/GLOBEX", 404)
    stop = venue.limit("120", qty="1", side="sell")
    refused = {row["symbol"]: row for row in venue.delete("/v2/positions", 207)}
    assert refused["BTCUSD"]["status"] == 200
    assert refused["ACME"]["status"] == 403
    assert {"code", "message", "available", "existing_qty", "held_for_orders", "symbol"} <= set(refused["ACME"]["body"])
    venue.wait()
    rows = venue.delete("/v2/positions?cancel_orders=true", 207)
    assert [(row["symbol"], row["status"], row["body"]["qty"]) for row in rows] == [("ACME", 200, "7.5")]
    venue.wait()
    assert venue.get("/v2/positions") == []
    assert venue.status(stop["id"]) == "canceled"


# Lists, activities, history


def test_orders_are_listed_by_status_time_id_symbol_side_and_class() -> None:
    venue = rich()
    first = venue.limit("90")
    venue.wait(MINUTE)
    second = venue.limit("19", symbol="GLOBEX")
    venue.wait(MINUTE)
    third = venue.market("BTC/USD", qty="0.01")
    fourth = venue.limit("60000", qty="0.01", symbol="BTC/USD", side="sell", time_in_force="gtc")

    def ids(query: str) -> list[int]:
        order = [first["id"], second["id"], third["id"], fourth["id"]]
        return [order.index(row["id"]) + 1 for row in venue.get(f"/v2/orders?{query}")]

    assert ids("") == [4, 2, 1]
    assert ids("status=closed") == [3]
    assert ids("status=all&direction=asc") == [1, 2, 3, 4]
    assert ids("status=all&limit=2") == [4, 3]
    assert ids("status=all&symbols=ACME,GLOBEX") == [2, 1]
    assert ids("status=all&symbols=BTC/USD") == ids("status=all&symbols=BTCUSD") == ids("status=all&asset_class=crypto")
    assert ids("status=all&side=sell") == [4]
    assert ids(f"status=all&after={second['submitted_at']}") == [4, 3]
    assert ids(f"status=all&until={second['submitted_at']}") == [1]
    assert ids(f"status=all&after_order_id={second['id']}") == [4, 3]
    assert ids(f"status=all&before_order_id={second['id']}") == [1]
    for bad in ("status=odd", "limit=501", "limit=0", "direction=up", "after=never"):
        assert venue.ask("GET", f"/v2/orders?{bad}").status in (400, 422)
    both = f"/v2/orders?before_order_id={second['id']}&after_order_id={second['id']}"
    assert venue.ask("GET", both).status == 422
    assert venue.ask("GET", f"/v2/orders?after_order_id={second['id']}&until=2026-01-01").status == 422


def test_nested_lists_have_legs_inside_their_parents() -> None:
    venue = rich()
    venue.post(
        symbol="ACME", qty="1", side="buy", type="market", time_in_force="day", order_class="bracket",
        take_profit={"limit_price": "110"}, stop_loss={"stop_price": "90"},
    )  # fmt: skip
    assert len(venue.get("/v2/orders?status=all")) == 3
    (parent,) = venue.get("/v2/orders?status=all&nested=true")
    assert len(parent["legs"]) == 2


def test_activities_are_paged_and_chosen() -> None:
    venue = rich()
    venue.market("BTC/USD", qty="0.01")
    venue.market(qty="3")
    venue.market(qty="1", side="sell")
    rows = venue.get("/v2/account/activities")
    assert [row["symbol"] for row in rows] == ["ACME", "ACME", "BTC/USD"]
    fill = rows[0]
    assert {"account_id", "order_status", "leaves_qty", "cum_qty", "transaction_time", "order_id"} <= set(fill)
    assert (fill["activity_type"], fill["type"], fill["side"], fill["qty"]) == ("FILL", "fill", "sell", "1")
    assert fill["id"].partition("::")[0] == "20260112160000" + fill["id"][14:17]
    pages, token = [], ""
    while True:
        page = venue.get(f"/v2/account/activities/FILL?page_size=2&direction=asc&page_token={token}")
        if not page:
            break
        pages.append(len(page))
        token = page[-1]["id"]
    assert pages == [2, 1]
    assert len(venue.get("/v2/account/activities?activity_types=FEE,CFEE")) == 0
    assert len(venue.get(f"/v2/account/activities?order_id={fill['order_id']}")) == 1
    assert len(venue.get("/v2/account/activities?category=trade_activity")) == 3
    assert len(venue.get("/v2/account/activities?category=non_trade_activity")) == 0
    assert len(venue.get("/v2/account/activities?date=2026-01-12")) == 3
    assert len(venue.get(f"/v2/account/activities?until={fill['transaction_time']}")) == 2
    assert len(venue.get("/v2/account/activities?after=2026-01-13")) == 0
    for bad in ("page_size=101", "category=trade_activity&activity_types=FILL", "direction=x", "date=1&after=2"):
        assert venue.ask("GET", f"/v2/account/activities?{bad}").status in (400, 422)


def test_fees_are_activities_of_their_own() -> None:
    venue = Venue(models=Models(fee="maker_taker:15:25:in=received"))
    venue.market("BTC/USD", qty="0.5")
    venue.market("BTC/USD", qty="0.1", side="sell")
    venue.market(qty="10")
    share, cash, coin = (row for row in venue.get("/v2/account/activities") if row["activity_type"] != "FILL")
    assert (coin["activity_type"], coin["qty"], coin["status"]) == ("CFEE", "-0.00125", "executed")
    assert (cash["activity_type"], cash["net_amount"]) == ("CFEE", "-12.4975")
    assert share["activity_type"] == "FEE"
    assert {"date", "description", "per_share_amount", "activity_sub_type", "symbol"} <= set(coin)
    assert venue.get("/v2/positions/BTCUSD")["qty"] == "0.39875"


def test_the_history_follows_the_equity() -> None:
    venue = rich()
    venue.market(qty="100")
    venue.until(new_york(2026, 1, 12, 15))
    venue.quote("ACME", "109.99", "110.01")
    venue.until(new_york(2026, 1, 12, 16, 30))
    venue.until(new_york(2026, 1, 13, 12))
    venue.quote("ACME", "104.99", "105.01")
    day = venue.get("/v2/account/portfolio/history?period=1W&timeframe=1D")
    assert day["equity"][-2:] == [100999, 100499]
    assert day["profit_loss"][-2:] == [999, 499]
    assert day["profit_loss_pct"][-1] == 0.00499
    assert (day["base_value"], day["timeframe"], day["cashflow"]) == (100000, "1D", {})
    assert day["timestamp"] == sorted(day["timestamp"])
    fine = venue.get("/v2/account/portfolio/history?period=1D&timeframe=5Min&intraday_reporting=extended_hours")
    assert len(fine["equity"]) == len(fine["timestamp"]) == len(fine["profit_loss"]) > 90
    steps = {b - a for a, b in zip(fine["timestamp"], fine["timestamp"][1:], strict=False)}
    assert min(steps) == 300
    whole = venue.get("/v2/account/portfolio/history?start=2026-01-12T17:00:00Z&end=2026-01-12T18:00:00Z&timeframe=1Min"
                      "&intraday_reporting=continuous&pnl_reset=no_reset")  # fmt: skip
    assert len(whole["equity"]) == 61
    for bad in ("period=9X", "timeframe=2Min", "period=2M&timeframe=1Min", "pnl_reset=x", "intraday_reporting=x"):
        assert venue.ask("GET", f"/v2/account/portfolio/history?{bad}").status == 422


def test_last_equity_is_that_of_the_last_close() -> None:
    venue = rich()
    venue.market(qty="100")
    venue.until(new_york(2026, 1, 12, 15))
    venue.quote("ACME", "109.99", "110.01")
    venue.until(new_york(2026, 1, 12, 17))
    assert money(venue, "last_equity") == 100000
    venue.until(new_york(2026, 1, 13, 1))
    row = account(venue)
    assert (row["last_equity"], row["last_maintenance_margin"], row["balance_asof"]) == ("100999", "3300", "2026-01-13")


def test_two_accounts_do_not_see_each_other() -> None:
    venue = Venue(accounts=(AccountTerms(), AccountTerms("other", "secret", "500")))
    venue.market(qty="10")
    assert venue.get("/v2/positions", key="other") == []
    assert venue.get("/v2/orders?status=all", key="other") == []
    assert venue.get("/v2/account", key="other")["cash"] == "500"


# Assets


def test_assets_are_listed_and_found() -> None:
    venue = Venue(overnight=frozenset({"ACME"}), suspended=frozenset({"GLOBEX"}))
    assert [row["symbol"] for row in venue.get("/v2/assets")] == ["ACME", "GLOBEX"]
    assert [row["symbol"] for row in venue.get("/v2/assets?status=active")] == ["ACME"]
    assert [row["symbol"] for row in venue.get("/v2/assets?asset_class=crypto")] == ["BTC/USD"]
    assert [row["symbol"] for row in venue.get("/v2/assets?exchange=NYSE")] == []
    assert [row["symbol"] for row in venue.get("/v2/assets?attributes=ipo,overnight_tradable")] == ["ACME"]
    share, coin = venue.get("/v2/assets/ACME"), venue.get("/v2/assets/BTC/USD")
    assert {"id", "class", "exchange", "symbol", "name", "status", "tradable", "marginable", "shortable",
            "fractionable", "borrow_status", "easy_to_borrow", "margin_requirement_long", "margin_requirement_short",
            "maintenance_margin_requirement", "attributes", "cusip"} == set(share)  # fmt: skip
    assert (share["margin_requirement_long"], share["maintenance_margin_requirement"]) == ("30", 30)
    assert (coin["min_order_size"], coin["min_trade_increment"], coin["price_increment"]) == (
        "0.00001",
        "0.00001",
        "0.01",
    )
    assert (coin["shortable"], coin["marginable"], coin["exchange"]) == (False, False, "CRYPTO")
    assert venue.get(f"/v2/assets/{coin['id']}") == venue.get("/v2/assets/BTCUSD") == coin
    assert venue.get("/v2/assets/NONE", 404)["code"] == 40410000
