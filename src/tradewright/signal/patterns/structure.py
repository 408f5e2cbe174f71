"""Market structure: what the breaks of swing points say of the trend.

A close beyond an unbroken swing high breaks it upwards, one beyond an unbroken swing low downwards. A break against the
trend that the breaks so far have set is a *change of character* (CHOCH); every other one is a *break of structure*
(BOS). Source: the usual definition of the "smart money concepts" (M. J. Huddleston's lectures; LuxAlgo's indicator of
that name, 2022): closes break, wicks do not.
"""

from __future__ import annotations

from typing import NamedTuple

from tradewright.model.market import Bar
from tradewright.signal.patterns.pattern import Pattern, keep
from tradewright.signal.patterns.swing import HIGH, Swing

BOS = "BOS"
CHOCH = "CHOCH"


class Break(NamedTuple):
    """kind: BOS or CHOCH; side: +1 upwards; level: the outermost swing that was broken, a price count."""

    kind: str
    side: int
    level: int


class Structure(Pattern):
    """levels: the swings that no close has broken yet. trend: side of the last break, 0 = none yet."""

    memory = ("levels", "trend")
    rows = {"levels": Swing}

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[Swing] = []
        self.trend = 0

    def inputs(self) -> tuple[tuple[str, float | None], ...]:
        """The trend as "structure", by which `requireStructureAlignment` judges."""
        return (("structure", float(self.trend) if self.trend else None),)

    def update(self, bar: Bar, swing: Swing | None) -> Break | None:
        """Take the next bar, and the swing that it confirmed; the break that it made."""
        close = bar.close_units
        broken = [level for level in self.levels if (close - level.level) * level.side > 0]
        if swing is not None:
            keep(self.levels, swing)
        if not broken:
            return None
        for level in broken:
            self.levels.remove(level)
        side = broken[0].side
        kind = CHOCH if self.trend == -side else BOS
        self.trend = side
        levels = [level.level for level in broken]
        return Break(kind, side, max(levels) if side == HIGH else min(levels))
