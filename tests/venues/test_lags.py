"""What lags behind in this house is measured where a limit asks for it, and opens nothing while it is too much."""

from __future__ import annotations

import asyncio

import pytest

from tests.venues.floor import BUY, SECOND_NS, Floor, run
from tests.venues.roster import VENUES
from tests.venues.stand import NetStand
from tradewright.core.limits import limits_from
from tradewright.model.control import Timer
from tradewright.model.event import LAG_MEASURED

NETWORKS: dict[str, type[NetStand]] = {name: kind for name, kind in VENUES.items() if issubclass(kind, NetStand)}
ASKED = {"maxLoopLagSeconds": 1, "maxJournalLagSeconds": 1, "maxReconciliationLagSeconds": 60}


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
        ((refused,),) = refusals(floor)
        assert refused[0] == "RECONCILIATION_LAG" and refused[1] is not None and refused[1] > 5 * SECOND_NS

    run(NETWORKS["binance"], act, {"all": limits_from({"maxReconciliationLagSeconds": 5})})
