"""The rules of the order station, in the order they are asked. Each has one code; each boundary is `value > limit`, but
at the daily loss, where reaching the limit is enough.

A rule on openings lets every exit pass: what reduces risk must stay possible. A limit that is configured but whose
value can not be known refuses (value None).
"""

from __future__ import annotations

from tradewright.core.holds import left
from tradewright.core.limits import QUANTITY_SCALE
from tradewright.core.risk import Proposal, Rule
from tradewright.model.account import CASH
from tradewright.model.calendar import NEVER, calendar
from tradewright.model.control import ACTIVE
from tradewright.model.decision import Check
from tradewright.model.errors import InputError
from tradewright.model.numbers import SIZE_MAX
from tradewright.model.order import BUY, OPG, SELL, Order

MILLION = 1_000_000
#: Refuses what its plan would close at once.
EXIT_DUE = "EXIT_DUE"


class TradingState(Rule):
    """REDUCING and HALTED refuse whatever may add exposure."""

    def check(self, proposal: Proposal) -> Check | None:
        if not proposal.opening:
            return None
        return self.verdict(proposal.state == ACTIVE, proposal.state, ACTIVE, "state")


class Ready(Rule):
    """An opening needs an account that agrees with its venue since the connection stands."""

    def check(self, proposal: Proposal) -> Check | None:
        link = proposal.account.link
        if link is None or not proposal.opening:
            return None
        return self.verdict(link.ready, 1 if link.ready else 0, 1, "flag")


class SymbolTradable(Rule):
    """The venue takes opening orders for this instrument."""

    def check(self, proposal: Proposal) -> Check | None:
        if not proposal.opening:
            return None
        tradable = proposal.order.instrument.rules.tradable
        return self.verdict(tradable, 1 if tradable else 0, 1, "flag")


class ExitDue(Rule):
    """An opening that is to be closed before its market's session ends (closeBeforeSessionEndSeconds,
    exit_before_close) comes before that time: what would be closed at once is not opened. Asked from now on or, where
    it can fill no earlier, from the next open; a market that never closes has no such time."""

    def check(self, proposal: Proposal) -> Check | None:
        plan = proposal.intent.plan
        if plan is None or plan.before_close_ns == 0 or not proposal.opening:
            return None
        try:
            left = session_left(proposal)
        except InputError:
            return self.verdict(False, None, plan.before_close_ns, "ns")
        return None if left == NEVER else self.verdict(left > plan.before_close_ns, left, plan.before_close_ns, "ns")


def session_left(proposal: Proposal) -> int:
    """Time from when an order can fill first to the end of that session, ns; NEVER where none ends. Raises InputError
    beyond the calendar's table."""
    first, close = session_of(proposal.order, proposal.now)
    return NEVER if close == NEVER else close - first


def session_of(order: Order, now: int) -> tuple[int, int]:
    """When an order that goes now can fill first, and when that session ends, ns UTC; NEVER where none ends. Raises
    InputError beyond the calendar's table."""
    times = calendar(order.instrument.calendar)
    if times.next_close(now) == NEVER:
        return now, NEVER
    at_open = order.time_in_force == OPG or not times.is_open(now)
    first = times.next_open(now) if at_open and not order.extended_hours else now
    return first, times.next_close(first)


class PriceKnown(Rule):
    """An opening needs a reference price above zero."""

    def check(self, proposal: Proposal) -> Check | None:
        if not proposal.opening:
            return None
        known = proposal.reference > 0
        return self.verdict(known, proposal.reference if known else None, 0, "price")


