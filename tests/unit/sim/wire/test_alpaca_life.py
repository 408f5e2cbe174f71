"""An order's life at the simulated Alpaca: answers before events, fills, cancels, replacements, groups, sessions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.sim.wire.alpaca_desk import (
    ACME,
    HOUR,
    INSTRUMENTS,
    MINUTE,
    MONDAY,
    MS,
    SECOND,
    Venue,
    events,
    heard,
    names,
    new_york,
)
from tradewright.model.market import Bar
from tradewright.sim.models.models import Models
from tradewright.sim.wire.alpaca.orders import FINAL

FIELDS = """id client_order_id created_at updated_at submitted_at filled_at expired_at expires_at canceled_at failed_at
replaced_at replaced_by replaces asset_id symbol asset_class notional qty filled_qty filled_avg_price order_class
order_type type side position_intent time_in_force limit_price stop_price status extended_hours legs trail_percent
trail_price hwm subtag source ratio_qty group_id group_role""".split()


def bracket(venue: Venue, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "symbol": "ACME", "qty": 10, "side": "buy", "type": "market", "time_in_force": "gtc", "order_class": "bracket",
        "take_profit": {"limit_price": 110}, "stop_loss": {"stop_price": 90},
    }  # fmt: skip
    answer: dict[str, Any] = venue.post(**{**body, **more})
    return answer


def legs(venue: Venue, order_id: object) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = venue.get(f"/v2/orders/{order_id}?nested=true")["legs"]
    return rows


def test_the_order_object_has_every_field_and_its_numbers_are_text() -> None:
    venue = Venue()
    order = venue.post(symbol="ACME", qty=2, side="buy", type="limit", limit_price=99.5, time_in_force="day")
    assert list(order) == FIELDS
    assert (order["qty"], order["limit_price"], order["filled_qty"]) == ("2", "99.5", "0")
    assert [order[name] for name in ("filled_at", "filled_avg_price", "legs", "hwm", "notional")] == [None] * 5
    assert (order["order_class"], order["order_type"], order["type"]) == ("", "limit", "limit")


def test_the_answer_comes_first_then_new_then_the_fill() -> None:
    venue = Venue()
    stream = venue.updates()
    order = venue.post(symbol="ACME", qty="10", side="buy", type="market", time_in_force="day")
    assert order["status"] == "pending_new"
    assert not stream.outbox
    venue.wait()
    told = heard(stream)
    assert [message["data"]["event"] for message in told] == ["pending_new", "new", "fill"]
    assert [message["data"]["order"]["status"] for message in told] == ["pending_new", "new", "filled"]
    done = venue.order(order["id"])
    assert (done["status"], done["filled_qty"], done["filled_avg_price"]) == ("filled", "10", "100.01")
    assert done["filled_at"] is not None


def test_requests_take_as_long_as_is_set() -> None:
    venue = Venue(ack_ns=300 * MS)
    order = venue.post(symbol="ACME", qty="10", side="buy", type="limit", limit_price="90", time_in_force="day")
    venue.wait(299 * MS)
    assert venue.status(order["id"]) == "pending_new"
    venue.wait(MS)
    assert venue.status(order["id"]) == "new"


def test_a_fill_tells_its_execution_and_the_position_behind_it() -> None:
    venue = Venue(sizes=True)
    stream = venue.updates()
    venue.quote("ACME", "99.99", "100.01", ask_size="4")
    order = venue.market(qty="10")
    assert order["status"] == "partially_filled"
    venue.quote("ACME", "99.97", "100.03", ask_size="50")
    fills = [message["data"] for message in heard(stream) if "fill" in message["data"]["event"]]
    rows = [(fill["event"], fill["price"], fill["qty"], fill["position_qty"]) for fill in fills]
    assert rows == [("partial_fill", "100.01", "4", "4"), ("fill", "100.03", "6", "10")]
    assert len({fill["execution_id"] for fill in fills}) == 2
    assert [fill["order"]["filled_qty"] for fill in fills] == ["4", "10"]
    assert fills[-1]["order"]["filled_avg_price"] == "100.022"


def test_fills_of_the_paper_venue_look_at_no_sizes_and_some_are_random_parts_in_whole_shares() -> None:
    parts, whole = 0, 0
    venue = Venue(models=Models(partial="random:0.5"))
    for _ in range(40):
        venue.quote("ACME", "99.99", "100.01", ask_size="1")
        order = venue.market(qty="7")
        assert Decimal(order["filled_qty"]) % 1 == 0
        if order["status"] == "filled":
            whole += 1
        else:
            parts += 1
        venue.quote("ACME", "99.99", "100.01")
        venue.quote("ACME", "99.99", "100.01")
        venue.quote("ACME", "99.99", "100.01")
    assert 5 < parts < 30 and whole > 5


@pytest.mark.parametrize("status", ["canceled", "filled"])
def test_a_cancel_is_taken_with_204_and_a_fill_may_win_the_race(status: str) -> None:
    venue = Venue()
    stream = venue.updates()
    order = venue.limit("99")
    venue.delete(f"/v2/orders/{order['id']}")
    assert venue.status(order["id"]) == "pending_cancel"
    if status == "filled":
        venue.quote("ACME", "98.50", "98.60")
    venue.wait()
    assert venue.status(order["id"]) == status
    last = ["canceled"] if status == "canceled" else ["fill", "order_cancel_rejected"]
    assert names(stream) == ["pending_new", "new", *last]


def test_what_ended_is_not_cancelable() -> None:
    venue = Venue()
    order = venue.market()
    assert venue.delete(f"/v2/orders/{order['id']}", 422)["code"] == 42210000
    assert venue.delete("/v2/orders/5f0b4e6e-0000-4000-8000-000000000000", 404)["code"] == 40410000


def test_cancelling_all_answers_for_each_order() -> None:
    venue = Venue()
    first, second, third = venue.limit("90"), venue.limit("91"), venue.limit("92")
    venue.patch(third["id"], limit_price="93")
    rows = {row["id"]: row for row in venue.delete("/v2/orders", 207)}
    assert rows[first["id"]] == {"id": first["id"], "status": 200}
    assert rows[second["id"]]["status"] == 200
    assert rows[third["id"]]["status"] == 500
    assert rows[third["id"]]["body"]["code"] == 50010000
    venue.wait()
    assert venue.status(first["id"]) == venue.status(second["id"]) == "canceled"


def test_a_replacement_is_a_new_order_with_a_new_id() -> None:
    venue = Venue()
    stream = venue.updates()
    old = venue.limit("90", qty="10")
    new = venue.patch(old["id"], limit_price="91", qty=8)
    assert new["id"] != old["id"]
    assert (new["status"], new["replaces"], new["limit_price"], new["qty"]) == ("pending_new", old["id"], "91", "8")
    assert new["client_order_id"] != old["client_order_id"]
    assert venue.status(old["id"]) == "pending_replace"
    assert venue.delete(f"/v2/orders/{old['id']}", 422)["code"] == 42210000
    venue.wait()
    told = heard(stream)[2:]
    assert [message["data"]["event"] for message in told] == ["replaced", "new"]
    assert told[0]["data"]["order"]["replaced_by"] == new["id"]
    gone = venue.order(old["id"])
    assert (gone["status"], gone["replaced_by"]) == ("replaced", new["id"])
    assert venue.status(new["id"]) == "new"


def test_a_replacement_that_loses_the_race_is_rejected() -> None:
    venue = Venue()
    stream = venue.updates()
    old = venue.limit("99")
    new = venue.patch(old["id"], limit_price="98")
    venue.quote("ACME", "98.50", "98.60")
    venue.wait()
    assert venue.status(old["id"]) == "filled"
    rejected = venue.order(new["id"])
    assert rejected["status"] == "rejected" and rejected["failed_at"]
    assert names(stream)[2:] == ["fill", "order_replace_rejected", "rejected"]
    assert venue.get("/v2/positions/ACME")["qty"] == "10"


def test_a_part_that_fills_on_the_way_is_taken_off_the_replacement() -> None:
    venue = Venue(sizes=True)
    old = venue.limit("99", qty="10")
    new = venue.patch(old["id"], limit_price="99.50")
    venue.quote("ACME", "98.50", "98.60", ask_size="3")
    venue.wait()
    assert (venue.status(old["id"]), venue.order(old["id"])["filled_qty"]) == ("replaced", "3")
    venue.quote("ACME", "98.50", "98.60", ask_size="100")
    assert venue.order(new["id"])["filled_qty"] == "7"
    assert venue.get("/v2/positions/ACME")["qty"] == "10"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"qty": 1.5}, 422),
        ({"stop_price": 80}, 422),
        ({"trail": 1}, 422),
        ({"time_in_force": "never"}, 422),
        ({"limit_price": 90.123}, 422),
        ({"client_order_id": "taken"}, 422),
        ({}, 422),
        ({"qty": 4, "time_in_force": "gtc"}, 200),
    ],
)
def test_what_a_replacement_may_change(body: dict[str, Any], status: int) -> None:
    venue = Venue()
    order = venue.limit("90", client_order_id="taken")
    venue.patch(order["id"], status, **body)


@pytest.mark.parametrize("status", ["pending_new", "accepted", "pending_cancel", "pending_replace", "filled"])
def test_an_order_on_its_way_is_not_replaced(status: str) -> None:
    venue = Venue()
    if status == "accepted":
        venue.until(new_york(2026, 1, 12, 18))
    order = venue.post(symbol="ACME", qty=1, side="buy", type="limit", limit_price="90", time_in_force="day")
    if status.startswith(("pending_c", "pending_r")):
        venue.wait()
        if status == "pending_cancel":
            venue.delete(f"/v2/orders/{order['id']}")
        else:
            venue.patch(order["id"], limit_price="91")
    if status == "filled":
        order = venue.market()
    assert venue.status(order["id"]) == status
    assert venue.patch(order["id"], 422, limit_price="92")["code"] == 42210000


def test_a_client_order_id_is_unique_for_ever() -> None:
    venue = Venue()
    order = venue.limit("90", client_order_id="mine")
    venue.delete(f"/v2/orders/{order['id']}")
    venue.wait()
    assert venue.status(order["id"]) == "canceled"
    body: dict[str, Any] = {"symbol": "ACME", "qty": 1, "side": "buy", "type": "market", "time_in_force": "day"}
    refusal = venue.post(422, client_order_id="mine", **body)
    assert refusal == {"code": 40010001, "message": "client_order_id must be unique"}
    found = venue.get("/v2/orders:by_client_order_id?client_order_id=mine")
    assert found["id"] == order["id"]
    assert venue.get("/v2/orders:by_client_order_id?client_order_id=none", 404)["code"] == 40410000


# Groups


def test_exits_of_a_bracket_are_held_until_the_entry_is_filled_whole() -> None:
    venue = Venue(sizes=True)
    stream = venue.updates()
    venue.quote("ACME", "99.99", "100.01", ask_size="4")
    order = bracket(venue)
    group = [order, *order["legs"]]
    assert [leg["status"] for leg in order["legs"]] == ["held", "held"]
    assert [member["order_class"] for member in group] == ["bracket"] * 3
    assert [member["group_role"] for member in group] == ["entry", "take_profit", "stop_loss"]
    assert len({member["group_id"] for member in group}) == 1 and order["group_id"]
    venue.wait()
    assert venue.status(str(order["id"])) == "partially_filled"
    assert [leg["status"] for leg in legs(venue, order["id"])] == ["held", "held"]
    venue.quote("ACME", "99.99", "100.01", ask_size="100")
    venue.wait()
    assert [leg["status"] for leg in legs(venue, order["id"])] == ["new", "new"]
    profit, loss = legs(venue, order["id"])
    heard(stream)
    venue.quote("ACME", "110.10", "110.12", bid_size="100")
    assert events(stream) == [("fill", profit["id"]), ("canceled", loss["id"])]
    assert venue.get("/v2/positions") == []


def test_a_partial_profit_makes_the_stop_loss_smaller() -> None:
    venue = Venue(sizes=True)
    order = bracket(venue)
    venue.wait()
    venue.quote("ACME", "110.10", "110.12", bid_size="3")
    profit, loss = legs(venue, order["id"])
    assert (profit["filled_qty"], loss["qty"], loss["status"]) == ("3", "7", "new")
    venue.quote("ACME", "89.00", "89.02", bid_size="100")
    venue.wait()
    profit, loss = legs(venue, order["id"])
    assert (profit["status"], loss["status"], loss["filled_qty"]) == ("canceled", "filled", "7")
    assert venue.get("/v2/positions") == []


@pytest.mark.parametrize("member", [0, 1, 2])
def test_cancelling_one_of_a_bracket_cancels_the_rest(member: int) -> None:
    venue = Venue()
    order = bracket(venue, type="limit", limit_price=95)
    venue.wait()
    group = [order, *legs(venue, order["id"])]
    venue.delete(f"/v2/orders/{group[member]['id']}")
    venue.wait()
    assert [venue.status(str(one["id"])) for one in group] == ["canceled"] * 3


def test_cancelling_an_exit_at_work_cancels_the_other() -> None:
    venue = Venue()
    order = bracket(venue)
    venue.wait()
    profit, loss = legs(venue, order["id"])
    venue.delete(f"/v2/orders/{profit['id']}")
    venue.wait()
    assert [venue.status(one) for one in (str(order["id"]), profit["id"], loss["id"])] == [
        "filled", "canceled", "canceled",
    ]  # fmt: skip


def test_an_exit_of_a_bracket_is_replaced_inside_its_group() -> None:
    venue = Venue()
    order = bracket(venue)
    venue.wait()
    _, loss = legs(venue, order["id"])
    tighter = venue.patch(loss["id"], stop_price="95")
    venue.wait()
    assert (tighter["group_id"], tighter["group_role"]) == (order["group_id"], "stop_loss")
    assert [leg["id"] for leg in legs(venue, order["id"])][1] == tighter["id"]
    venue.quote("ACME", "94.50", "94.60")
    venue.wait()
    profit, loss = legs(venue, order["id"])
    assert (profit["status"], loss["status"], loss["filled_avg_price"]) == ("canceled", "filled", "94.5")


def test_a_held_exit_and_a_waiting_entry_are_replaced() -> None:
    venue = Venue()
    order = bracket(venue, type="limit", limit_price=95)
    venue.wait()
    profit, loss = legs(venue, order["id"])
    wider = venue.patch(profit["id"], limit_price="120")
    venue.wait()
    assert (wider["status"], venue.status(profit["id"])) == ("held", "replaced")
    entry = venue.patch(str(order["id"]), limit_price="100.01")
    venue.wait()
    venue.wait()
    assert venue.status(entry["id"]) == "filled"
    assert [(leg["id"], leg["status"]) for leg in legs(venue, entry["id"])] == [
        (wider["id"], "new"), (loss["id"], "new"),
    ]  # fmt: skip


def test_an_oco_is_two_exits_of_which_one_fills() -> None:
    venue = Venue()
    venue.market()
    order = venue.post(
        symbol="ACME", qty="10", side="sell", type="limit", limit_price="110", time_in_force="gtc", order_class="oco",
        stop_loss={"stop_price": "90", "limit_price": "89"},
    )  # fmt: skip
    assert [leg["type"] for leg in order["legs"]] == ["stop_limit"]
    venue.wait()
    held = venue.get("/v2/positions/ACME")
    assert (held["qty"], held["qty_available"]) == ("10", "0")
    venue.quote("ACME", "89.50", "89.60")
    venue.wait()
    assert (venue.status(order["id"]), legs(venue, order["id"])[0]["status"]) == ("canceled", "filled")


@pytest.mark.parametrize("part", [{"take_profit": {"limit_price": "110"}}, {"stop_loss": {"stop_price": "90"}}])
def test_an_oto_has_one_exit(part: dict[str, Any]) -> None:
    venue = Venue()
    order = venue.post(
        symbol="ACME", qty="10", side="buy", type="market", time_in_force="day", order_class="oto", **part
    )
    assert [leg["status"] for leg in order["legs"]] == ["held"]
    venue.wait()
    assert [leg["status"] for leg in legs(venue, order["id"])] == ["new"]
    venue.quote("ACME", "110.10", "110.20") if "take_profit" in part else venue.quote("ACME", "89", "89.10")
    venue.wait()
    assert legs(venue, order["id"])[0]["status"] == "filled"


# Stops


def test_a_stop_to_buy_is_worked_as_a_stop_limit_and_one_to_sell_as_market() -> None:
    venue = Venue()
    order = venue.post(symbol="ACME", qty=1, side="buy", type="stop", stop_price="101", time_in_force="day")
    venue.wait()
    venue.quote("ACME", "103.90", "104.00")  # beyond 101 × 1.025 = 103.525
    assert venue.status(order["id"]) == "new"
    venue.quote("ACME", "103.40", "103.50")
    assert venue.order(order["id"])["filled_avg_price"] in ("103.5", "103.52")
    cheap = venue.post(symbol="GLOBEX", qty=1, side="buy", type="stop", stop_price="21", time_in_force="day")
    venue.wait()
    venue.quote("GLOBEX", "21.80", "21.84")  # 4 % below fifty dollars
    assert venue.status(cheap["id"]) == "filled"
    stop = venue.post(symbol="ACME", qty=1, side="sell", type="stop", stop_price="95", time_in_force="day")
    venue.wait()
    venue.quote("ACME", "60.00", "60.10")
    assert venue.order(stop["id"])["filled_avg_price"] == "60"


@pytest.mark.parametrize(("trail", "stop"), [({"trail_price": "2"}, "103"), ({"trail_percent": "2"}, "102.9")])
def test_a_trailing_stop_follows_the_market_and_shows_its_mark(trail: dict[str, Any], stop: str) -> None:
    venue = Venue()
    venue.market()
    body: dict[str, Any] = {
        "symbol": "ACME",
        "qty": "10",
        "side": "sell",
        "type": "trailing_stop",
        "time_in_force": "gtc",
    }
    order = venue.post(**body, **trail)
    venue.wait()
    venue.quote("ACME", "105.00", "105.02")
    venue.quote("ACME", "104.00", "104.02")
    shown = venue.order(order["id"])
    assert (shown["hwm"], shown["stop_price"]) == ("105", stop)
    venue.quote("ACME", "102.50", "102.52")
    assert venue.order(order["id"])["filled_avg_price"] == "102.5"


def test_a_trailing_stop_triggers_in_the_regular_session_only() -> None:
    venue = Venue()
    venue.market()
    order = venue.post(symbol="ACME", qty="10", side="sell", type="trailing_stop", trail_price="2", time_in_force="gtc")
    venue.until(new_york(2026, 1, 12, 17))
    venue.quote("ACME", "90.00", "90.02")
    assert venue.status(order["id"]) == "new"
    venue.until(new_york(2026, 1, 13, 10))
    venue.quote("ACME", "90.00", "90.02")
    assert venue.status(order["id"]) == "filled"


def test_notional_and_fractional_orders_are_not_replaced_in_size() -> None:
    venue = Venue(new_york(2026, 1, 12, 11))
    venue.quote("ACME", "0", "0")
    notional = venue.post(symbol="ACME", notional="50", side="buy", type="market", time_in_force="day")
    assert venue.status(notional["id"]) == "pending_new"
    part = venue.limit("90", qty="0.5")
    assert venue.patch(part["id"], 422, qty=1)["code"] == 42210000
    assert venue.patch(part["id"], limit_price="91")["qty"] == "0.5"
    other = Venue(sizes=True)
    other.quote("ACME", "99.99", "100.01", ask_size="0.1")
    notional = other.post(symbol="ACME", notional="50", side="buy", type="market", time_in_force="day")
    other.wait()
    assert other.status(notional["id"]) == "partially_filled"
    assert other.patch(notional["id"], 422, qty=1)["message"] == "notional orders cannot be replaced"


def test_the_distance_of_a_trailing_stop_is_replaced() -> None:
    venue = Venue()
    venue.market()
    order = venue.post(symbol="ACME", qty="10", side="sell", type="trailing_stop", trail_price="2", time_in_force="gtc")
    venue.wait()
    closer = venue.patch(order["id"], trail="1")
    venue.wait()
    assert (closer["trail_price"], closer["trail_percent"]) == ("1", None)
    venue.quote("ACME", "98.95", "98.97")
    assert venue.status(closer["id"]) == "filled"


# Times in force and sessions


@pytest.mark.parametrize(("tif", "filled"), [("ioc", "4"), ("fok", "0")])
def test_immediate_orders_end_at_once(tif: str, filled: str) -> None:
    venue = Venue(sizes=True)
    venue.quote("ACME", "99.99", "100.01", ask_size="4")
    order = venue.limit("100.01", qty="10", time_in_force=tif)
    done = venue.order(order["id"])
    assert (done["status"], done["filled_qty"]) == ("canceled", filled)


def test_an_order_outside_of_the_session_waits_for_the_next_open() -> None:
    venue = Venue(new_york(2026, 1, 9, 18))  # a Friday evening
    stream = venue.updates()
    order = venue.post(symbol="ACME", qty=1, side="buy", type="market", time_in_force="day")
    assert order["status"] == "accepted"
    assert order["expires_at"] == "2026-01-12T21:00:00Z"
    venue.until(new_york(2026, 1, 12, 9, 30))
    venue.wait(SECOND)
    assert venue.status(order["id"]) == "accepted"  # what stood before is no price
    venue.quote("ACME", "104.99", "105.01")
    venue.wait()
    assert venue.order(order["id"])["filled_avg_price"] == "105.01"
    assert names(stream) == ["accepted", "new", "fill"]


def test_a_waiting_day_order_expires_where_no_price_ever_came() -> None:
    venue = Venue(new_york(2026, 1, 9, 18))
    order = venue.post(symbol="ACME", qty=1, side="buy", type="market", time_in_force="day")
    venue.until(new_york(2026, 1, 12, 16))
    assert venue.status(order["id"]) == "expired"


def test_an_order_that_waits_in_vain_takes_no_buying_power_any_more() -> None:
    venue = Venue(new_york(2026, 1, 9, 18))
    venue.post(symbol="ACME", qty=1, side="buy", type="limit", limit_price="90", time_in_force="day")
    assert venue.get("/v2/account")["buying_power"] == "199910"
    venue.until(new_york(2026, 1, 12, 16))
    assert venue.get("/v2/account")["buying_power"] == "200000"


def test_a_waiting_order_is_cancelled_before_it_works() -> None:
    venue = Venue(new_york(2026, 1, 9, 18))
    order = venue.post(symbol="ACME", qty=1, side="buy", type="market", time_in_force="day")
    venue.delete(f"/v2/orders/{order['id']}")
    venue.wait()
    assert venue.status(order["id"]) == "canceled"
    venue.until(new_york(2026, 1, 12, 11))
    assert venue.status(order["id"]) == "canceled"


def test_a_day_order_expires_at_the_close_and_a_gtc_order_after_ninety_days() -> None:
    venue = Venue()
    stream = venue.updates()
    day, gtc = venue.limit("90"), venue.limit("90", time_in_force="gtc")
    venue.until(new_york(2026, 1, 12, 16) - 1)
    assert venue.status(day["id"]) == "new"
    venue.until(new_york(2026, 1, 12, 16))
    assert (venue.status(day["id"]), venue.status(gtc["id"])) == ("expired", "new")
    assert venue.order(day["id"])["expired_at"] == "2026-01-12T21:00:00Z"
    assert names(stream)[-1] == "expired"
    venue.until(MONDAY + 91 * 24 * HOUR)
    assert venue.status(gtc["id"]) == "expired"


def test_extended_hours_trade_limit_orders_before_and_behind_the_session() -> None:
    venue = Venue(new_york(2026, 1, 12, 7))
    plain = venue.post(symbol="ACME", qty=1, side="buy", type="limit", limit_price="101", time_in_force="day")
    early = venue.limit("101", extended_hours=True)
    assert (venue.status(early["id"]), venue.status(plain["id"])) == ("filled", "accepted")
    venue.until(new_york(2026, 1, 12, 16, 30))
    late = venue.limit("90", extended_hours=True)
    assert late["expires_at"] == "2026-01-13T01:00:00Z"
    venue.quote("ACME", "89.90", "89.95")
    assert venue.status(late["id"]) == "filled"
    rest = venue.limit("80", extended_hours=True)
    venue.until(new_york(2026, 1, 12, 20))
    assert venue.status(rest["id"]) == "expired"


@pytest.mark.parametrize(("knobs", "trades"), [("overnight", True), ("overnight overnight_halted", False), ("", False)])
def test_only_some_assets_trade_at_night(knobs: str, trades: bool) -> None:
    acme: dict[str, Any] = {name: frozenset({"ACME"}) for name in knobs.split()}
    venue = Venue(new_york(2026, 1, 11, 22), **acme)
    order = venue.limit("101", extended_hours=True)
    venue.quote("ACME", "99.99", "100.01")
    assert venue.status(order["id"]) == ("filled" if trades else "accepted")
    venue.until(new_york(2026, 1, 12, 4))
    venue.quote("ACME", "99.99", "100.01")
    assert venue.status(order["id"]) == "filled"


def test_the_night_is_switched_off_by_a_setting() -> None:
    venue = Venue(new_york(2026, 1, 11, 22), overnight=frozenset({"ACME"}))
    venue.ask("PATCH", "/v2/account/configurations", {"disable_overnight_trading": True})
    order = venue.limit("101", extended_hours=True)
    venue.quote("ACME", "99.99", "100.01")
    assert venue.status(order["id"]) == "accepted"


def test_orders_for_the_auctions_trade_there() -> None:
    venue = Venue(new_york(2026, 1, 12, 8))
    opening = venue.post(symbol="ACME", qty=1, side="buy", type="market", time_in_force="opg")
    closing = venue.post(symbol="ACME", qty=2, side="buy", type="limit", limit_price="120", time_in_force="cls")
    venue.wait()
    start = new_york(2026, 1, 12, 9, 30)
    venue.until(start)
    venue.quote("ACME", "101.00", "101.02")
    assert venue.order(opening["id"])["filled_avg_price"] == "101.02"
    assert venue.status(closing["id"]) == "new"
    venue.until(new_york(2026, 1, 12, 15, 59, 59))
    venue.quote("ACME", "103.00", "103.02")
    venue.until(new_york(2026, 1, 12, 16, 1))
    venue.quote("ACME", "104.00", "104.02")
    assert venue.order(closing["id"])["filled_avg_price"] == "103.02"


@pytest.mark.parametrize(
    ("tif", "hour", "minute", "status"),
    [("opg", 9, 27, 200), ("opg", 9, 28, 422), ("opg", 18, 59, 422), ("opg", 19, 0, 200),
     ("cls", 15, 49, 200), ("cls", 15, 50, 422), ("cls", 18, 59, 422), ("cls", 19, 1, 200)],
)  # fmt: skip
def test_auctions_take_orders_until_shortly_before_them(tif: str, hour: int, minute: int, status: int) -> None:
    venue = Venue(new_york(2026, 1, 12, hour, minute))
    venue.post(status, symbol="ACME", qty=1, side="buy", type="market", time_in_force=tif)


def test_on_bars_a_queued_order_fills_at_the_open() -> None:
    venue = Venue(new_york(2026, 1, 12, 8), quotes=False)
    order = venue.post(symbol="ACME", qty=1, side="buy", type="market", time_in_force="day")
    venue.wait()
    start = new_york(2026, 1, 12, 9, 31)
    venue.bar("ACME", start - MINUTE, "102", "103", "101", "102.50")
    venue.bar("ACME", start, "103.10", "103.20", "103.00", "103.10")
    assert venue.order(order["id"])["filled_avg_price"] == "102"


def test_a_half_day_closes_at_one() -> None:
    venue = Venue(new_york(2026, 11, 27, 12))
    order = venue.limit("90")
    assert order["expires_at"] == "2026-11-27T18:00:00Z"
    venue.until(new_york(2026, 11, 27, 13))
    assert venue.status(order["id"]) == "expired"
    late = venue.post(symbol="ACME", qty=1, side="buy", type="limit", limit_price="90", time_in_force="day")
    assert (late["status"], late["expires_at"]) == ("accepted", "2026-11-30T21:00:00Z")


@pytest.mark.parametrize(("month", "day", "expires"), [(3, 6, "2026-03-06T21:00:00Z"), (3, 9, "2026-03-09T20:00:00Z")])
def test_the_session_moves_with_the_clock_change(month: int, day: int, expires: str) -> None:
    venue = Venue(new_york(2026, month, day, 11))
    assert venue.limit("90")["expires_at"] == expires


def test_crypto_trades_on_sundays() -> None:
    venue = Venue(new_york(2026, 1, 11, 3))
    order = venue.market("BTC/USD", qty="0.01")
    assert (order["status"], order["filled_avg_price"]) == ("filled", "50010")


# Fractions and notionals


@pytest.mark.parametrize("body", [{"qty": "0.123456789"}, {"notional": "50"}])
def test_fractions_of_a_share_fill_in_fractions(body: dict[str, Any]) -> None:
    venue = Venue()
    order = venue.post(symbol="ACME", side="buy", type="market", time_in_force="day", **body)
    venue.wait()
    done = venue.order(order["id"])
    assert done["status"] == "filled"
    if "qty" in body:
        assert (done["qty"], done["filled_qty"], done["notional"]) == ("0.123456789", "0.123456789", None)
    else:
        assert (done["qty"], done["notional"]) == (None, "50")
        spent = Decimal(done["filled_qty"]) * Decimal(done["filled_avg_price"])
        assert Decimal("49.99999") < spent <= 50


def test_the_same_calls_give_the_same_bytes() -> None:
    def run() -> list[bytes]:
        venue = Venue(models=Models(partial="random:0.5"))
        stream = venue.updates()
        for _ in range(5):
            venue.market(qty="7")
            venue.quote("ACME", "99.99", "100.01")
        body = venue.ask("GET", "/v2/orders?status=all").body
        return [body, *(frame.data for frame in stream.outbox)]

    assert run() == run()


def test_what_the_ledger_holds_is_what_the_exchange_holds() -> None:
    venue = Venue(models=Models(partial="random:0.5", fee="maker_taker:15:25:in=received"))
    for turn in range(30):
        symbol = ("ACME", "BTC/USD", "GLOBEX")[turn % 3]
        venue.market(symbol, qty="0.02" if "/" in symbol else "5", side="buy")
        venue.quote("ACME", f"{90 + turn}.10", f"{90 + turn}.12")
        venue.quote("BTCUSD", "49990", "50010")
        venue.quote("GLOBEX", "19.99", "20.01")
    venue.delete("/v2/positions?cancel_orders=true", 207)
    for _ in range(20):
        venue.wait()
        venue.quote("ACME", "99.99", "100.01")
        venue.quote("BTCUSD", "49990", "50010")
        venue.quote("GLOBEX", "19.99", "20.01")
    account, exchange = venue.account, venue.site.exchange
    assert {s: p.size for s, p in account.ledger.positions.items()} == exchange.positions("demo-key")
    start = 100_000 * 10**18
    assert account.ledger.cash == start + exchange.balances("demo-key").get("USD", 0)
    assert all(order.status in FINAL for order in account.orders.values())


def test_a_bar_that_ends_with_the_session_still_fills() -> None:
    venue = Venue(new_york(2026, 1, 12, 15, 58), quotes=False)
    start = new_york(2026, 1, 12, 15, 58)
    venue.bar("ACME", start, "100", "101", "99", "100")
    order = venue.limit("95")
    close = Bar(
        start + 2 * MINUTE, INSTRUMENTS["ACME"], start + MINUTE, 1000000, 1000000, 940000, 950000, ACME.rules.step
    )
    venue.feed(close)
    assert venue.status(order["id"]) == "filled"
