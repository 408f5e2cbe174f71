"""The gate and the count of an order's times."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.adapters.venue.alpaca.stage import MONDAY, SECOND
from tradewright.adapters.net.budget import Budget
from tradewright.adapters.venue.alpaca.gate import OPENING, QUESTION, URGENT, BudgetSpent, Gate
from tradewright.adapters.venue.alpaca.tracked import Tracked
from tradewright.model.instrument import Instrument
from tradewright.ports import Clock
from tradewright.prove.virtual import run_virtual


def gate_of(clock: Clock, limit: int = 200, reserve: int = 10) -> Gate:
    return Gate(Budget(limit, 60 * SECOND, reserve), clock)


def test_a_place_is_kept_for_what_is_urgent_and_it_goes_ahead_of_all_that_waits() -> None:
    async def program(clock: Clock) -> list[str]:
        gate, passed = gate_of(clock), []

        async def ask(name: str, rank: int) -> None:
            await gate.enter(rank)
            passed.append(name)
            await asyncio.sleep(1)
            gate.leave()

        names = [("a", QUESTION), ("b", QUESTION), ("c", QUESTION), ("d", QUESTION), ("e", QUESTION), ("open", OPENING)]
        waiting = [asyncio.create_task(ask(name, rank)) for name, rank in names]
        await asyncio.sleep(0.1)
        waiting += [asyncio.create_task(ask(name, URGENT)) for name in ("exit", "cancel")]
        await asyncio.sleep(0.1)
        assert passed == ["a", "b", "c", "d", "exit"]
        await asyncio.gather(*waiting)
        return passed

    assert run_virtual(MONDAY, program)[5:] == ["cancel", "open", "e"]


def test_when_the_budget_is_spent_openings_are_refused_questions_wait_and_the_reserve_is_for_the_urgent() -> None:
    async def program(clock: Clock) -> None:
        gate = gate_of(clock, 4, 2)
        for _ in range(2):
            await gate.enter(OPENING)
            gate.leave()
        with pytest.raises(BudgetSpent):
            await gate.enter(OPENING)
        question = asyncio.create_task(gate.enter(QUESTION))
        await gate.enter(URGENT)
        gate.leave()
        await asyncio.sleep(30)
        assert not question.done()
        await asyncio.sleep(31)
        assert question.done()

    run_virtual(MONDAY, program)


def test_who_is_called_away_while_waiting_takes_no_place_along() -> None:
    async def program(clock: Clock) -> None:
        gate = gate_of(clock)
        for _ in range(4):
            await gate.enter(QUESTION)
        gone = asyncio.create_task(gate.enter(QUESTION))
        next_one = asyncio.create_task(gate.enter(QUESTION))
        await asyncio.sleep(0)
        gate.leave()
        gone.cancel()
        await asyncio.wait([gone, next_one], timeout=1)
        assert gone.cancelled() and next_one.done() and not next_one.cancelled()

    run_virtual(MONDAY, program)


def test_each_change_of_an_order_has_a_time_of_its_own_however_coarse_the_venues_clock() -> None:
    tracked = Tracked("A1-1-1", Instrument("ACME", "alpaca", "equity", "ACME", "USD", 4, 9), 1)
    times = [tracked.moment(time) for time in (5, 5, 5, 4, 9, 9)]
    assert times == sorted(set(times)) and times[0] == 5 and times[-2] == 9
