"""What an order that takes at once would find: the levels the exchange shows, less what the account took of them.

Prices and quantities are counts of 10^-8, money at MONEY_SCALE.
"""

from __future__ import annotations

from tradewright.sim.exchange.exchange import Exchange
from tradewright.sim.wire.binance.figures import WORTH
from tradewright.sim.wire.binance.rules import Rules

Level = tuple[int, int]


def levels(exchange: Exchange, rules: Rules, account: str, side: int) -> list[Level]:
    """Price and size of each level that an order on `side` would take, best first."""
    market = exchange.markets[rules.instrument.symbol]
    taken = 0
    for book in market.books:
        if book.account.name == account:
            taken = book.taken_ask if side > 0 else book.taken_bid
    found: list[Level] = []
    for price, size in market.asks if side > 0 else market.bids:
        part = size - taken
        taken = max(taken - size, 0)
        if part > 0:
            found.append((price * rules.price_ratio, part * rules.size_ratio))
    return found


def within(found: list[Level], side: int, limit: int) -> list[Level]:
    """The levels at `limit` or better."""
    return [level for level in found if side * level[0] <= side * limit]


def worth_of(found: list[Level], quantity: int) -> int:
    """Money that changes hands for so much, or for all there is."""
    total = 0
    for price, size in found:
        part = min(size, quantity)
        total += price * part * WORTH
        quantity -= part
    return total


def quantity_for(found: list[Level], money: int, step: int) -> int:
    """How much of it so much money pays: whole steps."""
    quantity = 0
    for price, size in found:
        part = min(size, money // (price * WORTH))
        quantity += part
        money -= part * price * WORTH
        if part < size:
            break
    return quantity - quantity % step
