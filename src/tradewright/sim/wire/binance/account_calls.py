"""The calls that look up orders, fills, balances, limits and rates of an account."""

from __future__ import annotations

from tradewright.sim.wire.binance.codes import (
    ARCHIVED,
    COMBINATION,
    NO_ORDER,
    NO_SUCH_ORDER,
    Refusal,
)
from tradewright.sim.wire.binance.figures import DAY_NS, Time, text
from tradewright.sim.wire.binance.order_entry import either
from tradewright.sim.wire.binance.orders import Order
from tradewright.sim.wire.binance.rules import asset_filters, exchange_filters
from tradewright.sim.wire.binance.trade_calls import commission_texts
from tradewright.sim.wire.binance.venue import Call, between

ARCHIVED_NS = 90 * DAY_NS
ROWS, ROWS_MAX = 500, 1000
#: The rates of /account's first fields are whole 1/10000 of the notional; rates inside are 10^-12.
_BIPS = 10**8


def get_order(call: Call) -> object:
    parameters = call.parameters
    order_id, client_id = parameters.integer("orderId"), parameters.client_id("origClientOrderId")
    if order_id is None and not client_id:
        raise either("origClientOrderId", "orderId")
    order = call.account.find(call.rules().symbol, order_id, client_id)
    if order is None or not call.venue.visible(order, call.clock) or (client_id and order.client_id != client_id):
        raise Refusal(NO_SUCH_ORDER, NO_ORDER)
    if not order.open and not order.executed and call.clock - order.ended > ARCHIVED_NS:
        said = "Order was canceled or expired with no executed qty over 90 days ago and has been archived."
        raise Refusal(ARCHIVED, said)
    return order.row()


def open_orders(call: Call) -> object:
    symbol = call.rules().symbol if "symbol" in call.parameters else ""
    at = call.venue.stale_at(call.clock)
    orders = (call.account.open if at is None else call.account.orders).values()
    wanted = [
        order for order in orders if symbol in ("", order.terms.rules.symbol) and call.venue.visible(order, call.clock)
    ]
    if at is None:
        return [order.row() for order in wanted]
    return [row for row in (order.row_at(at) for order in wanted) if row is not None]


def all_orders(call: Call) -> object:
    """Orders of a symbol, oldest first: from an id on, or in a time, else the last ones."""
    symbol = call.rules().symbol
    start, end = call.range()
    first = call.parameters.integer("orderId")
    limit = call.parameters.limit(ROWS, ROWS_MAX)
    orders = [
        order
        for order in call.account.orders.values()
        if order.terms.rules.symbol == symbol
        and call.venue.visible(order, call.clock)
        and (order.id >= first if first is not None else between(order.time, start, end))
    ]
    return [order.row() for order in page(orders, limit, first is not None or start is not None)]


def page(orders: list[Order], limit: int, from_start: bool) -> list[Order]:
    return orders[:limit] if from_start else orders[-limit:]


def my_trades(call: Call) -> object:
    """Fills of a symbol, oldest first: of an order, from an id on, or in a time, else the last ones."""
    parameters, symbol = call.parameters, call.rules().symbol
    start, end = call.range()
    order_id, first = parameters.integer("orderId"), parameters.integer("fromId")
    if (start is not None or end is not None) and (first is not None or order_id is not None):
        raise Refusal(COMBINATION, "Combination of optional parameters invalid.")
    limit = parameters.limit(ROWS, ROWS_MAX)
    rows = [
        order.trade_row(fill)
        for order, fill in call.account.fills
        if order.terms.rules.symbol == symbol
        and (order_id is None or order.id == order_id)
        and (first is None or fill.id >= first)
        and between(fill.time, start, end)
        and call.venue.visible(order, call.clock)
    ]
    return rows[:limit] if first is not None or start is not None or order_id is not None else rows[-limit:]


def get_account(call: Call) -> object:
    account, fee = call.account, call.venue.desk.fee
    maker, taker = commission_texts(call)
    omit = call.parameters.boolean("omitZeroBalances")
    return {
        "makerCommission": fee.maker_rate // _BIPS, "takerCommission": fee.taker_rate // _BIPS,
        "buyerCommission": 0, "sellerCommission": 0,
        "commissionRates": {"maker": maker, "taker": taker, "buyer": text(0), "seller": text(0)},
        "canTrade": True, "canWithdraw": True, "canDeposit": True, "brokered": False,
        "requireSelfTradePrevention": False, "preventSor": False, "updateTime": Time(account.updated),
        "accountType": "SPOT", "balances": account.balances(omit, call.venue.stale_at(call.clock)),
        "permissions": ["SPOT"], "uid": account.number,
    }  # fmt: skip


def commission(call: Call) -> object:
    maker, taker = commission_texts(call)
    none = {"maker": text(0), "taker": text(0), "buyer": text(0), "seller": text(0)}
    return {
        "symbol": call.rules().symbol,
        "standardCommission": {"maker": maker, "taker": taker, "buyer": text(0), "seller": text(0)},
        "specialCommission": none, "taxCommission": none,
        "discount": {"enabledForAccount": False, "enabledForSymbol": False, "discountAsset": "BNB",
                     "discount": text(0)},
    }  # fmt: skip


def order_limits(call: Call) -> object:
    """How many unfilled orders count."""
    return call.venue.limits.order_rows(call.account.name, call.clock)


def my_filters(call: Call) -> object:
    rules = call.rules()
    return {
        "exchangeFilters": exchange_filters(rules.knobs), "symbolFilters": rules.filters(),
        "assetFilters": asset_filters(rules.knobs), "rateLimits": call.venue.limits.of.rows(),
    }  # fmt: skip


def prevented(call: Call) -> object:
    """Matches that self-trade prevention has prevented."""
    parameters, symbol = call.parameters, call.rules().symbol
    match, order_id = parameters.integer("preventedMatchId"), parameters.integer("orderId")
    first = parameters.integer("fromPreventedMatchId") or 0
    if match is None and order_id is None:
        raise either("preventedMatchId", "orderId")
    return [
        row
        for row in call.account.prevented
        if row["symbol"] == symbol
        and (match is None or row["preventedMatchId"] == match)
        and (order_id is None or order_id in (row["takerOrderId"], row["makerOrderId"]))
        and int(str(row["preventedMatchId"])) >= first
    ][: parameters.limit(ROWS, ROWS_MAX)]


def amendments(call: Call) -> object:
    """What an order was amended to, oldest first."""
    order_id = call.parameters.integer("orderId")
    first = call.parameters.integer("fromExecutionId") or 0
    order = call.account.find(call.rules().symbol, order_id, "")
    if order is None:
        raise Refusal(NO_SUCH_ORDER, NO_ORDER)
    rows = [row for row in order.amendments if int(str(row["executionId"])) >= first]
    return rows[: call.parameters.limit(ROWS, ROWS_MAX)]
