from tradewright.signal.indicators import crossed_above, crossed_below
from tradewright.signal.strategy import Strategy


class SmaCross(Strategy):
    fast: int = 10
    slow: int = 30

    def setup(self):
        self.a, self.b = self.sma(self.fast), self.sma(self.slow)

    def on_bar(self, bar):
        if crossed_above(self.a, self.b):
            self.buy(size=1, reason="fast over slow")
        elif crossed_below(self.a, self.b):
            self.close(reason="fast under slow")
