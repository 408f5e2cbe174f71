"""What the market has said of each asset: quotes, trades, bars, the book; and its price now and at the last close.

Kept per asset: 10,000 quotes, 10,000 trades, 50,000 bars. The price is that of the last trade or bar, else the middle
of the quote, rounded down. Decided: a bar's count and volume-weighted price are those of the trades seen in it; of a
bar without any they are 0 and a third of high, low and close; days and longer frames begin at midnight, in New York for
shares and in UTC for crypto, a week on Monday.
"""

from __future__ import annotations

import datetime
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tradewright.model.market import Bar, Depth, MarketEvent, Quote, QuoteBar, Trade
from tradewright.model.zone import MINUTE_NS, day_of, day_start, ordinal, week_of
from tradewright.sim.wire.alpaca.assets import EQUITY, Asset, Assets
from tradewright.sim.wire.alpaca.notation import NEW_YORK, SIZE_SCALE, Moment, number

TICKS_MAX = 10_000
BARS_MAX = 50_000
_FRAME = re.compile(r"(\d+)(Min|T|Hour|H|Day|D|Week|W|Month|M)")
_UNITS = {
    "Min": "minute", "T": "minute", "Hour": "hour", "H": "hour", "Day": "day", "D": "day",
    "Week": "week", "W": "week", "Month": "month", "M": "month",
}  # fmt: skip
_COUNTS = {"minute": range(1, 60), "hour": range(1, 24), "day": (1,), "week": (1,), "month": (1, 2, 3, 4, 6, 12)}
_LENGTHS = {"minute": MINUTE_NS, "hour": 60 * MINUTE_NS}


class Candle(NamedTuple):
    """A bar. start: ns; prices and volume: counts; prints: trades; worth: their price × size, counts."""

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    prints: int
    worth: int

    def joined(self, later: Candle) -> Candle:
        """Both as one."""
        return Candle(
            self.start, self.open, max(self.high, later.high), min(self.low, later.low), later.close,
            self.volume + later.volume, self.prints + later.prints, self.worth + later.worth,
        )  # fmt: skip


