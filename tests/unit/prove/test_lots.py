"""What exits have opened, and what they could not know when they left."""

from __future__ import annotations

import pytest

from tradewright.model.order import DAY, FOK, GTC, IOC
from tradewright.prove.known import ENTRY, EXIT, Known, at_rest
from tradewright.prove.lots import Lots

BOOK = ("restless", "ACME")


@pytest.mark.parametrize(
    ("rests", "before", "opened"),
    [
        (False, False, 0),  # somebody was faster
        (False, True, 10),  # it was known
        (True, False, 10),  # one that rests is to be ended
        (True, True, 10),
    ],
)
def test_an_exit_opens_what_it_could_know_to_be_closed(rests: bool, before: bool, opened: int) -> None:
    """before: it left behind the word of somebody else's close."""
    known = {
        "A": Known("ACME", "restless", 1, 10, {0}, ENTRY, ""),
        "E": Known("ACME", "restless", -1, 10, {0}, EXIT, "", rests=rests),
    }
    lots = Lots(known)
    lots.filled(1, "t1", "A", 10)
    if not before:
        lots.left("E")
    lots.taken(2, *BOOK, 10)
    if before:
        lots.left("E")
    lots.filled(3, "t3", "E", 10)
    assert lots.opened_by_exits()[BOOK] == opened


@pytest.mark.parametrize("time_in_force", [DAY, GTC, IOC, FOK])
def test_a_limit_that_is_good_for_this_moment_alone_waits_for_no_price_and_a_stop_always_does(
    time_in_force: int,
) -> None:
    def row(limit: int, stop: int) -> list[object]:
        return ["A", "main", "restless", 0, 1, 2, 10, limit, stop, 0, 0, time_in_force]

    assert at_rest(row(100, 0)) is (time_in_force in (DAY, GTC))
    assert at_rest(row(0, 100)) and at_rest(row(100, 100)) and not at_rest(row(0, 0))
