"""Sessions: who trades since when with which settings, what pauses and stops them, and the targets at which the core
closes everything by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tests.unit.core.test_breakers import after_restart, rearm, rejected
from tradewright.app.limits_file import bound
from tradewright.core.limits import Limits, limits_from
from tradewright.core.session import OWN, begin, check, check_state, end_all_but
from tradewright.core.setup import StrategySpec
from tradewright.model import event as kinds
from tradewright.model.codec import Decoder, encode
from tradewright.model.control import ACTIVE, HALTED, REDUCING, SessionStopped, TradingStateChanged, TradingStateSet
from tradewright.model.decision import Decision
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.session_set import SessionSet

ONE = 10**18
PRICE = 10_000
DAY = 86_400 * 10**9
SETTINGS = [("maxDrawdown", 1), ("weeklyTarget", 1)]


def desk_with(*accounts: Any, **limits: Any) -> Desk:
    """A hundred thousand dollars, of which a thousand shares at 100 are all: a dollar of the price is one percent."""
    desk = Desk(*accounts, limits=limits, cash="100000")
    begin(desk.engine, "main", "ann", SETTINGS, desk.now)
    desk.quote(PRICE)
    return desk


def stops(outputs: list[Event]) -> list[tuple[str, str, int, int]]:
    return [(o.id, o.code, o.value, o.limit) for o in outputs if isinstance(o, SessionStopped)]


def closes(outputs: list[Event]) -> list[tuple[str, int, int]]:
    made = [o for o in outputs if isinstance(o, Decision) and o.orders[0].role != "entry"]
    return [(o.reason, o.orders[0].side, o.orders[0].quantity) for o in made if o.approved]


def test_at_its_drawdown_everything_is_closed_and_the_session_stops() -> None:
    desk = desk_with(maxDrawdown=1)
    desk.filled(BUY, 1_000, PRICE)
    assert desk.quote(PRICE) == []
    outputs = desk.quote(PRICE - 100)
    assert stops(outputs) == [("main-1", "SESSION_DRAWDOWN", 10_000, 10_000)]
    assert closes(outputs) == [("session: maxDrawdown 1 % is reached (1 %)", SELL, 1_000)]
    assert (desk.engine.states, desk.engine.causes) == ({"account:main": HALTED}, {"account:main": "SESSION_DRAWDOWN"})
    session = desk.engine.sessions["main"]
    assert (session.status, session.stopped, session.code) == ("stopped", desk.now, "SESSION_DRAWDOWN")
    assert desk.quote(PRICE - 200) == [], "once"


def test_a_unit_before_its_drawdown_nothing_happens() -> None:
    desk = desk_with(maxDrawdown=1)
    desk.filled(BUY, 1_000, PRICE)
    desk.quote(PRICE + 100)  # 101 000 is the highest: one percent of it is 1 010
    assert desk.quote(PRICE) == []
    assert stops(desk.quote(PRICE - 1)) != []


def test_at_its_weekly_target_everything_is_closed_and_what_works_ends() -> None:
    desk = desk_with(weeklyTarget=1)
    desk.filled(BUY, 900, PRICE)
    resting = desk.buy(50, limit_units=PRICE - 500)
    assert desk.quote(PRICE + 111) == []
    desk.taken()
    outputs = desk.quote(PRICE + 112)
    assert stops(outputs) == [("main-1", "SESSION_TARGET", 10_080, 10_000)]
    assert closes(outputs) == [("session: weeklyTarget 1 % is reached (1.008 %)", SELL, 900)]
    assert desk.cancelled() == [(resting, "CLOSING")]
    assert desk.refused(BUY, 1) == ["TRADING_STATE", "SESSION_TARGET"]


def test_what_its_venue_refuses_to_close_is_closed_again_after_a_while() -> None:
    desk = desk_with(maxDrawdown=1)
    desk.filled(BUY, 1_000, PRICE)
    desk.taken()
    desk.quote(PRICE - 100)
    (first,) = desk.submitted()
    assert desk.quote(PRICE - 100) == []
    desk.say(kinds.REJECTED, first, "CLOSED")
    desk.now += 299 * 10**9
    assert desk.quote(PRICE - 100) == [], "not each time a price comes"
    after_restart(desk)
    desk.now += 10**9
    outputs = desk.quote(PRICE)
    assert stops(outputs) == [("main-1", "SESSION_DRAWDOWN", 0, 10_000)]
    (second,) = desk.submitted()
    desk.now += 600 * 10**9
    assert desk.quote(PRICE) == [], "one is on its way"
    desk.fill(second, 1_000, PRICE)
    desk.now += 600 * 10**9
    assert desk.quote(PRICE) == []


def test_a_target_is_reached_also_where_a_lesser_drawdown_has_halted_the_account() -> None:
    desk = desk_with(maxDrawdown=2, maxDrawdownPercent=1)
    desk.filled(BUY, 1_000, PRICE)
    desk.quote(PRICE)
    assert closes(desk.quote(PRICE - 100)) == []
    assert desk.engine.causes == {"account:main": "DRAWDOWN_LIMIT"}
    outputs = desk.quote(PRICE - 200)
    assert [stop[1] for stop in stops(outputs)] == ["SESSION_DRAWDOWN"] and len(closes(outputs)) == 1
    assert desk.engine.causes == {"account:main": "SESSION_DRAWDOWN"}
    assert desk.quote(PRICE - 300) == [], "once"


def test_both_drawdowns_at_the_same_percentage_close_everything() -> None:
    desk = desk_with(maxDrawdown=1, maxDrawdownPercent=1)
    desk.filled(BUY, 1_000, PRICE)
    desk.quote(PRICE)
    assert len(closes(desk.quote(PRICE - 100))) == 1


def test_what_a_person_has_halted_is_left_as_it_is() -> None:
    desk = desk_with(maxDrawdown=1)
    desk.filled(BUY, 1_000, PRICE)
    desk.quote(PRICE)
    desk.feed(TradingStateSet(desk.tick(), "account:main", HALTED, "ann", "hands off"))
    assert desk.quote(PRICE - 200) == []


def test_the_target_counts_from_the_weeks_begin() -> None:
    desk = desk_with(weeklyTarget=1)
    desk.filled(BUY, 900, PRICE)
    desk.quote(PRICE + 100)
    desk.now += 7 * DAY
    desk.quote(PRICE + 100)
    assert desk.engine.accounts["main"].week_equity == 100_900 * ONE
    assert desk.quote(PRICE + 120) == []
    assert stops(desk.quote(PRICE + 213)) == [("main-1", "SESSION_TARGET", 10_079, 10_000)]


@pytest.mark.parametrize(("limits", "far"), [({"maxDrawdown": 1}, -150), ({"weeklyTarget": 1}, 150)])
def test_who_is_re_armed_begins_anew(limits: dict[str, Any], far: int) -> None:
    desk = desk_with(**limits)
    desk.filled(BUY, 900, PRICE)
    outputs = desk.quote(PRICE + far)
    (order,) = [o.orders[0] for o in outputs if isinstance(o, Decision)]
    desk.fill(order.id, 900, PRICE + far)
    after_restart(desk)
    rearm(desk, "account:main")
    session = desk.engine.sessions["main"]
    assert (session.status, session.stopped, session.code) == ("running", 0, "")
    assert desk.quote(PRICE + far) == [], "what ended it lies behind it"
    desk.filled(BUY, 900, PRICE + far)
    assert desk.quote(PRICE + far + far // 2) == []
    assert len(stops(desk.quote(PRICE + 2 * far))) == 1


def test_money_paid_in_or_out_is_no_gain_and_no_loss() -> None:
    desk = desk_with(maxDrawdown=1, weeklyTarget=1)
    desk.filled(BUY, 100, PRICE)
    rearm(desk, "account:main")
    desk.deposit("50000")
    assert desk.quote(PRICE) == []
    desk.deposit("-60000")
    assert desk.quote(PRICE) == []
    assert desk.engine.states == {}


def test_a_wider_scopes_target_holds_for_each_account_in_it() -> None:
    desk = desk_with(account_of("main"), account_of("other"))
    desk.engine.configure({"all": Limits({"maxDrawdown": 10_000})})
    desk.quote(PRICE)
    desk.filled(BUY, 1_000, PRICE)
    desk.quote(PRICE - 100)
    assert desk.engine.states == {"account:main": HALTED}


def test_a_session_is_paused_stopped_and_resumed_by_a_person() -> None:
    desk = desk_with()
    session = desk.engine.sessions["main"]
    assert (session.id, session.user, session.status, session.started) == ("main-1", "ann", "running", session.started)
    desk.feed(TradingStateSet(desk.tick(), "account:main", REDUCING, "ann", "lunch"))
    assert (session.status, session.stopped) == ("paused", 0)
    desk.feed(TradingStateSet(desk.tick(), "account:main", HALTED, "ann", "enough"))
    assert (session.status, session.stopped) == ("stopped", desk.now)
    desk.feed(TradingStateSet(desk.tick(), "strategy:s", HALTED, "ann", "that one"))
    rearm(desk, "account:main")
    assert (session.status, session.stopped) == ("running", 0)


def test_a_session_goes_on_over_a_restart_with_the_same_settings_and_begins_anew_with_others() -> None:
    desk = desk_with()
    desk.feed(TradingStateSet(desk.tick(), "account:main", REDUCING, "ann", "lunch"))
    after_restart(desk)
    engine = desk.engine
    before = engine.sessions["main"].row()
    engine.run = 2
    begin(engine, "main", "ann", [["maxDrawdown", 1], ["weeklyTarget", 1]], desk.now)
    assert engine.sessions["main"].row() == before
    begin(engine, "main", "bob", SETTINGS, desk.now)
    session = engine.sessions["main"]
    assert (session.id, session.user, session.status, session.started) == ("main-2", "bob", "paused", desk.now)


# ── begun by a user ────────────────────────────────────────────────────────────────────────────────────────────────


def set_on(desk: Desk, id: str = "", **limits: int) -> SessionSet:
    """A session of Ann's with these limits on the desk's account."""
    event = SessionSet(desk.tick(), "main", "ann", id, [("maxPositions", 1)], limits_from(limits).row(), [], [], "key")
    desk.feed(event)
    return event


def test_what_its_user_has_paused_opens_nothing_and_is_not_taken_up_by_who_re_arms_the_account() -> None:
    desk = Desk()
    desk.quote(PRICE)
    set_on(desk)
    resting = desk.buy(10, limit_units=PRICE - 100)
    desk.filled(BUY, 10, PRICE)
    desk.taken()
    desk.feed(TradingStateSet(desk.tick(), "session:main", REDUCING, "ann", "lunch"))
    session = desk.engine.sessions["main"]
    assert (session.id, session.who, session.status) == ("main-1-1", "key", "paused")
    assert desk.cancelled() == [(resting, "OPENINGS_STOPPED")]
    assert desk.refused(BUY, 1) == ["TRADING_STATE"]
    assert [one.approved for one in desk.close(SELL)] == [True], "exits go on"
    desk.feed(TradingStateSet(desk.tick(), "account:main", HALTED, "risk", "odd"))
    assert session.status == "stopped"
    rearm(desk, "account:main")
    assert (session.status, session.stopped) == ("paused", 0)
    after_restart(desk)
    rearm(desk, "session:main")
    assert desk.engine.sessions["main"].status == "running" and desk.engine.states == {}


def test_its_limits_lie_beside_those_of_its_account_and_go_with_it() -> None:
    desk = Desk(limits={"maxOrderQuantity": 5})
    desk.quote(PRICE)
    set_on(desk, maxOrderQuantity=9, maxOpenPositions=3)
    assert desk.refused(BUY, 6) == ["MAX_ORDER_QUANTITY"], "the tighter of both"
    set_on(desk, maxOrderQuantity=2)
    assert desk.engine.gate.limits["session:main"].values == limits_from({"maxOrderQuantity": 2}).values
    assert desk.refused(BUY, 3) == ["MAX_ORDER_QUANTITY"]
    after_restart(desk)
    assert desk.refused(BUY, 3) == ["MAX_ORDER_QUANTITY"]
    set_on(desk)
    assert desk.buy(3)


def test_another_one_is_another_and_its_drawdown_counts_from_its_begin() -> None:
    desk = Desk(cash="100000")
    desk.quote(PRICE)
    first = set_on(desk, maxDrawdown=2)
    desk.filled(BUY, 1_000, PRICE)
    assert desk.quote(PRICE - 150) == []
    set_on(desk, "main-1-1", maxDrawdown=2)
    known = desk.engine.sessions["main"]
    assert (known.id, known.started) == ("main-1-1", first.time), "other settings, the same session"
    assert desk.engine.accounts["main"].peak == 100_000 * ONE
    set_on(desk, maxDrawdown=2)
    assert desk.engine.sessions["main"].id == "main-1-2"
    assert desk.engine.accounts["main"].peak == 98_500 * ONE
    assert desk.quote(PRICE - 300) == []
    assert stops(desk.quote(PRICE - 350))[0][:2] == ("main-1-2", "SESSION_DRAWDOWN")


def test_another_one_forgets_no_error_on_the_way_to_its_venue() -> None:
    desk = Desk()
    desk.quote(PRICE)
    set_on(desk, breakerErrors=3)
    rejected(desk, 2)
    set_on(desk, breakerErrors=3)
    rejected(desk, 1)
    assert desk.engine.causes == {"account:main": "CIRCUIT_BREAKER"}
    set_on(desk, breakerErrors=3)
    desk.quote(PRICE)
    assert desk.engine.causes == {"account:main": "CIRCUIT_BREAKER"}
    set_on(desk)
    desk.quote(PRICE)
    assert desk.engine.states == {} and desk.engine.accounts["main"].traffic is None, "nobody asks for one any more"
    after_restart(desk)


def test_its_drawdown_takes_no_mark_from_a_limit_that_others_have_set() -> None:
    desk = Desk(limits={"maxDrawdownPercent": 5}, cash="100000")
    desk.quote(PRICE)
    desk.filled(BUY, 1_000, PRICE)
    desk.quote(PRICE)
    desk.quote(PRICE - 100)
    set_on(desk, maxDrawdown=2)
    assert desk.engine.accounts["main"].peak == 100_000 * ONE


def test_a_start_without_it_leaves_nothing_of_it() -> None:
    desk = Desk()
    set_on(desk, maxOrderQuantity=1)
    desk.feed(TradingStateSet(desk.tick(), "session:main", HALTED, "ann", "enough"))
    end_all_but(desk.engine, [])
    desk.engine.configure({})
    assert (desk.engine.sessions, desk.engine.states, desk.engine.causes, desk.engine.since) == ({}, {}, {}, {})
    desk.quote(PRICE)
    assert desk.buy(2)


def test_one_that_can_not_be_set_is_refused_before_anything_is() -> None:
    desk = Desk(account_of("main"), account_of("other"))
    strange = StrategySpec("s", "ref", "other", ("ACME",), (), "code", "params")
    set_on(desk)
    for account, id, strategies, why in (
        ("none", "", [], "there is no account 'none'"), ("main", "main-1-7", [], "main-1-7 is not the session"),
        ("main", "", [tuple(strange)], "the strategies of that account alone"),
    ):  # fmt: skip
        event = SessionSet(desk.now, account, "ann", id, [], [], [], strategies, "key")
        with pytest.raises(InputError, match=why):
            check(desk.engine, event)
    with pytest.raises(InputError, match="its user's settings"):
        bound({"limits": {"session:main": {"maxOrderQuantity": 1}}}, "ann")


@pytest.mark.parametrize("state", [REDUCING, HALTED])
def test_what_others_have_set_for_a_session_its_user_does_not_loosen(state: int) -> None:
    desk = Desk()
    set_on(desk)
    desk.feed(TradingStateSet(desk.tick(), "session:main", state, "risk", "odd"))
    for user_state in (REDUCING, HALTED):
        tighter = TradingStateSet(desk.tick(), "session:main", max(state, user_state), OWN + "ann", "")
        check_state(desk.engine, tighter)
        desk.feed(tighter)
        assert desk.engine.causes == {"session:main": "risk"}, "the stop stays theirs"
    with pytest.raises(InputError, match="session:main is stopped by risk"):
        check_state(desk.engine, TradingStateSet(desk.now, "session:main", ACTIVE, OWN + "ann", ""))
    again = SessionSet(desk.now, "main", "ann", "", [], [], [], [], OWN + "ann")
    with pytest.raises(InputError, match="session:main is stopped by risk"):
        check(desk.engine, again)
    rearm(desk, "session:main")
    check(desk.engine, again)


def test_what_its_user_has_set_he_loosens_until_others_set_it_too() -> None:
    desk = Desk()
    set_on(desk)
    for state in (REDUCING, HALTED):
        desk.feed(TradingStateSet(desk.tick(), "session:main", state, OWN + "ann", ""))
        check_state(desk.engine, TradingStateSet(desk.now, "session:main", ACTIVE, OWN + "ann", ""))
    check(desk.engine, SessionSet(desk.now, "main", "ann", "", [], [], [], [], OWN + "ann"))
    desk.feed(TradingStateSet(desk.tick(), "session:main", HALTED, "risk", "odd"))
    with pytest.raises(InputError, match="stopped by risk"):
        check_state(desk.engine, TradingStateSet(desk.now, "session:main", ACTIVE, OWN + "ann", ""))


def test_the_record_of_a_session_says_all_of_it_again() -> None:
    desk = Desk()
    strategy = StrategySpec("s", "ref", "main", ("ACME",), (("n", 1),), "code", "params", "", "cycle", 30)
    event = SessionSet(1, "main", "ann", "", [("a", "0.5")], [("b", 7)], [1, 2], [tuple(strategy)], "key")
    again = Decoder(desk.engine.instruments, lambda id: desk.engine.orders[id].order).decode(encode(event))
    assert encode(again) == encode(event)


def test_its_record_says_all_of_it_again() -> None:
    desk = desk_with(maxDrawdown=1)
    desk.filled(BUY, 1_000, PRICE)
    outputs = [o for o in desk.quote(PRICE - 100) if isinstance(o, SessionStopped | TradingStateChanged)]
    decoder = Decoder(desk.engine.instruments, lambda id: desk.engine.orders[id].order)
    assert len(outputs) == 2
    for output in outputs:
        assert encode(decoder.decode(encode(output))) == encode(output)


def test_openings_without_a_price_are_limited_at_the_one_they_would_meet() -> None:
    desk = Desk(limits={"orderType": "limit"})
    desk.quote(PRICE, PRICE + 7)
    (bought,), (sold,) = desk.want(BUY, 1), desk.want(SELL, 1, strategy="t")
    assert [(d.orders[0].type, d.orders[0].limit_units) for d in (bought, sold)] == [(2, PRICE + 7), (2, PRICE)]
    (asked,) = desk.want(BUY, 1, limit_units=PRICE - 50)
    assert asked.orders[0].limit_units == PRICE - 50
    desk.fill(bought.orders[0].id, 1, PRICE + 7)
    (closed,) = desk.close(SELL)
    assert closed.orders[0].type == 1, "what closes does not wait for a price"
