"""Exits whose place a close took: they come back for whatever it does not close.

A close ends the exits that guard the same lots before its venue has taken it. Until it has filled they are owed. What
fills of closes is paid off, the oldest exit first, as lots are matched; so is what a new exit of the same kind guards.
Once a freed exit has ended, what nothing closes and no other exit guards is guarded by it again, by the same terms
under another id: at once for what stays when a part is closed, else when the close has ended with a rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core.life_cycle import ENDED_NOT_FOUND, ENDED_REJECTED, NONE, REFUSED
from tradewright.core.lost_exits import again
from tradewright.core.watchdog import rest_of
from tradewright.model.command import CLOSING, TIME_IS_OVER, Cancel
from tradewright.model.control import ACTIVE, RESTORED, ExitMoved
from tradewright.model.numbers import round_down
from tradewright.model.order import EXIT, MARKET, STOP_LOSS, TAKE_PROFIT, Order

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.orders import OrderState
    from tradewright.model.event import Event

PROTECTIVE = (STOP_LOSS, TAKE_PROFIT)
#: Alarm: a close ended and left something open.
CLOSE_FAILED = "CLOSE_FAILED"


class Owed:
    """What a freed exit is to guard again: size counts. best: the best price it had seen, where it was held here."""

    __slots__ = ("size", "best")

    def __init__(self, size: int, best: int = 0) -> None:
        self.size = size
        self.best = best

    def row(self) -> tuple[int, int]:
        return (self.size, self.best)


# ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def freed(engine: Blotter, cancel: Cancel) -> None:
    """An exit is cancelled: for a close, it is owed. Called before the cancel is folded."""
    state = engine.orders[cancel.order_id]
    order = state.order
    if cancel.code not in (CLOSING, TIME_IS_OVER) or order.role not in PROTECTIVE or order.type == MARKET:
        return
    size = min(state.remaining(), _there(engine, order))
    if order.parent:
        size = min(size, _opened(engine, order.parent))
    if size > 0:
        held = engine.exits.get(order.id)
        engine.owed[order.id] = Owed(size, held.best if held is not None else 0)


def told(engine: Blotter, state: OrderState, filled: int) -> None:
    """A report was folded: filled are size counts that are new."""
    order = state.order
    if filled:
        for child in engine.children.get(order.id, ()):
            if child in engine.owed:
                engine.owed[child].size += filled
        if order.id in engine.owed:
            for id in _linked(engine, order):
                engine.owed[id].size -= filled
        elif order.role == EXIT:
            for role in PROTECTIVE:
                _pay(engine, _against(engine, order, role), filled)
    for id in list(engine.owed):
        freed_state = engine.orders[id]
        owed = engine.owed[id]
        if _same_book(freed_state.order, order):
            owed.size = min(owed.size, _there(engine, freed_state.order))
        # One whose cancel was refused, or never got there, guards on.
        if owed.size <= 0 or (freed_state.is_open() and freed_state.cancel in (NONE, REFUSED)):
            del engine.owed[id]


def guarded_by(engine: Blotter, exit: Order) -> None:
    """An exit was decided: what it guards is not owed any more, of its own terms first."""
    if exit.role not in PROTECTIVE:
        return
    ids = [
        id
        for id in _against(engine, exit, exit.role)
        if engine.orders[id].order.parent == exit.parent or not exit.parent
    ]
    ids.sort(key=lambda id: _terms(engine.orders[id].order) != _terms(exit))
    _pay(engine, ids, exit.quantity)
    for id in ids:
        if engine.owed[id].size <= 0:
            del engine.owed[id]


def _pay(engine: Blotter, ids: list[str], counts: int) -> None:
    for id in ids:
        paid = min(counts, engine.owed[id].size)
        engine.owed[id].size -= paid
        counts -= paid


def _against(engine: Blotter, order: Order, role: str) -> list[str]:
    """Ids of the owed exits of a role that would close the same as an order, the oldest first."""
    found: list[str] = []
    for id in engine.owed:
        other = engine.orders[id].order
        lots = other.lot == order.lot or not other.lot or not order.lot
        if other.role == role and other.side == order.side and lots and _same_book(other, order):
            found.append(id)
    return found


def _linked(engine: Blotter, order: Order) -> list[str]:
    """Ids of an owed exit and of the owed ones of its pair."""
    return [id for id in engine.owed if id == order.id or _paired(engine.orders[id].order, order)]


def _paired(one: Order, other: Order) -> bool:
    return one.group == other.group != "" and _same_book(one, other)


def _same_book(one: Order, other: Order) -> bool:
    return (one.account, one.strategy, one.instrument.index) == (other.account, other.strategy, other.instrument.index)


def _terms(order: Order) -> tuple[object, ...]:
    return (order.parent, order.group, order.lot, order.type, order.limit_units, order.stop_units)


def _there(engine: Blotter, order: Order) -> int:
    """Size counts that an exit could close, whoever else would."""
    return engine.book(order.account, order.strategy, order.instrument).closable(order.side, order.lot)


def _opened(engine: Blotter, parent_id: str) -> int:
    """What an opening has filled, less what its exits have closed of it."""
    parent = engine.orders.get(parent_id)
    closed = [engine.orders[id].filled for id in engine.children.get(parent_id, ()) if id in engine.orders]
    return 0 if parent is None else parent.filled - sum(closed)


# ── what is said ───────────────────────────────────────────────────────────────────────────────────────────────────


def failed(engine: Blotter, state: OrderState, asked: bool) -> str:
    """What a person should hear of a close that has ended just now, "" = nothing. asked: its end was asked for here.
    Of a close that took no exit's place its strategy hears, and nobody else as long as it may trade."""
    order = state.order
    took = any(_against(engine, order, role) for role in PROTECTIVE)
    if not took and engine.trading_state(order.account, order.strategy, order.instrument.symbol) == ACTIVE:
        return ""
    gave_up = order.type == MARKET and not asked and state.filled < order.quantity
    if order.role != EXIT or not (gave_up or state.stage in (ENDED_REJECTED, ENDED_NOT_FOUND)):
        return ""
    rest = min(order.quantity - state.filled, _there(engine, order))
    if rest <= 0:
        return ""
    why = f"{state.status} ({state.code})" if state.code else state.status
    return f"{order.id}, which was to close {order.quantity}, ended as {why}: {rest} of it stay open"


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def give_back(engine: Engine) -> list[Event]:
    """Place anew the exits that have ended for a close, for what it does not close. Applied outputs."""
    outputs: list[Event] = []
    for id in list(engine.owed):
        if id not in engine.owed or engine.orders[id].is_open():
            continue
        pair = [one for one in _linked(engine, engine.orders[id].order) if not engine.orders[one].is_open()]
        sizes = [(one, _size(engine, one)) for one in pair]
        placed = [(engine.orders[one], size, engine.owed[one].best) for one, size in sizes if size > 0]
        if placed:
            _place(engine, placed, outputs)
    return outputs


