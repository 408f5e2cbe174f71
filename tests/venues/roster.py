"""The venues of the suite: a new one is one line here, its stand, and its limits beside its client."""

from __future__ import annotations

from tests.venues.stand import Stand
from tests.venues.stands.alpaca import AlpacaPairStand, AlpacaStand
from tests.venues.stands.binance import BinanceStand
from tests.venues.stands.ccxt import CcxtStand
from tests.venues.stands.mt5 import Mt5HedgingStand, Mt5NettingStand
from tests.venues.stands.paper import PaperStand

VENUES: dict[str, type[Stand]] = {
    "paper": PaperStand,
    "alpaca": AlpacaStand,
    "alpaca-pairs": AlpacaPairStand,
    "binance": BinanceStand,
    "ccxt": CcxtStand,
    "mt5-netting": Mt5NettingStand,
    "mt5-hedging": Mt5HedgingStand,
}
