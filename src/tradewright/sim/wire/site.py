"""A simulated venue seen from its doors, and the venue's end of one WebSocket."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import msgspec

from tradewright.model.event import QUOTE_BAR
from tradewright.model.market import MarketEvent
from tradewright.sim.wire.message import BINARY, CLOSE, NORMAL, PING, TEXT, Answer, Frame, Request
from tradewright.sim.wire.trouble import Trouble


class Connection(ABC):
    """The venue's end of a WebSocket. What is put into `outbox` leaves in its order; after a close nothing follows."""

    def __init__(self, request: Request, now: int) -> None:
        self.request = request
        self.opened = now
        self.outbox: deque[Frame] = deque()
        self.closed = False

    @abstractmethod
    def receive(self, frame: Frame, now: int) -> None:
        """Takes a frame of the client; a CLOSE, also of a connection that broke, is the last one."""

    def send(self, content: object) -> None:
        """One message as JSON text."""
        self.put(Frame(TEXT, msgspec.json.encode(content)))

    def send_binary(self, data: bytes) -> None:
        self.put(Frame(BINARY, data))

    def ping(self, data: bytes) -> None:
        self.put(Frame(PING, data))

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Ends it from the venue's side."""
        self.put(Frame(CLOSE, reason.encode(), code))
        self.closed = True

    def put(self, frame: Frame) -> None:
        if not self.closed:
            self.outbox.append(frame)


class Site(Protocol):
    """A venue. `now` is its clock, ns UTC, and never goes back; each call first lets happen what was due by then."""

    trouble: Trouble

    def request(self, request: Request, now: int) -> Answer:
        """Answers a request; what else it caused lies in the outboxes."""

    def connect(self, request: Request, now: int) -> Connection | Answer:
        """Opens a WebSocket, or answers why not."""

    def advance(self, now: int) -> None:
        """Lets happen what is due by `now`: the market, pings, ends of connections."""

    def due(self) -> int | None:
        """When something happens next by itself; None = nothing will."""

    def inject(self, kind: str, now: int) -> bool:
        """Lets one of `trouble.INJECTIONS` happen; False: nothing stands here to which it could."""


class Tape:
    """A market's events, to be taken as the venue's time reaches them. shift: ns added to their times."""

    def __init__(self, events: Iterable[MarketEvent], shift: int = 0) -> None:
        self._events = iter(events)
        self._next = next(self._events, None)
        self._shift = shift

    @property
    def due(self) -> int | None:
        """The time of the next event; None at the end."""
        return None if self._next is None else self._next.time + self._shift

    def until(self, now: int) -> Iterator[MarketEvent]:
        """The events that are due by `now`, in order."""
        while self._next is not None and self._next.time + self._shift <= now:
            event = self._next
            self._next = next(self._events, None)
            if self._shift:
                event = moved(event, self._shift)
            yield event


def moved(event: MarketEvent, shift: int) -> MarketEvent:
    """The same event `shift` ns later; a new one, since in the compiled build its times can not be written."""
    _, time, _, *rest = event.row()
    kind: Any = type(event)
    if event.kind <= QUOTE_BAR:
        rest[0] += shift  # type: ignore[operator]
    later: MarketEvent = kind(time + shift, event.instrument, *rest)  # type: ignore[operator]
    return later
