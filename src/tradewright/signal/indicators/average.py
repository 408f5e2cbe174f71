"""Moving averages."""

from __future__ import annotations

from tradewright.model.market import Bar
from tradewright.signal.indicators.indicator import Series, named, one_of, positive, whole
from tradewright.signal.indicators.part import Smoothing
from tradewright.signal.indicators.window import CountWindow, Window, ramp

SEEDS = ("sma", "first")


def smoothing(length: int, seed: str = "sma", k: float = 0.0) -> Smoothing:
    """The recursion of an EMA of `length`; k = 0 means its usual 2 / (length + 1)."""
    seed_count = length if seed == "sma" else 1
    return Smoothing(k or 2.0 / (length + 1), seed_count, seed_count)


class SMA(Series):
    """Arithmetic mean of the last `length` inputs; ready at the length-th (TA-Lib: SMA).

    Of bars the total of counts is exact and divided once, so equal means compare equal whatever came before; a total
    past int64 raises OverflowError. Of values the window is summed anew each time, O(length).
    """

    __slots__ = ("counts", "values")

    def __init__(self, length: int, source: str = "close") -> None:
        length = whole("SMA", "length", length, 1)
        super().__init__(named("SMA", length, source), source)
        self.counts = CountWindow(length)
        self.values = Window(length)
        self.parts = (self.counts, self.values)

    def take(self, bar: Bar) -> None:
        if self.counts.push(self.source.count(bar)):
            self.put(self.counts.total.over(self.counts.length * self.unit))

    def push(self, x: float) -> None:
        if self.values.push(x):
            self.put(self.values.mean())


class EMA(Series):
    """Exponential moving average, value += k (x − value) with k = 2 / (length + 1) or as given; ready at the length-th.

    seed "sma": starts as the mean of the first `length` inputs (TA-Lib's default, and LEAN's). seed "first": starts at
    the first input (pandas and polars, ewm with adjust=False). Wilder's smoothing is k = 1 / length.
    """

    __slots__ = ("length", "average")

    def __init__(self, length: int, source: str = "close", seed: str = "sma", k: float | None = None) -> None:
        self.length = whole("EMA", "length", length, 1)
        one_of("EMA", "seed", seed, SEEDS)
        self.average = smoothing(length, seed, 0.0 if k is None else positive("EMA", "k", k, 1.0))
        super().__init__(named("EMA", length, source, seed, *(() if k is None else (self.average.k,))), source)
        self.parts = (self.average,)

    def push(self, x: float) -> None:
        self.average.push(x)
        if self.average.count >= self.length:
            self.put(self.average.level / self.unit)


class WMA(Series):
    """Linearly weighted mean: the newest of the last `length` inputs weighs `length`, the oldest 1 (TA-Lib: WMA)."""

    __slots__ = ("values", "weights")

    def __init__(self, length: int, source: str = "close") -> None:
        length = whole("WMA", "length", length, 1)
        super().__init__(named("WMA", length, source), source)
        self.values = Window(length)
        self.weights = ramp(length, 1.0)
        self.parts = (self.values,)

    def push(self, x: float) -> None:
        if self.values.push(x):
            self.put((x + self.values.weighted_offset(self.weights)) / self.unit)
