"""The spread, beside what is usual: a wide one makes every signal dearer than it looks.

The spread of a quote divided by the mean spread of the `length` quotes before it; wide from `ratio_ppm` parts per
million on. A crossed quote (bid above ask) says nothing and is left out. Source: M. O'Hara, "Market Microstructure
Theory" (1995), on the quoted spread as the price of immediacy.
"""

from __future__ import annotations

from tradewright.signal.patterns.pattern import Pattern
from tradewright.signal.patterns.relative_volume import RelativeVolume


class Spread(Pattern):
    """units: the last spread, price counts. usual: the spread beside the usual one."""

    memory = ("units", "usual")

    def __init__(self, length: int = 100, ratio_ppm: int = 2_000_000) -> None:
        super().__init__(length, ratio_ppm)
        self.units = 0
        self.usual = RelativeVolume(length, ratio_ppm)

    def update(self, bid: int, ask: int) -> bool:
        """Take the next quote, price counts; whether its spread is wide."""
        if bid > ask:
            return False
        self.units = ask - bid
        return self.usual.update(self.units)
