"""Exits held here, for venues that link no orders: stop-loss, take-profit, trailing stop, pairs, and how they end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.exits import HeldExit
from tradewright.core.marks import Mark
from tradewright.model import event as kinds
from tradewright.model.command import NOTHING_TO_GUARD, TOO_LARGE
from tradewright.model.instrument import OrderRules
from tradewright.model.market import Quote
from tradewright.model.order import LIMIT, MARKET, STOP, TRAILING_STOP, Order

DAY = 24 * 3_600_000_000_000


def desk_of(
    side: int = BUY, size: int = 10, price: int = 10_000, mode: str = "netting", **exits: Any
) -> tuple[Desk, list[str]]:
    """A position that was opened at `price` with exits attached, and the ids of its orders, the opening first."""
    desk = Desk(account_of(native_exits=False, leverage=10, mode=mode))
    desk.quote(price)
    (decision,) = desk.want(side, size, **exits)
    ids = [order.id for order in decision.orders]
    assert desk.submitted() == ids[:1], "exits stay here"
    desk.fill(ids[0], size, price)
    assert desk.taken() == []
    return desk, ids


# side, exits, prices that come (bid = ask) → the price at which one goes out, and which of them. None = none.
PATHS: dict[str, tuple[int, dict[str, int], list[int], int | None, int]] = {
    "a stop below": (BUY, {"stop_loss": 9_500}, [9_900, 9_501, 9_500], 9_500, 0),
    "a stop that is jumped over": (BUY, {"stop_loss": 9_500}, [9_900, 9_000], 9_000, 0),
    "a stop that is not reached": (BUY, {"stop_loss": 9_500}, [9_501, 20_000, 9_501], None, 0),
    "a stop above a short": (SELL, {"stop_loss": 10_500}, [10_499, 10_500], 10_500, 0),
    "a target above": (BUY, {"take_profit": 11_000}, [10_999, 11_000], 11_000, 0),
    "a target below a short": (SELL, {"take_profit": 9_000}, [9_001, 8_999], 8_999, 0),
    "a trail in counts": (BUY, {"exit_trail_units": 500}, [10_400, 10_900, 10_401, 10_400], 10_400, 0),
    "a trail in counts above a short": (SELL, {"exit_trail_units": 500}, [9_600, 9_100, 9_599, 9_600], 9_600, 0),
    "a trail in percent": (BUY, {"exit_trail_ppm": 100_000}, [12_000, 10_801, 10_800], 10_800, 0),
    "a trail in percent above a short": (SELL, {"exit_trail_ppm": 100_000}, [8_000, 8_799, 8_800], 8_800, 0),
    "a pair down": (BUY, {"stop_loss": 9_500, "take_profit": 11_000}, [9_400], 9_400, 0),
    "a pair up": (BUY, {"stop_loss": 9_500, "take_profit": 11_000}, [11_100], 11_100, 1),
    "a trail and a target": (BUY, {"exit_trail_units": 500, "take_profit": 11_000}, [10_900, 10_400], 10_400, 0),
}


@pytest.mark.parametrize("name", PATHS)
def test_a_held_exit_goes_out_at_its_price(name: str) -> None:
    side, exits, prices, expected, which = PATHS[name]
    desk, ids = desk_of(side, **exits)
    for price in prices:
        assert desk.submitted() == []
        desk.quote(price)
    if expected is None:
        assert desk.taken() == []
        return
    gone = ids[1 + which]
    state = desk.state(gone)
    assert expected == prices[-1]
    assert {command.order_id for command in desk.taken() if command.kind == kinds.SUBMIT} == {gone}
    assert (state.order.quantity, state.order.side) == (10, -side)
    assert state.order.type == (LIMIT if exits.get("take_profit") and which == len(exits) - 1 else MARKET)
    assert state.order.reduce_only
    desk.fill(gone, 10, expected)
    assert (desk.net(), set(desk.engine.exits)) == (0, set())
    assert_idle(desk.engine)


def test_the_sibling_of_a_triggered_exit_ends_with_the_reason() -> None:
    desk, (_, stop, target) = desk_of(stop_loss=9_500, take_profit=11_000)
    desk.quote(9_500)
    assert desk.cancelled() == [(target, "SIBLING_TRIGGERED")]
    assert desk.state(target).status == "CANCELLED"
    assert desk.state(target).code == "CANCELLED_HERE"
    assert desk.state(stop).status == "SUBMITTED"


def test_a_bar_that_reaches_both_lets_the_stop_go() -> None:
    desk, (_, stop, target) = desk_of(stop_loss=9_500, take_profit=11_000)
    desk.bar(9_400, 11_100, 10_000)
    assert [command.order_id for command in desk.taken()] == [target, stop]
    assert desk.state(stop).status == "SUBMITTED"


def test_a_bar_triggers_by_its_extreme_and_a_trail_follows_it() -> None:
    desk, (_, trail) = desk_of(exit_trail_units=500)
    desk.bar(9_900, 10_300, 10_200)
    desk.bar(9_801, 10_200, 10_000)
    assert desk.submitted() == []
    assert desk.engine.exits[trail].best == 10_300
    desk.bar(9_800, 10_100, 10_000)
    assert desk.submitted() == [trail]


def test_a_long_is_closed_at_the_bid_and_a_short_at_the_ask() -> None:
    desk, (_, stop) = desk_of(BUY, stop_loss=9_500)
    desk.quote(9_501, 9_600)
    assert desk.submitted() == []
    desk.quote(9_500, 9_600)
    assert desk.submitted() == [stop]
    desk, (_, stop) = desk_of(SELL, stop_loss=10_500)
    desk.quote(10_400, 10_499)
    assert desk.submitted() == []
    desk.quote(10_400, 10_500)
    assert desk.submitted() == [stop]


def test_prices_before_the_fill_move_no_trail_and_trigger_nothing() -> None:
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, limit_units=9_800, exit_trail_units=500, take_profit=10_900)
    parent, trail, _ = [order.id for order in decision.orders]
    desk.quote(20_000)
    desk.quote(9_000)
    assert desk.engine.exits[trail].best == 0
    assert desk.submitted() == [parent]


def test_another_symbol_s_prices_move_nothing() -> None:
    desk = Desk(account_of(native_exits=False, leverage=10), symbols=("ACME", "ZETA"))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    desk.fill(decision.orders[0].id, 10, 10_000)
    desk.taken()
    desk.quote(100, symbol="ZETA")
    assert desk.taken() == []


def test_a_stop_guards_what_its_parent_filled_so_far_and_calls_back_the_rest() -> None:
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    parent, stop = [order.id for order in decision.orders]
    desk.fill(parent, 4, 10_000)
    desk.taken()
    desk.quote(9_500)
    assert [(command.kind, command.order_id) for command in desk.taken()] == [
        (kinds.CANCEL, parent),
        (kinds.SUBMIT, stop),
    ]
    assert desk.state(stop).order.quantity == 4
    desk.say(kinds.CANCELLED, parent)
    desk.fill(stop, 4, 9_500)
    assert desk.net() == 0
    assert_idle(desk.engine)


@pytest.mark.parametrize("kind", [kinds.CANCELLED, kinds.EXPIRED, kinds.REJECTED, kinds.NOT_FOUND])
def test_exits_of_an_opening_that_ended_unfilled_end_too(kind: int) -> None:
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500, take_profit=11_000)
    parent, stop, target = [order.id for order in decision.orders]
    desk.say(kind, parent)
    assert desk.cancelled() == [(stop, "NOTHING_TO_GUARD"), (target, "NOTHING_TO_GUARD")]
    assert_idle(desk.engine)


def test_exits_of_an_opening_that_ended_half_filled_guard_that_half() -> None:
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    parent, stop = [order.id for order in decision.orders]
    desk.fill(parent, 4, 10_000)
    desk.say(kinds.EXPIRED, parent)
    desk.taken()
    desk.quote(9_500)
    assert (desk.submitted(), desk.state(stop).order.quantity) == ([stop], 4)


def test_a_close_cancels_the_exits_that_guard_the_position_first() -> None:
    desk, (_, stop, target) = desk_of(stop_loss=9_500, take_profit=11_000)
    (decision,) = desk.close(SELL)
    closing = decision.orders[0].id
    assert [(command.kind, command.order_id) for command in desk.taken()] == [
        (kinds.CANCEL, stop), (kinds.CANCEL, target), (kinds.SUBMIT, closing),
    ]  # fmt: skip
    assert (decision.orders[0].quantity, decision.approved) == (10, True)
    desk.fill(closing, 10, 10_000)
    assert_idle(desk.engine)


def test_closing_a_part_leaves_the_held_exits_to_guard_the_rest() -> None:
    desk, (_, stop, target) = desk_of(stop_loss=9_500, take_profit=11_000)
    (decision,) = desk.close(SELL, 4)
    assert desk.cancelled() == []
    desk.fill(decision.orders[0].id, 4, 10_000)
    assert set(desk.engine.exits) == {stop, target}
    desk.quote(9_500)
    assert (desk.submitted(), desk.state(stop).order.quantity) == ([stop], 6)


def test_a_close_that_is_on_its_way_leaves_a_stop_nothing_to_close_and_its_refusal_gives_it_back() -> None:
    desk, (_, stop) = desk_of(stop_loss=9_500)
    part = desk.close(SELL, 9)[0].orders[0].id
    rest = desk.close(SELL, 1)[0].orders[0].id
    desk.taken()
    assert stop in desk.engine.exits
    desk.quote(9_500)
    assert desk.taken() == []
    desk.say(kinds.REJECTED, part)
    desk.fill(rest, 1, 9_500)
    desk.quote(9_400)
    assert (desk.submitted(), desk.state(stop).order.quantity) == ([stop], 9)


def test_a_close_leaves_exits_alone_that_wait_for_an_opening_still_working() -> None:
    desk, (_, stop) = desk_of(stop_loss=9_500)
    (decision,) = desk.want(BUY, 5, limit_units=9_900, stop_loss=9_400)
    second, waiting = [order.id for order in decision.orders]
    desk.taken()
    (close,) = desk.close(SELL)
    assert desk.cancelled() == [(stop, "CLOSING")]
    desk.fill(close.orders[0].id, 10, 10_000)
    desk.fill(second, 5, 9_900)
    assert list(desk.engine.exits) == [waiting]
    desk.quote(9_400)
    assert desk.submitted() == [waiting]


def test_a_position_closed_by_an_opposite_opening_leaves_no_stop_for_the_next() -> None:
    """Another order of the same strategy sold before the stop was asked: what comes later is not its to close."""
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(10_000)
    selling = desk.sell(10, limit_units=10_100)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    desk.fill(decision.orders[0].id, 10, 10_000)
    desk.taken()
    desk.fill(selling, 10, 10_100)
    assert desk.net() == 0
    assert desk.cancelled() == [(decision.orders[1].id, "NOTHING_TO_GUARD")]
    desk.filled(BUY, 10, 10_000)
    desk.taken()
    desk.quote(9_000)
    assert desk.taken() == []


@pytest.mark.parametrize(
    ("sold", "ended", "rest"),
    [
        (16, [(1, NOTHING_TO_GUARD), (0, NOTHING_TO_GUARD)], []),
        (12, [(1, NOTHING_TO_GUARD), (0, TOO_LARGE)], [(9_500, 4)]),
        (6, [(1, TOO_LARGE)], [(9_400, 4)]),
        (4, [], []),
    ],
)
def test_exits_that_no_flag_holds_back_close_no_more_than_is_left(
    sold: int, ended: list[tuple[int, str]], rest: list[tuple[int, int]]
) -> None:
    """Two strategies share the account, so exits go without reduce-only: two stops of 6 guard the 16 that are held."""
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.engine.book("main", "other", desk.on()).trading = True
    selling = desk.sell(sold, limit_units=10_100)
    desk.filled(BUY, 16, 10_000)
    stops = [desk.sell(6, closing=True, role="stop_loss", type=STOP, stop_units=9_500 - 100 * k) for k in range(2)]
    assert not any(desk.state(id).order.reduce_only for id in stops)
    desk.taken()
    desk.fill(selling, sold, 10_100)
    assert desk.cancelled() == [(stops[k], code) for k, code in ended], "the newest first"
    for k, _ in ended:
        desk.say(kinds.CANCELLED, stops[k])
    again = [desk.state(id).order for id in desk.submitted()]
    assert [(order.stop_units, order.quantity) for order in again] == rest
    assert desk.engine.owed == {}


def test_a_pair_at_the_venue_that_no_flag_holds_back_ends_when_another_order_closed_its_position() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.engine.book("main", "other", desk.on()).trading = True
    selling = desk.sell(10, limit_units=10_100)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500, take_profit=11_000)
    parent, stop, target = [order.id for order in decision.orders]
    desk.fill(parent, 10, 10_000)
    desk.fill(selling, 4, 10_100)
    assert {id for id, _ in desk.cancelled()} == {stop, target}


def test_a_reversal_cancels_the_exits_of_what_it_closes_and_attaches_its_own() -> None:
    desk, (_, stop) = desk_of(stop_loss=9_500)
    closing, opening = desk.want(SELL, 15, stop_loss=10_500)
    assert desk.cancelled() == [(stop, "CLOSING")]
    assert [order.quantity for order in (closing.orders[0], opening.orders[0])] == [10, 5]
    assert (len(closing.orders), len(opening.orders)) == (1, 2)
    desk.fill(closing.orders[0].id, 10, 10_000)
    desk.fill(opening.orders[0].id, 5, 10_000)
    desk.quote(10_500)
    assert desk.submitted() == [opening.orders[1].id]


def test_selling_a_part_of_a_guarded_position_is_a_close_of_that_part() -> None:
    desk, (_, stop) = desk_of(stop_loss=9_500)
    (decision,) = desk.want(SELL, 4)
    assert (decision.orders[0].role, decision.orders[0].quantity) == ("exit", 4)
    assert list(desk.engine.exits) == [stop]


def test_exits_at_the_venue_make_way_for_a_close_of_a_part() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    parent, stop = [order.id for order in decision.orders]
    assert desk.submitted() == [parent, stop]
    desk.fill(parent, 10, 10_000)
    (close,) = desk.close(SELL, 4)
    assert [(command.kind, command.order_id) for command in desk.taken()] == [
        (kinds.CANCEL, stop), (kinds.SUBMIT, close.orders[0].id),
    ]  # fmt: skip
    assert desk.engine.holds.holds[stop].remaining == 0


def test_two_held_stops_can_not_close_more_than_there_is() -> None:
    desk, (_, first) = desk_of(stop_loss=9_500)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    parent, second = [order.id for order in decision.orders]
    desk.fill(parent, 10, 10_000)
    part = desk.close(SELL, 8)[0].orders[0].id
    desk.fill(part, 8, 10_000)
    desk.taken()
    desk.quote(9_500)
    assert desk.submitted() == [first, second]
    assert [desk.state(id).order.quantity for id in (first, second)] == [10, 2]


def test_a_stop_already_at_the_venue_is_not_doubled_by_another() -> None:
    desk, (_, first) = desk_of(stop_loss=9_500)
    (decision,) = desk.want(BUY, 10, stop_loss=9_400)
    parent, second = [order.id for order in decision.orders]
    desk.fill(parent, 10, 10_000)
    desk.fill(desk.close(SELL, 10)[0].orders[0].id, 10, 10_000)
    desk.taken()
    desk.quote(9_500)
    assert desk.submitted() == [first]
    desk.quote(9_400)
    assert desk.submitted() == [], "the first closes all that is left"
    desk.fill(first, 10, 9_400)
    assert desk.cancelled() == [(second, "NOTHING_TO_GUARD")]


def test_in_a_hedging_account_an_exit_closes_the_lot_of_its_parent() -> None:
    desk, (first, stop) = desk_of(mode="hedging", stop_loss=9_500)
    (decision,) = desk.want(BUY, 7, stop_loss=9_000)
    desk.fill(decision.orders[0].id, 7, 10_000)
    assert [desk.state(id).order.lot for id in (stop, decision.orders[1].id)] == [first, decision.orders[0].id]
    desk.taken()
    desk.quote(9_500)
    assert (desk.submitted(), desk.state(stop).order.quantity) == ([stop], 10)
    desk.fill(stop, 10, 9_500)
    assert [lot.order_id for lot in desk.engine.book("main", "s", desk.on()).lots] == [decision.orders[0].id]
    assert list(desk.engine.exits) == [decision.orders[1].id]


def test_a_close_of_a_named_lot_cancels_that_lot_s_exits_only() -> None:
    desk, (first, stop) = desk_of(mode="hedging", stop_loss=9_500)
    (decision,) = desk.want(BUY, 7, stop_loss=9_000)
    desk.fill(decision.orders[0].id, 7, 10_000)
    desk.taken()
    desk.close(SELL, lot=first)
    assert desk.cancelled() == [(stop, "CLOSING")]


def pair(desk: Desk, size: int) -> list[str]:
    """A stop and a target for what is held, as a strategy's protect() wants them."""
    ids = []
    for role, terms in (("stop_loss", {"stop_units": 9_500, "type": STOP}), ("take_profit", {"limit_units": 11_000})):
        intent = desk.intent(SELL, size, closing=True, role=role, **terms)
        intent.group = ids[0] if ids else intent.order_id
        ids.append(intent.order_id)
        (decision, *_) = desk.took(None, desk.engine.judge(intent))
        assert decision.approved  # type: ignore[attr-defined]
    return ids


