"""One backtest: data, strategies, an exchange and the engine, in the one order of the sequencer.

    dataset = load("bars.parquet")
    result = run([specification("sma_cross", "main", ("ACME",), {"fast": 5})], dataset, RunOptions(cash="10000"))

Conventions are named, never implied: how bars fill (`models.fill`), when size is decided (`at_fill` of an order), how
the run ends (`final`).
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tradewright.backtest.data import Dataset
from tradewright.backtest.recorder import Booked, Recorder
from tradewright.backtest.strategy_source import Specified
from tradewright.core.life_cycle import HELD
from tradewright.core.limits import Limits, limits_from
from tradewright.core.setup import Setup, StrategySpec
from tradewright.core.trading_state import MEASURES, NOTICES, unbound, unfed
from tradewright.model.account import CASH, Account
from tradewright.model.command import Cancel
from tradewright.model.control import CashMoved, CloseRequested, Started
from tradewright.model.decision import Decision
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.exit_plan import ExitPlan, plan_from
from tradewright.model.fee import FeeEstimate
from tradewright.model.instrument import Instrument
from tradewright.model.lot import Match
from tradewright.model.market import Bar, QuoteBar
from tradewright.model.numbers import Number, money_of
from tradewright.model.rng import Rng
from tradewright.model.shadow import CASH as SHADOW_CASH
from tradewright.model.shadow import ShadowTerms, shadow_account, terms_from
from tradewright.model.sizer import Sizer, sizer_from
from tradewright.ports import Journal
from tradewright.sim.cycle import Cycles
from tradewright.sim.exchange import Exchange, SimulatedVenue
from tradewright.sim.models import Models
from tradewright.sim.models.fee import RATE_SCALE, FeeModel
from tradewright.sim.sequencer import Sequencer
from tradewright.sim.shadow import ShadowedVenue
from tradewright.trader import Trader

FINALS = ("mark_close", "close_at_last_open")
ACCOUNT = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Everything about a run but its data and strategies.

    cash: amount in `currency`, or amounts by currency. kind, mode, leverage: of the account. limits: as in the
    configuration. scopes: limits of further scopes. owner: whose the account is. models: the exchange's.
    fee_estimate: what holds and sizing expect a fill to cost. seed: of the exchange's random draws. sizer: how
    openings that say no size get one, as `model.sizer` reads it; "" = none does. exits: those of openings that bring
    none, by the names of `model.exit_plan.CONFIGURED`. sizers, plans: of further scopes. sessions: as `core.setup`
    has them. final: what happens to positions at the end — valued at the last
    close, or closed at the open of the last bar (a convention of backtesting.py).
    shadow: options of the shadow path (`model.shadow`), None = there is none.
    keep_decisions: collect decision records. journal: records go there as well.
    """

    cash: Number | dict[str, Number] = "100000"
    currency: str = "USD"
    kind: str = "margin"
    mode: str = "netting"
    leverage: int = 1
    limits: Mapping[str, Any] = field(default_factory=dict)
    scopes: Mapping[str, Limits] = field(default_factory=dict)
    owner: str = ""
    sizer: str = ""
    exits: dict[str, Number] = field(default_factory=dict)
    sizers: Mapping[str, Sizer] = field(default_factory=dict)
    plans: Mapping[str, ExitPlan] = field(default_factory=dict)
    sessions: Sequence[tuple[str, str, Sequence[Any]]] = ()
    models: Models = field(default_factory=Models)
    fee_estimate: FeeEstimate = field(default_factory=FeeEstimate)
    seed: int = 1
    final: str = "mark_close"
    shadow: Mapping[str, Number] | None = None
    keep_decisions: bool = False
    journal: Journal | None = None

    def __post_init__(self) -> None:
        if self.final not in FINALS:
            raise InputError(f"final {self.final!r} is not one of {', '.join(FINALS)}")


@dataclass(frozen=True, slots=True)
class Result:
    """What a run left. Money exact at MONEY_SCALE, in the account's currency unless said otherwise.

    equity: at the end; start: what was put in. cash, fees: per currency. orders: sent to the exchange; denied: refused
    before; rejected: refused by it. positions: net size counts per symbol. ruined: when the account had lost
    everything and the run ended, ns UTC; 0 = it did not. denials: by rule, how often and the first decision. shadow:
    what the shadow path said, in order; tables: where its strategies stand by that. unbound: limits that bind nothing
    here, or would bind everything, as sentences.
    """

    dataset: Dataset
    options: RunOptions
    instruments: list[Instrument]
    fills: list[Booked]
    matches: list[Match]
    decisions: list[Decision]
    orders: int
    denied: int
    rejected: int
    start: int
    equity: int
    cash: dict[str, int]
    fees: dict[str, int]
    positions: dict[str, int]
    halted: dict[str, str]
    alarms: list[str]
    state_hash: str
    ruined: int = 0
    denials: dict[str, tuple[int, Decision]] = field(default_factory=dict)
    shadow: list[Event] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    unbound: list[str] = field(default_factory=list)


