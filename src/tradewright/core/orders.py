"""The life of an order, in one table.

An order is three facts. Its *stage* climbs a lattice and never comes back. What is *filled* is the set of distinct
fills; PARTIALLY_FILLED and FILLED are derived from it and beat CANCELLED, EXPIRED and REJECTED. Its *requests*
(submit, cancel, replace) come and go; UNKNOWN is a request's state and is shown as the order's. So any order of
arrival and any duplication of the same reports gives the same stage and the same fills.

`STAGES` is the whole life-cycle: event → the stages it may meet → the stage it leads to. Nothing outside it decides
one.
"""

from __future__ import annotations

from tradewright.model.errors import LifeCycleError
from tradewright.model.event import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    DECISION,
    EXIT_TRIGGERED,
    EXPIRED,
    FILLED,
    NOT_FOUND,
    OUTCOME_UNKNOWN,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
    SUBMIT,
    TRIGGERED,
)
from tradewright.model.order import Order
from tradewright.model.report import Fill, Replaced, Report

HELD = 1
SUBMITTED = 2
WORKING = 3
ENDED_CANCELLED = 4
ENDED_EXPIRED = 5
ENDED_REJECTED = 6
DENIED = 7
STAGE_NAMES = {
    HELD: "HELD",
    SUBMITTED: "SUBMITTED",
    WORKING: "ACCEPTED",
    ENDED_CANCELLED: "CANCELLED",
    ENDED_EXPIRED: "EXPIRED",
    ENDED_REJECTED: "REJECTED",
    DENIED: "DENIED",
}

#: event → (stages it may meet, stage it leads to). A later stage is never left for an earlier one: an ACCEPTED that
#: arrives after CANCELLED changes nothing. A refused cancel and a fill prove that the venue knows the order.
STAGES: dict[int, tuple[tuple[int, ...], int]] = {
    DECISION: ((), HELD),
    EXIT_TRIGGERED: ((HELD,), HELD),
    SUBMIT: ((HELD,), SUBMITTED),
    ACCEPTED: ((SUBMITTED, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED), WORKING),
    TRIGGERED: ((SUBMITTED, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED), WORKING),
    REPLACED: ((SUBMITTED, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED), WORKING),
    CANCEL_REJECTED: ((SUBMITTED, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED), SUBMITTED),
    REPLACE_REJECTED: ((SUBMITTED, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED), SUBMITTED),
    FILLED: ((SUBMITTED, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED), WORKING),
    CANCELLED: ((HELD, SUBMITTED, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED), ENDED_CANCELLED),
    EXPIRED: ((SUBMITTED, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED), ENDED_EXPIRED),
    REJECTED: ((SUBMITTED, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED), ENDED_REJECTED),
    NOT_FOUND: ((SUBMITTED, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED), ENDED_REJECTED),
    OUTCOME_UNKNOWN: ((SUBMITTED, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED), SUBMITTED),
}

NONE = 0
SENT = 1
UNKNOWN = 2
REFUSED = 3
REQUEST_NAMES = {NONE: "none", SENT: "sent", UNKNOWN: "UNKNOWN", REFUSED: "refused"}


def stage_after(kind: int, stage: int) -> int:
    """The stage after an event of `kind` met `stage`; LifeCycleError where the table has no such edge."""
    edge = STAGES.get(kind)
    if edge is None or stage not in edge[0]:
        raise LifeCycleError(f"event kind {kind} can not meet an order that is {STAGE_NAMES.get(stage, stage)}")
    return max(stage, edge[1])


