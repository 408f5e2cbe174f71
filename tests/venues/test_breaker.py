"""The circuit breaker at the wire: refusals and lost answers of a venue's client open it at the third in a row, only
what reduces leaves while it is open, and it closes by itself, half open at first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.cases.scene import PLACE, Scene, play
from tradewright.core.breakers import BREAKER_RESUMED, CIRCUIT_BREAKER
from tradewright.core.life_cycle import WORKING
from tradewright.model.control import ACTIVE, REDUCING, TradingStateChanged
from tradewright.model.event import NOT_FOUND, OUTCOME_UNKNOWN, REJECTED
from tradewright.model.report import FOUND
from tradewright.sim.wire.faults import LOSE_ANSWER, LOSE_REQUEST, Fault

VENUES = ("alpaca", "binance", "mt5-hedging", "mt5-netting")
SCOPE = "account:main"
ERRORS, COOLDOWN = 3, 20
Error = Callable[[Scene], Awaitable[None]]


def limited(scene: Scene) -> None:
    scene.limits = {"breakerErrors": ERRORS, "breakerCooldownSeconds": COOLDOWN}


def state(scene: Scene) -> tuple[int, str]:
    engine = scene.engine
    return engine.states.get(SCOPE, ACTIVE), engine.causes.get(SCOPE, "")


async def refused(scene: Scene) -> None:
    """A stop that the market has passed already, which Binance and MT5 do not take; at Alpaca one in a share that is
    not traded now."""
    site: Any = scene.stand.site
    if scene.venue == "alpaca":
        site.assets.find(scene.symbol).status = "inactive"
    order = await scene.buy(1, stop=scene.price("-2"))
    await scene.until(lambda: REJECTED in scene.kinds(order))
    if scene.venue == "alpaca":
        site.assets.find(scene.symbol).status = "active"


async def lost(scene: Scene) -> None:
    """A request that never arrives, and whose answer nobody waits for any more."""
    scene.fault(Fault(LOSE_REQUEST, PLACE[scene.venue]))
    order = await scene.buy(1, limit=scene.price("-2"))
    await scene.until(lambda: scene.kinds(order)[-1:] == [NOT_FOUND] and not scene.state(order).is_open(), 90)
    assert scene.kinds(order)[0] == OUTCOME_UNKNOWN


async def unanswered(scene: Scene) -> None:
    """One that arrives, and whose answer does not; a look-up finds its order."""
    scene.fault(Fault(LOSE_ANSWER, PLACE[scene.venue]))
    order = await scene.buy(1, limit=scene.price("-2"))
    await scene.until(lambda: scene.state(order).stage == WORKING and not scene.state(order).has_unknown(), 90)
    assert scene.kinds(order)[0] == OUTCOME_UNKNOWN
    assert any(getattr(event, "code", "") == FOUND for event in scene.heard)


async def taken(scene: Scene) -> str:
    """An order that the venue takes at once."""
    order = await scene.buy(1, limit=scene.price("-3"))
    await scene.until(lambda: scene.state(order).stage == WORKING)
    return order


@pytest.mark.parametrize("error", [refused, lost], ids=["refused", "lost"])
@pytest.mark.parametrize("venue", VENUES)
def test_the_third_error_in_a_row_opens_it_and_the_second_does_not(venue: str, error: Error) -> None:
    async def act(scene: Scene) -> None:
        before = scene.net()
        held = await scene.buy(5)
        await scene.until(lambda: scene.status(held) == "FILLED")
        for _ in range(ERRORS - 1):
            await error(scene)
        assert state(scene) == (ACTIVE, "")
        await taken(scene)
        for _ in range(ERRORS - 1):
            await error(scene)
        assert state(scene) == (ACTIVE, "")
        await error(scene)
        assert state(scene) == (REDUCING, CIRCUIT_BREAKER)
        await only_what_reduces_leaves(scene, before)
        await scene.until(lambda: state(scene) == (ACTIVE, ""), COOLDOWN + 5)
        # Half open: one more is enough, and one that is taken closes it.
        await error(scene)
        assert state(scene) == (REDUCING, CIRCUIT_BREAKER)
        await scene.until(lambda: state(scene) == (ACTIVE, ""), COOLDOWN + 5)
        await taken(scene)
        for _ in range(ERRORS - 1):
            await error(scene)
        assert state(scene) == (ACTIVE, "")
        assert turns(scene) == 2 * [CIRCUIT_BREAKER, BREAKER_RESUMED]

    play(venue, act, setting=limited)


async def only_what_reduces_leaves(scene: Scene, before: int) -> None:
    posts = len(scene.left)
    size = scene.size(1)
    await scene.tell(lambda strategy: [strategy.buy(size) for _ in range(3)])
    await scene.rest(2)
    assert len(scene.left) == posts
    await scene.tell(lambda strategy: strategy.close())
    await scene.until(lambda: scene.net() == scene.there() < before + scene.units(1), 15)


def turns(scene: Scene) -> list[str]:
    """What was journaled of it."""
    return [
        one.code for one in scene.outputs
        if isinstance(one, TradingStateChanged) and one.scope == SCOPE
    ]  # fmt: skip


@pytest.mark.parametrize("venue", VENUES)
def test_orders_that_are_found_after_their_answers_were_lost_are_errors_all_the_same(venue: str) -> None:
    """What a look-up is told says nothing of the way by which orders go."""

    async def act(scene: Scene) -> None:
        scene.mute()
        for _ in range(ERRORS - 1):
            await unanswered(scene)
        assert state(scene) == (ACTIVE, "")
        await unanswered(scene)
        assert state(scene) == (REDUCING, CIRCUIT_BREAKER)
        scene.plan.faults.clear()
        await scene.until(lambda: state(scene) == (ACTIVE, ""), COOLDOWN + 5)

    play(venue, act, setting=limited)
