"""Divergence: the price goes further, and what volume says does not go with it.

Between two swing lows that follow each other the price falls further while the line holds higher: bullish. Between
two swing highs the price rises further while the line stays lower: bearish. It is known when the second swing
is. Two lines:

- OBV, on-balance volume: the sum of the volumes of bars that closed higher less those of bars that closed lower
  (J. E. Granville, "New Key to Stock Market Profits", 1963; J. J. Murphy, "Technical Analysis of the Financial
  Markets", 1999, on its divergence).
- VWAP: the distance of the close from the volume-weighted average price of the UTC day so far: a lower low nearer to
  what was paid on average is a fall that volume did not follow.
"""

from __future__ import annotations

from typing import ClassVar

from tradewright.model.errors import ContractError
from tradewright.model.market import Bar
from tradewright.signal.patterns.pattern import Pattern, keep
from tradewright.signal.patterns.swing import HIGH, SwingPoints

DAY_NS = 86_400_000_000_000


class Divergence(Pattern):
    """Base of the two: a subclass says its line in `line_of`. line: its value now; lines: at the last bars."""

    memory: ClassVar[tuple[str, ...]] = ("points", "line", "lines", "high", "low")

    def __init__(self, before: int = 2, after: int = 2) -> None:
        super().__init__(before, after)
        self.points = SwingPoints(before, after)
        self.line = 0
        self.lines: list[int] = []
        #: Level and line at the newest swing of each side; empty until there was one.
        self.high: list[int] = []
        self.low: list[int] = []

    def line_of(self, bar: Bar) -> int:
        raise ContractError(f"{self.label} does not say its line")

    def update(self, bar: Bar) -> int:
        """Take the next bar: +1 where it confirms a bullish divergence, -1 a bearish one, else 0."""
        self.line = self.line_of(bar)
        keep(self.lines, self.line, self.points.after + 1)
        swing = self.points.update(bar)
        if swing is None:
            return 0
        last = self.high if swing.side == HIGH else self.low
        before = tuple(last)
        last[:] = [swing.level, self.lines[0]]
        if not before:
            return 0
        further = (swing.level - before[0]) * swing.side > 0
        behind = (self.lines[0] - before[1]) * swing.side < 0
        return -swing.side if further and behind else 0


class ObvDivergence(Divergence):
    """line: OBV in size counts, from 0. close: of the bar before, a price count."""

    memory = (*Divergence.memory, "close", "begun")

    def __init__(self, before: int = 2, after: int = 2) -> None:
        super().__init__(before, after)
        self.close = 0
        self.begun = 0

    def line_of(self, bar: Bar) -> int:
        way = 0
        if self.begun:
            way = (bar.close_units > self.close) - (bar.close_units < self.close)
        self.close, self.begun = bar.close_units, 1
        return self.line + way * bar.volume_units


class VwapDivergence(Divergence):
    """line: the close less the VWAP of its UTC day (typical prices, rounded down), in price counts."""

    memory = (*Divergence.memory, "day", "paid", "volume")

    def __init__(self, before: int = 2, after: int = 2) -> None:
        super().__init__(before, after)
        self.day = -1
        self.paid = 0
        self.volume = 0

    def line_of(self, bar: Bar) -> int:
        day = bar.time_open // DAY_NS
        if day != self.day:
            self.day, self.paid, self.volume = day, 0, 0
        volume = bar.volume_units
        self.paid += (bar.high_units + bar.low_units + bar.close_units) * volume
        self.volume += volume
        return bar.close_units - self.paid // (3 * self.volume) if self.volume else 0
