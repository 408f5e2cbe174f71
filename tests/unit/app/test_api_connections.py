"""Connections to the interface as strangers make them, and what they send there. Sockets and service are real."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from tests.project import COMPILED_ALONE
from tests.unit.app.standing_api import Client, asked
from tradewright.app.api import connections
from tradewright.model.control import HALTED

pytestmark = COMPILED_ALONE

#: A request that everybody may make, whole and without what would end it.
ASK = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
WELL = b"HTTP/1.1 200 "


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


Connected = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connected(client: Client) -> Connected:
    host, port = client.url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port))


async def all_of(reader: asyncio.StreamReader) -> bytes:
    """What is said until the connection ends."""
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionError:
        return b""


@pytest.mark.parametrize("opening", [b"", b"GET /health HTTP/1.1\r\nHost"])
def test_whoever_connects_and_says_nothing_whole_keeps_others_out_for_a_time_and_takes_no_more_files(
    opening: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS_MAX", 2.0)

    async def act(client: Client) -> None:
        host, port = client.url.removeprefix("http://").split(":")
        key = client.make("kill")
        before = len(os.listdir("/proc/self/fd"))
        idle = []
        for _ in range(connections.CONNECTIONS_MAX + 100):
            # Not from the loop itself: where its queue is full, connecting waits for it.
            idle.append(await asyncio.to_thread(socket.create_connection, (host, int(port))))
            idle[-1].sendall(opening)
        await asyncio.sleep(0.3)
        assert len(os.listdir("/proc/self/fd")) - before - len(idle) <= connections.CONNECTIONS_MAX + 8
        with pytest.raises(aiohttp.ClientError):
            await client.ask("GET", "/health")
        # Half a second request ends as the first would; one byte each second does not prolong it.
        for _ in range(3):
            await asyncio.sleep(1.0)
            for one in idle:
                with suppress(OSError):
                    one.sendall(b"E")
        end, killed = time.monotonic() + 30, 0
        while not killed:
            try:
                killed = (await client.ask("POST", "/api/v1/kill", {"reason": "looks odd"}, key)).status
            except aiohttp.ClientError:
                # On a machine that is busy the strangers' time ends later.
                assert time.monotonic() < end
                await asyncio.sleep(0.2)
        assert killed == 200 and client.engine.states["all"] == HALTED
        for one in idle:
            one.close()

    asked(tmp_path, act)


def test_strangers_who_ask_again_and_again_keep_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS_MAX", 2.0)
    ask = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"

    async def act(client: Client) -> None:
        host, port = client.url.removeprefix("http://").split(":")
        # Who has a key keeps his connection, however many there are.
        mine = await asyncio.open_connection(host, int(port))
        with_key = b"GET /api/v1/states HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n" % client.key.encode()
        ends = b""
        strangers = []
        for _ in range(connections.CONNECTIONS_MAX):
            strangers.append(await asyncio.open_connection(host, int(port)))
            strangers[-1][1].write(ask)
            head = await strangers[-1][0].readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            ends += b"1" if b"connection: close" in head.lower() else b"0"
            mine[1].write(with_key)
            head = await mine[0].readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ") and b"connection: close" not in head.lower()
            size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await mine[0].readexactly(size)
        half = connections.CONNECTIONS_MAX // 2
        assert ends[: half - 2] == b"0" * (half - 2) and ends[half:] == b"1" * half
        assert (await client.ask("POST", "/api/v1/kill", {"reason": "looks odd"})).status == 200
        # Half a second request ends as a first one does.
        for _, writer in strangers:
            writer.write(b"G")
        for reader, _ in strangers:
            with suppress(ConnectionError):
                await asyncio.wait_for(reader.read(), 20)
        assert (await client.ask("GET", "/health")).headers.get("Connection") is None
        for _, writer in [*strangers, mine]:
            writer.close()

    asked(tmp_path, act)


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01nonsense\r\n\r\n",
        b"POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n",
    ],
)
def test_a_stranger_who_talks_nonsense_writes_nothing_into_the_log(
    said: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(client: Client) -> None:
        host, port = client.url.removeprefix("http://").split(":")
        for _ in range(3):
            _, writer = await asyncio.open_connection(host, int(port))
            for part in (said, b"more\r\n\r\n"):
                writer.write(part)
                await asyncio.sleep(0.1)
            writer.close()
        assert (await client.ask("GET", "/health")).status == 200

    asked(tmp_path, act)
    assert [one.getMessage() for one in caplog.records if one.levelname != "DEBUG"] == []


def test_a_head_without_an_end_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        for piece in (b"x-name: value\r\n", b"x" * 64):
            reader, writer = await connected(client)
            writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\nx-begin: ")
            for _ in range(connections.HEAD_BYTES_MAX // len(piece) + 1):
                writer.write(piece)
                await asyncio.sleep(0)
            with suppress(ConnectionError):
                await writer.drain()
            assert (await all_of(reader))[:13] in (b"HTTP/1.1 400 ", b""), "what was unread at its end may take it away"
            writer.close()
        reader, writer = await connected(client)
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\nx-long: " + b"x" * 8_000 + b"\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(WELL)
        writer.close()

    asked(tmp_path, act)


def test_requests_sent_at_once_are_answered_one_behind_the_other(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        last = ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        reader, writer = await connected(client)
        writer.write(ASK * 99 + last)
        said = await all_of(reader)
        assert said.count(WELL) == 100 and said.lower().count(b"connection: close") == 1
        writer.close()

    asked(tmp_path, act)


def order(client: Client, *headers: bytes) -> bytes:
    body = b'{"symbol":"BTCUSD","side":"buy","type":"limit","limitPrice":"1","quantity":"0.01"}'
    head = b"POST /api/v1/orders?account=one HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + client.key.encode()
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join([head, b"Content-Type: application/json", length, *headers, b"", body])


def test_what_is_wrong_behind_an_order_is_said_behind_its_answer(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        reader, writer = await connected(client)
        writer.write(order(client) + b"junk\r\n\r\n")
        said = await all_of(reader)
        writer.close()
        answer, _, wrong = said.partition(b"HTTP/1.1 400 ")
        order_id = json.loads(answer.partition(b"\r\n\r\n")[2])["orderId"]
        assert wrong and order_id in client.engine.orders

    asked(tmp_path, act)


def test_an_order_that_offers_another_protocol_is_taken_as_it_is(tmp_path: Path) -> None:
    """As clients do that would rather speak HTTP/2."""

    async def act(client: Client) -> None:
        reader, writer = await connected(client)
        offer = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAoAAA")
        writer.write(order(client, *offer) + ASK)
        assert b" 2" in (await reader.readuntil(b"\r\n\r\n"))[:10]
        assert b"orderId" in await reader.readuntil(b"HTTP/1.1 200 ")
        writer.close()

    asked(tmp_path, act)


def test_a_key_behind_the_body_is_none(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        head = b"GET /api/v1/states HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        reader, writer = await connected(client)
        writer.write(head + b"0\r\nAuthorization: Bearer " + client.key.encode() + b"\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 401 ")
        writer.close()

    asked(tmp_path, act)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health/live HTTP/1.1",
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nHost: y",
        b"GET /health/live HTTP/2.0\r\nHost: x",
        b"GET /health/live HTTP/1.1\r\nHost : x",
        b"POST /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked",
        b"POST /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4",
        b"GET /\xc3\xa4 HTTP/1.1\r\nHost: x",
        b"CONNECT x:80 HTTP/1.1\r\nHost: x:80",
    ],
)
def test_a_request_that_others_may_read_otherwise_is_refused_and_nothing_behind_it_is_read(
    head: bytes, tmp_path: Path
) -> None:
    async def act(client: Client) -> None:
        reader, writer = await connected(client)
        writer.write(ASK + head + b"\r\n\r\n" + ASK)
        said = await all_of(reader)
        assert said.startswith(WELL) and said.count(b"HTTP/1.1 ") == 2 and said.count(b"HTTP/1.1 400 ") == 1
        writer.close()

    asked(tmp_path, act)


def test_a_body_that_breaks_off_behind_another_request_ends_with_that_ones_answer(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        broken = b"POST /api/v1/kill HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
        for before in (0, 1, 5):
            reader, writer = await connected(client)
            writer.write(ASK * before + broken)
            said = await all_of(reader)
            assert said.count(WELL) == before and said.count(b"HTTP/1.1 ") == before + 1
            assert b"HTTP/1.1 400 " in said
            writer.close()

    asked(tmp_path, act)


def test_a_socket_that_is_asked_for_behind_an_unanswered_request_is_none(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        reader, writer = await connected(client)
        writer.write(
            ASK + b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        said = await all_of(reader)
        assert said.startswith(WELL) and b"HTTP/1.1 400 " in said and b" 101 " not in said
        writer.close()

    asked(tmp_path, act)


def test_of_thousands_of_requests_sent_at_once_few_are_taken_up_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: list[int] = []
    right = connections.Connection.on_headers_complete

    def counted(self: connections.Connection) -> None:
        right(self)
        at_once.append(self._due)

    monkeypatch.setattr(connections.Connection, "on_headers_complete", counted)

    async def act(client: Client) -> None:
        reader, writer = await connected(client)
        writer.write(ASK * 3_000)
        for _ in range(3_000):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith((WELL, b"HTTP/1.1 429 "))
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        writer.close()

    asked(tmp_path, act)
    assert len(at_once) == 3_000 and max(at_once) <= connections.PIECE_BYTES // len(ASK) + 2


@pytest.mark.parametrize("more", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
def test_a_socket_that_never_finishes_its_handshake_ends(
    more: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS_MAX", 1.0)

    async def act(client: Client) -> None:
        reader, writer = await connected(client)
        writer.write(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + more + b"\r\n\r\n"
        )
        await all_of(reader)
        writer.close()

    asked(tmp_path, act)


def test_an_answered_connection_that_sends_nothing_whole_ends_however_often_it_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS_MAX", 1.0)

    async def act(client: Client) -> None:
        reader, writer = await connected(client)
        writer.write(ASK)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(WELL)
        ends, reading = time.monotonic() + 20, asyncio.create_task(all_of(reader))
        while not reading.done():
            assert time.monotonic() < ends
            with suppress(ConnectionError):
                writer.write(b"\r\n")
                await writer.drain()
            await asyncio.sleep(0.2)
        writer.close()

    asked(tmp_path, act)


def test_an_answer_leaves_as_one_piece(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        reader, writer = await connected(client)
        for _ in range(20):
            writer.write(ASK)
            said = await reader.read(65_536)
            head, _, body = said.partition(b"\r\n\r\n")
            assert f"content-length: {len(body)}".encode() in head.lower() and body
        writer.close()

    asked(tmp_path, act)
