"""Quotes and trades of the instruments that are watched, over as many connections as the venue's limit asks for.

That a stream is lost, or refuses what is wanted, is news of the account's standing, and that all of it is there again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from tradewright.adapters.net.line import Line
from tradewright.adapters.net.standing import Standing
from tradewright.adapters.venue.binance import market
from tradewright.model.errors import InputError, TransportError, VenueRefused
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.ports import Clock, Socket

SECOND_NS = 1_000_000_000
RENEW_NS = 23 * 3_600 * SECOND_NS
#: Instruments of one connection: the venue takes 1024 streams.
MOST = 500
#: Streams named in one message, and the pause between two: the venue takes 5 messages a second, pongs included.
NAMES, PAUSE = 200, 0.5


class _Channel:
    """One connection, its instruments by symbol."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.instruments: dict[str, Instrument] = {}
        self.said: dict[str, None] = {}
        self.line = feed.make_line(self.opened, self.heard, self.lost)
        self.asked = 0

    async def opened(self, socket: Socket) -> None:
        wanted = list(self.instruments)
        numbers = set()
        for names in _batches(wanted):
            self.asked += 1
            numbers.add(self.asked)
            await socket.send(_subscribe(self.asked, names))
            await asyncio.sleep(PAUSE)
        while numbers:
            message = await socket.receive()
            stream, _ = self._read(message)
            if stream == "error":
                raise VenueRefused(f"the market streams refuse a subscription: {str(message)[:200]}")
            if stream == "":
                numbers.discard(market.number_of(message))
            else:
                self.heard(message)
        self.said = dict.fromkeys(wanted)
        self.feed.standing.found(self)

    def _read(self, message: str | bytes) -> tuple[str, bytes]:
        try:
            return market.read(message)
        except InputError:
            self.feed.errors["market"] += 1
            return "unreadable", b""

    async def subscribe(self) -> None:
        """What was added since the connection was opened."""
        for names in _batches([symbol for symbol in self.instruments if symbol not in self.said]):
            self.asked += 1
            try:
                await self.line.send(_subscribe(self.asked, names))
            except TransportError:
                return  # all of it is asked for when the line is open again
            self.said |= dict.fromkeys(names)
            await asyncio.sleep(PAUSE)

    def lost(self, reason: str) -> None:
        self.feed.errors["market_lost"] += 1
        self.feed.standing.missing(self, reason)

    def heard(self, message: str | bytes) -> None:
        stream, content = self._read(message)
        if stream == "!serverShutdown":
            self.line.renew()
        elif stream == "error":
            self.feed.errors["market"] += 1
        elif "@" in stream:
            self._tell(stream, content)

    def _tell(self, stream: str, content: bytes) -> None:
        symbol, kind = market.symbol_of(stream)
        instrument = self.instruments.get(symbol)
        if instrument is None:
            self.feed.errors["unknown_symbol"] += 1
            return
        now = self.feed.clock()
        event: Event | None
        try:
            if kind == "trade":
                event = market.trade_of(content, instrument, now)
            else:
                event = market.quote_of(content, instrument, now)
        except InputError:
            self.feed.errors["market"] += 1
            return
        if event is not None:
            self.feed.deliver(event)


class Feed:
    """make_line: a kept WebSocket to the market streams, of what it does when opened, on each message and when lost."""

    def __init__(
        self, make_line: Callable[..., Line], clock: Clock, deliver: Callable[[Event], None], errors: Counter[str],
        spawn: Callable[..., asyncio.Task[None]], standing: Standing,
    ) -> None:  # fmt: skip
        self.make_line = make_line
        self.clock = clock
        self.deliver = deliver
        self.errors = errors
        self.standing = standing
        self._spawn = spawn
        self._channels: list[_Channel] = []
        self._running = False

    def watch(self, instruments: Sequence[Instrument]) -> None:
        """They are wanted from now on."""
        known = {symbol for channel in self._channels for symbol in channel.instruments}
        for instrument in instruments:
            if instrument.symbol in known:
                continue
            known.add(instrument.symbol)
            if not self._channels or len(self._channels[-1].instruments) >= MOST:
                self._channels.append(_Channel(self))
                if self._running:
                    self._spawn(self._channels[-1].line.run())
            self._channels[-1].instruments[instrument.symbol] = instrument
        for channel in self._channels:
            if self._running and channel.line.socket is not None:
                self._spawn(channel.subscribe())

    def start(self) -> None:
        """Connects what is wanted already, and what will be."""
        self._running = True
        for channel in self._channels:
            self._spawn(channel.line.run())

    def stop(self) -> None:
        self._running = False


def _batches(symbols: Sequence[str]) -> list[list[str]]:
    step = NAMES // len(market.STREAMS)
    return [list(symbols[at : at + step]) for at in range(0, len(symbols), step)]


def _subscribe(number: int, symbols: Sequence[str]) -> str:
    names = [name for symbol in symbols for name in market.streams_of(symbol)]
    return msgspec.json.encode({"method": "SUBSCRIBE", "params": names, "id": number}).decode()
