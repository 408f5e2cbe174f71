"""A working order's other terms: the same order, of its new size and price and never more, whatever fills meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from tests.venues.forms import Form
from tests.venues.roster import VENUES
from tests.venues.stand import Stand, play
from tradewright.model.event import CANCEL_REJECTED, CANCELLED, FILLED, REPLACE_REJECTED, REPLACED
from tradewright.model.order import BUY, GTC, LIMIT, ORDER_TYPES, STOP, STOP_LIMIT, TRAILING_STOP

REPRICED = [
    Form(venue, type, GTC)
    for venue, kind in VENUES.items()
    for type in kind.limits.repriced
    if not kind.limits.openings.refusal(type, GTC)
]
RESIZED = [
    Form(venue, type, GTC)
    for venue, kind in VENUES.items()
    for type in kind.limits.resized
    if not kind.limits.openings.refusal(type, GTC)
]
UNCHANGEABLE = [
    Form(venue, type, GTC)
    for venue, kind in VENUES.items()
    for type in ORDER_TYPES
    if type == TRAILING_STOP and type not in kind.limits.resized and not kind.limits.openings.refusal(type, GTC)
]
#: By how many places each price moves, so that the market meets it where it would not have met the old one.
NEARER = {LIMIT: {"limit": -2}, STOP: {"stop": 3}, STOP_LIMIT: {"stop": 3}}
MEETS = {LIMIT: -4, STOP: 3, STOP_LIMIT: 3}


@pytest.mark.parametrize("form", REPRICED, ids=str)
def test_a_changed_price_is_what_is_worked(form: Form) -> None:
    async def act(stand: Stand) -> None:
        order = form.order(stand, BUY, 2)
        stand.book.submit(order)
        await stand.settled()
        stand.replace(order, **NEARER[form.type])
        await stand.settled()
        assert stand.book.kinds(order.id).count(REPLACED) == 1
        assert REPLACE_REJECTED not in stand.book.kinds(order.id)
        assert stand.alive() == [order.id] and stand.book.states[order.id].status == "ACCEPTED"
        stand.move(MEETS[form.type])
        if form.pulls_back:
            await stand.settled()
            stand.move(-5)
        await stand.filled(order)
        await stand.settled()
        assert stand.book.ends(order.id) == 0
        await stand.agree()

    play(VENUES[form.venue], act)


@pytest.mark.parametrize("lots", [1, 4], ids=["smaller", "larger"])
@pytest.mark.parametrize("form", RESIZED, ids=str)
def test_a_changed_size_is_what_fills(form: Form, lots: int) -> None:
    async def act(stand: Stand) -> None:
        order = form.order(stand, BUY, 2)
        stand.book.submit(order)
        await stand.settled()
        stand.replace(order, lots=lots)
        await stand.settled()
        assert stand.book.states[order.id].order.quantity == stand.size(lots)
        assert stand.alive() == [order.id]
        stand.move(form.reached(BUY))
        if form.pulls_back:
            await stand.settled()
            stand.move(-5)
        await stand.filled(order, lots)
        await stand.settled()
        assert stand.book.states[order.id].status == "FILLED"
        await stand.agree()

    play(VENUES[form.venue], act)


@pytest.mark.parametrize("lots", [3, 6], ids=["smaller", "larger"])
@pytest.mark.parametrize("venue", VENUES)
def test_a_size_changed_after_a_part_was_filled_counts_that_part(venue: str, lots: int) -> None:
    async def act(stand: Stand) -> None:
        order = stand.buy(LIMIT, 4, limit=-5)
        await stand.settled()
        await stand.part(order)
        part = stand.book.filled(order.id)
        stand.replace(order, lots=lots)
        await stand.settled()
        taken = stand.limits.resized_partly
        assert (REPLACE_REJECTED in stand.book.kinds(order.id)) == (not taken)
        assert stand.book.filled(order.id) == part and stand.alive() == [order.id]
        stand.move(-8)
        await stand.filled(order, lots if taken else 4)
        await stand.settled()
        assert stand.book.states[order.id].status == "FILLED"
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("form", UNCHANGEABLE, ids=str)
def test_what_can_not_be_changed_is_refused_and_works_on(form: Form) -> None:
    async def act(stand: Stand) -> None:
        order = form.order(stand, BUY, 2)
        stand.book.submit(order)
        await stand.settled()
        sent = stand.sent()
        stand.replace(order, lots=3)
        await stand.settled()
        assert stand.book.kinds(order.id)[-1] == REPLACE_REJECTED and stand.sent() == sent
        assert stand.book.reports(order.id)[-1].code
        stand.move(form.reached(BUY))
        await stand.filled(order, 2)
        await stand.settled()
        await stand.agree()

    play(VENUES[form.venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_a_change_to_less_than_is_filled_fills_no_more_by_itself(venue: str) -> None:
    async def act(stand: Stand) -> None:
        order = stand.buy(LIMIT, 4, limit=-5)
        await stand.settled()
        await stand.part(order)
        stand.book.replace(order.id, stand.book.filled(order.id), order.limit_units)
        await stand.settled()
        assert stand.book.settled()
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("wait", [0.0, 0.004, 0.02])
@pytest.mark.parametrize("venue", VENUES)
def test_a_change_that_meets_a_fill_makes_no_more_than_the_larger_size(venue: str, wait: float) -> None:
    async def act(stand: Stand) -> None:
        order = stand.buy(LIMIT, 2, limit=-5)
        await stand.settled()
        stand.replace(order, lots=3)
        await asyncio.sleep(wait)
        stand.move(-8)
        await stand.settled()
        assert stand.book.filled(order.id) in (stand.size(2), stand.size(3))
        assert stand.book.ends(order.id) <= 1
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("wait", [0.0, 0.004, 0.02])
@pytest.mark.parametrize("venue", VENUES)
def test_a_cancel_that_meets_a_fill_ends_in_one_of_them(venue: str, wait: float) -> None:
    async def act(stand: Stand) -> None:
        order = stand.buy(LIMIT, 2, limit=-5)
        await stand.settled()
        stand.book.cancel(order.id)
        await asyncio.sleep(wait)
        stand.move(-8)
        await stand.settled()
        kinds = stand.book.kinds(order.id)
        assert (FILLED in kinds) != (CANCELLED in kinds)
        assert stand.book.ends(order.id) == (CANCELLED in kinds)
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_a_cancel_behind_the_submit_of_the_same_instant_ends_the_order(venue: str) -> None:
    async def act(stand: Stand) -> None:
        order = stand.buy(LIMIT, 2, limit=-5)
        stand.book.cancel(order.id)
        await stand.settled()
        assert stand.book.states[order.id].status == "CANCELLED" and stand.book.ends(order.id) == 1
        assert stand.alive() == []
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_a_cancel_behind_a_change_of_the_same_instant_ends_the_order(venue: str) -> None:
    async def act(stand: Stand) -> None:
        order = stand.buy(LIMIT, 2, limit=-5)
        await stand.settled()
        stand.replace(order, lots=3)
        stand.book.cancel(order.id)
        await stand.settled()
        assert stand.book.states[order.id].status == "CANCELLED" and stand.book.ends(order.id) == 1
        assert stand.alive() == []
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_what_is_asked_of_an_order_that_has_ended_is_refused(venue: str) -> None:
    async def act(stand: Stand) -> None:
        order = stand.buy(LIMIT, 2, limit=-5)
        await stand.settled()
        stand.move(-8)
        await stand.filled(order)
        await stand.settled()
        stand.book.cancel(order.id)
        stand.replace(order, lots=3)
        await stand.settled()
        kinds = stand.book.kinds(order.id)
        assert CANCEL_REJECTED in kinds and REPLACE_REJECTED in kinds and REPLACED not in kinds
        assert stand.book.states[order.id].status == "FILLED"
        assert stand.placed() == 1
        await stand.agree()

    play(VENUES[venue], act)
