"""Trading cycles in the market's time: a timer at each multiple of its seconds, before the first event at or after it.

Where a cycle falls depends on the time alone, never on when the process began, so that a restart at any event goes on
with the very next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tradewright.model.control import CYCLE, Timer
from tradewright.model.event import Event

SECOND_NS = 1_000_000_000


class Cycles:
    """The timers of some periods (whole seconds), from behind `now` (ns UTC) on."""

    __slots__ = ("now", "seconds")

    def __init__(self, seconds: Iterable[int], now: int) -> None:
        self.seconds = sorted(set(seconds))
        self.now = now

    def until(self, time: int) -> list[Timer]:
        """The timers due up to `time` (inclusive) that have not been given yet, in order."""
        due: list[tuple[int, int]] = []
        for seconds in self.seconds:
            period = seconds * SECOND_NS
            first = self.now - self.now % period + period
            due += [(moment, seconds) for moment in range(first, time + 1, period)]
        self.now = max(self.now, time)
        return [Timer(moment, f"{CYCLE}:{seconds}") for moment, seconds in sorted(due)]

    def among(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events with the timers due before each."""
        return self._among(events) if self.seconds else iter(events)

    def _among(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            yield from self.until(event.time)
            yield event
