"""The orders of a venue's tables as tests place them: where each form rests, and where the market fills it."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.venues.roster import VENUES
from tests.venues.stand import Stand, new_york
from tradewright.model.order import (
    CLS,
    DAY,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    OPG,
    ORDER_TYPES,
    STOP,
    STOP_LIMIT,
    TIMES_IN_FORCE,
    TRAILING_STOP,
    Order,
)
from tradewright.model.order_table import OrderTable

AT_ONCE = (IOC, FOK)
AUCTIONS = {OPG: new_york(9, 30), CLS: new_york(16, 0)}
#: When a scene with such an order begins.
BEFORE = {OPG: new_york(9, 20), CLS: new_york(15, 45)}


class Form(NamedTuple):
    """A type with a time in force, at a venue."""

    venue: str
    type: int
    tif: int

    def __str__(self) -> str:
        return f"{self.venue}-{ORDER_TYPES[self.type]}-{TIMES_IN_FORCE[self.tif]}"

    @property
    def rests(self) -> bool:
        return self.type != MARKET and self.tif in (DAY, GTC)

    @property
    def waits(self) -> bool:
        """For a price, also where it may then only fill at once."""
        return self.rests or self.type in (STOP, STOP_LIMIT)

    @property
    def pulls_back(self) -> bool:
        """Behind its trigger it waits for the price to come back."""
        return self.type == STOP_LIMIT and VENUES[self.venue].limits.stop_limits_pull_back

    def terms(self, side: int) -> dict[str, Any]:
        """Prices as places: one that waits stands five places off, one that does not reaches five places in."""
        if self.type == LIMIT:
            return {"limit": -5 * side if self.rests else 5 * side}
        limit = (2 if self.pulls_back else 12) * side
        return {STOP: {"stop": 5 * side}, STOP_LIMIT: {"stop": 5 * side, "limit": limit}}.get(self.type, {})

    def reached(self, side: int) -> int:
        """Where the market fills what waits."""
        return {LIMIT: -8 * side, TRAILING_STOP: 20 * side}.get(self.type, 8 * side)

    def order(self, stand: Stand, side: int, lots: int, closes: Order | None = None, **more: Any) -> Order:
        return stand.order(side, self.type, lots, tif=self.tif, closes=closes, **self.terms(side), **more)


def forms(which: str) -> list[Form]:
    """All that the venues' `openings` or `closings` take."""
    found = []
    for venue, kind in VENUES.items():
        table: OrderTable = getattr(kind.limits, which)
        found += [Form(venue, type, tif) for type, tif, flag, code in table.cells() if not flag and not code]
    return found
