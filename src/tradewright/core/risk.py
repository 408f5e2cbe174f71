"""The frame of pre-trade risk: a proposal, one small rule per code, one ordered list per station.

Every rule is evaluated, also after one refused. An exit (anything that can only reduce) is never stopped by a limit on
openings; a value that can not be known refuses an opening. A refusal is a value.
"""

from __future__ import annotations

from tradewright.core.accounts import AccountState
from tradewright.core.ledger import Book, Position
from tradewright.core.limits import Limits
from tradewright.core.marks import Mark
from tradewright.model.account import CASH
from tradewright.model.decision import Check
from tradewright.model.order import ENTRY, Order


class Proposal:
    """An order before it is approved, with everything the rules look at. All amounts exact, 0 or None = unknown.

    reference: price count the order would meet; judged: price count its value is judged at. notional: money in the
    quote currency at `judged`; value: the same in account currency. need: money to hold in hold_currency. state: the
    trading state in force for its scopes. opening: it may add exposure. now: ns UTC.
    """

    __slots__ = (
        "order", "account", "book", "position", "mark", "state", "opening", "reference", "judged", "notional", "value",
        "need", "hold_currency", "now",
    )  # fmt: skip

    def __init__(
        self, order: Order, account: AccountState, book: Book, position: Position, mark: Mark, state: int, now: int
    ) -> None:
        self.begin(order, account, book, position, mark, state, now)

    def begin(
        self, order: Order, account: AccountState, book: Book, position: Position, mark: Mark, state: int, now: int
    ) -> None:
        self.order = order
        self.account = account
        self.book = book
        self.position = position
        self.mark = mark
        self.state = state
        self.now = now
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
        self.hold_currency = instrument.quote if terms.kind == CASH else terms.currency
        if self.opening and self.judged > 0:
            self.need = self._need()

    def _judged_price(self) -> int:
        """The highest price it could fill at; what fills at the market has the configured buffer on top."""
        price = self.mark.dearest(self.order)
        if self.order.limit_units > 0:
            return price
        buffer = self.account.limits.get("marketBufferPercent")
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
    """One rule: `check` returns its verdict, or None where it does not apply or its limit is off.

    code: of its refusals. limit: the name of the limit that switches it on, "" = it always stands.
    """

    __slots__ = ("code", "limit")

    def __init__(self, code: str, limit: str = "") -> None:
        self.code = code
        self.limit = limit

    def check(self, proposal: Proposal) -> Check | None:
        """The verdict on a proposal; must not change anything."""
        raise AssertionError("a rule without a check")


def standing(rules: list[Rule], limits: Limits) -> list[Rule]:
    """The rules that can have a say under these limits, in the order of the list."""
    return [rule for rule in rules if rule.limit == "" or limits.get(rule.limit) is not None]


def judge(rules: list[Rule], proposal: Proposal) -> list[Check]:
    """Every rule's verdict, in the order of the list."""
    checks: list[Check] = []
    for rule in rules:
        check = rule.check(proposal)
        if check is not None:
            checks.append(check)
    return checks


def passed(checks: list[Check]) -> bool:
    """True when no check refused."""
    for check in checks:  # noqa: SIM110 — no closure fits a compiled function
        if not check.passed:
            return False
    return True
