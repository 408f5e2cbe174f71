"""Patterns: incremental detectors over bars, quotes, trades and depth, and the higher time-frames they are fed with."""

from __future__ import annotations

from tradewright.signal.patterns.climax import Climax
from tradewright.signal.patterns.divergence import ObvDivergence, VwapDivergence
from tradewright.signal.patterns.fair_value_gap import FairValueGaps, Gap
from tradewright.signal.patterns.frame import Frame
from tradewright.signal.patterns.imbalance import Imbalance
from tradewright.signal.patterns.micro_price import MicroPrice
from tradewright.signal.patterns.order_block import Block, OrderBlocks
from tradewright.signal.patterns.pattern import Pattern
from tradewright.signal.patterns.pool import Pool, Pools
from tradewright.signal.patterns.relative_volume import RelativeVolume
from tradewright.signal.patterns.spread import Spread
from tradewright.signal.patterns.structure import BOS, CHOCH, Break, Structure
from tradewright.signal.patterns.sweep import Sweep, Sweeps
from tradewright.signal.patterns.swing import HIGH, LOW, Swing, SwingPoints
from tradewright.signal.patterns.touch_volume import TouchVolume
from tradewright.signal.patterns.trade_sign import TradeSigns

__all__ = [
    "BOS", "CHOCH", "HIGH", "LOW", "Block", "Break", "Climax", "FairValueGaps", "Frame", "Gap", "Imbalance",
    "MicroPrice", "ObvDivergence", "OrderBlocks", "Pattern", "Pool", "Pools", "RelativeVolume", "Spread", "Structure",
    "Sweep", "Sweeps", "Swing", "SwingPoints", "TouchVolume", "TradeSigns", "VwapDivergence",
]  # fmt: skip
