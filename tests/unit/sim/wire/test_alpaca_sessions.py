"""Times in force at the simulated Alpaca: sessions, auctions, the night, half days and clock changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sim.wire.alpaca_desk import (
    MINUTE,
    SECOND,
    Venue,
    names,
    new_york,
)


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
    assert venue.order(gtc["id"])["expires_at"] == "2026-04-12T04:00:00Z"
    venue.until(new_york(2026, 4, 11, 23, 59))
    assert venue.status(gtc["id"]) == "new"
    venue.until(new_york(2026, 4, 12))
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


def test_nothing_trades_between_the_hours_behind_a_half_day_and_the_night() -> None:
    venue = Venue(new_york(2026, 11, 27, 16), overnight=frozenset({"ACME"}))
    order = venue.limit("90", extended_hours=True, time_in_force="gtc")
    venue.until(new_york(2026, 11, 27, 18))
    venue.quote("ACME", "80", "80.02")
    assert venue.status(order["id"]) == "new"
    venue.until(new_york(2026, 11, 29, 20))
    venue.quote("ACME", "80", "80.02")
    assert venue.status(order["id"]) == "filled"


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
