"""Microstructure: with the side of the book and of the tape, while the spread is not wide.

The sizes at the best prices (or of the first levels of the book), the micro-price and the signs of the trades each
speak for a side or for none. Sources: in the patterns `imbalance`, `micro_price`, `trade_sign` and `spread`.
"""

from __future__ import annotations

from tradewright.model.market import Depth, Quote, Trade
from tradewright.model.signal import ACTIONS, HOLD
from tradewright.signal.patterns import Imbalance, MicroPrice, Spread, TradeSigns
from tradewright.signal.strategy import Strategy


class Microstructure(Strategy):
    """Confidence is the sum of what speaks for a side less what speaks against it: 0.3 for the imbalance, 0.3 for the
    micro-price, 0.4 for the trades. A signal is stated when the action changes. usual: quotes of the usual spread;
    quotes: mids that the micro-price has to lead; trades: of the flow."""

    usual: int = 100
    wide_ppm: int = 2_000_000
    imbalance_ppm: int = 600_000
    levels: int = 5
    quotes: int = 20
    trades: int = 50
    flow_ppm: int = 500_000
    least: float = 0.5
    threshold: float = 0.6
    percent: float = 5.0
    shorts: bool = False
    bid: int = 0
    ask: int = 0
    wide: bool = False
    leaning: int = 0
    leading: int = 0
    flowing: int = 0
    said: int = 2

    spread_usual: Spread
    imbalance: Imbalance
    micro: MicroPrice
    signs: TradeSigns

    def setup(self) -> None:
        self.spread_usual = Spread(self.usual, self.wide_ppm)
        self.imbalance = Imbalance(self.imbalance_ppm, self.levels)
        self.micro = MicroPrice(self.quotes)
        self.signs = TradeSigns(self.trades, self.flow_ppm)

    def on_quote(self, quote: Quote) -> None:
        self._best(quote.bid_units, quote.ask_units, quote.bid_size_units, quote.ask_size_units)
        self.leaning = self.imbalance.update(quote.bid_size_units, quote.ask_size_units)
        self._say()

    def on_depth(self, depth: Depth) -> None:
        if depth.bids and depth.asks:
            (bid, bid_size), (ask, ask_size) = depth.bids[0], depth.asks[0]
            self._best(bid, ask, bid_size, ask_size)
            self.leaning = self.imbalance.update_depth(depth)
            self._say()

    def on_trade(self, trade: Trade) -> None:
        self.flowing = self.signs.update(trade.price_units, trade.size_units, trade.aggressor, self.bid, self.ask)
        self._say()

    def _best(self, bid: int, ask: int, bid_size: int, ask_size: int) -> None:
        self.bid, self.ask = bid, ask
        self.wide = self.spread_usual.update(bid, ask)
        self.leading = self.micro.update(bid, ask, bid_size, ask_size)

    def _say(self) -> None:
        tenths = 3 * self.leaning + 3 * self.leading + 4 * self.flowing
        action = HOLD if self.wide or abs(tenths) < 10 * self.least else (1 if tenths > 0 else -1)
        if action == self.said:
            return
        self.said = action
        if action == HOLD:
            self.signal("HOLD", 0, "the spread is wide" if self.wide else "book and tape do not agree on a side")
            return
        parts = (("the book", self.leaning), ("the micro-price", self.leading), ("the trades", self.flowing))
        words = " and ".join(name for name, side in parts if side == action)
        book, flow = self.imbalance.ppm / 10_000, self.signs.ppm / 10_000
        self.signal(ACTIONS[action], abs(tenths) / 10, f"{words}: imbalance {book:+.0f} %, flow {flow:+.0f} %")
