"""A wish: what a strategy wanted of an instrument, whatever the stations of its account make of it."""

from __future__ import annotations

from typing import NamedTuple

from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent


class Wish(NamedTuple):
    """What is against `side` (BUY, SELL; 0 = whatever is held) is to be closed, `share_ppm` of it; `opens`: a position
    of that side is to be held then. exits: the intent whose stops and targets go along, None = none. trail_units: above
    0 it is about nothing but the distance of stops. reason, inputs, confidence: the strategy's own."""

    strategy: str
    instrument: Instrument
    side: int
    opens: bool
    share_ppm: int
    exits: Intent | None
    trail_units: int
    reason: str
    inputs: tuple[tuple[str, float | None], ...]
    confidence: float
