"""Order-book imbalance: how much more waits on one side of the book than on the other.

(bid size − ask size) / (bid size + ask size), of the best prices or of the first levels of the book; it speaks for a
side from `ppm` parts per million on. Source: R. Cont, A. Kukanov, S. Stoikov, "The Price Impact of Order Book Events",
Journal of Financial Econometrics 12 (2014).
"""

from __future__ import annotations

from tradewright.model.market import Depth
from tradewright.signal.patterns.pattern import DOWN, PPM_ONE, UP, Pattern, at_least


class Imbalance(Pattern):
    """ppm: the last one, -1,000,000 to +1,000,000; 0 where no size is known."""

    memory = ("ppm",)

    def __init__(self, least_ppm: int = 500_000, levels: int = 5) -> None:
        super().__init__(least_ppm, levels)
        self.least_ppm = at_least(self.label, "least_ppm", least_ppm, 1)
        self.levels = at_least(self.label, "levels", levels, 1)
        self.ppm = 0

    def update(self, bid_size: int, ask_size: int) -> int:
        """Take the sizes on both sides: +1 where buyers weigh more, -1 where sellers do, else 0."""
        total = bid_size + ask_size
        difference = bid_size - ask_size
        # Towards zero on both sides, so that the mirror image of a book is the mirror image of its imbalance.
        whole = abs(difference) * PPM_ONE // total if total > 0 else 0
        self.ppm = whole if difference > 0 else -whole
        if whole < self.least_ppm:
            return 0
        return UP if difference > 0 else DOWN

    def update_depth(self, depth: Depth) -> int:
        """The same of the first levels of a book."""
        bids, asks = ([size for _, size in side[: self.levels]] for side in (depth.bids, depth.asks))
        return self.update(sum(bids), sum(asks))
