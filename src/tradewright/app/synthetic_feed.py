"""The synthetic market as it would come over a wire: each of its events when its time has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.ports import Clock
from tradewright.sim.market import Market, universe

SECOND_NS = 1_000_000_000
#: A quote of each symbol so often.
STEP_MS = 1_000


def listed(symbols: Sequence[str], currency: str) -> list[Instrument]:
    """The instruments of the synthetic market by these symbols. Raises InputError naming what there is."""
    known = {one.instrument.symbol: one.instrument for one in universe("paper", currency)}
    missing = [symbol for symbol in symbols if symbol not in known]
    if missing:
        raise InputError(f"the synthetic market has no {missing[0]}; it has {', '.join(known)}")
    return [known[symbol] for symbol in symbols]


class SyntheticFeed:
    """It begins anew with each start, at its usual prices: nobody keeps it."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        currency: str,
        seed: int,
        clock: Clock,
        deliver: Callable[[Event], None],
    ) -> None:
        indices = {one.symbol: one.index for one in instruments}
        listings = [one for one in universe("paper", currency) if one.instrument.symbol in indices]
        for one in listings:
            one.instrument.index = indices[one.instrument.symbol]
        self._market = Market(seed, clock(), listings, step_ms=STEP_MS)
        self._clock = clock
        self._deliver = deliver

    async def run(self) -> None:
        """Until cancelled."""
        for event in self._market.events():
            wait = event.time - self._clock()
            if wait > 0:
                await asyncio.sleep(wait / SECOND_NS)
            self._deliver(event)
