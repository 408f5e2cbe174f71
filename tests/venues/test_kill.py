"""A person kills while a strategy floods its venue: nothing more is opened, whatever waits on its way is held back, all
that rests is cancelled, exits stay possible, and the next process is halted too."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from tests.cases.scene import CANCEL, Scene, play
from tradewright.adapters.net.last_gate import OPENINGS_STOPPED
from tradewright.adapters.net.transport import POOL
from tradewright.app.answering import answered
from tradewright.app.control import NAME, Asked, ControlSocket
from tradewright.app.picker import CancelAsked
from tradewright.core.life_cycle import WORKING
from tradewright.model import event as kinds
from tradewright.model.command import Command
from tradewright.model.control import EVERYTHING, HALTED, TRADING_STATES
from tradewright.model.errors import JournalFull
from tradewright.model.order import ENTRY
from tradewright.ports import MemoryJournal
from tradewright.prove.auditor import Placed
from tradewright.prove.site_transport import LATENCY_NS
from tradewright.sim.wire.message import Request

VENUES = ("alpaca", "binance", "mt5-hedging", "mt5-netting")
SECOND = 10**9
#: Orders that rest, in how many lots, and how many more want to when the kill comes: a venue's limit on orders, or on
#: requests a minute, has to leave room for both.
RESTING, LOTS, MORE = 75, 3, 60
#: Between two lots, so that no limit is in the way.
PAUSE = {"alpaca": 61.0, "binance": 11.0, "mt5": 3.0}
#: After it nothing that opens may reach the venue; until then all cancels are handed over.
QUIET_NS, CANCELS_NS = SECOND // 10, SECOND
#: One way to a venue that is not beyond an ocean. No venue's limit holds cancels up here, only the way does: each of
#: the client's connections takes one after the other, so a second is enough for 25 times 40 ms on each of them.
NEAR_NS = 20_000_000


class Flooded(Scene):
    """handed: when each command went over to the client. before: the position that was there already."""

    handed: list[tuple[int, Command]]
    before: int

    def watch(self) -> None:
        self.handed = []
        hand_over = self.floor._hand_over

        def handing(command: Command) -> None:
            self.handed.append((self.clock(), command))
            hand_over(command)

        setattr(self.floor, "_hand_over", handing)  # noqa: B010

    async def hold(self) -> None:
        """Something that can be closed."""
        self.before = self.net()
        order = await self.buy(5)
        await self.until(lambda: self.status(order) == "FILLED")

    def flat(self) -> bool:
        """What was bought here is sold, but for what no order can sell."""
        return self.net() == self.there() < self.before + self.units(1)

    async def flood(self, orders: int) -> None:
        """So many bids far below the market, in one callback."""
        size, price = self.size(1), self.price("-4")
        await self.tell(lambda strategy: [strategy.buy(size, limit=price) for _ in range(orders)])

    async def rest_at_the_venue(self) -> None:
        for _ in range(LOTS):
            await self.flood(RESTING // LOTS)
            await self.rest(PAUSE[self.venue])
        assert sum(state.stage == WORKING and state.is_open() for state in self.entries()) == RESTING

    def entries(self) -> list[Any]:
        return [state for state in self.engine.orders.values() if state.order.role == ENTRY]

    def opened(self, since: int) -> list[tuple[int, list[Placed]]]:
        """What reached the venue since then and opens."""
        found = [(at, self.stand.placed(request, self.instruments)) for at, request in self.log if at > since]
        return [
            (at, orders) for at, orders in found
            if any(self.engine.orders[self.stand.own(one.client_id)].order.role == ENTRY for one in orders)
        ]  # fmt: skip

    def working(self) -> set[str]:
        """The venue's ids of the openings that work."""
        return {state.venue_id for state in self.entries() if state.stage == WORKING and state.is_open()}

    def cancelled(self, since: int) -> dict[str, int]:
        """When the first cancel of each order reached the venue, by the venue's id."""
        found: dict[str, int] = {}
        for at, request in self.requests(CANCEL[self.venue]):
            if at > since:
                found.setdefault(meant(self.venue, request), at)
        return found

    def journaled(self, since: int) -> list[str]:
        """Openings that were submitted behind a record."""
        rows = [msgspec.json.decode(record) for record in self.journal.records[since:]]
        sent = [row[2] for row in rows if row[0] == kinds.SUBMIT]
        return [id for id in sent if self.engine.orders[id].order.role == ENTRY]


