"""Requests whose outcome is not known: when their venue is asked what became of them.

Nothing is sent again. An order with such a request is looked up at once and then at growing intervals, an exit every
second, for as long as no answer brings evidence; past `OVERDUE_NS` that is an alarm. Until then it keeps its place and
its money. A venue may know an order only some time after it took it (`Account.settles_ms`): that it does not find it
earlier is no evidence. The clock is the engine's: any event moves it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core.life_cycle import REQUEST_NAMES, UNKNOWN
from tradewright.model.command import Query
from tradewright.model.control import Alarm
from tradewright.model.event import NOT_FOUND, Event
from tradewright.model.order import ENTRY
from tradewright.model.report import Report
from tradewright.model.shadow import is_shadow

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.orders import OrderState

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
#: Between two look-ups: 1, 2, 4 … seconds up to this; of an exit always one second.
WAIT_MAX_NS = 16 * SECOND_NS
#: Alarm: nobody could say for so long what became of a request.
OUTCOME_OVERDUE = "OUTCOME_OVERDUE"
OVERDUE_NS = 30 * SECOND_NS
NEVER_NS = 2**63 - 1


class Inquiry:
    """What is asked about one order. Times ns UTC. since: the outcome has not been known from then on; due: the next
    look-up; asked: the last one, 0 = none yet; tries: how many there were."""

    __slots__ = ("since", "due", "asked", "tries")

    def __init__(self, since: int, due: int, asked: int = 0, tries: int = 0) -> None:
        self.since = since
        self.due = due
        self.asked = asked
        self.tries = tries

    def row(self) -> tuple[int, int, int, int]:
        return (self.since, self.due, self.asked, self.tries)


# ── folding ────────────────────────────────────────────────────────────────────────────────────────────────────────


def note(engine: Blotter, state: OrderState, wait_ns: int = 0) -> None:
    """What an order's requests mean now: an inquiry begins, in `wait_ns`, or is over. The shadow's venue is in this
    house: it is asked once, at a start."""
    id, unknown = state.order.id, state.has_unknown()
    if unknown and id not in engine.inquiries and not is_shadow(state.order.account):
        engine.inquiries[id] = Inquiry(engine.now, engine.now + wait_ns)
        engine.set_due()
    elif not unknown and id in engine.inquiries:
        del engine.inquiries[id]
        engine.set_due()


def begin(engine: Blotter) -> None:
    """A run begins: what the last one sent and heard nothing of is not known. A start looks all of it up by itself;
    what that leaves open is asked about again. In the order of ids: a snapshot keeps no other."""
    for id in sorted(engine.orders):
        state = engine.orders[id]
        state.lose_track()
        note(engine, state, SECOND_NS)


def asked(engine: Blotter, state: OrderState) -> None:
    """A look-up is on its way; the next one follows if it brings nothing."""
    inquiry = engine.inquiries.get(state.order.id)
    if inquiry is None:
        return
    wait = SECOND_NS if state.order.role != ENTRY else min(SECOND_NS << min(inquiry.tries, 10), WAIT_MAX_NS)
    inquiry.tries += 1
    inquiry.asked = engine.now
    inquiry.due = engine.now + wait
    overdue = inquiry.since + OVERDUE_NS
    if engine.now < overdue < inquiry.due:
        inquiry.due = overdue
    engine.set_due()


def too_early(engine: Blotter, report: Report, state: OrderState) -> bool:
    """Whether a look-up that found nothing says nothing: the venue may still come to know the order."""
    settles = engine.accounts[state.order.account].terms.settles_ms * MS_NS
    if report.kind != NOT_FOUND or settles == 0:
        return False
    inquiry = engine.inquiries.get(state.order.id)
    return inquiry is None or max(engine.now, report.time) - inquiry.since < settles


def next_end(engine: Blotter) -> int:
    """When somebody is to be asked next; NEVER_NS if there is nothing to ask."""
    return min([inquiry.due for inquiry in engine.inquiries.values()], default=NEVER_NS)


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def inquire(engine: Engine, outputs: list[Event]) -> None:
    """The look-ups that are due now, and an alarm for what nobody could say for too long. Applied outputs."""
    for id in [id for id, inquiry in engine.inquiries.items() if inquiry.due <= engine.now]:
        inquiry, state = engine.inquiries[id], engine.orders[id]
        if engine.now >= inquiry.since + OVERDUE_NS and inquiry.asked < inquiry.since + OVERDUE_NS:
            engine.emit(Alarm(engine.now, OUTCOME_OVERDUE, id, _overdue(engine, state, inquiry)), outputs)
        engine.emit(Query(engine.now, id), outputs)


def _overdue(engine: Engine, state: OrderState, inquiry: Inquiry) -> str:
    requests = [name for name in ("submit", "cancel", "replace") if getattr(state, name) == UNKNOWN]
    seconds = (engine.now - inquiry.since) // SECOND_NS
    return (
        f"{state.order.id}: {' and '.join(requests)} {REQUEST_NAMES[UNKNOWN]} for {seconds} s, "
        f"looked up {inquiry.tries} times"
    )
