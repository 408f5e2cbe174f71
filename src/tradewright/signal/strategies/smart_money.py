"""Smart money: with the structure of the higher time-frame, where the price comes back to an order block or a gap.

Breaks of swing points of the higher time-frame say which way the market goes. On the anchor time-frame the strategy
waits for the price to return to an order block, or to a fair value gap, of that side. A change of character alone says
to leave what stands against it. Sources: in the patterns `structure`, `order_block` and `fair_value_gap`.
"""

from __future__ import annotations

from tradewright.model.market import Bar
from tradewright.model.signal import ACTIONS
from tradewright.signal.patterns import CHOCH, FairValueGaps, Frame, OrderBlocks, Structure, SwingPoints
from tradewright.signal.strategy import Strategy


class SmartMoney(Strategy):
    """Confidence 0.6 for the retest of an order block, 0.5 for a gap that was met and held, 0.8 for both; 0.1 more
    where the last break went on with the trend; 0.3 for a change of character alone. minutes: of the higher time-frame;
    reach: bars on either side of a swing, in both."""

    minutes: int = 15
    reach: int = 2
    threshold: float = 0.6
    percent: float = 10.0
    shorts: bool = False
    turned: bool = False

    frame: Frame
    above: SwingPoints
    structure: Structure
    points: SwingPoints
    blocks: OrderBlocks
    gaps: FairValueGaps

    def setup(self) -> None:
        self.frame = Frame(self.minutes)
        self.above = SwingPoints(self.reach, self.reach)
        self.structure = Structure()
        self.points = SwingPoints(self.reach, self.reach)
        self.blocks = OrderBlocks()
        self.gaps = FairValueGaps()

    def on_bar(self, bar: Bar) -> None:
        self.blocks.update(bar, self.points.update(bar))
        self.gaps.update(bar)
        change = ""
        for higher in self.frame.update(bar):
            broken = self.structure.update(higher, self.above.update(higher))
            if broken is not None:
                self.turned = broken.kind == CHOCH
                level = broken.level / bar.instrument.price_one
                change = f"change of character: closed beyond the swing at {level:g}" if self.turned else ""
        side = self.structure.trend
        block = self.blocks.retested
        at_block = block is not None and block.side == side
        held = [gap for gap in self.gaps.met if gap.side == side and self._holds(bar, gap.bottom, gap.top, side)]
        if side and (at_block or held):
            confidence = 0.8 if at_block and held else 0.6 if at_block else 0.5
            reasons = (["retest of an order block"] if at_block else []) + (["a fair value gap held"] if held else [])
            trend = "after a change of character" if self.turned else "with the trend"
            self.signal(ACTIONS[side], confidence + 0.1 * (not self.turned), f"{' and '.join(reasons)}, {trend}")
        elif change:
            self.signal(ACTIONS[side], 0.3, change)
        else:
            self.signal("HOLD", 0, "nothing was met again on the side of the structure")

    @staticmethod
    def _holds(bar: Bar, bottom: int, top: int, side: int) -> bool:
        """Whether the close did not leave the gap through its far side."""
        return bar.close_units >= bottom if side > 0 else bar.close_units <= top
