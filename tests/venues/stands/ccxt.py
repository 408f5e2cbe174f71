"""Binance again, spoken to by ccxt: what it is told late, and what it can not be asked for, is of its limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.venues.stand import HOST
from tests.venues.stands.binance import BinanceStand
from tradewright.adapters.venue.binance.supported import LIMITS as BINANCE
from tradewright.adapters.venue.ccxt import CcxtSpot, Credentials
from tradewright.adapters.venue.ccxt.supported import LIMITS
from tradewright.model.account import Account
from tradewright.model.rng import Rng

REST = f"http://{HOST}/api/v3"
#: The least by which the library speaks to this venue alone.
SETTINGS: dict[str, Any] = {
    "urls": {"api": {"public": REST, "private": REST, "v1": f"http://{HOST}/api/v1", "sapi": f"http://{HOST}/sapi/v1"}}
}


class CcxtStand(BinanceStand):
    """It asks instead of being told, so that some seconds pass until all has been seen."""

    limits = replace(LIMITS, bars=BINANCE.bars)
    terms = Account(
        "main", "C", "binance", currency="USDT", native_exits=False, settles_ms=4_000, remote=True, reduce_only=False
    )
    settle_seconds = 12.0

    def new_client(self) -> CcxtSpot:  # type: ignore[override]
        keys = Credentials("demo-key", "demo-secret")
        return CcxtSpot(
            self.terms, "binance", keys, self.wire(), self.clock, Rng(3), self.orders, self.deliver, settings=SETTINGS
        )  # fmt: skip
