"""Volume: with what was paid, where the price has gone on without it.

A divergence of on-balance volume or of the distance to VWAP says that the last swing went further than its volume; a
climax says that the last effort failed. All are read on the higher time-frame; a high relative volume of the anchor bar
adds to them. Sources: in the patterns `divergence`, `climax` and `relative_volume`.
"""

from __future__ import annotations

from tradewright.model.market import Bar
from tradewright.model.signal import ACTIONS
from tradewright.signal.patterns import Climax, Frame, ObvDivergence, RelativeVolume, VwapDivergence
from tradewright.signal.strategy import Strategy


class Volume(Strategy):
    """Confidence is the sum of what speaks for a side less what speaks against it: 0.5 for a divergence of OBV, 0.4 for
    one of VWAP, 0.6 for a climax, and 0.1 where the anchor bar's relative volume is high. minutes: of the higher
    time-frame; reach: bars on either side of a swing; length: bars of what is usual."""

    minutes: int = 5
    reach: int = 2
    length: int = 20
    threshold: float = 0.5
    percent: float = 10.0
    shorts: bool = False

    frame: Frame
    obv_line: ObvDivergence
    vwap_line: VwapDivergence
    climax: Climax
    relative: RelativeVolume

    def setup(self) -> None:
        self.frame = Frame(self.minutes)
        self.obv_line = ObvDivergence(self.reach, self.reach)
        self.vwap_line = VwapDivergence(self.reach, self.reach)
        self.climax = Climax(self.length)
        self.relative = RelativeVolume(self.length)

    def on_bar(self, bar: Bar) -> None:
        loud = self.relative.update(bar.volume_units)
        tenths = 0
        reasons: list[str] = []
        for higher in self.frame.update(bar):
            for weight, side, what in (
                (5, self.obv_line.update(higher), "a divergence of on-balance volume"),
                (4, self.vwap_line.update(higher), "a divergence from VWAP"),
                (6, self.climax.update(higher), "a volume climax"),
            ):
                tenths += weight * side
                reasons += [what] if side else []
        if tenths == 0:
            self.signal("HOLD", 0, "volume speaks for neither side")
            return
        confidence = min(10, abs(tenths) + loud) / 10
        words = " and ".join(reasons)
        met = f", with {self.relative.ppm / 1_000_000:.1f} times the usual volume" if loud else ""
        self.signal(ACTIONS[1 if tenths > 0 else -1], confidence, words + met)
