"""Rate limits: request weight and raw requests of an address, unfilled orders of an account, connections, and bans.

All windows are fixed and aligned to the clock. A request beyond the weight or the raw limit is answered 429; an address
that sends BAN_AFTER more of them in the same window is banned: 418 for two minutes, twice as long each further time, up
to three days. Placing counts 1 per order; an order's first fill as taker gives 1 back, its first fill as maker 5, never
below nothing, and an end without a fill gives nothing back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tradewright.sim.wire.binance.codes import (
    BANNED,
    TOO_MANY,
    TOO_MANY_CONNECTIONS,
    TOO_MANY_ORDERS,
    TOO_MANY_REQUESTS,
    Refusal,
)
from tradewright.sim.wire.binance.figures import DAY_NS, MINUTE_NS, MS_NS, SECOND_NS, Time
from tradewright.sim.wire.trouble import Trouble

BAN_NS, BAN_NS_MAX = 2 * MINUTE_NS, 3 * DAY_NS
BAN_AFTER = 10
GIVEN_BACK_TAKER, GIVEN_BACK_MAKER = 1, 5
UNITS = {SECOND_NS: ("SECOND", "S"), MINUTE_NS: ("MINUTE", "M"), DAY_NS: ("DAY", "D")}


@dataclass(frozen=True, slots=True)
class Limit:
    """So many in `number` units of time. unit: ns, one of UNITS."""

    kind: str
    unit: int
    number: int
    most: int

    def row(self) -> dict[str, object]:
        """As exchangeInfo states it."""
        return {
            "rateLimitType": self.kind,
            "interval": UNITS[self.unit][0],
            "intervalNum": self.number,
            "limit": self.most,
        }

    @property
    def suffix(self) -> str:
        """As a header's name ends: 1M, 10S."""
        return f"{self.number}{UNITS[self.unit][1]}"


@dataclass(frozen=True, slots=True)
class LimitsOf:
    """The limits of a venue."""

    weight: Limit = Limit("REQUEST_WEIGHT", MINUTE_NS, 1, 6000)
    raw: Limit = Limit("RAW_REQUESTS", MINUTE_NS, 5, 300_000)
    orders: tuple[Limit, ...] = (Limit("ORDERS", SECOND_NS, 10, 50), Limit("ORDERS", DAY_NS, 1, 160_000))
    connections: Limit = Limit("CONNECTIONS", MINUTE_NS, 5, 300)

    def rows(self) -> list[dict[str, object]]:
        return [self.weight.row(), *(limit.row() for limit in self.orders), self.raw.row()]


class Counter:
    """What was used of one limit in the running window."""

    __slots__ = ("limit", "window", "used", "refused")

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.window = -1
        self.used = 0
        self.refused = 0

    def turn(self, clock: int) -> None:
        """Begins a new window when its time has come."""
        window = clock // (self.limit.unit * self.limit.number)
        if window != self.window:
            self.window = window
            self.used = self.refused = 0

    def left_ns(self, clock: int) -> int:
        """Until the window ends."""
        period = self.limit.unit * self.limit.number
        return period - clock % period

    def row(self, clock: int) -> dict[str, object]:
        self.turn(clock)
        return {**self.limit.row(), "count": self.used}


@dataclass(slots=True)
class Address:
    """What one address has used."""

    weight: Counter
    raw: Counter
    connections: Counter
    banned_until: int = 0
    bans: int = 0


