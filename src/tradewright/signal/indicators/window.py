"""The last n inputs, and what can be computed from them without drift.

Float windows compute every result afresh from what they hold: O(n), nothing accumulates over a long run, and the same
window gives the same bits whatever came before it. Deviations are taken from the newest value first: the difference of
two near values is exact (Sterbenz), so prices of 1e9 with noise in the last digit lose nothing to cancellation; the
two-pass form over them is that of Chan, Golub and LeVeque, "Algorithms for Computing the Sample Variance" (1983).
Integer windows keep an exact running total, which can not drift: O(1).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import nan
from typing import Any

from tradewright.signal.indicators.part import Part, State, Tally, counted, decoded


class Window(Part):
    """The last `length` floats, oldest first in values[start : start + length] once it is full.

    Every value is written twice, `length` apart, so the window always lies in one piece.
    """

    __slots__ = ("length", "size", "start", "values")

    def __init__(self, length: int) -> None:
        self.length = length
        self.size = 0
        self.start = 0
        self.values = array("d", bytes(16 * length))

    def push(self, x: float) -> bool:
        """Takes x, drops the oldest; says whether the window is full."""
        slot = self.start
        self.values[slot] = x
        self.values[slot + self.length] = x
        self.start = slot + 1 if slot + 1 < self.length else 0
        if self.size < self.length:
            self.size += 1
        return self.size == self.length

    def newest(self) -> float:
        return self.values[self.start + self.length - 1]

    def offset(self) -> float:
        """Mean − newest value, of a full window."""
        newest = self.values[self.start + self.length - 1]
        total = 0.0
        for i in range(self.start, self.start + self.length):
            total += self.values[i] - newest
        return total / self.length

    def mean(self) -> float:
        return self.newest() + self.offset()

    def weighted_offset(self, weights: Window) -> float:
        """Weighted mean − newest value, of two full windows of one length; NaN if the weights sum to nothing."""
        newest = self.values[self.start + self.length - 1]
        shift = weights.start - self.start
        total = weight = 0.0
        for i in range(self.start, self.start + self.length):
            weight += weights.values[i + shift]
            total += weights.values[i + shift] * (self.values[i] - newest)
        return total / weight if weight > 0.0 else nan

    def products(self, other: Window, offset: float, offset_other: float) -> float:
        """Σ (x − mean x)(y − mean y), of two full windows of one length whose offsets are known."""
        newest = self.values[self.start + self.length - 1]
        newest_other = other.values[other.start + self.length - 1]
        shift = other.start - self.start
        total = 0.0
        for i in range(self.start, self.start + self.length):
            total += (self.values[i] - newest - offset) * (other.values[i + shift] - newest_other - offset_other)
        return total

    def squares(self, offset: float) -> float:
        """Σ (x − mean)², of a full window whose offset is known."""
        return self.products(self, offset, offset)

    def state(self) -> State:
        end = self.start + self.length
        return (list(self.values[end - self.size : end]),)

    def restore(self, state: Sequence[Any]) -> None:
        (stored,) = state
        values = [decoded(value) for value in stored]
        if len(values) > self.length:
            raise ValueError(f"{len(values)} values for a window of {self.length}")
        self.start = self.size = 0
        for value in values:
            self.push(value)


def ramp(length: int, first: float) -> Window:
    """A full window of first, first + 1, …: a time index, or the weights of a linear average. It holds no state."""
    window = Window(length)
    for i in range(length):
        window.push(first + i)
    return window


class CountWindow(Part):
    """The last `length` integer counts and their exact total."""

    __slots__ = ("length", "size", "start", "counts", "total")

    def __init__(self, length: int) -> None:
        self.length = length
        self.size = 0
        self.start = 0
        self.counts = array("q", bytes(8 * length))
        self.total = Tally()

    def push(self, count: int) -> bool:
        """Takes a count, drops the oldest; says whether the window is full. OverflowError changes nothing."""
        slot = self.start
        self.total.add(count - self.counts[slot])
        self.counts[slot] = count
        self.start = slot + 1 if slot + 1 < self.length else 0
        if self.size < self.length:
            self.size += 1
        return self.size == self.length

    def state(self) -> State:
        oldest = self.start if self.size == self.length else 0
        return (list(self.counts[oldest : self.size]) + list(self.counts[:oldest]),)

    def restore(self, state: Sequence[Any]) -> None:
        (counts,) = state
        if len(counts) > self.length:
            raise ValueError(f"{len(counts)} counts for a window of {self.length}")
        self.start = self.size = 0
        self.counts = array("q", bytes(8 * self.length))
        self.total = Tally()
        for count in counts:
            self.push(counted(count))


class Highest(Part):
    """The highest of the last `length` counts, in amortised O(1).

    A deque of falling counts, each with its time; what can never be the highest again is dropped at once (Lemire,
    "Streaming Maximum-Minimum Filter Using No More than Three Comparisons per Element", 2006).
    """

    __slots__ = ("length", "count", "head", "size", "counts", "times")

    def __init__(self, length: int) -> None:
        self.length = length
        self.count = 0
        self.head = 0
        self.size = 0
        self.counts = array("q", bytes(8 * length))
        self.times = array("q", bytes(8 * length))

    def slot(self, position: int) -> int:
        index = self.head + position
        return index if index < self.length else index - self.length

    def push(self, count: int) -> int:
        """Takes a count; returns the highest of what it holds."""
        if self.size > 0 and self.times[self.head] <= self.count - self.length:
            self.head = self.slot(1)
            self.size -= 1
        while self.size > 0 and self.counts[self.slot(self.size - 1)] <= count:
            self.size -= 1
        self.append(count, self.count)
        self.count += 1
        return self.counts[self.head]

    def append(self, count: int, time: int) -> None:
        slot = self.slot(self.size)
        self.counts[slot] = count
        self.times[slot] = time
        self.size += 1

    def state(self) -> State:
        counts, times = [], []
        for i in range(self.size):
            slot = self.slot(i)
            counts.append(self.counts[slot])
            times.append(self.times[slot])
        return (self.count, counts, times)

    def restore(self, state: Sequence[Any]) -> None:
        count, counts, times = state
        if len(counts) > self.length:
            raise ValueError(f"{len(counts)} counts for a window of {self.length}")
        self.count, self.head, self.size = counted(count), 0, 0
        for stored, time in zip(counts, times, strict=True):
            self.append(counted(stored), counted(time))
