"""The venue's end of a WebSocket: what keeps it alive, and what ends it.

It is pinged every 20 s; a client that answers none of its pings with the same payload for 60 s is cut off. After 24 h
the connection is closed; serverShutdown goes before it.
"""

from __future__ import annotations

from collections import deque

from tradewright.sim.wire.binance.figures import MS_NS, encoded
from tradewright.sim.wire.binance.venue import Venue
from tradewright.sim.wire.message import GOING_AWAY, PING, POLICY, PONG, TEXT, Frame, Request
from tradewright.sim.wire.site import Connection

_UNANSWERED_KEPT = 16


class Line(Connection):
    """micro: times are written in µs."""

    def __init__(self, request: Request, now: int, venue: Venue, micro: bool) -> None:
        super().__init__(request, now)
        self.venue = venue
        self.micro = micro
        self.next_ping = now + venue.knobs.ping_ns
        self.unanswered: deque[bytes] = deque(maxlen=_UNANSWERED_KEPT)
        self.silent_since = 0
        self.warned = False

    @property
    def due(self) -> int:
        """When it has something to do by itself."""
        knobs = self.venue.knobs
        moments = [self.next_ping, self.opened + knobs.life_ns]
        if not self.warned and knobs.warning_ns < knobs.life_ns:
            moments.append(self.opened + knobs.life_ns - knobs.warning_ns)
        if self.unanswered:
            moments.append(self.silent_since + knobs.pong_ns)
        return min(moments)

    def beat(self, now: int) -> None:
        """Pings, warns and closes as it is due."""
        knobs = self.venue.knobs
        if self.unanswered and now >= self.silent_since + knobs.pong_ns:
            self.close(POLICY, "Pong timeout")
            return
        if now >= self.opened + knobs.life_ns:
            self.close(GOING_AWAY, "Connection reached its end of life")
            return
        if (
            not self.warned
            and knobs.warning_ns < knobs.life_ns
            and now >= self.opened + knobs.life_ns - knobs.warning_ns
        ):
            self.warned = True
            self.warn(now + knobs.skew_ns)
        if now >= self.next_ping:
            self.next_ping = now + knobs.ping_ns
            payload = str(now // MS_NS).encode()
            if not self.unanswered:
                self.silent_since = now
            self.unanswered.append(payload)
            self.ping(payload)

    def heard(self, frame: Frame) -> None:
        """Takes a ping or pong of the client."""
        if frame.kind == PING:
            self.put(Frame(PONG, frame.data))
        elif frame.kind == PONG and frame.data in self.unanswered:
            self.unanswered.clear()

    def warn(self, clock: int) -> None:
        """Says serverShutdown."""

    def say(self, content: object, delay_ns: int = 0) -> None:
        """One message as JSON, after a delay."""
        self.put(Frame(TEXT, encoded(content, self.micro), delay_ns=delay_ns))
