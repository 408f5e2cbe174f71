"""What a market says: bars, quotes, trades and order-book depth.

`time` is the engine's logical time in ns UTC: when the fact is known (a bar: at its close). `*_units` are integer
counts at the instrument's scales; the properties of the same names without the suffix are floats for strategies and
pictures.
"""

from __future__ import annotations

from tradewright.model.event import BAR, DEPTH, QUOTE, QUOTE_BAR, TRADE, Event
from tradewright.model.instrument import Instrument


class MarketEvent(Event):
    """Base of all market data: it is about one instrument."""

    __slots__ = ("instrument",)

    instrument: Instrument

    @property
    def symbol(self) -> str:
        return self.instrument.symbol


class Bar(MarketEvent):
    """Trades of one period. time_open: start of the period, ns UTC; time: its end. volume_units: size counts."""

    __slots__ = ("time_open", "open_units", "high_units", "low_units", "close_units", "volume_units")

    def __init__(
        self,
        time: int,
        instrument: Instrument,
        time_open: int,
        open_units: int,
        high_units: int,
        low_units: int,
        close_units: int,
        volume_units: int,
    ) -> None:
        self.kind = BAR
        self.time = time
        self.instrument = instrument
        self.time_open = time_open
        self.open_units = open_units
        self.high_units = high_units
        self.low_units = low_units
        self.close_units = close_units
        self.volume_units = volume_units

    @property
    def open(self) -> float:
        return self.open_units / self.instrument.price_one

    @property
    def high(self) -> float:
        return self.high_units / self.instrument.price_one

    @property
    def low(self) -> float:
        return self.low_units / self.instrument.price_one

    @property
    def close(self) -> float:
        return self.close_units / self.instrument.price_one

    @property
    def volume(self) -> float:
        return self.volume_units / self.instrument.size_one

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.instrument.index, self.time_open, self.open_units, self.high_units,
            self.low_units, self.close_units, self.volume_units,
        )  # fmt: skip


def bars_of(
    instrument: Instrument,
    times: memoryview[int],
    times_open: memoryview[int],
    opens: memoryview[int],
    highs: memoryview[int],
    lows: memoryview[int],
    closes: memoryview[int],
    volumes: memoryview[int],
) -> list[Bar]:
    """Bars from columns (int64) of equal length, field by field: the constructor would cost more than a strategy's
    look, and so would a list of Python integers."""
    bars = []
    for at in range(len(times)):
        bar = Bar.__new__(Bar)
        bar.kind = BAR
        bar.time = times[at]
        bar.instrument = instrument
        bar.time_open = times_open[at]
        bar.open_units = opens[at]
        bar.high_units = highs[at]
        bar.low_units = lows[at]
        bar.close_units = closes[at]
        bar.volume_units = volumes[at]
        bars.append(bar)
    return bars


class QuoteBar(Bar):
    """Bid and ask of one period. Open, high, low and close of the Bar it extends are the mid prices, rounded down."""

    __slots__ = (
        "bid_open_units", "bid_high_units", "bid_low_units", "bid_close_units",
        "ask_open_units", "ask_high_units", "ask_low_units", "ask_close_units", "bid_size_units", "ask_size_units",
    )  # fmt: skip

    def __init__(
        self,
        time: int,
        instrument: Instrument,
        time_open: int,
        bid_open_units: int,
        bid_high_units: int,
        bid_low_units: int,
        bid_close_units: int,
        ask_open_units: int,
        ask_high_units: int,
        ask_low_units: int,
        ask_close_units: int,
        bid_size_units: int = 0,
        ask_size_units: int = 0,
    ) -> None:
        self.kind = QUOTE_BAR
        self.time = time
        self.instrument = instrument
        self.time_open = time_open
        self.open_units = (bid_open_units + ask_open_units) // 2
        self.high_units = (bid_high_units + ask_high_units) // 2
        self.low_units = (bid_low_units + ask_low_units) // 2
        self.close_units = (bid_close_units + ask_close_units) // 2
        self.volume_units = 0
        self.bid_open_units = bid_open_units
        self.bid_high_units = bid_high_units
        self.bid_low_units = bid_low_units
        self.bid_close_units = bid_close_units
        self.ask_open_units = ask_open_units
        self.ask_high_units = ask_high_units
        self.ask_low_units = ask_low_units
        self.ask_close_units = ask_close_units
        self.bid_size_units = bid_size_units
        self.ask_size_units = ask_size_units

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.instrument.index, self.time_open,
            self.bid_open_units, self.bid_high_units, self.bid_low_units, self.bid_close_units,
            self.ask_open_units, self.ask_high_units, self.ask_low_units, self.ask_close_units,
            self.bid_size_units, self.ask_size_units,
        )  # fmt: skip


class Quote(MarketEvent):
    """Best bid and ask; a size of 0 means the source does not say."""

    __slots__ = ("bid_units", "ask_units", "bid_size_units", "ask_size_units")

    def __init__(
        self,
        time: int,
        instrument: Instrument,
        bid_units: int,
        ask_units: int,
        bid_size_units: int = 0,
        ask_size_units: int = 0,
    ) -> None:
        self.kind = QUOTE
        self.time = time
        self.instrument = instrument
        self.bid_units = bid_units
        self.ask_units = ask_units
        self.bid_size_units = bid_size_units
        self.ask_size_units = ask_size_units

    @property
    def bid(self) -> float:
        return self.bid_units / self.instrument.price_one

    @property
    def ask(self) -> float:
        return self.ask_units / self.instrument.price_one

    @property
    def mid(self) -> float:
        return (self.bid_units + self.ask_units) / (2.0 * self.instrument.price_one)

    @property
    def spread(self) -> float:
        return (self.ask_units - self.bid_units) / self.instrument.price_one

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.instrument.index, self.bid_units, self.ask_units,
            self.bid_size_units, self.ask_size_units,
        )  # fmt: skip


class Trade(MarketEvent):
    """A market print. aggressor: +1 the buyer took, -1 the seller took, 0 the source does not say."""

    __slots__ = ("price_units", "size_units", "aggressor")

    def __init__(
        self, time: int, instrument: Instrument, price_units: int, size_units: int, aggressor: int = 0
    ) -> None:
        self.kind = TRADE
        self.time = time
        self.instrument = instrument
        self.price_units = price_units
        self.size_units = size_units
        self.aggressor = aggressor

    @property
    def price(self) -> float:
        return self.price_units / self.instrument.price_one

    @property
    def size(self) -> float:
        return self.size_units / self.instrument.size_one

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.instrument.index, self.price_units, self.size_units, self.aggressor)


class Depth(MarketEvent):
    """A snapshot of the L2 book: (price count, size count) per level, best first; bids fall, asks rise."""

    __slots__ = ("bids", "asks")

    def __init__(
        self,
        time: int,
        instrument: Instrument,
        bids: tuple[tuple[int, int], ...],
        asks: tuple[tuple[int, int], ...],
    ) -> None:
        self.kind = DEPTH
        self.time = time
        self.instrument = instrument
        self.bids = bids
        self.asks = asks

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.instrument.index, self.bids, self.asks)