class Board:
    """One asset's. number: rises with each quote or trade, so that two of one instant keep their order."""

    def __init__(self, asset: Asset) -> None:
        self.asset = asset
        self.quotes: deque[tuple[int, int, Quote]] = deque(maxlen=TICKS_MAX)
        self.trades: deque[tuple[int, int, Trade]] = deque(maxlen=TICKS_MAX)
        self.bars: deque[Candle] = deque(maxlen=BARS_MAX)
        self.depth: Depth | None = None
        self.bid = self.ask = self.last = self.close = 0
        self.number = 0
        self.ticked = 0
        self._count = self._traded = self._worth = 0

    @property
    def price(self) -> int:
        return self.last or (self.bid + self.ask) // (2 if self.bid and self.ask else 1)

    def touch(self, side: int) -> int:
        """The price that an order on `side` would meet, 0 = not known."""
        return (self.ask if side > 0 else self.bid) or self.last

    def see(self, event: MarketEvent) -> Candle | None:
        """Takes an event; gives the candle that it completes."""
        self.number += 1
        if isinstance(event, Quote):
            self.quotes.append((event.time, self.number, event))
            self.bid, self.ask, self.ticked = event.bid_units, event.ask_units, event.time
        elif isinstance(event, Trade):
            self.trades.append((event.time, self.number, event))
            self.last, self.ticked = event.price_units, event.time
            self._count += 1
            self._traded += event.size_units
            self._worth += event.price_units * event.size_units
        elif isinstance(event, Depth):
            self.depth, self.ticked = event, event.time
            self.bid = event.bids[0][0] if event.bids else 0
            self.ask = event.asks[0][0] if event.asks else 0
        elif isinstance(event, Bar):
            return self._see_bar(event)
        return None

    def _see_bar(self, bar: Bar) -> Candle:
        if isinstance(bar, QuoteBar):
            self.bid, self.ask = bar.bid_close_units, bar.ask_close_units
        else:
            self.last = bar.close_units
        worth = bar.volume_units * (bar.high_units + bar.low_units + bar.close_units) // 3
        if self._traded:
            worth = bar.volume_units * self._worth // self._traded
        candle = Candle(
            bar.time_open, bar.open_units, bar.high_units, bar.low_units, bar.close_units, bar.volume_units,
            self._count, worth,
        )  # fmt: skip
        self._count = self._traded = self._worth = 0
        self.bars.append(candle)
        return candle

    def candles(self, frame: str, begin: int, end: int) -> Iterator[Candle]:
        """Bars of a time frame whose start lies in [begin, end], rising."""
        starts = bucket(frame, self.asset)
        running: Candle | None = None
        for candle in self.bars:
            start = starts(candle.start)
            if not begin <= start <= end:
                continue
            if running is not None and running.start == start:
                running = running.joined(candle)
                continue
            if running is not None:
                yield running
            running = candle._replace(start=start)
        if running is not None:
            yield running

    def today(self, candle: Candle) -> Candle:
        """The day of a candle, up to it."""
        start = bucket("1Day", self.asset)(candle.start)
        running = candle
        for earlier in reversed(self.bars):
            if earlier.start < start:
                break
            if earlier.start < candle.start:
                running = earlier.joined(running)
        return running._replace(start=start)

    # Rows of market data

    def _price(self, units: int) -> Any:
        return number(units, self.asset.instrument.price_scale)

    def candle_row(self, candle: Candle) -> dict[str, Any]:
        scale = self.asset.instrument.price_scale
        average = candle.worth // candle.volume if candle.volume else candle.close
        return {
            "t": Moment(candle.start),
            "o": self._price(candle.open),
            "h": self._price(candle.high),
            "l": self._price(candle.low),
            "c": self._price(candle.close),
            "v": number(candle.volume, SIZE_SCALE),
            "n": candle.prints,
            "vw": number(average, scale),
        }

    def trade_row(self, count: int, trade: Trade) -> dict[str, Any]:
        row: dict[str, Any] = {
            "t": Moment(trade.time),
            "p": self._price(trade.price_units),
            "s": number(trade.size_units, SIZE_SCALE),
            "i": count,
        }
        if self.asset.asset_class == EQUITY:
            return {**row, "x": "V", "c": ["@"], "z": "C"}
        return {**row, "tks": "S" if trade.aggressor < 0 else "B"}

    def quote_row(self, quote: Quote) -> dict[str, Any]:
        row: dict[str, Any] = {
            "t": Moment(quote.time),
            "bp": self._price(quote.bid_units),
            "bs": number(quote.bid_size_units, SIZE_SCALE),
            "ap": self._price(quote.ask_units),
            "as": number(quote.ask_size_units, SIZE_SCALE),
        }
        return {**row, "bx": "V", "ax": "V", "c": ["R"], "z": "C"} if self.asset.asset_class == EQUITY else row

    def depth_row(self, depth: Depth) -> dict[str, Any]:
        sides = (
            [{"p": self._price(price), "s": number(size, SIZE_SCALE)} for price, size in side]
            for side in (depth.bids, depth.asks)
        )
        bids, asks = sides
        return {"t": Moment(depth.time), "b": bids, "a": asks}


class Boards:
    """All assets' boards."""

    def __init__(self, assets: Assets) -> None:
        self._boards = {asset.plain: Board(asset) for asset in assets.all}

    def of(self, asset: Asset) -> Board:
        return self._boards[asset.plain]

    def price(self, asset: Asset) -> int:
        """The price now, counts; 0 = not known."""
        return self._boards[asset.plain].price

    def close_session(self) -> None:
        """The prices of now are those of the last day's close."""
        for board in self._boards.values():
            board.close = board.price


def bucket(frame: str, asset: Asset) -> Callable[[int], int]:
    """Where the bar of a time frame begins in which a moment lies. Raises ValueError for a frame that is none."""
    found = _FRAME.fullmatch(frame)
    if found is None:
        raise ValueError(frame)
    count, unit = int(found[1]), _UNITS[found[2]]
    if count not in _COUNTS[unit]:
        raise ValueError(frame)
    zone = NEW_YORK if asset.asset_class == EQUITY else "UTC"
    if unit in _LENGTHS:
        length = count * _LENGTHS[unit]
        return lambda time: time - time % length
    return lambda time: day_start(zone, _first_day(unit, count, day_of(zone, time)))


def _first_day(unit: str, count: int, day: int) -> int:
    if unit == "day":
        return day
    if unit == "week":
        return week_of(day) * 7 - 3
    date = datetime.date.fromordinal(day + datetime.date(1970, 1, 1).toordinal())
    return ordinal(date.year, (date.month - 1) // count * count + 1, 1)
