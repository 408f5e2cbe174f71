"""Connections as strangers make them: so many at once, and each for so long without a whole request.

The bound stands where a connection is accepted, before TLS: whoever opens more than may be is shut out at once, and the
process keeps its files for the journal. A connection that sends nothing, or half a request, ends, and makes room.
"""

from __future__ import annotations

import asyncio
import resource
import socket
from typing import Any
from weakref import WeakSet

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from tradewright.model.errors import InputError

#: Connections at once, idle ones included; more are shut at once.
CONNECTIONS_MAX = 256
#: Files that the rest of a service may have open: journal, venues, a process that explains.
FILES_RESERVED = 256
#: From the connection, or a later request's first byte, until the request is whole; longer than a body may take.
REQUEST_SECONDS_MAX = 15.0


class Listener(socket.socket):
    """A listening socket that shuts what comes while as many connections as may be are open."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._open: WeakSet[socket.socket] = WeakSet()

    def accept(self) -> tuple[socket.socket, Any]:
        """Raises ConnectionAbortedError for one too many, behind which an event loop waits for the next."""
        connection, address = super().accept()
        if sum(one.fileno() >= 0 for one in self._open) >= CONNECTIONS_MAX:
            connection.close()
            raise ConnectionAbortedError("as many connections as may be are open")
        self._open.add(connection)
        return connection, address


class Connection(H11Protocol):
    """HTTP whose requests have to be whole in time."""

    _ends: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
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

    def _no_end(self) -> None:
        if self._ends is not None:
            self._ends.cancel()
            self._ends = None


def make_room() -> None:
    """All connections have their files. Raises InputError where the machine does not give as many."""
    needed = CONNECTIONS_MAX + FILES_RESERVED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise InputError(f"server: it takes {needed} open files, and `ulimit -Hn` is {hard}; raise it")
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
