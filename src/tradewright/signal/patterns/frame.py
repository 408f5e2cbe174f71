"""A higher time-frame: bars of the anchor time-frame put together, aligned to the clock.

A period begins where UTC time is a multiple of its length. Its bar is complete, and given out, at the close of the
anchor bar that ends with it, or with the first anchor bar behind it where the last ones are missing: a strategy sees
complete bars only, and none before it could know it.
"""

from __future__ import annotations

from tradewright.model.errors import InputError
from tradewright.model.market import Bar
from tradewright.signal.patterns.pattern import Pattern, at_least

MINUTE_NS = 60_000_000_000


class Frame(Pattern):
    """Bars of `minutes`, from bars that are not longer and lie in one period each. open, high, low, close, volume: of
    the period so far, in counts; begin: its start, ns UTC, -1 = none."""

    memory = ("begin", "open", "high", "low", "close", "volume")

    def __init__(self, minutes: int) -> None:
        super().__init__(minutes)
        self.length = at_least(self.label, "minutes", minutes, 1) * MINUTE_NS
        self.begin = -1
        self.open = self.high = self.low = self.close = self.volume = 0

    def update(self, bar: Bar) -> list[Bar]:
        """Take the next anchor bar; the bars of this frame that it completes, the oldest first."""
        begin = bar.time_open - bar.time_open % self.length
        if bar.time > begin + self.length:
            minutes = (bar.time - bar.time_open) / MINUTE_NS
            raise InputError(
                f"{self.label}: a bar of {minutes:g} minutes from {bar.time_open} lies in none of its periods; "
                "a higher time-frame is a multiple of the bars it is fed with"
            )
        done: list[Bar] = []
        if self.begin not in (-1, begin):
            done.append(self._complete(bar))
        if self.begin == -1:
            self.begin, self.open, self.high, self.low = begin, bar.open_units, bar.high_units, bar.low_units
            self.volume = 0
        if bar.high_units > self.high:
            self.high = bar.high_units
        if bar.low_units < self.low:
            self.low = bar.low_units
        self.close = bar.close_units
        self.volume += bar.volume_units
        if bar.time == begin + self.length:
            done.append(self._complete(bar))
        return done

    def _complete(self, bar: Bar) -> Bar:
        begin, self.begin = self.begin, -1
        return Bar(
            begin + self.length, bar.instrument, begin, self.open, self.high, self.low, self.close, self.volume
        )  # fmt: skip
