"""What a service tells Prometheus: counts of what its durable steps said, beside the gauges of what stands.

Prometheus knows floats alone: every figure here is for eyes and alerts, and nothing reads one back. What is not known
has no sample. Names without the prefix `tradewright_` are those that others' dashboards know.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest

from tradewright.app.api.gauges import SECOND_NS, Books, Room
from tradewright.app.connected import ConnectedEngine
from tradewright.app.keeper import Keeper
from tradewright.core.orders import OrderState
from tradewright.model.command import Submit
from tradewright.model.control import ALARMS, Alarm, SessionStopped
from tradewright.model.decision import PICKER, Decision
from tradewright.model.event import CANCELLED, EXPIRED, FILLED, REJECTED, Event
from tradewright.model.market import Bar
from tradewright.model.report import Fill, Report
from tradewright.model.shadow import is_shadow
from tradewright.trader import Outcome

#: How often the loop is asked how late it is.
LAG_SECONDS = 0.25
MS_NS = 10**6
_ENDS = {CANCELLED: "cancelled", EXPIRED: "expired", REJECTED: "rejected"}
_STATUSES = ("submitted", "filled", "partially_filled", *_ENDS.values(), "denied")
_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
_FAST_MS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 500)
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5)


class Metrics:
    """listen: told of each durable step. written: told how long each commit of the journal took. called: how long each
    callback of a strategy took. watch_loop: runs beside the engine. text: what Prometheus reads.

    home: the folder whose disk is looked at. followers: the processes beside the engine, by what they look after."""

    def __init__(self, connected: ConnectedEngine, home: Path, followers: Callable[[], Mapping[str, Keeper]]) -> None:
        # When a series began is as good as when the process did.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._connected = connected
        self._sent: dict[str, int] = {}
        self.registry = registry = CollectorRegistry()
        self._orders = Counter(
            "trading_orders", "Orders by what became of them; one is submitted once, and may be filled in parts.",
            ["status"], registry=registry,
        )  # fmt: skip
        self._latency = Histogram(
            "trading_order_latency_ms", "From the decision to the venue's first word of the order, milliseconds.",
            ["venue"], registry=registry, buckets=_MS,
        )  # fmt: skip
        self._generation = Histogram(
            "tradewright_signal_generation_ms", "What a strategy's callback took, milliseconds.",
            ["source"], registry=registry, buckets=_FAST_MS,
        )  # fmt: skip
        self._accepted = Counter(
            "tp_signals_accepted", "Signals and wishes that every limit let pass.", ["account", "reason"],
            registry=registry,
        )  # fmt: skip
        self._rejected = Counter(
            "tp_signals_rejected", "Those that the picker refused, by each code.", ["code"], registry=registry
        )
        self._refused = Counter(
            "tradewright_refusals", "Refused intents by rule; one may be refused by several.", ["station", "rule"],
            registry=registry,
        )  # fmt: skip
        self._matches = Counter("engine_matches_emitted", "Closed pieces of positions.", registry=registry)
        self._alarms = Counter("tradewright_alarms", "Alarms by code.", ["code"], registry=registry)
        self._delay = Histogram(
            "tradewright_bar_delay_seconds", "From the end of a bar until it was decided on.", ["symbol"],
            registry=registry, buckets=(*_SECONDS, 10, 30, 60, 120, 300),
        )  # fmt: skip
        self._commits = Histogram(
            "tradewright_journal_commit_seconds", "What a commit of the journal took.", registry=registry,
            buckets=_SECONDS,
        )  # fmt: skip
        self._lag = Histogram(
            "tradewright_loop_lag_seconds", "How late the service's loop is.", registry=registry, buckets=_SECONDS
        )
        # A series that begins with its first count shows no increase by it: nobody would be alerted of that.
        for status in _STATUSES:
            self._orders.labels(status)
        for code in ALARMS:
            self._alarms.labels(code)
        self._bars: dict[str, float] = {}
        self._alarmed: dict[str, int] = {}
        registry.register(Books(connected, self._bars, self._alarmed))
        registry.register(Room(connected, home, followers))

    def text(self) -> bytes:
        return generate_latest(self.registry)

    # ── counts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def listen(self, event: Event, outcome: Outcome) -> None:
        """One durable step. What a shadow account does counts in none of these."""
        board = self._connected.engine.board
        if isinstance(event, Report):
            if board is not None and board.hears(event.order_id):
                return
            self._hear(event)
        elif isinstance(event, Bar):
            delay = max(0, self._connected.clock() - event.time) / SECOND_NS
            self._bars[event.symbol] = delay
            self._delay.labels(event.symbol).observe(delay)
        for output in outcome.outputs:
            if board is None or not board.concerns(output):
                self._say(output)
        if outcome.matches:
            self._matches.inc(sum(not is_shadow(match.account) for match in outcome.matches))

    def _say(self, output: Event) -> None:
        if isinstance(output, Submit):
            self._orders.labels("submitted").inc()
            self._sent[output.order_id] = output.time
        elif isinstance(output, Decision):
            self._judged(output)
        elif isinstance(output, Alarm | SessionStopped):
            self._alarms.labels(output.code).inc()
            self._alarmed[output.code] = output.time

    def _judged(self, decision: Decision) -> None:
        if decision.approved:
            self._accepted.labels(decision.account, "OK").inc()
            return
        self._orders.labels("denied").inc()
        for station, code in dict.fromkeys((check.station, check.code) for check in decision.refusals):
            self._refused.labels(station, code).inc()
            if station == PICKER:
                self._rejected.labels(code).inc()

    def _hear(self, report: Report) -> None:
        state = self._connected.engine.orders.get(report.order_id)
        if state is None:
            return
        sent = self._sent.pop(report.order_id, None)
        if sent is not None:
            venue = self._connected.engine.accounts[state.order.account].terms.venue
            self._latency.labels(venue).observe(max(0, report.time - sent) / MS_NS)
        if report.kind == FILLED and isinstance(report, Fill):
            self._orders.labels("filled" if _completes(state, report) else "partially_filled").inc()
        elif report.kind in _ENDS:
            self._orders.labels(_ENDS[report.kind]).inc()

    def written(self, seconds: float) -> None:
        self._commits.observe(seconds)

    def called(self, source: str, seconds: float) -> None:
        self._generation.labels(source).observe(seconds * 1_000)

    async def watch_loop(self) -> None:
        """Runs until cancelled."""
        while True:
            due = time.monotonic() + LAG_SECONDS
            await asyncio.sleep(LAG_SECONDS)
            self._lag.observe(max(0.0, time.monotonic() - due))


def _completes(state: OrderState, fill: Fill) -> bool:
    """Whether it is the fill that made the order whole: the books may be ahead of what is told."""
    return state.filled >= state.order.quantity and next(reversed(state.trades), "") == fill.trade_id
