"""Answers as JSON with exact numbers, and every refusal as one shape with its status.

`outcome: rejected` is certain not to have happened; `unknown` obliges the client to look it up before it asks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

REJECTED, UNKNOWN = "rejected", "unknown"
#: The trade server's answers by number.
RETCODES = {
    10004: "REQUOTE", 10006: "REJECT", 10007: "CANCEL", 10008: "PLACED", 10009: "DONE", 10010: "DONE_PARTIAL",
    10011: "ERROR", 10012: "TIMEOUT", 10013: "INVALID", 10014: "INVALID_VOLUME", 10015: "INVALID_PRICE",
    10016: "INVALID_STOPS", 10017: "TRADE_DISABLED", 10018: "MARKET_CLOSED", 10019: "NO_MONEY",
    10020: "PRICE_CHANGED", 10021: "PRICE_OFF", 10022: "INVALID_EXPIRATION", 10023: "ORDER_CHANGED",
    10024: "TOO_MANY_REQUESTS", 10025: "NO_CHANGES", 10026: "SERVER_DISABLES_AT", 10027: "CLIENT_DISABLES_AT",
    10028: "LOCKED", 10029: "FROZEN", 10030: "INVALID_FILL", 10031: "CONNECTION", 10032: "ONLY_REAL",
    10033: "LIMIT_ORDERS", 10034: "LIMIT_VOLUME", 10035: "INVALID_ORDER", 10036: "POSITION_CLOSED",
    10038: "INVALID_CLOSE_VOLUME", 10039: "CLOSE_ORDER_EXIST", 10040: "LIMIT_POSITIONS", 10041: "REJECT_CANCEL",
    10042: "LONG_ONLY", 10043: "SHORT_ONLY", 10044: "CLOSE_ONLY", 10045: "FIFO_CLOSE",
}  # fmt: skip
PLACED, DONE, DONE_PARTIAL, NO_CHANGES = 10008, 10009, 10010, 10025
SUCCESSES = (PLACED, DONE, DONE_PARTIAL)
#: HTTP status of a retcode; any other refusal is 422.
STATUSES = {
    10011: 504, 10012: 504, 10031: 504, 10018: 503, 10017: 423, 10026: 423, 10027: 423, 10024: 429, 10035: 404,
    10036: 404,
}  # fmt: skip
#: How long to wait, in seconds, where the library does not say it.
WAITS = {10018: 60, 10024: 1}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(slots=True)
class Reply:
    """What goes back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """Ends a request with an error. retcode 0: the broker was not asked."""

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


def refusal_of(retcode: int, text: str) -> Refusal:
    """A refusal of the trade server's."""
    status = STATUSES.get(retcode, 422)
    return Refusal(status, text, retcode, UNKNOWN if status == 504 else REJECTED, WAITS.get(retcode))


def number(value: float) -> Decimal:
    """A double by its shortest decimal."""
    return Decimal(repr(float(value)))


def exact(value: Any) -> Any:
    """The same content with every double as its shortest decimal."""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    return [exact(item) for item in value] if isinstance(value, list | tuple) else value


def reply(status: int, content: object, request_id: str, headers: Mapping[str, str] | None = None) -> Reply:
    known = {"Content-Type": "application/json", "X-Request-Id": request_id, **(headers or {})}
    return Reply(status, _ENCODER.encode(exact(content)), known)


def refused(refusal: Refusal, request_id: str) -> Reply:
    """A refusal as its answer; `detail` is what the first connectors called `error`."""
    content: dict[str, object] = {
        "success": False, "error": refusal.text, "detail": refusal.text, "retcode": refusal.retcode or None,
        "retcode_name": RETCODES.get(refusal.retcode), "outcome": refusal.outcome, "request_id": request_id,
        **refusal.content,
    }  # fmt: skip
    headers = {}
    if refusal.retry_after is not None:
        content["retry_after"] = refusal.retry_after
        headers["Retry-After"] = str(refusal.retry_after)
    return reply(refusal.status, content, request_id, headers)
