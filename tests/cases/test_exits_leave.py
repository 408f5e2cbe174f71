"""An exit leaves: whatever stands against it, and however long it can not be sent. And what is not wanted any more does
not."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.cases.scene import CANCEL, Scene, play
from tradewright.core.life_cycle import WORKING
from tradewright.model.control import EVERYTHING, HALTED, TradingStateSet
from tradewright.model.errors import NotSent
from tradewright.model.event import REPLACE_REJECTED
from tradewright.ports import HttpAnswer, HttpRequest
from tradewright.sim.wire.faults import DELAY_ANSWER, Fault

everywhere = pytest.mark.parametrize("venue", ["alpaca", "mt5-netting", "mt5-hedging"])


@pytest.mark.parametrize("status", [403, 422])
@pytest.mark.parametrize("how", ["stop", "close"])
def test_at_alpaca_an_exit_makes_our_own_openings_on_the_other_side_give_way(how: str, status: int) -> None:
    """Alpaca takes no order at the market while one of the same account rests on the other side; it says so in one of
    two forms."""

    async def act(scene: Scene) -> None:
        scene.stand.site.knobs.wash_unprocessable = status == 422
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
        posts = Counter(scene.posts())
        (twice,) = [id for id, times in posts.items() if times > 1]
        assert posts[twice] == 2 and twice not in (long, *resting)

    play("alpaca", act)


class NoWayOut:
    """For a while no connection can be made for what trades; questions and streams pass."""

    def __init__(self, scene: Scene) -> None:
        self._request = scene.transport.request
        self._scene = scene
        setattr(scene.transport, "request", self.request)  # noqa: B010

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        if request.method != "GET":
            raise NotSent("connection refused")
        return await self._request(request, timeout)

    def end(self) -> None:
        setattr(self._scene.transport, "request", self._request)  # noqa: B010


@pytest.mark.parametrize("seconds", [1, 30])
@everywhere
def test_a_held_stop_that_can_not_be_sent_goes_as_soon_as_it_can(venue: str, seconds: int) -> None:
    """What was not sent can not be there twice."""

    async def act(scene: Scene) -> None:
        stop = {"stop_loss": scene.price("-1"), "take_profit": scene.price("5")}
        long = await scene.buy(10, **(stop if venue != "mt5-hedging" else {}))
        await scene.until(lambda: scene.status(long) == "FILLED")
        way = NoWayOut(scene)
        if venue == "mt5-hedging":
            await scene.tell(lambda strategy: strategy.close())
        else:
            scene.move("-2")
        await scene.rest(3 + seconds)
        assert scene.net() > 0
        way.end()
        await scene.until(lambda: scene.net() == 0, 5)
        assert scene.there() == 0

    play(venue, act)


@pytest.mark.parametrize("venue", ["mt5-netting", "mt5-hedging"])
def test_at_mt5_an_exit_whose_price_has_moved_is_asked_for_until_it_is_done(venue: str) -> None:
    async def act(scene: Scene) -> None:
        long = await scene.buy(10)
        await scene.until(lambda: scene.status(long) == "FILLED")
        scene.stand.site.broker.knobs.retcodes = [10004] * 9
        await scene.tell(lambda strategy: strategy.close())
        await scene.until(lambda: scene.net() == 0, 20)
        assert scene.there() == 0
        closes = scene.requests("POST /api/v1/trades/")[1:]
        assert len(closes) == 10
        assert all(b'"deviation_points":100' in request.body for _, request in closes)

    play(venue, act)


@everywhere
def test_a_close_that_can_not_be_sent_ends_when_it_is_cancelled(venue: str) -> None:
    async def act(scene: Scene) -> None:
        long = await scene.buy(10)
        await scene.until(lambda: scene.status(long) == "FILLED")
        way = NoWayOut(scene)
        close = await scene.tell(lambda strategy: strategy.close())
        await scene.rest(10)
        assert scene.state(close).is_open()
        await scene.cancel(close)
        await scene.until(lambda: not scene.state(close).is_open(), 10)
        way.end()
        await scene.rest(10)
        assert scene.posts(close) == [] and scene.net() > 0

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
        assert (scene.status(opening), scene.state(opening).code) == ("CANCELLED", "CANCELLED_HERE")
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
