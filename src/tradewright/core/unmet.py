"""Wishes that nothing can come of: of an order that is not known or has ended, of what is not held. Each is said once.

A strategy may ask the same with every bar. So what was said of a book is kept until something is decided there, and is
not said again; of a book that asks for ever new things no more than `KEPT_MAX` are said in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.model.event import Event
from tradewright.model.unmet import (
    NOT_HELD,
    ORDER_ENDED,
    TO_CANCEL,
    TO_CHANGE,
    TO_CLOSE,
    TO_PROTECT,
    UNKNOWN_ID,
    WishUnmet,
)

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.orders import OrderState
    from tradewright.model.decision import Decision
    from tradewright.model.intent import Intent

#: Far more than a strategy that works as it was meant asks for in vain.
KEPT_MAX = 16


def fold(engine: Blotter, unmet: WishUnmet) -> None:
    """It was said."""
    key = (unmet.account, unmet.strategy, unmet.symbol)
    engine.unmet.setdefault(key, []).append(unmet.said)


def decided(engine: Blotter, decision: Decision) -> None:
    """Something was decided in a book: what comes to nothing from now on is said anew."""
    engine.unmet.pop((decision.account, decision.strategy, decision.instrument.symbol), None)


def of_order(engine: Engine, wish: Intent, state: OrderState | None) -> list[Event]:
    """A cancel or a change of an order that is not known (None), or has ended. Applied outputs."""
    symbol = wish.instrument.symbol if state is None else state.order.instrument.symbol
    code = UNKNOWN_ID if state is None else ORDER_ENDED
    return _said(engine, wish, symbol, TO_CANCEL if wish.cancels else TO_CHANGE, wish.order_id, code)


def of_nothing(engine: Engine, wish: Intent) -> list[Event]:
    """A close or a protection of what is not held. Applied outputs."""
    return _said(engine, wish, wish.instrument.symbol, TO_PROTECT if wish.role else TO_CLOSE, "", NOT_HELD)


def _said(engine: Engine, wish: Intent, symbol: str, asked: str, order_id: str, code: str) -> list[Event]:
    unmet = WishUnmet(engine.now, wish.account, wish.strategy, symbol, asked, order_id, code, wish.reason)
    known = engine.unmet.get((wish.account, wish.strategy, symbol), [])
    if unmet.said in known or len(known) >= KEPT_MAX:
        return []
    engine.apply(unmet)
    return [unmet]
