"""An exit that never reached its venue is placed again, once, for as long as there is something to guard."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.life_cycle import NONE
from tradewright.model import event as kinds
from tradewright.model.command import NOTHING_TO_GUARD, TOO_LARGE, Query
from tradewright.model.control import Started
from tradewright.model.exit_plan import plan_from
from tradewright.model.order import MARKET, STOP, STOP_LOSS, TAKE_PROFIT, Order

PRICE = 10_000


def desk_of(native: bool = True, **exits: Any) -> tuple[Desk, list[str]]:
    """A position of ten, opened at PRICE with exits attached, and the ids of its orders, the opening first."""
    desk = Desk(account_of(native_exits=native, leverage=10))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, **exits)
    ids = [order.id for order in decision.orders]
    desk.fill(ids[0], 10, PRICE)
    desk.taken()
    return desk, ids


def restarted(desk: Desk) -> None:
    desk.feed(Started(desk.tick(), 2, []))


def placed(desk: Desk) -> list[Order]:
    return [desk.state(order_id).order for order_id in desk.submitted()]


def terms(order: Order) -> tuple[Any, ...]:
    """All but what each order has of its own."""
    return order.row()[1:18]


def test_a_stop_that_its_venue_never_had_is_placed_again_with_its_terms() -> None:
    desk, (_, stop) = desk_of(stop_loss=9_500)
    restarted(desk)
    desk.say(kinds.NOT_FOUND, stop)
    (again,) = placed(desk)
    assert again.id != stop
    assert terms(again) == terms(desk.state(stop).order)
    desk.say(kinds.NOT_FOUND, stop)
    assert placed(desk) == [], "said twice, it is placed once"
    desk.fill(again.id, 10, 9_500)
    assert desk.net() == 0


def test_what_another_exit_has_closed_in_its_place_is_not_closed_again() -> None:
    """The strategy holds more than this opening brought: that is not for its exits to close."""
    desk, (_, stop) = desk_of(stop_loss=9_500)
    desk.fill(desk.buy(20), 20, PRICE)
    desk.taken()
    restarted(desk)
    desk.say(kinds.NOT_FOUND, stop)
    (again,) = placed(desk)
    desk.fill(again.id, 10, 9_500)
    desk.say(kinds.NOT_FOUND, stop)
    assert (placed(desk), desk.net()) == ([], 20)


@pytest.mark.parametrize("first", [STOP_LOSS, TAKE_PROFIT])
def test_of_a_pair_each_is_placed_again_and_they_stay_a_pair(first: str) -> None:
    desk, (_, stop, target) = desk_of(stop_loss=9_500, take_profit=11_000)
    group = desk.state(stop).order.group
    order = [stop, target] if first == STOP_LOSS else [target, stop]
    for lost in order:
        desk.say(kinds.NOT_FOUND, lost)
    again = placed(desk)
    assert [made.role for made in again] == [desk.state(lost).order.role for lost in order]
    assert {made.group for made in again} == {group}
    desk.say(kinds.NOT_FOUND, stop)
    assert placed(desk) == []


def test_of_a_pair_the_one_that_is_there_stays_as_it_is() -> None:
    desk, (_, stop, target) = desk_of(stop_loss=9_500, take_profit=11_000)
    desk.accept(target)
    desk.say(kinds.NOT_FOUND, stop)
    (again,) = placed(desk)
    assert (again.role, again.group, desk.state(target).is_open()) == (STOP_LOSS, desk.state(target).order.group, True)


@pytest.mark.parametrize(("closed", "size"), [(4, 6), (10, 0)])
def test_one_whose_pair_has_filled_in_part_comes_back_for_the_rest(closed: int, size: int) -> None:
    desk, (_, stop, target) = desk_of(stop_loss=9_500, take_profit=11_000)
    desk.fill(desk.buy(7), 7, PRICE)
    desk.accept(target)
    desk.fill(target, closed, 11_000)
    desk.taken()
    desk.say(kinds.NOT_FOUND, stop)
    assert [made.quantity for made in placed(desk)] == ([size] if size else [])


def test_of_two_market_orders_that_were_not_found_each_is_followed_by_its_own() -> None:
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(PRICE)
    stops = []
    for size in (10, 6):
        (decision,) = desk.want(BUY, size, stop_loss=9_500)
        desk.fill(decision.orders[0].id, size, PRICE)
        stops.append(decision.orders[1].id)
    desk.taken()
    desk.quote(9_500)
    assert desk.submitted() == stops
    sizes = []
    for stop in stops:
        desk.say(kinds.NOT_FOUND, stop)
        sizes += [order.quantity for order in placed(desk)]
    assert sizes == [10, 6]
    again = [hold.order.id for hold in desk.engine.holds.holds.values()]
    desk.accept(stops[0])
    assert (stops[0], NOTHING_TO_GUARD) in desk.cancelled(), "its place is taken"
    for id, size in zip(again, sizes, strict=True):
        desk.fill(id, size, 9_400)
    assert desk.net() == 0


def test_an_exit_whose_opening_was_lost_too_has_nothing_to_guard() -> None:
    desk = Desk(account_of(native_exits=True, leverage=10))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500, take_profit=11_000)
    desk.taken()
    for order in decision.orders:
        desk.say(kinds.NOT_FOUND, order.id)
    assert placed(desk) == []


def test_an_exit_that_was_lost_before_its_openings_fill_was_told_is_placed_with_the_fill() -> None:
    """The venue is asked in no order that matters to it: that it has not the stop may be known first."""
    desk = Desk(account_of(native_exits=True, leverage=10))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500, take_profit=11_000)
    entry, *exits = [order.id for order in decision.orders]
    desk.taken()
    restarted(desk)
    for lost in exits:
        desk.say(kinds.NOT_FOUND, lost)
    assert placed(desk) == []
    desk.fill(entry, 4, PRICE)
    again = placed(desk)
    assert [terms(made) for made in again] == [terms(desk.state(lost).order) for lost in exits]
    desk.fill(entry, 3, PRICE)
    assert placed(desk) == []
    for made in again:
        desk.cancel(made.id)
        desk.say(kinds.CANCELLED, made.id)
    desk.fill(entry, 3, PRICE)
    assert placed(desk) == [], "what was cancelled since is not wanted back"


def test_exits_held_here_for_an_opening_that_was_not_found_are_made_again_when_it_fills_after_all() -> None:
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500, take_profit=11_000)
    entry, *exits = [order.id for order in decision.orders]
    desk.taken()
    restarted(desk)
    desk.say(kinds.NOT_FOUND, entry)
    assert [desk.state(exit).is_open() for exit in exits] == [False, False]
    desk.fill(entry, 10, PRICE)
    held = [exit.order for exit in desk.engine.exits.values()]
    assert [terms(made) for made in held] == [terms(desk.state(lost).order) for lost in exits]
    desk.quote(9_400)
    (stop,) = placed(desk)
    desk.fill(stop.id, 10, 9_400)
    assert (desk.net(), desk.engine.exits) == (0, {})


def test_an_exit_of_a_position_that_is_closed_or_being_closed_is_not_placed_again() -> None:
    desk, (_, stop) = desk_of(stop_loss=9_500)
    (decision,) = desk.close(SELL)
    desk.taken()
    desk.say(kinds.NOT_FOUND, stop)
    assert placed(desk) == [], "its close is on its way"
    desk.fill(decision.orders[0].id, 10, PRICE)
    assert desk.net() == 0


def test_an_opening_and_a_close_are_never_placed_again() -> None:
    desk = Desk()
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    ids = [desk.buy(1), desk.close(SELL, 5)[0].orders[0].id]
    desk.taken()
    for order_id in ids:
        desk.say(kinds.NOT_FOUND, order_id)
    assert placed(desk) == []


def test_what_a_half_filled_opening_still_brings_is_guarded_too() -> None:
    desk = Desk(account_of(native_exits=True, leverage=10))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    entry, stop = (order.id for order in decision.orders)
    desk.fill(entry, 4, PRICE)
    desk.taken()
    desk.say(kinds.NOT_FOUND, stop)
    (again,) = placed(desk)
    assert (again.parent, again.quantity) == (entry, 10)
    desk.fill(entry, 6, PRICE)
    desk.fill(again.id, 10, 9_500)
    assert desk.net() == 0


def test_a_plan_goes_on_with_the_stop_that_took_the_place() -> None:
    desk = Desk(account_of(native_exits=True, leverage=10))
    desk.engine.plans["account:main"] = plan_from({"stopLossPercent": 5, "breakEvenPercent": 2})
    desk.quote(PRICE)
    entry = desk.filled(BUY, 10, PRICE)
    _, stop = desk.submitted()
    guard = desk.engine.guards[entry]
    assert guard.exit == stop
    desk.say(kinds.NOT_FOUND, stop)
    (again,) = placed(desk)
    assert desk.engine.guards[entry].exit == again.id
    desk.accept(again.id)
    desk.quote(PRICE * 103 // 100)
    assert [command.order_id for command in desk.taken()] == [again.id], "moved to break-even"


def test_a_held_exit_that_went_out_and_was_lost_goes_out_again_at_once() -> None:
    desk, (_, stop) = desk_of(native=False, stop_loss=9_500)
    desk.quote(9_500)
    assert desk.submitted() == [stop]
    desk.say(kinds.NOT_FOUND, stop)
    (again,) = placed(desk)
    assert again.type == MARKET
    desk.say(kinds.NOT_FOUND, stop)
    assert placed(desk) == []
    desk.fill(again.id, 10, 9_400)
    assert desk.net() == 0


@pytest.mark.parametrize("exits", [{"stop_loss": 9_500}, {"stop_loss": 9_500, "take_profit": 11_000}])
def test_one_that_turns_up_after_all_ends_since_its_place_is_taken(exits: dict[str, int]) -> None:
    desk, (_, stop, *_) = desk_of(**exits)
    desk.say(kinds.NOT_FOUND, stop)
    (again,) = placed(desk)
    desk.accept(again.id)
    desk.accept(stop)
    assert desk.cancelled() == [(stop, NOTHING_TO_GUARD)]
    assert "REAPPEARED" in desk.alarms()
    assert desk.state(again.id).is_open()


def test_one_whose_cancel_was_on_its_way_is_cancelled_again_when_it_turns_up() -> None:
    desk, (_, stop) = desk_of(stop_loss=9_500)
    desk.cancel(stop)
    desk.say(kinds.OUTCOME_UNKNOWN, stop, "submit")
    desk.taken()
    desk.say(kinds.NOT_FOUND, stop)
    (again,) = placed(desk)
    desk.accept(again.id)
    desk.accept(stop)
    assert desk.cancelled() == [(stop, NOTHING_TO_GUARD)]


def test_one_that_turns_up_where_nothing_took_its_place_goes_on() -> None:
    desk = Desk(account_of(native_exits=True, leverage=10))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    entry, stop = (order.id for order in decision.orders)
    desk.say(kinds.NOT_FOUND, stop)
    desk.taken()
    desk.accept(stop)
    desk.fill(entry, 10, PRICE)
    assert desk.taken() == []
    assert desk.state(stop).is_open()


@pytest.mark.parametrize("filled", [True, False])
def test_no_exit_ends_on_what_is_known_while_another_order_of_its_book_is_looked_up(filled: bool) -> None:
    """Behind a restart fills are told order by order, and not in the order in which they happened."""
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.engine.book("main", "other", desk.on()).trading = True  # so no exit is reduce-only
    (opening,) = desk.want(SELL, 40, stop_units=9_840, type=STOP, stop_loss=10_100)
    short, guard = [order.id for order in opening.orders]
    (entry,) = desk.want(BUY, 60, stop_loss=9_850)
    first, stop = [order.id for order in entry.orders]
    desk.fill(first, 60, 10_000)
    for id in (stop, short, guard):
        desk.accept(id)
    restarted(desk)
    desk.took(None, desk.engine.look_up())
    desk.taken()
    desk.found(short, 40)
    desk.fill(short, 40, 9_836)
    desk.found(guard)
    assert desk.taken() == [], "it may be that the stop of what was long has filled first"
    desk.found(stop, 60 * filled)
    if filled:
        desk.fill(stop, 60, 9_840)
        assert desk.net() == -40 and desk.engine.orders[guard].cancel == NONE
    else:
        assert desk.cancelled() == [(stop, "TOO_LARGE"), (guard, "NOTHING_TO_GUARD")]


def test_of_a_pair_of_which_several_work_the_last_answer_counts() -> None:
    """A look-up that asked again with each answer of the others would never end."""
    desk = Desk(account_of(leverage=10))
    desk.quote(PRICE)
    desk.buy(1, strategy="t")  # beside another strategy nothing carries reduce-only
    (decision,) = desk.want(BUY, 21, stop_loss=9_500, take_profit=11_000)
    entry, stop, target = [order.id for order in decision.orders]
    desk.fill(entry, 12, PRICE)
    desk.accept(stop)
    desk.accept(target)
    desk.fill(stop, 5, 9_500)
    assert desk.cancelled() == [(target, TOO_LARGE)]
    desk.say(kinds.CANCELLED, target)
    (second,) = placed(desk)
    desk.accept(second.id)
    desk.taken()
    desk.fill(entry, 9, PRICE)
    assert queried(desk) == [stop, second.id]
    desk.found(second.id)
    assert desk.taken() == []
    desk.found(stop, filled=5)
    (third,) = placed(desk)
    assert (second.role, second.quantity, third.role, third.quantity) == (TAKE_PROFIT, 7, TAKE_PROFIT, 9)


def queried(desk: Desk) -> list[str]:
    return [command.order_id for command in desk.taken() if isinstance(command, Query)]
