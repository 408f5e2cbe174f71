"""Exits that a person sets take the place of those that are there only where every one of them is granted."""

from __future__ import annotations

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.model import event as kinds
from tradewright.model.control import ProtectRequested, RulesChanged
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.instrument import OrderRules
from tradewright.model.order import STOP_LOSS, TAKE_PROFIT


def desk_of(rules: OrderRules | None = None, size: int = 80, times: int = 2) -> Desk:
    """So many openings of a size, each with a stop at its venue."""
    desk = Desk(account_of(leverage=10), rules=rules)
    desk.quote(10_000)
    for _ in range(times):
        (decision,) = desk.want(BUY, size, stop_loss=9_000)
        entry, stop = (order.id for order in decision.orders)
        desk.accept(entry)
        desk.fill(entry, size, 10_000)
        desk.accept(stop)
    desk.taken()
    return desk


def protect(desk: Desk, stop: int = 0, target: int = 0) -> list[Event]:
    event = ProtectRequested(desk.tick(), "main", "s", "ACME", stop, target, 0, 0, "ann", "tighter")
    desk.engine.apply(event)
    return desk.took(event, desk.engine.protect(event))


def exits(desk: Desk) -> list[tuple[str, int, int]]:
    return [
        (hold.order.role, hold.order.quantity, hold.order.stop_units or hold.order.limit_units)
        for hold in desk.engine.holds.holds.values()
        if desk.state(hold.order.id).cancel == 0
    ]


def test_what_is_larger_than_the_venue_s_largest_order_is_guarded_in_parts() -> None:
    desk = desk_of(OrderRules(size_max=100))
    protect(desk, stop=9_500, target=11_000)
    assert exits(desk) == [
        (STOP_LOSS, 100, 9_500), (TAKE_PROFIT, 100, 11_000), (STOP_LOSS, 60, 9_500), (TAKE_PROFIT, 60, 11_000),
    ]  # fmt: skip
    groups = [hold.order.group for hold in desk.engine.holds.holds.values() if hold.order.stop_units == 9_500]
    assert len(set(groups)) == 2 and "" not in groups
    assert desk.alarms() == []


def test_where_a_rule_refuses_one_the_exits_that_are_there_stay() -> None:
    """What is held has become less than the venue's step."""
    desk = desk_of(size=5, times=1)
    desk.feed(RulesChanged(desk.tick(), 0, list(OrderRules(step=10).row())))
    outputs = protect(desk, stop=9_500, target=11_000)
    assert exits(desk) == [(STOP_LOSS, 5, 9_000)]
    assert desk.cancelled() == []
    (decision,) = [output for output in outputs if isinstance(output, Decision)]
    assert [check.code for check in decision.refusals] == ["SIZE_INCREMENT"]
    assert desk.alarms() == ["EXITS_REFUSED"]


def test_what_a_close_at_work_takes_is_left_out() -> None:
    desk = desk_of(times=1)
    (decision,) = desk.close(SELL, 30, limit_units=12_000)
    desk.say(kinds.CANCELLED, desk.cancelled()[0][0])
    protect(desk, stop=9_500, target=11_000)
    assert exits(desk) == [("exit", 30, 12_000), (STOP_LOSS, 50, 9_500), (TAKE_PROFIT, 50, 11_000)]
    assert desk.state(decision.orders[0].id).is_open()
