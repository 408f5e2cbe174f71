"""A running machine, put together: journal, trader, paper venue and the sequencer between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tradewright.app.emergency import taken_in
from tradewright.app.live import (
    AFTER_RECOVERY,
    DURING_RECONCILIATION,
    DURING_RECOVERY,
    LiveEngine,
)
from tradewright.app.recovery import Rebuilt, rebuild
from tradewright.app.watch import WatchFile
from tradewright.app.wiring.journals import CHECKPOINT_PAGES, AccountLock, EmergencyFile, FileJournal
from tradewright.backtest.strategy_source import as_journaled
from tradewright.core.setup import StrategySpec
from tradewright.model.control import Timer
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.rng import Rng
from tradewright.ports import CrashPoint, no_crash
from tradewright.signal.strategy import Strategy
from tradewright.sim.exchange import SimulatedVenue
from tradewright.sim.models import Models
from tradewright.sim.paper import PaperVenue
from tradewright.sim.sequencer import Sequencer
from tradewright.sim.shadow import ShadowedVenue
from tradewright.trader import Outcome, Trader


class Beside(NamedTuple):
    """The exchange of a shadow account: its book, its models, and what its order ids begin with."""

    file: Path
    models: Models
    code: str


@dataclass(slots=True)
class Machine:
    """A trader, its journal, the paper exchange and the sequencer between them. shadow: the exchange of the shadow
    account, None = there is none. rebuilt: what recovery found."""

    trader: Trader
    live: LiveEngine
    paper: PaperVenue
    shadow: PaperVenue | None
    sequencer: Sequencer
    watch: WatchFile
    lock: AccountLock
    rebuilt: Rebuilt
    remarks: list[str]
    crash: CrashPoint

    def reconcile(self, timer: Timer) -> None:
        """Look every order up that may live at the venue, before anything new is decided."""
        self.crash(DURING_RECONCILIATION)
        for line in self.live.emergency.lines():
            known = taken_in(line, timer.time)
            if known is not None:
                self.sequencer.feed(known)
        self.sequencer.feed(timer)
        self.sequencer.settle(timer.time)
        if self.live.emergency.lines():
            self.remarks.append(
                f"{len(self.live.emergency.lines())} lines were left while the journal was full; reconciled"
            )
            self.live.emergency.clear()

    @property
    def caught_up(self) -> bool:
        """Whether a feed that repeats itself has reached the place where the exchanges were left."""
        return self.paper.caught_up and (self.shadow is None or self.shadow.caught_up)

    def close(self) -> None:
        """Flush, anchor and release everything; the exchange's book first, it does not depend on ours."""
        try:
            self.paper.close()
            if self.shadow is not None:
                self.shadow.close()
            self.live.close()
        finally:
            self.watch.close()
            self.lock.release()

    def abandon(self) -> None:
        """Release the locks after a failed start."""
        self.close()


def open_machine(
    journal_folder: Path,
    paper_file: Path,
    models: Models,
    seed: int,
    instruments: Sequence[Instrument],
    listener: Callable[[Event, Outcome], None],
    crash: CrashPoint = no_crash,
    checkpoint_pages: int = CHECKPOINT_PAGES,
    beside: Beside | None = None,
) -> Machine:
    """Open (or resume) a machine in its folder. beside: the exchange of its shadow account. Raises JournalError when
    the journal is locked or can not be trusted, InputError when the exchange's book is gone or no book."""
    journal_folder.parent.mkdir(parents=True, exist_ok=True)
    remarks: list[str] = []
    with ExitStack() as opened:
        lock = opened.enter_context(AccountLock(journal_folder.parent, "paper"))
        journal = opened.enter_context(FileJournal(journal_folder, crash=crash, checkpoint_pages=checkpoint_pages))
        if journal.head.sequence and not paper_file.exists():
            raise InputError(f"{journal_folder} has records, but the exchange's book {paper_file} is gone; put it back")
        watch = opened.enter_context(closing(WatchFile(journal_folder)))
        trader = Trader(lambda spec: loaded(spec, remarks))
        crash(DURING_RECOVERY)
        rebuilt = rebuild(journal_folder, trader, remarks.append) if journal.head.sequence else Rebuilt()
        crash(AFTER_RECOVERY)
        trader.roster.watch = watch
        emergency = opened.enter_context(closing(EmergencyFile(journal_folder, crash=crash)))
        live = LiveEngine(trader, journal, emergency, listener, crash)
        live.counts.markets = rebuilt.markets
        paper = PaperVenue(paper_file, models, Rng(seed), instruments, crash)
        venue: SimulatedVenue = paper
        shadow: PaperVenue | None = None
        if beside is not None:
            opened.enter_context(closing(paper))
            if trader.engine.board is not None and not beside.file.exists():
                raise InputError(
                    f"{journal_folder} has a shadow, but the book of its exchange {beside.file} is gone; put it back"
                )
            shadow = PaperVenue(beside.file, beside.models, Rng(seed), instruments, crash)
            venue = ShadowedVenue(paper, shadow, beside.code)
        # All of it is open: from here on the machine closes it.
        opened.pop_all()
    return Machine(trader, live, paper, shadow, Sequencer(live.step, venue), watch, lock, rebuilt, remarks, crash)


def loaded(spec: StrategySpec, remarks: list[str]) -> type[Strategy] | None:
    """The class of a specification if today's code is the one it names; where it is not, that is said once."""
    found = as_journaled(spec)
    if found is None:
        remark = f"strategy {spec.id}: {spec.ref} is not the code that was journaled; it starts anew if it runs at all"
        if remark not in remarks:
            remarks.append(remark)
    return found
