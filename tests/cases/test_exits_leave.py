"""An exit leaves: whatever stands against it, and however long it can not be sent. And what is not wanted any more does
not."""

from __future__ import annotations

import pytest

from tests.cases.scene import CANCEL, Scene, play
from tradewright.core.life_cycle import WORKING
from tradewright.model.control import EVERYTHING, HALTED, TradingStateSet
from tradewright.model.event import REPLACE_REJECTED
from tradewright.sim.wire.faults import DELAY_ANSWER, Fault

everywhere = pytest.mark.parametrize("venue", ["alpaca"])


@pytest.mark.parametrize("how", ["stop", "close"])
def test_at_alpaca_an_exit_makes_our_own_openings_on_the_other_side_give_way(how: str) -> None:
    """Alpaca takes no order at the market while one of the same account rests on the other side."""

    async def act(scene: Scene) -> None:
        long = await scene.buy(10, stop_loss=scene.price("-1"), take_profit=scene.price("5"))
        await scene.until(lambda: scene.status(long) == "FILLED")
        resting = [await scene.buy(parts, limit=scene.price("-4")) for parts in (3, 2)]
        await scene.until(lambda: all(scene.state(one).stage == WORKING for one in resting))
        if how == "stop":
            scene.move("-2")
        else:
            await scene.tell(lambda strategy: strategy.close())
        await scene.until(lambda: scene.net() == 0, 30)
        assert scene.there() == 0
        assert [(scene.status(one), scene.state(one).code) for one in resting] == [("CANCELLED", "MADE_WAY")] * 2

    play("alpaca", act)


@pytest.mark.parametrize("seconds", [1, 30])
@everywhere
def test_a_held_stop_that_can_not_be_sent_goes_as_soon_as_it_can(venue: str, seconds: int) -> None:
    """The name of the venue means nothing to anybody for a while: what was not sent can not be there twice."""

    async def act(scene: Scene) -> None:
        stop = {"stop_loss": scene.price("-1"), "take_profit": scene.price("5")}
        long = await scene.buy(10, **(stop if venue != "mt5-hedging" else {}))
        await scene.until(lambda: scene.status(long) == "FILLED")
        held = scene.transport.venues.pop(scene.venue)
        if venue == "mt5-hedging":
            await scene.tell(lambda strategy: strategy.close())
        else:
            scene.move("-2")
        await scene.rest(seconds)
        assert scene.net() > 0
        scene.transport.venues[scene.venue] = held
        held.settle()
        await scene.until(lambda: scene.net() == 0, 15)
        assert scene.there() == 0
        assert len(scene.posts()) <= 2

    play(venue, act)


def test_at_alpaca_an_opening_that_waits_for_a_close_does_not_leave_once_it_is_cancelled() -> None:
    async def act(scene: Scene) -> None:
        long = await scene.buy(10)
        await scene.until(lambda: scene.status(long) == "FILLED")
        scene.show(1)
        await scene.rest(2)
        await scene.tell(lambda strategy: strategy.sell(scene.size(20)))
        await scene.rest(1)
        before = len(scene.posts())
        opening = next(id for id, state in scene.engine.orders.items() if state.is_open() and not scene.posts(id))
        scene.floor.deliver(TradingStateSet(scene.clock(), EVERYTHING, HALTED, "ann", "kill"))
        await scene.rest(14)
        assert len(scene.posts()) == before
        assert (scene.status(opening), scene.state(opening).code) == ("REJECTED", "WITHDRAWN")
        scene.show(0)
        await scene.until(lambda: scene.net() == 0)

    play("alpaca", act)


@everywhere
def test_the_next_part_of_a_changed_opening_does_not_leave_once_it_is_cancelled(venue: str) -> None:
    async def act(scene: Scene) -> None:
        order = await scene.buy(10, limit=scene.price("-4"))
        await scene.until(lambda: scene.state(order).stage == WORKING)
        scene.fault(Fault(DELAY_ANSWER, CANCEL[scene.venue], seconds=3))
        await scene.tell(lambda strategy: strategy.modify(order, size=scene.size(8)))
        await scene.tell(lambda strategy: strategy.cancel(order))
        await scene.until(lambda: not scene.state(order).is_open(), 30)
        await scene.rest(5)
        assert REPLACE_REJECTED in scene.kinds(order)
        assert scene.posts() == [order]
        assert scene.status(order) == "CANCELLED"

    play(venue, act)
