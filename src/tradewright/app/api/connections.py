"""Connections as strangers make them: so many at once, and each for so long without a whole request.

The bound stands where a connection is accepted, before TLS: whoever opens more than may be is shut out at once, and the
process keeps its files for the journal. A connection that sends nothing, or half a request, ends, and makes room; so
does one that asks without a key, with its answer, while there is little of it.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from typing import Any
from weakref import WeakSet

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from tradewright.model.errors import InputError

#: Connections at once, idle ones included; more are shut at once.
CONNECTIONS_MAX = 256
#: Files that the rest of a service may have open: journal, venues, a process that explains.
FILES_RESERVED = 256
#: From the connection, or a later request's first byte, until the request is whole; longer than a body may take.
REQUEST_SECONDS_MAX = 15.0
#: A socket is pinged so often, and ends where no answer comes in time: its client does not read.
PING_SECONDS = 5.0
PONG_SECONDS = 10.0
STALLED = 4408
#: Frames of all kinds that a client may send in a second, and at once; what comes is taken in pieces so small that no
#: more than some hundred of them are read at once.
FRAMES_PER_SECOND = 50
FRAMES_AT_ONCE = 200
PIECE_BYTES = 2_048
#: A socket whose application is done is kept so long for its last bytes.
LINGER_SECONDS = 5.0


class Listener(socket.socket):
    """A listening socket that shuts what comes while as many connections as may be are open."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._open: WeakSet[socket.socket] = WeakSet()

    def accept(self) -> tuple[socket.socket, Any]:
        """Raises ConnectionAbortedError for one too many, behind which an event loop waits for the next."""
        connection, address = super().accept()
        if self._count() >= CONNECTIONS_MAX:
            connection.close()
            raise ConnectionAbortedError("as many connections as may be are open")
        self._open.add(connection)
        return connection, address

    def crowded(self) -> bool:
        """Whether more than half of the connections that may be are open."""
        return self._count() > CONNECTIONS_MAX // 2

    def _count(self) -> int:
        return sum(one.fileno() >= 0 for one in self._open)


class Joined(asyncio.Transport):
    """What an answer consists of leaves as one piece when its turn ends: head and body by themselves would be two calls
    of the system and two packets."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def write(self, data: Any) -> None:
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)

    def flush(self) -> None:
        held, self._held = self._held, []
        if held:
            self.transport.write(b"".join(held))

    def pause_reading(self) -> None:
        self.transport.pause_reading()

    def resume_reading(self) -> None:
        self.transport.resume_reading()

    def is_closing(self) -> bool:
        return self.transport.is_closing()

    def close(self) -> None:
        self.flush()
        self.transport.close()

    def abort(self) -> None:
        self._held = []
        self.transport.abort()


class Connection(H11Protocol):
    """HTTP whose requests have to be whole in time. h11 is twice as slow as others and as strict as a door has to be:
    what stands behind a body is no header, and an answer that is due comes before what is wrong with the next request.
    """

    _ends: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = Joined(transport, self.loop)
        self._ends = self.loop.call_later(REQUEST_SECONDS_MAX, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._no_end()
        elif self._ends is None:
            self._ends = self.loop.call_later(REQUEST_SECONDS_MAX, self.transport.abort)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        # A socket has a pace of its own.
        if isinstance(self.transport, Joined):
            self.transport.flush()
            self.transport = self.transport.transport
        super().handle_websocket_upgrade(event)

    def _no_end(self) -> None:
        if self._ends is not None:
            self._ends.cancel()
            self._ends = None


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket that keeps its client to a pace, and ends where it does not read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._left, self._since = float(FRAMES_AT_ONCE), time.monotonic()

    def data_received(self, data: bytes) -> None:
        for at in range(0, len(data), PIECE_BYTES):
            if not self.transport.is_closing():
                super().data_received(data[at : at + PIECE_BYTES])

    def handle_events(self) -> None:
        now = time.monotonic()
        self._left = min(FRAMES_AT_ONCE, self._left + (now - self._since) * FRAMES_PER_SECOND) - len(self.conn.events)
        self._since = now
        if self._left < 0:
            self._fail(1008, "too many messages")
        else:
            super().handle_events()

    async def send(self, message: Any) -> None:
        """Raises OSError where the socket has ended from here, as it does where the client ended it."""
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)

    def keepalive_timeout(self) -> None:
        self.pong_timer = None
        if not (self.close_sent or self.transport.is_closing()):
            self._fail(STALLED, "the client does not read")

    def _fail(self, code: int, reason: str) -> None:
        """What was sent before, and this, is there for the client if it reads again soon."""
        self.stop_keepalive()
        self.conn.fail(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.close()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def make_room() -> None:
    """All connections have their files. Raises InputError where the machine does not give as many."""
    needed = CONNECTIONS_MAX + FILES_RESERVED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise InputError(f"server: it takes {needed} open files, and `ulimit -Hn` is {hard}; raise it")
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
