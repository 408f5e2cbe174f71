"""Alpaca's refusals: HTTP status, code (the status and five digits), text and what else stands in the body.

Clients should match on status and code; the texts are those seen in the wild where there is one. Decided: the texts of
malformed requests, of orders that can not be cancelled or replaced, and the code 40010001 for parameters that are
missing or unknown.
"""

from __future__ import annotations


class Refusal(Exception):
    """Why a request is not granted."""

    def __init__(self, status: int, code: int, message: str, **extra: object) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra

    def body(self) -> dict[str, object]:
        """The body of its answer; a code of 0 is not sent."""
        code: dict[str, object] = {"code": self.code} if self.code else {}
        return {**code, "message": self.message, **self.extra}


def malformed(message: str) -> Refusal:
    """A body or a parameter that can not be read."""
    return Refusal(400, 40010000, message)


def invalid(message: str) -> Refusal:
    """A field that is missing, unknown or does not go with another."""
    return Refusal(422, 40010001, message)


def unprocessable(message: str, **extra: object) -> Refusal:
    """A request that is well formed and can not be done."""
    return Refusal(422, 42210000, message, **extra)


def forbidden(message: str, **extra: object) -> Refusal:
    """What the account may not do: money, shares, wash trades, permissions."""
    return Refusal(403, 40310000, message, **extra)


def not_found(message: str) -> Refusal:
    return Refusal(404, 40410000, message)


def day_trade() -> Refusal:
    return Refusal(403, 40310100, "trade denied due to pattern day trading protection")


def unauthorized() -> Refusal:
    """No keys at all; the body has no code."""
    return Refusal(401, 0, "unauthorized")


def unknown_keys() -> Refusal:
    """Keys that nobody has; the body has no code."""
    return Refusal(403, 0, "forbidden.")


def throttled() -> Refusal:
    return Refusal(429, 42910000, "rate limit exceeded")


def failed() -> Refusal:
    """Nobody can say what became of the request."""
    return Refusal(500, 50010000, "internal server error occurred")


def in_maintenance() -> Refusal:
    """Decided: 503, as a gateway that has nothing behind it."""
    return Refusal(503, 50310000, "service unavailable: maintenance")


#: Errors of the data stream, by code.
STREAM_ERRORS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    411: "insufficient scope",
    500: "internal error",
}
