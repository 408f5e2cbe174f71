"""What may leave while the journal can not be written, the lines it leaves, and how the next start takes them in.

What reduces or cancels may leave, each order after a line in the emergency file. A look-up needs none: nothing has to
be known of it later. What a person sets has a line too, so that it holds after the next start.
"""

from __future__ import annotations

import msgspec

from tradewright.core.engine import Engine
from tradewright.core.holds import covered
from tradewright.model.codec import encode
from tradewright.model.command import Cancel, Command, Query, Replace, Submit
from tradewright.model.control import OrderAdopted, TradingStateSet
from tradewright.model.event import SUBMIT, TRADING_STATE_SET, Event
from tradewright.model.order import ENTRY, Order

#: A reason in a line is cut there, so that it fits whatever it says.
REASON_MAX = 100


def may_leave(command: Command, engine: Engine) -> bool:
    """Whether a command can open nothing: a look-up, a cancel, an order that only reduces, or a change of an exit that
    asks for no more than it does."""
    if isinstance(command, Submit):
        return _reduces(command.order, engine)
    if isinstance(command, Replace):
        order = engine.orders[command.order_id].order
        return order.role != ENTRY and command.quantity <= order.quantity
    return isinstance(command, Cancel | Query)


def _reduces(order: Order, engine: Engine) -> bool:
    """Where strategies share an instrument their exits carry no flag, and the account's net has to cover them. An exit
    whose opening ended unfilled, as one does that is refused here, has nothing to close."""
    opening = engine.orders.get(order.parent)
    if opening is not None and not opening.is_open() and not opening.filled:
        return False
    if order.role == ENTRY or order.reduce_only:
        return order.reduce_only
    return covered(order, engine.holds.holds.values())


def line_of(said: Command | TradingStateSet) -> bytes:
    """As the emergency file keeps it: an order with its terms, since no decision of it is journaled."""
    if isinstance(said, Submit):
        return msgspec.json.encode((said.kind, said.time, said.order.row()))
    if isinstance(said, TradingStateSet):
        return encode(TradingStateSet(said.time, said.scope, said.state, said.who, said.reason[:REASON_MAX]))
    return encode(said)


def taken_in(line: bytes, now: int) -> Event | None:
    """What a line makes known at `now`: an order, or what a person set; None for a cancel or a change, of which the
    order's look-up says all."""
    kind, _, *content = msgspec.json.decode(line)
    if kind == SUBMIT:
        return OrderAdopted(now, content[0])
    return TradingStateSet(now, *content) if kind == TRADING_STATE_SET else None
