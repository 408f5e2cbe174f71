"""At a venue without reduce-only the opening of a turn waits here until what it turns round is closed: the venue would
not know which of the two orders is to close."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.life_cycle import HELD
from tradewright.core.state import restore, to_bytes
from tradewright.explain import Story
from tradewright.model import event as kinds
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.command import (
    BY_HAND,
    CLOSING,
    NOT_CLOSED,
    NOTHING_TO_GUARD,
    OPENINGS_STOPPED,
    STALE_ORDER,
    STRATEGY,
    Cancel,
    Query,
    Submit,
)
from tradewright.model.control import (
    HALTED,
    REDUCING,
    CloseRequested,
    ModifyJudged,
    Started,
    Timer,
    TradingStateSet,
)
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.instrument import OrderRules
from tradewright.model.order import ENTRY, EXIT, LIMIT, STOP_LOSS, TAKE_PROFIT

PRICE = 10_000
SECOND = 10**9
#: Of a long, and of a short.
LONG = {"stop_loss": PRICE - 500, "take_profit": PRICE + 500}
SHORT = {"stop_loss": PRICE + 500, "take_profit": PRICE - 500}


def desk_of(native: bool = True, limits: dict[str, Any] | None = None, **terms: Any) -> Desk:
    given = {"reduce_only": False, "native_exits": native, "leverage": 10, **terms}
    desk = Desk(account_of(**given), limits=limits)
    desk.quote(PRICE)
    return desk


def turned(desk: Desk, **terms: Any) -> tuple[str, list[str]]:
    """Eight long, turned to eight short: the close; the opening and its exits."""
    desk.filled(BUY, 8, PRICE)
    desk.taken()
    close, opening = desk.want(SELL, 16, **terms)
    assert close.approved and opening.approved
    assert [one.orders[0].role for one in (close, opening)] == [EXIT, ENTRY]
    return close.orders[0].id, [order.id for order in opening.orders]


def ended(outputs: list[Event]) -> list[tuple[str, str]]:
    return [(one.order_id, one.code) for one in outputs if isinstance(one, Cancel)]


def long_with_stop(desk: Desk) -> str:
    """Eight are held; the id of the stop that guards them."""
    (decision,) = desk.want(BUY, 8, stop_loss=PRICE - 500)
    entry, stop = [order.id for order in decision.orders]
    desk.fill(entry, 8, PRICE)
    return stop


def test_the_opening_goes_with_the_fill_that_closes_the_rest() -> None:
    desk = desk_of()
    close, (opening,) = turned(desk)
    assert desk.submitted() == [close]
    assert (desk.state(opening).stage, desk.state(opening).is_open()) == (HELD, True)
    desk.accept(close)
    desk.fill(close, 5, PRICE)
    desk.quote(PRICE + 1)
    assert desk.submitted() == []
    desk.fill(close, 3, PRICE)
    assert desk.submitted() == [opening]
    desk.fill(opening, 8, PRICE)
    assert desk.net() == -8
    assert_idle(desk.engine)


@pytest.mark.parametrize("terms", [{"reduce_only": True}, {"mode": "hedging"}], ids=str)
def test_where_the_venue_can_be_told_both_go_at_once(terms: dict[str, Any]) -> None:
    desk = desk_of(**terms)
    desk.filled(BUY, 8, PRICE)
    desk.taken()
    made = [one.orders[0].id for one in desk.want(SELL, 16)]
    assert desk.submitted() == made and len(made) == (1 if "mode" in terms else 2)
    assert desk.engine.turning == {}


def test_an_opening_on_its_books_own_side_or_of_a_flat_one_goes_at_once() -> None:
    desk = desk_of()
    desk.filled(SELL, 8, PRICE)
    desk.filled(BUY, 8, PRICE, strategy="t")
    desk.taken()
    assert desk.submitted() == [] and desk.sell(3) in desk.submitted()
    assert desk.sell(3, strategy="u") in desk.submitted()


def test_it_holds_its_place_and_its_money_while_it_waits() -> None:
    desk = desk_of()
    _, (opening,) = turned(desk)
    hold = desk.engine.holds.of(opening)
    assert (hold.remaining, hold.held > 0) == (8, True)
    assert desk.engine.position("main", desk.on()).selling == 8
    desk.cancel(opening)
    assert desk.engine.position("main", desk.on()).selling == hold.held == 0


@pytest.mark.parametrize("native", [True, False])
def test_behind_a_bracket_it_waits_for_the_close_that_waits_for_the_bracket(native: bool) -> None:
    desk = desk_of(native)
    (decision,) = desk.want(BUY, 8, **LONG)
    entry, stop, target = [order.id for order in decision.orders]
    desk.fill(entry, 8, PRICE)
    if native:
        desk.accept(stop)
        desk.accept(target)
    desk.taken()
    close, opening = desk.want(SELL, 16, **SHORT)
    (close_id,) = [order.id for order in close.orders]
    opening_id, new_stop, new_target = [order.id for order in opening.orders]
    told = desk.taken()
    assert ended(list(told)) == [(stop, CLOSING), (target, CLOSING)]
    if native:
        assert not [one for one in told if isinstance(one, Submit)]
        desk.say(kinds.CANCELLED, stop)
        desk.say(kinds.CANCELLED, target)
        told = desk.taken()
    assert [one.order_id for one in told if isinstance(one, Submit)] == [close_id]
    desk.fill(close_id, 8, PRICE)
    assert desk.submitted() == ([opening_id, new_stop, new_target] if native else [opening_id])
    desk.fill(opening_id, 8, PRICE)
    assert desk.net() == -8
    assert [desk.state(id).order.role for id in desk.engine.holds.holds] == [STOP_LOSS, TAKE_PROFIT]
    if not native:
        desk.quote(PRICE + 600)
        (gone,) = desk.submitted()
        assert (gone, desk.state(new_target).is_open()) == (new_stop, False)


def test_where_the_stop_fills_first_the_close_ends_and_the_opening_goes() -> None:
    desk = desk_of()
    stop = long_with_stop(desk)
    desk.accept(stop)
    close, opening = desk.want(SELL, 16)
    desk.taken()
    desk.fill(stop, 8, PRICE - 500)
    told = desk.taken()
    assert ended(list(told)) == [(close.orders[0].id, NOTHING_TO_GUARD)]
    assert [one.order_id for one in told if isinstance(one, Submit)] == [opening.orders[0].id]


@pytest.mark.parametrize(
    ("kind", "filled"),
    [(kinds.REJECTED, 0), (kinds.NOT_FOUND, 0), (kinds.EXPIRED, 0), (kinds.EXPIRED, 5), (kinds.CANCELLED, 5)],
)
def test_it_ends_by_a_name_of_its_own_where_the_close_ends_and_something_is_held(kind: int, filled: int) -> None:
    desk = desk_of()
    close, made = turned(desk, **SHORT)
    desk.taken()
    if filled:
        desk.fill(close, filled, PRICE)
    outputs = desk.say(kind, close)
    opening, stop, target = made
    assert ended(outputs) == [(opening, NOT_CLOSED), (stop, NOTHING_TO_GUARD), (target, NOTHING_TO_GUARD)]
    assert all(one.here for one in outputs if isinstance(one, Cancel)), "no venue hears of it"
    assert desk.submitted() == [] and desk.net() == 8 - filled
    assert_idle(desk.engine)


def test_explain_says_why_it_ended() -> None:
    desk = desk_of()
    desk.filled(BUY, 8, PRICE)
    close, opening = desk.want(SELL, 16)
    desk.taken()
    desk.say(kinds.REJECTED, close.orders[0].id)
    story = Story(opening, desk.state(opening.orders[0].id))
    story.steps += desk.taken()
    assert "NOT_CLOSED it waited to turn its position round, and nothing closes that any more" in story.text()


def test_a_close_whose_place_a_stop_kept_ends_it_too() -> None:
    """The stop's cancel is refused: the close ends, and the stop stands."""
    desk = desk_of()
    stop = long_with_stop(desk)
    desk.accept(stop)
    close, opening = desk.want(SELL, 16)
    desk.taken()
    outputs = desk.say(kinds.CANCEL_REJECTED, stop)
    assert ended(outputs) == [(close.orders[0].id, NOTHING_TO_GUARD), (opening.orders[0].id, NOT_CLOSED)]
    assert desk.state(stop).is_open()


