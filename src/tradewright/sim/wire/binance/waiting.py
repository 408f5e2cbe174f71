"""Orders that wait for their trigger: the last trade's price at or beyond the stop price, or back from the best price
seen by a trailing distance. A trailing order with a stop price begins to trail when the price gets there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tradewright.sim.wire.binance.orders import BUY, Order
from tradewright.sim.wire.binance.rules import BIPS


class Waiting:
    """Conditional orders by symbol, oldest first."""

    __slots__ = ("orders",)

    def __init__(self, symbols: Iterable[str]) -> None:
        self.orders: dict[str, list[Order]] = {symbol: [] for symbol in symbols}

    def add(self, order: Order, price: int, clock: int) -> None:
        """The order waits from now on; price: the market's, where a trailing one without a stop price begins."""
        self.orders[order.terms.rules.symbol].append(order)
        if order.terms.trailing and not order.terms.stop_price:
            order.mark = price
            order.trailing_since = clock

    def drop(self, order: Order) -> None:
        """The order waits no more, if it did."""
        orders = self.orders[order.terms.rules.symbol]
        if order in orders:
            orders.remove(order)

    def reached(self, symbol: str, price: int, clock: int) -> Iterator[Order]:
        """The orders that a trade at this price triggers, one at a time: one may end another."""
        for order in list(self.orders[symbol]):
            if order in self.orders[symbol] and _reached(order, price, clock):
                self.drop(order)
                yield order


def _reached(order: Order, price: int, clock: int) -> bool:
    terms = order.terms
    there = price >= terms.stop_price if terms.rises else price <= terms.stop_price
    if not terms.trailing:
        return there
    if not order.mark:
        if not there:
            return False
        order.mark = price
        order.trailing_since = clock
    if terms.side == BUY:
        order.mark = min(order.mark, price)
        return price * BIPS >= order.mark * (BIPS + terms.trailing)
    order.mark = max(order.mark, price)
    return price * BIPS <= order.mark * (BIPS - terms.trailing)
