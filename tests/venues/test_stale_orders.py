"""An opening that nobody fills is cancelled at its venue when its time is over, though the market is silent."""

from __future__ import annotations

import asyncio

import pytest

from tests.venues.floor import REST, SECOND_NS, Floor, run
from tests.venues.roster import VENUES
from tests.venues.stand import NetStand
from tradewright.core.limits import limits_from
from tradewright.model.command import STALE_ORDER
from tradewright.model.event import CANCEL, CANCELLED

NETWORKS: dict[str, type[NetStand]] = {name: kind for name, kind in VENUES.items() if issubclass(kind, NetStand)}
#: Between two comparisons, each of which lets the engine look at the time.
SECONDS = 45


@pytest.mark.parametrize("venue", NETWORKS)
def test_an_opening_that_rests_too_long_is_cancelled_in_a_silent_market(venue: str) -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(REST)
        (id,) = floor.connected.orders_of("main").open()
        decided = floor.engine.orders[id].order.time
        await asyncio.sleep(SECONDS + 10)
        ((_, asked, order, code),) = floor.rows(CANCEL)
        assert (order, code) == (id, STALE_ORDER)
        assert 0 <= asked - decided - SECONDS * SECOND_NS < SECOND_NS // 10
        assert [row[2] for row in floor.rows(CANCELLED)] == [id]
        assert floor.connected.orders_of("main").open() == [] and floor.alarms() == []
        await floor.agrees()

    run(NETWORKS[venue], act, {"all": limits_from({"staleOrderSeconds": SECONDS})})
