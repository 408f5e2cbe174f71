"""Openings that work too long: with `staleOrderSeconds` what is left of them is cancelled.

The time counts from the decision, whatever was filled or changed since; of several scopes the shortest counts. A cancel
that its venue refuses is asked for again when that time is over once more. What is not known to work is looked up
first; exits stay, and somebody else's order is theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.core.inquiries import NEVER_NS
from tradewright.core.life_cycle import HELD, NONE, REFUSED, WORKING
from tradewright.core.watching import RESTING_LIMIT
from tradewright.model.command import STALE_ORDER
from tradewright.model.event import Event
from tradewright.model.foreign import EXTERNAL
from tradewright.model.order import ENTRY

if TYPE_CHECKING:
    from tradewright.core.blotter import Blotter
    from tradewright.core.engine import Engine
    from tradewright.core.holds import Hold


def next_end(engine: Blotter) -> int:
    """When the time of the next one is over, ns UTC; NEVER_NS: of none."""
    if not engine.resting:
        return NEVER_NS
    return min([_end_of(engine, hold) for hold in engine.holds.holds.values()], default=NEVER_NS)


def end(engine: Engine) -> list[Event]:
    """Ask for the end of those whose time is over, the oldest first. Applied outputs."""
    outputs: list[Event] = []
    for hold in list(engine.holds.holds.values()):
        if _end_of(engine, hold) <= engine.now:
            outputs += engine.cancel(hold.order.id, STALE_ORDER)
    return outputs


def _end_of(engine: Blotter, hold: Hold) -> int:
    """When the time of an opening that works, or waits here, is over, ns UTC; NEVER_NS for any other order."""
    order, state = hold.order, engine.orders[hold.order.id]
    if order.role != ENTRY or order.strategy == EXTERNAL or state.stage not in (HELD, WORKING):
        return NEVER_NS
    if order.id in engine.at_open:
        return NEVER_NS  # its time begins when it goes
    if state.cancel not in (NONE, REFUSED):
        return NEVER_NS
    span = engine.gate.least(hold.book, RESTING_LIMIT) or NEVER_NS
    return min(NEVER_NS, (state.time_request if state.cancel == REFUSED else order.time) + span)
