"""Candles of every interval, formed from the trades of one symbol; what did not trade has flat candles.

Prices and quantities are counts of 10^-8, quote volumes money. Weeks begin on Monday, months on their first day, all
others at multiples of their length since 1970, in UTC or moved by the client's time zone (formed then from candles of a
quarter of an hour). KEPT candles of an interval are kept, a day and more of minutes.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime

from tradewright.sim.wire.binance.figures import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, WORTH, Time, money_text, text

LENGTHS = {
    "1s": SECOND_NS, "1m": MINUTE_NS, "3m": 3 * MINUTE_NS, "5m": 5 * MINUTE_NS, "15m": 15 * MINUTE_NS,
    "30m": 30 * MINUTE_NS, "1h": HOUR_NS, "2h": 2 * HOUR_NS, "4h": 4 * HOUR_NS, "6h": 6 * HOUR_NS, "8h": 8 * HOUR_NS,
    "12h": 12 * HOUR_NS, "1d": DAY_NS, "3d": 3 * DAY_NS, "1w": 7 * DAY_NS, "1M": 0,
}  # fmt: skip
KEPT = 1500
#: 1970 began on a Thursday.
_MONDAY_NS = 4 * DAY_NS


def opening(interval: str, time: int, shift: int = 0) -> int:
    """When the candle that covers `time` opens. shift: of the time zone, ns."""
    local = time + shift
    if interval == "1M":
        day = datetime.fromtimestamp(local // SECOND_NS, UTC).replace(day=1, hour=0, minute=0, second=0)
        return int(day.timestamp()) * SECOND_NS - shift
    length = LENGTHS[interval]
    if interval == "1w":
        return local - (local - _MONDAY_NS) % length - shift
    return local - local % length - shift


def ending(interval: str, opened: int, shift: int = 0) -> int:
    """When the next candle opens."""
    if interval == "1M":
        return opening(interval, opened + 32 * DAY_NS, shift)
    return opened + LENGTHS[interval]


class Candle:
    """One period: [opens, ends) in ns; trades: their number; first, last: their ids, -1 = none."""

    __slots__ = ("opens", "ends", "open", "high", "low", "close", "volume", "worth", "trades", "taken", "taken_worth",
                 "first", "last")  # fmt: skip

    def __init__(self, opens: int, ends: int, price: int) -> None:
        self.opens = opens
        self.ends = ends
        self.open = self.high = self.low = self.close = price
        self.volume = self.worth = self.trades = self.taken = self.taken_worth = 0
        self.first = self.last = -1

    def add(self, trade: int, price: int, quantity: int, buyer_took: bool) -> None:
        if not self.trades:
            self.open = self.high = self.low = price
            self.first = trade
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += quantity
        worth = price * quantity * WORTH
        self.worth += worth
        self.trades += 1
        self.last = trade
        if buyer_took:
            self.taken += quantity
            self.taken_worth += worth

    def join(self, later: Candle) -> None:
        """Takes in the candle that follows."""
        if later.trades:
            if not self.trades:
                self.open = self.high = self.low = later.open
                self.first = later.first
            self.high = max(self.high, later.high)
            self.low = min(self.low, later.low)
            self.close = later.close
            self.last = later.last
        self.volume += later.volume
        self.worth += later.worth
        self.trades += later.trades
        self.taken += later.taken
        self.taken_worth += later.taken_worth

    def row(self) -> list[object]:
        """As /klines answers."""
        return [
            Time(self.opens), text(self.open), text(self.high), text(self.low), text(self.close), text(self.volume),
            Time(self.ends - 1), money_text(self.worth), self.trades, text(self.taken), money_text(self.taken_worth),
            "0",
        ]  # fmt: skip

    def event(self, symbol: str, interval: str, clock: int) -> dict[str, object]:
        """As the kline stream says."""
        return {
            "e": "kline", "E": Time(clock), "s": symbol,
            "k": {
                "t": Time(self.opens), "T": Time(self.ends - 1), "s": symbol, "i": interval, "f": self.first,
                "L": self.last, "o": text(self.open), "c": text(self.close), "h": text(self.high),
                "l": text(self.low), "v": text(self.volume), "n": self.trades, "x": clock >= self.ends,
                "q": money_text(self.worth), "V": text(self.taken), "Q": money_text(self.taken_worth), "B": "0",
            },
        }  # fmt: skip


class Candles:
    """All intervals of one symbol."""

    __slots__ = ("rows",)

    def __init__(self) -> None:
        self.rows: dict[str, deque[Candle]] = {interval: deque(maxlen=KEPT) for interval in LENGTHS}

    def add(self, trade: int, time: int, price: int, quantity: int, buyer_took: bool) -> None:
        for interval, rows in self.rows.items():
            if not rows or time >= rows[-1].ends:
                roll(rows, interval, time, price)
            # A trade that is heard of late belongs to the candle that runs.
            rows[-1].add(trade, price, quantity, buyer_took)

    def until(self, interval: str, time: int) -> deque[Candle]:
        """The candles of an interval up to the one that covers `time`, oldest first."""
        rows = self.rows[interval]
        if rows:
            roll(rows, interval, time, rows[-1].close)
        return rows

    def shifted(self, interval: str, time: int, shift: int) -> list[Candle]:
        """The same in another time zone."""
        rows = self.until(
            "1s" if interval == "1s" else "15m" if LENGTHS[interval] % (15 * MINUTE_NS) == 0 else "1m", time
        )
        found: list[Candle] = []
        for row in rows:
            opens = opening(interval, row.opens, shift)
            if not found or found[-1].opens != opens:
                found.append(Candle(opens, ending(interval, opens, shift), row.open))
            found[-1].join(row)
        return found


def roll(rows: deque[Candle], interval: str, time: int, price: int) -> None:
    """Flat candles up to the one that covers `time`; the first one opens at `price`."""
    if not rows:
        opens = opening(interval, time)
        rows.append(Candle(opens, ending(interval, opens), price))
        return
    length = LENGTHS[interval]
    if length and (time - rows[-1].ends) // length > KEPT:
        opens = opening(interval, time - KEPT * length)
        rows.append(Candle(opens, ending(interval, opens), rows[-1].close))
    while rows[-1].ends <= time:
        last = rows[-1]
        rows.append(Candle(last.ends, ending(interval, last.ends), last.close))
