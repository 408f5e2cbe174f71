"""Each kind of fault while fifty orders flow: once it is over, the book made of the client's events is the venue's."""

from __future__ import annotations

import pytest

from tests.unit.adapters.venue.binance.stage import play
from tests.unit.adapters.venue.binance.strikes import REQUESTS, races, states, struck, survives, swarm, troubles
from tradewright.sim.wire import faults
from tradewright.sim.wire.faults import Fault

SEEDS = [seed if seed < 10 else pytest.param(seed, marks=pytest.mark.long) for seed in range(200)]
STREAMS = [
    (faults.DROP_FRAME, "/ws-api", 0.0),
    (faults.DELAY_FRAME, "/ws-api", 3.0),
    (faults.DUPLICATE_FRAME, "/ws-api", 0.0),
    (faults.REORDER_FRAMES, "/ws-api", 0.0),
    (faults.CUT_FRAME, "/ws-api", 0.0),
    (faults.DISCONNECT, "/ws-api", 0.0),
]
PLANS = struck([*REQUESTS, *STREAMS], after=2, probability=0.4)
PLANS[faults.HALF_OPEN] = [Fault(faults.HALF_OPEN, "/ws-api", after=6)]
PLANS |= states(faults.SILENT, faults.MAINTENANCE, faults.HIDDEN, faults.STALE, faults.EXITS_REFUSED) | troubles()
PLANS |= states(faults.LIMITED, faults.BANNED, faults.SKEW) | races()
#: A frame that never comes, or a state that hides what happened, leaves no trace until somebody asks.
ASKED_AFTER = (faults.DROP_FRAME, faults.SILENT, faults.HALF_OPEN, faults.STALE, faults.REORDER_FRAMES)


#: Of resting sales alone, which this flow has none of; fault runs have them.
OTHERS = ("exit_cancelled",)


@pytest.mark.parametrize("kind", [kind for kind in faults.KINDS if kind not in OTHERS])
def test_a_flow_of_orders_survives(kind: str) -> None:
    survives(play, PLANS, kind, ASKED_AFTER)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flow_survives_ends_of_the_process(seed: int) -> None:
    swarm(play, PLANS, seed, one_in=5, restarts=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flow_survives_several_faults_at_once(seed: int) -> None:
    swarm(play, PLANS, seed, one_in=5)
