"""What an account owns: dollars and positions at average cost, and how both stood a while ago.

A position's cost is signed as its size: a short's is what selling it brought in. Reducing keeps the average price; what
is left of the cost is rounded half to even to a money count. Fees in a pair's base currency are taken from the
position, all others from the dollars.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from tradewright.model.numbers import MONEY_SCALE, round_nearest
from tradewright.sim.wire.alpaca.assets import Asset
from tradewright.sim.wire.alpaca.notation import SIZE_SCALE

#: States kept for answers that are stale.
PAST_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Position:
    """size: signed counts; cost: signed money; day: when it was opened (ordinal in New York)."""

    asset: Asset
    size: int
    cost: int
    day: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """All of it at one moment."""

    time: int
    cash: int
    positions: dict[str, Position]


class Ledger:
    """One account's. cash: money."""

    def __init__(self, cash: int, now: int) -> None:
        self.cash = cash
        self.positions: dict[str, Position] = {}
        self.past: deque[Holdings] = deque(maxlen=PAST_MAX)
        self._remember(now)

    def size_of(self, asset: Asset) -> int:
        """The signed size held, in counts."""
        held = self.positions.get(asset.plain)
        return held.size if held else 0

    def book(self, asset: Asset, size: int, price: int, day: int) -> None:
        """An execution; size: signed counts."""
        self.cash -= asset.money(price, size)
        held = self.positions.get(asset.plain)
        if held is None:
            self.positions[asset.plain] = Position(asset, size, asset.money(price, size), day)
            return
        after = held.size + size
        if after == 0:
            del self.positions[asset.plain]
        elif (after > 0) != (held.size > 0):
            self.positions[asset.plain] = Position(asset, after, asset.money(price, after), day)
        elif abs(after) > abs(held.size):
            self.positions[asset.plain] = replace(held, size=after, cost=held.cost + asset.money(price, size))
        else:
            self.positions[asset.plain] = replace(held, size=after, cost=_share(held.cost, after, held.size))

    def split(self, asset: Asset, new: int, old: int) -> int:
        """Of each `old` there are `new`, at the same cost; the counts that came in, signed."""
        held = self.positions.get(asset.plain)
        if held is None:
            return 0
        size = abs(held.size) * new // old * (1 if held.size > 0 else -1)
        self.positions[asset.plain] = replace(held, size=size)
        return size - held.size

    def charge(self, asset: Asset, fee: int, currency: str) -> None:
        """A fee (money in its currency). One that can not be taken from the position is not owed."""
        if currency != asset.instrument.base:
            self.cash -= fee
            return
        held = self.positions.get(asset.plain)
        size = fee // 10 ** (MONEY_SCALE - SIZE_SCALE)
        if held is None or held.size < size:
            return
        if held.size == size:
            del self.positions[asset.plain]
        else:
            self.positions[asset.plain] = replace(held, size=held.size - size)

    def keep(self, now: int) -> None:
        """To be called when a change is complete."""
        self._remember(now)

    def _remember(self, now: int) -> None:
        self.past.append(Holdings(now, self.cash, dict(self.positions)))

    def seen_at(self, time: int) -> Holdings:
        """What stood at that time; the oldest that is kept, where it lies before."""
        found = self.past[0]
        for holdings in self.past:
            if holdings.time <= time:
                found = holdings
        return found


def _share(cost: int, part: int, whole: int) -> int:
    """cost × part / whole; part and whole are of one sign."""
    return round_nearest(cost * abs(part), abs(whole)) // abs(whole)
