"""The strategies of the workloads, as a user would write them."""

from tradewright.signal.strategy import Strategy


class W1(Strategy):
    """Ten units long while SMA(10) is above SMA(30)."""

    bought: bool = False

    def setup(self):
        self.fast, self.slow = self.sma(10), self.sma(30)

    def on_bar(self, bar):
        gap = self.fast.value - self.slow.value
        if gap > 0 and not self.bought:
            self.buy(10)
            self.bought = True
        elif gap < 0 and self.bought:
            self.close()
            self.bought = False


class W3(Strategy):
    """A limit order 0.05 away at each close, cancelled on the next bar if it did not fill."""

    def on_bar(self, bar):
        for order_id in self.open_orders:
            self.cancel(order_id)
        if self.flat:
            self.buy(1, limit=bar.close - 0.05)
        else:
            self.sell(1, limit=bar.close + 0.05)
