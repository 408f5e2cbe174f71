"""What the market of one instrument did lately, kept where a limit asks for it: volume by day, and where prices
were."""

from __future__ import annotations

from collections import deque
from typing import Any

from tradewright.model.calendar import calendar
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, QuoteBar, Trade

SECOND_NS = 1_000_000_000
#: Days of an average daily volume, and how far back reference prices are known.
VOLUME_DAYS = 20
WINDOW_NS_MAX = 3_600 * SECOND_NS


class Tape:
    """day: ordinal of the session day being counted, -1 = none; volume: its size counts so far; volumes: those of days
    before, the newest last, of which the first may be a part. bars: it has bars, whose volume holds that of trades.
    prices: (time, price count), the first of each second. bid_size, ask_size: size counts shown at the touch, 0 =
    none."""

    __slots__ = ("day", "volume", "volumes", "bars", "prices", "bid_size", "ask_size")

    def __init__(self) -> None:
        self.day = -1
        self.volume = 0
        self.volumes: list[int] = []
        self.bars = False
        self.prices: deque[tuple[int, int]] = deque()
        self.bid_size = 0
        self.ask_size = 0

    def see(self, event: MarketEvent, price: int) -> None:
        """Fold one event; price: the mark after it, 0 = unknown."""
        if isinstance(event, Bar):
            self.bars = True
            # A bar belongs to the day in which it began.
            self._count(event.instrument, event.time_open, event.volume_units)
        elif isinstance(event, Trade) and not self.bars:
            self._count(event.instrument, event.time, event.size_units)
        if isinstance(event, Quote | QuoteBar):
            self.bid_size, self.ask_size = event.bid_size_units, event.ask_size_units
        elif isinstance(event, Depth) and event.bids and event.asks:
            self.bid_size, self.ask_size = event.bids[0][1], event.asks[0][1]
        if price > 0 and (not self.prices or event.time // SECOND_NS > self.prices[-1][0] // SECOND_NS):
            self.prices.append((event.time, price))
            while self.prices[0][0] < event.time - WINDOW_NS_MAX:
                self.prices.popleft()

    def _count(self, instrument: Instrument, time: int, size: int) -> None:
        try:
            day = calendar(instrument.calendar).session_day(time)
        except InputError:
            return  # beyond the calendar's table no day is known, so no average is
        if day != self.day:
            if self.day >= 0:
                # What was seen of the first day may be its end alone: it is no day's volume.
                self.volumes = [*self.volumes, self.volume][-VOLUME_DAYS - 1 :]
            self.day = day
            self.volume = 0
        self.volume += size

    def average(self) -> int | None:
        """Size counts of an average day, of up to VOLUME_DAYS whole ones; None before the first."""
        whole = self.volumes[1:] if len(self.volumes) <= VOLUME_DAYS else self.volumes[-VOLUME_DAYS:]
        return sum(whole) // len(whole) if whole else None

    def since(self, time: int) -> list[int]:
        """Prices seen at that time or after it."""
        return [price for at, price in self.prices if at >= time]

    def row(self) -> list[Any]:
        return [self.day, self.volume, self.volumes, self.bars, list(self.prices), self.bid_size, self.ask_size]

    def restore(self, row: list[Any]) -> None:
        """The inverse of `row`."""
        self.day, self.volume, self.volumes, self.bars, prices, self.bid_size, self.ask_size = row
        self.prices = deque((time, price) for time, price in prices)
