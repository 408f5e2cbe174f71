"""Equal levels: swing highs, or swing lows, that stopped at about the same price, where stop orders gather.

A swing within the tolerance of the first swing of a pool joins it; else it begins one of its own. A pool of at least
two swings is a row of equal highs (or lows). A bar whose high comes to the first level plus the tolerance (whose low
comes to it less the tolerance) has taken the pool, and it is over. Source: smartmoneyconcepts (`liquidity`), with a
tolerance that is known beforehand: `ppm` of the level, or `units` price counts.
"""

from __future__ import annotations

from typing import NamedTuple

from tradewright.model.errors import InputError
from tradewright.model.market import Bar
from tradewright.signal.patterns.pattern import PPM_ONE, Pattern, keep
from tradewright.signal.patterns.swing import HIGH, Swing


class Pool(NamedTuple):
    """side: HIGH or LOW. level: of its first swing, edge: of its outermost one, price counts. touches: swings in it.
    number: of the bar of its first swing. limit: the price count that takes it."""

    side: int
    level: int
    edge: int
    touches: int
    number: int
    limit: int = 0


class Pools(Pattern):
    """pools: those that were not taken yet, the oldest first. taken: those that the last bar took."""

    memory = ("pools",)
    rows = {"pools": Pool}

    def __init__(self, ppm: int = 500, units: int = 0) -> None:
        super().__init__(ppm, units)
        if (ppm > 0) == (units > 0) or ppm < 0 or units < 0:
            raise InputError(f"{self.label}: a tolerance is above zero, in ppm or in units")
        self.ppm, self.units = ppm, units
        self.pools: list[Pool] = []
        self.taken: list[Pool] = []

    def tolerance(self, level: int) -> int:
        """In price counts, rounded down."""
        return self.units or level * self.ppm // PPM_ONE

    def update(self, bar: Bar, swing: Swing | None) -> Pool | None:
        """Take the next bar, and the swing that it confirmed; the pool that the swing joined. `taken` then holds the
        pools that the bar took."""
        low, high = bar.low_units, bar.high_units
        self.taken = [pool for pool in self.pools if (high >= pool.limit if pool.side == HIGH else low <= pool.limit)]
        if self.taken:
            self.pools = [pool for pool in self.pools if pool not in self.taken]
        if swing is None:
            return None
        for at, pool in enumerate(self.pools):
            if pool.side == swing.side and abs(swing.level - pool.level) <= self.tolerance(pool.level):
                edge = max(pool.edge, swing.level) if pool.side == HIGH else min(pool.edge, swing.level)
                self.pools[at] = joined = pool._replace(edge=edge, touches=pool.touches + 1)
                return joined
        limit = swing.level + swing.side * self.tolerance(swing.level)
        keep(self.pools, Pool(swing.side, swing.level, swing.level, 1, swing.number, limit))
        return None
