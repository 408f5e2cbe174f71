"""The Transport of real sockets.

A request is sent once: aiohttp's own second attempt on a connection that had gone stale is off, since it could not be
told from a first one that arrived. Whether something may leave is asked last of all, when its connection stands: a
process may have been stopped while that was made, and so may the trading. Sockets have connections of their own: a
stream that takes one of the requests' would let one more of these wait behind its gate.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from tradewright.adapters.net.url_text import without_queries
from tradewright.model.errors import AnswerLost, NotSent, SocketClosed
from tradewright.ports import Clock, HttpAnswer, HttpRequest

BODY_MAX = FRAME_MAX = 16 * 1024 * 1024
#: Connections kept open to one host: no client has more requests under way, and it says which of them go first.
POOL = 5
CHUNK = 65_536
BROKEN = 1006
#: What surely happens before a byte of the request has left.
_BEFORE = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


def _anything() -> None:
    """Nothing is withheld."""


#: What the request that is under way in this task asks last of all.
_still: ContextVar[Callable[[], None]] = ContextVar("still", default=_anything)


class AiohttpSocket:
    """A WebSocket over aiohttp. admit: as of the transport."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse, clock: Clock, admit: Callable[[], None] = _anything
    ) -> None:
        self._socket = socket
        self._clock = clock
        self._admit = admit
        self.heard = clock()

    async def send(self, message: str | bytes) -> None:
        self._admit()
        try:
            if isinstance(message, str):
                await self._socket.send_str(message)
            else:
                await self._socket.send_bytes(message)
        except (aiohttp.ClientError, ConnectionError) as error:
            raise SocketClosed(f"{type(error).__name__}: {error}") from error

    async def receive(self) -> str | bytes:
        while True:
            message = await self._socket.receive()
            self.heard = self._clock()
            if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                data: str | bytes = message.data
                return data
            if message.type == aiohttp.WSMsgType.PING:
                await self._answer(message.data)
            elif message.type != aiohttp.WSMsgType.PONG:
                code = self._socket.close_code or BROKEN
                raise SocketClosed(f"closed with {code}: {message.extra or message.data or 'no word'}", code)

    async def _answer(self, data: bytes) -> None:
        try:
            await self._socket.pong(data)
        except (aiohttp.ClientError, ConnectionError) as error:
            raise SocketClosed(f"{type(error).__name__}: {error}") from error

    async def ping(self) -> None:
        try:
            await self._socket.ping()
        except (aiohttp.ClientError, ConnectionError) as error:
            raise SocketClosed(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        await self._socket.close()


class AskingConnector(aiohttp.TCPConnector):
    """Asks when a connection stands: behind it the request leaves with the loop's next turn. One for which something is
    withheld is closed. pool: how many to one host, 0 = as many as it takes."""

    def __init__(self, admit: Callable[[], None], pool: int) -> None:
        super().__init__(limit_per_host=pool)
        self._admit = admit

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        try:
            self._admit()
            _still.get()()
        except BaseException:
            connection.close()
            raise
        return connection


class AiohttpTransport:
    """Pooled HTTP and WebSockets. Use it in one event loop and close it there. admit: raises Withheld where nothing may
    leave at this moment."""

    def __init__(
        self, clock: Clock = time.time_ns, connect_seconds: float = 5.0, admit: Callable[[], None] = _anything
    ) -> None:
        self._clock = clock
        self._admit = admit
        self._connect_seconds = connect_seconds
        self._sessions: dict[int, aiohttp.ClientSession] = {}

    def _session(self, pool: int) -> aiohttp.ClientSession:
        found = self._sessions.get(pool)
        if found is None:
            found = self._sessions[pool] = aiohttp.ClientSession(
                connector=AskingConnector(self._admit, pool),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_seconds),
                auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
            )
            found._retry_connection = False
        return found

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        self._admit()
        asked = _still.set(request.still or _anything)
        try:
            async with asyncio.timeout(timeout):
                return await self._request(request)
        except _BEFORE as error:
            raise NotSent(f"{request.method} {_place(request.url)}: {without_queries(str(error))}") from error
        except TimeoutError as error:
            raise AnswerLost(f"{request.method} {_place(request.url)}: no answer within {timeout:g} s") from error
        except (aiohttp.ClientError, ConnectionError) as error:
            text = without_queries(f"{type(error).__name__}: {error}")
            raise AnswerLost(f"{request.method} {_place(request.url)}: {text}") from error
        finally:
            _still.reset(asked)

    async def _request(self, request: HttpRequest) -> HttpAnswer:
        # encoded=True: what was signed is what leaves.
        url = URL(request.url, encoded=True)
        async with self._session(POOL).request(
            request.method, url, headers=request.headers, data=request.body or None, allow_redirects=False
        ) as response:
            body = bytearray()
            async for chunk in response.content.iter_chunked(CHUNK):
                body += chunk
                if len(body) > BODY_MAX:
                    raise aiohttp.ClientPayloadError(f"the answer is longer than {BODY_MAX} bytes")
            headers = {name.lower(): value for name, value in response.headers.items()}
            return HttpAnswer(response.status, headers, bytes(body))

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> AiohttpSocket:
        self._admit()
        try:
            async with asyncio.timeout(timeout):
                socket = await self._session(0).ws_connect(url, headers=headers, autoping=False, max_msg_size=FRAME_MAX)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NotSent(without_queries(f"{_place(url)}: {type(error).__name__}: {error}")) from error
        return AiohttpSocket(socket, self._clock, self._admit)

    async def close(self) -> None:
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()


def _place(url: str) -> str:
    """A URL without its query, in which keys and signatures stand."""
    return url.partition("?")[0]
