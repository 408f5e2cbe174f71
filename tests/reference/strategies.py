"""The strategies whose figures other engines publish, written as any user would write them."""

from __future__ import annotations

from tradewright.model.market import Bar
from tradewright.signal.indicators import crossed_above, crossed_below
from tradewright.signal.strategy import Strategy


class GoogCross(Strategy):
    """backtesting.py: two averages cross; all of the equity goes over to the other side, sized where it fills."""

    def setup(self) -> None:
        self.fast, self.slow = self.sma(10), self.sma(30)

    def on_bar(self, bar: Bar) -> None:
        if crossed_above(self.fast, self.slow):
            self.close()
            self.buy(percent=99.99, at_fill=True)
        elif crossed_below(self.fast, self.slow):
            self.close()
            self.sell(percent=99.99, at_fill=True)


class OracleCross(Strategy):
    """PyAlgoTrade: two averages cross; ten shares long or ten short."""

    def setup(self) -> None:
        self.fast, self.slow = self.sma(10), self.sma(25)

    def on_bar(self, bar: Bar) -> None:
        if crossed_above(self.fast, self.slow):
            self.buy(10 - self.size)
        elif crossed_below(self.fast, self.slow):
            self.sell(10 + self.size)


class BuyOnce(Strategy):
    """LEAN's template: all in on the first day, and hold."""

    def on_bar(self, bar: Bar) -> None:
        if self.flat and not self.open_orders:
            self.buy(percent=99.75)


class MacdTrend(Strategy):
    """LEAN: in while MACD lies over its signal by a quarter of a percent of the fast average, out when as far below."""

    tolerance: float = 0.0025

    def setup(self) -> None:
        self.trend = self.macd(12, 26, 9, align="independent")

    def on_bar(self, bar: Bar) -> None:
        if not self.trend.ready:
            return
        distance = self.trend.histogram.value / self.trend.fast.value
        if self.flat and distance > self.tolerance:
            self.buy(percent=99.75)
        elif self.long and distance < -self.tolerance:
            self.close()


class AverageCross(Strategy):
    """backtrader: one share while the close is over its average; a close on the average keeps its last side."""

    side: int = 0

    def setup(self) -> None:
        self.average = self.sma(15)

    def on_bar(self, bar: Bar) -> None:
        if not self.average.ready:
            return
        distance = bar.close - self.average.value
        before, self.side = self.side, (distance > 0) - (distance < 0) or self.side
        if self.open_orders:
            return
        if self.flat and before < 0 < self.side:
            self.buy(1)
        elif self.long and before > 0 > self.side:
            self.close()
