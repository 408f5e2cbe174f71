"""What a step was to the world: events made of the records of one step and the books around it.

`look` before the step is folded, `facts_of` behind it. Both read and change nothing, and what they make depends on the
records alone: a step that is told as it happens gives the very bytes that it gives when its journal is folded again.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import merge
from typing import Any, NamedTuple

import msgspec

from tradewright.app.api import books, trading_books
from tradewright.app.api.messages import (
    EVENTS,
    Alarm,
    ConnectionChanged,
    CycleCompleted,
    EndedPosition,
    Envelope,
    Execution,
    SessionStopped,
    Signal,
    StateChanged,
    StrategyHalted,
)
from tradewright.core.accounts import AccountState
from tradewright.core.breakers import BREAKER_RESUMED, CIRCUIT_BREAKER
from tradewright.core.engine import Engine
from tradewright.core.orders import OrderState
from tradewright.model import account_snapshot, control, signal
from tradewright.model.account import HEDGING
from tradewright.model.command import Cancel, Submit
from tradewright.model.correlation import correlation_begun, correlation_of
from tradewright.model.decision import Decision
from tradewright.model.event import (
    ACCOUNT_SNAPSHOT,
    CANCELLED,
    CASH_MOVED,
    EXPIRED,
    NOT_FOUND,
    POSITION_MOVED,
    POSITION_SPLIT,
    REJECTED,
    Event,
)
from tradewright.model.instrument import Instrument
from tradewright.model.lot import Match
from tradewright.model.moment import moment_text
from tradewright.model.numbers import decimal_from
from tradewright.model.order import SIDES
from tradewright.model.reconciliation import Reconciled
from tradewright.model.report import Fill, Report
from tradewright.model.session_set import SessionSet
from tradewright.model.shadow import is_shadow
from tradewright.trader import Trader

#: Inputs that may move money or positions of the account they name.
MOVES = (CASH_MOVED, ACCOUNT_SNAPSHOT, POSITION_SPLIT, POSITION_MOVED)
_ENDS = {
    CANCELLED: "trade.order.cancelled", EXPIRED: "trade.order.cancelled", REJECTED: "trade.order.rejected",
    NOT_FOUND: "trade.order.rejected",
}  # fmt: skip
_TURNS = {CIRCUIT_BREAKER: "trade.breaker.opened", BREAKER_RESUMED: "trade.breaker.closed"}
_ENCODER = msgspec.json.Encoder(decimal_format="number")

#: Size counts by instrument and side (+1 long, −1 short).
Holdings = dict[tuple[int, int], int]


class Fact(NamedTuple):
    """One event. place: among those of its step; account: whose it is, "" = of none alone; scope: whose trading state
    it is about, "" = none's; content: the event as it is sent."""

    sequence: int
    place: int
    type: str
    account: str
    scope: str
    content: bytes


class Before(NamedTuple):
    """What a step may change, as it was. order: what shows of the order, None = there is none; works: it may fill."""

    account: str
    order: tuple[object, ...] | None
    works: bool
    held: Holdings
    cash: dict[str, int]


NOTHING = Before("", None, False, {}, {})


def look(engine: Engine, event: Event) -> Before:
    """To be asked before the step of `event`."""
    if isinstance(event, Report):
        state = engine.orders.get(event.order_id)
        if state is None or is_shadow(state.order.account):
            return NOTHING
        name, shown, works = state.order.account, _shown(state), state.is_open()
        if not isinstance(event, Fill):
            return Before(name, shown, works, {}, {})
        return Before(name, shown, works, holdings(engine.accounts[name]), dict(engine.ledger.cash[name]))
    if event.kind in MOVES:
        name = event.account  # type: ignore[attr-defined]
        account = engine.accounts.get(name)
        if account is not None and not is_shadow(name):
            return Before(name, None, False, holdings(account), dict(engine.ledger.cash[name]))
    return NOTHING