def run(strategies: Sequence[Specified], dataset: Dataset, options: RunOptions) -> Result:
    """Play the dataset. Raises InputError for options that can not work; a strategy that raises is halted."""
    classes = {spec.id: found for spec, found in strategies}
    trader = Trader(lambda spec: classes[spec.id])
    recorder = Recorder(trader, options.keep_decisions, options.journal)
    exchange = Exchange(options.models, Rng(options.seed))
    balances = _balances(options)
    exchange.open_account(ACCOUNT, options.mode, balances, borrows=options.kind != CASH)
    shadow = _shadow(options)
    venue: SimulatedVenue = exchange if shadow is None else _shadowed(exchange, shadow, options)
    sequencer = Sequencer(recorder.step, venue)
    begin = dataset.time_first - 1
    sequencer.feed(_started(begin, dataset, [spec for spec, _ in strategies], options))
    for currency, amount in sorted(balances.items()):
        sequencer.feed(CashMoved(begin, ACCOUNT, currency, amount, "initial balance"))
    if shadow is not None:
        sequencer.feed(CashMoved(begin, shadow.name, options.currency, SHADOW_CASH, "initial balance"))
    with long_lived():
        ruined = 0
        events = Cycles(trader.roster.cycles(), begin).among(dataset.events())
        # Who can not borrow can not lose more than there is.
        if sequencer.run(events, None if options.kind == CASH else trader.engine.accounts[ACCOUNT].ruined):
            ruined = trader.engine.now
            _close_out(sequencer, exchange, trader, ruined)
        elif options.final == "close_at_last_open":
            _close_at_last_open(sequencer, exchange, recorder, dataset)
        return _result(dataset, options, trader, recorder, balances.get(options.currency, 0), ruined)


@contextmanager
def long_lived() -> Iterator[None]:
    """What exists before a run outlives it, and a run's own objects are trees: the cycle collector would walk both in
    vain. Reference counting frees them all the same; the collector looks again afterwards, at all of it as old."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(1_000_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.freeze()  # leaves nothing young, which the next allocation would walk
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _shadow(options: RunOptions) -> ShadowTerms | None:
    return None if options.shadow is None else terms_from(_account(options), options.shadow)


def _shadowed(exchange: Exchange, shadow: ShadowTerms, options: RunOptions) -> ShadowedVenue:
    """The exchange with the shadow's beside it: fills at the next close, fees as here."""
    beside = Exchange(shadow_models(options.models, shadow), Rng(options.seed))
    beside.open_account(shadow.name, balances={options.currency: SHADOW_CASH})
    return ShadowedVenue(exchange, beside, shadow.code)


def shadow_models(models: Models, shadow: ShadowTerms) -> Models:
    """Those of a shadow's venue."""
    return Models(fee=models.texts[0], slippage=shadow.slippage, fill="next_close")


def _idle(setup: Setup | None) -> list[str]:
    """Limits that bind nothing in a run, or would bind everything."""
    return [] if setup is None else unbound(setup) + unfed(setup, NOTICES | MEASURES)


def _balances(options: RunOptions) -> dict[str, int]:
    given = options.cash if isinstance(options.cash, dict) else {options.currency: options.cash}
    balances = {currency: money_of(amount, f"cash in {currency}") for currency, amount in given.items()}
    for currency, amount in balances.items():
        if amount < 0:
            raise InputError(f"cash in {currency} can not be negative")
    return balances


def check_options(options: RunOptions) -> None:
    """Raises InputError for what can not work whatever the data are."""
    _balances(options)
    _account(options)
    limits_from(options.limits)
    if options.sizer:
        sizer_from(options.sizer)
    if options.exits:
        plan_from(options.exits)
    shadow = _shadow(options)
    if shadow is not None:
        shadow_models(options.models, shadow)


def _account(options: RunOptions) -> Account:
    return Account(
        ACCOUNT, ACCOUNT, "paper", options.mode, options.kind, options.currency, options.leverage,
        fee=options.fee_estimate, owner=options.owner,
    )  # fmt: skip


