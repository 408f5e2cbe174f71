"""An account: its wallet, its orders and lists, its fills, and who listens to it.

Kept are the last ORDERS_KEPT closed orders, FILLS_KEPT fills and LISTS_KEPT closed lists; older ones are forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping

from tradewright.sim.wire.binance.figures import money_text
from tradewright.sim.wire.binance.order_lists import OrderList
from tradewright.sim.wire.binance.orders import CONDITIONAL, Execution, Order
from tradewright.sim.wire.binance.wallet import Wallet

ORDERS_KEPT = 10_000
FILLS_KEPT = 20_000
LISTS_KEPT = 2_000
PREVENTED_KEPT = 1_000

Listener = Callable[[dict[str, object]], None]


class Account:
    """orders, lists: by id, oldest first; open: orders that are not over; fills: with their orders, oldest first."""

    def __init__(self, name: str, number: int, balances: Mapping[str, int]) -> None:
        self.name = name
        self.number = number
        self.wallet = Wallet(balances)
        self.orders: dict[int, Order] = {}
        self.open: dict[int, Order] = {}
        self.closed: deque[int] = deque()
        self.lists: dict[int, OrderList] = {}
        self.fills: deque[tuple[Order, Execution]] = deque(maxlen=FILLS_KEPT)
        self.prevented: deque[dict[str, object]] = deque(maxlen=PREVENTED_KEPT)
        self.listeners: list[Listener] = []
        self.updated = 0
        self._by_client: dict[tuple[str, str], int] = {}

    # Orders

    def add(self, order: Order) -> None:
        self.orders[order.id] = self.open[order.id] = order
        self.name_order(order)

    def name_order(self, order: Order) -> None:
        """The order is found by its client id."""
        self._by_client[order.terms.rules.symbol, order.client_id] = order.id

    def close(self, order: Order) -> None:
        """The order is over; the oldest that is over may be forgotten."""
        self.open.pop(order.id, None)
        self.closed.append(order.id)
        if len(self.closed) > ORDERS_KEPT:
            forgotten = self.orders.pop(self.closed.popleft())
            name = (forgotten.terms.rules.symbol, forgotten.client_id)
            if self._by_client.get(name) == forgotten.id:
                del self._by_client[name]

    def find(self, symbol: str, order_id: int | None, client_id: str) -> Order | None:
        """The order of this id, or the last one of this client id."""
        if order_id is None:
            order_id = self._by_client.get((symbol, client_id), -1)
        order = self.orders.get(order_id)
        return order if order is not None and order.terms.rules.symbol == symbol else None

    def uses(self, symbol: str, client_id: str) -> bool:
        """Whether an open order of the symbol has this client id."""
        order = self.orders.get(self._by_client.get((symbol, client_id), -1))
        return order is not None and order.open and order.client_id == client_id

    def open_of(self, symbol: str) -> Iterator[Order]:
        return (order for order in self.open.values() if order.terms.rules.symbol == symbol)

    def algo_orders(self, symbol: str = "") -> int:
        """Open conditional orders, of one symbol or of all."""
        return sum(
            order.terms.type in CONDITIONAL and symbol in ("", order.terms.rules.symbol) for order in self.open.values()
        )

    def iceberg_orders(self, symbol: str = "") -> int:
        return sum(order.terms.iceberg > 0 and symbol in ("", order.terms.rules.symbol) for order in self.open.values())

    # Lists

    def add_list(self, list_: OrderList) -> None:
        self.lists[list_.id] = list_
        if len(self.lists) > LISTS_KEPT:
            old = next((known for known in self.lists.values() if not known.open), None)
            if old is not None:
                del self.lists[old.id]

    def open_lists(self, symbol: str = "") -> list[OrderList]:
        return [list_ for list_ in self.lists.values() if list_.open and symbol in ("", list_.symbol)]

    # What is told

    def emit(self, event: dict[str, object]) -> None:
        for listener in list(self.listeners):
            listener(event)

    def balances(self, omit_zero: bool, at: int | None = None) -> list[dict[str, object]]:
        """Rows of /account; at: as they were then."""
        wallet = self.wallet
        if at is None:
            found = {asset: (wallet.owned[asset], wallet.locked(asset)) for asset in wallet.assets()}
        else:
            found = wallet.at(at)
        return [
            {"asset": asset, "free": money_text(owned - held), "locked": money_text(held)}
            for asset, (owned, held) in found.items()
            if owned or not omit_zero
        ]
