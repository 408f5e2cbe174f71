"""One request that changes something, and what its answer means. What may have arrived is never sent again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from tradewright.adapters.net.backoff import waits
from tradewright.adapters.venue.mt5 import outcomes
from tradewright.adapters.venue.mt5.connector import EXIT, Connector
from tradewright.adapters.venue.mt5.outcomes import Outcome, outcome_of
from tradewright.model.errors import AnswerLost, NotSent, Withheld
from tradewright.model.order import Order
from tradewright.model.rng import Rng
from tradewright.ports import Clock, HttpAnswer

SECOND_NS = 1_000_000_000
#: A cancel or replace that surely was not sent is tried again for so long.
PATIENCE_NS = 2 * SECOND_NS
NOT_SENT = "NOT_SENT"


class Caller:
    """doubted: told when a request was refused in the name of its symbol's rules."""

    def __init__(
        self, connector: Connector, clock: Clock, rng: Rng, errors: Counter[str], doubted: Callable[[], None]
    ) -> None:
        self._connector = connector
        self._clock = clock
        self._rng = rng
        self._errors = errors
        self._doubted = doubted
        self._changes = 0

    def limited(self) -> bool:
        """Whether the connector takes no request now."""
        return bool(self._connector.limited())

    async def post(self, path: str, body: bytes, key: str, rank: int) -> Outcome:
        try:
            answer: HttpAnswer = await self._connector.post(path, body, key, rank)
        except Withheld as error:
            return Outcome(outcomes.REFUSED, error.code, str(error))
        except NotSent as error:
            self._errors[NOT_SENT] += 1
            return Outcome(outcomes.REFUSED, NOT_SENT, str(error))
        except AnswerLost as error:
            self._errors["ANSWER_LOST"] += 1
            return Outcome(outcomes.UNKNOWN, "ANSWER_LOST", str(error))
        outcome = outcome_of(answer)
        if outcome.code and outcome.kind != outcomes.DONE:
            self._errors[outcome.code] += 1
        if outcome.names_a_rule:
            self._doubted()
        return outcome

    async def insist(self, path: str, body: bytes, order: Order, what: str) -> Outcome:
        """A cancel or a change: what surely was not done for want of a connection or by a limit is tried again."""
        key = self.key(order, what)
        pauses, until = waits(self._rng, SECOND_NS // 10), self._clock() + PATIENCE_NS
        for attempt in range(100):
            outcome = await self.post(path, body, f"{key}:{attempt}", EXIT)
            if outcome.kind == outcomes.LIMITED:
                continue
            if outcome.code != NOT_SENT:
                return outcome
            pause = next(pauses)
            if self._clock() + pause >= until:
                break
            await asyncio.sleep(pause / SECOND_NS)
        return Outcome(outcomes.UNKNOWN, outcome.code, outcome.text)

    def key(self, order: Order, what: str) -> str:
        """Never the same twice, after a restart either."""
        self._changes += 1
        return f"{order.id}:{what}:{self._clock()}:{self._changes}"