@dataclass(slots=True)
class Limits:
    """All counters of a venue. The oldest of ADDRESSES_MAX addresses is forgotten. trouble: the venue's, honoured."""

    of: LimitsOf = field(default_factory=LimitsOf)
    trouble: Trouble = field(default_factory=Trouble)
    addresses: dict[str, Address] = field(default_factory=dict)
    accounts: dict[str, tuple[Counter, ...]] = field(default_factory=dict)

    ADDRESSES_MAX = 1000

    def address(self, peer: str) -> Address:
        found = self.addresses.get(peer)
        if found is None:
            if len(self.addresses) >= self.ADDRESSES_MAX:
                del self.addresses[next(iter(self.addresses))]
            found = Address(Counter(self.of.weight), Counter(self.of.raw), Counter(self.of.connections))
            self.addresses[peer] = found
        return found

    def enter(self, peer: str, weight: int, clock: int) -> None:
        """Books a request. Raises Refusal with 429 or 418; what is refused is booked too."""
        address = self.address(peer)
        self._admit(address, clock)
        refusal: Refusal | None = None
        for counter, cost in ((address.raw, 1), (address.weight, weight)):
            counter.turn(clock)
            counter.used += cost
            if counter.used > counter.limit.most and refusal is None:
                counter.refused += 1
                refusal = self._too_many(address, counter, clock)
        if refusal is not None:
            raise refusal

    def _admit(self, address: Address, clock: int) -> None:
        """Raises Refusal where the address may ask nothing at all."""
        banned = max(address.banned_until, self.trouble.banned_until)
        if clock < banned:
            raise _banned(banned, clock)
        if clock < self.trouble.limited_until:
            raise _beyond(self.of.weight, clock, self.trouble.limited_until)

    def _too_many(self, address: Address, counter: Counter, clock: int) -> Refusal:
        if counter.refused > BAN_AFTER:
            address.banned_until = clock + min(BAN_NS << address.bans, BAN_NS_MAX)
            address.bans += 1
            return _banned(address.banned_until, clock)
        return _beyond(counter.limit, clock, clock + counter.left_ns(clock))

    def give_back_weight(self, peer: str, weight: int, clock: int) -> None:
        """A request that weighs nothing since it succeeded."""
        counter = self.address(peer).weight
        counter.turn(clock)
        counter.used = max(counter.used - weight, 0)

    def connect(self, peer: str, clock: int) -> None:
        """Books a WebSocket connection. Raises Refusal."""
        address = self.address(peer)
        self._admit(address, clock)
        counter = address.connections
        counter.turn(clock)
        counter.used += 1
        if counter.used > counter.limit.most:
            text = f"Too many connection attempts from IP; current limit is {counter.limit.most} per '5 MINUTE'."
            raise limited(TOO_MANY_CONNECTIONS, text, TOO_MANY, clock, clock + counter.left_ns(clock))

    def weight_row(self, peer: str, clock: int) -> dict[str, object]:
        return self.address(peer).weight.row(clock)

    # Unfilled orders of an account

    def orders(self, account: str) -> tuple[Counter, ...]:
        found = self.accounts.get(account)
        if found is None:
            found = self.accounts[account] = tuple(Counter(limit) for limit in self.of.orders)
        return found

    def order_rows(self, account: str, clock: int) -> list[dict[str, object]]:
        return [counter.row(clock) for counter in self.orders(account)]

    def place(self, account: str, number: int, clock: int) -> None:
        """Books so many new orders. Raises Refusal and books nothing when they are too many."""
        counters = self.orders(account)
        for counter in counters:
            counter.turn(clock)
            if counter.used + number > counter.limit.most:
                limit = counter.limit
                period = f"{limit.number} {UNITS[limit.unit][0]}"
                text = f"Too many new orders; current limit is {limit.most} orders per {period}."
                raise limited(TOO_MANY_ORDERS, text, TOO_MANY, clock, clock + counter.left_ns(clock))
        for counter in counters:
            counter.used += number

    def take_back(self, account: str, number: int, clock: int) -> None:
        """They were refused after all."""
        for counter in self.orders(account):
            counter.turn(clock)
            counter.used = max(counter.used - number, 0)

    def filled(self, account: str, maker: bool, clock: int) -> None:
        """An order's first fill."""
        for counter in self.orders(account):
            counter.turn(clock)
            counter.used = max(counter.used - (GIVEN_BACK_MAKER if maker else GIVEN_BACK_TAKER), 0)


def _beyond(limit: Limit, clock: int, until: int) -> Refusal:
    what = "request weight" if limit.kind == "REQUEST_WEIGHT" else "raw requests"
    period = f"{limit.number} {UNITS[limit.unit][0]}"
    return limited(
        TOO_MANY_REQUESTS,
        f"Too much {what} used; current limit is {limit.most} {what} per {period}. "
        "Please use WebSocket Streams for live updates to avoid polling the API.",
        TOO_MANY,
        clock,
        until,
    )


def _banned(until: int, clock: int) -> Refusal:
    return limited(
        TOO_MANY_REQUESTS,
        f"Way too much request weight used; IP banned until {until // MS_NS}. "
        "Please use WebSocket Streams for live updates to avoid bans.",
        BANNED,
        clock,
        until,
    )


def limited(code: int, text: str, status: int, clock: int, until: int) -> Refusal:
    return Refusal(code, text, status, {"serverTime": Time(clock), "retryAfter": Time(until)})


def retry_after(refusal: Refusal) -> int | None:
    """Seconds until it may be tried again, rounded up; None for a refusal of another kind."""
    if refusal.status not in (TOO_MANY, BANNED) or not isinstance(refusal.data, dict):
        return None
    now, then = refusal.data.get("serverTime"), refusal.data.get("retryAfter")
    if not (isinstance(now, Time) and isinstance(then, Time)):
        return None
    return -((now.ns - then.ns) // SECOND_NS)
