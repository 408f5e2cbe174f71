"""Asking the signal services of a cycle: all at once, each instrument, and nobody waits longer than the deadline.

What comes back are inputs of the engine, in a fixed order and stamped with the cycle's moment; they are fed before the
cycle's timer, so that the vote of that very cycle sees them. Who has not answered by the deadline is a TIMEOUT.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from tradewright.model.answer import TIMEOUT, SignalFailed, SignalReceived, SignalRequest
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.ports import SignalSource

#: Enough for the features of most models; a request of 100 bars is some 12 kB.
BARS_MAX = 100
DEADLINE_SECONDS = 3.0
Word = SignalReceived | SignalFailed


class Sources:
    """The services of a session. Synchronous outside, since whoever runs a session waits for its cycle; it owns the
    event loop its sources live in."""

    def __init__(
        self, sources: Sequence[SignalSource] = (), bars_max: int = BARS_MAX, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self.sources = sources
        self.bars_max = bars_max
        self.deadline_seconds = deadline_seconds
        self.bars: dict[int, deque[Bar]] = {}
        #: Told how many seconds a source took, also one that did not answer.
        self.timed: Callable[[str, float], None] = lambda source, seconds: None
        self._runner = asyncio.Runner()

    def ask(self, sources: Sequence[SignalSource]) -> None:
        """Ask these from now on."""
        self.sources = sources

    def observe(self, event: Event) -> None:
        """Keep the newest bars of each instrument for the questions."""
        if isinstance(event, Bar):
            self.bars.setdefault(event.instrument.index, deque(maxlen=self.bars_max)).append(event)

    def collect(self, time: int, instruments: Sequence[Instrument]) -> list[Word]:
        """What every source says of every instrument at the cycle's moment `time`, by source, then by instrument."""
        return self._runner.run(self._collect(time, instruments)) if self.sources else []

    async def ask_all(self, time: int, instruments: Sequence[Instrument]) -> list[Word]:
        """The same inside of an event loop that is somebody else's; the sources then belong to that loop."""
        return await self._collect(time, instruments) if self.sources else []

    async def _collect(self, time: int, instruments: Sequence[Instrument]) -> list[Word]:
        asked: list[tuple[SignalSource, SignalRequest, asyncio.Task[Any]]] = []
        for source in self.sources:
            for instrument in instruments:
                request = SignalRequest(instrument, time, tuple(self.bars.get(instrument.index, ())))
                asked.append((source, request, asyncio.create_task(self._ask(source, request))))
        tasks = [task for _, _, task in asked]
        _, pending = await asyncio.wait(tasks, timeout=self.deadline_seconds)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        late = f"no answer by the cycle's deadline of {self.deadline_seconds:g} s"
        return [
            SignalFailed(time, source.name, request.instrument, TIMEOUT, late) if task in pending else task.result()
            for source, request, task in asked
        ]

    async def _ask(self, source: SignalSource, request: SignalRequest) -> Any:
        began = perf_counter()
        try:
            return await source.ask(request)
        finally:
            self.timed(source.name, perf_counter() - began)

    def close(self) -> None:
        """Close every source and the loop."""
        for source in self.sources:
            self._runner.run(source.close())
        self._runner.close()
