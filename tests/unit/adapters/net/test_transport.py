"""The Transport of real sockets: what a failure says of its request, and that nothing is sent twice."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from tradewright.adapters.net import transport as net
from tradewright.adapters.net.transport import POOL, AiohttpTransport
from tradewright.model.errors import AnswerLost, NotSent, SocketClosed, Withheld
from tradewright.ports import HttpRequest

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(handler: Handler) -> AsyncIterator[str]:
    """A server that speaks as badly as a test wants; its address."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await handler(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.close()


@asynccontextmanager
async def web_server(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def run(program: Callable[[AiohttpTransport], Coroutine[Any, Any, None]]) -> None:
    async def with_transport() -> None:
        transport = AiohttpTransport()
        try:
            await program(transport)
        finally:
            await transport.close()
            await asyncio.sleep(0.05)  # what was closed has to be gone before its loop is

    asyncio.run(with_transport())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_what_was_signed_is_what_leaves_and_the_answer_comes_whole() -> None:
    asked: list[tuple[str, str, bytes, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.method, request.raw_path, await request.read(), request.headers["X-Key"]))
        return web.Response(status=418, body=b'{"code":-1003}', headers={"Retry-After": "7"})

    async def program(transport: AiohttpTransport) -> None:
        async with web_server(answer) as host:
            url = f"http://{host}/api/v3/order?a=%7e%2B+b&c=%C3%A9&signature=ab%3D"
            found = await transport.request(HttpRequest("POST", url, {"X-Key": "k"}, b"x=%2f"), 5)
            assert (found.status, found.body, found.headers["retry-after"]) == (418, b'{"code":-1003}', "7")
            assert asked == [("POST", url.removeprefix(f"http://{host}"), b"x=%2f", "k")]

    run(program)


def test_where_nobody_listens_the_request_was_not_sent() -> None:
    async def program(transport: AiohttpTransport) -> None:
        with pytest.raises(NotSent):
            await transport.request(HttpRequest("POST", f"http://127.0.0.1:{free_port()}/order"), 5)
        with pytest.raises(NotSent):
            await transport.connect(f"ws://127.0.0.1:{free_port()}/ws", {}, 5)

    run(program)


@pytest.mark.parametrize("behaviour", ["close", "reset", "half", "silent", "endless"])
def test_where_the_line_breaks_after_the_request_it_may_have_arrived(
    behaviour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net, "BODY_MAX", 100_000)

    async def misbehave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if behaviour == "half":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            await writer.drain()
        elif behaviour == "endless":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + b"x" * 200_000)
        elif behaviour == "silent":
            await asyncio.sleep(2)
        elif behaviour == "reset":
            writer.transport.abort()
        writer.close()

    async def program(transport: AiohttpTransport) -> None:
        async with raw_server(misbehave) as host:
            with pytest.raises(AnswerLost):
                await transport.request(HttpRequest("POST", f"http://{host}/order?signature=secret", {}, b"{}"), 0.5)

    run(program)


@pytest.mark.parametrize("kept", [False, True])
def test_what_is_withheld_while_its_connection_is_made_or_found_does_not_leave(kept: bool) -> None:
    """A process may be stopped just then, and has lost its account when it goes on."""
    heard, asked, ended, withheld_at = bytearray(), 0, 0, 6 if kept else 2

    def admit() -> None:
        nonlocal asked
        asked += 1
        if asked == withheld_at:
            raise Withheld("not now", "CODE")

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal ended
        while data := await reader.read(1_000):
            heard.extend(data)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        ended += 1

    async def program() -> None:
        transport = AiohttpTransport(admit=admit)
        async with raw_server(listen) as host:
            if kept:
                # Asked before, and when its connection stands.
                await transport.request(HttpRequest("GET", f"http://{host}/first"), 5)
                await transport.request(HttpRequest("GET", f"http://{host}/second"), 5)
            with pytest.raises(Withheld):
                await transport.request(HttpRequest("POST", f"http://{host}/order"), 5)
            await asyncio.sleep(0.05)
            assert (asked, ended) == (withheld_at, 1), "its connection is closed"
            await transport.request(HttpRequest("GET", f"http://{host}/later"), 5)
            await transport.close()
            await asyncio.sleep(0.05)

    asyncio.run(program())
    assert b"/order" not in heard and b"/later" in heard


def test_what_waits_for_a_connection_is_asked_about_when_it_has_one() -> None:
    """As many as may be are under way; what comes next waits, and trading is stopped meanwhile."""
    heard, answer, stopped = bytearray(), asyncio.Event(), False

    def still() -> None:
        if stopped:
            raise Withheld("not any more", "CODE")

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1_000):
            heard.extend(data)
            await answer.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async def program() -> None:
        nonlocal stopped
        transport = AiohttpTransport()
        async with raw_server(listen) as host:
            first = [
                asyncio.create_task(transport.request(HttpRequest("GET", f"http://{host}/{n}"), 5)) for n in range(POOL)
            ]
            order = HttpRequest("POST", f"http://{host}/order", still=still)
            waits = asyncio.create_task(transport.request(order, 5))
            while heard.count(b"GET /") < POOL:
                await asyncio.sleep(0.01)
            stopped = True
            answer.set()
            with pytest.raises(Withheld):
                await waits
            await asyncio.gather(*first)
            stopped = False
            await transport.request(order, 5)
            await transport.close()

    asyncio.run(program())
    assert heard.count(b"POST /order") == 1


