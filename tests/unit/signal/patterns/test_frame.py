"""Higher time-frames: complete bars only, on the clock, whatever minutes are missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.signal.patterns.market import COIN, MINUTE, seeded_bars
from tradewright.model.errors import InputError
from tradewright.model.market import Bar
from tradewright.signal.patterns import Frame


def minute(number: int, price: int = 100, volume: int = 1) -> Bar:
    begin = number * MINUTE
    return Bar(begin + MINUTE, COIN, begin, price, price + 2, price - 2, price + 1, volume)


def test_a_bar_is_complete_at_the_close_of_the_minute_that_ends_its_period() -> None:
    frame = Frame(5)
    for number in range(10, 14):
        assert frame.update(minute(number, 100 + number)) == []
    (bar,) = frame.update(minute(14, 90))
    assert (bar.time_open, bar.time) == (10 * MINUTE, 15 * MINUTE)
    assert (bar.open_units, bar.high_units, bar.low_units, bar.close_units, bar.volume_units) == (110, 115, 88, 91, 5)


def test_where_its_last_minutes_are_missing_it_is_complete_with_the_next_minute_there_is() -> None:
    frame = Frame(5)
    assert frame.update(minute(12)) == []
    assert frame.update(minute(13)) == []
    (bar,) = frame.update(minute(21, 200))
    assert (bar.time_open, bar.time, bar.volume_units) == (10 * MINUTE, 15 * MINUTE, 2)
    (bar,) = frame.update(minute(24, 200))
    assert (bar.time_open, bar.time, bar.volume_units) == (20 * MINUTE, 25 * MINUTE, 2)


def test_one_minute_can_complete_two_bars() -> None:
    frame = Frame(5)
    frame.update(minute(12))
    assert [bar.time_open for bar in frame.update(minute(19))] == [10 * MINUTE, 15 * MINUTE]


def test_a_frame_of_the_anchor_itself_gives_each_bar_back() -> None:
    frame = Frame(1)
    for bar in seeded_bars(20):
        assert [done.row() for done in frame.update(bar)] == [bar.row()]


@pytest.mark.parametrize(("begin", "end"), [(4, 6), (0, 10)])
def test_a_bar_that_lies_in_no_one_period_is_refused(begin: int, end: int) -> None:
    with pytest.raises(InputError, match="lies in none of its periods; a higher"):
        Frame(5).update(Bar(end * MINUTE, COIN, begin * MINUTE, 1, 1, 1, 1, 1))


@given(st.sets(st.integers(0, 400), min_size=1), st.sampled_from((2, 5, 15, 60)))
def test_whatever_is_missing_bars_are_whole_in_order_and_never_early(numbers: set[int], minutes: int) -> None:
    """Against all minutes of each period, put together with hindsight."""
    frame = Frame(minutes)
    given_out: list[Bar] = []
    for number in sorted(numbers):
        for bar in frame.update(minute(number, 100 + number * 7 % 50, number)):
            assert bar.time <= (number + 1) * MINUTE, "complete before its end"
            given_out.append(bar)
    for bar, period in zip(given_out, sorted({number // minutes for number in numbers}), strict=False):
        inside = [number for number in sorted(numbers) if number // minutes == period]
        prices = [100 + number * 7 % 50 for number in inside]
        assert bar.time_open == period * minutes * MINUTE
        assert (bar.open_units, bar.close_units) == (prices[0], prices[-1] + 1)
        assert (bar.high_units, bar.low_units) == (max(prices) + 2, min(prices) - 2)
        assert bar.volume_units == sum(inside)
    open_periods = {number // minutes for number in numbers}
    assert len(given_out) >= len(open_periods) - 1, "at most the last one is still open"
