"""What a venue can be made to suffer from the inside, where a broken line between it and its client is not enough."""

from __future__ import annotations

from dataclasses import dataclass, field

#: What may happen once at a venue, by name; `Site.inject` takes them.
LATE_FILL = "late_fill"
OVERFILL = "overfill"
CHANGED_RULES = "changed_rules"
FOREIGN_ORDER = "foreign_order"
MANUAL_CLOSE = "manual_close"
EXIT_CANCELLED = "exit_cancelled"
INJECTIONS = {
    LATE_FILL: "an order that ended is filled after all, by what was left of it",
    OVERFILL: "an order is filled by more than was asked for",
    CHANGED_RULES: "an instrument's increments and minimums become coarser",
    FOREIGN_ORDER: "somebody else places an order in the account",
    MANUAL_CLOSE: "somebody else closes a position of the account",
    EXIT_CANCELLED: "an exit that rests ends, and nobody asked for it",
}
#: What may come of two things that happen at once; it waits for its occasion.
CANCEL_MEETS_FILL, FILL_BEFORE_ACK, REPLACE_ERROR_AFTER = "cancel_meets_fill", "fill_before_ack", "replace_error_after"
RACES = {
    CANCEL_MEETS_FILL: "an order is filled as its cancel arrives, and the venue refuses the cancel in its own words",
    FILL_BEFORE_ACK: "an order has filled, and the streams say so, `seconds` before its placing is answered",
    REPLACE_ERROR_AFTER: "an order's change is made, and the answer is `status`",
}


@dataclass(slots=True)
class Trouble:
    """States a site honours while they are set. hidden_ns: an accepted order is not found by any look-up for so long
    after it was accepted. stale_ns: balances, positions and open orders are answered as they were so long ago.
    maintenance: every request is refused as in the venue's maintenance. silent: streams stay open and say nothing but
    what keeps them alive; what they would have said is lost. exits_refused: what would close a position, or guard one
    that is open, is not taken. limited_until, banned_until: every request is refused with 429 or 418 before then, ns of
    the site's time. bans: whether the venue knows 418. races: how often each of RACES is to happen from now on, -1 =
    at each occasion; raced: those that have, until somebody has looked."""

    hidden_ns: int = 0
    stale_ns: int = 0
    maintenance: bool = False
    silent: bool = False
    exits_refused: bool = False
    limited_until: int = 0
    banned_until: int = 0
    bans: bool = False
    races: dict[str, int] = field(default_factory=dict)
    raced: list[str] = field(default_factory=list)

    def meets(self, kind: str) -> bool:
        """At an occasion for one of RACES: whether it happens. It is then taken to have happened."""
        left = self.races.get(kind, 0)
        if not left:
            return False
        self.races[kind] = left - (left > 0)
        self.raced.append(kind)
        return True
