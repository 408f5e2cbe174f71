"""A strategy that turns a guarded position round at a venue without reduce-only: what holds the shares ends, what is
held is closed, and then the other side is opened, with exits of its own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.venues.floor import GUARD, STRATEGY, TURN, Floor, run
from tests.venues.stands.alpaca import AlpacaStand
from tests.venues.stands.mt5 import Mt5NettingStand
from tradewright.model.account import MARGIN, Account
from tradewright.model.event import REJECTED
from tradewright.model.order import BUY, STOP_LOSS, TAKE_PROFIT


class BracketDesk(AlpacaStand):
    """With exits that stand at the venue as legs of their opening."""

    terms = Account(
        "main", "A", "alpaca", kind=MARGIN, leverage=2, settles_ms=4_000, remote=True, reduce_only=False,
        native_exits=True, cash_decimals=2,
    )  # fmt: skip


@pytest.mark.parametrize("kind", [BracketDesk, AlpacaStand, Mt5NettingStand])
def test_a_guarded_long_turns_into_a_guarded_short_and_nothing_is_refused(kind: Any) -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(GUARD)
        held = floor.net(STRATEGY)
        assert held > 0
        await floor.tell(TURN)
        assert floor.net(STRATEGY) == -held
        assert floor.rows(REJECTED) == [] and floor.alarms() == []
        exits = [state.order for state in floor.engine.orders.values() if state.is_open()]
        assert [(order.role, order.side, order.quantity) for order in exits] == [
            (STOP_LOSS, BUY, held), (TAKE_PROFIT, BUY, held),
        ]  # fmt: skip
        await floor.agrees()

    run(kind, act)
