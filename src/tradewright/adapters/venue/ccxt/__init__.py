"""A spot account at one of the exchanges that the library ccxt speaks to, with fewer guarantees than a venue's own
client: docs/venues/ccxt.md states them.

client      the engine's venue for one account, put together of:
library     the library's own client, with exact numbers and our network under it
caller      one request at a time past the limits: who goes first, what may leave, what became of it
desk        commands → requests                  look_up  how one order and its trades are asked for
rounds      a look at the whole account          market   prices and bars, asked for
answers, conventions, instruments, outcomes, requests: the wire, without I/O and without a clock
An order as its legs there, and what is new of them: adapters.chain.
"""

from __future__ import annotations

from tradewright.adapters.venue.ccxt.client import CcxtSpot, Polling
from tradewright.adapters.venue.ccxt.conventions import CONVENTIONS, Convention
from tradewright.adapters.venue.ccxt.credentials import Credentials

__all__ = ["CONVENTIONS", "CcxtSpot", "Convention", "Credentials", "Polling"]
