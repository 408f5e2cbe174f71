"""A whole engine at a simulated venue with faults between them: nothing is lost or doubled, and the auditor would see
it if it were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest

from tests.e2e.command import tradewright
from tests.project import COMPILED_ALONE
from tradewright.app.connected import AFTER_HAND_OVER
from tradewright.app.live import DURING_RECONCILIATION
from tradewright.model import event as kinds
from tradewright.model.order import ENTRY, EXIT
from tradewright.model.reconciliation import WITHIN_TOLERANCE
from tradewright.ports import Clock
from tradewright.prove.fault_run import BY_HEARSAY, SELDOM, FaultRun, edges, kinds_at, run
from tradewright.prove.hearsay import HEARSAY
from tradewright.prove.known import STOP_LOSS, TAKE_PROFIT
from tradewright.prove.restless import Restless
from tradewright.prove.virtual import run_virtual
from tradewright.prove.world import LIMITED_BY, POINTS, STANDS, STRATEGY, Stopped, World, play
from tradewright.sim.wire.faults import BANNED, KINDS, LIMITED, SKEW, Fault
from tradewright.sim.wire.trouble import FOREIGN_ORDER, RACES

pytestmark = COMPILED_ALONE

VENUES = sorted(STANDS)
#: What `tradewright faults --json` says at least.
ROW = {"seeds", "venues", "breaks", "faults", "edges", "unseen", "hash"}


#: Played with their faults at every venue.
SEEDS = (1, 2, 3, 4, 6, 7, 10)


@pytest.mark.parametrize("venue", VENUES)
def test_a_day_without_faults_leaves_everything_square(venue: str) -> None:
    day = play(3, venue, [])
    assert day.breaches == []
    assert day.alarms == {}
    assert day.orders > 30 and day.fills > 10


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("venue", VENUES)
def test_a_day_with_faults_leaves_everything_square(venue: str, seed: int) -> None:
    day = play(seed, venue)
    assert day.breaches == []
    assert day.fired
    assert not {*RACES} & {*day.fired}
    assert (day.fired.get(LIMITED, 0), day.fired.get(BANNED, 0), day.fired.get(SKEW, 0)) == {
        4: (2, venue == "binance", 0), 10: (0, 0, 2)
    }.get(seed, (0, 0, 0))  # fmt: skip


@pytest.mark.parametrize("venue", VENUES)
def test_a_day_of_races_leaves_everything_square(venue: str) -> None:
    day = play({"alpaca": 32, "binance": 25, "mt5": 42}[venue], venue)
    assert day.breaches == []
    assert {*RACES} <= {*day.fired}


def whole(venue: str, seed: int, faults: Sequence[Fault] | None = ()) -> World:
    """A day, without faults unless they are drawn (None)."""
    with TemporaryDirectory() as folder:

        async def program(clock: Clock) -> World:
            world = World(seed, venue, Path(folder), clock, None if faults is None else list(faults), [])
            await world.run()
            return world

        return run_virtual(STANDS[venue].start, program)


#: What is refused for each limit of `prove.world.LIMITED_BY`.
REFUSALS = (
    "MAX_ORDER_VALUE",
    "MAX_WORKING_ORDERS",
    "MAX_POSITION_QUANTITY",
    "MAX_TOTAL_EXPOSURE",
    "MAX_OPEN_POSITIONS",
)


def test_each_limit_that_the_auditor_keeps_an_eye_on_refuses_something_on_some_day() -> None:
    refused = set[str]()
    for seed in (23, 27):
        world = whole("alpaca", seed, None)
        assert world.auditor.breaches == [] and set(world.limits) == set(LIMITED_BY)
        for row in map(msgspec.json.decode, world.journal.records):
            if row[0] == kinds.DECISION and not row[6]:
                refused |= {check[0] for check in row[8] if not check[1]}
    assert set(REFUSALS) <= refused


@pytest.mark.parametrize("venue", VENUES)
def test_on_a_day_without_hearsay_all_limits_stand_and_refuse_nothing(venue: str) -> None:
    world = whole(venue, 1, None)
    assert set(world.limits) == set(LIMITED_BY) and world.auditor.breaches == []
    checks = [check for row in map(msgspec.json.decode, world.journal.records) if row[0] == kinds.DECISION
              for check in row[8] if check[0] in REFUSALS]  # fmt: skip
    assert {check[0] for check in checks} == set(REFUSALS) and all(check[1] for check in checks)


@pytest.mark.parametrize("venue", VENUES)
def test_stops_and_targets_fill_where_they_lie_near(venue: str) -> None:
    filled = Counter(order.role for order in whole(venue, 13).auditor.orders.values() if order.filled)
    assert filled[STOP_LOSS] and filled[TAKE_PROFIT]


def sides_held(venue: str, seed: int) -> set[tuple[int, int]]:
    """From which side to which a book of the strategy's went on a day without faults: 1 long, -1 short; and on which
    sides it had stops, as (0, side)."""
    auditor = whole(venue, seed).auditor
    found = {(0, -order.side) for order in auditor.orders.values() if order.role == STOP_LOSS}
    net, side = Counter[tuple[str, str]](), dict[tuple[str, str], int]()
    for move in sorted(auditor.lots.moves):
        net[move.book] += move.size
        if net[move.book]:
            now = 1 if net[move.book] > 0 else -1
            found.add((side.get(move.book, now), now))
            side[move.book] = now
    return found


@pytest.mark.parametrize(("venue", "seed"), [("alpaca", 1), ("alpaca", 2), ("mt5", 1), ("mt5", 2)])
def test_where_an_account_may_be_short_its_strategy_goes_short_and_turns_round(venue: str, seed: int) -> None:
    assert sides_held(venue, seed) == {(1, 1), (-1, -1), (1, -1), (-1, 1), (0, 1), (0, -1)}


def test_where_an_account_holds_what_it_has_bought_its_strategy_stays_long() -> None:
    assert sides_held("binance", 1) == {(1, 1), (0, 1)}


#: Seeds that have broken something once. What was wrong, and is mended:
ONCE_BROKEN = {
    ("binance", 13): "a late fill behind a dead line was never asked for",
    ("binance", 60): "a snapshot that failed half-way forgot what it had to explain",
    ("binance", 226): "trades that the venue did not show yet were not asked for again",
    ("alpaca", 17): "earlier terms of an order filled it, and its newest went on at the venue",
    ("binance", 5): "what somebody traded while no client ran was found as a drift, and not as their trades",
    ("mt5", 22): "a position that the broker opened again had its old stop and target, unseen",
    ("alpaca", 39): "an exit placed again closed what another in its place had closed",
    ("binance", 174): "a close beside an exit whose cancel was on its way sold twice where no reduce-only guards",
}
#: The same, of days on which its strategy goes short as well.
TURNING_BROKEN = {
    ("alpaca", 58): "exits owed in two parts went out as four of one group, which the venue refuses for good",
    ("alpaca", 50): "an exit whose successor its venue refused once it had made way was taken to work for ever",
    ("alpaca", 60): "a close that names no lot was read as one of the oldest, as somebody else had traded before",
    ("alpaca", 99): "nobody asked about the cancel of an order that was lost and there again",
    ("mt5", 140): "a refused close that filled behind all that was held opened, and was taken for somebody else's",
    ("mt5", 159): "a list that was behind the fills made an order larger that had filled",
    (
        "mt5",
        87,
    ): "an exit that went out by what its opening had filled beyond it was taken for one that filled too much",
    ("mt5", 76): "a target that a position still had filled, and its fill was told as that of the one not sent yet",
}


@pytest.mark.parametrize(("venue", "seed"), ONCE_BROKEN)
def test_a_seed_that_has_broken_something_does_so_no_more(
    monkeypatch: pytest.MonkeyPatch, venue: str, seed: int
) -> None:
    monkeypatch.setattr(World, "turns", False)
    monkeypatch.setattr(World, "capped", False)
    assert play(seed, venue).breaches == []


@pytest.mark.parametrize(("venue", "seed"), TURNING_BROKEN)
def test_a_seed_on_which_a_turn_has_broken_something_does_so_no_more(
    monkeypatch: pytest.MonkeyPatch, venue: str, seed: int
) -> None:
    monkeypatch.setattr(World, "capped", False)
    assert play(seed, venue).breaches == []


@pytest.mark.parametrize("venue", VENUES)
def test_the_same_seed_does_the_same(venue: str) -> None:
    first, second = play(2, venue), play(2, venue)
    assert first == second
    assert first.hash != play(3, venue).hash


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_one_kind_of_fault_alone_leaves_everything_square(kind: str) -> None:
    faults = [
        Fault(kind, times=3, after=4 * number, begin=20 + 30 * number, seconds=8, by=3, probability=0.5)
        for number in range(6)
    ]
    day = play(5, "binance", faults)
    assert day.breaches == []


class Wishing(Restless):
    """Says of each of its orders that it is its own."""

    def buy(self, size: Any = None, **terms: Any) -> str:
        return super().buy(size, reason=WISHED, **terms)

    def sell(self, size: Any = None, **terms: Any) -> str:
        return super().sell(size, reason=WISHED, **terms)

    def close(self, size: Any = None, **terms: Any) -> str | None:
        return super().close(size, reason=WISHED, **terms)


WISHED, GUARDED = "wished", ("guarded is still open", "guards is still held")


class Mortal(World):
    """A day on which somebody else places an order, and the process may stop dead. traded: how often each place was met
    while it traded; left: how many orders worked and books were open at each stop."""

    strategy = Wishing

    def __init__(self, venue: str, folder: Path, clock: Clock, stops: Sequence[tuple[str, int]]) -> None:
        super().__init__(2, venue, folder, clock, [Fault(FOREIGN_ORDER, begin=40)], stops)
        self.left: list[int] = []
        self.traded = Counter[str]()

    def _crash(self, name: str, /) -> None:
        try:
            super()._crash(name)
        except Stopped:
            engine = self.trader.engine
            working = [
                id for id, state in engine.orders.items() if state.is_open() and state.order.strategy == STRATEGY
            ]
            held = [book for book in engine.ledger.books.values() if book.net and book.strategy == STRATEGY]
            self.left.append(len(working) + len(held))
            raise

    def _end_faults(self) -> None:
        self.traded = Counter(self.met)
        super()._end_faults()

    def rows(self) -> list[list[Any]]:
        return [msgspec.json.decode(record) for record in self.journal.records]


def mortal(venue: str, *stops: tuple[str, int]) -> Mortal:
    """A whole day."""
    with TemporaryDirectory() as folder:

        async def program(clock: Clock) -> Mortal:
            world = Mortal(venue, Path(folder), clock, stops)
            await world.run()
            return world

        return run_virtual(STANDS[venue].start, program)


@cache
def met(venue: str) -> Counter[str]:
    """How often the same day without a stop comes by each place while it trades."""
    return mortal(venue).traded


def nothing_lost_or_doubled(world: Mortal, stops: int) -> None:
    """All is square; behind the stops, at which there was something to lose, only what the strategy wished was sent
    (and what guards it), and nothing was taken in or taken over that was there before."""
    assert world.day.breaches == []
    assert (world.day.stops, len(world.left)) == (stops, stops) and all(world.left)
    rows = world.rows()
    begun = [place for place, row in enumerate(rows) if row[0] == kinds.STARTED]
    reasons = {order[0]: row[9] for row in rows if row[0] == kinds.DECISION for order in row[7]}
    sent = [row[2] for row in rows if row[0] == kinds.SUBMIT]
    assert len(set(sent)) == len(sent)
    for id in sent:
        guards = world.trader.engine.orders[id].order.role not in (ENTRY, EXIT)
        assert reasons[id] == WISHED or (guards and reasons[id].endswith(GUARDED)), (id, reasons[id])
    assert sum(row[0] == kinds.ORDER_ADOPTED for row in rows) == 1
    behind = rows[begun[1] :]
    assert not [row for row in behind if row[0] in (kinds.POSITION_ADJUSTED, kinds.LOTS_TRANSFERRED)]
    assert not [row for row in behind if row[0] == kinds.BALANCE_ADJUSTED and row[5] != WITHIN_TOLERANCE]


@pytest.mark.parametrize("share", [0.5, pytest.param(0.9, marks=pytest.mark.long)], ids=["in the middle", "late"])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("venue", VENUES)
def test_a_process_that_stops_dead_anywhere_loses_and_doubles_nothing(venue: str, point: str, share: float) -> None:
    nothing_lost_or_doubled(mortal(venue, (point, int(met(venue)[point] * share))), stops=1)


@pytest.mark.parametrize("venue", VENUES)
def test_a_process_that_stops_dead_again_before_it_has_looked_loses_and_doubles_nothing(venue: str) -> None:
    before = met(venue)[AFTER_HAND_OVER] // 2
    world = mortal(venue, (AFTER_HAND_OVER, before), (DURING_RECONCILIATION, 2), (DURING_RECONCILIATION, 3))
    nothing_lost_or_doubled(world, stops=3)


def test_a_process_that_stops_dead_takes_up_where_it_was() -> None:
    day = play(2, "binance", [], [("connected-before-hand-over", 9), ("live-before-durable", 20)])
    assert day.breaches == []
    assert day.stops == 2
    assert day.fills > 20


def test_a_run_of_seeds_counts_what_struck_and_says_what_it_has_not_seen() -> None:
    found = run(["binance"], range(1, 4))
    assert (found.seeds, found.breaches, found.failed) == (3, [], False)
    assert set(found.faults["binance"]) == {*KINDS, *HEARSAY} == set(kinds_at("mt5")) | set(STANDS["mt5"].never)
    assert set(found.edges["binance"]) == set(edges().values())
    assert found.row()["breaks"] == []
    assert found.unseen and all(f"never seen: {name}" in found.text() for name in found.unseen)
    assert found.hash == run(["binance"], range(1, 4)).hash


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_two_hundred_seeds_at_every_venue_break_nothing_and_leave_nothing_unseen() -> None:
    found = run(list(STANDS), range(1, 201))
    assert not found.failed, found.text()
    assert found.unseen == []
    row = found.row()
    assert set(row) >= ROW
    assert (row["seeds"], row["breaks"]) == (200, [])


def test_what_struck_at_one_venue_only_is_unseen_at_the_others() -> None:
    found = FaultRun(200, ["binance", "mt5"])
    for venue in found.venues:
        found.faults[venue].update(dict.fromkeys(found.faults[venue], 1))
    for taken in (found.edges, found.said):
        taken["mt5"].update(dict.fromkeys(taken["mt5"], 1))
    assert found.unseen == [] and not found.failed, "an edge that was taken somewhere was taken"
    assert f"not taken at binance: {next(iter(found.edges['binance']))}" in found.text()
    found.faults["mt5"]["late_fill"] = 0
    assert found.unseen == ["late_fill at mt5"] and found.failed
    assert "never seen: late_fill at mt5" in found.text()
    found.faults["mt5"]["late_fill"] = 1
    found.edges["mt5"]["fill on EXPIRED"] = 0
    assert found.unseen == ["fill on EXPIRED"] and found.failed


def test_what_a_client_said_is_counted_apart_from_what_hearsay_made_of_it() -> None:
    plain, gossip = play(2, "binance"), play(3, "binance")
    assert plain.said == plain.edges
    assert all(count <= gossip.edges[edge] for edge, count in gossip.said.items())
    assert 0 < sum(gossip.said.values()) < sum(gossip.edges.values())


def test_an_edge_that_hearsay_alone_has_taken_is_unseen_unless_no_client_takes_it() -> None:
    found = FaultRun(200, ["binance"])
    found.faults["binance"].update(dict.fromkeys(found.faults["binance"], 1))
    found.edges["binance"].update(dict.fromkeys(found.edges["binance"], 1))
    required = [name for name in edges().values() if name not in BY_HEARSAY and name not in SELDOM]
    assert found.unseen == [f"{name} by a client" for name in required] and found.failed
    found.said["binance"].update(dict.fromkeys(required, 1))
    assert found.unseen == [] and not found.failed
    (hearsay, *_), (seldom, *_) = BY_HEARSAY, SELDOM
    found.edges["binance"][hearsay] = found.edges["binance"][seldom] = 0
    assert sorted(found.unseen) == sorted([hearsay, seldom]), "somebody has to have taken them all the same"


def test_what_hearsay_alone_causes_and_what_a_client_seldom_does_are_edges_of_the_table_with_a_reason() -> None:
    assert not set(BY_HEARSAY) & set(SELDOM)
    assert {*BY_HEARSAY, *SELDOM} < set(edges().values())
    assert all(len(reason) > 20 for reason in (*BY_HEARSAY.values(), *SELDOM.values()))


def test_from_two_hundred_seeds_on_what_was_never_seen_is_a_failure() -> None:
    few = FaultRun(199, ["binance"])
    assert few.unseen and not few.failed
    few.seeds = 200
    assert few.failed
    few.seeds = 199
    few.breaches.append(("binance", 7, "I-5", "twice"))
    assert few.failed
    assert "tradewright faults --venue binance --seed 7 --seeds 1" in few.text()


def test_the_command_prints_what_struck_and_what_broke() -> None:
    said = tradewright("faults", "--seed", "2", "--seeds", "1", "--venue", "mt5", "--json")
    assert (said.code, said.err) == (0, "")
    assert set(said.row) >= ROW
    assert (said.row["seeds"], said.row["venues"], said.row["breaks"]) == (1, ["mt5"], [])
    assert set(said.row["faults"]) == set(kinds_at("mt5")) and sum(said.row["faults"].values()) > 0
    assert set(said.row["edges"]) == set(edges().values()) and said.row["edges"]["accepted on SUBMITTED"] > 0
    assert said.row["said"] == said.row["edges"], "that seed has no hearsay"
    assert said.row["hash"] == run(["mt5"], [2]).hash
