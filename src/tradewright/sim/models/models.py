"""One of each model: all that decides how an exchange fills, in six short texts."""

from __future__ import annotations

from tradewright.sim.models.fee import FeeModel
from tradewright.sim.models.fill import FillModel, PartialModel
from tradewright.sim.models.latency import LatencyModel
from tradewright.sim.models.queue import QueueModel
from tradewright.sim.models.slippage import SlippageModel


class Models:
    """The models of one exchange, each by its text. Raises InputError that names the valid ones."""

    __slots__ = ("fee", "slippage", "latency", "partial", "fill", "queue", "texts")

    def __init__(
        self,
        fee: str = "none",
        slippage: str = "none",
        latency: str = "none",
        partial: str = "none",
        fill: str = "next_open",
        queue: str = "none",
    ) -> None:
        self.fee = FeeModel(fee)
        self.slippage = SlippageModel(slippage)
        self.latency = LatencyModel(latency)
        self.partial = PartialModel(partial)
        self.fill = FillModel(fill)
        self.queue = QueueModel(queue)
        self.texts = (fee, slippage, latency, partial, fill, queue)

    def row(self) -> tuple[str, ...]:
        """The texts, in the order of the constructor."""
        return self.texts
