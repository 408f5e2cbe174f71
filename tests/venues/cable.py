"""The network between a client and its venue, which a test can cut and mend."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tradewright.model.errors import NotSent, SocketClosed
from tradewright.ports import HttpAnswer, HttpRequest, Socket, Transport

ABNORMAL = 1006


class Plug:
    """A WebSocket that breaks with its cable."""

    def __init__(self, inner: Socket, cable: Cable) -> None:
        self._inner = inner
        self._broken = cable.broken

    @property
    def heard(self) -> int:
        return self._inner.heard

    async def send(self, message: str | bytes) -> None:
        self._whole()
        await self._inner.send(message)

    async def receive(self) -> str | bytes:
        self._whole()
        waiting = [asyncio.ensure_future(self._inner.receive()), asyncio.ensure_future(self._broken.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            self._whole()
            frame = waiting[0].result()
            assert isinstance(frame, str | bytes)
            return frame
        finally:
            for one in waiting:
                one.cancel()

    async def ping(self) -> None:
        self._whole()
        await self._inner.ping()

    async def close(self) -> None:
        await self._inner.close()

    def _whole(self) -> None:
        if self._broken.is_set():
            raise SocketClosed("the line broke", ABNORMAL)


class Cable:
    """A Transport before another one. sent: how many requests that do something have passed."""

    def __init__(self, inner: Transport) -> None:
        self.sent = 0
        self.broken = asyncio.Event()
        self._inner = inner
        self._cut = False

    def cut(self) -> None:
        """Nothing passes any more."""
        self._cut = True
        self.broken.set()

    def mend(self) -> None:
        """What is connected from now on is whole."""
        self._cut = False
        self.broken = asyncio.Event()

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        await asyncio.sleep(0)
        if self._cut:
            raise NotSent("there is no network")
        self.sent += request.method != "GET"
        return await self._inner.request(request, timeout)

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        await asyncio.sleep(0)
        if self._cut:
            raise NotSent("there is no network")
        return Plug(await self._inner.connect(url, headers, timeout), self)

    async def close(self) -> None:
        await self._inner.close()
