"""A decision: one intent, what every rule saw, the verdict, and the orders that came of it.

Also an intent that became no order leaves one. Values and limits keep their exact counts; `unit` says what they count,
so that `explain` can print them: money:USD, price, size, count, ppm, ns, state, flag.
"""

from __future__ import annotations

from tradewright.model.event import DECISION, Event
from tradewright.model.instrument import Instrument
from tradewright.model.order import Order

#: The stations of an intent's way, in its order.
PICKER = "picker"
SIZING = "sizing"
FILTER = "filter"
RISK = "risk"


class Check:
    """One rule's verdict. value and limit: integers in `unit`; None = could not be known, or has no number.

    station: which of PICKER, SIZING, FILTER, RISK asked. scope, version: whose limit it was, and which version of the
    limits of that scope; "" and 0 for a rule that no limit switches on.
    """

    __slots__ = ("code", "passed", "value", "limit", "unit", "note", "station", "scope", "version")

    def __init__(
        self,
        code: str,
        passed: bool,
        value: int | None,
        limit: int | None,
        unit: str,
        note: str = "",
        station: str = RISK,
        scope: str = "",
        version: int = 0,
    ) -> None:
        self.code = code
        self.passed = passed
        self.value = value
        self.limit = limit
        self.unit = unit
        self.note = note
        self.station = station
        self.scope = scope
        self.version = version

    def row(self) -> tuple[object, ...]:
        return (
            self.code, self.passed, self.value, self.limit, self.unit, self.note, self.station, self.scope,
            self.version,
        )  # fmt: skip


def check_of(
    code: str, passed: bool, value: int | None, limit: int | None, unit: str, station: str, scope: str, version: int
) -> Check:
    """A new Check, field by field: in the compiled build its constructor would cost more than the rule."""
    check = Check.__new__(Check)
    check.code = code
    check.passed = passed
    check.value = value
    check.limit = limit
    check.unit = unit
    check.note = ""
    check.station = station
    check.scope = scope
    check.version = version
    return check


class Decision(Event):
    """One intent judged; the first of `orders` is the order itself, the others are its attached exits.

    approved: every check passed; refused orders stand in the table as DENIED. inputs: what the strategy saw, as
    (label, number) pairs; reason: its own words. price_units, price_age_ns: the reference price and its age, -1 = none.
    hold: money reserved in hold_currency; sizing: how the quantity came about, in words. confidence: 0 to 1, the
    strategy's own.
    """

    __slots__ = (
        "id", "account", "strategy", "instrument", "approved", "orders", "checks", "reason", "inputs", "price_units",
        "price_age_ns", "hold", "hold_currency", "sizing", "confidence",
    )  # fmt: skip

    def __init__(
        self,
        time: int,
        id: int,
        account: str,
        strategy: str,
        instrument: Instrument,
        approved: bool,
        orders: list[Order],
        checks: list[Check],
        reason: str,
        inputs: tuple[tuple[str, float | None], ...],
        price_units: int,
        price_age_ns: int,
        hold: int,
        hold_currency: str,
        sizing: str,
        confidence: float,
    ) -> None:
        self.kind = DECISION
        self.time = time
        self.id = id
        self.account = account
        self.strategy = strategy
        self.instrument = instrument
        self.approved = approved
        self.orders = orders
        self.checks = checks
        self.reason = reason
        self.inputs = inputs
        self.price_units = price_units
        self.price_age_ns = price_age_ns
        self.hold = hold
        self.hold_currency = hold_currency
        self.sizing = sizing
        self.confidence = confidence

    @property
    def refusals(self) -> list[Check]:
        """The checks that failed, in the order of the rules."""
        return [check for check in self.checks if not check.passed]

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.id, self.account, self.strategy, self.instrument.index, self.approved,
            [order.row() for order in self.orders], [check.row() for check in self.checks], self.reason, self.inputs,
            self.price_units, self.price_age_ns, self.hold, self.hold_currency, self.sizing, self.confidence,
        )  # fmt: skip