def facts_of(
    trader: Trader, before: Before, sequence: int, event: Event, outputs: Sequence[Event], matches: Sequence[Match]
) -> list[Fact]:
    """The events of one step, in their order. sequence: of its last record; before: what `look` saw; the trader and the
    matches are as the step left them."""
    told = _Told(trader, sequence)
    if isinstance(event, Report) and before.order is not None:
        told.report(event, before, matches)
    elif isinstance(event, control.TradingStateSet):
        told.state_set(event)
    elif isinstance(event, SessionSet):
        told.session(event.time, event.account)
    elif isinstance(event, account_snapshot.ConnectionChanged):
        data = ConnectionChanged(account=event.account, up=event.up, reason=event.text)
        told.add("trade.connection.changed", event.time, data, event.account)
    if before.account and (before.order is None or isinstance(event, Fill)):
        told.moved(event.time, before)
    for output in outputs:
        told.output(output, getattr(event, "account", ""), outputs)
    if isinstance(event, control.Timer) and event.name.startswith(f"{control.CYCLE}:"):
        seconds = int(event.name.partition(":")[2])
        done = CycleCompleted(seconds=seconds, timestamp=moment_text(event.time))
        told.add("trade.cycle.completed", event.time, done, scope=control.EVERYTHING)
    return told.facts


def holdings(account: AccountState) -> Holdings:
    """What an account holds as the interface lists it: net, or each side of a hedging account."""
    found: Holdings = {}
    for one in account.positions:
        if one.long_size or one.short_size:
            index, hedging = one.instrument.index, account.terms.mode == HEDGING
            found[index, 1] = one.long_size if hedging else max(one.net, 0)
            found[index, -1] = one.short_size if hedging else max(-one.net, 0)
    return found


def _shown(state: OrderState) -> tuple[object, ...]:
    """What a reader of an order sees of it that may change."""
    order = state.order
    return (
        state.status, state.is_open(), state.filled, order.quantity, order.limit_units, order.stop_units, state.code,
        state.text, state.venue_id,
    )  # fmt: skip


