"""Where Binance listens: a REST address, its WebSocket API and its market streams, by environment."""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.model.errors import InputError


@dataclass(frozen=True, slots=True)
class Endpoints:
    """rest: without /api; socket_api: the whole address; streams: without /stream."""

    rest: str
    socket_api: str
    streams: str


#: paper: Binance's demo mode, live prices and virtual money. testnet: a market of its own.
ENVIRONMENTS = {
    "paper": Endpoints(
        "https://demo-api.binance.com",
        "wss://demo-ws-api.binance.com/ws-api/v3",
        "wss://demo-stream.binance.com:9443",
    ),
    "testnet": Endpoints(
        "https://testnet.binance.vision",
        "wss://ws-api.testnet.binance.vision/ws-api/v3",
        "wss://stream.testnet.binance.vision",
    ),
    "live": Endpoints(
        "https://api.binance.com",
        "wss://ws-api.binance.com:443/ws-api/v3",
        "wss://stream.binance.com:9443",
    ),
}


def endpoints_of(environment: str) -> Endpoints:
    """Raises InputError for an environment that Binance does not have."""
    found = ENVIRONMENTS.get(environment)
    if found is None:
        raise InputError(f"binance: environment {environment!r} is not one of {', '.join(ENVIRONMENTS)}")
    return found


def endpoints_at(host: str, secure: bool = False) -> Endpoints:
    """All of it at one address, as a simulator has it (host:port)."""
    http, socket = ("https", "wss") if secure else ("http", "ws")
    return Endpoints(f"{http}://{host}", f"{socket}://{host}/ws-api/v3", f"{socket}://{host}")
