"""Exits held here, for venues that link no orders themselves: stop-loss, take-profit, trailing stop and OCO pairs.

A held exit guards what its parent filled (or what its book holds). It triggers on the price it would meet: a long is
closed at the bid, a short at the ask; with bars, on the bar's extreme. A stop then goes out as a market order, a
take-profit as a limit at its own price; a pair ends when one of it has closed all. Trailing follows the best price
seen.
"""

from __future__ import annotations

from tradewright.core.marks import Mark
from tradewright.model.event import Event
from tradewright.model.intent import Intent
from tradewright.model.market import Bar
from tradewright.model.numbers import round_down, round_up
from tradewright.model.order import LIMIT, STOP, TRAILING_STOP, Order


class HeldExit:
    """One exit held here. best: best price count seen for the position since it is active, 0 = not active yet."""

    __slots__ = ("order", "best")

    def __init__(self, order: Order) -> None:
        self.order = order
        self.best = 0

    def stop_price(self) -> int:
        """The price count at which a stop or trailing stop triggers now."""
        order = self.order
        if order.type != TRAILING_STOP:
            return order.stop_units
        if order.trail_units:
            return self.best + order.side * order.trail_units
        # A Python integer in both builds: price times parts per million can be more than int64 holds.
        best: int = self.best
        return best + order.side * (best * order.trail_ppm // 1_000_000)

    def follow(self, event: Event, mark: Mark) -> None:
        """Move the best price with the market; called for an active exit only."""
        order = self.order
        price = favourable(event, mark, order.side)
        if price <= 0:
            return
        if self.best == 0 or (order.side < 0 and price > self.best) or (order.side > 0 and price < self.best):
            self.best = price

    def triggered(self, event: Event, mark: Mark) -> bool:
        """Whether the market reached this exit's price."""
        order = self.order
        if order.type == LIMIT:
            price = favourable(event, mark, order.side)
            return price > 0 and (price >= order.limit_units if order.side < 0 else price <= order.limit_units)
        if order.type == STOP or order.type == TRAILING_STOP:
            price = adverse(event, mark, order.side)
            stop = self.stop_price()
            return price > 0 and stop > 0 and (price <= stop if order.side < 0 else price >= stop)
        return False

    def row(self) -> tuple[str, int]:
        return (self.order.id, self.best)


def closing_price(mark: Mark, side: int, fill: int) -> int:
    """At which an exit of `side` could have closed what filled at `fill` just now: where the best price begins. The bid
    or ask where there are quotes, else the fill's own price."""
    return mark.reference(side) if mark.bid > 0 and mark.ask > 0 else fill


def favourable(event: Event, mark: Mark, side: int) -> int:
    """The best price count an exit of `side` could have met at this event."""
    if isinstance(event, Bar):
        return event.high_units if side < 0 else event.low_units
    return mark.reference(side)


def adverse(event: Event, mark: Mark, side: int) -> int:
    """The worst price count an exit of `side` could have met at this event."""
    if isinstance(event, Bar):
        return event.low_units if side < 0 else event.high_units
    return mark.reference(side)


def on_tick(of: Order | Intent, side: int, price: int) -> int:
    """A stop's price on the tick, never earlier: down for one that sells, up for one that buys."""
    tick = of.instrument.rules.tick
    return round_down(price, tick) if side < 0 else round_up(price, tick)
