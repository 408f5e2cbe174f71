"""The simulated Alpaca behind real sockets, in a thread of its own, on a Monday at eleven, with a steady market."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.unit.sim.wire.alpaca_desk import ACME, BTC, INSTRUMENTS, MINUTE, MONDAY, MS
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, Trade
from tradewright.model.rng import Rng
from tradewright.sim.models.models import Models
from tradewright.sim.wire.alpaca import AlpacaSite, Knobs
from tradewright.sim.wire.server import Server
from tradewright.sim.wire.site import Tape

#: A quote shows so many shares; with them the fills of larger orders come in parts.
SHOWN = 4


def market(start: int) -> Iterator[MarketEvent]:
    """Two hours of bars before `start`, then for ever quotes, a trade and a book of a share and a pair each 50 ms."""
    first = start - 120 * MINUTE
    for minute in range(120):
        begin = first + minute * MINUTE
        yield Bar(begin + MINUTE, ACME, begin, 1_000_000, 1_010_000, 990_000, 1_000_000, 1_000 * 10**6)
        yield Bar(begin + MINUTE, BTC, begin, 500_000_000, 501_000_000, 499_000_000, 500_000_000, 3 * 10**8)
    at = start
    while True:
        at += 50 * MS
        yield Quote(at, ACME, 999_900, 1_000_100, SHOWN * 10**6, SHOWN * 10**6)
        yield Quote(at, BTC, 499_900_000, 500_100_000, 10**7, 10**7)
        yield Trade(at, ACME, 1_000_100, 2 * 10**6, 1)
        yield Trade(at, BTC, 500_100_000, 10**6, -1)
        yield Depth(at, BTC, ((499_900_000, 10**7),), ((500_100_000, 10**7),))
        if (at - start) % (500 * MS) == 0:
            begin = at - at % MINUTE
            yield Bar(at, ACME, begin, 1_000_000, 1_010_000, 990_000, 1_000_000, 10**6)
            yield Bar(at, BTC, begin, 500_000_000, 501_000_000, 499_000_000, 500_000_000, 10**6)


class Served:
    """A venue at work. http, ws: its addresses."""

    def __init__(self, site: AlpacaSite, server: Server, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.site = site
        self.server = server
        self.http = f"http://127.0.0.1:{server.port}"
        self.ws = f"ws://127.0.0.1:{server.port}"

    def do(self, deed: Callable[[AlpacaSite, int], object]) -> None:
        """Does something to the site in its own thread, at its time."""

        async def act() -> None:
            deed(self.site, self.server.clock())

        asyncio.run_coroutine_threadsafe(act(), self._loop).result(10)


@contextmanager
def served(knobs: Knobs | None = None) -> Iterator[Served]:
    """The venue, until the end of the block; what went wrong inside of it fails the test. knobs: by default fills come
    in parts, and nobody who waits for something is throttled."""
    shift = MONDAY - time.time_ns()
    knobs = knobs or Knobs(sizes=True, requests_per_minute=1_000_000)
    site = AlpacaSite(INSTRUMENTS.values(), Tape(market(MONDAY)), Rng(11), MONDAY, knobs=knobs, models=Models())
    server = Server(site, lambda: time.time_ns() + shift)
    ready, over = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        await server.start()
        ready.set()
        await over.wait()
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield Served(site, server, loops[0])
    finally:
        loops[0].call_soon_threadsafe(over.set)
        thread.join(30)
    assert not server.failures
    assert not thread.is_alive()


def until(condition: object, seconds: float = 15.0) -> None:
    """Waits for it, and fails if it never comes true."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
