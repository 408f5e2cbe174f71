"""What is folded of all that is no market event, report, decision or command: what persons set and services ask, what
venues and brokers announce, and what the core has done by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tradewright.core import at_open, inquiries, modify, owed_exits, reconcile, reservations, session, unmet
from tradewright.core.breakers import re_armed, turned
from tradewright.core.guards import fold as fold_guards
from tradewright.core.scoreboard import SAID
from tradewright.model.at_open import OpeningJudged
from tradewright.model.control import (
    ACTIVE,
    HALTED,
    AccountSeen,
    Alarm,
    DayRolled,
    ExitMoved,
    ExitPlanned,
    LagMeasured,
    LimitsExpired,
    LimitsSet,
    LimitWaived,
    ModifyJudged,
    RulesChanged,
    SessionStopped,
    Started,
    StrategyHalted,
    TradingStateChanged,
    TradingStateSet,
)
from tradewright.model.decision_request import DecisionRequested
from tradewright.model.errors import ContractError
from tradewright.model.event import Event
from tradewright.model.instrument import OrderRules
from tradewright.model.notice import InstrumentStatus, Located
from tradewright.model.order_request import OrderNamed
from tradewright.model.reservation import Released, ReservationExpired, Reserved
from tradewright.model.score import ShadowMatched
from tradewright.model.session_set import SessionSet
from tradewright.model.signal import Signal
from tradewright.model.slice import Sliced
from tradewright.model.unmet import WishUnmet
from tradewright.model.withheld import LAST_GATE, RequestWithheld
from tradewright.model.zone import day_of, week_of

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter


def fold(blotter: Blotter, event: Event) -> None:
    """Fold one of them; what nothing here is about changes nothing. Raises ContractError for what can not hold."""
    of_its_kind = FOLDS.get(type(event))
    if of_its_kind is not None:
        of_its_kind(blotter, event)


# ── persons and services ───────────────────────────────────────────────────────────────────────────────────────────


def _begin(blotter: Blotter, started: Started) -> None:
    inquiries.begin(blotter)
    reconcile.begin(blotter)
    blotter.gate.notices.begin()


def _set_state(blotter: Blotter, event: TradingStateSet) -> None:
    blotter.set_state(event.scope, event.state, session.cause_of(blotter, event))
    turned(blotter, event)
    if blotter.sessions:
        session.set_by_person(blotter, event)
    if event.state == ACTIVE:
        re_armed(blotter, event.scope)
    if event.scope.startswith("strategy:"):
        if event.state == HALTED:
            blotter.halted[event.scope[9:]] = event.reason
        else:
            blotter.halted.pop(event.scope[9:], None)


def _set_session(blotter: Blotter, event: SessionSet) -> None:
    session.set_up(blotter, event)
    blotter.set_due()


def _set_limits(blotter: Blotter, event: LimitsSet) -> None:
    blotter.gate.apply(event)
    blotter.set_due()


def _waive(blotter: Blotter, event: LimitWaived) -> None:
    blotter.gate.waive(event)


def _name(blotter: Blotter, event: OrderNamed) -> None:
    blotter.client_ids.add(event)


def _ask_decision(blotter: Blotter, event: DecisionRequested) -> None:
    blotter.decision_ids.add(event)


def _say(blotter: Blotter, event: Signal) -> None:
    blotter.signals[event.key] = event


# ── venues and brokers ─────────────────────────────────────────────────────────────────────────────────────────────


def _state_instrument(blotter: Blotter, event: InstrumentStatus) -> None:
    blotter.gate.notices.state(event, len(blotter.instruments))


def _change_rules(blotter: Blotter, event: RulesChanged) -> None:
    blotter.instruments[event.instrument_index].rules = OrderRules(*event.rules)  # type: ignore[arg-type]


def _locate(blotter: Blotter, located: Located) -> None:
    """What was located is good for the account's day by the clock, which may begin with this very event."""
    account = blotter.accounts.get(located.account)
    if account is None:
        raise ContractError(f"located for {located.account}: there is no such account")
    day = day_of(account.terms.day_zone, blotter.now)
    blotter.gate.notices.locate(located, day, len(blotter.instruments))


