"""The running engine: every input and output journaled, every command held back until its record is durable.

`step` is what the sequencer (and every venue's client) calls. It is `decide`, which journals, and `release`, which
waits for the disk: what comes together is decided one behind the other, each on the books that those before it left,
and released by one wait. That sends nothing too early and nothing out of turn: records are appended as they are
decided and become durable in that order, so the wait for the last covers all before it, and commands are given in the
order of their decisions. Where the disk fails in the middle, what it has taken by then leaves; what is behind that is
held back.

When the journal can not be written any more, openings stop; cancels and orders that can only reduce may leave after a
line in the emergency file. An order that may not leave ends at once, so that it stands in nobody's way.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import takewhile
from threading import Thread
from typing import Protocol

from tradewright.app.emergency import line_of, may_leave
from tradewright.app.recovery import snapshot_bytes
from tradewright.app.wiring.journals import EmergencyFile
from tradewright.model.chain import Head
from tradewright.model.codec import encode
from tradewright.model.command import Cancel, Command, Query, Replace, Submit
from tradewright.model.control import EVERYTHING, HALTED, Alarm, SessionStopped, Started, TradingStateSet
from tradewright.model.decision import Decision
from tradewright.model.errors import JournalFull, StateError
from tradewright.model.event import DECISION, FILLED, MARKET_KIND_MAX, REJECTED, REPLACE_REJECTED, SUBMIT, Event
from tradewright.model.report import Report
from tradewright.model.session_set import SessionSet
from tradewright.ports import CrashPoint, Journal, no_crash
from tradewright.trader import Outcome, Trader
from tradewright.trader.runner import STRATEGY_STATE

#: Records between two snapshots: recovery folds at most so many (well under a second) and the pause stays rare.
SNAPSHOT_RECORDS = 25_000
ALARMS_KEPT = 20

JOURNAL_FULL = "JOURNAL_FULL"

BEFORE_STEP = "live-before-step"
AFTER_STEP = "live-after-step"
AFTER_APPEND = "live-after-append"
BEFORE_DURABLE = "live-before-durable"
AFTER_DURABLE = "live-after-durable"
BEFORE_SNAPSHOT = "live-before-snapshot"
AFTER_SNAPSHOT = "live-after-snapshot"
DURING_RECOVERY = "live-during-recovery"
AFTER_RECOVERY = "live-after-recovery"
DURING_RECONCILIATION = "live-during-reconciliation"
LIVE_CRASH_POINTS = (
    BEFORE_STEP, AFTER_STEP, AFTER_APPEND, BEFORE_DURABLE, AFTER_DURABLE, BEFORE_SNAPSHOT, AFTER_SNAPSHOT,
    DURING_RECOVERY, AFTER_RECOVERY, DURING_RECONCILIATION,
)  # fmt: skip


@dataclass(slots=True)
class Counts:
    """What a session did, but for its shadow account. orders: sent to the venue; rejected: denied here or rejected
    there; markets: market events since the run's first start."""

    orders: int = 0
    fills: int = 0
    denied: int = 0
    rejected: int = 0
    alarms: int = 0
    markets: int = 0


@dataclass(slots=True)
class Decided:
    """An input with what was made of it. sequence: of its last record, 0 = the journal has not taken it."""

    event: Event
    outcome: Outcome
    sequence: int = 0


class Observer(Protocol):
    """Looks at the books before a step, and sees what it made while they are still those behind it. It is durable when
    the journal has reached `sequence`, that of its last record, and never where the journal fails before."""

    def look(self, event: Event) -> None: ...
    def see(self, sequence: int, event: Event, outcome: Outcome) -> None: ...


