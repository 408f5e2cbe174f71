"""Order blocks: the last bar of the other side before a break, whose range the price is expected to meet again.

When a close breaks the newest swing high for the first time, the bar with the lowest low between that swing and the
break (the last of equal ones) is a bullish order block, from its low to its high; the mirror image is bearish. It holds
until a bar's low falls below it (bearish: its high rises above it). A *retest* is the first bar after the break that
reaches into it and closes beyond its far side again. Source: smartmoneyconcepts (`ob`), without what it knows early.
"""

from __future__ import annotations

from typing import NamedTuple

from tradewright.model.market import Bar
from tradewright.signal.patterns.pattern import Pattern, keep
from tradewright.signal.patterns.swing import HIGH, LOW, Swing

#: A swing whose break comes later than this many bars makes its block of the newest of them.
BARS_KEPT = 500


class Block(NamedTuple):
    """side: +1 bullish. bottom, top: price counts. number: of its bar; made: of the bar whose close made it."""

    side: int
    bottom: int
    top: int
    number: int
    made: int


class Extent(NamedTuple):
    """A bar as far as a block needs it."""

    number: int
    low: int
    high: int


class OrderBlocks(Pattern):
    """blocks: those that hold and were not met again, the oldest first. high, low: the newest swing of each side that
    no close has crossed, none or one each."""

    memory = ("bars", "count", "high", "low", "blocks")
    rows = {"bars": Extent, "high": Swing, "low": Swing, "blocks": Block}

    def __init__(self) -> None:
        super().__init__()
        self.bars: list[Extent] = []
        self.count = 0
        self.high: list[Swing] = []
        self.low: list[Swing] = []
        self.blocks: list[Block] = []
        self.retested: Block | None = None

    def update(self, bar: Bar, swing: Swing | None) -> Block | None:
        """Take the next bar, and the swing that it confirmed; the block that it made. `retested` then says which block
        it met again, the newest first."""
        self._meet(bar)
        made: Block | None = None
        if self.high and bar.close_units > self.high[0].level:
            made = self._made(self.high.pop(), HIGH)
        if self.low and bar.close_units < self.low[0].level:
            made = self._made(self.low.pop(), LOW)
        if made is not None:
            keep(self.blocks, made)
        if swing is not None:
            if swing.side == HIGH:
                self.high = [swing]
            else:
                self.low = [swing]
        keep(self.bars, Extent(self.count, bar.low_units, bar.high_units), BARS_KEPT)
        self.count += 1
        return made

    def _made(self, swing: Swing, side: int) -> Block | None:
        # The bars are consecutive and end with the one before this one.
        between = self.bars[max(0, len(self.bars) - (self.count - 1 - swing.number)) :]
        if not between:
            return None
        chosen = between[0]
        for bar in between:
            if (bar.low <= chosen.low) if side == HIGH else (bar.high >= chosen.high):
                chosen = bar
        return Block(side, chosen.low, chosen.high, chosen.number, self.count)

    def _meet(self, bar: Bar) -> None:
        """Most bars reach none: a block is looked at twice only where its near side is reached."""
        self.retested = None
        low, high, close = bar.low_units, bar.high_units, bar.close_units
        over: list[Block] = []
        for block in self.blocks:
            if block.side == HIGH:
                if low > block.top:
                    continue
                through, back = low < block.bottom, close > block.top
            else:
                if high < block.bottom:
                    continue
                through, back = high > block.top, close < block.bottom
            if through or back:
                over.append(block)
                if not through:
                    self.retested = block
        if over:
            self.blocks = [block for block in self.blocks if block not in over]
