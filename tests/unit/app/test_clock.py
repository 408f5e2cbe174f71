"""The clock of a service against the machine's, which anybody may set."""

from __future__ import annotations

import time

import pytest

from tradewright.app.clock import steady_clock

HOUR_NS = 3_600 * 10**9
SECOND_NS = 10**9


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_goes_on_at_its_pace_when_the_machines_is_set(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    wall = time.time_ns
    clock = steady_clock()
    assert abs(clock() - wall()) < SECOND_NS
    before = clock()
    monkeypatch.setattr(time, "time_ns", lambda: wall() + hours * HOUR_NS)
    begun = time.monotonic_ns()
    time.sleep(0.05)
    passed = clock() - before
    assert 0.05 * SECOND_NS <= passed <= time.monotonic_ns() - begun + SECOND_NS
