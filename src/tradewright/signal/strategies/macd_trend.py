"""MACD trend: long while the MACD line is above its signal by a margin.

Source: Appel, "Technical Analysis: Power Tools for Active Investors" (2005); the tolerance is that of LEAN's
MACDTrendAlgorithm.
"""

from __future__ import annotations

from tradewright.model.market import Bar
from tradewright.signal.indicators import MACD, Line
from tradewright.signal.strategy import Strategy


class MacdTrend(Strategy):
    """Buys `percent` of equity when (MACD − its EMA of `smooth`) / close > tolerance, closes when it is below
    −tolerance."""

    fast: int = 12
    slow: int = 26
    smooth: int = 9
    tolerance: float = 0.0025
    percent: float = 10.0

    line: MACD

    def setup(self) -> None:
        self.line = self.macd(self.fast, self.slow, self.smooth)

    def on_bar(self, bar: Bar) -> None:
        gap: Line = self.line.histogram
        if not gap.ready:
            return
        share = gap.value / bar.close
        if self.flat and not self.open_orders and share > self.tolerance:
            self.buy(percent=self.percent, reason=f"MACD is {share:.3%} of price above its signal")
        elif self.long and share < -self.tolerance:
            self.close(reason=f"MACD is {-share:.3%} of price below its signal")
