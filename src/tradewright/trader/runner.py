"""One strategy instance and how it is fed."""

from __future__ import annotations

from typing import Any

from tradewright.core.setup import StrategySpec
from tradewright.model.control import CYCLE
from tradewright.model.errors import InputError, StateError
from tradewright.model.event import BAR, DEPTH, QUOTE, QUOTE_BAR, TIMER, TRADE, Event
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.market import MarketEvent
from tradewright.model.signal import Signal, signal_from
from tradewright.model.vote import Vote
from tradewright.signal.ensemble import Ensemble
from tradewright.signal.indicators.indicator import Indicator
from tradewright.signal.strategy import Strategy

#: Characters kept of what a strategy raised.
MESSAGE_MAX = 1000
STRATEGY_RAISED = "STRATEGY_RAISED"
STRATEGY_STATE = "STRATEGY_STATE"


class Runner:
    """One strategy instance and how it is fed. indicators: those that follow each of its instruments, by index.
    votes: its signals are an ensemble's to weigh, and not acted on; panel: that ensemble. ensemble: the strategy, if it
    is one; tallies: the records of its votes. decides: when its signals are acted on, "" = at once; timer: the name of
    the one it decides on, "" = on none; waiting: signals that wait for their moment, by symbol. unheld: its closes of
    what it does not hold. identity: what must be equal for its state to be taken on by another run."""

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
        last = max([instrument.index for instrument in strategy.instruments.values()])
        self.indicators: list[list[Indicator]] = [[] for _ in range(last + 1)]
        for at, indicator in enumerate(strategy._hand.indicators):
            instrument = strategy.instruments[strategy._names[at]]
            self.indicators[instrument.index].append(indicator)
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
            for indicator in self.indicators[event.instrument.index]:
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


def identity_of(spec: StrategySpec, group: list[Instrument]) -> list[Any]:
    """Account, ensemble, symbols, code and parameters of one instance, and when it decides if that is said."""
    moment = [spec.decide_on, spec.cycle_seconds] if spec.decide_on else []
    return [spec.account, spec.ensemble, [instrument.symbol for instrument in group], *spec.hashes(), *moment]


def halt_of(runner: Runner, error: BaseException) -> Intent:
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


def rank_of(runner: Runner) -> tuple[float, str]:
    """The most confident strategy first, a halt before everything. What one callback wants keeps its order, whichever
    symbols it is about: a cancel makes room for what comes behind it."""
    confidence = 0.0
    for intent in runner.intents:
        confidence = max(confidence, intent.confidence)
    return (-confidence, runner.key)


def key_of(runner: Runner) -> tuple[bool, str]:
    """By key; ensembles last, so that an event's signals are there when they vote."""
    return (runner.ensemble is not None, runner.key)