class OrderState:
    """One order: its terms, and the three facts. Mutated by `apply_report` and by the engine's own requests alone.

    filled: size counts; value: Σ price × size over the fills (price count × size count); fees: money per currency.
    quantity: what is asked for now (a replace changes it, fills included). code, text: why it ended or was refused.
    overfilled: the venue filled more than was asked; a fact, and an alarm. late: a fill came after the end.
    """

    __slots__ = (
        "order", "stage", "filled", "value", "fees", "trades", "submit", "cancel", "replace", "code", "text",
        "venue_id", "late", "time_ended", "time_request", "terms",
    )  # fmt: skip

    def __init__(self, order: Order, stage: int) -> None:
        self.order = order
        self.stage = stage
        self.filled = 0
        self.value = 0
        self.fees: dict[str, int] = {}
        self.trades: dict[str, int] = {}
        self.submit = NONE
        self.cancel = NONE
        self.replace = NONE
        self.code = ""
        self.text = ""
        self.venue_id = ""
        self.late = 0
        self.time_ended = 0
        self.time_request = 0
        self.terms: tuple[int, ...] = ()

    def is_open(self) -> bool:
        """It may still fill: neither ended, nor denied, nor filled in full."""
        return self.stage < ENDED_CANCELLED and self.filled < self.order.quantity

    def remaining(self) -> int:
        """Size counts that may still fill; 0 once it is not open."""
        if self.stage >= ENDED_CANCELLED or self.filled >= self.order.quantity:
            return 0
        return self.order.quantity - self.filled

    @property
    def overfilled(self) -> bool:
        return self.filled > self.order.quantity

    def has_unknown(self) -> bool:
        return self.submit == UNKNOWN or self.cancel == UNKNOWN or self.replace == UNKNOWN

    @property
    def status(self) -> str:
        """The order as users see it: fills beat an end, an open UNKNOWN request is shown as the order's."""
        if self.filled >= self.order.quantity and self.filled > 0:
            return "FILLED"
        if self.has_unknown():
            return "UNKNOWN"
        if self.filled > 0:
            return "PARTIALLY_FILLED"
        return STAGE_NAMES[self.stage]

    def average_units(self) -> float | None:
        """Average fill price in price counts, for display; None before the first fill."""
        return self.value / self.filled if self.filled else None

    def apply_report(self, report: Report) -> bool:
        """Fold a venue's report; True if it was a new fill. The same report twice changes nothing."""
        kind = report.kind
        before = self.stage
        self.stage = stage_after(kind, before)
        if isinstance(report, Fill):
            return self._apply_fill(report, before)
        if kind == ACCEPTED:
            self.venue_id = report.text
            self._still_working()
        elif kind == OUTCOME_UNKNOWN:
            self._apply_unknown(report.code)
        elif kind == CANCEL_REJECTED:
            self.cancel = REFUSED
        elif kind == REPLACE_REJECTED:
            self.replace = REFUSED
        elif isinstance(report, Replaced):
            self._apply_replaced(report)
        if self.stage > before and self.stage >= ENDED_CANCELLED:
            self.code, self.text = report.code, report.text
            self.time_ended = report.time
            self.cancel = NONE
            self.replace = NONE
        if kind not in (OUTCOME_UNKNOWN, CANCEL_REJECTED, REPLACE_REJECTED):
            self.submit = NONE
        return False

    def _apply_fill(self, fill: Fill, before: int) -> bool:
        if fill.trade_id in self.trades:
            return False
        self.trades[fill.trade_id] = fill.size_units
        self.filled += fill.size_units
        self.value += fill.size_units * fill.price_units
        self.submit = NONE
        if fill.fee:
            self.fees[fill.fee_currency] = self.fees.get(fill.fee_currency, 0) + fill.fee
        if before >= ENDED_CANCELLED:
            self.late += 1
        if self.filled >= self.order.quantity:
            self.cancel = NONE
            self.replace = NONE
            if self.time_ended == 0:
                self.time_ended = fill.time
        return True

    def _apply_unknown(self, request: str) -> None:
        """Only a request that nothing answered becomes UNKNOWN: evidence beats it, whichever came first."""
        if request == "submit" and self.submit == SENT:
            self.submit = UNKNOWN
        elif request == "cancel" and self.cancel == SENT:
            self.cancel = UNKNOWN
        elif request == "replace" and self.replace == SENT:
            self.replace = UNKNOWN

    def _still_working(self) -> None:
        """The venue says that it works: a cancel or replace whose outcome was unknown did not happen (yet)."""
        if self.cancel == UNKNOWN:
            self.cancel = NONE
        if self.replace == UNKNOWN:
            self.replace = NONE

    def lose_track(self) -> None:
        """The process that sent the open requests is gone: what it sent has an unknown outcome until the venue says."""
        for name in ("submit", "cancel", "replace"):
            if getattr(self, name) == SENT:
                setattr(self, name, UNKNOWN)

    def _apply_replaced(self, replaced: Replaced) -> None:
        """The venue's clock decides which terms are newest; reports of one instant rank by their terms."""
        terms = (replaced.time_venue, replaced.quantity, replaced.limit_units, replaced.stop_units)
        if terms < self.terms:
            return
        self.terms = terms
        self.order.quantity = replaced.quantity
        self.order.limit_units = replaced.limit_units
        self.order.stop_units = replaced.stop_units
        self.replace = NONE

    def row(self) -> tuple[object, ...]:
        """Everything that must be equal after any permutation and after a restart, as one encodable row."""
        return (
            self.order.row(), self.stage, self.filled, self.value, sorted(self.fees.items()),
            sorted(self.trades.items()), self.submit, self.cancel, self.replace,
            self.code, self.text, self.venue_id, self.late, self.time_ended,
            self.time_request, self.terms,
        )  # fmt: skip


def diagram() -> str:
    """The life-cycle as a Mermaid state diagram, drawn from STAGES: the documentation can not drift from the code."""
    names = {
        SUBMIT: "submit", ACCEPTED: "accepted", FILLED: "fill", CANCELLED: "cancelled", EXPIRED: "expired",
        REJECTED: "rejected", NOT_FOUND: "not found",
    }  # fmt: skip
    lines = ["stateDiagram-v2", "    [*] --> HELD: decision approved", "    [*] --> DENIED: decision refused"]
    for kind, name in names.items():
        met, reached = STAGES[kind]
        lines += [
            f"    {STAGE_NAMES[stage]} --> {STAGE_NAMES[reached]}: {name}"
            for stage in met
            if stage < reached and stage < ENDED_CANCELLED
        ]
    lines += [f"    {STAGE_NAMES[stage]} --> [*]" for stage in (ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED, DENIED)]
    return "\n".join(lines)
