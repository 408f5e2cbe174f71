"""Donchian breakout: follow the price out of its channel, both ways.

Source: the Turtle rules, system 1 (Faith, "Way of the Turtle", 2007): enter on a 20-bar extreme, leave on a 10-bar one.
"""

from __future__ import annotations

from tradewright.model.market import Bar
from tradewright.signal.indicators import Donchian
from tradewright.signal.strategy import Strategy


class DonchianBreakout(Strategy):
    """Buys a close above the highest high of the `entry` bars before, leaves below the lowest low of the `leave` bars
    before; the mirror image short where `shorts` is true."""

    entry: int = 20
    leave: int = 10
    shorts: bool = False
    percent: float = 10.0

    outer: Donchian
    inner: Donchian

    def setup(self) -> None:
        self.outer, self.inner = self.donchian(self.entry), self.donchian(self.leave)

    def on_bar(self, bar: Bar) -> None:
        # The channel of the bars before this one: a bar can not break out of a channel it is part of.
        upper, lower = self.outer.upper.previous, self.outer.lower.previous
        if upper != upper:
            return
        if self.flat and not self.open_orders:
            if bar.close > upper:
                self.buy(percent=self.percent, reason=f"close {bar.close:g} above the {self.entry}-bar high {upper:g}")
            elif self.shorts and bar.close < lower:
                self.sell(percent=self.percent, reason=f"close {bar.close:g} below the {self.entry}-bar low {lower:g}")
        elif self.long and bar.close < self.inner.lower.previous:
            self.close(reason=f"close {bar.close:g} below the {self.leave}-bar low {self.inner.lower.previous:g}")
        elif self.short and bar.close > self.inner.upper.previous:
            self.close(reason=f"close {bar.close:g} above the {self.leave}-bar high {self.inner.upper.previous:g}")
