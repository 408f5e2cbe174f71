"""What the core does by itself when an account's limits are reached between its orders: the circuit breaker, the
throttle on repeated executions, the week's loss and the drawdown.

The breaker opens after errors in a row: the account is REDUCING and resumes by itself after the cooldown, where one
more error opens it again. The week's loss is REDUCING until Monday. A drawdown HALTs the account and repeated
executions their strategy until a named person re-arms them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core.accounts import AccountState
from tradewright.core.exposure_rules import share
from tradewright.core.rules import loss_limit
from tradewright.model.control import ACTIVE, HALTED, REDUCING, TradingStateChanged
from tradewright.model.report import Fill

if TYPE_CHECKING:
    from tradewright.core.engine import Engine
    from tradewright.model.event import Event

SECOND_NS = 1_000_000_000
NEVER_NS = 2**63 - 1
CIRCUIT_BREAKER = "CIRCUIT_BREAKER"
BREAKER_RESUMED = "BREAKER_RESUMED"
WEEKLY_LOSS_LIMIT = "WEEKLY_LOSS_LIMIT"
WEEK_ROLLED = "WEEK_ROLLED"
DRAWDOWN_LIMIT = "DRAWDOWN_LIMIT"
REPEATED_EXECUTION = "REPEATED_EXECUTION"


def tripped(engine: Engine, event: Event) -> list[TradingStateChanged]:
    """Changes of trading states that an event brings about."""
    changes: list[TradingStateChanged] = []
    for account in engine.gate.tracked:
        _breaker(engine, account, changes)
    if isinstance(event, Fill) and engine.fresh_fill:
        _repeated(engine, event, changes)
        state = engine.orders.get(event.order_id)
        if state is not None:
            _week(engine, engine.accounts[state.order.account], changes)
    for account in engine.gate.guarded:
        _drawdown(engine, account, changes)
    return changes


def breaker_due(engine: Engine) -> int:
    """When the next open breaker closes, ns UTC; a time past all others where none is open."""
    due = NEVER_NS
    for account in engine.gate.tracked:
        if account.traffic is not None and account.traffic.opened:
            due = min(due, account.traffic.opened + _cooldown(engine, account))
    return due


def resumed(engine: Engine, account: AccountState) -> None:
    """Fold the end of a breaker's cooldown: half open, one more error opens it again."""
    limit = engine.gate.tightest(account, "breakerErrors")
    if account.traffic is not None:
        account.traffic.opened = 0
        account.traffic.errors = max(0, limit - 1) if limit is not None else 0


def _cooldown(engine: Engine, account: AccountState) -> int:
    known = engine.gate.tightest(account, "breakerCooldownSeconds")
    return 60 * SECOND_NS if known is None else known


def _breaker(engine: Engine, account: AccountState, changes: list[TradingStateChanged]) -> None:
    traffic = account.traffic
    limit = engine.gate.tightest(account, "breakerErrors")
    if traffic is None or limit is None:
        return
    scope = "account:" + account.terms.name
    state = engine.states.get(scope, ACTIVE)
    if traffic.opened:
        if engine.now >= traffic.opened + _cooldown(engine, account) and engine.causes.get(scope) == CIRCUIT_BREAKER:
            changes.append(TradingStateChanged(engine.now, scope, ACTIVE, BREAKER_RESUMED, traffic.errors, limit))
    elif traffic.errors >= limit and state == ACTIVE:
        changes.append(TradingStateChanged(engine.now, scope, REDUCING, CIRCUIT_BREAKER, traffic.errors, limit))


def _repeated(engine: Engine, fill: Fill, changes: list[TradingStateChanged]) -> None:
    state = engine.orders.get(fill.order_id)
    if state is None:
        return
    order = state.order
    account = engine.accounts[order.account]
    book = engine.book(order.account, order.strategy, order.instrument)
    scope = "strategy:" + order.strategy
    for rule in engine.gate.rules_of(book):
        if rule.code == REPEATED_EXECUTION and account.traffic is not None and engine.states.get(scope) != HALTED:
            since = engine.now - (rule.limits.get("repeatedExecutionSeconds") or 60 * SECOND_NS)  # type: ignore[union-attr]
            done = account.traffic.executions(order.strategy, order.instrument.index, since)
            if done >= rule.bound:
                changes.append(TradingStateChanged(engine.now, scope, HALTED, REPEATED_EXECUTION, done, rule.bound))
                return


def _week(engine: Engine, account: AccountState, changes: list[TradingStateChanged]) -> None:
    tightest = engine.gate.tightest
    money, ppm = tightest(account, "maxWeeklyLoss"), tightest(account, "maxWeeklyLossPercent")
    limit = loss_limit(money, ppm, account.week_equity)
    equity = account.equity()
    scope = "account:" + account.terms.name
    if limit < 0 or equity is None or account.week_equity is None or engine.states.get(scope, ACTIVE) != ACTIVE:
        return
    loss = account.week_equity - equity
    if loss >= limit:
        changes.append(TradingStateChanged(engine.now, scope, REDUCING, WEEKLY_LOSS_LIMIT, loss, limit))


def _drawdown(engine: Engine, account: AccountState, changes: list[TradingStateChanged]) -> None:
    limit = engine.gate.tightest(account, "maxDrawdownPercent")
    equity = account.equity()
    scope = "account:" + account.terms.name
    if limit is None or equity is None or account.peak is None or engine.states.get(scope, ACTIVE) == HALTED:
        return
    lost = share(max(0, account.peak - equity), account.peak)
    if lost is not None and lost >= limit:
        changes.append(TradingStateChanged(engine.now, scope, HALTED, DRAWDOWN_LIMIT, lost, limit))
