"""Rules on how an account conducts itself towards its venue and itself: market hours, permissions, orders alike,
crossing its own orders, message rates, and what it knows of the venue and of its own lag.
"""

from __future__ import annotations

from typing import Any

from tradewright.core.accounts import AccountState
from tradewright.core.exposure import Exposure
from tradewright.core.exposure_rules import OpeningRule, fullest
from tradewright.core.risk import Proposal, Rule
from tradewright.core.traffic import Traffic, terms_of
from tradewright.core.watching import WAITING_LIMIT
from tradewright.model.at_open import OPENS_LATER
from tradewright.model.calendar import NEVER, calendar
from tradewright.model.command import MARKET_CLOSED
from tradewright.model.decision import Check, check_of
from tradewright.model.errors import InputError
from tradewright.model.order import DAY, GTC, MARKET, STOP, TRAILING_STOP

MILLION = 1_000_000
SECOND_NS = 1_000_000_000


class MarketSession(OpeningRule):
    """requireMarketSession: the instrument's market is open by its calendar, holidays and early closes included; an
    order for extended hours is let pass. With `queueWhenClosed` an opening that comes before waits for the next
    session (OPENS_LATER), but not where the limit is waived; other terms for one never do."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        if proposal.order.extended_hours:
            return None
        now = proposal.now
        try:
            times = calendar(proposal.order.instrument.calendar)
            is_open = times.is_open(now)
            opens = NEVER if is_open else times.next_open(now)
        except InputError:
            return self.verdict(False, None, 1, "flag")
        assert self.limits is not None, "a rule that is not bound"
        stays = proposal.order.time_in_force in (DAY, GTC) and not proposal.intent.modifies
        if opens < NEVER and stays and self.limits.get(WAITING_LIMIT) and self.waived <= now:
            return check_of(OPENS_LATER, True, opens - now, None, "ns", self.station, scope.scope, self.limits.version)
        return self.verdict(is_open, int(is_open), 1, "flag")


class Blocked(OpeningRule):
    """blockedSymbols: the symbol is none of them."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        allowed = proposal.order.instrument.symbol not in limit
        return self.verdict(allowed, int(allowed), 1, "flag")


class Allowed(OpeningRule):
    """allowedSymbols: the symbol is one of them."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        allowed = proposal.order.instrument.symbol in limit
        return self.verdict(allowed, int(allowed), 1, "flag")


class Duplicate(OpeningRule):
    """duplicateWindowSeconds: no opening order of the same strategy, symbol, side, type, quantity and prices was
    granted within this time."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        traffic = proposal.account.traffic
        last = 0 if traffic is None else traffic.alike(terms_of(proposal.order))
        if last == 0:
            return None
        age = proposal.now - last
        return self.verdict(age >= limit, age, limit, "ns")


class Crossing(OpeningRule):
    """A rule on the scope's own working orders that this one would trade with."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        order = proposal.order
        crossed = 0
        for hold in scope.holds.holds.values():
            other = hold.order
            if (
                other.side == -order.side
                and other.parent != order.id  # its own exits go when it has filled
                and other.instrument is order.instrument
                and hold.position.account == order.account
                and self.concerns(other.strategy == order.strategy)
                and meets(proposal, other.type, other.limit_units)
            ):
                crossed += 1
        return self.verdict(crossed == 0, crossed, 0, "count")

    def concerns(self, own: bool) -> bool:
        """Whether it is about orders of the same strategy (own) or of others."""
        raise AssertionError("a rule without a side")


def meets(proposal: Proposal, type: int, limit_units: int) -> bool:
    """Whether the proposal could trade with a working order of the other side. A stop goes at the market one day, so it
    could meet anything."""
    order = proposal.order
    if type in (MARKET, STOP, TRAILING_STOP) or order.limit_units == 0:
        return True
    return (order.limit_units - limit_units) * order.side >= 0


class WashTrade(Crossing):
    """enableWashTradeProtection: no working order of the same strategy on the other side that it could trade with."""

    def concerns(self, own: bool) -> bool:
        return own


class SelfTrade(Crossing):
    """enableSelfTradeProtection: the same of other strategies in the account."""

    def concerns(self, own: bool) -> bool:
        return not own


def kept(scope: Exposure | None) -> list[Traffic]:
    """The traffic of a scope's accounts, as far as it is kept."""
    return [] if scope is None else [one.traffic for one in scope.accounts if one.traffic is not None]


