"""One connector's HTTP interface: who goes first, how many at once, and what it forbids.

At most five requests are out; what cancels or reduces goes first, then orders, then what only reads. While a limit
lasts nothing leaves at all. The connector speaks to one terminal, which does one thing at a time: more would only wait
there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from heapq import heappop, heappush

from tradewright.adapters.venue.mt5.answers import UNREADABLE, Refusal, Shape, read
from tradewright.adapters.venue.mt5.credentials import Credentials
from tradewright.adapters.venue.mt5.endpoints import Endpoints
from tradewright.adapters.venue.mt5.outcomes import LIMITED, outcome_of
from tradewright.model.errors import VenueRefused
from tradewright.ports import Clock, HttpAnswer, HttpRequest, Transport

PLACES = 5
TIMEOUT_SECONDS = 5.0
SECOND_NS = 1_000_000_000
#: Who goes first.
EXIT, ORDER, READ = range(3)


class Connector:
    """errors: what went wrong, counted by its name."""

    def __init__(
        self, endpoints: Endpoints, credentials: Credentials, transport: Transport, clock: Clock, errors: Counter[str]
    ) -> None:
        self.endpoints = endpoints
        self.errors = errors
        self.closed_until = 0
        self._headers = credentials.headers()
        self._transport = transport
        self._clock = clock
        self._free = PLACES
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    async def read(self, path: str, shape: type[Shape], query: dict[str, str] | None = None) -> Shape:
        """What a GET answers. Raises TransportError, and VenueRefused with the retcode, "HTTP_…" or UNREADABLE."""
        request = HttpRequest("GET", self.endpoints.url(path, query), self._headers)
        answer = await self._send(request, READ)
        if answer.status == 200:
            try:
                return read(answer.body, shape)
            except VenueRefused:
                self.errors[UNREADABLE] += 1
                raise
        self.errors[f"HTTP_{answer.status}"] += 1
        self._heed(answer)
        try:
            text = read(answer.body, Refusal).text
        except VenueRefused:
            text = ""
        raise VenueRefused(f"{path}: status {answer.status} {text}", f"HTTP_{answer.status}")

    async def post(self, path: str, body: bytes, key: str, rank: int) -> HttpAnswer:
        """The answer to a POST, whatever it is. key: the same key with the same body is the same deed. Raises
        TransportError."""
        headers = {**self._headers, "Content-Type": "application/json", "Idempotency-Key": key}
        answer = await self._send(HttpRequest("POST", self.endpoints.url(path), headers, body), rank)
        self._heed(answer)
        return answer

    def limited(self) -> bool:
        """Whether a limit holds now."""
        return self._clock() < self.closed_until

    def _heed(self, answer: HttpAnswer) -> None:
        if answer.status < 400:
            return
        outcome = outcome_of(answer)
        if outcome.kind == LIMITED:
            self.closed_until = max(self.closed_until, self._clock() + outcome.wait_ns)

    async def _send(self, request: HttpRequest, rank: int) -> HttpAnswer:
        if self._free and not self._waiting and not self.limited():
            self._free -= 1
        else:
            await self._queue(rank)
        try:
            return await self._transport.request(request, TIMEOUT_SECONDS)
        finally:
            self._free += 1
            self._admit()

    async def _queue(self, rank: int) -> None:
        """Waits for a place; when it is given, no limit holds."""
        self._count += 1
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (rank, self._count, place))
        self._admit()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._free += 1
                self._admit()
            raise

    def _admit(self) -> None:
        """Gives the free places away, the most urgent first; under a limit at its end."""
        wait = self.closed_until - self._clock()
        if wait > 0 and self._waiting and (self._timer is None or self._timer.cancelled()):
            self._timer = asyncio.get_running_loop().call_later(wait / SECOND_NS, self._reopen)
        while wait <= 0 and self._free and self._waiting:
            _, _, place = heappop(self._waiting)
            if not place.done():
                self._free -= 1
                place.set_result(None)

    def _reopen(self) -> None:
        self._timer = None
        self._admit()
