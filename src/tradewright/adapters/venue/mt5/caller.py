"""One request that changes something, and what its answer means. What may have arrived is never sent again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from tradewright.adapters.net.backoff import waits
from tradewright.adapters.venue.mt5 import outcomes
from tradewright.adapters.venue.mt5.connector import EXIT, Connector
from tradewright.adapters.venue.mt5.outcomes import Outcome, outcome_of
from tradewright.model.command import Cancel, Command, Replace
from tradewright.model.errors import AnswerLost, NotSent, Withheld
from tradewright.model.order import ENTRY, Order
from tradewright.model.rng import Rng
from tradewright.model.withheld import NOT_LEASED
from tradewright.ports import Clock, HttpAnswer

SECOND_NS = 1_000_000_000
#: A cancel or replace that surely was not sent is tried again for so long.
PATIENCE_NS = 2 * SECOND_NS
#: So often an opening is asked for whose price had moved.
REQUOTES = 3
#: Between tries of an exit that surely was not done.
FIRST_WAIT_NS, MOST_WAIT_NS = SECOND_NS // 10, 2 * SECOND_NS
NOT_SENT, WITHDRAWN = "NOT_SENT", "WITHDRAWN"


class Attempts:
    """Of one order. An opening whose price had moved is asked for again, at once and a few times. An exit that surely
    was not done, for want of a connection, a price or a place, is too, with growing waits, for as long as nothing else
    is asked of it (waiting: commands on it behind this one)."""

    def __init__(self, order: Order, waiting: Callable[[Order], list[Command]], rng: Rng) -> None:
        self._order = order
        self._waiting = waiting
        self._pauses = waits(rng, FIRST_WAIT_NS, MOST_WAIT_NS)
        self._requotes = REQUOTES

    async def again(self, outcome: Outcome) -> bool:
        """Whether it is to be asked for once more now; it has waited by then."""
        requoted = outcome.kind == outcomes.REQUOTED
        self._requotes -= requoted
        if self._order.role == ENTRY:
            return requoted and self._requotes >= 0 and not self._asked()
        if not requoted and outcome.kind != outcomes.LIMITED and outcome.code != NOT_SENT:
            return False
        if not self._asked() and (outcome.code == NOT_SENT or self._requotes < 0):
            await asyncio.sleep(next(self._pauses) / SECOND_NS)
        return not self._asked()

    def _asked(self) -> bool:
        return any(isinstance(one, Cancel | Replace) for one in self._waiting(self._order))


class Caller:
    """doubted: told when a request was refused in the name of its symbol's rules; waiting: the commands that wait on an
    order."""

    def __init__(
        self, connector: Connector, clock: Clock, rng: Rng, errors: Counter[str], doubted: Callable[[], None],
        waiting: Callable[[Order], list[Command]],
    ) -> None:  # fmt: skip
        self._connector = connector
        self._clock = clock
        self._rng = rng
        self._errors = errors
        self._doubted = doubted
        self._waiting = waiting
        self._changes = 0

    def limited(self) -> bool:
        """Whether the connector takes no request now."""
        return bool(self._connector.limited())

    def attempts(self, order: Order) -> Attempts:
        return Attempts(order, self._waiting, self._rng)

    def ends(self, order: Order) -> bool:
        """Whether a cancel of it waits."""
        return any(isinstance(one, Cancel) for one in self._waiting(order))

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
        """A cancel or a change: what surely was not done for want of a connection or by a limit is tried again. A
        cancel that had no lease is UNKNOWN and not refused: the order works on, and it goes again when that is back."""
        key = self.key(order, what)
        pauses, until = waits(self._rng, SECOND_NS // 10), self._clock() + PATIENCE_NS
        for attempt in range(100):
            outcome = await self.post(path, body, f"{key}:{attempt}", EXIT)
            if outcome.kind == outcomes.LIMITED:
                continue
            if outcome.code == NOT_LEASED and what == "cancel":
                break
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
