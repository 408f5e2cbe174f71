"""An order as Alpaca knows it, and its object on the wire: every field always there, null where it says nothing.

Status: pending_new (or accepted, where it waits for a session) → new → partially_filled* → filled; held: a leg that
waits for its entry. canceled, expired, replaced, rejected and filled are final. Decided: an order whose stop price was
turned into a stop-limit still shows the type `stop`; a GTC order ends after 90 days.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tradewright.model.numbers import MONEY_SCALE, text_of
from tradewright.sim.wire.alpaca.assets import Asset
from tradewright.sim.wire.alpaca.notation import ratio_text, size_text, stamp_or_null

NEW, PARTIAL, FILLED, CANCELED, EXPIRED, REPLACED = (
    "new", "partially_filled", "filled", "canceled", "expired", "replaced",
)  # fmt: skip
PENDING_CANCEL, PENDING_REPLACE, ACCEPTED, PENDING_NEW, REJECTED, HELD = (
    "pending_cancel", "pending_replace", "accepted", "pending_new", "rejected", "held",
)  # fmt: skip
DONE_FOR_DAY = "done_for_day"
FINAL = frozenset({FILLED, CANCELED, EXPIRED, REPLACED, REJECTED})
SIMPLE, BRACKET, OCO, OTO = "", "bracket", "oco", "oto"
ENTRY, TAKE_PROFIT, STOP_LOSS = "entry", "take_profit", "stop_loss"
#: How many of its past states an order keeps, for answers that are stale.
VERSIONS_MAX = 16


@dataclass(slots=True)
class Terms:
    """What an order asks for. side: +1 or -1; size, limit, stop, trail: counts, 0 = none; notional: money, 0 = none;
    trail_ppm: of a trailing stop by percent; whole: no fraction of a share is asked for."""

    asset: Asset
    side: int
    type: str
    time_in_force: str
    size: int = 0
    notional: int = 0
    limit: int = 0
    stop: int = 0
    trail: int = 0
    trail_ppm: int = 0
    extended_hours: bool = False
    order_class: str = SIMPLE
    intent: str | None = None
    client_order_id: str = ""
    source: str | None = None
    subtag: str | None = None
    legs: list[Terms] = field(default_factory=list)
    role: str | None = None


@dataclass(slots=True, eq=False)
class Order:
    """An order. Times ns, 0 = it did not happen. filled: counts; cost: money of its fills. number: order of arrival.
    exchange_id: its id at the exchange, "" before it is there. ending: what its end at the exchange will mean. legs,
    parent: a bracket's, an OCO's or an OTO's. versions: (time, object) of its last states."""

    id: str
    terms: Terms
    number: int
    created: int
    status: str
    updated: int = 0
    filled: int = 0
    cost: int = 0
    filled_at: int = 0
    expired_at: int = 0
    canceled_at: int = 0
    failed_at: int = 0
    replaced_at: int = 0
    expires_at: int = 0
    replaced_by: str | None = None
    replaces: str | None = None
    group_id: str | None = None
    exchange_id: str = ""
    ending: str = ""
    hwm: int = 0
    trail_stop: int = 0
    parent: Order | None = None
    legs: list[Order] = field(default_factory=list)
    successor: Order | None = None
    cancel_asked: bool = False
    versions: deque[tuple[int, dict[str, Any]]] = field(default_factory=lambda: deque(maxlen=VERSIONS_MAX))

    @property
    def open(self) -> bool:
        return self.status not in FINAL

    @property
    def left(self) -> int:
        """Size counts that may still fill; 0 while a notional order's size is not known."""
        return max(self.terms.size - self.filled, 0)

    def family(self) -> list[Order]:
        """All orders of its group, the parent first."""
        parent = self.parent or self
        return [parent, *parent.legs]

    def wire(self, nested: bool = False) -> dict[str, Any]:
        """The order object; nested: its legs are in it."""
        terms, asset = self.terms, self.terms.asset
        trailing = terms.type == "trailing_stop"
        stop = self.trail_stop if trailing else terms.stop
        grouped = self.group_id is not None

        def price(units: int) -> str | None:
            return asset.price_text(units) if units else None

        return {
            "id": self.id,
            "client_order_id": terms.client_order_id,
            "created_at": stamp_or_null(self.created),
            "updated_at": stamp_or_null(self.updated or self.created),
            "submitted_at": stamp_or_null(self.created),
            "filled_at": stamp_or_null(self.filled_at),
            "expired_at": stamp_or_null(self.expired_at),
            "expires_at": stamp_or_null(self.expires_at),
            "canceled_at": stamp_or_null(self.canceled_at),
            "failed_at": stamp_or_null(self.failed_at),
            "replaced_at": stamp_or_null(self.replaced_at),
            "replaced_by": self.replaced_by,
            "replaces": self.replaces,
            "asset_id": asset.id,
            "symbol": asset.symbol,
            "asset_class": asset.asset_class,
            "notional": text_of(terms.notional, MONEY_SCALE) if terms.notional else None,
            "qty": None if terms.notional else size_text(terms.size),
            "filled_qty": size_text(self.filled),
            "filled_avg_price": self.average_text(),
            "order_class": terms.order_class,
            "order_type": terms.type,
            "type": terms.type,
            "side": "buy" if terms.side > 0 else "sell",
            "position_intent": terms.intent,
            "time_in_force": terms.time_in_force,
            "limit_price": price(terms.limit),
            "stop_price": price(stop),
            "status": self.status,
            "extended_hours": terms.extended_hours,
            "legs": [leg.wire() for leg in self.legs] if nested and self.legs else None,
            "trail_percent": text_of(terms.trail_ppm, 4) if terms.trail_ppm else None,
            "trail_price": price(terms.trail),
            "hwm": price(self.hwm),
            "subtag": terms.subtag,
            "source": terms.source,
            "ratio_qty": None,
            "group_id": self.group_id,
            "group_role": terms.role if grouped else None,
        }

    def average_text(self) -> str | None:
        """The average price of its fills, rounded half to even to nine decimals."""
        if not self.filled:
            return None
        return ratio_text(self.cost, self.filled * 10 ** (MONEY_SCALE - 9))

    def remember(self, now: int) -> dict[str, Any]:
        """Its object as it stands, kept for answers that are stale."""
        self.updated = now
        row = self.wire()
        self.versions.append((now, row))
        return row

    def seen_at(self, time: int) -> dict[str, Any] | None:
        """Its object as it stood at that time, the oldest that is kept where that was later; None: it was not there
        yet."""
        found = self.versions[0][1] if self.created <= time else None
        for when, row in self.versions:
            if when <= time:
                found = row
        return found
