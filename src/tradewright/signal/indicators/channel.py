"""Channels: a middle line with an upper and a lower one beside it."""

from __future__ import annotations

import math

from tradewright.model.market import Bar
from tradewright.signal.indicators.average import smoothing
from tradewright.signal.indicators.indicator import Indicator, Series, named, positive, whole
from tradewright.signal.indicators.wilder import ATR
from tradewright.signal.indicators.window import Highest, Window

#: Widths beyond this are a mistake.
WIDTH_MAX = 1e6


class Bollinger(Series):
    """Bollinger bands: SMA ± width × population standard deviation of the last `length` inputs (TA-Lib: BBANDS)."""

    __slots__ = ("width", "values", "upper", "lower")

    def __init__(self, length: int = 20, width: float = 2.0, source: str = "close") -> None:
        length = whole("Bollinger", "length", length, 2)
        self.width = positive("Bollinger", "width", width, WIDTH_MAX)
        super().__init__(named("Bollinger", length, self.width, source), source)
        self.values = Window(length)
        self.upper, self.lower = self.line("upper"), self.line("lower")
        self.parts = (self.values, self.upper, self.lower)

    def push(self, x: float) -> None:
        if not self.values.push(x):
            return
        offset = self.values.offset()
        middle = x + offset
        reach = self.width * math.sqrt(self.values.squares(offset) / self.values.length)
        self.put(middle / self.unit)
        self.upper.put((middle + reach) / self.unit)
        self.lower.put((middle - reach) / self.unit)


class Keltner(Indicator):
    """Keltner channel: EMA of the close ± width × ATR (Raschke's form); the EMA starts as a mean, the ATR is Wilder's.

    atr: the average true range itself. All lines but atr become ready together.
    """

    __slots__ = ("width", "average", "atr", "upper", "lower")

    def __init__(self, length: int = 20, atr_length: int = 10, width: float = 2.0) -> None:
        whole("Keltner", "length", length, 1)
        whole("Keltner", "atr_length", atr_length, 1)
        self.width = positive("Keltner", "width", width, WIDTH_MAX)
        super().__init__(named("Keltner", length, atr_length, self.width))
        self.average = smoothing(length)
        self.atr = ATR(atr_length)
        self.upper, self.lower = self.line("upper"), self.line("lower")
        self.parts = (self.average, self.upper, self.lower, self.atr)

    def take(self, bar: Bar) -> None:
        self.atr.update(bar)
        self.average.push(float(bar.close_units))
        if not self.atr.ready or self.average.count < self.average.seed_count:
            return
        middle = self.average.level / self.unit
        reach = self.width * self.atr.value
        self.put(middle)
        self.upper.put(middle + reach)
        self.lower.put(middle - reach)


class Donchian(Indicator):
    """Donchian channel: highest high and lowest low of the last `length` bars, and the middle between them.

    The newest bar is part of the channel: a breakout compares the close with the previous value of upper or lower.
    """

    __slots__ = ("length", "highest", "lowest", "upper", "lower")

    def __init__(self, length: int = 20) -> None:
        self.length = whole("Donchian", "length", length, 1)
        super().__init__(named("Donchian", length))
        self.highest, self.lowest = Highest(length), Highest(length)
        self.upper, self.lower = self.line("upper"), self.line("lower")
        self.parts = (self.highest, self.lowest, self.upper, self.lower)

    def take(self, bar: Bar) -> None:
        high = float(self.highest.push(bar.high_units))
        low = float(-self.lowest.push(-bar.low_units))
        if self.highest.count >= self.length:
            self.put((high + low) / (2.0 * self.unit))
            self.upper.put(high / self.unit)
            self.lower.put(low / self.unit)
