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
from tradewright.model.control import CloseRequested

pytestmark = COMPILED_ALONE

#: By venue and kind: which check stops what would open. A symbol never seen in place of the one that is held is a
#: position that somebody closed by hand, so that there is nothing to close until it is seen again.
STOPPED = {
    ("binance", "fields missing"): "NOT_READY",
    ("binance", "NaN"): "NOT_READY",
    ("alpaca", "fields missing"): "NOT_READY",
    ("alpaca", "NaN"): "NOT_READY",
    ("alpaca", "a symbol never seen"): "TRADING_STATE",
    ("alpaca", CLOCK_KIND): "CLOCK_OFFSET",
    ("mt5", "fields missing"): "NOT_READY",
    ("mt5", "NaN"): "NOT_READY",
    ("mt5", "a symbol never seen"): "TRADING_STATE",
    ("mt5", CLOCK_KIND): "CLOCK_OFFSET",
}
STANDS = {"binance": "binance", "alpaca": "alpaca", "mt5": "mt5-netting"}
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

    async def act(one: Floor) -> None:
        stand: Any = one.stand
        await one.tell(BUY)
        held = one.net(STRATEGY)
        assert held > 0
        stand.spoiler.kind, stand.spoiler.frames, stand.spoiler.both = kind, True, True
        await asyncio.sleep(CLOCK_SECONDS if clock else 90)
        assert STOPPED[venue, kind] in await nothing_opens(one)
        if not closed:
            sold = len(stand.trades())
            one.connected.deliver(CloseRequested(one.clock(), "main", "", "ann", "out"))
            await one.until(lambda: len(stand.trades()) > sold, 30)
        stand.spoiler.kind = ""
        stand.move(0)
        await asyncio.sleep(CLOCK_SECONDS if clock else 60)
        await one.until(lambda: one.ready and (closed or one.net(STRATEGY) == 0), 120)
        if closed:
            assert STOPPED[venue, kind] in await nothing_opens(one)  # until a named person has looked at it
            one.rearm()
        before = one.stand.placed()
        await one.tell(BUY)
        assert one.stand.placed() > before
        await stand.paid()
        await one.agrees()

    floor.run(spoiled_stand(venue), act, LIMITS)
