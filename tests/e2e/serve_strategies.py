"""A strategy for a service that runs at a venue: it trades within seconds, on quotes, whatever the market does."""

from __future__ import annotations

from decimal import Decimal

from tradewright.model.market import Quote
from tradewright.signal.strategy import Strategy


class Walker(Strategy):
    """Rests a bid that nobody will meet, until it is taken; then buys `lots` of the smallest orders with a stop far
    below, again and again, up to `rounds` times. bought: openings; rested: whether the bid is at work."""

    lots: int = 2
    rounds: int = 2
    bought: int = 0
    rested: bool = False

    def on_quote(self, quote: Quote) -> None:
        if not (quote.bid_units and quote.ask_units):
            return
        self.rested = self.rested or bool(self.open_orders)
        if not self.rested:
            self.buy(self._size(quote), limit=self._price(quote, quote.bid_units * 3 // 5), reason="a bid far below")
        elif self.bought < self.rounds:
            self.bought += 1
            self.buy(self._size(quote), stop_loss=self._price(quote, quote.bid_units * 4 // 5), reason="it is time")

    def _size(self, quote: Quote) -> Decimal:
        instrument, rules = quote.instrument, quote.instrument.rules
        price = max(1, quote.bid_units * 3 // 5)
        least = -(-rules.notional_min // (price * instrument.money_factor)) * 11 // 10
        units = max(rules.size_min, rules.step, least) * self.lots
        units += -units % rules.step
        return Decimal(units).scaleb(-instrument.size_scale)

    def _price(self, quote: Quote, units: int) -> Decimal:
        tick = quote.instrument.rules.tick
        return Decimal(units - units % tick).scaleb(-quote.instrument.price_scale)


class Flood(Walker):
    """With each quote rests `burst` more bids that nobody will meet, until there are `rounds` of them."""

    burst: int = 10

    def on_quote(self, quote: Quote) -> None:
        if not (quote.bid_units and quote.ask_units):
            return
        for _ in range(min(self.burst, self.rounds - self.bought)):
            self.bought += 1
            self.buy(self._size(quote), limit=self._price(quote, quote.bid_units * 3 // 5), reason="it floods")
