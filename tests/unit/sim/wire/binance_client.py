"""A plain client of the simulated Binance, without sockets: it signs, calls and listens, in a time that the test sets.

The market is one of the test's hand: BTCUSDT with two decimals of price and five of size, and ETHBTC.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Depth, MarketEvent, Trade
from tradewright.model.numbers import money_of
from tradewright.model.rng import Rng
from tradewright.sim.wire.binance import BinanceSite, Knobs, demo_private_pem
from tradewright.sim.wire.message import CLOSE, TEXT, Answer, Frame, Request
from tradewright.sim.wire.site import Connection, Tape

MS_NS = 1_000_000
SECOND_NS = 1_000 * MS_NS
MINUTE_NS = 60 * SECOND_NS
#: 2026-06-01, 00:00 UTC.
START = 1_780_272_000 * SECOND_NS


def pair(base: str, quote: str, notional: str = "5", tick: int = 1) -> Instrument:
    rules = OrderRules(tick=tick, step=1, size_min=1, notional_min=money_of(notional, "notional"), shortable=False)
    scale = 2 if quote == "USDT" else 6
    return Instrument(base + quote, "binance", "crypto", base, quote, price_scale=scale, size_scale=5, rules=rules)


BTC = pair("BTC", "USDT")
ETH = pair("ETH", "BTC", "0.0001")


def book(bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]], at: int = 0) -> Depth:
    """A book of BTCUSDT, best first."""
    return Depth(at, BTC, tuple(_level(one) for one in bids), tuple(_level(one) for one in asks))


def _level(level: tuple[str, str]) -> tuple[int, int]:
    return round(float(level[0]) * 100), round(float(level[1]) * 100_000)


def at(time: int, event: MarketEvent) -> MarketEvent:
    """The same event at another time."""
    make: Any = type(event)
    found: MarketEvent = make(time, event.instrument, *event.row()[3:])
    return found


class Client:
    """One client with the demo keys. now: ns; each call is made at it."""

    def __init__(self, **knobs: Any) -> None:
        options = {name: knobs.pop(name) for name in ("filters", "limits", "credentials", "balances", "fee", "partial",
                                                     "queue", "tape") if name in knobs}  # fmt: skip
        tape = options.pop("tape", Tape(()))
        self.now = START
        self.site = BinanceSite((BTC, ETH), tape, Rng(1), START, knobs=Knobs(**knobs), **options)
        self.key, self.secret = "demo-key", "demo-secret"
        self.sockets = 0
        self.answer = Answer(0)

    # The market

    def show(self, *levels: MarketEvent) -> None:
        for event in levels:
            self.site.advance(self.now)
            self.site.play(at(self.now, event))

    def market(self, bid: str = "99.00", ask: str = "101.00", size: str = "5") -> None:
        """A book of one level, and a trade at its middle before."""
        self.trade("100.00", "0.1")
        self.show(book([(bid, size)], [(ask, size)]))

    def trade(self, price: str, size: str, side: int = 1) -> None:
        units, much = _level((price, size))
        self.show(Trade(self.now, BTC, units, much, side))

    def wait(self, ns: int) -> None:
        self.now += ns
        self.site.advance(self.now)

    # REST

    def send(self, method: str, path: str, query: str = "", body: bytes = b"", unit: str = "") -> Any:
        request = Request(method, "/api/v3" + path, query, {"x-mbx-apikey": self.key, "x-mbx-time-unit": unit}, body)
        self.answer = self.site.request(request, self.now)
        return msgspec.json.decode(self.answer.body)

    def sign(self, payload: str) -> str:
        return hmac.new(self.secret.encode(), payload.encode(), "sha256").hexdigest()

    def call(self, method: str, path: str, **values: Any) -> Any:
        """A signed call, its parameters in the query."""
        values = {"timestamp": self.now // MS_NS, **values}
        query = urlencode(values)
        return self.send(method, path, f"{query}&signature={self.sign(query)}")

    def get(self, path: str, **values: Any) -> Any:
        """A call that anybody may make."""
        return self.send("GET", path, urlencode(values))

    def order(self, side: str = "BUY", price: str | None = "90.00", quantity: str = "1", **values: Any) -> Any:
        """A limit order, good till cancelled."""
        values = {"symbol": "BTCUSDT", "side": side, "type": "LIMIT", "timeInForce": "GTC", "quantity": quantity,
                  "price": price, **values}  # fmt: skip
        return self.call("POST", "/order", **{name: value for name, value in values.items() if value is not None})

    def take(self, side: str = "BUY", quantity: str = "1", **values: Any) -> Any:
        """A market order."""
        return self.call("POST", "/order", symbol="BTCUSDT", side=side, type="MARKET", quantity=quantity, **values)

    def balance(self, asset: str) -> tuple[str, str]:
        """Free and locked."""
        for row in self.call("GET", "/account")["balances"]:
            if row["asset"] == asset:
                return row["free"], row["locked"]
        raise KeyError(asset)

    # Sockets

    def open(self, path: str = "/ws-api/v3", query: str = "") -> Connection:
        found = self.site.connect(Request("GET", path, query), self.now)
        assert isinstance(found, Connection), found
        return found

    def ask(self, socket: Connection, method: str, **params: Any) -> Any:
        """A request over the WebSocket API; the answer that came last."""
        self.sockets += 1
        content = {"id": self.sockets, "method": method, "params": params}
        socket.receive(Frame(TEXT, msgspec.json.encode(content)), self.now)
        return next(said for said in reversed(peek(socket)) if said.get("id") == self.sockets)

    def signed(self, **params: Any) -> dict[str, Any]:
        """Parameters with key, time and signature."""
        params = {**params, "apiKey": self.key, "timestamp": self.now // MS_NS}
        payload = "&".join(f"{name}={params[name]}" for name in sorted(params))
        return {**params, "signature": self.sign(payload)}

    def subscribe(self) -> Connection:
        """A connection that hears the account's events."""
        socket = self.open()
        assert self.ask(socket, "userDataStream.subscribe.signature", **self.signed())["result"] == {
            "subscriptionId": 0
        }
        heard(socket)
        return socket


class EdClient(Client):
    """The same with the Ed25519 key."""

    def __init__(self, **knobs: Any) -> None:
        super().__init__(**knobs)
        self.key = "demo-ed25519"
        key = load_pem_private_key(demo_private_pem().encode(), None)
        assert isinstance(key, Ed25519PrivateKey)
        self.private = key

    def sign(self, payload: str) -> str:
        return b64encode(self.private.sign(payload.encode())).decode()

    def call(self, method: str, path: str, **values: Any) -> Any:
        query = urlencode({"timestamp": self.now // MS_NS, **values})
        return self.send(method, path, f"{query}&signature={quote(self.sign(query), safe='')}")


def peek(socket: Connection) -> list[Any]:
    """What lies in the outbox, as JSON."""
    return [msgspec.json.decode(frame.data) for frame in socket.outbox if frame.kind == TEXT]


def heard(socket: Connection) -> list[Any]:
    """What has come since the last look, as JSON."""
    found = peek(socket)
    socket.outbox.clear()
    return found


def events(socket: Connection) -> list[Any]:
    """The user events that have come since the last look."""
    return [said["event"] for said in heard(socket) if "event" in said]


def closed(socket: Connection) -> int:
    """The code it was closed with, 0 = it is open."""
    return next((frame.code for frame in socket.outbox if frame.kind == CLOSE), 0)


def failure(name: str) -> dict[str, object]:
    return {"code": -1013, "msg": f"Filter failure: {name}"}