class PriceFresh(Rule):
    """maxPriceAgeSeconds: the reference price is not older."""

    def check(self, proposal: Proposal) -> Check | None:
        limit = self.bound
        if limit is None or not proposal.opening:
            return None
        if proposal.reference <= 0:
            return self.verdict(False, None, limit, "ns")
        age = proposal.now - proposal.mark.reference_time(proposal.order.side)
        return self.verdict(age <= limit, age, limit, "ns")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        """The age of the oldest price, of either side, in what the scope has traded; None = there is one without."""
        scope = self.exposure
        if scope is None:
            return None
        oldest = 0
        for account in scope.accounts:
            for book in scope.books(account):
                mark = scope.marks.marks[book.instrument.index]
                for side in (BUY, SELL):
                    if mark.reference(side) <= 0:
                        return None, self.bound, "ns"
                    oldest = max(oldest, now - mark.reference_time(side))
        return oldest, self.bound, "ns"


class PriceIncrement(Rule):
    """Limit and stop prices are multiples of the tick."""

    def check(self, proposal: Proposal) -> Check | None:
        order = proposal.order
        tick = order.instrument.rules.tick
        if tick == 1 or (order.limit_units == 0 and order.stop_units == 0):
            return None
        off = max(order.limit_units % tick, order.stop_units % tick)
        return self.verdict(off == 0, off, 0, "price")


class SizeIncrement(Rule):
    """The quantity is above zero and a multiple of the step."""

    def check(self, proposal: Proposal) -> Check | None:
        order = proposal.order
        step = order.instrument.rules.step
        good = order.quantity > 0 and order.quantity % step == 0
        return self.verdict(good, order.quantity, step, "size")


class SizeMinimum(Rule):
    """The venue's smallest order; an exit of a smaller rest is tried all the same."""

    def check(self, proposal: Proposal) -> Check | None:
        order = proposal.order
        minimum = order.instrument.rules.size_min
        if minimum == 0 or not proposal.opening:
            return None
        return self.verdict(order.quantity >= minimum, order.quantity, minimum, "size")


class SizeMaximum(Rule):
    """The venue's largest order."""

    def check(self, proposal: Proposal) -> Check | None:
        order = proposal.order
        maximum = order.instrument.rules.size_max
        if maximum == 0:
            return None
        return self.verdict(order.quantity <= maximum, order.quantity, maximum, "size")


class NotionalMinimum(Rule):
    """The venue's smallest notional; exits are exempt."""

    def check(self, proposal: Proposal) -> Check | None:
        instrument = proposal.order.instrument
        minimum = instrument.rules.notional_min
        if minimum == 0 or not proposal.opening:
            return None
        known = proposal.judged > 0
        value = proposal.notional if known else None
        return self.verdict(known and proposal.notional >= minimum, value, minimum, instrument.unit)


