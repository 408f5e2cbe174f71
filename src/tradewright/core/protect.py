"""Exits that a person sets for what a strategy holds: a stop-loss, a take-profit, both as a pair, or a trailing stop.

What is not said stays. A price of an exit that is there already is moved; where an exit is new, or becomes another
kind, those that guard the position end and the wanted ones take their place, in one step, in parts where the venue
takes no order so large. Prices that would go at once, and exits that a rule refuses, are refused with an alarm, and
those that are there stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core.holds import left
from tradewright.core.judge import in_steps, part_of
from tradewright.core.life_cycle import NONE, REFUSED
from tradewright.core.modify import modify
from tradewright.model.command import CLOSING
from tradewright.model.control import Alarm
from tradewright.model.event import Event
from tradewright.model.intent import Intent
from tradewright.model.numbers import round_down, round_up, text_of
from tradewright.model.order import (
    BUY,
    LIMIT,
    SELL,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING_STOP,
)

if TYPE_CHECKING:
    from tradewright.core.engine import Engine
    from tradewright.core.ledger import Book
    from tradewright.core.orders import OrderState
    from tradewright.model.control import ProtectRequested

#: The code of the alarm.
EXITS_REFUSED = "EXITS_REFUSED"


def protect(engine: Engine, asked: ProtectRequested) -> list[Event]:
    """Set the exits of one strategy's position; nothing where it holds none. Applied outputs."""
    book = engine.book(asked.account, asked.strategy, engine.symbols[asked.symbol])
    outputs: list[Event] = []
    for side, held in ((SELL, book.long_size), (BUY, book.short_size)):
        if held:
            _set(engine, book, asked, side, held, outputs)
    return outputs


def _set(engine: Engine, book: Book, asked: ProtectRequested, side: int, held: int, outputs: list[Event]) -> None:
    reference = engine.marks.marks[book.instrument.index].reference(side)
    stop, target = asked.stop_units, asked.target_units
    if reference > 0 and ((stop and side * (stop - reference) <= 0) or (target and side * (target - reference) >= 0)):
        at = text_of(reference, book.instrument.price_scale)
        _stand(engine, book, asked, f"at {at} they would go at once", outputs)
        return
    there = _guarding(engine, book, side)
    stops = [state for state in there if state.order.role == STOP_LOSS]
    targets = [state for state in there if state.order.role == TAKE_PROFIT]
    trails = asked.trail_units or asked.trail_ppm
    moves = not trails and _fits(asked.stop_units, stops, (STOP, STOP_LIMIT)) and _fits(
        asked.target_units, targets, (LIMIT,)
    )  # fmt: skip
    if moves:
        for price, states in ((asked.stop_units, stops), (asked.target_units, targets)):
            if price:
                outputs += _moved(engine, states[0], price, asked)
        return
    wanted = [_stop(book, asked, side, held, stops), _target(book, asked, side, held, targets)]
    pairs = _pairs(engine, book, side, [intent for intent in wanted if intent is not None], there)
    if not _refused(engine, pairs, there, asked, outputs):
        for state in there:
            outputs += engine.cancel(state.order.id, CLOSING)
        for pair in pairs:
            for intent in pair:
                intent.order_id = engine.next_order_id(book.account)
                intent.group = pair[0].order_id if len(pair) == 2 else ""
                outputs += engine.judge(intent)


def _stand(engine: Engine, book: Book, asked: ProtectRequested, why: str, outputs: list[Event]) -> None:
    text = f"{asked.who}: exits for {book.strategy} in {asked.symbol} stand as they did: {why}"
    engine.emit(Alarm(engine.now, EXITS_REFUSED, "", text), outputs)


def _pairs(engine: Engine, book: Book, side: int, wanted: list[Intent], there: list[OrderState]) -> list[list[Intent]]:
    """The wanted exits for each lot that is closed by its name, and for each part of a size that the venue takes; of
    what is not being closed."""
    rules = book.instrument.rules
    largest = round_down(rules.size_max, rules.step)
    freed = [state.order.id for state in there]
    lifted = engine.holds.lift(freed)
    lots = list(dict.fromkeys([lot.order_id for lot in book.lots if lot.side != side])) if book.hedging else [""]
    pairs: list[list[Intent]] = []
    for lot in lots:
        rest = in_steps(max(0, left(book, side, lot, "")), book.instrument)
        while rest > 0:
            size = min(rest, largest or rest)
            pairs.append([_part(intent, lot, size) for intent in wanted])
            rest -= size
    engine.holds.put_back(freed, lifted)
    return pairs


