"""The watchdog: a stop that was reached and has not filled within its time becomes a market order.

`stopFillSeconds` of a scope that it lies in switches it on, the shortest of several; what went out at the market and
ended with a rest is followed by another with and without it. A stop counts as reached when its
venue says that it triggered, or as long as the market stands beyond it. What is over its time is cancelled first, and
what is left of it goes at the market when the venue has said that it ended (`core.owed_exits`): so nothing is closed
twice. A request that nobody answers, and a market order that does not fill, are looked up each time that span is over;
a market order that its venue refuses, or gives up with a rest, is followed by one for what is left when it is. The
clock is the engine's: any event moves it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewright.core.exits import adverse
from tradewright.core.holds import left
from tradewright.core.inquiries import NEVER_NS, SECOND_NS
from tradewright.core.life_cycle import ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED, NONE, REFUSED
from tradewright.model.command import SIBLING_TRIGGERED, STOP_UNFILLED, Cancel, Command, Query
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
        if watched is not None and not engine.orders[event.order_id].is_open():
            del engine.stops[event.order_id]
            if event.order_id not in engine.owed:
                engine.renewed.pop(book_of(engine.orders[event.order_id].order), None)
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


def was_reached(engine: Blotter, state: OrderState) -> bool:
    """Whether an exit that ended just now is one that was reached: its end was asked for here, or its venue refused it
    or let it lapse although it was, or gave up one at the market for want of somebody to fill it."""
    watched = engine.stops.get(state.order.id)
    if watched is None:
        return False
    given_up = state.stage == ENDED_CANCELLED and state.order.type == MARKET
    return watched.escalated or (watched.since > 0 and (given_up or state.stage in (ENDED_EXPIRED, ENDED_REJECTED)))


def next_try(engine: Blotter, state: OrderState) -> int:
    """When what such an exit left goes at the market, ns UTC. What is left of an order at the market waits: where
    nothing was to be had, asking at once finds nothing."""
    order = state.order
    if order.type != MARKET:
        return engine.now
    limit, tries, pace = _limit(engine, order), engine.renewed.get(book_of(order), 0), pace_of(engine, order)
    return max(engine.now, engine.stops[order.id].since + (max(limit, pace) if tries else limit or pace))


def pace_of(engine: Blotter, order: Order) -> int:
    """How long a market order waits behind those of its side of a book that were refused, ns."""
    return AGAIN_NS[min(engine.renewed.get(book_of(order), 0), len(AGAIN_NS) - 1)]


def book_of(order: Order) -> str:
    """Under which name refused market orders of one side of a book are counted."""
    return f"{order.account}/{order.strategy}/{order.instrument.symbol}/{order.side}"


def unclosed_of(engine: Blotter, state: OrderState) -> int:
    """Size counts an exit has not closed, of what is there, whoever else would close it."""
    order = state.order
    book = engine.book(order.account, order.strategy, order.instrument)
    rest = min(order.quantity - state.filled, book.closable(order.side, order.lot))
    return min(rest, engine.unclosed(order.parent)) if order.parent else rest


def rest_of(engine: Blotter, state: OrderState) -> int:
    """The same, of what no other exit is closing."""
    order = state.order
    book = engine.book(order.account, order.strategy, order.instrument)
    return max(0, min(unclosed_of(engine, state), left(book, order.side, order.lot, order.group)))


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def tend(engine: Engine) -> list[Event]:
    """Ask for the end of exits whose time is over, and look up those that were asked. Applied outputs."""
    outputs: list[Event] = []
    for order_id in list(engine.stops):
        watched = engine.stops[order_id]
        if not watched.since:
            continue  # most were not reached, with every event
        state = engine.orders[order_id]
        limit = _limit(engine, state.order)
        if not limit or engine.now - watched.since < limit:
            continue
        if state.order.type == MARKET or state.cancel not in (NONE, REFUSED):
            engine.emit(Query(engine.now, order_id), outputs)
        else:
            outputs += engine.cancel(order_id, STOP_UNFILLED)
    return outputs


def next_end(engine: Blotter) -> int:
    """When the time of the next one is over; NEVER_NS: of none."""
    reached = [(one.since, _limit(engine, engine.orders[id].order)) for id, one in engine.stops.items() if one.since]
    ends = [since + limit for since, limit in reached if limit]
    return min([end for end in ends if end > engine.now], default=NEVER_NS)


def _limit(engine: Blotter, order: Order) -> int:
    """How long an exit that was reached may take, ns; 0 = as long as it takes, no limit asks, or it was taken off."""
    limit: int = engine.gate.least(engine.book(order.account, order.strategy, order.instrument), LIMIT_NAME)
    return limit


def go_at_market(engine: Engine, order: Order, quantity: int, reason: str, outputs: list[Event]) -> None:
    """What a stop guards goes at the market; the other exits of its pair end, but for what went there before."""
    book = engine.book(order.account, order.strategy, order.instrument)
    for hold in list(book.exits.values()):
        other = hold.order
        if order.group and other.group == order.group and other.id != order.id and other.type != MARKET:
            outputs += engine.cancel(other.id, SIBLING_TRIGGERED)
    wish = Intent(engine.next_order_id(order.account), order.account, order.strategy, order.instrument, order.side)
    wish.closing, wish.role, wish.lot, wish.quantity = True, STOP_LOSS, order.lot, quantity
    wish.group, wish.reason = order.group, reason
    outputs += engine.judge_part(wish)


def watched_from(row: list[Any]) -> Watched:
    """From its row."""
    return Watched(*row)
