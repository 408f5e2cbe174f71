"""A whole engine before a venue that says what it must not: while it lasts nothing opens, what closes goes out, and
once it has ended the account opens again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.project import COMPILED_ALONE
from tests.unit.adapters.venue.spoiled import Spoiler
from tests.unit.adapters.venue.test_bad_input import CLOCK_KIND, CLOCK_SECONDS
from tests.venues import floor
from tests.venues.cable import Cable
from tests.venues.floor import BUY, PLACES, REST, SCOPE, STRATEGY, Floor
from tests.venues.roster import VENUES
from tradewright.core.limits import limits_from
from tradewright.core.orders import OrderState
from tradewright.model.control import CloseRequested

pytestmark = COMPILED_ALONE

#: By venue and kind: which check stops what would open. A symbol never seen in place of the one that is held is a
#: position that somebody closed by hand, so that there is nothing to close until it is seen again. Binance takes no
#: request that is made by a clock an hour off, an exit neither.
STOPPED = {
    ("binance", "no json"): "NOT_READY",
    ("binance", "fields missing"): "NOT_READY",
    ("binance", "NaN"): "NOT_READY",
    ("alpaca", "no json"): "NOT_READY",
    ("alpaca", "fields missing"): "NOT_READY",
    ("alpaca", "NaN"): "NOT_READY",
    ("alpaca", "a symbol never seen"): "TRADING_STATE",
    ("alpaca", CLOCK_KIND): "CLOCK_OFFSET",
    ("mt5", "no json"): "NOT_READY",
    ("mt5", "fields missing"): "NOT_READY",
    ("mt5", "NaN"): "NOT_READY",
    ("mt5", "a symbol never seen"): "TRADING_STATE",
    ("mt5", CLOCK_KIND): "CLOCK_OFFSET",
    ("ccxt", "no json"): "NOT_READY",
    ("ccxt", "fields missing"): "NOT_READY",
    ("ccxt", "NaN"): "NOT_READY",
    ("binance", CLOCK_KIND): "CLOCK_OFFSET",
    ("ccxt", CLOCK_KIND): "CLOCK_OFFSET",
}
#: What says nothing of an account that has no order at work, or is over soon, so that an opening goes out into it; by
#: venue whether what became of the opening can not be read.
ENUM, HUGE_KIND = "an enum nobody knows", "ten million bytes"
IN_DOUBT = {"binance": True, "alpaca": True, "mt5": False, "ccxt": True}
STANDS = {"binance": "binance", "alpaca": "alpaca", "mt5": "mt5-netting", "ccxt": "ccxt"}
LIMITS = {SCOPE: limits_from({"maxClockOffsetSeconds": 10, "maxPriceAgeSeconds": 30})}


def spoiled_stand(venue: str) -> Any:
    """Its stand, with all that the venue says passing a spoiler."""
    kind: Any = VENUES[STANDS[venue]]

    def made(clock: Any) -> Any:
        stand = kind(clock)
        stand.spoiler = Spoiler(stand.net)
        stand.cable = Cable(stand.spoiler)
        return stand

    made.begins = kind.begins  # type: ignore[attr-defined]
    return made


async def nothing_opens(one: Floor) -> set[str]:
    """The strategy is told to bid and the account does not: which checks said so."""
    before, asked = one.stand.placed(), len(one.decisions)
    for place in (PLACES[REST], 0):
        one.quote(place)
        await asyncio.sleep(1)
    judged = one.decisions[asked:]
    assert [decision.approved for decision in judged] == [False]
    assert one.stand.placed() == before
    return {check.code for check in judged[0].checks if not check.passed}


@pytest.mark.parametrize(("venue", "kind"), STOPPED)
def test_while_a_venue_says_what_it_must_not_nothing_opens_and_exits_go(venue: str, kind: str) -> None:
    clock, closed = kind == CLOCK_KIND, STOPPED[venue, kind] == "TRADING_STATE"
    exits = not closed and not (clock and venue in ("binance", "ccxt"))

    async def act(one: Floor) -> None:
        stand: Any = one.stand
        await one.tell(BUY)
        held = one.net(STRATEGY)
        assert held > 0
        stand.spoiler.kind, stand.spoiler.frames, stand.spoiler.both = kind, True, True
        await asyncio.sleep(CLOCK_SECONDS if clock else 90)
        assert STOPPED[venue, kind] in await nothing_opens(one)
        if exits:
            sold = len(stand.trades())
            one.connected.deliver(CloseRequested(one.clock(), "main", "", "ann", "out"))
            await one.until(lambda: len(stand.trades()) > sold, 30)
        stand.spoiler.kind = ""
        stand.move(0)
        await asyncio.sleep(CLOCK_SECONDS if clock else 60)
        await one.until(lambda: one.ready and (one.net(STRATEGY) == 0 or not exits), 120)
        if closed:
            assert STOPPED[venue, kind] in await nothing_opens(one)  # until a named person has looked at it
            one.rearm()
        before = one.stand.placed()
        await one.tell(BUY)
        assert one.stand.placed() > before
        await stand.paid()
        await one.agrees()

    floor.run(spoiled_stand(venue), act, LIMITS)


async def bid(one: Floor) -> OrderState:
    """The strategy is told to; what the engine knows of its order."""
    known = set(one.engine.orders)
    for place in (PLACES[REST], 0):
        one.quote(place)
        await asyncio.sleep(1)
    ((_, state),) = [(id, state) for id, state in one.engine.orders.items() if id not in known]
    return state


@pytest.mark.parametrize("kind", [ENUM, HUGE_KIND])
@pytest.mark.parametrize("venue", IN_DOUBT)
def test_an_opening_of_which_nobody_can_read_what_became_leaves_once_keeps_its_place_and_is_found(
    venue: str, kind: str
) -> None:
    async def act(one: Floor) -> None:
        stand: Any = one.stand
        await one.tell(BUY)
        await one.until(lambda: one.net(STRATEGY) > 0)
        await asyncio.sleep(5)
        stand.spoiler.kind, stand.spoiler.frames, stand.spoiler.both = kind, True, True
        before = one.stand.placed()
        resting = await bid(one)
        await asyncio.sleep(30)
        assert one.stand.placed() == before + 1
        assert resting.is_open() and resting.order.id in one.engine.holds.holds
        doubted = kind == ENUM and IN_DOUBT[venue]
        assert resting.status == ("UNKNOWN" if doubted else "ACCEPTED")
        if doubted:
            assert "NOT_READY" in await nothing_opens(one)
        assert stand.spoiler.struck.total() > 0
        stand.spoiler.kind = ""
        stand.move(0)
        await one.until(lambda: one.ready and resting.status == "ACCEPTED", 180)
        one.connected.deliver(CloseRequested(one.clock(), "main", "", "ann", "out"))
        await one.until(lambda: one.net(STRATEGY) == 0 and not resting.is_open(), 120)
        assert one.stand.placed() == before + 2
        client: Any = one.client
        assert client.errors or not doubted
        await stand.paid()
        await one.agrees()

    floor.run(spoiled_stand(venue), act, LIMITS)
