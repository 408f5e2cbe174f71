"""Executions that come together: each is booked once, at its own price, whatever the order in the event says."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from tests.cases.scene import Scene, play
from tradewright.adapters.venue.alpaca.updates import EXECUTIONS, Update


class Hurried:
    """Of the first two executions both events show the order as it is after the second."""

    def __init__(self, scene: Scene) -> None:
        self._heed: Callable[[Update], None] = scene.client._heed
        self._first: list[Update] = []
        self.done = False
        setattr(scene.client, "_heed", self.heed)  # noqa: B010

    def heed(self, update: Update) -> None:
        if self.done or update.event not in EXECUTIONS:
            self._heed(update)
            return
        self._first.append(update)
        if len(self._first) == 2:
            self.done = True
            first, second = self._first
            self._heed(msgspec.structs.replace(first, order=second.order))
            self._heed(second)


@pytest.mark.parametrize("shown", [4, 3])
def test_at_alpaca_two_executions_in_one_moment_are_each_booked_once_at_their_price(shown: int) -> None:
    async def act(scene: Scene) -> None:
        scene.show(shown)
        await scene.rest(2)
        hurried = Hurried(scene)
        order = await scene.buy(10)
        await scene.until(lambda: scene.status(order) == "FILLED", 60)
        assert hurried.done
        site = scene.stand.site
        (there,) = [one for one in site.accounts["demo-key"].orders.values() if one.terms.client_order_id == order]
        told = {fill.trade_id: fill for fill in scene.fills(order)}
        assert sum(fill.size_units for fill in told.values()) == there.filled
        assert len({fill.price_units for fill in scene.fills(order)}) > 1
        assert scene.state(order).value * scene.instrument.money_factor == there.cost

    play("alpaca", act)
