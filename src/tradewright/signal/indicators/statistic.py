"""Rolling statistics, computed afresh from the window at each update: O(length), neither drift nor cancellation."""

from __future__ import annotations

import math

from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.signal.indicators.indicator import Indicator, Series, Source, named, whole
from tradewright.signal.indicators.window import Window, ramp


def correlation(products: float, squares: float, squares_other: float) -> float:
    """Pearson's r of sums of products and squares of deviations; 0 where one side does not vary, as in TA-Lib."""
    scale = math.sqrt(squares) * math.sqrt(squares_other)
    return max(-1.0, min(1.0, products / scale)) if scale > 0.0 else 0.0


class RollingDeviation(Series):
    """Standard deviation of the last `length` inputs, in price: of the population (TA-Lib: STDDEV), or of a sample."""

    __slots__ = ("values", "divisor")

    def __init__(self, length: int, source: str = "close", sample: bool = False) -> None:
        length = whole("RollingDeviation", "length", length, 2)
        super().__init__(named("RollingDeviation", length, source, *(("sample",) if sample else ())), source)
        self.values = Window(length)
        self.divisor = length - 1 if sample else length
        self.parts = (self.values,)

    def push(self, x: float) -> None:
        if self.values.push(x):
            squares = self.values.squares(self.values.offset())
            self.put(math.sqrt(squares / self.divisor) / self.unit)


class ZScore(Series):
    """(x − mean) / population standard deviation over the last `length` inputs, x among them; 0 where none varies."""

    __slots__ = ("values",)

    def __init__(self, length: int, source: str = "close") -> None:
        length = whole("ZScore", "length", length, 2)
        super().__init__(named("ZScore", length, source), source)
        self.values = Window(length)
        self.parts = (self.values,)

    def push(self, x: float) -> None:
        if self.values.push(x):
            offset = self.values.offset()
            deviation = math.sqrt(self.values.squares(offset) / self.values.length)
            self.put(-offset / deviation if deviation > 0.0 else 0.0)


class RollingCorrelation(Indicator):
    """Pearson's correlation of the last `length` pairs, −1 to 1; 0 where one side does not vary (TA-Lib: CORREL).

    Pairs are two sources of one bar, or any two series by `update_pair`.
    """

    __slots__ = ("first", "second", "x", "y")

    def __init__(self, length: int, source: str = "close", other: str = "volume") -> None:
        length = whole("RollingCorrelation", "length", length, 2)
        super().__init__(named("RollingCorrelation", length, source, other))
        self.first, self.second = Source("RollingCorrelation", source), Source("RollingCorrelation", other)
        self.x, self.y = Window(length), Window(length)
        self.parts = (self.x, self.y)

    def unit_of(self, instrument: Instrument) -> float:
        return self.first.unit(instrument) * self.second.unit(instrument)

    def take(self, bar: Bar) -> None:
        x, y = float(self.first.count(bar)), float(self.second.count(bar))
        self.push_pair(x, y)

    def update_pair(self, x: float, y: float) -> None:
        """Takes the next pair of values. Raises InputError, changing nothing, for NaN, infinity or between bars."""
        x, y = float(x), float(y)
        self.check_value(x)
        self.check_value(y)
        self.push_pair(x, y)
        self.count += 1

    def push_pair(self, x: float, y: float) -> None:
        self.x.push(x)
        if not self.y.push(y):
            return
        offset_x, offset_y = self.x.offset(), self.y.offset()
        products = self.x.products(self.y, offset_x, offset_y)
        self.put(correlation(products, self.x.squares(offset_x), self.y.squares(offset_y)))


class RollingRegression(Series):
    """Least-squares line through the last `length` inputs over their index; the value is its newest point.

    slope: price per update. intercept: the line at the oldest input. r2: the share of the variance it explains, 0 where
    nothing varies. TA-Lib: LINEARREG, LINEARREG_SLOPE, LINEARREG_INTERCEPT.
    """

    __slots__ = ("values", "times", "offset_time", "squares_time", "slope", "intercept", "r2")

    def __init__(self, length: int, source: str = "close") -> None:
        length = whole("RollingRegression", "length", length, 2)
        super().__init__(named("RollingRegression", length, source), source)
        self.values, self.times = Window(length), ramp(length, 0.0)
        self.offset_time = -(length - 1) / 2.0
        self.squares_time = length * (length * length - 1) / 12.0
        self.slope, self.intercept, self.r2 = self.line("slope"), self.line("intercept"), self.line("r2")
        self.parts = (self.values, self.slope, self.intercept, self.r2)

    def push(self, x: float) -> None:
        if not self.values.push(x):
            return
        offset = self.values.offset()
        products = self.values.products(self.times, offset, self.offset_time)
        slope = products / self.squares_time
        r = correlation(products, self.values.squares(offset), self.squares_time)
        self.put((x + (offset - slope * self.offset_time)) / self.unit)
        self.slope.put(slope / self.unit)
        self.intercept.put((x + (offset + slope * self.offset_time)) / self.unit)
        self.r2.put(r * r)
