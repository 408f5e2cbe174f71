"""A close takes the place of the exits of the same lots only when it is granted, and leaves nothing unguarded."""

from __future__ import annotations

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.model import event as kinds
from tradewright.model.instrument import OrderRules
from tradewright.model.order import LIMIT, STOP, STOP_LOSS


def guarded(desk: Desk, size: int) -> tuple[str, str]:
    """A filled long and its stop, working at the venue."""
    (decision,) = desk.want(BUY, size, stop_loss=9_000)
    entry, stop = (order.id for order in decision.orders)
    desk.accept(entry)
    desk.fill(entry, size, 10_000)
    desk.accept(stop)
    return entry, stop


def test_a_close_that_is_refused_leaves_the_stops_where_they_are() -> None:
    desk = Desk(account_of(), cash="100000")
    desk.quote(10_000)
    _, stop = guarded(desk, 10)
    (decision,) = desk.close(SELL, 11)
    assert [check.code for check in decision.refusals] == ["REDUCE_ONLY"]
    assert desk.cancelled() == []
    assert desk.state(stop).is_open()
    (decision,) = desk.close(SELL, 10)
    assert decision.approved
    assert desk.cancelled() == [(stop, "CLOSING")]


def test_what_is_larger_than_the_venue_s_largest_order_is_closed_in_parts() -> None:
    desk = Desk(account_of(), rules=OrderRules(size_max=100), cash="100000")
    desk.quote(10_000)
    stops = [guarded(desk, 100)[1], guarded(desk, 60)[1]]
    decisions = desk.close(SELL)
    assert [(decision.approved, decision.orders[0].quantity) for decision in decisions] == [(True, 100), (True, 60)]
    assert [order_id for order_id, _ in desk.cancelled()] == stops


def test_a_reversal_closes_in_parts_and_opens_with_the_rest() -> None:
    desk = Desk(account_of(), rules=OrderRules(size_max=100), cash="100000")
    desk.quote(10_000)
    stops = [guarded(desk, 100)[1], guarded(desk, 60)[1]]
    decisions = desk.want(SELL, 200)
    assert [(decision.approved, decision.orders[0].quantity) for decision in decisions] == [
        (True, 100), (True, 60), (True, 40),
    ]  # fmt: skip
    assert [order_id for order_id, _ in desk.cancelled()] == stops


def test_a_reversal_whose_closing_part_is_refused_opens_nothing_and_keeps_the_stop() -> None:
    desk = Desk(account_of(), rules=OrderRules(tick=10), cash="100000")
    desk.quote(10_000)
    _, stop = guarded(desk, 100)
    closing, opening = desk.want(SELL, 150, limit_units=10_001)
    assert [check.code for check in closing.refusals] == ["PRICE_INCREMENT"]
    assert [check.code for check in opening.refusals] == ["PRICE_INCREMENT"]
    assert desk.cancelled() == []
    assert desk.state(stop).is_open()


def test_closing_what_a_bracket_has_filled_so_far_ends_the_rest_of_its_entry() -> None:
    desk = Desk(account_of(), cash="100000")
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 100, stop_loss=9_000)
    entry, stop = (order.id for order in decision.orders)
    desk.accept(entry)
    desk.fill(entry, 30, 10_000)
    desk.accept(stop)
    (decision,) = desk.close(SELL)
    assert decision.approved and decision.orders[0].quantity == 30
    assert desk.cancelled() == [(stop, "CLOSING"), (entry, "EXIT_OF_PART")]


def test_in_a_hedging_account_closing_one_lot_leaves_the_other_s_stop() -> None:
    desk = Desk(account_of(mode="hedging"), cash="100000")
    desk.quote(10_000)
    _, first = guarded(desk, 10)
    _, second = guarded(desk, 10)
    (decision,) = desk.close(SELL, 10)
    assert decision.approved
    assert desk.cancelled() == [(first, "CLOSING")]
    assert desk.state(second).is_open()


def test_what_is_held_in_finer_sizes_than_the_step_can_be_protected() -> None:
    desk = Desk(account_of(), rules=OrderRules(step=10), cash="100000")
    desk.quote(10_000)
    order_id = desk.buy(100)
    desk.fill(order_id, 95, 10_000)
    desk.say(kinds.CANCELLED, order_id)
    (decision,) = desk.close(SELL, 95, role=STOP_LOSS, type=STOP, stop_units=9_000)
    assert decision.approved and decision.orders[0].quantity == 90


def test_a_reversal_frees_a_resting_close_also_behind_a_close_on_its_way() -> None:
    desk = Desk(account_of(leverage=5))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    (resting,) = desk.close(SELL, 4, limit_units=15_000, type=LIMIT)
    desk.accept(resting.orders[0].id)
    first = desk.close(SELL, 3)[0].orders[0].id
    desk.taken()
    decisions = desk.want(SELL, 20)
    assert [decision.approved for decision in decisions] == [True, True]
    assert [(order.role, order.quantity) for decision in decisions for order in decision.orders] == [
        ("exit", 7),
        ("entry", 13),
    ]
    assert desk.cancelled() == [(resting.orders[0].id, "CLOSING")]
    desk.fill(first, 3, 10_000)
    desk.say(kinds.CANCELLED, resting.orders[0].id)
    for decision in decisions:
        desk.fill(decision.orders[0].id, decision.orders[0].quantity, 10_000)
    assert desk.net() == -13
