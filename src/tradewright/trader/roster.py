"""The strategies of a run: their callbacks, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tradewright.core.engine import Engine
from tradewright.core.setup import Setup, StrategySpec
from tradewright.model.control import CYCLE
from tradewright.model.errors import InputError, StateError, TradewrightError
from tradewright.model.event import MARKET_KIND_MAX, SIGNAL_FAILED, SIGNAL_RECEIVED, TIMER, Event
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.market import MarketEvent
from tradewright.model.report import Fill
from tradewright.model.signal import Signal
from tradewright.model.vote import Vote
from tradewright.model.wish import Wish
from tradewright.signal import policy
from tradewright.signal.strategy import Strategy
from tradewright.signal.wishes import wishes_of
from tradewright.trader.runner import Runner, described, halt_of, identity_of, key_of, rank_of
from tradewright.trader.view import View

Load = Callable[[StrategySpec], type[Strategy] | None]


class Watch(Protocol):
    """Told before and after each strategy callback, so that an event that ends the process leaves a trace."""

    def enter(self, strategy: str, event: Event) -> None: ...
    def leave(self) -> None: ...


class Roster:
    """All strategies of a run: who they are, whom an event concerns, what they state and want of it. load: gives the
    class a specification names (it may read files), None where today's code is not the one it names; without it no
    strategy runs. stated: the signals of the running step, members' too, in the order in which they were stated;
    tallies: the votes behind those of ensembles, by the signal's key. ensembles, cyclers: runners that wait for timers.
    places: ids of reservations and the openings they are for, which wait for their moment; None = for which nothing
    waits any more. wishes: what the shadow account is to do behind all else. unheld: closes and
    protections of what is not held."""

    __slots__ = (
        "engine", "runners", "concerned", "load", "watch", "muted", "stated", "tallies", "ensembles", "cyclers",
        "places", "wishes", "unheld",
    )  # fmt: skip

    def __init__(self, engine: Engine, load: Load | None, watch: Watch | None) -> None:
        self.engine = engine
        self.runners: list[Runner] = []
        self.concerned: list[list[Runner]] = []
        self.load = load
        self.watch = watch
        self.muted = False
        self.stated: list[Signal] = []
        self.tallies: dict[tuple[str, int], Vote] = {}
        self.ensembles: list[Runner] = []
        self.cyclers: list[Runner] = []
        self.places: list[tuple[str, Intent | None]] = []
        self.wishes: list[Wish] = []
        self.unheld: list[Intent] = []

    # ── callbacks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self, event: Event) -> list[Intent] | None:
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
                runner.intents.append(halt_of(runner, error))
        if watch is not None:
            watch.leave()
        if runner.unheld:
            self._take_unheld(runner)
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
            rank = rank_of(runner)
            for intent in runner.intents:
                intent.rank = rank
        intents.extend(runner.intents)
        runner.intents.clear()

    def _take_unheld(self, runner: Runner) -> None:
        """Its closes and protections of what is not held; a member's are its ensemble's to weigh."""
        if not self.muted and not runner.votes:
            self.unheld.extend(runner.unheld)
        runner.unheld.clear()

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
        if engine.board is not None:
            engine.board.weigh(wishes)
        runner.intents[:] = stated
        engine.order_count = count
        return wishes[0] if wishes else None

    def _note(self, runner: Runner, signals: list[Signal]) -> None:
        """What a callback wished for, before its ensemble or the policy takes the signals on."""
        board = self.engine.board
        shadowed = board is not None and runner.spec.account == board.terms.account
        if shadowed and not self.muted and (runner.intents or runner.unheld or signals):
            self.wishes += wishes_of(runner.strategy, runner.votes, runner.unheld, runner.intents, signals)

    # ── who is there ─────────────────────────────────────────────────────────────────────────────────────────────────

    def build(self, setup: Setup, journaled: bool, account: str = "") -> None:
        """The strategies as the setup has them, anew where anything of their identity is; those of an account alone
        where one is named. journaled: it is a record of the past, whose strategies today's code may not have any
        more."""
        engine = self.engine
        kept = {runner.key: runner for runner in self.runners}
        self.runners = [runner for runner in self.runners if account not in ("", runner.spec.account)]
        if self.load is not None:
            for spec in setup.strategies:
                if account not in ("", spec.account):
                    continue
                found = self.load(spec)
                if found is not None:
                    self.runners += self._runners_of(spec, found, kept)
                elif not journaled:
                    raise InputError(f"strategy {spec.id}: the code of {spec.ref} changed while it was being set up")
        self.runners.sort(key=key_of)
        self.ensembles = [runner for runner in self.runners if runner.ensemble is not None]
        self.cyclers = [runner for runner in self.runners if runner.timer]
        panels: dict[str, Any] = {runner.spec.id: runner.strategy for runner in self.ensembles}
        for runner in self.runners:
            runner.panel = panels.get(runner.spec.ensemble)
        self.concerned = [[] for _ in engine.instruments]
        for runner in self.runners:
            for symbol in runner.strategy.symbols:
                self.concerned[engine.symbols[symbol].index].append(runner)

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

    def cycles(self) -> list[int]:
        """The seconds of the cycles on whose timers a strategy decides, or services are asked."""
        waiting = [runner.ensemble for runner in self.ensembles if runner.ensemble.timer or runner.ensemble.services]
        singles = {int(runner.spec.cycle_seconds) for runner in self.cyclers}
        return sorted({ensemble.cycle_seconds for ensemble in waiting} | singles)

    def questions(self, timer: str) -> list[tuple[str, Instrument]]:
        """What is asked in the cycle of this timer: each service whose answers an ensemble of this cycle weighs, about
        the ensemble's instruments; by service, then by instrument."""
        asked: dict[tuple[str, int], Instrument] = {}
        for ensemble in self._asking(timer):
            for instrument in ensemble.instruments.values():
                asked |= {(name, instrument.index): instrument for name in ensemble.services}
        return [(name, asked[name, index]) for name, index in sorted(asked)]

    def weighs(self, timer: str) -> bool:
        """Whether an ensemble that asks services decides on this timer: it has to have their answers before."""
        return any(ensemble.timer == timer for ensemble in self._asking(timer))

    def _asking(self, timer: str) -> list[Any]:
        """The ensembles that ask services in the cycle of this timer."""
        ensembles = [runner.ensemble for runner in self.ensembles]
        return [one for one in ensembles if one.services and f"{CYCLE}:{one.cycle_seconds}" == timer]

    def services(self) -> list[str]:
        """The names of the services whose answers an ensemble weighs."""
        return sorted({name for runner in self.ensembles for name in runner.ensemble.services})

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


def _rank(intent: Intent) -> tuple[float, str]:
    return intent.rank
