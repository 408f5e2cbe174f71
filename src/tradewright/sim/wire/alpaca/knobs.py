"""What a user may set of the simulated Alpaca, and the faults that only the inside can make."""

from __future__ import annotations

from dataclasses import dataclass, field

MS_NS = 1_000_000
SECOND_NS = 1_000 * MS_NS


@dataclass(slots=True)
class Knobs:
    """ack_ns: from a request to what it causes (an order is new, a cancel or a replacement done). sizes: fills are
    bounded by the sizes a quote shows; the paper venue does not look at them. legacy_pdt: the rule on pattern day
    trading that was removed in July 2026, with its fields. plan: of market data, free or plus; free has a lower limit
    of requests and no recent data of all exchanges. requests_per_minute: of the trading API, per account;
    data_requests_per_minute: 0 = by the plan. symbols_max: what a free data stream may subscribe to. auth_ns: time a
    data stream has to authenticate. slow_frames: frames waiting for a client beyond which it is too slow.
    late_answers: share of accepted orders, in parts per million, whose answer comes behind the first events.
    suspended: assets that are not tradable. unfractionable, unshortable, overnight, overnight_halted,
    fractional_eh: symbols with these traits. keys_without_data: keys whose scope has no market data.
    notices: statuses and limit bands can be subscribed to.
    wash_unprocessable: an order against one's own is refused with 422 (42210000) instead of 403 (40310000).
    done_for_day: orders that outlive the session say so at its close, and are new again at the next open.

    Faults, each counted down as it happens: errors_after_accept: orders that are accepted and answered with 500;
    errors_after_replace: replacements that are done and answered with 500; duplicate_events: events of the trade
    stream that are sent twice.
    """

    ack_ns: int = 2 * MS_NS
    sizes: bool = False
    legacy_pdt: bool = False
    plan: str = "plus"
    requests_per_minute: int = 200
    data_requests_per_minute: int = 0
    symbols_max: int = 30
    auth_ns: int = 10 * SECOND_NS
    slow_frames: int = 10_000
    late_answers: int = 0
    suspended: frozenset[str] = field(default_factory=frozenset)
    unfractionable: frozenset[str] = field(default_factory=frozenset)
    unshortable: frozenset[str] = field(default_factory=frozenset)
    overnight: frozenset[str] = field(default_factory=frozenset)
    overnight_halted: frozenset[str] = field(default_factory=frozenset)
    fractional_eh: frozenset[str] = field(default_factory=frozenset)
    notices: bool = True
    wash_unprocessable: bool = False
    done_for_day: bool = False
    keys_without_data: frozenset[str] = field(default_factory=frozenset)
    errors_after_accept: int = 0
    errors_after_replace: int = 0
    duplicate_events: int = 0

    @property
    def data_limit(self) -> int:
        """Requests of market data a minute."""
        return self.data_requests_per_minute or (200 if self.plan == "free" else 10_000)
