"""What a service outside has decided, carried out once.

A decision says until when it holds, and is remembered for as long: said again before, it is known, and afterwards it is
too late. So one that comes twice is one, whoever was restarted meanwhile, and what is remembered has an end. Its orders
have its id as their callers' name.

With a quantity it is an order for as much, which may close and open; without one, what stands on the other side is
closed, and the sizer of its strategy or account says what is opened.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from tradewright.core.by_hand import NAME
from tradewright.core.client_ids import newest_of
from tradewright.core.decision_ids import KNOWN_MAX
from tradewright.core.trading_state import check_account, check_name
from tradewright.model.decision import Decision
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.foreign import EXTERNAL
from tradewright.model.intent import Intent
from tradewright.model.order import BUY, SELL
from tradewright.model.order_request import OrderNamed
from tradewright.model.signal import HOLD
from tradewright.model.sizer import ASKED, PPM_ONE, Sizer

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine

#: How far ahead a decision may hold: it is remembered until then.
VALID_NS_MAX = 86_400 * 1_000_000_000


def check(engine: Blotter, asked: DecisionRequested) -> None:
    """Whether it can be carried out as far as its words go, and was not before. Raises InputError; nothing is journaled
    then."""
    what = f"decision of {asked.who or 'nobody'}"
    if asked.who == "" or not NAME.fullmatch(asked.decision_id):
        raise InputError(f"{what}: it has an id of up to 64 letters, digits, dots, dashes and underscores")
    check_account(engine, asked.account)
    check_name(engine, "symbol", asked.symbol, [])
    if asked.strategy in ("", EXTERNAL) or asked.action not in (BUY, SELL, HOLD):
        raise InputError(f"{what}: it has a strategy, which is not {EXTERNAL}, and an action")
    if asked.quantity < 0 or not 0 < asked.hint_ppm <= PPM_ONE:
        raise InputError(f"{what}: its quantity is not below zero, and the part of a size lies between 0 and 1")
    if not isfinite(asked.confidence) or not 0 <= asked.confidence <= 1:
        raise InputError(f"{what}: its confidence lies between 0 and 1")
    if not asked.time < asked.valid_until <= asked.time + VALID_NS_MAX:
        when = "is over" if asked.valid_until <= asked.time else "is more than a day ahead"
        raise InputError(f"{what}: {asked.decision_id} is not carried out: the time until when it holds {when}")
    if engine.decision_ids.knows(asked.account, asked.decision_id):
        raise InputError(f"{what}: {asked.decision_id} was taken up before")
    if engine.decision_ids.full(asked.time):
        raise InputError(f"{what}: {asked.decision_id} is not carried out: {KNOWN_MAX} others are remembered already")
    if (asked.account, asked.decision_id) in engine.client_ids.known:
        raise InputError(f"{what}: {asked.decision_id} is the name of an order that was asked for otherwise")


def known(engine: Blotter, asked: DecisionRequested) -> tuple[bool, str]:
    """Whether it was taken up before, and why its id stands for something else ("" = it does not)."""
    named = engine.client_ids.known.get((asked.account, asked.decision_id))
    if named is None:
        again = engine.decision_ids.knows(asked.account, asked.decision_id)
        other = f"{asked.decision_id} was taken up before with other terms, of which no order is known"
        return again, other if again and asked.action != HOLD else ""
    order = newest_of(named, engine.orders).order
    same = order.strategy == asked.strategy and order.instrument.symbol == asked.symbol
    if same and named.terms == _terms(asked):
        return True, ""
    return True, f"{asked.decision_id} stands for {named.order_id}, which was asked for with other terms"


def _terms(asked: DecisionRequested) -> list[Any]:
    """What makes its orders the same, beside their strategy and symbol."""
    return [asked.action, asked.quantity, asked.hint_ppm]


def carry_out(engine: Engine, asked: DecisionRequested) -> list[Event]:
    """Applied outputs."""
    outputs: list[Event] = []
    if asked.action == HOLD:
        return outputs
    book = engine.book(asked.account, asked.strategy, engine.symbols[asked.symbol])
    opening = _intent(engine, asked)
    if asked.quantity:
        opening.quantity = asked.quantity
    else:
        if book.short_size if asked.action == BUY else book.long_size:
            closing = opening
            closing.closing = True
            outputs += engine.judge(closing)
            opening = _intent(engine, asked)
        opening.sizer = Sizer(ASKED, hint_ppm=asked.hint_ppm)
    outputs += engine.judge(opening)
    made = [one for one in outputs if isinstance(one, Decision)]
    granted = [one.orders[0].id for one in made if one.approved]
    order_id = made[-1].orders[0].id
    engine.emit(OrderNamed(engine.now, asked.account, asked.decision_id, order_id, _terms(asked), granted), outputs)
    return outputs


def _intent(engine: Engine, asked: DecisionRequested) -> Intent:
    instrument = engine.symbols[asked.symbol]
    intent = Intent(engine.next_order_id(asked.account), asked.account, asked.strategy, instrument, asked.action)
    intent.reason, intent.confidence = asked.words, asked.confidence
    return intent
