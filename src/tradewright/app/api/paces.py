"""How often each of many callers may do something."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

#: Keys and addresses whose pace is remembered; the one that was silent longest is forgotten.
CALLERS_MAX = 4_096


class Paces:
    """How often each caller asks: `rate` a second, and so many `at_once` (twice as many as in a second)."""

    def __init__(self, rate: float, at_once: float = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._most = at_once or 2 * rate
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def takes(self, caller: str) -> bool:
        """Whether one more request is within the caller's pace."""
        now = self._clock()
        left, since = self._left.pop(caller, (self._most, now))
        left = min(self._most, left + (now - since) * self._rate)
        self._left[caller] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > CALLERS_MAX:
            self._left.popitem(last=False)
        return left >= 1