def test_a_stop_that_was_reached_and_can_not_be_taken_back_is_a_close_too() -> None:
    """It goes at the market when the strategy turns: the close ends for it, and the opening waits for its fill."""
    desk = desk_of(native=False)
    stop = long_with_stop(desk)
    desk.quote(PRICE - 600)
    assert stop in desk.submitted()
    close, opening = desk.want(SELL, 16)
    assert desk.cancelled() == [(stop, CLOSING)]
    assert ended(desk.say(kinds.CANCEL_REJECTED, stop)) == [(close.orders[0].id, NOTHING_TO_GUARD)]
    desk.taken()
    desk.fill(stop, 8, PRICE - 600)
    assert desk.submitted() == [opening.orders[0].id]


def test_a_turn_at_the_market_takes_the_place_of_a_close_that_waits_for_a_price() -> None:
    """One that has not even left yet: what it was to close is closed by the turn."""
    desk = desk_of()
    stop = long_with_stop(desk)
    desk.accept(stop)
    (patient,) = [one.orders[0].id for one in desk.close(SELL, limit_units=PRICE + 100)]
    desk.taken()
    close, opening = [one.orders[0] for one in desk.want(SELL, 16)]
    assert desk.cancelled() == [(patient, CLOSING)]
    assert [(order.role, order.quantity) for order in (close, opening)] == [(EXIT, 8), (ENTRY, 8)]


