"""Binance Spot: one account over REST v3, its user events over the WebSocket API, its market streams.

`endpoints`, `credentials`, `signing`, `requests`, `answers`, `events`, `instruments`, `market` and `outcomes` are wire:
bytes and nouns, without I/O or clock. `caller` sends requests within their limits; `look_up` and `desk` say how an
order is asked for, placed, ended and changed (what became of it: `adapters.chain`); `recovery`, `user_stream` and
`feed` follow the venue; `client` joins them.
"""

from tradewright.adapters.venue.binance.client import BinanceSpot
from tradewright.adapters.venue.binance.credentials import Credentials
from tradewright.adapters.venue.binance.endpoints import Endpoints, endpoints_of

__all__ = ["BinanceSpot", "Credentials", "Endpoints", "endpoints_of"]
