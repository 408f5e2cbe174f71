"""An opening that comes before its market opens goes to its venue when it does, once, whatever happened meanwhile."""

from __future__ import annotations

import pytest

from tests.cases.scene import Scene, play
from tradewright.core.life_cycle import HELD
from tradewright.model.moment import moment_of

SECOND = 10**9
#: Venue, and half a minute before its market opens.
BEFORE = {"alpaca": "2026-03-09T13:29:30Z", "mt5-netting": "2026-02-15T21:59:30Z"}


@pytest.mark.parametrize("killed", [False, True], ids=["undisturbed", "killed while it waits"])
@pytest.mark.parametrize("venue", BEFORE)
def test_it_goes_when_the_market_opens_and_not_before(venue: str, killed: bool) -> None:
    start = moment_of(BEFORE[venue], "a moment")

    async def act(scene: Scene) -> None:
        turn = start + 30 * SECOND
        order = await scene.buy(1)
        assert scene.clock() < turn and scene.state(order).stage == HELD
        if killed:
            scene.stop("live-before-step")
            await scene.until(lambda: scene.engine.run == 2, 10)
            await scene.until(scene.ready, 10)
            assert scene.clock() < turn and scene.state(order).stage == HELD
        await scene.rest((turn - scene.clock()) / SECOND - 0.5)
        assert scene.posts() == []
        await scene.until(lambda: scene.status(order) == "FILLED", 10)
        assert scene.posts() == [order] and scene.made(order) == 1
        assert scene.net() == scene.there() != 0

    def limits(scene: Scene) -> None:
        scene.limits = {"requireMarketSession": True, "queueWhenClosed": True}

    play(venue, act, setting=limits, start=start)
