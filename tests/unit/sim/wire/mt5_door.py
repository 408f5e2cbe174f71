"""The connector's doors in a few words, in virtual time."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, TypeVar

from tests.unit.sim.wire.mt5_shapes import Error, Opened, OpenPositions, Position, decoded
from tests.unit.sim.wire.mt5_stage import INSTRUMENTS, NOON, PRICES, SECOND, quote_of
from tradewright.model.market import MarketEvent
from tradewright.model.rng import Rng
from tradewright.sim.wire.message import Answer, Request
from tradewright.sim.wire.mt5.knobs import Knobs
from tradewright.sim.wire.mt5.site import DEMO_TOKEN, Mt5Site
from tradewright.sim.wire.site import Tape

Shape = TypeVar("Shape")


class Door:
    """A client of a site whose prices stand at PRICES."""

    def __init__(self, start: int = NOON, balance: str = "100000", token: str = DEMO_TOKEN, **knobs: Any) -> None:
        self.knobs = Knobs(**knobs)
        self.now = start
        self.site = Mt5Site(
            INSTRUMENTS.values(), Tape([]), Rng(7), start, balance=balance, knobs=self.knobs, token=token
        )
        self.headers = {"authorization": f"Bearer {token}"} if token else {}
        for symbol, (bid, ask) in PRICES.items():
            self.price(symbol, bid, ask)

    def play(self, *events: MarketEvent) -> None:
        self.site.broker.tape = Tape(events)
        self.now = max(event.time for event in events)
        self.site.advance(self.now)

    def price(self, symbol: str, bid: str, ask: str | None = None, size: str = "0") -> None:
        self.play(quote_of(symbol, bid, ask or bid, self.now + SECOND, size))

    def wait(self, seconds: int) -> None:
        self.now += seconds * SECOND
        self.site.advance(self.now)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        path, _, query = path.partition("?")
        given = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.site.request(Request(method, path, query, given, data), self.now)

    def get(self, path: str, shape: type[Shape], status: int = 200) -> Shape:
        answer = self.ask("GET", path if path.startswith("/") else f"/api/v1/{path}")
        assert answer.status == status, answer.body
        return decoded(answer.body, shape)

    def post(self, path: str, body: Any, shape: type[Shape], status: int = 200, **headers: str) -> Shape:
        answer = self.ask("POST", f"/api/v1/{path}", body, **headers)
        assert answer.status == status, answer.body
        return decoded(answer.body, shape)

    def refused(self, path: str, body: Any, status: int) -> Error:
        return self.post(path, body, Error, status)

    def open(self, **terms: Any) -> Opened:
        return self.post("trades/open", order(**terms), Opened)

    @property
    def positions(self) -> list[Position]:
        return self.get("open-positions", OpenPositions).positions


def order(**terms: Any) -> dict[str, Any]:
    """A buy of gold with a stop, the reference's example."""
    example: dict[str, Any] = {
        "symbol": "XAUUSD", "direction": "buy", "order_kind": "market", "lot_size": 0.1, "stop_loss": 2645.0,
    }  # fmt: skip
    return {**example, **terms}


def numbers(answer: Answer) -> Any:
    """The content with exact numbers."""
    return json.loads(answer.body, parse_float=Decimal)
