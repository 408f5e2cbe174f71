"""Liquidity: against the run beyond a prior high or low that did not hold.

Swing highs and lows of the higher time-frame are where stop orders gather, rows of equal ones more than single ones. A
bar of the anchor time-frame that trades beyond such a level and closes back on its near side has swept it: the strategy
goes the other way, the surer the more swings made the level and the more volume met it. Sources: in the patterns
`sweep`, `pool` and `touch_volume`.
"""

from __future__ import annotations

from tradewright.model.market import Bar
from tradewright.model.signal import ACTIONS
from tradewright.signal.patterns import Frame, Pools, Sweeps, SwingPoints, TouchVolume
from tradewright.signal.strategy import Strategy


class Liquidity(Strategy):
    """Confidence 0.5 for a sweep, 0.25 more where it is one of equal highs or lows, 0.25 more where the level was met
    with `volume_ppm` of the usual volume of `length` bars. minutes: of the higher time-frame; reach: bars on either
    side of a swing; equal_ppm: tolerance of equal levels."""

    minutes: int = 5
    reach: int = 2
    equal_ppm: int = 500
    length: int = 20
    volume_ppm: int = 1_500_000
    threshold: float = 0.5
    percent: float = 10.0
    shorts: bool = False

    frame: Frame
    points: SwingPoints
    pools: Pools
    sweeps: Sweeps
    touch: TouchVolume

    def setup(self) -> None:
        self.frame = Frame(self.minutes)
        self.points = SwingPoints(self.reach, self.reach)
        self.pools = Pools(self.equal_ppm)
        self.sweeps = Sweeps()
        self.touch = TouchVolume(self.length, self.volume_ppm)

    def on_bar(self, bar: Bar) -> None:
        loud = self.touch.update(bar, self.sweeps.edges())
        sweep = self.sweeps.update(bar)
        for higher in self.frame.update(bar):
            self._learn(higher)
        if sweep is None:
            self.signal("HOLD", 0, "no level was swept")
            return
        confidence = 0.5 + 0.25 * (sweep.touches > 1) + 0.25 * loud
        one = bar.instrument.price_one
        what = "high" if sweep.side < 0 else "low"
        level = f"{sweep.touches} equal {what}s" if sweep.touches > 1 else f"the {what}"
        met = f", with {self.touch.volume.ppm / 1_000_000:.1f} times the usual volume" if loud else ""
        self.signal(
            ACTIONS[sweep.side], confidence, f"swept {level} at {sweep.level / one:g} by {sweep.depth / one:g}{met}"
        )

    def _learn(self, bar: Bar) -> None:
        """A bar of the higher time-frame: its swings are the levels to watch."""
        swing = self.points.update(bar)
        row = self.pools.update(bar, swing)
        if row is not None:
            self.sweeps.put(row)
        elif swing is not None:
            self.sweeps.add(swing)
