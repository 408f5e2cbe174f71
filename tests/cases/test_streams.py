"""Streams that break, fall silent, say things twice, too early or not at all: every fill becomes known, once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.cases.scene import PLACE, STREAM, VENUES, Scene, play
from tradewright.app.connected import Sync
from tradewright.core.life_cycle import WORKING
from tradewright.model.event import ACCEPTED
from tradewright.sim.wire.faults import (
    DELAY_ANSWER,
    DISCONNECT,
    DROP_FRAME,
    DUPLICATE_FRAME,
    HALF_OPEN,
    REORDER_FRAMES,
    Fault,
)
from tradewright.sim.wire.message import Frame
from tradewright.sim.wire.trouble import OVERFILL

everywhere = pytest.mark.parametrize("venue", list(VENUES))
SECOND = 10**9


def plain(venue: str) -> str:
    return venue.partition("-")[0]


def grows(scene: Scene, order: str) -> None:
    """Whatever came in whatever order: an order's stage and size only ever grew."""
    course = [(stage, filled) for _, stage, filled in scene.course[order]]
    assert [stage for stage, _ in course] == sorted(stage for stage, _ in course)
    assert [filled for _, filled in course] == sorted(filled for _, filled in course)


@everywhere
@pytest.mark.parametrize("kind", [DELAY_ANSWER, REORDER_FRAMES])
def test_case_nautilus_3436_a_stream_faster_than_its_answer_moves_nothing_backwards(venue: str, kind: str) -> None:
    """7 · nautilus PR#3436: the stream said accepted and filled before the answer came: accepted twice, and from filled
    back to accepted."""

    async def act(scene: Scene) -> None:
        scene.show(4)
        order = await scene.buy()
        rests = await scene.buy(limit=scene.price("-1"))
        await scene.rest(12)
        for id in (order, rests):
            grows(scene, id)
            assert scene.kinds(id).count(ACCEPTED) <= 1
        assert scene.status(rests) == "ACCEPTED"
        assert scene.net() == scene.there()

    where = PLACE[plain(venue)] if kind == DELAY_ANSWER else STREAM[plain(venue)]
    play(venue, act, [Fault(kind, where, seconds=2, times=0)])


@everywhere
def test_case_nautilus_3869_a_fill_that_no_stream_told_is_found(venue: str) -> None:
    """8 · nautilus#3869, #4117: filled at the venue, the event never delivered, the stream in the best of health."""

    async def act(scene: Scene) -> None:
        order = await scene.buy(limit=scene.price("-1"))
        await scene.until(lambda: scene.state(order).stage == WORKING)
        scene.mute()
        scene.move("-2")
        await scene.until(lambda: scene.there() != scene.net())
        filled = scene.clock()
        await scene.until(lambda: scene.status(order) == "FILLED", 30)
        assert scene.clock() - filled < 15 * SECOND
        assert scene.net() == scene.there() > 0
        assert scene.alarms["POSITION_DRIFT"] == 0, "it is a fill of the order, and no difference to explain"

    play(venue, act)


@everywhere
@pytest.mark.parametrize("kind", [DISCONNECT, HALF_OPEN])
def test_case_alpaca_trade_api_499_a_stream_that_broke_is_opened_again(venue: str, kind: str) -> None:
    """9 · alpaca-trade-api-python PR#499, PR#466: the stream never came back. What happened while it was away is told,
    and what happens afterwards comes by the stream again."""

    async def act(scene: Scene) -> None:
        away, later = await scene.buy(2, limit=scene.price("-1")), await scene.buy(3, limit=scene.price("-3"))
        await scene.until(lambda: scene.state(away).stage == scene.state(later).stage == WORKING)
        (first,) = scene.streams()
        scene.fault(Fault(kind, STREAM[scene.venue], times=1))
        scene.move("-2")
        await scene.until(lambda: scene.status(away) == "FILLED")
        await scene.until(lambda: any(one is not first for one in scene.streams()), 120)
        await scene.until(scene.ready)
        scene.move("-4")
        there = scene.there()
        await scene.until(lambda: scene.there() != there)
        await scene.until(lambda: scene.status(later) == "FILLED", 2)
        assert scene.net() == scene.there()

    play(venue, act)


