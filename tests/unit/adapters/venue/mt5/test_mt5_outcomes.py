"""What an answer means, row by row: by the table, and for each request of a client."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.adapters.venue.mt5.stage import HEDGING, NETTING, World, play
from tradewright.adapters.venue.mt5 import outcomes
from tradewright.adapters.venue.mt5.outcomes import RETCODES, outcome_of
from tradewright.model.event import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    FILLED,
    OUTCOME_UNKNOWN,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
)
from tradewright.model.order import LIMIT
from tradewright.ports import HttpAnswer
from tradewright.sim.wire.faults import Fault
from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.answers import refusal_of


def said(status: int, body: object, **headers: str) -> HttpAnswer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpAnswer(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def refusal(status: int, retcode: int | None, outcome: str = "rejected") -> HttpAnswer:
    return said(status, {"success": False, "error": "why", "retcode": retcode, "outcome": outcome})


def test_every_retcode_of_the_trade_server_has_its_row() -> None:
    assert set(RETCODES) == set(mt5.RETCODES)


@pytest.mark.parametrize("code", RETCODES)
def test_a_retcode_means_what_its_row_says_with_the_status_the_connector_gives_it(code: int) -> None:
    if code in mt5.SUCCESSES:
        found = outcome_of(said(200, {"success": True, "retcode": code, "order": 7}))
        assert found.kind == outcomes.DONE and found.done is not None and found.done.order == 7
        return
    status = refusal_of(code, "").status
    found = outcome_of(refusal(status, code, "unknown" if status == 504 else "rejected"))
    assert (found.kind, found.code) == (RETCODES[code], str(code))


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (said(200, {"success": True, "ticket": 7}), outcomes.DONE, ""),
        (said(200, {"success": True, "retcode": 10025, "ticket": 7}), outcomes.UNCHANGED, "10025"),
        (said(200, {"success": True, "retcode": 10012}), outcomes.UNKNOWN, "10012"),
        (said(200, {"success": False, "error": "no"}), outcomes.UNKNOWN, "NO_SUCCESS"),
        (said(200, b'{"success": tr'), outcomes.UNKNOWN, "UNREADABLE"),
        (said(200, b"<html>"), outcomes.UNKNOWN, "UNREADABLE"),
        (said(200, [1]), outcomes.UNKNOWN, "UNREADABLE"),
        (said(204, b""), outcomes.UNKNOWN, "UNREADABLE"),
        (said(302, b""), outcomes.UNKNOWN, "HTTP_302"),
        (said(400, {"detail": "SL is missing"}), outcomes.REFUSED, "HTTP_400"),
        (said(401, b""), outcomes.REFUSED, "HTTP_401"),
        (said(404, {"detail": "no"}), outcomes.GONE, "HTTP_404"),
        (said(408, b""), outcomes.UNKNOWN, "HTTP_408"),
        (refusal(409, None), outcomes.UNKNOWN, "HTTP_409"),
        (refusal(422, 99_999), outcomes.REFUSED, "99999"),
        (refusal(422, 99_999, ""), outcomes.UNKNOWN, "99999"),
        (refusal(422, 10016, "unknown"), outcomes.UNKNOWN, "10016"),
        (said(429, b""), outcomes.LIMITED, "HTTP_429"),
        (said(500, {"detail": "boom"}), outcomes.UNKNOWN, "HTTP_500"),
        (said(502, {"detail": "not connected"}), outcomes.UNKNOWN, "HTTP_502"),
        (said(503, b"<html>"), outcomes.UNKNOWN, "HTTP_503"),
        (refusal(503, None), outcomes.REFUSED, "HTTP_503"),
        (refusal(504, None, "unknown"), outcomes.UNKNOWN, "HTTP_504"),
    ],
)
def test_an_answer_without_a_known_retcode_means_what_its_status_says(answer: HttpAnswer, kind: str, code: str) -> None:
    found = outcome_of(answer)
    assert (found.kind, found.code) == (kind, code)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (said(429, b"", retry_after="7"), 7),
        (said(429, {"retry_after": 3}), 3),
        (said(429, {"retry_after": 1e300}), 1),
        (said(429, b"", retry_after="-7"), 1),
        (said(429, b"", retry_after="9999999999999"), 1),
        (refusal(429, 10024), 1),
    ],
)
def test_a_limit_lasts_as_long_as_it_says_and_never_for_ever(answer: HttpAnswer, seconds: int) -> None:
    assert outcome_of(answer).wait_ns == seconds * 10**9


@given(st.integers(100, 599), st.one_of(st.binary(max_size=60), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["success", "retcode", "outcome", "error", "detail", "retry_after", "order", "ticket"]), inner
    ),
).map(lambda content: json.dumps(content).encode())))  # fmt: skip
def test_no_answer_raises_and_only_a_success_is_done(status: int, body: bytes) -> None:
    found = outcome_of(HttpAnswer(status, {}, body))
    assert found.kind != outcomes.DONE or (200 <= status < 300 and b"true" in body)


#: What becomes of a submit, by the kind of its outcome.
SUBMITTED = {
    outcomes.REFUSED: [REJECTED], outcomes.GONE: [REJECTED], outcomes.LIMITED: [REJECTED],
    outcomes.UNKNOWN: [OUTCOME_UNKNOWN], outcomes.REQUOTED: [ACCEPTED, FILLED], outcomes.UNCHANGED: [OUTCOME_UNKNOWN],
}  # fmt: skip


@pytest.mark.parametrize("code", [code for code in RETCODES if code not in mt5.SUCCESSES])
@pytest.mark.parametrize("mode", [HEDGING, NETTING])
def test_each_refusal_of_an_order_ends_as_its_row_says(mode: str, code: int) -> None:
    async def program(world: World) -> None:
        await world.start("EURUSD")
        book, knobs = world.ledger, world.site.broker.knobs
        knobs.retcodes.append(code)
        order = book.buy("EURUSD", "0.1")
        kind = RETCODES[code]
        await world.until(lambda: len(book.kinds(order.id)) >= len(SUBMITTED[kind]))
        if kind == outcomes.UNCHANGED:
            assert book.kinds(order.id)[0] in (REJECTED, OUTCOME_UNKNOWN)
        else:
            assert book.kinds(order.id)[: len(SUBMITTED[kind])] == SUBMITTED[kind]
        if kind == outcomes.REFUSED:
            assert book.reports(order.id)[0].code == str(code)
        await world.until(lambda: not book.open(), 30)
        await world.check()

    play(program, mode)


@pytest.mark.parametrize("what", ["cancel", "price", "size", "guard", "close"])
@pytest.mark.parametrize("code", [10004, 10006, 10011, 10012, 10018, 10023, 10024, 10025, 10027, 10029, 10031])
def test_each_refusal_of_a_change_ends_as_its_row_says(code: int, what: str) -> None:
    kinds = {"cancel": (CANCELLED, CANCEL_REJECTED), "close": (FILLED, REJECTED), "guard": (REPLACED, REPLACE_REJECTED)}
    done, refused = kinds.get(what, (REPLACED, REPLACE_REJECTED))

    async def program(world: World) -> None:
        await world.start("EURUSD")
        book, knobs = world.ledger, world.site.broker.knobs
        bid, _ = world.price("EURUSD")
        resting = book.buy("EURUSD", "0.1", type=LIMIT, limit=f"{bid * 0.99:.5f}")
        entry = book.order_of("EURUSD", 1, "0.1")
        (stop,) = book.bracket(entry, f"{bid * 0.98:.5f}")
        book.submit(entry, stop)
        await world.until(lambda: book.filled(entry.id) > 0 and bool(book.kinds(resting.id) and book.kinds(stop.id)))
        knobs.retcodes.append(code)
        about = stop if what == "guard" else resting
        if what == "cancel":
            book.cancel(resting)
        elif what == "price":
            book.replace(resting, resting.quantity, resting.limit_units - 1_000, 0)
        elif what == "size":
            book.replace(resting, resting.quantity + 100, resting.limit_units, 0)
        elif what == "guard":
            book.replace(stop, stop.quantity, 0, stop.stop_units - 1_000)
        else:
            about = book.close(entry, "0.1")
        before = len(book.kinds(about.id)) if about.role == "exit" else 1
        await world.until(lambda: len(book.kinds(about.id)) > (before if about.role != "exit" else 0))
        await world.until(lambda: book.settled() and (what != "close" or not book.states[about.id].is_open()), 30)
        found, kind = book.kinds(about.id), RETCODES[code]
        if kind == outcomes.UNKNOWN:
            assert OUTCOME_UNKNOWN in found and refused not in found
        elif kind == outcomes.LIMITED or (kind == outcomes.UNCHANGED and what in ("price", "guard")):
            assert done in found and OUTCOME_UNKNOWN not in found
        elif kind == outcomes.REQUOTED and what == "close":
            assert done in found
        elif kind != outcomes.UNCHANGED:
            assert refused in found and done not in found
        await world.check()

    play(program)


@pytest.mark.parametrize("what", ["cancel", "replace"])
def test_what_was_not_sent_is_sent_again_for_two_seconds_and_then_unknown(what: str) -> None:
    async def program(world: World) -> None:
        await world.start("EURUSD")
        book = world.ledger
        bid, _ = world.price("EURUSD")
        resting = book.buy("EURUSD", "0.1", type=LIMIT, limit=f"{bid * 0.99:.5f}")
        await world.until(lambda: bool(book.kinds(resting.id)))
        venues, world.transport.venues = world.transport.venues, {}
        at = world.clock()
        if what == "cancel":
            book.cancel(resting)
        else:
            book.replace(resting, resting.quantity, resting.limit_units - 1_000, 0)
        await world.until(lambda: OUTCOME_UNKNOWN in book.kinds(resting.id))
        assert 1_000_000_000 < book.reports(resting.id)[-1].time - at < 2_100_000_000
        lost = book.buy("EURUSD", "0.1")
        await world.until(lambda: bool(book.kinds(lost.id)))
        assert [(report.kind, report.code) for report in book.reports(lost.id)] == [(REJECTED, "NOT_SENT")]
        world.transport.venues = venues
        await world.until(book.settled, 30)
        if what == "cancel":
            book.cancel(resting)
        else:
            book.replace(resting, resting.quantity, resting.limit_units - 1_000, 0)
        await world.until(lambda: book.kinds(resting.id)[-1] in (CANCELLED, REPLACED), 10)
        await world.check()

    play(program)


def test_an_order_whose_look_up_finds_it_is_told_with_all_that_it_did() -> None:
    async def program(world: World) -> None:
        await world.start("EURUSD")
        book = world.ledger
        order = book.buy("EURUSD", "0.1")
        await world.until(lambda: book.states[order.id].status == "FILLED")
        book.query(order.id)
        await world.until(lambda: not book.states[order.id].queried)
        found = book.reports(order.id)[-1]
        assert (found.kind, found.code, found.filled_units) == (ACCEPTED, "FOUND", order.quantity)
        assert found.text == book.venue_id(order.id)

    play(program, faults=[Fault("lose_answer", "POST /api/v1/trades/open")])
