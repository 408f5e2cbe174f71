"""A simulated Alpaca at hand: a market that a test writes as it goes, and a client without a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, Trade
from tradewright.model.numbers import count_of
from tradewright.model.rng import Rng
from tradewright.model.zone import DAY_NS, ordinal, utc_ns
from tradewright.sim.models.models import Models
from tradewright.sim.wire.alpaca import AccountTerms, AlpacaSite, Knobs
from tradewright.sim.wire.message import BINARY, TEXT, Answer, Frame, Request
from tradewright.sim.wire.site import Connection, Tape

MS = 1_000_000
SECOND = 1_000 * MS
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
KEYS = {"apca-api-key-id": "demo-key", "apca-api-secret-key": "demo-secret"}

ACME = Instrument(
    "ACME", "alpaca", "equity", "ACME", "USD", 4, 6, calendar="us-equity", rules=OrderRules(tick=100, step=10**6)
)
GLOBEX = Instrument(
    "GLOBEX", "alpaca", "equity", "GLOBEX", "USD", 4, 6, calendar="us-equity", rules=OrderRules(tick=100, step=10**6)
)
BTC = Instrument("BTCUSD", "alpaca", "crypto", "BTC", "USD", 4, 8, rules=OrderRules(tick=100, step=1000, size_min=1000))
EURUSD = Instrument("EURUSD", "alpaca", "forex", "EUR", "USD", 7, 4, calendar="forex", contract=100_000)
INSTRUMENTS = {instrument.symbol: instrument for instrument in (ACME, GLOBEX, BTC, EURUSD)}


def new_york(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """A moment on New York's clock, ns UTC."""
    wall = ordinal(year, month, day) * DAY_NS + ((hour * 60 + minute) * 60 + second) * SECOND
    return utc_ns("America/New_York", wall)


#: A Monday without anything special about it, in the regular session.
MONDAY = new_york(2026, 1, 12, 11)


class Feed:
    """Market events that come while the market runs."""

    def __init__(self) -> None:
        self.events: list[MarketEvent] = []

    def __iter__(self) -> Iterator[MarketEvent]:
        while self.events:
            yield self.events.pop(0)


