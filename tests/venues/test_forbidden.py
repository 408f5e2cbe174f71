"""A venue that shows nothing, forbids everything, or sends no market data, while its stream of events stands: whoever
runs the engine hears of it, and nothing opens behind it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.venues import floor
from tests.venues.floor import BUY, STRATEGY, Floor
from tests.venues.roster import VENUES
from tradewright.core.reconcile import CONNECTION_LOST, FAILURES_MAX, RECONCILIATION_FAILED
from tradewright.model.event import ALARM, SNAPSHOT_FAILED
from tradewright.sim.wire.faults import DISCONNECT, ERROR_BEFORE, Fault

SECOND_NS = 10**9
#: What takes market data away and leaves the account's own reports alone.
AWAY = {
    "binance": Fault(DISCONNECT, "/stream", times=0),
    "alpaca": Fault(DISCONNECT, "/v2/iex", times=0),
    "ccxt": Fault(ERROR_BEFORE, "GET /api/v3/depth", times=0),
}


def test_an_account_that_its_venue_does_not_show_for_long_opens_nothing_and_is_told_of() -> None:
    async def act(one: Floor) -> None:
        async def nothing() -> Any:
            await asyncio.Event().wait()

        one.client.snapshot = nothing  # type: ignore[method-assign]
        begun = one.clock()
        await asyncio.sleep(150)
        failed = one.rows(SNAPSHOT_FAILED, begun)
        assert len(failed) >= FAILURES_MAX and "within 30 s" in failed[0][3]
        assert one.alarms(begun) == [RECONCILIATION_FAILED]
        assert not one.ready
        del one.client.snapshot  # type: ignore[attr-defined]
        await one.until(lambda: one.ready, 70)
        await one.tell(BUY)
        assert one.net(STRATEGY) > 0

    floor.run(VENUES["binance"], act)  # type: ignore[arg-type]


def test_under_a_ban_the_account_is_down_with_an_alarm_until_it_was_looked_at_again() -> None:
    async def act(one: Floor) -> None:
        site: Any = one.stand.site
        begun = one.clock()
        site.venue.limits.address("127.0.0.1").banned_until = begun + 600 * SECOND_NS
        await one.until(lambda: CONNECTION_LOST in one.alarms(begun), 40)
        assert not one.ready
        told = next(row for row in one.rows(ALARM, begun) if row[2] == CONNECTION_LOST)
        assert "forbids every request" in str(told) and "418" in str(told)
        await asyncio.sleep(500)
        assert not one.ready
        await one.until(lambda: one.ready, 150)
        assert one.clock() > begun + 600 * SECOND_NS

    floor.run(VENUES["binance"], act)  # type: ignore[arg-type]


@pytest.mark.parametrize("venue", AWAY)
def test_an_account_whose_market_data_stays_away_opens_nothing_and_is_told_of(venue: str) -> None:
    async def act(one: Floor) -> None:
        begun, plan = one.clock(), one.stand.faulty.plan
        plan.add(AWAY[venue])
        one.stand.move(0)
        await one.until(lambda: CONNECTION_LOST in one.alarms(begun), 30)
        assert not one.ready
        (told,) = one.rows(ALARM, begun)
        assert "no market data for 10 s" in str(told)
        await asyncio.sleep(120)
        assert not one.ready and one.alarms(begun) == [CONNECTION_LOST]
        plan.faults.clear()
        await one.until(lambda: one.ready, 60)
        await one.tell(BUY)
        assert one.net(STRATEGY) > 0

    floor.run(VENUES[venue], act)  # type: ignore[arg-type]
