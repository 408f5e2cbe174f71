"""Reservations as events: the place of an order that is not there yet, asked for, granted or refused, and ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradewright.model.decision import Check
from tradewright.model.event import (
    RELEASE_REQUESTED,
    RELEASED,
    RESERVATION_EXPIRED,
    RESERVE_REQUESTED,
    RESERVED,
    Event,
)
from tradewright.model.instrument import Instrument

#: Why a reservation ended before its time, by code.
ORDERED = "ORDERED"
ORDER_REFUSED = "ORDER_REFUSED"
WITHDRAWN = "WITHDRAWN"
OPENINGS_STOPPED = "OPENINGS_STOPPED"
RELEASE_CODES = {
    ORDERED: "its order exists",
    ORDER_REFUSED: "its order was refused",
    WITHDRAWN: "who reserved it does not want it any more",
    OPENINGS_STOPPED: "its account, strategy or symbol opens nothing any more",
}


class ReserveRequested(Event):
    """A named person or service wants the place of an opening order kept: of `quantity` counts (0 = its slot alone) at
    `limit_units` (0 = the market's price), for `ttl_ns` (0 = as long as is configured). id: the caller's, one at a
    time; side: order.BUY or SELL."""

    __slots__ = (
        "id", "account", "strategy", "symbol", "side", "quantity", "limit_units", "ttl_ns", "who", "reason",
    )  # fmt: skip

    def __init__(
        self,
        time: int,
        id: str,
        account: str,
        strategy: str,
        symbol: str,
        side: int,
        quantity: int,
        limit_units: int,
        ttl_ns: int,
        who: str,
        reason: str,
    ) -> None:
        super().__init__(RESERVE_REQUESTED, time)
        self.id = id
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.limit_units = limit_units
        self.ttl_ns = ttl_ns
        self.who = who
        self.reason = reason

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.id, self.account, self.strategy, self.symbol, self.side, self.quantity,
            self.limit_units, self.ttl_ns, self.who, self.reason,
        )  # fmt: skip


class ReleaseRequested(Event):
    """A named person or service does not want a reservation any more."""

    __slots__ = ("id", "who", "reason")

    def __init__(self, time: int, id: str, who: str, reason: str) -> None:
        super().__init__(RELEASE_REQUESTED, time)
        self.id = id
        self.who = who
        self.reason = reason

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.id, self.who, self.reason)


class Reserved(Event):
    """Output: a reservation was judged as its order would have been. approved: its place is kept until `expires` (ns
    UTC), `hold` money of `hold_currency` included. checks: every rule's verdict."""

    __slots__ = (
        "id", "account", "strategy", "instrument", "side", "quantity", "limit_units", "approved", "expires", "hold",
        "hold_currency", "checks", "who", "reason",
    )  # fmt: skip

    def __init__(
        self,
        time: int,
        id: str,
        account: str,
        strategy: str,
        instrument: Instrument,
        side: int,
        quantity: int,
        limit_units: int,
        approved: bool,
        expires: int,
        hold: int,
        hold_currency: str,
        checks: list[Check],
        who: str,
        reason: str,
    ) -> None:
        super().__init__(RESERVED, time)
        self.id = id
        self.account = account
        self.strategy = strategy
        self.instrument = instrument
        self.side = side
        self.quantity = quantity
        self.limit_units = limit_units
        self.approved = approved
        self.expires = expires
        self.hold = hold
        self.hold_currency = hold_currency
        self.checks = checks
        self.who = who
        self.reason = reason

    @property
    def refusals(self) -> list[Check]:
        """The checks that refused, in their order."""
        return [check for check in self.checks if not check.passed]

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.id, self.account, self.strategy, self.instrument.index, self.side,
            self.quantity, self.limit_units, self.approved, self.expires, self.hold, self.hold_currency,
            [check.row() for check in self.checks], self.who, self.reason,
        )  # fmt: skip


def reserved_from(row: Sequence[Any], instruments: list[Instrument]) -> Reserved:
    """The event from its row without the kind; the instrument by its index."""
    (
        time, id, account, strategy, index, side, quantity, limit_units, approved, expires, hold, currency, checks, who,
        reason,
    ) = row  # fmt: skip
    return Reserved(
        time, id, account, strategy, instruments[index], side, quantity, limit_units, approved, expires, hold, currency,
        [Check(*check) for check in checks], who, reason,
    )  # fmt: skip


class Released(Event):
    """Output: a reservation ended before its time. code: one of RELEASE_CODES; order_id: of its order, "" = none."""

    __slots__ = ("id", "code", "order_id")

    def __init__(self, time: int, id: str, code: str, order_id: str) -> None:
        super().__init__(RELEASED, time)
        self.id = id
        self.code = code
        self.order_id = order_id

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.id, self.code, self.order_id)


class ReservationExpired(Event):
    """Output: the time of a reservation was over at `expires` (ns UTC); nothing was decided with it since."""

    __slots__ = ("id", "expires")

    def __init__(self, time: int, id: str, expires: int) -> None:
        super().__init__(RESERVATION_EXPIRED, time)
        self.id = id
        self.expires = expires

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.id, self.expires)
