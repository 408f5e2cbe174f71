"""A fee that is taken from the coins which a buy brings in: known where the venue says so with the fill; where it says
nothing, as much as it takes at most is booked, what it did not take lies aside, and more is a difference that a person
has to look at."""

from __future__ import annotations

import asyncio

import pytest

from tests.venues.floor import BUY, GUARD, LEAVE, STRATEGY, Floor, run
from tests.venues.roster import VENUES
from tests.venues.stand import NetStand
from tests.venues.stands.alpaca import AlpacaPairStand
from tradewright.core.reconcile import POSITION_DRIFT
from tradewright.core.setup import account_from
from tradewright.model.account import Account
from tradewright.model.control import ACTIVE, REDUCING
from tradewright.model.event import POSITION_ADJUSTED, REJECTED
from tradewright.model.foreign import EXTERNAL
from tradewright.model.reconciliation import COIN_FEE


def expecting(ppm: int) -> Account:
    return account_from([*AlpacaPairStand.terms.row()[:-1], ppm])


async def held(floor: Floor) -> int:
    """At the venue, in counts."""
    return sum(size for _, size, _ in (await floor.client.snapshot()).positions)


class Taken(AlpacaPairStand):
    """It keeps 10 basis points, and as many are expected."""

    fee = "bps:10:in=received"
    terms = expecting(1_000)


class TakenLess(Taken):
    terms = expecting(2_500)


class TakenMore(Taken):
    terms = expecting(999)


TAKEN: dict[str, type[NetStand]] = {
    "alpaca-pairs": Taken,
    **{name: kind for name, kind in VENUES.items() if issubclass(kind, NetStand) and kind.spare},
}


async def bought(floor: Floor) -> None:
    await floor.tell(BUY)
    await asyncio.sleep(60)


@pytest.mark.parametrize("venue", TAKEN)
def test_a_fee_in_coins_is_no_difference_and_all_that_is_left_can_be_sold(venue: str) -> None:
    async def act(floor: Floor) -> None:
        await bought(floor)
        assert 0 < await held(floor) == floor.net(STRATEGY) < floor.stand.size(2)
        await floor.agrees()
        await floor.tell(LEAVE)
        await asyncio.sleep(60)
        assert floor.net(STRATEGY) == 0
        assert floor.alarms().count(POSITION_DRIFT) == 0
        assert floor.state == ACTIVE

    run(TAKEN[venue], act)


@pytest.mark.parametrize("venue", TAKEN)
def test_an_exit_asks_for_no_more_coins_than_its_buy_brought_in(venue: str) -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(GUARD)
        assert 0 < await held(floor) == floor.net(STRATEGY) < floor.stand.size(2)
        for place in (29, 31, 31):
            floor.stand.move(place)
            await asyncio.sleep(10)
        assert not floor.rows(REJECTED)
        assert floor.net(STRATEGY) == await held(floor) == 0
        await floor.agrees()

    run(TAKEN[venue], act)


def test_coins_that_were_not_kept_lie_aside_and_the_strategy_goes_on() -> None:
    async def act(floor: Floor) -> None:
        await bought(floor)
        theirs, ours = await held(floor), floor.net(STRATEGY)
        (adjusted,) = floor.rows(POSITION_ADJUSTED)
        assert adjusted[-1] == COIN_FEE
        assert theirs - ours == adjusted[4] > 0
        assert floor.alarms().count(POSITION_DRIFT) == 0
        assert floor.state == ACTIVE
        await floor.tell(LEAVE)
        await asyncio.sleep(60)
        assert floor.net(STRATEGY) == 0
        assert await held(floor) == theirs - ours
        assert floor.state == ACTIVE

    run(TakenLess, act)


def test_more_that_is_kept_than_was_expected_is_a_difference_for_a_person() -> None:
    async def act(floor: Floor) -> None:
        await bought(floor)
        assert 0 < await held(floor) == floor.net(STRATEGY) + floor.net(EXTERNAL)
        assert floor.alarms().count(POSITION_DRIFT) == 1
        assert floor.state == REDUCING

    run(TakenMore, act)
