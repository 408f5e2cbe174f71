"""Where Alpaca is: the hosts of its trading API, its trade stream and its market data.

Paper and live are two hosts with keys of their own; market data is one for both. There is no test network.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.model.errors import InputError

_TRADING = {"paper": "paper-api.alpaca.markets", "live": "api.alpaca.markets"}
STOCK_FEEDS = ("iex", "sip", "delayed_sip", "test")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URLs, none with a slash at its end. trading, data: of REST; trades, stocks, crypto: whole URLs of streams;
    feed: which shares' feed is read."""

    trading: str
    data: str
    trades: str
    stocks: str
    crypto: str
    feed: str = "iex"

    @classmethod
    def of(cls, environment: str, feed: str = "iex") -> Endpoints:
        """Those of `paper` or `live`. Raises InputError for another environment or feed."""
        host = _TRADING.get(environment)
        if host is None:
            raise InputError(f"alpaca: environment {environment!r} is not one of {', '.join(_TRADING)}")
        if feed not in STOCK_FEEDS:
            raise InputError(f"alpaca: feed {feed!r} is not one of {', '.join(STOCK_FEEDS)}")
        stream = "wss://stream.data.alpaca.markets"
        return cls(
            f"https://{host}", "https://data.alpaca.markets", f"wss://{host}/stream", f"{stream}/v2/{feed}",
            f"{stream}/v1beta3/crypto/us", feed,
        )  # fmt: skip

    @classmethod
    def at(cls, http: str, stream: str, feed: str = "iex") -> Endpoints:
        """Those of a venue that is one pair of doors, as a simulator is: `http://HOST`, `ws://HOST`."""
        return cls(http, http, f"{stream}/stream", f"{stream}/v2/{feed}", f"{stream}/v1beta3/crypto/us", feed)
