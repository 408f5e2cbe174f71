"""What is said of an opening that waits until its market opens."""

from __future__ import annotations

from tradewright.model.decision import Check
from tradewright.model.event import OPENING_JUDGED, Event

#: The check of a decision whose opening waits. value: ns until the session begins.
OPENS_LATER = "OPENS_LATER"


class OpeningJudged(Event):
    """Output: the market of an opening that waited has opened, and it was judged again. hold: money that it needs now;
    checks: rows of `Check`. Refused, it ends with the cancel behind it."""

    __slots__ = ("order_id", "approved", "hold", "checks")

    def __init__(self, time: int, order_id: str, approved: bool, hold: int, checks: list[list[object]]) -> None:
        super().__init__(OPENING_JUDGED, time)
        self.order_id = order_id
        self.approved = approved
        self.hold = hold
        self.checks = checks

    @property
    def verdicts(self) -> list[Check]:
        """The checks as such."""
        return [Check(*row) for row in self.checks]  # type: ignore[arg-type]

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.order_id, self.approved, self.hold, self.checks)
