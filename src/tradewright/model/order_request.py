"""What a named person or service asks for one order at a time: an order, and other terms for one that works; and the
name that the caller gave it. Prices and sizes are counts."""

from __future__ import annotations

from typing import Any

from tradewright.model.event import MODIFY_REQUESTED, ORDER_NAMED, ORDER_REQUESTED, Event
from tradewright.model.order import GTC, LIMIT, MARKET, STOP, STOP_LIMIT


class OrderRequested(Event):
    """An order in the place of `reservation` ("" = in none). strategy: whose lots it opens or closes. limit_units,
    stop_units: 0 = none; they say its type. flags: REDUCE_ONLY makes it a close. client_id: the caller's own name for
    it, unique in its account while it is remembered; "" = none."""

    __slots__ = (
        "account", "strategy", "symbol", "side", "quantity", "limit_units", "reservation", "who", "reason",
        "stop_units", "time_in_force", "flags", "client_id",
    )  # fmt: skip

    def __init__(
        self,
        time: int,
        account: str,
        strategy: str,
        symbol: str,
        side: int,
        quantity: int,
        limit_units: int,
        reservation: str,
        who: str,
        reason: str,
        stop_units: int = 0,
        time_in_force: int = GTC,
        flags: int = 0,
        client_id: str = "",
    ) -> None:
        super().__init__(ORDER_REQUESTED, time)
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.limit_units = limit_units
        self.reservation = reservation
        self.who = who
        self.reason = reason
        self.stop_units = stop_units
        self.time_in_force = time_in_force
        self.flags = flags
        self.client_id = client_id

    @property
    def type(self) -> int:
        if self.stop_units:
            return STOP_LIMIT if self.limit_units else STOP
        return LIMIT if self.limit_units else MARKET

    @property
    def words(self) -> str:
        """The reason of its decisions."""
        return f"{self.who}: {self.reason}"

    @property
    def terms(self) -> list[Any]:
        """What makes it the same order when it is asked for again, whoever asks and why."""
        return [
            self.strategy, self.symbol, self.side, self.quantity, self.limit_units, self.reservation, self.stop_units,
            self.time_in_force, self.flags,
        ]  # fmt: skip

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.account, self.strategy, self.symbol, self.side, self.quantity,
            self.limit_units, self.reservation, self.who, self.reason, self.stop_units, self.time_in_force,
            self.flags, self.client_id,
        )  # fmt: skip


class ModifyRequested(Event):
    """Other terms for a working order: its whole size, fills included, its limit and stop price and its time in force;
    0 = as it is."""

    __slots__ = ("order_id", "quantity", "limit_units", "stop_units", "time_in_force", "who", "reason")

    def __init__(
        self,
        time: int,
        order_id: str,
        quantity: int,
        limit_units: int,
        stop_units: int,
        time_in_force: int,
        who: str,
        reason: str,
    ) -> None:
        super().__init__(MODIFY_REQUESTED, time)
        self.order_id = order_id
        self.quantity = quantity
        self.limit_units = limit_units
        self.stop_units = stop_units
        self.time_in_force = time_in_force
        self.who = who
        self.reason = reason

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.order_id, self.quantity, self.limit_units, self.stop_units,
            self.time_in_force, self.who, self.reason,
        )  # fmt: skip


class OrderNamed(Event):
    """Output: the caller's name stands for the order `order_id`. terms: as `OrderRequested.terms`. order_ids: what was
    granted of it, since an order that crosses zero or closes several lots becomes more than one."""

    __slots__ = ("account", "client_id", "order_id", "terms", "order_ids")

    def __init__(
        self, time: int, account: str, client_id: str, order_id: str, terms: list[Any], order_ids: list[str]
    ) -> None:
        super().__init__(ORDER_NAMED, time)
        self.account = account
        self.client_id = client_id
        self.order_id = order_id
        self.terms = terms
        self.order_ids = order_ids

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.client_id, self.order_id, self.terms, self.order_ids)
