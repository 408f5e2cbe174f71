"""A stop and a target of what is held that end each other at the venue: linked there, or refused, as the limits say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.venues.roster import VENUES
from tests.venues.stand import Stand, play
from tradewright.core.setup import account_from
from tradewright.model.event import REJECTED
from tradewright.model.order import GTC, LIMIT, SELL, STOP, STOP_LIMIT, STOP_LOSS, Order

#: Its place in an account's row.
NATIVE_EXITS = 8
#: As venues call it.
ENDED = ("CANCELLED", "EXPIRED")
#: Of venues whose client is asked for a pair that it can not link, by the code.
REFUSED = {"alpaca-pairs": "NOT_NATIVE_LINK", "mt5-netting": "EXITS_NOT_LINKED"}
LINKING = [venue for venue, kind in VENUES.items() if kind.limits.links]


def native(venue: str) -> type[Stand]:
    """Its stand with an account whose exits its venue links."""
    kind = VENUES[venue]
    row = kind.terms.row()
    terms = account_from([*row[:NATIVE_EXITS], True, *row[NATIVE_EXITS + 1 :]])
    assert terms.native_exits
    return type(kind.__name__, (kind,), {"terms": terms})


async def guarded(stand: Stand) -> tuple[Order, Order]:
    """Two lots are held; a stop and a target for them, asked for in one step."""
    opening = await stand.hold(2)
    await stand.settled()
    pair: dict[str, Any] = {"closes": opening, "parent": opening.id, "group": opening.id}
    target = stand.order(SELL, LIMIT, 2, limit=10, **pair)
    if stand.limits.closings.refusal(STOP, GTC):
        stop = stand.order(SELL, STOP_LIMIT, 2, stop=-10, limit=-12, role=STOP_LOSS, **pair)
    else:
        stop = stand.order(SELL, STOP, 2, stop=-10, **pair)
    stand.book.submit(stop, target)
    await stand.settled()
    return stop, target


@pytest.mark.parametrize("reached", ["stop", "target"])
@pytest.mark.parametrize("venue", LINKING)
def test_of_two_exits_that_are_linked_the_fill_of_one_ends_the_other(venue: str, reached: str) -> None:
    async def act(stand: Stand) -> None:
        before = dict(stand.book.positions())
        stop, target = await guarded(stand)
        assert [stand.book.states[one.id].status for one in (stop, target)] == ["ACCEPTED"] * 2
        filled, other = (stop, target) if reached == "stop" else (target, stop)
        stand.move(-14 if reached == "stop" else 14)
        await stand.filled(filled)
        await stand.settled()
        assert stand.book.states[other.id].status in ENDED and stand.book.filled(other.id) == 0
        assert stand.book.ends(other.id) == 1 and stand.alive() == []
        assert stand.spare or stand.book.positions() == before
        await stand.agree()

    play(native(venue), act)


@pytest.mark.parametrize("venue", REFUSED)
def test_two_exits_that_the_venue_does_not_link_are_refused_with_a_code_and_nothing_leaves(venue: str) -> None:
    async def act(stand: Stand) -> None:
        exits = await guarded(stand)
        assert [stand.book.kinds(one.id) for one in exits] == [[REJECTED]] * 2
        assert {stand.book.reports(one.id)[0].code for one in exits} == {REFUSED[venue]}
        assert (stand.placed(), stand.alive(), stand.limits.links) == (1, [], False)
        await stand.agree()

    play(native(venue), act)
