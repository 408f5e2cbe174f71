"""Trading cycles: where they fall, what they come before, and that a restart loses and repeats none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.model.control import CashMoved, Timer
from tradewright.model.event import Event
from tradewright.sim.cycle import Cycles

SECOND = 10**9


def event(time: int) -> Event:
    return CashMoved(time, "a", "USD", 0, "")


def told(events: list[Event]) -> list[tuple[str, int]]:
    return [(item.name if isinstance(item, Timer) else "event", item.time // SECOND) for item in events]


@pytest.mark.parametrize(
    ("begin", "times", "expected"),
    [
        (0, [44], [("event", 44)]),
        (0, [45], [("cycle:45", 45), ("event", 45)]),
        (0, [46, 47], [("cycle:45", 45), ("event", 46), ("event", 47)]),
        (45, [46, 91], [("event", 46), ("cycle:45", 90), ("event", 91)]),
        (50, [60, 181], [("event", 60), ("cycle:45", 90), ("cycle:45", 135), ("cycle:45", 180), ("event", 181)]),
        (0, [90, 90], [("cycle:45", 45), ("cycle:45", 90), ("event", 90), ("event", 90)]),
    ],
)
def test_a_cycle_is_a_multiple_of_its_seconds_and_comes_before_what_happens_then(
    begin: int, times: list[int], expected: list[tuple[str, int]]
) -> None:
    cycles = Cycles([45], begin * SECOND)
    assert told(list(cycles.among([event(time * SECOND) for time in times]))) == expected


def test_several_periods_come_in_the_order_of_time() -> None:
    timers = Cycles([60, 45, 45], 0).until(120 * SECOND)
    assert told(list(timers)) == [("cycle:45", 45), ("cycle:60", 60), ("cycle:45", 90), ("cycle:60", 120)]


def test_without_a_period_there_is_no_timer() -> None:
    assert told(list(Cycles([], 0).among([event(10**15)]))) == [("event", 10**6)]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30).map(sorted), st.integers(0, 60))
def test_a_restart_at_any_record_goes_on_with_the_very_next_cycle(times: list[int], cut: int) -> None:
    """What a restart knows is the time of the last record; an event whose timer came and itself did not comes again."""
    events = [event(time * SECOND) for time in times]
    whole = told(list(Cycles([45], 0).among(events)))
    journaled = whole[: cut % (len(whole) + 1)]
    now = journaled[-1][1] if journaled else 0
    left = events[sum(1 for name, _ in journaled if name == "event") :]
    assert journaled + told(list(Cycles([45], now * SECOND).among(left))) == whole
