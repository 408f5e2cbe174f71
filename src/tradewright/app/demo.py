"""The live-like session: a market, the paper exchange, the engine behind its journal — no key, no network.

Virtual time decides everything; the wall clock only paces it. The same arguments give the same records, and a session
started again in the same home goes on where its journal and the exchange's book ended.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tradewright import __version__
from tradewright.app.agreement import disagreements, left_alone, let_go, other_versions
from tradewright.app.answering import answered
from tradewright.app.conflate import Conflator
from tradewright.app.control import ControlSocket, Wanted
from tradewright.app.home import JOURNAL, PAPER, SHADOW
from tradewright.app.live import LiveEngine
from tradewright.app.settings import Settings
from tradewright.app.sources import Sources
from tradewright.app.watch import quarantine_of
from tradewright.app.wiring.journals import CHECKPOINT_PAGES
from tradewright.app.wiring.machine import Beside, Machine, open_machine
from tradewright.app.wiring.services import signal_sources
from tradewright.backtest.data import ReadOptions, load
from tradewright.backtest.run import shadow_models
from tradewright.backtest.strategy_source import specifications, strategy_class, unheard
from tradewright.core.limits import Limits, limits_from
from tradewright.core.setup import Setup, StrategySpec
from tradewright.core.trading_state import MEASURES, NOTICES, unbound, unfed
from tradewright.model.account import NETTING, Account
from tradewright.model.control import (
    ACTIVE,
    RECONCILE,
    CashMoved,
    RulesChanged,
    Started,
    Timer,
)
from tradewright.model.errors import InputError, UsageError
from tradewright.model.event import Event
from tradewright.model.exit_plan import plan_from
from tradewright.model.fee import FeeEstimate
from tradewright.model.instrument import Instrument
from tradewright.model.market import MarketEvent
from tradewright.model.numbers import Number, money_of, money_text
from tradewright.model.report import Fill
from tradewright.model.shadow import CASH as SHADOW_CASH
from tradewright.model.shadow import ShadowTerms, shadow_account, terms_from
from tradewright.model.sizer import sizer_from
from tradewright.ports import CrashPoint, no_crash
from tradewright.sim.cycle import Cycles
from tradewright.sim.market import Market
from tradewright.sim.models import Models
from tradewright.trader import Outcome, Trader

ACCOUNT = "paper"
#: Monday 2026-01-05 14:30 UTC: the first moment of the year at which all four asset classes trade.
START_NS = 1_767_623_400_000_000_000
#: Virtual seconds per second: ten one-minute bars of each symbol a second, enough to see strategies work.
SPEED = 600
STEP_MS = 5_000
CASH = "100000"
#: The four classics, quick enough to be seen trading within a minute.
STRATEGIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sma_cross", {"fast": 5, "slow": 15, "percent": 8.0}),
    ("rsi_reversion", {"length": 7, "oversold": 35.0, "exit": 55.0, "percent": 8.0}),
    ("donchian_breakout", {"entry": 15, "leave": 7, "percent": 8.0}),
    ("macd_trend", {"fast": 6, "slow": 13, "smooth": 5, "tolerance": 0.00005, "percent": 8.0}),
)
LIMITS: dict[str, Number] = {
    "maxPositionSizePercent": 25,
    "maxOpenPositions": 5,
    "maxDailyLossPercent": 3,
    "maxOrderValue": 20_000,
    "priceCollarPercent": 5,
    "maxPriceAgeSeconds": 120,
}
FEE_PPM = 200
MODELS = {"fee": "bps:2", "slippage": "none"}


@dataclass(slots=True, kw_only=True)
class DemoOptions:
    """One session. seconds: of the wall clock for the synthetic market (0 = until stopped); a data file is played to
    its end as fast as the machine can. strategies: (reference, parameters); none = the four classics. checkpoint_pages:
    of the journal's WAL; proofs make it small to see many. cash: at the first start, in `currency`. scopes: limits,
    over those a demo has. sizer, exits: of openings that bring none, as a backtest takes them. settings: of a file.
    shadow: options of the shadow path, None = there is none. calendars: of the files' instruments, as `ReadOptions`
    has them."""

    folder: Path
    seconds: float = 60.0
    seed: int = 1
    files: list[Path] = field(default_factory=list)
    strategies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    checkpoint_pages: int = CHECKPOINT_PAGES
    cash: str = CASH
    currency: str = "USD"
    scopes: Mapping[str, Limits] = field(default_factory=dict)
    sizer: str = ""
    exits: dict[str, Number] = field(default_factory=dict)
    settings: Settings = field(default_factory=lambda: Settings(ACCOUNT, ACCOUNT))
    shadow: Mapping[str, Number] | None = None
    calendars: Mapping[str, str] = field(default_factory=dict)

    def reading(self) -> ReadOptions:
        """How its files are read."""
        return ReadOptions(calendars=self.calendars)

    def deposit(self) -> int:
        """Money put in at the first start, in the account's currency."""
        return money_of(self.cash, f"cash in {self.currency}")

    def account(self) -> Account:
        """The terms of the one account."""
        return Account(
            ACCOUNT, ACCOUNT, "paper", kind="margin", currency=self.currency, leverage=2, native_exits=True,
            fee=FeeEstimate(FEE_PPM), owner=self.settings.owner,
        )  # fmt: skip

    def shadow_terms(self) -> ShadowTerms | None:
        """Those of its shadow, if it has one."""
        return None if self.shadow is None else terms_from(self.account(), self.shadow)


