"""The doors: what a real client sends arrives raw, and what a site says reaches the client in its order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from tradewright.sim.wire.message import CLOSE, PING, PONG, TEXT, Answer, Frame, Request, json_answer
from tradewright.sim.wire.server import Server
from tradewright.sim.wire.site import Connection
from tradewright.sim.wire.trouble import Trouble

SECOND_NS = 1_000_000_000


class Echo(Connection):
    def receive(self, frame: Frame, now: int) -> None:
        if frame.kind == TEXT and frame.data == b"bye":
            self.close(1001, "gone")
        elif frame.kind == PING:
            self.put(Frame(PONG, frame.data))
        elif frame.kind != CLOSE:
            self.put(frame)


class EchoSite:
    """Answers with what it was asked, and beats every 20 ms on every connection."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.asked: list[Request] = []
        self.open: list[Echo] = []
        self.next = 0

    def request(self, request: Request, now: int) -> Answer:
        self.asked.append(request)
        if request.path == "/lost":
            return Answer(200, lost=True)
        if request.path == "/broken":
            raise ValueError("no venue would")
        for connection in self.open:
            connection.send({"told": request.path})
        return json_answer(201, {"path": request.path, "query": request.query}, {"X-Weight": "1"})

    def connect(self, request: Request, now: int) -> Connection | Answer:
        if request.path == "/no":
            return Answer(403, b"no")
        self.open.append(Echo(request, now))
        return self.open[-1]

    def advance(self, now: int) -> None:
        self.next = now + SECOND_NS // 50
        for connection in self.open:
            connection.send("beat")

    def due(self) -> int | None:
        return self.next if self.open else None

    def inject(self, kind: str, now: int) -> bool:
        return False


def visit(play: Callable[[EchoSite, aiohttp.ClientSession], Awaitable[None]]) -> Server:
    async def main() -> Server:
        site = EchoSite()
        server = Server(site)
        await server.start()
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
                await play(site, session)
        finally:
            await server.stop()
        return server

    return asyncio.run(asyncio.wait_for(main(), 20))


def test_a_request_arrives_as_its_raw_bytes() -> None:
    async def play(site: EchoSite, session: aiohttp.ClientSession) -> None:
        async with session.post("/a%2Fb?x=1%202&y", data=b"k=v&z=%20", headers={"X-Key": "K"}) as answer:
            assert (answer.status, answer.headers["X-Weight"]) == (201, "1")
            await answer.read()
        (request,) = site.asked
        assert (request.method, request.body, request.headers["x-key"]) == ("POST", b"k=v&z=%20", "K")
        assert request.path == "/a%2Fb"
        assert request.query.startswith("x=1%202")

    assert not visit(play).failures


def test_a_lost_answer_ends_the_connection() -> None:
    async def play(site: EchoSite, session: aiohttp.ClientSession) -> None:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get("/lost")
        assert [request.path for request in site.asked][:1] == ["/lost"]

    visit(play)


def test_a_site_that_fails_says_so_and_the_server_goes_on() -> None:
    async def play(site: EchoSite, session: aiohttp.ClientSession) -> None:
        async with session.get("/broken") as answer:
            assert answer.status == 500
        async with session.get("/whole") as answer:
            assert answer.status == 201

    (failure,) = visit(play).failures
    assert "no venue would" in failure


def test_frames_of_every_kind_pass_both_ways_and_the_site_speaks_by_itself() -> None:
    async def play(site: EchoSite, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/ws", autoping=False) as socket:
            assert (await socket.receive()).data == '"beat"'
            await socket.send_bytes(b"\x00\x01")
            await socket.ping(b"p")
            seen: list[Any] = []
            while len(seen) < 2:
                message = await socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    seen.append((message.type, bytes(message.data)))
            assert seen == [(aiohttp.WSMsgType.BINARY, b"\x00\x01"), (aiohttp.WSMsgType.PONG, b"p")]
            await session.get("/told")
            while (await socket.receive()).data != '{"told":"/told"}':
                pass
            await socket.send_str("bye")
            while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
            assert (message.data, message.extra) == (1001, "gone")

    assert not visit(play).failures


def test_a_refused_socket_gets_its_answer() -> None:
    async def play(site: EchoSite, session: aiohttp.ClientSession) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect("/no")
        assert refused.value.status == 403

    visit(play)


def test_the_site_hears_of_a_client_that_breaks_off() -> None:
    heard: list[int] = []

    async def play(site: EchoSite, session: aiohttp.ClientSession) -> None:
        socket = await session.ws_connect("/ws")
        await socket.receive()
        site.open[0].receive = lambda frame, now: heard.append(frame.kind)  # type: ignore[method-assign]
        transport = socket.get_extra_info("socket")
        assert transport is not None
        socket._response.connection.transport.abort()  # type: ignore[union-attr]
        while not heard:
            await asyncio.sleep(0.01)

    visit(play)
    assert heard == [CLOSE]
