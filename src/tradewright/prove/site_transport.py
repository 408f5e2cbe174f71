"""A Transport without a network: the simulated venues are in the same process, their answers as long under way as a
seed says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from tradewright.model.errors import AnswerLost, NotSent, SocketClosed
from tradewright.model.rng import Rng
from tradewright.ports import Clock, HttpAnswer, HttpRequest
from tradewright.sim.wire.message import BINARY, CLOSE, PING, PONG, TEXT, Frame, Request
from tradewright.sim.wire.site import Connection, Site

SECOND_NS = 1_000_000_000
#: One way, from a venue nearby to one across an ocean.
LATENCY_NS = (200_000, 80_000_000)
REST_SECONDS = 0.0005
PEER = "127.0.0.1"


class SiteSocket:
    """The client's end of a Connection."""

    def __init__(self, venue: SiteVenue, connection: Connection) -> None:
        self.connection = connection
        self.heard = venue.clock()
        self._venue = venue
        self._inbox: asyncio.Queue[str | bytes | SocketClosed] = asyncio.Queue()
        self._closed: SocketClosed | None = None
        self._outgoing = asyncio.Event()
        self._writer = asyncio.create_task(self._write())

    def wake(self) -> None:
        """There may be something in the outbox."""
        if self.connection.outbox:
            self._outgoing.set()

    async def _write(self) -> None:
        while True:
            while self.connection.outbox:
                frame = self.connection.outbox.popleft()
                await asyncio.sleep((frame.delay_ns + self._venue.latency()) / SECOND_NS)
                self._arrive(frame)
                if frame.kind == CLOSE:
                    return
            self._outgoing.clear()
            await self._outgoing.wait()

    def _arrive(self, frame: Frame) -> None:
        self.heard = self._venue.clock()
        if frame.kind == TEXT:
            self._inbox.put_nowait(frame.data.decode())
        elif frame.kind == BINARY:
            self._inbox.put_nowait(frame.data)
        elif frame.kind == PING:
            self._tell(Frame(PONG, frame.data))
        elif frame.kind == CLOSE:
            self._closed = SocketClosed(f"closed with {frame.code}: {frame.data.decode()}", frame.code)
            self._inbox.put_nowait(self._closed)

    def _tell(self, frame: Frame) -> None:
        if self._closed is not None:
            raise self._closed
        self.connection.receive(frame, self._venue.clock())
        self._venue.settle()

    async def send(self, message: str | bytes) -> None:
        await asyncio.sleep(0)
        data = message.encode() if isinstance(message, str) else message
        self._tell(Frame(TEXT if isinstance(message, str) else BINARY, data))

    async def receive(self) -> str | bytes:
        if self._closed is not None and self._inbox.empty():
            raise self._closed
        found = await self._inbox.get()
        if isinstance(found, SocketClosed):
            raise found
        return found

    async def ping(self) -> None:
        self._tell(Frame(PING))

    async def close(self) -> None:
        self._writer.cancel()
        if self._closed is None:
            self._tell(Frame(CLOSE))
            self._closed = SocketClosed("closed here", 1000)
        self._venue.sockets.pop(self, None)


class SiteVenue:
    """One site, its sockets, and the task that lets happen what is due there."""

    def __init__(self, site: Site, clock: Clock, rng: Rng) -> None:
        self.site = site
        self.clock = clock
        self.sockets: dict[SiteSocket, None] = {}
        self._rng = rng
        self._changed = asyncio.Event()
        self._market = asyncio.create_task(self._advance())

    def latency(self) -> int:
        """ns that something is under way, one way."""
        least, most = LATENCY_NS
        return least + self._rng.below(most - least + 1)

    def settle(self) -> None:
        """After each call of the site: frames leave, and what is due next may be another thing."""
        for socket in self.sockets:
            socket.wake()
        self._changed.set()

    async def _advance(self) -> None:
        while True:
            self._changed.clear()
            due = self.site.due()
            wait = None if due is None else max((due - self.clock()) / SECOND_NS, REST_SECONDS)
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                self.site.advance(self.clock())
            self.settle()
            self._changed.clear()

    def end(self) -> None:
        self._market.cancel()


class SiteTransport:
    """Sites by the host of their URLs. Use it in one event loop and close it there."""

    def __init__(self, sites: Mapping[str, Site], clock: Clock, rng: Rng) -> None:
        self.venues = {host: SiteVenue(site, clock, rng.split(host)) for host, site in sites.items()}

    def _find(self, url: str) -> tuple[SiteVenue, str, str]:
        parts = urlsplit(url)
        venue = self.venues.get(parts.netloc)
        if venue is None:
            raise NotSent(f"{parts.netloc}: there is no such host")
        # As it stands, not as a parser would write it: the query is what was signed.
        path, _, query = url.partition(parts.netloc)[2].partition("?")
        return venue, path or "/", query

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        venue, path, query = self._find(request.url)
        try:
            async with asyncio.timeout(timeout):
                return await self._request(venue, request, path, query)
        except TimeoutError as error:
            raise AnswerLost(f"{request.method} {path}: no answer within {timeout:g} s") from error

    async def _request(self, venue: SiteVenue, request: HttpRequest, path: str, query: str) -> HttpAnswer:
        await asyncio.sleep(venue.latency() / SECOND_NS)
        headers = {name.lower(): value for name, value in request.headers.items()}
        wire = Request(request.method, path, query, headers, request.body, PEER)
        answer = venue.site.request(wire, venue.clock())
        venue.settle()
        await asyncio.sleep((answer.delay_ns + venue.latency()) / SECOND_NS)
        if answer.lost:
            raise AnswerLost(f"{request.method} {path}: the connection broke")
        return HttpAnswer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body)

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> SiteSocket:
        venue, path, query = self._find(url)
        await asyncio.sleep(venue.latency() / SECOND_NS)
        lower = {name.lower(): value for name, value in headers.items()} | {"upgrade": "websocket"}
        found = venue.site.connect(Request("GET", path, query, lower, b"", PEER), venue.clock())
        if not isinstance(found, Connection):
            venue.settle()
            raise NotSent(f"{path}: {found.status} {found.body.decode(errors='replace')}")
        socket = SiteSocket(venue, found)
        venue.sockets[socket] = None
        venue.settle()
        return socket

    async def close(self) -> None:
        """Ends all connections."""
        for venue in self.venues.values():
            for socket in list(venue.sockets):
                await socket.close()
            venue.end()
