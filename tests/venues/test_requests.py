"""Questions, second tries and processes that end: an order is there once, and what became of it is told."""

from __future__ import annotations

import asyncio

import pytest

from tests.venues.roster import VENUES
from tests.venues.stand import Stand, play
from tradewright.core.life_cycle import SUBMITTED, UNKNOWN
from tradewright.core.orders import OrderState
from tradewright.model.command import Approved, Submit
from tradewright.model.event import ACCEPTED, CANCELLED, NOT_FOUND, OUTCOME_UNKNOWN
from tradewright.model.order import BUY, LIMIT, Order
from tradewright.model.report import FOUND

#: Within so long a question has its answer.
ANSWER_SECONDS = 10
NETWORKS = [venue for venue, kind in VENUES.items() if kind.limits.network]


def answers(stand: Stand, order: Order) -> list[str]:
    return [report.code for report in stand.book.reports(order.id) if report.kind == ACCEPTED and report.code == FOUND]


async def answered(stand: Stand, order: Order) -> None:
    """Asks about it every second until there is an answer."""
    before = len(stand.book.reports(order.id))
    for _ in range(ANSWER_SECONDS):
        stand.book.query(order.id)
        await asyncio.sleep(1)
        if len(stand.book.reports(order.id)) > before:
            return
    raise AssertionError(f"no answer about {order.id}")


@pytest.mark.parametrize("venue", VENUES)
def test_an_order_at_work_is_found(venue: str) -> None:
    async def act(stand: Stand) -> None:
        order = stand.buy(LIMIT, 4, limit=-5)
        await stand.settled()
        await stand.part(order)
        stand.book.query(order.id)
        await stand.settled()
        assert answers(stand, order) == [FOUND]
        assert stand.book.states[order.id].status == "PARTIALLY_FILLED"
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_an_order_that_has_filled_or_ended_is_told_to_have(venue: str) -> None:
    async def act(stand: Stand) -> None:
        filled, ended = await stand.hold(1), stand.buy(LIMIT, 2, limit=-5)
        await stand.settled()
        stand.book.cancel(ended.id)
        await stand.settled()
        # For some seconds a venue may keep silent of what could still change; it is asked again then.
        await answered(stand, filled)
        await answered(stand, ended)
        assert stand.book.states[filled.id].status == "FILLED"
        assert stand.book.kinds(ended.id)[-1] == CANCELLED and stand.book.states[ended.id].status == "CANCELLED"
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_an_order_that_never_arrived_is_not_found(venue: str) -> None:
    async def act(stand: Stand) -> None:
        order = stand.order(BUY, LIMIT, 2, limit=-5)
        state = stand.book.states[order.id] = OrderState(order, SUBMITTED)
        state.submit = UNKNOWN
        stand.book.ask(order.id)
        await stand.until(lambda: NOT_FOUND in stand.book.kinds(order.id))
        assert stand.book.states[order.id].status == "NOT_FOUND" and stand.placed() == 0
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("anew", [False, True], ids=["same-process", "next-process"])
@pytest.mark.parametrize("venue", VENUES)
def test_an_order_whose_id_works_already_is_not_placed_a_second_time(venue: str, anew: bool) -> None:
    """The client and its venue see to it, also where no gate stands before the wire."""

    async def act(stand: Stand) -> None:
        order = stand.buy(LIMIT, 2, limit=-5)
        await stand.settled()
        assert stand.placed() == 1
        if anew:
            await stand.restart()
        stand.client.execute(Submit(stand.clock(), Approved(order)))
        await asyncio.sleep(10)
        assert stand.placed() == 1 and stand.alive() == [order.id]
        stand.move(-8)
        await stand.filled(order)
        await asyncio.sleep(10)
        assert len(stand.trades()) == len(stand.book.fills())

    play(type("Ungated", (VENUES[venue],), {"gated": False}), act)


@pytest.mark.parametrize("lots", [1, 9], ids=["part", "whole"])
@pytest.mark.parametrize("venue", NETWORKS)
def test_what_filled_while_no_process_ran_is_told_to_the_next_one_once(venue: str, lots: int) -> None:
    async def act(stand: Stand) -> None:
        first, second = stand.buy(LIMIT, 4, limit=-5), stand.buy(LIMIT, 2, limit=-5)
        await stand.settled()
        stand.book.cancel(second.id)
        await stand.settled()
        await stand.stop()
        stand.move(-8, lots)
        stand.move(0)
        await stand.restart()
        await stand.settled()
        assert stand.book.states[first.id].status == ("FILLED" if lots > 4 else "PARTIALLY_FILLED")
        assert stand.book.states[second.id].status == "CANCELLED"
        await stand.agree(away=True)

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_a_process_that_ends_between_request_and_answer_leaves_nothing_unknown(venue: str) -> None:
    async def act(stand: Stand) -> None:
        resting = stand.buy(LIMIT, 2, limit=-5)
        await stand.settled()
        order = stand.buy(LIMIT, 2, limit=-6)
        stand.book.cancel(resting.id)
        await asyncio.sleep(0.004)
        await stand.restart()
        await stand.settled()
        book = stand.book
        assert not any(state.has_unknown() for state in book.states.values())
        assert book.states[order.id].status in ("ACCEPTED", "NOT_FOUND")
        assert book.states[resting.id].status in ("ACCEPTED", "CANCELLED")
        assert sorted(stand.alive()) == sorted(book.working())
        assert OUTCOME_UNKNOWN not in book.kinds(order.id) or book.states[order.id].submit != UNKNOWN
        await stand.agree()

    play(VENUES[venue], act)
