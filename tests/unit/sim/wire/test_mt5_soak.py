"""A client that does whatever comes to its mind on the synthetic market: the books stay right, whatever it asks."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from tradewright.model.rng import Rng
from tradewright.sim.market import Market
from tradewright.sim.models import Models
from tradewright.sim.wire.message import Request
from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.answers import encode
from tradewright.sim.wire.mt5.knobs import Knobs, SymbolTerms
from tradewright.sim.wire.mt5.site import DEMO_TOKEN, Mt5Site
from tradewright.sim.wire.site import Tape
from tradewright.sim.wire.trouble import INJECTIONS

SECOND = 1_000_000_000
START = int(datetime(2026, 3, 4, 15, tzinfo=UTC).timestamp()) * SECOND
SYMBOLS = ("EURUSD", "USDJPY", "XAUUSD", "BTCUSD", "ACME")


class Whim:
    """Draws requests; knows no more than the connector told it."""

    def __init__(self, mode: str, seed: int) -> None:
        self.rng = Rng(seed)
        market = Market(seed, START)
        knobs = Knobs(
            mode=mode, currency=("USD", "EUR", "USC")[seed % 3], leverage=500,
            terms=SymbolTerms(exemode=2 + seed % 2, swap_long=-3, swap_short=1),
        )  # fmt: skip
        self.site = Mt5Site(
            market.instruments, Tape(islice(market.events(), 6_000)), Rng(seed), START, balance="3000", knobs=knobs,
            models=Models(fee="bps:1"),
        )  # fmt: skip
        self.now = START
        self.statuses: dict[int, int] = {}

    def pick(self, *choices: Any) -> Any:
        return choices[self.rng.below(len(choices))]

    def send(self, path: str, body: dict[str, Any]) -> None:
        headers = {"authorization": f"Bearer {DEMO_TOKEN}"}
        answer = self.site.request(Request("POST", f"/api/v1/{path}", "", headers, encode(body)), self.now)
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1

    def act(self) -> None:
        self.now += self.rng.below(3 * SECOND)
        broker = self.site.broker
        self.site.advance(self.now)
        orders = [order.ticket for order in broker.orders.values() if order.pending]
        positions = [position.ticket for position in broker.positions]
        kind = self.rng.below(12)
        if kind == 0:
            self.site.inject(self.pick(*(name for name in INJECTIONS if name != "changed_rules")), self.now)
        elif kind == 1 and orders:
            self.send("trades/cancel", {"ticket": self.pick(*orders)})
        elif kind == 2 and orders + positions:
            symbol = broker.symbols["EURUSD"]
            self.send(
                "trades/modify", {"ticket": self.pick(*orders, *positions), "stop_loss": symbol.price(symbol.bid)}
            )
        elif kind in (3, 4) and positions:
            self.send("trades/close", {"ticket": self.pick(*positions), "volume_percent": self.pick(30, 50, 100)})
        elif kind == 5 and len(positions) > 1:
            one, other = self.pick(*positions), self.pick(*positions)
            self.site.terminal.order_send({"action": mt5.TRADE_ACTION_CLOSE_BY, "position": one, "position_by": other})
        else:
            self.open()

    def open(self) -> None:
        symbol = self.site.broker.symbols[self.pick(*SYMBOLS)]
        if not symbol.bid:
            return
        side = self.pick(1, -1)
        kind = self.pick("market", "market", "limit", "stop", "stop_limit")
        away = symbol.tick * (5 + self.rng.below(60))
        price = (symbol.ask if side > 0 else symbol.bid) + away * side * (-1 if kind == "limit" else 1)
        own = symbol.bid if kind == "market" else price
        body: dict[str, Any] = {
            "symbol": symbol.canonical, "direction": "buy" if side > 0 else "sell", "order_kind": kind,
            "lot_size": symbol.lots(symbol.least * (1 + self.rng.below(40))),
            "stop_loss": self.pick(None, symbol.price(own - side * symbol.tick * (10 + self.rng.below(50)))),
            "take_profit": self.pick(None, symbol.price(own + side * symbol.tick * (10 + self.rng.below(50)))),
            "filling": self.pick("auto", "ioc"),
        }  # fmt: skip
        if kind != "market":
            body |= {"entry_price": symbol.price(price), "time": self.pick("gtc", "day")}
        if kind == "stop_limit":
            body["stop_limit_price"] = symbol.price(price - side * symbol.tick * 5)
        self.send("trades/open", body)

    def check(self) -> None:
        broker = self.site.broker
        held: dict[str, int] = {}
        for position in broker.positions:
            assert position.volume > 0
            held[position.symbol.canonical] = held.get(position.symbol.canonical, 0) + position.side * position.volume
            guards = [broker.exchange.order(id) for id in position.exits]
            assert len([guard for guard in guards if guard is not None]) == bool(position.sl) + bool(position.tp)
            assert {guard.quantity - guard.filled for guard in guards if guard is not None} <= {position.volume}
        assert {name: net for name, net in held.items() if net} == broker.exchange.positions("account")
        assert sum(deal.profit + deal.swap + deal.commission for deal in broker.deals) == broker.balance
        working = {w.order.id for w in broker.exchange.working_orders()}
        guards_of = {id for position in broker.positions for id in position.exits}
        assert working == guards_of | {str(ticket) for ticket in broker.orders}
        if not broker.positions.hedging:
            names = [position.symbol.name for position in broker.positions]
            assert len(names) == len(set(names))


def soak(mode: str, seed: int, acts: int) -> None:
    whim = Whim(mode, seed)
    for _ in range(acts):
        whim.act()
        whim.check()
    assert whim.statuses[200] > acts // 5
    assert set(whim.statuses) <= {200, 404, 422, 503}


@pytest.mark.parametrize("mode", ["hedging", "netting"])
@pytest.mark.parametrize("seed", range(3))
def test_the_books_stay_right_whatever_is_asked(mode: str, seed: int) -> None:
    soak(mode, seed, 150)


@pytest.mark.long
@pytest.mark.parametrize("mode", ["hedging", "netting"])
@pytest.mark.parametrize("seed", range(3, 30))
def test_the_books_stay_right_for_long(mode: str, seed: int) -> None:
    soak(mode, seed, 400)
