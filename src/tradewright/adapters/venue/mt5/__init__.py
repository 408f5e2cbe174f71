"""MetaTrader 5, by way of an MT5 Connector: an HTTP interface over a terminal, which is polled.

client      the engine's venue for one account, put together of:
connector   its requests: who goes first, how many at once
desk        commands → requests → reports          lanes     … about one thing one after the other
guards      … of exits that are a position's own    changes   … of orders at other terms
caller      one request, and what it came to        teller    reports, in the venue's time
rounds      a look at the whole account             lookup    … at one order, and at the history
books       deals and orders → events, once         ownership … whose they are
market      prices and bars                         open_trades  how many trades, and what they risk
requests, answers, outcomes, symbols: the wire, without I/O and without a clock
"""

from __future__ import annotations

from tradewright.adapters.venue.mt5.client import Mt5Client, Names, Polling
from tradewright.adapters.venue.mt5.credentials import Credentials
from tradewright.adapters.venue.mt5.endpoints import Endpoints
from tradewright.adapters.venue.mt5.open_trades import ExposureSnapshot, OpenTrades
from tradewright.adapters.venue.mt5.requests import Deviation

__all__ = ["Credentials", "Deviation", "Endpoints", "ExposureSnapshot", "Mt5Client", "Names", "OpenTrades", "Polling"]
