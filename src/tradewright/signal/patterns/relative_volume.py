"""Relative volume: how a bar's volume compares with what is usual.

The volume of a bar divided by the mean volume of the `length` bars before it; high from `ratio_ppm` parts per million
on. Source: the RVOL of trading platforms (StockCharts, "Relative Volume"), with the bar itself left out of its mean.
"""

from __future__ import annotations

from tradewright.signal.patterns.pattern import PPM_ONE, Pattern, at_least, keep


class RelativeVolume(Pattern):
    """ppm: of the last bar, in parts per million, 0 until there are `length` bars with volume before it."""

    memory = ("volumes", "total", "ppm")

    def __init__(self, length: int = 20, ratio_ppm: int = 2_000_000) -> None:
        super().__init__(length, ratio_ppm)
        self.length = at_least(self.label, "length", length, 1)
        self.ratio_ppm = at_least(self.label, "ratio_ppm", ratio_ppm, 1)
        self.volumes: list[int] = []
        self.total = 0
        self.ppm = 0

    def update(self, volume: int) -> bool:
        """Take the next volume, in size counts; whether it is high."""
        ready = len(self.volumes) == self.length and self.total > 0
        self.ppm = volume * self.length * PPM_ONE // self.total if ready else 0
        if len(self.volumes) == self.length:
            self.total -= self.volumes[0]
        self.total += volume
        keep(self.volumes, volume, self.length)
        return self.ppm >= self.ratio_ppm
