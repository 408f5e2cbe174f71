"""A WebSocket that is kept: opened again when it ends, dropped when it is silent, renewed before its end.

What was said while it was away is lost; whoever listens fills that in from elsewhere once it is opened again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from tradewright.adapters.net.backoff import waits
from tradewright.adapters.net.url_text import without_queries
from tradewright.model.errors import SocketClosed, TransportError, VenueRefused
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Socket, Transport

SECOND_NS = 1_000_000_000
#: What lives shorter has not worked: the next attempt waits longer than the one before it.
LIVED_SECONDS = 30.0


class Line:
    """One WebSocket to a venue, for as long as `run` runs.

    opened: logs in and subscribes on a fresh socket, reading its answers from it; where it raises, that attempt has
    failed. heard: takes each later message. lost: told why the line broke, before the next attempt (not when a fresh
    socket takes the place of an old one). silence_ns: nothing heard for half of it ⇒ a ping, for all of it ⇒ dropped.
    renew_ns: a fresh socket after so long, opened before the old one is closed, so that messages may come twice;
    0 = never.
    """

    def __init__(
        self,
        url: str,
        transport: Transport,
        clock: Clock,
        rng: Rng,
        opened: Callable[[Socket], Awaitable[None]],
        heard: Callable[[str | bytes], None],
        lost: Callable[[str], None],
        headers: Mapping[str, str] | None = None,
        silence_ns: int = 60 * SECOND_NS,
        renew_ns: int = 0,
        timeout: float = 10.0,
    ) -> None:
        self.url = url
        self._place = without_queries(url)
        self.socket: Socket | None = None
        self._transport = transport
        self._clock = clock
        self._rng = rng
        self._opened = opened
        self._heard = heard
        self._lost = lost
        self._headers = dict(headers or {})
        self._silence_ns = silence_ns
        self._renew_ns = renew_ns
        self._timeout = timeout
        self._early = asyncio.Event()
        self._given_up = asyncio.Event()
        self._reason = ""

    def renew(self) -> None:
        """A fresh socket takes the place of this one now: its peer has said that it will end it."""
        self._early.set()

    def drop(self, reason: str) -> None:
        """The socket is of no use any more; a fresh one is opened as after a break. Nothing where none is open."""
        self._reason = reason
        self._given_up.set()

    async def send(self, message: str | bytes) -> None:
        """Raises SocketClosed, also while there is no socket."""
        if self.socket is None:
            raise SocketClosed(f"{self._place} is not connected")
        await self.socket.send(message)

    async def run(self) -> None:
        """Keeps the line until cancelled. A peer that takes each connection and ends it is asked at growing intervals
        like one that takes none."""
        pauses = waits(self._rng)
        time = asyncio.get_running_loop().time
        while True:
            try:
                fresh = await self._open()
            except (TransportError, VenueRefused) as error:
                self._lost(str(error))
            else:
                begun = time()
                self._lost(await self._follow(fresh))
                if time() - begun >= LIVED_SECONDS:
                    pauses = waits(self._rng)
            await asyncio.sleep(next(pauses) / SECOND_NS)

    async def _open(self) -> Socket:
        socket = await self._transport.connect(self.url, self._headers, self._timeout)
        try:
            async with asyncio.timeout(self._timeout):
                await self._opened(socket)
        except TimeoutError as error:
            await socket.close()
            raise SocketClosed(f"{self._place}: no answer to the log-in within {self._timeout:g} s") from error
        except BaseException:
            await socket.close()
            raise
        return socket

    async def _follow(self, socket: Socket) -> str:
        """Reads a socket, and each that takes its place, until one ends; the reason."""
        while True:
            self.socket = socket
            self._early.clear()
            self._given_up.clear()
            reader = asyncio.create_task(self._read(socket))
            watcher = asyncio.create_task(self._watch(socket))
            renewal = asyncio.create_task(self._renew())
            dropped = asyncio.create_task(self._dropped())
            tasks: list[asyncio.Task[object]] = [reader, watcher, renewal, dropped]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if not renewal.done():
                    self.socket = None
                    return next(task.result() for task in (dropped, reader, watcher) if task.done())
                # Until here the old one was read: a message may come twice, none is missed.
                fresh = renewal.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                with suppress(TransportError):
                    await socket.close()
            socket = fresh

    async def _read(self, socket: Socket) -> str:
        try:
            while True:
                self._heard(await socket.receive())
        except SocketClosed as closed:
            return str(closed)

    async def _watch(self, socket: Socket) -> str:
        step = self._silence_ns // 8
        time = asyncio.get_running_loop().time
        heard, since = socket.heard, time()
        while True:
            if socket.heard != heard:
                heard, since = socket.heard, time()
            # What the clock says, unless it was set meanwhile: then what has passed since it was seen to be heard.
            passed = round((time() - since) * SECOND_NS)
            silent = min(max(self._clock() - heard, passed), passed + step)
            if silent >= self._silence_ns:
                return f"{self._place}: nothing was heard for {silent // SECOND_NS} s"
            if 2 * silent >= self._silence_ns:
                try:
                    await socket.ping()
                except SocketClosed as closed:
                    return str(closed)
            await asyncio.sleep(step / SECOND_NS)

    async def _dropped(self) -> str:
        await self._given_up.wait()
        return self._reason

    async def _renew(self) -> Socket:
        # Not wait_for: in Python 3.11 it forgets that it is cancelled where what it waits for comes at that moment.
        with suppress(TimeoutError):
            async with asyncio.timeout(self._renew_ns / SECOND_NS if self._renew_ns else None):
                await self._early.wait()
        for pause in waits(self._rng):
            try:
                return await self._open()
            except (TransportError, VenueRefused):
                await asyncio.sleep(pause / SECOND_NS)
        raise AssertionError("waits has no end")
