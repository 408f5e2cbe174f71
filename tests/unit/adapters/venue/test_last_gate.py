"""The last gate: what the engine handed over leaves as its client writes it; the same bytes wrong in any one place do
not, and are told of."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.adapters.venue.outgoing import (
    CASES,
    COIN,
    FORM,
    HOST,
    LABELS,
    Case,
    Known,
    _read,
    _written,
    order,
    wrong,
)
from tradewright.adapters.net.last_gate import OPENINGS_STOPPED, WireGate
from tradewright.adapters.venue.binance.endpoints import endpoints_at
from tradewright.adapters.venue.binance.outgoing import BinanceReader
from tradewright.model.command import Approved, Cancel, Submit
from tradewright.model.errors import AnswerLost, NotSent, Withheld
from tradewright.model.event import Event
from tradewright.model.order import BUY, LIMIT, SELL
from tradewright.model.withheld import LAST_GATE, SENT_ALREADY, RequestWithheld
from tradewright.ports import HttpAnswer, HttpRequest, Socket

NOW = 10**18


class Wire:
    """A Transport that keeps what has left. answers: what comes of the next ones, 200 behind them. connecting: what
    happens until a connection stands."""

    def __init__(self) -> None:
        self.connecting: Callable[[], None] = lambda: None
        self.left: list[HttpRequest] = []
        self.answers: list[HttpAnswer | Exception] = []
        self.frames: list[str | bytes] = []

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        self.connecting()
        if request.still is not None:
            request.still()
        found = self.answers.pop(0) if self.answers else HttpAnswer(200, {}, b"{}")
        if isinstance(found, NotSent):
            raise found
        self.left.append(request)
        if isinstance(found, Exception):
            raise found
        return found

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        return Line(self)

    async def close(self) -> None:
        return


class Line:
    heard = 0

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    async def send(self, message: str | bytes) -> None:
        self.wire.frames.append(message)

    async def receive(self) -> str | bytes:
        return "{}"

    async def ping(self) -> None:
        return

    async def close(self) -> None:
        return


class Bench:
    """A gate with a wire behind it, to which a case's commands were handed over."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.wire = Wire()
        self.told: list[Event] = []
        self.book: Known = case.book()
        self.gate = WireGate(self.wire, case.reader, "main", self.book, lambda: NOW, self.told.append)
        for one in case.orders:
            self.gate.approve(Submit(NOW, Approved(one)))
        if case.change is not None:
            self.gate.approve(case.change)

    def send(self, request: HttpRequest) -> str:
        """The code of why it did not leave, "" = it did."""
        try:
            run(self.gate.request(request, 1.0))
        except Withheld as withheld:
            return withheld.code
        return ""

    def texts(self) -> list[str]:
        return [event.text for event in self.told if isinstance(event, RequestWithheld)]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Nothing here waits for anything."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


every = pytest.mark.parametrize("name", CASES)


@every
def test_what_was_handed_over_leaves_as_it_is_and_once(name: str) -> None:
    bench = Bench(CASES[name])
    assert bench.send(bench.case.request) == "" and bench.told == []
    assert bench.wire.left == [bench.case.request]
    assert bench.send(bench.case.request) == LAST_GATE
    assert len(bench.wire.left) == 1
    assert len(bench.told) == 1 and bench.texts()[0].startswith(SENT_ALREADY)


@every
def test_what_nobody_handed_over_does_not_leave(name: str) -> None:
    case = CASES[name]
    bench = Bench(Case(case.name, case.reader, case.request, (), None, (*case.orders, *case.known), case.venue_ids))
    assert bench.send(case.request) == LAST_GATE
    assert bench.wire.left == [] and len(bench.told) == 1


@every
def test_wrong_in_one_place_it_does_not_leave_and_the_right_one_still_does(name: str) -> None:
    bench = Bench(CASES[name])
    for count, (what, request) in enumerate(wrong(bench.case), 1):
        assert bench.send(request) == LAST_GATE, what
        assert len(bench.told) == count == bench.gate.withheld[LAST_GATE]
        assert bench.wire.left == []
    assert count > 15
    assert bench.send(bench.case.request) == ""


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.text(max_size=12),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-10**6, max_value=10**6),
)  # fmt: skip


@given(data=st.data())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_whatever_a_field_becomes_it_leaves_only_where_it_means_the_same(data: st.DataObject) -> None:
    case = CASES[data.draw(st.sampled_from(sorted(CASES)))]
    fields = _read(case.request)
    name = data.draw(st.sampled_from(sorted(set(fields) - {*LABELS})))
    value = data.draw(VALUES.map(str) if case.request.headers == FORM or not case.request.body else VALUES)
    bench = Bench(case)
    if bench.send(_written(case.request, {**fields, name: value})):
        assert bench.wire.left == [] and len(bench.told) == 1
    else:
        smaller = "further leg" in case.name or name in ("stop_loss", "take_profit")
        assert smaller or same(value, fields[name]), (case.name, name, value)


