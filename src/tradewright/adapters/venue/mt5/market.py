"""Prices and bars of a connector: asked for, since it streams none. A quote is told when it has changed; sizes are not
said, and of trades nothing is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from tradewright.adapters.venue.mt5.answers import Price, Rate, iso, moment
from tradewright.adapters.venue.mt5.connector import Connector
from tradewright.adapters.venue.mt5.supported import TIMEFRAMES
from tradewright.adapters.venue.mt5.symbols import SymbolBook
from tradewright.model.errors import InputError, TransportError, VenueRefused
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Quote
from tradewright.model.numbers import PRICE_MAX, count_of, nearest_count_of
from tradewright.ports import Clock

SECOND_NS = 1_000_000_000
BAD_PRICE = "BAD_PRICE"


class Prices:
    """seconds: between two looks at a symbol."""

    def __init__(
        self, connector: Connector, symbols: SymbolBook, clock: Clock, deliver: Callable[[Event], None],
        errors: Counter[str], seconds: float,
    ) -> None:  # fmt: skip
        self._connector = connector
        self._symbols = symbols
        self._clock = clock
        self._deliver = deliver
        self._errors = errors
        self._seconds = seconds
        self._watched: dict[str, Instrument] = {}
        self._last: dict[str, tuple[int, int, int]] = {}

    def watch(self, instruments: Sequence[Instrument]) -> None:
        self._watched = {instrument.symbol: instrument for instrument in instruments}

    async def run(self) -> None:
        """Looks at all that is watched, again and again."""
        while True:
            await asyncio.gather(*(self._look(instrument) for instrument in self._watched.values()))
            await asyncio.sleep(self._seconds)

    async def _look(self, instrument: Instrument) -> None:
        try:
            name = self._symbols.find(instrument.symbol).name
            price = await self._connector.read(f"price/{name}", Price)
            scale = instrument.price_scale
            bid = count_of(price.bid, scale, f"{name}: bid", PRICE_MAX)
            ask = count_of(price.ask, scale, f"{name}: ask", PRICE_MAX)
        except (TransportError, VenueRefused) as error:
            self._errors[f"PRICE_{type(error).__name__}"] += 1
            return
        except InputError:
            self._errors[BAD_PRICE] += 1
            return
        if not price.success or bid <= 0 or ask <= 0:
            self._errors[BAD_PRICE] += 1
        elif self._last.get(name) != (bid, ask, price.time_msc):
            self._last[name] = (bid, ask, price.time_msc)
            self._deliver(Quote(self._clock(), instrument, bid, ask))

    async def bars(self, instrument: Instrument, seconds: int, start: int, end: int, now: int) -> list[Bar]:
        """Closed bars that begin in [start, end); volume is the number of ticks. now: the venue's clock, ns UTC."""
        timeframe = TIMEFRAMES.get(seconds)
        if timeframe is None:
            raise InputError(f"MT5 has no bars of {seconds} s; it has {', '.join(map(str, TIMEFRAMES))}")
        name = self._symbols.find(instrument.symbol).name
        query = {"symbol": name, "timeframe": timeframe, "startDate": iso(start), "endDate": iso(end)}
        found: list[Bar] = []
        for rate in await self._connector.read("history", list[Rate], query):
            opened = moment(rate.time)
            closed = opened + seconds * SECOND_NS
            if start <= opened < end and closed <= now:
                top, high, low, last = (
                    nearest_count_of(price, instrument.price_scale, f"{name}: bar", PRICE_MAX)
                    for price in (rate.open, rate.high, rate.low, rate.close)
                )
                volume = nearest_count_of(rate.volume, instrument.size_scale, f"{name}: ticks")
                found.append(Bar(closed, instrument, opened, top, high, low, last, volume))
        return sorted(found, key=lambda bar: bar.time_open)
