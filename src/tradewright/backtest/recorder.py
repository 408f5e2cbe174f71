"""What a backtest keeps of a run: fills, matches and counts; decisions only if somebody asked for them."""

from __future__ import annotations

from tradewright.core.scoreboard import SAID, Scoreboard
from tradewright.model.codec import encode
from tradewright.model.command import Command
from tradewright.model.control import SessionStopped, StrategyHalted
from tradewright.model.decision import Decision
from tradewright.model.event import DECISION, FILLED, REJECTED, SESSION_STOPPED, STRATEGY_HALTED, SUBMIT, Event
from tradewright.model.lot import Match
from tradewright.model.order import Order
from tradewright.model.report import Fill, Report
from tradewright.ports import Journal
from tradewright.trader.trader import NOTHING, Trader


class Booked:
    """A fill as the run saw it: time the engine knew it (ns UTC), its order, and the fill itself."""

    __slots__ = ("time", "order", "fill")

    def __init__(self, time: int, order: Order, fill: Fill) -> None:
        self.begin(time, order, fill)

    def begin(self, time: int, order: Order, fill: Fill) -> None:
        """The constructor's work without the cost of its arguments."""
        self.time = time
        self.order = order
        self.fill = fill


class Recorder:
    """Stands between the sequencer and a trader; with a journal, every input and output goes there. orders: sent to
    the venue; denied: refused here; rejected: there. halts: why a strategy was halted, code and words, by its id.
    denials: by the code of each rule that refused, how often it did and the first decision in which it did. What a
    shadow account does counts in none of these; shadow: its matches, figures and weights, as they were said."""

    __slots__ = (
        "trader",
        "fills",
        "matches",
        "orders",
        "denied",
        "denials",
        "rejected",
        "decisions",
        "keep_decisions",
        "alarms",
        "halts",
        "journal",
        "shadow",
    )

    def __init__(self, trader: Trader, keep_decisions: bool = False, journal: Journal | None = None) -> None:
        self.trader = trader
        self.fills: list[Booked] = []
        self.matches: list[Match] = []
        self.orders = 0
        self.denied = 0
        self.denials: dict[str, tuple[int, Decision]] = {}
        self.rejected = 0
        self.decisions: list[Decision] = []
        self.keep_decisions = keep_decisions
        self.alarms: list[str] = []
        self.halts: dict[str, str] = {}
        self.journal = journal
        self.shadow: list[Event] = []

    def step(self, event: Event) -> list[Command]:
        """One input through the trader; the commands it made."""
        outcome = self.trader.step(event)
        if self.journal is not None:
            self.journal.append(encode(event), event.time)
            for output in outcome.outputs:
                self.journal.append(encode(output), output.time)
        outputs = outcome.outputs
        board = self.trader.engine.board
        if board is not None:
            outputs = self._without_shadow(board, outputs)
            if isinstance(event, Report) and board.hears(event.order_id):
                return outcome.commands
        # A look-up tells again what was told before.
        if event.kind == FILLED and isinstance(event, Fill) and self.trader.engine.fresh_fill:
            state = self.trader.engine.orders.get(event.order_id)
            if state is not None:
                booked = Booked.__new__(Booked)
                booked.begin(event.time, state.order, event)
                self.fills.append(booked)
        elif event.kind == REJECTED:
            self.rejected += 1
        if outcome is NOTHING:
            return outcome.commands
        if outcome.matches:
            self.matches.extend(outcome.matches)
        for alarm in outcome.alarms:
            self.alarms.append(f"{alarm.code}: {alarm.text}")
        for output in outputs:
            if output.kind == SUBMIT:
                self.orders += 1
            elif output.kind == DECISION and isinstance(output, Decision):
                if not output.approved:
                    self.denied += 1
                    self._note_denial(output)
                if self.keep_decisions:
                    self.decisions.append(output)
            elif output.kind == STRATEGY_HALTED and isinstance(output, StrategyHalted):
                halt = output
                self.halts[halt.strategy] = f"{halt.code}: {halt.text}"
            elif output.kind == SESSION_STOPPED and isinstance(output, SessionStopped):
                self.alarms.append(output.text())
        return outcome.commands

    def _without_shadow(self, board: Scoreboard, outputs: list[Event]) -> list[Event]:
        """The outputs that are about real accounts; what the shadow path says is kept."""
        self.shadow += [output for output in outputs if isinstance(output, SAID)]
        return [output for output in outputs if not board.concerns(output)]

    def _note_denial(self, decision: Decision) -> None:
        """Once for each rule, in however many scopes it refused."""
        for code in dict.fromkeys([check.code for check in decision.refusals]):
            count, first = self.denials.get(code, (0, decision))
            self.denials[code] = (count + 1, first)
