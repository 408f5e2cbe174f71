"""Every operation and every socket that the service's own documents name, with every credential that is none: what is
added to them is asked here too."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest

from tests.project import COMPILED_ALONE
from tests.unit.app.listening import listening
from tests.unit.app.standing_api import Client, asked
from tradewright.app.api import door
from tradewright.app.api.keys import ADMIN, SCOPES, KeyRing
from tradewright.app.api.route import ANY, OPEN
from tradewright.app.api.tokens import Tokens

pytestmark = COMPILED_ALONE
MINUTE_NS = 60 * 10**9


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


class Operation(NamedTuple):
    method: str
    path: str
    scope: str


async def operations(client: Client) -> list[Operation]:
    """What the service says there is to ask."""
    paths = (await client.ask("GET", "/openapi.json", key="")).row["paths"]
    return [
        Operation(method.upper(), path.replace("{symbol}", "BTCUSD").replace("{order_id}", "none-1-1"), one["x-scope"])
        for path, methods in paths.items()
        for method, one in methods.items()
    ]


async def sockets(client: Client, user: str) -> list[str]:
    """Where it says that there is to listen."""
    channels = (await client.ask("GET", "/asyncapi.json", key="")).row["channels"]
    found = [one["address"] for one in channels.values() if one["address"].startswith("/")]
    assert any("{userId}" in address for address in found)
    return [address.replace("{userId}", user) for address in found]


def token(client: Client, key: str, scopes: Sequence[str], now: int = 0) -> str:
    made = client.desk.ring.keys()[key.split("_")[1]]
    return client.desk.tokens.make(made, scopes, 60, now or time.time_ns())[1]


def bad(client: Client, folder: Path) -> dict[str, str]:
    """Credentials that are none, by what they are."""
    ring, now = client.desk.ring, time.time_ns()
    good, revoked = client.make(ADMIN), client.make(ADMIN)
    ended = client.make(ADMIN, expires=time.time_ns() + 10**9)
    found = {
        "a revoked key": revoked, "an expired key": ended, "a key and a letter": f"{good}x", "most of a key": good[:-1],
        "another key's secret": f"tw_{revoked.split('_')[1]}_{good.split('_', 2)[2]}",
        "no key's id": f"tw_{'0' * 8}_{good.split('_', 2)[2]}",
        "the hash of a key": ring.keys()[good.split("_")[1]].hash,
        "no text of a key": "tw__", "anything": "x",
        "an expired token": token(client, good, [ADMIN], now - MINUTE_NS - 10**9),
        "a token of a time to come": token(client, good, [ADMIN], now + MINUTE_NS),
        "a token of a revoked key": token(client, revoked, [ADMIN]),
        "a token of an expired key": token(client, ended, [ADMIN]),
        "a token and a letter": token(client, good, [ADMIN])[:-4] + "AAAA",
        "a token without its signature": token(client, good, [ADMIN]).rpartition(".")[0] + ".",
        "a token of another home": Tokens(KeyRing(folder)).make(ring.keys()[good.split("_")[1]], [ADMIN], 60, now)[1],
    }  # fmt: skip
    ring.revoke(revoked.split("_")[1], now)
    time.sleep(1.1)
    return found


def test_every_operation_is_shut_to_whoever_may_not(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        known = await operations(client)
        assert {one.path for one in known if one.scope == OPEN} == set(door.OPEN)
        assert {one.scope for one in known} <= {OPEN, ANY, *SCOPES}
        credentials = {"none": "", **bad(client, tmp_path)}
        asked = 0
        for one in known:
            if one.scope == OPEN:
                continue
            for what, text in credentials.items():
                answer = await client.ask(one.method, one.path, key=text)
                if one.path == door.NEAR and not text:
                    assert answer.status == 200, "the machine itself may read it"
                    continue
                assert (answer.status, answer.code) == (401, "UNAUTHORIZED"), (one, what)
                assert answer.headers["WWW-Authenticate"] == "Bearer"
                asked += 1
        assert asked >= 30 * len(credentials) - 1
        assert (client.engine.states, client.engine.orders, client.engine.sessions) == ({}, {}, {}), "nothing was done"

    asked(tmp_path, act, QUIET)


def test_every_operation_is_shut_to_whoever_lacks_its_scope(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        for one in await operations(client):
            if one.scope in (OPEN, ANY):
                continue
            others = [scope for scope in SCOPES if scope not in (one.scope, ADMIN)]
            key = client.make(*others)
            # The narrower word of a key that may.
            narrowed = token(client, client.make(ADMIN), others)
            for text in (key, token(client, key, others), narrowed):
                answer = await client.ask(one.method, one.path, key=text)
                assert (answer.status, answer.code) == (403, "FORBIDDEN"), one
                assert one.scope in answer.row["detail"]
        assert (client.engine.states, client.engine.orders, client.engine.sessions) == ({}, {}, {}), "nothing was done"

    asked(tmp_path, act, QUIET)


def test_every_socket_is_shut_to_whoever_may_not(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        credentials = bad(client, tmp_path)
        good, blind = client.make("read"), client.make("trade", "risk", "kill")
        for path in await sockets(client, "ann"):
            for what, text in credentials.items():
                for headers, protocols in (
                    ({"Authorization": f"Bearer {text}"}, ()), ({}, ("tradewright", f"bearer.{text}"))
                ):  # fmt: skip
                    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                        await client.session.ws_connect(f"{client.url}{path}", headers=headers, protocols=protocols)
                    assert caught.value.status == 401, (path, what)
                async with listening(client, path, "") as ear:
                    await ear.say({"op": "authenticate", "key": text})
                    assert (await ear.ended(), ear.frames) == (4401, []), (path, what)
            for text in (blind, token(client, blind, ["kill"]), token(client, client.make(ADMIN), ["kill"])):
                async with listening(client, path, text) as ear:
                    assert (await ear.ended(), ear.frames) == (4403, []), path
        for path in await sockets(client, "bob"):
            if "bob" not in path:
                continue
            for text in (good, token(client, good, ["read"])):
                with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                    await client.session.ws_connect(f"{client.url}{path}", headers={"Authorization": f"Bearer {text}"})
                assert caught.value.status == 404
                async with listening(client, path, "") as ear:
                    await ear.say({"op": "authenticate", "key": text})
                    assert (await ear.ended(), ear.frames) == (4404, [])

    asked(tmp_path, act, QUIET)


#: Nobody trades, so that whatever is done was asked for.
QUIET = """accounts:
  one: {venue: paper, symbols: [BTCUSD], cash: 50000}
  two: {venue: paper, symbols: [ETHUSD], cash: 20000}
risk: {maxOrderValue: 10000}
server: {port: 0, requestsPerSecond: 1000}
"""
