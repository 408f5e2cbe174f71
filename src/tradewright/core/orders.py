"""One order as the engine knows it: what is filled, its stage, and its requests.

An order is three facts. Its *stage* climbs a lattice and never comes back (`core.life_cycle`). What is *filled* is the
set of distinct fills; PARTIALLY_FILLED and FILLED are derived from it and beat CANCELLED, EXPIRED and REJECTED. Its
*requests* (submit, cancel, replace) come and go; UNKNOWN is a request's state and is shown as the order's. So any order
of arrival and any duplication of the same reports gives the same stage and the same fills.
"""

from __future__ import annotations

from tradewright.core.life_cycle import (
    ENDED_CANCELLED,
    ENDED_NOT_FOUND,
    NONE,
    REFUSED,
    SENT,
    STAGE_NAMES,
    SUBMITTED,
    UNKNOWN,
    WORKING,
    stage_after,
)
from tradewright.model.errors import ContractError
from tradewright.model.event import ACCEPTED, CANCEL_REJECTED, OUTCOME_UNKNOWN, REPLACE_REJECTED
from tradewright.model.numbers import SIZE_MAX
from tradewright.model.order import Order
from tradewright.model.report import FOUND, Fill, Replaced, Report

#: What an order has before its first fill; never written to. Most orders of a market maker never fill.
_NO_FEES: dict[str, int] = {}
_NO_TRADES: dict[str, int] = {}


