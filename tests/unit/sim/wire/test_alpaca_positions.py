"""Positions, lists of orders, activities, history and assets at the simulated Alpaca."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.unit.sim.wire.alpaca_desk import MINUTE, Venue, heard, new_york, say
from tradewright.sim.models.models import Models
from tradewright.sim.wire.alpaca import AccountTerms


def account(venue: Venue) -> Any:
    return venue.get("/v2/account")


def money(venue: Venue, name: str) -> Any:
    return Decimal(account(venue)[name])


def rich(cash: str = "100000", multiplier: int = 2, **knobs: Any) -> Venue:
    return Venue(accounts=(AccountTerms(cash=cash, multiplier=multiplier),), **knobs)


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


def test_reducing_keeps_the_average_price_and_adding_mixes_it() -> None:
    venue = rich()
    venue.market(qty="10")
    venue.quote("ACME", "109.99", "110.01")
    venue.market(qty="4", side="sell")
    row = venue.get("/v2/positions/ACME")
    assert (row["qty"], row["avg_entry_price"], row["cost_basis"]) == ("6", "100.01", "600.06")
    venue.market(qty="6")
    row = venue.get("/v2/positions/ACME")
    assert (row["qty"], row["avg_entry_price"], row["cost_basis"]) == ("12", "105.01", "1260.12")


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
    stream, other = venue.updates(), venue.connect("/stream")
    say(other, {"action": "auth", "key": "other", "secret": "secret"})
    say(other, {"action": "listen", "data": {"streams": ["trade_updates"]}})
    heard(other)
    venue.market(qty="10")
    assert stream.outbox and not other.outbox
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
