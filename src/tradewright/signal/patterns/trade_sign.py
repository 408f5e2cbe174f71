"""Trade signs: who took, the buyer or the seller, and whether one of them keeps taking.

The sign is the venue's where it says it; else the trade is compared with the mid price (above: the buyer took), and at
the mid, or without a quote, with the last other price (higher: the buyer). Flow is one-sided when the signed size of
the last `length` trades is at least `least_ppm` parts per million of their size. Source: C. M. C. Lee, M. J. Ready,
"Inferring Trade Direction from Intraday Data", Journal of Finance 46 (1991).
"""

from __future__ import annotations

from tradewright.signal.patterns.pattern import DOWN, PPM_ONE, UP, Pattern, at_least, keep


class TradeSigns(Pattern):
    """sign: of the last trade. signed: the last trades' sizes with their signs, and their sums."""

    memory = ("sign", "price", "tick", "signed", "net", "total")

    def __init__(self, length: int = 50, least_ppm: int = 400_000) -> None:
        super().__init__(length, least_ppm)
        self.length = at_least(self.label, "length", length, 1)
        self.least_ppm = at_least(self.label, "least_ppm", least_ppm, 1)
        self.sign = 0
        self.price = 0
        self.tick = 0
        self.signed: list[int] = []
        self.net = 0
        self.total = 0

    @property
    def ppm(self) -> int:
        """Net of the window in parts per million of its size, towards zero; 0 without trades."""
        whole = abs(self.net) * PPM_ONE // self.total if self.total else 0
        return whole if self.net > 0 else -whole

    def update(self, price: int, size: int, aggressor: int, bid: int = 0, ask: int = 0) -> int:
        """Take the next trade, in counts, and the quote it met (0 = none known): +1 where buyers keep taking, -1 where
        sellers do, else 0."""
        if self.signed and price != self.price:
            self.tick = UP if price > self.price else DOWN
        self.price = price
        self.sign = aggressor or self._against(2 * price - bid - ask if 0 < bid <= ask else 0)
        signed = self.sign * size
        self.net += signed
        self.total += abs(signed)
        if len(self.signed) == self.length:
            self.net -= self.signed[0]
            self.total -= abs(self.signed[0])
        keep(self.signed, signed, self.length)
        ppm = self.ppm
        if len(self.signed) < self.length or abs(ppm) < self.least_ppm:
            return 0
        return UP if ppm > 0 else DOWN

    def _against(self, from_mid: int) -> int:
        if from_mid:
            return UP if from_mid > 0 else DOWN
        return self.tick
