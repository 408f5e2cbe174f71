"""Whatever a client sends, the connector answers with a status of its own and its books stay right."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sim.wire.mt5_door import Door, order
from tests.unit.sim.wire.mt5_shapes import Error, decoded
from tradewright.sim.wire.mt5.bodies import Close, Modify, Open

POSTS = (
    "trades/open",
    "orders",
    "trades/close",
    "trades/partial-close",
    "trades/close-all",
    "trades/modify",
    "trades/cancel",
)
GETS = (
    "open-positions", "pending-orders", "history/deals", "history/orders", "history", "symbols", "price/EURUSD",
    "orders/1", "events", "account",
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70), st.floats(), st.sampled_from([0, -0.0, 0.1, 1e-300, 1e300, 2650.5, 2645.0, 1e16])
)
WORDS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["NaN", "Infinity", "-Infinity", "1e999999999", "0.1", "buy", "XAUUSD", "limit", "2026-01-01", "²"]
    ),
)
VALUES = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, st.lists(st.integers(), max_size=2))
FIELDS = st.sampled_from(
    "symbol direction lot_size order_kind entry_price stop_limit_price stop_loss take_profit strategy "
    "client_order_id magic deviation_points max_slippage filling time expiration comment "
    "ticket mt5_ticket volume volume_percent".split()
)
GOOD = {"symbol": "XAUUSD", "direction": "buy", "lot_size": 0.1, "stop_loss": 2645.0, "ticket": 50_000_001}
BODIES = st.one_of(
    st.binary(max_size=40),
    st.dictionaries(FIELDS, VALUES, max_size=6).map(lambda changes: json.dumps({**GOOD, **changes}).encode()),
    st.dictionaries(FIELDS, VALUES, max_size=6).map(lambda body: json.dumps(body).encode()),
)
QUERIES = st.dictionaries(
    st.sampled_from(
        "symbol magic client_order_id from to position_id cursor limit q timeframe days startDate since".split()
    ),
    st.one_of(WORDS, NUMBERS.map(str)),
    max_size=3,
)


def fine(status: int, body: bytes) -> None:
    assert status in (200, 207, 400, 404, 405, 422, 503), (status, body)
    if status >= 400:
        assert decoded(body, Error).error


@given(st.lists(st.tuples(st.sampled_from(POSTS), BODIES), min_size=1, max_size=4))
def test_any_body_is_answered(asked: list[tuple[str, bytes]]) -> None:
    door = Door()
    door.open()
    for path, body in asked:
        answer = door.ask("POST", f"/api/v1/{path}", body)
        fine(answer.status, answer.body)
    check(door)


MEANINGLESS = ("NaN", "sNaN", "Infinity", "-Infinity", "1e999999999", 1e300, 10**40)
AMOUNTS = "lot_size entry_price stop_limit_price stop_loss take_profit max_slippage volume volume_percent".split()


@pytest.mark.parametrize("path", POSTS[:4] + POSTS[5:6])
@pytest.mark.parametrize("name", AMOUNTS)
@pytest.mark.parametrize("value", MEANINGLESS)
def test_a_number_that_nobody_means_is_refused(path: str, name: str, value: Any) -> None:
    door = Door()
    ticket = door.open().ticket
    body = {"order_kind": "limit", "entry_price": 2600, "stop_loss": 2590, "ticket": ticket, "volume_percent": 50}
    answer = door.ask("POST", f"/api/v1/{path}", {**GOOD, **body, name: value})
    known = name in (Modify if "modify" in path else Close if "close" in path else Open).__struct_fields__
    assert answer.status == (400 if known else 200), answer.body


@pytest.mark.parametrize(
    "query",
    [
        "history?symbol=EURUSD&days=999999999999", "history/deals?from=0001-01-01", "history/deals?to=9999-12-31",
        "history?symbol=EURUSD&startDate=9999-01-01", "history/orders?from=1890-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_times_beyond_all_tables_find_nothing_or_all(query: str) -> None:
    answer = Door().ask("GET", f"/api/v1/{query}")
    assert answer.status == 200
    late = order(order_kind="limit", entry_price=2600, stop_loss=2590, time="specified", expiration="9999-01-01")
    assert Door().ask("POST", "/api/v1/orders", late).status == 200


@given(st.sampled_from(GETS), QUERIES)
def test_any_query_is_answered(path: str, query: dict[str, Any]) -> None:
    door = Door()
    door.open()
    answer = door.ask("GET", f"/api/v1/{path}?{urlencode(query)}")
    fine(answer.status, answer.body)


@given(st.text(max_size=20), st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]))
def test_any_path_is_answered(path: str, method: str) -> None:
    answer = Door().ask(method, f"/api/v1/{path}".partition("?")[0], b"{}")
    fine(answer.status, answer.body)


@given(
    st.dictionaries(
        st.sampled_from("action order symbol volume price sl tp type type_filling position".split()), VALUES
    )
)
def test_any_trade_request_is_answered(request: dict[str, Any]) -> None:
    door = Door()
    result = door.site.terminal.order_send(request)
    assert (result is None) == (door.site.terminal.last_error()[0] < 0)
    check(door)


def check(door: Door) -> None:
    broker = door.site.broker
    net = sum(position.side * position.volume for position in broker.positions)
    assert net == sum(broker.exchange.positions("account").values())
