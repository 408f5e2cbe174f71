"""A venue's budget of requests: how much may be asked in one of its windows, with a part that only exits may use.

The venue counts in windows that begin with its clock (a minute, ten seconds, a day), and says with every answer how
much it has counted: its word replaces ours. What it forbids until a moment is forbidden to everybody until then.

What is known of the venue's clock can go back: our own is set, or was ahead until it was measured. Windows and what is
forbidden go back with it, so that a span that was stated never grows by the error of a clock.
"""

from __future__ import annotations

from tradewright.model.errors import InputError
from tradewright.ports import HttpAnswer

SECOND_NS = 1_000_000_000


def retry_after(answer: HttpAnswer) -> int | None:
    """For how long, ns, nothing may be asked, as the answer's header says; None = it does not."""
    text = answer.headers.get("retry-after", "")
    return int(text) * SECOND_NS if text.isascii() and text.isdigit() and len(text) < 8 else None


class Budget:
    """One window's budget. limit: weight per window; window_ns: its length; reserve: weight kept for what reduces or
    cancels. Times ns UTC of the venue's clock."""

    def __init__(self, limit: int, window_ns: int, reserve: int = 0) -> None:
        if limit < 1 or window_ns < 1 or not 0 <= reserve < limit:
            raise InputError(f"a budget of {limit} in {window_ns} ns with {reserve} in reserve is none")
        self.limit = limit
        self.window_ns = window_ns
        self.reserve = reserve
        self.used = 0
        self._window = -1
        self._closed_until = 0
        self._last = 0

    def wait(self, weight: int, now: int, urgent: bool = False) -> int:
        """How long, in ns, until so much may be asked for; 0 = now. urgent: it may use the reserve. A request heavier
        than the whole budget has to wait for a fresh window."""
        self._turn(now)
        if now < self._closed_until:
            return self._closed_until - now
        room = self.limit - self.used - (0 if urgent else self.reserve)
        if weight <= room or self.used == 0:
            return 0
        return (self._window + 1) * self.window_ns - now

    def take(self, weight: int, now: int) -> None:
        """So much is asked for now."""
        self._turn(now)
        self.used += weight

    def give_back(self, weight: int, taken: int, now: int) -> None:
        """What was asked for at `taken` costs nothing after all; of a window that is over nothing comes back."""
        self._turn(now)
        if taken // self.window_ns == self._window:
            self.used = max(self.used - weight, 0)

    def said(self, used: int, now: int) -> None:
        """The venue has counted so much in the window of its answer. Answers overtake one another, and what is on its
        way is not counted yet: within a window its word only raises ours."""
        self._turn(now)
        self.used = max(self.used, used)

    def shift(self, by: int) -> None:
        """The venue's clock was measured anew and is later by so much than was thought."""
        if self._last:
            self._last += by
        if self._closed_until:
            self._closed_until += by

    def succeed(self, before: Budget) -> None:
        """It takes the place of one with other terms: what was used and forbidden stays so."""
        self.used, self._window = before.used, before._window
        self._closed_until, self._last = before._closed_until, before._last

    def close(self, until: int) -> None:
        """The venue forbids everything until then."""
        self._closed_until = max(self._closed_until, until)

    def _turn(self, now: int) -> None:
        if now < self._last:
            self._closed_until -= self._last - now
        self._last = now
        window = now // self.window_ns
        # Over the edge of a window and back, as two looks at a clock may differ, forgets nothing.
        if window > self._window or window < self._window - 1:
            self._window, self.used = window, 0
