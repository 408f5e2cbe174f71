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

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from tradewright.model.errors import InputError

#: Connections at once, idle ones included; more are shut at once.
CONNECTIONS_MAX = 256
#: Files that the rest of a service may have open: journal, venues, a process that explains.
FILES_RESERVED = 256
#: From the connection, or a later request's first byte, until the request is whole; longer than a body may take.
REQUEST_SECONDS_MAX = 15.0
HEAD_BYTES_MAX = 16_384
#: What comes is looked at in pieces: few requests are in one, and what is behind them waits as it came.
PIECE_BYTES = 2_048
#: A socket is pinged so often, and ends where no answer comes in time: its client does not read.
PING_SECONDS = 5.0
PONG_SECONDS = 10.0
STALLED = 4408
#: Frames of all kinds that a client may send in a second, and at once; no more than some hundred are in a piece.
FRAMES_PER_SECOND = 50
FRAMES_AT_ONCE = 200
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


class Connection(HttpToolsProtocol):
    """HTTP whose requests have to be whole in time, and answered before those behind them are looked at.

    The parser is fast and lenient; a door is neither. So what stands behind a body is no header, a request says once
    whose it is (`Host`), and what is wrong with a request is said behind the answers that are due before it.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._ends: asyncio.TimerHandle | None = None
        #: What came behind a request that has no answer yet.
        self._unread = b""
        #: Of the request that came last: its bytes, by pieces; whether its head has no end yet; whether the application
        #: has it; whether all of it is here.
        self._head, self._is_head, self._taken, self._whole = 0, True, False, True
        #: How many have no answer; whether something came that is no request; whether a socket has taken over.
        self._due, self._wrong, self._upgraded = 0, False, False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = Joined(transport, self.loop)
        self._ends = self.loop.call_later(REQUEST_SECONDS_MAX, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_end()
        self._unread = b""
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._unread = self._unread + data if self._unread else data
        self._read()

    def _read(self) -> None:
        """What came, piece by piece, while no request that is whole waits for its answer."""
        while self._unread and not (self._wrong or self._waits() or self.transport.is_closing()):
            self._unset_keepalive_if_required()
            piece, self._unread = self._unread[:PIECE_BYTES], self._unread[PIECE_BYTES:]
            self._feed(piece)
        if self._unread:
            self.flow.pause_reading()
        if self._upgraded or self._waits():
            self._no_end()
        elif self._ends is None and not self.transport.is_closing():
            self._ends = self.loop.call_later(REQUEST_SECONDS_MAX, self.transport.abort)

    def _waits(self) -> bool:
        return self._due > (not self._whole)

    def _feed(self, piece: bytes) -> None:
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as offer:
            if not self._should_upgrade():
                self._unread = self._without_offer() + piece[offer.args[0] :] + self._unread
            elif self._due:
                self._refuse()
            else:
                self._unread, self._upgraded = b"", True
                self.handle_websocket_upgrade()
        except httptools.HttpParserError:
            self._refuse()
        else:
            self._head += len(piece)
            if self._is_head and not self._whole and self._head > HEAD_BYTES_MAX:
                self._refuse()

    def _without_offer(self) -> bytes:
        """The head of a request that offers another protocol, which is not taken: the request is, as it is. A parser
        that has heard of the offer takes what comes next for what is spoken there, a body too."""
        parser, self.parser = self.parser, httptools.HttpRequestParser(self)
        self._whole = True
        said = [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        first = b"%s %s HTTP/%s" % (parser.get_method(), self.url, parser.get_http_version().encode())
        return b"\r\n".join([first, *said, b"", b""])

    def _refuse(self) -> None:
        """A request that is none: it is said when those before it are answered, and nothing behind it is read."""
        self._wrong, self._unread = True, b""
        if self._taken and not (self._whole or self.cycle.response_complete):
            # Its application waits for the rest of its body, or for its turn.
            self._due -= 1
            if self.pipeline:
                self.pipeline.popleft()
        if not self._due:
            self._tell_wrong()

    def _tell_wrong(self) -> None:
        """Where the answer to the same request has begun, by its end alone."""
        if self._taken and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.close()
        else:
            self.send_400_response("Invalid HTTP request received.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head, self._is_head, self._taken, self._whole = 0, True, False, False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._check_head()
        self._is_head = False
        self._taken = not self.parser.should_upgrade()
        if self._taken or self._should_upgrade():
            super().on_headers_complete()
            self._due += self._taken

    def _check_head(self) -> None:
        """Raises ValueError, which the parser takes for what is wrong with the request."""
        version = self.parser.get_http_version()
        hosts = sum(name == b"host" for name, _ in self.headers)
        if version not in ("1.0", "1.1") or hosts > 1 or (hosts == 0 and version == "1.1"):
            raise ValueError(f"HTTP/{version} with {hosts} hosts")
        if not self.parser.should_upgrade():
            return
        body = any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
        if self.parser.get_method() == b"CONNECT" or (body and self._should_upgrade()):
            raise ValueError("neither a tunnel is opened, nor a socket whose handshake has a body")

    def on_message_complete(self) -> None:
        if self._taken:
            super().on_message_complete()
            self._whole = True

    def on_response_complete(self) -> None:
        self._due -= 1
        super().on_response_complete()
        if self._wrong and not self._due:
            self._tell_wrong()
        elif self._unread:
            self._read()

    def handle_websocket_upgrade(self) -> None:
        # A socket has a pace of its own.
        if isinstance(self.transport, Joined):
            self.transport.flush()
            self.transport = self.transport.transport
        super().handle_websocket_upgrade()

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
