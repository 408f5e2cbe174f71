"""From orders and questions to calls: method, path, parameters and what they weigh.

An order's client id here is its own; where a changed order had to be placed anew, `adapters.chain.names` gives each of
its legs one.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tradewright.adapters.chain.outcomes import ASK, CANCEL, REPLACE, SUBMIT
from tradewright.adapters.venue.binance.answers import BIP_PPM
from tradewright.adapters.venue.binance.supported import SUPPORTED, WORDS
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import text_of
from tradewright.model.order import (
    BUY,
    EXTENDED_HOURS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    SIDES,
    STOP,
    STOP_LIMIT,
    TIMES_IN_FORCE,
    TRAILING_STOP,
    Order,
)

ROWS_MAX = 1000
_FORCES = {GTC: "GTC", IOC: "IOC", FOK: "FOK"}
_TYPES = {
    MARKET: "MARKET", LIMIT: "LIMIT", STOP: "STOP_LOSS", STOP_LIMIT: "STOP_LOSS_LIMIT", TRAILING_STOP: "STOP_LOSS",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One request. path: behind the REST address; weight: what it costs if it is refused; orders: how many new orders
    it counts as; kind: of `outcomes`; signed: it needs a key; free: it costs nothing if it is carried out."""

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...] = ()
    weight: int = 1
    kind: str = ASK
    signed: bool = True
    orders: int = 0
    free: bool = False


# Orders


def unsupported(order: Order) -> str:
    """Why Binance Spot can not work this order exactly as it is meant, "" = it can."""
    why = SUPPORTED.refusal(order.type, order.time_in_force, order.flags)
    if why:
        return WORDS[why].format(type=order.type, force=TIMES_IN_FORCE.get(order.time_in_force, "?"))
    if order.flags & ~(REDUCE_ONLY | POST_ONLY | EXTENDED_HOURS):
        return f"flags {order.flags} mean nothing at Binance Spot"
    if order.reduce_only and order.side == BUY:
        return "a buy reduces nothing at Binance Spot: it has no shorts"
    if order.type == TRAILING_STOP and (order.trail_units or order.trail_ppm < BIP_PPM or order.trail_ppm % BIP_PPM):
        return "at Binance Spot a stop trails by whole hundredths of a percent"
    return ""


def type_name(order: Order, triggered: bool = False) -> str:
    """The venue's name of an order's type. triggered: a stop-limit order that rests on the book by now."""
    if order.post_only:
        return "LIMIT_MAKER"
    if triggered and order.type == STOP_LIMIT:
        return "LIMIT"
    return _TYPES[order.type]


def place(order: Order, client_id: str, triggered: bool = False, kind: str = SUBMIT) -> Call:
    """A new order. Its terms are those of `order`, which `unsupported` has nothing against."""
    instrument, type = order.instrument, type_name(order, triggered)
    said = [("symbol", instrument.symbol), ("side", SIDES[order.side].upper()), ("type", type)]
    if type in ("LIMIT", "STOP_LOSS_LIMIT"):
        said.append(("timeInForce", _FORCES[order.time_in_force]))
    said.append(("quantity", text_of(order.quantity, instrument.size_scale)))
    if type in ("LIMIT", "LIMIT_MAKER", "STOP_LOSS_LIMIT"):
        said.append(("price", text_of(order.limit_units, instrument.price_scale)))
    if type in ("STOP_LOSS", "STOP_LOSS_LIMIT"):
        said.append(_trigger(order))
    said += [("newClientOrderId", client_id), ("newOrderRespType", "FULL")]
    return Call("POST", "/api/v3/order", tuple(said), 1, kind, orders=1, free=True)


def _trigger(order: Order, prefix: str = "") -> tuple[str, str]:
    """stopPrice, or trailingDelta of a trailing stop, as a leg named by a prefix says it."""
    if order.type == TRAILING_STOP:
        name, value = "trailingDelta", f"{order.trail_ppm // BIP_PPM}"
    else:
        name, value = "stopPrice", text_of(order.stop_units, order.instrument.price_scale)
    return (prefix + name[0].upper() + name[1:] if prefix else name), value


def unsupported_pair(one: Order, other: Order) -> str:
    """Why two orders of one group can not be an OCO list as they are, "" = they can."""
    alike = (one.instrument.symbol, one.side, one.quantity) == (other.instrument.symbol, other.side, other.quantity)
    if not alike:
        return "the orders of an OCO list have one symbol, side and quantity"
    if sorted([one.type == LIMIT, other.type == LIMIT]) != [False, True] or MARKET in (one.type, other.type):
        return "an OCO list is one limit order and one stop"
    limit = one if one.type == LIMIT else other
    if limit.time_in_force != GTC:
        return "the limit order of an OCO list stays until it is cancelled"
    return unsupported(one) or unsupported(other)


