"""An opening whose time is over while everything is on its way out already."""

from __future__ import annotations

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.model import event as kinds
from tradewright.model.control import Timer
from tradewright.model.exit_plan import plan_from
from tradewright.model.order import STOP_LOSS, TAKE_PROFIT

SECOND_NS = 10**9
HOUR_NS = 3_600 * SECOND_NS


def test_a_time_exit_that_finds_nothing_left_to_close_uses_up_no_id() -> None:
    """An id that no record shows is one that a recovery would give again: its state would differ from the live one."""
    desk = Desk()
    desk.quote(10_000)
    desk.engine.plans["account:main"] = plan_from({"maxHoldingSeconds": 60})
    for _ in range(2):
        desk.filled(BUY, 10, 10_000)
    desk.close(SELL)
    newest = max(state.order.id for state in desk.engine.orders.values())
    desk.now += HOUR_NS
    desk.feed(Timer(desk.now, "wake"))
    assert max(state.order.id for state in desk.engine.orders.values()) == newest
    assert desk.engine.order_count == int(newest.rpartition("-")[2])


def test_the_time_of_one_opening_closes_nothing_of_another() -> None:
    """The first ten were closed by a close of ten: the second ten have their own time."""
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.engine.plans["account:main"] = plan_from({"maxHoldingSeconds": 60})
    desk.filled(BUY, 10, 10_000)
    desk.now += 50 * SECOND_NS
    second = desk.filled(BUY, 10, 10_000)
    (decision,) = desk.close(SELL, 10)
    desk.fill(decision.orders[0].id, 10, 10_000)
    desk.taken()
    desk.now += 11 * SECOND_NS
    desk.quote(10_000)
    assert desk.submitted() == []
    desk.now += 50 * SECOND_NS
    desk.quote(10_000)
    (close,) = desk.submitted()
    desk.fill(close, 10, 10_000)
    assert (desk.net(), desk.engine.guards, second in desk.engine.orders) == (0, {}, True)


def test_what_is_left_of_an_opening_is_closed_in_its_time_and_no_more() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.engine.plans["account:main"] = plan_from({"maxHoldingSeconds": 60})
    desk.filled(BUY, 10, 10_000)
    desk.now += 50 * SECOND_NS
    desk.filled(BUY, 10, 10_000)
    (decision,) = desk.close(SELL, 4)
    desk.fill(decision.orders[0].id, 4, 10_000)
    desk.taken()
    desk.now += 11 * SECOND_NS
    desk.quote(10_000)
    (close,) = desk.submitted()
    assert desk.state(close).order.quantity == 6


@pytest.mark.parametrize(
    ("side", "percent", "made"), [(SELL, 100, []), (SELL, 150, []), (SELL, 99, [100]), (BUY, 150, [25_000])]
)
def test_a_target_that_no_market_comes_to_is_not_made_and_heard_of(side: int, percent: int, made: list[int]) -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.engine.plans["account:main"] = plan_from({"takeProfitPercent": percent, "stopLossPercent": 5})
    desk.filled(side, 10, 10_000)
    exits = [state.order for state in desk.engine.orders.values() if state.order.role != "entry"]
    assert [order.limit_units for order in exits if order.role == TAKE_PROFIT] == made
    assert [order.role for order in exits].count(STOP_LOSS) == 1
    assert desk.alarms() == ([] if made else ["EXIT_UNREACHABLE"])


def test_a_plan_of_which_no_exit_can_be_made_makes_none_and_says_so_once() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.engine.plans["account:main"] = plan_from({"takeProfitPercent": 150})
    desk.filled(SELL, 10, 10_000)
    desk.quote(9_000)
    assert desk.alarms() == ["EXIT_UNREACHABLE"]
    assert len(desk.engine.orders) == 1


def overdue_behind(size: int) -> tuple[Desk, str]:
    """Twenty bought in two openings, of which the first is to go after a minute and a limit close of `size` waits for
    a price; that minute is over."""
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    desk.engine.plans["account:main"] = plan_from({"maxHoldingSeconds": 60})
    desk.filled(BUY, 10, 10_000)
    desk.engine.plans.clear()
    desk.filled(BUY, 10, 10_000)
    (decision,) = desk.close(SELL, size, limit_units=12_000)
    close = decision.orders[0].id
    desk.accept(close)
    desk.taken()
    desk.now += 61 * SECOND_NS
    desk.quote(10_000)
    return desk, close


@pytest.mark.parametrize("filled", [0, 3])
def test_what_another_close_holds_at_its_time_is_closed_when_that_is_taken_back(filled: int) -> None:
    desk, close = overdue_behind(20)
    assert desk.submitted() == []
    if filled:
        desk.fill(close, filled, 12_000)
    desk.now += HOUR_NS
    desk.quote(10_000)
    assert desk.submitted() == []
    desk.cancel(close)
    desk.taken()
    desk.say(kinds.CANCELLED, close)
    (out,) = desk.submitted()
    assert desk.state(out).order.quantity == 10 - filled
    desk.fill(out, 10 - filled, 10_000)
    desk.now += HOUR_NS
    desk.quote(10_000)
    assert (desk.submitted(), desk.net()) == ([], 10)


def test_at_its_time_what_no_other_close_holds_goes_and_the_rest_when_that_is_taken_back() -> None:
    desk, close = overdue_behind(15)
    (out,) = desk.submitted()
    assert desk.state(out).order.quantity == 5
    desk.fill(out, 5, 10_000)
    assert desk.submitted() == []
    desk.cancel(close)
    desk.taken()
    desk.say(kinds.CANCELLED, close)
    (rest,) = desk.submitted()
    assert desk.state(rest).order.quantity == 5
    desk.fill(rest, 5, 10_000)
    desk.quote(10_000)
    assert (desk.submitted(), desk.net()) == ([], 10)


def test_what_the_other_close_fills_is_not_closed_at_its_time_as_well() -> None:
    desk, close = overdue_behind(20)
    desk.fill(close, 20, 12_000)
    desk.now += HOUR_NS
    desk.quote(10_000)
    assert (desk.submitted(), desk.net(), desk.engine.guards) == ([], 0, {})


def test_a_close_at_its_time_that_waits_for_another_takes_nothing_of_another_strategy() -> None:
    desk, close = overdue_behind(20)
    desk.filled(BUY, 10, 10_000, strategy="other")
    desk.fill(close, 14, 12_000)
    desk.cancel(close)
    desk.taken()
    desk.say(kinds.CANCELLED, close)
    assert (desk.submitted(), desk.net(), desk.net("other")) == ([], 6, 10)
