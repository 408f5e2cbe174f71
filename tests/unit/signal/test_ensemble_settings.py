"""Each setting of an ensemble decides: two runs that differ in it alone do not order the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.signal.panel import SECOND, Desk, orders
from tradewright.model.answer import SignalReceived
from tradewright.signal.ensemble import Ensemble
from tradewright.signal.strategy import declared_fields

BASE: dict[str, Any] = {
    "services": {"ml": {"weight": 1}}, "threshold": 0.3, "decide_on": "cycle", "shorts": True,
    "validators": {"trend": {"length": 3}}, "max_age_seconds": 150,
}  # fmt: skip
#: By field: what is set instead. "members" is changed by the weight of one of them.
CHANGED: dict[str, Any] = {
    "members": 0,
    "services": {},
    "validators": {},
    "validator_enabled": False,
    "strategy_weight_balance": 0.1,
    "threshold": 0.35,
    "decide_on": "bar",
    "cycle_seconds": 30,
    "max_age_seconds": 50,
    "percent": 20.0,
    "shorts": False,
}
BUY, SELL, HOLD = ["BUY", 0.7], ["SELL", 0.7], ["HOLD", 0.5]
WORDS = [BUY, HOLD, SELL, SELL, None, BUY, None, SELL, BUY, HOLD, None, SELL]
OTHERS = [BUY, BUY, SELL, HOLD, SELL, None, BUY, SELL, SELL, BUY, BUY, None]
PRICES = [1000, 1010, 1005, 990, 1000, 1020, 1030, 1010, 1000, 1005, 1020, 990]


def played(weight: int, settings: dict[str, Any]) -> list[tuple[object, ...]]:
    """What the ensemble ordered, with sizes, in a dozen minutes of bars, answers and cycles."""
    desk = Desk({"a": (weight, {"ACME": WORDS}), "b": (1, {"ACME": OTHERS})}, **settings)
    for minute, price in enumerate(PRICES, 1):
        desk.bar("ACME", minute, price)
        if minute % 3:
            action = 1 if minute % 4 < 2 else -1
            desk.feed(SignalReceived(desk.now, "ml", desk.instrument("ACME"), action, 600_000, "", "v", desk.now))
        desk.cycle(desk.now + SECOND)
    made = []
    for event, outputs in desk.records:
        made += [(*order, event.time) for order in orders(outputs)]
    sizes = [state.order.quantity for _, state in sorted(desk.trader.engine.orders.items())]
    return [*made, tuple(sizes)]


def test_the_base_orders_on_both_sides() -> None:
    *made, sizes = played(1, BASE)
    assert {side for _, side, _, _ in made} == {1, -1}
    assert len(sizes) > 3


@pytest.mark.parametrize("field", CHANGED)
def test_a_run_that_differs_in_one_setting_decides_differently(field: str) -> None:
    changed = played(CHANGED[field], BASE) if field == "members" else played(1, BASE | {field: CHANGED[field]})
    assert changed != played(1, BASE)


def test_no_setting_is_without_such_a_pair() -> None:
    assert set(declared_fields(Ensemble)) == set(CHANGED)
