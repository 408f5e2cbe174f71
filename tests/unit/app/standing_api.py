"""A service with its interface, in this process and over real sockets, and somebody who asks it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from tests.project import ROOT
from tradewright.adapters.journal import points
from tradewright.app.api.desk import Desk
from tradewright.app.config import read_config
from tradewright.app.service import Service
from tradewright.app.service_log import ServiceLog
from tradewright.core.engine import Engine
from tradewright.model.errors import JournalFull
from tradewright.model.moment import moment_of
from tradewright.ports import CrashPoint, no_crash

WALKER = ROOT / "tests/e2e/serve_strategies.py"
BOTH = f"""accounts:
  one: {{venue: paper, symbols: [BTCUSD], cash: 50000}}
  two: {{venue: paper, symbols: [ETHUSD], cash: 20000}}
strategies:
  walker: {{strategy: '{WALKER}:Walker', account: one, parameters: {{rounds: 3}}}}
  other: {{strategy: '{WALKER}:Walker', account: two, parameters: {{rounds: 2}}}}
risk: {{maxOrderValue: 10000, maxPositionSizePercent: 20, maxDailyLossPercent: 3, maxOpenPositions: 20}}
server: {{port: 0, requestsPerSecond: 1000}}
"""
SECONDS = 120.0


def instant(told: str) -> int:
    """ns of a moment as it is told: as texts moments have no order, since fractions go as far as they go."""
    return moment_of(told, "told")


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def row(self) -> dict[str, Any]:
        """Its object, with every number as it was written."""
        found: dict[str, Any] = json.loads(self.content, parse_float=Decimal)
        return found

    @property
    def code(self) -> str:
        assert self.headers["Content-Type"] == "application/problem+json", self
        assert self.row["status"] == self.status
        return str(self.row["code"])


class Client:
    """Who asks. key: the one that goes along, "" = none."""

    def __init__(self, service: Service, session: aiohttp.ClientSession) -> None:
        assert service.api is not None
        self.service = service
        self.session = session
        self.url = service.api.url
        self.desk: Desk = service.api.desk
        self.key = self.make("read", "trade", "risk", "kill")

    @property
    def engine(self) -> Engine:
        return self.service.engine

    def make(self, *scopes: str, accounts: Sequence[str] = (), name: str = "ann", expires: int | None = None) -> str:
        return self.desk.ring.make(name, scopes, time.time_ns(), accounts, expires)[1]

    async def ask(self, method: str, path: str, body: Any = None, key: str | None = None, **more: Any) -> Answer:
        key = self.key if key is None else key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        asked = self.session.request(method, f"{self.url}{path}", data=body, headers=headers, **more)
        async with asked as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, key: str | None = None) -> dict[str, Any]:
        """An answer that has to be a good one."""
        answer = await self.ask("GET", path, key=key)
        assert answer.status == 200, (path, answer)
        return answer.row

    async def until(self, so: Callable[[], object]) -> None:
        end = time.monotonic() + SECONDS
        while not so():
            assert time.monotonic() < end
            await asyncio.sleep(0.02)

    async def has_traded(self) -> None:
        """Every round of both strategies has filled."""
        books = self.engine.ledger.books.values()
        await self.until(lambda: {book.instrument.symbol: len(book.lots) for book in books} == ROUNDS)


#: Lots by symbol when `BOTH` has traded.
ROUNDS = {"BTCUSD": 3, "ETHUSD": 2}


@asynccontextmanager
async def standing(
    folder: Path, text: str = BOTH, crash: CrashPoint = no_crash, log: ServiceLog | None = None
) -> AsyncIterator[Client]:
    file = folder / "service.yaml"
    file.write_text(text)
    service = Service(read_config(file, {}), folder / "home", log or ServiceLog(True), crash)
    try:
        running = asyncio.create_task(service.run())
        while service.api is None or not service.api.answers:
            if running.done():
                running.result()
            await asyncio.sleep(0.02)
        try:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session:
                yield Client(service, session)
        finally:
            service.stop()
            await running
    finally:
        service.close()


def asked(
    folder: Path, act: Callable[[Client], Awaitable[None]], text: str = BOTH, crash: CrashPoint = no_crash
) -> None:
    """Runs a service while somebody asks it, and stops it."""

    async def program() -> None:
        async with standing(folder, text, crash) as client:
            await act(client)

    asyncio.run(program())


class Dam:
    """Holds the journal's writer back before it commits, while it is shut."""

    def __init__(self, point: str) -> None:
        self.point = point
        self.open = threading.Event()
        self.open.set()

    def __call__(self, point: str) -> None:
        if point == self.point:
            self.open.wait(SECONDS)


class FullDisk:
    """The journal's writer finds no room, once it is full."""

    def __init__(self) -> None:
        self.full = False

    def __call__(self, point: str) -> None:
        if self.full and point == points.BEFORE_COMMIT:
            raise JournalFull("no space left on device")
