"""Alpaca as its clients meet it: the Trading API v2, the trade stream, market data by REST and by stream.

`site.AlpacaSite` joins the rooms: credentials and limits at the door, orders from their intake over admission to the
desk that lets the exchange match them, the account's ledger, activities and history, assets, sessions and market data.
What Alpaca's documents leave open is decided here and said in the docstring of the place that decides it, behind
"Decided:".
"""

from __future__ import annotations

from tradewright.sim.wire.alpaca.account import AccountTerms
from tradewright.sim.wire.alpaca.knobs import Knobs
from tradewright.sim.wire.alpaca.site import AlpacaSite

#: The site that `simulate alpaca` serves.
SITE = AlpacaSite

__all__ = ["SITE", "AccountTerms", "AlpacaSite", "Knobs"]
