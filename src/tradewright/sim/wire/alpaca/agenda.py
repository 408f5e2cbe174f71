"""What will happen by itself, in order of time; at one instant in the order in which it was planned."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

Deed = Callable[[int], None]


class Agenda:
    """Deeds and their times, ns. A deed is told its own time."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Deed]] = []
        self._planned = 0

    @property
    def due(self) -> int | None:
        """The time of the next deed; None: there is none."""
        return self._heap[0][0] if self._heap else None

    def plan(self, time: int, deed: Deed) -> None:
        self._planned += 1
        heappush(self._heap, (time, self._planned, deed))

    def do_next(self) -> None:
        """Does the first deed."""
        time, _, deed = heappop(self._heap)
        deed(time)
