"""An ensemble: a strategy of its own that decides by the vote of others (`signal.vote`) and by its validators.

Members run as they do alone, but the trader acts on none of their wishes: it hands their signals over. A member that
asks for orders instead of stating signals votes with its openings; its closes say nothing, since it never holds
anything. Services answer from outside the process; their answers and failures enter as events. Of each member the
latest word counts, as long as it is no older than `max_age_seconds`.

What is voted goes the ordinary way of a signal (`signal.policy`). Where a validator refuses, nothing is opened: a vote
against what is held keeps its action with confidence 0, which closes and opens nothing; any other becomes HOLD.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from tradewright.model.answer import SignalFailed, SignalReceived
from tradewright.model.control import CYCLE, Timer
from tradewright.model.decision import Check
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, Trade
from tradewright.model.order import BUY
from tradewright.model.signal import ACTIONS, HOLD, Signal
from tradewright.model.view import EngineView
from tradewright.model.vote import Contribution, Vote
from tradewright.signal.strategy import Strategy
from tradewright.signal.validators import Case, Validator, validators_from
from tradewright.signal.vote import (
    MEMBER_HALTED,
    MEMBER_RAISED,
    MISSING,
    PPM_ONE,
    RULE,
    SERVICE,
    STALE,
    WEIGHT_MAX,
    Ballot,
    Tally,
    confidence_ppm,
    setting_ppm,
    tally,
)

SECOND_NS = 1_000_000_000
#: What makes an ensemble decide: each bar, each event of the market, or each cycle's timer.
DECIDE_ON = ("bar", "tick", "cycle")
#: By what a member is set, and a service.
MEMBER_KEYS, SERVICE_KEYS = {"ref", "weight", "parameters"}, {"weight"}


class Latest(NamedTuple):
    """A member's last word on an instrument. confidence: ppm; time: what its age counts from, ns UTC; silent: why it
    counts nothing, "" = it counts."""

    action: int
    confidence: int
    time: int
    reasoning: str
    silent: str = ""


class Ensemble(Strategy):
    """Subclass it to name the members; `specifications` (backtest.strategy_source) makes them strategies of the run.

    members: by name, {"ref": as on the command line, "weight": 1, "parameters": {…}}. services: by name {"weight": 1};
    validators: by name of `signal.validators.VALIDATORS`, their settings. strategy_weight_balance: 0 = rules only …
    1 = services only. threshold: the least confidence, above 0. percent, shorts: as in `signal.policy`.
    """

    many: ClassVar[bool] = True

    members: dict[str, Any] = {}
    services: dict[str, Any] = {}
    validators: dict[str, Any] = {}
    validator_enabled: bool = True
    strategy_weight_balance: float = 0.5
    threshold: float = 0.6
    decide_on: str = "bar"
    cycle_seconds: int = 45
    max_age_seconds: int = 90
    percent: float = 10.0
    shorts: bool = False

    def attach(self, view: EngineView) -> None:
        self.__dict__["panel"] = Panel(self)
        super().attach(view)

    @property
    def _panel(self) -> Panel:
        panel: Panel = self.__dict__["panel"]
        return panel

    @property
    def timer(self) -> str:
        """The name of the timer it decides on, "" = on none."""
        return f"{CYCLE}:{self.cycle_seconds}" if self.decide_on == "cycle" else ""

    def hears(self, event: Timer | SignalReceived | SignalFailed) -> bool:
        """Whether an event that is not of the market concerns it."""
        if isinstance(event, Timer):
            return event.name == self.timer
        return event.source in self.services and event.instrument.symbol in self.instruments

    # ── the market ─────────────────────────────────────────────────────────────────────────────────────────────────

    def on_bar(self, bar: Bar) -> None:
        self._observe(bar, self.decide_on != "cycle")

    def on_quote(self, quote: Quote) -> None:
        self._observe(quote, self.decide_on == "tick")

    def on_trade(self, trade: Trade) -> None:
        self._observe(trade, self.decide_on == "tick")

    def on_depth(self, depth: Depth) -> None:
        self._observe(depth, self.decide_on == "tick")

    def on_timer(self, timer: Timer) -> None:
        """The cycle's timer: all of its symbols are decided over the latest signals."""
        for instrument in self.instruments.values():
            self._panel.vote(instrument)

    def _observe(self, event: MarketEvent, decide: bool) -> None:
        self._panel.observe(event)
        if decide:
            self._panel.vote(event.instrument)

    def overhear(self, event: Event) -> None:
        """An event while it is halted: it decides nothing, but what it knows goes on, as indicators do."""
        if isinstance(event, MarketEvent):
            self._panel.observe(event)
        elif isinstance(event, SignalReceived | SignalFailed):
            self.on_answer(event)

    # ── what the members say ───────────────────────────────────────────────────────────────────────────────────────

    def hand_over(self, member: str, signals: list[Signal], intents: list[Intent]) -> None:
        """A member's callback ended: its signals, and what it asked for instead of stating one."""
        self._panel.hand_over(member, signals, intents)

    def member_raised(self, member: str) -> None:
        """A member's callback raised: it counts nothing until it speaks again."""
        for symbol in self.symbols:
            self._panel.latest[member, symbol] = Latest(HOLD, 0, self.now, "", MEMBER_RAISED)

    def on_answer(self, event: SignalReceived | SignalFailed) -> None:
        """A service answered or failed."""
        if isinstance(event, SignalFailed):
            said = Latest(HOLD, 0, event.time, event.text, event.code)
        else:
            said = Latest(event.action, event.confidence, min(event.time_source, event.time), event.reasoning)
        self._panel.latest[event.source, event.instrument.symbol] = said

    # ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def state(self) -> list[Any]:
        return [super().state(), self._panel.state()]

    def restore(self, state: list[Any]) -> None:
        own, panel = state
        super().restore(own)
        self._panel.restore(panel)


