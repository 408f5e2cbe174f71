"""Rules on what a scope holds as a whole: exposure, direction, sectors, currencies, leverage, margin. Working openings
and the order itself count as if they had filled; shares are of the equity of the scope's accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradewright.core.accounts import AccountState
from tradewright.core.exposure import Exposure
from tradewright.core.risk import Proposal, Rule
from tradewright.model.account import CASH
from tradewright.model.decision import Check
from tradewright.model.instrument import Instrument

MILLION = 1_000_000


class OpeningRule(Rule):
    """A rule that is asked of openings alone, and only where its limit is set."""

    def check(self, proposal: Proposal) -> Check | None:
        if self.exposure is None or self.bound is None or not proposal.opening:
            return None
        return self.ask(proposal, self.exposure, self.bound)

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        """The verdict on an opening."""
        raise AssertionError("a rule without a check")


def share(value: int | None, whole: int | None) -> int | None:
    """`value` of `whole` in parts per million, rounded up; None where either is not known or the whole not above 0."""
    if value is None or whole is None or whole <= 0:
        return None
    return -(-value * MILLION // whole)


def fullest(values: Sequence[int | None]) -> int | None:
    """The largest, 0 where there is none; None where one is not known."""
    largest = 0
    for value in values:
        if value is None:
            return None
        largest = max(largest, value)
    return largest


class ShareRule(OpeningRule):
    """A rule whose value, with the order in it, is a share of equity."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        held = self.held(proposal, scope)
        added = proposal.worth(scope.currency)
        after = None if held is None or added is None else held + added
        value = share(after, scope.equity(proposal.stamp))
        return self.verdict(value is not None and value <= limit, value, limit, "ppm")

    def held(self, proposal: Proposal, scope: Exposure) -> int | None:
        """Money held already of what the rule bounds."""
        raise AssertionError("a rule without a value")


class TotalExposure(OpeningRule):
    """maxTotalExposure: value of all positions, long and short added up."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        held = scope.held(proposal.stamp, 0)
        added = proposal.worth(scope.currency)
        after = None if held is None or added is None else held + added
        return self.verdict(after is not None and after <= limit, after, limit, scope.unit)

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        return None if scope is None else (scope.held(stamp, 0), self.bound, scope.unit)


class TotalExposureShare(ShareRule):
    """maxTotalExposurePercent: the same as a share of equity."""

    def held(self, proposal: Proposal, scope: Exposure) -> int | None:
        return scope.held(proposal.stamp, 0)

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        return None if scope is None else (share(scope.held(stamp, 0), scope.equity(stamp)), self.bound, "ppm")


class DirectionalExposure(ShareRule):
    """maxDirectionalExposurePercent: value of all positions on the opening's side as a share of equity."""

    def held(self, proposal: Proposal, scope: Exposure) -> int | None:
        return scope.held(proposal.stamp, proposal.order.side)

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        sides = [share(scope.held(stamp, side), scope.equity(stamp)) for side in (1, -1)]
        known = [value for value in sides if value is not None]
        return (max(known) if len(known) == len(sides) else None), self.bound, "ppm"


class SectorExposure(ShareRule):
    """maxSectorExposurePercent: value of all positions in the opening's sector as a share of equity; instruments that
    name no sector are one."""

    def held(self, proposal: Proposal, scope: Exposure) -> int | None:
        return scope.held_alike(proposal.order.instrument, "")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        one = {instrument.sector: instrument for instrument, _ in scope.sizes()}
        held = fullest([scope.held_alike(instrument, "") for instrument in one.values()])
        return share(held, scope.equity(stamp)), self.bound, "ppm"


