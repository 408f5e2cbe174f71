"""An order as a witness reads it from the journal's rows."""

from __future__ import annotations

from dataclasses import dataclass, field

ENTRY, EXIT, STOP_LOSS, TAKE_PROFIT = "entry", "exit", "stop_loss", "take_profit"


@dataclass(slots=True)
class Known:
    """An order as the journal's rows have it. out: it left for the venue, or was triggered for it. replaced: when its
    newest terms began, and their quantity. rests: it waits for a price. hold: the dearest terms that were judged for
    it, as (money, for so many counts). changed: other terms were judged before it left;
    asked: they were asked of its venue. missing: its venue did not find it."""

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
    ended: bool = False
    overfilled: bool = False
    late: bool = False
    rests: bool = False
    sizes: set[int] = field(default_factory=set)
    replaced: tuple[int, int] = (0, 0)
    hold: tuple[int, int] = (0, 1)
    changed: bool = False
    asked: bool = False
    missing: bool = False

    @property
    def left(self) -> int:
        """Size counts that may still fill."""
        return 0 if self.ended else max(0, self.quantity - self.filled)
