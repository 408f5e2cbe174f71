"""Openings that turn a book round and wait here until what it holds is closed.

A venue that takes no reduce-only can not be told which of two orders on one side is to close: it gives what is held to
the one that comes first and refuses the other, or lets the opening close. So where an account nets at such a venue, an
opening keeps its place and its money here, its exits with it, until nothing is held on the other side; and it ends
where nothing closes that any more, where its market has closed by then, or where it would be closed at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core.life_cycle import HELD
from tradewright.core.risk import judge
from tradewright.core.rules import EXIT_DUE
from tradewright.core.trading_state import stopped
from tradewright.model.command import (
    MARKET_CLOSED,
    NOT_CLOSED,
    NOTHING_TO_GUARD,
    OPENINGS_STOPPED,
    TIME_IS_OVER,
    approved_of,
    cancel_of,
    submit_of,
)
from tradewright.model.event import Event
from tradewright.model.intent import Intent
from tradewright.model.order import EXIT, MARKET, Order

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.judge import Judge
    from tradewright.core.ledger import Book


def meets(book: Book, order: Order) -> bool:
    """Whether an opening would meet what its netting book holds on the other side; what is finer than the venue's step
    can not be closed, and is not waited for."""
    return not book.hedging and book.closable(order.side, "") >= order.instrument.rules.step


def waits(engine: Blotter, order: Order) -> bool:
    """Whether an order is such an opening, or an exit that goes with it."""
    return order.id in engine.turning or order.parent in engine.turning


def closing(engine: Blotter, book: Book, side: int, freed: list[str]) -> int:
    """Size counts of plain closes that wait here for others to end, and have taken nothing yet; freed: ids of those
    that are to end."""
    counts = 0
    for id, hold in book.exits.items():
        if hold.order.side == side and hold.order.role == EXIT and id not in freed and engine.orders[id].stage == HELD:
            counts += hold.order.quantity
    return counts


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def settle(engine: Engine) -> list[Event]:
    """Send those whose book is turned, and end those whose book nothing turns, the oldest first. Applied outputs."""
    outputs: list[Event] = []
    for order in list(engine.turning.values()):
        book = engine.book(order.account, order.strategy, order.instrument)
        if stopped(engine, order):
            outputs += engine.cancel(order.id, OPENINGS_STOPPED)
        elif not meets(book, order):
            if too_late := _too_late(engine, book, order):
                outputs += engine.cancel(order.id, too_late)
            else:
                send(engine, order, outputs)
        elif not _is_closed(book, order.side):
            outputs += engine.cancel(order.id, NOT_CLOSED)
    return outputs


def end_exits(engine: Judge, order_id: str, outputs: list[Event]) -> None:
    """The exits of one that has ended here guard nothing."""
    for id in engine.children.get(order_id, ()):
        state = engine.orders.get(id)
        if state is not None and state.stage == HELD:
            engine.emit(cancel_of(engine.now, id, NOTHING_TO_GUARD), outputs)


def send(engine: Engine, order: Order, outputs: list[Event]) -> None:
    """It goes, and those of its exits that its venue takes with it."""
    engine.emit(submit_of(engine.now, approved_of(order)), outputs)
    for id in engine.children.get(order.id, ()):
        state = engine.orders.get(id)
        if state is not None and state.stage == HELD and id not in engine.exits:
            engine.emit(submit_of(engine.now, approved_of(state.order)), outputs)


def _too_late(engine: Engine, book: Book, order: Order) -> str:
    """Why it is too late for one that was judged long ago, "" = it is not: its market has closed, where it has to be
    open, and it would go the next day; or it is the time at which its plan closes what it opens."""
    rules = [rule for rule in engine.rules_of(book) if rule.code in (MARKET_CLOSED, EXIT_DUE)]
    wish = Intent(order.id, order.account, order.strategy, order.instrument, order.side)
    wish.modifies = True  # it is not to wait once more
    guard = engine.guards.get(order.id)
    wish.plan = None if guard is None else guard.plan
    refused = [check.code for check in judge(rules, engine.proposal_of(order, wish, book)) if not check.passed]
    return "" if not refused else MARKET_CLOSED if MARKET_CLOSED in refused else TIME_IS_OVER


def _is_closed(book: Book, side: int) -> bool:
    """Whether a close works, or waits here for its turn; a stop or target that merely rests is none."""
    return any(
        hold.order.side == side and (hold.order.role == EXIT or hold.order.type == MARKET)
        for hold in book.exits.values()
    )
