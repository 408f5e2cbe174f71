"""A trace of the strategy that is running right now, kept outside the process, so that its death can be told.

Two memory-mapped texts: which strategy runs on which event, and which pair was found there at a start, how often in a
row. The event goes by what it is, not by a sequence number: it was never journaled, and the next start writes records
of its own before it comes again. The map is the kernel's, so it outlives the process (not a power loss, which no
strategy causes).
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable
from pathlib import Path

from tradewright.model.control import HALTED, TradingStateSet
from tradewright.model.event import Event
from tradewright.model.market import MarketEvent
from tradewright.model.report import Fill
from tradewright.trader import Trader

NAME = "watch"
_SIZE = 4096
#: Deaths on the same event after which a strategy starts quarantined.
DEATHS_MAX = 2


class WatchFile:
    """The Watch of `trader`. `deaths` tells what the last processes left: (strategy key, how often in a row)."""

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)
        self.deaths = self._examine()
        #: Told how many seconds a strategy ran on an event.
        self.timed: Callable[[str, float], None] = lambda strategy, seconds: None
        self._running, self._began = "", 0.0

    def _examine(self) -> tuple[str, int]:
        """Read what was running when the last process ended, and count it if it is the same as before."""
        running, seen = self._read(0), self._read(1024)
        self._write(0, b"")
        if not running:
            return "", 0
        count = 1
        if seen:
            known, _, times = seen.rpartition(b"\n")
            count = int(times) + 1 if known == running else 1
        self._write(1024, running + b"\n" + str(count).encode())
        return running.partition(b"\n")[0].decode(), count

    def enter(self, strategy: str, event: Event) -> None:
        """`strategy` runs on `event`."""
        self._write(0, f"{strategy}\n{event.kind} {_name(event)}".encode())
        self._running, self._began = strategy, time.perf_counter()

    def leave(self) -> None:
        """It came back."""
        self._map[0] = 0
        self.timed(self._running.partition(":")[0], time.perf_counter() - self._began)

    def close(self) -> None:
        self._map.close()

    def _read(self, at: int) -> bytes:
        data = self._map[at : at + 1024]
        return data[: data.index(b"\0")]

    def _write(self, at: int, text: bytes) -> None:
        if len(text) > 1000:
            text = text[:1000]
        self._map[at : at + len(text) + 1] = text + b"\0"


def quarantine_of(watch: WatchFile, trader: Trader, now: int) -> TradingStateSet | None:
    """The halt of a strategy on which two processes ended at the same event, where it would run a third time."""
    key, deaths = watch.deaths
    strategy, setup = key.partition(":")[0], trader.setup
    runs = setup is not None and strategy in [spec.id for spec in setup.strategies]
    if deaths < DEATHS_MAX or not runs or strategy in trader.engine.halted:
        return None
    reason = f"STRATEGY_QUARANTINED: the process ended {deaths} times while {key} handled the same event"
    return TradingStateSet(now, f"strategy:{strategy}", HALTED, "watch", reason)


def _name(event: Event) -> str:
    """What a strategy can be called with, as it will be named when it comes again: a fill may be told later then."""
    if isinstance(event, Fill):
        return f"{event.order_id} {event.trade_id}"
    return f"{event.symbol} {event.time}" if isinstance(event, MarketEvent) else str(event.time)
