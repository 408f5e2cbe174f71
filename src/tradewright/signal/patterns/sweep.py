"""A sweep of liquidity: the price runs beyond a prior high or low and does not stay there.

A bar trades beyond a level and closes on its near side: beyond a high, it speaks for lower prices (-1), beyond a low,
for higher ones. A close beyond the level breaks it instead; either way the level is used up. Source: the "turtle soup"
of L. A. Connors and L. B. Raschke, "Street Smarts" (1995), on swing points and rows of equal ones.
"""

from __future__ import annotations

from typing import NamedTuple

from tradewright.model.market import Bar
from tradewright.signal.patterns.pattern import Pattern, keep
from tradewright.signal.patterns.pool import Pool
from tradewright.signal.patterns.swing import HIGH, Swing


class Sweep(NamedTuple):
    """side: what it speaks for, +1 = higher prices. level: the outermost one that was swept; depth: how far beyond it
    the bar went, price counts; touches: swings that made the level."""

    side: int
    level: int
    depth: int
    touches: int


class Sweeps(Pattern):
    """levels: the highs and lows that were not traded through yet, as pools of one swing or several."""

    memory = ("levels",)
    rows = {"levels": Pool}

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[Pool] = []

    def edges(self) -> list[int]:
        """Where they lie, price counts."""
        return [level.edge for level in self.levels]

    def add(self, swing: Swing) -> None:
        """A high or low to watch from the next bar on."""
        self.put(Pool(swing.side, swing.level, swing.level, 1, swing.number))

    def put(self, pool: Pool) -> None:
        """A row of equal levels to watch in the place of what it was before: its outermost level counts."""
        self.levels = [level for level in self.levels if (level.side, level.number) != (pool.side, pool.number)]
        keep(self.levels, pool)

    def update(self, bar: Bar) -> Sweep | None:
        """Take the next bar; the sweep that it is. A bar that sweeps on both sides is none: it says nothing."""
        found: dict[int, Sweep] = {}
        left: list[Pool] = []
        for pool in self.levels:
            high = pool.side == HIGH
            depth = bar.high_units - pool.edge if high else pool.edge - bar.low_units
            if depth <= 0:
                left.append(pool)
            elif (bar.close_units < pool.edge) if high else (bar.close_units > pool.edge):
                before = found.get(-pool.side)
                if before is None or depth < before.depth:
                    found[-pool.side] = Sweep(-pool.side, pool.edge, depth, pool.touches)
        self.levels = left
        return next(iter(found.values())) if len(found) == 1 else None
