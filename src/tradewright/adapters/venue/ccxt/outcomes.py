"""What an error of the library means, as one table: for each kind of request what it says of what was done.

The library sorts the words of a hundred exchanges into a tree of errors; a row fits an error of its name or below it,
and the first row that fits decides. What the library has no name for may have been carried out: it is UNKNOWN, and
looked up, never sent again. Statuses that decide by themselves (429, 5xx …) do so before the library sees the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
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

#: Errors that speak of a market's rules, or of its not being traded now.
RULE_ERRORS = ("InvalidOrder", "BadRequest", "MarketClosed")
OUTCOMES = (UNKNOWN, REFUSED, EXISTS, GONE, NOT_FOUND, CLOCK, LIMITED)


@dataclass(frozen=True, slots=True)
class Row:
    """error: a name in the library's tree; kind: "" = any; text: what its words contain, in lower case."""

    outcome: str
    error: str = ""
    kind: str = ""
    text: str = ""

    def fits(self, kind: str, names: Sequence[str], text: str) -> bool:
        return (self.error == "" or self.error in names) and self.kind in ("", kind) and self.text in text.lower()


TABLE = (
    Row(CLOCK, "InvalidNonce"),
    Row(LIMITED, "RateLimitExceeded"),
    Row(LIMITED, "DDoSProtection"),
    # Time-outs, broken lines, maintenance, answers that are none.
    Row(UNKNOWN, "OperationFailed"),
    Row(EXISTS, "DuplicateOrderId", SUBMIT),
    Row(EXISTS, "DuplicateOrderId", REPLACE),
    # Exchanges whose word for it the library does not know.
    Row(EXISTS, "ExchangeError", SUBMIT, "duplicate"),
    Row(EXISTS, "ExchangeError", REPLACE, "duplicate"),
    Row(EXISTS, "ExchangeError", SUBMIT, "must be unique"),
    Row(EXISTS, "ExchangeError", REPLACE, "must be unique"),
    Row(EXISTS, "ExchangeError", SUBMIT, "already exist"),
    Row(EXISTS, "ExchangeError", REPLACE, "already exist"),
    Row(GONE, "OrderNotFound", CANCEL),
    Row(GONE, "InvalidOrder", CANCEL),
    Row(GONE, "BadRequest", CANCEL),
    Row(NOT_FOUND, "OrderNotFound", ASK),
    Row(NOT_FOUND, "InvalidOrder", ASK, "not found"),
    Row(REFUSED, "InsufficientFunds"),
    Row(REFUSED, "InvalidOrder"),
    Row(REFUSED, "BadRequest"),
    Row(REFUSED, "OperationRejected"),
    Row(REFUSED, "AuthenticationError"),
    Row(REFUSED, "ArgumentsRequired"),
    Row(REFUSED, "NotSupported"),
    Row(UNKNOWN),
)


def outcome_of(kind: str, names: Sequence[str], text: str) -> str:
    """What an error means. names: its own and those above it in the library's tree."""
    return next(row.outcome for row in TABLE if row.fits(kind, names, text))


def names_a_rule(kind: str, names: Sequence[str]) -> bool:
    """Whether a refusal may mean that a market's rules are not those which the order was made by."""
    return kind in (SUBMIT, REPLACE) and any(name in RULE_ERRORS for name in names)
