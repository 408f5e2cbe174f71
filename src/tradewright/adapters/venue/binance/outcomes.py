"""What an answer means, as one table: for each kind of request what its status and code say of what was done.

The first row that fits decides. A request whose answer says nothing certain may have been carried out: it is UNKNOWN,
and looked up, never sent again.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.adapters.chain.outcomes import (
    ASK,
    CANCEL,
    CLOCK,
    EXISTS,
    GONE,
    LIMITED,
    NOT_FOUND,
    REFUSED,
    REPLACE,
    SUBMIT,
    UNKNOWN,
)

DONE = "done"
#: Ended without a fill, so long ago that the venue has put it away.
ARCHIVED = "archived"
#: Limited until the venue's time is over, for new orders alone.
ORDERS_LIMITED = "orders_limited"
#: Of an answer that carries no code of the venue's.
NO_CODE = 1
#: What speaks of a symbol's rules: a filter failed, more precision than there is, no such symbol; and by its text the
#: matching engine's word that the symbol is not traded now.
RULE_CODES = (-1013, -1111, -1121)
RULE_TEXTS = ("Market is closed", "This symbol is not permitted", "This action is disabled")
OUTCOMES = (DONE, UNKNOWN, REFUSED, EXISTS, GONE, NOT_FOUND, ARCHIVED, CLOCK, LIMITED, ORDERS_LIMITED)


@dataclass(frozen=True, slots=True)
class Row:
    """kind, code: "" and 0 = any; statuses: first and last; text: how it begins."""

    outcome: str
    statuses: tuple[int, int] = (0, 10**9)
    code: int = 0
    kind: str = ""
    text: str = ""

    def fits(self, kind: str, status: int, code: int, text: str) -> bool:
        return (
            self.statuses[0] <= status <= self.statuses[1]
            and self.code in (0, code)
            and self.kind in ("", kind)
            and text.startswith(self.text)
        )


TABLE = (
    Row(DONE, (200, 299)),
    Row(LIMITED, (418, 418)),
    Row(ORDERS_LIMITED, (429, 429), -1015),
    Row(LIMITED, (429, 429)),
    # A gateway's word, whatever it carries: the matching engine may have the request.
    Row(UNKNOWN, (500, 599)),
    Row(UNKNOWN, (100, 199)),
    Row(UNKNOWN, (300, 399)),
    # The firewall before the venue.
    Row(REFUSED, (403, 403)),
    Row(CLOCK, code=-1021),
    Row(UNKNOWN, code=-1000),
    Row(UNKNOWN, code=-1001),
    Row(UNKNOWN, code=-1006),
    Row(UNKNOWN, code=-1007),
    Row(LIMITED, code=-1003),
    Row(ORDERS_LIMITED, code=-1015),
    Row(EXISTS, code=-2010, kind=SUBMIT, text="Duplicate order sent."),
    Row(EXISTS, code=-2010, kind=REPLACE, text="Duplicate order sent."),
    Row(GONE, code=-2011, kind=CANCEL),
    Row(GONE, code=-2011, kind=REPLACE),
    Row(GONE, code=-2038, kind=REPLACE),
    Row(GONE, code=-2013, kind=CANCEL),
    Row(NOT_FOUND, code=-2013, kind=ASK),
    Row(ARCHIVED, code=-2026, kind=ASK),
    # Refused without a code of the venue's: whose word it is can not be told.
    Row(UNKNOWN, code=NO_CODE),
    Row(REFUSED, (400, 499)),
    Row(UNKNOWN),
)


def outcome_of(kind: str, status: int, code: int, text: str) -> str:
    """What an answer means. code: the venue's, NO_CODE where the answer has none."""
    return next(row.outcome for row in TABLE if row.fits(kind, status, code, text))


def names_a_rule(kind: str, code: int, text: str) -> bool:
    """Whether a refusal may mean that a symbol's rules are not those which the order was made by."""
    return kind in (SUBMIT, REPLACE) and (code in RULE_CODES or text.startswith(RULE_TEXTS))
