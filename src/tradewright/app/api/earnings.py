"""What was earned since the journal's first record, for whoever asks. Nothing is kept before somebody does: then a
process of its own folds the journal up to now (`python -m tradewright.app.api.earnings JOURNAL TO`), and every step
from here on is noted as it happens.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from tradewright.app.api.child import said_by
from tradewright.app.api.problem import Problem
from tradewright.app.api.track import Note, Track, notes_of, track_from
from tradewright.app.live import LiveEngine
from tradewright.app.recovery import folding
from tradewright.model.errors import JournalError
from tradewright.model.event import MARKET_KIND_MAX, Event
from tradewright.trader import Outcome, Trader


class Earnings:
    """track: None = nobody has asked yet, or the journal is being folded."""

    def __init__(self, journal: Path, live: LiveEngine) -> None:
        self._journal = journal
        self._live = live
        self.track: Track | None = None
        self._waiting: list[Note] | None = None
        self._folding = asyncio.Lock()

    def see(self, event: Event, outcome: Outcome) -> None:
        """Behind a step, while its books are there."""
        noting = self.track is not None or self._waiting is not None
        if not noting or (event.kind <= MARKET_KIND_MAX and not outcome.outputs):
            return
        for note in notes_of(self._live.trader.engine, event, outcome.outputs, outcome.matches):
            if self.track is not None:
                self.track.fold(note)
            elif self._waiting is not None:
                self._waiting.append(note)

    def forget(self) -> None:
        """It is folded anew when somebody asks: a step could not be noted."""
        self.track = self._waiting = None

    async def known(self, durable: Callable[[], Awaitable[None]]) -> Track:
        """All of it. durable: waits until what the books hold now is on the disk. Raises Problem where the journal can
        not be folded, or not in time."""
        async with self._folding:
            if self.track is None:
                waiting: list[Note] = []
                self._waiting, head = waiting, self._live.journal.head.sequence
                try:
                    await durable()
                    track = await self._folded(head)
                    if self._waiting is not waiting:
                        raise Problem("BUSY", "a step could not be noted", retry=1)
                    for note in waiting:
                        track.fold(note)
                    self.track = track
                finally:
                    self._waiting = None
            return self.track

    async def _folded(self, head: int) -> Track:
        ended, said = await said_by("tradewright.app.api.earnings", str(self._journal), str(head))
        if ended:
            raise Problem("NOT_FOUND", "the journal's begin is not there any more")
        return track_from(msgspec.json.decode(said, type=list[Any]))


def earned(journal: Path, to: int) -> Track:
    """Raises JournalError where the journal can not be trusted, or its begin is not there any more."""
    track, trader = Track(), Trader(None)
    for sequence, event, outputs in folding(journal, trader, lambda why: None, 0):
        matches = trader.follow(event, outputs)
        if event.kind > MARKET_KIND_MAX or outputs:
            for note in notes_of(trader.engine, event, outputs, matches):
                track.fold(note)
        if sequence >= to:
            break
    return track


def main(journal: str, to: str) -> int:
    try:
        sys.stdout.buffer.write(msgspec.json.encode(earned(Path(journal), int(to)).row()))
        sys.stdout.buffer.flush()
    except JournalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
