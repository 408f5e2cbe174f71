"""Each order that a venue's limits name is placed, worked and filled, or cancelled, or ends by itself: told once, and
exactly as the venue's own books have it. What the limits do not name is refused before anything leaves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.venues.forms import AT_ONCE, AUCTIONS, BEFORE, Form, forms
from tests.venues.roster import VENUES
from tests.venues.stand import SECOND_NS, Stand, new_york, play
from tradewright.model.event import ACCEPTED, REJECTED
from tradewright.model.order import BUY, DAY, ENTRY, EXIT, LIMIT, MARKET, SELL, TRAILING_STOP, Order

OPENINGS, CLOSINGS = forms("openings"), forms("closings")
SESSION_ENDS = new_york(16, 0)


async def until(stand: Stand, time: int) -> None:
    """Waits; the market says something then."""
    await asyncio.sleep(max(time - stand.clock(), 0) / SECOND_NS)
    stand.move(stand.place)


async def fill(stand: Stand, form: Form, order: Order) -> None:
    """Brings the market to an order that waits, having seen that it did not fill before."""
    book = stand.book
    if form.tif in AUCTIONS:
        await stand.settled()
        assert book.filled(order.id) == 0
        for seconds in (-1, 0, 1):
            await until(stand, AUCTIONS[form.tif] + seconds * SECOND_NS)
    elif form.waits:
        await stand.settled()
        assert (book.states[order.id].status, book.filled(order.id)) == ("ACCEPTED", 0)
        assert stand.alive() == [order.id]
        stand.move(form.reached(order.side))
        if form.pulls_back:
            await stand.settled()
            assert book.filled(order.id) == 0
            stand.move(-5 * order.side)
    await stand.filled(order)


def filled_whole(stand: Stand, order: Order) -> None:
    """It was told as accepted before it filled, its fills are all of it, and nothing else became of it."""
    book = stand.book
    assert book.states[order.id].status == "FILLED" and book.states[order.id].late == 0
    assert book.ends(order.id) == 0
    assert sum(one.size_units for one in book.fills(order.id)) == order.quantity
    assert book.states[order.id].venue_id


@pytest.mark.parametrize("form", OPENINGS, ids=str)
def test_an_order_that_opens_is_worked_and_filled(form: Form) -> None:
    async def act(stand: Stand) -> None:
        order = form.order(stand, BUY, 2)
        stand.book.submit(order)
        await fill(stand, form, order)
        await stand.settled()
        filled_whole(stand, order)
        await stand.agree()

    play(VENUES[form.venue], act, begins=BEFORE.get(form.tif, 0))


@pytest.mark.parametrize("form", [one for one in CLOSINGS if one.tif not in AUCTIONS], ids=str)
def test_an_order_that_closes_is_worked_and_filled(form: Form) -> None:
    async def act(stand: Stand) -> None:
        opening = await stand.hold(2)
        await stand.settled()
        order = form.order(stand, SELL, 2, closes=opening)
        stand.book.submit(order)
        await fill(stand, form, order)
        await stand.settled()
        filled_whole(stand, order)
        await stand.agree()

    play(VENUES[form.venue], act)


@pytest.mark.parametrize("form", [one for one in OPENINGS if one.rests], ids=str)
def test_an_order_that_rests_is_cancelled_and_ends_once(form: Form) -> None:
    async def act(stand: Stand) -> None:
        order = form.order(stand, BUY, 2)
        stand.book.submit(order)
        await stand.settled()
        stand.book.cancel(order.id)
        await stand.settled()
        assert stand.book.states[order.id].status == "CANCELLED"
        assert stand.book.ends(order.id) == 1
        stand.move(form.reached(BUY))
        await stand.settled()
        assert stand.book.fills() == [] and stand.alive() == []
        await stand.agree()

    play(VENUES[form.venue], act)


@pytest.mark.parametrize("form", [one for one in OPENINGS if one.type == LIMIT and one.tif in AT_ONCE], ids=str)
def test_what_can_not_fill_at_once_ends_without_a_fill(form: Form) -> None:
    async def act(stand: Stand) -> None:
        order = stand.buy(LIMIT, 2, limit=-5, tif=form.tif)
        await stand.settled()
        assert stand.book.fills() == [] and stand.book.ends(order.id) == 1
        assert stand.alive() == []
        await stand.agree()

    play(VENUES[form.venue], act)


@pytest.mark.parametrize("form", [one for one in OPENINGS if one.tif in AT_ONCE and not one.waits], ids=str)
def test_of_what_fills_in_part_the_rest_ends_or_nothing_fills_at_all(form: Form) -> None:
    async def act(stand: Stand) -> None:
        stand.move(0, lots=1)
        order = form.order(stand, BUY, 3)
        stand.book.submit(order)
        await stand.settled()
        part = stand.size(1) if form.tif == AT_ONCE[0] else 0
        assert stand.book.filled(order.id) == part
        assert stand.book.ends(order.id) == 1
        assert not stand.book.states[order.id].is_open()
        await stand.agree()

    play(VENUES[form.venue], act)


@pytest.mark.parametrize("form", [one for one in OPENINGS if one.type == LIMIT and one.tif == DAY], ids=str)
def test_an_order_for_the_day_expires_with_it(form: Form) -> None:
    mt5 = form.venue.startswith("mt5")
    # A broker's day ends at midnight of its server, which is Athens'.
    ends = new_york(17, 0) if mt5 else SESSION_ENDS

    async def act(stand: Stand) -> None:
        order = form.order(stand, BUY, 2)
        stand.book.submit(order)
        await stand.settled()
        assert stand.book.states[order.id].status == "ACCEPTED"
        await until(stand, ends - SECOND_NS)
        assert stand.book.states[order.id].is_open()
        await until(stand, ends + SECOND_NS)
        await stand.settled()
        assert stand.book.states[order.id].status == "EXPIRED" and stand.book.ends(order.id) == 1
        await stand.agree()

    play(VENUES[form.venue], act, begins=ends - 120 * SECOND_NS)


def refused(venue: str, which: str) -> list[tuple[int, int, int, str]]:
    """Every type, time in force and flag that is not taken."""
    return [cell for cell in getattr(VENUES[venue].limits, which).cells() if cell[3]]


@pytest.mark.parametrize("which", ["openings", "closings"])
@pytest.mark.parametrize("venue", VENUES)
def test_what_the_limits_do_not_name_is_refused_with_a_code_and_nothing_leaves(venue: str, which: str) -> None:
    async def act(stand: Stand) -> None:
        opening = await stand.hold(2)
        await stand.settled()
        sent, book = stand.sent(), stand.book
        closes: dict[str, Any] = {"role": ENTRY} if which == "openings" else {"role": EXIT, "closes": opening}
        side = BUY if which == "openings" else SELL
        made = []
        for type, tif, flag, code in refused(venue, which):
            order = Form(venue, type, tif).order(stand, side, 2, flags=flag, **closes)
            made.append((order, code))
            book.submit(order)
        await stand.settled()
        for order, code in made:
            assert book.kinds(order.id) == [REJECTED], order
            assert book.reports(order.id)[0].code == stand.refusal_code(code), order
        assert len(made) > 10
        assert stand.sent() == sent + (len(made) if not stand.limits.network else 0)
        assert stand.alive() == []
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", [name for name, kind in VENUES.items() if kind.limits.trail_step_ppm > 1])
def test_a_trailing_stop_finer_than_the_venue_trails_is_refused(venue: str) -> None:
    async def act(stand: Stand) -> None:
        await stand.hold(2)
        sent = stand.sent()
        fine = stand.buy(TRAILING_STOP, trail_ppm=10_000 + stand.limits.trail_step_ppm // 2)
        await stand.settled()
        assert stand.book.kinds(fine.id) == [REJECTED] and stand.sent() == sent

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_a_trailing_stop_by_a_distance_is_worked_or_refused_as_the_limits_say(venue: str) -> None:
    async def act(stand: Stand) -> None:
        distance = stand.price(10) - stand.price(0)
        order = stand.buy(TRAILING_STOP, 2, trail_units=distance)
        await stand.settled()
        if not stand.limits.trail_distance:
            assert stand.book.kinds(order.id) == [REJECTED]
            return
        assert stand.book.states[order.id].status == "ACCEPTED"
        stand.move(-10)
        await stand.settled()
        stand.move(-2)  # the ask is at -1, ten places above its lowest less two
        await stand.settled()
        assert stand.book.filled(order.id) == 0
        stand.move(4)
        await stand.filled(order)
        await stand.settled()
        filled_whole(stand, order)
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_an_order_is_told_as_accepted_under_the_name_the_venue_gave_it(venue: str) -> None:
    async def act(stand: Stand) -> None:
        order = stand.buy(LIMIT, limit=-5)
        await stand.settled()
        accepted = [report for report in stand.book.reports(order.id) if report.kind == ACCEPTED]
        assert accepted and stand.book.venue_id(order.id)
        assert MARKET and stand.alive() == [order.id]
        await stand.agree()

    play(VENUES[venue], act)
