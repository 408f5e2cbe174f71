"""A connector's bytes read back for the last gate: which requests may leave, and what those that trade ask for.

Written from the connector's contract and not from `requests`. May leave without approval: questions (GET), the cancel
of one order, the end of a position's stop or target. Orders, closes by ticket and changes are read; whatever else there
is (close all, a close by percent) is not listed. A magic number and a reason are labels. Whose a ticket is was said by
the connector itself: in its lists, or in answer to an order that carried our id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tradewright.adapters.net.outgoing import (
    CHANGE,
    CLOSE,
    GUARD,
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
from tradewright.adapters.venue.mt5.endpoints import Endpoints
from tradewright.adapters.venue.mt5.symbols import stems
from tradewright.model.instrument import Instrument
from tradewright.model.order import BUY, DAY, FOK, GTC, IOC, LIMIT, MARKET, POST_ONLY, SELL, STOP, STOP_LIMIT
from tradewright.ports import HttpAnswer, HttpRequest

OPEN, CLOSING, MODIFY, CANCEL = (f"/api/v1/trades/{name}" for name in ("open", "close", "modify", "cancel"))
SIDES = {"buy": BUY, "sell": SELL}
KINDS = {"market": MARKET, "limit": LIMIT, "stop": STOP, "stop_limit": STOP_LIMIT}
RESTS = {"day": DAY, "gtc": GTC}
FILLINGS = {"fok": FOK, "ioc": IOC}
POINTS_MAX = 10_000
#: Parts of a modification: which of them name a position's exits.
SLOTS = {"stop_loss": STOP_PART, "take_profit": TARGET}


class Mt5Reader:
    """names: our symbol → the broker's, as configured."""

    linked = False
    market_exits = True

    def __init__(self, endpoints: Endpoints, names: Mapping[str, str] | None = None) -> None:
        self._rest = (endpoints.base,)
        self._stream = endpoints.stream
        self._names = dict(names or {})

    def read(self, request: HttpRequest) -> list[Asked]:
        path, query = path_of(request.url, self._rest)
        if request.method == "GET" and not request.body:
            return []
        if request.method != "POST" or query:
            raise Unlisted("it is not on the list")
        fields = Fields(objects(request.body))
        if path == OPEN:
            asked = _opening(fields)
        elif path == CLOSING:
            asked = [_close(fields)]
        elif path == MODIFY:
            asked = _modification(fields)
        elif path == CANCEL:
            fields.ticket("ticket")
            asked = []
        else:
            raise Unlisted("it is not on the list")
        fields.end()
        return asked

    def frame(self, message: str | bytes) -> None:
        raise Unlisted("its stream is asked for nothing")

    def connects(self, url: str) -> None:
        if url != self._stream:
            raise Unlisted(f"{url.partition('?')[0]} is no address of the connector")

    def means(self, word: str, instrument: Instrument) -> bool:
        """By the map that is configured, else where our symbol is one that the broker's name could stand for."""
        symbol = instrument.symbol
        return word == self._names[symbol] if symbol in self._names else symbol in stems(word)

    def answered(self, request: HttpRequest, answer: HttpAnswer) -> Iterable[Named]:
        if not 200 <= answer.status < 300:
            return
        try:
            path = request.url.partition("?")[0]
            if request.method == "GET" and ("orders" in path or path.endswith("open-positions")):
                yield from _named(objects(answer.body))
            elif path.endswith(OPEN) and isinstance(said := objects(answer.body), Mapping):
                asked = objects(request.body)
                for ticket in _tickets(said.get("order"), said.get("ticket")):
                    yield Named(ticket, asked["comment"], asked["symbol"], SIDES[asked["direction"]])
        except Unlisted:
            return

    def heard(self, url: str, frame: str | bytes) -> Iterable[Named]:
        return ()

    def undone(self, answer: HttpAnswer) -> bool:
        """A refusal that says it is one."""
        if answer.status == 429:
            return True
        try:
            said = objects(answer.body) if 400 <= answer.status < 500 else None
        except Unlisted:
            return False
        return isinstance(said, Mapping) and said.get("outcome") == "rejected"


