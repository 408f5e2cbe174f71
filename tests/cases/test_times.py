"""Clocks that jump, limits and bans, days of connections, maintenance, a full disk, and the hours of a market."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cases.scene import PLACE, VENUES, Scene, play
from tradewright.app.connected import Sync
from tradewright.app.emergency import taken_in
from tradewright.core.life_cycle import WORKING
from tradewright.model.errors import JournalFull
from tradewright.model.event import NOT_FOUND
from tradewright.model.order import BUY
from tradewright.model.order_request import OrderRequested
from tradewright.ports import MemoryJournal
from tradewright.sim.wire.faults import ERROR_BEFORE, LOSE_ANSWER, Fault

everywhere = pytest.mark.parametrize("venue", list(VENUES))
SECOND = 10**9
DAY = 86_400.0


@pytest.mark.parametrize("seconds", [3_600, -3_600, 7])
def test_case_python_binance_746_a_clock_that_jumps_loses_no_order(seconds: int) -> None:
    """25 · python-binance#746: the clock's offset was measured once, at the start, and everything was refused from then
    on (-1021). hummingbot#5502: such a refusal was taken for "order not found", and orders at work were dropped."""

    async def act(scene: Scene) -> None:
        site: Any = scene.stand.site
        scene.fault(Fault(LOSE_ANSWER, PLACE["binance"]))
        scene.mute()
        rests = await scene.buy(2, limit=scene.price("-1"))
        await scene.until(lambda: scene.made(rests))
        site.knobs.skew_ns = seconds * SECOND
        order = await scene.buy()
        await scene.until(lambda: scene.status(order) == "FILLED", 15)
        await scene.until(lambda: scene.state(rests).stage == WORKING, 15)
        assert NOT_FOUND not in scene.kinds(rests)
        assert (scene.made(order), scene.made(rests)) == (1, 1)
        await scene.until(scene.ready)
        assert scene.net() == scene.there()

    play("binance", act)


@pytest.mark.parametrize("venue", ["alpaca", "binance"])
def test_case_freqtrade_7187_what_a_venue_forbids_is_not_asked_for_until_it_allows_it(venue: str) -> None:
    """26 · freqtrade#7187, ccxt#14639, BTCT#427: 429 was ignored, and became a ban. From the first refusal on nothing
    leaves until the venue's time is over; then everything goes on by itself."""

    async def act(scene: Scene) -> None:
        rests = await scene.buy(2, limit=scene.price("-1"))
        await scene.until(lambda: scene.state(rests).stage == WORKING)
        until = forbid(scene)
        await scene.until(lambda: len(scene.log) > known)
        refused = len(scene.log)
        await scene.rest((until - scene.clock()) / SECOND - 0.5)
        # What was on its way as the first refusal came is refused with it.
        assert len(scene.log) - refused <= 4
        assert scene.clock() > scene.log[-1][0] + 20 * SECOND
        await scene.until(lambda: scene.log[-1][0] > until, 10)
        await scene.until(scene.ready, 90)
        order = await scene.buy(1)
        await scene.until(lambda: scene.status(order) == "FILLED")
        assert not banned(scene)

    def forbid(scene: Scene) -> int:
        """The budget of the running minute is spent; when the next one begins."""
        nonlocal known
        known = len(scene.log)
        now, site = scene.clock(), scene.stand.site
        if scene.venue == "binance":
            counter = site.venue.limits.address("127.0.0.1").weight  # type: ignore[union-attr]
            counter.turn(now)
            counter.used = counter.limit.most
        else:
            limit = site._limits["demo-key", False]  # type: ignore[union-attr]
            limit.take(now)
            limit._used = limit.per_minute
        return now - now % (60 * SECOND) + 60 * SECOND

    known = 0
    play(venue, act, setting=lambda scene: setattr(scene.floor, "sync", Sync(5, 5, 1)))


def banned(scene: Scene) -> bool:
    site: Any = scene.stand.site
    return scene.venue == "binance" and site.venue.limits.address("127.0.0.1").bans > 0


