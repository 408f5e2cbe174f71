"""What strikes an account's client while fifty orders flow, one kind of fault or several at once: once it is over, the
book made of the client's events is the venue's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence

from tests.unit.adapters.venue.binance.flow import agrees, flow, settle
from tests.unit.adapters.venue.binance.stage import Stage
from tradewright.model.rng import Rng
from tradewright.sim.wire import faults
from tradewright.sim.wire.faults import Fault
from tradewright.sim.wire.trouble import CHANGED_RULES, FOREIGN_ORDER, LATE_FILL, MANUAL_CLOSE, OVERFILL, RACES

#: Plans, by the fault they are about.
Plans = Mapping[str, Sequence[Fault]]
#: Runs a program on a stage of its own, under these faults, with this seed.
Play = Callable[..., Stage]
#: What strikes requests: kind, where (`where` leaves out what is needed to begin), seconds.
REQUESTS = [
    (faults.LOSE_REQUEST, "/api/v3/o", 0.0),
    (faults.LOSE_ANSWER, "/api/v3/o", 0.0),
    (faults.DELAY_ANSWER, "/api/v3/o", 8.0),
    (faults.ERROR_BEFORE, "/api/v3/", 0.0),
    (faults.ERROR_AFTER, "/api/v3/", 0.0),
    (faults.CUT_ANSWER, "/api/v3/", 0.0),
    (faults.GARBLE_ANSWER, "/api/v3/", 0.0),
]


def struck(strikes: Sequence[tuple[str, str, float]], after: int, probability: float) -> dict[str, list[Fault]]:
    """Plans of faults that strike now and then."""
    return {
        kind: [Fault(kind, where, after=after, times=12, probability=probability, seconds=seconds)]
        for kind, where, seconds in strikes
    }


def states(*kinds: str) -> dict[str, list[Fault]]:
    """Plans of a venue that is in some state for a while."""
    return {kind: [Fault(kind, begin=8, seconds=10, by=3)] for kind in kinds}


def troubles() -> dict[str, list[Fault]]:
    """Plans of what a venue does by itself."""
    return {
        kind: [Fault(kind, begin=begin) for begin in (8, 12, 16, 20)]
        for kind in (LATE_FILL, OVERFILL, CHANGED_RULES, FOREIGN_ORDER, MANUAL_CLOSE)
    }


def races() -> dict[str, list[Fault]]:
    """Plans of what comes of two things at once."""
    return {kind: [Fault(kind, times=6, begin=2, seconds=2)] for kind in RACES}


def survives(play: Play, plans: Plans, kind: str, asked_after: Collection[str]) -> None:
    """A flow under one kind of fault. asked_after: those that leave no trace until somebody asks."""

    async def program(stage: Stage) -> None:
        await flow(stage, 7)
        await settle(stage, kind in asked_after)
        assert stage.plan.fired.get(kind, 0) > 0, stage.plan.fired
        await agrees(stage)

    play(program, plans[kind])


def swarm(play: Play, plans: Plans, seed: int, one_in: int, restarts: bool = False) -> None:
    """One flow under a few kinds of faults at once; restarts: the client's process ends dead now and then, and another
    takes its place that knows no more than the engine does."""
    rng = Rng(seed)
    kinds = [kind for kind in plans if rng.below(one_in) == 0]
    plan = [fault for kind in kinds for fault in plans[kind]]

    async def program(stage: Stage) -> None:
        ending = asyncio.create_task(_end_now_and_then(stage, rng.split("ends"))) if restarts else None
        await flow(stage, seed)
        if ending is not None:
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)
            await stage.restart()
        await settle(stage, True)
        await agrees(stage)

    play(program, plan, seed=seed)


async def _end_now_and_then(stage: Stage, rng: Rng) -> None:
    while True:
        await asyncio.sleep(1 + rng.below(40) / 10)
        await stage.restart()
