"""Swing points: the highs and lows that stand out of the bars around them, alternating.

A bar is a swing high when no bar of the `before` ones before it nor of the `after` ones after it has a higher high; a
swing low is its mirror image, and a bar that is both counts as a high. Of swings of one kind that follow each other the
outermost counts, and of equal ones the first. Source: B. Williams, "Trading Chaos" (1995), the fractal; the rule of
alternation is that of smartmoneyconcepts. A swing is known `after` bars later, and is said then: nothing is repainted.
"""

from __future__ import annotations

from typing import NamedTuple

from tradewright.model.market import Bar
from tradewright.signal.patterns.pattern import KEPT, Pattern, at_least, keep

HIGH = 1
LOW = -1


class Swing(NamedTuple):
    """side: HIGH or LOW; level: its price count; number: of its bar, from 0."""

    side: int
    level: int
    number: int


class SwingPoints(Pattern):
    """swings: the newest ones, alternating. count: bars so far."""

    memory = ("highs", "lows", "count", "swings")
    rows = {"swings": Swing}

    def __init__(self, before: int = 2, after: int = 2) -> None:
        super().__init__(before, after)
        self.before = at_least(self.label, "before", before, 1)
        self.after = at_least(self.label, "after", after, 1)
        self.highs: list[int] = []
        self.lows: list[int] = []
        self.count = 0
        self.swings: list[Swing] = []

    def update(self, bar: Bar) -> Swing | None:
        """The swing that this bar confirms; one that takes the place of the last of its kind is one too."""
        width = self.before + self.after + 1
        keep(self.highs, bar.high_units, width)
        keep(self.lows, bar.low_units, width)
        self.count += 1
        if len(self.highs) < width:
            return None
        number = self.count - 1 - self.after
        if self.highs[self.before] == max(self.highs):
            return self._add(Swing(HIGH, self.highs[self.before], number))
        if self.lows[self.before] == min(self.lows):
            return self._add(Swing(LOW, self.lows[self.before], number))
        return None

    def _add(self, swing: Swing) -> Swing | None:
        if self.swings and self.swings[-1].side == swing.side:
            if (swing.level - self.swings[-1].level) * swing.side <= 0:
                return None
            self.swings.pop()
        keep(self.swings, swing, KEPT)
        return swing
