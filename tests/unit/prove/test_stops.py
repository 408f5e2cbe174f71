"""What had a stop is known from the journal alone, and what guards it from the venue's list."""

from __future__ import annotations

from collections import Counter

import pytest

from tradewright.prove.known import ENTRY, EXIT, OVER, STOP_LOSS, TAKE_PROFIT, Known
from tradewright.prove.lots import Lots
from tradewright.prove.stops import Stops

BOOK = ("restless", "ACME")
LONG, SHORT = (*BOOK, 1), (*BOOK, -1)


def order(role: str, quantity: int, parent: str = "", lot: str = "", strategy: str = BOOK[0], side: int = 0) -> Known:
    side = side or (1 if role == ENTRY else -1)
    return Known(BOOK[1], strategy, side, quantity, {0}, role, parent, lot, submitted=True)


def books_of(hedging: bool = False, **orders: Known) -> tuple[Lots, Stops]:
    """Of orders of which the openings have filled, one a second."""
    lots = Lots(orders, hedging)
    stops = Stops(orders, lots)
    for time, (id, one) in enumerate(orders.items()):
        stops.approved(one)
        if one.role == ENTRY:
            lots.filled(time, id, id, one.quantity)
    return lots, stops


def test_what_had_a_stop_is_guarded_by_one_that_works_or_waits_here() -> None:
    stop = order(STOP_LOSS, 10, "A")
    _, stops = books_of(A=order(ENTRY, 10), S=stop)
    assert stops.bare(["S"]) == {}
    assert stops.bare([]) == {LONG: 10}
    stop.submitted = False
    assert stops.bare([]) == {}
    stop.rank = OVER
    assert stops.bare([]) == {LONG: 10}


def test_an_opening_without_a_stop_or_whose_stop_was_not_wanted_any_more_asks_for_none() -> None:
    assert books_of(A=order(ENTRY, 10))[1].bare([]) == {}
    _, stops = books_of(A=order(ENTRY, 10), S=order(STOP_LOSS, 10, "A"))
    stops.wished("S")
    assert stops.bare([]) == {}


def test_what_is_closed_or_on_its_way_out_needs_no_stop() -> None:
    orders = {"S": order(STOP_LOSS, 10, "A"), "C": order(EXIT, 4), "T": order(TAKE_PROFIT, 6, "A")}
    lots, stops = books_of(A=order(ENTRY, 10), **orders)
    assert stops.bare(["C"]) == {LONG: 6}
    lots.filled(5, "1", "C", 4)
    assert stops.bare(["T"]) == {LONG: 6}, "a target is no stop"
    lots.filled(6, "2", "T", 6)
    assert stops.bare([]) == {}


def test_a_target_that_went_out_closes_what_it_guards() -> None:
    target = order(TAKE_PROFIT, 10, "A")
    target.triggered = True
    assert books_of(A=order(ENTRY, 10), S=order(STOP_LOSS, 10, "A"), T=target)[1].bare(["T"]) == {}


def test_a_close_takes_the_lot_it_names_else_what_has_a_stop() -> None:
    openings = {"A": order(ENTRY, 10), "B": order(ENTRY, 10), "S": order(STOP_LOSS, 10, "B")}
    lots, plain = books_of(**openings, C=order(EXIT, 10))
    lots.filled(9, "1", "C", 10)
    assert plain.bare([]) == {}
    lots, named = books_of(**openings, C=order(EXIT, 10, lot="B", strategy="external"))
    lots.filled(9, "1", "C", 10)
    assert named.bare([]) == {}
    lots, own = books_of(**openings)
    lots.filled(9, "1", "S", 10)
    assert own.bare([]) == {}
    lots, gone = books_of(**openings)
    lots.taken(9, *BOOK, 15)
    assert gone.bare([]) == Counter({LONG: 5})


def test_a_close_takes_what_has_a_stop_also_where_somebody_else_has_traded_before() -> None:
    openings = {"Z": order(ENTRY, 10), "A": order(ENTRY, 10), "B": order(ENTRY, 10), "S": order(STOP_LOSS, 10, "B")}
    lots, stops = books_of(**openings, C=order(EXIT, 10))
    lots.taken(8, *BOOK, 10)
    lots.filled(9, "1", "C", 10)
    assert stops.bare([]) == {}


