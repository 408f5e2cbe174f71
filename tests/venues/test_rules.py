"""A venue changes what it demands of orders, or closes a symbol, while a client is connected to it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.venues.roster import VENUES
from tests.venues.stand import NetStand, play
from tradewright.adapters.net.rules_watch import LEAST, PACE
from tradewright.model.control import RulesChanged
from tradewright.model.order import BUY, LIMIT, Order
from tradewright.sim.wire.trouble import CHANGED_RULES

#: What a look takes until it has been told, where questions are paced.
LATE = 5.0
networked = pytest.mark.parametrize("venue", [venue for venue, kind in VENUES.items() if kind.limits.network])
#: Alpaca's increments of shares are nobody's rules but its documents'.
coarser = pytest.mark.parametrize(
    "venue", [venue for venue, kind in VENUES.items() if kind.limits.network and venue != "alpaca"]
)


#: ccxt asks for the trades of each symbol by itself, and one that is unknown ends its rounds (docs/venues/ccxt.md).
NO_DELISTING = ("ccxt",)


def told(stand: NetStand) -> list[RulesChanged]:
    return [event for event in stand.book.events if isinstance(event, RulesChanged)]


def least(stand: NetStand) -> int:
    """The smallest order below the market by the rules as they are known, in counts."""
    rules = stand.instrument.rules
    worth = stand.price(-5) * stand.instrument.money_factor
    size = max(rules.size_min, -(-rules.notional_min // worth), 1)
    return size + -size % rules.step


def sized(stand: NetStand, size: int) -> Order:
    order = stand.order(BUY, LIMIT, limit=-5)
    order.quantity, order.limit_units = size, order.limit_units - order.limit_units % stand.instrument.rules.tick
    stand.book.submit(order)
    return order


@coarser
def test_rules_that_changed_are_told_behind_a_refusal_and_the_next_order_goes_by_them(venue: str) -> None:
    async def act(stand: Any) -> None:
        before = stand.instrument.rules.row()
        assert told(stand) == []
        # Behind the first look, which comes with the connection.
        await stand.until(lambda: stand.clock() > stand.begins + 15 * 10**9)
        assert stand.site.inject(CHANGED_RULES, stand.clock())
        refused = sized(stand, least(stand))
        await stand.status(refused, "REJECTED")
        await stand.until(lambda: told(stand), LATE)
        rules = stand.instrument.rules
        assert (rules.tick, rules.step) == (10 * before[0], 10 * before[1]) and rules.size_min >= rules.step
        taken = sized(stand, least(stand))
        await stand.status(taken, "ACCEPTED")
        await stand.settled()
        assert len(told(stand)) == 1
        await stand.agree()

    play(VENUES[venue], act)


@coarser
def test_rules_that_changed_are_told_within_their_pace_where_nobody_orders(venue: str) -> None:
    async def act(stand: Any) -> None:
        assert stand.site.inject(CHANGED_RULES, stand.clock())
        await stand.until(lambda: told(stand), PACE + LATE)
        assert stand.instrument.rules.step == told(stand)[0].rules[1]

    play(VENUES[venue], act)


@networked
def test_a_symbol_that_is_suspended_takes_no_openings_until_it_trades_again(venue: str) -> None:
    async def act(stand: Any) -> None:
        resting = stand.buy(LIMIT, limit=-5)
        await stand.status(resting, "ACCEPTED")
        await stand.until(lambda: stand.clock() > stand.begins + 15 * 10**9)
        stand.suspend(True)
        refused = stand.buy(LIMIT, limit=-6)
        await stand.status(refused, "REJECTED")
        await stand.until(lambda: not stand.instrument.rules.tradable, LEAST + LATE)
        stand.book.cancel(resting.id)
        await stand.status(resting, "CANCELLED")
        stand.suspend(False)
        await stand.until(lambda: stand.instrument.rules.tradable, PACE + LATE)
        assert [event.rules[-1] for event in told(stand)] == [False, True]
        taken = stand.buy(LIMIT, limit=-6)
        await stand.status(taken, "ACCEPTED")
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize(
    "venue", [venue for venue, kind in VENUES.items() if kind.limits.network and venue not in NO_DELISTING]
)
def test_a_symbol_that_the_venue_does_not_know_any_more_takes_no_openings(venue: str) -> None:
    async def act(stand: Any) -> None:
        before = stand.instrument.rules.row()
        stand.unlist()
        await stand.until(lambda: told(stand), PACE + LATE)
        assert stand.instrument.rules.row() == (*before[:-1], False)
        await stand.until(lambda: stand.clock() > stand.begins + 3 * PACE * 10**9, 3 * PACE)
        assert len(told(stand)) == 1

    play(VENUES[venue], act)


@networked
def test_what_changed_while_no_client_ran_is_told_by_the_next_one(venue: str) -> None:
    async def act(stand: Any) -> None:
        await stand.stop()
        stand.suspend(True)
        await stand.restart()
        stand.client.watch([stand.instrument])
        await stand.until(lambda: not stand.instrument.rules.tradable, PACE + LATE)
        stand.suspend(False)
        await stand.until(lambda: stand.instrument.rules.tradable, PACE + LATE)

    play(VENUES[venue], act)
