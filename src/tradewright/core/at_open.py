"""Openings that wait here until their market opens.

Where `queueWhenClosed` stands beside `requireMarketSession`, an opening that comes while its market is closed, and that
every other rule grants, keeps its place and its money here, its exits with it. It goes with the first price of its
instrument in the next session, and only if all rules grant it then as well: prices, limits and what is held are others
by that time; nor does it go where it would be closed at once, beyond its stop or target. Until it goes it is no trade
of a day and no order like another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core import turning
from tradewright.core.risk import judge, passed
from tradewright.model.at_open import OPENS_LATER, OpeningJudged
from tradewright.model.calendar import calendar
from tradewright.model.command import DAY_IS_OVER, REFUSED_AT_OPEN
from tradewright.model.decision import RISK, Check, Decision, check_of
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.intent import Intent
from tradewright.model.market import MarketEvent
from tradewright.model.order import DAY, ENTRY, LIMIT, STOP_LOSS, TRAILING_STOP, Order

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine

#: What an opening that waits was decided on: its confidence, and (label, number) pairs.
Wanted = tuple[float, tuple[tuple[str, float | None], ...]]
EXIT_PASSED = "EXIT_PASSED"
#: Rules on the age of what is known of a market: while it is closed all of it is old.
_AGES = ("PRICE_STALE", "RATE_STALE")
OPENING_CODES = {
    OPENS_LATER: "Where `queueWhenClosed` lets an opening wait for its market, it is not refused as MARKET_CLOSED but "
    "kept here until the session begins, and judged again then. One that is to fill at once or in an auction does not "
    "wait.",
    EXIT_PASSED: "When its market opens, an opening that would fill at once finds a price that has reached neither its "
    "stop nor its target.",
}


# ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def begins(decision: Decision) -> bool:
    """Whether what was granted waits for its market."""
    if decision.orders[0].role != ENTRY:
        return False
    return any(check.code == OPENS_LATER for check in decision.checks)


def waits(engine: Blotter, order: Order) -> bool:
    """Whether an order is such an opening, or an exit that goes with it."""
    return order.id in engine.at_open or order.parent in engine.at_open


def fold(engine: Blotter, judged: OpeningJudged) -> None:
    """What is granted is from now on an order of this moment, the newest one: it counts among the trades of this day,
    and its venue's client looks for it from here on."""
    if not judged.approved:
        return
    del engine.at_open[judged.order_id]
    state = engine.orders[judged.order_id] = engine.orders.pop(judged.order_id)
    order = state.order
    order.time = judged.time
    engine.holds.raise_to(order.id, judged.hold, order.quantity)
    engine.begin_opening(order, engine.book(order.account, order.strategy, order.instrument))
    if engine.resting:
        engine.set_due()


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def put_off(checks: list[Check]) -> None:
    """Where an opening is to wait, no age of a closed market's prices is held against it: it goes at none of them."""
    if any(check.code == OPENS_LATER for check in checks):
        for check in checks:
            if check.code in _AGES and not check.passed and check.value is not None:
                check.passed, check.note = True, ", which is asked again when its market opens"


def settle(engine: Engine, event: MarketEvent) -> list[Event]:
    """Send those whose market is open and whom the rules still let go, and end the others, the oldest first. Applied
    outputs."""
    outputs: list[Event] = []
    for id in list(engine.at_open):
        order = engine.orders[id].order
        if order.time_in_force == DAY and engine.now >= calendar(order.instrument.calendar).next_close(order.time):
            outputs += engine.cancel(id, DAY_IS_OVER)
        elif order.instrument.index == event.instrument.index and _is_open(engine, order):
            _send(engine, order, outputs)
    return outputs


def _send(engine: Engine, order: Order, outputs: list[Event]) -> None:
    """It goes if it is granted now as well, else it ends."""
    checks, need = _judged(engine, order)
    approved = passed(checks)
    rows = [list(check.row()) for check in checks]
    engine.emit(OpeningJudged(engine.now, order.id, approved, need if approved else 0, rows), outputs)
    if not approved:
        outputs += engine.cancel(order.id, REFUSED_AT_OPEN)
    elif order.id not in engine.turning:
        turning.send(engine, order, outputs)


def _is_open(engine: Engine, order: Order) -> bool:
    """Whether its market trades, and the price that it would meet is of this session; not beyond the calendar's
    table."""
    known = engine.marks.marks[order.instrument.index].reference_time(order.side)
    try:
        times = calendar(order.instrument.calendar)
        return times.is_open(engine.now) and known >= times.last_open(engine.now)
    except InputError:
        return False


def _judged(engine: Engine, order: Order) -> tuple[list[Check], int]:
    """The verdicts of all rules on an opening as if it were not there yet, and the money it needs."""
    book = engine.book(order.account, order.strategy, order.instrument)
    wish = _wish(engine, order)
    every = engine.holds.set_aside(order.id)
    try:
        proposal = engine.proposal_of(order, wish, book)
        checks = judge(engine.rules_of(book), proposal) + _beyond(order, wish, proposal.reference)
    finally:
        engine.holds.bring_back(order.id, every)
    return checks, proposal.need or 0


def _beyond(order: Order, wish: Intent, price: int) -> list[Check]:
    """Of one that would fill at `price`: whether each of its exits is still to be reached from there."""
    side, limit = order.side, order.limit_units
    rests = side * (price - order.stop_units) < 0 if order.stop_units else order.type == TRAILING_STOP
    if price <= 0 or rests or (limit and side * (limit - price) < 0):
        return []
    return [
        check_of(EXIT_PASSED, towards * (price - exit) > 0, price, exit, "price", RISK, "", 0)
        for exit, towards in ((wish.stop_loss, side), (wish.take_profit, -side))
        if exit
    ]


def _wish(engine: Engine, order: Order) -> Intent:
    """What was wanted of it, as far as rules ask for it."""
    wish = Intent(order.id, order.account, order.strategy, order.instrument, order.side)
    wish.confidence, wish.inputs = engine.at_open[order.id]
    guard = engine.guards.get(order.id)
    wish.plan = None if guard is None else guard.plan
    for id in engine.children.get(order.id, ()):
        state = engine.orders.get(id)
        if state is None or not state.is_open():
            continue  # it was cancelled meanwhile, and may be forgotten
        exit = state.order
        if exit.role == STOP_LOSS:
            wish.stop_loss, wish.exit_trail_units, wish.exit_trail_ppm = (
                exit.stop_units, exit.trail_units, exit.trail_ppm,
            )  # fmt: skip
        elif exit.type == LIMIT:
            wish.take_profit = exit.limit_units
    return wish
