"""How far from the market's price a fill that takes liquidity is. Rounding: half to even, to one price count.

none                exactly the price
ticks:1             ticks of the instrument
bps:5               share of the price
volume_share:0.1    price × 0.1 × share², share = size / volume of the bar or size shown (zipline's model)
sqrt:0.1            price × 0.1 × √share (square-root law of market impact)

A fill that rested in the book does not slip, and no limit order fills beyond its limit. The share is at most 1; where
the data has no volume it is 1, the worst the model knows.
"""

from __future__ import annotations

from math import isqrt

from tradewright.model.instrument import Instrument
from tradewright.model.numbers import round_nearest
from tradewright.sim.models.spec import Spec

FORMS = {
    "none": "none",
    "ticks": "ticks:COUNT",
    "bps": "bps:RATE",
    "volume_share": "volume_share:IMPACT",
    "sqrt": "sqrt:IMPACT",
}

NONE, TICKS, SHARE_OF_PRICE, VOLUME_SHARE, SQUARE_ROOT = range(5)
_KINDS = {"none": NONE, "ticks": TICKS, "bps": SHARE_OF_PRICE, "volume_share": VOLUME_SHARE, "sqrt": SQUARE_ROOT}

#: Rates, impacts and shares are counts of 10^-12.
SCALE = 12
ONE: int = 10**SCALE


class SlippageModel:
    """slip = ticks × tick, or |price| × rate × f(share). `kind`: one of the numbers above; rate: ticks, or 10^-12."""

    __slots__ = ("kind", "rate")

    def __init__(self, text: str) -> None:
        spec = Spec("slippage", text, FORMS)
        self.kind = _KINDS[spec.name]
        self.rate = 0
        if self.kind != NONE:
            scale = {TICKS: 0, SHARE_OF_PRICE: SCALE - 4}.get(self.kind, SCALE)
            self.rate = spec.positive(scale)
        spec.end()

    def slip(self, instrument: Instrument, price: int, size: int, volume: int) -> int:
        """Price counts against the taker for a fill of `size` where `volume` traded or is shown (0 = not known)."""
        if self.kind == NONE:
            return 0
        if self.kind == TICKS:
            return self.rate * instrument.rules.tick
        share = ONE if volume <= 0 or size >= volume else size * ONE // volume
        above = abs(price) * self.rate
        below: int = ONE
        if self.kind == VOLUME_SHARE:
            above *= share * share
            below *= ONE * ONE
        elif self.kind == SQUARE_ROOT:
            above *= isqrt(share * ONE)
            below *= ONE
        return round_nearest(above, below) // below
