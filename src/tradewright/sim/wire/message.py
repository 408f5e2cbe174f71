"""What passes a venue's doors: requests and answers of HTTP, frames of a WebSocket, as raw as they came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

TEXT, BINARY, PING, PONG, CLOSE = range(5)

NORMAL, GOING_AWAY, POLICY = 1000, 1001, 1008
#: A connection that breaks off without a word.
ABORTED = 1006


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stood on the wire. path and query: undecoded, the query without its question mark; headers: names
    in lower case; peer: the address it came from."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = "127.0.0.1"


@dataclass(slots=True)
class Answer:
    """What goes back. delay_ns: how long it is under way; lost: the connection ends without it."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_ns: int = 0
    lost: bool = False


def json_answer(status: int, content: object, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(
        status, msgspec.json.encode(content), {"Content-Type": "application/json;charset=UTF-8", **(headers or {})}
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of a WebSocket. kind: TEXT, BINARY, PING, PONG or CLOSE; code: of a close; delay_ns: how long it is
    under way."""

    kind: int
    data: bytes = b""
    code: int = NORMAL
    delay_ns: int = 0
