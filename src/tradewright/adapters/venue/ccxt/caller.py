"""Takes requests past the limits, one errand each, and says what became of them.

An errand that places, ends or changes something may send one such request and no second one, whatever the library makes
of it; and what places an order leaves only if the bytes carry the id and the very numbers that were approved.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tradewright.adapters.chain.outcomes import ASK, CLOCK, LIMITED, UNKNOWN, Limited, Refused
from tradewright.adapters.net.budget import Budget, retry_after
from tradewright.adapters.net.slots import ASK_RANK, BEHIND, EXIT_RANK, OPEN_RANK, Slots
from tradewright.adapters.net.url_text import without_queries
from tradewright.adapters.venue.ccxt.library import MS_NS, Work, names_of
from tradewright.adapters.venue.ccxt.outcomes import names_a_rule, outcome_of
from tradewright.adapters.venue.ccxt.requests import Carried
from tradewright.model.errors import AnswerLost, InputError, NotSent, TransportError, VenueRefused
from tradewright.model.numbers import decimal_of
from tradewright.ports import Clock, HttpAnswer, HttpRequest, Transport

SECOND_NS = 1_000_000_000
TIMEOUT = 5.0
AT_ONCE, ASKING_AT_ONCE = 5, 3
#: Costs are counted in thousandths: the library states some below one.
MILLI = 1_000
#: A budget holds what the library would let through in so long, or in so many requests.
WINDOW_MS, WINDOW_REQUESTS = 2_000, 10
RESERVE = 10
#: Percent of a budget that have to be free for what can wait.
CROWDED = 50
#: Where a refusal does not say for how long.
PAUSE_NS, BAN_NS = 10 * SECOND_NS, 120 * SECOND_NS
TEXT_MAX = 300
UNSUPPORTED = "UNSUPPORTED"


def _nobody() -> None:
    """Hears nothing."""


@dataclass(slots=True)
class Errand:
    """One call of the library. leaves: told when a request leaves that does more than ask; left: something may have
    reached the exchange; wrote: so many requests did that do more than ask; landed: one of those was answered; beyond:
    the library went on to another request then."""

    kind: str
    rank: int
    carried: Carried | None = None
    leaves: Callable[[], None] = _nobody
    left: bool = False
    wrote: int = 0
    landed: bool = False
    beyond: bool = False


_ERRAND: ContextVar[Errand | None] = ContextVar("errand", default=None)


@dataclass(slots=True)
class Pace:
    """The budget of an exchange. rate_ms: the library's pause between two requests of cost 1."""

    rate_ms: float
    budget: Budget = field(init=False)

    def __post_init__(self) -> None:
        window_ms = max(WINDOW_MS, ceil(self.rate_ms * WINDOW_REQUESTS))
        limit = max(int(window_ms / max(self.rate_ms, 0.001) * MILLI), 2 * MILLI)
        self.budget = Budget(limit, window_ms * MS_NS, limit // RESERVE)


class Caller:
    """offset: the exchange's clock less ours, ns; measured: told each time it was measured."""

    def __init__(
        self, transport: Transport, clock: Clock, errors: Counter[str], measured: Callable[[int], None]
    ) -> None:
        self.offset = 0
        self.library: Any = None
        self._transport = transport
        self._clock = clock
        self.errors = errors
        self._measured = measured
        #: Called where an order was refused in the name of its market's rules.
        self.doubted: Callable[[], None] = _nobody
        self._slots = Slots(AT_ONCE)
        self._asking = Slots(ASKING_AT_ONCE)
        self._pace = Pace(1_000.0)

    def use(self, library: Any) -> None:
        """The library's client, which asks through this one."""
        self.library = library
        self._pace = Pace(float(library.rateLimit))

    def now(self) -> int:
        """The exchange's clock, ns."""
        return self._clock() + self.offset

    @property
    def budget(self) -> Budget:
        return self._pace.budget

    def crowded(self) -> bool:
        """Whether so much of the budget is used that what can wait should."""
        budget = self.budget
        return budget.wait(budget.limit * CROWDED // 100, self.now()) > 0

    async def call(
        self, kind: str, work: Work, rank: int = ASK_RANK, carried: Carried | None = None,
        leaves: Callable[[], None] = _nobody,
    ) -> Any:  # fmt: skip
        """What the library answers. leaves: of `Errand`. Raises NotSent, AnswerLost (also where the answer says nothing
        certain), Limited, Refused."""
        outcome, error, errand = await self._try(work, Errand(kind, rank, carried, leaves))
        if error is not None and outcome == CLOCK:
            # Refused before matching, for its time: it is safe to make it again, once.
            await self._measure_again(rank, _text_of(error))
            outcome, error, errand = await self._try(work, Errand(kind, rank, carried, leaves))
        if error is None:
            return outcome
        text, code = _text_of(error), type(error).__name__
        if not errand.left:
            raise Refused(outcome, text, UNSUPPORTED) from error
        if outcome == LIMITED:
            until = self.now() + PAUSE_NS
            self.budget.close(until)
            raise Limited(text, until) from error
        if outcome == UNKNOWN:
            raise AnswerLost(f"{code}: {text}") from error
        if names_a_rule(kind, names_of(error)):
            self.doubted()
        raise Refused(outcome, text, code) from error

    async def _try(self, work: Work, errand: Errand) -> tuple[Any, Exception | None, Errand]:
        """The library's answer, or what its error means and the error."""
        kind, rank = errand.kind, errand.rank
        if rank == ASK_RANK:
            await self._asking.take(rank)
        try:
            await self._slots.take(rank)
            token = _ERRAND.set(errand)
            try:
                return await work(), None, errand
            except (TransportError, VenueRefused) as error:
                if errand.beyond:
                    raise AnswerLost(f"after it was answered: {error}") from error
                raise
            except Exception as error:
                # The library's own errors, and what it stumbles over in an answer.
                if errand.beyond:
                    raise AnswerLost(f"after it was answered: {type(error).__name__}") from error
                names = names_of(error)
                if "BaseError" not in names:
                    self.errors["unreadable"] += 1
                return outcome_of(kind, names, str(error)), error, errand
            finally:
                _ERRAND.reset(token)
                self._slots.give()
        finally:
            if rank == ASK_RANK:
                self._asking.give()

    async def measure(self, rank: int = ASK_RANK) -> None:
        """Looks at the exchange's clock, if it shows one. Raises as `call`."""
        if self.library.has.get("fetchTime") is not True:
            return
        began = self._clock()
        stated = await self.call(ASK, self.library.fetch_time, rank)
        ended = self._clock()
        if not isinstance(stated, int) or not 0 < stated < 2**62 // MS_NS:
            raise AnswerLost(f"{str(stated)[:40]} is not a time")
        offset = stated * MS_NS - (began + ended) // 2
        self.budget.shift(offset - self.offset)
        self.offset = offset
        self._measured(self.offset)

    async def _measure_again(self, rank: int, text: str) -> None:
        """For a request that was refused for its time. Raises Limited; NotSent where the clock can not be measured: the
        request did not reach matching."""
        try:
            await self.measure(min(rank, OPEN_RANK))
        except Limited:
            raise
        except (TransportError, VenueRefused) as error:
            raise NotSent(f"{text} The clock can not be measured anew: {error}") from error

    # Under the library

    async def pace(self, cost: float) -> None:
        errand = _ERRAND.get()
        rank = ASK_RANK if errand is None else errand.rank
        weight = max(ceil(cost * MILLI), 1)
        while wait := self.budget.wait(weight, self.now(), urgent=rank == EXIT_RANK):
            if rank == OPEN_RANK:
                raise Limited(f"the limit leaves no room for {wait // MS_NS} ms", self.now() + wait)
            await asyncio.sleep(wait / SECOND_NS + rank * BEHIND)
        self.budget.take(weight, self.now())

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        errand = _ERRAND.get()
        if errand is None:
            raise NotSent(f"{method}: the library asks for something on its own")
        if method != "GET":
            self._check(errand, method, url, body)
            errand.leaves()
            errand.wrote += 1
        errand.left, errand.beyond = True, errand.landed
        answer = await self._transport.request(HttpRequest(method, url, headers, body), TIMEOUT)
        if answer.status in (418, 429):
            until = self.now() + _retry_after(answer)
            self.budget.close(until)
            raise Limited(f"{answer.status}", until)
        if answer.status >= 500 or answer.status < 200 or 300 <= answer.status < 400:
            # A gateway's word: the matching engine may have the request.
            raise AnswerLost(f"{method}: status {answer.status}")
        errand.landed = errand.landed or method != "GET"
        return answer

    def _check(self, errand: Errand, method: str, url: str, body: bytes) -> None:
        """Whether a request that does more than ask may leave. Raises AnswerLost, Refused."""
        if errand.kind == ASK:
            raise Refused(UNKNOWN, f"{method}: a question is no {method}", UNSUPPORTED)
        if errand.wrote:
            raise AnswerLost(f"{method}: the library would have sent it a second time")
        if errand.carried is None:
            return
        found = set(values_in(url, body))
        numbers = {number for number in map(_number, found) if number is not None}
        if errand.carried.client_id not in found:
            raise Refused(UNKNOWN, "the library leaves the order's client id out of the request", UNSUPPORTED)
        for text in errand.carried.numbers:
            if Decimal(text) not in numbers:
                raise Refused(UNKNOWN, f"the library leaves {text} of the order out of the request", UNSUPPORTED)


def values_in(url: str, body: bytes) -> Iterator[str]:
    """Every value that a request states, in its query or its body, as text."""
    yield from (value for _, value in parse_qsl(urlsplit(url).query))
    try:
        found = json.loads(body, parse_float=str) if body else None
    except ValueError:
        yield from (value for _, value in parse_qsl(body.decode(errors="replace")))
        return
    yield from _leaves(found)


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif value is not None:
        yield str(value)


def _number(text: str) -> Decimal | None:
    try:
        return decimal_of(text, "a value")
    except InputError:
        return None


def _text_of(error: Exception) -> str:
    """What the library says, without what it has signed."""
    return without_queries(f"{error}")[:TEXT_MAX]


def _retry_after(answer: HttpAnswer) -> int:
    """ns until it may be tried again."""
    said = retry_after(answer)
    if said is not None:
        return said
    return BAN_NS if answer.status == 418 else PAUSE_NS
