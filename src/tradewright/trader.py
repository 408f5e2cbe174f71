"""Core and strategies joined: `step` is the only way anything is decided, `follow` the only way it is rebuilt.

`step(event)` folds an input, lets the core react (days, exits, loss limits), runs the strategies that the event
concerns and takes every intent through sizing and risk. Its outputs are already applied; they are to be journaled
right behind the input, and commands leave only when that is durable. No I/O, no clock, no random number.

`follow(event, outputs)` is recovery: it folds what was journaled and runs the strategies muted, so that their state is
what it was; what they would decide today is dropped. A strategy whose code changed starts anew: where `load` has not
the code that a record names, the record is folded without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tradewright.core import session
from tradewright.core.engine import Engine
from tradewright.core.exposure import parts_of
from tradewright.core.mirror import mirror
from tradewright.core.reservations import check, place, release
from tradewright.core.setup import Setup, StrategySpec, check_known
from tradewright.core.trading_state import check_account, check_scope
from tradewright.model.account import Account
from tradewright.model.command import CLOSING, STOP_UNFILLED, STRATEGY, Cancel, Command
from tradewright.model.control import (
    CYCLE,
    RECONCILE,
    Alarm,
    CloseRequested,
    LimitsSet,
    ProtectRequested,
    Started,
    StrategyHalted,
    TradingStateSet,
)
from tradewright.model.errors import InputError, StateError, TradewrightError
from tradewright.model.event import (
    BAR,
    CASH_MOVED,
    CLOSE_REQUESTED,
    DECISION,
    DEPTH,
    EXIT_MOVED,
    EXIT_PLANNED,
    FILL_PRICE,
    LIMITS_SET,
    MARKET_KIND_MAX,
    MODIFY_JUDGED,
    NOT_FOUND,
    ORDER_REQUESTED,
    PROTECT_REQUESTED,
    QUOTE,
    QUOTE_BAR,
    RELEASE_REQUESTED,
    RELEASED,
    RESERVE_REQUESTED,
    RESERVED,
    SESSION_STOPPED,
    SIGNAL,
    SIGNAL_FAILED,
    SIGNAL_RECEIVED,
    STARTED,
    STRATEGY_HALTED,
    TIMER,
    TRADE,
    TRADING_STATE_SET,
    VOTE,
    Event,
)
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.lot import Match
from tradewright.model.market import MarketEvent
from tradewright.model.report import Fill, Report
from tradewright.model.reservation import WITHDRAWN
from tradewright.model.score import StrategiesWeighed, StrategyScored
from tradewright.model.signal import Signal, signal_from
from tradewright.model.view import BookView, EngineView
from tradewright.model.vote import Vote
from tradewright.model.wish import Wish
from tradewright.performance.shrinkage import figures
from tradewright.signal import policy
from tradewright.signal.ensemble import Ensemble
from tradewright.signal.indicators.indicator import Indicator
from tradewright.signal.strategy import Strategy
from tradewright.signal.weights import check_bounds, weigh
from tradewright.signal.wishes import wishes_of

Load = Callable[[StrategySpec], type[Strategy] | None]
#: Characters kept of what a strategy raised.
MESSAGE_MAX = 1000
STRATEGY_RAISED = "STRATEGY_RAISED"
STRATEGY_STATE = "STRATEGY_STATE"


#: What comes behind the strategies' callbacks, besides the cancels they bring about.
_REST = (
    VOTE, SIGNAL, DECISION, STRATEGY_HALTED, EXIT_PLANNED, EXIT_MOVED, MODIFY_JUDGED, RESERVED, RELEASED,
    SESSION_STOPPED,
)  # fmt: skip


class Watch(Protocol):
    """Told before and after each strategy callback, so that an event that ends the process leaves a trace."""

    def enter(self, strategy: str, event: Event) -> None: ...
    def leave(self) -> None: ...


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


class View(EngineView):
    """The engine as strategies see it."""

    __slots__ = ("engine",)

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def now(self) -> int:
        return self.engine.now

    def book(self, account: str, strategy: str, instrument: Instrument) -> BookView:
        return self.engine.book(account, strategy, instrument)

    def next_order_id(self, account: str) -> str:
        return self.engine.next_order_id(account)

    def equity(self, account: str) -> int | None:
        return self.engine.accounts[account].equity()

    def sizes(self, account: str, strategy: str) -> bool:
        return self.engine.sizer_of(account, strategy) is not None

    def positions(self, account: str) -> tuple[tuple[Instrument, int], ...]:
        held = self.engine.accounts[account].positions
        return tuple([(position.instrument, position.net) for position in held if position.net])

    def is_halted(self, strategy: str) -> bool:
        return strategy in self.engine.halted

    def price_units(self, instrument: Instrument) -> int:
        return self.engine.marks.marks[instrument.index].price()

    def is_working(self, account: str, strategy: str, instrument: Instrument, side: int, role: str) -> bool:
        for order_id in self.engine.open_orders(account, strategy, instrument):
            order = self.engine.orders[order_id].order
            if order.side == side and order.role == role:
                return True
        return False

    def confidence_ppm(self, account: str, strategy: str, instrument: Instrument) -> int:
        values: list[int] = self.engine.gate.values(self.engine.book(account, strategy, instrument), "minConfidence")
        return max(values, default=0)

    def mirrors(self) -> bool:
        return self.engine.board is not None

    def open_orders(self, account: str, strategy: str, instrument: Instrument) -> list[str]:
        return self.engine.open_orders(account, strategy, instrument)


class Runner:
    """One strategy instance and how it is fed. indicators: those that follow each instrument, by index. votes: its
    signals are an ensemble's to weigh, and not acted on; panel: that ensemble. ensemble: the strategy, if it is one;
    tallies: the records of its votes. decides: when its signals are acted on, "" = at once; timer: the name of the one
    it decides on, "" = on none; waiting: signals that wait for their moment, by symbol. unheld: its closes of what it
    does not hold. identity: what must be equal for its state to be taken on by another run."""

    __slots__ = (
        "strategy",
        "spec",
        "identity",
        "key",
        "indicators",
        "intents",
        "unheld",
        "signals",
        "votes",
        "panel",
        "tallies",
        "ensemble",
        "decides",
        "timer",
        "waiting",
        "on_bar",
        "wants_bar",
        "wants_quote",
        "wants_trade",
        "wants_depth",
    )

    def __init__(self, strategy: Strategy, spec: StrategySpec, identity: list[Any]) -> None:
        self.strategy = strategy
        self.spec = spec
        self.identity = identity
        self.key = f"{spec.id}:{strategy.symbol}"
        self.indicators: dict[int, list[Indicator]] = {}
        for at, indicator in enumerate(strategy._hand.indicators):
            instrument = strategy.instruments[strategy._names[at]]
            self.indicators.setdefault(instrument.index, []).append(indicator)
        hand = strategy._hand
        hand.version, hand.params_hash = spec.code_hash, spec.params_hash
        self.intents: list[Intent] = hand.intents
        self.unheld: list[Intent] = hand.unheld
        self.signals: list[Signal] = hand.signals
        self.votes = spec.ensemble != ""
        self.panel: Ensemble | None = None
        self.tallies: list[Vote] = hand.votes
        self.ensemble: Any = strategy if isinstance(strategy, Ensemble) else None
        self.decides: str = spec.decide_on
        self.timer = f"{CYCLE}:{spec.cycle_seconds}" if spec.decide_on == "cycle" else ""
        self.waiting: dict[str, Signal] = {}
        kind = type(strategy)
        self.on_bar = strategy.on_bar
        self.wants_bar = kind.on_bar is not Strategy.on_bar
        self.wants_quote = kind.on_quote is not Strategy.on_quote
        self.wants_trade = kind.on_trade is not Strategy.on_trade
        self.wants_depth = kind.on_depth is not Strategy.on_depth

    def feed(self, event: MarketEvent) -> None:
        """Indicators first, then the callback."""
        kind = event.kind
        if kind in (BAR, QUOTE_BAR):
            self.follow(event)
            if self.wants_bar:
                self.on_bar(event)  # type: ignore[arg-type]
        elif kind == QUOTE:
            self.strategy.on_quote(event)  # type: ignore[arg-type]
        elif kind == TRADE:
            self.strategy.on_trade(event)  # type: ignore[arg-type]
        elif kind == DEPTH:
            self.strategy.on_depth(event)  # type: ignore[arg-type]

    def follow(self, event: MarketEvent) -> None:
        """Indicators alone."""
        if event.kind in (BAR, QUOTE_BAR):
            indicators = self.indicators.get(event.instrument.index)
            if indicators is not None:
                for indicator in indicators:
                    indicator.update(event)  # type: ignore[arg-type]

    def hold_back(self, event: Event) -> list[Signal]:
        """What was stated waits for its moment. Returns the signals whose moment has come. Raises InputError for an
        opening that was ordered before it: there is no signal that could wait for it."""
        come = event.kind == TIMER if self.timer else event.kind in (BAR, QUOTE_BAR)
        for intent in self.intents:
            if not come and not (intent.closing or intent.cancels or intent.trails or intent.modifies):
                raise InputError(
                    f"{self.spec.id} orders by itself, and decideOn: {self.decides} acts on signals: let it state one"
                )
        for signal in self.signals:
            self.waiting[signal.symbol] = signal
        if not come:
            return []
        if self.timer:
            due = [self.waiting[symbol] for symbol in sorted(self.waiting)]
            self.waiting.clear()
            return due
        now = self.waiting.pop(event.instrument.symbol, None)  # type: ignore[attr-defined]
        return [] if now is None else [now]

    def discard(self) -> None:
        """Nothing of what the callback that raised wanted counts, nor what waited."""
        self.intents.clear()
        self.unheld.clear()
        self.signals.clear()
        self.tallies.clear()
        self.waiting.clear()
        if self.panel is not None:
            self.panel.member_raised(self.spec.id)

    def state(self) -> Any:
        """Of the strategy, and what waits."""
        own = self.strategy.state()
        return [own, [signal.row() for _, signal in sorted(self.waiting.items())]] if self.decides else own

    def restore(self, state: Any, instruments: list[Instrument]) -> None:
        """The inverse."""
        own, waiting = state if self.decides else (state, [])
        self.strategy.restore(own)
        for row in waiting:
            signal = signal_from(row[1:], instruments)
            self.waiting[signal.symbol] = signal

    def wants(self, kind: int) -> bool:
        """Whether a callback or an indicator waits for this kind of event."""
        if kind == QUOTE:
            return self.wants_quote
        if kind == TRADE:
            return self.wants_trade
        if kind == DEPTH:
            return self.wants_depth
        return True


class Trader:
    """One engine and its strategies. load: gives the class a specification names (it may read files, step may not),
    None where today's code is not the one it names; without it no strategy runs and the trader only folds. stated: the
    signals of the running step, members' too, in the order in which they were stated; tallies: the votes behind those
    of ensembles, by the signal's key. ensembles, cyclers: runners that wait for timers. places: ids of reservations and
    the openings they are for, which wait for their moment; None = for which nothing waits any more. wishes: what the
    shadow account is to do behind all else."""

    __slots__ = (
        "engine", "runners", "concerned", "load", "watch", "setup", "muted", "stated", "tallies", "ensembles",
        "cyclers", "places", "wishes",
    )  # fmt: skip

    def __init__(self, load: Load | None, watch: Watch | None = None) -> None:
        self.engine = Engine()
        self.runners: list[Runner] = []
        self.concerned: list[list[Runner]] = []
        self.load = load
        self.watch = watch
        self.setup: Setup | None = None
        self.muted = False
        self.stated: list[Signal] = []
        self.tallies: dict[tuple[str, int], Vote] = {}
        self.ensembles: list[Runner] = []
        self.cyclers: list[Runner] = []
        self.places: list[tuple[str, Intent | None]] = []
        self.wishes: list[Wish] = []

    # ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────

    def step(self, event: Event) -> Outcome:
        """Fold one input and decide. The outcome's outputs are applied already."""
        engine = self.engine
        kind = event.kind
        if kind <= MARKET_KIND_MAX:
            quiet = not engine.exits and not engine.guards and not engine.guarded and not engine.stops
            if quiet and engine.now < engine.next_due and event.time < engine.next_due:
                engine.apply(event)
                intents = self._run(event)
                if intents is None and not self.stated and not self.wishes:
                    return NOTHING
                return self._decide(event, intents, [])
        elif engine.board is not None and isinstance(event, Report) and engine.board.hears(event.order_id):
            engine.apply(event)
            return self._outcome(engine.hear_shadow(event))
        elif kind == STARTED:
            self._start(event, False)  # type: ignore[arg-type]
        elif kind in (TRADING_STATE_SET, CLOSE_REQUESTED, PROTECT_REQUESTED, LIMITS_SET):
            self._check_names(event)  # type: ignore[arg-type]
        elif kind in (RESERVE_REQUESTED, RELEASE_REQUESTED, ORDER_REQUESTED):
            check(engine, event)  # type: ignore[arg-type]
        # Money paid in or out at a day's begin belongs to what the day began with.
        if event.time >= engine.next_due and kind != CASH_MOVED:
            engine.end_days(event.time)
        engine.apply(event)
        outputs = engine.react(event)
        if engine.board is not None and engine.board.due:
            outputs += self._score()
        if kind == FILL_PRICE:
            outputs += engine.size_at_fill(event)  # type: ignore[arg-type]
        elif kind == TIMER and event.name == RECONCILE:  # type: ignore[attr-defined]
            outputs += engine.look_up()
        elif kind == CLOSE_REQUESTED:
            outputs += engine.close_all(event)  # type: ignore[arg-type]
        elif kind == PROTECT_REQUESTED:
            outputs += engine.protect(event)  # type: ignore[arg-type]
        elif kind in (RESERVE_REQUESTED, RELEASE_REQUESTED, ORDER_REQUESTED):
            outputs += engine.ask(event)  # type: ignore[arg-type]
        return self._decide(event, self._run(event), outputs)

    def _check_names(self, event: TradingStateSet | CloseRequested | ProtectRequested | LimitsSet) -> None:
        """What a person names has to be there: a mistyped halt would stop nothing, a mistyped limit bind nothing. Of
        strategies a limit may come first: it is how a new one is let in."""
        if isinstance(event, LimitsSet):
            for kind, name in parts_of(event.scope).items():
                if kind != "strategy":
                    check_scope(self.engine, f"{kind}:{name}", [])
            return
        if isinstance(event, CloseRequested):
            check_account(self.engine, event.account)
            return
        strategies = [] if self.setup is None else [spec.id for spec in self.setup.strategies]
        if isinstance(event, ProtectRequested):
            check_account(self.engine, event.account)
            check_scope(self.engine, f"strategy:{event.strategy}", strategies)
            check_scope(self.engine, f"symbol:{event.symbol}", strategies)
            return
        check_scope(self.engine, event.scope, strategies)

    def _decide(self, event: Event, intents: list[Intent] | None, outputs: list[Event]) -> Outcome:
        """Take what the strategies want through sizing and risk, one intent through all stations before the next; then
        the exit plans do what they have to."""
        engine = self.engine
        if self.stated:
            self._record_signals(outputs)
        if intents is not None:
            for intent in intents:
                outputs += self._halts(intent) if intent.order_id == "" else self._take(intent)
        if self.places:
            self._keep_places(outputs)
        if engine.stopping:
            # Stopped by what was decided just now: it ends with the same input, or a restart would have forgotten it.
            outputs += engine.end_openings()
        if engine.guards or engine.stops or engine.targeted or event.kind == NOT_FOUND:
            outputs += engine.tend(event)
        if self.wishes:
            for wish in self.wishes:
                outputs += mirror(engine, wish)
            self.wishes.clear()
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
        engine = self.engine
        if len(self.stated) > 1:
            self.stated.sort(key=_signal_rank)
        for signal in self.stated:
            if not signal.repeats(engine.signals.get(signal.key)):
                vote = self.tallies.get(signal.key)
                if vote is not None:
                    engine.apply(vote)
                    outputs.append(vote)
                engine.apply(signal)
                outputs.append(signal)
        self.stated.clear()
        self.tallies.clear()

    def _keep_places(self, outputs: list[Event]) -> None:
        """Openings that wait for their moment reserve their place; where nothing waits any more, it is free."""
        engine = self.engine
        for id, wish in self.places:
            if wish is None:
                outputs += release(engine, id, WITHDRAWN)
            elif id not in engine.reservations:
                outputs += place(engine, wish, id, 0, wish.strategy, wish.reason)
        self.places.clear()

    def _score(self) -> list[Event]:
        """A day of the shadow account has ended: figures of its strategies and the weights that follow from them, group
        by group. Applied outputs."""
        engine = self.engine
        board = engine.board
        assert board is not None
        outputs: list[Event] = []
        board.due = False
        terms = board.terms
        for group in board.groups():
            names = board.members(group)
            found = figures({name: board.returns(name) for name in names}, terms.shrink)
            day = board.days[-1]
            for name, (sharpe, shrunk, t_stat) in found.items():
                days, (count, unpriced) = board.returns(name), board.count(name)
                scored = StrategyScored(
                    engine.now, terms.name, name, group, day, len(days), count, unpriced, sum(days), sharpe, shrunk,
                    t_stat,
                )  # fmt: skip
                engine.emit(scored, outputs)
            t_stats = {name: own.t_stat for name, own in found.items()}
            before = {name: board.weights[name].weight_ppm for name in names if name in board.weights}
            weights = weigh(
                t_stats, before, terms.equal_ppm, terms.floor_ppm, terms.cap_ppm, terms.change_ppm
            )  # fmt: skip
            engine.emit(StrategiesWeighed(engine.now, terms.name, group, day, weights), outputs)
        return outputs

    def _note(self, runner: Runner, signals: list[Signal]) -> None:
        """What a callback wished for, before its ensemble or the policy takes the signals on."""
        if not self.muted:
            self.wishes += wishes_of(runner.strategy, runner.votes, runner.unheld, runner.intents, signals)
        runner.unheld.clear()

    def _take(self, intent: Intent) -> list[Event]:
        if intent.trails:
            return self.engine.trail(intent)
        state = self.engine.orders.get(intent.order_id)
        if not intent.cancels and not intent.modifies:
            return self.engine.judge(intent)
        if state is None or state.order.strategy != intent.strategy or state.order.account != intent.account:
            return []
        return self.engine.modify(intent) if intent.modifies else self.engine.cancel(intent.order_id, STRATEGY)

    def _halts(self, intent: Intent) -> list[Event]:
        """A callback raised: its strategy is halted, and said so."""
        output = StrategyHalted(self.engine.now, intent.strategy, intent.role, intent.reason)
        self.engine.apply(output)
        return [output]

    def _run(self, event: Event) -> list[Intent] | None:
        """The strategies' callbacks; their intents in the order they are to be judged, None when there are none."""
        if event.kind <= MARKET_KIND_MAX:
            if not self.concerned:
                return None
            return self._run_market(event)  # type: ignore[arg-type]
        if isinstance(event, Fill) and self.engine.fresh_fill:
            state = self.engine.orders[event.order_id]
            order = state.order
            for runner in self.concerned[order.instrument.index]:
                if runner.spec.id == order.strategy and runner.spec.account == order.account:
                    return self._call(runner, event, None)
        elif event.kind in (TIMER, SIGNAL_RECEIVED, SIGNAL_FAILED):
            return self._run_ensembles(event)
        return None

    def _run_ensembles(self, event: Event) -> list[Intent] | None:
        """A cycle's timer or a service's word reaches the ensembles, and the strategies, that wait for it."""
        intents: list[Intent] | None = None
        for runner in self.ensembles:
            if runner.ensemble.hears(event):
                intents = self._call(runner, event, intents)
        for runner in self.cyclers:
            if event.kind == TIMER and event.name == runner.timer:  # type: ignore[attr-defined]
                intents = self._call(runner, event, intents)
        if intents is not None and len(intents) > 1:
            intents.sort(key=_rank)
        return intents

    def _run_market(self, event: MarketEvent) -> list[Intent] | None:
        intents: list[Intent] | None = None
        concerned = self.concerned[event.instrument.index]
        for runner in concerned:
            if runner.wants(event.kind):
                intents = self._call(runner, event, intents)
        if intents is not None and len(concerned) > 1:
            intents.sort(key=_rank)
        return intents

    def _call(self, runner: Runner, event: Event, intents: list[Intent] | None) -> list[Intent] | None:
        """One callback. If it raises, what it wanted is discarded and a halt takes its place. A strategy that is halted
        is not called, but its indicators follow the market: re-armed, it decides on all that happened."""
        engine = self.engine
        halted = bool(engine.halted) and runner.spec.id in engine.halted
        if halted:
            runner.waiting.clear()
            if not isinstance(event, MarketEvent) and runner.ensemble is None:
                return intents
        count = engine.order_count
        watch = self.watch
        if watch is not None:
            watch.enter(runner.key, event)
        try:
            if halted:
                if runner.ensemble is not None:
                    runner.ensemble.overhear(event)
                if isinstance(event, MarketEvent):
                    runner.follow(event)
            elif isinstance(event, MarketEvent):
                runner.feed(event)
            elif isinstance(event, Fill):
                runner.strategy.on_fill(event)
            elif event.kind == TIMER:
                if runner.ensemble is not None:
                    runner.ensemble.on_timer(event)
            else:
                runner.ensemble.on_answer(event)
            if engine.board is not None and not runner.decides:
                self._note(runner, runner.signals)
            if runner.votes:
                self._collect(runner, count)
            elif runner.decides:
                self._wait(runner, event)
                if self.places and intents is None:
                    intents = []
            elif runner.signals:
                policy.act(runner.strategy, runner.signals)
        except KeyboardInterrupt:
            raise
        # Also what ends a program, as sys.exit does: one strategy does not end the others.
        except BaseException as error:
            runner.discard()
            self.wishes[:] = [wish for wish in self.wishes if wish.strategy != runner.spec.id]
            engine.order_count = count
            if not self.muted:
                runner.intents.append(_halt_of(runner, error))
        if watch is not None:
            watch.leave()
        if runner.signals:
            if not self.muted:
                self.stated.extend(runner.signals)
            runner.signals.clear()
        if runner.tallies:
            if not self.muted:
                for vote in runner.tallies:
                    self.tallies[vote.key] = vote
            runner.tallies.clear()
        if not runner.intents:
            return intents
        if self.muted:
            runner.intents.clear()
            return intents
        if intents is None:
            intents = []
        self._hand_in(runner, intents)
        return intents

    def _hand_in(self, runner: Runner, intents: list[Intent]) -> None:
        """What a callback wants joins what others want of the same event."""
        if self.engine.board is not None:
            self.engine.board.weigh(runner.intents)
        if len(self.runners) > 1:
            rank = _rank_of(runner)
            for intent in runner.intents:
                intent.rank = rank
        intents.extend(runner.intents)
        runner.intents.clear()

    def _collect(self, runner: Runner, count: int) -> None:
        """A member's wishes are its ensemble's to weigh: none becomes an order, and their numbers are free again."""
        if runner.panel is not None:
            runner.panel.hand_over(runner.spec.id, runner.signals, runner.intents)
        if runner.intents:
            runner.intents.clear()
            self.engine.order_count = count

    def _wait(self, runner: Runner, event: Event) -> None:
        """Signals whose moment has come are acted on; those that wait reserve their place where that is set."""
        engine, spec = self.engine, runner.spec
        due = runner.hold_back(event)
        if engine.board is not None:
            self._note(runner, due)
        if due:
            policy.act(runner.strategy, due)
            for intent in runner.intents:
                id = f"{spec.id}:{intent.instrument.symbol}"
                if not intent.closing and id in engine.reservations:
                    intent.reservation = id
        if self.muted:
            return
        self.places += [(f"{spec.id}:{signal.symbol}", None) for signal in due]
        for signal in runner.signals:
            if signal.symbol in runner.waiting:
                self.places.append((f"{spec.id}:{signal.symbol}", self._wish(runner, signal)))

    def _wish(self, runner: Runner, signal: Signal) -> Intent | None:
        """The opening that would come of a signal now, without a number; None = none, or it reserves nothing."""
        engine, stated = self.engine, list(runner.intents)
        book = engine.book(runner.spec.account, runner.spec.id, signal.instrument)
        if not engine.gate.least(book, "tradepicker.reserveOnOpen"):
            return None
        count = engine.order_count
        runner.intents.clear()
        policy.act(runner.strategy, [signal])
        wishes = [intent for intent in runner.intents if not intent.closing]
        runner.intents[:] = stated
        engine.order_count = count
        return wishes[0] if wishes else None

    # ── building and rebuilding ────────────────────────────────────────────────────────────────────────────────────

    def _start(self, started: Started, journaled: bool) -> None:
        """A run begins: its number is part of every order id from now on."""
        if not journaled:
            setup = Setup.from_row(started.setup)
            check_known(setup, self.engine.symbols, self._terms())
            _check_shadow(setup, self.engine)
        self.engine.run = started.run
        self.engine.order_count = 0
        self._build(started, journaled)

    def _terms(self) -> dict[str, Account]:
        return {name: account.terms for name, account in self.engine.accounts.items()}

    def resume(self, started: Started, states: list[Any]) -> None:
        """Behind a restored engine: the run that `started` began, and its strategies as they were."""
        self._build(started, True)
        self.restore_strategies(states)

    def _build(self, started: Started, journaled: bool) -> None:
        """Instruments, accounts and limits as the start says; strategies anew where anything of their identity is.
        journaled: it is a record of the past, whose strategies today's code may not have any more."""
        self.setup = Setup.from_row(started.setup)
        engine = self.engine
        for instrument in self.setup.instruments:
            if instrument.symbol not in engine.symbols:
                engine.list_instrument(instrument)
        for account, limits in self.setup.limits_of_accounts():
            engine.open_account(account, limits)
        engine.configure(self.setup.further_limits())
        engine.sizers = dict(self.setup.sizers)
        engine.plans = dict(self.setup.plans)
        for account_name, user, settings in self.setup.sessions:
            session.begin(engine, account_name, user, settings, started.time)
        self._seat(self.setup)
        if self.setup.shadow is not None:
            engine.shadow(self.setup.shadow, seats_of(self.setup))
        kept = {runner.key: runner for runner in self.runners}
        self.runners = []
        if self.load is not None:
            for spec in self.setup.strategies:
                found = self.load(spec)
                if found is not None:
                    self.runners += self._runners_of(spec, found, kept)
                elif not journaled:
                    raise InputError(f"strategy {spec.id}: the code of {spec.ref} changed while it was being set up")
        self.runners.sort(key=_runner_key)
        self.ensembles = [runner for runner in self.runners if runner.ensemble is not None]
        self.cyclers = [runner for runner in self.runners if runner.timer]
        panels: dict[str, Any] = {runner.spec.id: runner.strategy for runner in self.ensembles}
        for runner in self.runners:
            runner.panel = panels.get(runner.spec.ensemble)
        self.concerned = [[] for _ in engine.instruments]
        for runner in self.runners:
            for symbol in runner.strategy.symbols:
                self.concerned[engine.symbols[symbol].index].append(runner)

    def _seat(self, setup: Setup) -> None:
        """Note who may trade what as the start says, also where the strategies do not run: whether an exit may be
        reduce-only depends on it."""
        engine = self.engine
        for book in engine.ledger.books.values():
            book.trading = False
        for spec in setup.strategies:
            for symbol in spec.symbols:
                engine.book(spec.account, spec.id, engine.symbols[symbol]).trading = True

    def _runners_of(self, spec: StrategySpec, strategy_class: type[Strategy], kept: dict[str, Runner]) -> list[Runner]:
        instruments = [self.engine.symbols[symbol] for symbol in spec.symbols]
        groups = [instruments] if strategy_class.many else [[instrument] for instrument in instruments]
        runners: list[Runner] = []
        for group in groups:
            known = kept.get(f"{spec.id}:{group[0].symbol}")
            if known is not None and known.identity == identity_of(spec, group):
                runners.append(known)
                continue
            strategy = self._made(spec, strategy_class, group)
            runners.append(Runner(strategy, spec, identity_of(spec, group)))
        return runners

    def _made(self, spec: StrategySpec, strategy_class: type[Strategy], group: list[Instrument]) -> Strategy:
        """A new instance behind its `setup`. Raises InputError for whatever its own code raises there."""
        try:
            strategy = strategy_class(spec.id, spec.account, group, dict(spec.parameters))
            strategy.attach(View(self.engine))
        except (TradewrightError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise InputError(f"strategy {spec.id} can not be set up: {described(error)}") from error
        return strategy

    def follow(self, event: Event, outputs: list[Event]) -> list[Match]:
        """Fold a journaled input and the outputs that were journaled with it; strategies run muted. Returns matches."""
        engine = self.engine
        self.muted = True
        if isinstance(event, Started):
            self._start(event, True)
        engine.apply(event)
        # What core decided came before what strategies saw; the muted callbacks see the same book as then.
        core, rest = _split(outputs)
        for output in core:
            engine.apply(output)
        # The callbacks number their orders as they did then; which of those numbers are used up, the decisions say.
        count = engine.order_count
        self._run(event)
        engine.order_count = count
        for output in rest:
            engine.apply(output)
        self.muted = False
        matches = engine.matches
        engine.matches = []
        engine.alarms = []
        engine.noticed = []
        engine.stopping = False
        if engine.board is not None:
            engine.board.due = False
        return matches

    def cycles(self) -> list[int]:
        """The seconds of the cycles on whose timers a strategy decides, or services are asked."""
        waiting = [runner.ensemble for runner in self.ensembles if runner.ensemble.timer or runner.ensemble.services]
        singles = {int(runner.spec.cycle_seconds) for runner in self.cyclers}
        return sorted({ensemble.cycle_seconds for ensemble in waiting} | singles)

    def services(self) -> list[str]:
        """The names of the services whose answers an ensemble weighs."""
        return sorted({name for runner in self.ensembles for name in runner.ensemble.services})

    def state_hash(self) -> str:
        """Hash of everything `apply` folds: orders, ledger, holds, limits, states, exits, counters and marks."""
        return self.engine.state_hash()

    def strategy_state(self) -> list[Any]:
        """State of every strategy instance by its key, without halted ones that hold what can not be stored: those
        would start anew. Raises StateError naming the field of one that runs."""
        states: list[Any] = []
        for runner in self.runners:
            try:
                states.append([runner.key, runner.identity, runner.state()])
            except StateError:
                if runner.spec.id not in self.engine.halted:
                    raise
        return states

    def unstorable(self) -> dict[str, str]:
        """Strategies by id that run and hold what can not be stored, with a sentence that names the field."""
        found: dict[str, str] = {}
        for runner in self.runners:
            try:
                runner.strategy.state()
            except StateError as error:
                if runner.spec.id not in self.engine.halted:
                    found[runner.spec.id] = str(error)
        return found

    def restore_strategies(self, states: list[Any]) -> None:
        """The inverse; a strategy whose code, parameters, account or symbols changed keeps its fresh state."""
        known = {runner.key: runner for runner in self.runners}
        for key, identity, state in states:
            runner = known.get(key)
            if runner is not None and runner.identity == identity:
                runner.restore(state, self.engine.instruments)


def identity_of(spec: StrategySpec, group: list[Instrument]) -> list[Any]:
    """Account, ensemble, symbols, code and parameters of one instance, and when it decides if that is said."""
    moment = [spec.decide_on, spec.cycle_seconds] if spec.decide_on else []
    return [spec.account, spec.ensemble, [instrument.symbol for instrument in group], *spec.hashes(), *moment]


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


def _halt_of(runner: Runner, error: BaseException) -> Intent:
    intent = Intent("", runner.spec.account, runner.spec.id, runner.strategy._hand.instrument, 1)
    intent.role = STRATEGY_STATE if isinstance(error, StateError) else STRATEGY_RAISED
    intent.reason = described(error)
    intent.confidence = 2.0
    return intent


def described(error: BaseException) -> str:
    """What a strategy raised, as one line that can be written down, however its message was made."""
    try:
        text = " ".join(str(error).split())
    except Exception as another:
        text = f"its message can not be read ({type(another).__name__})"
    if len(text) > MESSAGE_MAX:
        text = text[:MESSAGE_MAX] + "…"
    return f"{type(error).__name__}: {text.encode('utf-8', 'backslashreplace').decode()}"


def seats_of(setup: Setup) -> dict[str, str]:
    """The strategies that a shadow account scores, and the ensemble each votes in."""
    shadow = setup.shadow
    return {spec.id: spec.ensemble for spec in setup.strategies if shadow and spec.account == shadow.account}


def _check_shadow(setup: Setup, engine: Engine) -> None:
    """Whether weights can keep to their bounds, and what a shadow account holds goes on. Raises InputError."""
    if setup.shadow is None:
        if engine.board is not None:
            raise InputError(f"{engine.board.terms.name} holds positions of an earlier start: go on with the shadow")
        return
    groups = list(seats_of(setup).values())
    for group in sorted(set(groups)):
        whose = f"the members of {group}" if group else "what runs alone"
        check_bounds(groups.count(group), setup.shadow.floor_ppm, setup.shadow.cap_ppm, whose)


def _rank_of(runner: Runner) -> tuple[float, str]:
    """The most confident strategy first, a halt before everything. What one callback wants keeps its order, whichever
    symbols it is about: a cancel makes room for what comes behind it."""
    confidence = 0.0
    for intent in runner.intents:
        confidence = max(confidence, intent.confidence)
    return (-confidence, runner.key)


def _rank(intent: Intent) -> tuple[float, str]:
    return intent.rank


def _signal_rank(signal: Signal) -> tuple[float, str, str]:
    """As intents are ranked."""
    return (-signal.confidence, signal.strategy, signal.instrument.symbol)


def _runner_key(runner: Runner) -> tuple[bool, str]:
    """By key; ensembles last, so that an event's signals are there when they vote."""
    return (runner.ensemble is not None, runner.key)
