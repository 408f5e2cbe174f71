"""Volume at touch: a level is met with more volume than is usual, so somebody trades there.

A bar whose range includes one of the levels, with a relative volume of at least `ratio_ppm`. Source: R. D. Wyckoff's
"effort" at support and resistance (1931), measured by relative volume.
"""

from __future__ import annotations

from collections.abc import Sequence

from tradewright.model.market import Bar
from tradewright.signal.patterns.pattern import Pattern
from tradewright.signal.patterns.relative_volume import RelativeVolume


class TouchVolume(Pattern):
    """volume: the relative volume of the last bar."""

    memory = ("volume",)

    def __init__(self, length: int = 20, ratio_ppm: int = 1_500_000) -> None:
        super().__init__(length, ratio_ppm)
        self.volume = RelativeVolume(length, ratio_ppm)

    def update(self, bar: Bar, levels: Sequence[int]) -> bool:
        """Take the next bar and the levels as they were before it, price counts; whether one was met with volume."""
        if not self.volume.update(bar.volume_units):
            return False
        low, high = bar.low_units, bar.high_units
        return bool([level for level in levels if low <= level <= high])
