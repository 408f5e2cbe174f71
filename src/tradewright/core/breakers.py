"""What the core does by itself when an account's limits are reached between its orders: the circuit breaker, the
throttle on repeated executions, what is held beyond a limit, the loss of day and week, the drawdown.

The breaker opens after errors in a row: the account is REDUCING and resumes by itself after the cooldown, where one
more error opens it again. What a fill finds beyond a limit is REDUCING until all is known to be within; the day's loss
until the day rolls, the week's until Monday; the cause that lives longest takes over. What a strategy, symbol, sector
or currency lost makes that scope REDUCING, until the day (week) of each account that it trades has rolled. A drawdown
HALTs the account and repeated executions their strategy until a named person re-arms them. A limit that two persons
have waived does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core.accounts import AccountState
from tradewright.core.conduct_rules import Repeated
from tradewright.core.exposure import CANARY, parts_of
from tradewright.core.exposure_rules import share
from tradewright.core.life_cycle import SENT
from tradewright.core.orders import OrderState
from tradewright.core.risk import Rule
from tradewright.core.trading_state import DAILY_LOSS_LIMIT, PASSING
from tradewright.core.watching import FILL_LIMITS
from tradewright.model.control import ACTIVE, EVERYTHING, HALTED, REDUCING, TradingStateChanged, TradingStateSet
from tradewright.model.event import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    FILLED,
    OUTCOME_UNKNOWN,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
)
from tradewright.model.order import ENTRY, Order
from tradewright.model.report import Fill, Report
from tradewright.model.zone import day_of, week_of

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.ledger import Book
    from tradewright.model.event import Event

SECOND_NS = 1_000_000_000
NEVER_NS = 2**63 - 1
#: Reports of a venue that count as errors in a row.
ERRORS = (REJECTED, CANCEL_REJECTED, REPLACE_REJECTED, OUTCOME_UNKNOWN)
CIRCUIT_BREAKER = "CIRCUIT_BREAKER"
BREAKER_RESUMED = "BREAKER_RESUMED"
WEEKLY_LOSS_LIMIT = "WEEKLY_LOSS_LIMIT"
DAY_ROLLED = "DAY_ROLLED"
WEEK_ROLLED = "WEEK_ROLLED"
DRAWDOWN_LIMIT = "DRAWDOWN_LIMIT"
REPEATED_EXECUTION = "REPEATED_EXECUTION"
LIMIT_BREACHED = "LIMIT_BREACHED"
LIMIT_RESTORED = "LIMIT_RESTORED"
LOSSES = (DAILY_LOSS_LIMIT, WEEKLY_LOSS_LIMIT)
_ASKED_AGAIN = frozenset(FILL_LIMITS)


def tripped(engine: Blotter, event: Event) -> list[TradingStateChanged]:
    """Changes of trading states that an event brings about."""
    changes: list[TradingStateChanged] = []
    for account in engine.accounts.values() if engine.causes else engine.gate.tracked:
        _breaker(engine, account, changes)
    if isinstance(event, Fill) and engine.fresh_fill:
        _repeated(engine, event, changes)
        state = engine.orders.get(event.order_id)
        if state is not None:
            engine.stamp += 1  # one look at values for all of them
            _losses(engine, state.order, changes)
            _bounds(engine, state.order, changes)
    for account in engine.gate.guarded:
        _drawdown(engine, account, changes)
    if engine.causes:
        _restored(engine, changes)
    return changes


def is_open(engine: Blotter, account: AccountState) -> bool:
    """Whether it is the breaker that an account is REDUCING for; under a loss that took over its cooldown runs on."""
    return engine.causes.get("account:" + account.terms.name) == CIRCUIT_BREAKER


def breaker_due(engine: Blotter) -> int:
    """When the next open breaker closes, ns UTC; a time past all others where none is open."""
    due = NEVER_NS
    for account in engine.gate.tracked:
        if account.traffic is not None and is_open(engine, account):
            due = min(due, account.traffic.opened + _cooldown(engine, account))
    return due


def turned(engine: Blotter, event: TradingStateChanged | TradingStateSet) -> None:
    """A trading state changed: the circuit breaker of an account opened, its cooldown ended, or a person or a fact took
    over from it, and then there is no cooldown to wait for. One that a loss took over from goes on under it."""
    kind, _, name = event.scope.partition(":")
    account = engine.accounts.get(name) if kind == "account" else None
    if account is None or account.traffic is None:
        return
    opened, cause = account.traffic.opened, engine.causes.get(event.scope, "")
    # A loss whose day is over while the cooldown is not: the breaker opens again at once.
    ended = isinstance(event, TradingStateChanged) and event.code in (DAY_ROLLED, WEEK_ROLLED)
    cooling = ended and engine.now < opened + _cooldown(engine, account)
    if cause == CIRCUIT_BREAKER:
        if isinstance(event, TradingStateChanged) and not opened:
            account.traffic.opened = event.time
    elif opened and not (cooling or cause in LOSSES):
        resumed(engine, account)
    engine.set_due()


def re_armed(engine: Blotter, scope: str) -> None:
    """A person lets a scope trade again: what halted it begins anew there."""
    for account in engine.accounts.values():
        whole = scope in (EVERYTHING, "account:" + account.terms.name)
        if whole:
            account.peak = None
            account.gain_from = account.equity() if account in engine.targeted else None
        if account.traffic is not None:
            if whole:
                account.traffic.errors = account.traffic.opened = 0
            account.traffic.forget(scope.removeprefix("strategy:") if scope.startswith("strategy:") else "", whole)


def heard(engine: Blotter, report: Report, state: OrderState, fresh: bool) -> None:
    """What a report says of the account's traffic: it was heard of; refusals and lost answers count in a row."""
    order = state.order
    traffic = engine.accounts[order.account].traffic
    if traffic is None:
        return
    traffic.heard = max(engine.now, report.time)
    if report.kind in ERRORS:
        traffic.errors += 1
    elif _answers(report, state):
        traffic.errors = 0
    if fresh:
        traffic.fills(order, traffic.heard, order.role == ENTRY and state.filled == 0)


