"""What filled and what is left of it: cancels too late, partial fills, changed orders, flips, fees in the base and the
last step of a size."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.scene import PLACE, VENUES, Scene, play
from tradewright.core.life_cycle import WORKING
from tradewright.model.control import EVERYTHING, HALTED, TradingStateSet
from tradewright.model.event import CANCEL_REJECTED, CANCELLED, OUTCOME_UNKNOWN
from tradewright.sim.wire.faults import LOSE_ANSWER, LOSE_REQUEST, Fault

#: Where orders are looked up.
LOOK_UPS = {
    "alpaca": ("/v2/orders", "/v2/account/activities"),
    "binance": ("/api/v3/order", "/api/v3/openOrders", "/api/v3/myTrades"),
    "mt5": ("/api/v1/orders", "/api/v1/pending-orders", "/api/v1/history/"),
}

everywhere = pytest.mark.parametrize("venue", list(VENUES))


async def resting(scene: Scene, parts: int = 10, percent: str = "-1", **terms: Any) -> str:
    """A bid at work."""
    order = await scene.buy(parts, limit=scene.price(percent), **terms)
    await scene.until(lambda: scene.state(order).stage == WORKING)
    return order


@everywhere
def test_case_hummingbot_3374_orders_without_an_answer_are_found_and_cancelled(venue: str) -> None:
    """17 · hummingbot#3374: network errors, and six forgotten orders that all filled. What the market takes is booked,
    and a kill reaches the rest, though no answer has ever said that they are there."""

    async def act(scene: Scene) -> None:
        scene.mute()
        scene.fault(Fault(LOSE_ANSWER, PLACE[scene.venue], times=6))
        size, prices = scene.size(2), [scene.price(f"-{percent}") for percent in range(1, 7)]
        orders = await scene.tell(lambda strategy: [strategy.buy(size, limit=price) for price in prices])
        for path in LOOK_UPS[scene.venue]:
            scene.fault(Fault(LOSE_REQUEST, f"GET {path}", times=0))
        await scene.until(lambda: all(OUTCOME_UNKNOWN in scene.kinds(id) for id in orders))
        scene.move("-3.5")
        await scene.rest(3)
        scene.floor.deliver(TradingStateSet(scene.clock(), EVERYTHING, HALTED, "ann", "kill"))
        await scene.rest(1)
        scene.plan.faults.clear()
        await scene.until(lambda: scene.stand.truth(scene.instruments).working == [], 30)
        ends = ["FILLED"] * 3 + ["CANCELLED"] * 3
        await scene.until(lambda: [scene.status(id) for id in orders] == ends, 30)
        assert sorted(scene.posts()) == orders
        assert scene.net() == scene.there()

    play(venue, act)


@everywhere
@pytest.mark.parametrize("parts", [10, 4])
def test_case_freqtrade_1858_what_filled_before_its_cancel_is_not_bought_again(venue: str, parts: int) -> None:
    """18 · freqtrade#1858, passivbot#514: cancelled and filled all the same; the cancel was refused, and it was bought
    again. A refused cancel is looked into, and fills win; so they do where only a part had filled."""

    async def act(scene: Scene) -> None:
        order = await resting(scene)
        scene.mute()
        scene.show(parts)
        before = scene.there()
        scene.move("-2")
        await scene.until(lambda: scene.there() != before)
        scene.move("0")
        await scene.cancel(order)
        await scene.until(lambda: not scene.state(order).is_open() and scene.state(order).cancel == 0, 15)
        assert scene.state(order).filled == scene.units(parts)
        assert (scene.status(order), CANCELLED in scene.kinds(order)) == (
            ("FILLED", False) if parts == 10 else ("PARTIALLY_FILLED", True)
        )
        refused = [filled for kind, _, filled in scene.course[order] if kind == CANCEL_REJECTED]
        assert refused in ([], [scene.units(parts)]), "what it filled is told before the refusal"
        assert scene.net() == scene.there() > before
        assert scene.posts() == [order]

    play(venue, act)


@everywhere
def test_case_freqtrade_8374_an_exit_sells_what_was_bought_and_no_more(venue: str) -> None:
    """19 · freqtrade#8374, #12343: a part filled, the rest was cancelled, and the exit was as large as the whole order:
    172.1 asked for, 196.5 sold. The exit leaves the moment the end is told."""

    async def act(scene: Scene) -> None:
        held = scene.net()
        order = await resting(scene)
        scene.mute()
        scene.show(4)
        before = scene.there()
        scene.move("-2")
        await scene.until(lambda: scene.there() != before)
        scene.move("0")
        scene.show(0)
        await scene.cancel(order)
        await scene.until(lambda: CANCELLED in scene.kinds(order))
        bought = scene.there()
        await scene.tell(lambda strategy: strategy.close())
        await scene.until(lambda: scene.net() < before + scene.units(2), 10)
        await scene.rest(5)
        assert scene.units(4) * 99 // 100 <= bought - scene.there() <= scene.units(4)
        assert held <= scene.net() == scene.there() < held + scene.units(1) // 10

    play(venue, act)
