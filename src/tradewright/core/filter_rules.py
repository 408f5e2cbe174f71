"""The rules of the execution filter, in the order they are asked: session, structure, frequency, spread and range
(version 3), then open trades and daily risk (version 4). A filter without a limit of version 4 is one of version 3.

All of them are about openings. What is counted is counted over the scope that sets the limit: where an owner's filter
is set for a symbol, over all of that owner's accounts.
"""

from __future__ import annotations

from typing import Any

from tradewright.core import open_trades
from tradewright.core.exposure import Exposure
from tradewright.core.exposure_rules import fullest
from tradewright.core.limits import PRICE_SCALE
from tradewright.core.open_trades import Terms
from tradewright.core.risk import Proposal, Rule
from tradewright.model.decision import FILTER, Check
from tradewright.model.errors import InputError
from tradewright.model.order import BUY, SELL
from tradewright.model.zone import DAY_NS, MINUTE_NS, local_ns

MILLION = 1_000_000


class FilterRule(Rule):
    """A rule of the filter: asked of openings alone, and only where its limit is set."""

    def __init__(
        self, code: str, limit: str = "", also: tuple[str, ...] = (), switches: bool = False, station: str = FILTER
    ) -> None:
        super().__init__(code, limit, also, switches, station)

    def check(self, proposal: Proposal) -> Check | None:
        if self.exposure is None or self.bound is None or not proposal.opening:
            return None
        return self.ask(proposal, self.exposure, self.bound)

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        """The verdict on an opening."""
        raise AssertionError("a rule without a check")


class Session(FilterRule):
    """sessions: the opening falls into one of them, on its zone's clock: at its begin yes, at its end no longer."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        end = clock = 0
        for days, first, last, zone in limit:
            try:
                local = local_ns(zone, proposal.now)
            except InputError:
                return self.verdict(False, None, last * MINUTE_NS, "clock")
            day, clock = divmod(local, DAY_NS)
            # 1970-01-01 was a Thursday: Monday is 0.
            today, yesterday = (day + 3) % 7, (day + 2) % 7
            begin, end = first * MINUTE_NS, last * MINUTE_NS
            over_night = end <= begin
            inside = today in days and begin <= clock and (over_night or clock < end)
            if inside or (over_night and yesterday in days and clock < end):
                return self.verdict(True, clock, end, "clock")
        return self.verdict(False, clock, end, "clock")


class Structure(FilterRule):
    """requireStructureAlignment: the market's structure, as the strategy saw it, points the opening's way; the strategy
    states it among its inputs as "structure": above 0 = up, below 0 = down. One that states none is refused."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        seen = None
        for label, value in proposal.intent.inputs:
            if label == "structure" and value is not None and value == value:
                seen = (value > 0) - (value < 0)
        side = proposal.order.side
        return self.verdict(seen == side, seen, side, "side")


class DailyTrades(FilterRule):
    """maxTradesPerDay: opening orders of the day in the symbol that filled or still may; at the limit no more."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        taken = open_trades.trades_today(scope, proposal.order.instrument.index)
        return self.verdict(taken < limit, taken, limit, "count")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        return fullest([open_trades.trades_today(scope, index) for index in indices(scope)]), self.bound, "count"


class Cooldown(FilterRule):
    """minCooldownMinutesBetweenTrades: since the newest opening order in the symbol, whatever became of it."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        last = open_trades.last_trade(scope, proposal.order.instrument.index)
        if last == 0:
            return None
        waited = proposal.now - last
        return self.verdict(waited >= limit, waited, limit, "ns")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        """What is left of it, in the symbol that was traded last."""
        scope = self.exposure
        if scope is None:
            return None
        last = open_trades.last_trade(scope, -1)
        return (max(0, self.bound - (now - last)) if last else 0), self.bound, "ns"


