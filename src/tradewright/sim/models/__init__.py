"""The exchange's models: what a fill costs, how far it slips, how long a command travels, when and how much fills.

Each is named by a short text and draws from a seeded generator only. `Models` joins one of each.
"""

from __future__ import annotations

from tradewright.sim.models.fee import FeeModel
from tradewright.sim.models.fill import FillModel, PartialModel
from tradewright.sim.models.latency import LatencyModel
from tradewright.sim.models.models import Models
from tradewright.sim.models.queue import QueueModel
from tradewright.sim.models.slippage import SlippageModel

__all__ = ["FeeModel", "FillModel", "LatencyModel", "Models", "PartialModel", "QueueModel", "SlippageModel"]
