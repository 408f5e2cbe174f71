"""Rules on what venues and brokers say of an instrument, and on how close an account stands to its liquidation. Where
one is switched on and nothing was said, openings are refused.
"""

from __future__ import annotations

from typing import Any

from tradewright.core.exposure import Exposure
from tradewright.core.exposure_rules import MILLION, OpeningRule, share
from tradewright.core.limits import QUANTITY_SCALE
from tradewright.core.risk import Proposal, Rule
from tradewright.model.decision import Check
from tradewright.model.notice import NOT_SAID, TRADING, UNKNOWN, InstrumentStatus
from tradewright.model.order import BUY, SELL


def status_of(proposal: Proposal, scope: Exposure) -> InstrumentStatus | None:
    """What was said of the order's instrument; None = nothing."""
    found: InstrumentStatus | None = scope.notices.statuses.get(proposal.order.instrument.index)
    return found


def trades(status: InstrumentStatus | None) -> int | None:
    """1 = the venue says that it trades, 0 = it says that it does not; None = it is not known."""
    return None if status is None or status.status == UNKNOWN else int(status.status == TRADING)


class Halt(OpeningRule):
    """enableHaltProtection: the venue says that the instrument trades: no halt, no pause, no auction."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        said = trades(status_of(proposal, scope))
        return self.verdict(said == 1, said, 1, "flag")


class PriceLimits(OpeningRule):
    """enablePriceLimitProtection: no buy above the band its venue states for the instrument (limit up, limit down), and
    no sale below it; the price is the order's own, else the reference. A venue that states no band bounds nothing."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        status, order = status_of(proposal, scope), proposal.order
        if status is None or status.low_units == NOT_SAID:
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
        if status is None or status.status == UNKNOWN:
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

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        """Of the shorts in the scope, working sales included, the one that has used most of what was located for it
        today; one for which nothing was comes first."""
        scope = self.exposure
        found: list[tuple[int, int | None]] = []
        for account in [] if scope is None else scope.accounts:
            for position in account.positions:
                size, instrument = position.short_size + position.selling, position.instrument
                if scope is not None and size and scope.covers(instrument):
                    located = scope.notices.size_located(account.terms.name, instrument.index, account.day)
                    one = 10 ** (QUANTITY_SCALE - instrument.size_scale)
                    found.append((size * one, None if located is None else located * one))
        if not found:
            return None
        size, located = max(found, key=fullness)
        return size, located, "quantity"


def fullness(used: tuple[int, int | None]) -> tuple[bool, int]:
    """How a size compares with others by what it takes of its bound."""
    part = share(*used)
    return part is None, part or 0


class WorkingOrders(OpeningRule):
    """maxWorkingOrders: openings at work, and those whose place is reserved, this one included."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        working = openings_of(scope) + 1
        return self.verdict(working <= limit, working, limit, "count")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        return None if self.exposure is None else (openings_of(self.exposure), self.bound, "count")


def openings_of(scope: Exposure) -> int:
    """Openings at work in a scope, and those whose place is reserved."""
    return sum([book.opening for account in scope.accounts for book in scope.books(account)])


class LiquidationDistance(OpeningRule):
    """minLiquidationDistancePercent: how far all positions, this one included, may move against the account before its
    equity is down to `maintenanceMarginPercent` (0 where not given) of their value; counted as for shorts, whose value
    grows with the move."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        held, added = scope.held(proposal.stamp, 0), proposal.worth(scope.currency)
        value = None if held is None or added is None else held + added
        distance = self.distance(scope.equity(proposal.stamp), value)
        return self.verdict(distance is not None and distance >= limit, distance, limit, "ppm")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        held = 0 if scope is None else scope.held(stamp, 0)
        if scope is None or held == 0:
            return None
        return self.distance(scope.equity(stamp), held), self.bound, "ppm"

    def distance(self, equity: int | None, value: int | None) -> int | None:
        """That move, of positions worth `value`; None = it is not known."""
        if equity is None or value is None or value <= 0:
            return None
        assert self.limits is not None, "a rule that is not bound"
        kept = self.limits.get("maintenanceMarginPercent") or 0
        return (equity * MILLION - kept * value) * MILLION // (value * (MILLION + kept))


#: As asked, behind the rules on conduct.
NOTICE_RULES: list[Rule] = [
    Halt("INSTRUMENT_HALTED", "enableHaltProtection"),
    PriceLimits("OUTSIDE_PRICE_LIMITS", "enablePriceLimitProtection"),
    ShortSaleRestriction("SHORT_SALE_RESTRICTED", "enableShortSaleRestriction"),
    Locate("LOCATE_REQUIRED", "requireLocate"),
    WorkingOrders("MAX_WORKING_ORDERS", "maxWorkingOrders"),
    LiquidationDistance("LIQUIDATION_DISTANCE", "minLiquidationDistancePercent", ("maintenanceMarginPercent",)),
]
