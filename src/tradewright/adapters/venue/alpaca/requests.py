"""What we ask of Alpaca: commands and questions as requests of HTTP, and nothing else in here.

An order goes out with our own client order id, always. Numbers are text, exactly as counted. A close that may only
reduce says so by its `position_intent`; Alpaca has no other word for it. What Alpaca can not take is refused here,
with a code, before a byte leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from tradewright.adapters.venue.alpaca.credentials import Credentials
from tradewright.adapters.venue.alpaca.endpoints import Endpoints
from tradewright.adapters.venue.alpaca.notation import wire_symbol
from tradewright.adapters.venue.alpaca.supported import TABLES
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import text_of
from tradewright.model.order import (
    LIMIT,
    ORDER_TYPES,
    SIDES,
    STOP,
    STOP_LIMIT,
    TIMES_IN_FORCE,
    TRAILING_STOP,
    Order,
)  # fmt: skip
from tradewright.ports import HttpRequest

#: Why an order can not be stated to Alpaca, by code.
CODES = {
    "NOT_NATIVE_TYPE": "the venue has no order of this type for this asset",
    "NOT_NATIVE_TIF": "the venue has no such time in force for this order",
    "NOT_NATIVE_POST_ONLY": "the venue has no post-only orders",
    "NOT_NATIVE_HOURS": "outside of the session the venue takes limit orders alone, for the day or until cancelled",
    "NOT_NATIVE_TRAIL": "the venue states a trail in hundredths of a percent",
    "NOT_NATIVE_LINK": "the venue can not link these orders as asked",
}
NO_TYPE = "NOT_NATIVE_TYPE"
PPM_PER_CENT = 10_000
_JSON = {"Content-Type": "application/json"}


def unstatable(order: Order) -> str:
    """The code of why Alpaca can not be asked for this order; "" = it can."""
    table = TABLES.get(order.instrument.asset_class)
    code = NO_TYPE if table is None else table.refusal(order.type, order.time_in_force, order.flags)
    if not code and order.type == TRAILING_STOP and not order.trail_units and order.trail_ppm % (PPM_PER_CENT // 100):
        return "NOT_NATIVE_TRAIL"
    return code


@dataclass(frozen=True, slots=True)
class Exits:
    """What one POST links: an order and its exits (bracket, oto), or a target and its stop (oco)."""

    order_class: str
    profit: Order | None = None
    loss: Order | None = None


def _body(order: Order, client_id: str, quantity: int, limit_units: int, stop_units: int) -> dict[str, Any]:
    instrument = order.instrument
    body: dict[str, Any] = {
        "symbol": wire_symbol(instrument),
        "qty": text_of(quantity, instrument.size_scale),
        "side": SIDES[order.side],
        "type": ORDER_TYPES[order.type],
        "time_in_force": TIMES_IN_FORCE[order.time_in_force],
        "client_order_id": client_id,
    }
    if order.type in (LIMIT, STOP_LIMIT):
        body["limit_price"] = _price(limit_units, instrument)
    if order.type in (STOP, STOP_LIMIT):
        body["stop_price"] = _price(stop_units, instrument)
    if order.type == TRAILING_STOP and order.trail_units:
        body["trail_price"] = _price(order.trail_units, instrument)
    elif order.type == TRAILING_STOP:
        body["trail_percent"] = text_of(order.trail_ppm, 4)
    if order.extended_hours and instrument.asset_class == "equity":
        body["extended_hours"] = True
    if order.reduce_only and instrument.asset_class == "equity":
        body["position_intent"] = f"{SIDES[order.side]}_to_close"
    return body


def _price(units: int, instrument: Instrument) -> str:
    return text_of(units, instrument.price_scale)


def _loss_leg(loss: Order) -> dict[str, str]:
    leg = {"stop_price": _price(loss.stop_units, loss.instrument)}
    if loss.type == STOP_LIMIT:
        leg["limit_price"] = _price(loss.limit_units, loss.instrument)
    return leg


class Requests:
    """Makes requests for one account."""

    def __init__(self, endpoints: Endpoints, credentials: Credentials) -> None:
        self._endpoints = endpoints
        self._keys = credentials.headers()

    def submit(self, order: Order, client_id: str, exits: Exits | None = None) -> HttpRequest:
        """POST of an order under `client_id`, alone or with the exits it is linked to."""
        return self.place(order, client_id, order.quantity, order.limit_units, order.stop_units, exits)

    def place(
        self,
        order: Order,
        client_id: str,
        quantity: int,
        limit_units: int,
        stop_units: int,
        exits: Exits | None = None,
    ) -> HttpRequest:
        """The same, of another size and other prices (counts)."""
        body = _body(order, client_id, quantity, limit_units, stop_units)
        if exits is not None:
            body["order_class"] = exits.order_class
            if exits.order_class == "oco":
                body["take_profit"] = {"limit_price": body["limit_price"]}
            elif exits.profit is not None:
                body["take_profit"] = {"limit_price": _price(exits.profit.limit_units, order.instrument)}
            if exits.loss is not None:
                body["stop_loss"] = _loss_leg(exits.loss)
        return self._send("POST", "/v2/orders", body)

    def reprice(self, venue_id: str, client_id: str, order: Order, limit_units: int, stop_units: int) -> HttpRequest:
        """PATCH of an order's prices; its size is left to the venue."""
        body = {"client_order_id": client_id}
        if order.type in (LIMIT, STOP_LIMIT):
            body["limit_price"] = _price(limit_units, order.instrument)
        if order.type in (STOP, STOP_LIMIT):
            body["stop_price"] = _price(stop_units, order.instrument)
        return self._send("PATCH", f"/v2/orders/{quote(venue_id, safe='')}", body)

    def cancel(self, venue_id: str) -> HttpRequest:
        return self._ask("DELETE", f"/v2/orders/{quote(venue_id, safe='')}")

    def order(self, venue_id: str, nested: bool = False) -> HttpRequest:
        query = {"nested": "true"} if nested else {}
        return self._ask("GET", f"/v2/orders/{quote(venue_id, safe='')}", query)

    def order_named(self, client_id: str) -> HttpRequest:
        return self._ask("GET", "/v2/orders:by_client_order_id", {"client_order_id": client_id})

    def open_orders(self, after_id: str = "") -> HttpRequest:
        """Up to 500 that have not ended, oldest first, behind one of them."""
        query = {"status": "open", "limit": "500", "direction": "asc"}
        return self._ask("GET", "/v2/orders", query | ({"after_order_id": after_id} if after_id else {}))

    def orders_of(self, instrument: Instrument) -> HttpRequest:
        """The newest 500 of one symbol, ended ones too."""
        query = {"status": "all", "limit": "500", "symbols": wire_symbol(instrument)}
        return self._ask("GET", "/v2/orders", query)

    def executions(self, order_id: str = "", after: str = "", page: str = "") -> HttpRequest:
        """Up to 100 fills, oldest first: of one order, or after a time; page: the last item's id of the page before."""
        query = {"direction": "asc", "page_size": "100"}
        query |= {
            name: value for name, value in (("order_id", order_id), ("after", after), ("page_token", page)) if value
        }
        return self._ask("GET", "/v2/account/activities/FILL", query)

    def movements(self, after: str, page: str = "") -> HttpRequest:
        """Up to 100 activities that are no fills, oldest first, after a time."""
        query = {"category": "non_trade_activity", "direction": "asc", "page_size": "100", "after": after}
        return self._ask("GET", "/v2/account/activities", query | ({"page_token": page} if page else {}))

    def account(self) -> HttpRequest:
        return self._ask("GET", "/v2/account")

    def positions(self) -> HttpRequest:
        return self._ask("GET", "/v2/positions")

    def clock(self) -> HttpRequest:
        return self._ask("GET", "/v2/clock")

    def asset(self, symbol: str) -> HttpRequest:
        return self._ask("GET", f"/v2/assets/{quote(symbol, safe='')}")

    def assets(self, asset_class: str) -> HttpRequest:
        """All that are traded now: those of the past are many times more."""
        return self._ask("GET", "/v2/assets", {"status": "active", "asset_class": asset_class})

    def latest_trades(self, symbols: Sequence[str]) -> HttpRequest:
        query = {"symbols": ",".join(symbols), "feed": self._endpoints.feed}
        return self._ask("GET", "/v2/stocks/trades/latest", query, self._endpoints.data)

    def bars(self, instrument: Instrument, frame: str, start: str, end: str, page: str) -> HttpRequest:
        """A page of bars whose period begins in [start, end]."""
        query = {
            "symbols": wire_symbol(instrument), "timeframe": frame, "start": start, "end": end, "limit": "10000",
        }  # fmt: skip
        path = "/v1beta3/crypto/us/bars"
        if instrument.asset_class != "crypto":
            path = "/v2/stocks/bars"
            query |= {"adjustment": "raw", "feed": self._endpoints.feed}
        return self._ask("GET", path, query | ({"page_token": page} if page else {}), self._endpoints.data)

    def _ask(self, method: str, path: str, query: Mapping[str, str] | None = None, base: str = "") -> HttpRequest:
        url = f"{base or self._endpoints.trading}{path}"
        return HttpRequest(method, f"{url}?{urlencode(query)}" if query else url, self._keys)

    def _send(self, method: str, path: str, body: Mapping[str, Any]) -> HttpRequest:
        url = f"{self._endpoints.trading}{path}"
        return HttpRequest(method, url, {**self._keys, **_JSON}, msgspec.json.encode(body))
