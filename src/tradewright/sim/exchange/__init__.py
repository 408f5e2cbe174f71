"""A simulated exchange: it judges orders, matches them against market data and keeps its own books.

It is an independent witness: it shares the vocabulary of `model` with the engine and nothing else, so that an error in
the engine's ledger can not hide behind the same error here.
"""

from __future__ import annotations

from tradewright.sim.exchange.exchange import Exchange
from tradewright.sim.exchange.supported import CODES, SUPPORTED, refusal
from tradewright.sim.exchange.venue import SimulatedVenue

__all__ = ["CODES", "SUPPORTED", "Exchange", "SimulatedVenue", "refusal"]
