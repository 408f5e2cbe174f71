"""Binance's bytes read back for the last gate: which requests may leave, and what those that carry orders ask for.

Written from Binance's documents and not from `requests`. May leave without approval: questions (GET), the cancel of one
order, subscriptions to streams. An order and an OCO list come by POST, an amendment by PUT; whatever else there is
(orders over the WebSocket API, transfers, withdrawals, a cancel of everything) is not listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tradewright.adapters.net.outgoing import CHANGE, PLACE, Asked, Fields, Named, Unlisted, objects, path_of
from tradewright.adapters.venue.binance.endpoints import Endpoints
from tradewright.model.instrument import Instrument
from tradewright.model.order import (
    BUY,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    POST_ONLY,
    SELL,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
)
from tradewright.ports import HttpAnswer, HttpRequest

ORDER, LIST, AMEND = "/api/v3/order", "/api/v3/orderList/oco", "/api/v3/order/amend/keepPriority"
SIDES = {"BUY": BUY, "SELL": SELL}
FORCES = {"GTC": GTC, "IOC": IOC, "FOK": FOK}
TYPES = {"MARKET": MARKET, "LIMIT": LIMIT, "LIMIT_MAKER": LIMIT, "STOP_LOSS": STOP, "STOP_LOSS_LIMIT": STOP_LIMIT}
PPM_PER_BIP = 100
SUBSCRIBES = {"userDataStream.subscribe.signature": 1, "SUBSCRIBE": 1}
#: Refused before matching: for its time, or by a limit.
BEFORE_MATCHING = (-1021, -1003, -1015)


class BinanceReader:
    linked = False
    market_exits = False

    def __init__(self, endpoints: Endpoints) -> None:
        self._rest = (endpoints.rest,)
        self._sockets = tuple(url.partition("?")[0] for url in (endpoints.socket_api, endpoints.streams))
        self._events = endpoints.socket_api

    def read(self, request: HttpRequest) -> list[Asked]:
        path, query = path_of(request.url, self._rest)
        if request.method == "GET" or (request.method, path) == ("DELETE", ORDER):
            if request.body:
                raise Unlisted("it has a body")
            return []
        fields = Fields(_pairs(query, request.body))
        for name in ("timestamp", "recvWindow", "signature", "newOrderRespType"):
            fields.take(name)
        if (request.method, path) == ("POST", ORDER):
            asked = [_order(fields)]
        elif (request.method, path) == ("POST", LIST):
            asked = _pair(fields)
        elif (request.method, path) == ("PUT", AMEND):
            asked = [_amendment(fields)]
        else:
            raise Unlisted("it is not on the list")
        fields.end()
        return asked

    def frame(self, message: str | bytes) -> None:
        Fields(objects(message)).word("method", SUBSCRIBES)

    def connects(self, url: str) -> None:
        place = url.partition("?")[0]
        if not any(place == base or place.startswith(f"{base}/") for base in self._sockets):
            raise Unlisted(f"{place} is no address of the venue")

    def means(self, word: str, instrument: Instrument) -> bool:
        return word == instrument.symbol

    def answered(self, request: HttpRequest, answer: HttpAnswer) -> Iterable[Named]:
        if answer.status != 200 or "rder" not in request.url.partition("?")[0]:
            return
        try:
            yield from _named(objects(answer.body))
        except Unlisted:
            return

    def heard(self, url: str, frame: str | bytes) -> Iterable[Named]:
        """Of the account's own events; market streams name no order."""
        if not url.startswith(self._events):
            return
        try:
            said = objects(frame)
        except Unlisted:
            return
        event = said.get("event", said) if isinstance(said, dict) else None
        if isinstance(event, dict) and event.get("e") == "executionReport":
            # Of a cancel c names the request, and C the order.
            name = event.get("C") or event.get("c")
            yield Named(str(event.get("i")), str(name), str(event.get("s")), SIDES.get(str(event.get("S")), 0))

    def undone(self, answer: HttpAnswer) -> bool:
        if answer.status in (418, 429):
            return True
        if not 400 <= answer.status < 500:
            return False
        try:
            said = objects(answer.body)
        except Unlisted:
            return False
        return isinstance(said, dict) and said.get("code") in BEFORE_MATCHING


