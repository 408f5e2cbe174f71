"""The price's way through one event: where each moment leads, and how soon a price on the way is reached.

A bar is five moments: the open (the price jumps there), both extremes and the close (it moves there through every price
between), and the close itself, where nothing moves and closing orders trade. Other data is a single jump.
The moments lie at the start, at one third and two thirds, and at the end of the bar's period.
"""

from __future__ import annotations

from tradewright.model.market import Bar, QuoteBar
from tradewright.sim.exchange.vocabulary import CLOSE, FIRST_EXTREME, OPEN, OUT_OF_REACH, SECOND_EXTREME, TO_CLOSE


def fall(now: int, to: int, level: int) -> float:
    """How far on the move from `now` to `to` the price is at or below `level`: 0 at once, 1 at the end."""
    if now <= level:
        return 0.0
    if to <= level:
        return (now - level) / (now - to)
    return OUT_OF_REACH


def rise(now: int, to: int, level: int) -> float:
    """How far on the move from `now` to `to` the price is at or above `level`: 0 at once, 1 at the end."""
    if now >= level:
        return 0.0
    if to >= level:
        return (level - now) / (to - now)
    return OUT_OF_REACH


class Path:
    """Bid and ask of one bar at its four prices (counts), and its times in ns; for trade bars bid and ask are equal."""

    __slots__ = (
        "time_open", "time", "volume", "bid_open", "bid_high", "bid_low", "bid_close",
        "ask_open", "ask_high", "ask_low", "ask_close",
    )  # fmt: skip

    def __init__(self) -> None:
        self.time_open = 0
        self.time = 0
        self.volume = 0
        self.bid_open = self.bid_high = self.bid_low = self.bid_close = 0
        self.ask_open = self.ask_high = self.ask_low = self.ask_close = 0

    def follow(self, bar: Bar) -> None:
        """Takes the way of a trade bar."""
        self.time_open = bar.time_open
        self.time = bar.time
        self.volume = bar.volume_units
        self.bid_open = self.ask_open = bar.open_units
        self.bid_high = self.ask_high = bar.high_units
        self.bid_low = self.ask_low = bar.low_units
        self.bid_close = self.ask_close = bar.close_units

    def follow_quotes(self, bar: QuoteBar) -> None:
        """Takes the way of a quote bar: bid and ask reach their extremes together."""
        self.time_open = bar.time_open
        self.time = bar.time
        self.volume = bar.volume_units
        self.bid_open = bar.bid_open_units
        self.bid_high = bar.bid_high_units
        self.bid_low = bar.bid_low_units
        self.bid_close = bar.bid_close_units
        self.ask_open = bar.ask_open_units
        self.ask_high = bar.ask_high_units
        self.ask_low = bar.ask_low_units
        self.ask_close = bar.ask_close_units

    def bid(self, point: int, low_first: bool) -> int:
        """The bid to which this moment leads."""
        if point == OPEN:
            return self.bid_open
        if point == FIRST_EXTREME:
            return self.bid_low if low_first else self.bid_high
        if point == SECOND_EXTREME:
            return self.bid_high if low_first else self.bid_low
        return self.bid_close

    def ask(self, point: int, low_first: bool) -> int:
        """The ask to which this moment leads."""
        if point == OPEN:
            return self.ask_open
        if point == FIRST_EXTREME:
            return self.ask_low if low_first else self.ask_high
        if point == SECOND_EXTREME:
            return self.ask_high if low_first else self.ask_low
        return self.ask_close

    def sets_out(self, point: int) -> int:
        """Until when an order must have come to meet the price on its way to this moment, ns; for the close itself it
        is enough to come before it."""
        if point == CLOSE:
            return self.time - 1
        return self.moment(max(point - 1, OPEN))

    def moment(self, point: int) -> int:
        """The venue's time of this moment, ns."""
        if point >= TO_CLOSE:
            return self.time
        return self.time_open + (self.time - self.time_open) * point // 3
