"""Strategies of services with a shadow account: in and out again and again."""

from __future__ import annotations

from decimal import Decimal

from tradewright.model.market import Bar, Quote
from tradewright.model.report import Fill
from tradewright.signal.strategy import Strategy


class Flips(Strategy):
    """Buys with a quote and closes two later, for ever. first: the quote with which it begins."""

    first: int = 1
    quotes: int = 0

    def on_quote(self, quote: Quote) -> None:
        self.quotes += 1
        step = (self.quotes - self.first) % 4
        if step == 0:
            self.buy(self._size(quote), reason="in")
        elif step == 2:
            self.close(reason="out")

    def _size(self, quote: Quote) -> Decimal:
        """Worth about 50."""
        instrument, step = quote.instrument, quote.instrument.rules.step
        units = 50 * 10 ** (instrument.price_scale + instrument.size_scale) // max(1, quote.ask_units)
        return Decimal(units - units % step).scaleb(-instrument.size_scale)


class Returns(Flips):
    """In with a bar, and out as it hears of the fill."""

    def on_quote(self, quote: Quote) -> None:
        """Bars alone."""

    def on_bar(self, bar: Bar) -> None:
        if self.flat:
            self.buy("0.001", reason="in")

    def on_fill(self, fill: Fill) -> None:
        if self.long:
            self.close(reason="out")
