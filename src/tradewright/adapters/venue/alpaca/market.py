"""Market data of one account: its instruments, bars of the past, quotes and trades as they come.

One stream for shares and one for pairs, each opened with the first instrument of its kind and kept; after a new
connection all that is watched is subscribed to again. A frame that can not be read ends the connection, a row that
makes no sense is counted. Of shares it is asked for halts and price bands too, by themselves: who may not have these
has prices all the same.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

from tradewright.adapters.net.line import Line
from tradewright.adapters.net.standing import Standing
from tradewright.adapters.venue.alpaca.answers import BarPage, LatestTrades, WireAsset, WireBar
from tradewright.adapters.venue.alpaca.credentials import Credentials
from tradewright.adapters.venue.alpaca.door import LONG_TIMEOUT, Door
from tradewright.adapters.venue.alpaca.endpoints import Endpoints
from tradewright.adapters.venue.alpaca.instruments import instrument_of
from tradewright.adapters.venue.alpaca.lookup import NO_ANSWER
from tradewright.adapters.venue.alpaca.notation import Unreadable, plain, stamp, time_of, wire_symbol
from tradewright.adapters.venue.alpaca.notices import BAND, STATUS, Notices
from tradewright.adapters.venue.alpaca.outcomes import MISSING
from tradewright.adapters.venue.alpaca.requests import Requests
from tradewright.adapters.venue.alpaca.supported import FRAMES
from tradewright.adapters.venue.alpaca.ticks import (
    ANSWERS,
    MSGPACK,
    Tick,
    event_of,
    log_in,
    read_ticks,
    subscribe,
    subscribe_notices,
)
from tradewright.model.errors import InputError, SocketClosed, VenueRefused, Withheld
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.numbers import PRICE_MAX, nearest_count_of
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Socket, Transport

SECOND_NS = 1_000_000_000
#: More symbols than this are read from the list of all assets, one request instead of many.
SINGLE_MAX = 10


class Feed:
    """One data stream, kept. packed: it speaks msgpack."""

    def __init__(
        self,
        url: str,
        transport: Transport,
        clock: Clock,
        rng: Rng,
        credentials: Credentials,
        deliver: Callable[[Event], None],
        errors: Counter[str],
        standing: Standing,
        packed: bool,
        silence_ns: int,
    ) -> None:
        self._clock = clock
        self._credentials = credentials
        self._deliver = deliver
        self._errors = errors
        self._standing = standing
        self._packed = packed
        self._wanted: dict[str, Instrument] = {}
        self._notices = Notices(clock, deliver)
        #: Statuses and bands are refused: they are not asked for again, since the stream might end each time.
        self._unnoticed = False
        self._line = Line(
            url, transport, clock, rng, self._log_in, self._hear, self._lost, MSGPACK if packed else None,
            silence_ns=silence_ns,
        )  # fmt: skip

    async def run(self) -> None:
        await self._line.run()

    def want(self, instruments: Sequence[Instrument]) -> list[str]:
        """From now on theirs too; the symbols that are new."""
        fresh = {wire_symbol(one): one for one in instruments if wire_symbol(one) not in self._wanted}
        self._wanted.update(fresh)
        return list(fresh)

    async def tell(self, symbols: Sequence[str]) -> None:
        """Subscribes to them, where the stream is open; else it will be with the next connection."""
        try:
            await self._line.send(subscribe(symbols, self._packed))
            shares = self._noticed(symbols)
            if shares:
                await self._line.send(subscribe_notices(shares, self._packed))
        except SocketClosed:
            self._errors["market data: not connected"] += 1
        except Withheld as error:
            # The next connection subscribes to all that is wanted.
            self._line.drop(str(error))

    async def _log_in(self, socket: Socket) -> None:
        await self._demand(socket, "connected")
        await socket.send(log_in(self._credentials, self._packed))
        await self._demand(socket, "authenticated")
        await socket.send(subscribe(list(self._wanted), self._packed))
        refused = await self._refused(socket)
        if refused is not None:
            raise VenueRefused(f"the data stream refuses what is wanted: {refused.code} {refused.msg}")
        shares = self._noticed(list(self._wanted))
        if shares:
            await socket.send(subscribe_notices(shares, self._packed))
            refused = await self._refused(socket)
            if refused is not None:
                self._errors[f"market data: no halts and bands: {refused.code}"] += 1
                self._unnoticed = True
        self._standing.found(self)

    def _noticed(self, symbols: Sequence[str]) -> list[str]:
        """Those of which halts and bands are told."""
        return [one for one in symbols if not self._unnoticed and self._wanted[one].asset_class == "equity"]

    async def _demand(self, socket: Socket, word: str) -> None:
        ticks = await self._next(socket)
        if not any(tick.T == "success" and tick.msg == word for tick in ticks):
            said = "; ".join(f"{tick.code} {tick.msg}" for tick in ticks)
            raise VenueRefused(f"the data stream is not {word}: {said}")

    async def _refused(self, socket: Socket) -> Tick | None:
        """Until the stream has taken what is wanted; what it says where it does not."""
        while True:
            ticks = await self._next(socket)
            for tick in ticks:
                if tick.T == "error":
                    return tick
                self._take(tick)
            if any(tick.T == "subscription" for tick in ticks):
                return None

    async def _next(self, socket: Socket) -> list[Tick]:
        try:
            return read_ticks(await socket.receive(), self._packed)
        except Unreadable as error:
            self._errors["unreadable frame"] += 1
            raise SocketClosed(str(error)) from error

    def _lost(self, reason: str) -> None:
        self._errors["market data: connection lost"] += 1
        self._notices.lost()
        self._standing.missing(self, reason)

    def _hear(self, frame: str | bytes) -> None:
        try:
            ticks = read_ticks(frame, self._packed)
        except Unreadable as error:
            self._errors["unreadable frame"] += 1
            self._line.drop(f"a frame that can not be read: {error}")
            return
        for tick in ticks:
            self._take(tick)

    def _take(self, tick: Tick) -> None:
        if tick.T == "error":
            # What was added is refused, or something is wrong there: a fresh stream takes all that is wanted or none.
            self._errors[f"market data: {tick.code}"] += 1
            self._line.drop(f"the data stream says {tick.code} {tick.msg}")
            return
        if tick.T not in ("q", "t", STATUS, BAND):
            if tick.T not in ANSWERS:
                self._errors["tick of an unknown kind"] += 1
            return
        instrument = self._wanted.get(tick.S)
        if instrument is None:
            return
        try:
            if instrument.asset_class == "equity" and not self._unnoticed:
                self._notices.hear(tick, instrument)
            if tick.T in (STATUS, BAND):
                return
            event = event_of(tick, instrument, self._clock())
        except Unreadable:
            self._errors["unreadable tick"] += 1
            return
        self._deliver(event)


class Market:
    """Of one account. door: to the trading host; data: to that of market data; make: a feed of a URL."""

    def __init__(
        self, door: Door, data: Door, requests: Requests, endpoints: Endpoints, make: Callable[[str], Feed],
        fractions: bool,
    ) -> None:  # fmt: skip
        self._door = door
        self._data = data
        self._requests = requests
        self._fractions = fractions
        self._urls = {"equity": endpoints.stocks, "crypto": endpoints.crypto}
        self._make = make
        self._feeds: dict[str, Feed] = {}
        self._opened = asyncio.Event()

    # Reference

    async def instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        """As `ports.Venue` says."""
        wanted = [plain(symbol) for symbol in symbols]
        found = await self.listed(wanted)
        missing = [symbol for symbol in wanted if symbol not in found]
        if missing:
            raise InputError(f"alpaca does not trade {', '.join(missing)}")
        return [found[symbol] for symbol in wanted]

    async def listed(self, symbols: Sequence[str]) -> dict[str, Instrument]:
        """Those of our symbols that the venue lists. Raises TransportError, VenueRefused."""
        try:
            if len(symbols) > SINGLE_MAX:
                assets = await self._all(set(symbols))
            else:
                asked = [(symbol, await self._one(symbol)) for symbol in symbols]
                assets = {symbol: asset for symbol, asset in asked if asset is not None}
            prices = await self._prices([one.symbol for one in assets.values() if one.asset_class == "us_equity"])
            return {
                symbol: instrument_of(asset, prices.get(asset.symbol), self._fractions)
                for symbol, asset in assets.items()
            }
        except Unreadable as error:
            raise VenueRefused(f"the assets can not be read: {error}") from error

    async def _one(self, symbol: str) -> WireAsset | None:
        try:
            return await self._door.fetch(self._requests.asset(symbol), WireAsset)
        except VenueRefused as refused:
            if refused.code == MISSING:
                return None
            raise

    async def _all(self, wanted: set[str]) -> dict[str, WireAsset]:
        found: dict[str, WireAsset] = {}
        for asset_class in ("us_equity", "crypto"):
            rows = await self._door.fetch(self._requests.assets(asset_class), list[WireAsset], LONG_TIMEOUT)
            for row in rows:
                symbol = plain(row.symbol)
                if symbol in wanted:
                    found[symbol] = row
        # What is not traded any more may still be held.
        for symbol in sorted(wanted - found.keys()):
            asset = await self._one(symbol)
            if asset is not None:
                found[symbol] = asset
        return found

    async def _prices(self, symbols: list[str]) -> dict[str, Decimal]:
        """Last prices of shares; none, where market data does not answer."""
        if not symbols:
            return {}
        try:
            latest = await self._data.fetch(self._requests.latest_trades(symbols), LatestTrades)
        except NO_ANSWER:
            self._door.errors["last prices: no answer"] += 1
            return {}
        return {symbol: trade.p for symbol, trade in latest.trades.items() if trade.p.is_finite() and trade.p > 0}

    # The past

    async def bars(self, instrument: Instrument, seconds: int, start: int, end: int) -> list[Bar]:
        """As `ports.Venue` says. A day is the venue's: New York's for shares, UTC's for pairs."""
        frame = FRAMES.get(seconds)
        if frame is None:
            raise InputError(f"alpaca has no bars of {seconds} s; it has {', '.join(map(str, FRAMES))}")
        rows: list[WireBar] = []
        page, symbol = "", wire_symbol(instrument)
        try:
            while end > start:
                request = self._requests.bars(instrument, frame, stamp(start), stamp(end - 1), page)
                found = await self._data.fetch(request, BarPage, LONG_TIMEOUT)
                rows += (found.bars or {}).get(symbol, [])
                page = found.next_page_token or ""
                if not page:
                    break
            bars = [_bar(row, instrument, seconds) for row in rows]
        except (Unreadable, InputError) as error:
            raise VenueRefused(f"bars of {instrument.symbol} can not be read: {error}") from error
        now = self._data.venue_time()
        return [bar for bar in bars if start <= bar.time_open < end and bar.time <= now]

    # As it comes

    def watch(self, instruments: Sequence[Instrument]) -> list[tuple[Feed, list[str]]]:
        """Takes them in; feeds that are open, and what they have to be told."""
        told = []
        for kind, url in self._urls.items():
            chosen = [one for one in instruments if one.asset_class == kind]
            if not chosen:
                continue
            feed = self._feeds.get(kind)
            if feed is None:
                self._feeds[kind] = feed = self._make(url)
                feed.want(chosen)
                self._opened.set()
                continue
            fresh = feed.want(chosen)
            if fresh:
                told.append((feed, fresh))
        return told

    async def run(self) -> None:
        """Keeps the feeds, each from its first instrument on."""
        running: set[str] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                self._opened.clear()
                for kind, feed in self._feeds.items():
                    if kind not in running:
                        running.add(kind)
                        group.create_task(feed.run())
                await self._opened.wait()


def _bar(row: WireBar, instrument: Instrument, seconds: int) -> Bar:
    """A bar. Prices and volumes finer than the instrument are rounded half to even: they are averages' kin, not fills.
    Raises Unreadable, InputError."""
    begin, scale = time_of(row.t), instrument.price_scale
    prices = tuple(nearest_count_of(price, scale, "price", PRICE_MAX) for price in (row.o, row.h, row.l, row.c))
    open, high, low, close = prices
    volume = nearest_count_of(row.v, instrument.size_scale, "volume")
    if min(prices) <= 0 or volume < 0 or not begin:
        raise Unreadable(f"a bar of {instrument.symbol} without a price or a time")
    return Bar(begin + seconds * SECOND_NS, instrument, begin, open, high, low, close, volume)
