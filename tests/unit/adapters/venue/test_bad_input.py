"""Whatever a venue says that it must not say, at every door and on every stream, while orders flow: it is counted,
nothing falls over, and once it has ended the client is connected and its book is the venue's."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.project import COMPILED_ALONE
from tests.unit.adapters.venue.alpaca import stage as alpaca
from tests.unit.adapters.venue.binance import flow as binance_flow
from tests.unit.adapters.venue.binance import stage as binance
from tests.unit.adapters.venue.ccxt import stage as ccxt
from tests.unit.adapters.venue.mt5 import stage as mt5
from tests.unit.adapters.venue.mt5 import test_faults as mt5_flow
from tests.unit.adapters.venue.spoiled import KINDS, Spoiler
from tradewright.model.control import LagMeasured
from tradewright.model.event import Event

pytestmark = COMPILED_ALONE

SECONDS = 12.0
#: Clocks are looked at every five minutes.
CLOCK_KIND, CLOCK_SECONDS, HOUR_NS = "a clock an hour off", 320.0, 3_600 * 10**9
Striking = Callable[[Spoiler], Awaitable[None]]


async def strike(spoiler: Spoiler, kind: str, where: str, frames: bool, trading: Awaitable[None]) -> None:
    """Some time into the trading things are spoilt for a while."""
    running = asyncio.ensure_future(trading)
    await asyncio.sleep(3)
    spoiler.kind, spoiler.where, spoiler.frames = kind, where, frames
    await asyncio.sleep(CLOCK_SECONDS if kind == CLOCK_KIND else SECONDS)
    spoiler.kind = ""
    await running


def counted(errors: Counter[str], events: list[Event]) -> Counter[str]:
    """What the client counted, and clocks far off, which it tells the engine."""
    lags = [event for event in events if isinstance(event, LagMeasured)]
    return errors + Counter(CLOCK_OFFSET=sum(abs(lag.row()[3]) > HOUR_NS // 2 for lag in lags))  # type: ignore[operator]


def spoil(transport: Any) -> Spoiler:
    return transport if isinstance(transport, Spoiler) else Spoiler(transport)


class SpoiledBinance(binance.Stage):
    def new_client(self) -> Any:
        self.transport = spoil(self.transport)  # type: ignore[assignment]
        return super().new_client()


class SpoiledCcxt(ccxt.CcxtStage):
    def new_client(self) -> Any:
        self.transport = spoil(self.transport)  # type: ignore[assignment]
        return super().new_client()


async def of_binance(stage: binance.Stage, kind: str, where: str, frames: bool) -> tuple[Spoiler, Counter[str]]:
    spoiler: Any = stage.transport
    await strike(spoiler, kind, where, frames, binance_flow.flow(stage, 7))
    await binance_flow.settle(stage, True)
    await binance_flow.agrees(stage)
    return spoiler, counted(stage.client.errors, stage.ledger.events)


def play_binance(kind: str, where: str, frames: bool, stages: type[binance.Stage] = SpoiledBinance) -> Any:
    async def run(clock: Any) -> Any:
        stage = stages(clock, (), False, 1, {})
        stage.market()
        await stage.start()
        if frames and not isinstance(stage, ccxt.CcxtStage):
            stage.client.watch([binance.BTC])
        found = await of_binance(stage, kind, where, frames)
        await stage.stop()
        await stage.transport.close()
        return found

    return binance.run_virtual(binance.START, run)


def play_ccxt(kind: str, where: str, frames: bool) -> Any:
    return play_binance(kind, where, frames, SpoiledCcxt)


class SpoiledAlpaca(alpaca.Stage):
    def new_client(self) -> Any:
        self.transport = spoil(self.transport)  # type: ignore[assignment]
        return super().new_client()


async def trade_alpaca(stage: alpaca.Stage) -> None:
    """Shares bought at once, bids that rest, are changed, cancelled and filled."""
    resting = []
    for number in range(12):
        stage.ledger.submit(stage.ledger.order_of("ACME", alpaca.BUY, alpaca.MARKET, "3"))
        order = stage.ledger.order_of("ACME", alpaca.BUY, alpaca.LIMIT, "5", str(98 - number % 3), tif=alpaca.GTC)
        stage.ledger.submit(order)
        resting.append(order)
        await asyncio.sleep(1.5)
        one = resting[number // 2]
        state = stage.ledger.states[one.id]
        if state.is_open() and one.id not in stage.ledger.pending:
            if number % 3:
                stage.ledger.cancel(one)
            else:
                stage.ledger.replace(one, "4", "96")
        if number == 8:
            stage.quote("ACME", "97.4", "97.5")


def play_alpaca(kind: str, where: str, frames: bool) -> Any:
    async def run(clock: Any) -> Any:
        options = alpaca.Options()
        stage = SpoiledAlpaca(clock, (), 0, alpaca.Models(), alpaca.Knobs(), options)
        stage.quote("ACME", "99.99", "100.01")
        stage.quote("GLOBEX", "19.99", "20.01")
        await stage.start()
        if frames:
            stage.venue.watch(stage.ledger.instruments[:1])
        spoiler: Any = stage.transport
        await strike(spoiler, kind, where, frames, trade_alpaca(stage))
        await stage.settled(300)
        await asyncio.sleep(90)
        await stage.until(lambda: stage.ledger.ups()[-1])
        for id in list(stage.ledger.states):
            stage.ledger.execute(alpaca.Query(stage.clock(), id))
        await asyncio.sleep(30)
        stage.agree()
        await stage.venue.close()
        return spoiler, counted(stage.errors, stage.ledger.events)

    return alpaca.run_virtual(alpaca.MONDAY, run)


class SpoiledMt5(mt5.World):
    def _client(self, **more: Any) -> Any:
        self.transport = spoil(self.transport)  # type: ignore[assignment]
        return super()._client(**more)


def play_mt5(kind: str, where: str, frames: bool) -> Any:
    async def program(world: mt5.World) -> Any:
        spoiler = world.transport = Spoiler(world.transport)  # type: ignore[assignment]
        world.client = world.ledger.client = world._client()
        await world.start()
        if frames:
            world.client.watch(list(world.ledger.instruments.values()))
        await strike(spoiler, kind, where, frames, mt5_flow.trade(world, 24))
        await world.until(world.ledger.settled, 300)
        await asyncio.sleep(90)
        await world.until(lambda: world.ledger.ups[-1])
        await world.check()
        return spoiler, counted(world.client.errors, world.ledger.events)

    return mt5.play(program, quiet=True, settles_ms=6_000)


#: The doors of each venue that its client goes through, as a request begins; "frames" is every stream of it.
DOORS: dict[str, tuple[Callable[[str, str, bool], Any], list[str]]] = {
    "binance": (play_binance, ["POST /api/v3/order", "DELETE /api/v3/order", "GET /api/v3/order", "GET", "frames"]),
    "alpaca": (play_alpaca, ["POST /v2/orders", "DELETE /v2/orders", "GET", "frames"]),
    "mt5": (play_mt5, ["POST", "GET /api/v1/open-positions", "GET", "frames"]),
    "ccxt": (play_ccxt, ["POST /api/v3/order", "DELETE /api/v3/order", "GET /api/v3/myTrades", "GET"]),
}
#: What no decoder can take for anything, and under which names it is counted where a stream said it.
NEVER_READABLE, COUNTED = ("no json", "deep"), ("frame", "market")
#: Of these nothing is read: an answer without a body, and a stream whose every frame says no more than "look".
UNREAD = (("alpaca", "DELETE /v2/orders"), ("mt5", "frames"))
#: By venue and kind where a client is sure to look at what is spoilt, and what it counts there.
SURELY = {
    ("binance", "fields missing"): ("POST /api/v3/order", "unreadable"),
    ("binance", "an enum nobody knows"): ("frames", "unknown_event"),
    ("binance", "NaN"): ("frames", "event"),
    ("binance", "a symbol never seen"): ("frames", "unknown_symbol"),
    ("binance", "ten million bytes"): ("frames", "market"),
    ("binance", CLOCK_KIND): ("GET /api/v3/time", "CLOCK_OFFSET"),
    ("alpaca", "fields missing"): ("frames", "unreadable frame"),
    ("alpaca", "an enum nobody knows"): ("frames", "tick of an unknown kind"),
    ("alpaca", "NaN"): ("GET", "look-up: Unreadable"),
    ("alpaca", "a symbol never seen"): ("POST /v2/orders", "unreadable answer"),
    ("alpaca", "ten million bytes"): ("frames", "unreadable frame"),
    ("alpaca", CLOCK_KIND): ("GET /v2/clock", "CLOCK_OFFSET"),
    ("mt5", "fields missing"): ("POST", "UNREADABLE"),
    ("mt5", "an enum nobody knows"): ("GET", "BAD_RECORD"),
    ("mt5", "NaN"): ("POST", "UNREADABLE"),
    ("mt5", "a symbol never seen"): ("GET", "UNKNOWN_SYMBOL"),
    ("mt5", "ten million bytes"): ("POST", "UNREADABLE"),
    ("mt5", CLOCK_KIND): ("GET /api/v1/health", "CLOCK_OFFSET"),
    ("ccxt", "fields missing"): ("GET /api/v3/myTrades", "unreadable"),
    ("ccxt", "an enum nobody knows"): ("POST /api/v3/order", "unreadable"),
    ("ccxt", "NaN"): ("POST /api/v3/order", "unreadable"),
    ("ccxt", "a symbol never seen"): ("GET", "round"),
    ("ccxt", "ten million bytes"): ("POST /api/v3/order", "unreadable"),
    ("ccxt", CLOCK_KIND): ("GET /api/v3/time", "CLOCK_OFFSET"),
}
#: These every door plays on every run; the long run plays all.
SHORT = ("no json", "a symbol never seen")


def cases() -> list[Any]:
    every = [(venue, door, kind) for venue, (_, doors) in DOORS.items() for door in doors for kind in KINDS]
    often = [kind in SHORT for _, _, kind in every]
    marks = [() if one else (pytest.mark.long,) for one in often]
    return [pytest.param(*case, id="-".join(case), marks=mark) for case, mark in zip(every, marks, strict=True)]


@pytest.mark.parametrize(("venue", "kind"), SURELY)
def test_each_kind_of_what_must_not_be_said_is_counted_by_its_name(venue: str, kind: str) -> None:
    play, _ = DOORS[venue]
    door, name = SURELY[venue, kind]
    frames = door == "frames"
    spoiler, errors = play(kind, "" if frames else door, frames)
    assert sum(spoiler.struck.values()) > 0
    assert errors[name] > 0, errors
    assert not [one for one in errors if one.startswith("defect")], errors


@pytest.mark.parametrize(("venue", "door", "kind"), cases())
def test_what_a_venue_must_not_say_leaves_the_client_sound(venue: str, door: str, kind: str) -> None:
    play, _ = DOORS[venue]
    frames = door == "frames"
    spoiler, errors = play(kind, "" if frames else door, frames)
    assert sum(spoiler.struck.values()) > 0
    assert not [name for name in errors if name.startswith("defect")], errors
    if kind in NEVER_READABLE and (venue, door) not in UNREAD:
        assert sum(errors[name] for name in errors if "unreadable" in name.lower() or name in COUNTED) > 0, errors