class _Told:
    """Gathers the events of one step."""

    def __init__(self, trader: Trader, sequence: int) -> None:
        self.engine = trader.engine
        self.specs = () if trader.setup is None else trader.setup.strategies
        self.sequence = sequence
        self.facts: list[Fact] = []

    def add(
        self,
        type: str,
        time: int,
        data: msgspec.Struct,
        account: str = "",
        strategy: str = "",
        symbol: str = "",
        scope: str = "",
        correlation: str = "",
    ) -> None:
        """Of a shadow account nothing is told."""
        if is_shadow(account) or is_shadow(scope.removeprefix("account:")):
            return
        event = Envelope(
            event=EVENTS[type].also or type, type=type, sequence=self.sequence, index=len(self.facts),
            time=moment_text(time), account=account, strategy_id=strategy, symbol=symbol,
            correlation_id=correlation, data=data,
        )  # fmt: skip
        self.facts.append(Fact(self.sequence, len(self.facts), type, account, scope, _ENCODER.encode(event)))

    # ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def order(self, type: str, time: int, state: OrderState) -> None:
        order = state.order
        self.add(
            type, time, books.order_shape(self.engine, state), order.account, order.strategy, order.instrument.symbol,
            correlation=correlation_of(order),
        )  # fmt: skip

    def report(self, report: Report, before: Before, matches: Sequence[Match]) -> None:
        state = self.engine.orders.get(report.order_id)
        if state is None:
            return
        if isinstance(report, Fill) and self.engine.fresh_fill:
            order = state.order
            type = "trade.order.filled" if state.status == "FILLED" else "trade.order.partial"
            data = _execution(self.engine, report, state, matches)
            self.add(
                type, report.time, data, order.account, order.strategy, order.instrument.symbol,
                correlation=correlation_of(order),
            )  # fmt: skip
        elif _shown(state) != before.order:
            ended = before.works and not state.is_open()
            self.order(_ENDS.get(report.kind, "trade.order.updated") if ended else "trade.order.updated",
                       report.time, state)  # fmt: skip

    # ── money and positions ────────────────────────────────────────────────────────────────────────────────────────

    def moved(self, time: int, before: Before) -> None:
        """What is held otherwise than before, and the account where its money moved."""
        account = self.engine.accounts[before.account]
        now = holdings(account)
        for key in sorted({**before.held, **now}):
            was, size = before.held.get(key, 0), now.get(key, 0)
            if was != size:
                self._position(time, account, self.engine.instruments[key[0]], key[1], was, size)
        if self.engine.ledger.cash[before.account] != before.cash:
            shape = books.account_shape(self.engine, account)
            self.add("trade.balance.updated", time, shape, before.account)

    def _position(
        self, time: int, account: AccountState, instrument: Instrument, side: int, was: int, size: int
    ) -> None:  # fmt: skip
        name = account.terms.name
        if not size:
            ended = _ended(self.engine, name, instrument, side)
            self.add("trade.position.closed", time, ended, name, symbol=instrument.symbol)
            return
        position = self.engine.ledger.positions[name, instrument.index]
        type = "trade.position.updated" if was else "trade.position.opened"
        shape = books.position_shape(account, position, side, size)
        self.add(type, time, shape, name, symbol=instrument.symbol)

    # ── outputs ────────────────────────────────────────────────────────────────────────────────────────────────────

    def output(self, output: Event, about: str, outputs: Sequence[Event]) -> None:
        """about: the account that the step's input names, "" = none; outputs: all of the step's."""
        if isinstance(output, Decision):
            self._decision(output)
        elif isinstance(output, Submit):
            self.order("trade.order.submitted", output.time, self.engine.orders[output.order_id])
        elif isinstance(output, Cancel) and output.here:
            self.order("trade.order.cancelled", output.time, self.engine.orders[output.order_id])
        elif isinstance(output, control.ExitMoved) and output.order_id in self.engine.orders:
            self.order("trade.order.updated", output.time, self.engine.orders[output.order_id])
        elif isinstance(output, signal.Signal):
            account = self._account_of(output.strategy)
            said = _signal(output, account)
            self.add(
                "trade.signal.generated", output.time, said, account, output.strategy, output.symbol,
                correlation=correlation_begun(output, outputs),
            )  # fmt: skip
        elif isinstance(output, control.TradingStateChanged):
            self._state_changed(output)
        elif isinstance(output, Reconciled):
            shape = books.link_shape(self.engine.accounts[output.account])
            self.add("trade.reconciliation.completed", output.time, shape, output.account)
        elif isinstance(output, control.Alarm):
            self._alarm(output, about)
        elif isinstance(output, control.StrategyHalted):
            halted = StrategyHalted(strategy_id=output.strategy, code=output.code, text=output.text)
            account = self._account_of(output.strategy)
            self.add("trade.strategy.halted", output.time, halted, account, output.strategy)
        elif isinstance(output, control.SessionStopped):
            stopped = SessionStopped(
                account=output.account, session_id=output.id, code=output.code, text=output.text()
            )  # fmt: skip
            self.add("trade.session.stopped", output.time, stopped, output.account)

    def _decision(self, decision: Decision) -> None:
        shape = books.decision_shape(decision)
        symbol = decision.instrument.symbol
        self.add(
            "trade.decision.made", decision.time, shape, decision.account, decision.strategy, symbol,
            correlation=shape.correlation_id,
        )  # fmt: skip
        if not decision.approved:
            self.order("trade.order.rejected", decision.time, self.engine.orders[decision.orders[0].id])

    def _alarm(self, alarm: control.Alarm, about: str) -> None:
        state = self.engine.orders.get(alarm.order_id)
        account, strategy, symbol, correlation = about, "", "", ""
        if state is not None:
            account, strategy = state.order.account, state.order.strategy
            symbol, correlation = state.order.instrument.symbol, correlation_of(state.order)
        data = Alarm(code=alarm.code, text=alarm.text, order_id=alarm.order_id or None)
        self.add("trade.alarm.raised", alarm.time, data, account, strategy, symbol, correlation=correlation)

    def state_set(self, event: control.TradingStateSet) -> None:
        """Of a session, or of all that happens above it."""
        kind, _, name = event.scope.partition(":")
        if kind != "session":
            type = "trade.emergency.stopped" if event.state == control.HALTED else "trade.state.changed"
            self._state(type, event.time, event.scope, event.state, event.who, event.reason)
        if kind in ("session", "account") and name in self.engine.sessions:
            self.session(event.time, name)

    def session(self, time: int, account: str) -> None:
        shape = trading_books.session_shape(self.engine.sessions[account])
        self.add("trade.session.changed", time, shape, account)

    def _state_changed(self, event: control.TradingStateChanged) -> None:
        type = _TURNS.get(event.code, "trade.state.changed")
        self._state(type, event.time, event.scope, event.state, event.code, "")

    def _state(self, type: str, time: int, scope: str, state: int, cause: str, reason: str) -> None:
        data = StateChanged(scope=scope, state=control.TRADING_STATES[state], cause=cause, reason=reason)
        kind, _, name = scope.partition(":")
        account = name if kind == "account" else self._account_of(name) if kind == "strategy" else ""
        self.add(type, time, data, account, name if kind == "strategy" else "", scope=scope)

    def _account_of(self, strategy: str) -> str:
        return next((spec.account for spec in self.specs if spec.id == strategy), "")