def _answers(report: Report, state: OrderState) -> bool:
    """Whether it says that a request on its way was carried out. What a look-up is told, or the venue says by itself of
    an order, ends no row of errors: the way by which requests go may be broken all the while."""
    request = {ACCEPTED: state.submit, FILLED: state.submit, CANCELLED: state.cancel, REPLACED: state.replace}
    return request.get(report.kind) == SENT


def resumed(engine: Blotter, account: AccountState) -> None:
    """Fold the end of a breaker's cooldown: half open, one more error opens it again."""
    limit = engine.gate.tightest(account, "breakerErrors", engine.now)
    if account.traffic is not None:
        account.traffic.opened = 0
        account.traffic.errors = max(0, limit - 1) if limit is not None else 0


def _cooldown(engine: Blotter, account: AccountState) -> int:
    known = engine.gate.tightest(account, "breakerCooldownSeconds", engine.now)
    return 60 * SECOND_NS if known is None else known


def _breaker(engine: Blotter, account: AccountState, changes: list[TradingStateChanged]) -> None:
    """Open it after too many errors in a row; close it when its cooldown is over, or nobody asks for it any more."""
    traffic = account.traffic
    limit = engine.gate.tightest(account, "breakerErrors", engine.now)
    scope = "account:" + account.terms.name
    errors = None if traffic is None else traffic.errors
    if is_open(engine, account):
        cooling = traffic is not None and engine.now < traffic.opened + _cooldown(engine, account)
        if limit is None or not cooling:
            changes.append(TradingStateChanged(engine.now, scope, ACTIVE, BREAKER_RESUMED, errors, limit))
    elif limit is not None and traffic is not None and (traffic.errors >= limit or traffic.opened):
        _reduce(engine, scope, CIRCUIT_BREAKER, traffic.errors, limit, changes)


def _repeated(engine: Blotter, fill: Fill, changes: list[TradingStateChanged]) -> None:
    state = engine.orders.get(fill.order_id)
    if state is None:
        return
    order = state.order
    account = engine.accounts[order.account]
    book = engine.book(order.account, order.strategy, order.instrument)
    scope = "strategy:" + order.strategy
    for rule in engine.gate.rules_of(book):
        if isinstance(rule, Repeated) and engine.states.get(scope) != HALTED:
            done = rule.done(account, order.strategy, order.instrument.index, engine.now)
            if done >= rule.bound:
                changes.append(TradingStateChanged(engine.now, scope, HALTED, REPEATED_EXECUTION, done, rule.bound))
                return


def _losses(engine: Blotter, order: Order, changes: list[TradingStateChanged]) -> None:
    """Behind a fill, what was lost today and this week against every limit on it. Of a scope that holds the account as
    a whole: where all that the scope holds has reached it, each of its accounts is REDUCING, else the account that has
    reached it alone. A narrower scope is REDUCING itself, where a trading state can be set for it."""
    account = engine.accounts[order.account]
    for rule in _asked_again(engine, engine.book(order.account, order.strategy, order.instrument))[0]:
        limits, scope = rule.limits, rule.exposure
        if limits is None or scope is None or rule.waived > engine.now:
            continue
        accounts, reached = scope.accounts, _reached(engine, rule)
        if not scope.whole:
            parts = parts_of(scope.scope)
            if reached is not None and len(parts) == 1:
                # A canary has no state of its own: its strategy has.
                stopping = f"strategy:{scope.strategy}" if CANARY in parts else scope.scope
                _reduce(engine, stopping, rule.code, *reached, changes)
            continue
        if reached is None and len(accounts) > 1:
            accounts = [account]
            reached = _reached(engine, rule.bind(limits, scope.alone(account), rule.limit))
        if reached is not None:
            for each in accounts:
                _reduce(engine, "account:" + each.terms.name, rule.code, *reached, changes)


def _reached(engine: Blotter, rule: Rule) -> tuple[int, int] | None:
    """Loss and limit where the one has reached the other."""
    used = rule.used(engine.stamp, engine.now)
    if used is None or used[0] is None or used[1] is None or used[0] < used[1]:
        return None
    return used[0], used[1]