def _started(time: int, dataset: Dataset, specs: list[StrategySpec], options: RunOptions) -> Started:
    account = _account(options)
    notes = {"models": json.dumps(options.models.row()), "seed": str(options.seed), "final": options.final}
    sizers = {f"account:{ACCOUNT}": sizer_from(options.sizer)} if options.sizer else {}
    plans = {f"account:{ACCOUNT}": plan_from(options.exits)} if options.exits else {}
    sizers |= options.sizers
    plans |= options.plans
    accounts = [(account, limits_from(options.limits).row())]
    shadow = _shadow(options)
    if shadow is not None:
        accounts.append((shadow_account(account, shadow), []))
        plans |= {f"account:{shadow.name}": plan for name, plan in plans.items() if name == f"account:{ACCOUNT}"}
    sessions = options.sessions
    setup = Setup(dataset.instruments, accounts, specs, notes, sizers, options.scopes, plans, sessions, shadow)
    return Started(time, 1, plain(setup.row()))


def plain(row: list[object]) -> list[Any]:
    """A row as a journal gives it back, so that a run and its replay start from the same bytes."""
    return msgspec.json.decode(msgspec.json.encode(row), type=list[Any])


def _close_out(sequencer: Sequencer, exchange: Exchange, trader: Trader, now: int) -> None:
    """The account has lost everything: end what works and close all it holds at the prices that stand."""
    exchange.closing_out = True
    _end_orders(sequencer, trader, now)
    sequencer.feed(CloseRequested(now, ACCOUNT, "", "backtest", "the account has lost everything"))


def _end_orders(sequencer: Sequencer, trader: Trader, now: int) -> None:
    orders = [(id, state) for id, state in trader.engine.orders.items() if state.order.account == ACCOUNT]
    sequencer.carry_out([Cancel(now, id) for id, state in orders if state.is_open() and state.stage != HELD], now)


def _close_at_last_open(sequencer: Sequencer, exchange: Exchange, recorder: Recorder, dataset: Dataset) -> None:
    """End what works, then close everything at the open of each symbol's last bar, as if the orders had been there
    already."""
    last: dict[str, Bar] = {}
    for series in dataset.series:
        for event in series.events(len(series) - 1, len(series)):
            if not isinstance(event, Bar) or isinstance(event, QuoteBar):
                raise InputError("final close_at_last_open needs bars of trades")
            last[event.symbol] = event
    now = dataset.time_last
    # What still works would trade against the close, or be left behind it.
    _end_orders(sequencer, recorder.trader, now)
    sequencer.feed(CloseRequested(now, ACCOUNT, "", "backtest", "end of data"))
    for bar in last.values():
        price = bar.open_units
        opening = Bar(now, bar.instrument, now, price, price, price, price, bar.volume_units)
        for report in exchange.run(opening):
            for command in recorder.step(report):
                sequencer.venue.execute(command)


def _result(
    dataset: Dataset, options: RunOptions, trader: Trader, recorder: Recorder, start: int, ruined: int
) -> Result:
    engine = trader.engine
    equity = engine.accounts[ACCOUNT].equity()
    if equity is None:
        raise InputError(
            f"the final equity can not be stated in {options.currency}: the data holds no rate for one of "
            f"{', '.join(engine.ledger.cash[ACCOUNT])}; choose --currency or add the pair's data"
        )
    fees: dict[str, int] = {}
    for book in engine.ledger.books.values():
        for currency, amount in book.fees.items() if book.account == ACCOUNT else ():
            fees[currency] = fees.get(currency, 0) + amount
    return Result(
        dataset, options, engine.instruments, recorder.fills, recorder.matches, recorder.decisions, recorder.orders,
        recorder.denied, recorder.rejected, start, equity, dict(engine.ledger.cash[ACCOUNT]), fees,
        {p.instrument.symbol: p.net for p in engine.accounts[ACCOUNT].positions if p.net},
        {name: recorder.halts.get(name, why) for name, why in engine.halted.items()},
        recorder.alarms, engine.state_hash(), ruined, recorder.denials, recorder.shadow,
        {} if engine.board is None else engine.board.tables(), _idle(trader.setup),
    )  # fmt: skip


def fee_estimate_of(model: FeeModel) -> FeeEstimate:
    """What holds and sizing expect of an exchange's fees: the dearer rate, rounded up, and the order's minimum."""
    rate = max(0, model.maker_rate, model.taker_rate)
    return FeeEstimate(-(-rate * 1_000_000 // 10**RATE_SCALE), max(0, model.per_size), max(0, model.minimum))
