"""An opening that works longer than its limit allows: when it is cancelled, and what is left alone."""

from __future__ import annotations

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.limits import limits_from
from tradewright.core.stale_orders import next_end
from tradewright.core.state import restore, to_bytes
from tradewright.explain import Story
from tradewright.model import event as kinds
from tradewright.model.command import STALE_ORDER
from tradewright.model.control import LimitsSet, OrderAdopted, Timer
from tradewright.model.foreign import EXTERNAL
from tradewright.model.order import MARKET, STOP_LOSS
from tradewright.model.report import FOUND

SECOND = 10**9
PRICE = 10_000
BELOW = PRICE - 1_000


def desk_of(seconds: int | None = 30, **terms: object) -> Desk:
    desk = Desk(
        account_of(leverage=10, **terms), limits={} if seconds is None else {"staleOrderSeconds": seconds}
    )  # fmt: skip
    desk.quote(PRICE)
    return desk


def resting(desk: Desk, **terms: object) -> str:
    order = desk.buy(10, limit_units=BELOW, **terms)
    desk.accept(order)
    desk.taken()
    return order


def at(desk: Desk, time: int) -> None:
    """Nothing happens but that it gets so late."""
    desk.now = time
    desk.feed(Timer(time, "wake"))


@pytest.mark.parametrize("filled", [0, 4])
def test_an_opening_is_cancelled_when_its_time_is_over_and_not_before(filled: int) -> None:
    desk = desk_of(30)
    order = resting(desk)
    over = desk.state(order).order.time + 30 * SECOND
    assert desk.engine.next_due == over
    if filled:
        desk.now += 20 * SECOND
        desk.fill(order, filled, BELOW)
    at(desk, over - 1)
    assert desk.cancelled() == []
    at(desk, over)
    assert desk.cancelled() == [(order, STALE_ORDER)]
    assert desk.engine.next_due > over
    desk.say(kinds.CANCELLED, order)
    assert desk.net() == filled
    assert_idle(desk.engine)


def test_without_the_limit_an_opening_rests_for_ever() -> None:
    desk = desk_of(None)
    order = resting(desk)
    at(desk, desk.now + 23 * 3_600 * SECOND)
    assert desk.cancelled() == [] and desk.state(order).is_open()


def test_exits_stay_however_long_they_rest() -> None:
    """Those of the opening itself, and a close at a limit."""
    desk = desk_of(30, native_exits=True)
    (decision,) = desk.want(BUY, 10, stop_loss=BELOW, take_profit=PRICE + 1_000)
    entry, *exits = [order.id for order in decision.orders]
    desk.fill(entry, 10, PRICE)
    for exit in exits:
        desk.accept(exit)
    desk.filled(BUY, 5, PRICE, strategy="t")
    (close,) = desk.close(SELL, 5, limit_units=PRICE + 2_000, strategy="t")
    desk.accept(close.orders[0].id)
    desk.taken()
    at(desk, desk.now + 3_600 * SECOND)
    assert desk.cancelled() == []


def test_what_a_stale_opening_has_filled_keeps_its_stop() -> None:
    desk = desk_of(30, native_exits=True)
    (decision,) = desk.want(BUY, 10, limit_units=BELOW, stop_loss=BELOW - 500)
    entry, stop = [order.id for order in decision.orders]
    desk.accept(entry)
    desk.fill(entry, 4, BELOW)
    desk.accept(stop)
    desk.taken()
    at(desk, desk.now + 31 * SECOND)
    assert desk.cancelled() == [(entry, STALE_ORDER)]
    desk.say(kinds.CANCELLED, entry)
    state = desk.state(stop)
    assert (state.is_open(), state.order.role, desk.engine.holds.of(stop).remaining) == (True, STOP_LOSS, 4)


def test_somebody_else_s_order_is_theirs() -> None:
    desk = desk_of(30)
    (decision,) = desk.want(BUY, 5, limit_units=BELOW)
    (mine,) = decision.orders
    desk.say(kinds.REJECTED, mine.id)
    row = list(mine.row())
    row[0], row[2] = "main-X-1", EXTERNAL
    desk.feed(OrderAdopted(desk.tick(), row))
    desk.accept("main-X-1")
    desk.taken()
    at(desk, desk.now + 3_600 * SECOND)
    assert desk.state("main-X-1").is_open() and desk.cancelled() == []


def test_a_refused_cancel_is_asked_for_again_each_time_the_span_is_over() -> None:
    desk = desk_of(30)
    order = resting(desk)
    at(desk, desk.now + 31 * SECOND)
    assert desk.cancelled() == [(order, STALE_ORDER)]
    asked = desk.now
    desk.say(kinds.CANCEL_REJECTED, order, "BUSY")
    assert desk.engine.next_due == asked + 30 * SECOND
    at(desk, asked + 30 * SECOND - 1)
    assert desk.cancelled() == []
    at(desk, asked + 30 * SECOND)
    assert desk.cancelled() == [(order, STALE_ORDER)]


