"""How long events wait for the engine and records for the disk: said to it where a limit asks how long they may."""

from __future__ import annotations

from collections.abc import Iterator

from tradewright.app.live import LiveEngine
from tradewright.model.control import LagMeasured
from tradewright.model.event import BAR, QUOTE_BAR, Event

#: Of each lag the limit that asks for it.
LOOP_LAG, JOURNAL_LAG = "LOOP_LAG", "JOURNAL_LAG"
ASKED_BY = {LOOP_LAG: "maxLoopLagSeconds", JOURNAL_LAG: "maxJournalLagSeconds"}
#: A lag that has not changed by so much is not said again, and one that shrinks not sooner than after so long.
STEP_NS, PAUSE_NS = 10_000_000, 1_000_000_000


class Lags:
    """What was said last is kept: (time, lag) by name, ns."""

    def __init__(self, live: LiveEngine) -> None:
        self._live = live
        self._said: dict[str, tuple[int, int]] = {}
        self._held: dict[Event, int] = {}

    def hold(self, event: Event, waited: int) -> None:
        """An event is to come that was held back on purpose, for `waited` ns of those since its time."""
        self._held[event] = waited

    def before(self, event: Event, now: int) -> Iterator[LagMeasured]:
        """What the engine has to know before it decides an event that came at its time. A bar has the time of its end,
        and not that of its coming; what was held back on purpose, as the answers of a cycle's services are, has lagged
        by what is left of the time since its own."""
        waited = self._held.pop(event, 0) if self._held else 0
        for name, limit in ASKED_BY.items():
            if not any(limits.has(limit) for limits in self._live.trader.engine.gate.limits.values()):
                continue
            if name == JOURNAL_LAG:
                lag = self._live.waits(now)
            elif event.kind in (BAR, QUOTE_BAR):
                continue
            else:
                lag = max(0, now - event.time - waited)
            if self._is_news(name, lag, now):
                self._said[name] = (now, lag)
                yield LagMeasured(now, name, lag)

    def _is_news(self, name: str, lag: int, now: int) -> bool:
        if name not in self._said:
            return True
        time, said = self._said[name]
        return lag >= said + STEP_NS or (lag <= said - STEP_NS and now - time >= PAUSE_NS)
