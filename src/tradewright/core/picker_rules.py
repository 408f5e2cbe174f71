"""The trade picker: which signals of an account find a place among its open positions and its budget, before anything
is sized. Its codes are the picker's own; a place is taken by the order itself from the moment it is journaled.

Limits are set for an account, or for a strategy in it; `tradepicker.key: account_strategy` counts positions of each
strategy by itself.
"""

from __future__ import annotations

from tradewright.core.risk import Proposal, Rule
from tradewright.model.decision import PICKER, Check
from tradewright.model.order import SELL


class OpenLimit(Rule):
    """tradepicker.maxOpenPositions: a symbol that is not open yet finds fewer open or pending ones than that."""

    def check(self, proposal: Proposal) -> Check | None:
        scope, limit, limits = self.exposure, self.bound, self.limits
        if scope is None or limits is None or limit is None or not proposal.opening:
            return None
        book = proposal.book
        if limits.get("tradepicker.key") == "account_strategy":
            mine = [other for other in proposal.account.books if other.strategy == book.strategy]
            taken = len([other for other in mine if other.opening or other.long_size or other.short_size])
            is_open = bool(book.opening or book.long_size or book.short_size)
        else:
            taken = scope.slots(proposal.stamp)
            is_open = not scope.is_new(proposal.position, book)
        return self.verdict(is_open or taken < limit, taken, limit, "count")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        if self.exposure is None or self.limits is None or self.limits.get("tradepicker.key") == "account_strategy":
            return None
        return self.exposure.slots(stamp), self.bound, "count"


class SellRequiresLong(Rule):
    """tradepicker.sellRequiresLong: a sale closes a long of its strategy, and never opens a short."""

    def check(self, proposal: Proposal) -> Check | None:
        if self.bound is None or proposal.order.side != SELL:
            return None
        held = 0 if proposal.opening else proposal.book.long_size
        return self.verdict(held > 0, held, 1, "size")


class Budget(Rule):
    """tradepicker.budget: the value of positions and working openings, this one included, in account currency. What is
    left is at least the venue's smallest order; a size that is not asked for is cut to it."""

    def check(self, proposal: Proposal) -> Check | None:
        scope, limit = self.exposure, self.bound
        if scope is None or limit is None or not proposal.opening:
            return None
        spent, asked, least = scope.held(proposal.stamp, 0), proposal.worth(scope.currency), self._least(proposal)
        if spent is None or asked is None or least is None:
            return self.verdict(False, None, limit, scope.unit)
        total = spent + max(asked, least)
        return self.verdict(total <= limit, total, limit, scope.unit)

    def _least(self, proposal: Proposal) -> int | None:
        """What the venue's smallest order is worth, in the scope's currency; None = unknown."""
        if self.exposure is None or proposal.judged <= 0:
            return None
        instrument = proposal.order.instrument
        notional = proposal.judged * max(instrument.rules.size_min, instrument.rules.step) * instrument.money_factor
        least = max(notional, instrument.rules.notional_min)
        return proposal.account.marks.convert(least, instrument.quote, self.exposure.currency)

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        return None if scope is None else (scope.held(stamp, 0), self.bound, scope.unit)


#: The picker's station, as asked.
PICKER_RULES: list[Rule] = [
    OpenLimit("OPEN_LIMIT_EXCEEDED", "tradepicker.maxOpenPositions", ("tradepicker.key",), station=PICKER),
    SellRequiresLong("NO_OPEN_POSITION", "tradepicker.sellRequiresLong", station=PICKER),
    Budget("BUDGET_EXCEEDED", "tradepicker.budget", station=PICKER),
]
