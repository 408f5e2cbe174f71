"""Each kind of fault that can strike requests, while fifty orders flow: once it is over, the book made of the client's
events is the venue's. What strikes streams alone has nothing to strike here."""

from __future__ import annotations

import pytest

from tests.unit.adapters.venue.binance.strikes import REQUESTS, states, struck, survives, swarm, troubles
from tests.unit.adapters.venue.ccxt.stage import play
from tradewright.sim.wire import faults

SEEDS = [seed if seed < 2 else pytest.param(seed, marks=pytest.mark.long) for seed in range(100)]
PLANS = struck(REQUESTS, after=6, probability=0.3)
PLANS |= states(faults.MAINTENANCE, faults.HIDDEN, faults.STALE, faults.EXITS_REFUSED) | troubles()


@pytest.mark.parametrize("kind", list(PLANS))
def test_a_flow_of_orders_survives(kind: str) -> None:
    survives(play, PLANS, kind, (faults.STALE,))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flow_survives_ends_of_the_process(seed: int) -> None:
    swarm(play, PLANS, seed, one_in=4, restarts=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flow_survives_several_faults_at_once(seed: int) -> None:
    swarm(play, PLANS, seed, one_in=4)
