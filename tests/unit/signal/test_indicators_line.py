"""Crossings, as rows that a trader can read."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from tradewright.signal.indicators import SMA, Line, crossed_above, crossed_below

NAN = math.nan

#: previous and value of a, previous and value of b, and which way a crossed b.
CROSSINGS = (
    (1.0, 3.0, 2.0, 2.0, "above"),
    (2.0, 3.0, 2.0, 2.0, "above"),  # from being equal
    (1.0, 2.0, 2.0, 2.0, "no"),  # only reached it
    (3.0, 4.0, 2.0, 2.0, "no"),  # was above already
    (3.0, 1.0, 2.0, 2.0, "below"),
    (2.0, 1.0, 2.0, 2.0, "below"),
    (3.0, 2.0, 2.0, 2.0, "no"),
    (2.0, 2.0, 2.0, 2.0, "no"),
    (5.0, 5.0, 6.0, 4.0, "above"),  # the other one moved
    (5.0, 5.0, 4.0, 6.0, "below"),
    (NAN, 3.0, 2.0, 2.0, "no"),
    (1.0, NAN, 2.0, 2.0, "no"),
    (1.0, 3.0, NAN, 2.0, "no"),
    (3.0, 1.0, NAN, 2.0, "no"),
    (NAN, NAN, NAN, NAN, "no"),
    (-math.inf, math.inf, 2.0, 2.0, "above"),
)


def line(previous: float, value: float) -> Line:
    made = Line("x")
    made.put(previous)
    made.put(value)
    return made


@pytest.mark.parametrize("row", CROSSINGS)
def test_one_line_crosses_another(row: tuple[float, float, float, float, str]) -> None:
    a, b, way = line(*row[:2]), line(*row[2:4]), row[4]
    assert (crossed_above(a, b), crossed_below(a, b)) == (way == "above", way == "below")
    assert (crossed_above(b, a), crossed_below(b, a)) == (way == "below", way == "above")


@pytest.mark.parametrize("row", [row for row in CROSSINGS if row[2] == row[3]])
@pytest.mark.parametrize("number", [float, int, Decimal])
def test_a_line_crosses_a_number(row: tuple[float, float, float, float, str], number: Any) -> None:
    a, b, way = line(*row[:2]), number(row[2]), row[4]
    assert (crossed_above(a, b), crossed_below(a, b)) == (way == "above", way == "below")
    assert (crossed_above(b, a), crossed_below(b, a)) == (way == "below", way == "above")


def test_a_number_that_is_none_never_crosses_and_what_is_no_number_is_an_error() -> None:
    assert not crossed_above(line(1.0, 3.0), NAN)
    assert not crossed_below(NAN, line(1.0, 3.0))
    for call in (crossed_above, crossed_below):
        with pytest.raises(TypeError):
            call(line(1.0, 3.0), None)  # type: ignore[arg-type]


def test_a_crossing_is_a_truth_value() -> None:
    assert crossed_above(line(1.0, 3.0), 2.0) is True
    assert crossed_above(line(1.0, 3.0), 3.0) is False


def test_a_line_is_ready_while_it_has_a_value() -> None:
    made = Line("spread")
    assert (made.ready, repr(made)) == (False, "spread = nan")
    made.put(1.5)
    assert (made.ready, made.value, math.isnan(made.previous), repr(made)) == (True, 1.5, True, "spread = 1.5")
    made.put(NAN)
    assert (made.ready, math.isnan(made.value), made.previous) == (False, True, 1.5)


def test_two_averages_cross_where_a_trader_says_they_do() -> None:
    fast, slow = SMA(2), SMA(4)
    crossings = []
    for x in (9.0, 8.0, 7.0, 6.0, 9.0, 12.0, 11.0, 6.0, 3.0):
        fast.update_value(x)
        slow.update_value(x)
        crossings.append("above" if crossed_above(fast, slow) else "below" if crossed_below(fast, slow) else "")
    assert crossings == ["", "", "", "", "", "above", "", "below", ""]