def _see_account(blotter: Blotter, event: AccountSeen) -> None:
    seen = blotter.accounts[event.account].traffic
    if seen is not None:
        seen.heard = blotter.now


def _withhold(blotter: Blotter, event: RequestWithheld) -> None:
    blotter.notice(LAST_GATE, event.order_id, event.text)


# ── the core by itself ─────────────────────────────────────────────────────────────────────────────────────────────


def _change_state(blotter: Blotter, event: TradingStateChanged) -> None:
    blotter.set_state(event.scope, event.state, event.code)
    turned(blotter, event)


def _halt_strategy(blotter: Blotter, event: StrategyHalted) -> None:
    blotter.halted[event.strategy] = event.code
    blotter.stopping = True


def _alarm(blotter: Blotter, event: Alarm) -> None:
    blotter.alarms.append(event)


def _expire_limits(blotter: Blotter, event: LimitsExpired) -> None:
    blotter.gate.expire(event.scope, event.time)
    blotter.set_due()


def _measure(blotter: Blotter, event: LagMeasured) -> None:
    blotter.gate.lags[event.name] = event.lag_ns


def _guard(blotter: Blotter, event: ExitPlanned | ExitMoved) -> None:
    fold_guards(blotter, event)
    owed_exits.moved(blotter, event)


def _slice(blotter: Blotter, event: Sliced) -> None:
    blotter.parents.add(event, blotter.orders[event.order_id].order)


def _release(blotter: Blotter, event: Released | ReservationExpired) -> None:
    reservations.end(blotter, event.id)


def _score(blotter: Blotter, said: Event) -> None:
    """What the shadow path says of its strategies."""
    if blotter.board is not None:
        if isinstance(said, ShadowMatched):
            blotter.board.used(said, blotter.symbols[said.symbol].index)
        blotter.board.apply(said)


def _roll_day(blotter: Blotter, rolled: DayRolled) -> None:
    account = blotter.accounts[rolled.account]
    blotter.gate.canaries.end_day(account)
    new_week = week_of(rolled.day) != week_of(account.day) or account.week_equity is None
    account.enter_day(rolled.day)
    account.day_equity = rolled.equity
    account.ranges.clear()
    blotter.gate.forget_waivers(blotter.now)
    blotter.gate.notices.forget(rolled.account, rolled.day)
    blotter.parents.forget_old(blotter.now)
    if blotter.board is not None:
        blotter.board.apply(rolled)
    if account.traffic is not None:
        account.traffic.messages_today = 0
        account.traffic.fills_today = 0
    if new_week:
        account.week_equity = rolled.equity
        account.gain_from = None
    for book in account.books:
        if book.used():
            book.new_day(blotter.marks.marks[book.instrument.index].price(), new_week)
    blotter.set_due()


#: No event is a kind of another one: whose fold it is is looked up, since a vote of many strategies is many signals.
FOLDS: dict[type[Event], Callable[[Blotter, Any], None]] = {
    Started: _begin,
    TradingStateSet: _set_state,
    SessionSet: _set_session,
    SessionStopped: session.fold,
    LimitsSet: _set_limits,
    LimitWaived: _waive,
    OrderNamed: _name,
    DecisionRequested: _ask_decision,
    Signal: _say,
    WishUnmet: unmet.fold,
    **dict.fromkeys(reconcile.CONNECTED, reconcile.fold),
    InstrumentStatus: _state_instrument,
    RulesChanged: _change_rules,
    Located: _locate,
    AccountSeen: _see_account,
    RequestWithheld: _withhold,
    TradingStateChanged: _change_state,
    StrategyHalted: _halt_strategy,
    Alarm: _alarm,
    LimitsExpired: _expire_limits,
    LagMeasured: _measure,
    ModifyJudged: modify.fold,
    OpeningJudged: at_open.fold,
    ExitPlanned: _guard,
    ExitMoved: _guard,
    Sliced: _slice,
    Reserved: reservations.fold,
    Released: _release,
    ReservationExpired: _release,
    **dict.fromkeys(SAID, _score),
    DayRolled: _roll_day,
}
