"""Where an account's life is tried: at simulated venues every time, at a venue's own testnet where keys are given."""

from __future__ import annotations

import os
from typing import NamedTuple

SIMULATED = {"KEY": "demo-key", "SECRET": "demo-secret", "TOKEN": "demo-token"}


class Place(NamedTuple):
    """venue: as `simulate` names it. block: of the account, with `${KEY}` and the like; needs: the variables of a
    testnet's keys, nothing at a simulated venue. symbol: one that trades at any hour. quantity: small, and above the
    venue's least value of an order as it stood in 2026."""

    venue: str
    block: str
    symbol: str
    quantity: str
    needs: tuple[str, ...] = ()

    def missing(self) -> list[str]:
        """Variables that are needed and not set."""
        return [name for name in self.needs if not os.environ.get(name)]


BINANCE = 'venue: binance, environment: {}, apiKey: "${{{}}}", secretKey: "${{{}}}", symbols: [BTCUSDT], currency: USDT'
ALPACA = 'venue: alpaca, environment: paper, apiKey: "${{{}}}", secretKey: "${{{}}}", symbols: [BTCUSD]'
MT5 = 'venue: mt5, environment: paper, mode: hedging, token: "${{{}}}", symbols: [BTCUSD]'

PLACES = {
    "simulated binance": Place("binance", BINANCE.format("testnet", "KEY", "SECRET"), "BTCUSDT", "0.001"),
    "simulated alpaca": Place("alpaca", ALPACA.format("KEY", "SECRET"), "BTCUSD", "0.001"),
    "simulated mt5": Place("mt5", MT5.format("TOKEN"), "BTCUSD", "0.01"),
    "Binance's testnet": Place(
        "binance", BINANCE.format("testnet", "BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_SECRET_KEY"),
        "BTCUSDT", "0.001", ("BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_SECRET_KEY"),
    ),
    "Binance's demo mode": Place(
        "binance", BINANCE.format("paper", "BINANCE_DEMO_API_KEY", "BINANCE_DEMO_SECRET_KEY"),
        "BTCUSDT", "0.001", ("BINANCE_DEMO_API_KEY", "BINANCE_DEMO_SECRET_KEY"),
    ),
    "Alpaca's paper trading": Place(
        "alpaca", ALPACA.format("ALPACA_PAPER_API_KEY", "ALPACA_PAPER_SECRET_KEY"),
        "BTCUSD", "0.001", ("ALPACA_PAPER_API_KEY", "ALPACA_PAPER_SECRET_KEY"),
    ),
    "a terminal's demo account": Place(
        "mt5", MT5.format("MT5_DEMO_TOKEN") + ", baseUrl: '${MT5_DEMO_URL}'", "BTCUSD", "0.01",
        ("MT5_DEMO_TOKEN", "MT5_DEMO_URL"),
    ),
}  # fmt: skip