def test_a_pair_without_an_opening_is_held_here_and_one_ends_the_other() -> None:
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    desk.taken()
    stop, target = pair(desk, 10)
    assert desk.taken() == []
    assert set(desk.engine.exits) == {stop, target}
    desk.quote(11_000)
    assert desk.submitted() == [target]
    desk.fill(target, 10, 11_000)
    assert (desk.cancelled(), desk.engine.exits) == ([(stop, "NOTHING_TO_GUARD")], {})


def test_a_pair_without_an_opening_guards_no_more_than_it_was_asked_to() -> None:
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    stop, _ = pair(desk, 6)
    desk.filled(BUY, 10, 10_000)
    desk.taken()
    desk.quote(9_500)
    assert desk.state(stop).order.quantity == 6
    desk.fill(stop, 6, 9_500)
    assert desk.net() == 14


def test_a_pair_ends_when_its_position_is_gone() -> None:
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    stop, target = pair(desk, 6)
    first = desk.close(SELL, 9)[0].orders[0].id
    second = desk.close(SELL, 1)[0].orders[0].id
    desk.taken()
    desk.fill(first, 9, 10_000)
    assert set(desk.engine.exits) == {stop, target}
    desk.fill(second, 1, 10_000)
    assert desk.cancelled() == [(stop, "NOTHING_TO_GUARD"), (target, "NOTHING_TO_GUARD")]


