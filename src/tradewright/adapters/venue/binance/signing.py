"""What is signed, and how a signed request looks: REST signs the encoded query as it is sent, the WebSocket API its
parameters sorted by name and not encoded. Stamps are in µs of the venue's clock."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from tradewright.adapters.venue.binance.credentials import Credentials

Parameters = Sequence[tuple[str, str]]


def query_of(parameters: Parameters) -> str:
    """A query, percent-encoded."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters)


def signed_query(parameters: Parameters, credentials: Credentials, stamp_us: int) -> str:
    """A query with its time, its signature last."""
    payload = query_of((*parameters, ("timestamp", f"{stamp_us}")))
    return f"{payload}&signature={quote(credentials.sign(payload.encode()), safe='')}"


def signed_parameters(parameters: Parameters, credentials: Credentials, stamp_us: int) -> dict[str, str | int]:
    """The parameters of a call over the WebSocket API, with key, time and signature."""
    said: dict[str, str | int] = {**dict(parameters), "apiKey": credentials.key, "timestamp": stamp_us}
    payload = "&".join(f"{name}={said[name]}" for name in sorted(said))
    return {**said, "signature": credentials.sign(payload.encode())}