def same(value: Any, old: Any) -> bool:
    try:
        return Decimal(str(value)) == Decimal(str(old))
    except ArithmeticError:
        return bool(value == old) or (value is None and old in (False, None))


@every
def test_an_opening_of_a_stopped_scope_is_withheld_without_an_alarm_and_an_exit_is_not(name: str) -> None:
    bench = Bench(CASES[name])
    bench.book.stops.update(bench.book.orders)
    opens = any(one.role == "entry" for one in (*bench.case.orders, *_changed(bench.case)))
    assert bench.send(bench.case.request) == (OPENINGS_STOPPED if opens else "")
    assert bench.told == [] and len(bench.wire.left) == (not opens)


@every
def test_an_opening_whose_scope_is_stopped_while_its_connection_is_made_does_not_leave(name: str) -> None:
    bench = Bench(CASES[name])
    bench.wire.connecting = lambda: bench.book.stops.update(bench.book.orders)
    opens = any(one.role == "entry" for one in (*bench.case.orders, *_changed(bench.case)))
    assert bench.send(bench.case.request) == (OPENINGS_STOPPED if opens else "")
    assert bench.told == [] and len(bench.wire.left) == (not opens)


def _changed(case: Case) -> list[Any]:
    return [one for one in case.known if case.change is not None and one.id == case.change.order_id]


# ── how often ──────────────────────────────────────────────────────────────────────────────────────────────────────


def spot(side: int = BUY, role: str = "entry") -> tuple[Bench, HttpRequest]:
    name = "binance limit" if side == SELL else "binance at once"
    bench = Bench(CASES[name])
    if role != "entry":
        one = CASES[name].orders[0]
        exit = order(one.id, COIN, one.side, LIMIT, "0.5", limit="101.5", role=role)
        bench = Bench(Case("exit", CASES[name].reader, CASES[name].request, (exit,)))
    return bench, bench.case.request


def refused(status: int, code: int) -> HttpAnswer:
    return HttpAnswer(status, {}, b'{"code":%d,"msg":"no"}' % code)


@pytest.mark.parametrize("answer", [refused(400, -1021), refused(429, -1003), refused(418, -1003)])
def test_what_was_refused_before_matching_may_leave_again(answer: HttpAnswer) -> None:
    bench, request = spot()
    bench.wire.answers = [answer]
    assert [bench.send(request) for _ in range(3)] == ["", "", LAST_GATE]


@pytest.mark.parametrize("answer", [refused(400, -2010), refused(503, -1), HttpAnswer(200, {}, b"{")])
def test_any_other_answer_has_used_it_up(answer: HttpAnswer) -> None:
    bench, request = spot()
    bench.wire.answers = [answer]
    assert [bench.send(request) for _ in range(2)] == ["", LAST_GATE]


def test_an_answer_that_was_lost_has_used_it_up() -> None:
    bench, request = spot(SELL, "exit")
    bench.wire.answers = [AnswerLost("no answer")]
    with pytest.raises(AnswerLost):
        bench.send(request)
    assert bench.send(request) == LAST_GATE


@pytest.mark.parametrize(("role", "second"), [("exit", ""), ("entry", LAST_GATE)])
def test_what_surely_did_not_arrive_leaves_again_if_it_is_an_exit(role: str, second: str) -> None:
    bench, request = spot(SELL, role)
    bench.wire.answers = [NotSent("no line")]
    with pytest.raises(NotSent):
        bench.send(request)
    assert bench.send(request) == second


def test_an_order_that_is_handed_over_twice_leaves_once_and_is_told_of() -> None:
    bench, request = spot()
    bench.gate.approve(Submit(NOW, Approved(bench.case.orders[0])))
    assert bench.texts() == [f"{SENT_ALREADY}: B-1-3 was handed over twice"]
    assert [bench.send(request) for _ in range(2)] == ["", LAST_GATE]


def test_what_becomes_of_the_engine_s_order_later_changes_nothing_that_was_approved() -> None:
    one = order("B-1-3", COIN, BUY, LIMIT, "0.5", limit="101.5", time_in_force=3)
    case = CASES["binance at once"]
    bench = Bench(Case("later", case.reader, case.request, (one,)))
    one.quantity *= 2
    assert bench.send(case.request) == ""


# ── what needs no approval ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("venue", "method", "path", "body"),
    [
        ("binance", "GET", "/api/v3/account?timestamp=1", b""), ("binance", "DELETE", "/api/v3/order?symbol=X", b""),
        ("alpaca", "GET", "/v2/positions", b""), ("alpaca", "DELETE", "/v2/orders/some-id", b""),
        ("mt5", "GET", "/api/v1/health", b""), ("mt5", "POST", "/api/v1/trades/cancel", b'{"ticket":5}'),
        ("mt5", "POST", "/api/v1/trades/modify", b'{"ticket":5,"stop_loss":null}'),
    ],
)  # fmt: skip
def test_questions_and_cancels_pass(venue: str, method: str, path: str, body: bytes) -> None:
    bench = Bench(next(case for name, case in CASES.items() if name.startswith(venue)))
    bench.gate.approve(Cancel(NOW, "B-1-1"))
    assert bench.send(HttpRequest(method, f"http://{HOST}{path}", {}, body)) == ""
    assert len(bench.wire.left) == 1


