"""Secrets in every place that there is for one, and in many that are none for any: none is in what a service says,
answers or keeps. Its venue, database and bus are processes that ask for theirs."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest

from scripts.services import Server, free_port
from tests.bus.test_entry import standing
from tests.e2e.judge import records
from tests.e2e.service import SECONDS, STRATEGIES, Background, serving, simulated, variables
from tests.project import COMPILED_ALONE
from tradewright.app.api.keys import KeyRing
from tradewright.app.home import JOURNAL

pytestmark = COMPILED_ALONE
#: A word of no secret, which has to be found wherever secrets are looked for: it trades.
MARK = "marked-strategy"
#: What stands there is meant to be told: why, and how somebody calls his order.
MEANT = ("reason", "clientOrderId")
CONFIG = """
accounts:
  main:
    venue: binance
    environment: testnet
    baseUrl: ${{SIM_URL}}
    apiKey: ${{SIM_KEY}}
    secretKeyFile: {secret_file}
    symbols: [BTCUSDT]
  paper: {{venue: paper, symbols: [BTCUSD], cash: 50000}}
strategies:
  marked-strategy: {{strategy: '{strategies}:Walker', account: paper, parameters: {{rounds: 3}}}}
risk: {{maxOrderValue: 10000}}
server: {{port: 0, requestsPerSecond: 1000}}
database: {{url: '{database}', password: '${{DB_PASSWORD}}'}}
eventBus: {{url: 'nats://127.0.0.1:{bus}', token: '${{BUS_TOKEN}}'}}
"""


def canary() -> str:
    return f"canary{secrets.token_hex(8)}"


class Canaries:
    """by: each secret by its place; heard: what was answered, by what was asked."""

    def __init__(self, url: str, home: Path, key: str) -> None:
        self.url = url
        self.key = key
        self.ring = KeyRing(home)
        self.by: dict[str, str] = {}
        self.heard: dict[str, str] = {}

    def place(self, what: str) -> str:
        """A new secret, for a place."""
        return self.by.setdefault(what, canary())

    async def ask(self, session: aiohttp.ClientSession, what: str, method: str, path: str, **more: Any) -> bytes:
        headers = {"Authorization": f"Bearer {self.key}"} | more.pop("headers", {})
        asked = session.request(method, f"{self.url}{path}", headers=headers, **more)
        async with asked as answer:
            content = await answer.read()
        self.heard[f"{len(self.heard)} {what} {method} {path}"] = (
            f"{answer.status} {dict(answer.headers)} {content.decode()}"
        )
        return content


async def everywhere(canaries: Canaries) -> None:
    """Each operation of the service with secrets where none belongs, and as it should be."""
    async with aiohttp.ClientSession() as session:
        paths = json.loads(await canaries.ask(session, "open", "GET", "/openapi.json"))["paths"]
        for path, methods in paths.items():
            for method, one in methods.items():
                await misplaced(canaries, session, method.upper(), path, one)
        token = json.loads(await canaries.ask(session, "token", "POST", "/api/v1/token", json={}))["accessToken"]
        # Whoever asks is given it: it is looked for in all other answers.
        canaries.heard.popitem()
        canaries.by["token"] = token.rpartition(".")[2]
        for bearer in (token, token[:-4], canaries.place("bearer"), f"tw_x_{canaries.place('rest of a key')}"):
            await canaries.ask(
                session, "bearer", "GET", "/api/v1/states", headers={"Authorization": f"Bearer {bearer}"}
            )
            await canaries.ask(session, "bearer", "POST", "/api/v1/kill", headers={"Authorization": f"Bearer {bearer}"})
        await listened(canaries, session)


async def misplaced(
    canaries: Canaries, session: aiohttp.ClientSession, method: str, path: str, one: dict[str, Any]
) -> None:
    found = path.replace("{symbol}", "BTCUSD").replace("{order_id}", "none-1-1")
    body: dict[str, Any] = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example", {})
    if not one["x-scope"]:
        found += f"?key={canaries.place('query of what is open')}"
        await canaries.ask(session, "open", method, found, headers={"X-Api-Key": canaries.place("header of its own")})
        return
    place = canaries.place
    wrong: list[dict[str, Any]] = [
        {"params": {"api_key": place("query")}},
        {"params": {"account": place("account")}},
        {"headers": {name: f"x={place(f'header {name}')}" for name in HEADERS}, "data": place("body")},
        {"headers": {"Authorization": f"Basic {place('basic')}"}},
        *([{"json": {place("name of a field"): 1}}, {"json": body | {"secret": place("field")}}] if body else []),
        *({"json": body | {name: place(f"value of {name}")}} for name in body if name not in MEANT),
        *({"json": body | {name: [place(f"list of {name}")]}} for name in body),
    ]  # fmt: skip
    for more in wrong:
        await canaries.ask(session, "wrong", method, found, **more)
    if "{" in path:
        await canaries.ask(
            session, "wrong", method, path.replace("{symbol}", place("path")).replace("{order_id}", place("path"))
        )


async def listened(canaries: Canaries, session: aiohttp.ClientSession) -> None:
    """Sockets: each with secrets in the wrong place, and one that hears all there is."""
    place = canaries.place
    headers = {"Authorization": f"Bearer {canaries.key}"}
    refused: list[tuple[str, dict[str, Any]]] = [
        (f"/ws?key={place('query of a socket')}", {"headers": headers}),
        (f"/trading/{place('user of a socket')}", {"headers": headers}),
        ("/ws", {"protocols": ("tradewright", f"bearer.{place('protocol')}")}),
        ("/ws", {"headers": {"Authorization": f"Bearer {place('header of a socket')}"}}),
    ]  # fmt: skip
    for path, more in refused:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(canaries.url + path, **more)
        canaries.heard[f"socket {path[:9]}"] = str(caught.value.message) + str(caught.value.headers)
    async with session.ws_connect(f"{canaries.url}/ws") as socket:
        await socket.send_json({"op": "authenticate", "key": place("first message")})
        canaries.heard["first message"] = str(await socket.receive(SECONDS))
    async with session.ws_connect(f"{canaries.url}/ws", headers=headers, max_msg_size=0) as socket:
        for said in ({"op": "subscribe", "channels": [place("channel")]}, {"op": place("op")}, place("text")):
            await socket.send_json(said)
        await socket.send_json({"op": "subscribe", "channels": [*CHANNELS, "prices:BTCUSD"], "after": 0})
        frames: list[str] = []
        async with asyncio.timeout(SECONDS):
            async for message in socket:
                frames.append(str(message.data))
                if MARK in frames[-1]:
                    break
        assert frames and MARK in frames[-1], socket.close_code
        canaries.heard["frames"] = "".join(frames)


HEADERS = ("Cookie", "X-Request-Id", "X-Api-Key", "User-Agent", "X-Forwarded-For", "Origin", "Referer")
CHANNELS = ("orders", "fills", "positions", "account", "decisions", "signals", "system")


def tables(url: str) -> Iterator[tuple[str, str]]:
    """Each table's name, and its rows as text."""
    with psycopg.connect(url) as connection:
        asked = (
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        for schema, name in connection.execute(asked).fetchall():
            yield name, str(connection.execute(f'SELECT * FROM "{schema}"."{name}"'.encode()).fetchall())


def processes(service: Background) -> Iterator[tuple[str, str]]:
    """What the machine shows of the service and its children: their arguments, and the children's environment."""
    own = service.process.pid
    for pid in (str(own), *Path(f"/proc/{own}/task/{own}/children").read_text().split()):
        yield f"arguments of {pid}", Path(f"/proc/{pid}/cmdline").read_text()


def kept(folder: Path) -> Iterator[tuple[str, str]]:
    """Each file below a folder, as letters."""
    for file in folder.rglob("*"):
        if file.is_file():
            yield str(file), file.read_bytes().decode("latin-1")


def test_no_secret_leaves_its_place(tmp_path: Path) -> None:
    home, state, bus = tmp_path / "home", tmp_path / "bus", free_port()
    given = {name: canary() for name in ("DB_PASSWORD", "BUS_TOKEN", "OTHERS")}
    (tmp_path / "secret.txt").write_text("demo-secret\n")
    (tmp_path / "secret.txt").chmod(0o600)
    database = Server("postgres")
    config = tmp_path / "service.yaml"
    try:
        with (
            simulated("binance") as venue,
            standing("nats", state, bus, ["--jetstream", "--auth", given["BUS_TOKEN"]]),
        ):
            config.write_text(
                CONFIG.format(
                    secret_file=tmp_path / "secret.txt", strategies=STRATEGIES, database=database.url, bus=bus
                )
            )
            with serving(config, home, variables(tmp_path, venue.url, **given)) as service:
                for sentence in ("READY  main", "READY  paper", "API ", "TABLES follow", "EVENTS follow"):
                    service.hears(sentence)
                service.until((home / "admin.key").exists)
                key = (home / "admin.key").read_text().strip()
                canaries = Canaries(service.said("API ")[0].split()[2], home, key)
                asyncio.run(everywhere(canaries))
                canaries.by |= {**given, "venue": "demo-secret", "key": key.split("_", 2)[2]}
                canaries.by["hash of a key"] = next(iter(canaries.ring.keys().values())).hash
                canaries.by["secret of tokens"] = (home / "tokens.secret").read_text().strip()
                service.until(lambda: any(MARK in text for _, text in tables(database.url)))
                shown = dict(processes(service))
                assert service.end() == 0
            found = {
                "what it said": "\n".join(service.lines),
                "the journal": str(records(home / JOURNAL)),
                **{f"answer to {asked}": text for asked, text in canaries.heard.items()},
                **{f"table {name}": text for name, text in tables(database.url)},
                **shown,
                **dict(kept(home)),
                **dict(kept(state)),
            }
    finally:
        database.stop()
    marked = [place for place, text in found.items() if MARK in text]
    for sees in ("what it said", "the journal", "answer to frames", "table ", str(state)):
        assert any(place.startswith(sees) for place in marked), f"{sees}: secrets would not be seen there either"
    assert len(canaries.by) > 40 and len(canaries.heard) > 150
    own = {"key": "admin.key", "hash of a key": "keys.json", "secret of tokens": "tokens.secret"}
    hits = [
        (what, place)
        for place, text in found.items()
        for what, secret in canaries.by.items()
        if secret in text and not place.endswith(own.get(what, " "))
    ]
    assert hits == [], "\n".join(map(str, hits))
