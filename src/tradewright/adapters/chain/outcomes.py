"""Kinds of requests about an order, and what an answer can mean, in words that the clients share. What a venue's own
words mean stands in its table.

A request whose answer says nothing certain may have been carried out: it is UNKNOWN, and looked up, never sent again.
"""

from __future__ import annotations

from tradewright.model.errors import VenueRefused

SUBMIT, CANCEL, REPLACE, ASK = "submit", "cancel", "replace", "ask"
KINDS = (SUBMIT, CANCEL, REPLACE, ASK)

UNKNOWN = "unknown"
REFUSED = "refused"
#: The order with this client id is there: ours, sent before.
EXISTS = "exists"
#: The order is not at work: filled, ended or never seen. What became of it is looked up.
GONE = "gone"
NOT_FOUND = "not_found"
#: Refused before matching for its time: the clock is measured anew and the request made once more.
CLOCK = "clock"
#: Nothing reached matching; nothing may be sent for a while.
LIMITED = "limited"


class Limited(VenueRefused):
    """Nothing may leave before `until`, ns of the venue's clock; nothing reached matching."""

    def __init__(self, text: str, until: int) -> None:
        super().__init__(text, "RATE_LIMITED")
        self.until = until


class Refused(VenueRefused):
    """A definite no. outcome: one of the above, or of the venue's own."""

    def __init__(self, outcome: str, text: str, code: str) -> None:
        super().__init__(text, code)
        self.outcome = outcome
