"""The clock of a process that trades: it never goes back, and nobody sets it.

A machine's clock is set, back too, by its time service or by a hand. An engine takes no quote that is older than the
one it has, so a clock that is set back would leave it without market for as long; budgets and spans of time would be
wrong by the same. What the clock is off is measured against each venue's own, at the start and while it runs.
"""

from __future__ import annotations

import sys
import time

from tradewright.ports import Clock


def steady_clock() -> Clock:
    """What the machine's clock shows now, and from then on what has passed since, ns UTC."""
    begin = time.time_ns() - _passed_ns()
    return lambda: begin + _passed_ns()


def _passed_ns() -> int:
    """Since some moment that stays the same. The time that a machine sleeps is counted where the system can tell."""
    if sys.platform == "linux":
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return time.monotonic_ns()
