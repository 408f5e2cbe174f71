"""Currencies by their codes: those of states, metals, coins, and the coins that others are quoted in."""

from __future__ import annotations

FIAT = (
    "USD", "EUR", "JPY", "GBP", "AUD", "NZD", "CAD", "CHF", "SEK", "NOK", "DKK", "CNH", "CNY", "HKD", "SGD", "KRW",
    "INR", "MXN", "ZAR", "TRY", "PLN", "CZK", "HUF", "ILS", "THB", "BRL", "RUB",
)  # fmt: skip
METALS = ("XAU", "XAG", "XPT", "XPD")
COINS = (
    "BTC", "XBT", "ETH", "SOL", "XRP", "ADA", "DOGE", "LTC", "BCH", "ETC", "DOT", "LINK", "AVAX", "MATIC", "TRX", "XLM",
    "XMR", "ZEC", "DASH", "BNB", "UNI", "ATOM", "NEAR", "ALGO", "SHIB",
)  # fmt: skip
QUOTE_COINS = ("USDT", "USDC", "BUSD", "FDUSD", "TUSD", "BTC", "ETH", "BNB")


def decimals_of(currency: str) -> int:
    """Of sums of money for looking at: 8 in a coin, 2 in what is worth about as much as a state's currency."""
    return 8 if currency.upper() in COINS else 2
