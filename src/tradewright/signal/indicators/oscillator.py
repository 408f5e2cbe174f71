"""Oscillators: how two averages part, and where the close lies in its range."""

from __future__ import annotations

from tradewright.model.errors import InputError
from tradewright.model.market import Bar
from tradewright.signal.indicators.average import smoothing
from tradewright.signal.indicators.indicator import Indicator, Series, named, one_of, whole
from tradewright.signal.indicators.window import Highest, Window

ALIGNMENTS = ("talib", "independent")


class MACD(Series):
    """Moving average convergence / divergence: fast EMA − slow EMA, in price (Appel, 1979).

    signal: EMA of the difference. histogram: difference − signal. fast, slow: the two averages. All become ready
    together, at update slow_length + signal_length − 1. Each EMA starts as the mean of its first inputs; align says
    which inputs are the fast one's first: "talib", those that end where the slow one becomes ready (TA-Lib: MACD);
    "independent", the very first ones (LEAN).
    """

    __slots__ = (
        "fast_average", "slow_average", "signal_average", "fast_delay", "fast", "slow", "signal", "histogram",
    )  # fmt: skip

    def __init__(
        self,
        fast_length: int = 12,
        slow_length: int = 26,
        signal_length: int = 9,
        source: str = "close",
        align: str = "talib",
    ) -> None:
        whole("MACD", "fast_length", fast_length, 1)
        whole("MACD", "slow_length", slow_length, 2)
        whole("MACD", "signal_length", signal_length, 1)
        if fast_length >= slow_length:
            raise InputError(f"MACD: fast_length {fast_length} must be below slow_length {slow_length}")
        one_of("MACD", "align", align, ALIGNMENTS)
        super().__init__(named("MACD", fast_length, slow_length, signal_length, source, align), source)
        self.fast_average = smoothing(fast_length)
        self.slow_average = smoothing(slow_length)
        self.signal_average = smoothing(signal_length)
        self.fast_delay = slow_length - fast_length if align == "talib" else 0
        self.fast, self.slow = self.line("fast"), self.line("slow")
        self.signal, self.histogram = self.line("signal"), self.line("histogram")
        self.parts = (
            self.fast_average, self.slow_average, self.signal_average,
            self.signal, self.histogram, self.fast, self.slow,
        )  # fmt: skip

    def push(self, x: float) -> None:
        self.slow_average.push(x)
        if self.slow_average.count > self.fast_delay:
            self.fast_average.push(x)
        if self.slow_average.count < self.slow_average.seed_count:
            return
        difference = self.fast_average.level - self.slow_average.level
        self.signal_average.push(difference)
        if self.signal_average.count >= self.signal_average.seed_count:
            self.fast.put(self.fast_average.level / self.unit)
            self.slow.put(self.slow_average.level / self.unit)
            self.put(difference / self.unit)
            self.signal.put(self.signal_average.level / self.unit)
            self.histogram.put((difference - self.signal_average.level) / self.unit)


class Stochastic(Indicator):
    """Stochastic oscillator %K, 0 to 100 (Lane); ready with its signal line (TA-Lib: STOCH with simple averages).

    k is the indicator itself: 100 × (close − lowest low) / (highest high − lowest low) over `length` bars, averaged
    over `smooth_k`; d: the average of k over `smooth_d`. Where the range is nothing it counts as 50; TA-Lib takes 0,
    which a strategy would read as oversold.
    """

    __slots__ = ("length", "high", "low", "raw", "smooth", "d")

    def __init__(self, length: int = 14, smooth_k: int = 3, smooth_d: int = 3) -> None:
        self.length = whole("Stochastic", "length", length, 1)
        whole("Stochastic", "smooth_k", smooth_k, 1)
        whole("Stochastic", "smooth_d", smooth_d, 1)
        super().__init__(named("Stochastic", length, smooth_k, smooth_d))
        self.high, self.low = Highest(length), Highest(length)
        self.raw, self.smooth = Window(smooth_k), Window(smooth_d)
        self.d = self.line("d")
        self.parts = (self.high, self.low, self.raw, self.smooth, self.d)

    @property
    def k(self) -> Indicator:
        return self

    def take(self, bar: Bar) -> None:
        highest = float(self.high.push(bar.high_units))
        lowest = float(-self.low.push(-bar.low_units))
        if self.high.count < self.length:
            return
        raw = 100.0 * ((float(bar.close_units) - lowest) / (highest - lowest)) if highest > lowest else 50.0
        if not self.raw.push(raw):
            return
        k = self.raw.mean()
        if self.smooth.push(k):
            self.put(k)
            self.d.put(self.smooth.mean())
