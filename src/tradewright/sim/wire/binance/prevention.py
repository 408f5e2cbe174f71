"""Self-trade prevention inside one account: what happens when an order would meet the account's own resting orders.

An own order is met where its price is at or better than the market's best, and within the new order's limit. The new
order's mode decides; TRANSFER needs a second account, and is DECREMENT within one. With NONE both trade with the market
alone, since the simulated exchange matches no client with another.
"""

from __future__ import annotations

from tradewright.sim.wire.binance import liquidity
from tradewright.sim.wire.binance.desk import Desk
from tradewright.sim.wire.binance.figures import WORTH, Time, money_text, text
from tradewright.sim.wire.binance.orders import EXPIRED_IN_MATCH, Order


class Prevention:
    """Follows a desk's orders as they come into the book."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.next_match = 1

    def worked(self, order: Order) -> None:
        """Nothing follows from a fill."""

    def ended(self, order: Order) -> None:
        """Nothing follows from an end."""

    def prevents(self, order: Order) -> None:
        mode = order.terms.prevention
        if mode == "NONE":
            return
        for maker in self._met(order):
            if not order.open:
                return
            self._match(order, maker, mode)

    def _met(self, order: Order) -> list[Order]:
        """The account's own orders it would trade with, the best first."""
        desk, terms = self.desk, order.terms
        account = desk.accounts[order.account]
        shown = liquidity.levels(desk.exchange, terms.rules, order.account, terms.side)
        edge = min((terms.side * price for price, _ in shown), default=None)
        found = [
            maker
            for maker in account.open_of(terms.rules.symbol)
            if maker.at_exchange
            and maker.terms.side != terms.side
            and (not terms.limited or terms.side * maker.price <= terms.side * order.price)
            and (edge is None or terms.side * maker.price <= edge)
        ]
        return sorted(found, key=lambda maker: (terms.side * maker.price, maker.id))

    def _match(self, taker: Order, maker: Order, mode: str) -> None:
        size = min(taker.left, maker.left)
        number = self.next_match
        self.next_match += 1
        self._note(taker, maker, size, number, mode)
        if mode in ("DECREMENT", "TRANSFER"):
            ending = [(order, order.left == size) for order in (maker, taker)]
            for order, ends in ending:
                self.desk.prevent(order, size, number)
                if ends:
                    self.desk.end(order, EXPIRED_IN_MATCH)
                else:
                    self.desk.tell(order, "TRADE_PREVENTION")
            return
        if mode in ("EXPIRE_MAKER", "EXPIRE_BOTH"):
            self.desk.prevent(maker, maker.left, number)
            self.desk.end(maker, EXPIRED_IN_MATCH)
        if mode in ("EXPIRE_TAKER", "EXPIRE_BOTH"):
            self.desk.prevent(taker, taker.left, number)
            self.desk.end(taker, EXPIRED_IN_MATCH)

    def _note(self, taker: Order, maker: Order, size: int, number: int, mode: str) -> None:
        """What /myPreventedMatches and the reports tell of it."""
        symbol = taker.terms.rules.symbol
        for order, other in ((taker, maker), (maker, taker)):
            order.prevention = {
                "v": number, "A": text(size), "B": text(size), "u": number, "U": other.id, "Cs": symbol,
                "pl": text(size), "pL": text(maker.price), "pY": money_text(maker.price * size * WORTH),
            }  # fmt: skip
        self.desk.accounts[taker.account].prevented.append(
            {
                "symbol": symbol, "preventedMatchId": number, "takerOrderId": taker.id, "makerSymbol": symbol,
                "makerOrderId": maker.id, "tradeGroupId": number, "selfTradePreventionMode": mode,
                "price": text(maker.price), "makerPreventedQuantity": text(size), "transactTime": Time(self.desk.clock),
            }
        )  # fmt: skip
