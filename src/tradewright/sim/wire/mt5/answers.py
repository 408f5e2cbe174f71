"""Answers of the connector: JSON with exact numbers, and every refusal as one shape with its status.

What is certain not to have happened says `outcome: rejected`; what may have happened says `unknown`, which obliges the
client to look the order up before it asks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tradewright.sim.wire.message import Answer
from tradewright.sim.wire.mt5 import constants as mt5

REJECTED, UNKNOWN = "rejected", "unknown"

#: HTTP status of a retcode; any other refusal of the broker is 422.
STATUS = {
    mt5.TRADE_RETCODE_ERROR: 504,
    mt5.TRADE_RETCODE_TIMEOUT: 504,
    mt5.TRADE_RETCODE_CONNECTION: 504,
    mt5.TRADE_RETCODE_MARKET_CLOSED: 503,
    mt5.TRADE_RETCODE_TRADE_DISABLED: 423,
    mt5.TRADE_RETCODE_SERVER_DISABLES_AT: 423,
    mt5.TRADE_RETCODE_CLIENT_DISABLES_AT: 423,
    mt5.TRADE_RETCODE_TOO_MANY_REQUESTS: 429,
    mt5.TRADE_RETCODE_INVALID_ORDER: 404,
    mt5.TRADE_RETCODE_POSITION_CLOSED: 404,
}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Refusal(Exception):
    """Ends the handling of a request with an error. retcode 0: the broker was not asked."""

    def __init__(
        self, status: int, text: str, retcode: int = 0, outcome: str = REJECTED, retry_after: int | None = None,
        content: Mapping[str, object] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(text)
        self.status = status
        self.text = text
        self.retcode = retcode
        self.outcome = outcome
        self.retry_after = retry_after
        self.content = dict(content or {})


def refusal_of(retcode: int, text: str, retry_after: int | None = None) -> Refusal:
    """The broker's refusal by its retcode."""
    status = STATUS.get(retcode, 422)
    return Refusal(status, text, retcode, UNKNOWN if status == 504 else REJECTED, retry_after)


def number(value: float) -> Decimal:
    """A double by its shortest decimal."""
    return Decimal(repr(value))


def exact(value: Any) -> Any:
    """The same content with every double as its shortest decimal."""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    return [exact(item) for item in value] if isinstance(value, list | tuple) else value


def encode(content: object) -> bytes:
    return _ENCODER.encode(exact(content))


def answer(status: int, content: object, request_id: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer that carries the request's id."""
    known = {"Content-Type": "application/json", "X-Request-Id": request_id, **(headers or {})}
    return Answer(status, encode(content), known)


def refused(refusal: Refusal, request_id: str) -> Answer:
    """A refusal as its answer; `detail` is what the first connectors called `error`."""
    headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
    content: dict[str, object] = {
        "success": False,
        "error": refusal.text,
        "detail": refusal.text,
        "retcode": refusal.retcode or None,
        "retcode_name": mt5.RETCODES.get(refusal.retcode),
        "outcome": refusal.outcome,
        "request_id": request_id,
        **refusal.content,
    }
    if refusal.retry_after is not None:
        content["retry_after"] = refusal.retry_after
    return answer(refusal.status, content, request_id, headers)
