"""What lies between a venue's client and the engine on a bad day: reports come late, twice, behind others and long
after their order has ended, and the venue says again of an order that is over how it ended, in other words.

Nothing is lost, and no fill is made up. What a client says of its connection and of the account comes as it is said.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence

from tradewright.core.engine import Engine
from tradewright.core.life_cycle import ENDED_CANCELLED, ENDED_EXPIRED, ENDED_NOT_FOUND, ENDED_REJECTED, SUBMITTED
from tradewright.model.event import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    EXPIRED,
    NOT_FOUND,
    OUTCOME_UNKNOWN,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
    Event,
)
from tradewright.model.order import ENTRY, IOC, MARKET
from tradewright.model.report import Fill, Replaced, Report
from tradewright.model.rng import Rng
from tradewright.ports import Clock

DELAY_REPORT, REPEAT_REPORT, FORETELL, CONTRADICT = "delay_report", "repeat_report", "foretell", "contradict"
DENY, TELL_BACKWARDS = "deny", "tell_backwards"
HEARSAY = {
    DELAY_REPORT: "a report comes up to 0.8 s later, and others before it",
    REPEAT_REPORT: "a report comes once more, up to 20 s later",
    FORETELL: "an order is not found, is changed, is not changed, or is accepted before it is accepted or refused",
    CONTRADICT: "of an order that has ended something else is said than how",
    DENY: "an opening is said to be refused, and then to have filled",
    TELL_BACKWARDS: "an order that ends at once is not found, and then its end is told before its begin",
}
#: Reports kept to be said again, and how often one is: once in so many.
KEPT, DELAYED, REPEATED, FORETOLD, CONTRADICTED, DENIED, BACKWARDS = 60, 6, 6, 6, 4, 8, 4
#: Few orders expire: each that does is contradicted so often.
OF_EXPIRED = 3
#: Shorter than the least time between two looks at the account, so that nothing is adjusted for what is on its way.
DELAY_SECONDS, LATER_SECONDS, FORETOLD_SECONDS = 0.8, 20.0, 4.0
#: A venue that does not find an order is not believed any sooner (`Account.settles_ms` of the stands).
SETTLED_SECONDS = 5.5
#: What is weaker than an answer to a submit, and may be heard before it.
_BEFORE = {ACCEPTED: (NOT_FOUND, REPLACED), REJECTED: (NOT_FOUND, ACCEPTED)}
#: What may be said of an order that has ended, besides what was said of it before.
_OTHER = (
    ACCEPTED, CANCELLED, EXPIRED, REJECTED, NOT_FOUND, OUTCOME_UNKNOWN, CANCEL_REJECTED, REPLACE_REJECTED, REPLACED,
)  # fmt: skip
#: The same of one that was not found: it may live, so nothing is said of its end.
_NOT_OF_ITS_END = (NOT_FOUND, OUTCOME_UNKNOWN, CANCEL_REJECTED, REPLACE_REJECTED)
_OVER = (ENDED_NOT_FOUND, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED)


class Hearsay:
    """Stands where a client delivers. fired: counts how often each kind of HEARSAY struck. meddled: ids of the
    orders of which it has said something that no client said then; what they come to from then on is its doing."""

    def __init__(
        self,
        deliver: Callable[[Event], None],
        engine: Engine,
        clock: Clock,
        rng: Rng,
        fired: Counter[str],
        meddled: set[str] | None = None,
    ) -> None:
        self._deliver = deliver
        self._engine = engine
        self._clock = clock
        self._rng = rng
        self._said: deque[Report] = deque(maxlen=KEPT)
        self._hidden: dict[str, list[Report]] = {}
        self._quiet = False
        #: How often what was said of orders that had ended how.
        self._contradicted: Counter[tuple[int, int]] = Counter()
        self.fired = fired
        self.meddled: set[str] = set() if meddled is None else meddled

    def _tell(self, report: Report) -> None:
        """Something made up, late or said again."""
        self.meddled.add(report.order_id)
        self._deliver(report)

    @property
    def hides(self) -> bool:
        """Whether it keeps back what was said of an order."""
        return bool(self._hidden)

    def hear(self, event: Event) -> None:
        """What the client delivers."""
        if isinstance(event, Report) and event.order_id in self._hidden:
            self._hidden[event.order_id].append(event)
            return
        if self._quiet or not isinstance(event, Report):
            self._deliver(event)
            return
        if self._rng.below(REPEATED) == 0:
            self.fired[REPEAT_REPORT] += 1
            self._later(self._rng.uniform() * LATER_SECONDS, event)
        if isinstance(event, Fill) and self._fills_an_opening(event) and self._rng.below(DENIED) == 0:
            self.fired[DENY] += 1
            self._tell(Report(REJECTED, event.time, event.order_id, event.time_venue, "HEARSAY"))
            self._tell(event)
        elif event.kind == ACCEPTED and self._ends_at_once(event) and self._rng.below(BACKWARDS) == 0:
            self.fired[TELL_BACKWARDS] += 1
            self._hide(event, True)
        elif event.kind in _BEFORE and event.order_id in self._engine.orders and self._rng.below(FORETOLD) == 0:
            self._foretell(event)
        elif self._rng.below(2 if event.kind == ACCEPTED and self._ends_at_once(event) else DELAYED) == 0:
            self.fired[DELAY_REPORT] += 1
            self._later(self._rng.uniform() * DELAY_SECONDS, event)
        else:
            self._deliver(event)
        self._said.append(event)
        for _ in range(OF_EXPIRED if event.kind == EXPIRED else 0):
            later = self._rng.uniform() * LATER_SECONDS
            asyncio.get_running_loop().call_later(later, self._contradict_expiry, event)
        if self._rng.below(CONTRADICTED) == 0:
            self._contradict()

    def _fills_an_opening(self, fill: Fill) -> bool:
        """Whether nothing is left of an opening behind this fill: of one that works on no end is said."""
        state = self._engine.orders.get(fill.order_id)
        if state is None or state.order.role != ENTRY or not state.is_open():
            return False
        return state.filled + fill.size_units >= state.order.quantity

    def _ends_at_once(self, report: Report) -> bool:
        state = self._engine.orders.get(report.order_id)
        if state is None or state.stage != SUBMITTED or state.order.role != ENTRY:
            return False
        return state.order.time_in_force == IOC or state.order.type == MARKET

    def end(self) -> None:
        """From now on everything is told as it is said."""
        self._quiet = True

    def _later(self, seconds: float, report: Report) -> None:
        asyncio.get_running_loop().call_later(seconds, lambda: self._tell(again(report, self._clock())))

    def _foretell(self, report: Report) -> None:
        """The report comes later, and first one that it outweighs."""
        kind = _BEFORE[report.kind][self._rng.below(2)]
        self.fired[FORETELL] += 1
        if kind == NOT_FOUND:
            self._hide(report, self._rng.below(2) == 0)
            return
        if kind == REPLACED:
            # That a change which nobody asked for is refused, and made.
            self._tell(Report(REPLACE_REJECTED, report.time, report.order_id, report.time_venue, "HEARSAY"))
            self._tell(self._same_terms(report))
        else:
            self._tell(Report(kind, report.time, report.order_id, 0))
        self._tell(report)

    def _hide(self, report: Report, backwards: bool) -> None:
        """Nobody knows what became of it; it is not found; and then all that was said of it meanwhile is told."""
        id, loop = report.order_id, asyncio.get_running_loop()
        self._hidden[id] = [report]
        self._tell(Report(OUTCOME_UNKNOWN, self._clock(), id, report.time_venue, "submit"))
        self._later(SETTLED_SECONDS, Report(NOT_FOUND, report.time, id, report.time_venue))
        loop.call_later(SETTLED_SECONDS + self._rng.uniform() * FORETOLD_SECONDS, self._reveal, id, backwards)

    def _reveal(self, order_id: str, backwards: bool) -> None:
        told = self._hidden.pop(order_id)
        if not backwards and told[0].kind == ACCEPTED:
            self._tell(self._same_terms(again(told[0], self._clock())))
        for report in reversed(told) if backwards else told:
            self._tell(again(report, self._clock()))

    def _same_terms(self, report: Report) -> Report:
        """That the venue works an order at the terms it has."""
        order = self._engine.orders[report.order_id].order
        terms = order.quantity, order.limit_units, order.stop_units
        return Replaced(report.time, order.id, report.time_venue, *terms)

    def _contradict(self) -> None:
        """Of an order that is over: what was said of it once, or what is hardly ever said of one that ended so."""
        over = [report for report in self._said if self._is_over(report.order_id)]
        if not over:
            return
        if self._rng.below(4):
            self._say_rarest(over)
        else:
            self.fired[CONTRADICT] += 1
            self._tell(again(over[self._rng.below(len(over))], self._clock()))

    def _contradict_expiry(self, report: Report) -> None:
        state = self._engine.orders.get(report.order_id)
        if not self._quiet and state is not None and state.stage == ENDED_EXPIRED:
            self._say_rarest([report])

    def _say_rarest(self, over: Sequence[Report]) -> None:
        """Of one of these orders what was said least often of those that ended as it did."""
        stages = {report.order_id: (self._engine.orders[report.order_id].stage, report) for report in over}
        choices = [
            (self._contradicted[stage, kind], stage, kind, report)
            for stage, report in stages.values()
            for kind in (_NOT_OF_ITS_END if stage == ENDED_NOT_FOUND else _OTHER)
        ]
        least = min(count for count, *_ in choices)
        rarest = [(stage, kind, report) for count, stage, kind, report in choices if count == least]
        stage, kind, report = rarest[self._rng.below(len(rarest))]
        self._contradicted[stage, kind] += 1
        self.fired[CONTRADICT] += 1
        code = {OUTCOME_UNKNOWN: "cancel", ACCEPTED: ""}.get(kind, "HEARSAY")
        other = Report(kind, self._clock(), report.order_id, report.time_venue, code, "")
        self._tell(self._same_terms(other) if kind == REPLACED else other)

    def _is_over(self, order_id: str) -> bool:
        state = self._engine.orders.get(order_id)
        return state is not None and state.stage in _OVER


def again(report: Report, now: int) -> Report:
    """The same report, heard now."""
    if isinstance(report, Fill):
        return Fill(
            now, report.order_id, report.time_venue, report.trade_id, report.price_units, report.size_units, report.fee,
            report.fee_currency, report.maker,
        )  # fmt: skip
    if isinstance(report, Replaced):
        terms = report.quantity, report.limit_units, report.stop_units
        return Replaced(now, report.order_id, report.time_venue, *terms)
    return Report(
        report.kind, now, report.order_id, report.time_venue, report.code, report.text, report.filled_units
    )  # fmt: skip
