"""Somebody who listens at a socket of the service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp

from tests.unit.app.standing_api import Client
from tradewright.app.api.messages import CHANNELS

ALL = list(CHANNELS)
SECONDS = 40.0


class Ear:
    """frames: the texts that came; events, prices: what was in them; answers: all other messages. reached: the sequence
    number up to which everything was told; code: of its end."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.prices: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.reached = 0
        self.code: int | None = None
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        async for message in self.socket:
            assert message.type == aiohttp.WSMsgType.TEXT, message
            row = json.loads(message.data, parse_float=Decimal)
            self.frames.append(message.data)
            if row["op"] in ("events", "heartbeat"):
                self.reached = row["sequence"]
            else:
                self.answers.append(row)
            self.events += row.get("events", [])
            if row.get("prices"):
                self.prices.append(row["prices"])
        self.code = self.socket.close_code

    async def say(self, row: Any) -> None:
        await self.socket.send_str(row if isinstance(row, str) else json.dumps(row))

    async def subscribe(self, channels: Sequence[str] = ALL, after: int | None = None) -> dict[str, Any]:
        """What is answered."""
        heard = len(self.replies())
        await self.say({"op": "subscribe", "channels": list(channels), **({} if after is None else {"after": after})})
        await self.until(lambda: len(self.replies()) > heard)
        return self.replies()[heard]

    def replies(self) -> list[dict[str, Any]]:
        """Answers to what was said."""
        return [one for one in self.answers if one["op"] in ("subscribed", "error")]

    async def until(self, so: Callable[[], object], seconds: float = SECONDS) -> None:
        async with asyncio.timeout(seconds):
            while not so():
                assert not self._reading.done() or self.code is not None, self._reading
                await asyncio.sleep(0.01)

    async def ended(self) -> int:
        """The code of its end."""
        await self.until(lambda: self.code is not None)
        assert self.code is not None
        return self.code

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def places(self) -> list[tuple[int, int]]:
        return [(event["sequence"], event["index"]) for event in self.events]

    async def close(self) -> None:
        await self.socket.close()
        await self._reading


@asynccontextmanager
async def listening(
    client: Client, path: str = "/ws", key: str | None = None, protocols: Sequence[str] = ()
) -> AsyncIterator[Ear]:
    """key: sent in the header, "" = none is."""
    key = client.key if key is None else key
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    socket = await client.session.ws_connect(f"{client.url}{path}", headers=headers, protocols=protocols)
    ear = Ear(socket)
    try:
        yield ear
    finally:
        await ear.close()
