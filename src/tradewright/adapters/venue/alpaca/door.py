"""The one way out: each request passes the gate, leaves once, and comes back as a verdict or a noun.

The headers of each answer say what the venue has counted; its word goes into the budget. A throttled request reached
nothing that trades: what may wait goes again when the venue allows it, and not one request leaves before.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tradewright.adapters.net.backoff import waits
from tradewright.adapters.net.budget import Budget
from tradewright.adapters.venue.alpaca.answers import read
from tradewright.adapters.venue.alpaca.gate import OPENING, QUESTION, BudgetSpent, Gate
from tradewright.adapters.venue.alpaca.notation import Unreadable
from tradewright.adapters.venue.alpaca.outcomes import (
    CANCEL,
    QUERY,
    REFUSED,
    TAKEN,
    THROTTLED,
    UNKNOWN,
    Verdict,
    judge,
)  # fmt: skip
from tradewright.model.errors import AnswerLost, NotSent, VenueRefused, Withheld
from tradewright.model.rng import Rng
from tradewright.model.withheld import NOT_LEASED
from tradewright.ports import Clock, HttpAnswer, HttpRequest, Transport

Noun = TypeVar("Noun")
SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
#: Our patience with one answer; of lists that are long, more.
TIMEOUT = 5.0
LONG_TIMEOUT = 30.0
#: It surely never reached the venue; for so long it is tried again.
NOT_SENT = "not sent"
INSIST_NS = 2 * SECOND_NS
FIRST_WAIT_NS = SECOND_NS // 10
#: Until the venue says another: requests a minute, and how many of them are kept for what is urgent.
PER_MINUTE = 200
RESERVE = 40
THROTTLES_MAX = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """verdict: of `outcomes`, or NOT_SENT; body: of what was taken."""

    verdict: Verdict
    body: bytes = b""

    @property
    def means(self) -> str:
        return self.verdict.means


class Door:
    """To one host. errors: where what can not be understood is counted."""

    def __init__(self, transport: Transport, clock: Clock, rng: Rng, errors: Counter[str]) -> None:
        #: The venue's clock against ours, ns.
        self.offset_ns = 0
        self.errors = errors
        #: Called where a new order was refused in the name of its asset's rules.
        self.doubted: Callable[[], None] = _nobody
        self.budget = Budget(PER_MINUTE, MINUTE_NS, RESERVE)
        self.gate = Gate(self.budget, self.venue_time)
        self._transport = transport
        self._clock = clock
        self._rng = rng

    def venue_time(self) -> int:
        """What the venue's clock shows, as far as we know."""
        return self._clock() + self.offset_ns

    async def command(self, kind: str, request: HttpRequest, rank: int) -> Outcome:
        """What became of a command. Where it is throttled or never left, an OPENING ends there; others go again: after
        the venue's pause, or with growing waits for two seconds."""
        pauses = waits(self._rng, FIRST_WAIT_NS, SECOND_NS)
        deadline = self._clock() + INSIST_NS
        while True:
            outcome = await self._once(kind, request, rank)
            if rank == OPENING or outcome.means not in (THROTTLED, NOT_SENT):
                return outcome
            if outcome.means == NOT_SENT:
                if self._clock() >= deadline:
                    return outcome
                await asyncio.sleep(next(pauses) / SECOND_NS)
            else:
                deadline = self._clock() + INSIST_NS

    async def _once(self, kind: str, request: HttpRequest, rank: int) -> Outcome:
        try:
            answer = await self._send(request, rank, TIMEOUT)
        except BudgetSpent as spent:
            return Outcome(Verdict(THROTTLED, "RATE_LIMITED", str(spent)))
        except Withheld as error:
            # A cancel that had no lease is not refused: the order works on, and it goes again when that is back.
            passes = kind == CANCEL and error.code == NOT_LEASED
            return Outcome(Verdict(NOT_SENT if passes else REFUSED, error.code, str(error)))
        except NotSent as error:
            return Outcome(Verdict(NOT_SENT, "NOT_SENT", str(error)))
        except AnswerLost as error:
            return Outcome(Verdict(UNKNOWN, "", str(error)))
        verdict = judge(kind, answer)
        if verdict.means == UNKNOWN:
            self.errors[f"{kind}: answer {answer.status}"] += 1
        if verdict.names_a_rule:
            self.doubted()
        return Outcome(verdict, answer.body)

    async def fetch(self, request: HttpRequest, noun: type[Noun], timeout: float = TIMEOUT) -> Noun:
        """What a question is answered with. Raises TransportError, VenueRefused (its code is Alpaca's), Unreadable."""
        for _ in range(THROTTLES_MAX):
            answer = await self._send(request, QUESTION, timeout)
            verdict = judge(QUERY, answer)
            if verdict.means == TAKEN:
                return self._read(answer.body, noun)
            if verdict.means != THROTTLED:
                break
        raise VenueRefused(f"{answer.status}: {verdict.text}", verdict.means if answer.status == 404 else verdict.code)

    def _read(self, body: bytes, noun: type[Noun]) -> Noun:
        try:
            return read(body, noun)
        except Unreadable:
            self.errors["unreadable answer"] += 1
            raise

    async def _send(self, request: HttpRequest, rank: int, timeout: float) -> HttpAnswer:
        await self.gate.enter(rank)
        try:
            answer = await self._transport.request(request, timeout)
        finally:
            self.gate.leave()
        self._heed(answer)
        return answer

    def _heed(self, answer: HttpAnswer) -> None:
        """What the venue says of its limits."""
        now = self.venue_time()
        limit = _number(answer, "x-ratelimit-limit")
        left = _number(answer, "x-ratelimit-remaining")
        reset = _number(answer, "x-ratelimit-reset")
        if limit > 0 and limit != self.budget.limit:
            self.budget.limit = limit
            self.budget.reserve = min(RESERVE, limit // 5)
        # An answer that is late may speak of the minute before.
        if 0 <= left <= limit and (reset < 0 or reset * SECOND_NS > now):
            self.budget.said(limit - left, now)
        if answer.status == 429:
            after = _number(answer, "retry-after")
            until = max(reset * SECOND_NS, now + after * SECOND_NS if after >= 0 else 0)
            if not now < until <= now + 60 * MINUTE_NS:
                until = now + MINUTE_NS
            self.budget.close(until)


def _nobody() -> None:
    """Hears nothing."""


def _number(answer: HttpAnswer, name: str) -> int:
    """A header's number; -1 where it says none."""
    text = answer.headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
