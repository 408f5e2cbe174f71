"""A simulated Binance Spot: REST, WebSocket API and market streams before the simulated exchange, from its documents.

What the documents leave open is decided here, in the docstring of the file it concerns. It agrees with documents, not
with the venue's true matching: whatever it gives is simulated.
"""

from __future__ import annotations

from tradewright.sim.wire.binance.credentials import Credential, demo_credentials, demo_private_pem
from tradewright.sim.wire.binance.limits import Limit, LimitsOf
from tradewright.sim.wire.binance.rules import FilterKnobs
from tradewright.sim.wire.binance.site import BinanceSite
from tradewright.sim.wire.binance.venue import Knobs

#: The site that `simulate binance` serves.
SITE = BinanceSite

__all__ = [
    "SITE",
    "BinanceSite", "Credential", "FilterKnobs", "Knobs", "Limit", "LimitsOf", "demo_credentials", "demo_private_pem",
]  # fmt: skip
