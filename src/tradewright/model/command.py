"""What the engine asks of a venue. A command leaves only after its journal sequence is durable.

Only `Approved` can be submitted: the type says that every rule of risk has seen the order.
"""

from __future__ import annotations

from tradewright.model.event import CANCEL, QUERY, REPLACE, SUBMIT, Event
from tradewright.model.order import Order


class Command(Event):
    """A request about the order `order_id`; time: the engine's logical time of the decision."""

    __slots__ = ("order_id",)

    order_id: str

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.order_id)


class Approved:
    """An order that passed risk; made by the core alone."""

    __slots__ = ("order",)

    def __init__(self, order: Order) -> None:
        self.order = order


def approved_of(order: Order) -> Approved:
    """A new Approved, field by field, as `submit_of`."""
    approved = Approved.__new__(Approved)
    approved.order = order
    return approved


class Submit(Command):
    """Send this order. Its terms stand in the decision that approved it, journaled just before."""

    __slots__ = ("order",)

    def __init__(self, time: int, approved: Approved) -> None:
        self.kind = SUBMIT
        self.time = time
        self.order_id = approved.order.id
        self.order = approved.order


def submit_of(time: int, approved: Approved) -> Submit:
    """A new Submit, field by field: in the compiled build its constructor would cost as much as all its checks."""
    submit = Submit.__new__(Submit)
    submit.kind = SUBMIT
    submit.time = time
    submit.order_id = approved.order.id
    submit.order = approved.order
    return submit


#: Why the engine cancels, by code. The strategy's wish and what a closing intent brings with it came of a callback.
STRATEGY = "STRATEGY"
CLOSING = "CLOSING"
SIBLING_TRIGGERED = "SIBLING_TRIGGERED"
EXIT_OF_PART = "EXIT_OF_PART"
NOTHING_TO_GUARD = "NOTHING_TO_GUARD"
TOO_LARGE = "TOO_LARGE"
NOTHING_TO_SPEND = "NOTHING_TO_SPEND"
OPENINGS_STOPPED = "OPENINGS_STOPPED"
NEVER_SENT = "NEVER_SENT"
BY_HAND = "BY_HAND"
LIVES_ON = "LIVES_ON"
POSITION_WAS_SPLIT = "POSITION_WAS_SPLIT"
TIME_IS_OVER = "TIME_EXIT"
STOP_UNFILLED = "STOP_UNFILLED"
TARGET_WORKS = "TARGET_WORKS"
STALE_ORDER = "STALE_ORDER"
NOT_CLOSED = "NOT_CLOSED"
MARKET_CLOSED = "MARKET_CLOSED"
REFUSED_AT_OPEN = "REFUSED_AT_OPEN"
DAY_IS_OVER = "DAY_IS_OVER"
CANCEL_CODES = {
    STRATEGY: "its strategy asked for it",
    CLOSING: "the position it guards, or would add to, is being closed",
    SIBLING_TRIGGERED: "the other exit of its pair was triggered",
    EXIT_OF_PART: "what it filled so far is being closed",
    NOTHING_TO_GUARD: "there is nothing left that it could close",
    TOO_LARGE: "there is less left than it would close: what is left of it is guarded anew",
    NOTHING_TO_SPEND: "at its fill neither money nor limits left enough for the venue's smallest order",
    OPENINGS_STOPPED: "nothing may be opened there any more, and it would have been without a further look",
    TIME_IS_OVER: "the time of what it opened, would open or guards is over",
    STOP_UNFILLED: "it was triggered and did not fill in time",
    TARGET_WORKS: "it was reached while the target of its pair works: what is left goes at the market",
    STALE_ORDER: "it has worked longer than `staleOrderSeconds` allows an opening",
    NOT_CLOSED: "it waited to turn its position round, and nothing closes that any more",
    MARKET_CLOSED: "it waited to turn its position round, and its market has closed by then",
    REFUSED_AT_OPEN: "it waited for its market, and was refused when that opened",
    DAY_IS_OVER: "it waited for its market, and the session that it was good for gave it no price",
    BY_HAND: "a person asked for it",
    LIVES_ON: "it has ended here, and its venue shows that it still works",
    POSITION_WAS_SPLIT: "what it was ordered for was split: its size and prices are those of before",
    NEVER_SENT: "it was decided but not sent when the process ended",
}


class Cancel(Command):
    """Cancel what is left of the order. code: why, one of CANCEL_CODES. here: the order never left the engine, so its
    end is booked here and no venue hears of it."""

    __slots__ = ("code", "here")

    def __init__(self, time: int, order_id: str, code: str = STRATEGY) -> None:
        self.kind = CANCEL
        self.time = time
        self.order_id = order_id
        self.code = code
        self.here = False

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.order_id, self.code)


def cancel_of(time: int, order_id: str, code: str) -> Cancel:
    """A new Cancel, field by field, as `submit_of`."""
    cancel = Cancel.__new__(Cancel)
    cancel.kind = CANCEL
    cancel.time = time
    cancel.order_id = order_id
    cancel.code = code
    cancel.here = False
    return cancel


class Replace(Command):
    """Work the order at these terms: total quantity (fills included), limit and stop price (counts, 0 = none)."""

    __slots__ = ("quantity", "limit_units", "stop_units")

    def __init__(self, time: int, order_id: str, quantity: int, limit_units: int, stop_units: int) -> None:
        self.kind = REPLACE
        self.time = time
        self.order_id = order_id
        self.quantity = quantity
        self.limit_units = limit_units
        self.stop_units = stop_units

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.order_id, self.quantity, self.limit_units, self.stop_units)


class Query(Command):
    """Ask the venue what became of the order; nothing is ever sent again instead."""

    __slots__ = ()

    def __init__(self, time: int, order_id: str) -> None:
        self.kind = QUERY
        self.time = time
        self.order_id = order_id