def _reduce(engine: Blotter, scope: str, code: str, value: int, limit: int, changes: list[TradingStateChanged]) -> None:
    """A scope opens nothing any more, for that of its causes that lives longest; what a person or a fact has stopped
    stays theirs."""
    state, cause = engine.states.get(scope, ACTIVE), engine.causes.get(scope, "")
    for change in changes:
        if change.scope == scope:
            state, cause = change.state, change.code
    outlived = state == REDUCING and cause in PASSING and PASSING.index(cause) < PASSING.index(code)
    if state == ACTIVE or outlived:
        changes[:] = [change for change in changes if change.scope != scope]
        changes.append(TradingStateChanged(engine.now, scope, REDUCING, code, value, limit))


def day_rolled(engine: Blotter, account: AccountState) -> list[TradingStateChanged]:
    """A day of the account has begun: what was lost in the one before (or in its week) by it, and by scopes whose other
    accounts have a new one as well, stops nothing any more."""
    changes: list[TradingStateChanged] = []
    for scope, cause in sorted(engine.causes.items()):
        if cause not in LOSSES or engine.states.get(scope) != REDUCING:
            continue
        weekly, traded = cause == WEEKLY_LOSS_LIMIT, _traded(engine, scope)
        if account in traded and all(_rolled(each, engine.since[scope], weekly) for each in traded):
            code = WEEK_ROLLED if weekly else DAY_ROLLED
            changes.append(TradingStateChanged(engine.now, scope, ACTIVE, code, None, None))
    return changes


def _traded(engine: Blotter, scope: str) -> list[AccountState]:
    """The accounts whose days a scope's loss is counted in: the account itself, else those in which it has traded."""
    exposure = engine.gate.exposure(scope)
    if exposure.whole:
        return exposure.accounts
    return [account for account in exposure.accounts if any(book.used() for book in exposure.books(account))]


def _rolled(account: AccountState, since: int, weekly: bool) -> bool:
    """Whether its day (or week) began after a moment, ns UTC."""
    day = day_of(account.terms.day_zone, since)
    return week_of(account.day) > week_of(day) if weekly else account.day > day


def _bounds(engine: Blotter, order: Order, changes: list[TradingStateChanged]) -> None:
    """Behind a fill, what its account holds against every limit on it: beyond one the account is REDUCING. A loss has
    changes of its own."""
    for value, limit in _uses(engine, engine.book(order.account, order.strategy, order.instrument)):
        if value is not None and limit is not None and value > limit:
            _reduce(engine, "account:" + order.account, LIMIT_BREACHED, value, limit, changes)


def _restored(engine: Blotter, changes: list[TradingStateChanged]) -> None:
    """An account that held more than a limit allows goes on once all that it trades is known to be within every one.
    Which limit it was is not asked: one whose value is not known lets nothing open anyway."""
    engine.stamp += 1
    for account in engine.accounts.values():
        scope = "account:" + account.terms.name
        if engine.causes.get(scope) != LIMIT_BREACHED or scope in [change.scope for change in changes]:
            continue
        uses = [use for book in account.books if book.used() for use in _uses(engine, book)]
        if all(value is not None and limit is not None and value <= limit for value, limit in uses):
            changes.append(TradingStateChanged(engine.now, scope, ACTIVE, LIMIT_RESTORED, None, None))


def _uses(engine: Blotter, book: Book) -> list[tuple[int | None, int | None]]:
    """Value and limit of what is asked again behind the fills of a book; None = it is not known. Losses are left out,
    and what binds a canary alone: it may hold more from the version before, and its account goes on."""
    bounds = _asked_again(engine, book)[1]
    uses = [rule.used(engine.stamp, engine.now) for rule in bounds if rule.waived <= engine.now]
    return [(used[0], used[1]) for used in uses if used is not None]


def _asked_again(engine: Blotter, book: Book) -> tuple[list[Rule], list[Rule]]:
    """The rules of a book that are asked again behind its fills, kept until limits change: losses, and what it may
    hold."""
    known = engine.gate.asked_again.get(book)
    if known is None:
        rules = engine.gate.rules_of(book)
        losses = [rule for rule in rules if rule.code in LOSSES]
        bounds = [
            rule
            for rule in rules
            if rule.limit in _ASKED_AGAIN
            and rule.code not in LOSSES
            and (rule.exposure is None or CANARY not in parts_of(rule.exposure.scope))
        ]
        known = engine.gate.asked_again[book] = (losses, bounds)
    return known


def _drawdown(engine: Blotter, account: AccountState, changes: list[TradingStateChanged]) -> None:
    limit = engine.gate.tightest(account, "maxDrawdownPercent", engine.now)
    equity = account.equity()
    scope = "account:" + account.terms.name
    if limit is None or equity is None or account.peak is None or engine.states.get(scope, ACTIVE) == HALTED:
        return
    lost = share(max(0, account.peak - equity), account.peak)
    if lost is not None and lost >= limit:
        changes.append(TradingStateChanged(engine.now, scope, HALTED, DRAWDOWN_LIMIT, lost, limit))
