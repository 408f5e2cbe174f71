"""What a bare symbol says about its instrument: asset class, base and quote currency.

    XAU, XAG, XPT or XPD with a fiat currency      metal
    two fiat currencies (EURUSD)                   forex
    any base with a coin as its quote (ADABTC, BTCUSDT), or a well-known coin with a fiat currency (BTCUSD)   crypto
    everything else                                equity, quoted in USD, its base its own symbol

A dash parts base and quote (BTC-USD), or a pair and the venue's market (BTCUSDT-USDM). Futures and CFDs look like
equities here; who has them gives the instrument.
"""

from __future__ import annotations

from tradewright.model.currency import COINS, FIAT, METALS, QUOTE_COINS


def infer(symbol: str) -> tuple[str, str, str]:
    """(asset class, base, quote) of a symbol; an unknown form is an equity in USD."""
    name = symbol.upper()
    head, _, tail = name.partition("-")
    for pair in (name, head, head + tail):
        for quote in sorted(FIAT + QUOTE_COINS, key=len, reverse=True):
            base = pair.removesuffix(quote)
            if base != pair and (asset_class := _class_of(base, quote)):
                return asset_class, base, quote
    return "equity", symbol, "USD"


def _class_of(base: str, quote: str) -> str:
    if base in METALS and quote in FIAT:
        return "metal"
    if base in FIAT and quote in FIAT:
        return "forex"
    if base in COINS and quote in FIAT:
        return "crypto"
    # At least two letters: GBTC is a share, not G in bitcoin.
    if quote in QUOTE_COINS and len(base) >= 2 and base.isalnum():
        return "crypto"
    return ""
