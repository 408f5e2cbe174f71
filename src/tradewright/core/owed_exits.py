"""Exits that ended and have not closed what they guarded: they come back for what of it is still held.

A close ends the exits that guard the same lots before its venue has taken it. Until it has filled they are owed. What
fills of closes is paid off, the oldest exit first, as lots are matched; so is what a new exit of the same kind guards.
Once a freed exit has ended, what nothing closes and no other exit guards is guarded by it again, by the same terms
under another id: at once for what stays when a part is closed, else when the close has ended with a rest. An exit that
was triggered takes the place of its pair in the same way.

An exit that its venue refuses, lets lapse or cancels without being asked to is lost, and a person hears of it. It is
owed from then on, at a growing pace, so that a venue that refuses it for good is not flooded; one that was cancelled
after a longer wait, since a person may have made room for an order by hand. What its pair at the venue has filled is
looked up first: a pair of which one has filled ends in the same way. A stop that the market has passed by then is
not placed again: what it guarded goes at the market. So it does at once where the market goes through the price of one
that was refused or lapsed while it waits; what somebody cancelled at the venue is theirs for half a minute.

An exit that was reached, or went out at the market, and ended with a rest is owed in the same way, and goes at the
market (`core.watchdog`). Where a close of its strategy has taken its lots by then, it waits for what that leaves.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from tradewright.core import watchdog
from tradewright.core.exits import adverse
from tradewright.core.holds import left
from tradewright.core.inquiries import NEVER_NS, SECOND_NS
from tradewright.core.life_cycle import (
    ENDED_CANCELLED,
    ENDED_EXPIRED,
    ENDED_NOT_FOUND,
    ENDED_REJECTED,
    NONE,
    REFUSED,
)
from tradewright.core.lost_exits import again, is_lost
from tradewright.core.watchdog import rest_of, unclosed_of
from tradewright.model.command import (
    BY_HAND,
    CLOSING,
    EXIT_OF_PART,
    NEVER_SENT,
    POSITION_WAS_SPLIT,
    SIBLING_TRIGGERED,
    STRATEGY,
    TARGET_WORKS,
    TIME_IS_OVER,
    TOO_LARGE,
    Cancel,
    Query,
)
from tradewright.model.control import ACTIVE, ESCALATED, RENEWED, RESTORED, Alarm, ExitMoved
from tradewright.model.market import Bar, MarketEvent
from tradewright.model.numbers import round_down
from tradewright.model.order import EXIT, MARKET, STOP_LOSS, TAKE_PROFIT, Order

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.orders import OrderState
    from tradewright.model.event import Event

PROTECTIVE = (STOP_LOSS, TAKE_PROFIT)
#: Why an exit is cancelled that another takes the place of, or has to.
MAKING_WAY = (CLOSING, TIME_IS_OVER, SIBLING_TRIGGERED, TARGET_WORKS, NEVER_SENT, TOO_LARGE)
#: Why one is cancelled that is not to come back.
WISHED = (STRATEGY, BY_HAND, POSITION_WAS_SPLIT)
#: Alarm: a close ended and left something open.
CLOSE_FAILED = "CLOSE_FAILED"
#: Alarm: an exit ended and nobody here had asked for it.
EXIT_LOST = "EXIT_LOST"
#: A lost exit is placed again after so long, by how often it was before.
PACE_NS = tuple(seconds * SECOND_NS for seconds in (1, 5, 10, 20, 40, 60))
#: One that was cancelled, at least.
CANCELLED_NS = 30 * SECOND_NS
#: An answer about its pair is waited for so long.
LOOK_UP_NS = 5 * SECOND_NS
#: One that has stood so long begins anew.
STOOD_NS = 60 * SECOND_NS
#: An opening that was not found is waited for so long.
MISSED_NS = 24 * 3_600 * SECOND_NS


class Owed:
    """What an exit that ended is to guard again: size counts. best: the best price it had seen, where it was held here.
    due: it is not placed again before, ns UTC, 0 = as soon as it is needed; tries: how often in a row; asked: its pair
    was looked up since; reached: it goes at the market."""

    __slots__ = ("size", "best", "due", "tries", "asked", "reached")

    def __init__(
        self, size: int, best: int = 0, due: int = 0, tries: int = 0, asked: bool = False, reached: bool = False
    ) -> None:
        self.size = size
        self.best = best
        self.due = due
        self.tries = tries
        self.asked = asked
        self.reached = reached

    def row(self) -> tuple[int, int, int, int, bool, bool]:
        return (self.size, self.best, self.due, self.tries, self.asked, self.reached)


# ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def freed(engine: Blotter, cancel: Cancel) -> None:
    """An exit is cancelled: where another takes its place, it is owed; where somebody wanted it gone, that is noted.
    Called before the cancel is folded."""
    state = engine.orders[cancel.order_id]
    order = state.order
    if cancel.code in WISHED and order.role in PROTECTIVE:
        engine.unwanted.add(order.id)
    if cancel.code not in MAKING_WAY or order.role not in PROTECTIVE:
        return
    size = unclosed_of(engine, state)
    if cancel.code == TOO_LARGE and not order.parent:
        size = min(size, room_of(engine, state))
    if size > 0:
        held = engine.exits.get(order.id)
        tries = engine.renewed.get(order.id, 0)
        # A target that does not let itself be cancelled is not asked for that with every price.
        due = engine.now + PACE_NS[min(tries, len(PACE_NS) - 1)] if cancel.code == TARGET_WORKS else 0
        best = held.best if held is not None else 0
        engine.owed[order.id] = Owed(size, best, due, tries, reached=order.type == MARKET)


def ended(engine: Blotter, state: OrderState, asked: bool) -> str:
    """An exit has ended just now; asked: its end was asked for here. One that was not is owed, and so is one that was
    reached. What a person should hear, "" = nothing."""
    order = state.order
    tries = engine.renewed.pop(order.id, 0)
    lost = state.stage in (ENDED_REJECTED, ENDED_EXPIRED, ENDED_CANCELLED) and not asked
    size = unclosed_of(engine, state)
    opens = _opens(engine, order)
    reached = size > 0 and watchdog.was_reached(engine, state)
    if reached:
        engine.owed[order.id] = Owed(size, 0, watchdog.next_try(engine, state), reached=True)
    if order.role not in PROTECTIVE or not lost or (size <= 0 and not opens):
        return ""
    if order.type != MARKET and not reached:
        if engine.now - order.time >= STOOD_NS:
            tries = 0
        wait = PACE_NS[min(tries, len(PACE_NS) - 1)]
        pair = _working_pair(engine, order)
        if state.stage == ENDED_CANCELLED and not pair:
            wait = max(wait, CANCELLED_NS)
        engine.owed[order.id] = Owed(size, 0, engine.now + wait, tries)
        if pair:
            return ""
    return said_of(engine, state) if opens or rest_of(engine, state) > 0 else ""


def ended_here(engine: Blotter, state: OrderState) -> None:
    """What was to go at the market waited for another of its pair, which then did not end: it goes when there is room,
    at a growing pace."""
    order, size = state.order, unclosed_of(engine, state)
    protects = order.type == MARKET and order.role in PROTECTIVE
    if protects and size > 0 and not linked(engine, order):
        engine.owed[order.id] = Owed(size, 0, engine.now + watchdog.pace_of(engine, order), reached=True)


def room_of(engine: Blotter, state: OrderState) -> int:
    """Size counts that an exit could close of what others leave it."""
    order = state.order
    book = engine.book(order.account, order.strategy, order.instrument)
    own = 0 if order.group else book.exits[order.id].remaining
    return left(book, order.side, order.lot, order.group) + own


def _awaited(engine: Blotter, order: Order) -> int:
    """Size counts that the opening which an exit belongs to may still fill."""
    parent = engine.orders.get(order.parent)
    return parent.remaining() if parent is not None else 0


def _parted(engine: Blotter, order: Order) -> bool:
    """Whether some of what its opening filled closed the other side, or was closed by others than its exits: a venue
    that links them does not know of it, and would let an exit close as much more."""
    if order.parent == "" or not engine.accounts[order.account].terms.native_exits:
        return False
    lots = engine.book(order.account, order.strategy, order.instrument).lots
    return sum([lot.size for lot in lots if lot.order_id == order.parent]) < engine.unclosed(order.parent)


def _opens(engine: Blotter, order: Order) -> bool:
    """Whether that opening may still fill: also one that was not found, for a while."""
    parent = engine.orders.get(order.parent)
    missed = parent is not None and parent.stage == ENDED_NOT_FOUND and engine.now - parent.time_ended < MISSED_NS
    return missed or _awaited(engine, order) > 0


def said_of(engine: Blotter, state: OrderState) -> str:
    """That an exit is lost, for a person."""
    order = state.order
    why = ", ".join(part for part in (state.code, state.text) if part)
    what = order.role.replace("_", "-")
    text = f"{order.id}, a {what} of {order.account} in {order.instrument.symbol}, ended as {state.status}"
    return f"{text}{f' ({why})' if why else ''} and nobody here asked for it: what it guarded is placed again or closed"


def bared(engine: Blotter, parent: OrderState, filled: int) -> None:
    """An opening has filled whose exits may all have ended by then, or be about to, for a close or with a fill of their
    own: on its way out, beyond its size, or late; or those that came back are too small, since others had closed the
    rest. The newest such exit of each kind is owed for what it filled just now, where that opened something. Exits that
    grow with it need nothing."""
    guard = engine.guards.get(parent.order.id)
    grows = guard is not None and guard.parted > 0
    children = [engine.orders[id] for id in engine.children[parent.order.id] if id in engine.orders]
    for role in PROTECTIVE:
        kind = [child for child in children if child.order.role == role]
        works = [child for child in kind if child.is_open() and child.cancel in (NONE, REFUSED)]
        gone = [child for child in kind if child not in works]
        if not gone or (works and grows) or any(child.order.id in engine.owed for child in kind):
            continue
        newest = gone[-1].order
        if newest.id not in engine.unwanted and not all(map(is_lost, kind)):
            size = min(filled, _unclosed(engine, newest) - sum([child.remaining() for child in works]))
            if size > 0:
                engine.owed[newest.id] = Owed(size, 0, engine.now, reached=newest.type == MARKET)


def told(engine: Blotter, state: OrderState, filled: int) -> None:
    """A report was folded: filled are size counts that are new."""
    order = state.order
    if filled:
        for child in engine.children.get(order.id, ()):
            if child in engine.owed:
                engine.owed[child].size += filled
        if order.role == EXIT:
            for role in PROTECTIVE:
                _pay(engine, _against(engine, order, role), filled)
        for id in linked(engine, order) if order.role in PROTECTIVE or order.id in engine.owed else ():
            # What an order at the market took over from one that was reached is owed by nobody else.
            if id == order.id or order.type != MARKET or not engine.owed[id].reached:
                engine.owed[id].size -= filled
    for id in linked(engine, order) if not state.queried else ():
        owed = engine.owed[id]
        if owed.asked and not any(other.queried for other in _working_pair(engine, engine.orders[id].order)):
            owed.due = min(owed.due, engine.now)  # its pair was looked up, and this is the last answer
    for id in list(engine.owed):
        freed_state = engine.orders[id]
        owed = engine.owed[id]
        if _same_book(freed_state.order, order):
            owed.size = min(owed.size, _unclosed(engine, freed_state.order))
        # One whose cancel was refused, or never got there, guards on.
        spent = owed.size <= 0 and not (owed.due and _opens(engine, freed_state.order))
        if spent or (freed_state.is_open() and freed_state.cancel in (NONE, REFUSED)):
            del engine.owed[id]


def moved(engine: Blotter, event: Event) -> None:
    """What an exit left goes at the market, as far as there is room for it; the rest waits for more."""
    if not isinstance(event, ExitMoved) or event.code != ESCALATED:
        return
    order, owed = engine.orders[event.order_id].order, engine.owed.get(event.order_id)
    if order.type == MARKET:
        name = watchdog.book_of(order)
        engine.renewed[name] = engine.renewed.get(name, 0) + 1
    if owed is None:
        return  # a record of before debts were kept for what was reached
    owed.size -= _size(engine, order.id)
    owed.due, owed.reached = 0, True
    if owed.size < order.instrument.rules.step:
        del engine.owed[order.id]


def guarded_by(engine: Blotter, exit: Order) -> None:
    """An exit was decided: what it guards is not owed any more, of its own terms first. One at the market guards
    nothing; what it fills is paid off."""
    if exit.role not in PROTECTIVE or exit.type == MARKET:
        return
    ids = [
        id
        for id in _against(engine, exit, exit.role)
        if engine.orders[id].order.parent == exit.parent or not exit.parent
    ]
    ids.sort(key=lambda id: _terms(engine.orders[id].order) != _terms(exit))
    _pay(engine, ids, exit.quantity)
    tries = [engine.owed[id].tries for id in ids if engine.owed[id].due]
    if tries:
        engine.renewed[exit.id] = max(tries) + 1
    for id in ids:
        if engine.owed[id].size <= 0:
            del engine.owed[id]


def looked_up(engine: Blotter, order: Order) -> None:
    """Its venue is asked about an order: lost exits of its pair wait for the answer."""
    for id in linked(engine, order):
        owed = engine.owed[id]
        if owed.due and not owed.reached:
            owed.asked, owed.due = True, engine.now + LOOK_UP_NS


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


def linked(engine: Blotter, order: Order) -> list[str]:
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


def _unclosed(engine: Blotter, order: Order) -> int:
    """Of that, what its opening has opened."""
    there = _there(engine, order)
    return min(there, engine.unclosed(order.parent)) if order.parent else there


def _working_pair(engine: Blotter, order: Order) -> list[OrderState]:
    """The other exits of its pair that work at a venue which links them itself."""
    if not engine.accounts[order.account].terms.native_exits:
        return []
    holds = engine.book(order.account, order.strategy, order.instrument).exits.values()
    pair = [hold.order.id for hold in holds if hold.order.id != order.id and _paired(hold.order, order)]
    return [engine.orders[id] for id in pair if id not in engine.exits]


def next_end(engine: Blotter) -> int:
    """When a lost exit is placed again next; NEVER_NS: none is lost."""
    return min([owed.due for owed in engine.owed.values() if owed.due > engine.now], default=NEVER_NS)


# ── what is said ───────────────────────────────────────────────────────────────────────────────────────────────────


def failed(engine: Blotter, state: OrderState, asked: bool, overtime: bool) -> str:
    """What a person should hear of a close that has ended just now, "" = nothing. asked: its end was asked for here;
    overtime: the time of what it was to close is over. Of any other close that took no exit's place its strategy hears,
    and nobody else as long as it may trade."""
    order = state.order
    took = overtime or any(_against(engine, order, role) for role in PROTECTIVE)
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


def give_back(engine: Engine, event: Event) -> list[Event]:
    """Place anew the exits that have ended for a close, for what it does not close, and those that were lost; what was
    reached goes at the market. Applied outputs."""
    outputs: list[Event] = []
    quiet = isinstance(event, MarketEvent) and engine.moves == engine.settled_moves
    before, engine.settled_at = engine.settled_at, engine.now
    for id in list(engine.owed):
        if id not in engine.owed or engine.orders[id].is_open():
            continue
        if quiet and not _concerns(engine, id, event, before):
            continue
        pair = [one for one in linked(engine, engine.orders[id].order) if not engine.orders[one].is_open()]
        sizes = [(one, size) for one in pair if (size := _placed(engine, one)) > 0]
        reached = [one for one, _ in sizes if engine.owed[one].reached and engine.owed[one].due <= engine.now]
        if reached:
            _close(engine, engine.orders[reached[0]], outputs)
            continue
        waits = any(engine.owed[one].due > engine.now for one in pair)
        if waits and not any(_overrun(engine, one, event) for one, _ in sizes):
            continue
        lost = [engine.orders[one] for one, _ in sizes if engine.owed[one].due]
        if lost and _unclear(engine, lost[0], outputs):
            continue
        passed = [state for state in lost if _size(engine, state.order.id) > 0 and _passed(engine, state, event)]
        if passed:
            _close(engine, passed[0], outputs)
        else:
            for part in _pairs([(engine.orders[one], size, engine.owed[one]) for one, size in sizes]):
                _place(engine, part, outputs)
    # What was done now may let more be done.
    engine.settled_moves = -1 if outputs else engine.moves
    return outputs


def _concerns(engine: Engine, id: str, event: Event, before: int) -> bool:
    """Whether a price, or the time since the last look, may change what becomes of an owed exit. Nothing else does
    while no order and no book has moved."""
    order, due = engine.orders[id].order, engine.owed[id].due
    its = isinstance(event, MarketEvent) and event.instrument.index == order.instrument.index
    return its or before < due <= engine.now


def _pairs(lost: list[tuple[OrderState, int, Owed]]) -> list[list[tuple[OrderState, int, Owed]]]:
    """What is owed in several parts comes back as several pairs: four exits of one group no venue links, and a fill of
    one would end the stop of what the others guard."""
    kinds = [sorted([one for one in lost if one[0].order.role == role], key=lambda one: one[1]) for role in PROTECTIVE]
    return [[one for one in pair if one is not None] for pair in zip_longest(*kinds)]


def _unclear(engine: Engine, state: OrderState, outputs: list[Event]) -> bool:
    """Whether its pair, which may have filled, has still to be looked up; if so, it is. What it finds is an alarm, as
    it was not clear before that anything is left."""
    pair = _working_pair(engine, state.order)
    owed = engine.owed[state.order.id]
    if not pair or (owed.asked and not any(other.queried for other in pair)):
        if owed.asked:
            engine.emit(Alarm(engine.now, EXIT_LOST, state.order.id, said_of(engine, state)), outputs)
        return False
    for other in pair:
        engine.emit(Query(engine.now, other.order.id), outputs)
    return True


def _passed(engine: Engine, state: OrderState, event: Event) -> bool:
    """Whether the market stands beyond a stop that ended, so that its venue would not take it, or went there since, as
    this event shows; one held here sees for itself."""
    order = state.order
    mark, side = engine.marks.marks[order.instrument.index], order.side
    its = isinstance(event, MarketEvent) and event.instrument.index == order.instrument.index
    if isinstance(event, Bar) and event.time_open < state.time_ended:
        its = False  # its extremes may be those of before
    price = adverse(event, mark, side) if its else mark.reference(side)
    here = engine.held_here(order)
    return not here and order.stop_units > 0 and price > 0 and side * (price - order.stop_units) >= 0


def _overrun(engine: Engine, id: str, event: Event) -> bool:
    """Whether the market goes through a stop that waits for its pace, and for nothing else."""
    state, owed = engine.orders[id], engine.owed[id]
    paced = state.stage in (ENDED_REJECTED, ENDED_EXPIRED) and not owed.asked and not owed.reached
    return paced and _passed(engine, state, event)


def _close(engine: Engine, state: OrderState, outputs: list[Event]) -> None:
    """What a stop left goes at the market; the other exit of its pair ends, and what would still be opened."""
    order = state.order
    size = _size(engine, order.id)
    engine.emit(ExitMoved(engine.now, order.id, order.id, order.stop_units, 0, 0, ESCALATED), outputs)
    outputs += engine.cancel(order.parent, EXIT_OF_PART)
    watchdog.go_at_market(engine, order, size, f"{order.id} was reached and did not fill in time", outputs)


def _size(engine: Blotter, id: str) -> int:
    """Size counts that a freed exit has to guard now, or to close where it was reached; 0 = none, or fewer than its
    venue takes."""
    return round_down(_free(engine, id), engine.orders[id].order.instrument.rules.step)


def _placed(engine: Blotter, id: str) -> int:
    """The size in which it is placed again."""
    order = engine.orders[id].order
    of_lot = order.lot and order.type != MARKET and engine.accounts[order.account].terms.native_exits
    if not of_lot or engine.owed[id].reached:
        return _size(engine, id)
    return _there(engine, order) if _free(engine, id) > 0 and not _has_one(engine, order) else 0


def _free(engine: Blotter, id: str) -> int:
    """What of the debt nobody guards and nobody closes."""
    owed, order = engine.owed[id], engine.orders[id].order
    pair, here = _standing(engine, order)
    book = engine.book(order.account, order.strategy, order.instrument)
    room = min(_unclosed(engine, order), left(book, order.side, order.lot, order.group)) - pair
    if not owed.reached:
        # What is held here guards its part of the opening, and takes nothing from what is left to close.
        room -= here
    return max(0, min(owed.size - _being_closed(engine, order), room))


def _has_one(engine: Blotter, order: Order) -> bool:
    """Whether a lot has an exit of a kind that belongs to it. One that does names no size and closes all of the lot, so
    that it can guard no part, and steps that have grown since do not stand in its way."""
    holds = engine.book(order.account, order.strategy, order.instrument).exits.values()
    return any(_guards_the_same(hold.order, order) and hold.order.id != order.id for hold in holds)


def _being_closed(engine: Blotter, order: Order) -> int:
    """Size counts of what an exit is owed for that closes may still take: those at work, and those that wait here. One
    that was reached waits for no price, and what others of its pair took to the market is not its own any more."""
    closing = triggered = 0
    reached = engine.owed[order.id].reached
    for hold in engine.book(order.account, order.strategy, order.instrument).exits.values():
        other = hold.order
        at_market = other.type == MARKET
        if other.role == EXIT and other.side == order.side and (not order.lot or other.lot in ("", order.lot)):
            closing += engine.orders[other.id].remaining() if at_market or not reached else 0
        elif _paired(other, order) and at_market and not reached:
            triggered += engine.orders[other.id].remaining()
    for id in _against(engine, order, order.role):
        if id == order.id:
            break
        closing -= min(closing, engine.owed[id].size)
    for id in engine.owed if not reached else ():
        # What is left of its stop goes at the market.
        other_state = engine.orders[id]
        if engine.owed[id].reached and _paired(other_state.order, order) and not other_state.is_open():
            triggered += engine.owed[id].size
    return min(closing + triggered, engine.owed[order.id].size)


def _standing(engine: Blotter, order: Order) -> tuple[int, int]:
    """Size counts that other exits of its kind guard and that are still left to close: those of its group, of which
    each fills the other's place, and those of the same opening that are held here and have nobody of theirs at the
    venue."""
    pair = here = 0
    holds = engine.book(order.account, order.strategy, order.instrument).exits.values()
    at_venue = {hold.order.group for hold in holds if hold.remaining}
    for hold in holds:
        other = hold.order
        if other.role == order.role and _paired(other, order):
            pair += engine.orders[other.id].remaining()
        elif other.id in engine.exits and _guards_the_same(other, order) and (other.group or other.id) not in at_venue:
            here += engine.orders[other.id].remaining()
    return pair, here


def _guards_the_same(one: Order, other: Order) -> bool:
    return (one.side, one.role, one.lot, one.parent) == (other.side, other.role, other.lot, other.parent)


def _place(engine: Engine, lost: list[tuple[OrderState, int, Owed]], outputs: list[Event]) -> None:
    first = lost[0][0].order
    book = engine.book(first.account, first.strategy, first.instrument)
    roles = [state.order.role for state, _, _ in lost]
    taken = [hold for hold in book.exits.values() if _paired(hold.order, first) and hold.order.role in roles]
    group = first.group
    if taken:
        # Those of the pair that guard another part of it would end these with their own fill.
        group = f"{first.id}-{engine.decision_count + 1}" if len(lost) > 1 else ""
    orders: list[Order] = []
    for state, size, owed in lost:
        # What its opening fills from now on is guarded by it as well, or by growing with it.
        more = _awaited(engine, state.order) if owed.due and not _parted(engine, state.order) else 0
        orders.append(again(engine, state, size + more, group))
    text = f"what {' and '.join([state.order.id for state, _, _ in lost])} guarded is still open"
    engine.place_exits(orders, text, outputs)
    for (state, _, owed), order in zip(lost, orders, strict=True):
        code = RENEWED if owed.due else RESTORED
        engine.emit(ExitMoved(engine.now, state.order.id, order.id, order.stop_units, owed.best, 0, code), outputs)