class PriceCollar(Rule):
    """priceCollarPercent: an opening limit or stop lies no further on the aggressive side than this share of the
    reference (a buy above it, a sale below it)."""

    def check(self, proposal: Proposal) -> Check | None:
        limit = self.bound
        order = proposal.order
        price = order.limit_units if order.limit_units else order.stop_units
        if limit is None or price == 0 or not proposal.opening:
            return None
        if proposal.reference <= 0:
            return self.verdict(False, None, limit, "ppm")
        distance = order.side * (price - proposal.reference) * 1_000_000
        away = -(-distance // proposal.reference)
        return self.verdict(away <= limit, away, limit, "ppm")


class PriceBand(Rule):
    """The venue's band: an opening limit lies no further from the reference, to either side."""

    def check(self, proposal: Proposal) -> Check | None:
        order = proposal.order
        band = order.instrument.rules.band_ppm
        if band == 0 or order.limit_units == 0 or not proposal.opening:
            return None
        if proposal.reference <= 0:
            return self.verdict(False, None, band, "ppm")
        distance = (order.limit_units - proposal.reference) * MILLION
        away = -(-(distance if distance > 0 else -distance) // proposal.reference)
        return self.verdict(away <= band, away, band, "ppm")


class OrderValue(Rule):
    """maxOrderValue."""

    def check(self, proposal: Proposal) -> Check | None:
        scope = self.exposure
        limit = self.bound
        if limit is None or scope is None or not proposal.opening:
            return None
        value = proposal.worth(scope.currency)
        return self.verdict(value is not None and value <= limit, value, limit, scope.unit)


class OrderQuantity(Rule):
    """maxOrderQuantity."""

    def check(self, proposal: Proposal) -> Check | None:
        limit = self.bound
        order = proposal.order
        if limit is None or not proposal.opening:
            return None
        quantity = order.quantity * 10 ** (QUANTITY_SCALE - order.instrument.size_scale)
        return self.verdict(quantity <= limit, quantity, limit, "quantity")


def size_after(proposal: Proposal) -> int:
    """Size counts held on the order's side if this order and every working opening of that side filled.

    What is held on the other side takes nothing off: it may be closed at any time, and is on its way out when an order
    crosses zero.
    """
    position = proposal.position
    # Python integers in both builds: three sizes can be more than int64 holds.
    size: int = position.size_of(proposal.order.side)
    size += position.buying if proposal.order.side > 0 else position.selling
    size += proposal.order.quantity
    return size


class PositionRange(Rule):
    """The position, its working orders filled, stays within what a size can count."""

    def check(self, proposal: Proposal) -> Check | None:
        if not proposal.opening:
            return None
        size = size_after(proposal)
        return self.verdict(size <= SIZE_MAX, size, SIZE_MAX, "size")


class PositionQuantity(Rule):
    """maxPositionQuantity."""

    def check(self, proposal: Proposal) -> Check | None:
        scope = self.exposure
        limit = self.bound
        if limit is None or scope is None or not proposal.opening:
            return None
        order = proposal.order
        size = scope.size_after(proposal.position, order.side, order.quantity)
        quantity = size * 10 ** (QUANTITY_SCALE - order.instrument.size_scale)
        return self.verdict(quantity <= limit, quantity, limit, "quantity")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        largest = 0
        for instrument, size in scope.sizes():
            largest = max(largest, size * 10 ** (QUANTITY_SCALE - instrument.size_scale))
        return largest, self.bound, "quantity"


class PositionShare(Rule):
    """maxPositionSizePercent."""

    def check(self, proposal: Proposal) -> Check | None:
        scope = self.exposure
        limit = self.bound
        if limit is None or scope is None or not proposal.opening:
            return None
        equity = scope.equity(proposal.stamp)
        order = proposal.order
        instrument = order.instrument
        size = scope.size_after(proposal.position, order.side, order.quantity)
        value = scope.marks.convert(
            proposal.judged * (size * instrument.money_factor), instrument.quote, scope.currency
        )
        if equity is None or equity <= 0 or value is None or proposal.judged <= 0:
            return self.verdict(False, None, limit, "ppm")
        share = -(-value * 1_000_000 // equity)
        return self.verdict(share <= limit, share, limit, "ppm")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        if scope is None:
            return None
        equity = scope.equity(stamp)
        largest = 0
        for instrument, size in scope.sizes():
            price = scope.marks.marks[instrument.index].price()
            value = scope.marks.convert(price * (size * instrument.money_factor), instrument.quote, scope.currency)
            if size and (price <= 0 or value is None):
                return None, self.bound, "ppm"
            largest = max(largest, value or 0)
        if equity is None or equity <= 0:
            return None, self.bound, "ppm"
        return -(-largest * 1_000_000 // equity), self.bound, "ppm"


class Shorting(Rule):
    """A short needs a margin account and an instrument that can be borrowed."""

    def check(self, proposal: Proposal) -> Check | None:
        if not proposal.opening or proposal.order.side != SELL:
            return None
        allowed = proposal.account.terms.kind != CASH and proposal.order.instrument.rules.shortable
        return self.verdict(allowed, 1 if allowed else 0, 1, "flag")


class BuyingPower(Rule):
    """What the order needs, its fee included, is free: not spent, not held by another working order."""

    def check(self, proposal: Proposal) -> Check | None:
        if not proposal.opening:
            return None
        free = proposal.account.free(proposal.order.instrument.quote)
        need = proposal.need
        good = free is not None and need is not None and need <= free
        return self.verdict(good, need, free, proposal.hold_unit)


class DailyLoss(Rule):
    """maxDailyLoss and maxDailyLossPercent, on equity with open P&L; at the limit openings stop."""

    def check(self, proposal: Proposal) -> Check | None:
        if self.exposure is None or not proposal.opening:
            return None
        loss, limit, unit = self.used(proposal.stamp, proposal.now)
        return self.verdict(loss is not None and loss < limit, loss, limit, unit)

    def used(self, stamp: int, now: int) -> tuple[int | None, int, str]:
        scope = self.exposure
        assert scope is not None, "a rule that is not bound"
        limit = self.bound if self.limit not in self.also else share_of(scope.started(False), self.bound)
        return (scope.lost(stamp, False) if limit >= 0 else None), max(limit, 0), scope.unit


def share_of(equity: int | None, ppm: int) -> int:
    """That share of an equity as money; -1 = it is not known."""
    return -1 if equity is None or equity <= 0 else equity * ppm // 1_000_000


class OpenPositions(Rule):
    """maxOpenPositions: an order that needs a new slot finds one."""

    def check(self, proposal: Proposal) -> Check | None:
        scope = self.exposure
        limit = self.bound
        if limit is None or scope is None or not proposal.opening:
            return None
        taken = scope.slots(proposal.stamp)
        new = 1 if scope.is_new(proposal.position, proposal.book) else 0
        return self.verdict(taken + new <= limit or new == 0, taken + new, limit, "count")

    def used(self, stamp: int, now: int) -> tuple[int | None, int | None, str] | None:
        scope = self.exposure
        return None if scope is None else (scope.slots(stamp), self.bound, "count")


class ReduceOnly(Rule):
    """An exit finds something to close that no other working exit has taken: it can never flip the position."""

    def check(self, proposal: Proposal) -> Check | None:
        if proposal.opening:
            return None
        order = proposal.order
        there = left(proposal.book, order.side, order.lot, order.group)
        return self.verdict(0 < order.quantity <= there, order.quantity, there, "size")


#: The order station, as asked: each rule with its code and, where one switches it on, its limit.
ORDER_RULES: list[Rule] = [
    TradingState("TRADING_STATE"),
    Ready("NOT_READY"),
    SymbolTradable("SYMBOL_NOT_TRADABLE"),
    ExitDue(EXIT_DUE),
    PriceKnown("PRICE_UNKNOWN"),
    PriceFresh("PRICE_STALE", "maxPriceAgeSeconds"),
    PriceIncrement("PRICE_INCREMENT"),
    SizeIncrement("SIZE_INCREMENT"),
    SizeMinimum("SIZE_MINIMUM"),
    SizeMaximum("SIZE_MAXIMUM"),
    NotionalMinimum("NOTIONAL_MINIMUM"),
    PriceBand("PRICE_BAND"),
    PriceCollar("PRICE_COLLAR", "priceCollarPercent"),
    OrderValue("MAX_ORDER_VALUE", "maxOrderValue"),
    OrderQuantity("MAX_ORDER_QUANTITY", "maxOrderQuantity"),
    PositionRange("POSITION_RANGE"),
    PositionQuantity("MAX_POSITION_QUANTITY", "maxPositionQuantity"),
    PositionShare("POSITION_LIMIT", "maxPositionSizePercent"),
    Shorting("SHORT_NOT_ALLOWED"),
    BuyingPower("INSUFFICIENT_FUNDS"),
    DailyLoss("DAILY_LOSS_LIMIT", "maxDailyLoss", ("maxDailyLossPercent",), True),
    OpenPositions("MAX_OPEN_POSITIONS", "maxOpenPositions"),
    ReduceOnly("REDUCE_ONLY"),
]