def _opening(fields: Fields) -> list[Asked]:
    """An order, with the stop and target of the position that it is to open."""
    for label in ("magic", "strategy"):
        fields.take(label)
    name, type = fields.text("comment"), fields.word("order_kind", KINDS)
    filling, time = fields.text("filling"), fields.take("time")
    tifs: tuple[int, ...] = (DAY, GTC)
    if type == MARKET:
        _points(fields)
        if time is not None or filling not in ("auto", *FILLINGS):
            raise Unlisted(f"filling is {filling!r}, time {time!r}")
        tifs = (FILLINGS[filling],) if filling in FILLINGS else tifs
    elif time not in RESTS or filling not in ("auto", "boc"):
        raise Unlisted(f"filling is {filling!r}, time {time!r}")
    else:
        tifs = (RESTS[time],)
    entry, beyond = fields.number("entry_price"), fields.number("stop_limit_price")
    main = Asked(
        act=PLACE, name=name, symbol=fields.text("symbol"), side=fields.word("direction", SIDES), type=type,
        size=fields.number("lot_size"), limit=beyond if type == STOP_LIMIT else entry if type == LIMIT else None,
        stop=entry if type in (STOP, STOP_LIMIT) else None, tifs=tifs,
        flags=POST_ONLY if filling == "boc" else 0, said=POST_ONLY,
    )  # fmt: skip
    if (entry is not None and type == MARKET) or (beyond is not None and type != STOP_LIMIT):
        raise Unlisted("it says a price that its kind has not")
    stop, target = fields.number("stop_loss"), fields.number("take_profit")
    parts = [Asked(act=LEG, part=STOP_PART, of=name, stop=stop)] if stop is not None else []
    return [main, *parts, *([Asked(act=LEG, part=TARGET, of=name, limit=target)] if target is not None else [])]


def _points(fields: Fields) -> None:
    """How far the price of an order at the market may move; it bounds and widens nothing that was asked for."""
    points = fields.take("deviation_points")
    if points is not None and not (type(points) is int and 0 < points <= POINTS_MAX):
        raise Unlisted(f"deviation_points is {points!r}")


def _close(fields: Fields) -> Asked:
    fields.take("reason")
    _points(fields)
    ticket = fields.ticket("ticket")
    if not ticket:
        raise Unlisted("it says no ticket")
    return Asked(act=CLOSE, name=fields.text("comment"), ticket=ticket, size=fields.number("volume"))


def _modification(fields: Fields) -> list[Asked]:
    """Of a position's stop and target, one by one, or of a pending order's prices. None takes one away."""
    ticket = fields.ticket("ticket")
    asked = []
    taken_away = False
    for name, part in SLOTS.items():
        said = fields.says(name)
        price = fields.number(name)
        taken_away |= said and price is None
        if price is not None:
            stop, limit = (price, None) if part == STOP_PART else (None, price)
            asked.append(Asked(act=GUARD, part=part, ticket=ticket, stop=stop, limit=limit))
    entry, beyond = fields.number("entry_price"), fields.number("stop_limit_price")
    if entry is not None:
        asked.append(Asked(act=CHANGE, ticket=ticket, price=entry, limit=beyond))
    elif beyond is not None:
        raise Unlisted("it says the second of two prices")
    if not ticket or not (asked or taken_away):
        raise Unlisted("it changes nothing that there is")
    return asked


def _tickets(*said: Any) -> list[str]:
    """Those that are some, each once. Raises ValueError for one that is none."""
    if not all(one is None or isinstance(one, int | str) for one in said):
        raise ValueError("a ticket that is no number")
    return list(dict.fromkeys([str(one) for one in said if one]))


def _named(said: Any) -> Iterable[Named]:
    """Each order and position in an answer, however deep; deals name orders, and are none."""
    if isinstance(said, list):
        for one in said:
            yield from _named(one)
    elif isinstance(said, Mapping):
        if "ticket" in said and "direction" in said and "entry" not in said:
            position = "open_price" in said
            name, side = str(said.get("comment") or ""), SIDES.get(str(said["direction"]), 0)
            symbol = str(said.get("broker_symbol") or said.get("symbol"))
            for ticket in _tickets(said["ticket"], said.get("position_id") if position else None):
                yield Named(ticket, name, symbol, side, position)
        for one in said.values():
            if isinstance(one, list | Mapping):
                yield from _named(one)
