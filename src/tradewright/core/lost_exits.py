"""Exits that never reached their venue: what they guard is guarded again.

An order whose outcome is not known is looked up and never sent again. Where its venue does not know it, an opening is
simply not there; a stop or a target that is not there leaves a position without one. So its terms go out anew, as an
order with an id of its own, for what is still held and not guarded by another exit of its kind. Where the lost one
turns up after all, it ends. Exits that are held here end with an opening that is not there; where that one turns up and
fills, they are made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core.exits import on_tick
from tradewright.core.holds import left
from tradewright.core.life_cycle import ENDED_CANCELLED, ENDED_NOT_FOUND
from tradewright.core.watchdog import rest_of
from tradewright.model.command import NOTHING_TO_GUARD, cancel_of
from tradewright.model.control import ExitPlanned
from tradewright.model.event import NOT_FOUND, Event
from tradewright.model.numbers import round_down
from tradewright.model.order import MARKET, STOP_LOSS, TAKE_PROFIT, Order
from tradewright.model.report import Report

if TYPE_CHECKING:
    from tradewright.core.engine import Engine
    from tradewright.core.orders import OrderState

#: Code of an order that was held here and never left; its text is the code of the cancel that ended it.
CANCELLED_HERE = "CANCELLED_HERE"


def place_again(engine: Engine, report: Report) -> list[Event]:
    """The exit that a look-up did not find, if anything is still to be guarded by it; behind a fill, those of the
    opening that were lost before it was told. Applied outputs."""
    if report.kind == NOT_FOUND:
        return _place(engine, report.order_id)
    outputs: list[Event] = []
    made = [engine.orders[id] for id in engine.children.get(report.order_id, ()) if id in engine.orders]
    for state in made:
        if all(is_lost(other) for other in made if other.order.role == state.order.role):
            outputs += _place(engine, state.order.id)
    return outputs


def _place(engine: Engine, order_id: str) -> list[Event]:
    outputs: list[Event] = []
    state = engine.orders.get(order_id)
    if state is None or not is_lost(state) or state.order.role not in (STOP_LOSS, TAKE_PROFIT):
        return outputs
    lost = state.order
    rest = round_down(rest_of(engine, state), lost.instrument.rules.step)
    if order_id in engine.owed or rest == 0 or _has_heir(engine, state):
        return outputs
    parent = engine.orders.get(lost.parent)
    order = again(engine, state, rest + (parent.remaining() if parent is not None else 0), lost.group)
    why = "is not known at its venue" if state.stage == ENDED_NOT_FOUND else "ended before its opening filled"
    engine.place_exits([order], f"{lost.id} {why}, and what it guards is still held", outputs)
    for guard in list(engine.guards.values()):
        if guard.exit == lost.id:
            engine.emit(ExitPlanned(engine.now, guard.entry, order.id, list(guard.plan.row())), outputs)
    return outputs


def is_lost(state: OrderState) -> bool:
    """Whether an exit ended since its venue did not know it, or, held here, since there was nothing to guard."""
    ended_here = state.code == CANCELLED_HERE and state.text == NOTHING_TO_GUARD
    return state.stage == ENDED_NOT_FOUND or (state.stage == ENDED_CANCELLED and ended_here)


def reappeared(engine: Engine, order_id: str) -> list[Event]:
    """An order works that its venue did not know: an exit whose place another has taken by now ends. Applied
    outputs."""
    state = engine.orders[order_id]
    lost = state.order
    if lost.role not in (STOP_LOSS, TAKE_PROFIT) or not _has_heir(engine, state):
        return []
    outputs = engine.cancel(order_id, NOTHING_TO_GUARD)
    if not outputs and state.is_open():
        # A cancel was on its way when the venue did not know it, so that one may have met nothing.
        engine.emit(cancel_of(engine.now, order_id, NOTHING_TO_GUARD), outputs)
    return outputs


def _has_heir(engine: Engine, state: OrderState) -> bool:
    """Whether another exit works in its place: of its pair or opening, or at its prices. What went out at the market
    has no terms to be known by: together they are to close no more than is there."""
    lost = state.order
    book = engine.book(lost.account, lost.strategy, lost.instrument)
    if lost.type == MARKET:
        return left(book, lost.side, lost.lot, "") < 0
    return any(hold.order.id != lost.id and _terms(hold.order) == _terms(lost) for hold in book.exits.values())


def _terms(order: Order) -> tuple[object, ...]:
    prices = () if order.parent or order.group else (order.stop_units, order.limit_units)
    return (order.side, order.role, order.lot, order.parent, order.group, order.type, prices)


def again(engine: Engine, state: OrderState, quantity: int, group: str) -> Order:
    """The same terms under another id, for so many size counts, on the ticks of now. What went out at the market stands
    for itself: linked to its opening it would wait here for a price."""
    lost = state.order
    towards = -lost.side if lost.role == TAKE_PROFIT else lost.side
    limit, stop = on_tick(lost, towards, lost.limit_units), on_tick(lost, lost.side, lost.stop_units)
    parent, group = (lost.parent, group) if lost.type != MARKET else ("", "")
    return Order(
        engine.next_order_id(lost.account), lost.account, lost.strategy, lost.instrument, lost.side, lost.type,
        quantity, limit, stop, lost.trail_units, lost.trail_ppm,
        lost.time_in_force, lost.flags, lost.lot, parent, group, lost.role, 0, engine.decision_count + 1,
        engine.now,
    )  # fmt: skip