def test_a_short_is_guarded_by_a_purchase_and_not_by_the_stop_of_a_long() -> None:
    orders = {
        "A": order(ENTRY, 10, side=-1), "S": order(STOP_LOSS, 10, "A", side=1),
        "B": order(ENTRY, 10), "T": order(STOP_LOSS, 10, "B"),
    }  # fmt: skip
    lots, stops = books_of(True, **orders)
    assert stops.bare(["S", "T"]) == {}
    assert stops.bare(["S"]) == {LONG: 10}
    assert stops.bare(["T"]) == {SHORT: 10}
    lots.taken(9, *BOOK, -6)
    assert stops.bare(["T"]) == {SHORT: 4}


def test_where_an_account_nets_what_opens_the_other_way_closes_what_is_held_first() -> None:
    orders = {"A": order(ENTRY, 10), "S": order(STOP_LOSS, 10, "A"), "B": order(ENTRY, 14, side=-1)}
    orders["T"] = order(STOP_LOSS, 14, "B", side=1)
    assert books_of(**orders)[1].bare([]) == {SHORT: 4}
    assert books_of(True, **orders)[1].bare([]) == {LONG: 10, SHORT: 14}


@pytest.mark.parametrize("hedging", [True, False])
@pytest.mark.parametrize("side", [1, -1])
def test_what_an_exit_fills_beyond_what_is_held_then_it_has_opened(side: int, hedging: bool) -> None:
    orders = {"A": order(ENTRY, 10, side=side), "C": order(EXIT, 12, lot="A" if hedging else "", side=-side)}
    lots, _ = books_of(hedging, **orders)
    lots.filled(5, "1", "C", 10)
    assert lots.opened_by_exits() == {}
    lots.filled(6, "2", "C", 2)
    assert lots.opened_by_exits() == {BOOK: 2}
    lots.filled(7, "3", "A", 2)
    assert lots.opened_by_exits() == {BOOK: 2}, "what is opened afterwards was not there to be closed"


def test_what_was_split_is_so_many_now() -> None:
    lots, stops = books_of(A=order(ENTRY, 10, side=-1), S=order(STOP_LOSS, 10, "A", side=1), C=order(EXIT, 15, side=1))
    lots.split(BOOK[1], -10, -20)
    assert stops.bare([]) == {SHORT: 20}
    lots.filled(5, "1", "C", 15)
    assert (stops.bare([]), lots.opened_by_exits()) == ({SHORT: 5}, {})


def test_an_exit_that_closed_what_was_known_then_has_opened_nothing() -> None:
    orders = {"A": order(ENTRY, 10, side=-1), "C": order(EXIT, 10, side=1), "B": order(ENTRY, 20)}
    lots = Lots(orders)
    for time, id in ((2, "A"), (3, "C"), (1, "B")):
        lots.filled(time, id, id, orders[id].quantity)
    assert lots.opened_by_exits() == {}


@pytest.mark.parametrize("rests", [True, False])
def test_an_exit_does_not_know_what_an_opening_at_rest_fills_behind_it(rests: bool) -> None:
    orders = {"A": order(ENTRY, 10), "R": order(ENTRY, 4, side=-1), "C": order(EXIT, 10)}
    orders["R"].rests = rests
    lots = Lots(orders)
    lots.filled(1, "1", "A", 10)
    lots.left("C")
    lots.filled(2, "2", "R", 4)
    lots.filled(3, "3", "C", 10)
    assert lots.opened_by_exits() == ({} if rests else {BOOK: 4})
    lots.filled(4, "4", "C", 1)
    assert lots.opened_by_exits() == {BOOK: 1 if rests else 5}, "beyond what it was sent for it has opened"


def test_an_exit_knows_what_was_told_before_it_left() -> None:
    orders = {"A": order(ENTRY, 10), "R": order(ENTRY, 4, side=-1), "C": order(EXIT, 10)}
    orders["R"].rests = True
    lots = Lots(orders)
    for time, id in enumerate(("A", "R")):
        lots.filled(time, id, id, orders[id].quantity)
    lots.left("C")
    lots.filled(3, "C", "C", 10)
    assert lots.opened_by_exits() == {BOOK: 4}


def test_in_a_hedging_account_an_exit_closes_no_other_lot_than_its_own() -> None:
    orders = {"A": order(ENTRY, 10), "B": order(ENTRY, 10), "C": order(EXIT, 12, lot="B")}
    lots, _ = books_of(True, **orders)
    lots.filled(5, "1", "C", 12)
    assert lots.opened_by_exits() == {BOOK: 2}