class CurrencyExposure(ShareRule):
    """maxCurrencyExposurePercent: value of all positions in instruments of a currency the opening has, other than that
    of its account, as a share of equity; of two currencies the larger value counts. An opening in its account's own
    currency has none of it."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        if not self._foreign(proposal):
            return self.verdict(True, 0, limit, "ppm")
        return super().ask(proposal, scope, limit)

    def held(self, proposal: Proposal, scope: Exposure) -> int | None:
        found = [scope.held_alike(proposal.order.instrument, coin) for coin in self._foreign(proposal)]
        if None in found:
            return None
        return max([value for value in found if value is not None], default=0)

    def _foreign(self, proposal: Proposal) -> list[str]:
        return foreign_to(proposal.account, proposal.order.instrument)

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        books = [(account, book) for account in scope.accounts for book in scope.books(account)]
        coins = {coin: book.instrument for account, book in books for coin in foreign_to(account, book.instrument)}
        held = fullest([scope.held_alike(instrument, coin) for coin, instrument in coins.items()])
        return share(held, scope.equity(stamp)), self.bound, "ppm"


def foreign_to(account: AccountState, instrument: Instrument) -> list[str]:
    """An instrument's currencies but for the account's; the base of an equity is the share itself."""
    coins = [instrument.quote] if instrument.asset_class == "equity" else [instrument.base, instrument.quote]
    return [coin for coin in coins if coin != account.terms.currency]


class Leverage(OpeningRule):
    """maxLeverage: value of all positions as a multiple of equity."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        held = scope.held(proposal.stamp, 0)
        added = proposal.worth(scope.currency)
        after = None if held is None or added is None else held + added
        value = share(after, scope.equity(proposal.stamp))
        return self.verdict(value is not None and value <= limit, value, limit, "ratio")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        return None if scope is None else (share(scope.held(stamp, 0), scope.equity(stamp)), self.bound, "ratio")


class MarginUse(OpeningRule):
    """maxMarginUsePercent: margin of the account's positions, what working orders hold and what this one needs, as a
    share of its equity."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        account = proposal.account
        equity = account.equity()
        free = account.free(proposal.order.instrument.quote)
        need = proposal.need
        taken = None if equity is None or free is None or need is None else equity - free + need
        value = share(taken, equity)
        return self.verdict(value is not None and value <= limit, value, limit, "ppm")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        if self.exposure is None:
            return None
        margins = [account for account in self.exposure.accounts if account.terms.kind != CASH]
        return (fullest([margin_use(account) for account in margins]), self.bound, "ppm") if margins else None


def margin_use(account: AccountState) -> int | None:
    """Margin and holds of an account as a share of its equity."""
    equity, free = account.equity(), account.free(account.terms.currency)
    return share(None if equity is None or free is None else equity - free, equity)


class MarginDeficit(OpeningRule):
    """minMaintenanceMarginPercent: equity stays above this share of the value of all positions, this one included; it
    is asked at any time of the day."""

    def ask(self, proposal: Proposal, scope: Exposure, limit: Any) -> Check | None:
        held = scope.held(proposal.stamp, 0)
        added = proposal.worth(scope.currency)
        equity = scope.equity(proposal.stamp)
        if held is None or added is None or equity is None or held + added <= 0:
            return self.verdict(False, None, limit, "ppm")
        value = equity * MILLION // (held + added)
        return self.verdict(value >= limit, value, limit, "ppm")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        held = 0 if scope is None else scope.held(stamp, 0)
        if scope is None or held == 0:
            return None
        equity = scope.equity(stamp)
        return None if equity is None or held is None else equity * MILLION // held, self.bound, "ppm"


#: As asked, behind the rules on one order.
EXPOSURE_RULES: list[Rule] = [
    TotalExposure("MAX_TOTAL_EXPOSURE", "maxTotalExposure"),
    TotalExposureShare("TOTAL_EXPOSURE_LIMIT", "maxTotalExposurePercent"),
    DirectionalExposure("DIRECTIONAL_EXPOSURE_LIMIT", "maxDirectionalExposurePercent"),
    SectorExposure("SECTOR_EXPOSURE_LIMIT", "maxSectorExposurePercent"),
    CurrencyExposure("CURRENCY_EXPOSURE_LIMIT", "maxCurrencyExposurePercent"),
    Leverage("MAX_LEVERAGE", "maxLeverage"),
    MarginUse("MARGIN_USE_LIMIT", "maxMarginUsePercent"),
    MarginDeficit("MARGIN_DEFICIT", "minMaintenanceMarginPercent"),
]
