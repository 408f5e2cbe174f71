"""An order as a witness reads it from the journal's rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tradewright.model.order import FOK, IOC

ENTRY, EXIT, STOP_LOSS, TAKE_PROFIT = "entry", "exit", "stop_loss", "take_profit"
#: The stages of an order from the lowest up, as they are shown; a rank is a place among them.
RISING = ("HELD", "SUBMITTED", "NOT_FOUND", "ACCEPTED", "CANCELLED", "EXPIRED", "REJECTED")
SENT, MISSING, WORKS, OVER = 1, 2, 3, 4


@dataclass(slots=True)
class Known:
    """An order as the journal's rows have it. out: it left for the venue, or was triggered for it. replaced: when its
    newest terms began, and their quantity. rests: it waits for a price. hold: the dearest terms that were judged for
    it, as (money, for so many counts). changed: other terms were judged before it left;
    asked: they were asked of its venue. rank: of the stage that follows from what was said of it, shown: of the one its
    engine gave last. sent: when the last request for it left, ns UTC."""

    symbol: str
    strategy: str
    side: int
    quantity: int
    limits: set[int]
    role: str
    parent: str
    lot: str = ""
    filled: int = 0
    submitted: bool = False
    triggered: bool = False
    overfilled: bool = False
    late: bool = False
    rests: bool = False
    sizes: set[int] = field(default_factory=set)
    replaced: tuple[int, int] = (0, 0)
    hold: tuple[int, int] = (0, 1)
    changed: bool = False
    asked: bool = False
    rank: int = 0
    shown: int = 0
    sent: int = 0

    @property
    def missing(self) -> bool:
        """Its venue does not find it, and has given no sign of it: it may live or not."""
        return self.rank == MISSING

    @property
    def ended(self) -> bool:
        return self.missing or self.rank >= OVER

    @property
    def left(self) -> int:
        """Size counts that may still fill."""
        return 0 if self.ended else max(0, self.quantity - self.filled)


def at_rest(row: Sequence[Any]) -> bool:
    """Whether an order's row says that it waits for a price: a limit that is good for this moment alone does not."""
    limit, stop, time_in_force = row[7], row[8], row[11]
    return bool(stop) or (bool(limit) and time_in_force not in (IOC, FOK))
