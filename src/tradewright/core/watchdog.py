"""The watchdog: a stop that was reached and has not filled within its time becomes a market order.

`stopFillSeconds` of a scope that it lies in switches it on, the shortest of several; what went out at the market and
ended with a rest is followed by another with and without it. A stop counts as reached when its
venue says that it triggered, or as long as the market stands beyond it. What is over its time is cancelled first, and
what is left of it goes at the market when the venue has said that it ended: so nothing is closed twice. A request that
nobody answers, and a market order that does not fill, are looked up each time that span is over; a market order that
its venue refuses, or gives up with a rest, is followed by one for what is left when it is. The clock is the engine's:
any event moves it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewright.core.exits import adverse
from tradewright.core.holds import left
from tradewright.core.inquiries import NEVER_NS, SECOND_NS
from tradewright.core.life_cycle import ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED, NONE, REFUSED
from tradewright.model.command import SIBLING_TRIGGERED, STOP_UNFILLED, Cancel, Command, Query
from tradewright.model.control import ESCALATED, ExitMoved
from tradewright.model.event import SUBMIT, TRIGGERED, Event
from tradewright.model.intent import Intent
from tradewright.model.market import MarketEvent
from tradewright.model.order import MARKET, STOP_LOSS, Order
from tradewright.model.report import Report

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.orders import OrderState

LIMIT_NAME = "stopFillSeconds"
#: Between a market order that its venue refused and the next, by how many were refused before; the limit, if longer.
AGAIN_NS = tuple(seconds * SECOND_NS for seconds in (5, 10, 20, 40, 60))


class Watched:
    """One exit that may have to be helped. since: when it was reached, or asked after last, ns UTC; 0 = not reached.
    triggered: its venue said so, and no price takes that back. escalated: its end was asked for here."""

    __slots__ = ("since", "triggered", "escalated")

    def __init__(self, since: int = 0, triggered: bool = False, escalated: bool = False) -> None:
        self.since = since
        self.triggered = triggered
        self.escalated = escalated

    def row(self) -> tuple[int, bool, bool]:
        return (self.since, self.triggered, self.escalated)


# ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def fold(engine: Blotter, event: Event) -> None:
    """What an event means to the exits that are watched: called by `Blotter.apply`, after the books."""
    if isinstance(event, MarketEvent):
        _see(engine, event)
    elif isinstance(event, Report):
        watched = engine.stops.get(event.order_id)
        if watched is not None and event.kind == TRIGGERED and not watched.triggered:
            watched.since, watched.triggered = watched.since or engine.now, True
        if watched is not None and not (engine.orders[event.order_id].is_open() or owes(engine, event.order_id)):
            del engine.stops[event.order_id]
            engine.renewed.pop(_book_of(engine.orders[event.order_id].order), None)
    elif isinstance(event, ExitMoved):
        if event.code == ESCALATED:
            engine.stops.pop(event.order_id, None)
            engine.owed.pop(event.order_id, None)
            order = engine.orders[event.order_id].order
            if order.type == MARKET:
                engine.renewed[_book_of(order)] = engine.renewed.get(_book_of(order), 0) + 1
    elif isinstance(event, Command):
        _ask(engine, event)


def _ask(engine: Blotter, command: Command) -> None:
    """A new exit that stops a loss is watched; a request starts the clock anew."""
    if command.kind == SUBMIT:
        order = engine.orders[command.order_id].order
        at_market = order.type == MARKET
        if at_market or engine.gate.least(engine.book(order.account, order.strategy, order.instrument), LIMIT_NAME):
            engine.stops[order.id] = Watched(engine.now if at_market else 0, at_market)
        return
    watched = engine.stops.get(command.order_id)
    if watched is None or not watched.since:
        return
    if isinstance(command, Cancel) and command.code == STOP_UNFILLED:
        watched.since, watched.escalated = engine.now, True
    elif isinstance(command, Cancel) and engine.orders[command.order_id].order.type == MARKET:
        watched.since = 0  # what is left of it is not wanted any more
    elif isinstance(command, Query):
        watched.since = engine.now


def _see(engine: Blotter, event: MarketEvent) -> None:
    """Where the market stands beyond a stop, its time runs; where it comes back before the venue triggered it, not."""
    for order_id, watched in engine.stops.items():
        order = engine.orders[order_id].order
        if watched.triggered or watched.escalated or order.stop_units == 0:
            continue
        if order.instrument.index != event.instrument.index:
            continue
        hold = engine.holds.holds.get(order_id)
        price = adverse(event, engine.marks.marks[order.instrument.index], order.side)
        through = price > 0 and order.side * (price - order.stop_units) >= 0
        if not through or hold is None or hold.remaining == 0:
            watched.since = 0
        elif not watched.since:
            watched.since = engine.now


def owes(engine: Blotter, order_id: str) -> bool:
    """Whether an exit that ended leaves something to be closed at the market: its end was asked for here, or its venue
    refused it or let it lapse although it was reached, or gave up one at the market for want of somebody to fill it."""
    watched, state = engine.stops.get(order_id), engine.orders[order_id]
    if watched is None:
        return False
    given_up = state.stage == ENDED_CANCELLED and state.order.type == MARKET
    lapsed = watched.since > 0 and (given_up or state.stage in (ENDED_EXPIRED, ENDED_REJECTED))
    return (watched.escalated or lapsed) and rest_of(engine, state) > 0


def rest_of(engine: Blotter, state: OrderState) -> int:
    """Size counts an exit that ended has not closed, of what is there and not being closed by another."""
    order = state.order
    rest = order.quantity - state.filled
    if order.parent:
        rest = min(rest, engine.unclosed(order.parent))
    book = engine.book(order.account, order.strategy, order.instrument)
    return max(0, min(rest, left(book, order.side, order.lot, order.group)))


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def tend(engine: Engine) -> list[Event]:
    """Ask for the end of exits whose time is over, and close what those left that have ended. Applied outputs."""
    outputs: list[Event] = []
    for order_id in list(engine.stops):
        watched = engine.stops.get(order_id)
        if watched is None:
            continue
        state = engine.orders[order_id]
        young = not watched.since or engine.now - watched.since < _patience(engine, state)
        # What is left of an order at the market waits: where nothing was to be had, asking at once finds nothing.
        if not state.is_open() and not (young and state.order.type == MARKET):
            close(engine, state, outputs)
            continue
        if young:
            continue
        if state.order.type == MARKET or state.cancel not in (NONE, REFUSED):
            engine.emit(Query(engine.now, order_id), outputs)
        else:
            outputs += engine.cancel(order_id, STOP_UNFILLED)
    return outputs


def next_end(engine: Blotter) -> int:
    """When the time of the next one is over; NEVER_NS: of none."""
    reached = [(watched.since, engine.orders[id]) for id, watched in engine.stops.items() if watched.since]
    ends = [since + _patience(engine, state) for since, state in reached]
    return min([end for end in ends if end > engine.now], default=NEVER_NS)


def _patience(engine: Blotter, state: OrderState) -> int:
    """How long an exit that was reached may take, ns; without a limit, or where it was taken off, one that works is
    left alone."""
    order = state.order
    limit: int = engine.gate.least(engine.book(order.account, order.strategy, order.instrument), LIMIT_NAME)
    if state.is_open():
        return limit or NEVER_NS - engine.now
    tries = engine.renewed.get(_book_of(order), 0)
    pace = AGAIN_NS[min(tries, len(AGAIN_NS) - 1)]
    return max(limit, pace) if tries else limit or pace


def _book_of(order: Order) -> str:
    """Under which name refused market orders of one side of a book are counted."""
    return f"{order.account}/{order.strategy}/{order.instrument.symbol}/{order.side}"


def close(engine: Engine, state: OrderState, outputs: list[Event]) -> None:
    """What a stop left goes at the market; the other exit of its pair ends."""
    order = state.order
    rest = rest_of(engine, state)
    engine.emit(ExitMoved(engine.now, order.id, order.id, order.stop_units, 0, 0, ESCALATED), outputs)
    if rest == 0:
        return
    go_at_market(engine, order, rest, f"{order.id} was reached and did not fill in time", outputs)


def go_at_market(engine: Engine, order: Order, quantity: int, reason: str, outputs: list[Event]) -> None:
    """What a stop guards goes at the market; the other exits of its pair end."""
    book = engine.book(order.account, order.strategy, order.instrument)
    for hold in list(book.exits.values()):
        if order.group and hold.order.group == order.group and hold.order.id != order.id:
            outputs += engine.cancel(hold.order.id, SIBLING_TRIGGERED)
    wish = Intent(engine.next_order_id(order.account), order.account, order.strategy, order.instrument, order.side)
    wish.closing, wish.role, wish.lot, wish.quantity = True, STOP_LOSS, order.lot, quantity
    wish.group, wish.reason = order.group, reason
    outputs += engine.judge_part(wish)


def watched_from(row: list[Any]) -> Watched:
    """From its row."""
    return Watched(*row)
