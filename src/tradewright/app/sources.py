"""Asking the signal services of a cycle: all questions at once, and nobody waits longer than the deadline.

What comes back are inputs of the engine, in a fixed order and stamped with the cycle's moment; they are fed before the
cycle's timer, so that the vote of that very cycle sees them. Who has not answered by the deadline is a TIMEOUT.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
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
#: Who is asked, and about what.
Asked = tuple[SignalSource, Instrument]


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

    def known(self, questions: Iterable[tuple[str, Instrument]]) -> list[Asked]:
        """Those of the questions, by the name of a service, that go to one of these; in their order."""
        named = {source.name: source for source in self.sources}
        return [(named[name], instrument) for name, instrument in questions if name in named]

    def collect(self, time: int, asked: Sequence[Asked]) -> list[Word]:
        """What they say at the cycle's moment `time`, in the order of the questions."""
        return self._runner.run(self.ask_all(time, asked)) if asked else []

    async def ask_all(self, time: int, asked: Sequence[Asked]) -> list[Word]:
        """The same inside of an event loop that is somebody else's; the sources then belong to that loop."""
        if not asked:
            return []
        tasks = [asyncio.create_task(self._ask(source, self._request(time, about))) for source, about in asked]
        try:
            _, pending = await asyncio.wait(tasks, timeout=self.deadline_seconds)
        finally:
            # Whoever asked may have gone, too.
            for task in tasks:
                task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        late = f"no answer by the cycle's deadline of {self.deadline_seconds:g} s"
        return [
            SignalFailed(time, source.name, about, TIMEOUT, late) if task in pending else task.result()
            for (source, about), task in zip(asked, tasks, strict=True)
        ]

    def _request(self, time: int, about: Instrument) -> SignalRequest:
        return SignalRequest(about, time, tuple(self.bars.get(about.index, ())))

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
