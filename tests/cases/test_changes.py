"""What a venue changes while the engine trades there: its rules on orders."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.cases.scene import VENUES, Scene, play
from tradewright.core.life_cycle import DENIED
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
