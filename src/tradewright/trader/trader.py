"""Core and strategies joined: `step` is the only way anything is decided, `follow` the only way it is rebuilt.

`step(event)` folds an input, lets the core react (days, exits, loss limits), runs the strategies that the event
concerns and takes every intent through sizing and risk. Its outputs are already applied; they are to be journaled
right behind the input, and commands leave only when that is durable. No I/O, no clock, no random number.

`follow(event, outputs)` is recovery: it folds what was journaled and runs the strategies muted, so that their state is
what it was; what they would decide today is dropped. A strategy whose code changed starts anew: where `load` has not
the code that a record names, the record is folded without it.
"""

from __future__ import annotations

from typing import Any

from tradewright.core import by_hand, by_service, session, unmet
from tradewright.core.engine import Engine
from tradewright.core.exposure import CANARY, parts_of
from tradewright.core.mirror import mirror
from tradewright.core.reservations import check, place, release
from tradewright.core.setup import Setup, check_known
from tradewright.core.stations import check_parameters
from tradewright.core.trading_state import check_account, check_name, check_scope, check_scopes
from tradewright.model.account import Account
from tradewright.model.cancel_request import CancelRequested
from tradewright.model.command import CLOSING, STOP_UNFILLED, STRATEGY, Cancel, Command
from tradewright.model.control import (
    RECONCILE,
    Alarm,
    CloseRequested,
    LimitsSet,
    ProtectRequested,
    Started,
    StrategyHalted,
    TradingStateSet,
)
from tradewright.model.errors import InputError
from tradewright.model.event import (
    CANCEL_REQUESTED,
    CASH_MOVED,
    CLOSE_REQUESTED,
    DECISION,
    DECISION_REQUESTED,
    EXIT_MOVED,
    EXIT_PLANNED,
    FILL_PRICE,
    FILLED,
    LIMIT_WAIVED,
    LIMITS_SET,
    MARKET_KIND_MAX,
    MODIFY_JUDGED,
    MODIFY_REQUESTED,
    NOT_FOUND,
    ORDER_REQUESTED,
    PROTECT_REQUESTED,
    RELEASE_REQUESTED,
    RELEASED,
    RESERVE_REQUESTED,
    RESERVED,
    SESSION_SET,
    SESSION_STOPPED,
    SIGNAL,
    STARTED,
    STRATEGY_HALTED,
    TIMER,
    TRADING_STATE_SET,
    VOTE,
    WISH_UNMET,
    Event,
)
from tradewright.model.foreign import EXTERNAL
from tradewright.model.intent import Intent
from tradewright.model.lot import Match
from tradewright.model.report import Report
from tradewright.model.reservation import WITHDRAWN
from tradewright.model.session_set import SessionSet
from tradewright.model.signal import Signal
from tradewright.trader.roster import Load, Roster, Watch
from tradewright.trader.scoring import check_shadow, score, seats_of

#: What comes behind the strategies' callbacks, besides the cancels they bring about.
_REST = (
    VOTE, SIGNAL, DECISION, STRATEGY_HALTED, EXIT_PLANNED, EXIT_MOVED, MODIFY_JUDGED, RESERVED, RELEASED,
    SESSION_STOPPED, WISH_UNMET,
)  # fmt: skip


class Outcome:
    """What one step made: outputs in the order to journal them, those of them that a venue is to carry out, matches and
    alarms."""

    __slots__ = ("outputs", "commands", "matches", "alarms")

    def __init__(self, outputs: list[Event], matches: list[Match], alarms: list[Alarm]) -> None:
        self.begin(outputs, matches, alarms)

    def begin(self, outputs: list[Event], matches: list[Match], alarms: list[Alarm]) -> None:
        """The constructor's work without the cost of its arguments."""
        self.outputs = outputs
        self.commands: list[Command] = []
        for output in outputs:
            # The end of an order that is held here is booked here: no venue is to hear of it.
            if isinstance(output, Command) and not (isinstance(output, Cancel) and output.here):
                self.commands.append(output)
        self.matches = matches
        self.alarms = alarms


#: Most steps make neither; nobody writes to these.
_NO_MATCHES: list[Match] = []
_NO_ALARMS: list[Alarm] = []
NOTHING = Outcome([], _NO_MATCHES, _NO_ALARMS)


