"""The trade stream's frames: what we say to it, and what it says of orders.

Frames are text or binary, both JSON. What is no update is an answer to the log-in. A time, an execution or a name of an
event that can not be read makes the frame Unreadable; an event that nobody knows is told as it is called.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tradewright.adapters.venue.alpaca.answers import WireOrder
from tradewright.adapters.venue.alpaca.credentials import Credentials
from tradewright.adapters.venue.alpaca.notation import Unreadable

TRADE_UPDATES, LOGGED_IN, LISTENING = "trade_updates", "authorization", "listening"
EXECUTIONS = ("fill", "partial_fill")
CANCEL_REFUSED, REPLACE_REFUSED = "order_cancel_rejected", "order_replace_rejected"
#: Events whose order object says all there is.
STATES = frozenset({
    "new", "accepted", "pending_new", "canceled", "expired", "done_for_day", "replaced", "rejected", "stopped",
    "pending_cancel", "pending_replace", "calculated", "suspended", "restated", "held", CANCEL_REFUSED,
    REPLACE_REFUSED, *EXECUTIONS,
})  # fmt: skip


class Update(msgspec.Struct, kw_only=True):
    """price, qty: of the execution that a fill tells."""

    event: str
    order: WireOrder
    timestamp: str
    execution_id: str | None = None
    price: Decimal | None = None
    qty: Decimal | None = None


class _Envelope(msgspec.Struct, kw_only=True):
    stream: str
    data: msgspec.Raw


class _Answer(msgspec.Struct, kw_only=True):
    status: str = ""
    action: str = ""
    streams: list[str] = []
    error: str = ""


def log_in(credentials: Credentials) -> bytes:
    data = {"key_id": credentials.key, "secret_key": credentials.secret}
    return msgspec.json.encode({"action": "authenticate", "data": data})


def listen() -> bytes:
    return msgspec.json.encode({"action": "listen", "data": {"streams": [TRADE_UPDATES]}})


def read_update(frame: str | bytes) -> Update | None:
    """What a frame says of an order; None: it is an answer to us. Raises Unreadable."""
    try:
        envelope = msgspec.json.decode(frame, type=_Envelope)
        if envelope.stream in (LOGGED_IN, LISTENING):
            return None
        if envelope.stream != TRADE_UPDATES:
            raise Unreadable(f"a frame of the stream {envelope.stream[:40]!r}, which nobody asked for")
        update = msgspec.json.decode(envelope.data, type=Update)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Unreadable(f"a frame that is no update: {error}") from error
    if update.event in EXECUTIONS and (update.price is None or update.qty is None):
        raise Unreadable(f"a {update.event} without its price or size")
    return update


def authorized(frame: str | bytes) -> bool:
    """Whether the answer to the log-in is yes. Raises Unreadable for what is no answer to it."""
    return _answer(frame, LOGGED_IN).status == "authorized"


def listening(frame: str | bytes) -> bool:
    """Whether the answer to `listen` is yes. Raises Unreadable."""
    return TRADE_UPDATES in _answer(frame, LISTENING).streams


def _answer(frame: str | bytes, stream: str) -> _Answer:
    try:
        envelope = msgspec.json.decode(frame, type=_Envelope)
        if envelope.stream == stream:
            return msgspec.json.decode(envelope.data, type=_Answer)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Unreadable(f"a frame that is no answer: {error}") from error
    raise Unreadable(f"a frame of the stream {envelope.stream[:40]!r} where {stream} was to come")