class Venue:
    """A site, its time, and what a client does to it."""

    def __init__(
        self,
        now: int = MONDAY,
        accounts: tuple[AccountTerms, ...] = (AccountTerms(),),
        models: Models | None = None,
        quotes: bool = True,
        **knobs: Any,
    ) -> None:
        self.now = now
        self.site = AlpacaSite(
            INSTRUMENTS.values(), Tape([]), Rng(7), now, accounts, Knobs(**knobs), models or Models()
        )
        self.account = self.site.accounts[accounts[0].key]
        if quotes:
            self.quote("ACME", "99.99", "100.01")
            self.quote("GLOBEX", "19.99", "20.01")
            self.quote("BTCUSD", "49990", "50010")

    # Time and market

    def wait(self, ns: int = 10 * MS) -> None:
        self.until(self.now + ns)

    def until(self, time: int) -> None:
        self.now = time
        self.site.advance(time)

    def feed(self, *events: MarketEvent) -> None:
        """The events are what the tape goes on with; time goes to the last of them."""
        self.site.tape = Tape(events)
        self.until(max(self.now, events[-1].time))

    def quote(self, symbol: str, bid: str, ask: str, bid_size: str = "1000", ask_size: str = "1000") -> None:
        """A quote a millisecond later."""
        instrument = INSTRUMENTS[symbol]
        prices = [count_of(text, instrument.price_scale, "price") for text in (bid, ask)]
        sizes = [count_of(text, instrument.size_scale, "size") for text in (bid_size, ask_size)]
        self.feed(Quote(self.now + MS, instrument, *prices, *sizes))

    def trade(self, symbol: str, price: str, size: str = "100", aggressor: int = 1) -> None:
        instrument = INSTRUMENTS[symbol]
        units = count_of(price, instrument.price_scale, "price"), count_of(size, instrument.size_scale, "size")
        self.feed(Trade(self.now + MS, instrument, *units, aggressor))

    def bar(self, symbol: str, start: int, *prices: str, volume: str = "1000") -> None:
        """A minute's bar from `start`: open, high, low, close."""
        instrument = INSTRUMENTS[symbol]
        open, high, low, close = (count_of(text, instrument.price_scale, "price") for text in prices)
        size = count_of(volume, instrument.size_scale, "volume")
        self.feed(Bar(start + MINUTE, instrument, start, open, high, low, close, size))

    def depth(self, symbol: str, bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> None:
        instrument = INSTRUMENTS[symbol]
        sides = (
            tuple(
                (count_of(price, instrument.price_scale, "price"), count_of(size, instrument.size_scale, "size"))
                for price, size in side
            )
            for side in (bids, asks)
        )
        self.feed(Depth(self.now + MS, instrument, *sides))

    # Requests

    def ask(
        self, method: str, path: str, body: object = None, key: str = "demo-key", headers: dict[str, str] | None = None
    ) -> Answer:
        """A request; path: with its query, as on the wire."""
        path, _, query = path.partition("?")
        keys = {"apca-api-key-id": key, "apca-api-secret-key": self.site.accounts[key].terms.secret}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.site.request(Request(method, path, query, headers or keys, raw), self.now)

    def get(self, path: str, status: int = 200, key: str = "demo-key") -> Any:
        return self._content(self.ask("GET", path, key=key), status)

    def post(self, status: int = 200, key: str = "demo-key", **body: Any) -> Any:
        return self._content(self.ask("POST", "/v2/orders", body, key), status)

    def patch(self, order_id: str, status: int = 200, **body: Any) -> Any:
        return self._content(self.ask("PATCH", f"/v2/orders/{order_id}", body), status)

    def delete(self, path: str, status: int = 204) -> Any:
        return self._content(self.ask("DELETE", path), status)

    @staticmethod
    def _content(answer: Answer, status: int) -> Any:
        assert answer.status == status, (answer.status, answer.body)
        return json.loads(answer.body) if answer.body else None

    def order(self, order_id: str) -> Any:
        return self.get(f"/v2/orders/{order_id}")

    def status(self, order_id: str) -> str:
        return str(self.order(order_id)["status"])

    def market(self, symbol: str = "ACME", qty: str = "10", side: str = "buy", **more: Any) -> Any:
        """A market order that is filled at the quote that stands."""
        tif = "gtc" if "/" in symbol else "day"
        order = self.post(symbol=symbol, qty=qty, side=side, type="market", time_in_force=tif, **more)
        self.wait()
        return self.order(order["id"])

    def limit(self, price: str, qty: str = "10", side: str = "buy", symbol: str = "ACME", **more: Any) -> Any:
        """A limit order that is at work."""
        body: dict[str, Any] = {
            "symbol": symbol,
            "qty": qty,
            "side": side,
            "type": "limit",
            "time_in_force": "day",
            **more,
        }
        order = self.post(limit_price=price, **body)
        self.wait()
        return order

    # Streams

    def updates(self) -> Connection:
        """A trade stream that listens."""
        stream = self.connect("/stream")
        say(stream, {"action": "authenticate", "data": {"key_id": "demo-key", "secret_key": "demo-secret"}}, self.now)
        say(stream, {"action": "listen", "data": {"streams": ["trade_updates"]}}, self.now)
        stream.outbox.clear()
        return stream

    def connect(self, path: str, headers: dict[str, str] | None = None) -> Connection:
        stream = self.site.connect(Request("GET", path, "", headers or {}), self.now)
        assert isinstance(stream, Connection)
        return stream

    def data(self, path: str = "/v2/iex", **wanted: list[str]) -> Connection:
        """A data stream that is authenticated and subscribed."""
        stream = self.connect(path)
        say(stream, {"action": "auth", "key": "demo-key", "secret": "demo-secret"}, self.now)
        if wanted:
            say(stream, {"action": "subscribe", **wanted}, self.now)
        stream.outbox.clear()
        return stream


def say(stream: Connection, message: object, now: int = 0) -> None:
    """The client sends a message as text."""
    stream.receive(Frame(TEXT, json.dumps(message).encode()), now)


def heard(stream: Connection) -> list[Any]:
    """What has come of messages, taken out."""
    frames = [frame for frame in stream.outbox if frame.kind in (TEXT, BINARY)]
    stream.outbox.clear()
    return [json.loads(frame.data) for frame in frames]


def events(stream: Connection) -> list[tuple[str, str]]:
    """Trade updates as (event, order id)."""
    return [(message["data"]["event"], message["data"]["order"]["id"]) for message in heard(stream)]


def names(stream: Connection) -> list[str]:
    return [event for event, _ in events(stream)]
