"""Brackets, OCO, OTO and stops of all kinds at the simulated Alpaca."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sim.wire.alpaca_desk import (
    Venue,
    events,
    heard,
    new_york,
)


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
