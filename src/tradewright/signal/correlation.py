"""Rolling correlation between the bar returns of many symbols: exact, and one step per bar and pair.

A return is the change from one close to the next in parts per billion, rounded down. A pair's window holds the last
`length` moments at which both symbols had a bar; its five sums are integers, so adding the newest and taking the oldest
away never drifts.
"""

from __future__ import annotations

from collections import deque
from math import isqrt
from typing import Any

from tradewright.model.market import Bar

PPB = 1_000_000_000
PPM = 1_000_000


class Pair:
    """The common returns of two symbols and their sums."""

    __slots__ = ("points", "x", "y", "xx", "yy", "xy")

    def __init__(self) -> None:
        self.points: deque[tuple[int, int]] = deque()
        self.x = self.y = self.xx = self.yy = self.xy = 0

    def push(self, x: int, y: int, length: int) -> None:
        self.points.append((x, y))
        self._add(x, y, 1)
        if len(self.points) > length:
            x, y = self.points.popleft()
            self._add(x, y, -1)

    def _add(self, x: int, y: int, sign: int) -> None:
        self.x += sign * x
        self.y += sign * y
        self.xx += sign * x * x
        self.yy += sign * y * y
        self.xy += sign * x * y

    def signed(self, sign: int) -> int | None:
        """sign × Pearson's r in ppm, rounded up; None where one side did not move."""
        n = len(self.points)
        spread = (n * self.xx - self.x * self.x) * (n * self.yy - self.y * self.y)
        if spread == 0:
            return None
        joint = sign * (n * self.xy - self.x * self.y)
        square = joint * joint * PPM * PPM
        # r² × 10¹² = square / spread; a positive root is rounded up, a negative one towards zero: both upwards.
        return isqrt((square - 1) // spread) + 1 if joint > 0 else -isqrt(square // spread)


class Correlations:
    """Of all symbols that have bars. length: of the window, in common bars."""

    __slots__ = ("length", "last", "pairs")

    def __init__(self, length: int) -> None:
        self.length = length
        #: By symbol: time of the newest bar, its close, and the return that led there (None at the first).
        self.last: dict[str, tuple[int, int, int | None]] = {}
        self.pairs: dict[tuple[str, str], Pair] = {}

    def observe(self, bar: Bar) -> None:
        """The next bar of a symbol; one whose close can not be divided by begins anew."""
        symbol, close = bar.symbol, bar.close_units
        before = self.last.get(symbol)
        change = None if before is None or before[1] <= 0 else (close - before[1]) * PPB // before[1]
        self.last[symbol] = (bar.time, close, change)
        if change is None:
            return
        for other, (time, _, theirs) in self.last.items():
            if other != symbol and time == bar.time and theirs is not None:
                first, second = (symbol, other) if symbol < other else (other, symbol)
                pair = self.pairs.setdefault((first, second), Pair())
                x, y = (change, theirs) if first == symbol else (theirs, change)
                pair.push(x, y, self.length)

    def signed(self, symbol: str, other: str, sign: int) -> int | None:
        """sign × the correlation of two symbols, ppm rounded up; None where the window is not full or nothing moved."""
        pair = self.pairs.get((min(symbol, other), max(symbol, other)))
        return None if pair is None or len(pair.points) < self.length else pair.signed(sign)

    def state(self) -> Any:
        last = [(symbol, *values) for symbol, values in sorted(self.last.items())]
        return [last, [(*names, list(pair.points)) for names, pair in sorted(self.pairs.items())]]

    def restore(self, state: Any) -> None:
        last, pairs = state
        self.last = {symbol: (time, close, change) for symbol, time, close, change in last}
        self.pairs = {}
        for first, second, points in pairs:
            pair = self.pairs[(first, second)] = Pair()
            for x, y in points:
                pair.push(x, y, self.length)
