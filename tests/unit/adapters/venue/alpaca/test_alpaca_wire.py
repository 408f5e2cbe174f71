"""The wire of Alpaca without a network: orders to exact bytes, messages to exact nouns, garbage to Unreadable."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.adapters.venue.alpaca.answers import Execution, WireAccount, WireOrder, WirePosition, read
from tradewright.adapters.venue.alpaca.credentials import Credentials
from tradewright.adapters.venue.alpaca.endpoints import Endpoints
from tradewright.adapters.venue.alpaca.notation import Unreadable, plain, price_units, size_units, stamp, time_of
from tradewright.adapters.venue.alpaca.requests import Exits, Requests, unstatable
from tradewright.adapters.venue.alpaca.ticks import event_of, read_ticks
from tradewright.adapters.venue.alpaca.updates import authorized, listening, read_update
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.market import Quote
from tradewright.model.order import (
    BUY,
    CLS,
    DAY,
    EXTENDED_HOURS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    OPG,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    TIMES_IN_FORCE,
    TRAILING_STOP,
    Order,
)  # fmt: skip

SHARE = Instrument("ACME", "alpaca", "equity", "ACME", "USD", 6, 9, calendar="us-equity", index=0)
PAIR = Instrument("BTCUSD", "alpaca", "crypto", "BTC", "USD", 9, 9, index=1)
REQUESTS = Requests(Endpoints.of("paper"), Credentials("k", "s"))
DOLLAR, ONE = 10**6, 10**9


def order(type: int = LIMIT, **terms: Any) -> Order:
    values = {"limit_units": 100_500_000} | terms if type in (LIMIT, STOP_LIMIT) else terms
    values = {"stop_units": 99 * DOLLAR} | values if type in (STOP, STOP_LIMIT) else values
    instrument = values.pop("instrument", SHARE)
    side, quantity = values.pop("side", BUY), values.pop("quantity", 2 * ONE)
    return Order("A1-1-7", "main", "s", instrument, side, type, quantity, **values)


def body_of(one: Order, exits: Exits | None = None) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(REQUESTS.submit(one, one.id, exits).body)
    return body


BASE = {"symbol": "ACME", "qty": "2", "side": "buy", "client_order_id": "A1-1-7"}


@pytest.mark.parametrize(
    ("one", "body"),
    [
        (order(MARKET, time_in_force=DAY), {"type": "market", "time_in_force": "day"}),
        (order(LIMIT), {"type": "limit", "time_in_force": "gtc", "limit_price": "100.5"}),
        (order(STOP), {"type": "stop", "time_in_force": "gtc", "stop_price": "99"}),
        (order(STOP_LIMIT), {"type": "stop_limit", "time_in_force": "gtc", "limit_price": "100.5", "stop_price": "99"}),
        (
            order(TRAILING_STOP, trail_units=1_250_000, time_in_force=DAY),
            {"type": "trailing_stop", "time_in_force": "day", "trail_price": "1.25"},
        ),
        (
            order(TRAILING_STOP, trail_ppm=12_500),
            {"type": "trailing_stop", "time_in_force": "gtc", "trail_percent": "1.25"},
        ),
        (order(MARKET, time_in_force=OPG), {"type": "market", "time_in_force": "opg"}),
        (order(LIMIT, time_in_force=CLS), {"type": "limit", "time_in_force": "cls", "limit_price": "100.5"}),
        (order(LIMIT, time_in_force=IOC), {"type": "limit", "time_in_force": "ioc", "limit_price": "100.5"}),
        (order(LIMIT, time_in_force=FOK), {"type": "limit", "time_in_force": "fok", "limit_price": "100.5"}),
        (
            order(LIMIT, time_in_force=DAY, flags=EXTENDED_HOURS),
            {"type": "limit", "time_in_force": "day", "limit_price": "100.5", "extended_hours": True},
        ),
        (
            order(MARKET, side=SELL, flags=REDUCE_ONLY, time_in_force=DAY),
            {"type": "market", "time_in_force": "day", "side": "sell", "position_intent": "sell_to_close"},
        ),
        (order(MARKET, quantity=123_456_789, time_in_force=DAY), {
            "type": "market", "time_in_force": "day", "qty": "0.123456789"
        }),
        (
            order(LIMIT, instrument=PAIR, limit_units=50_000_123_456_789, quantity=1),
            {"symbol": "BTC/USD", "qty": "0.000000001", "type": "limit", "time_in_force": "gtc",
             "limit_price": "50000.123456789"},
        ),
    ],
)  # fmt: skip
def test_an_order_is_stated_exactly(one: Order, body: dict[str, Any]) -> None:
    assert unstatable(one) == ""
    assert body_of(one) == BASE | body


def test_a_request_proves_itself_by_headers_and_shows_no_secret() -> None:
    request = REQUESTS.submit(order(), "A1-1-7")
    assert (request.method, request.url) == ("POST", "https://paper-api.alpaca.markets/v2/orders")
    assert request.headers == {
        "APCA-API-KEY-ID": "k", "APCA-API-SECRET-KEY": "s", "Content-Type": "application/json"
    }  # fmt: skip
    assert "hush" not in repr(Credentials("key", "hush")) + str(Credentials("key", "hush"))


def test_environments_are_hosts_of_their_own() -> None:
    assert Endpoints.of("live").trading == "https://api.alpaca.markets"
    assert Endpoints.of("paper").trades == "wss://paper-api.alpaca.markets/stream"
    with pytest.raises(InputError):
        Endpoints.of("testnet")


@pytest.mark.parametrize(
    ("request_", "method", "target"),
    [
        (REQUESTS.cancel("u/1"), "DELETE", "/v2/orders/u%2F1"),
        (REQUESTS.order("u1"), "GET", "/v2/orders/u1"),
        (REQUESTS.order("u1", nested=True), "GET", "/v2/orders/u1?nested=true"),
        (REQUESTS.order_named("A1-1-7_2"), "GET", "/v2/orders:by_client_order_id?client_order_id=A1-1-7_2"),
        (REQUESTS.open_orders("u1"), "GET", "/v2/orders?status=open&limit=500&direction=asc&after_order_id=u1"),
        (
            REQUESTS.executions("u1", page="p::1"), "GET",
            "/v2/account/activities/FILL?direction=asc&page_size=100&order_id=u1&page_token=p%3A%3A1",
        ),
        (REQUESTS.account(), "GET", "/v2/account"),
        (REQUESTS.positions(), "GET", "/v2/positions"),
        (REQUESTS.clock(), "GET", "/v2/clock"),
        (REQUESTS.asset("BRK.B"), "GET", "/v2/assets/BRK.B"),
        (REQUESTS.assets("crypto"), "GET", "/v2/assets?status=active&asset_class=crypto"),
    ],
)  # fmt: skip
def test_a_question_is_asked_exactly(request_: Any, method: str, target: str) -> None:
    assert (request_.method, request_.url) == (method, f"https://paper-api.alpaca.markets{target}")


def test_a_price_is_changed_in_place() -> None:
    request = REQUESTS.reprice("u1", "A1-1-7_1", order(STOP_LIMIT), 98 * DOLLAR, 99 * DOLLAR)
    assert (request.method, request.url[-13:]) == ("PATCH", "/v2/orders/u1")
    assert json.loads(request.body) == {"client_order_id": "A1-1-7_1", "limit_price": "98", "stop_price": "99"}


def test_what_is_linked_goes_out_as_one() -> None:
    target = order(LIMIT, side=SELL, role=TAKE_PROFIT, limit_units=120 * DOLLAR)
    stop = order(STOP, side=SELL, role=STOP_LOSS, stop_units=90 * DOLLAR)
    entry = body_of(order(MARKET), Exits("bracket", target, stop))
    assert (entry["order_class"], entry["take_profit"], entry["stop_loss"]) == (
        "bracket", {"limit_price": "120"}, {"stop_price": "90"}
    )  # fmt: skip
    limited = order(STOP_LIMIT, side=SELL, role=STOP_LOSS, stop_units=90 * DOLLAR, limit_units=89 * DOLLAR)
    one = body_of(order(MARKET), Exits("oto", loss=limited))
    assert one["stop_loss"] == {"stop_price": "90", "limit_price": "89"} and "take_profit" not in one
    pair = body_of(target, Exits("oco", loss=stop))
    assert (pair["type"], pair["order_class"], pair["limit_price"]) == ("limit", "oco", "120")
    assert (pair["take_profit"], pair["stop_loss"]) == ({"limit_price": "120"}, {"stop_price": "90"})


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (order(LIMIT, flags=POST_ONLY), "NOT_NATIVE_POST_ONLY"),
        (order(STOP, instrument=PAIR), "NOT_NATIVE_TYPE"),
        (order(TRAILING_STOP, trail_units=1, instrument=PAIR), "NOT_NATIVE_TYPE"),
        (order(LIMIT, instrument=PAIR, time_in_force=DAY), "NOT_NATIVE_TIF"),
        (order(STOP, time_in_force=OPG), "NOT_NATIVE_TIF"),
        (order(STOP, time_in_force=IOC), "NOT_NATIVE_TIF"),
        (order(MARKET, flags=EXTENDED_HOURS), "NOT_NATIVE_HOURS"),
        (order(LIMIT, time_in_force=IOC, flags=EXTENDED_HOURS), "NOT_NATIVE_HOURS"),
        (order(TRAILING_STOP, trail_ppm=12_505), "NOT_NATIVE_TRAIL"),
    ],
)
def test_what_alpaca_has_no_word_for_is_not_sent(one: Order, code: str) -> None:
    assert unstatable(one) == code


ORDER: dict[str, Any] = {
    "id": "904837e3-3b76-47ec-b432-046db621571b", "client_order_id": "A1-1-7", "created_at": "2018-10-05T05:48:59Z",
    "updated_at": "2018-10-05T05:48:59.123456789Z", "submitted_at": "2018-10-05T05:48:59Z", "filled_at": None,
    "asset_id": "904837e3-3b76-47ec-b432-046db621571b", "symbol": "AAPL", "asset_class": "us_equity", "qty": "15.5",
    "notional": None, "filled_qty": "0", "type": "market", "side": "buy", "time_in_force": "day",
    "limit_price": "107.00",
    "stop_price": "106.00", "filled_avg_price": None, "status": "accepted", "extended_hours": False, "legs": None,
    "trail_price": "1.05", "trail_percent": None, "hwm": "108.05", "order_class": "", "pdt_was_here": {"x": [1]},
}  # fmt: skip


def test_an_order_object_is_read_exactly_and_fields_nobody_knows_are_passed_over() -> None:
    wire = read(json.dumps(ORDER).encode(), WireOrder)
    assert (wire.qty, wire.limit_price, wire.status) == (Decimal("15.5"), Decimal("107.00"), "accepted")
    assert wire.replaced_by is None


def test_the_removed_fields_on_day_trading_are_neither_needed_nor_heeded() -> None:
    account = {
        "status": "ACTIVE",
        "currency": "USD",
        "cash": "1000.01",
        "pattern_day_trader": True,
        "daytrade_count": 9,
    }
    assert read(json.dumps(account).encode(), WireAccount).blocked == ""
    del account["pattern_day_trader"], account["daytrade_count"]
    assert read(json.dumps(account).encode(), WireAccount).cash == Decimal("1000.01")
    for name in ("account_blocked", "trading_blocked", "trade_suspended_by_user"):
        assert read(json.dumps({**account, name: True}).encode(), WireAccount).blocked
    assert read(json.dumps({**account, "status": "ONBOARDING"}).encode(), WireAccount).blocked


def test_an_execution_and_a_position_are_read() -> None:
    row = {
        "activity_type": "FILL", "id": "20190524113406977::8efc7b9a", "leaves_qty": "0",
        "cum_qty": "1", "price": "1.63",
        "qty": "1", "side": "buy", "symbol": "LPCN", "transaction_time": "2019-05-24T15:34:06.977-04:00",
        "order_id": "904837e3", "type": "fill",
    }  # fmt: skip
    execution = read(json.dumps([row]).encode(), list[Execution])[0]
    assert (execution.price, time_of(execution.transaction_time)) == (Decimal("1.63"), 1558726446977000000)
    position = {"symbol": "BTCUSD", "qty": "-0.5", "side": "short", "avg_entry_price": "100.123456789"}
    assert read(json.dumps(position).encode(), WirePosition).qty == Decimal("-0.5")


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("2022-01-01T00:00:00Z", 1640995200_000000000),
        ("2022-01-01T00:00:00.1Z", 1640995200_100000000),
        ("2022-01-01T00:00:00.123456789Z", 1640995200_123456789),
        ("2022-01-01T00:00:00.1234567891Z", 1640995200_123456789),
        ("2021-12-31T20:00:00-04:00", 1640995200_000000000),
        ("2022-01-01T05:30:00+05:30", 1640995200_000000000),
    ],
)
def test_times_are_read_to_the_nanosecond_in_any_zone(text: str, ns: int) -> None:
    assert time_of(text) == ns


@pytest.mark.parametrize(
    "text",
    [
        "2022-01-01",
        "now",
        "2022-13-01T00:00:00Z",
        "2022-01-01T25:00:00Z",
        "2022-01-01T00:00:00",
        "9999-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
    ],
)
def test_what_is_no_time_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        time_of(text)


@given(st.integers(0, 4 * 10**18))
def test_a_time_comes_back_as_it_was_written(time: int) -> None:
    assert time_of(stamp(time)) == time


def test_a_symbol_carries_no_slash_here() -> None:
    assert plain("BTC/USD") == plain("BTCUSD") == "BTCUSD"


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "sNaN", "1e999", "0.0000000001"])
def test_a_number_that_is_none_or_too_fine_is_unreadable(text: str) -> None:
    for units in (price_units, size_units):
        with pytest.raises(Unreadable):
            units(Decimal(text), PAIR)


def frame(event: str, **more: Any) -> bytes:
    data = {"event": event, "timestamp": "2022-04-19T17:45:38.137482992Z", "order": ORDER, **more}
    return json.dumps({"stream": "trade_updates", "data": data}).encode()


def test_updates_come_in_text_and_in_binary_frames() -> None:
    for said in (frame("new"), frame("new").decode()):
        update = read_update(said)
        assert update is not None and (update.event, update.order.symbol) == ("new", "AAPL")
    fill = read_update(frame("partial_fill", execution_id="x", price="179.08", qty="3", position_qty="3"))
    assert fill is not None and (fill.price, fill.qty) == (Decimal("179.08"), Decimal(3))
    with pytest.raises(Unreadable):
        read_update(frame("fill"))


def test_the_answers_to_the_log_in_are_told_apart() -> None:
    yes = b'{"stream":"authorization","data":{"status":"authorized","action":"authenticate"}}'
    no = b'{"stream":"authorization","data":{"status":"unauthorized","action":"listen"}}'
    assert authorized(yes) and not authorized(no)
    assert listening(b'{"stream":"listening","data":{"streams":["trade_updates"]}}')
    assert not listening(b'{"stream":"listening","data":{"streams":[]}}')
    assert read_update(yes) is None
    with pytest.raises(Unreadable):
        listening(no)


def test_market_data_of_both_codecs_says_the_same() -> None:
    rows = [
        {"T": "q", "S": "ACME", "bp": 100.1, "bs": 3, "ap": 100.25, "as": 4.5, "c": ["R"], "z": "C", "bx": "V"},
        {"T": "c", "S": "ACME", "oc": ["@"], "op": 1.5}, {"T": "x", "S": "ACME", "c": 5, "t": []},
    ]  # fmt: skip
    for packed in (False, True):
        said = msgspec.msgpack.encode(rows) if packed else json.dumps(rows)
        [tick] = read_ticks(said, packed)
        quote = event_of(tick, SHARE, 5)
        assert isinstance(quote, Quote)
        assert quote.row()[2:] == (0, 100_100_000, 100_250_000, 3 * ONE, 4_500_000_000)


GARBAGE = st.one_of(
    st.binary(max_size=64),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(["T", "S", "stream", "data", "event", "order", "id", "message", "code", "qty", "p"]), inner,
        ), max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)  # fmt: skip


@given(GARBAGE)
def test_garbage_is_unreadable_and_nothing_else(said: bytes) -> None:
    for reader in (
        read_update, authorized, listening, lambda b: read(b, WireOrder), lambda b: read(b, list[Execution]),
        lambda b: read_ticks(b, False), lambda b: read_ticks(b, True),
    ):  # fmt: skip
        try:
            reader(said)
        except Unreadable:
            continue


@given(st.dictionaries(st.sampled_from(sorted(ORDER)), st.none() | st.integers() | st.text(max_size=5), max_size=4))
def test_an_order_with_any_field_spoilt_is_read_or_unreadable(spoilt: dict[str, Any]) -> None:
    try:
        read_update(json.dumps({"stream": "trade_updates", "data": {
            "event": "new", "timestamp": "2022-04-19T17:45:38Z", "order": ORDER | spoilt
        }}).encode())  # fmt: skip
    except Unreadable:
        return


def test_every_time_in_force_has_a_name_on_the_wire() -> None:
    assert set(TIMES_IN_FORCE) == {DAY, GTC, IOC, FOK, OPG, CLS}
