"""The frame of pre-trade judgement: a proposal, one small rule per code, one ordered list per station.

Every rule is evaluated, also after one refused. An exit (anything that can only reduce) is never stopped by a limit on
openings; a value that can not be known refuses an opening. A refusal is a value.

A rule stands in its station's list unbound. For each scope that sets its limit it is bound once (`core.gate`): a copy
that knows the limit, the version of the limits it stands in, and what the scope holds.
"""

from __future__ import annotations

from typing import Any

from tradewright.core.accounts import AccountState
from tradewright.core.exposure import Exposure
from tradewright.core.ledger import Book
from tradewright.core.limits import Limits
from tradewright.core.marks import Mark
from tradewright.model.account import CASH
from tradewright.model.decision import RISK, Check, check_of
from tradewright.model.intent import Intent
from tradewright.model.order import ENTRY, Order


class Proposal:
    """An order before it is approved, with everything the rules look at. All amounts exact, 0 or None = unknown.

    reference: price count the order would meet; judged: price count its value is judged at. notional: money in the
    quote currency at `judged`; value: the same in account currency. need: money to hold in hold_currency; hold_unit:
    as checks name it. state: the trading state in force for its scopes. opening: it may add exposure. now: ns UTC.
    stamp: a number of its own, so that what one decision measures is measured once.
    """

    __slots__ = (
        "order", "intent", "account", "book", "position", "mark", "state", "opening", "reference", "judged", "notional",
        "value", "need", "hold_currency", "hold_unit", "now", "stamp",
    )  # fmt: skip

    def __init__(
        self,
        order: Order,
        intent: Intent,
        account: AccountState,
        book: Book,
        mark: Mark,
        state: int,
        now: int,
        stamp: int,
    ) -> None:
        self.begin(order, intent, account, book, mark, state, now, stamp)

    def begin(
        self,
        order: Order,
        intent: Intent,
        account: AccountState,
        book: Book,
        mark: Mark,
        state: int,
        now: int,
        stamp: int,
    ) -> None:
        self.order = order
        self.intent = intent
        self.account = account
        self.book = book
        self.position = book.position
        self.mark = mark
        self.state = state
        self.now = now
        self.stamp = stamp
        self.opening = order.role == ENTRY
        self.reference = mark.reference(order.side)
        self.judged = self._judged_price()
        instrument = order.instrument
        self.notional = self.judged * (order.quantity * instrument.money_factor)
        terms = account.terms
        self.value: int | None = None
        if self.judged > 0:
            self.value = account.marks.convert(self.notional, instrument.quote, terms.currency)
        self.need: int | None = None
        in_cash = terms.kind == CASH
        self.hold_currency = instrument.quote if in_cash else terms.currency
        self.hold_unit = instrument.unit if in_cash else account.unit
        if self.opening and self.judged > 0:
            self.need = self._need()

    def worth(self, currency: str) -> int | None:
        """Its notional as money of that currency."""
        if currency == self.account.terms.currency or self.judged <= 0:
            return self.value
        return self.account.marks.convert(self.notional, self.order.instrument.quote, currency)

    def _judged_price(self) -> int:
        """The highest price it could fill at; what fills at the market has the configured buffer on top."""
        price = self.mark.dearest(self.order)
        if self.order.limit_units > 0:
            return price
        buffer = self.book.buffer
        return price if buffer is None else price + -(-price * buffer // 1_000_000)

    def _need(self) -> int | None:
        """Notional plus fee in cash; margin plus fee in the account currency for a margin account."""
        order = self.order
        terms = self.account.terms
        fee = terms.fee.of(order.instrument, self.notional, order.quantity)
        if terms.kind == CASH:
            return self.notional + fee if order.side > 0 else fee
        fee_worth = self.account.marks.convert(fee, order.instrument.quote, terms.currency)
        if fee_worth is None or self.value is None:
            return None
        return -(-self.value // terms.leverage) + fee_worth


class Rule:
    """One rule: `check` returns its verdict, or None where it does not apply.

    code: of its refusals. limit: the name of the limit that switches it on, "" = it always stands; also: further names
    it reads, each of which switches it on too where `switches` says so. station: that asks it. It is bound once for
    each name that switches it on, so that one of them is waived alone: limit is that name then, bound its value, limits
    the set it stands in, exposure what the scope holds; waived: ns UTC until when it lets pass what it would refuse,
    waiver who said so.
    """

    __slots__ = ("code", "limit", "also", "switches", "station", "bound", "limits", "exposure", "waived", "waiver")

    def __init__(
        self, code: str, limit: str = "", also: tuple[str, ...] = (), switches: bool = False, station: str = RISK
    ) -> None:
        self.code = code
        self.limit = limit
        self.also = also
        self.switches = switches
        self.station = station
        self.bound: Any = None
        self.limits: Limits | None = None
        self.exposure: Exposure | None = None
        self.waived = 0
        self.waiver = ""

    def names(self, limits: Limits) -> list[str]:
        """The limits of a set that switch it on."""
        names = [self.limit, *self.also] if self.switches else [self.limit]
        return [name for name in names if limits.get(name) is not None]

    def bind(self, limits: Limits, exposure: Exposure, name: str) -> Rule:
        """A copy that stands for one limit of one scope."""
        rule = type(self)(self.code, name, self.also, self.switches, self.station)
        rule.bound = limits.get(name)
        rule.limits = limits
        rule.exposure = exposure
        return rule

    def verdict(self, passed: bool, value: int | None, limit: int | None, unit: str) -> Check:
        """The check it returns."""
        if self.exposure is None or self.limits is None:
            return check_of(self.code, passed, value, limit, unit, self.station, "", 0)
        return check_of(self.code, passed, value, limit, unit, self.station, self.exposure.scope, self.limits.version)

    def check(self, proposal: Proposal) -> Check | None:
        """The verdict on a proposal; must not change anything."""
        raise AssertionError("a rule without a check")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        """How much of its limit is taken at `now` (ns UTC), without any order: (value, limit, unit); None = there is
        nothing to take of it."""
        return None


def judge(rules: list[Rule], proposal: Proposal) -> list[Check]:
    """Every rule's verdict, in the order of the list."""
    checks: list[Check] = []
    for rule in rules:
        check = rule.check(proposal)
        if check is not None:
            if rule.waived > proposal.now and not check.passed:
                check.passed = True
                check.note = rule.waiver
            checks.append(check)
    return checks


def passed(checks: list[Check]) -> bool:
    """True when no check refused."""
    for check in checks:  # noqa: SIM110 — no closure fits a compiled function
        if not check.passed:
            return False
    return True
