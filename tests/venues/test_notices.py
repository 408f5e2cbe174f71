"""What venues say of what is traded beside its market: whether it trades, and in which band of prices; from the venue's
wire to a decision."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import Any

import pytest

from tests.venues.floor import BUY, REST, STRATEGY, Floor, run
from tests.venues.roster import VENUES
from tests.venues.stand import play
from tests.venues.stands.alpaca import AlpacaStand
from tests.venues.test_rules import LATE
from tradewright.adapters.net.rules_watch import LEAST, PACE
from tradewright.core.limits import limits_from
from tradewright.model.account_snapshot import ConnectionChanged
from tradewright.model.control import CloseRequested, Started
from tradewright.model.event import INSTRUMENT_STATUS
from tradewright.model.notice import HALTED, TRADING, UNKNOWN, InstrumentStatus

#: Venues of which a look at what they list says whether it trades.
LISTING = [
    venue for venue, kind in VENUES.items() if "enableHaltProtection" in kind.limits.notices and venue != "alpaca"
]
SILENT = [venue for venue, kind in VENUES.items() if kind.limits.network and not kind.limits.notices]
HALTS = {"account:main": limits_from({"enableHaltProtection": True})}
BANDS = {"account:main": limits_from({"enablePriceLimitProtection": True})}


def said(stand: Any) -> list[str]:
    return [event.status for event in stand.book.events if isinstance(event, InstrumentStatus)]


@pytest.mark.parametrize("venue", LISTING)
def test_whether_it_trades_is_told_with_the_first_look_and_when_that_changes(venue: str) -> None:
    async def act(stand: Any) -> None:
        stand.client.watch([stand.instrument])
        await stand.until(lambda: said(stand) == [TRADING], PACE + LATE)
        stand.suspend(True)
        stand.buy(limit=-6)
        await stand.until(lambda: said(stand) == [TRADING, HALTED], LEAST + LATE)
        stand.suspend(False)
        await stand.until(lambda: said(stand) == [TRADING, HALTED, TRADING], PACE + LATE)

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", LISTING)
def test_while_the_venue_can_not_be_asked_it_is_not_known_whether_it_trades(venue: str) -> None:
    async def act(stand: Any) -> None:
        stand.client.watch([stand.instrument])
        await stand.until(lambda: said(stand) == [TRADING], PACE + LATE)
        stand.cable.cut()
        await stand.until(lambda: said(stand) == [TRADING, UNKNOWN], PACE + LATE)
        stand.cable.mend()
        await stand.until(lambda: said(stand)[2:] == [TRADING], PACE + LATE)

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", SILENT)
def test_a_client_that_can_not_know_says_nothing(venue: str) -> None:
    async def act(stand: Any) -> None:
        stand.client.watch([stand.instrument])
        await stand.until(lambda: stand.clock() > stand.begins + PACE * 10**9, 2 * PACE)
        assert said(stand) == []

    play(VENUES[venue], act)


# ── Alpaca, whose stream tells ───────────────────────────────────────────────────────────────────────────────────────


def halt(floor: Floor, halted: bool) -> None:
    stand: Any = floor.stand
    assert stand.site.halt("ACME", halted, floor.clock())
    stand.pump()


def refused(floor: Floor) -> set[tuple[str, int | None]]:
    """What the newest decision was refused by, with the value that was looked at."""
    return {(check.code, check.value) for check in floor.decisions[-1].refusals}


def test_a_halt_stops_openings_and_no_exit_until_the_share_trades_again() -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(BUY)
        held = floor.net(STRATEGY)
        assert held > 0
        halt(floor, True)
        placed = floor.stand.placed()
        await floor.tell(BUY)
        assert (refused(floor), floor.stand.placed()) == ({("INSTRUMENT_HALTED", 0)}, placed)
        floor.connected.deliver(CloseRequested(floor.clock(), "main", "", "ann", "out"))
        await floor.until(lambda: floor.stand.placed() > placed)
        assert floor.net(STRATEGY) == held, "nothing fills in a halt"
        halt(floor, False)
        floor.stand.move(0)
        await floor.until(lambda: floor.net(STRATEGY) == 0)
        await floor.tell(BUY)
        assert floor.net(STRATEGY) == held
        said = [status for status, _ in groupby(row[3] for row in floor.rows(INSTRUMENT_STATUS))]
        assert said == [TRADING, HALTED, TRADING]

    run(AlpacaStand, act, HALTS)


def test_no_price_beyond_the_band_that_the_stream_tells() -> None:
    async def act(floor: Floor) -> None:
        stand: Any = floor.stand
        await floor.tell(BUY)
        assert refused(floor) == {("OUTSIDE_PRICE_LIMITS", None)}, "a band was told before anybody listened"
        await asyncio.sleep(30)
        await floor.tell(BUY)
        held = floor.net(STRATEGY)
        assert held > 0
        scale = 10**4
        stand.site.band("ACME", 98 * scale, 99 * scale, floor.clock())
        await floor.tell(BUY)
        assert {code for code, _ in refused(floor)} == {"OUTSIDE_PRICE_LIMITS"}
        await floor.tell(REST)
        assert floor.decisions[-1].approved, "a bid below the upper edge"
        stand.site.band("ACME", 98 * scale, 102 * scale, floor.clock())
        await floor.tell(BUY)
        assert floor.net(STRATEGY) == 2 * held

    run(AlpacaStand, act, BANDS)


def test_what_was_missed_while_the_stream_was_away_opens_nothing_until_it_prints_again() -> None:
    async def act(floor: Floor) -> None:
        stand: Any = floor.stand
        await floor.tell(BUY)
        held = floor.net(STRATEGY)
        stand.site.drop_streams()
        stand.pump()
        await floor.until(lambda: not floor.ready)
        await floor.until(lambda: floor.ready)
        floor.quote(1)
        await floor.until(lambda: not floor.decisions[-1].approved)
        assert refused(floor) == {("INSTRUMENT_HALTED", None)}
        floor.quote(0)
        await floor.tell(BUY)
        assert floor.net(STRATEGY) == 2 * held

    run(AlpacaStand, act, HALTS)


def test_a_start_knows_nothing_of_what_was_said_before_it() -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(BUY)
        row = next(row for row in floor.rows(Started(0, 1, []).kind))
        floor.connected.step(Started(floor.clock(), 2, row[3]))
        floor.connected.deliver(ConnectionChanged(floor.clock(), "main", True, ""))
        await floor.until(lambda: floor.ready)
        floor.quote(1)
        await floor.until(lambda: not floor.decisions[-1].approved)
        assert refused(floor) == {("INSTRUMENT_HALTED", None)}
        assert floor.rows(INSTRUMENT_STATUS)[-1][3] == TRADING, "that was said before"

    run(AlpacaStand, act, HALTS)
