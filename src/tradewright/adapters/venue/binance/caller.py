"""Sends requests to the venue: signed by its clock, within its limits, at most so many at once.

What may not leave now waits, cancels and exits first; only a new opening does not wait, it is refused. While the venue
forbids everything, nothing leaves, neither a request nor a new connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from tradewright.adapters.chain.outcomes import CLOCK, LIMITED, UNKNOWN, Limited, Refused
from tradewright.adapters.net.budget import Budget, retry_after
from tradewright.adapters.net.slots import ASK_RANK, BEHIND, EXIT_RANK, OPEN_RANK, Slots
from tradewright.adapters.venue.binance.answers import TimeRow, decoded, moment, refusal_of
from tradewright.adapters.venue.binance.credentials import Credentials
from tradewright.adapters.venue.binance.endpoints import Endpoints
from tradewright.adapters.venue.binance.instruments import RateLimit
from tradewright.adapters.venue.binance.outcomes import DONE, ORDERS_LIMITED, names_a_rule, outcome_of
from tradewright.adapters.venue.binance.requests import Call, server_time
from tradewright.adapters.venue.binance.signing import Parameters, query_of, signed_parameters, signed_query
from tradewright.model.errors import AnswerLost, InputError, NotSent, TransportError, VenueRefused
from tradewright.ports import Clock, HttpAnswer, HttpRequest, Socket, Transport

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
DAY_NS = 86_400 * SECOND_NS
TIMEOUT = 5.0
AT_ONCE = 5
#: Of each budget so much is kept for what ends or reduces: one part in ten.
RESERVE = 10
CONNECTIONS, CONNECTIONS_NS, CONNECTION_WEIGHT = 300, 5 * MINUTE_NS, 2
#: Where a refusal does not say for how long.
PAUSE_NS, BAN_NS = 10 * SECOND_NS, 2 * MINUTE_NS
#: What the venue's documents state; what it says of itself takes their place.
WEIGHT = RateLimit("REQUEST_WEIGHT", MINUTE_NS, 6000)
ORDERS = (RateLimit("ORDERS", 10 * SECOND_NS, 50), RateLimit("ORDERS", DAY_NS, 160_000))
_HEADERS = {MINUTE_NS: "1m", 10 * SECOND_NS: "10s", DAY_NS: "1d"}


def _nobody() -> None:
    """Hears nothing."""


def _unheard(wait: int, text: str) -> None:
    """Hears nothing."""


class Caller:
    """offset: the venue's clock less ours, ns; measured: told each time it was measured."""

    def __init__(
        self,
        endpoints: Endpoints,
        credentials: Credentials,
        transport: Transport,
        clock: Clock,
        measured: Callable[[int], None],
    ) -> None:
        self.offset = 0
        self.weight = _budget(WEIGHT)
        self.orders = {limit.window_ns: _budget(limit) for limit in ORDERS}
        self._endpoints = endpoints
        self._credentials = credentials
        self._transport = transport
        self._clock = clock
        self._measured = measured
        #: Called where a request was refused in the name of the rules on orders.
        self.doubted: Callable[[], None] = _nobody
        #: Told for how long, ns, the venue forbids every request, and its words.
        self.forbidden: Callable[[int, str], None] = _unheard
        self._slots = Slots(AT_ONCE)
        self._connections = Budget(CONNECTIONS, CONNECTIONS_NS)
        self._headers = {"X-MBX-APIKEY": credentials.key, "X-MBX-TIME-UNIT": "MICROSECOND"}

    def now(self) -> int:
        """The venue's clock, ns."""
        return self._clock() + self.offset

    def take_limits(self, limits: list[RateLimit]) -> None:
        """The venue's own limits, from now on. Raises InputError for limits that are none."""
        for limit in limits:
            if limit.kind == "REQUEST_WEIGHT" and limit.window_ns == MINUTE_NS:
                self.weight = _changed(self.weight, limit)
            elif limit.kind == "ORDERS":
                self.orders[limit.window_ns] = _changed(self.orders.get(limit.window_ns), limit)

    def signed(self, parameters: Parameters) -> dict[str, str | int]:
        """Parameters of a call over the WebSocket API, signed now."""
        return signed_parameters(parameters, self._credentials, self.now() // 1_000)

    async def call(self, call: Call, rank: int = ASK_RANK, leaves: Callable[[], None] = _nobody) -> bytes:
        """The body of an answer that says yes. leaves: told each time the request leaves, which it does not where that
        raises NotSent. Raises NotSent, AnswerLost (also where the answer says nothing certain), Limited, Refused."""
        answer = await self._send(call, rank, leaves)
        outcome, code, text = self._read(call, answer)
        if outcome == CLOCK:
            # Refused before matching, for its time: it is safe to make it again, once.
            await self._measure_again(rank, text)
            answer = await self._send(call, rank, leaves)
            outcome, code, text = self._read(call, answer)
        if outcome == DONE:
            return answer.body
        if outcome == UNKNOWN:
            raise AnswerLost(f"{call.method} {call.path}: {answer.status} {code} {text}")
        if names_a_rule(call.kind, code, text):
            self.doubted()
        raise Refused(outcome, text, f"{code}")

    async def measure(self, rank: int = ASK_RANK) -> None:
        """Looks at the venue's clock. Raises as `call`."""
        call = server_time()
        began = self._clock()
        answer = await self._send(call, rank)
        ended = self._clock()
        outcome, code, text = self._read(call, answer)
        if outcome != DONE:
            raise Refused(outcome, text, f"{code}")
        try:
            stated = moment(decoded(answer.body, TimeRow).serverTime)
        except InputError as error:
            raise AnswerLost(f"{call.path}: {error}") from error
        offset = stated - (began + ended) // 2
        for budget in (self.weight, self._connections, *self.orders.values()):
            budget.shift(offset - self.offset)
        self.offset = offset
        self._measured(self.offset)

    async def _measure_again(self, rank: int, text: str) -> None:
        """For a request that was refused for its time. Raises Limited; NotSent where the clock can not be measured:
        the request did not reach matching."""
        try:
            await self.measure(EXIT_RANK if rank == EXIT_RANK else ASK_RANK)
        except Limited:
            raise
        except (TransportError, VenueRefused) as error:
            raise NotSent(f"{text} The clock can not be measured anew: {error}") from error

    # Limits

    def wait(self, call: Call, rank: int) -> int:
        """How long, ns, until it may leave; 0 = now."""
        now, urgent = self.now(), rank == EXIT_RANK
        waits = [self.weight.wait(call.weight, now, urgent)]
        if call.orders:
            waits += [budget.wait(call.orders, now, urgent) for budget in self.orders.values()]
        return max(waits)

    async def _room(self, call: Call, rank: int) -> int:
        """Returns with a slot, and with what it costs taken; when that was."""
        while True:
            wait = self.wait(call, rank)
            if wait and rank == OPEN_RANK:
                raise Limited(f"{call.path}: the venue's limit leaves no room for {wait // 1_000_000} ms",
                              self.now() + wait)  # fmt: skip
            if wait:
                await asyncio.sleep(wait / SECOND_NS + rank * BEHIND)
                continue
            await self._slots.take(rank)
            if not self.wait(call, rank):
                break
            self._slots.give()
        now = self.now()
        self.weight.take(call.weight, now)
        for budget in self.orders.values() if call.orders else ():
            budget.take(call.orders, now)
        return now

    async def _send(self, call: Call, rank: int, leaves: Callable[[], None] = _nobody) -> HttpAnswer:
        taken = await self._room(call, rank)
        try:
            leaves()
            answer = await self._transport.request(self._request(call), TIMEOUT)
        finally:
            self._slots.give()
        if call.free and 200 <= answer.status < 300:
            self.weight.give_back(call.weight, taken, self.now())
        return answer

    def _request(self, call: Call) -> HttpRequest:
        if call.signed:
            query = signed_query(call.parameters, self._credentials, self.now() // 1_000)
        else:
            query = query_of(call.parameters)
        url = f"{self._endpoints.rest}{call.path}"
        return HttpRequest(call.method, f"{url}?{query}" if query else url, self._headers)

    def _read(self, call: Call, answer: HttpAnswer) -> tuple[str, int, str]:
        """The outcome, its code and text. Raises Limited, having closed the budget."""
        self._count(answer.headers)
        if 200 <= answer.status < 300:
            return DONE, 0, ""
        code, text = refusal_of(answer.body)
        outcome = outcome_of(call.kind, answer.status, code, text)
        if outcome in (LIMITED, ORDERS_LIMITED):
            until = self.now() + _retry_after(answer)
            self.close(until, orders_only=outcome == ORDERS_LIMITED)
            if outcome == LIMITED:
                self.forbidden(until - self.now(), f"{answer.status} {code} {text}")
            raise Limited(f"{answer.status} {code} {text}", until)
        return outcome, code, text

    def close(self, until: int, orders_only: bool = False) -> None:
        """Nothing leaves before; orders_only: no new order."""
        for budget in self.orders.values():
            budget.close(until)
        if not orders_only:
            self.weight.close(until)

    def _count(self, headers: Mapping[str, str]) -> None:
        """What the venue has counted replaces what we have."""
        now = self.now()
        _said(self.weight, headers.get("x-mbx-used-weight-1m", ""), now)
        for window, budget in self.orders.items():
            _said(budget, headers.get(f"x-mbx-order-count-{_HEADERS.get(window, '')}", ""), now)

    # Connections

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        return await self._transport.request(request, timeout)

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        """A WebSocket, once the venue's limits allow one. Raises NotSent."""
        while True:
            now = self.now()
            wait = max(self._connections.wait(1, now), self.weight.wait(CONNECTION_WEIGHT, now, urgent=True))
            if not wait:
                break
            await asyncio.sleep(wait / SECOND_NS + ASK_RANK * BEHIND)
        self._connections.take(1, now)
        self.weight.take(CONNECTION_WEIGHT, now)
        return await self._transport.connect(url, headers, timeout)

    async def close_connections(self) -> None:
        await self._transport.close()


def _budget(limit: RateLimit) -> Budget:
    return Budget(limit.most, limit.window_ns, limit.most // RESERVE)


def _changed(budget: Budget | None, limit: RateLimit) -> Budget:
    """The budget of a limit; it stands where it has not changed."""
    if budget is not None and (budget.limit, budget.window_ns) == (limit.most, limit.window_ns):
        return budget
    fresh = _budget(limit)
    if budget is not None:
        fresh.succeed(budget)
    return fresh


def _said(budget: Budget, text: str, now: int) -> None:
    if text.isascii() and text.isdigit() and len(text) < 10:
        budget.said(int(text), now)


def _retry_after(answer: HttpAnswer) -> int:
    """ns until it may be tried again."""
    said = retry_after(answer)
    if said is not None:
        return said
    return BAN_NS if answer.status == 418 else PAUSE_NS
