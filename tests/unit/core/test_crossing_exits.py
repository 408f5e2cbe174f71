"""Exits of openings that met the other side: what an opening closed needs no guard."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.model import event as kinds
from tradewright.model.command import Replace
from tradewright.model.exit_plan import plan_from
from tradewright.model.order import STOP, STOP_LOSS, Order

PRICE = 10_000


def exits(desk: Desk) -> list[Order]:
    return [desk.state(order_id).order for order_id in desk.submitted()]


def grown(desk: Desk) -> list[tuple[str, int]]:
    return [(command.order_id, command.quantity) for command in desk.taken() if isinstance(command, Replace)]


def planned(plan: dict[str, int], **terms: Any) -> tuple[Desk, str]:
    """A stop that sells 75, with a plan, rests from when nothing was held; by the time it fills 50 are long."""
    desk = Desk(account_of(leverage=10, **terms))
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


def test_at_a_venue_that_links_them_they_grow_with_what_their_opening_brings() -> None:
    """The venue lets them fill as far as their opening has: it does not know what of that had closed the other side."""
    desk, short = planned({"stopLossPercent": 5})
    desk.fill(short, 60, PRICE - 500)
    (stop,) = exits(desk)
    desk.accept(stop.id)
    assert (desk.net(), stop.quantity) == (-10, 10)
    desk.taken()
    desk.fill(short, 5, PRICE - 500)
    assert grown(desk) == [(stop.id, 15)]
    desk.fill(short, 10, PRICE - 500)
    assert grown(desk) == [], "one change at a time"
    desk.replaced(stop.id, 15, stop=stop.stop_units)
    assert grown(desk) == [(stop.id, 25)]
    desk.replaced(stop.id, 25, stop=stop.stop_units)
    desk.fill(stop.id, 25, PRICE)
    assert (desk.net(), grown(desk)) == (0, [])


def test_a_venue_that_lets_none_grow_is_not_asked_for_ever() -> None:
    desk, short = planned({"stopLossPercent": 5})
    desk.fill(short, 60, PRICE - 500)
    (stop,) = exits(desk)
    desk.accept(stop.id)
    desk.taken()
    desk.fill(short, 5, PRICE - 500)
    assert grown(desk) == [(stop.id, 15)]
    desk.say(kinds.REPLACE_REJECTED, stop.id, "NO")
    desk.fill(short, 10, PRICE - 500)
    assert grown(desk) == []


def test_they_do_not_grow_by_what_the_exits_linked_to_them_have_closed() -> None:
    """Otherwise what is closed of other openings as well would look as if it were still to guard, for ever."""
    desk, short = planned({"stopLossPercent": 5, "takeProfitPercent": 5})
    desk.fill(short, 60, PRICE - 500)
    stop, target = exits(desk)
    desk.accept(stop.id)
    desk.accept(target.id)
    more = desk.sell(100)
    desk.taken()
    desk.fill(more, 100, PRICE - 500)
    desk.fill(stop.id, 4, PRICE)
    desk.replaced(target.id, 6, limit=target.limit_units)
    assert (desk.net(), grown(desk)) == (-106, [])
    desk.fill(short, 5, PRICE - 500)
    assert grown(desk) == [(stop.id, 15), (target.id, 11)]


def test_a_venue_that_gives_less_than_was_asked_is_asked_again_after_a_fill_alone() -> None:
    desk, short = planned({"stopLossPercent": 5})
    desk.fill(short, 60, PRICE - 500)
    (stop,) = exits(desk)
    desk.accept(stop.id)
    desk.taken()
    desk.fill(short, 5, PRICE - 500)
    assert grown(desk) == [(stop.id, 15)]
    desk.replaced(stop.id, 12, stop=stop.stop_units)
    assert grown(desk) == []
    desk.fill(short, 5, PRICE - 500)
    assert grown(desk) == [(stop.id, 20)]
    desk.replaced(stop.id, 20, stop=stop.stop_units)
    assert grown(desk) == []


def test_held_here_they_have_room_for_what_their_opening_still_brings() -> None:
    desk, short = planned({"stopLossPercent": 5}, native_exits=False)
    desk.fill(short, 60, PRICE - 500)
    (stop,) = [state.order for state in desk.engine.orders.values() if state.order.parent == short]
    assert (desk.net(), stop.quantity, exits(desk)) == (-10, 10 + 15, [])
    desk.quote(stop.stop_units)
    assert [(order.id, order.quantity) for order in exits(desk)] == [(stop.id, 10)]


def test_an_opening_that_only_closed_has_none() -> None:
    desk, short = planned({"stopLossPercent": 5})
    desk.fill(short, 50, PRICE - 500)
    assert desk.net() == 0
    assert exits(desk) == []
    desk.say(kinds.CANCELLED, short)
    assert exits(desk) == []


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("by_plan", [True, False])
def test_exits_that_come_back_are_no_larger_than_what_their_opening_has_opened(by_plan: bool, late: bool) -> None:
    """Where no flag holds them back and the venue counts what their opening has filled, more of them would turn it
    round. What fills later is guarded by another. late: the end of those before is heard of after the fill."""
    desk = Desk(account_of(leverage=10))
    desk.engine.book("main", "other", desk.on()).trading = True
    desk.quote(PRICE)
    long = desk.buy(13, stop_units=PRICE + 100, type=STOP)
    if by_plan:
        desk.engine.plans["account:main"] = plan_from({"stopLossPercent": 5})
        (opening,) = desk.want(SELL, 20)
    else:
        (opening,) = desk.want(SELL, 20, stop_loss=PRICE + 500)
    short = opening.orders[0].id
    desk.fill(short, 4, PRICE)
    (stop,) = [order.id for order in exits(desk) if order.role == STOP_LOSS]
    desk.accept(stop)
    desk.taken()
    desk.fill(long, 13, PRICE + 100)
    assert desk.cancelled() == [(stop, "NOTHING_TO_GUARD")]
    if late:
        desk.fill(short, 15, PRICE)
        assert exits(desk) == []
        desk.say(kinds.CANCELLED, stop)
    else:
        desk.say(kinds.CANCELLED, stop)
        desk.taken()
        desk.fill(short, 15, PRICE)
    (again,) = exits(desk)
    assert (desk.net(), again.quantity) == (-6, 6)
    desk.accept(again.id)
    desk.taken()
    desk.fill(short, 1, PRICE)
    assert [(order.role, order.quantity) for order in exits(desk)] == [(STOP_LOSS, 1)]
