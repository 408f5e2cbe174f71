"""What a person or a service asks for one order at a time: an order, other terms for one, its end, a part of a
position closed.

An order is judged like a strategy's: to open, or by its flag to close what the strategy it names holds. One that was
asked for before under the same name is that order, and no second one is made. Other terms are judged as a strategy's
change is, but for the price: it is taken as it was said, not rounded to the tick. Whoever wants an order's end gets
it, with one exception: a stop-loss guards what is held, or what its opening may still fill, and nothing would take its
place. It is moved, or it ends with what it guards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tradewright.core.client_ids import CLIENT_ORDER_ID_TAKEN, PATTERN
from tradewright.core.ledger import Book
from tradewright.core.modify import change
from tradewright.core.trading_state import check_account, check_name
from tradewright.model.account import HEDGING
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.command import BY_HAND
from tradewright.model.control import CloseRequested
from tradewright.model.decision import Decision
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.foreign import EXTERNAL
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.numbers import text_of
from tradewright.model.order import BUY, FLAGS, REDUCE_ONLY, SELL, STOP_LOSS, TIMES_IN_FORCE
from tradewright.model.order_request import ModifyRequested, OrderNamed, OrderRequested
from tradewright.model.shadow import is_shadow

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.orders import OrderState

PROTECTS_POSITION = "PROTECTS_POSITION"
NAME = re.compile(PATTERN)


# ── whether it can be asked for ────────────────────────────────────────────────────────────────────────────────────


def check(engine: Blotter, asked: OrderRequested | ModifyRequested) -> None:
    """Whether what is asked names what is there. Raises InputError; nothing is journaled then."""
    what = f"order of {asked.who}"
    if asked.who == "":
        raise InputError("an order is asked for by name: say who")
    if min(asked.quantity, asked.limit_units, asked.stop_units) < 0:
        raise InputError(f"{what}: its size and its prices are not below zero")
    if isinstance(asked, ModifyRequested):
        _check_change(engine, asked, what)
        return
    check_account(engine, asked.account)
    check_name(engine, "symbol", asked.symbol, [])
    if asked.strategy == "" or asked.side not in (BUY, SELL):
        raise InputError(f"{what}: it has a strategy and a side")
    if asked.time_in_force not in TIMES_IN_FORCE or asked.flags & ~sum(FLAGS):
        raise InputError(f"{what}: its time in force and its flags are none that there are")
    if asked.strategy == EXTERNAL and not asked.flags & REDUCE_ONLY:
        raise InputError(f"{what}: {EXTERNAL} is what others do; an order of ours opens for another strategy")
    if asked.flags & REDUCE_ONLY and asked.reservation:
        raise InputError(f"{what}: a place is reserved for an opening, and it is to reduce")
    if asked.client_id and not NAME.fullmatch(asked.client_id):
        raise InputError(f"{what}: its client order id has up to 64 letters, digits, dots, dashes and underscores")
    taken = engine.client_ids.taken(asked) if asked.client_id else ""
    if taken:
        raise InputError(f"{CLIENT_ORDER_ID_TAKEN}: {taken}")


def _check_change(engine: Blotter, asked: ModifyRequested, what: str) -> None:
    state = working(engine, asked.order_id)
    if state.order.strategy == EXTERNAL:
        raise InputError(f"{what}: {asked.order_id} is somebody else's; its terms are changed at its venue")
    if not (asked.quantity or asked.limit_units or asked.stop_units or asked.time_in_force):
        raise InputError(f"{what}: say what is to change")
    _check_size(engine, state, asked.quantity, what)
    if asked.time_in_force not in (0, *TIMES_IN_FORCE):
        raise InputError(f"{what}: its time in force is none that there is")


def _check_size(engine: Blotter, state: OrderState, quantity: int, what: str) -> None:
    """A stop does not leave bare what it guards, and no exit is larger than its opening."""
    order, parent = state.order, engine.orders.get(state.order.parent)
    if order.role == STOP_LOSS and 0 < quantity < order.quantity:
        raise InputError(f"{PROTECTS_POSITION}: {order.id} would guard less; close a part of the position instead")
    if parent is not None and quantity > max(parent.order.quantity, order.quantity):
        raise InputError(f"{what}: {order.id} closes what {parent.order.id} opens, which is less")


def check_cancel(engine: Blotter, asked: CancelRequested) -> None:
    """The same of the end of one order."""
    if asked.who == "":
        raise InputError("a cancel is asked for by name: say who")
    why = kept(working(engine, asked.order_id))
    if why:
        raise InputError(f"{PROTECTS_POSITION}: {why}")


def check_close(engine: Blotter, asked: CloseRequested) -> None:
    """The same of a part of a position: no more of it than the account shows."""
    check_name(engine, "symbol", asked.symbol, [])
    instrument = engine.symbols[asked.symbol]
    held = _held(engine, asked.account, instrument, asked.side)
    if asked.quantity < 0 or asked.side not in (BUY, SELL) or asked.quantity > held:
        there = text_of(held, instrument.size_scale)
        raise InputError(f"close of {asked.who}: of {asked.symbol} {there} is held on that side, and no more is closed")


def _held(engine: Blotter, account: str, instrument: Instrument, side: int) -> int:
    """Size counts that an account shows on a side: its net where it nets."""
    position = engine.position(account, instrument)
    if engine.accounts[account].terms.mode == HEDGING:
        return position.long_size if side > 0 else position.short_size
    return max(0, side * position.net)


def working(engine: Blotter, order_id: str) -> OrderState:
    """An order that has not ended. Raises InputError."""
    state = engine.orders.get(order_id)
    if state is None or is_shadow(state.order.account):
        raise InputError(f"there is no order {order_id!r} here (any more)")
    if not state.is_open():
        raise InputError(f"{order_id} has ended: {state.status}")
    return state


def kept(state: OrderState) -> str:
    """Why an order does not end by hand, "" = it does."""
    order = state.order
    if order.role != STOP_LOSS:
        return ""
    return f"{order.id} is the stop of what {order.strategy} holds: give it another price, or close what it guards"


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def order(engine: Engine, asked: OrderRequested) -> list[Event]:
    """The order of a person or a service; nothing where it was made before. Applied outputs."""
    if asked.client_id and engine.client_ids.find(asked) is not None:
        return []
    instrument = engine.symbols[asked.symbol]
    intent = Intent(engine.next_order_id(asked.account), asked.account, asked.strategy, instrument, asked.side)
    intent.type, intent.quantity = asked.type, asked.quantity
    intent.limit_units, intent.stop_units = asked.limit_units, asked.stop_units
    intent.time_in_force, intent.flags = asked.time_in_force, asked.flags & ~REDUCE_ONLY
    intent.closing = asked.flags & REDUCE_ONLY != 0
    intent.reservation = asked.reservation
    intent.reason = asked.words
    outputs = engine.judge(intent)
    if asked.client_id:
        made = decisions_of(asked, outputs)
        granted = [decision.orders[0].id for decision in made if decision.approved]
        order_id = made[-1].orders[0].id
        engine.emit(OrderNamed(engine.now, asked.account, asked.client_id, order_id, asked.terms, granted), outputs)
    return outputs


def decisions_of(asked: OrderRequested | DecisionRequested, outputs: Sequence[Event]) -> list[Decision]:
    """What was decided on it, among the outputs of its step; none where it was made before. Of several, as when one
    crosses zero, the last one counts."""
    return [one for one in outputs if isinstance(one, Decision) and one.reason == asked.words]


def modify(engine: Engine, asked: ModifyRequested) -> list[Event]:
    """Other terms for an order, as they were said. Applied outputs."""
    order = engine.orders[asked.order_id].order
    wish = Intent(order.id, order.account, order.strategy, order.instrument, order.side)
    wish.modifies, wish.reason = True, f"{asked.who}: {asked.reason}"
    wish.quantity, wish.limit_units, wish.stop_units = asked.quantity, asked.limit_units, asked.stop_units
    return change(engine, wish, asked.time_in_force)


def cancel(engine: Engine, asked: CancelRequested) -> list[Event]:
    """The end of one order; nothing where it is on its way. Applied outputs."""
    return engine.cancel(asked.order_id, BY_HAND)


def close_part(engine: Engine, asked: CloseRequested) -> list[Event]:
    """Close a part of what is held on a side, strategy by strategy in the order of their names; what works stays, but
    for the exits that stand in its way. Applied outputs."""
    outputs: list[Event] = []
    rest = asked.quantity
    for key in sorted(engine.ledger.books):
        book: Book = engine.ledger.books[key]
        if book.account != asked.account or book.instrument.symbol != asked.symbol:
            continue
        part = min(rest, book.long_size if asked.side > 0 else book.short_size)
        if part > 0:
            rest -= part
            intent = Intent(
                engine.next_order_id(book.account), book.account, book.strategy, book.instrument, -asked.side
            )  # fmt: skip
            intent.closing, intent.quantity = True, part
            intent.reason = f"{asked.who}: {asked.reason}"
            outputs += engine.judge(intent)
    return outputs
