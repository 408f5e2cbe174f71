"""Market data, asked for: the book's best prices and the newest trades of what is watched; candles as bars.

The library sorts the texts of a book as texts, so the best price is found here.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tradewright.adapters.chain.outcomes import ASK
from tradewright.adapters.net.standing import Standing
from tradewright.adapters.venue.ccxt.answers import MS_MAX, MS_NS, exact, price_in, row_of, rows_of, size_in, text_in
from tradewright.adapters.venue.ccxt.exchange import Exchange
from tradewright.model.errors import AnswerLost, InputError, TransportError, VenueRefused
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Quote, Trade
from tradewright.model.numbers import PRICE_MAX, SIZE_MAX, count_of
from tradewright.ports import Clock

SECOND_NS = 1_000_000_000
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
BARS_AT_ONCE = 500
TRADES_AT_ONCE = 100
PAGES_MAX = 10_000
_AGGRESSORS = {"buy": 1, "sell": -1}


class Prices:
    """seconds: from one look at each watched instrument to the next."""

    def __init__(
        self, exchange: Exchange, clock: Clock, deliver: Callable[[Event], None], errors: Counter[str],
        standing: Standing, seconds: float,
    ) -> None:  # fmt: skip
        self.exchange = exchange
        self.clock = clock
        self.deliver = deliver
        self.errors = errors
        self.standing = standing
        self.seconds = seconds
        self._watched: dict[str, Instrument] = {}
        self._quotes: dict[str, tuple[int, int, int, int]] = {}
        self._seen: dict[str, set[str]] = {}

    def watch(self, instruments: Sequence[Instrument]) -> None:
        self._watched |= {one.symbol: one for one in instruments}

    async def run(self) -> None:
        while True:
            for instrument in list(self._watched.values()):
                if self.exchange.caller.crowded():
                    continue  # what becomes of orders goes first
                try:
                    await self._look(instrument)
                except (TransportError, VenueRefused) as error:
                    self._missed(instrument, "prices", error)
                except InputError as error:
                    self._missed(instrument, "unreadable", error)
                else:
                    self.standing.found(instrument.symbol)
            await asyncio.sleep(self.seconds)

    def _missed(self, instrument: Instrument, what: str, error: Exception) -> None:
        """A look that failed. Of what is not traded any more nobody waits for prices."""
        self.errors[what] += 1
        if instrument.rules.tradable:
            self.standing.missing(instrument.symbol, f"{instrument.symbol}: {error}")
        else:
            self.standing.found(instrument.symbol)

    async def _look(self, instrument: Instrument) -> None:
        unified, library = self.exchange.unified(instrument), self.exchange.library
        quote = quote_of(await self._ask(lambda: library.fetch_order_book(unified)), instrument)
        if quote is not None and quote != self._quotes.get(instrument.symbol):
            self._quotes[instrument.symbol] = quote
            self.deliver(Quote(self.clock(), instrument, *quote))
        if library.has.get("fetchTrades") is True:
            rows = rows_of(await self._ask(lambda: library.fetch_trades(unified, None, TRADES_AT_ONCE)))
            self._tell(instrument, [trade_of(row, instrument, self.clock()) for row in rows])

    def _tell(self, instrument: Instrument, trades: list[tuple[str, Trade]]) -> None:
        """Those that were not there at the last look; the first look only begins."""
        before = self._seen.get(instrument.symbol)
        self._seen[instrument.symbol] = {id for id, _ in trades}
        for id, trade in trades if before is not None else ():
            if id not in before:  # type: ignore[operator]
                self.deliver(trade)

    async def _ask(self, work: Any) -> Any:
        return await self.exchange.caller.call(ASK, work)

    async def bars(self, instrument: Instrument, seconds: int, start: int, end: int) -> list[Bar]:
        """As `ports.Venue`."""
        unified, library = self.exchange.unified(instrument), self.exchange.library
        periods = {seconds_of(name): name for name in library.timeframes or {}}
        if seconds not in periods or library.has.get("fetchOHLCV") is not True:
            known = ", ".join(f"{one}" for one in sorted(periods) if one)
            raise InputError(f"{library.id} has no bars of {seconds} s; it has those of {known or 'no period'}")
        bars: dict[int, Bar] = {}
        first = -(-start // MS_NS)
        for _ in range(PAGES_MAX):
            since = first
            rows = await self._ask(
                lambda since=since: library.fetch_ohlcv(unified, periods[seconds], since, BARS_AT_ONCE)
            )
            try:
                page = [bar_of(row, instrument, seconds) for row in rows]
            except (InputError, TypeError) as error:
                raise AnswerLost(f"{unified}: {error}") from error
            now = self.exchange.caller.now()
            bars |= {bar.time_open: bar for bar in page if start <= bar.time_open < end and bar.time <= now}
            newest = max((bar.time_open for bar in page), default=0)
            if len(page) < 2 or newest >= end or newest // MS_NS <= first:
                break
            first = newest // MS_NS
        return [bars[time] for time in sorted(bars)]


def seconds_of(timeframe: str) -> int:
    """A period's length; 0 for one that has none, such as a month."""
    count, unit = timeframe[:-1], timeframe[-1:]
    return int(count) * UNITS[unit] if count.isascii() and count.isdigit() and unit in UNITS else 0