class PriceRule(FilterRule):
    """A rule whose limit is a distance of prices."""

    def counts(self, proposal: Proposal, up: bool) -> int:
        """The limit in price counts of the order's instrument, rounded up or down."""
        count, points = self.bound
        instrument = proposal.order.instrument
        if points:
            return int(count * instrument.rules.tick)
        one = 10 ** (PRICE_SCALE - instrument.price_scale)
        return int(-(-count // one) if up else count // one)


class Spread(PriceRule):
    """maxSpread: ask less bid is not wider; where either is not known, nothing is opened."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        mark = proposal.mark
        most = self.counts(proposal, False)
        spread = mark.ask - mark.bid if mark.bid > 0 and mark.ask > 0 else None
        return self.verdict(spread is not None and spread <= most, spread, most, "price")


class DailyHigh(PriceRule):
    """minDistanceFromDailyHigh: a buy stays that far below the highest price since the account's day began."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        if proposal.order.side < 0:
            return None
        least = self.counts(proposal, True)
        seen = proposal.account.ranges.get(proposal.order.instrument.index)
        if seen is None or proposal.judged <= 0:
            return self.verdict(False, None, least, "price")
        distance = seen[0] - proposal.judged
        return self.verdict(distance >= least, distance, least, "price")


class DailyLow(PriceRule):
    """minDistanceFromDailyLow: a sale stays that far above the lowest price since the account's day began."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        if proposal.order.side > 0:
            return None
        least = self.counts(proposal, True)
        seen = proposal.account.ranges.get(proposal.order.instrument.index)
        if seen is None or proposal.judged <= 0:
            return self.verdict(False, None, least, "price")
        distance = proposal.judged - seen[1]
        return self.verdict(distance >= least, distance, least, "price")


class ConcurrentTrades(FilterRule):
    """maxConcurrentTradesPerSymbol: open trades in the symbol, working openings included; at the limit no more."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        taken = open_trades.count(scope, proposal.order.instrument.index, 0)
        return self.verdict(taken < limit, taken, limit, "count")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        return fullest([open_trades.count(scope, index, 0) for index in indices(scope)]), self.bound, "count"


class ConcurrentDirection(FilterRule):
    """maxConcurrentTradesPerDirection: open trades in the symbol on the opening's side; at the limit no more."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        taken = open_trades.count(scope, proposal.order.instrument.index, proposal.order.side)
        return self.verdict(taken < limit, taken, limit, "count")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        taken = [open_trades.count(scope, index, side) for index in indices(scope) for side in (BUY, SELL)]
        return fullest(taken), self.bound, "count"


class ConcurrentGlobal(FilterRule):
    """maxConcurrentTradesGlobal: open trades in all symbols; at the limit no more."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        taken = open_trades.count(scope, -1, 0)
        return self.verdict(taken < limit, taken, limit, "count")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        return None if scope is None else (open_trades.count(scope, -1, 0), self.bound, "count")


class DailyRisk(FilterRule):
    """maxDailyRiskPerSymbol: the risk of open trades in the symbol and what was lost in it since the day began, and
    this trade's with them, stay within it; reached, nothing more is opened."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        return self._ask(proposal, scope, limit, proposal.order.instrument.index)

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        terms = self.terms()
        return fullest([self.daily(scope, index, terms) for index in indices(scope)]), self.bound, scope.unit

    def _ask(self, proposal: Proposal, scope: Exposure, limit: int, index: int) -> Check:
        terms = self.terms()
        now = self.daily(scope, index, terms)
        new, known = risk_of(proposal, scope, terms)
        after = None if now is None or new is None else now + new
        good = now is not None and after is not None and now < limit and after <= limit
        check = self.verdict(good, after, limit, scope.unit)
        if not known:
            check.note = ", its risk is not known: estimated"
        return check

    def terms(self) -> Terms:
        """How risk is counted under the limits it stands in."""
        assert self.limits is not None, "a rule that is not bound"
        return open_trades.terms_of(self.limits)

    def daily(self, scope: Exposure, index: int, terms: Terms) -> int | None:
        """Risk of what is open and loss of what was closed today."""
        held = open_trades.risk(scope, index, terms).amount
        lost = open_trades.lost_today(scope, index)
        return None if held is None or lost is None else held + lost


class DailyRiskGlobal(DailyRisk):
    """maxDailyRiskGlobal: the same over all symbols."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        return self._ask(proposal, scope, limit, -1)

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        return None if scope is None else (self.daily(scope, -1, self.terms()), self.bound, scope.unit)


def indices(scope: Exposure) -> list[int]:
    """The instruments that a scope has traded."""
    return sorted({book.instrument.index for book in open_trades.books_of(scope, -1)})


def risk_of(proposal: Proposal, scope: Exposure, terms: Terms) -> tuple[int | None, bool]:
    """(what the proposed trade would lose at its stop, whether it has one); None = a price or a rate is missing."""
    intent = proposal.intent
    price = proposal.order.limit_units or proposal.order.stop_units or proposal.reference
    if price <= 0:
        return None, False
    if intent.exit_trail_units or intent.exit_trail_ppm:
        distance = intent.exit_trail_units or -(-price * intent.exit_trail_ppm // MILLION)
    elif intent.stop_loss:
        distance = abs(price - intent.stop_loss)
    else:
        distance = 0 if intent.plan is None else intent.plan.stop_distance(price)
        if distance == 0:
            return terms.estimate, False
    return open_trades.worth(scope, proposal.order.instrument, distance, proposal.order.quantity, terms), True


#: The filter station, as asked.
FILTER_RULES: list[Rule] = [
    Session("OUTSIDE_SESSION", "sessions"),
    Structure("STRUCTURE_MISALIGNED", "requireStructureAlignment"),
    DailyTrades("MAX_TRADES_PER_DAY", "maxTradesPerDay"),
    Cooldown("COOLDOWN", "minCooldownMinutesBetweenTrades"),
    Spread("SPREAD_TOO_WIDE", "maxSpread"),
    DailyHigh("NEAR_DAILY_HIGH", "minDistanceFromDailyHigh"),
    DailyLow("NEAR_DAILY_LOW", "minDistanceFromDailyLow"),
    ConcurrentTrades("MAX_CONCURRENT_TRADES_SYMBOL", "maxConcurrentTradesPerSymbol"),
    ConcurrentDirection("MAX_CONCURRENT_TRADES_DIRECTION", "maxConcurrentTradesPerDirection"),
    ConcurrentGlobal("MAX_CONCURRENT_TRADES_GLOBAL", "maxConcurrentTradesGlobal"),
    DailyRisk("MAX_DAILY_RISK_SYMBOL", "maxDailyRiskPerSymbol", ("defaultRiskEstimate", "riskModel")),
    DailyRiskGlobal("MAX_DAILY_RISK_GLOBAL", "maxDailyRiskGlobal", ("defaultRiskEstimate", "riskModel")),
]