def meant(venue: str, request: Request) -> str:
    """The venue's id of the order that a cancel names; "" = it names another's."""
    if venue == "alpaca":
        return request.path.rpartition("/")[2]
    if venue == "binance":
        return parse_qs(request.query).get("orderId", [""])[0]
    return str(msgspec.json.decode(request.body)["ticket"])


def kill(scene: Scene, scope: str = EVERYTHING) -> dict[str, Any]:
    """As `tradewright kill` does."""
    return asked_of(scene, Asked(scope, HALTED, "ann", "it floods"))


def asked_of(scene: Scene, what: Asked | CancelAsked) -> dict[str, Any]:
    """Over the socket beside the journal."""
    control = ControlSocket(scene.folder)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as person:
            person.connect(str(scene.folder / NAME))
            person.sendall(msgspec.json.encode(what) + b"\n")
            control.poll(lambda asked: answered(asked, scene.live, scene.floor.step))
            answer: dict[str, Any] = msgspec.json.decode(person.recv(65_536))
            return answer
    finally:
        control.close()


def flooded(venue: str, act: Any, **more: Any) -> None:
    """Plays a scene as `tests.cases.scene.play` does."""

    async def act_flooded(scene: Scene) -> None:
        scene.__class__ = Flooded
        await act(scene)

    play(venue, act_flooded, **more)


