"""Other terms for a working order: judged like a new one, booked as the same one.

The replace chain is one logical order: one id, one hold, fills counted together, never more than its size. While a
change is on its way the order holds what the larger of both terms needs. One change at a time; an order held here
changes at once. What only makes an opening smaller adds nothing, and is not stopped by a rule on openings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core.life_cycle import HELD, SENT, UNKNOWN
from tradewright.core.risk import judge, passed
from tradewright.core.state import order_from
from tradewright.model.command import Replace
from tradewright.model.control import ModifyJudged
from tradewright.model.decision import FILTER, Check
from tradewright.model.event import Event
from tradewright.model.intent import Intent
from tradewright.model.numbers import round_down, round_up
from tradewright.model.order import BUY, ENTRY, LIMIT, SELL, STOP, STOP_LIMIT, Order

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.orders import OrderState

REQUEST_PENDING = "REQUEST_PENDING"
BELOW_FILLED = "BELOW_FILLED"
TERMS_OF_TYPE = "TERMS_OF_TYPE"
TIME_IN_FORCE_STAYS = "TIME_IN_FORCE_STAYS"
OPENING_WAITS = "OPENING_WAITS"
MODIFY_CODES = {
    REQUEST_PENDING: "No cancel or change of the order is on its way.",
    BELOW_FILLED: "The new size is above what is filled.",
    TERMS_OF_TYPE: "The order has the price that is to change, and a size that is not made at its fill.",
    TIME_IN_FORCE_STAYS: "The time in force stays as it is: no order is given another one.",
    OPENING_WAITS: "The order is no opening that waits here for its market, or for its position to be closed.",
}
#: Rules that count orders, or say which are opened at all: a change is none, and was when its order was.
_COUNTING = (
    "OPEN_LIMIT_EXCEEDED", "NO_OPEN_POSITION", "DUPLICATE_ORDER", "REPEATED_EXECUTION", "MAX_OPEN_POSITIONS",
)  # fmt: skip
#: Rules on the form of an order: all that is asked of an opening that only gets smaller.
_FORM = ("PRICE_INCREMENT", "SIZE_INCREMENT", "SIZE_MINIMUM", "SIZE_MAXIMUM")


def modify(engine: Engine, wish: Intent) -> list[Event]:
    """A wish for other terms of its order, its prices on the tick. As `change`."""
    order = engine.orders[wish.order_id].order
    wish.limit_units = _on_tick(order, wish.limit_units, order.side == SELL)
    wish.stop_units = _on_tick(order, wish.stop_units, order.side == BUY)
    return change(engine, wish, 0)


def change(engine: Engine, wish: Intent, time_in_force: int) -> list[Event]:
    """Judge a wish for other terms of its order: 0 keeps a size, a price, the time in force. The record, applied, and
    the Replace."""
    outputs: list[Event] = []
    state = engine.orders[wish.order_id]
    order = state.order
    quantity = wish.quantity or order.quantity
    limit = wish.limit_units or order.limit_units
    stop = wish.stop_units or order.stop_units
    checks = _formal(state, wish, quantity)
    if order.id in engine.turning or order.id in engine.at_open:
        checks.append(Check(OPENING_WAITS, False, 1, 0, "flag"))
    if time_in_force:
        stays = time_in_force == order.time_in_force
        checks.append(Check(TIME_IN_FORCE_STAYS, stays, int(stays), 1, "flag"))
    hold = 0
    if passed(checks):
        rules, hold = _judged(engine, state, quantity, limit, stop)
        checks += rules
    approved = passed(checks)
    rows = [list(check.row()) for check in checks]
    here = state.stage == HELD
    judged = ModifyJudged(
        engine.now, order.id, approved, quantity, limit, stop, hold if approved else 0, rows, wish.reason
    )
    engine.emit(judged, outputs)
    if approved and not here:
        engine.emit(Replace(engine.now, order.id, quantity, limit, stop), outputs)
        _grow_exits(engine, order, quantity, outputs)
    return outputs


def _on_tick(order: Order, price: int, up: bool) -> int:
    """On the tick, away from the market it would cross."""
    tick = order.instrument.rules.tick
    return round_up(price, tick) if up else round_down(price, tick)


def _formal(state: OrderState, wish: Intent, quantity: int) -> list[Check]:
    """What the order itself allows."""
    order = state.order
    pending = state.replace in (SENT, UNKNOWN) or state.cancel in (SENT, UNKNOWN)
    limited, stopped = order.type in (LIMIT, STOP_LIMIT), order.type in (STOP, STOP_LIMIT)
    fits = (limited or not wish.limit_units) and (stopped or not wish.stop_units)
    fits = fits and not (order.size_ppm and wish.quantity)
    return [
        Check(REQUEST_PENDING, not pending, int(pending), 0, "flag"),
        Check(BELOW_FILLED, quantity > state.filled, quantity, state.filled, "size"),
        Check(TERMS_OF_TYPE, fits, int(fits), 1, "flag"),
    ]


def _judged(engine: Engine, state: OrderState, quantity: int, limit: int, stop: int) -> tuple[list[Check], int]:
    """The verdicts of the rules on what is left to fill at the new terms, its own hold let go of; and its new hold."""
    order = state.order
    book = engine.book(order.account, order.strategy, order.instrument)
    asked = order_from(list(order.row()), engine.instruments)
    asked.quantity, asked.limit_units, asked.stop_units = quantity - state.filled, limit, stop
    wish = Intent(order.id, order.account, order.strategy, order.instrument, order.side)
    wish.closing, wish.modifies = order.role != ENTRY, True
    if order.role != ENTRY:
        form = _waits(engine, state)
    else:
        form = quantity <= order.quantity and (limit, stop) == (order.limit_units, order.stop_units)
    own = [order.id]
    lifted = engine.holds.lift(own)
    proposal = engine.proposal_of(asked, wish, book)
    rules = [
        rule
        for rule in engine.rules_of(book)
        if rule.station != FILTER and rule.code not in _COUNTING
        if not form or rule.code in _FORM
    ]
    checks = judge(rules, proposal)
    if order.role != ENTRY and form and state.stage != HELD and quantity > order.quantity:
        # One that is held here goes with what there is to close then.
        left, room = quantity - state.filled, _room(engine, order)
        checks.append(Check("REDUCE_ONLY", left <= room, left, room, "size"))
    sliced = engine.parents.of.get(order.id)
    if sliced is not None and order.role == ENTRY:
        checks.append(engine.parents.check(order, sliced[4], 0, quantity, engine.orders))
    engine.holds.put_back(own, lifted)
    return checks, proposal.need or 0


def _waits(engine: Engine, state: OrderState) -> bool:
    """Whether an exit waits for fills of its parent, or for its price here: it has nothing to reduce yet."""
    parent = engine.orders.get(state.order.parent)
    return state.order.parent != "" and (state.stage == HELD or (parent is not None and parent.is_open()))


def _room(engine: Engine, order: Order) -> int:
    """Size counts that an exit which waits may come to close: what its opening has filled and may still fill, less what
    the opening's exits outside its group take."""
    parent = engine.orders.get(order.parent)
    taken: dict[str, int] = {}
    for id in engine.children.get(order.parent, ()):
        other = engine.orders.get(id)
        if other is not None and id != order.id and (order.group == "" or other.order.group != order.group):
            group = other.order.group or id
            taken[group] = max(taken.get(group, 0), other.remaining())
    return engine.unclosed(order.parent) + (0 if parent is None else parent.wanted()) - sum(taken.values())


def _grow_exits(engine: Engine, order: Order, quantity: int, outputs: list[Event]) -> None:
    """The exits at the venue of an opening that gets larger would leave the rest of it unguarded."""
    if quantity <= order.quantity:
        return
    for child in engine.children.get(order.id, ()):
        state = engine.orders.get(child)
        # One that ended a day ago is forgotten, and its opening may still work.
        if state is None or not state.is_open() or state.stage == HELD or state.replace in (SENT, UNKNOWN):
            continue
        exit = state.order
        if exit.quantity < quantity:
            engine.emit(Replace(engine.now, child, quantity, exit.limit_units, exit.stop_units), outputs)


def fold(engine: Blotter, judged: ModifyJudged) -> None:
    """An order held here has its new terms at once; the hold of an opening is enough for the dearer of both."""
    if not judged.approved:
        return
    state = engine.orders[judged.order_id]
    order = state.order
    if state.stage == HELD:
        order.quantity, order.limit_units, order.stop_units = judged.quantity, judged.limit_units, judged.stop_units
        return
    if order.role == ENTRY and judged.hold:
        engine.holds.raise_to(order.id, judged.hold, judged.quantity - state.filled)
