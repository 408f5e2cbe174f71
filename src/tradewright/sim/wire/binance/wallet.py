"""An account's assets: what it owns, and what its open orders hold of it.

All money at MONEY_SCALE. Free is what is owned less what is held. Each hold has a name (its order's, or its list's: the
legs of one list hold once, the most of them) and lies on one asset.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping

#: Changes that `at` can look behind.
CHANGES_KEPT = 20_000


class Wallet:
    """owned: per asset. touched: assets changed since somebody last asked, in the order of the first change."""

    __slots__ = ("owned", "held", "holds", "touched", "changes", "began")

    def __init__(self, balances: Mapping[str, int]) -> None:
        self.owned = dict(balances)
        self.held = dict.fromkeys(balances, 0)
        self.holds: dict[str, tuple[str, int]] = {}
        self.touched: dict[str, None] = {}
        self.began = dict(balances)
        self.changes: deque[tuple[int, str, int, int]] = deque(maxlen=CHANGES_KEPT)

    def free(self, asset: str) -> int:
        return self.owned.get(asset, 0) - self.held.get(asset, 0)

    def locked(self, asset: str) -> int:
        return self.held.get(asset, 0)

    def move(self, asset: str, amount: int, time: int) -> None:
        """Something comes in (positive) or goes out."""
        if amount:
            self.owned[asset] = self.owned.get(asset, 0) + amount
            self._note(asset, time)

    def hold(self, name: str, asset: str, amount: int, time: int) -> None:
        """From now on so much of the asset is held under this name; 0 = nothing."""
        before_asset, before = self.holds.pop(name, (asset, 0))
        if amount:
            self.holds[name] = (asset, amount)
        if (before_asset, before) == (asset, amount):
            return
        self.held[before_asset] = self.held.get(before_asset, 0) - before
        self.held[asset] = self.held.get(asset, 0) + amount
        self._note(asset, time)
        if before_asset != asset:
            self._note(before_asset, time)

    def held_by(self, name: str, asset: str) -> int:
        """What is held under this name of this asset."""
        found = self.holds.get(name)
        return found[1] if found is not None and found[0] == asset else 0

    def _note(self, asset: str, time: int) -> None:
        self.touched[asset] = None
        self.owned.setdefault(asset, 0)
        self.changes.append((time, asset, self.owned[asset], self.held.get(asset, 0)))

    def drain(self) -> list[str]:
        """The assets touched since the last call."""
        touched = list(self.touched)
        self.touched.clear()
        return touched

    def assets(self) -> list[str]:
        return list(self.owned)

    def at(self, time: int) -> dict[str, tuple[int, int]]:
        """(owned, held) per asset as they were at `time`, as far back as changes are kept."""
        found = {asset: (amount, 0) for asset, amount in self.began.items()}
        rows = list(self.changes)
        for _, asset, owned, held in rows[: bisect_right(rows, time, key=lambda row: row[0])]:
            found[asset] = (owned, held)
        return found

    @property
    def last_change(self) -> int:
        """When something last changed, ns; 0 = never."""
        return self.changes[-1][0] if self.changes else 0
