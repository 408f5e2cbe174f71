"""An order that the engine has forgotten, read from its journal again: a fill that comes a day after its end is a fact
like any, and belongs to the strategy that ordered it.

Only records that name the order are decoded. What they make of it is what the engine made of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from tradewright.core.life_cycle import DENIED, HELD, SUBMITTED, stage_after
from tradewright.core.orders import OrderState
from tradewright.core.state import order_from
from tradewright.model.codec import Decoder
from tradewright.model.command import Submit
from tradewright.model.control import ExitTriggered, OrderAdopted
from tradewright.model.decision import Decision
from tradewright.model.event import EXIT_TRIGGERED, Event
from tradewright.model.instrument import Instrument
from tradewright.model.order import LIMIT, MARKET, Order
from tradewright.model.recalled import OrderRecalled
from tradewright.model.report import Report


def recalled(
    order_id: str, records: Iterable[tuple[int, bytes]], instruments: list[Instrument], now: int
) -> OrderRecalled | None:  # fmt: skip
    """None for an order that no record makes, or that has not ended by them."""
    known: dict[str, Order] = {}
    decoder = Decoder(instruments, known.__getitem__)
    name = b'"%s"' % order_id.encode()
    state: OrderState | None = None
    for _, record in records:
        if name in record:
            event = decoder.decode(record)
            state = _made(event, order_id, instruments) if state is None else _told(event, state)
            if state is not None:
                known[order_id] = state.order
    ended = state is not None and state.stage != DENIED and not state.is_open()
    return OrderRecalled(now, state.row()) if state is not None and ended else None


def _made(event: Event, order_id: str, instruments: list[Instrument]) -> OrderState | None:
    """The order, where this is the record that made it."""
    if isinstance(event, Decision):
        stage = HELD if event.approved else DENIED
        return next((OrderState(order, stage) for order in event.orders if order.id == order_id), None)
    if isinstance(event, OrderAdopted) and event.order[0] == order_id:
        return OrderState(order_from(event.order, instruments), SUBMITTED)
    return None


def _told(event: Event, state: OrderState) -> OrderState:
    order = state.order
    if getattr(event, "order_id", "") != order.id:
        return state
    if isinstance(event, Submit):
        state.stage = SUBMITTED
    elif isinstance(event, ExitTriggered):
        state.stage = stage_after(EXIT_TRIGGERED, state.stage)
        order.quantity = event.quantity
        if order.type != LIMIT and (order.parent or order.group):
            order.type, order.stop_units = MARKET, 0
    elif isinstance(event, Report):
        state.apply_report(event)
    return state
