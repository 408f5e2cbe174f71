"""Whether the venue takes an order: the filters first, then what the matching engine itself would say.

A cancel-and-replace judges the filters before its cancel and the rest behind it, so that what the cancel sets free can
be spent.
"""

from __future__ import annotations

from tradewright.sim.wire.binance import liquidity
from tradewright.sim.wire.binance.accounts import Account
from tradewright.sim.wire.binance.codes import (
    DUPLICATE_ORDER,
    INSUFFICIENT_BALANCE,
    INVALID_MESSAGE,
    MARKET_CLOSED,
    NO_DEPTH,
    WOULD_TAKE,
    WOULD_TRIGGER,
    Refusal,
    filter_failure,
    rejected,
)
from tradewright.sim.wire.binance.desk import Desk
from tradewright.sim.wire.binance.figures import QUANTITY_MONEY, WORTH
from tradewright.sim.wire.binance.order_lists import OrderList
from tradewright.sim.wire.binance.orders import BUY, LIMIT_MAKER, MARKET, Order, Terms
from tradewright.sim.wire.binance.rules import TRADING, refuse_more


def resolve(desk: Desk, account: Account, terms: Terms) -> None:
    """Fills in what the market decides: a pegged price, the quantity of an order stated in the quote asset."""
    rules = terms.rules
    if terms.peg is not None:
        kind, _, level = terms.peg
        side = terms.side if kind == "PRIMARY_PEG" else -terms.side
        shown = desk.markets[rules.symbol].book.best(side, max(level, 1))
        if len(shown) < max(level, 1):
            raise Refusal(NO_DEPTH, "No orders on book for symbol.")
        terms.limit_price = shown[max(level, 1) - 1][0]
    if terms.quote_quantity:
        found = liquidity.levels(desk.exchange, rules, account.name, terms.side)
        if not found:
            raise Refusal(INVALID_MESSAGE, "Order book liquidity is less than symbol minimum quantity.")
        terms.quantity = liquidity.quantity_for(found, terms.quote_quantity, rules.step)
        if sum(size for _, size in found) < rules.size_min:
            raise Refusal(INVALID_MESSAGE, "Order book liquidity is less than LOT_SIZE filter minimum quantity.")


def check_filters(desk: Desk, account: Account, terms: Terms, orders: int = 1) -> None:
    """The filters of symbol, account and exchange. orders: how many come in all. Raises Refusal."""
    rules, market = terms.rules, desk.markets[terms.rules.symbol]
    if rules.status != TRADING:
        raise rejected(MARKET_CLOSED)
    if terms.limited:
        rules.check_price(terms.limit_price)
    if terms.conditional and (terms.stop_price or not terms.trailing):
        rules.check_price(terms.stop_price)
    average = market.average(desk.clock)
    if terms.limited:
        rules.check_band(terms.limit_price, terms.side, market.reference or average)
    rules.check_size(terms.quantity, terms.type == MARKET)
    price = terms.limit_price or terms.stop_price or market.reference or average
    worth = price * terms.quantity * WORTH
    if price:
        rules.check_notional(worth, terms.type == MARKET)
    rules.check_assets(terms.quantity, worth)
    if terms.iceberg:
        rules.check_iceberg(terms.quantity, terms.iceberg)
    if terms.trailing:
        rules.check_trailing(terms.trailing)
    check_counts(desk, account, terms, orders)
    check_position(account, terms)


def check_counts(desk: Desk, account: Account, terms: Terms, orders: int) -> None:
    """How many orders may be open."""
    knobs, symbol = terms.rules.knobs, terms.rules.symbol
    refuse_more("MAX_NUM_ORDERS", sum(1 for _ in account.open_of(symbol)), orders, knobs.orders)
    refuse_more("EXCHANGE_MAX_NUM_ORDERS", len(account.open), orders, knobs.exchange_orders)
    if terms.conditional:
        refuse_more("MAX_NUM_ALGO_ORDERS", account.algo_orders(symbol), 1, knobs.algo_orders)
        refuse_more("EXCHANGE_MAX_NUM_ALGO_ORDERS", account.algo_orders(), 1, knobs.exchange_algo_orders)
    if terms.iceberg:
        refuse_more("MAX_NUM_ICEBERG_ORDERS", account.iceberg_orders(symbol), 1, knobs.iceberg_orders)
        refuse_more("EXCHANGE_MAX_NUM_ICEBERG_ORDERS", account.iceberg_orders(), 1, knobs.exchange_iceberg_orders)


