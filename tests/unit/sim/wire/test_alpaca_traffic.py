"""Days of random traffic at the simulated Alpaca: whatever is asked, the books agree with each other and with what the
stream has told."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.sim.wire.alpaca_desk import MINUTE, MS, SECOND, Venue, heard, new_york
from tradewright.model.market import Quote
from tradewright.model.rng import Rng
from tradewright.sim.exchange.vocabulary import WORKING
from tradewright.sim.models.models import Models
from tradewright.sim.wire.alpaca.orders import FINAL
from tradewright.sim.wire.message import CLOSE

MODELS = Models(partial="random:0.4", fee="maker_taker:15:25")
#: Events behind which an order says no more.
LAST = {"fill", "canceled", "expired", "replaced", "rejected"}
SYMBOLS = ("ACME", "GLOBEX", "BTC/USD")


class Traffic:
    """A client that asks for anything, from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = Rng(seed)
        self.venue = Venue(new_york(2026, 1, 14, 9), models=MODELS, requests_per_minute=10**9, sizes=seed % 2 == 1)
        self.stream = self.venue.updates()
        self.prices = {"ACME": 10_000, "GLOBEX": 2_000, "BTCUSD": 5_000_000}
        self.told: list[dict[str, Any]] = []
        self.answers: dict[int, int] = {}

    def pick(self, *options: Any) -> Any:
        return options[self.rng.below(len(options))]

    def text(self, symbol: str, per_mille: int) -> str:
        """A price so far from the market."""
        cents = self.prices[symbol.replace("/", "")] * (1000 + per_mille) // 1000
        return f"{cents // 100}.{cents % 100:02d}"

    def order(self) -> None:
        symbol = self.pick(*SYMBOLS)
        crypto = "/" in symbol
        side = self.pick("buy", "buy", "sell")
        sign = 1 if side == "buy" else -1
        type = self.pick("market", "limit", "limit", "stop_limit", "stop", "trailing_stop")
        body: dict[str, Any] = {"symbol": symbol, "side": side, "type": type}
        body["qty"] = self.pick("0.01", "0.05") if crypto else self.pick("1", "7", "20", "0.5")
        body["time_in_force"] = (
            self.pick("gtc", "ioc") if crypto else self.pick("day", "day", "gtc", "ioc", "fok", "opg", "cls")
        )
        away = self.rng.below(30) - 10
        if "limit" in type:
            body["limit_price"] = self.text(symbol, -sign * away)
        if "stop" in type and type != "trailing_stop":
            body["stop_price"] = self.text(symbol, sign * away)
        if type == "trailing_stop":
            body["trail_percent"] = "1"
        shape = self.rng.below(5)
        if shape == 0:
            body.update(order_class="bracket", take_profit={"limit_price": self.text(symbol, sign * 20)})
            body["stop_loss"] = {"stop_price": self.text(symbol, -sign * 20)}
        elif shape == 1:
            body.update(order_class="oco", limit_price=self.text(symbol, -sign * 15), type="limit")
            body["stop_loss"] = {"stop_price": self.text(symbol, sign * 15)}
        body["extended_hours"] = self.rng.below(4) == 0
        self.send("POST", "/v2/orders", body)

    def send(self, method: str, path: str, body: object = None) -> None:
        status = self.venue.ask(method, path, body).status
        self.answers[status] = self.answers.get(status, 0) + 1

    def turn(self) -> None:
        """One thing, then a while of market."""
        what = self.rng.below(10)
        orders = self.venue.account.working()
        if what < 5:
            self.order()
        elif what == 5 and orders:
            self.send("DELETE", f"/v2/orders/{self.pick(*orders).id}")
        elif what == 6 and orders:
            order = self.pick(*orders)
            price = self.text(order.terms.asset.plain, self.rng.below(40) - 20)
            self.send("PATCH", f"/v2/orders/{order.id}", {self.pick("limit_price", "stop_price"): price})
        elif what == 7:
            self.send("DELETE", f"/v2/positions/{self.pick('ACME', 'GLOBEX', 'BTCUSD')}")
        elif what == 8 and self.rng.below(10) == 0:
            self.send("DELETE", self.pick("/v2/orders", "/v2/positions?cancel_orders=true"))
        for _ in range(self.rng.below(4)):
            self.quote()
        self.venue.wait(self.pick(0, MS, SECOND, 5 * MINUTE, 20 * MINUTE))
        self.told += [message["data"] for message in heard(self.stream)]

    def quote(self) -> None:
        plain = self.pick(*self.prices)
        cents = self.prices[plain] = self.prices[plain] * (995 + self.rng.below(11)) // 1000
        asset = self.venue.site.assets.find(plain)
        assert asset is not None
        size = (1 + self.rng.below(9)) * 10**asset.source.size_scale
        time = self.venue.now + 1 + self.rng.below(self.pick(2 * MS, SECOND))
        self.venue.feed(Quote(time, asset.source, (cents - 1) * 100, (cents + 1) * 100, size, size))

    def check(self) -> None:
        """What must be true at any time."""
        account, exchange = self.venue.account, self.venue.site.exchange
        assert {s: p.size for s, p in account.ledger.positions.items()} == exchange.positions("demo-key")
        assert account.ledger.cash == 100_000 * 10**18 + exchange.balances("demo-key").get("USD", 0)
        at_work = {w.order.id for w in exchange.orders.values() if w.status == WORKING}
        assert at_work == {order.exchange_id for order in account.orders.values() if order.exchange_id and order.open}
        for order in account.orders.values():
            assert order.filled <= order.terms.size or order.terms.notional
            working = exchange.order(order.exchange_id) if order.exchange_id else None
            assert (working.filled if working else 0) == order.filled
        for row in self.venue.get("/v2/positions"):
            assert 0 <= Decimal(row["qty_available"]) * (1 if row["side"] == "long" else -1) <= abs(Decimal(row["qty"]))


@pytest.mark.parametrize("seed", range(6))
def test_the_books_agree_whatever_is_asked(seed: int) -> None:
    traffic = Traffic(seed)
    for turn in range(250):
        traffic.turn()
        if turn % 25 == 0:
            traffic.check()
    traffic.send("DELETE", "/v2/orders")
    traffic.venue.wait(SECOND)
    traffic.told += [message["data"] for message in heard(traffic.stream)]
    traffic.check()
    orders = traffic.venue.account.orders
    assert [order.status for order in orders.values() if order.status not in FINAL] == []
    assert {200, 422, 403, 204} <= set(traffic.answers), traffic.answers
    assert not [frame for frame in traffic.stream.outbox if frame.kind == CLOSE]
    told: dict[str, list[str]] = {}
    filled: dict[str, Decimal] = {}
    for data in traffic.told:
        identity = data["order"]["id"]
        told.setdefault(identity, []).append(data["event"])
        if "fill" in data["event"]:
            filled[identity] = filled.get(identity, Decimal(0)) + Decimal(data["qty"])
            assert Decimal(data["order"]["filled_qty"]) == filled[identity]
    for events in told.values():
        said = [event for event in events if not event.startswith("order_")]
        assert [event for event in said if event in LAST] == said[-1:], events
    for order in orders.values():
        assert filled.get(order.id, Decimal(0)) == Decimal(order.wire()["filled_qty"])
        assert order.id in told, json.dumps(order.wire())
