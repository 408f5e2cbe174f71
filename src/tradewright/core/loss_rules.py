"""Rules on what was lost, open P&L included: the week, from the highest equity, within minutes. Reaching a limit is
enough. The daily loss is among the rules of the order station.
"""

from __future__ import annotations

from typing import Any

from tradewright.core.accounts import AccountState
from tradewright.core.exposure import Exposure
from tradewright.core.exposure_rules import OpeningRule, fullest, share
from tradewright.core.risk import Proposal, Rule
from tradewright.core.rules import share_of
from tradewright.model.account import CASH
from tradewright.model.decision import Check
from tradewright.model.errors import InputError
from tradewright.model.zone import day_of, ordinal

MINUTE_NS = 60_000_000_000


class WeeklyLoss(Rule):
    """maxWeeklyLoss and maxWeeklyLossPercent, since Monday of the account's day zone; at the limit openings stop."""

    def check(self, proposal: Proposal) -> Check | None:
        if self.exposure is None or not proposal.opening:
            return None
        loss, limit, unit = self.used(proposal.stamp, proposal.now)
        return self.verdict(loss is not None and loss < limit, loss, limit, unit)

    def used(self, stamp: int, now: int) -> tuple[int | None, int, str]:
        scope = self.exposure
        assert scope is not None, "a rule that is not bound"
        limit = self.bound if self.limit not in self.also else share_of(scope.started(True), self.bound)
        return (scope.lost(stamp, True) if limit >= 0 else None), max(limit, 0), scope.unit


class Drawdown(OpeningRule):
    """maxDrawdownPercent: equity below its highest since the limit was set or a person re-armed, as a share of it; at
    the limit the account is HALTED. A wider scope's limit holds for each account in it."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        value = fallen(proposal.account)
        return self.verdict(value is not None and value < limit, value, limit, "ppm")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        if self.exposure is None:
            return None
        return fullest([fallen(account) for account in self.exposure.accounts]), self.bound, "ppm"


def fallen(account: AccountState) -> int | None:
    """An account's equity below its highest, as a share of it."""
    peak, equity = account.peak, account.equity()
    return share(None if peak is None or equity is None else max(0, peak - equity), peak)


class LossSpeed(OpeningRule):
    """maxLossInWindow: equity below its highest within the last `lossWindowMinutes` (5 where not given). A wider
    scope's limit holds for each account in it."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        worth = self.lost(proposal.account, scope, proposal.now)
        return self.verdict(worth is not None and worth < limit, worth, limit, scope.unit)

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        return fullest([self.lost(account, scope, now) for account in scope.accounts]), self.bound, scope.unit

    def lost(self, account: AccountState, scope: Exposure, now: int) -> int | None:
        """What an account has lost within the window before `now`, in the scope's currency."""
        assert self.limits is not None, "a rule that is not bound"
        lost = account.lost_since(now - (self.limits.get("lossWindowMinutes") or 5 * MINUTE_NS))
        return None if lost is None else scope.marks.convert(lost, account.terms.currency, scope.currency)


class DayTrades(OpeningRule):
    """maxDayTrades: positions opened and closed on one New York day, within five business days, in a margin account
    whose equity is below `dayTradeEquityMinimum` (25000 where not given); at the limit nothing is opened that could be
    closed the same day. The rule of FINRA 4210 as it stood until 2026-06-04; from 2027-10-20, when the last broker has
    left it, it asks nothing."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        if not counts_day_trades(proposal.account, proposal.now):
            return None
        done, free = self.done(proposal.account, scope, proposal.now)
        return self.verdict(done is not None and (free or done < limit), done, limit, "count")

    def done(self, account: AccountState, scope: Exposure, now: int) -> tuple[int | None, bool]:
        """(day trades of an account, whether its equity frees it of the limit); None = one of both is not known."""
        assert self.limits is not None, "a rule that is not bound"
        equity = account.equity()
        if equity is not None:
            equity = scope.marks.convert(equity, account.terms.currency, scope.currency)
        done = 0 if account.traffic is None else account.traffic.day_trades_since(now)
        if equity is None or done is None:
            return None, False
        return done, equity >= (self.limits.get("dayTradeEquityMinimum") or 25_000 * 10**18)

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        asked = [self.done(account, scope, now) for account in scope.accounts if counts_day_trades(account, now)]
        bound = [done for done, free in asked if not free]
        return (fullest(bound), self.bound, "count") if bound else None


def counts_day_trades(account: AccountState, now: int) -> bool:
    """Whether the rule on day trades asks anything of an account."""
    return account.terms.kind != CASH and _day(now) < PDT_ENDS


#: The New York day on which brokers' time to phase the rule out ends.
PDT_ENDS = ordinal(2027, 10, 20)


def _day(now: int) -> int:
    """New York's day; -1 beyond the table of time zones."""
    try:
        return day_of("America/New_York", now)
    except InputError:
        return -1


#: As asked, behind the daily loss.
LOSS_RULES: list[Rule] = [
    WeeklyLoss("WEEKLY_LOSS_LIMIT", "maxWeeklyLoss", ("maxWeeklyLossPercent",), True),
    Drawdown("DRAWDOWN_LIMIT", "maxDrawdownPercent"),
    LossSpeed("LOSS_SPEED_LIMIT", "maxLossInWindow", ("lossWindowMinutes",)),
    DayTrades("PATTERN_DAY_TRADER", "maxDayTrades", ("dayTradeEquityMinimum",)),
]
