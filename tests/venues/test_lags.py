"""What lags behind in this house is measured where a limit asks for it, and opens nothing while it is too much."""

from __future__ import annotations

import asyncio

import pytest

from tests.venues.floor import BUY, REST, SECOND_NS, STRATEGY, Floor, run
from tests.venues.roster import VENUES
from tests.venues.stand import NetStand
from tradewright.core.limits import limits_from
from tradewright.model.control import ACTIVE, CloseRequested, Timer
from tradewright.model.event import LAG_MEASURED
from tradewright.ports import Clock, MemoryJournal

NETWORKS: dict[str, type[NetStand]] = {name: kind for name, kind in VENUES.items() if issubclass(kind, NetStand)}
ASKED = {"maxLoopLagSeconds": 1, "maxJournalLagSeconds": 1, "maxReconciliationLagSeconds": 60}


class SlowDisk(MemoryJournal):
    """A journal whose disk takes so many ns for what nobody waits for; who waits has all of it on the disk."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.takes = 0
        self._clock = clock
        self._came: list[int] = []
        self._synced = 0

    def append(self, record: bytes, time: int) -> int:
        self._came.append(self._clock())
        return super().append(record, time)

    @property
    def durable(self) -> int:
        while self._synced < len(self._came) and self._came[self._synced] + self.takes <= self._clock():
            self._synced += 1
        return self._synced

    def wait(self, sequence: int, timeout: float | None = None) -> bool:
        self._synced = max(self._synced, sequence)
        return super().wait(sequence, timeout)


def refusals(floor: Floor) -> list[list[tuple[str, int | None]]]:
    return [[(check.code, check.value) for check in decision.refusals] for decision in floor.decisions]


@pytest.mark.parametrize("venue", NETWORKS)
def test_what_does_not_lag_opens(venue: str) -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(BUY)
        assert refusals(floor) == [[]]
        assert {row[2] for row in floor.rows(LAG_MEASURED)} >= {"LOOP_LAG", "JOURNAL_LAG"}
        await floor.agrees()

    run(NETWORKS[venue], act, {"all": limits_from(ASKED)})


def test_without_a_limit_nothing_of_it_is_recorded() -> None:
    async def act(floor: Floor) -> None:
        await floor.tell(BUY)
        assert {row[2] for row in floor.rows(LAG_MEASURED)} <= {"CLOCK_OFFSET"}

    run(NETWORKS["binance"], act)


def test_events_that_waited_too_long_open_nothing_until_they_wait_no_more() -> None:
    async def act(floor: Floor) -> None:
        floor.connected.deliver(Timer(floor.clock() - 2 * SECOND_NS, "late"))
        floor.quote(1)
        await asyncio.sleep(0.1)
        assert refusals(floor) == [[("LOOP_LAG", 2 * SECOND_NS)]]
        await asyncio.sleep(3)
        floor.quote(0)
        await asyncio.sleep(1)
        await floor.tell(BUY)
        assert refusals(floor)[1:] == [[]]

    run(NETWORKS["binance"], act, {"all": limits_from(ASKED)})


@pytest.mark.parametrize(("since", "refused"), [(2, []), (4, [("LOOP_LAG", 2 * SECOND_NS)])])
def test_what_was_held_back_on_purpose_lags_by_the_rest(since: int, refused: list[tuple[str, int]]) -> None:
    async def act(floor: Floor) -> None:
        floor.connected.deliver_held(Timer(floor.clock() - since * SECOND_NS, "asked"), 2 * SECOND_NS)
        floor.quote(1)
        await asyncio.sleep(0.1)
        assert refusals(floor) == [refused]

    run(NETWORKS["binance"], act, {"all": limits_from(ASKED)})


def test_books_that_were_not_compared_for_too_long_open_nothing() -> None:
    async def act(floor: Floor) -> None:
        await asyncio.sleep(20)
        await floor.tell(BUY)
        assert [code for codes in refusals(floor) for code, _ in codes] == ["RECONCILIATION_LAG"]
        assert all(value is not None and value > 5 * SECOND_NS for codes in refusals(floor) for _, value in codes)

    run(NETWORKS["binance"], act, {"all": limits_from({"maxReconciliationLagSeconds": 5})})


def test_records_that_wait_too_long_for_the_disk_open_nothing_and_what_works_stays() -> None:
    """The account stays ACTIVE: what works was granted and journaled, and what closes goes."""

    async def act(floor: Floor) -> None:
        assert isinstance(floor.journal, SlowDisk)
        await floor.tell(BUY)
        await floor.tell(REST)
        working = list(floor.connected.orders_of("main").open())
        assert refusals(floor) == [[], []] and len(working) == 1
        floor.journal.takes = 3 * SECOND_NS
        floor.quote(0)
        await asyncio.sleep(2)
        floor.quote(1)
        await asyncio.sleep(4)
        assert [code for code, _ in refusals(floor)[2]] == ["JOURNAL_LAG"]
        assert all(value is not None and SECOND_NS < value <= 3 * SECOND_NS for _, value in refusals(floor)[2])
        assert floor.state == ACTIVE and list(floor.connected.orders_of("main").open()) == working
        floor.quote(0)
        await asyncio.sleep(2)
        floor.connected.deliver(CloseRequested(floor.clock(), "main", "", "ann", "out"))
        await asyncio.sleep(4)
        assert refusals(floor)[3:] == [[]] and floor.net(STRATEGY) == 0
        floor.journal.takes = 0
        await asyncio.sleep(4)
        await floor.tell(BUY)
        assert refusals(floor)[4:] == [[]] and floor.net(STRATEGY) > 0
        await floor.agrees()

    run(NETWORKS["binance"], act, {"all": limits_from(ASKED)}, SlowDisk)