def test_case_freqtrade_7187_under_a_ban_nothing_leaves_at_all() -> None:
    """26 · After a ban (418) not a request and not a connection until its end; then the account is compared anew."""

    async def act(scene: Scene) -> None:
        site: Any = scene.stand.site
        address = site.venue.limits.address("127.0.0.1")
        address.banned_until = until = scene.clock() + 100 * SECOND
        scene.cut()
        await scene.until(lambda: not scene.ready())
        await scene.rest(2)
        asked, connected = len(scene.log), len(scene.connects)
        await scene.rest((until - scene.clock()) / SECOND - 1)
        assert (len(scene.log), len(scene.connects)) == (asked, connected)
        await scene.until(scene.ready, 60)
        assert address.bans == 0
        order = await scene.buy(1)
        await scene.until(lambda: scene.status(order) == "FILLED")

    play("binance", act, setting=lambda scene: setattr(scene.floor, "sync", Sync(5, 5, 1)))


@everywhere
def test_case_hummingbot_462_refused_orders_do_not_go_on_for_a_day(venue: str) -> None:
    """27 · hummingbot#462: a hundred thousand refused orders in a day. After the third in a row openings stop until the
    cooldown is over, and then one is tried: that is all that leaves."""

    async def act(scene: Scene) -> None:
        for _ in range(150):
            await scene.buy(1)
        seconds = (scene.clock() - scene.site.start) // SECOND
        assert seconds > 140
        assert 3 <= len(scene.posts()) <= 3 + seconds // 60 + 1
        assert scene.there() == scene.net()

    def limits(scene: Scene) -> None:
        scene.limits = {"breakerErrors": 3, "breakerCooldownSeconds": 60}

    play(venue, act, [Fault(ERROR_BEFORE, PLACE[venue.partition("-")[0]], times=0, status=422)], setting=limits)


@pytest.mark.parametrize(
    ("venue", "days"),
    [("binance", 1.1), *(pytest.param(venue, 30, marks=pytest.mark.long) for venue in ("alpaca", "binance"))],
)
def test_case_python_binance_28_after_days_a_stream_still_tells(venue: str, days: float) -> None:
    """28 · python-binance#28, #825; nautilus#3861; Lean.Binance PR#72: a key expired, or a connection reached its day,
    and the stream was silent from then on. Days later a fill comes by the stream, and openings go."""

    async def act(scene: Scene) -> None:
        scene.market.pace = 600
        await scene.rest(days * DAY)
        scene.market.pace = 1
        await scene.rest(600)
        order = await scene.buy(limit=scene.price("-1"))
        await scene.until(lambda: scene.state(order).stage == WORKING)
        before = scene.there()
        scene.move("-2")
        await scene.until(lambda: scene.there() != before)
        await scene.until(lambda: scene.status(order) == "FILLED", 1.5)
        assert scene.net() == scene.there()

    play(venue, act, setting=lambda scene: setattr(scene.floor, "sync", Sync(600, 600, 1)))