def check_lists(account: Account, terms: Terms) -> None:
    """How many lists may be open."""
    knobs, symbol = terms.rules.knobs, terms.rules.symbol
    refuse_more("MAX_NUM_ORDER_LISTS", len(account.open_lists(symbol)), 1, knobs.lists)
    refuse_more("EXCHANGE_MAX_NUM_ORDER_LISTS", len(account.open_lists()), 1, knobs.exchange_lists)


def check_position(account: Account, terms: Terms) -> None:
    """MAX_POSITION: what is owned of the base, and what open buys would add."""
    rules = terms.rules
    if not rules.knobs.position_max or terms.side != BUY:
        return
    owned = account.wallet.owned.get(rules.base, 0) // QUANTITY_MONEY
    buys = sum(order.left for order in account.open_of(rules.symbol) if order.terms.side == BUY)
    if owned + buys + terms.quantity > rules.knobs.position_max:
        raise filter_failure("MAX_POSITION")


def check_engine(desk: Desk, account: Account, terms: Terms, held: int = 0) -> None:
    """What the matching engine says of an order that goes live now. held: of its asset for it already, money. Raises
    Refusal."""
    check_name(account, terms)
    text = price_refusal(desk, terms)
    if text:
        raise rejected(text)
    if needed(desk, account, terms) > account.wallet.free(terms.spent) + held:
        raise rejected(INSUFFICIENT_BALANCE)


def check_name(account: Account, terms: Terms) -> None:
    if terms.client_id and account.uses(terms.rules.symbol, terms.client_id):
        raise rejected(DUPLICATE_ORDER)


def price_refusal(desk: Desk, terms: Terms) -> str:
    """The text that refuses a price that is on the wrong side of the market, "" if there is none."""
    market = desk.markets[terms.rules.symbol]
    price = market.price()
    at_once = terms.stop_price <= price if terms.rises else terms.stop_price >= price
    if terms.conditional and terms.stop_price and price and at_once:
        return WOULD_TRIGGER
    if terms.type == LIMIT_MAKER:
        other = market.best(-terms.side)[0]
        if other and terms.side * terms.limit_price >= terms.side * other:
            return WOULD_TAKE
    return ""


def needed(desk: Desk, account: Account, terms: Terms) -> int:
    """What it takes of the asset it spends, money."""
    if terms.type == MARKET and terms.side == BUY:
        found = liquidity.levels(desk.exchange, terms.rules, account.name, BUY)
        return liquidity.worth_of(found, terms.quantity)
    price = terms.limit_price or terms.stop_price or desk.markets[terms.rules.symbol].price()
    return terms.cost(terms.quantity, price)


#: Why a leg is refused as it goes live, as its report's r says it.
REASONS = {
    INSUFFICIENT_BALANCE: "INSUFFICIENT_BALANCES",
    WOULD_TRIGGER: "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY",
    WOULD_TAKE: "WOULD_MATCH_IMMEDIATELY",
}


def live_refusal(desk: Desk, account: Account, leg: Order, list_: OrderList) -> str:
    """The reason that refuses a pending leg as its turn comes, "" if there is none."""
    terms = leg.terms
    text = price_refusal(desk, terms)
    price = terms.limit_price or terms.stop_price or desk.markets[terms.rules.symbol].price()
    held = account.wallet.held_by(list_.hold_name(), terms.spent)
    if not text and (leg.quantity <= 0 or terms.cost(leg.quantity, price) > account.wallet.free(terms.spent) + held):
        text = INSUFFICIENT_BALANCE
    return REASONS[text] if text else ""
