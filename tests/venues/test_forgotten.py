"""An order that ended a day ago is gone from memory, and what its venue fills of it then is booked all the same, to the
strategy that ordered it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.cases.scene import Scene, play
from tradewright.adapters.venue.mt5 import Polling
from tradewright.app.connected import Sync
from tradewright.core.life_cycle import WORKING
from tradewright.model.event import FILLED
from tradewright.sim.wire.trouble import LATE_FILL

DAY = 86_400.0
#: An MT5 account is asked so seldom meanwhile, seconds: nothing happens there.
SELDOM = 900.0
#: Those that are asked again and again all day long.
LONG = [pytest.param(venue, marks=pytest.mark.long) for venue in ("alpaca", "mt5-hedging", "mt5-netting")]


@pytest.mark.parametrize("venue", ["binance", *LONG])
def test_a_day_after_its_end_an_order_is_forgotten_and_a_fill_of_it_is_booked(venue: str) -> None:
    async def act(scene: Scene) -> None:
        scene.floor.sync = Sync(positions=3_600.0)
        order = await scene.buy(4, limit=scene.price("-3"))
        await scene.until(lambda: scene.state(order).stage == WORKING)
        await scene.cancel(order)
        await scene.until(lambda: scene.status(order) == "CANCELLED")
        scene.market.pace = 1_800
        if scene.venue == "mt5":
            client: Any = scene.client
            client._polling, client._prices._seconds = replace(client._polling, idle=SELDOM), SELDOM
        await scene.rest(DAY - 600)
        assert order in scene.engine.orders
        await scene.rest(3_600)
        scene.market.pace = 1
        if scene.venue == "mt5":
            client._polling, client._prices._seconds = Polling(), 1.0
            await scene.rest(SELDOM)
        await scene.rest(5)
        assert order not in scene.engine.orders and order not in scene.engine.holds.over
        before = scene.net()
        assert before == scene.there() and scene.inject(LATE_FILL)
        least = before + scene.units(4) * 99 // 100
        await scene.until(lambda: scene.net() == scene.there() >= least, 30)
        books = scene.engine.ledger.books.values()
        held = {book.strategy: book.net for book in books if book.net and book.instrument.symbol == scene.symbol}
        # At Binance its fee is taken from what came in.
        assert held["restless"] >= scene.units(4) * 99 // 100
        assert scene.status(order) == "FILLED" and scene.alarms["LATE_FILL"] == 1
        assert not {"UNKNOWN_ORDER", "POSITION_DRIFT", "FOREIGN_ORDER"} & scene.alarms.keys()
        fills: list[Any] = [event for event in scene.heard if event.kind == FILLED]
        assert sum(fill.size_units for fill in fills) == scene.units(4)

    play(venue, act)