@everywhere
def test_case_tradestation_95_fills_missing_from_a_stream_that_beats_are_known(venue: str) -> None:
    """10 · QuantConnect TradeStation PR#95: heartbeats came, and fourteen of eighteen fills did not."""

    async def act(scene: Scene) -> None:
        scene.floor.sync = Sync(600, 600)  # the stream itself shows the gap; the comparison would only come later
        await scene.rest(10)
        scene.show(1)
        order = await scene.buy(18, limit=scene.price("-1"))
        await scene.until(lambda: scene.state(order).stage == WORKING)
        frames = 2 if scene.venue == "binance" else 1
        scene.fault(Fault(DROP_FRAME, STREAM[scene.venue], times=14 * frames))
        before = scene.there()
        scene.move("-2")
        await scene.until(lambda: scene.there() - before >= scene.units(15) * 99 // 100)
        await scene.until(lambda: scene.state(order).filled >= scene.units(15), 2)
        await scene.until(lambda: scene.status(order) == "FILLED")
        assert len({fill.trade_id for fill in scene.fills(order)}) == len(scene.fills(order)) == 18
        assert scene.net() == scene.there()

    play(venue, act)


@everywhere
def test_case_hummingbot_2945_a_fill_told_again_is_booked_once(venue: str) -> None:
    """11 · hummingbot#2945, #4990; ccxt#18854, #18028; nautilus#3046: the same fill by stream and answer, after a
    restart, and again when a stream came back after forty minutes."""

    async def act(scene: Scene) -> None:
        scene.fault(Fault(DUPLICATE_FRAME, STREAM[scene.venue], times=0))
        scene.show(4)
        order = await scene.buy(limit=scene.price("-1"))
        await scene.until(lambda: scene.state(order).stage == WORKING)
        scene.move("-2")
        await scene.until(lambda: scene.state(order).filled == scene.units(4))
        scene.market.still = True
        await scene.rest(2)
        scene.plan.faults.clear()
        held = scene.net()
        scene.stop("live-before-step")
        scene.floor.force_reconciliation("main")
        await scene.until(lambda: scene.day.stops == 1)
        await scene.until(scene.ready)
        await scene.rest(300 if scene.venue == "mt5" else 2_400)  # MT5 is asked each second, and tells nothing again
        scene.fault(Fault(DISCONNECT, STREAM[scene.venue]))
        await scene.rest(60)
        assert (scene.net(), scene.state(order).filled) == (held, scene.units(4))
        scene.market.still = False
        await scene.until(lambda: scene.status(order) == "FILLED")
        assert scene.net() == scene.there() > 0

    play(venue, act)


@everywhere
def test_case_nautilus_3770_a_real_overfill_is_booked_and_told_and_nothing_falls(venue: str) -> None:
    """12 · nautilus#3317, #3770, #3221: a venue filled more than was asked for, and the engine fell over it."""

    async def act(scene: Scene) -> None:
        terms = {} if scene.venue == "mt5" else {"limit": scene.price("-1")}
        order = await scene.buy(**terms)
        await scene.until(lambda: scene.state(order).stage == WORKING or scene.status(order) == "FILLED")
        await scene.rest(2)
        assert scene.inject(OVERFILL)
        await scene.until(lambda: scene.alarms["OVERFILL"])
        assert scene.state(order).filled > scene.units(10)
        await scene.rest(10)
        assert scene.net() == scene.there() > 0
        again = await scene.buy(1)
        await scene.until(lambda: scene.status(again) == "FILLED")

    play(venue, act)


@pytest.mark.parametrize("venue", ["alpaca", "binance"])
def test_case_nautilus_3317_a_fill_told_again_under_another_number_is_not_booked(venue: str) -> None:
    """12 · nautilus#3317: the same fill with a new trade id. What the venue says is filled in all has not grown, so
    there is nothing new. (At MT5 fills are read from the account's history, never from the stream.)"""

    async def act(scene: Scene) -> None:
        (stream,) = scene.streams()
        frames = overheard(stream)
        scene.show(4)
        order = await scene.buy(limit=scene.price("-1"))
        await scene.until(lambda: scene.state(order).stage == WORKING)
        scene.move("-2")
        await scene.until(lambda: scene.state(order).filled == scene.units(4))
        scene.market.still = True
        told = [renumbered(scene.venue, frame.data) for frame in frames]
        for data in [data for data in told if data]:
            stream.put(Frame(frames[-1].kind, data))
        scene.transport.venues[scene.venue].settle()
        await scene.rest(5)
        assert scene.state(order).filled == scene.units(4)
        assert scene.net() == scene.there()
        scene.market.still = False
        await scene.until(lambda: scene.status(order) == "FILLED")
        assert scene.alarms["OVERFILL"] == 0
        assert scene.net() == scene.there()

    play(venue, act)


def overheard(stream: Any) -> list[Frame]:
    """All that the stream says from now on, which it goes on saying."""
    frames: list[Frame] = []
    put = stream.put

    def listening(frame: Frame) -> None:
        frames.append(frame)
        put(frame)

    stream.put = listening
    return frames


def renumbered(venue: str, data: bytes) -> bytes:
    """The same fill under another number; nothing of what is no fill."""
    said = msgspec.json.decode(data)
    event = said["event"] if venue == "binance" else said["data"]
    if venue == "binance" and event.get("x") == "TRADE":
        event["t"] += 1_000_000
    elif venue == "alpaca" and event.get("event") in ("partial_fill", "fill"):
        event["execution_id"] = "11111111-2222-4333-8444-555555555555"
    else:
        return b""
    return msgspec.json.encode(said)
