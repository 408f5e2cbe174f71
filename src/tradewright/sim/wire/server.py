"""A site behind real sockets on loopback. Sockets, the clock and the order of arrival are here; what is said is not."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable

from aiohttp import WSMsgType, web

from tradewright.sim.wire.message import ABORTED, BINARY, CLOSE, NORMAL, PING, PONG, TEXT, Answer, Frame, Request
from tradewright.sim.wire.site import Connection, Site

LOOPBACK = "127.0.0.1"
SECOND_NS = 1_000_000_000
BODY_MAX = FRAME_MAX = 16 * 1024 * 1024
#: A due moment that is past is served at once, but other sockets have their turn in between.
REST_SECONDS = 0.0005
_KINDS = {WSMsgType.TEXT: TEXT, WSMsgType.BINARY: BINARY, WSMsgType.PING: PING, WSMsgType.PONG: PONG}


class Server:
    """Serves one site. clock: the venue's, ns UTC. failures: what went wrong inside the site, which no venue would do;
    its client was told 500."""

    def __init__(self, site: Site, clock: Callable[[], int] = time.time_ns) -> None:
        self.site = site
        self.clock = clock
        self.port = 0
        self.failures: list[str] = []
        self._writers: dict[Connection, asyncio.Event] = {}
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._market: asyncio.Task[None] | None = None

    async def start(self, port: int = 0) -> None:
        """Listens on loopback; port 0 takes a free one. Raises OSError for a port that is taken."""
        application = web.Application(client_max_size=BODY_MAX)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        listener = web.TCPSite(self._runner, LOOPBACK, port)
        await listener.start()
        self.port = self._runner.addresses[0][1]
        self._market = asyncio.create_task(self._advance())

    async def stop(self) -> None:
        """Ends all connections and gives the port back."""
        if self._market is not None:
            self._market.cancel()
        for connection in list(self._writers):
            connection.close()
            self._wake()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _advance(self) -> None:
        """The market and all that happens by itself."""
        while True:
            self._changed.clear()
            due = self.site.due()
            wait = None if due is None else max((due - self.clock()) / SECOND_NS, REST_SECONDS)
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                self._guarded(lambda: self.site.advance(self.clock()))
            self._wake()

    def _wake(self) -> None:
        for connection, event in self._writers.items():
            if connection.outbox:
                event.set()

    def _settle(self) -> None:
        """After each call of the site: frames leave, and what is due next may be another thing."""
        self._wake()
        self._changed.set()

    def _guarded(self, call: Callable[[], object]) -> object:
        try:
            return call()
        except Exception:
            self.failures.append(traceback.format_exc())
            traceback.print_exc()
            return None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        peer = request.remote or LOOPBACK
        body = await request.read()
        wire = Request(request.method, path, query, headers, body, peer)
        if headers.get("upgrade", "").lower() == "websocket":
            return await self._socket(request, wire)
        answer = self._guarded(lambda: self.site.request(wire, self.clock()))
        self._settle()
        return await self._give(request, answer)

    async def _give(self, request: web.Request, answer: object) -> web.StreamResponse:
        if not isinstance(answer, Answer):
            answer = Answer(500, b"the simulator failed; its own output says where")
        if answer.delay_ns:
            await asyncio.sleep(answer.delay_ns / SECOND_NS)
        if answer.lost and request.transport is not None:
            request.transport.abort()
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    async def _socket(self, request: web.Request, wire: Request) -> web.StreamResponse:
        found = self._guarded(lambda: self.site.connect(wire, self.clock()))
        if not isinstance(found, Connection):
            self._settle()
            return await self._give(request, found)
        socket = web.WebSocketResponse(autoping=False, autoclose=False, compress=False, max_msg_size=FRAME_MAX)
        await socket.prepare(request)
        event = self._writers[found] = asyncio.Event()
        writer = asyncio.create_task(self._write(found, socket, event, request.transport))
        self._settle()
        try:
            await self._read(found, socket)
        finally:
            writer.cancel()
            del self._writers[found]
        return socket

    async def _read(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        while not socket.closed:
            message = await socket.receive()
            kind = _KINDS.get(message.type)
            if kind is None:
                code = message.data if isinstance(message.data, int) else NORMAL
                frame = Frame(CLOSE, b"", code)
            else:
                data = message.data
                frame = Frame(kind, data.encode() if isinstance(data, str) else bytes(data))
            self._guarded(lambda frame=frame: connection.receive(frame, self.clock()))  # type: ignore[misc]
            self._settle()
            if frame.kind == CLOSE:
                await socket.close(code=frame.code)
                return

    async def _write(
        self,
        connection: Connection,
        socket: web.WebSocketResponse,
        event: asyncio.Event,
        line: asyncio.Transport | None,
    ) -> None:
        while True:
            while connection.outbox:
                frame = connection.outbox.popleft()
                if frame.delay_ns:
                    await asyncio.sleep(frame.delay_ns / SECOND_NS)
                if frame.code == ABORTED and line is not None:
                    line.abort()
                    return
                try:
                    await _send(socket, frame)
                except ConnectionError:
                    return  # the reader hears of it too, and ends the connection
            event.clear()
            await event.wait()


async def _send(socket: web.WebSocketResponse, frame: Frame) -> None:
    if frame.kind == TEXT:
        await socket.send_str(frame.data.decode())
    elif frame.kind == BINARY:
        await socket.send_bytes(frame.data)
    elif frame.kind == PING:
        await socket.ping(frame.data)
    elif frame.kind == PONG:
        await socket.pong(frame.data)
    else:
        await socket.close(code=frame.code, message=frame.data)
