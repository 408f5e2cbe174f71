"""Moving-average cross: long while the fast average is above the slow one.

Source: Brock, Lakonishok, LeBaron, "Simple Technical Trading Rules", Journal of Finance 47 (1992), variable-length
rule.
"""

from __future__ import annotations

from tradewright.model.errors import InputError
from tradewright.model.market import Bar
from tradewright.signal.indicators import SMA, crossed_above, crossed_below
from tradewright.signal.strategy import Strategy


class SmaCross(Strategy):
    """Buys `percent` of equity when SMA(fast) crosses above SMA(slow), closes when it crosses below."""

    fast: int = 10
    slow: int = 30
    percent: float = 10.0

    a: SMA
    b: SMA

    def setup(self) -> None:
        if self.fast >= self.slow:
            raise InputError(f"{self.id}: fast {self.fast} must be below slow {self.slow}")
        self.a, self.b = self.sma(self.fast), self.sma(self.slow)

    def on_bar(self, bar: Bar) -> None:
        if crossed_above(self.a, self.b):
            self.buy(percent=self.percent, reason="fast average crossed above slow")
        elif crossed_below(self.a, self.b):
            self.close(reason="fast average crossed below slow")
