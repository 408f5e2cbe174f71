"""What a venue says of a whole account: whether its reports flow, and what it holds at one moment. Inputs."""

from __future__ import annotations

from collections.abc import Sequence

from tradewright.model.event import (
    ACCOUNT_SNAPSHOT,
    CONNECTION_CHANGED,
    POSITION_MOVED,
    POSITION_SPLIT,
    SNAPSHOT_FAILED,
    Event,
)


class ConnectionChanged(Event):
    """An account's reports flow without a gap from now on (up), or may be missing (not up); text: why."""

    __slots__ = ("account", "up", "text")

    def __init__(self, time: int, account: str, up: bool, text: str = "") -> None:
        super().__init__(CONNECTION_CHANGED, time)
        self.account = account
        self.up = up
        self.text = text

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.up, self.text)


class AccountSnapshot(Event):
    """An account as its venue shows it. time: when the last answer came; asked: when the first question left (our
    clock, ns UTC).

    balances: (currency, money counts) of the cash the account has, also what is locked: what open positions cost is not
    in it. A currency that is not named is 0.
    positions: (symbol, signed size counts, average price in price counts or 0 = not said), net per symbol; what is not
    named is flat. orders: (order id, size counts filled) of what works there; a foreign order by the id that
    `model.foreign` makes.
    """

    __slots__ = ("account", "asked", "balances", "positions", "orders")

    def __init__(
        self,
        time: int,
        account: str,
        asked: int,
        balances: Sequence[tuple[str, int]],
        positions: Sequence[tuple[str, int, int]],
        orders: Sequence[tuple[str, int]],
    ) -> None:
        super().__init__(ACCOUNT_SNAPSHOT, time)
        self.account = account
        self.asked = asked
        self.balances = [(currency, amount) for currency, amount in balances]
        self.positions = [(symbol, size, price) for symbol, size, price in positions]
        self.orders = [(order_id, filled) for order_id, filled in orders]

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.asked, self.balances, self.positions, self.orders)


class SnapshotFailed(Event):
    """An account's snapshot was asked for and could not be had; text: why."""

    __slots__ = ("account", "text")

    def __init__(self, time: int, account: str, text: str) -> None:
        super().__init__(SNAPSHOT_FAILED, time)
        self.account = account
        self.text = text

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.text)


class PositionSplit(Event):
    """The venue has split what an account holds of a symbol: signed size counts `before` are `after` now, at a price
    that is as much lower or higher. Money that came for a fraction is told as money that moved."""

    __slots__ = ("account", "symbol", "before", "after")

    def __init__(self, time: int, account: str, symbol: str, before: int, after: int) -> None:
        super().__init__(POSITION_SPLIT, time)
        self.account = account
        self.symbol = symbol
        self.before = before
        self.after = after

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.symbol, self.before, self.after)


class PositionMoved(Event):
    """The venue tells that signed `size_units` of what a symbol stands for came into an account, or left it, other than
    by a fill: a deposit, a withdrawal."""

    __slots__ = ("account", "symbol", "size_units")

    def __init__(self, time: int, account: str, symbol: str, size_units: int) -> None:
        super().__init__(POSITION_MOVED, time)
        self.account = account
        self.symbol = symbol
        self.size_units = size_units

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.symbol, self.size_units)