class LiveEngine:
    """A trader behind its journal. listener: told each input with its outcome once they are durable, in their order
    (display, later bus and tables); it may be told of them some steps later. observer: of each step that is
    journaled. told: by account, limits that ask for what its venue says, which it does."""

    def __init__(
        self,
        trader: Trader,
        journal: Journal,
        emergency: EmergencyFile,
        listener: Callable[[Event, Outcome], None],
        crash: CrashPoint = no_crash,
    ) -> None:
        self.trader = trader
        self.journal = journal
        self.emergency = emergency
        self.listener = listener
        self.observer: Observer | None = None
        self.told: Mapping[str, Collection[str]] = {}
        self.crash = crash
        self.counts = Counts()
        self.started: Started | None = None
        self.failure: JournalFull | None = None
        self.remarks: list[str] = []
        #: The newest alarms as sentences; all of them are in the journal.
        self.alarms: deque[str] = deque(maxlen=ALARMS_KEPT)
        #: What the listener has yet to hear, by its last record, and since when; no longer than the journal's own
        #: backlog.
        self._untold: deque[tuple[int, int, Event, Outcome]] = deque()
        #: When the event that is decided now was taken, ns UTC by the clock of whoever feeds it; 0 = it is not said.
        self.taken = 0
        self._snapshot_at = journal.head.sequence + SNAPSHOT_RECORDS
        self._snapshots: Thread | None = None
        #: What was decided and not released yet, and why the journal did not take the first of it that it did not.
        self._held: list[Decided] = []
        self._refused: JournalFull | None = None
        #: Commands decided while a snapshot was taken, and orders whose cancel has its line.
        self._owed: list[Command] = []
        self._cancelled: set[str] = set()
        self._full = False
        #: The books may hold what no record does: then no snapshot is taken of them.
        self._ahead = False

    def step(self, event: Event) -> list[Command]:
        """Decide one input, journal it with its outputs, and return the commands once they are durable."""
        self.decide(event)
        return self.release()

    def decide(self, event: Event) -> Decided:
        """Decide one input and journal it with its outputs. Its commands wait for `release`, which has to come in the
        same turn of the loop. Raises JournalFull for a start that is not taken."""
        self.crash(BEFORE_STEP)
        if self.observer is not None:
            self.observer.look(event)
        self._ahead = True
        decided = Decided(event, self.trader.step(event))
        self.crash(AFTER_STEP)
        if self.failure is None:
            self._take(decided)
        self._held.append(decided)
        return decided

    def _take(self, decided: Decided) -> None:
        try:
            decided.sequence = self._append(decided.event, decided.outcome)
        except JournalFull as failure:
            # Every order's id has the run's number in it: before that is durable, nothing may leave at all.
            if isinstance(decided.event, Started):
                raise
            self._refused = failure
            return
        self._ahead = False
        if self.observer is not None:
            self.observer.see(decided.sequence, decided.event, decided.outcome)

    def release(self) -> list[Command]:
        """The commands of all that was decided since the last time, in its order, once they are durable."""
        held, self._held = self._held, []
        if self.failure is not None:
            return [command for one in held for command in self._emergency(one.event, one.outcome)]
        failure = self._wait(held)
        kept = held if failure is None else list(takewhile(self.is_durable, held))
        for one in kept:
            self._settle(one)
        commands = [command for one in kept for command in one.outcome.commands]
        if failure is not None:
            return commands + self._fail(held[len(kept) :], failure)
        self.tell()
        if self.journal.head.sequence >= self._snapshot_at:
            self.snapshot()
        owed, self._owed = self._owed, []
        return commands + owed

    def is_durable(self, decided: Decided) -> bool:
        return 0 < decided.sequence <= self.journal.durable

    def _wait(self, held: list[Decided]) -> JournalFull | None:
        """Until all that has to be durable before it leaves is; why it never will be. Raises that for a start."""
        bound = [
            one.sequence
            for one in held
            if one.sequence and (one.outcome.commands or isinstance(one.event, Started | TradingStateSet))
        ]
        if bound:
            self.crash(BEFORE_DURABLE)
            try:
                self.journal.wait(bound[-1])
            except JournalFull as failure:
                if isinstance(held[0].event, Started):
                    raise
                return failure
            self.crash(AFTER_DURABLE)
        refused, self._refused = self._refused, None
        return refused

    def _settle(self, decided: Decided) -> None:
        event, outcome = decided.event, decided.outcome
        if isinstance(event, Started):
            self.started = event
        elif isinstance(event, SessionSet) and self.started is not None and self.trader.setup is not None:
            # What a snapshot begins with: the run goes on as a start would begin it now.
            self.started = Started(self.started.time, self.started.run, self.trader.setup.row())
        self._count(event, outcome)
        self._untold.append((decided.sequence, max(event.time, self.taken), event, outcome))

    def tell(self) -> None:
        """Let the listener hear what has become durable."""
        durable = self.journal.durable
        while self._untold and self._untold[0][0] <= durable:
            _, _, event, outcome = self._untold.popleft()
            self.listener(event, outcome)

    @property
    def untold(self) -> bool:
        """Whether something is on its way to the disk that the listener is to hear of."""
        return bool(self._untold) and self.failure is None

    def waits(self, now: int) -> int:
        """For how long, ns, the oldest input that is not durable yet has waited for the disk."""
        self.tell()
        return max(0, now - self._untold[0][1]) if self._untold else 0

    def flush(self) -> None:
        """Wait for the disk, and let the listener hear all of it. Raises JournalFull where it can not be written."""
        if self.failure is None:
            self.journal.wait(self.journal.head.sequence)
        self.tell()

    def _append(self, event: Event, outcome: Outcome) -> int:
        # The day of a segment is the disk's business, so it is the wall clock's; no record holds it.
        now = time.time_ns()
        # An input and what was made of it are one: an input alone would be folded, and never decided.
        sequence = self.journal.append_all([encode(event), *map(encode, outcome.outputs)], now)
        self.crash(AFTER_APPEND)
        return sequence

    def _count(self, event: Event, outcome: Outcome) -> None:
        counts, outputs = self.counts, outcome.outputs
        board = self.trader.engine.board
        if board is not None:
            outputs = [output for output in outputs if not board.concerns(output)]
        if event.kind <= MARKET_KIND_MAX:
            counts.markets += 1
        elif board is not None and board.concerns(event):
            pass
        elif event.kind == FILLED:
            counts.fills += 1
        elif event.kind == REJECTED:
            counts.rejected += 1
        for output in outputs:
            if output.kind == SUBMIT:
                counts.orders += 1
            elif output.kind == DECISION and isinstance(output, Decision) and not output.approved:
                counts.denied += 1
            elif isinstance(output, Alarm):
                counts.alarms += 1
                self.alarms.append(f"{output.code}: {output.text}")
            elif isinstance(output, SessionStopped):
                counts.alarms += 1
                self.alarms.append(output.text())

    # ── snapshots ──────────────────────────────────────────────────────────────────────────────────────────────────

    def snapshot(self) -> None:
        """Take the state now; a thread of its own waits for the disk. The pause is that of encoding alone."""
        if self.started is None:
            return
        self.crash(BEFORE_SNAPSHOT)
        self._snapshot_at = self.journal.head.sequence + SNAPSHOT_RECORDS
        state = self._state()
        at = self.journal.head
        if self._snapshots is not None:
            self._snapshots.join()
        self._snapshots = Thread(target=self._write_snapshot, args=(at, state), name="snapshot", daemon=True)
        self._snapshots.start()

    def _state(self) -> bytes:
        """The bytes of a snapshot. What a strategy put into a list of its own is seen only here: where that can not be
        stored, a restart would lose it, so the strategy is halted and the others are kept."""
        assert self.started is not None
        try:
            return snapshot_bytes(self.trader, self.started, self.counts.markets)
        except StateError:
            self.halt_unstorable()
            return snapshot_bytes(self.trader, self.started, self.counts.markets)

    def halt_unstorable(self) -> None:
        """Halt each strategy that holds what no snapshot can store."""
        for strategy, why in self.trader.roster.unstorable().items():
            scope, reason = f"strategy:{strategy}", f"{STRATEGY_STATE}: {why}"
            self._owed += self.step(TradingStateSet(self.trader.engine.now, scope, HALTED, "snapshot", reason))

    def _write_snapshot(self, at: Head, state: bytes) -> None:
        # A snapshot only shortens recovery: a disk that refuses it is told of, and the journal goes on.
        try:
            self.journal.snapshot(at, state)
            self.crash(AFTER_SNAPSHOT)
        except JournalFull as failure:
            self.remarks.append(f"no snapshot at {at.sequence}: {failure}")

    def close(self) -> None:
        """Snapshot, flush, anchor and release. Raises JournalFull when something could not be made durable."""
        if self.failure is None and not self._ahead:
            self.snapshot()
        if self._snapshots is not None:
            self._snapshots.join()
        try:
            self.flush()
        finally:
            self.emergency.close()
            self.journal.close()

    # ── when the journal can not be written ────────────────────────────────────────────────────────────────────────

    def _fail(self, held: list[Decided], failure: JournalFull) -> list[Command]:
        """From now on nothing new is opened; what was decided just now leaves only if it reduces or cancels."""
        self.failure = failure
        leaving = [command for one in held for command in self._emergency(one.event, one.outcome)]
        halt = TradingStateSet(self.trader.engine.now, EVERYTHING, HALTED, "journal", str(failure))
        return leaving + self._emergency_commands(self.trader.step(halt))

    def _emergency(self, event: Event, outcome: Outcome) -> list[Command]:
        if isinstance(event, TradingStateSet) and not self._written(line_of(event)):
            self.remarks.append(f"{event.scope}: what {event.who} set ends with this process: there is no room for it")
        return self._emergency_commands(outcome)

    def _emergency_commands(self, outcome: Outcome) -> list[Command]:
        """Those that may leave. What may not is refused in the venue's stead."""
        leaving: list[Command] = []
        for command in outcome.commands:
            if self._leaves(command):
                leaving.append(command)
            elif isinstance(command, Submit | Replace):
                now, kind = self.trader.engine.now, REJECTED if isinstance(command, Submit) else REPLACE_REJECTED
                refused = Report(kind, now, command.order_id, now, JOURNAL_FULL, str(self.failure))
                leaving += self._emergency_commands(self.trader.step(refused))
        return leaving

    def _leaves(self, command: Command) -> bool:
        """Whether it may leave, and has its line where it needs one. A cancel goes without one where the file is full:
        that its order is gone the next start sees at the venue."""
        if not may_leave(command, self.trader.engine):
            return False
        if isinstance(command, Cancel):
            if command.order_id not in self._cancelled and self._written(line_of(command)):
                self._cancelled.add(command.order_id)
            return True
        return isinstance(command, Query) or self._written(line_of(command))

    def _written(self, line: bytes) -> bool:
        """Whether the emergency file has taken a line."""
        try:
            self.emergency.append(line)
        except JournalFull as full:
            if not self._full:
                self._full = True
                self.alarms.append(f"{JOURNAL_FULL}: {full}")
            return False
        return True
