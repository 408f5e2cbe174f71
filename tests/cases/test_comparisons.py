"""What a venue's lists say that no book could hold: a comparison fails, and nothing else does."""

from __future__ import annotations

import json
from typing import Any

from tests.cases.scene import Scene, play
from tradewright.model.account_snapshot import SnapshotFailed
from tradewright.sim.wire.message import Answer, Request


class Restated:
    """The venue, whose open positions are stated with other numbers. numbers: of each position, by name."""

    def __init__(self, scene: Scene, **numbers: float) -> None:
        self._inner: Any = scene.transport.venues["mt5"].site
        self._numbers = numbers
        scene.transport.venues["mt5"].site = self

    def request(self, request: Request, now: int) -> Answer:
        answer: Answer = self._inner.request(request, now)
        if "open-positions" not in request.path or answer.status != 200:
            return answer
        content = json.loads(answer.body)
        for position in content["positions"]:
            position |= self._numbers
        return Answer(200, json.dumps(content).encode(), answer.headers)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_a_number_in_a_snapshot_that_no_book_could_hold_ends_no_engine() -> None:
    async def act(scene: Scene) -> None:
        order = await scene.buy(1)
        await scene.until(lambda: scene.status(order) == "FILLED")
        before = sum(isinstance(event, SnapshotFailed) for event in scene.heard)
        inner = scene.transport.venues["mt5"].site
        Restated(scene, volume=0.10000000001)
        await scene.rest(40)
        scene.transport.venues["mt5"].site = inner
        assert not scene.process.done()
        failed = sum(isinstance(event, SnapshotFailed) for event in scene.heard) - before
        assert failed > 2
        await scene.until(scene.ready)
        again = await scene.buy()
        await scene.until(lambda: scene.status(again) == "FILLED", 120)

    play("mt5-netting", act)
