"""Outputs of comparing an account with what its venue shows of it: what was found, and what was taken over from there.

The venue's word stands. What it explains by orders and fills is booked as those; what it does not explain is booked as
an adjustment of the strategy `external`, each a record of its own with its reason.
"""

from __future__ import annotations

from tradewright.model.event import BALANCE_ADJUSTED, LOTS_TRANSFERRED, POSITION_ADJUSTED, RECONCILED, Event

#: Why a balance or a position was taken over.
ADOPTED = "ADOPTED"
WITHIN_TOLERANCE = "WITHIN_TOLERANCE"
UNEXPLAINED = "UNEXPLAINED"
MOVED = "MOVED"
COIN_FEE = "COIN_FEE"
ADJUSTMENT_CODES = {
    ADOPTED: "the account had it when it was connected for the first time",
    WITHIN_TOLERANCE: "interest, rounding or a fee that the venue did not state",
    MOVED: "the venue told that it came or went: a deposit, a withdrawal",
    COIN_FEE: "a fee in coins was another one than was booked with the fill, which did not say it",
    UNEXPLAINED: "two looks at the venue agreed, and nothing here explains it",
}


class Reconciled(Event):
    """An account was compared with its venue. positions, balances, orders: how many of them differed; open: differences
    that wait for another look; ready: openings may go."""

    __slots__ = ("account", "positions", "balances", "orders", "open", "ready")

    def __init__(
        self, time: int, account: str, positions: int, balances: int, orders: int, open: int, ready: bool
    ) -> None:
        super().__init__(RECONCILED, time)
        self.account = account
        self.positions = positions
        self.balances = balances
        self.orders = orders
        self.open = open
        self.ready = ready

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.account, self.positions, self.balances, self.orders, self.open, self.ready,
        )  # fmt: skip


class BalanceAdjusted(Event):
    """Money of an account is what its venue says: `amount` was added. code: of ADJUSTMENT_CODES."""

    __slots__ = ("account", "currency", "amount", "code")

    def __init__(self, time: int, account: str, currency: str, amount: int, code: str) -> None:
        super().__init__(BALANCE_ADJUSTED, time)
        self.account = account
        self.currency = currency
        self.amount = amount
        self.code = code

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.currency, self.amount, self.code)


class PositionAdjusted(Event):
    """An account's position is what its venue says: signed `size_units` went to the strategy `external`, at
    `price_units` and without money. Of a fee in coins (COIN_FEE) they lie aside, as money in the base that no strategy
    has. code: of ADJUSTMENT_CODES."""

    __slots__ = ("account", "symbol", "size_units", "price_units", "code")

    def __init__(self, time: int, account: str, symbol: str, size_units: int, price_units: int, code: str) -> None:
        super().__init__(POSITION_ADJUSTED, time)
        self.account = account
        self.symbol = symbol
        self.size_units = size_units
        self.price_units = price_units
        self.code = code

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.symbol, self.size_units, self.price_units, self.code)


class LotsTransferred(Event):
    """Somebody else closed what `strategy` held: signed `size_units` of its lots went to the strategy `external`, where
    they meet what was traded by hand, at `price_units`. The account's net does not change."""

    __slots__ = ("account", "symbol", "strategy", "size_units", "price_units")

    def __init__(self, time: int, account: str, symbol: str, strategy: str, size_units: int, price_units: int) -> None:
        super().__init__(LOTS_TRANSFERRED, time)
        self.account = account
        self.symbol = symbol
        self.strategy = strategy
        self.size_units = size_units
        self.price_units = price_units

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.account, self.symbol, self.strategy, self.size_units, self.price_units,
        )  # fmt: skip
