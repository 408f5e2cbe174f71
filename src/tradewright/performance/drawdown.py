"""How far and how long equity was below its last peak."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tradewright.performance.returns import FloatArray, IntArray


def drawdowns(equity: FloatArray) -> FloatArray:
    """At each point: equity over its peak so far, less one; 0 at a peak, −0.25 a quarter below it."""
    return equity / np.maximum.accumulate(equity) - 1.0


def episodes(drops: FloatArray) -> list[tuple[int, int]]:
    """(index of the peak, index where it is regained, or of the last point) of each time below a peak."""
    ends = np.flatnonzero((drops == 0) | (np.arange(len(drops)) == len(drops) - 1))
    return [(a, b) for a, b in pairwise(ends.tolist()) if b > a + 1 or drops[b] < 0]


def depths(drops: FloatArray) -> list[float]:
    """The lowest point of each episode."""
    return [float(drops[peak : end + 1].min()) for peak, end in episodes(drops)]


def durations(times: IntArray, drops: FloatArray) -> list[int]:
    """The length of each episode, ns."""
    return [int(times[end] - times[peak]) for peak, end in episodes(drops)]
