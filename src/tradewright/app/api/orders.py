"""Orders, one at a time: placed, changed, cancelled. What is asked for becomes the input that a person's command makes;
a refusal by a rule is an answer like any, with its decision and every check, and no problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fastapi import Response

from tradewright.app import picker
from tradewright.app.api import books, shapes
from tradewright.app.api.keys import TRADE
from tradewright.app.api.problem import Problem
from tradewright.app.api.reads import OrderId
from tradewright.app.api.route import AccountName, Ask, Asking, Routes, told
from tradewright.core.by_hand import decisions_of, kept
from tradewright.core.client_ids import newest_of
from tradewright.core.life_cycle import HELD
from tradewright.core.orders import OrderState
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.order_request import OrderNamed, OrderRequested

ROUTES = Routes()
UNSAID = "through the interface"


@ROUTES.add(
    "POST", "/api/v1/orders", TRADE, shapes.Submitted, shapes.Submit,
    {"symbol": "BTCUSD", "side": "buy", "quantity": "0.01", "type": "limit", "limitPrice": 30000, "clientOrderId": "a"},
)  # fmt: skip
async def submit(ask: Ask, account: AccountName = "") -> Response:
    """Place an order. Asked for again with its `clientOrderId` it is the same order, as it stands then."""
    wanted = await ask.body(shapes.Submit)
    asked = picker.OrderAsked(
        wanted.symbol, wanted.side, _text(wanted.quantity), ask.key.name, _text(wanted.limit_price),
        wanted.reservation, ask.account(account).terms.name, wanted.strategy_id, wanted.reason or UNSAID, wanted.type,
        _text(wanted.stop_price), wanted.time_in_force or "", wanted.client_order_id or "", wanted.reduce_only,
        wanted.post_only, wanted.extended_hours,
    )  # fmt: skip

    events: list[OrderRequested] = []

    def made(now: int) -> Event:
        # Made when the engine's time goes on, since a name may have become free by then.
        event = picker.event_of(asked, ask.desk.engine)
        assert isinstance(event, OrderRequested)
        taken = ask.desk.engine.client_ids.taken(event) if event.client_id else ""
        if taken:
            raise Problem("CLIENT_ORDER_ID_TAKEN", taken)
        events.append(event)
        return event

    def answered(outputs: Sequence[Event]) -> Response:
        named = ask.desk.engine.client_ids.find(events[0]) if events[0].client_id else None
        return told(submitted(ask, named, decisions_of(events[0], outputs)))

    return await ask.desk.do_together(made, answered)


def submitted(ask: Asking, named: OrderNamed | None, decisions: list[Decision]) -> shapes.Submitted:
    """An order as it stands, by its caller's name where it has one. decisions: none where it was made before."""
    engine = ask.desk.engine
    order_ids = [one.orders[0].id for one in decisions if one.approved]
    if named is not None:
        state, order_ids = newest_of(named, engine.orders), named.order_ids
    else:
        state = engine.orders[decisions[-1].orders[0].id]
    known = [*decisions, *(() if decisions else ask.desk.decisions)]
    decision = next((one for one in reversed(known) if one.id == state.order.decision), None)
    return books.submitted(state, named, order_ids, decision)


@ROUTES.add("PATCH", "/api/v1/orders/{order_id}", TRADE, shapes.Modified, shapes.Modify, {"limitPrice": "30100.5"})
async def modify(ask: Ask, order_id: OrderId) -> Response:
    """Other terms for an order that works; what is not said stays. It stays one order, with its id and its fills."""
    wanted = await ask.body(shapes.Modify)
    state = _order(ask, order_id)
    if not state.is_open():
        await ask.desk.durable()
        raise Problem("ORDER_ENDED", f"{order_id} has ended: {state.status}")
    asked = picker.ModifyAsked(
        order_id, ask.key.name, _text(wanted.quantity), _text(wanted.limit_price), _text(wanted.stop_price),
        wanted.time_in_force or "", wanted.reason or UNSAID,
    )  # fmt: skip
    outputs = ask.desk.do(lambda now: picker.event_of(asked, ask.desk.engine))
    judged = picker.judged_of(order_id, outputs)
    return told(books.modified(judged, state.stage == HELD, state.order.instrument))


@ROUTES.add("DELETE", "/api/v1/orders/{order_id}", TRADE, shapes.CancelledOrder)
async def cancel_order(ask: Ask, order_id: OrderId) -> Response:
    """Cancel one order, of whatever kind but a stop that guards a position: that is changed, or ends with it."""
    state = _order(ask, order_id)
    why = kept(state) if state.is_open() else f"{order_id} has ended: {state.status}"
    if why:
        return await ask.tell(shapes.CancelledOrder(success=False, message=why))
    who = ask.key.name
    ask.desk.do(lambda now: CancelRequested(now, "", "", "", 0, who, UNSAID, order_id))
    message = "its cancel is on its way: what fills until it is there counts" if state.is_open() else "it has ended"
    return told(shapes.CancelledOrder(success=True, message=message))


def _order(ask: Asking, order_id: str) -> OrderState:
    """Raises Problem for one that is not there, or not for this key."""
    state = ask.desk.engine.orders.get(order_id)
    if state is None or state.order.account not in ask.desk.accounts(ask.key):
        raise Problem("NOT_FOUND", "order")
    return state


def _text(amount: Decimal | None) -> str:
    return "" if amount is None else str(amount)
