"""A pair held here whose target is at the venue: its stop guards what the target has not
closed, and takes its place."""

from __future__ import annotations

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.model import event as kinds
from tradewright.model.control import Timer
from tradewright.model.order import LIMIT, MARKET, STOP_LOSS, TAKE_PROFIT

PRICE, STOP_PRICE, TARGET_PRICE = 10_000, 9_000, 11_000
SECOND = 10**9


def desk_of(reduce_only: bool = False) -> Desk:
    desk = Desk(account_of(leverage=10, native_exits=False, reduce_only=reduce_only))
    desk.quote(PRICE)
    return desk


def opened(desk: Desk, size: int = 10, stop: int = STOP_PRICE, target: int = TARGET_PRICE) -> tuple[str, str]:
    """A long with a pair: the ids of its stop and its target."""
    (decision,) = desk.want(BUY, size, stop_loss=stop, take_profit=target)
    entry, *pair = [order.id for order in decision.orders]
    desk.fill(entry, size, PRICE)
    desk.taken()
    return pair[0], pair[1]


def reached(desk: Desk, target: str, filled: int) -> None:
    """The target is at the venue, and has filled that much."""
    desk.quote(TARGET_PRICE)
    assert desk.submitted() == [target]
    desk.accept(target)
    if filled:
        desk.fill(target, filled, TARGET_PRICE)
    assert desk.cancelled() == []


def market_order(desk: Desk, stop: str) -> str:
    """What goes at the market in the place of a stop."""
    (id,) = [hold.order.id for hold in desk.engine.holds.holds.values() if hold.order.type == MARKET]
    assert id != stop and desk.state(id).order.role == STOP_LOSS
    return id


@pytest.mark.parametrize("filled", [0, 4])
def test_a_market_that_turns_before_the_target_has_filled_meets_the_stop(filled: int) -> None:
    desk = desk_of()
    stop, target = opened(desk)
    reached(desk, target, filled)
    desk.quote(STOP_PRICE)
    assert desk.cancelled() == [(stop, "TARGET_WORKS"), (target, "SIBLING_TRIGGERED")]
    assert desk.submitted() == [], "both could fill: there is no reduce-only"
    desk.say(kinds.CANCELLED, target)
    out = market_order(desk, stop)
    assert desk.submitted() == [out]
    assert desk.state(out).order.quantity == 10 - filled
    desk.fill(out, 10 - filled, STOP_PRICE)
    assert (desk.net(), desk.engine.owed, desk.engine.stops) == (0, {}, {})
    assert_idle(desk.engine)


def test_with_reduce_only_what_is_left_goes_at_once() -> None:
    desk = desk_of(reduce_only=True)
    stop, target = opened(desk)
    reached(desk, target, 4)
    desk.quote(STOP_PRICE)
    out = market_order(desk, stop)
    assert desk.submitted() == [out]
    assert (desk.state(out).order.quantity, desk.state(out).order.reduce_only) == (6, True)


@pytest.mark.parametrize("end", ["refused", "unknown"])
def test_a_target_that_fills_while_it_is_cancelled_leaves_the_market_order_nothing(end: str) -> None:
    desk = desk_of()
    stop, target = opened(desk)
    reached(desk, target, 4)
    desk.quote(STOP_PRICE)
    out = market_order(desk, stop)
    desk.taken()
    if end == "refused":
        desk.say(kinds.CANCEL_REJECTED, target, "FILLED")
    else:
        desk.say(kinds.OUTCOME_UNKNOWN, target, "cancel")
    desk.fill(target, 6, TARGET_PRICE)
    assert desk.submitted() == []
    assert (desk.net(), desk.state(out).status) == (0, "CANCELLED")
    assert_idle(desk.engine)


def test_as_long_as_nobody_knows_whether_the_target_has_ended_nothing_goes() -> None:
    desk = desk_of()
    stop, target = opened(desk)
    reached(desk, target, 4)
    desk.quote(STOP_PRICE)
    desk.say(kinds.OUTCOME_UNKNOWN, target, "cancel")
    desk.taken()
    desk.quote(STOP_PRICE - 100)
    desk.now += 5 * SECOND
    desk.feed(Timer(desk.tick(), "second"))
    assert desk.submitted() == []
    desk.say(kinds.CANCELLED, target)
    assert desk.submitted() == [market_order(desk, stop)]


def test_a_target_that_has_filled_ends_its_own_stop_alone() -> None:
    desk = desk_of()
    stop, target = opened(desk)
    other, _ = opened(desk, 7, 8_000, 12_000)
    reached(desk, target, 4)
    desk.fill(target, 6, TARGET_PRICE)
    assert desk.cancelled() == [(stop, "NOTHING_TO_GUARD")]
    assert set(desk.engine.exits) & {stop, other} == {other}
    desk.quote(7_990)
    assert desk.submitted() == [other]
    assert desk.state(other).order.quantity == 7