def test_a_single_stop_without_an_opening_rests_at_the_venue() -> None:
    desk = Desk(account_of(native_exits=False, leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    desk.taken()
    order_id = desk.sell(10, closing=True, role="stop_loss", type=STOP, stop_units=9_500)
    assert desk.submitted() == [order_id]


def test_a_pair_at_a_venue_that_links_orders_goes_out_at_once() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    desk.taken()
    assert desk.submitted() == [] and set(pair(desk, 10)) == set(desk.submitted())
    assert desk.engine.exits == {}


def test_a_stop_still_works_a_week_after_its_opening_filled() -> None:
    desk, (parent, stop, target) = desk_of(stop_loss=9_500, take_profit=11_000)
    for _ in range(7):
        desk.now += DAY
        desk.quote(10_000)
    assert parent in desk.engine.orders
    desk.taken()
    desk.quote(9_500)
    assert [command.order_id for command in desk.taken()] == [target, stop]
    desk.fill(stop, 10, 9_500)
    for _ in range(3):
        desk.now += DAY + 1
        desk.quote(9_000)
    assert desk.engine.orders == {}
    assert desk.engine.children == {}


def test_reports_on_other_books_end_no_exits() -> None:
    desk, (_, stop) = desk_of(stop_loss=9_500)
    other = desk.buy(1, strategy="other")
    desk.fill(other, 1, 10_000)
    desk.fill("nobody-1-9", 1, 10_000)
    assert list(desk.engine.exits) == [stop]


def test_cancelling_a_held_exit_needs_no_venue() -> None:
    desk, (_, stop) = desk_of(stop_loss=9_500)
    outputs = desk.cancel(stop)
    assert [output.kind for output in outputs] == [kinds.CANCEL]
    assert desk.state(stop).status == "CANCELLED"
    assert_idle(desk.engine)
    assert desk.cancel(stop) == []


def test_an_exit_without_a_price_to_look_at_waits() -> None:
    desk = Desk()
    instrument = desk.on()
    order = Order("main-1-1", "main", "s", instrument, SELL, STOP, 10, stop_units=9_500)
    exit = HeldExit(order)
    event, mark = Quote(1, instrument, 0, 0), Mark(instrument)
    exit.follow(event, mark)
    assert (exit.best, exit.triggered(event, mark)) == (0, False)
    assert not HeldExit(Order("main-1-2", "main", "s", instrument, SELL, MARKET, 10)).triggered(event, mark)


def test_a_trail_of_many_counts_is_exact_in_both_builds() -> None:
    """Beyond 64 bits: a best price times parts per million."""
    desk = Desk()
    order = Order("main-1-1", "main", "s", desk.on(), SELL, TRAILING_STOP, 10, trail_ppm=999_999)
    exit = HeldExit(order)
    exit.best = 2**53 - 1
    assert exit.stop_price() == 2**53 - 1 - (2**53 - 1) * 999_999 // 1_000_000


def test_what_is_finer_than_the_venue_s_step_stays_when_the_rest_is_closed() -> None:
    """A fee in the base currency leaves 0.99900001 of a coin where the venue takes thousandths."""
    for exits in (False, True):
        rules = OrderRules(step=100_000)
        desk = Desk(account_of(native_exits=False), symbols=("BTCUSD",), rules=rules)
        desk.quote(6_000)
        terms = {"stop_loss": 5_000} if exits else {}
        (decision,) = desk.want(BUY, 100_000_000, **terms)
        desk.fill(decision.orders[0].id, 100_000_000, 6_000, fee="0.00099999", currency="BTC")
        desk.taken()
        if exits:
            desk.quote(5_000)
            (order_id,) = desk.submitted()
        else:
            order_id = desk.close(SELL)[0].orders[0].id
        assert desk.state(order_id).order.quantity == 99_900_000
        desk.fill(order_id, 99_900_000, 5_000)
        assert desk.net() == 1
        assert desk.refused(SELL, 0, closing=True) == ["SIZE_INCREMENT"]


def test_what_is_finer_than_the_step_turns_with_the_opening_part_of_a_reversal() -> None:
    desk = Desk(rules=OrderRules(step=10))
    desk.quote(10_000)
    desk.fill(desk.buy(20), 13, 10_000)
    desk.say(kinds.CANCELLED, "main-1-1")
    closing, opening = desk.want(SELL, 30)
    assert [order.quantity for order in (closing.orders[0], opening.orders[0])] == [10, 20]
    for decision in (closing, opening):
        desk.fill(decision.orders[0].id, decision.orders[0].quantity, 10_000)
    assert desk.net() == -17
    desk.fill(desk.close(BUY)[0].orders[0].id, 10, 10_000)
    (only,) = desk.want(BUY, 10)
    assert (only.orders[0].role, only.orders[0].quantity) == ("entry", 10)