def test_a_lost_cancel_is_asked_for_again_when_the_order_was_found_at_work() -> None:
    desk = desk_of(30)
    order = resting(desk)
    at(desk, desk.now + 31 * SECOND)
    desk.say(kinds.OUTCOME_UNKNOWN, order, "cancel")
    desk.taken()
    at(desk, desk.now + SECOND)
    assert [type(command).__name__ for command in desk.taken()] == ["Query"]
    desk.say(kinds.ACCEPTED, order, FOUND, "V" + order)
    assert desk.cancelled() == [(order, STALE_ORDER)]


def test_an_order_whose_place_is_not_known_is_looked_up_first() -> None:
    desk = desk_of(30)
    order = desk.buy(10, limit_units=BELOW)
    desk.say(kinds.OUTCOME_UNKNOWN, order, "submit")
    at(desk, desk.now + 60 * SECOND)
    assert desk.cancelled() == []
    desk.say(kinds.ACCEPTED, order, FOUND, "V" + order)
    assert desk.cancelled() == [(order, STALE_ORDER)]


def test_a_changed_order_is_as_old_as_it_was() -> None:
    desk = desk_of(30)
    order = resting(desk)
    over = desk.state(order).order.time + 30 * SECOND
    desk.now += 25 * SECOND
    desk.engine.modify(desk.intent(BUY, 8, order_id=order, modifies=True))
    desk.replaced(order, 8, BELOW)
    at(desk, over)
    assert desk.cancelled() == [(order, STALE_ORDER)]


@pytest.mark.parametrize(
    ("scope", "ends"),
    [("all", True), ("owner:main", True), ("strategy:s", True), ("symbol:ACME", True),
     ("account:main/strategy:s", True), ("strategy:t", False), ("symbol:ZETA", False)],
)  # fmt: skip
def test_it_holds_at_any_scope_and_of_several_the_shortest_counts(scope: str, ends: bool) -> None:
    desk = Desk(account_of(leverage=10), symbols=("ACME", "ZETA"), limits={"staleOrderSeconds": 600})
    desk.quote(PRICE)
    order = resting(desk)
    row = limits_from({"staleOrderSeconds": 30}).row()
    desk.feed(LimitsSet(desk.tick(), scope, row, 0, "", "ann", "test"))
    at(desk, desk.now + 31 * SECOND)
    assert desk.cancelled() == ([(order, STALE_ORDER)] if ends else [])


def test_a_limit_that_is_set_or_taken_off_holds_for_what_works_already() -> None:
    desk = desk_of(None)
    order = resting(desk)
    desk.now += 100 * SECOND
    desk.feed(LimitsSet(desk.tick(), "all", limits_from({"staleOrderSeconds": 200}).row(), 0, "", "ann", "test"))
    over = desk.state(order).order.time + 200 * SECOND
    assert desk.engine.next_due == over
    desk.feed(LimitsSet(desk.tick(), "all", [], 0, "", "ann", "test"))
    assert desk.engine.next_due > over
    at(desk, over + SECOND)
    assert desk.cancelled() == []
    desk.feed(LimitsSet(desk.tick(), "all", limits_from({"staleOrderSeconds": 200}).row(), 0, "", "ann", "test"))
    assert desk.cancelled() == [(order, STALE_ORDER)]


def test_a_market_order_that_works_too_long_ends_as_any_other() -> None:
    desk = desk_of(30)
    order = desk.buy(10, type=MARKET)
    desk.accept(order)
    desk.taken()
    at(desk, desk.now + 31 * SECOND)
    assert desk.cancelled() == [(order, STALE_ORDER)]


def test_a_time_past_all_others_is_within_the_range_of_the_clock() -> None:
    desk = desk_of(None)
    desk.feed(LimitsSet(desk.tick(), "all", [("staleOrderSeconds", 2**63 - 1)], 0, "", "ann", "test"))
    resting(desk)
    assert next_end(desk.engine) == 2**63 - 1


def test_a_limit_that_a_start_brings_holds_for_what_works_already() -> None:
    desk = desk_of(None)
    order = resting(desk)
    desk.engine.configure({"all": limits_from({"staleOrderSeconds": 30})})
    assert desk.engine.next_due == desk.state(order).order.time + 30 * SECOND


def test_explain_says_why_it_was_cancelled() -> None:
    desk = desk_of(30)
    (decision,) = desk.want(BUY, 10, limit_units=BELOW)
    order = decision.orders[0].id
    desk.accept(order)
    desk.taken()
    at(desk, desk.now + 31 * SECOND)
    story = Story(decision, desk.state(order))
    story.steps += desk.taken()
    assert "cancel asked for: STALE_ORDER it has worked longer than `staleOrderSeconds`" in story.text()


def test_a_restored_engine_ends_the_same_orders_at_the_same_time() -> None:
    desk = desk_of(30)
    order = resting(desk)
    other = Engine()
    restore(other, to_bytes(desk.engine))
    assert other.next_due == desk.state(order).order.time + 30 * SECOND
    desk.engine = other
    at(desk, desk.now + 31 * SECOND)
    assert desk.cancelled() == [(order, STALE_ORDER)]
