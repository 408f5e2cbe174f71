"""The outcome policy: the table row by row, and what each kind of request makes of each outcome, at the real client."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.adapters.venue.binance.spoiler import Spoiler, refusal
from tests.unit.adapters.venue.binance.stage import DOLLAR, LIMIT, ONE, SELL, Stage, play
from tradewright.adapters.chain.outcomes import (
    ASK,
    CANCEL,
    CLOCK,
    EXISTS,
    GONE,
    KINDS,
    LIMITED,
    NOT_FOUND,
    REFUSED,
    REPLACE,
    SUBMIT,
    UNKNOWN,
)  # fmt: skip
from tradewright.adapters.venue.binance.outcomes import (
    ARCHIVED,
    DONE,
    NO_CODE,
    ORDERS_LIMITED,
    OUTCOMES,
    TABLE,
    outcome_of,
)
from tradewright.model.command import Approved, Submit
from tradewright.model.errors import AnswerLost, NotSent
from tradewright.model.event import CANCEL_REJECTED, EXPIRED, OUTCOME_UNKNOWN, REJECTED, REPLACE_REJECTED, REPLACED
from tradewright.model.order import STOP
from tradewright.ports import HttpAnswer

#: kind, status, code, text ⇒ outcome; each row of the table decides at least one of them.
CASES = [
    (SUBMIT, 200, 0, "", DONE),
    (CANCEL, 418, -1003, "Way too much request weight used; IP banned until 1.", LIMITED),
    (SUBMIT, 429, -1015, "Too many new orders; current limit is 50 orders per 10 SECOND.", ORDERS_LIMITED),
    (ASK, 429, -1003, "Too much request weight used.", LIMITED),
    (ASK, 429, NO_CODE, "<html>", LIMITED),
    (SUBMIT, 500, -1000, "An unknown error occurred.", UNKNOWN),
    (SUBMIT, 503, -1007, "Timeout waiting for response from backend server.", UNKNOWN),
    (CANCEL, 503, -1008, "Server is currently overloaded.", UNKNOWN),
    (SUBMIT, 502, NO_CODE, "<html>", UNKNOWN),
    (SUBMIT, 101, NO_CODE, "", UNKNOWN),
    (SUBMIT, 302, NO_CODE, "", UNKNOWN),
    (SUBMIT, 403, NO_CODE, "<html>", REFUSED),
    (SUBMIT, 400, -1021, "Timestamp for this request is outside of the recvWindow.", CLOCK),
    (SUBMIT, 400, -1000, "An unknown error occurred.", UNKNOWN),
    (SUBMIT, 400, -1001, "Internal error; unable to process your request.", UNKNOWN),
    (SUBMIT, 400, -1006, "An unexpected response was received.", UNKNOWN),
    (CANCEL, 400, -1007, "Timeout.", UNKNOWN),
    (ASK, 400, -1003, "Too many requests.", LIMITED),
    (SUBMIT, 400, -1015, "Too many new orders.", ORDERS_LIMITED),
    (SUBMIT, 400, -2010, "Duplicate order sent.", EXISTS),
    (REPLACE, 400, -2010, "Duplicate order sent.", EXISTS),
    (SUBMIT, 400, -2010, "Account has insufficient balance for requested action.", REFUSED),
    (CANCEL, 400, -2011, "Unknown order sent.", GONE),
    (REPLACE, 400, -2011, "Unknown order sent.", GONE),
    (REPLACE, 400, -2038, "The requested action would change nothing.", GONE),
    (CANCEL, 400, -2013, "Order does not exist.", GONE),
    (ASK, 400, -2013, "Order does not exist.", NOT_FOUND),
    (ASK, 400, -2026, "Order was canceled or expired with no executed qty over 90 days ago.", ARCHIVED),
    (SUBMIT, 400, NO_CODE, "<html>", UNKNOWN),
    (SUBMIT, 404, NO_CODE, "", UNKNOWN),
    (SUBMIT, 400, -1013, "Filter failure: LOT_SIZE", REFUSED),
    (SUBMIT, 401, -2015, "Invalid API-key, IP, or permissions for action.", REFUSED),
    (SUBMIT, 600, -1, "", UNKNOWN),
]


@pytest.mark.parametrize(("kind", "status", "code", "text", "outcome"), CASES)
def test_an_answer_means(kind: str, status: int, code: int, text: str, outcome: str) -> None:
    assert outcome_of(kind, status, code, text) == outcome


def test_each_row_of_the_table_decides_a_case() -> None:
    deciding = {
        next(at for at, row in enumerate(TABLE) if row.fits(kind, status, code, text))
        for kind, status, code, text, _ in CASES
    }
    assert deciding == set(range(len(TABLE)))
    assert {case[-1] for case in CASES} == set(OUTCOMES)


@given(st.sampled_from(KINDS), st.integers(0, 999), st.integers(-9999, 9999), st.text(max_size=30))
def test_no_answer_is_without_a_meaning_and_none_but_2xx_is_done(kind: str, status: int, code: int, text: str) -> None:
    outcome = outcome_of(kind, status, code, text)
    assert (outcome == DONE) == (200 <= status < 300)
    if 500 <= status < 600:
        assert outcome == UNKNOWN


# What becomes of a request


PLACE, END, AMEND = "POST /api/v3/order", "DELETE /api/v3/order", "PUT /api/v3/order/amend/keepPriority"
LOST, UNSENT = AnswerLost("it broke"), NotSent("nobody there")
BUSY, HTML = refusal(503, -1000, "busy"), HttpAnswer(200, {}, b"<html>")
ANOTHER = HttpAnswer(200, {}, b'{"symbol":"BTCUSDT","orderId":7,"clientOrderId":"X","status":"NEW","type":"LIMIT",'
                     b'"side":"BUY","origQty":"1","executedQty":"0"}')  # fmt: skip
NAN = HttpAnswer(200, {}, b'{"symbol":"BTCUSDT","orderId":7,"clientOrderId":"A-1-1","status":"NEW","type":"LIMIT",'
                 b'"side":"BUY","origQty":"NaN","executedQty":"0"}')  # fmt: skip


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("answer", [LOST, BUSY, HTML, ANOTHER, NAN], ids=["lost", "5xx", "html", "another", "nan"])
def test_a_submit_without_a_word_is_unknown_looked_up_and_never_sent_again(
    answer: HttpAnswer | Exception, done: bool
) -> None:
    async def program(stage: Stage) -> None:
        spoiler = Spoiler(stage, PLACE, answer, done=done)
        id = stage.buy()
        await stage.wait(15)
        assert [report.code for report in stage.ledger.reports(id, OUTCOME_UNKNOWN)] == ["submit"]
        assert stage.status(id) == ("ACCEPTED" if done else "NOT_FOUND")
        assert spoiler.sent.count(PLACE) == 1
        stage.check()

    play(program)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (UNSENT, "NOT_SENT"),
        (refusal(429, -1003, "Too much request weight used", **{"retry-after": "3"}), "RATE_LIMITED"),
        (refusal(429, -1015, "Too many new orders"), "RATE_LIMITED"),
        (refusal(400, -1013, "Filter failure: LOT_SIZE"), "-1013"),
        (refusal(403, 0, ""), "0"),
    ],
)
def test_a_submit_that_surely_did_not_arrive_or_was_refused_is_rejected(
    answer: HttpAnswer | Exception, code: str
) -> None:
    async def program(stage: Stage) -> None:
        spoiler = Spoiler(stage, PLACE, answer)
        id = stage.buy()
        await stage.wait(15)
        assert [report.code for report in stage.ledger.reports(id, REJECTED)] == [code]
        assert not stage.ledger.reports(id, OUTCOME_UNKNOWN)
        assert spoiler.sent.count(PLACE) == 1

    play(program)


@pytest.mark.parametrize("code", [-1003, -1015])
def test_an_exit_that_is_limited_waits_and_goes(code: int) -> None:
    async def program(stage: Stage) -> None:
        Spoiler(stage, PLACE, refusal(429, code, "Too many", **{"retry-after": "7"}))
        begun = stage.clock()
        exit = stage.order(SELL, LIMIT, ONE, 110 * DOLLAR, role="exit")
        stage.ledger.submit(exit)
        await stage.wait(9)
        assert stage.status(exit.id) == "ACCEPTED"
        assert stage.calls(PLACE)[0][0] - begun >= 7_000_000_000

    play(program)


@pytest.mark.parametrize("changed", [False, True], ids=["placed", "changed"])
def test_an_exit_that_waited_for_a_limit_is_not_given_up_while_it_may_still_be_taken(changed: bool) -> None:
    """It leaves after half a minute and is not answered: the venue may take it for as long as it is signed for, counted
    from when it left."""

    async def program(stage: Stage) -> None:
        exit = stage.order(SELL, LIMIT, ONE, 110 * DOLLAR, role="exit")
        if changed:
            stage.ledger.submit(exit)
            await stage.wait(1)
        Spoiler(stage, PLACE, LOST)
        Spoiler(stage, PLACE, refusal(429, -1003, "Too much", **{"retry-after": "30"}))
        if changed:
            stage.ledger.replace(exit.id, ONE, 111 * DOLLAR)
        else:
            stage.ledger.submit(exit)
        await stage.wait(35)
        assert [report.code for report in stage.ledger.reports(exit.id, OUTCOME_UNKNOWN)]
        assert stage.status(exit.id) == "UNKNOWN"
        await stage.wait(10)
        assert stage.status(exit.id) == ("CANCELLED" if changed else "NOT_FOUND")

    play(program)


def test_a_duplicate_id_is_an_order_that_is_there() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        stage.ledger.client.execute(Submit(stage.clock(), Approved(stage.ledger.states[id].order)))
        await stage.wait(5)
        assert not stage.ledger.reports(id, REJECTED)
        assert stage.status(id) == "ACCEPTED"
        stage.check()

    play(program)


def test_a_submit_refused_for_its_time_is_made_again_once_with_a_clock_measured_anew() -> None:
    late = refusal(400, -1021, "Timestamp for this request is outside of the recvWindow.")

    async def program(stage: Stage) -> None:
        spoiler = Spoiler(stage, PLACE, late)
        id = stage.buy()
        await stage.wait(1)
        assert stage.status(id) == "ACCEPTED"
        assert spoiler.sent == [PLACE, "GET /api/v3/time", PLACE]

    play(program)

    async def again(stage: Stage) -> None:
        spoiler = Spoiler(stage, PLACE, late, times=2)
        id = stage.buy()
        await stage.wait(1)
        assert stage.ledger.reports(id, REJECTED)[0].code == "-1021"
        assert spoiler.sent.count(PLACE) == 2

    play(again)

    async def blind(stage: Stage) -> None:
        """Nobody says what time it is: nothing was placed, and a cancel goes on trying for a while."""
        resting = stage.buy()
        await stage.wait(1)
        spoilers = [Spoiler(stage, what, answer, times=100) for what, answer in [
            (PLACE, late), (END, late), ("GET /api/v3/time", HttpAnswer(200, {}, b'{"serverTime":"noon"}')),
        ]]  # fmt: skip
        id = stage.buy()
        stage.ledger.cancel(resting)
        await stage.wait(1)
        assert stage.ledger.reports(id, REJECTED)[0].code == "NOT_SENT"
        spoilers[2].times = spoilers[1].times = 0
        await stage.wait(2)
        assert stage.status(resting) == "CANCELLED"

    play(blind)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("answer", [LOST, BUSY, HTML, ANOTHER], ids=["lost", "5xx", "html", "another"])
def test_a_cancel_without_a_word_is_unknown_and_looked_up(answer: HttpAnswer | Exception, done: bool) -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        stage.site.trouble.silent = True
        spoiler = Spoiler(stage, END, answer, done=done)
        stage.ledger.cancel(id)
        await stage.wait(5)
        assert [report.code for report in stage.ledger.reports(id, OUTCOME_UNKNOWN)] == ["cancel"]
        assert stage.status(id) == ("CANCELLED" if done else "ACCEPTED")
        assert spoiler.sent.count(END) == 1
        stage.check()

    play(program)


def test_a_cancel_that_did_not_leave_is_tried_again_for_two_seconds() -> None:
    async def program(stage: Stage) -> None:
        id, other = stage.buy(), stage.buy()
        await stage.wait(1)
        spoiler = Spoiler(stage, END, UNSENT, times=3)
        stage.ledger.cancel(id)
        await stage.wait(3)
        assert stage.status(id) == "CANCELLED" and spoiler.sent.count(END) == 4
        spoiler.times = 10_000
        stage.ledger.cancel(other)
        await stage.wait(3)
        assert [report.code for report in stage.ledger.reports(other, OUTCOME_UNKNOWN)] == ["cancel"]
        assert stage.status(other) == "ACCEPTED"

    play(program)


def test_a_cancel_that_is_limited_waits_and_goes() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        Spoiler(stage, END, refusal(429, -1003, "Too much request weight used", **{"retry-after": "7"}))
        begun = stage.clock()
        stage.ledger.cancel(id)
        await stage.wait(9)
        assert stage.status(id) == "CANCELLED"
        assert stage.calls(END)[0][0] - begun >= 7_000_000_000

    play(program)


def test_a_cancel_refused_for_another_reason_is_refused() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        Spoiler(stage, END, refusal(400, -2015, "Invalid API-key, IP, or permissions for action."))
        stage.ledger.cancel(id)
        await stage.wait(1)
        assert [report.code for report in stage.ledger.reports(id, CANCEL_REJECTED)] == ["-2015"]

    play(program)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("answer", [LOST, BUSY, HTML], ids=["lost", "5xx", "html"])
@pytest.mark.parametrize("what", [AMEND, END, PLACE])
def test_a_change_without_a_word_is_unknown_and_looked_up(
    what: str, answer: HttpAnswer | Exception, done: bool
) -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy(2 * ONE)
        await stage.wait(1)
        stage.site.trouble.silent = True
        spoiler = Spoiler(stage, what, answer, done=done)
        stage.ledger.replace(id, ONE, (90 if what == AMEND else 91) * DOLLAR)
        await stage.wait(20)
        assert [report.code for report in stage.ledger.reports(id, OUTCOME_UNKNOWN)] == ["replace"]
        assert spoiler.sent.count(what) == 1
        taken = done and what != END
        assert stage.ledger.states[id].order.quantity == (ONE if taken else 2 * ONE)
        alive = {AMEND: True, END: not done, PLACE: done}[what]
        assert stage.status(id) == ("ACCEPTED" if alive else "CANCELLED")
        stage.check()

    play(program)


@pytest.mark.parametrize("there", [False, True])
def test_a_change_of_an_order_that_was_never_seen_is_answered(there: bool) -> None:
    """To the terms that were sent: what works there, if anything, is not known yet."""

    async def program(stage: Stage) -> None:
        stage.site.trouble.silent = True
        Spoiler(stage, PLACE, LOST, done=there)
        stop = stage.order(SELL, STOP, ONE, stop_units=95 * DOLLAR)
        stage.ledger.submit(stop)
        await stage.wait(0.1)
        stage.ledger.replace(stop.id, ONE, 0, 95 * DOLLAR)
        await stage.wait(15)
        told = [report.code for report in stage.ledger.reports(stop.id, OUTCOME_UNKNOWN)]
        assert told == (["submit"] if there else ["submit", "replace"])
        assert bool(stage.ledger.reports(stop.id, REPLACED)) is there
        stage.check()

    play(program)


@pytest.mark.parametrize("what", [AMEND, END])
def test_a_change_that_did_not_leave_is_unknown_after_two_seconds(what: str) -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy(2 * ONE)
        await stage.wait(1)
        Spoiler(stage, what, UNSENT, times=10_000)
        stage.ledger.replace(id, ONE, (90 if what == AMEND else 91) * DOLLAR)
        await stage.wait(4)
        assert [report.code for report in stage.ledger.reports(id, OUTCOME_UNKNOWN)] == ["replace"]
        assert stage.status(id) == "ACCEPTED"
        stage.check()

    play(program)


def test_a_change_refused_by_a_filter_is_refused() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy(2 * ONE)
        await stage.wait(1)
        Spoiler(stage, AMEND, refusal(400, -1013, "Filter failure: LOT_SIZE"))
        stage.ledger.replace(id, ONE, 90 * DOLLAR)
        await stage.wait(1)
        assert [report.code for report in stage.ledger.reports(id, REPLACE_REJECTED)] == ["-1013"]
        assert stage.status(id) == "ACCEPTED"

    play(program)


def test_a_look_up_without_an_answer_says_nothing_and_look_ups_do_not_pile_up() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        spoiler = Spoiler(stage, "GET /api/v3/order", LOST, times=1)
        before = len(stage.ledger.events)
        for _ in range(20):
            stage.ledger.query(id)
        await stage.wait(1)
        assert len(stage.ledger.events) == before
        assert spoiler.sent == ["GET /api/v3/order"]
        assert stage.client.errors["query"] == 1

    play(program)


def test_an_order_that_was_put_away_has_ended_at_the_terms_it_had() -> None:
    archived = refusal(400, -2026, "Order was canceled or expired with no executed qty over 90 days ago.")

    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        Spoiler(stage, "GET /api/v3/order?", archived, times=1_000)
        stage.ledger.query(id)
        await stage.wait(2)
        assert [report.code for report in stage.ledger.reports(id, EXPIRED)] == ["ARCHIVED"]
        assert not stage.ledger.reports(id, REPLACED)

    play(program)
