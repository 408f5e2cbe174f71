"""A volume climax: the last and largest effort of a move, which the close does not follow.

A bar with at least `volume_ppm` of the usual volume and `range_ppm` of the usual range, whose low is the lowest of the
`length` bars before it and whose close lies in the upper half of its range, is a selling climax: it speaks for higher
prices. A buying climax is its mirror image. Source: R. D. Wyckoff's selling and buying climax, as in R. W. Schabacker,
"Technical Analysis and Stock Market Profits" (1932), with the measures of relative volume.
"""

from __future__ import annotations

from tradewright.model.market import Bar
from tradewright.signal.patterns.pattern import DOWN, UP, Pattern, keep
from tradewright.signal.patterns.relative_volume import RelativeVolume


class Climax(Pattern):
    """volume, range: relative to the usual, of the last bar."""

    memory = ("volume", "range", "highs", "lows")

    def __init__(self, length: int = 20, volume_ppm: int = 3_000_000, range_ppm: int = 2_000_000) -> None:
        super().__init__(length, volume_ppm, range_ppm)
        self.length = length
        self.volume = RelativeVolume(length, volume_ppm)
        self.range = RelativeVolume(length, range_ppm)
        self.highs: list[int] = []
        self.lows: list[int] = []

    def update(self, bar: Bar) -> int:
        """Take the next bar: +1 for a selling climax, -1 for a buying one, else 0."""
        low, high, close = bar.low_units, bar.high_units, bar.close_units
        much = self.volume.update(bar.volume_units)
        wide = self.range.update(high - low)
        lowest, highest = low < min(self.lows, default=low), high > max(self.highs, default=high)
        keep(self.lows, low, self.length)
        keep(self.highs, high, self.length)
        if not (much and wide) or lowest == highest:
            return 0
        above = 2 * close - high - low
        if lowest and above > 0:
            return UP
        return DOWN if highest and above < 0 else 0
