"""An engine behind its journal, put together without a venue: those join when they have been reached."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from tradewright.app.home import JOURNAL
from tradewright.app.live import AFTER_RECOVERY, DURING_RECOVERY, LiveEngine
from tradewright.app.recovery import Rebuilt, rebuild
from tradewright.app.watch import WatchFile
from tradewright.app.wiring.journals import AccountLock, EmergencyFile, FileJournal
from tradewright.app.wiring.machine import loaded
from tradewright.model.errors import JournalLocked
from tradewright.model.event import Event
from tradewright.ports import CrashPoint, no_crash
from tradewright.trader import Outcome, Trader


@dataclass(slots=True)
class EngineRoom:
    """A trader as its journal left it, and what it runs on. rebuilt: what recovery found."""

    trader: Trader
    journal: FileJournal
    live: LiveEngine
    watch: WatchFile
    lock: AccountLock
    rebuilt: Rebuilt
    remarks: list[str]

    def close(self) -> None:
        """Snapshot, flush, anchor and release."""
        try:
            self.live.close()
        finally:
            self.watch.close()
            self.lock.release()


def open_engine_room(
    folder: Path, listener: Callable[[Event, Outcome], None], crash: CrashPoint = no_crash
) -> EngineRoom:
    """Open or resume the run in a folder. Raises JournalError where its journal is locked or can not be trusted."""
    journal_folder = folder / JOURNAL
    folder.mkdir(parents=True, exist_ok=True)
    remarks: list[str] = []
    with ExitStack() as opened:
        lock = opened.enter_context(_run_lock(folder))
        journal = opened.enter_context(FileJournal(journal_folder, crash=crash))
        watch = opened.enter_context(closing(WatchFile(journal_folder)))
        trader = Trader(lambda spec: loaded(spec, remarks))
        crash(DURING_RECOVERY)
        rebuilt = rebuild(journal_folder, trader, remarks.append) if journal.head.sequence else Rebuilt()
        crash(AFTER_RECOVERY)
        trader.roster.watch = watch
        emergency = opened.enter_context(closing(EmergencyFile(journal_folder, crash=crash)))
        live = LiveEngine(trader, journal, emergency, listener, crash)
        live.counts.markets = rebuilt.markets
        opened.pop_all()
    return EngineRoom(trader, journal, live, watch, lock, rebuilt, remarks)


def _run_lock(folder: Path) -> AccountLock:
    """The lock by which `kill` and its kin know whether an engine runs here."""
    try:
        return AccountLock(folder, "paper")
    except JournalLocked as locked:
        raise JournalLocked(
            f"another engine runs in {folder}; stop it, or choose another --home ({locked})"
        ) from locked
