"""A bar is known when it is over: an order stated after it began has no part in what the bar did before.

OTHER is the symbol whose bars are delivered first; what a strategy learns from them must not trade on the past of ACME.
"""

from __future__ import annotations

import pytest

from tests.sim.venue import MINUTE, Venue, share
from tradewright.model.market import Bar
from tradewright.model.order import BUY, LIMIT, SELL, STOP, TRAILING_STOP

OTHER = share(symbol="OTHER")


def venue_after_the_others_bar(fill: str = "next_open", latency: str = "none") -> Venue:
    """ACME is known up to minute 1; the bar of OTHER for minute 1 to 2 is in, that of ACME is not: it is minute 2."""
    venue = Venue(fill=fill, latency=latency)
    venue.bar(0, 5000, 5000, 5000, 5000)
    venue.run(Bar(2 * MINUTE, OTHER, MINUTE, 10000, 11000, 10000, 11000, 1))
    return venue


@pytest.mark.parametrize(
    ("fill", "price", "time_venue"),
    [
        ("next_open", 8100, 2 * MINUTE),
        ("touch", 8100, 2 * MINUTE),
        ("this_close", 8100, 2 * MINUTE),  # the close that is known, 50.00, is older than the order
        ("next_close", 8200, 3 * MINUTE),
    ],
)
def test_a_market_order_has_no_part_in_a_bar_that_was_over_when_it_came(fill: str, price: int, time_venue: int) -> None:
    venue = venue_after_the_others_bar(fill)
    venue.buy("o", 1)
    assert venue.due() == []
    assert venue.bar(1, 5000, 8000, 5000, 8000) == []
    venue.bar(2, 8100, 8200, 8100, 8200)
    (got,) = venue.exchange.fills()
    assert (got.price_units, got.time_venue) == (price, time_venue)


@pytest.mark.parametrize(
    ("type", "side", "terms"),
    [
        (LIMIT, BUY, {"limit_units": 4000}),
        (STOP, SELL, {"stop_units": 4000}),
        (STOP, BUY, {"stop_units": 7900}),
        (TRAILING_STOP, SELL, {"trail_units": 900}),
    ],
)
@pytest.mark.parametrize("fill", ["next_open", "next_close", "this_close", "touch"])
def test_no_order_meets_the_way_of_a_bar_that_was_over(fill: str, type: int, side: int, terms: dict[str, int]) -> None:
    venue = venue_after_the_others_bar(fill)
    venue.submit("o", side, type, 1, **terms)
    venue.due()
    assert venue.bar(1, 5000, 8000, 3900, 5000) == []


def test_it_meets_the_next_bar_as_one_that_has_just_come() -> None:
    venue = venue_after_the_others_bar()
    venue.buy("o", 1, limit=4000)
    venue.bar(1, 5000, 5000, 4500, 4500)  # out of reach: the short way must not let it rest either
    venue.bar(2, 3900, 4100, 3900, 4100)
    (got,) = venue.exchange.fills()
    assert (got.price_units, got.maker) == (3900, False)


def test_new_terms_have_no_part_in_a_bar_that_was_over_when_they_came() -> None:
    venue = Venue()
    venue.bar(0, 5000, 5000, 5000, 5000)
    venue.buy("o", 1, limit=1000)
    venue.due()
    venue.run(Bar(2 * MINUTE, OTHER, MINUTE, 10000, 11000, 10000, 11000, 1))
    venue.replace("o", 1, limit=4000)
    assert venue.due() == [("replaced", "o", 1, 4000, 0)]
    assert venue.bar(1, 5000, 8000, 3900, 5000) == []
    assert venue.bar(2, 5000, 5000, 3900, 5000) == [("filled", "o", 4000, 1)]


def test_new_terms_do_not_take_the_close_before_them() -> None:
    venue = Venue(fill="this_close")
    venue.bar(0, 5000, 5000, 5000, 5000)
    venue.buy("o", 1, limit=1000)
    venue.due()
    venue.run(Bar(2 * MINUTE, OTHER, MINUTE, 10000, 11000, 10000, 11000, 1))
    venue.replace("o", 1, limit=6000)
    assert venue.due() == [("replaced", "o", 1, 6000, 0)]


@pytest.mark.parametrize(
    ("minute", "limit", "fills"),
    [
        (0, 3000, [3000]),  # it was there as the long bar opened
        (10, 3000, [3000]),  # it joins where the price stands after the first third: at the low
        (11, 3000, []),
        (1, 4500, [3000]),
        (11, 4500, [4500]),  # the way from the high to the close passes it
        (20, 4500, [4500]),
        (21, 4500, []),  # on the last stretch already
    ],
)
def test_within_a_long_bar_an_order_joins_where_the_price_was_when_it_came(
    minute: int, limit: int, fills: list[int]
) -> None:
    venue = Venue(fill="next_open:olhc")
    venue.bar(-1, 5000, 5000, 5000, 5000, minutes=30)
    venue.run(Bar(minute * MINUTE, OTHER, (minute - 1) * MINUTE, 10000, 11000, 10000, 11000, 1))
    venue.buy("o", 1, limit=limit)
    venue.due()
    venue.bar(0, 5000, 5500, 3000, 4400, minutes=30)
    assert [price for price, _ in venue.fills()] == fills


@pytest.mark.parametrize(("minute", "filled"), [(29, True), (30, False)])
def test_what_asks_for_the_close_gets_it_when_it_came_before(minute: int, filled: bool) -> None:
    venue = Venue(fill="next_close")
    venue.bar(-1, 5000, 5000, 5000, 5000, minutes=30)
    venue.run(Bar(minute * MINUTE, OTHER, (minute - 1) * MINUTE, 10000, 11000, 10000, 11000, 1))
    venue.buy("o", 1)
    venue.due()
    assert venue.bar(0, 5000, 5500, 3000, 4400, minutes=30) == ([("filled", "o", 4400, 1)] if filled else [])


def test_latency_does_not_let_an_order_into_an_open_that_is_past() -> None:
    """It was sent at minute 2 and travels half a second; the bar of OTHER carries it there before ACME's bar is in."""
    venue = venue_after_the_others_bar(latency="constant:500")
    venue.buy("o", 1)
    venue.run(Bar(3 * MINUTE, OTHER, 2 * MINUTE, 10000, 11000, 10000, 11000, 1))
    venue.bar(2, 8100, 8200, 8100, 8200)
    venue.bar(3, 8300, 8300, 8300, 8300)
    assert venue.fills() == [(8300, 1)]


def test_what_a_fill_of_the_bar_brings_takes_part_in_the_rest_of_it() -> None:
    venue = Venue(fill="next_open:olhc")
    venue.bar(0, 5000, 5000, 5000, 5000)
    sold: list[int] = []
    venue.buy("entry", 1, limit=4900)

    def answer(report: object) -> None:
        if venue.position == 1 and not sold:
            sold.append(1)
            venue.sell("exit", 1, limit=4950)

    venue.answer = answer
    # The low third takes the entry on its way down; the exit stands from there on and fills on the way up.
    assert venue.bar(1, 5000, 5200, 4800, 5100) == [("filled", "entry", 4900, 1), ("filled", "exit", 4950, 1)]
