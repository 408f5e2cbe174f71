"""What is no order at the simulated Alpaca: status, code and text of each refusal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sim.wire.alpaca_desk import MONDAY, Venue, new_york

BASE: dict[str, Any] = {"symbol": "ACME", "qty": "10", "side": "buy", "type": "market", "time_in_force": "day"}
LIMIT = {**BASE, "type": "limit", "limit_price": "99"}
BRACKET = {
    **BASE, "order_class": "bracket", "take_profit": {"limit_price": "110"}, "stop_loss": {"stop_price": "90"},
}  # fmt: skip
BTC: dict[str, Any] = {"symbol": "BTC/USD", "qty": "0.01", "side": "buy", "type": "market", "time_in_force": "gtc"}
TRAIL = {**BASE, "type": "trailing_stop", "trail_price": "1"}
STOP = {**BASE, "type": "stop", "stop_price": "101"}
FRACTION = {**BASE, "qty": "0.5"}
NOTIONAL = {**BASE, "qty": None, "notional": "50"}
DEAR = {"order_class": "bracket", "take_profit": {"limit_price": "110"}}
SUB_PENNY = "sub-penny increment does not fulfill minimum pricing criteria"

REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({**BASE, "symbol": None}, 40010001, "symbol is required"),
    ({**BASE, "symbol": 7}, 40010001, "symbol must be text"),
    ({**BASE, "symbol": "NONE"}, 42210000, 'asset "NONE" not found'),
    ({**BASE, "symbol": "EURUSD"}, 42210000, 'asset "EURUSD" not found'),
    ({**BASE, "side": None}, 40010001, "side is required"),
    ({**BASE, "side": "hold"}, 40010001, "invalid side"),
    ({**BASE, "type": None}, 40010001, "type is required"),
    ({**BASE, "type": "iceberg"}, 40010001, "invalid order type"),
    ({**BASE, "time_in_force": None}, 40010001, "time_in_force is required"),
    ({**BASE, "time_in_force": "gtd"}, 42210000, "invalid us_equity time_in_force"),
    ({**BASE, "qty": None}, 40010001, "qty or notional is required"),
    ({**BASE, "notional": "5"}, 40010001, "only one of qty or notional"),
    ({**BASE, "qty": "ten"}, 40010001, "qty must be a number"),
    ({**BASE, "qty": True}, 40010001, "qty must be a number"),
    ({**BASE, "qty": "-1"}, 40010001, "qty must be > 0"),
    ({**BASE, "qty": "1e400"}, 40010001, "qty"),
    ({**BASE, "qty": "NaN"}, 40010001, "qty must be a number"),
    ({**BASE, "qty": "0.1234567891"}, 40010001, "more than 9 decimals"),
    ({**BASE, "extended_hours": "yes"}, 40010001, "extended_hours must be true or false"),
    ({**BASE, "client_order_id": "x" * 129}, 40010001, "no more than 128"),
    ({**BASE, "position_intent": "sell_to_close"}, 40010001, "invalid position_intent"),
    ({**BASE, "advanced_instructions": {"algorithm": "TWAP"}}, 40010001, "TWAP is not available"),
    ({**BASE, "limit_price": "100"}, 40010001, "must not have a limit price"),
    ({**BASE, "stop_price": "100"}, 40010001, "must not have a stop price"),
    ({**BASE, "trail_price": "1"}, 40010001, "must not have a trail"),
    ({**LIMIT, "limit_price": None}, 40010001, "require a limit price"),
    ({**STOP, "stop_price": None}, 40010001, "require a stop price"),
    ({**STOP, "type": "stop_limit"}, 40010001, "require a limit price"),
    ({**TRAIL, "trail_price": None}, 40010001, "either trail_price or trail_percent"),
    ({**TRAIL, "trail_percent": "1"}, 40010001, "either trail_price or trail_percent"),
    ({**TRAIL, "trail_price": None, "trail_percent": "100"}, 40010001, "< 100"),
    ({**LIMIT, "limit_price": "99.001"}, 42210000, f"invalid limit_price 99.001. {SUB_PENNY}"),
    ({**LIMIT, "limit_price": 99.001}, 42210000, f"invalid limit_price 99.001. {SUB_PENNY}"),
    ({**LIMIT, "limit_price": "0.12345"}, 42210000, SUB_PENNY),
    ({**STOP, "stop_price": "101.005"}, 42210000, f"invalid stop_price 101.005. {SUB_PENNY}"),
    ({**STOP, "time_in_force": "opg"}, 42210000, "opg orders must be market or limit"),
    ({**STOP, "time_in_force": "ioc"}, 42210000, "stop orders can not be ioc"),
    ({**TRAIL, "time_in_force": "cls"}, 42210000, "cls orders must be market or limit"),
    ({**TRAIL, "order_class": "oto", "stop_loss": {"stop_price": "90"}}, 42210000, "trailing stop orders"),
    ({**BASE, "extended_hours": True}, 42210000, "extended hours order must be DAY limit orders"),
    ({**LIMIT, "extended_hours": True, "time_in_force": "ioc"}, 42210000, "extended hours order must be DAY limit"),
    ({**LIMIT, **DEAR, "stop_loss": {"stop_price": "90"}, "extended_hours": True}, 42210000, "extended hours"),
    ({**BASE, "order_class": "mleg"}, 40010001, "multi-leg"),
    ({**BASE, "order_class": "pair"}, 40010001, "invalid order_class"),
    ({**BASE, "take_profit": {"limit_price": "110"}}, 40010001, "need an order_class"),
    ({**BASE, **DEAR}, 40010001, "bracket orders require"),
    ({**BRACKET, "take_profit": 7}, 40010001, "take_profit must be an object"),
    ({**BRACKET, "take_profit": {}}, 40010001, "bracket orders require"),
    ({**BRACKET, "take_profit": {"price": "1"}}, 40010001, "take_profit.limit_price is required"),
    ({**BRACKET, "stop_loss": {"limit_price": "80"}}, 40010001, "stop_loss.stop_price is required"),
    ({**BRACKET, "time_in_force": "ioc"}, 42210000, "must have time_in_force day or gtc"),
    ({**BRACKET, "take_profit": {"limit_price": "90"}}, 42210000, "beyond stop_loss.stop_price"),
    ({**BRACKET, "stop_loss": {"stop_price": "100"}}, 42210000, "stop_loss.stop_price must be <= base_price - 0.01"),
    ({**BRACKET, "type": "limit", "limit_price": "95", "stop_loss": {"stop_price": "95"}}, 42210000, "<= base_price"),
    ({**BASE, "order_class": "oto"}, 40010001, "exactly one of"),
    ({**BRACKET, "order_class": "oto"}, 40010001, "exactly one of"),
    ({**LIMIT, "order_class": "oco", "side": "sell"}, 40010001, "oco orders require"),
    ({**BRACKET, "order_class": "oco"}, 40010001, "oco orders must be limit orders"),
    ({**FRACTION, "order_class": "oto", "stop_loss": {"stop_price": "90"}}, 42210000, "must be simple orders"),
    ({**FRACTION, "type": "limit", "limit_price": "99", "time_in_force": "gtc"}, 42210000, "must be DAY orders"),
    ({**FRACTION, "side": "sell"}, 42210000, "fractional orders cannot be sold short"),
    ({**FRACTION, "type": "trailing_stop", "trail_price": "1"}, 42210000, "can not be trailing stops"),
    ({**NOTIONAL, "type": "limit", "limit_price": "99"}, 42210000, "notional orders must be market"),
    ({**FRACTION, "type": "limit", "limit_price": "99", "extended_hours": True}, 42210000, "in extended hours"),
    ({**BTC, "type": "stop", "stop_price": "60000"}, 42210000, "invalid order type for crypto"),
    ({**BTC, "type": "trailing_stop", "trail_price": "1"}, 42210000, "invalid order type for crypto"),
    ({**BTC, "time_in_force": "day"}, 42210000, "invalid crypto time_in_force"),
    ({**BTC, "qty": "0.000001"}, 42210000, "qty must be a multiple of 0.00001"),
    ({**BTC, "type": "limit", "limit_price": "49000.001"}, 42210000, SUB_PENNY),
    ({**BTC, "type": "stop_limit", "limit_price": "9", "stop_price": "9", "time_in_force": "ioc"}, 42210000, "ioc"),
    ({**BTC, "order_class": "oto", "stop_loss": {"stop_price": "9"}}, 42210000, "crypto orders must be simple"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "text"), REFUSED, ids=lambda value: str(value)[-40:])
def test_what_can_not_be_an_order_is_refused_with_its_code(body: dict[str, Any], code: int, text: str) -> None:
    venue = Venue()
    refusal = venue.post(422, **body)
    assert refusal["code"] == code
    assert text in refusal["message"]
    assert venue.get("/v2/orders?status=all") == []


@pytest.mark.parametrize("base", [BASE, LIMIT, BRACKET, BTC, TRAIL, STOP, FRACTION, NOTIONAL])
def test_what_the_refusals_vary_is_taken(base: dict[str, Any]) -> None:
    assert Venue().post(**base)["status"] == "pending_new"


@pytest.mark.parametrize(
    "body",
    [
        {**LIMIT, "limit_price": 99.5, "qty": 1.0},
        {**LIMIT, "limit_price": "0.1234", "qty": "100"},
        {**BASE, "order_class": "simple"},
        {**BASE, "advanced_instructions": {"algorithm": "DMA"}},
        {**BASE, "position_intent": "buy_to_open", "unknown": [1]},
        {**FRACTION, "type": "limit", "limit_price": "99"},
        {**BASE, "client_order_id": "x" * 128},
        {**LIMIT, "extended_hours": True, "time_in_force": "gtc"},
        {**BTC, "symbol": "BTCUSD"},
        {**BTC, "notional": 25, "qty": None},
    ],
)
def test_numbers_come_as_text_or_number_and_an_asset_by_any_of_its_names(body: dict[str, Any]) -> None:
    Venue().post(**body)


def test_an_asset_is_found_by_its_id() -> None:
    venue = Venue()
    identity = venue.get("/v2/assets/ACME")["id"]
    assert venue.post(**{**BASE, "symbol": identity})["symbol"] == "ACME"


def test_an_oco_needs_no_type_and_its_exits_may_be_in_the_right_order_only() -> None:
    venue = Venue()
    venue.market()
    body = {**LIMIT, "side": "sell", "order_class": "oco", "type": None, "limit_price": "110"}
    refusal = venue.post(422, **body, stop_loss={"stop_price": "110"})
    assert "beyond stop_loss.stop_price" in refusal["message"]
    assert "base_price" in venue.post(422, **body, stop_loss={"stop_price": "105"})["message"]
    assert venue.post(**body, stop_loss={"stop_price": "95"})["order_class"] == "oco"


def test_suspended_and_unfractionable_assets_say_so() -> None:
    venue = Venue(suspended=frozenset({"GLOBEX"}), unfractionable=frozenset({"ACME"}))
    assert venue.post(422, **{**BASE, "symbol": "GLOBEX"})["message"] == "asset GLOBEX is not tradable"
    assert venue.post(422, **FRACTION)["message"] == "asset ACME is not fractionable"


def test_a_fraction_in_extended_hours_needs_the_assets_attribute() -> None:
    venue = Venue(new_york(2026, 1, 12, 7), fractional_eh=frozenset({"ACME"}))
    venue.post(**{**FRACTION, "type": "limit", "limit_price": "99", "extended_hours": True})


def test_a_body_that_is_no_json_object_is_malformed() -> None:
    venue = Venue()
    for body in (b"", b"{", b"[1,", b"\xff", b'{"qty": NaN}', b"[" * 100_000):
        answer = venue.ask("POST", "/v2/orders", body)
        assert (answer.status, b"40010000" in answer.body) == (400, True), body[:10]
    assert venue.ask("POST", "/v2/orders", [1]).status == 422


@given(
    st.dictionaries(
        st.sampled_from([*BRACKET, "limit_price", "stop_price", "trail_percent", "notional", "extended_hours"]),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just({}),
        max_size=4,
    )
)
def test_no_body_breaks_the_venue(odd: dict[str, Any]) -> None:
    venue = _SHARED
    answer = venue.ask("POST", "/v2/orders", {**BASE, "symbol": "GLOBEX", "qty": "1", **odd})
    assert answer.status in (200, 400, 403, 422)
    venue.wait()


_SHARED = Venue(MONDAY, requests_per_minute=1_000_000)
