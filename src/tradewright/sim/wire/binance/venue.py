"""The venue itself, behind its doors: its symbols and markets, its desk and accounts, keys, limits and knobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tradewright.sim.wire.binance.accounts import Account
from tradewright.sim.wire.binance.codes import NO_REFERENCE_PRICE, SYMBOL, Refusal
from tradewright.sim.wire.binance.credentials import Credential, Keyring
from tradewright.sim.wire.binance.desk import Desk
from tradewright.sim.wire.binance.figures import DAY_NS, MS_NS, SECOND_NS
from tradewright.sim.wire.binance.limits import Limits
from tradewright.sim.wire.binance.list_desk import ListDesk
from tradewright.sim.wire.binance.market_data import SymbolMarket
from tradewright.sim.wire.binance.orders import Order
from tradewright.sim.wire.binance.parameters import Parameters
from tradewright.sim.wire.binance.rules import Rules
from tradewright.sim.wire.trouble import Trouble


@dataclass(slots=True)
class Knobs:
    """What the venue can be made to do while it runs; all may be changed at any time.

    skew_ns: its clock against that of whoever runs it. engine_delay_ns: between its door and its engine, where the time
    of a signed call is judged once more. answer_delay_ns, event_delay_ns: how long REST answers and user events are
    under way. events_first: on a WebSocket the events of a call leave before its answer. unknown_answers: so many next
    trading calls are carried out and answered 503 with -1007. depth_gaps: so many next changes of a symbol's book are
    left out of its streams, their ids with them. references: symbols have a reference price, the average of their last
    minutes. life_ns: after it a connection is closed; warning_ns: so long before it serverShutdown is said.
    ping_ns, pong_ns: how often connections are pinged, and how long one may stay silent. listen_key_status: how the
    retired listenKey calls are answered."""

    skew_ns: int = 0
    engine_delay_ns: int = 0
    answer_delay_ns: int = 0
    event_delay_ns: int = 0
    events_first: bool = False
    unknown_answers: int = 0
    depth_gaps: int = 0
    references: bool = False
    life_ns: int = DAY_NS
    warning_ns: int = 10 * 60 * SECOND_NS
    ping_ns: int = 20 * SECOND_NS
    pong_ns: int = 60 * SECOND_NS
    listen_key_status: int = 410


@dataclass(slots=True)
class Venue:
    """All of it. Symbols are in upper case."""

    rules: dict[str, Rules]
    markets: dict[str, SymbolMarket]
    desk: Desk
    lists: ListDesk
    limits: Limits
    keys: Keyring
    knobs: Knobs
    trouble: Trouble
    accounts: dict[str, Account] = field(default_factory=dict)

    def rules_of(self, symbol: str) -> Rules:
        found = self.rules.get(symbol)
        if found is None:
            raise unknown_symbol()
        return found

    def market_of(self, symbol: str) -> SymbolMarket:
        return self.markets[self.rules_of(symbol).symbol]

    def reference(self, symbol: str) -> int:
        """The reference price. Raises Refusal where there is none."""
        found = self.market_of(symbol).reference
        if not found:
            raise Refusal(NO_REFERENCE_PRICE, "This symbol doesn't have a reference price.")
        return found

    def visible(self, order: Order, clock: int) -> bool:
        """Whether look-ups find it already."""
        return clock - order.time >= self.trouble.hidden_ns

    def stale_at(self, clock: int) -> int | None:
        """As of when balances and open orders are told; None: as they are."""
        return clock - self.trouble.stale_ns if self.trouble.stale_ns else None


@dataclass(slots=True)
class Call:
    """One call of an endpoint, over whichever door. account, credential: of a signed one. socket: it came over the
    WebSocket API. clock: the venue's, ns."""

    venue: Venue
    parameters: Parameters
    peer: str
    clock: int
    credential: Credential | None = None
    owner: Account | None = None
    socket: bool = False
    returns_orders: bool = False

    @property
    def account(self) -> Account:
        """Whose call it is; only signed ones have one."""
        if self.owner is None:
            raise TypeError("an unsigned call belongs to nobody")
        return self.owner

    def rules(self) -> Rules:
        return self.venue.rules_of(self.parameters.needed("symbol"))

    def market(self) -> SymbolMarket:
        return self.venue.markets[self.rules().symbol]

    def range(self, length_ns: int = DAY_NS) -> tuple[int | None, int | None]:
        """startTime and endTime, ns; further apart than allowed they are refused."""
        start, end = self.parameters.moment("startTime"), self.parameters.moment("endTime")
        if start is not None and end is not None and end - start > length_ns:
            raise Refusal(-1127, f"More than {length_ns // (3600 * SECOND_NS)} hours between startTime and endTime.")
        return start, end


def unknown_symbol() -> Refusal:
    return Refusal(SYMBOL, "Invalid symbol.")


def between(time: int, start: int | None, end: int | None) -> bool:
    """Whether a time lies in a range stated in whole ms, its last ms included."""
    return (start is None or time >= start) and (end is None or time < end + MS_NS)


def newest(rows: Iterator[dict[str, object]] | list[dict[str, object]], limit: int) -> list[dict[str, object]]:
    """The last so many rows."""
    return list(rows)[-limit:]