def test_a_close_in_parts_is_waited_for_to_its_end() -> None:
    desk = desk_of()
    desk.on().rules = OrderRules(size_max=5)
    for _ in range(2):
        desk.filled(BUY, 4, PRICE)
    desk.taken()
    *closes, opening = [one.orders[0].id for one in desk.want(SELL, 12)]
    assert desk.submitted() == closes and len(closes) == 2
    desk.fill(closes[0], 5, PRICE)
    assert desk.submitted() == []
    desk.fill(closes[1], 3, PRICE)
    assert desk.submitted() == [opening]


def test_behind_a_close_at_a_limit_it_waits_as_long_as_that_rests() -> None:
    desk = desk_of()
    close, (opening,) = turned(desk, limit_units=PRICE + 100)
    assert desk.state(opening).order.type == LIMIT
    assert desk.submitted() == [close]
    desk.accept(close)
    desk.fill(close, 8, PRICE + 100)
    assert desk.submitted() == [opening]


def test_what_is_finer_than_a_step_is_not_waited_for() -> None:
    desk = desk_of()
    desk.filled(BUY, 8, PRICE)
    desk.on().rules = OrderRules(step=10)
    desk.taken()
    opening = desk.sell(10)
    assert desk.submitted() == [opening]


def halt(desk: Desk, state: int, scope: str) -> list[Event]:
    return desk.feed(TradingStateSet(desk.tick(), scope, state, "ann", "enough"))


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(("state", "scope"), [(REDUCING, "account:main"), (HALTED, "all"), (HALTED, "strategy:s")])
def test_a_state_that_opens_nothing_ends_it(state: int, scope: str, native: bool) -> None:
    desk = desk_of(native)
    close, (opening, *exits) = turned(desk, **SHORT)
    desk.taken()
    outputs = halt(desk, state, scope)
    assert ended(outputs) == [(opening, OPENINGS_STOPPED), *((id, NOTHING_TO_GUARD) for id in exits)]
    desk.fill(close, 8, PRICE)
    assert desk.submitted() == [] and desk.net() == 0
    assert_idle(desk.engine)


def test_it_is_asked_for_again_whether_it_may_open_when_it_goes() -> None:
    """A state without the sweep of openings that comes with it, as behind a restart that fell in between."""
    desk = desk_of()
    close, (opening,) = turned(desk)
    desk.taken()
    desk.engine.apply(TradingStateSet(desk.tick(), "account:main", REDUCING, "ann", "enough"))
    desk.engine.stopping = False
    assert (opening, OPENINGS_STOPPED) in ended(desk.fill(close, 8, PRICE))
    assert desk.submitted() == []


def test_its_strategy_cancels_it_and_a_person_does() -> None:
    desk = desk_of()
    close, (opening, stop, target) = turned(desk, **SHORT)
    exits = [(stop, NOTHING_TO_GUARD), (target, NOTHING_TO_GUARD)]
    assert ended(desk.cancel(opening)) == [(opening, STRATEGY), *exits]
    assert desk.cancel(opening) == []
    for asked in ({"order_id": ""}, {}):
        desk = desk_of()
        _, (opening, *_) = turned(desk, **SHORT)
        request = CancelRequested(desk.tick(), "main", "", "", 0, "ann", "no", asked.get("order_id", opening))
        desk.feed(request)
        outputs = desk.took(None, desk.engine.cancel_openings(request))
        assert ended(outputs) == [(opening, BY_HAND), *exits]
    desk.fill(close, 8, PRICE)
    assert desk.net() == 0
    assert_idle(desk.engine)


def test_a_kill_ends_it_before_it_closes() -> None:
    desk = desk_of()
    _, (opening,) = turned(desk)
    asked = CloseRequested(desk.tick(), "main", "", "ann", "out")
    desk.feed(asked)
    assert ended(desk.took(None, desk.engine.close_all(asked)))[0] == (opening, CLOSING)


