"""What had a stop is known from the journal alone, and what guards it from the venue's list."""

from __future__ import annotations

from collections import Counter

from tradewright.prove.stops import ENTRY, EXIT, STOP_LOSS, TAKE_PROFIT, Known, Stops

OF = ("restless", "ACME")


def order(role: str, quantity: int, parent: str = "", lot: str = "", strategy: str = OF[0]) -> Known:
    return Known(OF[1], strategy, 1 if role == ENTRY else -1, quantity, {0}, role, parent, lot, submitted=True)


def stops_of(**orders: Known) -> Stops:
    """Of orders of which the openings have filled, one a second."""
    stops = Stops(orders)
    for time, (id, one) in enumerate(orders.items()):
        stops.approved(one)
        if one.role == ENTRY:
            stops.filled(time, id, one.quantity)
    return stops


def test_what_had_a_stop_is_guarded_by_one_that_works_or_waits_here() -> None:
    stop = order(STOP_LOSS, 10, "A")
    stops = stops_of(A=order(ENTRY, 10), S=stop)
    assert stops.bare(["S"]) == {}
    assert stops.bare([]) == {OF: 10}
    stop.submitted = False
    assert stops.bare([]) == {}
    stop.ended = True
    assert stops.bare([]) == {OF: 10}


def test_an_opening_without_a_stop_or_whose_stop_was_not_wanted_any_more_asks_for_none() -> None:
    assert stops_of(A=order(ENTRY, 10)).bare([]) == {}
    stops = stops_of(A=order(ENTRY, 10), S=order(STOP_LOSS, 10, "A"))
    stops.wished("S")
    assert stops.bare([]) == {}


def test_what_is_closed_or_on_its_way_out_needs_no_stop() -> None:
    stops = stops_of(A=order(ENTRY, 10), S=order(STOP_LOSS, 10, "A"), C=order(EXIT, 4), T=order(TAKE_PROFIT, 6, "A"))
    assert stops.bare(["C"]) == {OF: 6}
    stops.filled(5, "C", 4)
    assert stops.bare(["T"]) == {OF: 6}, "a target is no stop"
    stops.filled(6, "T", 6)
    assert stops.bare([]) == {}


def test_a_target_that_went_out_closes_what_it_guards() -> None:
    target = order(TAKE_PROFIT, 10, "A")
    target.triggered = True
    assert stops_of(A=order(ENTRY, 10), S=order(STOP_LOSS, 10, "A"), T=target).bare(["T"]) == {}


def test_a_close_takes_the_lot_it_names_else_what_has_a_stop() -> None:
    openings = {"A": order(ENTRY, 10), "B": order(ENTRY, 10), "S": order(STOP_LOSS, 10, "B")}
    plain = stops_of(**openings, C=order(EXIT, 10))
    plain.filled(9, "C", 10)
    assert plain.bare([]) == {}
    named = stops_of(**openings, C=order(EXIT, 10, lot="B", strategy="external"))
    named.filled(9, "C", 10)
    assert named.bare([]) == {}
    own = stops_of(**openings)
    own.filled(9, "S", 10)
    assert own.bare([]) == {}
    gone = stops_of(**openings)
    gone.taken(9, *OF, 15)
    assert gone.bare([]) == Counter({OF: 5})
