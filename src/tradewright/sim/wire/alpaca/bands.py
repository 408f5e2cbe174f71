"""Limit up and limit down: between which prices a share trades in the regular session.

A band lies around a reference, the share's price, which is taken anew where it has moved by a percent; the band is told
every thirty seconds in which something is heard of the share. Decided: every share is of the second tier, so the band
is 10 % from three dollars on, 20 % below, and below 75 cents the lesser of 15 cents and 75 %; it is not wider at the
open or the close; it is told alone: no order is refused and no trade kept from being made by it. The indicator is B.
"""

from __future__ import annotations

from typing import Any

from tradewright.sim.wire.alpaca.assets import Asset
from tradewright.sim.wire.alpaca.notation import SECOND_NS, Moment, number

PACE_NS = 30 * SECOND_NS
MOVED_PERCENT = 1


class Bands:
    """Of all shares."""

    def __init__(self) -> None:
        #: By symbol: the reference, and when the band was told.
        self._told: dict[str, tuple[int, int]] = {}
        #: Bands that somebody has set: both edges, counts.
        self._set: dict[str, tuple[int, int]] = {}

    def due(self, asset: Asset, now: int) -> bool:
        return now - self._told.get(asset.symbol, (0, -PACE_NS))[1] >= PACE_NS

    def told(self, asset: Asset, price: int, now: int) -> dict[str, Any]:
        """The band of a share at a price (counts above 0), as it is told now."""
        reference, _ = self._told.get(asset.symbol, (0, 0))
        if abs(price - reference) * 100 >= MOVED_PERCENT * reference:
            reference = price
        self._told[asset.symbol] = reference, now
        low, high = self._set.get(asset.symbol) or _band(reference, asset.instrument.price_scale)
        return _row(asset, low, high, now)

    def set(self, asset: Asset, low: int, high: int, now: int) -> dict[str, Any]:
        """From now on its band is that one."""
        self._set[asset.symbol] = low, high
        self._told[asset.symbol] = self._told.get(asset.symbol, (0, 0))[0], now
        return _row(asset, low, high, now)

    def forget(self, asset: Asset) -> None:
        """Nothing trades: the band is told anew with what is heard next."""
        self._told.pop(asset.symbol, None)


def _band(reference: int, scale: int) -> tuple[int, int]:
    """Both edges around a reference, to the cent."""
    one, cent = 10**scale, 10 ** (scale - 2)
    if reference >= 3 * one:
        width = reference // 10
    elif reference * 100 >= 75 * one:
        width = reference // 5
    else:
        width = min(15 * cent, reference * 3 // 4)
    low, high = reference - width, reference + width
    return max(low - low % cent, 1), high - high % cent or cent


def _row(asset: Asset, low: int, high: int, now: int) -> dict[str, Any]:
    scale = asset.instrument.price_scale
    return {"u": number(high, scale), "d": number(low, scale), "i": "B", "t": Moment(now), "z": "C"}