def test_the_time_of_an_opening_counts_while_it_waits() -> None:
    desk = desk_of(limits={"staleOrderSeconds": 30})
    close, (opening,) = turned(desk)
    desk.accept(close)
    over = desk.state(opening).order.time + 30 * SECOND
    assert desk.engine.next_due == over
    desk.now = over
    assert ended(desk.feed(Timer(over, "wake"))) == [(opening, STALE_ORDER)]
    assert desk.state(close).is_open() and desk.engine.next_due > over


def test_other_terms_for_it_are_refused_and_no_venue_hears_of_them() -> None:
    desk = desk_of()
    _, (opening, stop, _) = turned(desk, **SHORT)
    desk.taken()
    for quantity, refused in ((4, ["OPENING_WAITS"]), (9, ["OPENING_WAITS"])):
        wish = desk.intent(SELL, quantity)
        wish.order_id, wish.modifies = opening, True
        (judged,) = desk.took(None, desk.engine.modify(wish))
        assert isinstance(judged, ModifyJudged) and not judged.approved
        assert [row[0] for row in judged.checks if not row[1]] == refused
    wish = desk.intent(BUY, 0, stop_units=PRICE + 700)
    wish.order_id, wish.modifies = stop, True
    (judged,) = desk.took(None, desk.engine.modify(wish))
    assert isinstance(judged, ModifyJudged) and judged.approved, "its exits are changed here"
    assert desk.state(stop).order.stop_units == PRICE + 700 and desk.taken() == []


def restarted(desk: Desk) -> list[Event]:
    """Another process goes on with what was stored."""
    before = desk.engine.state_hash()
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == before and list(engine.turning) == list(desk.engine.turning)
    desk.engine = engine
    desk.commands = []
    desk.feed(Started(desk.tick(), 2, []))
    return desk.took(None, engine.look_up())


@pytest.mark.parametrize("native", [True, False])
def test_it_waits_on_behind_a_restart(native: bool) -> None:
    desk = desk_of(native)
    close, (opening, *exits) = turned(desk, **SHORT)
    outputs = restarted(desk)
    assert [type(one) for one in outputs] == [Query] and outputs[0].order_id == close  # type: ignore[attr-defined]
    desk.taken()
    desk.fill(close, 8, PRICE)
    assert desk.submitted() == ([opening, *exits] if native else [opening])


def test_where_the_close_never_left_it_ends_behind_a_restart() -> None:
    """The process ended between the decision and its commands."""
    desk = desk_of()
    desk.filled(BUY, 8, PRICE)
    desk.taken()
    journaled = desk.engine.judge(desk.intent(SELL, 16))
    fresh = desk_of()
    fresh.filled(BUY, 8, PRICE)
    fresh.taken()
    for event in journaled:
        if isinstance(event, Decision):
            fresh.engine.apply(event)
    close, opening = [event.orders[0].id for event in journaled if isinstance(event, Decision)]
    assert ended(restarted(fresh)) == [(close, "NEVER_SENT")]
    assert ended(fresh.feed(Timer(fresh.tick(), "wake"))) == [(opening, NOT_CLOSED)]
    assert_idle(fresh.engine)


def test_what_was_folded_is_as_what_was_decided() -> None:
    desk = desk_of()
    close, (opening, *_) = turned(desk, **SHORT)
    hashes = [desk.engine.state_hash()]
    at = [len(desk.events)]
    desk.fill(close, 8, PRICE)
    hashes.append(desk.engine.state_hash())
    twin = desk_of().engine
    begun = len(desk_of().events)
    for number, event in enumerate(desk.events[begun:], begun + 1):
        twin.apply(event)
        if number == at[0]:
            assert list(twin.turning) == [opening] and twin.state_hash() == hashes[0]
    assert twin.turning == {} and twin.state_hash() == hashes[1]


def test_what_turns_while_a_close_waits_closes_nothing_twice() -> None:
    desk = desk_of()
    stop = long_with_stop(desk)
    desk.accept(stop)
    (close,) = [one.orders[0].id for one in desk.close(SELL)]
    (again,) = [one.orders[0].id for one in desk.close(SELL)]
    (opening,) = [one.orders[0] for one in desk.want(SELL, 8)]
    assert (opening.role, opening.quantity) == (ENTRY, 8)
    desk.taken()
    told = desk.say(kinds.CANCELLED, stop)
    assert [one.order_id for one in told if isinstance(one, Submit)] == [close]
    assert ended(told) == [(again, NOTHING_TO_GUARD)]
    desk.taken()
    desk.fill(close, 8, PRICE)
    assert desk.submitted() == [opening.id]
    desk.fill(opening.id, 8, PRICE)
    assert desk.net() == -8