def test_beside_another_opening_the_stop_closes_what_is_left_of_its_own() -> None:
    desk = desk_of()
    stop, target = opened(desk)
    opened(desk, 7, 8_000, 12_000)
    reached(desk, target, 4)
    desk.quote(STOP_PRICE)
    desk.say(kinds.CANCELLED, target)
    out = market_order(desk, stop)
    assert desk.state(out).order.quantity == 6
    desk.fill(out, 6, STOP_PRICE)
    assert desk.net() == 7
    held = [(desk.state(id).order.role, desk.state(id).order.quantity) for id in desk.engine.exits]
    assert held == [(STOP_LOSS, 7), (TAKE_PROFIT, 7)]
    assert desk.engine.owed == {}


def test_a_market_order_that_is_refused_goes_again_and_the_target_stays_away() -> None:
    desk = desk_of()
    stop, target = opened(desk)
    reached(desk, target, 4)
    desk.quote(STOP_PRICE)
    desk.say(kinds.CANCELLED, target)
    out = market_order(desk, stop)
    desk.taken()
    desk.say(kinds.REJECTED, out, "NO")
    assert desk.alarms() == ["EXIT_LOST"]
    desk.now += 5 * SECOND
    desk.feed(Timer(desk.tick(), "second"))
    again = market_order(desk, stop)
    assert (desk.submitted(), desk.engine.exits) == ([again], {})
    desk.fill(again, 6, STOP_PRICE)
    assert (desk.net(), desk.engine.owed, desk.engine.stops) == (0, {}, {})


def test_a_target_that_ends_by_hand_leaves_the_stop() -> None:
    desk = desk_of()
    stop, target = opened(desk)
    reached(desk, target, 4)
    desk.took(None, desk.engine.cancel(target, "BY_HAND"))
    desk.say(kinds.CANCELLED, target)
    assert list(desk.engine.exits) == [stop]
    desk.taken()
    desk.quote(STOP_PRICE)
    assert desk.submitted() == [stop]
    assert (desk.state(stop).order.type, desk.state(stop).order.quantity) == (MARKET, 6)
    assert desk.state(target).order.type == LIMIT
    assert desk.state(target).order.side == SELL


def test_a_target_that_can_not_be_cancelled_works_on_and_its_stop_comes_back_at_a_pace() -> None:
    desk = desk_of()
    stop, target = opened(desk)
    reached(desk, target, 4)
    waits = []
    for _ in range(4):
        desk.quote(STOP_PRICE)
        asked = desk.now
        assert (target, "SIBLING_TRIGGERED") in desk.cancelled()
        desk.say(kinds.CANCEL_REJECTED, target, "NO")
        assert (desk.submitted(), desk.engine.exits) == ([], {})
        while not desk.engine.exits:
            desk.now += SECOND // 2
            desk.feed(Timer(desk.tick(), "half a second"))
        waits.append((desk.now - asked) // SECOND)
        (stop,) = desk.engine.exits
        assert desk.state(stop).order.quantity == 6
    assert waits == [1, 5, 10, 20]
    desk.quote(STOP_PRICE)
    desk.fill(target, 6, TARGET_PRICE)
    assert (desk.net(), desk.engine.owed, desk.submitted()) == (0, {}, [])


def test_what_waits_for_a_target_that_fills_on_closes_no_lots_of_others() -> None:
    desk = desk_of()
    stop, target = opened(desk)
    other, _ = opened(desk, 5, 5_000, 20_000)
    reached(desk, target, 0)
    desk.quote(STOP_PRICE)
    desk.fill(target, 6, TARGET_PRICE)
    desk.say(kinds.CANCELLED, target)
    out = market_order(desk, stop)
    assert desk.state(out).order.quantity == 4
    desk.fill(out, 4, STOP_PRICE)
    assert desk.net() == 5 and other in desk.engine.exits


def test_a_target_of_a_part_that_has_filled_leaves_the_stop_to_the_rest() -> None:
    desk = desk_of()
    (decision,) = desk.want(BUY, 10, stop_loss=STOP_PRICE, take_profit=TARGET_PRICE)
    entry, stop, target = [order.id for order in decision.orders]
    desk.fill(entry, 5, PRICE)
    desk.quote(TARGET_PRICE)
    assert desk.state(target).order.quantity == 5
    desk.fill(entry, 5, PRICE)
    desk.fill(target, 5, TARGET_PRICE)
    assert desk.net() == 5 and stop in desk.engine.exits
    desk.taken()
    desk.quote(STOP_PRICE)
    assert desk.submitted() == [stop] and desk.state(stop).order.quantity == 5


def test_what_a_target_closed_more_than_a_day_ago_is_still_known_to_its_stop() -> None:
    desk = desk_of()
    stop, target = opened(desk)
    opened(desk, 20, 5_000, 20_000)
    reached(desk, target, 6)
    desk.took(None, desk.engine.cancel(target, "BY_HAND"))
    desk.say(kinds.CANCELLED, target)
    desk.taken()
    for _ in range(3):
        desk.now += 86_400 * SECOND
        desk.feed(Timer(desk.tick(), "day"))
    desk.quote(STOP_PRICE)
    assert desk.state(stop).order.quantity == 4
