"""Fair value gaps: prices that three bars in a row have left out.

The middle bar rises (closes above its open) and the low of the third bar lies above the high of the first: a bullish
gap between the two; the mirror image is bearish. It is known at the close of the third bar. It is *met* by the first
later bar whose low comes down to its top (bearish: whose high comes up to its bottom), and is over then. Source: the
"smart money concepts" as in smartmoneyconcepts (`fvg`).
"""

from __future__ import annotations

from typing import NamedTuple

from tradewright.model.market import Bar
from tradewright.signal.patterns.pattern import DOWN, UP, Pattern, keep


class Gap(NamedTuple):
    """side: +1 bullish. bottom, top: price counts. number: of the middle bar."""

    side: int
    bottom: int
    top: int
    number: int


class Candle(NamedTuple):
    """A bar as far as a gap needs it; body: its close less its open."""

    low: int
    high: int
    body: int


class FairValueGaps(Pattern):
    """gaps: those not met yet, the oldest first. met: those that the last bar met."""

    memory = ("bars", "count", "gaps")
    rows = {"bars": Candle, "gaps": Gap}

    def __init__(self) -> None:
        super().__init__()
        self.bars: list[Candle] = []
        self.count = 0
        self.gaps: list[Gap] = []
        self.met: list[Gap] = []

    def update(self, bar: Bar) -> Gap | None:
        """Take the next bar; the gap that it completes. `met` then holds the gaps that it came back to."""
        low, high = bar.low_units, bar.high_units
        self.met = [gap for gap in self.gaps if (low <= gap.top if gap.side == UP else high >= gap.bottom)]
        if self.met:
            self.gaps = [gap for gap in self.gaps if gap not in self.met]
        made: Gap | None = None
        if len(self.bars) == 2:
            first, middle = self.bars
            if middle.body > 0 and first.high < low:
                made = Gap(UP, first.high, low, self.count - 1)
            elif middle.body < 0 and first.low > high:
                made = Gap(DOWN, high, first.low, self.count - 1)
        if made is not None:
            keep(self.gaps, made)
        keep(self.bars, Candle(low, high, bar.close_units - bar.open_units), 2)
        self.count += 1
        return made