class Messages(OpeningRule):
    """maxMessagesPerMinute: new orders, changes and cancels of the account within a minute, this order and its exits
    among them. Openings leave `messageReserve` of them to cancels and exits, which are never refused for it."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        traffic = proposal.account.traffic
        assert self.limits is not None, "a rule that is not bound"
        most = limit - (self.limits.get("messageReserve") or 0)
        sent = 0 if traffic is None else traffic.in_minute(proposal.now)
        return self.verdict(sent + 1 <= most, sent + 1, most, "count")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        assert self.limits is not None, "a rule that is not bound"
        most = self.bound - (self.limits.get("messageReserve") or 0)
        return fullest([traffic.in_minute(now) for traffic in kept(self.exposure)]), most, "count"


class OrderToTrade(OpeningRule):
    """maxOrderToTradeRatio: messages of the day for each fill of the day; before the first they count for one."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        traffic = proposal.account.traffic
        sent = 1 if traffic is None else traffic.messages_today + 1
        fills = 1 if traffic is None else max(1, traffic.fills_today)
        value = -(-sent * MILLION // fills)
        return self.verdict(value <= limit, value, limit, "ratio")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        found = kept(self.exposure)
        ratios = [-(-traffic.messages_today * MILLION // max(1, traffic.fills_today)) for traffic in found]
        return fullest(ratios), self.bound, "ratio"


class Repeated(OpeningRule):
    """maxRepeatedExecutions: openings of the strategy in the symbol that filled within `repeatedExecutionSeconds` (60
    where not given); reached, the strategy is HALTED until a person re-arms it."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        order = proposal.order
        done = self.done(proposal.account, order.strategy, order.instrument.index, proposal.now)
        return self.verdict(done < limit, done, limit, "count")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        books = [(account, book) for account in scope.accounts for book in scope.books(account)]
        done = [self.done(account, book.strategy, book.instrument.index, now) for account, book in books]
        return fullest(done), self.bound, "count"

    def done(self, account: AccountState, strategy: str, index: int, now: int) -> int:
        """Openings of a strategy in an instrument that filled within the rule's window before `now`."""
        assert self.limits is not None, "a rule that is not bound"
        if account.traffic is None:
            return 0
        since = now - (self.limits.get("repeatedExecutionSeconds") or 60 * SECOND_NS)
        return account.traffic.executions(strategy, index, since)


class AccountAge(OpeningRule):
    """maxAccountAgeSeconds: the venue said something of the account (a report, money moved, a confirmation) not longer
    ago; one never heard of is too old."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        traffic = proposal.account.traffic
        if traffic is None or traffic.heard == 0:
            return self.verdict(False, None, limit, "ns")
        age = proposal.now - traffic.heard
        return self.verdict(age <= limit, age, limit, "ns")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        ages = [now - traffic.heard if traffic.heard else None for traffic in kept(self.exposure)]
        return fullest(ages), self.bound, "ns"


class RateAge(OpeningRule):
    """maxRateAgeSeconds: the exchange rates between the instrument's and the account's currency are not older; where
    both are one, there is nothing to ask."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        quote, currency = proposal.order.instrument.quote, proposal.account.terms.currency
        if quote == currency:
            return self.verdict(True, 0, limit, "ns")
        age = age_of(scope, quote, currency, proposal.now)
        return self.verdict(age is not None and age <= limit, age, limit, "ns")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        """The age of the oldest rate of what the scope has traded."""
        scope = self.exposure
        if scope is None:
            return None
        ages = []
        for account in scope.accounts:
            currency = account.terms.currency
            quotes = [book.instrument.quote for book in scope.books(account)]
            ages += [age_of(scope, quote, currency, now) for quote in quotes if quote != currency]
        return fullest(ages), self.bound, "ns"


def age_of(scope: Exposure, quote: str, currency: str, now: int) -> int | None:
    """How old the rate between two currencies is, ns; None = there is none."""
    known = scope.marks.rate_time(quote, currency)
    return now - known if known else None


class Lag(OpeningRule):
    """How far a part of the house lags behind, as it was measured last; what was never measured is too far."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        lag = scope.lags.get(self.code)
        return self.verdict(lag is not None and lag <= limit, lag, limit, "ns")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        return None if self.exposure is None else (self.exposure.lags.get(self.code), self.bound, "ns")


class LoopLag(Lag):
    """maxLoopLagSeconds: events wait no longer for the engine, as measured last; never measured is too long."""


class JournalLag(Lag):
    """maxJournalLagSeconds: records wait no longer for the disk, as measured last; never measured is too long."""


class ReconciliationLag(Lag):
    """maxReconciliationLagSeconds: the venue's books were compared no longer ago; never compared is too long."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        link = proposal.account.link
        if link is None:
            return super().ask(proposal, scope, limit)
        age = proposal.now - link.checked if link.checked else None
        return self.verdict(age is not None and age <= limit, age, limit, "ns")


class ClockOffset(Lag):
    """maxClockOffsetSeconds: clock and venue's clock differ by no more, as measured last; never measured is too
    much."""


class VolumeShare(OpeningRule):
    """maxVolumePercent: the order's size as a share of the instrument's average daily volume, of up to twenty whole
    days; before the first it is not known."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        tape = scope.tapes.get(proposal.order.instrument.index)
        average = None if tape is None else tape.average()
        value = -(-proposal.order.quantity * MILLION // average) if average else None
        return self.verdict(value is not None and value <= limit, value, limit, "ppm")


class TouchShare(OpeningRule):
    """maxTouchPercent: the order's size as a share of what is shown at the price it would meet; where no size is shown
    it is not known."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        tape = scope.tapes.get(proposal.order.instrument.index)
        shown = 0 if tape is None else tape.ask_size if proposal.order.side > 0 else tape.bid_size
        value = -(-proposal.order.quantity * MILLION // shown) if shown > 0 else None
        return self.verdict(value is not None and value <= limit, value, limit, "ppm")


class CumulativeCollar(OpeningRule):
    """cumulativeCollarPercent: the price it is judged at lies no further from any price seen within the last
    `collarWindowSeconds` (60 where not given), so that many small steps do not walk a price away."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        assert self.limits is not None, "a rule that is not bound"
        since = proposal.now - (self.limits.get("collarWindowSeconds") or 60 * SECOND_NS)
        tape = scope.tapes.get(proposal.order.instrument.index)
        seen = [] if tape is None else tape.since(since)
        if not seen or proposal.judged <= 0:
            return self.verdict(False, None, limit, "ppm")
        away = max([-(-abs(proposal.judged - price) * MILLION // price) for price in seen])
        return self.verdict(away <= limit, away, limit, "ppm")


#: As asked, behind the rules on one order.
CONDUCT_RULES: list[Rule] = [
    MarketSession(MARKET_CLOSED, "requireMarketSession", (WAITING_LIMIT,)),
    Blocked("SYMBOL_BLOCKED", "blockedSymbols"),
    Allowed("SYMBOL_NOT_ALLOWED", "allowedSymbols"),
    Duplicate("DUPLICATE_ORDER", "duplicateWindowSeconds"),
    WashTrade("WASH_TRADE", "enableWashTradeProtection"),
    SelfTrade("SELF_TRADE", "enableSelfTradeProtection"),
    Messages("MESSAGE_LIMIT", "maxMessagesPerMinute", ("messageReserve",)),
    OrderToTrade("ORDER_TO_TRADE_RATIO", "maxOrderToTradeRatio"),
    Repeated("REPEATED_EXECUTION", "maxRepeatedExecutions", ("repeatedExecutionSeconds",)),
    AccountAge("ACCOUNT_STALE", "maxAccountAgeSeconds"),
    RateAge("RATE_STALE", "maxRateAgeSeconds"),
    LoopLag("LOOP_LAG", "maxLoopLagSeconds"),
    JournalLag("JOURNAL_LAG", "maxJournalLagSeconds"),
    ReconciliationLag("RECONCILIATION_LAG", "maxReconciliationLagSeconds"),
    ClockOffset("CLOCK_OFFSET", "maxClockOffsetSeconds"),
    VolumeShare("MAX_VOLUME_SHARE", "maxVolumePercent"),
    TouchShare("MAX_TOUCH_SHARE", "maxTouchPercent"),
    CumulativeCollar("CUMULATIVE_COLLAR", "cumulativeCollarPercent", ("collarWindowSeconds",)),
]
