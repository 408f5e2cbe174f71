"""Exits of openings that met the other side: what an opening closed needs no guard."""

from __future__ import annotations

from tests.unit.core.desk import BUY, Desk, account_of
from tradewright.model import event as kinds
from tradewright.model.exit_plan import plan_from
from tradewright.model.order import STOP, Order

PRICE = 10_000


def exits(desk: Desk) -> list[Order]:
    return [desk.state(order_id).order for order_id in desk.submitted()]


def planned(plan: dict[str, int]) -> tuple[Desk, str]:
    """A stop that sells 75, with a plan, rests from when nothing was held; by the time it fills 50 are long."""
    desk = Desk(account_of(leverage=10))
    desk.engine.plans["account:main"] = plan_from(plan)
    desk.quote(PRICE)
    short = desk.sell(75, stop_units=PRICE - 500, type=STOP)
    desk.engine.plans.clear()
    desk.filled(BUY, 50, PRICE)
    desk.taken()
    return desk, short


def test_exits_of_a_plan_guard_what_is_left_of_their_opening() -> None:
    desk, short = planned({"stopLossPercent": 5, "takeProfitPercent": 5})
    desk.fill(short, 75, PRICE - 500)
    assert desk.net() == -25
    stop, target = exits(desk)
    assert [(order.side, order.quantity) for order in (stop, target)] == [(BUY, 25), (BUY, 25)]
    desk.fill(stop.id, 25, PRICE)
    assert desk.net() == 0


def test_they_have_room_for_what_their_opening_still_brings() -> None:
    desk, short = planned({"stopLossPercent": 5})
    desk.fill(short, 60, PRICE - 500)
    (stop,) = exits(desk)
    assert stop.quantity == 10 + 15
    desk.fill(short, 15, PRICE - 500)
    desk.fill(stop.id, 25, PRICE)
    assert desk.net() == 0


def test_an_opening_that_only_closed_has_none() -> None:
    desk, short = planned({"stopLossPercent": 5})
    desk.fill(short, 50, PRICE - 500)
    assert desk.net() == 0
    assert exits(desk) == []
    desk.say(kinds.CANCELLED, short)
    assert exits(desk) == []