def _size(engine: Engine, id: str) -> int:
    """Size counts that a freed exit has to guard now; 0 = none, or fewer than its venue takes."""
    state = engine.orders[id]
    order = state.order
    free = min(
        engine.owed[id].size - _being_closed(engine, order),
        rest_of(engine, state) - _guarded_by_its_pair(engine, order),
    )
    return max(0, round_down(free, order.instrument.rules.step))


def _being_closed(engine: Engine, order: Order) -> int:
    """Size counts of what an exit is owed for that closes may still take: those at work, and those that wait here."""
    closing = 0
    for hold in engine.book(order.account, order.strategy, order.instrument).exits.values():
        other = hold.order
        if other.role == EXIT and other.side == order.side and (not order.lot or other.lot in ("", order.lot)):
            closing += engine.orders[other.id].remaining()
    for id in _against(engine, order, order.role):
        if id == order.id:
            break
        closing -= min(closing, engine.owed[id].size)
    return min(closing, engine.owed[order.id].size)


def _guarded_by_its_pair(engine: Engine, order: Order) -> int:
    """Size counts that have been given back under the same group already: of one, each fills the other's place."""
    guarded = 0
    for hold in engine.book(order.account, order.strategy, order.instrument).exits.values():
        if hold.order.role == order.role and _paired(hold.order, order):
            guarded += engine.orders[hold.order.id].remaining()
    return guarded


def _place(engine: Engine, lost: list[tuple[OrderState, int, int]], outputs: list[Event]) -> None:
    first = lost[0][0].order
    book = engine.book(first.account, first.strategy, first.instrument)
    roles = [state.order.role for state, _, _ in lost]
    taken = [hold for hold in book.exits.values() if _paired(hold.order, first) and hold.order.role in roles]
    group = first.group
    if taken:
        # Those of the pair that guard another part of it would end these with their own fill.
        group = f"{first.id}-{engine.decision_count + 1}" if len(lost) > 1 else ""
    orders: list[Order] = []
    for state, size, _ in lost:
        orders.append(again(engine, state, size, group))
    text = f"what {' and '.join([state.order.id for state, _, _ in lost])} guarded is still open"
    engine.place_exits(orders, text, outputs)
    for (state, _, best), order in zip(lost, orders, strict=True):
        engine.emit(ExitMoved(engine.now, state.order.id, order.id, order.stop_units, best, 0, RESTORED), outputs)
