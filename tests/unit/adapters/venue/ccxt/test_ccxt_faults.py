"""Each kind of fault that can strike requests, while fifty orders flow: once it is over, the book made of the client's
events is the venue's. What strikes streams alone has nothing to strike here."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.adapters.venue.binance.flow import agrees, flow, settle
from tests.unit.adapters.venue.ccxt.stage import CcxtStage, play
from tradewright.model.rng import Rng
from tradewright.sim.wire import faults
from tradewright.sim.wire.faults import Fault
from tradewright.sim.wire.trouble import CHANGED_RULES, FOREIGN_ORDER, LATE_FILL, MANUAL_CLOSE, OVERFILL

SEEDS = [seed if seed < 2 else pytest.param(seed, marks=pytest.mark.long) for seed in range(100)]
PLANS: dict[str, list[Fault]] = {
    kind: [Fault(kind, where, after=6, times=12, probability=0.3, seconds=seconds)]
    for kind, where, seconds in [
        (faults.LOSE_REQUEST, "/api/v3/o", 0.0),
        (faults.LOSE_ANSWER, "/api/v3/o", 0.0),
        (faults.DELAY_ANSWER, "/api/v3/o", 8.0),
        (faults.ERROR_BEFORE, "/api/v3/", 0.0),
        (faults.ERROR_AFTER, "/api/v3/", 0.0),
        (faults.CUT_ANSWER, "/api/v3/", 0.0),
        (faults.GARBLE_ANSWER, "/api/v3/", 0.0),
    ]
}
PLANS |= {kind: [Fault(kind, begin=8, seconds=10, by=3)] for kind in (faults.MAINTENANCE, faults.HIDDEN, faults.STALE)}
PLANS |= {
    kind: [Fault(kind, begin=begin) for begin in (8, 12, 16, 20)]
    for kind in (LATE_FILL, OVERFILL, CHANGED_RULES, FOREIGN_ORDER, MANUAL_CLOSE)
}


@pytest.mark.parametrize("kind", list(PLANS))
def test_a_flow_of_orders_survives(kind: str) -> None:
    async def program(stage: CcxtStage) -> None:
        await flow(stage, 7)
        await settle(stage, kind == faults.STALE)
        assert stage.plan.fired.get(kind, 0) > 0, stage.plan.fired
        await agrees(stage)

    play(program, PLANS[kind])


def swarm(seed: int, restarts: bool) -> None:
    """One flow under a few kinds of faults at once; restarts: the client's process ends dead now and then, and another
    takes its place that knows no more than the engine does."""
    rng = Rng(seed)
    plan = [fault for kind in PLANS if rng.below(4) == 0 for fault in PLANS[kind]]

    async def program(stage: CcxtStage) -> None:
        ending = asyncio.create_task(end_now_and_then(stage, rng.split("ends"))) if restarts else None
        await flow(stage, seed)
        if ending is not None:
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)
            await stage.restart()
        await settle(stage, True)
        await agrees(stage)

    play(program, plan, seed=seed)


async def end_now_and_then(stage: CcxtStage, rng: Rng) -> None:
    while True:
        await asyncio.sleep(1 + rng.below(40) / 10)
        await stage.restart()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flow_survives_ends_of_the_process(seed: int) -> None:
    swarm(seed, restarts=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flow_survives_several_faults_at_once(seed: int) -> None:
    swarm(seed, restarts=False)
