"""Whether the exchange takes an order: each function gives the code of the refusal, "" if there is none.

The rules on prices and sizes are the instrument's at this moment (`Instrument.rules`); where the market matters, it is
the price the order would meet: the ask for a buy, the bid for a sell. Without any price yet such a check passes.
"""

from __future__ import annotations

from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.order import (
    LIMIT,
    OPG,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
    Order,
)
from tradewright.sim.exchange.book import Book
from tradewright.sim.exchange.market import Market
from tradewright.sim.exchange.supported import refusal
from tradewright.sim.exchange.vocabulary import NO_DATA


def order_refusal(order: Order, market: Market, book: Book) -> str:
    """Judges a new order in full; for a child that still sleeps use `terms_refusal` and judge the rest as it wakes."""
    code = terms_refusal(order, market, book, order.quantity, order.limit_units, order.stop_units)
    return code or position_refusal(order, market, book, order.quantity)


def terms_refusal(order: Order, market: Market, book: Book, quantity: int, limit: int, stop: int) -> str:
    """Judges what is asked, and its prices and size, whether new or replaced."""
    if not market.instrument.rules.tradable:
        return "SYMBOL_NOT_TRADABLE"
    code = refusal(order.type, order.time_in_force, order.flags)
    if code:
        return code
    if market.always and order.time_in_force >= OPG:
        return "TIF_NOT_SUPPORTED"
    code = price_refusal(order, market.instrument.rules, limit, stop)
    if code:
        return code
    price = book.ask if order.side > 0 else book.bid
    return size_refusal(order, market.instrument, quantity, limit, price, market.source != NO_DATA and price != 0)


def price_refusal(order: Order, rules: OrderRules, limit: int, stop: int) -> str:
    """Each price the type needs is there and lies on the tick."""
    type = order.type
    if type in (LIMIT, STOP_LIMIT):
        if limit == 0:
            return "PRICE_MISSING"
        if limit % rules.tick:
            return "PRICE_INCREMENT"
    if type in (STOP, STOP_LIMIT):
        if stop == 0:
            return "PRICE_MISSING"
        if stop % rules.tick:
            return "PRICE_INCREMENT"
    if type == TRAILING_STOP and (order.trail_units > 0) == (order.trail_ppm > 0):
        return "PRICE_MISSING"
    return ""


def size_refusal(order: Order, instrument: Instrument, quantity: int, limit: int, price: int, known: bool) -> str:
    """The quantity keeps to step, minimum and maximum; notional and band are judged at the limit, else the market.

    An order that only reduces may be smaller than the notional minimum: what is left of a position can be closed.
    """
    rules = instrument.rules
    if quantity < max(rules.size_min, 1):
        return "SIZE_MINIMUM"
    if quantity % rules.step:
        return "SIZE_INCREMENT"
    if rules.size_max and quantity > rules.size_max:
        return "SIZE_MAXIMUM"
    limited = order.type == LIMIT or order.type == STOP_LIMIT
    if rules.band_ppm and limited and known and outside_band(limit, price, rules.band_ppm):
        return "PRICE_BAND"
    judged = rules.notional_min and not order.flags & REDUCE_ONLY and (limited or known)
    if judged and below_notional(limit if limited else price, quantity, instrument):
        return "NOTIONAL_MINIMUM"
    return ""


def outside_band(limit: int, price: int, band_ppm: int) -> bool:
    """Whether the limit is further from the market than the band allows."""
    return abs(limit - price) * 1_000_000 > band_ppm * abs(price)


def below_notional(price: int, quantity: int, instrument: Instrument) -> bool:
    """Whether price × quantity is worth less than the venue's minimum."""
    return bool(abs(price) * quantity * instrument.money_factor < instrument.rules.notional_min)


def position_refusal(order: Order, market: Market, book: Book, quantity: int) -> str:
    """What depends on the account's position and on the market: reduce-only, short selling, post-only."""
    if order.flags & REDUCE_ONLY:
        if book.reducible(order.side, order.lot) == 0:
            return "LOT_UNKNOWN" if order.lot else "REDUCE_ONLY"
    elif order.side == SELL and quantity > sellable(market, book):
        return "NOT_SHORTABLE"
    if order.flags & POST_ONLY and would_take(order.side, order.limit_units, market, book):
        return "POST_ONLY_WOULD_TAKE"
    return ""


def sellable(market: Market, book: Book) -> int:
    """Size counts that may be sold without reducing: no bound where short selling is allowed."""
    if book.account.shorts and market.instrument.rules.shortable:
        return 2**63 - 1
    return 0 if book.account.hedging else max(book.net, 0)


def would_take(side: int, limit: int, market: Market, book: Book) -> bool:
    """Whether a limit order would trade at once against the price that stands."""
    price = book.ask if side > 0 else book.bid
    if market.source == NO_DATA or price == 0:
        return False
    return side * limit >= side * price
