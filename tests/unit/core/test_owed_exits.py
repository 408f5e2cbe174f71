"""Exits that make way for a close come back for what it does not close: no position loses its stop for a close that
came to nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.command import Cancel, Submit
from tradewright.model.control import HALTED, CloseRequested, Started, TradingStateSet
from tradewright.model.event import Event
from tradewright.model.exit_plan import plan_from
from tradewright.model.instrument import OrderRules
from tradewright.model.order import STOP, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP
from tradewright.model.report import Report

PRICE = 10_000
SECOND = 10**9
NATIVE = pytest.mark.parametrize("native", [True, False], ids=["at the venue", "held here"])
#: How a close ends without closing; every one of them is heard of.
ENDS = pytest.mark.parametrize("end", [kinds.REJECTED, kinds.EXPIRED, kinds.CANCELLED, kinds.NOT_FOUND])


def opened(desk: Desk, size: int = 10, **exits: Any) -> list[str]:
    """A long bought at PRICE with exits that work where they belong: the ids, its opening first."""
    (decision,) = desk.want(BUY, size, **exits)
    ids = [order.id for order in decision.orders]
    desk.accept(ids[0])
    desk.fill(ids[0], size, PRICE)
    for id in ids[1:]:
        if desk.state(id).stage != 1:
            desk.accept(id)
    desk.taken()
    return ids


def desk_of(native: bool = True, **terms: Any) -> Desk:
    desk = Desk(account_of(native_exits=native, leverage=10, **terms))
    desk.quote(PRICE)
    return desk


def close(desk: Desk, size: int = 0, **terms: Any) -> str:
    (decision,) = desk.close(SELL, size, **terms)
    assert decision.approved
    return decision.orders[0].id


def ended(desk: Desk, *ids: str) -> None:
    """The venue has taken the cancels of these exits; one that was held here ended here."""
    for id in ids:
        if desk.state(id).is_open():
            desk.say(kinds.CANCELLED, id)


def guarding(desk: Desk) -> list[tuple[str, int, int]]:
    """What exits are there: role, size, price."""
    return [
        (hold.order.role, hold.order.quantity, hold.order.stop_units or hold.order.limit_units)
        for hold in desk.engine.holds.holds.values()
        if hold.order.role in (STOP_LOSS, TAKE_PROFIT) and desk.state(hold.order.id).cancel == 0
    ]


@ENDS
@NATIVE
def test_a_close_that_its_venue_does_not_do_gives_the_stop_back(native: bool, end: int) -> None:
    desk = desk_of(native)
    _, stop = opened(desk, stop_loss=9_000)
    order_id = close(desk)
    assert guarding(desk) == []
    ended(desk, stop)
    desk.say(end, order_id, "" if end == kinds.NOT_FOUND else "MARKET_CLOSED")
    assert guarding(desk) == [(STOP_LOSS, 10, 9_000)]
    assert desk.alarms() == ["CLOSE_FAILED"]
    desk.taken()
    desk.quote(8_999)
    if not native:
        (again,) = desk.submitted()
    else:
        (again,) = list(desk.engine.holds.holds)
    desk.fill(again, 10, 8_999)
    assert (desk.net(), desk.engine.owed, desk.engine.holds.holds) == (0, {}, {})


@NATIVE
def test_which_end_is_told_first_makes_no_difference(native: bool) -> None:
    desk = desk_of(native)
    _, stop = opened(desk, stop_loss=9_000)
    order_id = close(desk)
    desk.say(kinds.REJECTED, order_id, "MARKET_CLOSED")
    ended(desk, stop)
    assert guarding(desk) == [(STOP_LOSS, 10, 9_000)]


@NATIVE
def test_a_close_that_a_person_asked_for_and_the_venue_refuses_gives_the_stop_back(native: bool) -> None:
    desk = desk_of(native)
    _, stop = opened(desk, stop_loss=9_000)
    asked = CloseRequested(desk.tick(), "main", "", "ann", "out")
    desk.engine.apply(asked)
    outputs = desk.took(asked, desk.engine.close_all(asked))
    (order_id,) = [output.order_id for output in outputs if isinstance(output, Submit)]
    ended(desk, stop)
    desk.say(kinds.REJECTED, order_id, "MARKET_CLOSED")
    assert guarding(desk) == [(STOP_LOSS, 10, 9_000)]
    assert desk.alarms() == ["CLOSE_FAILED"]


@pytest.mark.parametrize(("halted", "heard"), [(True, ["CLOSE_FAILED"]), (False, [])])
def test_where_no_exit_made_way_a_refused_close_is_heard_of_as_far_as_nobody_trades(
    halted: bool, heard: list[str]
) -> None:
    desk = desk_of()
    desk.filled(BUY, 10, PRICE)
    if halted:
        desk.feed(TradingStateSet(desk.tick(), "account:main", HALTED, "ann", "kill"))
    desk.say(kinds.REJECTED, close(desk), "MARKET_CLOSED")
    assert desk.alarms() == heard


@NATIVE
def test_what_a_close_leaves_is_guarded_by_a_pair_of_that_size(native: bool) -> None:
    desk = desk_of(native)
    _, stop, target = opened(desk, stop_loss=9_000, take_profit=11_000)
    order_id = close(desk)
    ended(desk, stop, target)
    desk.fill(order_id, 7, PRICE)
    assert guarding(desk) == []
    desk.say(kinds.CANCELLED, order_id, "NO_LIQUIDITY")
    assert guarding(desk) == [(STOP_LOSS, 3, 9_000), (TAKE_PROFIT, 3, 11_000)]
    groups = {hold.order.group for hold in desk.engine.holds.holds.values()}
    assert len(groups) == 1 and "" not in groups


@NATIVE
def test_a_close_that_fills_gives_nothing_back_and_says_nothing(native: bool) -> None:
    desk = desk_of(native)
    _, stop = opened(desk, stop_loss=9_000)
    order_id = close(desk)
    ended(desk, stop)
    desk.fill(order_id, 10, PRICE)
    assert (desk.engine.owed, desk.alarms(), desk.engine.holds.holds) == ({}, [], {})


@NATIVE
def test_a_limit_close_that_its_strategy_takes_back_gives_the_stop_back_without_an_alarm(native: bool) -> None:
    desk = desk_of(native)
    _, stop = opened(desk, stop_loss=9_000)
    order_id = close(desk, limit_units=12_000)
    desk.accept(order_id)
    ended(desk, stop)
    assert guarding(desk) == []
    desk.cancel(order_id)
    assert guarding(desk) == [], "it may still fill"
    desk.say(kinds.CANCELLED, order_id)
    assert guarding(desk) == [(STOP_LOSS, 10, 9_000)]
    assert desk.alarms() == []


@pytest.mark.parametrize("limit", [0, 12_000])
def test_closing_a_part_leaves_what_stays_guarded(limit: int) -> None:
    desk = desk_of()
    _, stop = opened(desk, stop_loss=9_000)
    order_id = close(desk, 4, **({"limit_units": limit} if limit else {}))
    ended(desk, stop)
    assert guarding(desk) == [(STOP_LOSS, 6, 9_000)], "at once"
    desk.fill(order_id, 4, PRICE)
    assert guarding(desk) == [(STOP_LOSS, 6, 9_000)]
    assert desk.engine.owed == {}


def test_a_part_that_is_not_closed_is_guarded_besides_what_stayed() -> None:
    desk = desk_of()
    _, stop, target = opened(desk, stop_loss=9_000, take_profit=11_000)
    order_id = close(desk, 4)
    ended(desk, stop, target)
    assert guarding(desk) == [(STOP_LOSS, 6, 9_000), (TAKE_PROFIT, 6, 11_000)]
    desk.say(kinds.REJECTED, order_id, "MARKET_CLOSED")
    assert guarding(desk)[2:] == [(STOP_LOSS, 4, 9_000), (TAKE_PROFIT, 4, 11_000)]
    assert len({hold.order.group for hold in desk.engine.holds.holds.values()}) == 2, "a fill of one ends its own alone"


def test_a_stop_is_given_back_for_what_it_guarded_and_not_for_what_had_none() -> None:
    """Four of the first ten go; the second ten were bought without a stop."""
    desk = desk_of()
    _, stop = opened(desk, stop_loss=9_000)
    desk.filled(BUY, 10, PRICE)
    order_id = close(desk, 14)
    ended(desk, stop)
    assert guarding(desk) == []
    desk.fill(order_id, 4, PRICE)
    desk.say(kinds.CANCELLED, order_id)
    assert (desk.net(), guarding(desk)) == (16, [(STOP_LOSS, 6, 9_000)])


def test_closing_a_part_ends_no_more_exits_than_stand_in_its_way() -> None:
    desk = desk_of()
    first, second = opened(desk, stop_loss=9_000)[1], opened(desk, stop_loss=9_100)[1]
    close(desk, 4)
    assert desk.cancelled() == [(first, "CLOSING")]
    ended(desk, first)
    assert guarding(desk) == [(STOP_LOSS, 10, 9_100), (STOP_LOSS, 6, 9_000)]
    assert desk.state(second).is_open()


@NATIVE
def test_the_oldest_lots_are_closed_first_and_the_newest_stop_comes_back(native: bool) -> None:
    desk = desk_of(native)
    stops = [opened(desk, stop_loss=9_000)[1], opened(desk, stop_loss=9_100)[1]]
    order_id = close(desk)
    ended(desk, *stops)
    desk.fill(order_id, 15, PRICE)
    desk.say(kinds.CANCELLED, order_id)
    assert guarding(desk) == [(STOP_LOSS, 5, 9_100)]


def test_what_is_closed_in_parts_is_guarded_again_for_the_part_that_was_refused() -> None:
    desk = Desk(account_of(leverage=10), rules=OrderRules(size_max=100))
    desk.quote(PRICE)
    stops = [opened(desk, 100, stop_loss=9_000)[1], opened(desk, 60, stop_loss=9_100)[1]]
    closes = [decision.orders[0].id for decision in desk.close(SELL)]
    ended(desk, *stops)
    desk.fill(closes[0], 100, PRICE)
    desk.say(kinds.REJECTED, closes[1], "HTTP_500")
    assert guarding(desk) == [(STOP_LOSS, 60, 9_100)]


def test_a_stop_that_could_not_be_cancelled_guards_on_alone() -> None:
    desk = desk_of()
    _, stop = opened(desk, stop_loss=9_000)
    order_id = close(desk)
    desk.say(kinds.CANCEL_REJECTED, stop)
    desk.say(kinds.REJECTED, order_id, "MARKET_CLOSED")
    assert guarding(desk) == [] and desk.state(stop).is_open()
    assert list(desk.engine.holds.holds) == [stop]
    assert desk.engine.owed == {}


def test_while_nobody_knows_what_became_of_the_stop_no_other_is_placed() -> None:
    desk = desk_of()
    _, stop = opened(desk, stop_loss=9_000)
    order_id = close(desk)
    desk.say(kinds.OUTCOME_UNKNOWN, stop, "cancel")
    desk.say(kinds.REJECTED, order_id, "MARKET_CLOSED")
    assert list(desk.engine.holds.holds) == [stop]
    desk.say(kinds.CANCELLED, stop)
    assert guarding(desk) == [(STOP_LOSS, 10, 9_000)]


def test_what_the_stop_filled_on_its_way_out_is_not_guarded_again() -> None:
    desk = desk_of()
    _, stop, target = opened(desk, stop_loss=9_000, take_profit=11_000)
    order_id = close(desk)
    desk.fill(stop, 4, 9_000)
    ended(desk, stop, target)
    desk.say(kinds.REJECTED, order_id, "MARKET_CLOSED")
    assert guarding(desk) == [(STOP_LOSS, 6, 9_000), (TAKE_PROFIT, 6, 11_000)]


def test_where_the_close_has_to_wait_for_the_stop_s_end_the_stop_waits_for_the_close() -> None:
    desk = desk_of(reduce_only=False)
    stops = [opened(desk, stop_loss=9_000)[1], opened(desk, stop_loss=9_100)[1]]
    order_id = close(desk)
    ended(desk, stops[0])
    assert (guarding(desk), desk.submitted()) == ([], [])
    ended(desk, stops[1])
    assert (guarding(desk), desk.submitted()) == ([], [order_id])
    desk.say(kinds.REJECTED, order_id, "INSUFFICIENT_QTY")
    assert guarding(desk) == [(STOP_LOSS, 10, 9_000), (STOP_LOSS, 10, 9_100)]
    assert len(desk.submitted()) == 2


def test_a_stop_that_its_strategy_sets_meanwhile_takes_the_place_of_the_one_that_is_owed() -> None:
    desk = desk_of()
    desk.filled(BUY, 10, PRICE)
    stop = desk.sell(10, closing=True, role=STOP_LOSS, type=STOP, stop_units=9_000)
    desk.accept(stop)
    order_id = close(desk)
    ended(desk, stop)
    # Its strategy hears of the end, and acts, before the core does.
    event = Report(kinds.REJECTED, desk.tick(), order_id, desk.now, "MARKET_CLOSED")
    desk.engine.apply(event)
    desk.took(event, desk.engine.react(event))
    own = desk.sell(10, closing=True, role=STOP_LOSS, type=STOP, stop_units=9_500)
    desk.took(None, desk.engine.tend(event))
    assert guarding(desk) == [(STOP_LOSS, 10, 9_500)]
    desk.accept(own)
    desk.cancel(own)
    desk.say(kinds.CANCELLED, own)
    assert guarding(desk) == [], "its strategy wants none"


@NATIVE
def test_it_is_owed_over_a_restart(native: bool) -> None:
    desk = desk_of(native)
    _, stop = opened(desk, stop_loss=9_000)
    order_id = close(desk)
    other = Engine()
    restore(other, to_bytes(desk.engine))
    assert to_bytes(other) == to_bytes(desk.engine)
    desk.engine = other
    desk.feed(Started(desk.tick(), 2, []))
    ended(desk, stop)
    desk.say(kinds.NOT_FOUND, order_id)
    assert guarding(desk) == [(STOP_LOSS, 10, 9_000)]


@NATIVE
def test_its_records_alone_make_the_same_state(native: bool) -> None:
    desk = desk_of(native)
    before = to_bytes(desk.engine)
    desk.events.clear()
    _, stop, target = opened(desk, stop_loss=9_000, take_profit=11_000)
    order_id = close(desk)
    ended(desk, stop, target)
    desk.fill(order_id, 7, PRICE)
    desk.say(kinds.CANCELLED, order_id)
    other = Engine()
    restore(other, before)
    for event in desk.events:
        other.apply(event)
    assert other.state_hash() == desk.engine.state_hash()


@NATIVE
def test_the_plan_goes_on_with_the_stop_that_came_back(native: bool) -> None:
    desk = desk_of(native)
    desk.engine.plans["account:main"] = plan_from({"stopLossPercent": 5, "breakEvenPercent": 2})
    entry = desk.filled(BUY, 10, PRICE)
    stop = desk.engine.guards[entry].exit
    if native:
        desk.accept(stop)
    order_id = close(desk)
    ended(desk, stop)
    desk.say(kinds.REJECTED, order_id, "MARKET_CLOSED")
    again = desk.engine.guards[entry].exit
    assert again != stop
    if native:
        desk.accept(again)
    desk.quote(PRICE * 103 // 100)
    if native:
        desk.replaced(again, 10, stop=PRICE)
    assert guarding(desk) == [(STOP_LOSS, 10, PRICE)], "at break-even"


def test_a_plan_of_what_is_held_goes_on_with_the_stop_that_came_back() -> None:
    desk = desk_of()
    desk.filled(BUY, 10, PRICE)
    plan = plan_from({"trailingStopPercent": 1, "maxHoldingSeconds": 60})
    plan.step_units = 10
    stop = desk.sell(10, closing=True, role=STOP_LOSS, type=TRAILING_STOP, trail_ppm=10_000, plan=plan)
    desk.accept(stop)
    desk.quote(10_500)
    desk.replaced(stop, 10, stop=10_395)
    deadline = desk.engine.guards[stop].deadline
    order_id = close(desk)
    ended(desk, stop)
    desk.quote(10_400)
    desk.say(kinds.REJECTED, order_id, "MARKET_CLOSED")
    (guard,) = desk.engine.guards.values()
    assert (guard.deadline, guard.best) == (deadline, 10_500)
    assert guard.exit == guard.key != stop
    assert guarding(desk) == [(STOP_LOSS, 10, 10_395)]


def test_a_trailing_stop_held_here_keeps_the_best_price_it_had_seen() -> None:
    desk = desk_of(native=False)
    _, stop = opened(desk, exit_trail_units=100)
    desk.quote(11_000)
    order_id = close(desk)
    desk.quote(10_950)
    desk.say(kinds.REJECTED, order_id, "MARKET_CLOSED")
    (exit,) = desk.engine.exits.values()
    assert (exit.best, exit.stop_price()) == (11_000, 10_900)
    assert exit.order.id != stop


@NATIVE
def test_closing_a_lot_of_a_hedged_position_gives_back_the_stop_of_that_lot(native: bool) -> None:
    desk = desk_of(native, mode="hedging")
    (lot, stop), (_, other) = opened(desk, stop_loss=9_000), opened(desk, stop_loss=9_100)
    order_id = close(desk, lot=lot)
    ended(desk, stop)
    desk.say(kinds.REJECTED, order_id, "MARKET_CLOSED")
    (back,) = [hold.order for hold in desk.engine.holds.holds.values() if hold.order.id != other]
    assert (back.lot, back.quantity, back.stop_units) == (lot, 10, 9_000)


def test_what_an_opening_fills_on_its_way_out_is_guarded_too() -> None:
    desk = desk_of()
    (decision,) = desk.want(BUY, 10, stop_loss=9_000)
    entry, stop = (order.id for order in decision.orders)
    desk.accept(entry)
    desk.fill(entry, 4, PRICE)
    order_id = close(desk)
    ended(desk, stop)
    desk.fill(entry, 3, PRICE)
    desk.fill(order_id, 4, PRICE)
    desk.say(kinds.CANCELLED, entry)
    assert desk.net() == 3
    assert guarding(desk) == [(STOP_LOSS, 3, 9_000)]


def test_a_day_later_it_is_not_forgotten() -> None:
    desk = desk_of()
    entry, stop = opened(desk, stop_loss=9_000)
    order_id = close(desk, limit_units=12_000)
    ended(desk, stop)
    for _ in range(3):
        desk.now += 13 * 3_600 * SECOND
        desk.quote(PRICE)
    desk.say(kinds.EXPIRED, order_id)
    assert guarding(desk) == [(STOP_LOSS, 10, 9_000)]
    assert entry in desk.engine.orders


def test_a_session_s_target_closes_again_what_was_refused_though_its_stop_is_back() -> None:
    desk = Desk(account_of(leverage=10), limits={"maxDrawdown": 10}, cash=10_000)
    desk.quote(PRICE)
    _, stop = opened(desk, 50, stop_loss=7_000)
    desk.quote(7_900)
    (order_id,) = desk.submitted()
    ended(desk, stop)
    desk.say(kinds.REJECTED, order_id, "MARKET_CLOSED")
    assert guarding(desk) == [(STOP_LOSS, 50, 7_000)]
    desk.taken()
    desk.now += 301 * SECOND
    desk.quote(7_900)
    sent: list[Event] = list(desk.taken())
    assert [type(command) for command in sent] == [Cancel, Submit]


@ENDS
@NATIVE
def test_a_time_exit_that_its_venue_does_not_do_gives_the_stop_back(native: bool, end: int) -> None:
    desk = desk_of(native)
    desk.engine.plans["account:main"] = plan_from({"maxHoldingSeconds": 60, "stopLossPercent": 5})
    entry = desk.filled(BUY, 10, PRICE)
    stop = desk.engine.guards[entry].exit
    if native:
        desk.accept(stop)
    desk.taken()
    desk.now += 61 * SECOND
    desk.quote(PRICE)
    (order_id,) = desk.submitted()
    ended(desk, stop)
    desk.say(end, order_id)
    assert guarding(desk) == [(STOP_LOSS, 10, 9_500)]
    assert desk.alarms() == ["CLOSE_FAILED"]


def test_a_time_exit_that_fills_leaves_another_opening_without_what_it_had_no_stop_for() -> None:
    """The second was bought without a stop: the first one's is not for it."""
    desk = desk_of()
    desk.engine.plans["account:main"] = plan_from({"maxHoldingSeconds": 60, "stopLossPercent": 5})
    entry = desk.filled(BUY, 10, PRICE)
    stop = desk.engine.guards[entry].exit
    desk.engine.plans.clear()
    desk.filled(BUY, 10, PRICE)
    desk.taken()
    desk.now += 61 * SECOND
    desk.quote(PRICE)
    (order_id,) = desk.submitted()
    ended(desk, stop)
    assert guarding(desk) == []
    desk.fill(order_id, 10, PRICE)
    assert (desk.net(), guarding(desk), desk.engine.owed) == (10, [], {})
