"""How orders that come from outside share the waits for the disk, in virtual time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from tradewright.app.connected import ConnectedEngine
from tradewright.app.live import Decided
from tradewright.app.together import ALONE, GATHER_SECONDS, Together
from tradewright.model.control import Timer
from tradewright.prove.virtual import run_virtual
from tradewright.trader import Outcome


class Engine:
    """What `Together` carries orders to: it notes how many left with each wait for the disk, and when."""

    def __init__(self) -> None:
        self.turns: list[tuple[float, int]] = []
        self.engine = SimpleNamespace(now=0)
        self.live = SimpleNamespace(flush=lambda: None, failure=None, is_durable=lambda made: True)
        self._taken = 0

    def put_next(self, event: Timer) -> Decided:
        self._taken += 1
        return Decided(event, Outcome([], [], []), 1)

    def release_all(self) -> None:
        self.turns.append((round(asyncio.get_running_loop().time(), 6), self._taken))
        self._taken = 0


def turns_of(*pauses: tuple[float, int]) -> list[tuple[float, int]]:
    """So many orders at once behind each pause of seconds, as turns: when, since the first, and of how many."""
    engine = Engine()

    async def program(clock: Any) -> None:
        together = Together(cast(ConnectedEngine, engine), lambda: None)
        asked = []
        for pause, count in pauses:
            await asyncio.sleep(pause)
            asked += [asyncio.ensure_future(together.do(lambda now: Timer(now, "x"), list)) for _ in range(count)]
        await asyncio.gather(*asked)

    run_virtual(0, program)
    began = engine.turns[0][0]
    return [(round(at - began, 6), count) for at, count in engine.turns]


def test_who_asks_one_by_one_waits_for_nobody() -> None:
    assert turns_of((0, 1), (0.001, 1), (0.001, 1)) == [(0, 1), (0.001, 1), (0.002, 1)]


def test_where_several_came_together_those_behind_them_share_a_turn() -> None:
    assert turns_of((0, 2), (0.001, 1), (0.001, 1), (0.01, 1)) == [(0, 2), (GATHER_SECONDS, 2), (0.012, 1)]


def test_it_ends_when_orders_come_alone_again() -> None:
    turns = turns_of((0, 2), *[(0.001, 1)] * 4, *[(1, 1)] * ALONE, (0.001, 1))
    assert turns[-2:] == [(ALONE + 0.004, 1), (ALONE + 0.005, 1)]