def _part(wish: Intent, lot: str, size: int) -> Intent:
    part = part_of(wish, "", size, True)
    part.role, part.lot = wish.role, lot
    return part


def _refused(
    engine: Engine, pairs: list[list[Intent]], there: list[OrderState], asked: ProtectRequested, outputs: list[Event]
) -> bool:
    """Whether a rule refuses one of the wanted exits, judged as if those that are there had ended: then that is said,
    and they stay."""
    freed = [state.order.id for state in there]
    lifted = engine.holds.lift(freed)
    verdicts = [(intent, check) for pair in pairs for intent in pair for check in engine.verdicts(intent)]
    engine.holds.put_back(freed, lifted)
    for intent, check in verdicts:
        if not check.passed:
            intent.order_id = engine.next_order_id(intent.account)
            outputs += engine.deny(intent, check, "not asked for: the exits that are there stay")
            book = engine.book(intent.account, intent.strategy, intent.instrument)
            _stand(engine, book, asked, f"{intent.order_id} is refused by {check.code}", outputs)
            return True
    return False


def _guarding(engine: Engine, book: Book, side: int) -> list[OrderState]:
    """The exits of that side that guard what is held; those that wait for their opening's first fill are not among
    them."""
    found: list[OrderState] = []
    for order_id in book.exits:
        state = engine.orders[order_id]
        parent = engine.orders.get(state.order.parent)
        waits = parent is not None and parent.is_open() and parent.filled == 0
        guards = state.order.side == side and state.order.role in (STOP_LOSS, TAKE_PROFIT)
        if guards and not waits and state.cancel in (NONE, REFUSED):
            found.append(state)
    return found


def _fits(price: int, states: list[OrderState], types: tuple[int, ...]) -> bool:
    """Whether a price is not said, or is that of the one exit there is."""
    return price == 0 or (len(states) == 1 and states[0].order.type in types)


def _moved(engine: Engine, state: OrderState, price: int, asked: ProtectRequested) -> list[Event]:
    order = state.order
    wish = Intent(order.id, order.account, order.strategy, order.instrument, order.side)
    wish.modifies, wish.reason = True, _reason(asked)
    if order.type == LIMIT:
        wish.limit_units = price
    else:
        wish.stop_units = price
        # A stop-limit's limit keeps its distance.
        wish.limit_units = order.limit_units + price - order.stop_units if order.type == STOP_LIMIT else 0
    return modify(engine, wish)


def _stop(book: Book, asked: ProtectRequested, side: int, held: int, stops: list[OrderState]) -> Intent | None:
    """The stop that is wanted, or the nearest one there was."""
    wish = _wish(book, asked, side, held, STOP_LOSS)
    if asked.trail_units or asked.trail_ppm:
        wish.type, wish.trail_units, wish.trail_ppm = TRAILING_STOP, asked.trail_units, asked.trail_ppm
        return wish
    prices = [state.order.stop_units for state in stops if state.order.stop_units]
    price = asked.stop_units or (0 if not prices else max(prices) if side == SELL else min(prices))
    if price == 0:
        known = next((state.order for state in stops), None)
        if known is None:
            return None
        wish.type, wish.trail_units, wish.trail_ppm = known.type, known.trail_units, known.trail_ppm
        return wish
    tick = book.instrument.rules.tick
    wish.type, wish.stop_units = STOP, round_down(price, tick) if side == SELL else round_up(price, tick)
    return wish


def _target(book: Book, asked: ProtectRequested, side: int, held: int, targets: list[OrderState]) -> Intent | None:
    prices = [state.order.limit_units for state in targets]
    price = asked.target_units or (0 if not prices else min(prices) if side == SELL else max(prices))
    if price == 0:
        return None
    tick = book.instrument.rules.tick
    wish = _wish(book, asked, side, held, TAKE_PROFIT)
    wish.type, wish.limit_units = LIMIT, round_up(price, tick) if side == SELL else round_down(price, tick)
    return wish


def _wish(book: Book, asked: ProtectRequested, side: int, held: int, role: str) -> Intent:
    wish = Intent("", book.account, book.strategy, book.instrument, side)
    wish.closing, wish.role, wish.quantity, wish.reason = True, role, held, _reason(asked)
    return wish


def _reason(asked: ProtectRequested) -> str:
    return f"{asked.who}: {asked.reason}"
