"""Orders and changes as each venue's client writes them, with what the engine knows of them; and the same bytes wrong
in one place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from tradewright.adapters.net.outgoing import Reader
from tradewright.adapters.venue.alpaca import Credentials as AlpacaKeys
from tradewright.adapters.venue.alpaca.endpoints import Endpoints as AlpacaEnds
from tradewright.adapters.venue.alpaca.outgoing import AlpacaReader
from tradewright.adapters.venue.alpaca.requests import Exits, Requests
from tradewright.adapters.venue.binance import Credentials as BinanceKeys
from tradewright.adapters.venue.binance import requests as binance
from tradewright.adapters.venue.binance.caller import Caller
from tradewright.adapters.venue.binance.endpoints import endpoints_at
from tradewright.adapters.venue.binance.outgoing import BinanceReader
from tradewright.adapters.venue.mt5 import Endpoints as Mt5Ends
from tradewright.adapters.venue.mt5 import requests as mt5
from tradewright.adapters.venue.mt5.outgoing import Mt5Reader
from tradewright.model.command import Replace
from tradewright.model.instrument import Instrument
from tradewright.model.order import (
    BUY,
    DAY,
    EXIT,
    EXTENDED_HOURS,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING_STOP,
    Order,
)
from tradewright.ports import Approvals, HttpRequest

HOST = "venue"
COIN = Instrument("BTCUSDT", "binance", "crypto", "BTC", "USDT", 8, 8)
PAIR = Instrument("BTCUSD", "alpaca", "crypto", "BTC", "USD", 9, 9)
SHARE = Instrument("ACME", "alpaca", "equity", "ACME", "USD", 4, 9)
EURO = Instrument("EURUSD", "mt5", "forex", "EUR", "USD", 7, 4, contract=100_000)
#: Words that a venue takes in each other's place.
WORDS = (
    ("BUY", "SELL"), ("buy", "sell"), ("GTC", "IOC", "FOK"), ("day", "gtc", "ioc", "fok", "opg", "cls"),
    ("MARKET", "LIMIT", "LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT"),
    ("market", "limit", "stop", "stop_limit", "trailing_stop"), ("bracket", "oto", "oco", "simple"),
    ("auto", "fok", "ioc", "boc"), ("BTCUSDT", "ETHUSDT"), ("ACME", "GLOBEX"), ("BTC/USD", "ETH/USD"),
    ("EURUSD.m", "GBPUSD.m", "EURJPY"), ("buy_to_close", "sell_to_close", "sell_to_open"),
)  # fmt: skip
#: Fields that are labels or prove who asks.
LABELS = ("timestamp", "recvWindow", "signature", "newOrderRespType", "magic", "strategy", "reason")
#: A gate sees what leaves, not what ought to have been beside it.
MAY_BE_MISSING = ("stop_loss", "take_profit")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = msgspec.json.Encoder(decimal_format="number")


class Known:
    """Implements `ports.Approvals`: what the engine knows. stops: orders that may not open any more."""

    def __init__(self, orders: list[Order], venue_ids: Mapping[str, str]) -> None:
        self.orders = {order.id: order for order in orders}
        self.venue_ids = dict(venue_ids)
        self.stops: set[str] = set()

    def instrument(self, symbol: str) -> Instrument | None:
        return None

    def open(self) -> list[str]:
        return list(self.orders)

    def order(self, order_id: str) -> Order | None:
        return self.orders.get(order_id)

    def venue_id(self, order_id: str) -> str:
        return self.venue_ids.get(order_id, "")

    def filled(self, order_id: str) -> int:
        return 0

    def named(self, venue_id: str) -> str:
        return next((id for id, name in self.venue_ids.items() if name == venue_id), "")

    def booked(self, trade_id: str) -> str:
        return ""

    def stopped(self, order_id: str) -> bool:
        return order_id in self.stops or order_id not in self.orders


@dataclass(frozen=True, slots=True)
class Case:
    """request: as the client writes it, for `orders`, which were handed over together, or for a change of an order that
    works (`known`, with the venue's names of them)."""

    name: str
    reader: Reader
    request: HttpRequest
    orders: tuple[Order, ...] = ()
    change: Replace | None = None
    known: tuple[Order, ...] = ()
    venue_ids: Mapping[str, str] = field(default_factory=dict)

    def book(self) -> Known:
        return Known([*self.orders, *self.known], self.venue_ids)

    @property
    def opens(self) -> bool:
        return any(order.role == "entry" for order in (*self.orders, *(self.known if self.change else ())))


def order(id: str, instrument: Instrument, side: int, type: int, size: str, **more: Any) -> Order:
    """limit, stop, trail: prices."""
    prices = {
        f"{name}_units": int(Decimal(more.pop(name)).scaleb(instrument.price_scale))
        for name in ("limit", "stop", "trail") if name in more
    }  # fmt: skip
    quantity = int(Decimal(size).scaleb(instrument.size_scale))
    return Order(id, "main", "s", instrument, side, type, quantity, **{**prices, **more})


def _binance() -> Iterator[Case]:
    ends = endpoints_at(HOST)
    reader = BinanceReader(ends)
    caller = Caller(ends, BinanceKeys("k", "s"), None, lambda: 10**18, lambda offset: None)  # type: ignore[arg-type]

    def case(name: str, call: binance.Call, *orders: Order, **more: Any) -> Case:
        return Case(f"binance {name}", reader, caller._request(call), orders, **more)

    def alone(name: str, one: Order) -> Case:
        return case(name, binance.place(one, one.id), one)

    yield alone("market", order("B-1-1", COIN, BUY, MARKET, "0.5"))
    yield alone("limit", order("B-1-2", COIN, SELL, LIMIT, "0.5", limit="101.5"))
    yield alone("at once", order("B-1-3", COIN, BUY, LIMIT, "0.5", limit="101.5", time_in_force=IOC))
    yield alone("maker", order("B-1-4", COIN, BUY, LIMIT, "0.5", limit="99.5", flags=POST_ONLY))
    yield alone("stop", order("B-1-5", COIN, SELL, STOP, "0.5", stop="98", role=STOP_LOSS))
    yield alone("stop-limit", order("B-1-6", COIN, BUY, STOP_LIMIT, "0.5", stop="102", limit="103"))
    yield alone("trailing", order("B-1-7", COIN, SELL, TRAILING_STOP, "0.5", trail_ppm=20_000, role=STOP_LOSS))
    target = order("B-1-8", COIN, SELL, LIMIT, "0.5", limit="110", role=TAKE_PROFIT, group="g")
    stop = order("B-1-9", COIN, SELL, STOP_LIMIT, "0.5", stop="95", limit="94", role=STOP_LOSS, group="g")
    yield case("pair", binance.place_pair(target, stop), target, stop)
    works = order("B-1-2", COIN, SELL, LIMIT, "0.5", limit="101.5")
    change = Replace(1, works.id, works.quantity // 2, works.limit_units, 0)
    amended = binance.shrink(COIN, "77", works.id, works.quantity // 2)
    yield case("amendment", amended, change=change, known=(works,), venue_ids={works.id: "77"})
    grown = order("B-1-2", COIN, SELL, LIMIT, "0.75", limit="102")
    change = Replace(1, works.id, grown.quantity, grown.limit_units, 0)
    yield case("further leg", binance.place(grown, "B-1-2_1"), change=change, known=(works,))


def _ccxt() -> Iterator[Case]:
    """What ccxt writes of orders at Binance, a form and in another sequence, and at Alpaca."""
    coin = AlpacaReader(AlpacaEnds.at(f"http://{HOST}", f"ws://{HOST}"))
    body = (
        b'{"symbol":"BTC/USD","side":"sell","type":"stop_limit","stop_price":"48500","limit_price":"48000",'
        b'"qty":"0.1","time_in_force":"gtc","client_order_id":"C-1-9"}'
    )
    stop = order("C-1-9", PAIR, SELL, STOP_LIMIT, "0.1", stop="48500", limit="48000", role=STOP_LOSS)
    yield Case("ccxt C-1-9", coin, HttpRequest("POST", f"http://{HOST}/v2/orders", {}, body), (stop,))
    reader = BinanceReader(endpoints_at(HOST))
    sent = HttpRequest("POST", f"http://{HOST}/api/v3/order", FORM)
    begin, end = b"timestamp=1780272000500&symbol=BTCUSDT&", b"&recvWindow=10000&signature=7a5a64"
    for one, said in (
        (order("C-1-1", COIN, BUY, MARKET, "0.5"), b"type=MARKET&quantity=0.5"),
        (order("C-1-2", COIN, SELL, LIMIT, "0.5", limit="101.5"),
         b"type=LIMIT&quantity=0.5&price=101.5&timeInForce=GTC"),
        (order("C-1-3", COIN, SELL, STOP_LIMIT, "0.5", stop="98", limit="97", role=STOP_LOSS),
         b"type=STOP_LOSS_LIMIT&quantity=0.5&price=97&stopPrice=98&timeInForce=GTC"),
    ):  # fmt: skip
        named = f"side={'BUY' if one.side == BUY else 'SELL'}&newClientOrderId={one.id}&newOrderRespType=FULL&".encode()
        yield Case(f"ccxt {one.id}", reader, replace(sent, body=begin + named + said + end), (one,))


def _alpaca() -> Iterator[Case]:
    ends = AlpacaEnds.at(f"http://{HOST}", f"ws://{HOST}")
    reader, requests = AlpacaReader(ends), Requests(ends, AlpacaKeys("k", "s"))

    def alone(name: str, one: Order) -> Case:
        return Case(f"alpaca {name}", reader, requests.submit(one, one.id), (one,))

    yield alone("market", order("A-1-1", SHARE, BUY, MARKET, "3", time_in_force=DAY))
    yield alone("limit", order("A-1-2", SHARE, SELL, LIMIT, "3", limit="101.5", flags=EXTENDED_HOURS))
    yield alone("stop", order("A-1-3", SHARE, SELL, STOP, "3", stop="98", flags=REDUCE_ONLY, role=STOP_LOSS))
    yield alone("stop-limit", order("A-1-4", SHARE, BUY, STOP_LIMIT, "3", stop="102", limit="103"))
    yield alone("trailing", order("A-1-5", SHARE, SELL, TRAILING_STOP, "3", trail="1.5", role=STOP_LOSS))
    yield alone("trailing by a share", order("A-1-6", SHARE, SELL, TRAILING_STOP, "3", trail_ppm=15_000))
    yield alone("pair of coins", order("A-1-7", PAIR, BUY, LIMIT, "0.5", limit="101.5"))
    entry = order("A-1-8", SHARE, BUY, LIMIT, "3", limit="100")
    target = order("A-1-9", SHARE, SELL, LIMIT, "3", limit="110", role=TAKE_PROFIT, parent=entry.id, group="g")
    stop = order("A-1-10", SHARE, SELL, STOP_LIMIT, "3", stop="95", limit="94", role=STOP_LOSS, parent=entry.id)
    for name, exits in (
        ("bracket", Exits("bracket", target, stop)),
        ("one target", Exits("oto", target)),
        ("one stop", Exits("oto", None, stop)),
    ):
        orders = (entry, *(one for one in (exits.profit, exits.loss) if one is not None))
        yield Case(f"alpaca {name}", reader, requests.submit(entry, entry.id, exits), orders)
    pair = order("A-1-11", SHARE, SELL, LIMIT, "3", limit="110", role=TAKE_PROFIT, group="h")
    other = order("A-1-12", SHARE, SELL, STOP, "3", stop="95", role=STOP_LOSS, group="h")
    yield Case("alpaca pair", reader, requests.submit(pair, pair.id, Exits("oco", loss=other)), (pair, other))
    change = Replace(1, entry.id, entry.quantity * 2, entry.limit_units - 5_000, 0)
    request = requests.place(entry, "A-1-8_1", entry.quantity * 2, entry.limit_units - 5_000, 0)
    yield Case("alpaca further leg", reader, request, change=change, known=(entry,))
    change = Replace(1, stop.id, stop.quantity, stop.limit_units - 5_000, stop.stop_units - 5_000)
    request = requests.reprice("leg-7", "A-1-10_0", stop, change.limit_units, change.stop_units)
    yield Case("alpaca reprice", reader, request, change=change, known=(stop,), venue_ids={stop.id: "leg-7"})


def _mt5() -> Iterator[Case]:
    ends = Mt5Ends(f"http://{HOST}")
    reader = Mt5Reader(ends)

    def case(name: str, path: str, body: bytes, *orders: Order, **more: Any) -> Case:
        return Case(f"mt5 {name}", reader, HttpRequest("POST", ends.url(f"trades/{path}"), {}, body), orders, **more)

    def opening(one: Order, leg: int = 0, sl: Order | None = None, tp: Order | None = None) -> bytes:
        prices = [
            None if exit is None else mt5.price_of(exit, exit.stop_units or exit.limit_units) for exit in (sl, tp)
        ]
        return mt5.open_body(one, "EURUSD.m", 7, one.quantity, leg, *prices)

    entry = order("M-1-1", EURO, BUY, MARKET, "0.3", time_in_force=IOC)
    stop = order("M-1-2", EURO, SELL, STOP, "0.3", stop="1.05", role=STOP_LOSS, lot=entry.id)
    target = order("M-1-3", EURO, SELL, LIMIT, "0.3", limit="1.2", role=TAKE_PROFIT, lot=entry.id)
    yield case("market", "open", opening(entry), entry)
    yield case("with exits", "open", opening(entry, 0, stop, target), entry, stop, target)
    rests = order("M-1-4", EURO, SELL, LIMIT, "0.3", limit="1.15", time_in_force=DAY)
    yield case("limit", "open", opening(rests), rests)
    maker = order("M-1-5", EURO, BUY, LIMIT, "0.3", limit="1.05", flags=POST_ONLY)
    yield case("maker", "open", opening(maker), maker)
    trigger = order("M-1-6", EURO, BUY, STOP, "0.3", stop="1.15")
    yield case("stop", "open", opening(trigger), trigger)
    both = order("M-1-7", EURO, BUY, STOP_LIMIT, "0.3", stop="1.15", limit="1.16")
    yield case("stop-limit", "open", opening(both), both)
    held = {"known": (entry,), "venue_ids": {entry.id: "501"}}
    close = order("M-1-8", EURO, SELL, MARKET, "0.1", role=EXIT, lot=entry.id)
    yield case("close", "close", mt5.close_body(close, 501, close.quantity), close, **held)
    yield case("guard", "modify", mt5.modify_body(501, stop_loss=mt5.price_of(stop, stop.stop_units)), stop, **held)
    change = Replace(1, target.id, target.quantity, target.limit_units + 10_000, 0)
    body = mt5.modify_body(501, take_profit=mt5.price_of(target, change.limit_units))
    yield case("moved target", "modify", body, change=change, known=(entry, target), venue_ids={entry.id: "501"})
    for one, units in ((rests, "limit"), (both, "stop")):
        change = Replace(1, one.id, one.quantity, one.limit_units + 10_000 * (units == "limit"), one.stop_units)
        prices = {"entry_price": mt5.price_of(one, change.limit_units if units == "limit" else change.stop_units)}
        if one is both:
            prices["stop_limit_price"] = mt5.price_of(one, change.limit_units)
        body = mt5.modify_body(502, **prices)
        yield case(f"changed {units}", "modify", body, change=change, known=(one,), venue_ids={one.id: "502"})
    larger = order("M-1-4", EURO, SELL, LIMIT, "0.6", limit="1.16", time_in_force=DAY)
    change = Replace(1, rests.id, larger.quantity, larger.limit_units, 0)
    yield case("further leg", "open", opening(larger, 1), change=change, known=(rests,))


CASES = {case.name: case for make in (_binance, _ccxt, _alpaca, _mt5) for case in make()}
assert GTC  # the default of `order`


# ── the same, wrong in one place ───────────────────────────────────────────────────────────────────────────────────


def wrong(case: Case) -> Iterator[tuple[str, HttpRequest]]:
    """Each field with other values, missing, twice and beside one that nobody knows; other methods and places."""
    request = case.request
    for what, fields in _wrong_fields(_read(request), "further leg" in case.name):
        yield what, _written(request, fields)
    yield "a field twice", _twice(request)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        if method != request.method and not (method == "DELETE" and request.url.split("?")[0].endswith("/v3/order")):
            yield method, replace(request, method=method)
    for place in (
        "/sapi/v1/capital/withdraw/apply",
        "/v2/account/transfers",
        "/api/v1/trades/close-all",
        "/v2/orders/x/y",
    ):
        base = f"http://{HOST}"
        path, mark, query = request.url.removeprefix(base).partition("?")
        yield place, replace(request, url=f"{base}{place}{mark}{query}")
        yield "another host", replace(request, url=f"http://other{path}{mark}{query}")


def _read(request: HttpRequest) -> dict[str, Any]:
    if request.headers == FORM:
        return dict(parse_qsl(request.body.decode()))
    if request.body:
        found: dict[str, Any] = json.loads(request.body, parse_float=Decimal)
        return found
    return dict(parse_qsl(request.url.partition("?")[2]))


def _written(request: HttpRequest, fields: Mapping[str, Any]) -> HttpRequest:
    if request.headers == FORM:
        return replace(request, body=urlencode(fields).encode())
    if request.body:
        return replace(request, body=_JSON.encode(fields))
    return replace(request, url=f"{request.url.partition('?')[0]}?{urlencode(fields)}")


def _twice(request: HttpRequest) -> HttpRequest:
    """The first field once more, as it was said."""
    name, value = next(iter(_read(request).items()))
    if request.headers == FORM:
        return replace(request, url=f"{request.url}?{urlencode({name: value})}")
    if request.body:
        return replace(request, body=b"{" + _JSON.encode({name: value})[1:-1] + b"," + request.body[1:])
    return replace(request, url=f"{request.url}&{urlencode({name: value})}")


def _wrong_fields(fields: Mapping[str, Any], leg: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in fields.items():
        if name in LABELS:
            continue
        if isinstance(value, dict):
            for what, inner in _wrong_fields(value, leg):
                yield f"{name}.{what}", {**fields, name: inner}
        for other in () if isinstance(value, dict) else wrong_values(value):
            smaller = leg and name in ("quantity", "qty", "lot_size") and _less(other, value)
            if not smaller and not _next_leg(other, value):
                yield f"{name} {other!r}", {**fields, name: other}
        if not (name in MAY_BE_MISSING and not isinstance(value, dict)):
            yield f"no {name}", {key: old for key, old in fields.items() if key != name}
    yield "another field", {**fields, "quoteOrderQty": "5"}


def _next_leg(other: Any, value: Any) -> bool:
    """A leg of the same order under another number: which one comes next is its client's to say."""
    return isinstance(value, str) and "_" in value and str(other).startswith(value)


def _less(other: Any, value: Any) -> bool:
    """What is left of a changed order may be less than was asked for, and no more."""
    try:
        return 0 < Decimal(str(other)) < Decimal(str(value))
    except ArithmeticError:
        return False


def wrong_values(value: Any) -> Iterator[Any]:
    """Other values of its kind."""
    if isinstance(value, str) and not _is_number(value):
        found = [word for words in WORDS if value in words for word in words if word != value]
        yield from found or [f"{value}1", value[:-1], value.swapcase()]
        yield ""
    elif value is None:
        yield Decimal("1.07")
    elif isinstance(value, bool):
        yield not value
    else:
        number = Decimal(value)
        step = Decimal(1).scaleb(int(number.as_tuple().exponent))
        for other in (number + step, number - step, number * 10, -number, Decimal(0)):
            if other != number:
                yield f"{other}" if isinstance(value, str) else int(other) if isinstance(value, int) else other


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def counted(requests: list[HttpRequest]) -> Counter[str]:
    return Counter(request.url.partition("?")[0] for request in requests)


def approvals(case: Case) -> Approvals:
    return case.book()