def place_pair(one: Order, other: Order) -> Call:
    """An OCO list of a limit order, which only rests, and a stop. What triggers or fills first ends the other."""
    limit, stop = (one, other) if one.type == LIMIT else (other, one)
    instrument = one.instrument
    above, below = ("below", "above") if one.side == BUY else ("above", "below")
    said = [
        ("symbol", instrument.symbol), ("side", SIDES[one.side].upper()),
        ("quantity", text_of(one.quantity, instrument.size_scale)), (f"{above}Type", "LIMIT_MAKER"),
        (f"{above}ClientOrderId", limit.id), (f"{above}Price", text_of(limit.limit_units, instrument.price_scale)),
        (f"{below}Type", type_name(stop)), (f"{below}ClientOrderId", stop.id), _trigger(stop, below),
    ]  # fmt: skip
    if stop.type == STOP_LIMIT:
        said.append((f"{below}Price", text_of(stop.limit_units, instrument.price_scale)))
        said.append((f"{below}TimeInForce", _FORCES[stop.time_in_force]))
    said.append(("newOrderRespType", "FULL"))
    return Call("POST", "/api/v3/orderList/oco", tuple(said), 1, SUBMIT, orders=2, free=True)


def cancel(symbol: str, venue_id: str, client_id: str, kind: str = CANCEL) -> Call:
    """The end of an order, by the venue's id where it is known (not "")."""
    return Call("DELETE", "/api/v3/order", (("symbol", symbol), _name(venue_id, client_id)), 1, kind, free=True)


def shrink(instrument: Instrument, venue_id: str, client_id: str, quantity: int) -> Call:
    """A smaller whole quantity, fills included; the order keeps its place and its name."""
    said = (
        ("symbol", instrument.symbol), _name(venue_id, client_id), ("newClientOrderId", client_id),
        ("newQty", text_of(quantity, instrument.size_scale)),
    )  # fmt: skip
    return Call("PUT", "/api/v3/order/amend/keepPriority", said, 4, REPLACE)


def _name(venue_id: str, client_id: str) -> tuple[str, str]:
    return ("orderId", venue_id) if venue_id else ("origClientOrderId", client_id)


# Questions


def look_up(symbol: str, venue_id: str, client_id: str) -> Call:
    """One order, by its client id where there is one."""
    name = ("origClientOrderId", client_id) if client_id else ("orderId", venue_id)
    return Call("GET", "/api/v3/order", (("symbol", symbol), name), 4)


def trades_of(symbol: str, venue_id: str, first: int = 0) -> Call:
    """The fills of one order, oldest first; from an id on."""
    said = [("symbol", symbol), ("orderId", venue_id), ("limit", f"{ROWS_MAX}")]
    if first:
        said.append(("fromId", f"{first}"))
    return Call("GET", "/api/v3/myTrades", tuple(said), 5)


def trades_since(symbol: str, start_ms: int) -> Call:
    """The fills of a symbol from a time on, oldest first, at most ROWS_MAX."""
    said = (("symbol", symbol), ("startTime", f"{start_ms}"), ("limit", f"{ROWS_MAX}"))
    return Call("GET", "/api/v3/myTrades", said, 20)


def trades_from(symbol: str, first: int) -> Call:
    """The fills of a symbol from an id on."""
    return Call("GET", "/api/v3/myTrades", (("symbol", symbol), ("fromId", f"{first}"), ("limit", f"{ROWS_MAX}")), 20)


def open_orders() -> Call:
    return Call("GET", "/api/v3/openOrders", weight=80)


def account() -> Call:
    return Call("GET", "/api/v3/account", (("omitZeroBalances", "true"),), 20)


def exchange_info(symbols: tuple[str, ...]) -> Call:
    said = (("symbols", msgspec.json.encode(symbols).decode()),) if symbols else ()
    return Call("GET", "/api/v3/exchangeInfo", said, 20, signed=False)


def server_time() -> Call:
    return Call("GET", "/api/v3/time", signed=False)


def candles(symbol: str, interval: str, start_ms: int, end_ms: int) -> Call:
    """Candles that open in [start, end], oldest first, at most ROWS_MAX."""
    said = (
        ("symbol", symbol), ("interval", interval), ("startTime", f"{start_ms}"), ("endTime", f"{end_ms}"),
        ("limit", f"{ROWS_MAX}"),
    )  # fmt: skip
    return Call("GET", "/api/v3/klines", said, 2, signed=False)
