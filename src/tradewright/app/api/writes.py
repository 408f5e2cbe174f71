"""What can be asked for. Each is the input that a person's command makes, judged as any other and answered when it is
durable: where the journal can not be written any more, what still leaves is answered too. The record names the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Query, Response

from tradewright.app.api import books, shapes
from tradewright.app.api.keys import KILL, RISK, TRADE
from tradewright.app.api.problem import Problem
from tradewright.app.api.route import AccountName, Ask, Asking, Routes, told
from tradewright.app.control import Asked
from tradewright.app.picker import CancelAsked, above_zero
from tradewright.model.control import ACTIVE, EVERYTHING, HALTED, TRADING_STATES, CloseRequested
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.order import BUY, EXIT, SELL

ROUTES = Routes()
STATES = {name: number for number, name in TRADING_STATES.items()}
CLOSABLE = (EVERYTHING, "account", "symbol")


@ROUTES.add("POST", "/api/v1/kill", KILL, shapes.StateSet, shapes.Kill, {"scope": "all", "reason": "looks odd"})
async def kill(ask: Ask) -> Response:
    """Stop openings in a scope and cancel those that rest, until a person re-arms it; exits stay possible."""
    wanted = await ask.body(shapes.Kill)
    if wanted.close and wanted.scope.partition(":")[0] not in CLOSABLE:
        raise Problem("INVALID_REQUEST", "closing goes by account or symbol, or all of it")
    if wanted.close and not ask.key.may(TRADE):
        raise Problem("FORBIDDEN", f"closing needs scope {TRADE} too")
    if _weaker(ask, wanted.scope, STATES[wanted.state]) and not ask.key.may(RISK):
        raise Problem("FORBIDDEN", f"{wanted.scope} is stopped harder than that: to loosen it scope {RISK} is needed")
    return await _set(ask, Asked(wanted.scope, STATES[wanted.state], ask.key.name, wanted.reason, wanted.close))


def _weaker(ask: Asking, scope: str, state: int) -> bool:
    """Whether what is in force would be loosened: setting any state but HALTED lets a halted strategy go."""
    engine, (kind, _, name) = ask.desk.engine, scope.partition(":")
    held = kind == "strategy" and name in engine.halted
    return state < (HALTED if held else engine.states.get(scope, ACTIVE))


@ROUTES.add("POST", "/api/v1/rearm", RISK, shapes.StateSet, shapes.Rearm, {"scope": "all", "reason": "understood"})
async def rearm(ask: Ask) -> Response:
    """Make a scope ACTIVE again, or a strategy that was halted."""
    wanted = await ask.body(shapes.Rearm)
    return await _set(ask, Asked(wanted.scope, ACTIVE, ask.key.name, wanted.reason))


async def _set(ask: Asking, wanted: Asked) -> Response:
    if not ask.desk.may_set(ask.key, wanted.scope):
        raise Problem("FORBIDDEN", "the key is bound to accounts: the scope has to be account:NAME of one of them")
    answer = ask.desk.carry_out(wanted)
    shown = {name: answer[name] for name in ("scope", "state", "who", "reason", "record", "states")}
    if ask.key.accounts:
        shown["states"] = {wanted.scope: answer["state"]}
    return told(shapes.StateSet(**shown))


@ROUTES.add(
    "POST", "/api/v1/orders/cancel", TRADE, shapes.Cancelled, shapes.Cancel, {"symbol": "BTCUSD", "reason": "too late"}
)  # fmt: skip
async def cancel(ask: Ask, account: AccountName = "") -> Response:
    """Cancel the openings at work that fit; exits stay, and nothing is stopped."""
    wanted = await ask.body(shapes.Cancel)
    name = ask.account(account).terms.name
    asked = CancelAsked(ask.key.name, name, wanted.strategy_id, wanted.symbol, wanted.side, wanted.reason)
    return told(shapes.Cancelled(**ask.desk.carry_out(asked)))


@ROUTES.add(
    "DELETE", "/api/v1/positions/{symbol}", TRADE, shapes.ClosedPosition, shapes.ClosePosition, {"quantity": "0.01"}
)  # fmt: skip
async def close_position(
    ask: Ask,
    symbol: str,
    account: AccountName = "",
    side: Annotated[Literal["", "long", "short"], Query(description="Of a hedging account that holds both.")] = "",
) -> Response:
    """Close what an account holds of one symbol at the market. All of it: what works in it is cancelled first. A
    quantity of it, or one side: openings stay."""
    wanted = await ask.body(shapes.ClosePosition)
    found = ask.account(account)
    held = [one for one in books.positions_of(found) if one.symbol == symbol and side in ("", one.side)]
    if not held:
        raise Problem("NOT_FOUND", "position")
    part = (0, 0)
    if side or wanted.quantity is not None:
        if len(held) > 1:
            raise Problem("INVALID_REQUEST", "both sides are held: say which one by ?side=")
        scale = ask.desk.engine.symbols[symbol].size_scale
        size = above_zero(str(held[0].quantity if wanted.quantity is None else wanted.quantity), scale, "quantity")
        part = (size, BUY if held[0].side == "long" else SELL)
    sent, refused = _closed(ask, found.terms.name, symbol, *part)
    first = sent[0] if sent else refused[0].order_id if refused else ""
    status = "pending" if sent else "rejected"
    return told(shapes.ClosedPosition(order_id=first, status=status, order_ids=sent, refused=refused))


@ROUTES.add("DELETE", "/api/v1/positions", TRADE, shapes.Closed)
async def close_positions(ask: Ask, account: AccountName = "") -> Response:
    """Close all that an account holds at the market; what works in it is cancelled first."""
    sent, refused = _closed(ask, ask.account(account).terms.name, "")
    return told(shapes.Closed(closed_count=len(sent), order_ids=sent, refused=refused))


def _closed(
    ask: Asking, account: str, symbol: str, quantity: int = 0, side: int = 0
) -> tuple[list[str], list[shapes.Refusal]]:
    """Ids of the closes that go, and those that were refused."""
    who = ask.key.name
    why = "closed through the interface"
    outputs = ask.desk.do(lambda now: CloseRequested(now, account, symbol, who, why, quantity, side))
    return _verdicts(outputs)


def _verdicts(outputs: Sequence[Event]) -> tuple[list[str], list[shapes.Refusal]]:
    closes = [one for one in outputs if isinstance(one, Decision) and one.orders[0].role == EXIT]
    refused = [
        shapes.Refusal(
            order_id=one.orders[0].id, decision_id=one.id, checks=books.checks(one.refusals, one.instrument)
        )
        for one in closes
        if not one.approved
    ]  # fmt: skip
    return [one.orders[0].id for one in closes if one.approved], refused


@ROUTES.add("POST", "/api/v1/reconciliation", RISK, shapes.Reconciliations)
async def reconcile(ask: Ask, account: AccountName = "") -> Response:
    """Compare an account with its venue now; what is answered is what was known before."""
    found = ask.account(account)
    ask.desk.connected.force_reconciliation(found.terms.name)
    return told(shapes.Reconciliations(accounts=[books.link_shape(found)]))
