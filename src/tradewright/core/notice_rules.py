"""Rules on what venues and brokers say of an instrument, and on how close an account stands to its liquidation. Where
one is switched on and nothing was said, openings are refused.
"""

from __future__ import annotations

from typing import Any

from tradewright.core.exposure import Exposure
from tradewright.core.exposure_rules import MILLION, OpeningRule
from tradewright.core.risk import Proposal, Rule
from tradewright.model.decision import Check
from tradewright.model.notice import TRADING, InstrumentStatus
from tradewright.model.order import BUY, SELL


def status_of(proposal: Proposal, scope: Exposure) -> InstrumentStatus | None:
    found: InstrumentStatus | None = scope.notices.statuses.get(proposal.order.instrument.index)
    return found


class Halt(OpeningRule):
    """enableHaltProtection: the venue says that the instrument trades: no halt, no pause, no auction."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        status = status_of(proposal, scope)
        trades = status is not None and status.status == TRADING
        return self.verdict(trades, None if status is None else int(trades), 1, "flag")


class PriceLimits(OpeningRule):
    """enablePriceLimitProtection: no buy above the band its venue states for the instrument (limit up, limit down), and
    no sale below it; the price is the order's own, else the reference. A venue that states no band bounds nothing."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        status, order = status_of(proposal, scope), proposal.order
        if status is None:
            return self.verdict(False, None, None, "price")
        edge = status.high_units if order.side == BUY else status.low_units
        if edge == 0:
            return None
        price = order.limit_units or order.stop_units or proposal.reference
        return self.verdict(price > 0 and order.side * (price - edge) <= 0, price or None, edge, "price")


class ShortSaleRestriction(OpeningRule):
    """enableShortSaleRestriction: while a restriction is in force a short rests above the best bid (Regulation SHO,
    rule 201); whether one is has to be known."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        status, order, bid = status_of(proposal, scope), proposal.order, proposal.mark.bid
        if order.side != SELL:
            return None
        if status is None:
            return self.verdict(False, None, None, "price")
        if not status.restricted:
            return None
        rests = order.limit_units if order.stop_units == 0 else 0
        return self.verdict(0 < bid < rests, rests, bid if bid > 0 else None, "price")


class Locate(OpeningRule):
    """requireLocate: the account's short, working sales and this one included, is no larger than what its broker has
    located for the day."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        order, position = proposal.order, proposal.position
        if order.side != SELL:
            return None
        size: int = position.short_size + position.selling + order.quantity
        located = scope.notices.size_located(order.account, order.instrument.index, proposal.account.day)
        return self.verdict(located is not None and size <= located, size, located, "size")


class WorkingOrders(OpeningRule):
    """maxWorkingOrders: openings at work, and those whose place is reserved, this one included."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        working = 1
        for account in scope.accounts:
            for book in scope.books(account):
                working += book.opening
        return self.verdict(working <= limit, working, limit, "count")


class LiquidationDistance(OpeningRule):
    """minLiquidationDistancePercent: how far all positions, this one included, may move against the account before its
    equity is down to `maintenanceMarginPercent` (0 where not given) of their value; counted as for shorts, whose value
    grows with the move."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        held, added = scope.held(proposal.stamp, 0), proposal.worth(scope.currency)
        equity = scope.equity(proposal.stamp)
        if held is None or added is None or equity is None or held + added <= 0:
            return self.verdict(False, None, limit, "ppm")
        assert self.limits is not None, "a rule that is not bound"
        value, kept = held + added, self.limits.get("maintenanceMarginPercent") or 0
        distance = (equity * MILLION - kept * value) * MILLION // (value * (MILLION + kept))
        return self.verdict(distance >= limit, distance, limit, "ppm")


#: As asked, behind the rules on conduct.
NOTICE_RULES: list[Rule] = [
    Halt("INSTRUMENT_HALTED", "enableHaltProtection"),
    PriceLimits("OUTSIDE_PRICE_LIMITS", "enablePriceLimitProtection"),
    ShortSaleRestriction("SHORT_SALE_RESTRICTED", "enableShortSaleRestriction"),
    Locate("LOCATE_REQUIRED", "requireLocate"),
    WorkingOrders("MAX_WORKING_ORDERS", "maxWorkingOrders"),
    LiquidationDistance("LIQUIDATION_DISTANCE", "minLiquidationDistancePercent", ("maintenanceMarginPercent",)),
]