class Trader:
    """One engine and its strategies. load, watch: as the roster's."""

    __slots__ = ("engine", "roster", "setup")

    def __init__(self, load: Load | None, watch: Watch | None = None) -> None:
        self.engine = Engine()
        self.roster = Roster(self.engine, load, watch)
        self.setup: Setup | None = None

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def step(self, event: Event) -> Outcome:
        """Fold one input and decide. The outcome's outputs are applied already."""
        engine, roster = self.engine, self.roster
        kind = event.kind
        if kind <= MARKET_KIND_MAX:
            quiet = not (
                engine.exits or engine.guards or engine.guarded or engine.stops or engine.owed or engine.at_open
            )
            if quiet and engine.now < engine.next_due and event.time < engine.next_due:
                engine.apply(event)
                intents = roster.run(event)
                if intents is None and not roster.stated and not roster.wishes and not roster.unheld:
                    return NOTHING
                return self._decide(event, intents, [])
        elif engine.board is not None and isinstance(event, Report) and engine.board.hears(event.order_id):
            engine.apply(event)
            return self._outcome(engine.hear_shadow(event))
        elif kind == STARTED:
            self._start(event, False)  # type: ignore[arg-type]
        elif kind in (TRADING_STATE_SET, CLOSE_REQUESTED, PROTECT_REQUESTED, LIMITS_SET, CANCEL_REQUESTED):
            self._check_names(event)  # type: ignore[arg-type]
        elif kind == LIMIT_WAIVED:
            engine.gate.check_waiver(event)  # type: ignore[arg-type]
        elif kind in (RESERVE_REQUESTED, RELEASE_REQUESTED):
            check(engine, event)  # type: ignore[arg-type]
        elif kind in (ORDER_REQUESTED, MODIFY_REQUESTED):
            by_hand.check(engine, event)  # type: ignore[arg-type]
        elif kind == SESSION_SET:
            session.check(engine, event)  # type: ignore[arg-type]
        elif kind == DECISION_REQUESTED:
            by_service.check(engine, event)  # type: ignore[arg-type]
        # Money paid in or out at a day's begin belongs to what the day began with.
        if event.time >= engine.next_due and kind != CASH_MOVED:
            engine.end_days(event.time)
        engine.apply(event)
        if kind == SESSION_SET:
            self._set_up(event, False)  # type: ignore[arg-type]
        outputs = engine.react(event)
        if engine.board is not None and engine.board.due:
            outputs += score(engine)
        if kind == FILL_PRICE:
            outputs += engine.size_at_fill(event)  # type: ignore[arg-type]
        elif kind == TIMER and event.name == RECONCILE:  # type: ignore[attr-defined]
            outputs += engine.look_up()
        elif kind == CLOSE_REQUESTED:
            outputs += engine.close_all(event)  # type: ignore[arg-type]
        elif kind == CANCEL_REQUESTED:
            outputs += engine.cancel_openings(event)  # type: ignore[arg-type]
        elif kind == PROTECT_REQUESTED:
            outputs += engine.protect(event)  # type: ignore[arg-type]
        elif kind in (RESERVE_REQUESTED, RELEASE_REQUESTED, ORDER_REQUESTED, MODIFY_REQUESTED, DECISION_REQUESTED):
            outputs += engine.ask(event)  # type: ignore[arg-type]
        return self._decide(event, roster.run(event), outputs)

    def _check_names(
        self, event: TradingStateSet | CloseRequested | ProtectRequested | LimitsSet | CancelRequested
    ) -> None:  # fmt: skip
        """What a person names has to be there: a mistyped halt would stop nothing, a mistyped limit bind nothing. Of
        strategies a limit may come first: it is how a new one is let in."""
        if isinstance(event, LimitsSet):
            for kind, name in parts_of(event.scope).items():
                if kind == "session":
                    raise InputError(f"limits of {event.scope}: they are its user's settings; set those of the account")
                if kind == CANARY:
                    self.engine.gate.canaries.check(name)
                elif kind != "strategy":
                    check_scope(self.engine, f"{kind}:{name}", [])
            self.engine.gate.check_set(event)
            return
        if isinstance(event, CloseRequested):
            check_account(self.engine, event.account)
            if event.quantity:
                by_hand.check_close(self.engine, event)
            return
        strategies = [] if self.setup is None else [spec.id for spec in self.setup.strategies]
        if isinstance(event, CancelRequested) and event.order_id:
            by_hand.check_cancel(self.engine, event)
            return
        if isinstance(event, CancelRequested):
            for kind, name in (("account", event.account), ("strategy", event.strategy), ("symbol", event.symbol)):
                if name not in ("", EXTERNAL):
                    check_name(self.engine, kind, name, strategies)
            return
        if isinstance(event, ProtectRequested):
            check_account(self.engine, event.account)
            check_name(self.engine, "strategy", event.strategy, strategies)
            check_name(self.engine, "symbol", event.symbol, strategies)
            return
        check_scope(self.engine, event.scope, strategies)
        session.check_state(self.engine, event)

    def _decide(self, event: Event, intents: list[Intent] | None, outputs: list[Event]) -> Outcome:
        """Take what the strategies want through sizing and risk, one intent through all stations before the next; then
        the exit plans do what they have to."""
        engine, roster = self.engine, self.roster
        if roster.stated:
            self._record_signals(outputs)
        if intents is not None:
            for intent in intents:
                outputs += self._halts(intent) if intent.order_id == "" else self._take(intent)
        if roster.unheld:
            for intent in roster.unheld:
                outputs += unmet.of_nothing(engine, intent)
            roster.unheld.clear()
        if roster.places:
            self._keep_places(outputs)
        if engine.stopping:
            # Stopped by what was decided just now: it ends with the same input, or a restart would have forgotten it.
            outputs += engine.end_openings()
        kind = event.kind
        if (
            engine.guards
            or engine.stops
            or engine.owed
            or engine.targeted
            or kind == NOT_FOUND
            or (engine.children and kind == FILLED)
        ):
            outputs += engine.tend(event)
        if roster.wishes:
            for wish in roster.wishes:
                outputs += mirror(engine, wish)
            roster.wishes.clear()
        return self._outcome(outputs)

    def _outcome(self, outputs: list[Event]) -> Outcome:
        """What a step made, taken from the engine."""
        engine = self.engine
        if not outputs and not engine.matches and not engine.alarms:
            return NOTHING
        outcome = Outcome.__new__(Outcome)
        outcome.begin(outputs, engine.matches or _NO_MATCHES, engine.alarms or _NO_ALARMS)
        if engine.matches:
            engine.matches = []
        if engine.alarms:
            engine.alarms = []
        return outcome

    def _record_signals(self, outputs: list[Event]) -> None:
        """Signals become outputs, the most confident first, an ensemble's behind its vote; a HOLD only where it says
        something new."""
        engine, roster = self.engine, self.roster
        if len(roster.stated) > 1:
            roster.stated.sort(key=_signal_rank)
        for signal in roster.stated:
            if not signal.repeats(engine.signals.get(signal.key)):
                vote = roster.tallies.get(signal.key)
                if vote is not None:
                    engine.apply(vote)
                    outputs.append(vote)
                engine.apply(signal)
                outputs.append(signal)
        roster.stated.clear()
        roster.tallies.clear()

    def _keep_places(self, outputs: list[Event]) -> None:
        """Openings that wait for their moment reserve their place; where nothing waits any more, it is free."""
        engine, roster = self.engine, self.roster
        for id, wish in roster.places:
            kept = engine.reservations.get(id)
            if kept is not None and (wish is None or not kept.is_for(wish)):
                outputs += release(engine, id, WITHDRAWN)
                kept = None
            if wish is not None and kept is None:
                outputs += place(engine, wish, id, 0, wish.strategy, wish.reason)
        roster.places.clear()

    def _take(self, intent: Intent) -> list[Event]:
        if intent.trails:
            return self.engine.trail(intent)
        if not intent.cancels and not intent.modifies:
            return self.engine.judge(intent)
        state = self.engine.orders.get(intent.order_id)
        if state is None or state.order.strategy != intent.strategy or state.order.account != intent.account:
            return unmet.of_order(self.engine, intent, None)
        if not state.is_open():
            return unmet.of_order(self.engine, intent, state)
        return self.engine.modify(intent) if intent.modifies else self.engine.cancel(intent.order_id, STRATEGY)

    def _halts(self, intent: Intent) -> list[Event]:
        """A callback raised: its strategy is halted, and said so."""
        output = StrategyHalted(self.engine.now, intent.strategy, intent.role, intent.reason)
        self.engine.apply(output)
        return [output]

    # ── building and rebuilding ──────────────────────────────────────────────────────────────────────────────────────

    def _start(self, started: Started, journaled: bool) -> None:
        """A run begins: its number is part of every order id from now on."""
        if not journaled:
            setup = Setup.from_row(started.setup)
            check_known(setup, self.engine.symbols, self._terms())
            check_shadow(setup, self.engine)
            check_scopes(setup)
            check_parameters(setup)
        self.engine.run = started.run
        self.engine.order_count = 0
        self._build(started, journaled)

    def _terms(self) -> dict[str, Account]:
        return {name: account.terms for name, account in self.engine.accounts.items()}

    def resume(self, started: Started, states: list[Any]) -> None:
        """Behind a restored engine: the run that `started` began, and its strategies as they were. Of what the engine
        holds nothing is begun again: persons may have changed it since."""
        self.setup = Setup.from_row(started.setup)
        self._seat(self.setup)
        self.roster.build(self.setup, True)
        self.roster.restore_strategies(states)

    def _build(self, started: Started, journaled: bool) -> None:
        """Instruments, accounts and limits as the start says; strategies anew where anything of their identity is.
        journaled: it is a record of the past, whose strategies today's code may not have any more."""
        self.setup = Setup.from_row(started.setup)
        engine = self.engine
        for instrument in self.setup.instruments:
            if instrument.symbol not in engine.symbols:
                engine.list_instrument(instrument)
        for account, limits in self.setup.limits_of_accounts():
            engine.open_account(account, limits, started.time)
        self._configure(self.setup, started.time)
        engine.sizers = dict(self.setup.sizers)
        engine.plans = dict(self.setup.plans)
        session.end_all_but(engine, [account_name for account_name, _, _ in self.setup.sessions])
        for account_name, user, settings in self.setup.sessions:
            session.begin(engine, account_name, user, settings, started.time)
        self._take_on(self.setup, journaled, "")

    def _set_up(self, event: SessionSet, journaled: bool) -> None:
        """A session has begun, or has other settings: the strategies of its account are those that it makes."""
        assert self.setup is not None, "a session is of an account, and a start named it"
        self.setup = session.under(self.setup, event)
        self._configure(self.setup, event.time)
        self._take_on(self.setup, journaled, event.account)

    def _configure(self, setup: Setup, time: int) -> None:
        """Limits as the setup says, those for new versions included."""
        engine = self.engine
        engine.configure(engine.gate.begin(setup, max(time, engine.now)), time)

    def _take_on(self, setup: Setup, journaled: bool, account: str) -> None:
        """The strategies as the setup has them, of an account alone or of all ("")."""
        self._seat(setup)
        if setup.shadow is not None:
            self.engine.shadow(setup.shadow, seats_of(setup))
        self.roster.build(setup, journaled, account)

    def _seat(self, setup: Setup) -> None:
        """Note who may trade what as the start says, also where the strategies do not run: whether an exit may be
        reduce-only depends on it."""
        engine = self.engine
        for book in engine.ledger.books.values():
            book.trading = False
        for spec in setup.strategies:
            for symbol in spec.symbols:
                engine.book(spec.account, spec.id, engine.symbols[symbol]).trading = True

    def follow(self, event: Event, outputs: list[Event]) -> list[Match]:
        """Fold a journaled input and the outputs that were journaled with it; strategies run muted. Returns matches."""
        engine = self.engine
        self.roster.muted = True
        if isinstance(event, Started):
            self._start(event, True)
        engine.apply(event)
        if isinstance(event, SessionSet):
            self._set_up(event, True)
        # What core decided came before what strategies saw; the muted callbacks see the same book as then.
        core, rest = _split(outputs)
        for output in core:
            engine.apply(output)
        # The callbacks number their orders as they did then; which of those numbers are used up, the decisions say.
        count = engine.order_count
        self.roster.run(event)
        engine.order_count = count
        for output in rest:
            engine.apply(output)
        self.roster.muted = False
        matches = engine.matches
        engine.matches = []
        engine.alarms = []
        engine.noticed = []
        engine.stopping = False
        return matches

    def state_hash(self) -> str:
        """Hash of everything `apply` folds: orders, ledger, holds, limits, states, exits, counters and marks."""
        return self.engine.state_hash()


def _split(outputs: list[Event]) -> tuple[list[Event], list[Event]]:
    """Outputs the core made by itself, and those that came of strategies' intents.

    The core's come first; a vote, a signal, a decision, a halt, a cancel that a callback brought about, or what an exit
    plan does begins the rest.
    """
    for at, output in enumerate(outputs):
        asked = isinstance(output, Cancel) and output.code in (STRATEGY, CLOSING, STOP_UNFILLED)
        if asked or output.kind in _REST:
            return outputs[:at], outputs[at:]
    return outputs, []


def _signal_rank(signal: Signal) -> tuple[float, str, str]:
    """As intents are ranked."""
    return (-signal.confidence, signal.strategy, signal.instrument.symbol)
