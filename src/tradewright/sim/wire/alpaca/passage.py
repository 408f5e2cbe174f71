"""What of an order's terms goes to the exchange, and what may stand in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tradewright.model.order import (
    CLS,
    EXTENDED_HOURS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    OPG,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
)  # fmt: skip
from tradewright.model.order import Order as ExchangeOrder
from tradewright.sim.wire.alpaca.admission import buy_stop_limit
from tradewright.sim.wire.alpaca.codes import Refusal, unprocessable
from tradewright.sim.wire.alpaca.orders import (
    ACCEPTED,
    ENTRY,
    FINAL,
    PENDING_CANCEL,
    PENDING_NEW,
    PENDING_REPLACE,
    Order,
    Terms,
)

_TYPES = {
    "market": MARKET, "limit": LIMIT, "stop": STOP, "stop_limit": STOP_LIMIT, "trailing_stop": TRAILING_STOP,
}  # fmt: skip
_TIMES = {"ioc": IOC, "fok": FOK, "opg": OPG, "cls": CLS}


def for_exchange(order: Order, account: str) -> ExchangeOrder:
    """The order in the exchange's terms. Times that the desk ends itself are without an end there."""
    terms = order.terms
    type, limit = _TYPES[terms.type], terms.limit
    if terms.type == "stop" and terms.side > 0:
        type, limit = STOP_LIMIT, buy_stop_limit(terms.asset, terms.stop)
    return ExchangeOrder(
        order.exchange_id, account, "", terms.asset.instrument, terms.side, type, terms.size, limit, terms.stop,
        terms.trail, terms.trail_ppm, _TIMES.get(terms.time_in_force, GTC),
        EXTENDED_HOURS if terms.extended_hours else 0,
        group=str(order.group_id) if terms.role not in (None, ENTRY) else "",
    )  # fmt: skip


def replacement(order: Order, changes: dict[str, Any]) -> Terms:
    """The terms of the order that replaces another. changes: fields of Terms."""
    terms = order.terms
    changed = {"size": order.left, "client_order_id": "", "legs": [], **changes}
    return replace(terms, **changed)


def replaceable(order: Order) -> Refusal | None:
    """Why an order can not be replaced as it stands; None: it can."""
    if order.status in (ACCEPTED, PENDING_NEW, PENDING_CANCEL, PENDING_REPLACE) or order.status in FINAL:
        return unprocessable(f"cannot replace order in {order.status} status")
    if order.terms.notional:
        return unprocessable("notional orders cannot be replaced")
    return None
