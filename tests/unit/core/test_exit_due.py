"""What its plan would close at once is not opened: inside the time before its session's end there are no openings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tests.unit.core.test_at_open import CLOSE, EVENING, OPEN, QUEUE, ended, judged, opens, refusals
from tradewright.core.rules import EXIT_DUE
from tradewright.explain import Story
from tradewright.model.calendar import NEVER
from tradewright.model.command import REFUSED_AT_OPEN, TIME_IS_OVER
from tradewright.model.event import CANCEL, CANCELLED, SUBMIT
from tradewright.model.exit_plan import ExitPlan, plan_from
from tradewright.model.order import CLS, DAY, EXTENDED_HOURS, GTC, OPG

PRICE = 10_000
SECOND = 10**9
SESSION = round((CLOSE - OPEN) / SECOND)
#: A plan of its own that has nothing to do with sessions.
HOURS = ExitPlan(after_ns=8 * 3_600 * SECOND)


def desk_of(now: int, seconds: int = 600, symbol: str = "NYSE", limits: Any = None, **terms: Any) -> Desk:
    """An account whose positions are closed so many seconds before the session ends."""
    desk = Desk(account_of(**{"leverage": 10, **terms}), symbols=(symbol,), limits=limits)
    desk.now = now
    desk.quote(PRICE)
    desk.engine.plans["account:main"] = plan_from({"closeBeforeSessionEndSeconds": seconds})
    return desk


def late(**terms: Any) -> Desk:
    """Half a minute before New York closes, nine and a half into the time without openings."""
    return desk_of(CLOSE - 30 * SECOND, **terms)


@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("terms", [{}, {"limit_units": PRICE, "time_in_force": GTC}, {"time_in_force": CLS}], ids=str)
def test_an_opening_that_would_be_closed_at_once_is_refused(side: int, terms: dict[str, Any]) -> None:
    desk = late()
    assert desk.refused(side, 5, **terms) == [EXIT_DUE]
    assert desk.submitted() == []
    assert_idle(desk.engine)


def test_it_says_how_much_is_left_of_the_session_and_when_it_would_be_closed() -> None:
    desk = late()
    (decision,) = desk.want(BUY, 5)
    (check,) = decision.refusals
    assert (check.unit, check.value, check.limit) == ("ns", CLOSE - desk.now, 600 * SECOND)
    text = Story(decision, desk.state(decision.orders[0].id)).text()
    assert "its session has 29.999999999 s left (it would be closed in the last 600 s)" in text


def test_its_own_plan_says_so_too_and_one_with_exits_of_its_own_has_no_such_time() -> None:
    desk = late()
    assert desk.refused(BUY, 5, plan=ExitPlan(before_close_ns=600 * SECOND)) == [EXIT_DUE]
    assert desk.send(BUY, 5, plan=ExitPlan(before_close_ns=20 * SECOND))
    assert desk.send(BUY, 5, plan=HOURS)
    assert desk.send(BUY, 5, stop_loss=PRICE - 500)


def test_a_close_is_never_refused_for_it() -> None:
    desk = late()
    desk.filled(BUY, 5, PRICE, plan=HOURS)
    (close,) = [one.orders[0].id for one in desk.close(SELL)]
    desk.fill(close, 5, PRICE)
    assert desk.net() == 0
    assert_idle(desk.engine)


@pytest.mark.parametrize("terms", [{}, {"plan": ExitPlan(before_close_ns=600 * SECOND)}], ids=["default", "own"])
def test_of_what_turns_a_position_the_close_goes_and_the_opening_does_not(terms: dict[str, Any]) -> None:
    desk = late()
    desk.filled(BUY, 5, PRICE, plan=HOURS)
    close, opening = desk.want(SELL, 8, **terms)
    assert (close.approved, [check.code for check in opening.refusals]) == (True, [EXIT_DUE])


@pytest.mark.parametrize("terms", [{}, {"flags": EXTENDED_HOURS, "limit_units": PRICE}], ids=["at the open", "now"])
def test_behind_the_close_an_opening_is_one_of_the_next_session(terms: dict[str, Any]) -> None:
    desk = desk_of(CLOSE - 1)
    (decision,) = desk.want(BUY, 5, **terms)
    (check,) = [check for check in decision.checks if check.code == EXIT_DUE]
    assert desk.now == CLOSE and decision.approved
    assert check.value == (24 * 3_600 * SECOND if terms else SESSION * SECOND)


@pytest.mark.parametrize(("seconds", "codes"), [(SESSION - 1, []), (SESSION, [EXIT_DUE])])
def test_at_night_the_whole_session_is_what_there_is(seconds: int, codes: list[str]) -> None:
    """However long the night: it fills at the open at the earliest."""
    desk = desk_of(EVENING, seconds)
    (decision,) = desk.want(BUY, 5)
    assert [check.code for check in decision.refusals] == codes


def test_one_for_the_next_opening_auction_is_of_that_session() -> None:
    assert late().send(BUY, 5, time_in_force=OPG)
    assert desk_of(CLOSE - 30 * SECOND, SESSION).refused(BUY, 5, time_in_force=OPG) == [EXIT_DUE]


@pytest.mark.parametrize("tif", [DAY, OPG])
def test_a_market_that_never_closes_has_no_such_time(tif: int) -> None:
    desk = late(symbol="ACME")
    (decision,) = desk.want(BUY, 5, time_in_force=tif)
    assert decision.approved and EXIT_DUE not in [check.code for check in decision.checks]


@pytest.mark.parametrize("terms", [{}, {"plan": ExitPlan(before_close_ns=600 * SECOND)}], ids=["default", "own"])
def test_one_that_rests_unfilled_ends_when_that_time_begins(terms: dict[str, Any]) -> None:
    desk = desk_of(CLOSE - 900 * SECOND)
    order = desk.buy(5, limit_units=PRICE - 100, time_in_force=GTC, **terms)
    desk.accept(order)
    desk.taken()
    assert desk.engine.next_exit() == CLOSE - 600 * SECOND
    desk.now = CLOSE - 600 * SECOND - 2
    desk.quote(PRICE)
    assert desk.cancelled() == []
    desk.quote(PRICE)
    assert desk.cancelled() == [(order, TIME_IS_OVER)]
    desk.quote(PRICE)
    assert desk.cancelled() == []
    desk.say(CANCELLED, order)
    assert_idle(desk.engine)


def test_of_one_that_has_filled_in_part_the_rest_ends_with_what_it_opened() -> None:
    desk = desk_of(CLOSE - 900 * SECOND)
    order = desk.buy(5, limit_units=PRICE - 100, time_in_force=GTC)
    desk.fill(order, 2, PRICE - 100)
    desk.taken()
    desk.now = CLOSE - 600 * SECOND
    desk.quote(PRICE)
    cancel, close = desk.taken()
    assert (cancel.kind, cancel.order_id) == (CANCEL, order)
    assert (close.kind, desk.state(close.order_id).order.quantity) == (SUBMIT, 2)


def test_one_without_such_a_time_rests_on_through_the_close() -> None:
    desk = desk_of(CLOSE - 900 * SECOND)
    desk.accept(desk.buy(5, limit_units=PRICE - 100, time_in_force=GTC, plan=HOURS))
    desk.taken()
    desk.now = CLOSE - 1
    desk.quote(PRICE)
    assert desk.cancelled() == []


def test_one_that_waits_for_the_next_session_has_the_time_of_that_one() -> None:
    desk = desk_of(EVENING, limits=QUEUE)
    desk.buy(5, limit_units=PRICE - 100, time_in_force=GTC)
    assert desk.engine.next_exit() == CLOSE - 600 * SECOND


def test_beyond_the_calendar_it_is_refused() -> None:
    desk = desk_of(NEVER // 2)
    (decision,) = desk.want(BUY, 5)
    assert [(check.code, check.value) for check in decision.refusals] == [(EXIT_DUE, None)]


@pytest.mark.parametrize(("left", "goes"), [(601, True), (599, False)])
def test_an_opening_that_waits_for_its_market_is_asked_when_it_goes(left: int, goes: bool) -> None:
    """The first price of its session may come late."""
    desk = desk_of(EVENING, limits=QUEUE)
    order = desk.buy(5)
    desk.now = CLOSE - left * SECOND
    outputs = opens(desk)
    assert judged(outputs) == [(order, goes)]
    assert refusals(outputs) == ([] if goes else [EXIT_DUE])
    assert ended(outputs) == ([] if goes else [(order, REFUSED_AT_OPEN)])


@pytest.mark.parametrize(("left", "goes"), [(601, True), (599, False)])
def test_an_opening_that_waits_to_turn_its_position_round_is_asked_when_it_goes(left: int, goes: bool) -> None:
    """The close that it waits for rests at a price."""
    desk = desk_of(CLOSE - 900 * SECOND, reduce_only=False)
    desk.filled(BUY, 8, PRICE)
    close, opening = (one.orders[0].id for one in desk.want(SELL, 16, limit_units=PRICE + 100))
    desk.accept(close)
    desk.taken()
    desk.now = CLOSE - left * SECOND
    outputs = desk.fill(close, 8, PRICE + 100)
    assert ended(outputs) == ([] if goes else [(opening, TIME_IS_OVER)])
    assert desk.submitted() == [opening] * goes
    if not goes:
        assert_idle(desk.engine)
