"""The timers of trading cycles beside services that take their time: what passes meanwhile, what waits, what is asked.

In virtual time: a second is exactly one, and a process stands still for as long as a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tradewright.adapters.journal import EmergencyFile
from tradewright.app.connected import ConnectedEngine
from tradewright.app.cycle_timers import CycleTimers
from tradewright.app.live import LiveEngine
from tradewright.app.sources import Sources
from tradewright.core.limits import limits_from
from tradewright.core.setup import Setup, StrategySpec
from tradewright.model.account import Account
from tradewright.model.answer import SignalFailed, SignalReceived, SignalRequest
from tradewright.model.control import LagMeasured, Started, Timer
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.order import BUY
from tradewright.ports import Clock, MemoryJournal
from tradewright.prove.virtual import run_virtual
from tradewright.signal.ensemble import Ensemble
from tradewright.signal.strategy import Strategy
from tradewright.trader import Outcome, Trader

SECOND = 10**9
#: A multiple of every cycle here.
BEGIN = 1_767_623_400 * SECOND
SYMBOLS = ("ACME", "BETA")
LIMITS = {"maxLoopLagSeconds": 1, "maxJournalLagSeconds": 1}


class Alone(Strategy):
    """Decides on cycles, and asks nobody."""


class Model:
    """A service by its name. takes: seconds it thinks about its next questions, the last of them about all further;
    asked: the moment in seconds and the symbol of each."""

    def __init__(self, name: str, *takes: float) -> None:
        self.name = name
        self.takes = [*takes]
        self.asked: list[tuple[float, str]] = []

    async def ask(self, request: SignalRequest) -> SignalReceived | SignalFailed:
        self.asked.append(((request.time - BEGIN) / SECOND, request.instrument.symbol))
        await asyncio.sleep(self.takes.pop(0) if len(self.takes) > 1 else self.takes[0])
        words = "up", "model-1", request.time
        return SignalReceived(request.time, self.name, request.instrument, BUY, 900_000, *words)

    async def close(self) -> None:
        """It has no connections."""


class Disk(MemoryJournal):
    """A journal whose records are durable half a second after they were written."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._written: list[int] = []

    @property
    def durable(self) -> int:
        now = self._clock()
        return sum(now - written >= SECOND // 2 for written in self._written)

    def append(self, record: bytes, time: int) -> int:
        self._written.append(self._clock())
        return super().append(record, time)


def alone(seconds: int) -> StrategySpec:
    return StrategySpec("alone", "alone", "main", SYMBOLS, (), "c", "p", "", "cycle", seconds)


def council(name: str, seconds: int, *services: str, symbols: tuple[str, ...] = SYMBOLS[:1], on: str = "cycle") -> Any:
    asked: dict[str, Any] = {service: {} for service in services}
    settings: dict[str, Any] = {"services": asked, "cycle_seconds": seconds, "decide_on": on}
    if not services:
        settings["members"] = {"mute": {"ref": "alone"}}
    return StrategySpec(name, "council", "main", symbols, tuple(settings.items()), "c", "p")


class Stage:
    """An engine with its cycles. told: each event with the seconds since BEGIN at which it was decided; leap: seconds
    that the clock is ahead of the loop, as if that had stood still for them."""

    def __init__(self, clock: Clock, folder: Path, specs: list[StrategySpec], *models: Model) -> None:
        self.leap = 0.0
        self.clock: Clock = lambda: clock() + round(self.leap * SECOND)
        self.told: list[tuple[float, Event]] = []
        self.trader = Trader(lambda spec: Ensemble if spec.ref == "council" else Alone)
        live = LiveEngine(self.trader, Disk(clock), EmergencyFile(folder), lambda event, outcome: None)
        live.observer = self
        self.connected = ConnectedEngine(live, self.clock)
        self.timers = CycleTimers(self.connected, Sources(models))
        listed = [Instrument(symbol, "paper", "equity", symbol, "USD", 2, 0) for symbol in SYMBOLS]
        account = (Account("main", "main", "paper", kind="margin"), limits_from(LIMITS).row())
        row = Setup(listed, [account], specs, {}).row()
        self.connected.step(Started(clock(), 1, msgspec.json.decode(msgspec.json.encode(row), type=list[Any])))

    def look(self, event: Event) -> None:
        """Nothing is looked at before a step."""

    def see(self, sequence: int, event: Event, outcome: Outcome) -> None:
        self.told.append(((self.clock() - BEGIN) / SECOND, event))

    async def play(self, seconds: float) -> None:
        parts = [asyncio.create_task(self.connected.run()), asyncio.create_task(self.timers.run())]
        await asyncio.sleep(seconds)
        for part in parts:
            part.cancel()
            with suppress(asyncio.CancelledError):
                await part

    def timers_of(self, seconds: int) -> list[tuple[float, float]]:
        """When each timer of a cycle was decided, and its moment."""
        name = f"cycle:{seconds}"
        found = [(at, event) for at, event in self.told if isinstance(event, Timer) and event.name == name]
        return [(round(at, 3), (event.time - BEGIN) / SECOND) for at, event in found]

    def words(self) -> list[tuple[float, str, float, str]]:
        """When each word of a service was decided, whose it is, its moment, and why it is none."""
        found = [(at, event) for at, event in self.told if isinstance(event, SignalReceived | SignalFailed)]
        return [
            (round(at, 3), event.source, (event.time - BEGIN) / SECOND, getattr(event, "code", ""))
            for at, event in found
        ]

    def lags(self) -> dict[str, float]:
        """The longest of each that was told, in seconds."""
        told = [event for _, event in self.told if isinstance(event, LagMeasured)]
        longest: dict[str, float] = {}
        for event in told:
            longest[event.name] = max(longest.get(event.name, 0.0), event.lag_ns / SECOND)
        return longest


Scene = Callable[[Stage], Coroutine[Any, Any, None]]


def play(
    folder: Path, specs: list[StrategySpec], *models: Model, seconds: float = 12.1, scene: Scene | None = None
) -> Stage:
    async def program(clock: Clock) -> Stage:
        stage = Stage(clock, folder, specs, *models)
        beside = None if scene is None else asyncio.create_task(scene(stage))
        await stage.play(seconds)
        if beside is not None:
            await beside
        return stage

    return run_virtual(BEGIN + SECOND // 2, program)


def test_cycles_that_ask_nobody_go_at_their_moments_while_another_waits_for_its_answers(tmp_path: Path) -> None:
    stage = play(tmp_path, [alone(1), council("council", 5, "ml")], Model("ml", 2.2))
    assert stage.timers_of(1) == [(second, second) for second in range(1, 13)]
    assert stage.timers_of(5) == [(7.2, 5), (12.2, 10)], "with their own moments, when the answers have come"
    assert stage.words() == [(7.2, "ml", 5, ""), (12.2, "ml", 10, "")]
    (vote,) = {at for at, event in stage.told if isinstance(event, Timer) and event.time == BEGIN + 5 * SECOND} - {5.0}
    before = [event for at, event in stage.told if at == vote and not isinstance(event, LagMeasured)]
    assert [type(event) for event in before] == [SignalReceived, Timer], "the vote of that cycle has its answers"


def test_what_was_waited_for_on_purpose_is_no_lag(tmp_path: Path) -> None:
    stage = play(tmp_path, [alone(1), council("council", 5, "ml", symbols=SYMBOLS)], Model("ml", 2.8))
    assert stage.timers_of(5)[0] == (7.8, 5)
    lags = stage.lags()
    assert lags["LOOP_LAG"] == 0
    assert 0 < lags["JOURNAL_LAG"] <= 0.5, "what its disk takes"


def test_a_bar_that_comes_late_waits_for_the_disk_since_it_came(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await asyncio.sleep(5.2)  # at second 5.7, so that the next timer finds it on its way
        ended = stage.clock() - 20 * SECOND
        stage.connected.deliver(Bar(ended, stage.trader.engine.symbols["ACME"], ended - SECOND, 9, 9, 9, 9, 1))

    stage = play(tmp_path, [alone(1)], seconds=7, scene=scene)
    assert stage.lags()["JOURNAL_LAG"] == pytest.approx(0.3)


@pytest.mark.parametrize(("stands", "lag"), [(0.5, 0.0), (4.0, 1.5)])
def test_a_loop_that_stands_still_while_it_asks_lags_by_what_nobody_waits_on_purpose(
    stands: float, lag: float, tmp_path: Path
) -> None:
    async def scene(stage: Stage) -> None:
        await asyncio.sleep(5)  # at second 5.5; the cycle of 5 is asking
        stage.leap = stands

    stage = play(tmp_path, [council("council", 5, "ml")], Model("ml", 0.5), seconds=6, scene=scene)
    assert stage.timers_of(5) == [(5.5 + stands, 5)]
    assert stage.lags()["LOOP_LAG"] == lag, "of a time-out of 3 s"


def test_a_loop_that_is_late_for_its_timers_lags_and_asks_about_the_newest_moment_alone(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await asyncio.sleep(5)
        stage.leap = 3.1

    model = Model("ml", 0.1)
    stage = play(tmp_path, [council("council", 1, "ml")], model, seconds=7, scene=scene)
    assert [moment for _, moment in stage.timers_of(1)] == [float(second) for second in range(1, 11)]
    assert [moment for moment, _ in model.asked] == [1, 2, 3, 4, 5, 9, 10]
    assert stage.lags()["LOOP_LAG"] == pytest.approx(3.1)


def test_only_what_is_weighed_in_a_cycle_is_asked_in_it(tmp_path: Path) -> None:
    ml, rl, news = Model("ml", 0.1), Model("rl", 0.1), Model("news", 0.1)
    specs = [
        alone(1), council("first", 5, "ml", symbols=("ACME",)), council("second", 4, "rl", "ml", symbols=("BETA",)),
        council("third", 5, "ml", "gone", symbols=("BETA", "ACME")), council("fourth", 3),
    ]  # fmt: skip
    stage = play(tmp_path, specs, ml, rl, news, seconds=9)
    assert ml.asked == [(4, "BETA"), (5, "ACME"), (5, "BETA"), (8, "BETA")]
    assert rl.asked == [(4, "BETA"), (8, "BETA")]
    assert news.asked == []
    assert [at for at, _ in stage.timers_of(3)] == [3, 6, 9]


def test_what_a_service_said_last_is_of_the_newest_moment(tmp_path: Path) -> None:
    stage = play(tmp_path, [council("council", 1, "ml")], Model("ml", 2.5, 0.2, 0.2), seconds=4)
    assert stage.words() == [(3.5, "ml", 1, ""), (3.5, "ml", 2, ""), (3.5, "ml", 3, ""), (4.2, "ml", 4, "")]
    assert stage.timers_of(1) == [(3.5, 1), (3.5, 2), (3.5, 3), (4.2, 4)]


def test_a_cycle_waits_for_no_service_of_another(tmp_path: Path) -> None:
    specs = [council("one", 3, "ml"), council("other", 4, "rl")]
    stage = play(tmp_path, specs, Model("ml", 2.9), Model("rl", 0.2), seconds=7)
    assert stage.timers_of(3) == [(5.9, 3)]
    assert stage.timers_of(4) == [(4.2, 4)]


def test_each_cycle_ends_within_its_time_however_many_ask_a_service_that_never_answers(tmp_path: Path) -> None:
    specs = [council("one", 1, "ml"), council("other", 2, "ml", "rl")]
    stage = play(tmp_path, specs, Model("ml", 1_000), Model("rl", 0.1), seconds=10)
    assert stage.timers_of(1) == [(second + 3, second) for second in range(1, 8)]
    assert stage.timers_of(2) == [(second + 3, second) for second in (2, 4, 6)]
    assert {code for _, source, _, code in stage.words() if source == "ml"} == {"TIMEOUT"}


def test_an_ensemble_that_decides_on_bars_keeps_no_timer_waiting_for_its_services(tmp_path: Path) -> None:
    stage = play(tmp_path, [alone(5), council("council", 5, "ml", on="bar")], Model("ml", 2.0), seconds=8)
    assert stage.timers_of(5) == [(5, 5)]
    assert stage.words() == [(7, "ml", 5, "")]


def test_what_fails_while_it_asks_ends_the_cycles_with_it(tmp_path: Path) -> None:
    class Broken(Model):
        async def ask(self, request: SignalRequest) -> SignalReceived | SignalFailed:
            raise ZeroDivisionError("a source that breaks its word")

    async def program(clock: Clock) -> None:
        await Stage(clock, tmp_path, [council("council", 5, "ml")], Broken("ml", 0.1)).timers.run()

    with pytest.raises(ExceptionGroup) as raised:
        run_virtual(BEGIN, program)
    assert raised.group_contains(ZeroDivisionError)
