"""RSI mean reversion: buy what was sold too fast, with a stop under it.

Source: Wilder, "New Concepts in Technical Trading Systems" (1978), chapter on the Relative Strength Index.
"""

from __future__ import annotations

from tradewright.model.errors import InputError
from tradewright.model.market import Bar
from tradewright.signal.indicators import ATR, RSI
from tradewright.signal.strategy import Strategy


class RsiReversion(Strategy):
    """Buys `percent` of equity when RSI falls below `oversold`, with a stop `stop_atr` ATRs below; closes above
    `exit`."""

    length: int = 14
    oversold: float = 30.0
    exit: float = 55.0
    stop_atr: float = 3.0
    percent: float = 10.0

    strength: RSI
    span: ATR

    def setup(self) -> None:
        if not 0 < self.oversold < self.exit < 100:
            raise InputError(f"{self.id}: oversold {self.oversold} and exit {self.exit} must rise between 0 and 100")
        self.strength, self.span = self.rsi(self.length), self.atr(self.length)

    def on_bar(self, bar: Bar) -> None:
        if not self.strength.ready or not self.span.ready:
            return
        if self.flat and not self.open_orders and self.strength.value < self.oversold:
            stop = bar.close - self.stop_atr * self.span.value
            if stop > 0:
                reason = f"RSI {self.strength.value:.1f} is below {self.oversold:g}"
                self.buy(percent=self.percent, stop_loss=stop, reason=reason)
        elif self.long and self.strength.value > self.exit:
            self.close(reason=f"RSI {self.strength.value:.1f} is above {self.exit:g}")