def test_sockets_take_no_place_of_requests() -> None:
    under_way = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal under_way
        if request.path == "/stream":
            made = web.WebSocketResponse()
            await made.prepare(request)
            await made.receive()
            return made
        under_way += 1
        while under_way < POOL:
            await asyncio.sleep(0.01)
        return web.Response(text="{}")

    async def program(transport: AiohttpTransport) -> None:
        async with web_server(handle) as host:
            streams = [await transport.connect(f"ws://{host}/stream", {}, 5) for _ in range(POOL + 1)]
            asked = [transport.request(HttpRequest("GET", f"http://{host}/order"), 5) for _ in range(POOL)]
            assert [answer.status for answer in await asyncio.gather(*asked)] == [200] * POOL
            for stream in streams:
                await stream.close()

    run(program)


def test_what_is_withheld_is_not_said_at_a_socket() -> None:
    said: list[str] = []
    open = True

    def admit() -> None:
        if not open:
            raise Withheld("not now", "CODE")

    async def listen(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            said.append(message.data)
            await socket.send_str("heard")
        return socket

    async def program() -> None:
        nonlocal open
        transport = AiohttpTransport(admit=admit)
        async with web_server(listen) as host:
            socket = await transport.connect(f"ws://{host}/", {}, 5)
            await socket.send("one")
            await socket.receive()
            open = False
            for work in (socket.send("two"), transport.connect(f"ws://{host}/", {}, 5)):
                with pytest.raises(Withheld):
                    await work
            open = True
            await socket.send("three")
            await socket.receive()
            await socket.close()
            await transport.close()

    asyncio.run(program())
    assert said == ["one", "three"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_stale_connection_is_no_reason_to_send_again(method: str) -> None:
    """The server ends a kept connection just as the second request comes."""
    requests = 0

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        while True:
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            requests += 1
            if requests > 1:
                writer.transport.abort()
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()

    async def program(transport: AiohttpTransport) -> None:
        async with raw_server(once) as host:
            await transport.request(HttpRequest("GET", f"http://{host}/"), 5)
            with pytest.raises(AnswerLost):
                await transport.request(HttpRequest(method, f"http://{host}/"), 5)

    run(program)
    assert requests == 2


def test_no_redirect_is_followed_and_no_secret_stands_in_an_error() -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"})

    async def program(transport: AiohttpTransport) -> None:
        async with web_server(elsewhere) as host:
            assert (await transport.request(HttpRequest("GET", f"http://{host}/"), 5)).status == 302
        with pytest.raises(NotSent) as raised:
            await transport.request(HttpRequest("GET", f"http://127.0.0.1:{free_port()}/x?signature=abcdef"), 5)
        assert "abcdef" not in str(raised.value)

    run(program)


def test_a_socket_carries_text_and_bytes_answers_pings_and_tells_its_end() -> None:
    pongs: list[bytes] = []

    async def talk(request: web.Request) -> web.StreamResponse:
        peer = web.WebSocketResponse(autoping=False)
        await peer.prepare(request)
        await peer.ping(b"are you there")
        for message in [await peer.receive(), await peer.receive()]:
            if message.type == WSMsgType.PONG:
                pongs.append(bytes(message.data))
            else:
                await peer.send_bytes(message.data.encode())
        await peer.send_str("last")
        await peer.close(code=1008, message=b"policy")
        return peer

    async def program(transport: AiohttpTransport) -> None:
        async with web_server(talk) as host:
            begun = time.time_ns()
            found = await transport.connect(f"ws://{host}/ws?x=1", {"X-Key": "k"}, 5)
            await found.send("hello")
            assert await found.receive() == b"hello"
            assert found.heard >= begun
            assert await found.receive() == "last"
            with pytest.raises(SocketClosed) as closed:
                await found.receive()
            assert closed.value.code == 1008
            await found.close()
            await found.close()

    run(program)
    assert pongs == [b"are you there"]


def test_a_line_that_breaks_ends_the_socket() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        peer = web.WebSocketResponse()
        await peer.prepare(request)
        assert request.transport is not None
        request.transport.abort()
        return peer

    async def program(transport: AiohttpTransport) -> None:
        async with web_server(cut) as host:
            found = await transport.connect(f"ws://{host}/", {}, 5)
            with pytest.raises(SocketClosed):
                await found.receive()
            with pytest.raises(SocketClosed):
                await found.send("is anybody there")

    run(program)


def test_a_frame_beyond_the_bound_ends_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "FRAME_MAX", 1_000)

    async def flood(request: web.Request) -> web.StreamResponse:
        peer = web.WebSocketResponse()
        await peer.prepare(request)
        await peer.send_str("x" * 1_001)
        await peer.receive()
        return peer

    async def program(transport: AiohttpTransport) -> None:
        async with web_server(flood) as host:
            found = await transport.connect(f"ws://{host}/", {}, 5)
            with pytest.raises(SocketClosed):
                await found.receive()

    run(program)


def test_no_query_of_a_url_stands_in_what_a_failure_says() -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=403)

    async def program(transport: AiohttpTransport) -> None:
        async with web_server(refuse) as host:
            with pytest.raises(NotSent) as refused:
                await transport.connect(f"ws://{host}/stream?key=s3cret&signature=ab", {}, 5)
        with pytest.raises(NotSent) as invalid:
            await transport.request(HttpRequest("GET", "http:///account?key=s3cret"), 5)
        for caught in (refused, invalid):
            assert "s3cret" not in str(caught.value) and "signature" not in str(caught.value)
        assert "403" in str(refused.value)

    run(program)
