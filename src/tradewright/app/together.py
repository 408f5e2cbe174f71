"""What is asked for in one turn of the loop: decided one behind the other, and on the disk by one wait.

The disk is what an order waits for. Whoever asks is taken down, and when all that came in this turn is, it is decided
in the order in which it came, each on the books that those before it left. Then its commands leave together
(`live.release`), and each answer is made before anything else is decided: it tells of nothing that is not durable.

Where turns begin to hold several, those of GATHER_SECONDS share one: each waits for the disk, with the whole loop
behind it, whatever there is in it. Whoever asks one by one never waits for company.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tradewright.app.connected import ConnectedEngine
from tradewright.app.live import Decided
from tradewright.model.errors import InputError, JournalFull, MayHaveLeft
from tradewright.model.event import Event

Told = TypeVar("Told")
#: Between the end of a turn and the next one, while one of the last ALONE turns held several.
GATHER_SECONDS = 0.003
ALONE = 16


@dataclass(frozen=True, slots=True)
class _Asked:
    made: Callable[[int], Event]
    told: Callable[[Sequence[Event]], Any]
    answer: asyncio.Future[tuple[int, Any]]


class Together:
    """wake: lets the engine's clock go on."""

    def __init__(self, connected: ConnectedEngine, wake: Callable[[], None]) -> None:
        self._connected = connected
        self._wake = wake
        self._asked: list[_Asked] = []
        #: How many turns in a row held one alone; when the next may begin while they hold several, by the loop's clock.
        self._alone = ALONE
        self._next = 0.0

    async def do(self, made: Callable[[int], Event], told: Callable[[Sequence[Event]], Told]) -> tuple[int, Told]:
        """The number of the last record that an input made, and what `told` makes of its durable outputs. made: of the
        engine's time, in its turn. Raises what these raise; InputError where the engine refuses it, which leaves no
        record; MayHaveLeft where it is not durable and never will be: what reduces or cancels may have left."""
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_at(self._next if self._alone < ALONE else loop.time(), self._carry_out)
        answer: asyncio.Future[tuple[int, Any]] = loop.create_future()
        self._asked.append(_Asked(made, told, answer))
        return await answer

    def _carry_out(self) -> None:
        # Who has gone before anything was done asks for nothing any more.
        asked, self._asked = [one for one in self._asked if not one.answer.done()], []
        try:
            self._wake()
            decided = [(one, self._decided(one)) for one in asked]
            self._connected.release_all()
        except Exception as error:
            # The engine ends by it: nobody knows what became of his own.
            for one in asked:
                _fail(one, error)
            return
        failure = self._flushed()
        for one, made in decided:
            if made is not None:
                self._answer(one, made, failure)
        self._alone = 0 if len(asked) > 1 else self._alone + 1
        self._next = asyncio.get_running_loop().time() + GATHER_SECONDS

    def _decided(self, one: _Asked) -> Decided | None:
        """None where it is refused, which is its answer."""
        try:
            event = one.made(self._connected.engine.now)
        except Exception as error:
            _fail(one, error)
            return None
        try:
            return self._connected.put_next(event)
        except InputError as error:
            _fail(one, error)
            return None

    def _flushed(self) -> JournalFull | None:
        """Also what commands nothing is durable; why not."""
        live = self._connected.live
        try:
            live.flush()
        except JournalFull as failure:
            return failure
        return live.failure

    def _answer(self, one: _Asked, made: Decided, failure: JournalFull | None) -> None:
        if not self._connected.live.is_durable(made):
            _fail(one, MayHaveLeft(f"it may have been sent, look at the venue: {failure}"))
            return
        try:
            answer = one.told(made.outcome.outputs)
        except Exception as error:
            _fail(one, error)
            return
        one.answer.set_result((made.sequence, answer))


def _fail(one: _Asked, error: Exception) -> None:
    if not one.answer.done():
        one.answer.set_exception(error)
