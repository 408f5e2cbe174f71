"""The doors of the simulated Alpaca: who may ask, how often, what is not there, clocks, calendars, and its faults."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.sim.wire.alpaca_desk import (
    ACME,
    GLOBEX,
    HOUR,
    KEYS,
    MINUTE,
    MONDAY,
    SECOND,
    Venue,
    heard,
    names,
    new_york,
    say,
)
from tradewright.model.rng import Rng
from tradewright.sim.wire.alpaca import AccountTerms, AlpacaSite, Knobs
from tradewright.sim.wire.alpaca.notation import moment_of, stamp
from tradewright.sim.wire.message import Answer, Request
from tradewright.sim.wire.site import Tape
from tradewright.sim.wire.trouble import INJECTIONS


def test_keys_stand_in_two_headers_or_a_bearer_token() -> None:
    venue = Venue()
    for headers in (KEYS, {"authorization": "Bearer demo-secret"}):
        assert venue.ask("GET", "/v2/account", headers=headers).status == 200


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"x": "y"}, 401, "unauthorized"),
        ({"apca-api-key-id": "demo-key"}, 401, "unauthorized"),
        ({**KEYS, "apca-api-secret-key": "demo-secret "}, 403, "forbidden."),
        ({**KEYS, "apca-api-key-id": "nobody"}, 403, "forbidden."),
        ({"authorization": "Bearer wrong"}, 403, "forbidden."),
    ],
)
def test_missing_and_wrong_keys_are_refused_without_a_code(headers: dict[str, str], status: int, message: str) -> None:
    answer = Venue().ask("GET", "/v2/account", headers=headers)
    assert (answer.status, json.loads(answer.body)) == (status, {"message": message})


def test_what_is_not_there_is_not_found() -> None:
    venue = Venue()
    assert venue.ask("GET", "/v2/nothing").status == 404
    assert venue.ask("PUT", "/v2/account").status == 405
    assert venue.get("/v2/orders/none", 404)["code"] == 40410000
    assert venue.ask("GET", "/v2/orders%3Aby_client_order_id?client_order_id=none").status == 404
    assert venue.get("/v2/stocks/ACME/nothing", 404) == {"message": "endpoint not found."}
    assert venue.ask("GET", "/v1beta3/crypto/us/nothing").status == 404


# Limits


def limits(answer: Answer) -> tuple[int, int, int]:
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    limit, left, reset = (int(answer.headers[name]) for name in names)
    return limit, left, reset


def test_so_many_requests_a_minute_and_account_are_answered() -> None:
    venue = Venue(accounts=(AccountTerms(), AccountTerms("other", "s")), requests_per_minute=3)
    reset = (MONDAY // SECOND // 60 + 1) * 60
    for left in (2, 1, 0):
        answer = venue.ask("GET", "/v2/clock")
        assert (answer.status, limits(answer)) == (200, (3, left, reset))
    refused = venue.ask("GET", "/v2/clock")
    assert (refused.status, json.loads(refused.body)["code"]) == (429, 42910000)
    assert limits(refused) == (3, 0, reset)
    assert venue.ask("GET", "/v2/clock", key="other").status == 200
    assert venue.ask("GET", "/v2/stocks/trades/latest?symbols=ACME").status == 200
    venue.until(reset * SECOND)
    assert venue.ask("GET", "/v2/clock").status == 200


def test_what_others_have_used_up_is_told_with_the_moment_of_its_end() -> None:
    venue = Venue()
    until = venue.now + 7 * SECOND
    venue.site.trouble.limited_until = until
    refused = venue.ask("GET", "/v2/clock")
    assert (refused.status, json.loads(refused.body)["code"]) == (429, 42910000)
    assert limits(refused) == (200, 0, -(-until // SECOND))
    venue.until(until)
    answer = venue.ask("GET", "/v2/clock")
    assert (answer.status, limits(answer)[1] > 0) == (200, True)


def test_the_limits_are_those_of_the_plans() -> None:
    assert limits(Venue().ask("GET", "/v2/clock"))[0] == 200
    path = "/v2/stocks/trades/latest?symbols=ACME"
    assert limits(Venue(plan="free").ask("GET", path))[0] == 200
    assert limits(Venue(plan="plus").ask("GET", path))[0] == 10_000


def test_every_answer_has_an_id_of_its_request() -> None:
    venue = Venue()
    ids = {venue.ask("GET", path).headers["X-Request-ID"] for path in ("/v2/clock", "/v2/none", "/v2/account")}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-12T16:00:00Z", MONDAY),
        ("2026-01-12T11:00:00-05:00", MONDAY),
        ("2026-01-12T11:00:00.000000001-0500", MONDAY + 1),
        ("2026-01-12T17:30:00+01:30", MONDAY),
        ("2026-01-12T17:30:00 01:30", MONDAY),  # a plus sign in a query is a space
        ("2026-01-12", MONDAY - 16 * HOUR),
    ],
)
def test_moments_come_with_any_offset(text: str, expected: int) -> None:
    assert moment_of(text, "start") == expected
    if len(text) > 10:
        assert moment_of(stamp(expected, "America/New_York"), "again") == expected


# Clocks and calendars


@pytest.mark.parametrize(
    ("now", "is_open", "next_open", "next_close"),
    [
        (new_york(2026, 1, 12, 11), True, "2026-01-13T09:30:00-05:00", "2026-01-12T16:00:00-05:00"),
        (new_york(2026, 1, 12, 9, 29), False, "2026-01-12T09:30:00-05:00", "2026-01-12T16:00:00-05:00"),
        (new_york(2026, 1, 12, 16), False, "2026-01-13T09:30:00-05:00", "2026-01-13T16:00:00-05:00"),
        (new_york(2026, 1, 16, 17), False, "2026-01-20T09:30:00-05:00", "2026-01-20T16:00:00-05:00"),  # a Monday off
        (new_york(2026, 3, 6, 17), False, "2026-03-09T09:30:00-04:00", "2026-03-09T16:00:00-04:00"),  # clocks change
        (new_york(2026, 11, 27, 12), True, "2026-11-30T09:30:00-05:00", "2026-11-27T13:00:00-05:00"),  # a half day
    ],
)
def test_the_clock_knows_sessions(now: int, is_open: bool, next_open: str, next_close: str) -> None:
    clock = Venue(now, quotes=False).get("/v2/clock")
    assert (clock["is_open"], clock["next_open"], clock["next_close"]) == (is_open, next_open, next_close)
    assert clock["timestamp"][:10] == next_close[:10] or not is_open


def test_the_calendar_has_days_with_their_hours_and_settlement() -> None:
    venue = Venue()
    rows = venue.get("/v2/calendar?start=2026-11-25&end=2026-11-30")
    assert rows == [
        {"date": "2026-11-25", "open": "09:30", "close": "16:00", "session_open": "0400", "session_close": "2000",
         "settlement_date": "2026-11-27"},
        {"date": "2026-11-27", "open": "09:30", "close": "13:00", "session_open": "0400", "session_close": "1700",
         "settlement_date": "2026-11-30"},
        {"date": "2026-11-30", "open": "09:30", "close": "16:00", "session_open": "0400", "session_close": "2000",
         "settlement_date": "2026-12-01"},
    ]  # fmt: skip
    settled = venue.get("/v2/calendar?start=2026-11-25&end=2026-11-30&date_type=SETTLEMENT")
    assert [row["date"] for row in settled] == ["2026-11-27", "2026-11-30", "2026-12-01"]
    assert 240 < len(venue.get("/v2/calendar")) < 260
    for bad in ("date_type=x", "start=2026-13-01", "start=soon"):
        assert venue.ask("GET", f"/v2/calendar?{bad}").status in (400, 422)


@pytest.mark.parametrize(
    ("now", "phase", "until"),
    [
        (new_york(2026, 1, 11, 19), "closed", "2026-01-11T20:00:00-05:00"),
        (new_york(2026, 1, 11, 20), "overnight", "2026-01-12T04:00:00-05:00"),
        (new_york(2026, 1, 12, 4), "pre", "2026-01-12T09:30:00-05:00"),
        (new_york(2026, 1, 12, 9, 30), "core", "2026-01-12T16:00:00-05:00"),
        (new_york(2026, 1, 12, 16), "post", "2026-01-12T20:00:00-05:00"),
        (new_york(2026, 11, 27, 18), "closed", "2026-11-29T20:00:00-05:00"),
    ],
)
def test_the_newer_clock_names_the_phase(now: int, phase: str, until: str) -> None:
    (clock,) = Venue(now, quotes=False).get("/v3/clock?markets=NYSE")["clocks"]
    assert (clock["phase"], clock["phase_until"], clock["market"]["acronym"]) == (phase, until, "NYSE")


def test_the_newer_calendar_has_the_phases_of_a_market() -> None:
    venue = Venue()
    answer = venue.get("/v3/calendar/XNAS?start=2026-11-27&end=2026-11-27")
    assert answer["market"]["acronym"] == "NASDAQ"
    (day,) = answer["calendar"]
    assert (day["core_end"], day["post_end"]) == ("2026-11-27T13:00:00-05:00", "2026-11-27T17:00:00-05:00")
    assert len(venue.get("/v3/clock?markets=NYSE,IEX")["clocks"]) == 2
    assert venue.ask("GET", "/v3/calendar/MOON").status == 404


# Faults from the inside


def test_an_order_may_be_accepted_and_answered_with_500() -> None:
    venue = Venue(errors_after_accept=1)
    body: dict[str, Any] = {"symbol": "ACME", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    assert venue.post(500, client_order_id="mine", **body)["code"] == 50010000
    venue.wait()
    assert venue.get("/v2/orders:by_client_order_id?client_order_id=mine")["status"] == "filled"
    venue.post(422, client_order_id="mine", **body)
    venue.post(client_order_id="next", **body)


def test_a_replacement_may_be_done_and_answered_with_500() -> None:
    venue = Venue(errors_after_replace=1)
    order = venue.limit("90")
    assert venue.patch(order["id"], 500, limit_price="91")["code"] == 50010000
    venue.wait()
    assert venue.status(venue.order(order["id"])["replaced_by"]) == "new"


def test_a_fill_may_come_before_the_answer() -> None:
    venue = Venue(late_answers=1_000_000)
    body = {"symbol": "ACME", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    answer = venue.ask("POST", "/v2/orders", body)
    stream = venue.updates()
    venue.wait(answer.delay_ns - 1)
    assert names(stream)[-1] == "fill"
    assert json.loads(answer.body)["status"] == "pending_new"


def test_an_event_may_come_twice() -> None:
    venue = Venue()
    stream = venue.updates()
    order = venue.limit("90")
    heard(stream)
    venue.site.knobs.duplicate_events = 1
    venue.delete(f"/v2/orders/{order['id']}")
    venue.wait()
    assert names(stream) == ["canceled", "canceled"]


def test_an_accepted_order_may_be_hidden_from_look_ups() -> None:
    venue = Venue()
    venue.site.trouble.hidden_ns = 5 * SECOND
    order = venue.limit("90", client_order_id="mine")
    assert venue.get(f"/v2/orders/{order['id']}", 404)["code"] == 40410000
    assert venue.get("/v2/orders:by_client_order_id?client_order_id=mine", 404)
    assert venue.get("/v2/orders?status=all") == []
    venue.wait(5 * SECOND)
    assert venue.status(order["id"]) == "new"
    assert len(venue.get("/v2/orders")) == 1


def test_positions_balances_and_open_orders_may_be_stale() -> None:
    venue = Venue()
    order = venue.limit("99")
    venue.wait(MINUTE)
    venue.quote("ACME", "98.90", "98.95")
    venue.site.trouble.stale_ns = 30 * SECOND
    assert venue.get("/v2/positions") == []
    venue.get("/v2/positions/ACME", 404)
    assert venue.get("/v2/account")["cash"] == "100000"
    assert [row["status"] for row in venue.get("/v2/orders")] == ["new"]
    assert venue.status(order["id"]) == "filled"
    venue.wait(MINUTE)
    assert venue.get("/v2/orders") == []
    assert venue.get("/v2/positions/ACME")["qty"] == "10"
    assert venue.get("/v2/account")["cash"] == "99010"


def test_an_order_with_many_states_is_still_found_in_a_stale_list() -> None:
    venue = Venue(sizes=True)
    venue.quote("ACME", "99.99", "100.01", ask_size="1")
    order = venue.limit("100.01", qty="30")
    for _ in range(25):
        venue.quote("ACME", "99.99", "100.01", ask_size="1")
    venue.site.trouble.stale_ns = venue.now - MONDAY - 18 * 1_000_000
    assert [row["id"] for row in venue.get("/v2/orders")] == [order["id"]]


def test_in_maintenance_every_request_is_refused() -> None:
    venue = Venue()
    venue.site.trouble.maintenance = True
    assert venue.ask("GET", "/v2/clock").status == 503
    assert isinstance(venue.site.connect(_upgrade(), venue.now), Answer)
    venue.site.trouble.maintenance = False
    assert venue.ask("GET", "/v2/clock").status == 200


def _upgrade() -> Request:
    return Request("GET", "/stream")


@pytest.mark.parametrize("kind", INJECTIONS)
def test_what_may_be_injected_needs_something_to_happen_to(kind: str) -> None:
    venue = Venue(quotes=False)
    assert venue.site.inject(kind, venue.now) == (kind == "changed_rules")


def test_an_ended_order_is_filled_late() -> None:
    venue = Venue()
    order = venue.limit("90")
    venue.delete(f"/v2/orders/{order['id']}")
    venue.wait()
    stream = venue.updates()
    assert venue.site.inject("late_fill", venue.now)
    assert names(stream) == ["fill"]
    late = venue.order(order["id"])
    assert (late["status"], late["filled_qty"]) == ("filled", "10") and late["canceled_at"]
    assert venue.get("/v2/positions/ACME")["qty"] == "10"


@pytest.mark.parametrize("kind", ["limit", "stop"])
def test_a_cancel_that_meets_a_fill_is_refused_as_of_an_order_that_is_filled(kind: str) -> None:
    venue = Venue()
    order = venue.limit("90") if kind == "limit" else venue.post(
        symbol="ACME", qty="10", side="buy", type="stop", stop_price="110", time_in_force="day"
    )  # fmt: skip
    venue.wait()
    venue.site.trouble.races["cancel_meets_fill"] = 1
    stream = venue.updates()
    said = venue.delete(f"/v2/orders/{order['id']}", 422)
    assert (said["code"], said["message"]) == (42210000, 'order is already in "filled" state')
    venue.wait()
    assert names(stream) == ["fill"]
    found = venue.order(order["id"])
    price = "90" if kind == "limit" else "100.01"
    assert (found["status"], found["filled_qty"], found["filled_avg_price"]) == ("filled", "10", price)
    assert venue.site.trouble.raced == ["cancel_meets_fill"]
    second = venue.limit("90")
    venue.delete(f"/v2/orders/{second['id']}")
    venue.wait()
    assert venue.status(second["id"]) == "canceled", "it was to happen once"


def test_a_target_that_fills_as_its_cancel_arrives_ends_the_stop_beside_it() -> None:
    venue = Venue()
    venue.market(qty="10")
    pair = venue.post(
        symbol="ACME", qty="10", side="sell", type="limit", time_in_force="gtc", order_class="oco",
        limit_price="120", stop_loss={"stop_price": "80"},
    )  # fmt: skip
    venue.wait()
    venue.site.trouble.races["cancel_meets_fill"] = 1
    venue.delete(f"/v2/orders/{pair['id']}", 422)
    venue.wait()
    assert (venue.status(pair["id"]), venue.status(pair["legs"][0]["id"])) == ("filled", "canceled")
    assert venue.get("/v2/positions") == []


def test_a_fill_is_told_before_the_placing_is_answered() -> None:
    venue = Venue()
    venue.site.trouble.races["fill_before_ack"] = 2
    stream = venue.updates()
    body = {"symbol": "ACME", "qty": "10", "side": "buy", "type": "limit", "limit_price": "90", "time_in_force": "day"}
    answer = json.loads(venue.ask("POST", "/v2/orders", body).body)
    assert (answer["status"], answer["filled_qty"], names(stream)) == ("pending_new", "0", ["fill"])
    venue.wait()
    assert (venue.status(answer["id"]), names(stream)) == ("filled", [])
    bracket = venue.post(
        symbol="ACME", qty="5", side="buy", type="market", time_in_force="gtc", order_class="bracket",
        take_profit={"limit_price": "120"}, stop_loss={"stop_price": "80"},
    )  # fmt: skip
    venue.wait()
    assert venue.status(bracket["id"]) == "filled"
    assert {venue.status(leg["id"]) for leg in bracket["legs"]} <= {"new", "held"}
    assert venue.site.trouble.raced == ["fill_before_ack"] * 2


def test_a_change_is_made_and_counted_as_a_race() -> None:
    venue = Venue()
    venue.site.trouble.races["replace_error_after"] = 1
    order = venue.limit("90")
    venue.patch(order["id"], 422, limit_price="90.001")
    assert venue.site.trouble.raced == [], "a change that is refused is none"
    venue.patch(order["id"], limit_price="91")
    venue.wait()
    assert venue.status(venue.order(order["id"])["replaced_by"]) == "new"
    assert venue.site.trouble.raced == ["replace_error_after"]


def test_an_order_is_filled_by_more_than_was_asked_for() -> None:
    venue = Venue()
    order = venue.limit("90", qty="10")
    stream = venue.updates()
    assert venue.site.inject("overfill", venue.now)
    assert names(stream) == ["fill"]
    over = venue.order(order["id"])
    assert (over["qty"], over["filled_qty"]) == ("10", "11")
    assert venue.get("/v2/positions/ACME")["qty"] == "11"
    venue.quote("ACME", "80", "80.02")
    assert venue.get("/v2/positions/ACME")["qty"] == "11"


def test_increments_and_minimums_become_coarser() -> None:
    venue = Venue()
    assert venue.site.inject("changed_rules", venue.now)
    coin = venue.get("/v2/assets/BTCUSD")
    assert (coin["min_trade_increment"], coin["price_increment"], coin["min_order_size"]) == ("0.0001", "0.1", "0.0001")
    body: dict[str, Any] = {"side": "buy", "type": "limit", "time_in_force": "gtc"}
    assert venue.post(422, symbol="BTC/USD", qty="0.00105", limit_price="40000", **body)["code"] == 42210000
    assert venue.post(422, symbol="BTC/USD", qty="0.001", limit_price="40000.01", **body)["code"] == 42210000
    venue.post(symbol="BTC/USD", qty="0.001", limit_price="40000.1", **body)
    share = venue.get("/v2/assets/ACME")
    assert (share["fractionable"], share["shortable"]) == (False, False)
    assert venue.get("/v2/assets/GLOBEX")["shortable"] is True


def test_rules_of_shares_change_as_long_as_there_is_something_to_change() -> None:
    site = AlpacaSite((ACME, GLOBEX), Tape([]), Rng(7), MONDAY, (AccountTerms(),), Knobs())
    shortable = []
    for _ in range(3):
        shortable.append((site.inject("changed_rules", MONDAY), *(one.shortable for one in site.assets.all)))
    assert shortable == [(True, False, True), (True, False, False), (False, False, False)]


def test_somebody_else_orders_and_closes() -> None:
    venue = Venue()
    stream = venue.updates()
    assert venue.site.inject("foreign_order", venue.now)
    venue.wait()
    (order,) = venue.get("/v2/orders")
    assert (order["source"], order["limit_price"], order["status"]) == ("dashboard", "50", "new")
    assert names(stream) == ["pending_new", "new"]
    venue.delete(f"/v2/orders/{order['id']}")
    venue.wait()
    venue.market(qty="10")
    assert venue.site.inject("manual_close", venue.now)
    venue.wait()
    assert venue.get("/v2/positions") == []
    assert venue.get("/v2/orders?status=all")[0]["source"] == "dashboard"


def bracket(venue: Venue) -> dict[str, Any]:
    legs = {"take_profit": {"limit_price": "110"}, "stop_loss": {"stop_price": "90"}}
    return venue.market(qty="10", order_class="bracket", **legs)


def test_an_exit_that_rests_is_cancelled_unasked_and_its_pair_with_it() -> None:
    venue = Venue()
    order = bracket(venue)
    venue.wait()
    stream = venue.updates()
    assert venue.site.inject("exit_cancelled", venue.now)
    venue.wait()
    assert names(stream) == ["canceled", "canceled"]
    legs = venue.get(f"/v2/orders/{order['id']}?nested=true")["legs"]
    assert {leg["status"] for leg in legs} == {"canceled"}
    assert venue.get("/v2/positions/ACME")["qty"] == "10"
    assert not venue.site.inject("exit_cancelled", venue.now)


def test_what_would_close_is_refused_and_a_bracket_stands_without_its_exits() -> None:
    venue = Venue()
    venue.site.trouble.exits_refused = True
    order = bracket(venue)
    venue.wait()
    legs = venue.get(f"/v2/orders/{order['id']}?nested=true")["legs"]
    assert {leg["status"] for leg in legs} == {"rejected"}
    sale = {"symbol": "ACME", "qty": "10", "side": "sell", "type": "market", "time_in_force": "day"}
    assert venue.post(403, **sale)["code"] == 40310000
    venue.site.trouble.exits_refused = False
    venue.post(**sale)
    venue.wait()
    assert venue.get("/v2/positions") == []


def test_a_halted_share_takes_orders_and_trades_when_it_goes_on() -> None:
    venue = Venue()
    stream = venue.data(statuses=["ACME"])
    resting = venue.limit("99")
    assert venue.site.halt("ACME", True, venue.now)
    assert not venue.site.halt("BTC/USD", True, venue.now)
    order = venue.market()
    moved = venue.patch(resting["id"], limit_price="101")
    venue.wait()
    venue.quote("ACME", "98.00", "98.02")
    assert [venue.status(one["id"]) for one in (order, moved)] == ["pending_new", "pending_new"]
    assert venue.market("GLOBEX")["status"] == "filled"
    assert venue.site.halt("ACME", False, venue.now)
    assert [(row["T"], row["S"], row["sc"], row["sm"]) for (row,) in heard(stream)] == [
        ("s", "ACME", "H", "Trading Halt"), ("s", "ACME", "T", "Trading Resumption"),
    ]  # fmt: skip
    venue.quote("ACME", "97.00", "97.02")
    venue.wait()
    assert [venue.order(one["id"])["filled_avg_price"] for one in (order, moved)] == ["97.02", "97.02"]


def test_a_share_s_limit_band_is_told_while_its_session_lasts() -> None:
    venue = Venue(new_york(2026, 1, 12, 15, 57))
    stream = venue.data(lulds=["ACME", "GLOBEX"])

    def band() -> list[tuple[str, float, float]]:
        rows = [row for frame in heard(stream) for row in frame]
        assert {(row["T"], row["i"], row["z"]) for row in rows} <= {("l", "B", "C")}
        return [(row["S"], row["d"], row["u"]) for row in rows]

    assert band() == [], "those of the first quotes were told before"
    venue.wait(30 * SECOND)
    assert band() == [], "nothing is heard of the share"
    venue.quote("ACME", "100.40", "100.42")
    venue.quote("ACME", "104.40", "104.42")
    assert band() == [("ACME", 90, 110)], "within a percent, and once in so long"
    venue.wait(30 * SECOND)
    venue.quote("ACME", "104.40", "104.42")
    assert band() == [("ACME", 93.96, 114.85)]
    venue.wait(30 * SECOND)
    venue.quote("GLOBEX", "0.49", "0.51")
    assert band() == [("GLOBEX", 0.35, 0.65)]
    venue.site.halt("ACME", True, venue.now)
    venue.wait(30 * SECOND)
    venue.quote("ACME", "90", "90.02")
    assert band() == [], "a band is suspended with its share"
    venue.site.halt("ACME", False, venue.now)
    venue.quote("ACME", "90", "90.02")
    assert band() == [("ACME", 81, 99.01)]
    assert venue.site.band("ACME", 85_0000, 95_0000, venue.now) and not venue.site.band("BTC/USD", 1, 2, venue.now)
    assert band() == [("ACME", 85, 95)]
    venue.until(new_york(2026, 1, 12, 16))
    venue.quote("ACME", "90", "90.02")
    assert band() == []


def test_a_plan_may_have_no_statuses_and_no_bands() -> None:
    venue = Venue(notices=False)
    stream = venue.data(quotes=["ACME"])
    for channel in ("statuses", "lulds"):
        say(stream, {"action": "subscribe", channel: ["ACME"]}, venue.now)
    assert [(row["T"], row["code"]) for (row,) in heard(stream)] == [("error", 409)] * 2
    venue.quote("ACME", "99.98", "100.01")
    assert [row["T"] for (row,) in heard(stream)] == ["q"]


def test_what_outlives_the_session_may_be_done_for_the_day() -> None:
    venue = Venue(done_for_day=True)
    stream = venue.updates()
    order = venue.limit("90", time_in_force="gtc")
    pair = venue.limit("40000", qty="0.01", symbol="BTC/USD", time_in_force="gtc")
    venue.until(new_york(2026, 1, 12, 16))
    assert (venue.status(order["id"]), venue.status(pair["id"])) == ("done_for_day", "new")
    assert len(venue.get("/v2/orders")) == 2
    venue.until(new_york(2026, 1, 13, 9, 30))
    assert venue.status(order["id"]) == "new"
    assert names(stream)[-2:] == ["done_for_day", "new"]
    venue.until(new_york(2026, 1, 13, 17))
    venue.delete(f"/v2/orders/{order['id']}")
    venue.wait()
    assert venue.status(order["id"]) == "canceled"


def test_time_leaps_of_a_month_bring_every_day() -> None:
    venue = Venue()
    venue.market(qty="1")
    venue.until(MONDAY + 30 * 24 * HOUR)
    assert venue.get("/v2/account")["balance_asof"] == "2026-02-11"
    due = venue.site.due()
    assert due is not None and due > venue.now
