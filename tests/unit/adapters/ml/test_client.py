"""The client against servers that break HTTP itself: what comes back is a failure with its code, never an exception."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest

from tradewright.adapters.ml import OPEN, CircuitBreaker, HttpSignalSource
from tradewright.model.answer import SignalFailed, SignalReceived, SignalRequest
from tradewright.model.instrument import Instrument

BTC = Instrument("BTCUSD", "v", "crypto", "BTC", "USD", 2, 8, index=0)
NOW = 60 * 10**9
GOOD = json.dumps(
    {"action": "BUY", "confidence": 0.5, "reasoning": "up", "modelVersion": "v1", "time": "1970-01-01T00:01:00Z"}
).encode()


def http(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def asked(raw: bytes, **options: float) -> SignalReceived | SignalFailed:
    """What the client makes of a server that answers with these bytes and closes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    source = HttpSignalSource("ml", f"http://127.0.0.1:{port}", timeout_seconds=5.0)
    try:
        return await source.ask(SignalRequest(BTC, NOW))
    finally:
        await source.close()
        server.close()
        await server.wait_closed()


def test_the_same_server_in_health_is_understood() -> None:
    event = asyncio.run(asked(http(GOOD, "Content-Type: text/plain")))
    assert isinstance(event, SignalReceived)
    assert (event.time, event.source, event.action, event.confidence, event.time_source) == (NOW, "ml", 1, 500_000, NOW)


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        (b"", {"UNREACHABLE"}),
        (b"HELLO\r\n\r\n", {"UNREACHABLE"}),
        (b"\x00" * 5_000, {"UNREACHABLE"}),
        (http(GOOD, length=len(GOOD) + 10), {"UNREACHABLE"}),
        (http(GOOD, length=-5), {"UNREACHABLE", "HTTP_STATUS"}),
        (b"HTTP/1.1 200 OK\r\n" + b"A: " + b"x" * 100_000 + b"\r\n\r\n", {"UNREACHABLE", "HTTP_STATUS"}),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", {"UNREACHABLE"}),
        (http(gzip.compress(b" " * 50_000_000), "Content-Encoding: gzip"), {"BAD_ANSWER"}),
        (http(b"", "Location: http://127.0.0.1:1/", status="307 Temporary Redirect"), {"HTTP_STATUS"}),
        (http(GOOD, status="204 No Content"), {"HTTP_STATUS", "UNREACHABLE"}),
        (http(b'{"x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"), {"BAD_ANSWER"}),
    ],
    ids=lambda value: "",
)  # fmt: skip
def test_broken_http_is_a_failure_with_its_code(raw: bytes, codes: set[str]) -> None:
    event = asyncio.run(asked(raw))
    assert isinstance(event, SignalFailed)
    assert event.code in codes
    assert 0 < len(event.text) <= 200


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://[bad", "http://no.such.host.localhost:1", "http://127.0.0.1:99999"]
)
def test_an_address_where_nobody_is_is_unreachable(url: str) -> None:
    async def ask() -> SignalReceived | SignalFailed:
        source = HttpSignalSource("ml", url, timeout_seconds=5.0, breaker=CircuitBreaker(failures_max=1))
        try:
            event = await source.ask(SignalRequest(BTC, NOW))
            assert source.breaker.state == OPEN
            return event
        finally:
            await source.close()

    event = asyncio.run(ask())
    assert isinstance(event, SignalFailed)
    assert event.code in ("UNREACHABLE", "TIMEOUT")