@pytest.mark.parametrize(
    ("venue", "method", "path", "body"),
    [
        ("binance", "DELETE", "/api/v3/openOrders?symbol=BTCUSDT", b""),
        ("binance", "POST", "/api/v3/order/cancelReplace?symbol=BTCUSDT", b""),
        ("binance", "POST", "/sapi/v1/capital/withdraw/apply?coin=BTC", b""),
        ("binance", "GET", "/api/v3/account", b"{}"),
        ("alpaca", "DELETE", "/v2/orders", b""), ("alpaca", "DELETE", "/v2/positions/ACME", b""),
        ("alpaca", "POST", "/v2/account/transfers", b"{}"), ("mt5", "POST", "/api/v1/trades/close-all", b"{}"),
        ("mt5", "POST", "/api/v1/trades/open", b"not json"), ("mt5", "DELETE", "/api/v1/trades/open", b"{}"),
    ],
)  # fmt: skip
def test_what_nobody_lists_does_not_leave(venue: str, method: str, path: str, body: bytes) -> None:
    bench = Bench(next(case for name, case in CASES.items() if name.startswith(venue)))
    assert bench.send(HttpRequest(method, f"http://{HOST}{path}", {}, body)) == LAST_GATE
    assert bench.wire.left == [] and len(bench.told) == 1


def test_an_order_over_a_websocket_does_not_leave_and_a_subscription_does() -> None:
    wire, told = Wire(), list[Event]()
    ends = endpoints_at(HOST)
    gate = WireGate(wire, BinanceReader(ends), "main", Known([], {}), lambda: NOW, told.append)

    async def talk() -> None:
        socket = await gate.connect(f"{ends.socket_api}?timeUnit=MICROSECOND", {}, 1.0)
        await socket.send('{"id":1,"method":"userDataStream.subscribe.signature","params":{}}')
        for frame in ('{"id":2,"method":"order.place","params":{}}', "no json", b"\x80"):
            with pytest.raises(Withheld):
                await socket.send(frame)
        with pytest.raises(Withheld):
            await gate.connect(f"ws://{HOST}.other/ws-api/v3", {}, 1.0)

    run(talk())
    assert len(wire.frames) == 1 and len(told) == 4


#: What names orders in what venues say.
KEYS = (
    "order", "ticket", "direction", "symbol", "broker_symbol", "comment", "position_id", "open_price", "orders", "legs",
    "code", "message", "outcome", "event", "e", "i", "c", "C", "s", "S", "id", "client_order_id", "side", "orderId",
    "clientOrderId", "origClientOrderId", "orderReports", "data", "stream",
)  # fmt: skip
SAID = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(("", "BUY", "buy", "executionReport", "7")),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inside, max_size=5),
    max_leaves=12,
)


@pytest.mark.parametrize("name", ["binance limit", "alpaca limit", "mt5 limit"])
@given(status=st.sampled_from((200, 400, 403, 409, 422, 429)), said=SAID | st.lists(SAID, max_size=2))
def test_whatever_a_venue_answers_reaches_who_asked(name: str, status: int, said: Any) -> None:
    bench = Bench(CASES[name])
    answer = HttpAnswer(status, {}, json.dumps(said).encode())
    bench.wire.answers.append(answer)
    assert run(bench.gate.request(bench.case.request, 1.0)) is answer


@pytest.mark.parametrize(
    "body", [b'{"order":[],"ticket":{}}', b'{"order":' * 800 + b"1" + b"}" * 800], ids=["a list", "deep"]
)
def test_what_the_gate_can_not_read_is_counted_and_teaches_it_nothing(body: bytes) -> None:
    bench = Bench(CASES["mt5 limit"])
    bench.wire.answers.append(HttpAnswer(200, {}, body))
    assert run(bench.gate.request(bench.case.request, 1.0)).body == body
    assert bench.gate.unread == 1
    assert bench.send(bench.case.request) == LAST_GATE, "it has left once"


def test_a_frame_that_the_gate_can_not_read_is_heard_all_the_same() -> None:
    ends = endpoints_at(HOST)
    gate = WireGate(Wire(), BinanceReader(ends), "main", Known([], {}), lambda: NOW, [].append)
    for frame in ('{"event":{"e":"executionReport","S":[],"C":{}}}', b"\xff", "[" * 5_000):
        gate.hear_frame(f"{ends.socket_api}?timeUnit=MICROSECOND", frame)
