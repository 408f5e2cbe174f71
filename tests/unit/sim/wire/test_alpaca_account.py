"""The account at the simulated Alpaca: money, shares held for orders, wash trades, settings, day trading."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.sim.wire.alpaca_desk import HOUR, MONDAY, Venue, new_york
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
        ("trailing_stop 5", "market", False),
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


@pytest.mark.parametrize(("unprocessable", "status", "code"), [(False, 403, 40310000), (True, 422, 42210000)])
def test_a_wash_trade_is_refused_in_the_form_that_is_set(unprocessable: bool, status: int, code: int) -> None:
    venue = rich(wash_unprocessable=unprocessable)
    venue.market(qty="20")
    base: dict[str, Any] = {"symbol": "ACME", "qty": "5", "time_in_force": "day"}
    order = venue.post(**base, side="buy", type="limit", limit_price="90")
    answer = venue.post(status, **base, side="sell", type="market")
    assert (answer["code"], answer["existing_order_id"]) == (code, order["id"])
    assert answer["message"] == "potential wash trade detected. use complex orders"


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
    venue.until(MONDAY + 8 * 24 * HOUR)
    assert account(venue)["daytrade_count"] == 0
    rich_one = rich("30000", legacy_pdt=True)
    day_trades(rich_one, 4)