def _pairs(query: str, body: bytes) -> dict[str, str]:
    """Parameters stand in the query or, as a form, in the body. Raises Unlisted."""
    try:
        parts = [part for part in (query, body.decode("ascii")) if part]
        pairs = [pair for part in parts for pair in parse_qsl(part, keep_blank_values=True, strict_parsing=True)]
    except ValueError as error:
        raise Unlisted(f"its parameters can not be read: {error}") from error
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unlisted("it names a field twice")
    return found


def _order(fields: Fields) -> Asked:
    """POST of one order."""
    word, type = _type(fields, "type")
    force = fields.take("timeInForce")
    if (force is not None) != (word in ("LIMIT", "STOP_LOSS_LIMIT")) or (force is not None and force not in FORCES):
        raise Unlisted(f"timeInForce is {force!r}")
    type, trail = _trailing(fields, type, "trailingDelta")
    return Asked(
        act=PLACE, name=fields.text("newClientOrderId"), symbol=fields.text("symbol"), side=fields.word("side", SIDES),
        type=type, size=fields.number("quantity"), limit=fields.number("price"), stop=fields.number("stopPrice"),
        trail_ppm=trail, tifs=(FORCES[force],) if force is not None else (),
        flags=POST_ONLY if word == "LIMIT_MAKER" else 0, said=POST_ONLY,
    )  # fmt: skip


def _type(fields: Fields, name: str) -> tuple[str, int]:
    word = fields.text(name)
    if word not in TYPES:
        raise Unlisted(f"{name} is {word!r}")
    return word, TYPES[word]


def _trailing(fields: Fields, type: int, name: str) -> tuple[int, int]:
    """A stop that says a distance trails."""
    delta = fields.number(name)
    if delta is None:
        return type, 0
    if type != STOP or delta != int(delta):
        raise Unlisted(f"{name} is {delta}")
    return TRAILING_STOP, int(delta) * PPM_PER_BIP


def _pair(fields: Fields) -> list[Asked]:
    """POST of an OCO list: a limit order that only rests, and a stop."""
    symbol, side, size = fields.text("symbol"), fields.word("side", SIDES), fields.number("quantity")
    legs = []
    for place in ("above", "below"):
        word, type = _type(fields, f"{place}Type")
        force = fields.take(f"{place}TimeInForce")
        if force is not None and force not in FORCES:
            raise Unlisted(f"{place}TimeInForce is {force!r}")
        type, trail = _trailing(fields, type, f"{place}TrailingDelta")
        legs.append(
            Asked(
                act=PLACE, name=fields.text(f"{place}ClientOrderId"), symbol=symbol, side=side, type=type, size=size,
                limit=fields.number(f"{place}Price"), stop=fields.number(f"{place}StopPrice"), trail_ppm=trail,
                tifs=(FORCES[force],) if force is not None else (),
            )
        )  # fmt: skip
        if (force is not None) != (type == STOP_LIMIT) or word in ("MARKET", "LIMIT"):
            raise Unlisted(f"{place}Type is {word}")
    if sum(leg.type == LIMIT for leg in legs) != 1:
        raise Unlisted("a list is a limit order and a stop")
    return legs


def _amendment(fields: Fields) -> Asked:
    """PUT of a smaller size; the order keeps its name."""
    ticket, old, name = fields.ticket("orderId"), fields.take("origClientOrderId"), fields.text("newClientOrderId")
    if (not ticket and old != name) or (ticket and old is not None):
        raise Unlisted("it gives an order another name")
    return Asked(act=CHANGE, name=name, ticket=ticket, symbol=fields.text("symbol"), size=fields.number("newQty"))


def _named(said: Any) -> Iterable[Named]:
    """Each order in an answer, however deep."""
    if isinstance(said, list):
        for one in said:
            yield from _named(one)
    elif isinstance(said, Mapping):
        if "orderId" in said and "clientOrderId" in said:
            name = said.get("origClientOrderId") or said["clientOrderId"]
            yield Named(str(said["orderId"]), str(name), str(said.get("symbol")), SIDES.get(str(said.get("side")), 0))
        for one in said.values():
            if isinstance(one, list | Mapping):
                yield from _named(one)
