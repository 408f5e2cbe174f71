"""The outcome table, row by row: first what an answer means, then what the engine hears of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest

from tests.unit.adapters.venue.alpaca.stage import BUY, GTC, LIMIT, MARKET, SECOND, SELL, Stage, play
from tradewright.adapters.venue.alpaca.answers import Refused, read
from tradewright.adapters.venue.alpaca.notation import Unreadable
from tradewright.adapters.venue.alpaca.outcomes import (
    CANCEL,
    EXISTS,
    LOOK,
    MISSING,
    QUERY,
    REFUSED,
    REPLACE,
    SUBMIT,
    TABLE,
    TAKEN,
    THROTTLED,
    UNKNOWN,
    judge,
)  # fmt: skip
from tradewright.core.life_cycle import ENDED_CANCELLED, ENDED_REJECTED, WORKING
from tradewright.model.command import Query
from tradewright.model.errors import AnswerLost, NotSent
from tradewright.model.event import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    FILLED,
    OUTCOME_UNKNOWN,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
)  # fmt: skip
from tradewright.model.order import POST_ONLY
from tradewright.model.report import FOUND
from tradewright.ports import HttpAnswer, HttpRequest, Socket
from tradewright.sim.wire.alpaca import Knobs


def answer(status: int, code: int = 0, message: str = "", body: bytes = b"") -> HttpAnswer:
    said = json.dumps({"code": code, "message": message}).encode() if message else body
    return HttpAnswer(status, {}, said)


DUPLICATE = answer(422, 40010001, "client_order_id must be unique")
CASES = [
    (SUBMIT, answer(429, 42910000, "rate limit exceeded"), THROTTLED),
    (QUERY, answer(429), THROTTLED),
    (CANCEL, answer(204), TAKEN),
    (CANCEL, answer(207, body=b"[]"), TAKEN),
    (SUBMIT, answer(200, body=b"{}"), TAKEN),
    (SUBMIT, answer(408), UNKNOWN),
    (SUBMIT, DUPLICATE, EXISTS),
    (REPLACE, DUPLICATE, EXISTS),
    (CANCEL, answer(404, 40410000, "order not found"), LOOK),
    (REPLACE, answer(404, 40410000, "order not found"), LOOK),
    (CANCEL, answer(422, 42210000, 'order is already in "filled" state'), LOOK),
    (REPLACE, answer(422, 42210000, "cannot replace order in filled status"), LOOK),
    (QUERY, answer(404, 40410000, "order not found"), MISSING),
    (QUERY, answer(403, 0, "forbidden."), UNKNOWN),
    (SUBMIT, answer(403, 40310000, "insufficient buying power"), REFUSED),
    (SUBMIT, answer(500, 50010000, "internal server error occurred"), UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "said", "means"), CASES)
def test_an_answer_means(request_: str, said: HttpAnswer, means: str) -> None:
    assert judge(request_, said).means == means


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (QUERY, answer(404, 0, "endpoint not found.")), (QUERY, answer(404, body=b"<html>")),
        (SUBMIT, answer(422, body=b'{"code":422')), (SUBMIT, answer(403, body=b"<html>forbidden</html>")),
        (CANCEL, answer(503)), (SUBMIT, answer(504)), (REPLACE, answer(502)), (SUBMIT, answer(302)),
        (SUBMIT, answer(101)), (QUERY, answer(401, 0, "unauthorized")),
    ],
)  # fmt: skip
def test_what_is_not_said_clearly_is_unknown_and_never_not_found(request_: str, said: HttpAnswer) -> None:
    assert judge(request_, said).means == UNKNOWN


def test_every_row_of_the_table_decides_a_case() -> None:
    def row_of(request: str, said: HttpAnswer) -> int:
        refusal = None
        with suppress(Unreadable):
            refusal = read(said.body, Refused) if said.status >= 400 else None
        return next(place for place, row in enumerate(TABLE) if row.fits(request, said.status, refusal))

    assert {row_of(request, said) for request, said, _ in CASES} == set(range(len(TABLE)))


#: Names of refusals after which the asset's rules are read again; a wash trade speaks of no asset in either form.
RULED = ("MINIMUM_COST", "SHORT", "PRICE_INCREMENT", "NOT_TRADABLE")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (answer(403, 40310000, "potential wash trade detected. use complex orders"), "WASH_TRADE"),
        (answer(422, 42210000, "potential wash trade detected. use complex orders"), "WASH_TRADE"),
        (answer(403, 40310000, "insufficient qty available for order (requested: 2, available: 0)"), "HELD_FOR_ORDERS"),
        (answer(403, 40310000, "insufficient buying power"), "BUYING_POWER"),
        (answer(403, 40310000, "insufficient balance for USD (requested: 2, available: 0)"), "BALANCE"),
        (answer(403, 40310000, "cost basis must be >= minimal amount of order 10"), "MINIMUM_COST"),
        (answer(403, 40310000, "account is restricted to closing transactions only"), "CLOSING_ONLY"),
        (answer(403, 40310000, "new orders are rejected by user request"), "SUSPENDED"),
        (answer(403, 40310100, "trade denied due to pattern day trading protection"), "PATTERN_DAY_TRADING"),
        (
            answer(422, 42210000, "invalid limit_price 1.001. sub-penny increment"),
            "PRICE_INCREMENT",
        ),
        (answer(422, 42210000, 'asset "X" cannot be sold short'), "SHORT"),
        (answer(422, 42210000, "asset X is not tradable"), "NOT_TRADABLE"),
    ],
)  # fmt: skip
def test_a_refusal_that_users_meet_has_a_name_before_the_venues_words(said: HttpAnswer, name: str) -> None:
    verdict = judge(SUBMIT, said)
    assert verdict.means == REFUSED and verdict.text.startswith(f"{name}: ")
    assert verdict.code == str(json.loads(said.body)["code"])
    assert verdict.names_a_rule == (name in RULED)


class Script:
    """The transport, of whose requests some end as the test says: before the venue has them, or behind it."""

    def __init__(self, stage: Stage) -> None:
        self.inner = stage.transport
        self.before: dict[str, list[HttpAnswer | Exception]] = {}
        self.behind: dict[str, list[HttpAnswer | Exception]] = {}
        self.asked: list[tuple[int, str]] = []
        self.clock = stage.clock
        stage.venue._door._transport = self

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        what = f"{request.method} {request.url.partition('venue')[2]}"
        self.asked.append((self.clock(), what))
        for said in _taken(self.before, what):
            return _given(said)
        found = await self.inner.request(request, timeout)
        for said in _taken(self.behind, what):
            return _given(said)
        return found

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        return await self.inner.connect(url, headers, timeout)

    async def close(self) -> None:
        await self.inner.close()

    def times(self, what: str) -> int:
        return sum(asked.startswith(what) for _, asked in self.asked)


def _taken(script: dict[str, list[HttpAnswer | Exception]], what: str) -> list[HttpAnswer | Exception]:
    for begin, said in script.items():
        if what.startswith(begin) and said:
            return [said.pop(0)]
    return []


def _given(said: HttpAnswer | Exception) -> HttpAnswer:
    if isinstance(said, Exception):
        raise said
    return said


POST, DELETE, NAMED = "POST /v2/orders", "DELETE /v2/orders", "GET /v2/orders:by"
LOST, UNSENT = AnswerLost("lost"), NotSent("no way")


def test_an_opening_that_never_left_is_refused_and_not_sent_again() -> None:
    async def act(stage: Stage) -> None:
        script, ledger = Script(stage), stage.ledger
        script.before[POST] = [UNSENT]
        order = ledger.order_of("ACME", BUY, MARKET, "1")
        ledger.submit(order)
        await stage.settled(1)
        await asyncio.sleep(5)
        assert ledger.reports(order) == [(REJECTED, "NOT_SENT")] and script.times(POST) == 1

    play(act)


def test_a_cancel_that_never_left_is_sent_again_for_two_seconds_and_then_unknown() -> None:
    async def act(stage: Stage) -> None:
        script, ledger = Script(stage), stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "1", "90")
        ledger.submit(order)
        await stage.settled(1)
        script.before[DELETE] = [UNSENT] * 3
        ledger.cancel(order)
        await stage.settled(3)
        assert ledger.states[order.id].stage == ENDED_CANCELLED and script.times(DELETE) == 4
        other = ledger.order_of("ACME", BUY, LIMIT, "1", "90")
        ledger.submit(other)
        await stage.settled(1)
        script.before[DELETE] = [UNSENT] * 1000
        begun = stage.clock()
        ledger.cancel(other)
        await stage.until(lambda: (OUTCOME_UNKNOWN, "cancel") in ledger.reports(other), 5)
        assert 2 * SECOND <= stage.clock() - begun < 4 * SECOND

    play(act)


@pytest.mark.parametrize("behind", [LOST, answer(500, 50010000, "internal"), answer(200, body=b'{"id"'), answer(504)])
def test_a_submit_whose_answer_says_nothing_is_unknown_looked_up_and_never_sent_again(behind: HttpAnswer) -> None:
    async def act(stage: Stage) -> None:
        script, ledger = Script(stage), stage.ledger
        script.behind[POST] = [behind]
        order = ledger.order_of("ACME", BUY, LIMIT, "1", "90")
        ledger.submit(order)
        await stage.until(lambda: (OUTCOME_UNKNOWN, "submit") in ledger.reports(order) or bool(stage.errors), 10)
        await stage.settled(20)
        assert ledger.states[order.id].stage == WORKING and script.times(POST) == 1

    play(act).agree()


def test_a_submit_that_never_arrived_and_was_not_answered_is_not_found() -> None:
    async def act(stage: Stage) -> None:
        script, ledger = Script(stage), stage.ledger
        script.before[POST] = [LOST]
        order = ledger.order_of("ACME", BUY, LIMIT, "1", "90")
        ledger.submit(order)
        await stage.settled(20)
        assert ledger.states[order.id].status == "NOT_FOUND" and script.times(POST) == 1

    play(act).agree()


def test_transport_errors_and_refused_questions_never_count_as_not_found() -> None:
    async def act(stage: Stage) -> None:
        script, ledger = Script(stage), stage.ledger
        script.behind[POST] = [LOST]
        script.before[NAMED] = [LOST, UNSENT, answer(403, 0, "forbidden."), answer(404, 0, "endpoint"), answer(500)]
        stage.site.trouble.silent = True
        order = ledger.order_of("ACME", BUY, LIMIT, "1", "90")
        ledger.submit(order)
        await stage.settled(60)
        assert ledger.states[order.id].stage == WORKING

    play(act).agree()


def test_a_duplicate_of_our_own_id_means_that_the_order_exists() -> None:
    async def act(stage: Stage) -> None:
        script, ledger = Script(stage), stage.ledger
        script.behind[POST] = [DUPLICATE]
        order = ledger.order_of("ACME", BUY, LIMIT, "1", "90")
        ledger.submit(order)
        await stage.settled(10)
        kinds = [kind for kind, _ in ledger.reports(order)]
        assert REJECTED not in kinds and ledger.states[order.id].stage == WORKING

    play(act).agree()


@pytest.mark.parametrize(
    ("spoil", "code", "begin"),
    [
        (lambda ledger: ledger.order_of("ACME", BUY, LIMIT, "1", "90.0001"), "42210000", "PRICE_INCREMENT"),
        (lambda ledger: ledger.order_of("ACME", BUY, LIMIT, "100000", "90"), "40310000", "BUYING_POWER"),
        (lambda ledger: ledger.order_of("BTCUSD", BUY, LIMIT, "0.0001", "50000", tif=GTC), "40310000", "MINIMUM_COST"),
        (lambda ledger: ledger.order_of("ACME", BUY, LIMIT, "1", "90", flags=POST_ONLY), "NOT_NATIVE_POST_ONLY", "the"),
    ],
)
def test_a_definite_refusal_is_a_rejection_with_the_venues_code(
    spoil: Callable[..., object], code: str, begin: str
) -> None:
    async def act(stage: Stage) -> None:
        order = spoil(stage.ledger)
        stage.ledger.submit(order)  # type: ignore[arg-type]
        await stage.settled(2)
        state = next(iter(stage.ledger.states.values()))
        assert (state.stage, state.code) == (ENDED_REJECTED, code) and state.text.startswith(begin)

    play(act).agree()


def test_a_wash_trade_and_shares_held_for_orders_are_refused_by_their_names() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        bought = ledger.order_of("ACME", BUY, MARKET, "2")
        ledger.submit(bought)
        await stage.until(lambda: ledger.filled(bought.id) > 0)
        first = ledger.order_of("ACME", SELL, LIMIT, "2", "120", role="exit")
        ledger.submit(first)
        await stage.settled(2)
        second = ledger.order_of("ACME", SELL, LIMIT, "2", "121", role="exit")
        wash = ledger.order_of("ACME", BUY, MARKET, "1")
        ledger.submit(second, wash)
        await stage.settled(2)
        texts = [ledger.states[order.id].text.partition(":")[0] for order in (second, wash)]
        assert texts == ["HELD_FOR_ORDERS", "WASH_TRADE"]

    play(act).agree()


def test_a_cancel_that_comes_behind_the_fill_tells_the_fill_then_the_refusal() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "2", "95")
        ledger.submit(order)
        await stage.settled(2)
        stage.site.trouble.silent = True
        stage.quote("ACME", "94", "94.5")
        ledger.cancel(order)
        await stage.settled(3)
        kinds = [kind for kind, _ in ledger.reports(order)]
        assert kinds[-1] == CANCEL_REJECTED and kinds.index(FILLED) < kinds.index(CANCEL_REJECTED)
        assert ledger.states[order.id].status == "FILLED"

    play(act).agree()


def test_a_change_that_comes_behind_the_fill_tells_the_fill_then_the_refusal() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "2", "95")
        ledger.submit(order)
        await stage.settled(2)
        stage.site.trouble.silent = True
        stage.quote("ACME", "94", "94.5")
        ledger.replace(order, "3", "94")
        await stage.settled(3)
        kinds = [kind for kind, _ in ledger.reports(order)]
        assert kinds[-1] == REPLACE_REJECTED and kinds.index(FILLED) < kinds.index(REPLACE_REJECTED)

    play(act).agree()


def test_a_cancel_that_was_taken_and_never_told_is_unknown_after_our_patience() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "2", "95")
        ledger.submit(order)
        await stage.settled(2)
        stage.site.trouble.silent = True
        ledger.cancel(order)
        await stage.settled(20)
        reports = ledger.reports(order)
        assert (OUTCOME_UNKNOWN, "cancel") in reports and reports[-1][0] == CANCELLED

    play(act).agree()


@pytest.mark.parametrize("lost", [DELETE, POST])
def test_a_change_of_which_a_part_is_not_answered_is_unknown_and_looked_up(lost: str) -> None:
    async def act(stage: Stage) -> None:
        script, ledger = Script(stage), stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "2", "95")
        ledger.submit(order)
        await stage.settled(2)
        script.behind[lost] = [LOST]
        ledger.replace(order, "3", "94")
        await stage.until(lambda: (OUTCOME_UNKNOWN, "replace") in ledger.reports(order), 10)
        await stage.settled(40)
        state = ledger.states[order.id]
        assert state.stage == (ENDED_CANCELLED if lost == DELETE else WORKING)
        if lost == POST:
            assert (state.order.quantity, state.order.limit_units) == (3 * 10**9, 940000)

    play(act).agree()


def test_a_change_whose_new_order_is_refused_ends_the_order_and_says_why() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "2", "95")
        ledger.submit(order)
        await stage.settled(2)
        ledger.replace(order, "2", "94.0001")
        await stage.settled(5)
        assert ledger.reports(order)[-2:] == [(REPLACE_REJECTED, "42210000"), (CANCELLED, "42210000")]

    play(act).agree()


def test_a_change_whose_order_fills_while_it_is_taken_out_places_nothing_more() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "2", "95")
        ledger.submit(order)
        await stage.settled(2)
        ledger.replace(order, "3", "94")
        wire = stage.account.orders[ledger.venue_id(order.id)]
        await stage.until(lambda: wire.cancel_asked)
        stage.site.desk.book(stage.account, wire, 2 * 10**9, 950000, stage.clock())
        stage.pump()
        await stage.settled(5)
        assert (REPLACE_REJECTED, "ENDED") in ledger.reports(order) and ledger.states[order.id].status == "FILLED"
        assert len(stage.account.orders) == 1

    play(act, knobs=Knobs(ack_ns=SECOND)).agree()


def test_a_query_is_answered_by_the_fills_that_are_missing_and_then_by_how_the_order_stands() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "2", "95")
        ledger.submit(order)
        await stage.settled(2)
        stage.site.trouble.silent = True
        stage.quote("ACME", "94", "94.5")
        ledger.execute(Query(stage.clock(), order.id))
        await asyncio.sleep(1)
        assert ledger.reports(order)[-2:] == [(FILLED, ""), (ACCEPTED, FOUND)]

    play(act).agree()


def test_a_throttled_opening_is_refused_and_an_exit_and_a_cancel_wait_until_the_ban_is_over() -> None:
    async def act(stage: Stage) -> None:
        script, ledger = Script(stage), stage.ledger
        bought, resting = ledger.order_of("ACME", BUY, MARKET, "2"), ledger.order_of("GLOBEX", BUY, LIMIT, "1", "15")
        ledger.submit(bought, resting)
        await stage.until(lambda: ledger.filled(bought.id) > 0)
        await stage.settled(2)
        banned = HttpAnswer(429, {"retry-after": "20"}, b'{"code":42910000,"message":"rate limit exceeded"}')
        script.before[POST] = [banned]
        entry, late = ledger.order_of("GLOBEX", BUY, MARKET, "1"), ledger.order_of("GLOBEX", BUY, MARKET, "1")
        exit = ledger.order_of("ACME", SELL, MARKET, "2", role="exit")
        ledger.submit(entry)
        await stage.settled(2)
        script.asked.clear()
        ban = stage.clock()
        ledger.submit(late)
        ledger.submit(exit)
        ledger.cancel(resting)
        await stage.settled(40)
        await stage.until(lambda: ledger.filled(exit.id) > 0, 5)
        assert [ledger.reports(order) for order in (entry, late)] == [[(REJECTED, "RATE_LIMITED")]] * 2
        assert ban + 18 * SECOND < script.asked[0][0] < ban + 21 * SECOND
        first = {what.partition("?")[0] for _, what in script.asked[:2]}
        assert any(what.startswith(POST) for what in first) and any(what.startswith(DELETE) for what in first)

    play(act).agree()


def test_the_venues_own_count_closes_the_gate_before_it_has_to_refuse() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        orders = []
        for _ in range(230):
            orders.append(ledger.order_of("ACME", BUY, LIMIT, "1", "90"))
            ledger.submit(orders[-1])
            await asyncio.sleep(0.1)
        await stage.settled(60)
        codes = [ledger.states[order.id].code for order in orders]
        taken = codes.count("")
        assert taken + codes.count("RATE_LIMITED") == 230 and codes.count("RATE_LIMITED") > 20
        # What is kept for exits was not touched by openings: a cancel goes out at once.
        ledger.cancel(orders[0])
        begun = stage.clock()
        await stage.settled(2)
        assert stage.clock() - begun < SECOND and ledger.states[orders[0].id].stage == ENDED_CANCELLED
        assert "submit: answer 429" not in stage.errors

    play(act).agree()


def test_an_answer_behind_its_first_events_changes_nothing() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        stage.site.knobs.late_answers = 1_000_000
        stage.site.knobs.ack_ns = SECOND // 2
        order = ledger.order_of("ACME", BUY, MARKET, "2")
        ledger.submit(order)
        await stage.settled(20)
        await asyncio.sleep(8)
        assert [kind for kind, _ in ledger.reports(order)] == [ACCEPTED, FILLED]
        assert REPLACED not in [kind for kind, _ in ledger.reports(order)]

    play(act).agree()
