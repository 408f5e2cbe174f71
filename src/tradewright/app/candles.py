"""Bars of a venue as they end: each is asked for when its period is over, and told once.

A venue's own bars are the same for everybody, later too; those that came of what one stream happened to bring would not
be. A bar that can not be had is asked for again, and comes late, in its place, before the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from tradewright.model.errors import InputError, TransportError, VenueRefused
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.ports import Clock, Venue

SECOND_NS = 1_000_000_000
#: How long after its end a bar is first asked for: a venue's last trade has to be in it.
REST_SECONDS = 1.0
#: Between two questions for a bar that was not there yet, and how often it is asked for within its period.
AGAIN_SECONDS = 2.0
TRIES = 2


class Candles:
    """Of one venue. seconds: of a bar. deliver: takes each. missed: told why bars could not be had, once in a row."""

    def __init__(
        self, venue: Venue, instruments: Sequence[Instrument], seconds: int, clock: Clock,
        deliver: Callable[[Bar], None], missed: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.venue = venue
        self.seconds = seconds
        self._clock = clock
        self._deliver = deliver
        self._missed = missed
        self._said = False
        period = seconds * SECOND_NS
        begun = clock() - clock() % period
        #: By instrument, the begin of the first bar that was not told yet.
        self.next: dict[str, tuple[Instrument, int]] = {one.symbol: (one, begun) for one in instruments}

    async def run(self) -> None:
        """Until cancelled. Raises InputError for a period that the venue does not have."""
        period = self.seconds * SECOND_NS
        while True:
            now = self._clock()
            end = now - now % period + period
            await asyncio.sleep((end - now) / SECOND_NS + REST_SECONDS)
            for _ in range(TRIES):
                if not await self.ask(end):
                    break
                await asyncio.sleep(AGAIN_SECONDS)

    async def ask(self, end: int) -> bool:
        """The bars that begin before `end` (ns UTC) and were not told; whether some were not there. A minute without a
        trade has none, so that what stays away is not asked for for ever."""
        missing = False
        for symbol, (instrument, begin) in self.next.items():
            if begin >= end:
                continue
            try:
                bars = await self.venue.bars(instrument, self.seconds, begin, end)
            except (TransportError, VenueRefused) as error:
                missing = True
                self._say(f"bars of {symbol}: {error}")
                continue
            except InputError as error:
                raise InputError(f"account {self.venue.account}: {error}; set its key bars") from error
            self._said = False
            for bar in bars:
                self._deliver(bar)
                self.next[symbol] = (instrument, bar.time)
            missing = missing or self.next[symbol][1] < end
        return missing

    def _say(self, text: str) -> None:
        if not self._said:
            self._missed(text)
        self._said = True
