"""From orders to what the library is asked to place, and what it can not be asked to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradewright.adapters.venue.ccxt.supported import SUPPORTED, WORDS
from tradewright.model.numbers import text_of
from tradewright.model.order import (
    BUY,
    EXTENDED_HOURS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    ORDER_TYPES,
    POST_ONLY,
    REDUCE_ONLY,
    SIDES,
    STOP,
    STOP_LIMIT,
    TIMES_IN_FORCE,
    Order,
)

_FORCES = {GTC: "GTC", IOC: "IOC", FOK: "FOK"}


@dataclass(frozen=True, slots=True)
class Carried:
    """What the bytes of a new order have to carry: its client id, and its numbers as they were approved."""

    client_id: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placing:
    """Arguments of the library's createOrder, numbers as text. carried: what has to be in the request's bytes."""

    type: str
    side: str
    amount: str
    price: str | None
    parameters: dict[str, object]
    carried: Carried


def unsupported(order: Order, features: Any) -> str:
    """Why an exchange can not work this order exactly as it is meant, "" = it can, as far as the library knows it.
    features: the library's, of spot."""
    why = SUPPORTED.refusal(order.type, order.time_in_force, order.flags)
    if why:
        type, force = ORDER_TYPES.get(order.type, "?"), TIMES_IN_FORCE.get(order.time_in_force, "?")
        return WORDS[why].format(type=type, force=force)
    if order.flags & ~(REDUCE_ONLY | POST_ONLY | EXTENDED_HOURS):
        return f"flags {order.flags} mean nothing there"
    if order.reduce_only and order.side == BUY:
        return "a buy reduces nothing in a cash account: it has no shorts"
    return _missing(order, features)


def _missing(order: Order, features: Any) -> str:
    """What the library says that the exchange has not."""
    create, find = _part(features, "createOrder"), _part(features, "fetchOrder")
    forces = _part(create, "timeInForce")
    if order.post_only and not forces.get("PO"):
        return "the exchange has no post-only orders"
    if order.type == LIMIT and order.time_in_force in (IOC, FOK) and not forces.get(_FORCES[order.time_in_force]):
        return f"the exchange has no time in force {_FORCES[order.time_in_force]}"
    # Where triggers are kept apart, an order would have to be looked for in two places.
    if order.type in (STOP, STOP_LIMIT) and (not create.get("triggerPrice") or find.get("trigger")):
        return "the exchange has no stops among its orders"
    return ""


def _part(features: Any, name: str) -> dict[str, Any]:
    found = features.get(name) if isinstance(features, dict) else None
    return found if isinstance(found, dict) else {}


def place(order: Order, client_id: str, quantity: int, limit: int, stop: int, market_force: bool = False) -> Placing:
    """A new order at these terms, which `unsupported` has nothing against. market_force: of `Convention`."""
    instrument = order.instrument
    amount = text_of(quantity, instrument.size_scale)
    price = text_of(limit, instrument.price_scale) if limit and order.type in (LIMIT, STOP_LIMIT) else None
    parameters: dict[str, object] = {"clientOrderId": client_id}
    numbers = [amount] if price is None else [amount, price]
    if (order.type in (LIMIT, STOP_LIMIT) or market_force) and not order.post_only:
        parameters["timeInForce"] = _FORCES[order.time_in_force]
    if order.post_only:
        parameters["postOnly"] = True
    if order.type in (STOP, STOP_LIMIT):
        trigger = text_of(stop, instrument.price_scale)
        parameters["triggerPrice"] = trigger
        numbers.append(trigger)
    type = "limit" if price is not None else "market"
    return Placing(type, SIDES[order.side], amount, price, parameters, Carried(client_id, tuple(numbers)))


def rounded(placing: Placing, amount: str, price: str | None) -> str:
    """Why an order can not leave: what the library would make of its numbers, "" = nothing."""
    if Decimal(amount) != Decimal(placing.amount):
        return f"the exchange takes no size {placing.amount}, it would become {amount}"
    if placing.price is not None and price is not None and Decimal(price) != Decimal(placing.price):
        return f"the exchange takes no price {placing.price}, it would become {price}"
    return ""
