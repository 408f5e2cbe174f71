"""Who is let in at a bus: servers that ask for a password or a token."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.services import free_port, program_of
from tests.store.servers import listens
from tradewright.app.wiring.buses import open_bus
from tradewright.model.errors import BusError
from tradewright.ports import BusTerms

CANARY = "canary-0123456789abcdef"
SERVERS = {
    "password of nats": ("nats", "nats://ann@", ["--jetstream", "--user", "ann", "--pass", CANARY], "password"),
    "token of nats": ("nats", "nats://", ["--jetstream", "--auth", CANARY], "token"),
    "password of redis": ("redis", "redis://default@", ["--requirepass", CANARY], "password"),
}


@contextmanager
def standing(name: str, folder: Path, port: int, arguments: list[str]) -> Iterator[None]:
    where = ["--addr", "127.0.0.1"] if name == "nats" else ["--bind", "127.0.0.1"]
    store = ["--store_dir", str(folder)] if name == "nats" else ["--dir", str(folder)]
    command = [program_of(name), "--port", str(port), *where, *store, *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + 30
            while not listens(f"{name}://127.0.0.1:{port}"):
                assert time.monotonic() < end
                time.sleep(0.05)
            yield
        finally:
            process.kill()


@pytest.mark.parametrize("server", SERVERS)
def test_who_proves_himself_is_let_in_and_nobody_else_is(server: str, tmp_path: Path) -> None:
    name, scheme, arguments, key = SERVERS[server]
    port = free_port()

    async def enter(secret: str) -> None:
        terms = BusTerms(f"{scheme}127.0.0.1:{port}", "", "", "j", "x.trade", [], "tradewright")
        bus = await open_bus(terms._replace(**{key: secret}))
        await bus.publish([])
        await bus.close()

    with standing(name, tmp_path, port, arguments):
        asyncio.run(enter(CANARY))
        for wrong in ("", "wrong-0123456789abcdef"):
            with pytest.raises(BusError) as refused:
                asyncio.run(enter(wrong))
            assert "wrong-" not in str(refused.value) and CANARY not in str(refused.value)


@pytest.mark.parametrize("key", ["password", "token"])
def test_a_secret_is_not_said_where_no_tls_is_spoken(key: str) -> None:
    heard = bytearray()

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.10.0","auth_required":true,"max_payload":1048576}\r\n')
        heard.extend(await reader.read())
        writer.close()

    async def enter() -> None:
        async with await asyncio.start_server(server, "127.0.0.1", 0) as standing:
            port = standing.sockets[0].getsockname()[1]
            terms = BusTerms(f"tls://ann@127.0.0.1:{port}", "", "", "j", "x.trade", [], "tradewright")
            with pytest.raises(BusError, match="it speaks no TLS, and nothing is said to it in the clear"):
                await open_bus(terms._replace(**{key: CANARY}))

    asyncio.run(enter())
    assert CANARY.encode() not in heard
