"""An order's life at the simulated Alpaca: answers before events, fills, cancels, replacements, groups, sessions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.sim.wire.alpaca_desk import (
    ACME,
    INSTRUMENTS,
    MINUTE,
    MS,
    Venue,
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


def test_old_orders_and_fills_are_forgotten_and_their_client_ids_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradewright.sim.wire.alpaca.account.ORDERS_MAX", 5)
    monkeypatch.setattr("tradewright.sim.wire.alpaca.desk.FILLS_MAX", 5)
    venue = Venue()
    resting = venue.limit("50")
    for turn in range(20):
        venue.market(qty="1", client_order_id=f"order-{turn}")
    assert len(venue.account.orders) == len(venue.site.exchange.orders) == 5
    assert len(venue.site.exchange.history) <= 11
    assert venue.status(resting["id"]) == "new"
    venue.get("/v2/orders:by_client_order_id?client_order_id=order-0", 404)
    venue.post(422, symbol="ACME", qty=1, side="buy", type="market", time_in_force="day", client_order_id="order-0")
    assert venue.get("/v2/positions/ACME")["qty"] == "20"
