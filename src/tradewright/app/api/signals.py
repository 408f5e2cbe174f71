"""Signals in: what somebody outside has decided, read and judged as at a message bus (`app.decision_message`). What it
says once is carried out once; said again it is answered with what became of it.
"""

from __future__ import annotations

from fastapi import Response

from tradewright.app.api import shapes
from tradewright.app.api.keys import TRADE
from tradewright.app.api.orders import submitted
from tradewright.app.api.problem import Problem
from tradewright.app.api.route import Ask, Asking, Routes, told
from tradewright.app.decision_message import DecisionMessage, decision_of
from tradewright.core.by_service import known
from tradewright.model.decision import Decision

ROUTES = Routes()


@ROUTES.add(
    "POST", "/api/v1/signals", TRADE, shapes.Signalled, DecisionMessage,
    {"decisionId": "d-4711", "accountId": "paper", "strategyId": "ai_model", "symbol": "BTCUSD", "action": "BUY",
     "quantity": "0.01", "confidence": 0.8, "validUntil": "2026-01-05T14:30:00Z", "reasoning": "momentum"},
)  # fmt: skip
async def signal(ask: Ask) -> Response:
    """Have carried out what somebody outside has decided, as `ai.decision.generated` at a message bus has it. Its
    account and strategy are a pair that `server.signals` names. Said again it is the same decision, as it stands then.
    """
    said = decision_of(await ask.request.body())
    ask.account(said.account_id)
    server = ask.desk.config.block.server
    if server is None or not said.allowed(server.signals):
        raise Problem(
            "FORBIDDEN", f"server.signals does not name strategy {said.strategy_id} for account {said.account_id}"
        )
    made, engine = said.requested(ask.desk.engine, ask.key.name), ask.desk.engine
    again, other = known(engine, made(engine.now))
    if other:
        raise Problem("CLIENT_ORDER_ID_TAKEN", other)
    if again:
        return await ask.tell(_signalled(ask, said, [], True))
    return told(_signalled(ask, said, ask.desk.decide(made), False))


def _signalled(ask: Asking, said: DecisionMessage, decisions: list[Decision], again: bool) -> shapes.Signalled:
    named = ask.desk.engine.client_ids.known.get((said.account_id, said.decision_id))
    order = submitted(ask, named, decisions) if named is not None else None
    return shapes.Signalled(decision_id=said.decision_id, again=again, order=order)