def check_options(options: DemoOptions) -> None:
    """Raises InputError for what can not work whatever the market is."""
    if options.deposit() < 0:
        raise InputError(f"cash in {options.currency} can not be negative")
    if options.calendars and not options.files:
        raise InputError("--calendar is of data files (--data); the instruments of the synthetic market have their own")
    options.reading()
    options.account()
    plan_from(options.exits)
    if options.sizer:
        sizer_from(options.sizer)
    shadow = options.shadow_terms()
    if shadow is not None:
        shadow_models(Models(**MODELS), shadow)


def chosen_strategies(refs: Sequence[str], parameters: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The strategies a caller named, as DemoOptions takes them; none named = the four classics. Raises UsageError for
    parameters that could belong to several."""
    if parameters and len(refs) != 1:
        raise UsageError("--param needs one strategy" + (f", not {len(refs)}" if refs else ""))
    return [(ref, parameters) for ref in refs] or list(STRATEGIES)


def with_settings(
    chosen: list[tuple[str, dict[str, Any]]], settings: Settings, said: bool = True
) -> list[tuple[str, dict[str, Any]]]:
    """The same with the parameters that a file of settings has for them, under those they have if somebody said them,
    over those that are the demo's own."""
    if said:
        return [(ref, settings.parameters(ref, parameters)) for ref, parameters in chosen]
    return [(ref, {**parameters, **settings.parameters(ref, {})}) for ref, parameters in chosen]


@dataclass(slots=True)
class Feed:
    """A market to trade on. text: what it is, for the record; a home can only be resumed with the same. kinds: of its
    events; none said = all."""

    instruments: list[Instrument]
    events: Iterable[MarketEvent]
    start: int
    text: str
    paced: bool
    kinds: Collection[int] = ()


def feed_of(options: DemoOptions) -> Feed:
    """The synthetic market of the seed, or the data files."""
    if options.files:
        data = load(options.files, options.reading())
        names = ", ".join(path.name for path in options.files)
        return Feed(data.instruments, data.events(), data.time_first - 1, f"file {names}", False, data.kinds)
    market = Market(options.seed, START_NS, step_ms=STEP_MS)
    for index, instrument in enumerate(market.instruments):
        instrument.index = index
    return Feed(list(market.instruments), market.events(), START_NS, f"synthetic seed {options.seed}", True)


class Session:
    """A demo while it runs. `run` feeds it; `machine` is what it consists of; `stop` ends it after the next event."""

    def __init__(
        self,
        options: DemoOptions,
        listener: Callable[[Event, Outcome], None],
        crash: CrashPoint = no_crash,
    ) -> None:
        self.options = options
        self.feed = feed_of(options)
        self.market = iter(self.feed.events)
        self.conflator = Conflator()
        self.passed = 0
        self.cycles = Cycles((), 0)
        self.sources = Sources()
        self.stopping = False
        self.unheard = ""
        self.known: Setup | None = None
        specs = self._specs()
        self.machine: Machine = open_machine(
            options.folder / JOURNAL, options.folder / PAPER, Models(**MODELS), options.seed, self.feed.instruments,
            listener, crash, options.checkpoint_pages, self._beside(),
        )  # fmt: skip
        if self.unheard:
            self.machine.remarks.append(self.unheard)
        try:
            self._begin(specs)
            self.control = ControlSocket(options.folder)
        except BaseException:
            self.machine.abandon()
            raise

    def _specs(self) -> list[StrategySpec]:
        symbols = tuple(instrument.symbol for instrument in self.feed.instruments)
        chosen = self.options.strategies or list(STRATEGIES)
        specified = [item for ref, parameters in chosen for item in specifications(ref, ACCOUNT, symbols, parameters)]
        if self.feed.kinds:
            self.unheard = unheard(specified, self.feed.kinds)
        specs = [spec for spec, _ in self.options.settings.over(specified)]
        doubled = [spec.id for spec in specs if sum(other.id == spec.id for other in specs) > 1]
        if doubled:
            raise InputError(f"two strategies are called {doubled[0]}; lots and states are kept by that name")
        # What can not be set up is refused before anything is written.
        Trader(lambda spec: strategy_class(spec.ref)).step(Started(self.feed.start, 1, self._setup_row(specs)))
        return specs

    def _setup_row(self, specs: list[StrategySpec]) -> list[Any]:
        """What this session consists of, as a journal gives it back."""
        account = self.options.account()
        notes = {"feed": self.feed.text, "version": __version__, "cash": money_text(self.deposited())}
        scope, options = f"account:{ACCOUNT}", self.options
        sizers = {scope: sizer_from(options.sizer)} if options.sizer else {}
        plans = {scope: plan_from(options.exits)} if options.exits else {}
        sizers |= options.settings.sizers()
        plans |= options.settings.plans()
        accounts = [(account, limits_from(LIMITS).row())]
        shadow = options.shadow_terms()
        if shadow is not None:
            accounts.append((shadow_account(account, shadow), []))
            plans |= {f"account:{shadow.name}": plan for name, plan in plans.items() if name == scope}
        sessions = options.settings.sessions()
        setup = Setup(self.feed.instruments, accounts, specs, notes, sizers, options.scopes, plans, sessions, shadow)
        return msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any])

    def _beside(self) -> Beside | None:
        """The exchange of the shadow, if there is one."""
        shadow = self.options.shadow_terms()
        if shadow is None:
            return None
        return Beside(self.options.folder / SHADOW, shadow_models(Models(**MODELS), shadow), shadow.code)

    @property
    def live(self) -> LiveEngine:
        return self.machine.live

    def _begin(self, specs: list[StrategySpec]) -> None:
        """A first start puts the money in; a later one looks up what the venue remembers before anything else."""
        machine, engine = self.machine, self.machine.trader.engine
        known = self.known = machine.trader.setup
        if known is not None and known.notes.get("feed") != self.feed.text:
            raise InputError(
                f"{self.options.folder} holds a session on {known.notes.get('feed')}, not on {self.feed.text}; "
                "choose another --home, or the same market"
            )
        machine.paper.open_account(ACCOUNT, NETTING, {self.options.currency: self.deposited()})
        shadow = self.options.shadow_terms()
        if machine.shadow is not None and shadow is not None:
            machine.shadow.open_account(shadow.name, NETTING, {self.options.currency: SHADOW_CASH})
        now = max(self.feed.start, engine.now)
        first = engine.run == 0
        owed = self._catch_up()
        machine.sequencer.feed(Started(now, engine.run + 1, self._setup_row(specs)))
        for instrument in self.feed.instruments:
            rules = instrument.rules.row()
            if engine.symbols[instrument.symbol].rules.row() != rules:
                machine.sequencer.feed(RulesChanged(now, instrument.index, list(rules)))
        self.cycles = Cycles(machine.trader.roster.cycles(), now)
        self.sources.ask(signal_sources(machine.trader.roster.services(), os.environ))
        if first or not engine.ledger.cash.get(ACCOUNT):
            machine.sequencer.feed(CashMoved(now, ACCOUNT, self.options.currency, self.deposited(), "initial balance"))
        if shadow is not None and not engine.ledger.cash.get(shadow.name):
            machine.sequencer.feed(CashMoved(now, shadow.name, self.options.currency, SHADOW_CASH, "initial balance"))
        self._quarantine(now)
        machine.remarks += left_alone(engine)
        assert machine.trader.setup is not None
        machine.remarks += unbound(machine.trader.setup) + unfed(machine.trader.setup, NOTICES | MEASURES)
        if known is not None:
            machine.remarks += let_go(known, machine.trader.setup) + other_versions(known, machine.trader.setup)
            if self.options.cash != CASH and self.options.deposit() != self.deposited():
                machine.remarks.append(
                    f"--cash {self.options.cash} is not put in: this home began with {money_text(self.deposited())} "
                    f"{self.options.currency}"
                )
        if not first:
            machine.reconcile(Timer(now, RECONCILE))
            if not any(isinstance(event, Fill) for event in owed):
                self._check_agreement()
            machine.sequencer.tell(list(self.cycles.among(owed)), now)
            self._check_agreement()

    def disagreements(self) -> list[str]:
        """What engine and exchange hold differently."""
        engine, paper, shadow = self.machine.trader.engine, self.machine.paper, self.machine.shadow
        found = disagreements(engine, ACCOUNT, paper.balances(ACCOUNT), paper.positions(ACCOUNT))
        if shadow is not None and engine.board is not None:
            name = engine.board.terms.name
            own = disagreements(engine, name, shadow.balances(name), shadow.positions(name))
            found += [f"{name}: {difference}" for difference in own]
        return found

    def _check_agreement(self) -> None:
        """All that was said has been heard by now: what still differs no trading will mend. An account that opens
        nothing any more goes on; its alarm has said why."""
        engine, folder = self.machine.trader.engine, self.options.folder
        if engine.states.get(f"account:{ACCOUNT}", ACTIVE) == ACTIVE and (found := self.disagreements()):
            raise InputError(
                f"{folder / JOURNAL} and the exchange's book {folder / PAPER} disagree: {'; '.join(found)}; "
                "put the book of this home back, or choose another --home"
            )

    def _quarantine(self, now: int) -> None:
        """A strategy on which two processes ended at the same event does not run a third time."""
        halt = quarantine_of(self.machine.watch, self.machine.trader, now)
        if halt is not None:
            self.machine.sequencer.feed(halt)

    def _carry_out(self, asked: Wanted) -> dict[str, Any]:
        """What a person or a service asks of the running session; answered when it is durable."""
        return answered(asked, self.live, self.machine.sequencer.feed)

    def stop(self) -> None:
        """End after the event that is being fed."""
        self.stopping = True

    def deposited(self) -> int:
        """Money put in at the first start, in the account's currency. A later start finds it in the journal, whatever
        it is told: money is put in once."""
        known = None if self.known is None else self.known.notes.get("cash")
        return self.options.deposit() if known is None else money_of(known, "cash")

    def _catch_up(self) -> list[Event]:
        """Play the market again up to where engine and exchange were. Returns what the engine has yet to be told: what
        the exchange had before the end that the journal had not."""
        venue, known = self.machine.sequencer.venue, self.live.counts.markets
        owed: list[Event] = []
        while self.passed < known or not self.machine.caught_up:
            event = next(self.market, None)
            if event is None:
                raise InputError(f"the market ended before the place where {self.options.folder} was left")
            owed += venue.run(event)
            passing = list(self.conflator.take(event))
            self.sources.observe(event)
            owed += passing[max(0, known - self.passed) :]
            self.passed += len(passing)
        return owed

    def run(self, tick: Callable[[], None] = lambda: None) -> None:
        """Feed the market to its end, or for the session's seconds; `tick` is called between events, ten times a
        second."""
        began = next_tick = time.monotonic()
        first = 0
        for event in self.market:
            if first == 0:
                first = event.time
            if self.stopping or (self.feed.paced and self._over(event.time - first)):
                break
            for timer in self.cycles.until(event.time):
                self._cycle(timer)
            self.machine.sequencer.feed_as(event, list(self.conflator.take(event)))
            self.sources.observe(event)
            if time.monotonic() >= next_tick:
                next_tick = time.monotonic() + 0.1
                self.live.tell()
                self.control.poll(self._carry_out)
                tick()
                if self.feed.paced:
                    self._pace(began, event.time - first)

    def _cycle(self, timer: Timer) -> None:
        """What the services say now, then the timer on which it is decided."""
        asked = self.sources.known(self.machine.trader.roster.questions(timer.name))
        for word in self.sources.collect(timer.time, asked):
            self.machine.sequencer.feed(word)
        self.machine.sequencer.feed(timer)

    def _over(self, elapsed_ns: int) -> bool:
        return self.options.seconds > 0 and elapsed_ns >= self.options.seconds * SPEED * 1e9

    def _pace(self, began: float, elapsed_ns: int) -> None:
        ahead = elapsed_ns / 1e9 / SPEED - (time.monotonic() - began)
        if ahead > 0:
            time.sleep(min(ahead, 1.0))

    def close(self) -> None:
        """Flush, anchor and release everything."""
        self.control.close()
        self.sources.close()
        self.machine.close()