class Panel:
    """What an ensemble knows beside its declared fields: whose vote weighs what, the latest words, the validators."""

    def __init__(self, owner: Ensemble) -> None:
        self.owner = owner
        what = owner.id
        self.balance = setting_ppm(owner.strategy_weight_balance, 0, PPM_ONE, f"{what}: strategy_weight_balance")
        self.threshold = setting_ppm(owner.threshold, 1, PPM_ONE, f"{what}: threshold")
        if owner.decide_on not in DECIDE_ON:
            raise InputError(f"{what}: decide_on {owner.decide_on!r} is not one of {', '.join(DECIDE_ON)}")
        if owner.cycle_seconds < 1 or owner.max_age_seconds < 1:
            raise InputError(f"{what}: cycle_seconds and max_age_seconds are at least 1")
        self.age_max = owner.max_age_seconds * SECOND_NS
        #: (id, group, weight in ppm) in the order in which their contributions are recorded.
        self.voters = [
            *[
                (member_id(what, name), RULE, weight_of(what, name, row, MEMBER_KEYS))
                for name, row in owner.members.items()
            ],
            *[(name, SERVICE, weight_of(what, name, row, SERVICE_KEYS)) for name, row in owner.services.items()],
        ]
        if not self.voters:
            raise InputError(f"{what}: an ensemble needs members or services")
        self.latest: dict[tuple[str, str], Latest] = {}
        self.validators: dict[str, Validator] = validators_from(what, owner.validators)

    def observe(self, event: MarketEvent) -> None:
        for validator in self.validators.values():
            validator.observe(event)

    def hand_over(self, member: str, signals: list[Signal], intents: list[Intent]) -> None:
        for intent in intents:
            if not (intent.cancels or intent.closing or intent.trails):
                confidence = confidence_ppm(intent.confidence, member)
                said = Latest(intent.side, confidence, self.owner.now, intent.reason)
                self.latest[member, intent.instrument.symbol] = said
        for signal in signals:
            confidence = confidence_ppm(signal.confidence, member)
            self.latest[member, signal.symbol] = Latest(signal.action, confidence, signal.time, signal.reasoning)

    # ── the vote ───────────────────────────────────────────────────────────────────────────────────────────────────

    def vote(self, instrument: Instrument) -> None:
        """Count the latest words, ask the validators, and state the ensemble's own signal."""
        owner = self.owner
        ballots = [self._ballot(voter, instrument) for voter in self.voters]
        counted = tally(ballots, self.balance, self.threshold)
        checks = self._checks(instrument, counted.action)
        refused = [check.code for check in checks if not check.passed]
        record = Vote(
            owner.now, owner.id, instrument, counted.action, counted.ppm(counted.points), self.threshold, self.balance,
            [contribution_of(ballot, counted.ppm(part)) for ballot, part in zip(ballots, counted.parts, strict=True)],
            checks,
        )  # fmt: skip
        action, confidence = counted.action, counted.confidence
        if refused:
            action, confidence = action if self._is_against(instrument, action) else HOLD, 0
        if action == HOLD:
            confidence = 0
        reasoning = reasoning_of(ballots, counted, self.threshold, refused)
        owner._hand.signal(ACTIONS[action], confidence / PPM_ONE, reasoning, instrument.symbol)
        owner._hand.votes.append(record)

    def _ballot(self, voter: tuple[str, str, int], instrument: Instrument) -> Ballot:
        member, group, weight = voter
        owner = self.owner
        said = self.latest.get((member, instrument.symbol))
        if group == RULE and owner._hand.view.is_halted(member):
            return Ballot(member, group, weight, silent=MEMBER_HALTED)
        if said is None:
            return Ballot(member, group, weight, silent=MISSING)
        age = max(0, owner.now - said.time)
        silent = said.silent or (STALE if age > self.age_max else "")
        return Ballot(member, group, weight, said.action, said.confidence, silent, age, said.reasoning)

    def _checks(self, instrument: Instrument, action: int) -> list[Check]:
        """Every validator's verdict; none where nothing is to be opened, or where they are switched off."""
        if action == HOLD or not self.owner.validator_enabled:
            return []
        view = self.owner._hand.view
        case = Case(instrument, action, view.now, view.positions(self.owner.account))
        return [validator.check(case) for validator in self.validators.values()]

    def _is_against(self, instrument: Instrument, action: int) -> bool:
        book = self.owner._hand.view.book(self.owner.account, self.owner.id, instrument)
        return bool(book.short_size if action == BUY else book.long_size)

    # ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def state(self) -> list[Any]:
        latest = [(*key, *said) for key, said in sorted(self.latest.items())]
        return [latest, {name: validator.state() for name, validator in self.validators.items()}]

    def restore(self, state: list[Any]) -> None:
        latest, validators = state
        self.latest = {(member, symbol): Latest(*said) for member, symbol, *said in latest}
        for name, validator in self.validators.items():
            validator.restore(validators[name])


