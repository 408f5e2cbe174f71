"""Anything the engine is told or says: the base of all events, and the number of each kind.

The numbers are stored in journals; they are never reused.
"""

from __future__ import annotations

BAR = 1
QUOTE_BAR = 2
QUOTE = 3
TRADE = 4
DEPTH = 5
#: Every kind up to here is market data and carries an instrument.
MARKET_KIND_MAX = 9

ACCEPTED = 10
REJECTED = 11
FILLED = 12
CANCELLED = 13
EXPIRED = 14
REPLACED = 15
CANCEL_REJECTED = 16
REPLACE_REJECTED = 17
TRIGGERED = 18
OUTCOME_UNKNOWN = 19
NOT_FOUND = 20
FILL_PRICE = 21
#: Kinds from ACCEPTED up to here are a venue's reports on one order.
REPORT_KIND_MAX = 29

STARTED = 30
CASH_MOVED = 31
TRADING_STATE_SET = 32
RULES_CHANGED = 33
TIMER = 34
CLOSE_REQUESTED = 35
ORDER_ADOPTED = 36
PROTECT_REQUESTED = 37
RESERVE_REQUESTED = 38
RELEASE_REQUESTED = 39
LIMITS_SET = 40
LIMIT_WAIVED = 41
LAG_MEASURED = 42
ACCOUNT_SEEN = 43
ORDER_REQUESTED = 44
INSTRUMENT_STATUS = 45
LOCATED = 46
CONNECTION_CHANGED = 47
ACCOUNT_SNAPSHOT = 48
SNAPSHOT_FAILED = 49
SIGNAL_RECEIVED = 50
SIGNAL_FAILED = 51
REQUEST_WITHHELD = 52
POSITION_SPLIT = 53
CANCEL_REQUESTED = 54
ORDER_RECALLED = 55
POSITION_MOVED = 56
MODIFY_REQUESTED = 57
DECISION_REQUESTED = 58
SESSION_SET = 59
#: Kinds up to here are inputs of step; the ones above are its outputs.
INPUT_KIND_MAX = 59

DECISION = 60
SUBMIT = 61
CANCEL = 62
REPLACE = 63
QUERY = 64
STRATEGY_HALTED = 65
TRADING_STATE_CHANGED = 66
DAY_ROLLED = 67
EXIT_TRIGGERED = 68
SIGNAL = 69
ALARM = 70
EXIT_PLANNED = 72
EXIT_MOVED = 73
MODIFY_JUDGED = 74
LIMITS_EXPIRED = 75
SLICED = 76
WISH_UNMET = 77
OPENING_JUDGED = 78
VOTE = 80
RESERVED = 90
RELEASED = 91
RESERVATION_EXPIRED = 92
SESSION_STOPPED = 93
ORDER_NAMED = 94
SHADOW_MATCHED = 100
STRATEGY_SCORED = 101
STRATEGIES_WEIGHED = 102
RECONCILED = 110
BALANCE_ADJUSTED = 111
POSITION_ADJUSTED = 112
LOTS_TRANSFERRED = 113


class Event:
    """Anything `trader.step` takes: a kind, and the engine's logical time in ns UTC."""

    __slots__ = ("kind", "time")

    def __init__(self, kind: int, time: int) -> None:
        self.kind = kind
        self.time = time

    def row(self) -> tuple[object, ...]:
        """The event as one encodable row: its kind, then its fields, in an order that never changes."""
        return (self.kind, self.time)
