"""What may be asked of the exchange, as one table: order type × time in force × flag → "" or the code of the refusal.

An order is refused with the code of its type and time in force before that of a flag, several flags in the order
reduce-only, post-only, extended hours. On an `always` calendar there are no auctions: OPG and CLS are refused there
with TIF_NOT_SUPPORTED. CODES gives every code the exchange uses its sentence.
"""

from __future__ import annotations

from tradewright.model.order import (
    CLS,
    DAY,
    EXTENDED_HOURS,
    FLAGS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    OPG,
    ORDER_TYPES,
    POST_ONLY,
    REDUCE_ONLY,
    STOP,
    STOP_LIMIT,
    TIMES_IN_FORCE,
    TRAILING_STOP,
)

CODES = {
    "DUPLICATE_ORDER_ID": "an order with this id exists already",
    "UNKNOWN_ACCOUNT": "this account was never opened",
    "UNKNOWN_ORDER": "there is no order with this id",
    "SYMBOL_NOT_TRADABLE": "the instrument can not be traded now",
    "INSUFFICIENT_FUNDS": "the account has no money for more of it and may not borrow",
    "NOT_SHORTABLE": "the account or the instrument can not be sold short",
    "PRICE_MISSING": "this order type needs a price (or a trailing distance) that is not given",
    "PRICE_INCREMENT": "a price is not a multiple of the tick",
    "PRICE_BAND": "the limit is too far from the market",
    "SIZE_INCREMENT": "the quantity is not a multiple of the step",
    "SIZE_MINIMUM": "the quantity is below the minimum",
    "SIZE_MAXIMUM": "the quantity is above the maximum",
    "NOTIONAL_MINIMUM": "price × quantity is below the minimum",
    "TIF_NOT_SUPPORTED": "a market that never closes has no auctions",
    "TRIGGER_NOT_IMMEDIATE": "an order that waits for a trigger can not be immediate or cancel",
    "TRIGGER_NOT_IN_AUCTION": "an auction takes market and limit orders only",
    "POST_ONLY_NEEDS_LIMIT": "only a limit order can be post-only",
    "POST_ONLY_NEVER_IMMEDIATE": "a post-only order rests, it can not be immediate or cancel",
    "POST_ONLY_NOT_IN_AUCTION": "an auction has no post-only orders",
    "POST_ONLY_WOULD_TAKE": "the order would take liquidity at once",
    "EXTENDED_HOURS_NEEDS_LIMIT": "outside the session only limit orders trade",
    "EXTENDED_HOURS_NOT_IN_AUCTION": "an auction belongs to the session",
    "REDUCE_ONLY": "there is no position left for it to reduce",
    "LOT_UNKNOWN": "there is no such lot to close",
    "PARENT_UNKNOWN": "the parent order does not exist in this account",
    "PARENT_ENDED": "the parent order ended without a fill for it",
    "GROUP_FILLED": "another order of its group filled",
    "SIZE_ZERO": "sized at its fill price, nothing was left to trade",
    "IOC_REMAINDER": "what could not fill at once was cancelled",
    "FOK_NOT_FILLABLE": "it could not fill whole at once",
    "AUCTION_REMAINDER": "what did not fill in the auction expired",
    "SESSION_CLOSED": "its session ended",
    "BELOW_FILLED": "the new quantity is not above what is filled",
    "ALREADY_FILLED": "the order is filled",
    "ALREADY_CANCELLED": "the order is cancelled",
    "ALREADY_EXPIRED": "the order is expired",
    "ALREADY_REJECTED": "the order was rejected",
}

_ = ""
_T = "TRIGGER_NOT_IMMEDIATE"
_A = "TRIGGER_NOT_IN_AUCTION"
_L = "POST_ONLY_NEEDS_LIMIT"
_I = "POST_ONLY_NEVER_IMMEDIATE"
_P = "POST_ONLY_NOT_IN_AUCTION"
_X = "EXTENDED_HOURS_NEEDS_LIMIT"
_Y = "EXTENDED_HOURS_NOT_IN_AUCTION"

COLUMNS = (DAY, GTC, IOC, FOK, OPG, CLS)
ROWS = {
    # type, flag (0: none)            day gtc ioc fok opg cls
    (MARKET, 0):                     (_,  _,  _,  _,  _,  _),
    (MARKET, REDUCE_ONLY):           (_,  _,  _,  _,  _,  _),
    (MARKET, POST_ONLY):             (_L, _L, _L, _L, _L, _L),
    (MARKET, EXTENDED_HOURS):        (_X, _X, _X, _X, _X, _X),
    (LIMIT, 0):                      (_,  _,  _,  _,  _,  _),
    (LIMIT, REDUCE_ONLY):            (_,  _,  _,  _,  _,  _),
    (LIMIT, POST_ONLY):              (_,  _,  _I, _I, _P, _P),
    (LIMIT, EXTENDED_HOURS):         (_,  _,  _,  _,  _Y, _Y),
    (STOP, 0):                       (_,  _,  _T, _T, _A, _A),
    (STOP, REDUCE_ONLY):             (_,  _,  _T, _T, _A, _A),
    (STOP, POST_ONLY):               (_L, _L, _T, _T, _A, _A),
    (STOP, EXTENDED_HOURS):          (_X, _X, _T, _T, _A, _A),
    (STOP_LIMIT, 0):                 (_,  _,  _T, _T, _A, _A),
    (STOP_LIMIT, REDUCE_ONLY):       (_,  _,  _T, _T, _A, _A),
    (STOP_LIMIT, POST_ONLY):         (_L, _L, _T, _T, _A, _A),
    (STOP_LIMIT, EXTENDED_HOURS):    (_X, _X, _T, _T, _A, _A),
    (TRAILING_STOP, 0):              (_,  _,  _T, _T, _A, _A),
    (TRAILING_STOP, REDUCE_ONLY):    (_,  _,  _T, _T, _A, _A),
    (TRAILING_STOP, POST_ONLY):      (_L, _L, _T, _T, _A, _A),
    (TRAILING_STOP, EXTENDED_HOURS): (_X, _X, _T, _T, _A, _A),
}  # fmt: skip

#: (type, time in force, flag) → "" (supported) or the code of the refusal.
SUPPORTED: dict[tuple[int, int, int], str] = {
    (type, time_in_force, flag): code
    for (type, flag), codes in ROWS.items()
    for time_in_force, code in zip(COLUMNS, codes, strict=True)
}


def refusal(type: int, time_in_force: int, flags: int) -> str:
    """The code that refuses an order of this type, time in force and set of flags; "" if it is supported."""
    return _REFUSALS[(type * 8 + time_in_force) * 8 + flags]


def _first_code(type: int, time_in_force: int, flags: int) -> str:
    codes = [SUPPORTED[type, time_in_force, flag] for flag in (0, *FLAGS) if flag == 0 or flags & flag]
    return next((code for code in codes if code), "")


#: The same for every set of flags, as one list for the hot path.
_REFUSALS = [
    _first_code(type, time_in_force, flags) if type in ORDER_TYPES and time_in_force in TIMES_IN_FORCE else ""
    for type in range(max(ORDER_TYPES) + 1)
    for time_in_force in range(8)
    for flags in range(8)
]
