"""Alpaca: one account's client over the Trading API v2, its trade stream and its market data.

Wire files (`requests`, `answers`, `updates`, `notation`) do no I/O and read no clock; `outcomes` says what an answer
means; `tracked` and `teller` make one order of ours out of the venue's; `client.AlpacaVenue` joins them.
"""

from tradewright.adapters.venue.alpaca.client import AlpacaVenue, Options
from tradewright.adapters.venue.alpaca.credentials import Credentials
from tradewright.adapters.venue.alpaca.endpoints import Endpoints

__all__ = ["AlpacaVenue", "Credentials", "Endpoints", "Options"]
