"""Guards: exit plans at work. What each sees is folded from the market; what it does are outputs of `tend`.

A guard belongs to one opening order, or to what a strategy holds, of one book: an exit has one owner. Its stop is moved
towards the winning side alone: by a trailing distance once it would move by the plan's step or more, to break-even
once. At most one move of a stop in a step, and none while one is on its way, or was refused and is not a step further
now. A stop at the venue is moved by a Replace, one held here by the record alone. `tend` runs after the strategies, so
that a recovery that runs them muted shows them the same books.

A guard whose time is over stays until nothing is left: where its close ends with a rest, it closes again, at a growing
pace, and its exits, which are back by then, go their way until it does. Where other exits hold what it is to close, it
closes that when one of them has ended with a rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core.exits import closing_price, favourable, on_tick
from tradewright.core.holds import left
from tradewright.core.life_cycle import HELD, NONE, REFUSED, WORKING
from tradewright.core.owed_exits import PACE_NS
from tradewright.core.rules import session_of
from tradewright.model.calendar import NEVER, calendar
from tradewright.model.command import TIME_IS_OVER, Replace
from tradewright.model.control import (
    BREAK_EVEN,
    ESCALATED,
    RENEWED,
    RESTORED,
    TIME_EXIT,
    TRAILING,
    Alarm,
    ExitMoved,
    ExitPlanned,
)
from tradewright.model.control import DISTANCE as NEW_DISTANCE
from tradewright.model.event import REPLACED, Event
from tradewright.model.exit_plan import PPM_ONE, ExitPlan
from tradewright.model.intent import Intent
from tradewright.model.market import MarketEvent
from tradewright.model.numbers import round_down
from tradewright.model.order import ENTRY, EXIT, MARKET, STOP_LOSS, TAKE_PROFIT, Order
from tradewright.model.report import Fill, Report

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.orders import OrderState

#: Alarm: an exit of a plan that could never be reached is not made.
EXIT_UNREACHABLE = "EXIT_UNREACHABLE"
#: A request that does not stand in the way of another.
IDLE = (NONE, REFUSED)


class Guard:
    """One plan at work. entry: id of the opening order, "" = what its book holds; exit: id of its stop, "" = none.
    best: best price count seen, 0 = none; entry_units: price count it began at, 0 = nothing filled yet; deadline: ns
    UTC when what it guards is closed, before the first fill when the opening ends unfilled, 0 = never; asked: the stop
    price that was asked for last; made: its exits were made; parted: what of the opening had closed the other side by
    then, instead of opening; closes: how often it was closed since its time is over."""

    __slots__ = ("entry", "exit", "plan", "best", "entry_units", "deadline", "asked", "made", "parted", "closes")

    def __init__(self, entry: str, exit: str, plan: ExitPlan) -> None:
        self.entry = entry
        self.exit = exit
        self.plan = plan
        self.best = 0
        self.entry_units = 0
        self.deadline = 0
        self.asked = 0
        self.made = False
        self.parted = 0
        self.closes = 0

    @property
    def key(self) -> str:
        return self.entry or self.exit

    def row(self) -> tuple[object, ...]:
        return (
            self.entry, self.exit, self.plan.row(), self.best, self.entry_units, self.deadline, self.asked, self.made,
            self.parted, self.closes,
        )  # fmt: skip


def guard_from(row: list[object]) -> Guard:
    """A guard from its row."""
    entry, exit, plan, best, entry_units, deadline, asked, made, parted, closes = row
    guard = Guard(entry, exit, ExitPlan.from_row(plan))  # type: ignore[arg-type]
    guard.best, guard.entry_units, guard.deadline = best, entry_units, deadline  # type: ignore[assignment]
    guard.asked, guard.made, guard.parted, guard.closes = asked, made, parted, closes  # type: ignore[assignment]
    return guard


# ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def fold(engine: Blotter, event: Event) -> None:
    """What an event means to the guards: called by `Blotter.apply`, after the books."""
    if isinstance(event, MarketEvent):
        for guard in engine.guards.values():
            order = engine.orders[guard.key].order
            if order.instrument.index == event.instrument.index and guarded(engine, guard) > 0:
                _follow(engine, guard, event)
    elif isinstance(event, Report):
        if isinstance(event, Fill) and event.order_id in engine.guards:
            _begin(engine, engine.guards[event.order_id], event.price_units)
        _prune(engine)
    elif isinstance(event, ExitPlanned):
        guard = Guard(event.entry, event.exit, ExitPlan.from_row(event.plan))
        known = engine.guards.get(guard.key)
        if known is not None:
            known.exit, known.made, known.parted = guard.exit, True, _parted(engine, known)
            return
        engine.guards[guard.key] = guard
        guard.made = guard.exit != ""
        if guard.entry and guard.plan.before_close_ns:
            _, close = session_of(engine.orders[guard.entry].order, engine.now)
            guard.deadline = 0 if close == NEVER else close - guard.plan.before_close_ns
        if guard.entry == "":
            _begin(engine, guard, _average(engine, engine.orders[guard.exit].order))
    elif isinstance(event, ExitMoved):
        _fold_moved(engine, event)


def _fold_moved(engine: Blotter, moved: ExitMoved) -> None:
    if moved.code == ESCALATED:
        return
    if moved.code == TIME_EXIT:
        guard = engine.guards[moved.guard]
        guard.closes, guard.deadline = guard.closes + 1, 0
        return
    if moved.code in (RESTORED, RENEWED):
        _fold_restored(engine, moved)
        return
    guard = engine.guards[moved.guard]
    guard.asked = moved.stop_units
    if moved.code == NEW_DISTANCE:
        plan = list(guard.plan.row())
        plan[2:4] = [moved.trail_units, 0]
        guard.plan = ExitPlan.from_row(plan)
    state = engine.orders[moved.order_id]
    if state.stage == HELD:
        state.order.limit_units = _limit_with(state.order, moved.stop_units)
        state.order.stop_units = moved.stop_units


def _fold_restored(engine: Blotter, moved: ExitMoved) -> None:
    """An exit has taken the place of another: its guard and its best price go over to it."""
    held = engine.exits.get(moved.order_id)
    if held is not None and moved.best_units:
        held.best = moved.best_units
    for key in list(engine.guards):
        guard = engine.guards[key]
        if guard.exit == moved.guard:
            del engine.guards[key]
            guard.exit = moved.order_id
            engine.guards[guard.key] = guard


def exit_ended(engine: Blotter, state: OrderState) -> None:
    """An order has ended. Where the time of what an exit was to close is over, what it leaves is closed: at once if it
    rested at a price, at its pace if it was a close at the market."""
    order = state.order
    at_market = _at_market(order)
    if order.role == ENTRY or state.filled >= order.quantity or (order.type == MARKET and not at_market):
        return
    for guard in engine.guards.values():
        if not guard.closes or not _closes(engine, guard, order) or order.id in _own(engine, guard):
            continue
        if at_market:
            guard.deadline = engine.now + PACE_NS[min(guard.closes, len(PACE_NS)) - 1]
        elif guard.deadline == 0:
            guard.deadline = engine.now


def overtime(engine: Blotter, order: Order) -> bool:
    """Whether a close is of something whose time is over."""
    return any(guard.closes > 0 and _closes(engine, guard, order) for guard in engine.guards.values())


def _at_market(order: Order) -> bool:
    """Whether an order is a plain close at the market."""
    return order.role == EXIT and order.type == MARKET


def _closes(engine: Blotter, guard: Guard, order: Order) -> bool:
    """Whether an order could close what a guard guards."""
    of = engine.orders[guard.key].order
    same = (of.account, of.strategy, of.instrument) == (order.account, order.strategy, order.instrument)
    return same and order.side == exit_side(engine, guard) and order.lot in ("", _lot(engine, guard))


def _own(engine: Blotter, guard: Guard) -> list[str]:
    """Ids of what ends with its time: the opening, its exits, and its stop."""
    return [guard.entry, guard.exit, *engine.children.get(guard.entry, ())]


def _lot(engine: Blotter, guard: Guard) -> str:
    """The lot that closes what it guards, "" = any."""
    order = engine.orders[guard.key].order
    if guard.entry == "":
        return order.lot
    return guard.entry if engine.book(order.account, order.strategy, order.instrument).hedging else ""


def _follow(engine: Blotter, guard: Guard, event: MarketEvent) -> None:
    side = exit_side(engine, guard)
    price = favourable(event, engine.marks.marks[event.instrument.index], side)
    if price > 0 and (guard.best == 0 or side * price < side * guard.best):
        guard.best = price


def _begin(engine: Blotter, guard: Guard, price: int) -> None:
    """The first fill: percentages and times count from here."""
    if guard.entry_units:
        return
    guard.entry_units = price
    order, side = engine.orders[guard.key].order, exit_side(engine, guard)
    mark = engine.marks.marks[order.instrument.index]
    guard.best = closing_price(mark, side, price) if guard.entry else mark.reference(side)
    plan = guard.plan
    ends = []
    if plan.after_ns:
        ends.append(engine.now + plan.after_ns)
    if plan.before_close_ns:
        # What fills inside the last bar of a session has the time at which that ends, and is of that session.
        close = calendar(order.instrument.calendar).next_close(engine.now - 1)
        if close != NEVER:
            ends.append(close - plan.before_close_ns)
    guard.deadline = min(ends, default=0)


def _prune(engine: Blotter) -> None:
    """A guard ends when its opening ended and nothing is left of what it opened; one of a single stop ends with it."""
    for key in list(engine.guards):
        guard = engine.guards[key]
        if engine.orders[key].is_open() or (guard.entry == "" and key in engine.owed):
            continue
        if guard.entry == "" or guarded(engine, guard) == 0:
            del engine.guards[key]


# ── looking ────────────────────────────────────────────────────────────────────────────────────────────────────────


def exit_side(engine: Blotter, guard: Guard) -> int:
    """The side of the orders that close what it guards."""
    order = engine.orders[guard.key].order
    return -order.side if guard.entry else order.side


def guarded(engine: Blotter, guard: Guard) -> int:
    """Size counts of what it guards that are still there."""
    order = engine.orders[guard.key].order
    book = engine.book(order.account, order.strategy, order.instrument)
    if guard.entry:
        filled = engine.orders[guard.entry].filled
        return min(filled, book.closable(-order.side, guard.entry if book.hedging else ""))
    return min(order.quantity, book.closable(order.side, order.lot))


def overdue(engine: Blotter, guard: Guard) -> int:
    """Size counts that its time closes: of an opening what the ledger says is still open of it, and of no other."""
    if guard.entry == "":
        return guarded(engine, guard)
    order = engine.orders[guard.entry].order
    return engine.book(order.account, order.strategy, order.instrument).closable(-order.side, guard.entry)


def entry_price(engine: Blotter, guard: Guard) -> int:
    """The average price of what it guards, in price counts rounded down."""
    if guard.entry == "":
        return guard.entry_units
    state = engine.orders[guard.entry]
    return state.value // state.filled if state.filled else guard.entry_units


def _average(engine: Blotter, exit: Order) -> int:
    """Average entry of the lots an exit closes, price counts rounded down."""
    book = engine.book(exit.account, exit.strategy, exit.instrument)
    lots = [lot for lot in book.lots if lot.side != exit.side and exit.lot in ("", lot.order_id)]
    size = sum([lot.size for lot in lots])
    return sum([lot.size * lot.price_units for lot in lots]) // size if size else 0


def _limit_with(order: Order, stop: int) -> int:
    """A stop-limit's limit keeps its distance."""
    return order.limit_units + stop - order.stop_units if order.limit_units else 0


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def tend(engine: Engine, event: Event) -> list[Event]:
    """What the guards do after an event and the strategies: exits made at a fill, stops moved, positions whose time is
    over closed. Applied outputs."""
    outputs: list[Event] = []
    for key in list(engine.guards):
        guard = engine.guards.get(key)
        if guard is None:
            continue
        if guarded(engine, guard) == 0:
            _withdraw(engine, guard, outputs)
        elif guard.deadline and engine.now >= guard.deadline and overdue(engine, guard) > 0:
            if not _being_closed(engine, guard):
                _close_in_time(engine, guard, outputs)
        elif not guard.made and guard.plan.makes() and not _being_closed(engine, guard):
            _make(engine, guard, outputs)
        elif guard.parted and isinstance(event, Report):
            _grow(engine, guard, event, outputs)
        elif guard.exit and isinstance(event, MarketEvent):
            _move(engine, guard, event, outputs)
    return outputs


