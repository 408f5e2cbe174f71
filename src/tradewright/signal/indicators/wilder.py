"""The indicators of J. Welles Wilder, "New Concepts in Technical Trading Systems" (1978), seeded as TA-Lib seeds them.

Wilder's smoothing is level += (x − level) / length.
"""

from __future__ import annotations

from tradewright.model.market import Bar
from tradewright.signal.indicators.indicator import Indicator, Series, named, whole
from tradewright.signal.indicators.part import Cell, Smoothing


class RSI(Series):
    """Relative strength index: 100 × mean gain / (mean gain + mean loss); ready at update length + 1 (TA-Lib: RSI).

    The means start as those of the first `length` changes. Without any change so far it is 50; TA-Lib says 0, which a
    strategy would read as oversold.
    """

    __slots__ = ("last", "gain", "loss")

    def __init__(self, length: int = 14, source: str = "close") -> None:
        length = whole("RSI", "length", length, 1)
        super().__init__(named("RSI", length, source), source)
        self.last = Cell()
        self.gain = Smoothing(1.0 / length, length, length)
        self.loss = Smoothing(1.0 / length, length, length)
        self.parts = (self.last, self.gain, self.loss)

    def push(self, x: float) -> None:
        change = x - self.last.value
        self.last.value = x
        if change != change:
            return
        self.gain.push(change if change > 0.0 else 0.0)
        self.loss.push(-change if change < 0.0 else 0.0)
        if self.gain.count >= self.gain.seed_count:
            movement = self.gain.level + self.loss.level
            self.put(100.0 * (self.gain.level / movement) if movement > 0.0 else 50.0)


class ATR(Indicator):
    """Average true range, in price; ready at bar length + 1 (TA-Lib: ATR).

    True range: the span of the bar's high and low and the close before it. The mean of the first `length` starts it.
    """

    __slots__ = ("close", "average")

    def __init__(self, length: int = 14) -> None:
        length = whole("ATR", "length", length, 1)
        super().__init__(named("ATR", length))
        self.close = Cell()
        self.average = Smoothing(1.0 / length, length, length)
        self.parts = (self.close, self.average)

    def take(self, bar: Bar) -> None:
        close = self.close.value
        self.close.value = float(bar.close_units)
        if close != close:
            return
        self.average.push(max(float(bar.high_units), close) - min(float(bar.low_units), close))
        if self.average.count >= self.average.seed_count:
            self.put(self.average.level / self.unit)


class ADX(Indicator):
    """Average directional index, 0 to 100; ready at bar 2 × length (TA-Lib: ADX).

    plus_di, minus_di: the directional indicators, ready at bar length + 1 (TA-Lib: PLUS_DI, MINUS_DI). They compare
    Wilder's smoothed directional movements with the smoothed true range, each started by the sum of its first
    length − 1. ADX starts as the mean of the first `length` values of 100 × |plus − minus| / (plus + minus); where
    nothing has moved yet, that counts as 0.
    """

    __slots__ = ("high", "low", "close", "plus", "minus", "range", "average", "plus_di", "minus_di")

    def __init__(self, length: int = 14) -> None:
        length = whole("ADX", "length", length, 2)
        super().__init__(named("ADX", length))
        self.high, self.low, self.close = Cell(), Cell(), Cell()
        self.plus = Smoothing(1.0 / length, length - 1, length)
        self.minus = Smoothing(1.0 / length, length - 1, length)
        self.range = Smoothing(1.0 / length, length - 1, length)
        self.average = Smoothing(1.0 / length, length, length)
        self.plus_di, self.minus_di = self.line("plus_di"), self.line("minus_di")
        self.parts = (
            self.high, self.low, self.close, self.plus, self.minus, self.range, self.average,
            self.plus_di, self.minus_di,
        )  # fmt: skip

    def take(self, bar: Bar) -> None:
        high, low, close = float(bar.high_units), float(bar.low_units), self.close.value
        rise, fall = high - self.high.value, self.low.value - low
        self.high.value, self.low.value, self.close.value = high, low, float(bar.close_units)
        if close != close:
            return
        self.plus.push(rise if rise > fall and rise > 0.0 else 0.0)
        self.minus.push(fall if fall > rise and fall > 0.0 else 0.0)
        self.range.push(max(high, close) - min(low, close))
        if self.range.count > self.range.seed_count:
            self.index()

    def index(self) -> None:
        """The directional indicators of the smoothed movements, and the index of their distance."""
        span = self.range.level
        self.plus_di.put(100.0 * (self.plus.level / span) if span > 0.0 else 0.0)
        self.minus_di.put(100.0 * (self.minus.level / span) if span > 0.0 else 0.0)
        total = self.plus_di.value + self.minus_di.value
        self.average.push(100.0 * (abs(self.plus_di.value - self.minus_di.value) / total) if total > 0.0 else 0.0)
        if self.average.count >= self.average.seed_count:
            self.put(self.average.level)
