"""Which symbols the venue lists, with their increments and minimums, asked for by name.

One symbol that is unknown refuses a question about many: it is found by halves, so that the others are answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tradewright.adapters.chain.outcomes import Refused
from tradewright.adapters.net.reading import reading
from tradewright.adapters.venue.binance import requests
from tradewright.adapters.venue.binance.caller import Caller
from tradewright.adapters.venue.binance.instruments import info_of, instrument_of
from tradewright.model.instrument import Instrument

#: Symbols of one exchangeInfo, so that its address stays short.
SYMBOLS_AT_ONCE = 100
INVALID_SYMBOL = "-1121"


class Listing:
    """The limits that come with it are taken over."""

    def __init__(self, caller: Caller, errors: Counter[str]) -> None:
        self._caller = caller
        self._errors = errors

    async def read(self, symbols: Sequence[str]) -> dict[str, Instrument]:
        """Those that the venue lists. Raises TransportError, VenueRefused."""
        found: dict[str, Instrument] = {}
        for at in range(0, len(symbols), SYMBOLS_AT_ONCE):
            found |= await self._read(tuple(symbols[at : at + SYMBOLS_AT_ONCE]))
        return found

    async def _read(self, symbols: tuple[str, ...]) -> dict[str, Instrument]:
        try:
            body = await self._caller.call(requests.exchange_info(symbols))
        except Refused as refused:
            if refused.code != INVALID_SYMBOL:
                raise
            half = len(symbols) // 2
            return await self._read(symbols[:half]) | await self._read(symbols[half:]) if half else {}
        with reading(self._errors):
            limits, rows = info_of(body)
            found = {row.symbol: instrument_of(row) for row in rows}
        self._caller.take_limits(limits)
        return found
