"""An opening whose time is over while everything is on its way out already."""

from __future__ import annotations

from tests.unit.core.desk import BUY, SELL, Desk
from tradewright.model.control import Timer
from tradewright.model.exit_plan import plan_from

HOUR_NS = 3_600 * 10**9


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
