"""A stop that somebody takes off at the venue is told, and it is back there when its pair was looked up."""

from __future__ import annotations

import asyncio

from tests.venues.floor import GUARD, Floor, run
from tests.venues.test_open_trades import HedgingDesk
from tradewright.model.event import ALARM, CANCELLED, SUBMIT
from tradewright.model.order import STOP_LOSS

SECOND_NS = 10**9


def test_a_stop_that_a_person_takes_off_is_told_and_comes_back_though_the_market_is_silent() -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(GUARD)
        await asyncio.sleep(10)
        broker = floor.stand.site.broker  # type: ignore[attr-defined]
        (position,) = broker.positions
        stop, position.sl = position.sl, 0
        broker.guard(position)
        floor.stand.pump()
        await asyncio.sleep(120)
        assert position.sl == stop > 0
        (ended,) = [row[1] for row in floor.rows(CANCELLED)]
        (told,) = [row[1] for row in floor.rows(ALARM) if row[2] == "EXIT_LOST"]
        (back,) = [row[1] for row in floor.rows(SUBMIT, ended)]
        assert back == told and SECOND_NS <= back - ended < 1.5 * SECOND_NS
        (again,) = [
            state for state in floor.engine.orders.values() if state.is_open() and state.order.role == STOP_LOSS
        ]
        assert again.order.stop_units == stop * 100 and floor.ready
        await floor.agrees()

    run(HedgingDesk, act)
