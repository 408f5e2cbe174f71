"""Anything the engine is told: the base of all events, and the number of each kind.

The numbers are stored in journals; they are never reused.
"""

from __future__ import annotations

BAR = 1
QUOTE_BAR = 2
QUOTE = 3
TRADE = 4
DEPTH = 5
#: Every kind up to here is market data and carries an instrument.
MARKET_KIND_MAX = 9


class Event:
    """Anything `trader.step` takes: a kind, and the engine's logical time in ns UTC."""

    __slots__ = ("kind", "time")

    def __init__(self, kind: int, time: int) -> None:
        self.kind = kind
        self.time = time