def member_id(ensemble: str, name: str) -> str:
    """The strategy id of a member."""
    return f"{ensemble}.{name}"


def weight_of(what: str, name: str, row: object, keys: set[str]) -> int:
    """A voter's weight in ppm, 1 where its settings do not say. Raises InputError."""
    if not isinstance(row, dict) or set(row) - keys:
        raise InputError(f"{what}: {name} is set by {', '.join(sorted(keys))}, not by {row!r}")
    return setting_ppm(row.get("weight", 1), 0, WEIGHT_MAX, f"{what}: weight of {name}")


def contribution_of(ballot: Ballot, part: int) -> Contribution:
    """A counted ballot for the record."""
    return Contribution(
        ballot.member, ballot.group, ballot.weight, ballot.action, ballot.confidence, part, ballot.silent,
        ballot.age_ns, ballot.reasoning,
    )  # fmt: skip


def reasoning_of(ballots: list[Ballot], counted: Tally, threshold: int, refused: list[str]) -> str:
    """The vote in words. A HOLD's say no number that changes by itself: it is recorded when its words change."""
    parts = []
    if counted.action == HOLD:
        parts.append(f"no majority of {threshold / PPM_ONE:g}")
    else:
        for_it = [ballot.member for ballot in ballots if not ballot.silent and ballot.action == counted.action]
        parts.append(f"{ACTIONS[counted.action]} by {', '.join(for_it)}")
    if refused:
        parts.append(f"no opening: {', '.join(refused)}")
    parts += [f"{ballot.member} counts 0: {ballot.silent}" for ballot in ballots if ballot.silent]
    return "; ".join(parts)
