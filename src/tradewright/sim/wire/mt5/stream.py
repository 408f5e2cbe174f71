"""The stream of events: as frames of a WebSocket, or as server-sent events that a client fetches again and again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradewright.sim.wire.message import CLOSE, PING, PONG, TEXT, Frame, Request
from tradewright.sim.wire.mt5.answers import encode
from tradewright.sim.wire.mt5.happenings import Happening
from tradewright.sim.wire.mt5.render import iso
from tradewright.sim.wire.mt5.server_time import MS_NS, SECOND_NS
from tradewright.sim.wire.site import Connection

#: A ping when so long nothing was pinged; without any sign of the client for three of them the connection ends.
PING_NS = 20 * SECOND_NS
#: What a fetch of server-sent events asks the client to wait before the next.
RETRY_MS = 1000


def content(happening: Happening) -> dict[str, Any]:
    time = happening.time
    return {
        "seq": happening.seq,
        "event": happening.kind,
        "time": iso(time),
        "time_ms": time // MS_NS,
        **happening.values,
    }


def as_text(happenings: Iterable[Happening]) -> bytes:
    """Server-sent events, with the sequence number as id."""
    blocks = [f"retry: {RETRY_MS}\n\n".encode()]
    for happening in happenings:
        data = encode(content(happening))
        blocks.append(b"id: %d\nevent: %s\ndata: %s\n\n" % (happening.seq, happening.kind.encode(), data))
    return b"".join(blocks)


class Events(Connection):
    """One listener."""

    def __init__(self, request: Request, now: int) -> None:
        super().__init__(request, now)
        self.pinged = self.heard = now

    def receive(self, frame: Frame, now: int) -> None:
        self.heard = now
        if frame.kind == PING:
            self.put(Frame(PONG, frame.data))
        elif frame.kind == CLOSE:
            self.closed = True

    def tell(self, happening: Happening) -> None:
        self.put(Frame(TEXT, encode(content(happening))))

    def tend(self, now: int) -> None:
        """Pings, or gives up a client that has been silent for too long."""
        if now - self.heard >= 3 * PING_NS:
            self.close(1001, "no sign of the client")
        elif now - self.pinged >= PING_NS:
            self.pinged = now
            self.ping(b"")
