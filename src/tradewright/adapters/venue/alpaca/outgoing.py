"""Alpaca's bytes read back for the last gate: which requests may leave, and what those that carry orders ask for.

Written from Alpaca's documents and not from `requests`. May leave without approval: questions (GET), the cancel of one
order, log-ins and subscriptions. An order comes by POST with all that is linked to it, other prices by PATCH; whatever
else there is (the cancel of everything, positions closed, transfers, journals) is not listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tradewright.adapters.net.outgoing import (
    CHANGE,
    LEG,
    PLACE,
    STOP_PART,
    TARGET,
    Asked,
    Fields,
    Named,
    Unlisted,
    objects,
    path_of,
)
from tradewright.adapters.venue.alpaca.endpoints import Endpoints
from tradewright.model.instrument import Instrument
from tradewright.model.order import (
    BUY,
    CLS,
    DAY,
    EXTENDED_HOURS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    OPG,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
)
from tradewright.ports import HttpAnswer, HttpRequest

ORDERS = "/v2/orders"
ONE_ORDER = re.compile(r"/v2/orders/([A-Za-z0-9-]{1,64})", re.ASCII)
SIDES = {"buy": BUY, "sell": SELL}
TYPES = {"market": MARKET, "limit": LIMIT, "stop": STOP, "stop_limit": STOP_LIMIT, "trailing_stop": TRAILING_STOP}
FORCES = {"day": DAY, "gtc": GTC, "ioc": IOC, "fok": FOK, "opg": OPG, "cls": CLS}
#: What each class links beside the order that is posted.
CLASSES = {
    "bracket": (TARGET, STOP_PART),
    "oto": (TARGET, STOP_PART),
    "oco": (STOP_PART,),
}
ACTIONS = {"auth": 1, "authenticate": 1, "listen": 1, "subscribe": 1}


class AlpacaReader:
    linked = True
    market_exits = False

    def __init__(self, endpoints: Endpoints) -> None:
        self._rest = (endpoints.trading, endpoints.data)
        self._trading = (endpoints.trading,)
        self._sockets = (endpoints.trades, endpoints.stocks, endpoints.crypto)
        self._events = endpoints.trades

    def read(self, request: HttpRequest) -> list[Asked]:
        path, query = path_of(request.url, self._rest if request.method == "GET" else self._trading)
        if request.method == "GET" and not request.body:
            return []
        if query:
            raise Unlisted("it has a query")
        one = ONE_ORDER.fullmatch(path)
        if request.method == "DELETE" and one is not None and not request.body:
            return []
        fields = Fields(objects(request.body))
        if (request.method, path) == ("POST", ORDERS):
            asked = _family(fields)
        elif request.method == "PATCH" and one is not None:
            asked = [
                Asked(
                    act=CHANGE, name=fields.text("client_order_id"), ticket=one[1], limit=fields.number("limit_price"),
                    stop=fields.number("stop_price"),
                )
            ]  # fmt: skip
        else:
            raise Unlisted("it is not on the list")
        fields.end()
        return asked

    def frame(self, message: str | bytes) -> None:
        try:
            said = objects(message)
        except Unlisted:
            try:
                said = msgspec.msgpack.decode(message) if isinstance(message, bytes) else None
            except msgspec.DecodeError:
                said = None
        Fields(said).word("action", ACTIONS)

    def connects(self, url: str) -> None:
        if url not in self._sockets:
            raise Unlisted(f"{url.partition('?')[0]} is no address of the venue")

    def means(self, word: str, instrument: Instrument) -> bool:
        """A pair has a slash in orders, and none in what is said of positions."""
        if instrument.asset_class == "crypto":
            return word in (f"{instrument.base}/{instrument.quote}", instrument.symbol)
        return word == instrument.symbol

    def answered(self, request: HttpRequest, answer: HttpAnswer) -> Iterable[Named]:
        if answer.status != 200 or ORDERS not in request.url:
            return
        try:
            yield from _named(objects(answer.body))
        except Unlisted:
            return

    def heard(self, url: str, frame: str | bytes) -> Iterable[Named]:
        if url != self._events:
            return
        try:
            yield from _named(objects(frame))
        except Unlisted:
            return

    def undone(self, answer: HttpAnswer) -> bool:
        """Too many requests; or one against another order of the account, which goes again when that has ended."""
        if answer.status not in (403, 422):
            return answer.status == 429
        try:
            said = objects(answer.body)
        except Unlisted:
            return False
        return isinstance(said, Mapping) and "wash trade" in str(said.get("message"))


def _family(fields: Fields) -> list[Asked]:
    """POST of an order and of what is linked to it."""
    symbol, name = fields.text("symbol"), fields.text("client_order_id")
    type, limit = fields.word("type", TYPES), fields.number("limit_price")
    percent = fields.number("trail_percent")
    if percent is not None and percent * 10_000 != int(percent * 10_000):
        raise Unlisted(f"trail_percent is {percent}")
    side = fields.word("side", SIDES)
    flags, said = _flags(fields, symbol, side)
    main = Asked(
        act=PLACE, name=name, symbol=symbol, side=side, type=type, size=fields.number("qty"), limit=limit,
        stop=fields.number("stop_price"), trail=fields.number("trail_price"), trail_ppm=int((percent or 0) * 10_000),
        tifs=(fields.word("time_in_force", FORCES),), flags=flags, said=said,
    )  # fmt: skip
    return [main, *_linked(fields, name, limit)]


def _flags(fields: Fields, symbol: str, side: int) -> tuple[int, int]:
    """Which are said, and which could be: of a pair none can."""
    extended, intent = fields.take("extended_hours"), fields.take("position_intent")
    if extended not in (None, True, False):
        raise Unlisted(f"extended_hours is {extended!r}")
    if intent not in (None, "buy_to_close" if side == BUY else "sell_to_close"):
        raise Unlisted(f"position_intent is {intent!r}")
    said = POST_ONLY if "/" in symbol else POST_ONLY | REDUCE_ONLY | EXTENDED_HOURS
    return (EXTENDED_HOURS if extended else 0) | (REDUCE_ONLY if intent is not None else 0), said


def _linked(fields: Fields, name: str, limit: Decimal | None) -> list[Asked]:
    """Targets and stops of an order's class."""
    order_class, target, stop = fields.take("order_class"), fields.take("take_profit"), fields.take("stop_loss")
    if order_class is None and target is None and stop is None:
        return []
    if order_class not in CLASSES:
        raise Unlisted(f"order_class is {order_class!r}")
    parts = []
    if target is not None:
        inner = Fields(target)
        price = inner.number("limit_price")
        inner.end()
        if TARGET in CLASSES[order_class]:
            parts.append(Asked(act=LEG, part=TARGET, of=name, limit=price))
        elif price != limit:
            raise Unlisted("its target is not the order itself")
    elif order_class == "oco":
        raise Unlisted("an oco without its target")
    if stop is not None:
        inner = Fields(stop)
        parts.append(
            Asked(act=LEG, part=STOP_PART, of=name, stop=inner.number("stop_price"), limit=inner.number("limit_price"))
        )
        inner.end()
    if (order_class == "oto") != (len(parts) == 1 and order_class != "oco") or not parts:
        raise Unlisted(f"an {order_class} of {len(parts)}")
    return parts


def _named(said: Any) -> Iterable[Named]:
    """Each order in an answer or event, its legs too."""
    if isinstance(said, list):
        for one in said:
            yield from _named(one)
    elif isinstance(said, Mapping):
        if "client_order_id" in said and "id" in said:
            side = SIDES.get(str(said.get("side")), 0)
            yield Named(str(said["id"]), str(said["client_order_id"]), str(said.get("symbol")), side)
        for one in said.values():
            if isinstance(one, list | Mapping):
                yield from _named(one)