def quote_of(value: object, instrument: Instrument) -> tuple[int, int, int, int] | None:
    """Best bid and ask with their sizes; None while a side is empty. Raises InputError."""
    row = row_of(value)
    bids, asks = (_levels(row.get(side), instrument) for side in ("bids", "asks"))
    if not bids or not asks:
        return None
    bid, ask = max(bids), min(asks)
    return bid[0], ask[0], bid[1], ask[1]


def _levels(value: object, instrument: Instrument) -> list[tuple[int, int]]:
    if not isinstance(value, list):
        raise InputError("a book without sides")
    found = []
    for level in value:
        if not isinstance(level, list) or len(level) < 2:
            raise InputError("a book's level without price and size")
        found.append((_price(level[0], instrument), _size(level[1], instrument)))
    return found


def trade_of(value: object, instrument: Instrument, now: int) -> tuple[str, Trade]:
    """A market print and its id. Raises InputError."""
    row = row_of(value)
    price, size = price_in(row, "price", instrument), size_in(row, "amount", instrument)
    if not price or not size:
        raise InputError(f"{instrument.symbol}: a trade has no price or no size")
    id = text_in(row, "id") or f"{row.get('timestamp')}-{price}-{size}"
    return id, Trade(now, instrument, price, size, _AGGRESSORS.get(text_in(row, "side"), 0))


def bar_of(value: object, instrument: Instrument, seconds: int) -> Bar:
    """A candle, whether closed or not. Raises InputError."""
    if not isinstance(value, list) or len(value) < 6:
        raise InputError("a candle without its six values")
    opened = value[0]
    if isinstance(opened, bool) or not isinstance(opened, int) or not 0 <= opened <= MS_MAX:
        raise InputError(f"{str(opened)[:40]} is not a time")
    first, high, low, last = (_price(number, instrument) for number in value[1:5])
    if not low <= min(first, last) or not max(first, last) <= high:
        raise InputError(f"{instrument.symbol}: a candle's high and low do not hold its open and close")
    time = opened * MS_NS
    return Bar(time + seconds * SECOND_NS, instrument, time, first, high, low, last, _size(value[5], instrument))


def _price(value: object, instrument: Instrument) -> int:
    what = f"{instrument.symbol}: price"
    found = count_of(exact(value, what), instrument.price_scale, what, PRICE_MAX)
    if found <= 0:
        raise InputError(f"{what} {value} is none")
    return found


def _size(value: object, instrument: Instrument) -> int:
    what = f"{instrument.symbol}: size"
    found = count_of(exact(value, what), instrument.size_scale, what, SIZE_MAX)
    if found < 0:
        raise InputError(f"{what} {value} is negative")
    return found
