"""The life of an order, in one table.

`STAGES` is the whole life-cycle: event → the stages it may meet → the stage it leads to. Nothing outside it decides
one. A stage climbs a lattice and never comes back; requests (submit, cancel, replace) come and go beside it.
"""

from __future__ import annotations

from tradewright.model.errors import LifeCycleError
from tradewright.model.event import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    DECISION,
    EXIT_TRIGGERED,
    EXPIRED,
    FILLED,
    NOT_FOUND,
    OUTCOME_UNKNOWN,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
    SUBMIT,
    TRIGGERED,
)

HELD = 1
SUBMITTED = 2
ENDED_NOT_FOUND = 3
WORKING = 4
ENDED_CANCELLED = 5
ENDED_EXPIRED = 6
ENDED_REJECTED = 7
DENIED = 8
STAGE_NAMES = {
    HELD: "HELD",
    SUBMITTED: "SUBMITTED",
    ENDED_NOT_FOUND: "NOT_FOUND",
    WORKING: "ACCEPTED",
    ENDED_CANCELLED: "CANCELLED",
    ENDED_EXPIRED: "EXPIRED",
    ENDED_REJECTED: "REJECTED",
    DENIED: "DENIED",
}

_SENT = (SUBMITTED, ENDED_NOT_FOUND, WORKING, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED)
#: event → (stages it may meet, stage it leads to). A later stage is never left for an earlier one: an ACCEPTED that
#: arrives after CANCELLED changes nothing. NOT_FOUND is weaker than any sign of life: a venue that takes an order late
#: says it first, and the order then works again. A refused cancel or replace says nothing of the order itself.
STAGES: dict[int, tuple[tuple[int, ...], int]] = {
    DECISION: ((), HELD),
    EXIT_TRIGGERED: ((HELD,), HELD),
    SUBMIT: ((HELD,), SUBMITTED),
    OUTCOME_UNKNOWN: (_SENT, SUBMITTED),
    CANCEL_REJECTED: (_SENT, SUBMITTED),
    REPLACE_REJECTED: (_SENT, SUBMITTED),
    NOT_FOUND: (_SENT, ENDED_NOT_FOUND),
    ACCEPTED: (_SENT, WORKING),
    TRIGGERED: (_SENT, WORKING),
    REPLACED: (_SENT, WORKING),
    FILLED: (_SENT, WORKING),
    CANCELLED: ((HELD, *_SENT), ENDED_CANCELLED),
    EXPIRED: (_SENT, ENDED_EXPIRED),
    REJECTED: (_SENT, ENDED_REJECTED),
}
#: How the diagram calls them.
EVENT_NAMES = {
    EXIT_TRIGGERED: "exit triggered", SUBMIT: "submit", OUTCOME_UNKNOWN: "outcome unknown",
    CANCEL_REJECTED: "cancel refused", REPLACE_REJECTED: "replace refused", NOT_FOUND: "not found",
    ACCEPTED: "accepted", TRIGGERED: "triggered", REPLACED: "replaced", FILLED: "fill", CANCELLED: "cancelled",
    EXPIRED: "expired", REJECTED: "rejected",
}  # fmt: skip

NONE = 0
SENT = 1
UNKNOWN = 2
REFUSED = 3
REQUEST_NAMES = {NONE: "none", SENT: "sent", UNKNOWN: "UNKNOWN", REFUSED: "refused"}


_KINDS = max(STAGES) + 1
_STAGES = max(STAGE_NAMES) + 1
#: STAGES as one flat table, 0 = no such edge: it is looked up several times for each order.
_NEXT = [
    max(stage, STAGES[kind][1]) if kind in STAGES and stage in STAGES[kind][0] else 0
    for kind in range(_KINDS)
    for stage in range(_STAGES)
]


def stage_after(kind: int, stage: int) -> int:
    """The stage after an event of `kind` met `stage`; LifeCycleError where the table has no such edge."""
    after = _NEXT[kind * _STAGES + stage] if 0 <= kind < _KINDS and 0 <= stage < _STAGES else 0
    if after == 0:
        raise LifeCycleError(f"event kind {kind} can not meet an order that is {STAGE_NAMES.get(stage, stage)}")
    return after


def diagram() -> str:
    """The life-cycle as a Mermaid state diagram, drawn from STAGES: the documentation can not drift from the code.

    Every edge of the table is there once, those that change nothing as a loop.
    """
    lines = ["stateDiagram-v2", "    [*] --> HELD: decision approved", "    [*] --> DENIED: decision refused"]
    for stage, name in STAGE_NAMES.items():
        reached: dict[int, list[str]] = {}
        for kind, event in EVENT_NAMES.items():
            if stage in STAGES[kind][0]:
                reached.setdefault(stage_after(kind, stage), []).append(event)
        for target, events in reached.items():
            lines.append(f"    {name} --> {STAGE_NAMES[target]}: {', '.join(events)}")
    ends = (ENDED_NOT_FOUND, ENDED_CANCELLED, ENDED_EXPIRED, ENDED_REJECTED, DENIED)
    lines += [f"    {STAGE_NAMES[stage]} --> [*]" for stage in ends]
    return "\n".join(lines)
