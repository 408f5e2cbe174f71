"""What a fill is expected to cost, so that holds and sizes leave room for it. What it did cost, the venue states."""

from __future__ import annotations

from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument


class FeeEstimate:
    """fee = max(minimum, notional × ppm / 10^6 + per_size × size), in the quote currency, rounded up.

    per_size: money per 1.0 of size (an equity: per share); minimum: money per order. All at MONEY_SCALE.
    """

    __slots__ = ("ppm", "per_size", "minimum")

    def __init__(self, ppm: int = 0, per_size: int = 0, minimum: int = 0) -> None:
        if ppm < 0 or per_size < 0 or minimum < 0:
            raise InputError("fee estimate: ppm, per_size and minimum can not be negative")
        self.ppm = ppm
        self.per_size = per_size
        self.minimum = minimum

    def of(self, instrument: Instrument, notional: int, size: int) -> int:
        """Money in the quote currency for an order of this notional (money) and size (counts)."""
        if self.ppm == 0 and self.per_size == 0:
            return self.minimum
        one = int(10**instrument.size_scale)
        fee = -(-notional * self.ppm // 1_000_000) - (-self.per_size * size // one)
        return max(self.minimum, fee)

    def row(self) -> tuple[int, int, int]:
        return (self.ppm, self.per_size, self.minimum)
