"""Bars of a symbol: made of its bid prices minute by minute, larger ones of these on the broker's wall clock."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.server_time import SECOND_NS, ServerTime
from tradewright.sim.wire.mt5.symbols import Symbol

#: One-minute bars kept per symbol: a week.
MINUTES_MAX = 7 * 24 * 60
MINUTE_NS = 60 * SECOND_NS
DAY_SECONDS = 86_400

TIMEFRAMES = {
    name.removeprefix("TIMEFRAME_"): value for name, value in mt5.CONSTANTS.items() if name.startswith("TIMEFRAME_")
}
Records = npt.NDArray[Any]
RATE = np.dtype(
    [
        ("time", "<i8"), ("open", "<f8"), ("high", "<f8"), ("low", "<f8"), ("close", "<f8"),
        ("tick_volume", "<u8"), ("spread", "<i4"), ("real_volume", "<u8"),
    ]
)  # fmt: skip
TICK = np.dtype(
    [
        ("time", "<i8"), ("bid", "<f8"), ("ask", "<f8"), ("last", "<f8"), ("volume", "<u8"),
        ("time_msc", "<i8"), ("flags", "<u4"), ("volume_real", "<f8"),
    ]
)  # fmt: skip


class Bar:
    """Prices counts, spread points; start: wall seconds, except in a minute: ns UTC."""

    __slots__ = ("start", "open", "high", "low", "close", "ticks", "spread", "volume")

    def __init__(self, start: int, price: int) -> None:
        self.start = start
        self.open = self.high = self.low = self.close = price
        self.ticks = self.spread = self.volume = 0


class Minutes:
    """The one-minute bars of one symbol."""

    def __init__(self) -> None:
        self._bars: deque[Bar] = deque(maxlen=MINUTES_MAX)

    def see(self, symbol: Symbol, time: int, volume: int) -> None:
        """Takes the symbol's price as it stands."""
        start = time - time % MINUTE_NS
        if not self._bars or self._bars[-1].start != start:
            self._bars.append(Bar(start, symbol.bid))
        bar = self._bars[-1]
        bar.high, bar.low, bar.close = max(bar.high, symbol.bid), min(bar.low, symbol.bid), symbol.bid
        bar.ticks += 1
        bar.volume += volume
        bar.spread = (symbol.ask - symbol.bid) // symbol.point

    def bars(self, timeframe: int, clock: ServerTime) -> list[Bar]:
        """All of a time frame, oldest first; of an hour the wall clock shows twice both share their bars."""
        found: list[Bar] = []
        for minute in self._bars:
            start = _start(clock.seconds(minute.start), timeframe)
            if not found or found[-1].start != start:
                found.append(Bar(start, minute.open))
                found[-1].high, found[-1].low = minute.high, minute.low
            bar = found[-1]
            bar.high, bar.low, bar.close = max(bar.high, minute.high), min(bar.low, minute.low), minute.close
            bar.ticks += minute.ticks
            bar.volume += minute.volume
            bar.spread = minute.spread
        return found


def _start(wall: int, timeframe: int) -> int:
    """When the bar that covers this second began; a week begins on Sunday."""
    if timeframe == mt5.TIMEFRAME_MN1:
        moment = datetime.fromtimestamp(wall, UTC)
        return int(moment.replace(day=1, hour=0, minute=0, second=0).timestamp())
    if timeframe == mt5.TIMEFRAME_W1:
        return wall - (wall + 4 * DAY_SECONDS) % (7 * DAY_SECONDS)
    seconds = (timeframe - 16384) * 3600 if timeframe > 16384 else timeframe * 60
    return wall - wall % seconds


def rate_records(symbol: Symbol, bars: list[Bar]) -> Records:
    """Bars as the package's array."""
    scale = 10**symbol.instrument.price_scale
    one = 10**symbol.instrument.size_scale
    rows = [
        (
            bar.start, bar.open / scale, bar.high / scale, bar.low / scale, bar.close / scale,
            bar.ticks, bar.spread, bar.volume // one,
        )
        for bar in bars
    ]  # fmt: skip
    return np.array(rows, dtype=RATE)


def tick_records(symbol: Symbol, since: int, until: int, count: int, flags: int, clock: ServerTime) -> Records:
    """The first `count` ticks in [since, until] (ns UTC) as the package's array; flags: all, bid and ask, or trades."""
    wanted = {mt5.COPY_TICKS_INFO: mt5.TICK_FLAG_BID | mt5.TICK_FLAG_ASK, mt5.COPY_TICKS_TRADE: mt5.TICK_FLAG_LAST}
    mask = wanted.get(flags, 0)
    found = [tick for tick in symbol.ticks if since <= tick.time <= until and (not mask or tick.flags & mask)][:count]
    rows = [
        (
            clock.seconds(tick.time), symbol.price(tick.bid), symbol.price(tick.ask), symbol.price(tick.last),
            int(symbol.lots(tick.volume)), clock.milliseconds(tick.time), tick.flags, symbol.lots(tick.volume),
        )
        for tick in found
    ]  # fmt: skip
    return np.array(rows, dtype=TICK)