# ── contents that the books do not have ────────────────────────────────────────────────────────────────────────────


def _execution(engine: Engine, fill: Fill, state: OrderState, matches: Sequence[Match]) -> Execution:
    order, instrument = state.order, state.order.instrument
    closed = [match.pnl for match in matches if match.account == order.account and match.instrument is instrument]
    return Execution(
        order_id=order.id, symbol=instrument.symbol, side=SIDES[order.side],
        filled_qty=decimal_from(fill.size_units, instrument.size_scale),
        price=decimal_from(fill.price_units, instrument.price_scale),
        timestamp=moment_text(fill.time_venue), trade_id=fill.trade_id, fee=_money(fill.fee),
        fee_currency=fill.fee_currency, maker=fill.maker, pnl=_money(sum(closed)) if closed else None,
        currency=instrument.quote, order=books.order_shape(engine, state),
    )  # fmt: skip


def _money(count: int) -> Any:
    return books.money(count)


def _ended(engine: Engine, account: str, instrument: Instrument, side: int) -> EndedPosition:
    """The pieces of a position since it was last flat: going back from its end, the time of each reaches into that of
    the one behind it."""
    found = engine.ledger.beside.get((account, instrument.index), [])
    newest = merge(*[reversed(book.matches) for book in found], key=lambda match: match.time_close, reverse=True)
    gain, since, end = 0, None, None
    for match in newest:
        if match.side != side:
            continue
        if since is not None and match.time_close <= since and match.time_close != end:
            break
        gain += match.pnl
        since = match.time_open if since is None else min(since, match.time_open)
        end = end or match.time_close
    return EndedPosition(
        symbol=instrument.symbol, side="long" if side > 0 else "short", quantity=decimal_from(0, 0),
        realized_pnl=_money(gain), opened_at=None if since is None else moment_text(since), account=account,
        currency=instrument.quote,
    )  # fmt: skip


def _signal(said: signal.Signal, account: str) -> Signal:
    instrument = said.instrument
    price = decimal_from(said.price_units, instrument.price_scale) if said.price_units else None
    return Signal(
        symbol=instrument.symbol, action=signal.ACTIONS[said.action], confidence=said.confidence, price=price,
        reasoning=said.reasoning, timestamp=moment_text(said.time), strategy_id=said.strategy, account=account,
        metadata=dict(said.inputs),
    )  # fmt: skip
