"""The book of one symbol as it is shown: levels, update ids, and what changed since the last stream event.

A quote moves the best level of each side and takes away what lies before it; a snapshot of depth replaces all. Every
changed level is one update id, so that events of any period join on: U of the next is u of the last plus one.
"""

from __future__ import annotations

from collections.abc import Iterable

from tradewright.sim.wire.binance.figures import Time, text

Level = tuple[int, int]
LEVELS_MAX = 5000
#: Levels that a stream event may hold; what nobody listens to is forgotten beyond it.
UNSAID_MAX = 20_000


class Changes:
    """Levels changed since the last event of one period: first and last update id, and the newest size per price."""

    __slots__ = ("first", "last", "bids", "asks")

    def __init__(self, update: int) -> None:
        self.begin(update)

    def begin(self, update: int) -> None:
        self.first = update + 1
        self.last = update
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}

    def event(self, symbol: str, clock: int) -> dict[str, object]:
        return {
            "e": "depthUpdate", "E": Time(clock), "s": symbol, "U": self.first, "u": self.last,
            "b": [[text(price), text(size)] for price, size in self.bids.items()],
            "a": [[text(price), text(size)] for price, size in self.asks.items()],
        }  # fmt: skip


class ShownBook:
    """bids, asks: size per price, counts of 10^-8. slow, fast: what streams of 1000 and 100 ms have not said yet."""

    __slots__ = ("bids", "asks", "update", "slow", "fast")

    def __init__(self) -> None:
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.update = 1
        self.slow = Changes(1)
        self.fast = Changes(1)

    def replace(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """The whole book anew."""
        for side, levels in ((1, dict(bids)), (-1, dict(asks))):
            shown = self.bids if side > 0 else self.asks
            for price in [price for price in shown if price not in levels]:
                self._set(side, price, 0)
            for price, size in levels.items():
                self._set(side, price, size)

    def quote(self, bid: int, bid_size: int, ask: int, ask_size: int) -> None:
        """The best of both sides anew."""
        for price in [price for price in self.bids if price > bid or price >= ask > 0]:
            self._set(1, price, 0)
        for price in [price for price in self.asks if price < ask or (bid and price <= bid)]:
            self._set(-1, price, 0)
        if bid:
            self._set(1, bid, bid_size)
        if ask:
            self._set(-1, ask, ask_size)

    def _set(self, side: int, price: int, size: int) -> None:
        shown = self.bids if side > 0 else self.asks
        if shown.get(price, 0) == size:
            return
        if size:
            shown[price] = size
        else:
            del shown[price]
        self.update += 1
        for changes in (self.slow, self.fast):
            changes.last = self.update
            (changes.bids if side > 0 else changes.asks)[price] = size
            if len(changes.bids) + len(changes.asks) > UNSAID_MAX:
                changes.begin(self.update)  # nobody has listened for long

    def skip(self) -> None:
        """A gap: what changed since the last event is never said, and an id is left out."""
        self.update += 1
        self.slow.begin(self.update)
        self.fast.begin(self.update)

    def best(self, side: int, number: int = 1) -> list[Level]:
        """The best levels of a side, best first."""
        shown = self.bids if side > 0 else self.asks
        return sorted(shown.items(), reverse=side > 0)[:number]

    def snapshot(self, number: int) -> dict[str, object]:
        """As /depth and the streams of partial depth say it."""
        return {
            "lastUpdateId": self.update,
            "bids": [[text(price), text(size)] for price, size in self.best(1, number)],
            "asks": [[text(price), text(size)] for price, size in self.best(-1, number)],
        }
