"""How long a command travels to the exchange.

none                  it arrives at once
constant:MS           always the same, in milliseconds
lognormal:MS:SIGMA    median MS × exp(SIGMA × normal), seeded

One connection keeps the order of what is sent: a command never overtakes the one before.
"""

from __future__ import annotations

import math

from tradewright.model.rng import Rng
from tradewright.sim.models.spec import Spec

FORMS = {"none": "none", "constant": "constant:MS", "lognormal": "lognormal:MEDIAN_MS:SIGMA"}


class LatencyModel:
    """median_ns: the delay; sigma: its spread (0 = constant); both 0: no latency."""

    __slots__ = ("median_ns", "sigma")

    def __init__(self, text: str) -> None:
        spec = Spec("latency", text, FORMS)
        self.median_ns = 0 if spec.name == "none" else spec.positive(6)
        self.sigma = spec.positive(6) / 1e6 if spec.name == "lognormal" else 0.0
        spec.end()

    def delay(self, rng: Rng) -> int:
        """The next command's delay in ns."""
        if self.sigma == 0.0:
            return self.median_ns
        return int(self.median_ns * math.exp(self.sigma * rng.normal()))
