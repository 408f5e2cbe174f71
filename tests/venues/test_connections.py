"""A connection that is lost and comes back: said both times, and nothing of what happened in between is lost or told
twice."""

from __future__ import annotations

import asyncio

import pytest

from tests.venues.roster import VENUES
from tests.venues.stand import NetStand, Stand, play
from tradewright.model.event import CANCEL_REJECTED, CANCELLED, NOT_FOUND, OUTCOME_UNKNOWN, REJECTED
from tradewright.model.order import BUY, LIMIT

NETWORKS = [venue for venue, kind in VENUES.items() if kind.limits.network]
#: Within so long a client says that its connection is gone, or back.
SAID_SECONDS = 45.0


async def lost(stand: NetStand) -> None:
    """The line breaks, and the client says so."""
    stand.cable.cut()
    await stand.until(lambda: not stand.book.ups()[-1], SAID_SECONDS)


async def found(stand: NetStand) -> None:
    """It is mended, and the client says so."""
    stand.cable.mend()
    await stand.until(lambda: stand.book.ups()[-1], SAID_SECONDS)


@pytest.mark.parametrize("venue", VENUES)
def test_a_client_says_once_that_its_reports_flow(venue: str) -> None:
    async def act(stand: Stand) -> None:
        await asyncio.sleep(120)
        assert stand.book.ups() == [True]
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("lots", [1, 9], ids=["part", "whole"])
@pytest.mark.parametrize("venue", NETWORKS)
def test_what_filled_behind_a_dead_line_is_told_once_before_the_client_is_up(venue: str, lots: int) -> None:
    async def act(stand: NetStand) -> None:
        order = stand.buy(LIMIT, 4, limit=-5)
        await stand.settled()
        await lost(stand)
        stand.move(-8, lots)
        stand.move(0)
        await asyncio.sleep(5)
        assert stand.book.fills() == []
        await found(stand)
        # With the word that reports flow all is told.
        assert stand.book.filled(order.id) == sum(trade.size for trade in stand.trades()) > 0
        await stand.settled()
        assert stand.book.ups() == [True, False, True]
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_an_opening_that_is_asked_for_behind_a_dead_line_is_refused_or_looked_up_and_never_placed(venue: str) -> None:
    async def act(stand: NetStand) -> None:
        await lost(stand)
        order = stand.buy(LIMIT, 2, limit=-5)
        await asyncio.sleep(30)
        assert stand.book.reports(order.id)[0].kind in (REJECTED, OUTCOME_UNKNOWN)
        await found(stand)
        await stand.settled()
        assert stand.book.kinds(order.id)[-1] in (REJECTED, NOT_FOUND)
        assert stand.placed() == 0
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_a_cancel_behind_a_dead_line_is_answered_when_it_is_back(venue: str) -> None:
    async def act(stand: NetStand) -> None:
        order = stand.buy(LIMIT, 2, limit=-5)
        await stand.settled()
        await lost(stand)
        stand.book.cancel(order.id)
        await asyncio.sleep(30)
        assert {CANCELLED, CANCEL_REJECTED}.isdisjoint(stand.book.kinds(order.id))
        await found(stand)
        await stand.settled()
        state = stand.book.states[order.id]
        assert state.status in ("ACCEPTED", "CANCELLED") and not state.has_unknown()
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_a_change_behind_a_dead_line_leaves_one_order(venue: str) -> None:
    async def act(stand: NetStand) -> None:
        order = stand.buy(LIMIT, 2, limit=-5)
        await stand.settled()
        await lost(stand)
        stand.replace(order, lots=3)
        await asyncio.sleep(30)
        await found(stand)
        await stand.settled()
        assert not stand.book.states[order.id].has_unknown()
        await stand.agree()
        stand.move(-8)
        await stand.filled(order, stand.book.states[order.id].order.quantity // stand.size(1))
        await stand.settled()
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("pause", [0.0, 0.003, 0.009, 0.02])
@pytest.mark.parametrize("venue", NETWORKS)
def test_a_line_that_breaks_amid_requests_loses_and_doubles_nothing(venue: str, pause: float) -> None:
    async def act(stand: NetStand) -> None:
        resting = stand.buy(LIMIT, 2, limit=-5)
        await stand.settled()
        stand.buy(lots=1, tif=stand.at_market())
        stand.buy(LIMIT, 1, limit=-6)
        stand.book.cancel(resting.id)
        await asyncio.sleep(pause)
        await lost(stand)
        await asyncio.sleep(3)
        await found(stand)
        await stand.settled()
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_a_snapshot_behind_a_dead_line_fails_and_says_nothing(venue: str) -> None:
    async def act(stand: NetStand) -> None:
        await lost(stand)
        with pytest.raises(stand.failures):
            await stand.client.snapshot()
        await found(stand)
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_a_client_that_is_closed_tells_nothing_any_more(venue: str) -> None:
    async def act(stand: Stand) -> None:
        order = stand.order(BUY, LIMIT, 2, limit=-5)
        stand.book.submit(order)
        await stand.settled()
        stand.client.watch([stand.instrument])
        await asyncio.sleep(2)
        await stand.stop()
        told = len(stand.book.events), len(stand.book.market)
        if isinstance(stand, NetStand):
            stand.move(-8)
        await asyncio.sleep(60)
        assert (len(stand.book.events), len(stand.book.market)) == told
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert all("adapters" not in str(task.get_coro()) for task in left), left

    play(VENUES[venue], act)
