"""Random clients: whatever is asked for in whatever order, the venue's books stay right and nothing fails inside."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.sim.wire.binance_client import SECOND_NS, Client, book, events
from tradewright.model.rng import Rng
from tradewright.sim.wire.binance import Limit, LimitsOf
from tradewright.sim.wire.binance.orders import OPEN

STEPS = 60
TYPES = ("LIMIT", "LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
PREVENTIONS = ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT")


class Clerk:
    """A client that does something at random, a step at a time."""

    def __init__(self, seed: int) -> None:
        self.rng = Rng(seed)
        orders = (Limit("ORDERS", SECOND_NS, 10, 10**6), Limit("ORDERS", 86_400 * SECOND_NS, 1, 10**6))
        weight = Limit("REQUEST_WEIGHT", 60 * SECOND_NS, 1, 10**9)
        partial = ("none", "random:0.5")[self.rng.below(2)]
        self.client = Client(limits=LimitsOf(orders=orders, weight=weight), partial=partial)
        self.client.market()
        self.account = self.client.site.venue.accounts["demo"]
        self.listening = self.client.subscribe()
        self.said: list[Any] = []
        self.placed = 0

    def price(self) -> str:
        return f"{90 + self.rng.below(200) / 10:.2f}"

    def size(self) -> str:
        return f"{(self.rng.below(60) + 10) / 100:.2f}"

    def side(self) -> str:
        return ("BUY", "SELL")[self.rng.below(2)]

    def one_of(self, options: tuple[str, ...]) -> str:
        return options[self.rng.below(len(options))]

    def step(self) -> None:
        deeds = (self.order, self.order, self.order, self.trade, self.trade, self.show, self.cancel, self.replace,
                 self.amend, self.oco, self.otoco, self.cancel_all)  # fmt: skip
        deeds[self.rng.below(len(deeds))]()
        self.client.wait(SECOND_NS // 10)
        self.said += events(self.listening)
        self.check()

    def order(self) -> None:
        kind = self.one_of(TYPES)
        values: dict[str, Any] = {"symbol": "BTCUSDT", "side": self.side(), "type": kind, "quantity": self.size(),
                                  "selfTradePreventionMode": self.one_of(PREVENTIONS)}  # fmt: skip
        if "LIMIT" in kind:
            values["price"] = self.price()
            if kind != "LIMIT_MAKER":
                values["timeInForce"] = self.one_of(("GTC", "GTC", "IOC", "FOK"))
        if kind.startswith(("STOP", "TAKE")):
            if self.rng.below(3):
                values["stopPrice"] = self.price()
            else:
                values["trailingDelta"] = 10 + self.rng.below(500)
        self.placed += "orderId" in self.client.call("POST", "/order", **values)

    def trade(self) -> None:
        self.client.trade(self.price(), self.size(), self.rng.below(3) - 1)

    def show(self) -> None:
        bid = 90 + self.rng.below(180) / 10
        levels = [(f"{bid - number / 10:.2f}", self.size()) for number in range(self.rng.below(4))]
        asks = [(f"{bid + 0.5 + number / 10:.2f}", self.size()) for number in range(self.rng.below(4))]
        self.client.show(book(levels, asks))

    def some_open(self) -> int:
        known = list(self.account.open)
        return known[self.rng.below(len(known))] if known else 1

    def cancel(self) -> None:
        self.client.call("DELETE", "/order", symbol="BTCUSDT", orderId=self.some_open())

    def replace(self) -> None:
        self.client.call(
            "POST", "/order/cancelReplace", symbol="BTCUSDT", side=self.side(), type="LIMIT", timeInForce="GTC",
            quantity=self.size(), price=self.price(), cancelOrderId=self.some_open(),
            cancelReplaceMode=self.one_of(("STOP_ON_FAILURE", "ALLOW_FAILURE")),
        )  # fmt: skip

    def amend(self) -> None:
        self.client.call("PUT", "/order/amend/keepPriority", symbol="BTCUSDT", orderId=self.some_open(),
                         newQty=self.size())  # fmt: skip

    def oco(self) -> None:
        self.client.call("POST", "/orderList/oco", symbol="BTCUSDT", side="SELL", quantity=self.size(),
                         aboveType="LIMIT_MAKER", abovePrice=self.price(), belowType="STOP_LOSS_LIMIT",
                         belowStopPrice=self.price(), belowPrice=self.price(), belowTimeInForce="GTC")  # fmt: skip

    def otoco(self) -> None:
        kind = ("otoco", "opoco")[self.rng.below(2)]
        quantity = {"pendingQuantity": self.size()} if kind == "otoco" else {}
        self.client.call("POST", f"/orderList/{kind}", symbol="BTCUSDT", workingType="LIMIT", workingSide="BUY",
                         workingPrice=self.price(), workingQuantity=self.size(), workingTimeInForce="GTC",
                         pendingSide="SELL", pendingAboveType="TAKE_PROFIT", pendingAboveStopPrice=self.price(),
                         pendingBelowType="STOP_LOSS", pendingBelowStopPrice=self.price(), **quantity)  # fmt: skip

    def cancel_all(self) -> None:
        if self.rng.below(4) == 0:
            self.client.call("DELETE", "/openOrders", symbol="BTCUSDT")

    # What must hold after every step

    def check(self) -> None:
        self.check_money()
        self.check_orders()
        self.check_events()

    def check_money(self) -> None:
        """Σ fills and commissions = what moved; nothing is owed, and no more is held than is there."""
        wallet = self.account.wallet
        for asset, began in (("BTC", 2 * 10**18), ("USDT", 100_000 * 10**18)):
            moved = 0
            for order, fill in self.account.fills:
                side = order.terms.side
                moved += side * fill.quantity * 10**10 if asset == "BTC" else -side * fill.worth
                moved -= fill.commission if fill.asset == asset else 0
            assert wallet.owned[asset] == began + moved
            assert 0 <= wallet.locked(asset) <= wallet.owned[asset], (asset, wallet.holds)
        assert wallet.locked("BTC") + wallet.locked("USDT") == sum(amount for _, amount in wallet.holds.values())

    def check_orders(self) -> None:
        """The exchange works exactly what the venue calls open and working; lists end with their orders."""
        desk = self.client.site.venue.desk
        working = {w.order.id for w in desk.exchange.working_orders()}
        assert working == {str(order.id) for order in self.account.open.values() if order.at_exchange}
        for order in self.account.orders.values():
            assert (order.id in self.account.open) == (order.status in OPEN)
            assert 0 <= order.executed + order.prevented <= order.quantity
        for list_ in self.account.lists.values():
            assert list_.open == any(order.open for order in list_.orders)
        if not self.account.open:
            assert self.account.wallet.holds == {}

    def check_events(self) -> None:
        """Who has heard every event knows every order: its last status, and its sums."""
        last = {event["i"]: event for event in self.said if event["e"] == "executionReport"}
        rows = {row["orderId"]: row for row in self.client.call("GET", "/allOrders", symbol="BTCUSDT", limit=1000)}
        for number, row in rows.items():
            if row["status"] == "PENDING_NEW":
                assert number not in last
            else:
                assert (last[number]["X"], last[number]["z"]) == (row["status"], row["executedQty"])
        balances: dict[str, tuple[str, str]] = {}
        for event in self.said:
            if event["e"] == "outboundAccountPosition":
                balances |= {row["a"]: (row["f"], row["l"]) for row in event["B"]}
        for asset, told in balances.items():
            assert self.client.balance(asset) == told


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_random_clients_find_the_books_right(seed: int) -> None:
    clerk = Clerk(seed)
    for _ in range(STEPS):
        clerk.step()


def test_random_clients_do_get_orders_placed_and_filled() -> None:
    clerk = Clerk(11)
    for _ in range(150):
        clerk.step()
    assert clerk.placed > 20 and len(clerk.account.fills) > 20
    assert {"FILLED", "CANCELED", "EXPIRED"} <= {order.status for order in clerk.account.orders.values()}