def _withdraw(engine: Engine, guard: Guard, outputs: list[Event]) -> None:
    """An opening of which nothing filled before its session's last moments: what it would open would be closed at
    once."""
    if guard.entry_units == 0 and guard.deadline and engine.now >= guard.deadline:
        state = engine.orders[guard.entry]
        if state.is_open() and state.cancel == NONE:
            outputs += engine.cancel(guard.entry, TIME_IS_OVER)


def _make(engine: Engine, guard: Guard, outputs: list[Event]) -> None:
    """The exits of a plan, at their distances from the first fill: children of the opening, so that its later fills are
    guarded too."""
    entry = engine.orders[guard.entry].order
    plan, price, side = guard.plan, guard.entry_units, -entry.side
    wish = Intent(entry.id, entry.account, entry.strategy, entry.instrument, entry.side)
    wish.reason = f"exits of {entry.id} by its plan, at its fill"
    stops = [side * (price + side * (price * plan.stop_ppm // PPM_ONE))] if plan.stop_ppm else []
    if plan.moves() and plan.trail(price):
        stops.append(side * (price + side * plan.trail(price)))
    elif plan.trail(price):
        wish.exit_trail_units, wish.exit_trail_ppm = plan.trail_units, plan.trail_ppm
    if stops:
        wish.stop_loss = _reachable(engine, entry, on_tick(entry, side, side * min(stops)), STOP_LOSS, outputs)
        wish.exit_trail_units = wish.exit_trail_ppm = 0
    if plan.target_ppm:
        target = on_tick(entry, -side, price - side * (price * plan.target_ppm // PPM_ONE))
        wish.take_profit = _reachable(engine, entry, target, TAKE_PROFIT, outputs)
    # What it filled may have closed what stood on the other side, and needs no guard then. A venue that links exits to
    # their opening does not know: there they grow with its fills.
    wish.quantity = guarded(engine, guard)
    if not (_parted(engine, guard) and engine.accounts[entry.account].terms.native_exits):
        wish.quantity += engine.orders[entry.id].remaining()
    wanted = wish.stop_loss or wish.take_profit or wish.exit_trail_units or wish.exit_trail_ppm
    made = engine.attach(wish, entry, outputs) if wanted else []
    stop = next((order.id for order in made if order.stop_units), "")
    engine.emit(ExitPlanned(engine.now, entry.id, stop, list(plan.row())), outputs)


def _reachable(engine: Engine, entry: Order, price: int, role: str, outputs: list[Event]) -> int:
    """The price of an exit; 0 for one that no market can come to, which a person hears of."""
    if price > 0:
        return price
    words = f"{entry.id} has no {role.replace('_', '-')}: by its plan it would stand at zero or below"
    engine.emit(Alarm(engine.now, EXIT_UNREACHABLE, entry.id, words), outputs)
    return 0


def _parted(engine: Blotter, guard: Guard) -> int:
    """Size counts of an opening that closed the other side."""
    return engine.orders[guard.entry].filled - guarded(engine, guard)


def _grow(engine: Engine, guard: Guard, report: Report, outputs: list[Event]) -> None:
    """Exits at the venue that guard less than their opening has opened by now, but for what the exits linked to them
    have closed of it."""
    opened = engine.orders[guard.entry].filled - guard.parted
    exits = [state for id in engine.children.get(guard.entry, ()) if (state := engine.orders.get(id)) is not None]
    for state in exits:
        order = state.order
        linked = [other.filled for other in exits if other is not state and other.order.group == order.group != ""]
        wanted = min(opened - sum(linked), state.filled + guarded(engine, guard))
        if order.quantity < wanted and _growable(state, report, wanted):
            engine.emit(Replace(engine.now, order.id, wanted, order.limit_units, order.stop_units), outputs)


def _growable(state: OrderState, report: Report, wanted: int) -> bool:
    """Whether an exit may be asked to grow: after a fill, or when a request of its own has been answered. A venue that
    gave it less than was asked has answered; it is not asked for the same again until something fills."""
    if not _movable(state) or state.stage == HELD or state.replace == REFUSED:
        return False
    if isinstance(report, Fill):
        return True
    answered = report.kind == REPLACED and state.asked and state.asked[0] == wanted
    return report.order_id == state.order.id and not answered


def _move(engine: Engine, guard: Guard, event: MarketEvent, outputs: list[Event]) -> None:
    """Move the stop if the best price asks for it."""
    state = engine.orders.get(guard.exit)
    if state is None or guard.best == 0 or state.order.instrument.index != event.instrument.index:
        return
    if not _movable(state):
        return
    side, plan = state.order.side, guard.plan
    last = last_asked(guard, state.order)
    wanted, code, trail = last, "", plan.trail(guard.best) if plan.moves() else 0
    if trail:
        stop = on_tick(state.order, side, guard.best + side * trail)
        if side * (last - stop) >= max(1, plan.step_units):
            wanted, code = stop, TRAILING
    entry = entry_price(engine, guard)
    gain = plan.gain(entry)
    if gain and side * (entry - guard.best) >= gain:
        stop = on_tick(state.order, side, entry - side * plan.offset_units)
        if side * (wanted - stop) > 0:
            wanted, code, trail = stop, BREAK_EVEN, 0
    if code:
        move_to(engine, guard, wanted, trail, code, outputs)


def _movable(state: OrderState) -> bool:
    """Whether the stop can be moved now: held here, or at the venue and not being changed or cancelled."""
    if state.stage == HELD:
        return True
    return state.is_open() and state.stage == WORKING and state.replace in IDLE and state.cancel in IDLE


def last_asked(guard: Guard, order: Order) -> int:
    """Where the stop stands, or was asked to stand: what is nearer to the market."""
    if guard.asked == 0:
        return order.stop_units
    return max(order.stop_units, guard.asked) if order.side < 0 else min(order.stop_units, guard.asked)


def move_to(engine: Engine, guard: Guard, stop: int, trail: int, code: str, outputs: list[Event]) -> None:
    """The record of a move, and the Replace that carries it to the venue."""
    state = engine.orders[guard.exit]
    order = state.order
    here = state.stage == HELD
    limit = _limit_with(order, stop)
    engine.emit(ExitMoved(engine.now, guard.key, order.id, stop, guard.best, trail, code), outputs)
    if not here:
        engine.emit(Replace(engine.now, order.id, order.quantity, limit, stop), outputs)


def new_distance(engine: Engine, wish: Intent) -> list[Event]:
    """A strategy says how far behind the best price its stops are to be from now on: those that would move by their
    step or more are moved, the others stay as they are."""
    outputs: list[Event] = []
    for guard in list(engine.guards.values()):
        state = engine.orders.get(guard.exit)
        if state is None or guard.best == 0 or not _movable(state) or guarded(engine, guard) == 0:
            continue
        order = state.order
        if (order.account, order.strategy, order.instrument) != (wish.account, wish.strategy, wish.instrument):
            continue
        stop = on_tick(order, order.side, guard.best + order.side * wish.trail_units)
        if stop > 0 and order.side * (last_asked(guard, order) - stop) >= max(1, guard.plan.step_units):
            move_to(engine, guard, stop, wish.trail_units, NEW_DISTANCE, outputs)
    return outputs


def _being_closed(engine: Engine, guard: Guard) -> bool:
    """Whether a close at the market, its own or another, is at work on what is to be closed again: it is waited for."""
    of = engine.orders[guard.key].order
    working = [hold.order for hold in engine.book(of.account, of.strategy, of.instrument).exits.values()]
    return guard.closes > 0 and any(_at_market(order) and _closes(engine, guard, order) for order in working)


def _close_in_time(engine: Engine, guard: Guard, outputs: list[Event]) -> None:
    """The time is over: what is left is closed at the market, its exits and the rest of its opening end."""
    order = engine.orders[guard.key].order
    side, size = exit_side(engine, guard), overdue(engine, guard)
    book = engine.book(order.account, order.strategy, order.instrument)
    lot = _lot(engine, guard)
    whole = size == book.closable(side, lot)
    over = ExitMoved(engine.now, guard.key, guard.exit or guard.key, 0, guard.best, 0, TIME_EXIT)
    engine.emit(over, outputs)
    for order_id in _own(engine, guard):
        outputs += engine.cancel(order_id, TIME_IS_OVER)
    quantity = 0 if whole else round_down(min(size, left(book, side, lot, "")), order.instrument.rules.step)
    if not whole and quantity <= 0:
        return  # and no id is used up: what no record shows, a recovery would not know of
    wish = Intent(engine.next_order_id(order.account), order.account, order.strategy, order.instrument, side)
    wish.closing, wish.lot, wish.quantity, wish.reason = True, lot, quantity, f"the time of {guard.key} is over"
    outputs += engine.judge(wish) if whole else engine.judge_part(wish)
