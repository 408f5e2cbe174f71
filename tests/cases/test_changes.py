"""What a venue changes while the engine trades there: its rules on orders, and the shares themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.cases.scene import VENUES, Scene, play
from tradewright.core.life_cycle import DENIED, WORKING
from tradewright.model.account_snapshot import PositionSplit
from tradewright.model.command import POSITION_WAS_SPLIT, Cancel
from tradewright.model.control import RulesChanged
from tradewright.sim.wire.trouble import CHANGED_RULES

#: Alpaca's increments of shares do not change: they are in its documents, not among its data.
CHANGING = [venue for venue in VENUES if venue != "alpaca"]


def changes(scene: Scene) -> list[RulesChanged]:
    """As they were journaled."""
    return [event for event in scene.heard if isinstance(event, RulesChanged)]


@pytest.mark.parametrize("venue", CHANGING)
def test_the_next_order_is_made_by_the_rules_that_a_refusal_told_of(venue: str) -> None:
    """A size that the venue does not take any more is refused there once, and by the engine from then on."""

    async def act(scene: Scene) -> None:
        instrument = scene.instrument
        odd = scene.size(1) + Decimal(instrument.rules.step).scaleb(-instrument.size_scale)
        await scene.rest(15)
        before, posts = len(changes(scene)), len(scene.posts())
        assert scene.inject(CHANGED_RULES)
        refused = await scene.tell(lambda strategy: strategy.buy(odd))
        await scene.until(lambda: scene.status(refused) == "REJECTED", 5)
        await scene.until(lambda: len(changes(scene)) > before, 12)
        denied = await scene.tell(lambda strategy: strategy.buy(odd))
        assert scene.state(denied).stage == DENIED
        taken = await scene.buy()
        await scene.until(lambda: scene.status(taken) == "FILLED")
        assert scene.posts()[posts:] == [refused, taken]

    play(venue, act)


def split(scene: Scene, new: int, old: int) -> None:
    """Between two sessions, while nothing trades, the shares become others."""
    site: Any = scene.stand.site
    scene.market.still = True
    assert site.split(scene.symbol, new, old, scene.clock())


def opens(scene: Scene, new: int, old: int) -> None:
    """The market goes on, where they are worth the same."""
    scene.market.move(scene.symbol, scene.home * old / new)
    scene.market.still = False


def equity(scene: Scene) -> int:
    worth: int | None = scene.engine.accounts["main"].equity()
    assert worth is not None
    return worth


@pytest.mark.parametrize(("new", "old"), [(2, 1), (3, 1), (1, 2)])
def test_case_alpaca_py_469_a_split_moves_no_money_and_leaves_no_stop_of_before(new: int, old: int) -> None:
    """31 · alpaca-py#469: a split changed the size of a position and not its stop, which was hit at the open.
    fallblu/trading-engine#63: an order that was adjusted by a split went beyond the largest size. What is held follows
    the split at the same worth; orders of before end, each with its reason, and a person is told to place exits
    anew. Nothing is sold, nothing drifts, and openings go on."""

    async def act(scene: Scene) -> None:
        order = await scene.buy(stop_loss=scene.price("-2"), take_profit=scene.price("3"))
        rests = await scene.buy(2, limit=scene.price("-1"))
        await scene.until(lambda: scene.status(order) == "FILLED" and scene.state(rests).stage == WORKING)
        await scene.rest(20)
        held, before, posts = scene.net(), equity(scene), len(scene.posts())
        book = scene.engine.ledger.books["main", "restless", 0]
        result = book.result(scene.engine.marks.marks[0].price())
        assert scene.there() == held and result is not None
        split(scene, new, old)
        await scene.until(lambda: scene.net() == held * new // old, 90)
        await scene.until(lambda: not scene.stand.truth(scene.instruments).working, 30)
        opens(scene, new, old)
        await scene.rest(5)
        # A tick of the market to either side is all that has moved.
        spread = 2 * scene.instrument.rules.tick * scene.net() * scene.instrument.money_factor
        assert abs(equity(scene) - before) <= spread
        after = book.result(scene.engine.marks.marks[0].price())
        assert after is not None and abs(after - result) <= spread
        await scene.rest(60)
        assert (scene.net(), scene.there()) == (held * new // old, held * new // old), "nothing was sold"
        codes = {event.code for event in scene.outputs if isinstance(event, Cancel)}
        assert codes == {POSITION_WAS_SPLIT} and scene.posts()[posts:] == []
        assert scene.alarms["POSITION_SPLIT"] == 1 and scene.alarms["POSITION_DRIFT"] == 0
        assert len([event for event in scene.heard if isinstance(event, PositionSplit)]) == 1
        closed = await scene.tell(lambda strategy: strategy.close())
        await scene.until(lambda: scene.there() == 0)
        assert closed is not None and scene.ready()

    play("alpaca", act)


def test_a_split_while_no_process_ran_is_made_up_for_at_the_next_start() -> None:
    async def act(scene: Scene) -> None:
        order = await scene.buy()
        await scene.until(lambda: scene.status(order) == "FILLED")
        held = scene.net()
        await scene.rest(20)
        scene.stop("live-before-step")
        await scene.until(lambda: scene.day.stops == 1)
        split(scene, 2, 1)
        opens(scene, 2, 1)
        await scene.until(lambda: scene.engine.run == 2, 30)
        await scene.until(lambda: scene.net() == 2 * held, 60)
        await scene.until(scene.ready)
        assert scene.alarms["POSITION_SPLIT"] == 1 and scene.alarms["POSITION_DRIFT"] == 0
        # Another start meets the same news, which is none any more.
        scene.stop("live-before-step")
        await scene.until(lambda: scene.engine.run == 3, 30)
        await scene.until(scene.ready)
        await scene.rest(30)
        assert (scene.net(), scene.alarms["POSITION_SPLIT"]) == (2 * held, 1)

    play("alpaca", act)
