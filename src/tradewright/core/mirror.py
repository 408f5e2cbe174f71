"""The shadow path: a wish becomes an order of the shadow account, by the same judge and with a decision of its own.

One position for each strategy and symbol, of a fixed value at the price known now. A wish for what is held, or on its
way, orders nothing; an opposite one closes, and opens where it wishes for a position. Where the shadowed account or the
instrument can not be short, an opening short is a close. Orders go at the market, so the shadow's venue fills them at
its next close; stops and targets of an opening go along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.model.account import CASH
from tradewright.model.command import CLOSING
from tradewright.model.event import Event
from tradewright.model.intent import Intent
from tradewright.model.numbers import round_down
from tradewright.model.order import BUY, ENTRY, EXIT, SELL
from tradewright.model.wish import Wish

if TYPE_CHECKING:
    from tradewright.core.engine import Engine
    from tradewright.core.ledger import Book
    from tradewright.core.scoreboard import Scoreboard

PPM_ONE = 1_000_000


def mirror(engine: Engine, wish: Wish) -> list[Event]:
    """What a wish does in the shadow. Applied outputs."""
    board = engine.board
    assert board is not None, "a wish without a shadow"
    account, instrument = board.terms.name, wish.instrument
    if wish.trail_units:
        moved = Intent(wish.strategy, account, wish.strategy, instrument, BUY)
        moved.trail_units, moved.trails = wish.trail_units, True
        return engine.trail(moved)
    book: Book = engine.book(account, wish.strategy, instrument)
    side = wish.side or (SELL if book.net > 0 else BUY)
    outputs: list[Event] = []
    entering = leaving = False
    for order_id in engine.open_orders(account, wish.strategy, instrument):
        order = engine.orders[order_id].order
        if order.role == ENTRY and order.side == wish.side:
            entering = True
        elif order.role == ENTRY:
            outputs += engine.cancel(order_id, CLOSING)
        elif order.role == EXIT and order.side == side:
            leaving = True
    held = side * book.net
    if wish.opens and held <= 0 and not entering and (side == BUY or may_short(engine, board, wish)):
        outputs += engine.judge(_opening(engine, board, wish))
    elif held < 0 and not leaving:
        outputs += engine.judge(_closing(engine, board, wish, side, -held))
    return outputs


def may_short(engine: Engine, board: Scoreboard, wish: Wish) -> bool:
    """Whether the shadowed account could be short in the instrument."""
    shadowed = engine.accounts[board.terms.account].terms
    return shadowed.kind != CASH and wish.instrument.rules.shortable


def _opening(engine: Engine, board: Scoreboard, wish: Wish) -> Intent:
    account = board.terms.name
    intent = Intent(engine.next_order_id(account), account, wish.strategy, wish.instrument, wish.side)
    intent.value = board.terms.value
    exits = wish.exits
    if exits is not None:
        intent.stop_loss, intent.take_profit = exits.stop_loss, exits.take_profit
        intent.exit_trail_units, intent.exit_trail_ppm = exits.exit_trail_units, exits.exit_trail_ppm
        intent.plan = exits.plan
    return _said(intent, wish)


def _closing(engine: Engine, board: Scoreboard, wish: Wish, side: int, held: int) -> Intent:
    account = board.terms.name
    intent = Intent(engine.next_order_id(account), account, wish.strategy, wish.instrument, side)
    intent.closing = True
    if wish.share_ppm < PPM_ONE:
        # Less than a step is all of it: what is left open for nothing would never be closed.
        intent.quantity = round_down(held * wish.share_ppm // PPM_ONE, wish.instrument.rules.step)
    return _said(intent, wish)


def _said(intent: Intent, wish: Wish) -> Intent:
    intent.reason, intent.inputs, intent.confidence = wish.reason, wish.inputs, wish.confidence
    return intent