@everywhere
def test_case_freqtrade_2889_maintenance_ends_nothing_but_openings(venue: str) -> None:
    """29 · freqtrade#2889, #8378, #10071: in a venue's maintenance the bot fell, or stopped with its trades open. It
    stays up, opens nothing, keeps its stop, and goes on by itself."""

    async def act(scene: Scene) -> None:
        before = scene.net()
        order = await scene.buy(stop_loss=scene.price("-2"))
        await scene.until(lambda: scene.status(order) == "FILLED")
        held = scene.net() - before
        await scene.rest(2)
        scene.cut()
        scene.site.trouble.maintenance = True
        await scene.until(lambda: not scene.ready(), 60)
        posts = len(scene.posts())
        scene.floor.step(opening(scene))
        await scene.rest(90)
        assert (len(scene.posts()), scene.ready(), scene.process.done()) == (posts, False, False)
        scene.site.trouble.maintenance = False
        await scene.until(scene.ready, 120)
        scene.move("-3")
        await scene.until(lambda: scene.net() < before + held // 50)
        await scene.rest(5)
        assert scene.net() == scene.there()
        again = await scene.buy(1)
        await scene.until(lambda: scene.status(again) == "FILLED")
        assert (scene.day.stops, scene.engine.halted) == (0, {})

    play(venue, act)


def opening(scene: Scene) -> OrderRequested:
    """A person's order: it does not need the market's word."""
    return OrderRequested(
        scene.clock(), "main", "manual", scene.symbol, BUY, scene.units(1), 0, "", "ann", "in maintenance"
    )


class FullDisk(MemoryJournal):
    """Takes nothing any more."""

    def append_all(self, records: Sequence[bytes], time: int) -> int:
        raise JournalFull("no space left on device")


@everywhere
def test_case_freqtrade_5621_a_full_disk_opens_nothing_and_closes_all_the_same(venue: str) -> None:
    """30 · freqtrade#5621, #7882: the disk was full and the process died with its positions open; the database was
    gone and its orders with it. What was journaled is all there is to know: without it nothing opens; a close and a
    cancel leave behind a line in the emergency file, and the next start knows of them."""

    async def act(scene: Scene) -> None:
        before = scene.net()
        order = await scene.buy()
        rests = await scene.buy(2, limit=scene.price("-3"))
        await scene.until(lambda: scene.status(order) == "FILLED" and scene.state(rests).stage == WORKING)
        held = scene.net() - before
        whole = scene.live.journal
        scene.live.journal = FullDisk()
        await scene.tell(lambda strategy: (strategy.cancel(rests), strategy.close()))
        await scene.until(
            lambda: scene.there() < before + held // 50 and not scene.stand.truth(scene.instruments).working
        )
        size, posts = scene.size(1), len(scene.posts())
        await scene.tell(lambda strategy: strategy.buy(size))
        await scene.rest(10)
        assert len(scene.posts()) == posts
        scene.live.journal = whole
        lines = scene.live.emergency.lines()
        assert len(lines) == 2
        scene.stop("live-before-step")
        await scene.until(lambda: scene.day.stops == 1)
        await scene.until(lambda: scene.engine.run == 2)
        for adopted in [taken_in(line, scene.clock()) for line in lines]:
            if adopted is not None:
                scene.floor.step(adopted)
        await scene.until(scene.ready)
        await scene.until(lambda: scene.net() == scene.there() and scene.status(rests) == "CANCELLED", 45)
        assert scene.alarms["POSITION_DRIFT"] == 0

    # Of a close by its position's ticket nothing is placed.
    by_ticket = venue == "mt5-hedging"
    play(venue, act, excused=() if by_ticket else ("A-1-3 left without a journaled decision",))


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


#: Venue, half a minute before, and whether the market opens then.
HOURS = {
    "a half day, the Friday after Thanksgiving": ("alpaca", "2026-11-27T17:59:30", False),
    "a usual close": ("alpaca", "2026-11-25T20:59:30", False),
    "the Monday after clocks went forward": ("alpaca", "2026-03-09T13:29:30", True),
    "the Monday after clocks went back": ("alpaca", "2026-11-02T14:29:30", True),
    "Sunday evening, New York's clock changed and Europe's not": ("mt5-netting", "2026-03-15T20:59:30", True),
    "Sunday evening in winter": ("mt5-netting", "2026-02-15T21:59:30", True),
}


@pytest.mark.parametrize("case", HOURS)
def test_case_lean_5152_a_market_is_open_when_it_is(case: str) -> None:
    """32 · Lean#5152, #4754; Superalgos#5280; Nemo_IB#25: early closes, and the weeks in which one side of the ocean
    has changed its clocks. Openings go while the market is open, and not a second besides, with no word of a venue."""
    venue, start, opens = HOURS[case]

    async def act(scene: Scene) -> None:
        turn = utc(start) + 30 * SECOND
        first = await scene.buy(1)
        assert scene.clock() < turn
        await scene.rest((turn - scene.clock()) / SECOND + 0.5)
        second = await scene.buy(1)
        await scene.rest(5)
        went, stayed = (second, first) if opens else (first, second)
        assert (scene.status(went), scene.status(stayed)) == ("FILLED", "DENIED")
        assert scene.posts() == [went]
        assert scene.net() == scene.there()

    def limits(scene: Scene) -> None:
        scene.limits = {"requireMarketSession": True}

    play(venue, act, setting=limits, start=utc(start))
