"""The micro-price: where the next trade is likelier, the best prices weighted by the size that waits opposite.

micro = (ask × bid size + bid × ask size) / (bid size + ask size). It leads upwards when it lies above every mid
price of the `length` quotes before, downwards when below every one: the book has gone where no mid has been yet.
Source: S. Stoikov, "The Micro-Price: A High-Frequency Estimator of Future Prices", Quantitative Finance 18 (2018), its
first-order form. Compared exactly, as fractions.
"""

from __future__ import annotations

from tradewright.signal.patterns.pattern import DOWN, UP, Pattern, at_least, keep


class MicroPrice(Pattern):
    """mids: twice the mid prices of the last quotes, price counts."""

    memory = ("mids",)

    def __init__(self, length: int = 20) -> None:
        super().__init__(length)
        self.length = at_least(self.label, "length", length, 1)
        self.mids: list[int] = []

    def update(self, bid: int, ask: int, bid_size: int, ask_size: int) -> int:
        """Take the next quote, in counts: +1 where the micro-price leads upwards, -1 downwards, else 0. A crossed quote
        and one without sizes lead nowhere."""
        if bid > ask:
            return 0
        total = bid_size + ask_size
        twice = 2 * (ask * bid_size + bid * ask_size)
        side = 0
        if total > 0 and len(self.mids) == self.length:
            if twice > max(self.mids) * total:
                side = UP
            elif twice < min(self.mids) * total:
                side = DOWN
        keep(self.mids, bid + ask, self.length)
        return side