@pytest.mark.parametrize("venue", VENUES)
def test_a_kill_in_a_flood_opens_nothing_more_and_cancels_all_that_rests(venue: str) -> None:
    async def act(scene: Flooded) -> None:
        scene.watch()
        await scene.hold()
        await scene.rest_at_the_venue()
        await scene.flood(MORE)
        await scene.rest(0.15)
        before = len(scene.log)
        waiting = [state for state in scene.entries() if state.submit]
        assert len(waiting) + RESTING > 100 and before > RESTING
        at = scene.clock()
        answer = kill(scene)
        assert (answer["state"], answer["states"]) == (TRADING_STATES[HALTED], {EVERYTHING: "HALTED"})
        since, worked = answer["record"], scene.working()
        rests = {state.order.id for state in scene.entries() if state.is_open()}
        await scene.rest(1)
        cancelled = {command.order_id: when for when, command in scene.handed if command.kind == kinds.CANCEL}
        assert rests <= cancelled.keys() and max(cancelled.values()) <= at + CANCELS_NS
        assert scene.opened(at + QUIET_NS) == []
        # An exit leaves at once, among all the cancels.
        await scene.tell(lambda strategy: strategy.close())
        await scene.until(lambda: scene.engine.holds.holds.keys().isdisjoint(rests), 90)
        await scene.until(scene.flat, 90)
        # Each connection takes one after the other, and may have had an opening on its way.
        arrived, rounds = scene.cancelled(at), -(-len(worked) // POOL) + 1
        assert len(worked) >= RESTING and worked <= arrived.keys()
        assert max(arrived[id] for id in worked) <= at + rounds * 2 * LATENCY_NS[1]
        # What waited in the client came to the gate behind them, and no further.
        assert scene.gate.withheld[OPENINGS_STOPPED] > 20 and "LAST_GATE" not in scene.alarms
        await scene.flood(3)
        await scene.rest(2)
        assert scene.journaled(since) == [] and scene.opened(at + QUIET_NS) == []
        assert len(scene.requests(CANCEL[scene.venue])) >= RESTING

    flooded(venue, act)


@pytest.mark.parametrize("venue", VENUES)
def test_the_cancels_of_all_that_rests_reach_a_venue_nearby_within_a_second(venue: str) -> None:
    def nearby(scene: Scene) -> None:
        setattr(scene.transport.venues[scene.venue], "latency", lambda: NEAR_NS)  # noqa: B010

    async def act(scene: Flooded) -> None:
        await scene.rest_at_the_venue()
        await scene.flood(MORE)
        await scene.rest(0.05)
        at, waiting = scene.clock(), [state for state in scene.entries() if state.submit]
        kill(scene)
        worked = scene.working()
        assert len(worked) >= RESTING and len(waiting) > MORE // 2
        await scene.rest(1)
        arrived = scene.cancelled(at)
        assert worked <= arrived.keys() and max(arrived[id] for id in worked) <= at + CANCELS_NS
        await scene.until(lambda: not any(state.is_open() for state in scene.entries()), 90)

    flooded(venue, act, setting=nearby)


@pytest.mark.parametrize("venue", VENUES)
def test_the_process_that_comes_after_a_kill_is_halted_and_cancels_what_still_rests(venue: str) -> None:
    async def act(scene: Flooded) -> None:
        await scene.hold()
        await scene.flood(30)
        await scene.rest(0.15)
        at = scene.clock()
        scene.stop("connected-after-hand-over", 3)
        with pytest.raises(BaseException, match="connected-after-hand-over"):
            kill(scene)
        scene.stop("live-before-step")
        await scene.until(lambda: scene.day.stops == 1)
        await scene.until(lambda: scene.engine.run == 2 and scene.ready())
        assert scene.engine.states == {EVERYTHING: HALTED}
        await scene.until(lambda: not any(state.is_open() for state in scene.entries()), 90)
        await scene.flood(3)
        await scene.rest(5)
        assert scene.opened(at + QUIET_NS) == []
        assert not any(state.is_open() for state in scene.entries())
        await scene.tell(lambda strategy: strategy.close())
        await scene.until(scene.flat, 60)

    flooded(venue, act)


class FullDisk(MemoryJournal):
    def append_all(self, records: Any, time: int) -> int:
        raise JournalFull("no space left on device")


@pytest.mark.parametrize("venue", VENUES)
def test_a_full_disk_in_a_flood_holds_back_what_waits_and_lets_cancels_out(venue: str) -> None:
    async def act(scene: Flooded) -> None:
        await scene.hold()
        await scene.flood(20)
        await scene.rest(0.1)
        whole, scene.live.journal = scene.live.journal, FullDisk()
        at = scene.clock()
        await scene.until(lambda: scene.live.failure is not None, 3)
        halted = scene.clock()
        assert halted - at <= 2 * SECOND
        await scene.rest(20)
        assert scene.opened(halted + QUIET_NS) == []
        assert scene.gate.withheld[OPENINGS_STOPPED] > 0
        assert not scene.stand.truth(scene.instruments).working
        scene.live.journal = whole
        scene.stop("live-before-step")
        await scene.until(lambda: scene.engine.run == 2 and scene.ready())
        await scene.until(lambda: not any(state.is_open() for state in scene.entries()), 90)

    flooded(venue, act)


@pytest.mark.parametrize("venue", VENUES)
def test_a_person_cancels_what_rests_by_symbol_side_and_strategy_and_nothing_is_stopped(venue: str) -> None:
    async def act(scene: Flooded) -> None:
        await scene.hold()
        await scene.tell(lambda strategy: strategy.close(limit=scene.price("5")))
        await scene.flood(4)
        openings = {state.order.id for state in scene.entries() if state.order.limit_units}
        await scene.until(lambda: all(scene.state(id).stage == WORKING for id in openings))
        other = scene.stand.symbols[1]
        for misses in ({"symbol": other}, {"side": "sell"}, {"strategy": "external"}):
            assert asked_of(scene, CancelAsked("ann", **misses)) == {"cancelled": []}
        assert "nobody" in asked_of(scene, CancelAsked("ann", strategy="nobody"))["error"]
        said = asked_of(scene, CancelAsked("ann", symbol=scene.symbol, side="buy", strategy="restless"))
        assert set(said["cancelled"]) == openings and len(openings) == 4
        await scene.until(lambda: {scene.status(id) for id in openings} == {"CANCELLED"})
        exits = [state for state in scene.engine.orders.values() if state.order.role != ENTRY and state.is_open()]
        assert len(exits) == 1 and scene.engine.states == {}
        await scene.buy(1, limit=scene.price("-4"))
        await scene.until(lambda: sum(state.is_open() for state in scene.entries()) == 1)

    flooded(venue, act)