class OrderState:
    """One order: its terms, and the three facts. Mutated by `apply_report` and by the engine's own requests alone.

    filled: size counts; value: Σ price × size over the fills (price count × size count); fees: money per currency.
    quantity: what is asked for now (a replace changes it, fills included). code, text: why it ended or was refused.
    overfilled: the venue filled more than was asked; a fact, and an alarm. late: fills that came after the end.
    queried: a look-up is on its way. terms, named: the newest REPLACED, and when (venue's clock) venue_id was said.
    asked: size, limit and stop price of the last Replace. unwanted: a person asked for the end of this opening.
    """

    __slots__ = (
        "order", "stage", "filled", "value", "fees", "trades", "submit", "cancel", "replace", "queried", "code", "text",
        "venue_id", "late", "time_ended", "time_request", "terms", "named", "asked", "unwanted",
    )  # fmt: skip

    def __init__(self, order: Order, stage: int) -> None:
        self.begin(order, stage)

    def begin(self, order: Order, stage: int) -> None:
        """The constructor's work without the cost of its arguments."""
        self.order = order
        self.stage = stage
        self.filled = 0
        self.value = 0
        self.fees = _NO_FEES
        self.trades = _NO_TRADES
        self.submit = NONE
        self.cancel = NONE
        self.replace = NONE
        self.queried = False
        self.code = ""
        self.text = ""
        self.venue_id = ""
        self.late = 0
        self.time_ended = 0
        self.time_request = 0
        self.terms: tuple[int, ...] = ()
        self.named = 0
        self.asked: tuple[int, ...] = ()
        self.unwanted = False

    def is_open(self) -> bool:
        """It may still fill: neither ended, nor denied, nor filled in full."""
        return (self.stage <= SUBMITTED or self.stage == WORKING) and self.filled < self.order.quantity

    def wanted(self) -> int:
        """Size counts that may fill if the change on its way is taken, or not: the larger of both."""
        left = self.remaining()
        if left and self.asked and (self.replace == SENT or self.replace == UNKNOWN):
            return max(left, self.asked[0] - self.filled)
        return left

    def remaining(self) -> int:
        """Size counts that may still fill; 0 once it is not open."""
        return self.order.quantity - self.filled if self.is_open() else 0

    @property
    def overfilled(self) -> bool:
        return self.filled > self.order.quantity

    def has_unknown(self) -> bool:
        if self.stage == ENDED_NOT_FOUND:
            return False
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

    def admit(self, report: Report) -> bool:
        """Whether the report is a fill not seen before; changes nothing. Raises LifeCycleError where the table has no
        edge for it, ContractError for a fill of no size or price, OverflowError for one past the range of a size."""
        stage_after(report.kind, self.stage)
        if not isinstance(report, Fill):
            return False
        fill: Fill = report
        if fill.trade_id in self.trades:
            return False
        if fill.size_units <= 0 or fill.price_units <= 0:
            raise ContractError(
                f"fill {fill.trade_id}: size {fill.size_units} and price {fill.price_units} must be above zero"
            )
        if self.filled > SIZE_MAX - fill.size_units:
            raise OverflowError(f"{self.order.id}: {self.filled} + {fill.size_units} filled counts are out of range")
        return True

    def apply_report(self, report: Report) -> bool:
        """Fold a venue's report; True if it was a new fill. The same report twice changes nothing.

        Raises as `admit`, and then nothing has changed.
        """
        fresh = self.admit(report)
        self.fold(report, fresh)
        return fresh

    def fold(self, report: Report, fresh: bool) -> None:
        """Fold a report that was admitted; fresh: as `admit` said."""
        kind = report.kind
        before = self.stage
        was_open = self.is_open()
        if isinstance(report, Fill):
            if fresh:
                self._apply_fill(report, before)
        elif kind == ACCEPTED:
            self._apply_accepted(report)
        elif kind == OUTCOME_UNKNOWN:
            self._apply_unknown(report.code)
        elif kind == CANCEL_REJECTED:
            self.cancel = _refused(self.cancel)
        elif kind == REPLACE_REJECTED:
            self.replace = _refused(self.replace)
        elif isinstance(report, Replaced):
            self._apply_replaced(report)
        self.stage = stage_after(kind, before)
        if kind != OUTCOME_UNKNOWN and kind != CANCEL_REJECTED and kind != REPLACE_REJECTED:
            self.submit = NONE
        self._settle(report, was_open, before)

    def _settle(self, report: Report, was_open: bool, before: int) -> None:
        """An order that is not open has no request on its way; when and why it ended are those of its last stage. One
        that was not found may come back, and what is on its way to it then is as if it had never been missed."""
        if self.is_open():
            if not was_open:
                self.code, self.text, self.time_ended = "", "", 0
            return
        if self.stage != ENDED_NOT_FOUND:
            self.cancel = NONE
            self.replace = NONE
        if self.stage > before and self.stage != WORKING:
            self.code, self.text, self.time_ended = report.code, report.text, report.time
        elif was_open:
            self.time_ended = report.time

    def _apply_fill(self, fill: Fill, before: int) -> None:
        price: int = fill.price_units
        if self.trades is _NO_TRADES:
            self.trades = {}
        self.trades[fill.trade_id] = fill.size_units
        self.filled += fill.size_units
        self.value += fill.size_units * price
        if fill.fee:
            if self.fees is _NO_FEES:
                self.fees = {}
            self.fees[fill.fee_currency] = self.fees.get(fill.fee_currency, 0) + fill.fee
        if before >= ENDED_CANCELLED:
            self.late += 1

    def _apply_accepted(self, accepted: Report) -> None:
        """The venue's name for it, the newest that was said. As the answer to a look-up made since, it also says that a
        cancel or replace whose outcome was unknown did not happen."""
        said = accepted.time_venue
        if accepted.text and (said > self.named or (said == self.named and accepted.text > self.venue_id)):
            self.named = said
            self.venue_id = accepted.text
        if self.queried and accepted.code == FOUND:
            self.queried = False
            if self.cancel == UNKNOWN:
                self.cancel = NONE
            if self.replace == UNKNOWN:
                self.replace = NONE

    def _apply_unknown(self, request: str) -> None:
        """Only a request that nothing answered becomes UNKNOWN: evidence beats it, whichever came first."""
        if request == "submit" and self.submit == SENT:
            self.submit = UNKNOWN
        elif request == "cancel" and self.cancel == SENT:
            self.cancel = UNKNOWN
        elif request == "replace" and self.replace == SENT:
            self.replace = UNKNOWN

    def lose_track(self) -> None:
        """The process that sent the open requests is gone: what it sent has an unknown outcome until the venue says."""
        for name in ("submit", "cancel", "replace"):
            if getattr(self, name) == SENT:
                setattr(self, name, UNKNOWN)

    def _apply_replaced(self, replaced: Replaced) -> None:
        """The venue's clock decides which terms are newest. Of one instant the smaller size is: what happens to an
        order within it takes from it (a part of its parent's size, a fill of its pair); of one size the prices that
        were asked for last."""
        terms = (replaced.time_venue, -replaced.quantity, replaced.limit_units, replaced.stop_units)
        if self.terms and self._rank(terms) < self._rank(self.terms):
            return
        self.terms = terms
        self.order.quantity = replaced.quantity
        self.order.limit_units = replaced.limit_units
        self.order.stop_units = replaced.stop_units
        self.replace = NONE

    def _rank(self, terms: tuple[int, ...]) -> tuple[object, ...]:
        return (terms[0], terms[1], terms[2:] == self.asked[1:], *terms[2:])

    def row(self) -> tuple[object, ...]:
        """Everything there is to know of it, as one encodable row."""
        return (
            self.order.row(), self.stage, self.filled, self.value, sorted(self.fees.items()),
            sorted(self.trades.items()), self.submit, self.cancel, self.replace, self.queried, self.code, self.text,
            self.venue_id, self.late, self.time_ended, self.time_request, self.terms, self.named,
            self.asked, self.unwanted,
        )  # fmt: skip


def _refused(request: int) -> int:
    """A refusal answers a request that is on its way; without one it is an echo."""
    return REFUSED if request in (SENT, UNKNOWN) else request
