"""A fee that is taken from the coins which a buy brings in: known where the venue says so with the fill, and else a
difference that a person has to look at."""

from __future__ import annotations

import asyncio

import pytest

from tests.venues.floor import BUY, STRATEGY, Floor, run
from tests.venues.roster import VENUES
from tests.venues.stand import NetStand
from tests.venues.stands.alpaca import AlpacaPairStand
from tradewright.core.reconcile import POSITION_DRIFT
from tradewright.model.control import ACTIVE, REDUCING


class CoinFees(AlpacaPairStand):
    fee = "bps:10:in=received"


TAKEN: dict[str, type[NetStand]] = {
    "alpaca-pairs": CoinFees,
    **{name: kind for name, kind in VENUES.items() if issubclass(kind, NetStand) and kind.spare},
}


@pytest.mark.parametrize("venue", TAKEN)
def test_a_fee_in_coins_is_known_or_a_difference_as_the_limits_say(venue: str) -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(BUY)
        await asyncio.sleep(60)
        known, held = floor.stand.limits.coin_fees, sum(floor.positions().values())
        assert 0 < held == floor.net(STRATEGY) < floor.stand.size(2)
        assert floor.alarms().count(POSITION_DRIFT) == (not known)
        assert floor.state == (ACTIVE if known else REDUCING)
        await floor.agrees()

    run(TAKEN[venue], act)
