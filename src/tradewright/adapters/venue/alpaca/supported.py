"""Which orders Alpaca takes, as tables: of shares, and of pairs of crypto."""

from __future__ import annotations

from tradewright.model.order import EXTENDED_HOURS, LIMIT, MARKET, POST_ONLY, STOP, STOP_LIMIT, TRAILING_STOP
from tradewright.model.order_table import OrderTable
from tradewright.model.venue_limits import VenueLimits

_ = ""
_F = "NOT_NATIVE_TIF"
_P = "NOT_NATIVE_POST_ONLY"
_H = "NOT_NATIVE_HOURS"

SHARES = OrderTable("NOT_NATIVE_TYPE", {
    # type, flag (0: none)            day gtc ioc fok opg cls
    (MARKET, 0):                     (_,  _,  _,  _,  _,  _),
    (MARKET, POST_ONLY):             (_P, _P, _P, _P, _P, _P),
    (MARKET, EXTENDED_HOURS):        (_H, _H, _H, _H, _H, _H),
    (LIMIT, 0):                      (_,  _,  _,  _,  _,  _),
    (LIMIT, POST_ONLY):              (_P, _P, _P, _P, _P, _P),
    (LIMIT, EXTENDED_HOURS):         (_,  _,  _H, _H, _H, _H),
    (STOP, 0):                       (_,  _,  _F, _F, _F, _F),
    (STOP, POST_ONLY):               (_P, _P, _F, _F, _F, _F),
    (STOP, EXTENDED_HOURS):          (_H, _H, _F, _F, _F, _F),
    (STOP_LIMIT, 0):                 (_,  _,  _F, _F, _F, _F),
    (STOP_LIMIT, POST_ONLY):         (_P, _P, _F, _F, _F, _F),
    (STOP_LIMIT, EXTENDED_HOURS):    (_H, _H, _F, _F, _F, _F),
    (TRAILING_STOP, 0):              (_,  _,  _F, _F, _F, _F),
    (TRAILING_STOP, POST_ONLY):      (_P, _P, _F, _F, _F, _F),
    (TRAILING_STOP, EXTENDED_HOURS): (_H, _H, _F, _F, _F, _F),
})  # fmt: skip

#: Pairs trade at all hours, so that extended hours ask for nothing.
PAIRS = OrderTable("NOT_NATIVE_TYPE", {
    # type, flag (0: none)            day gtc ioc fok opg cls
    (MARKET, 0):                     (_F, _,  _,  _F, _F, _F),
    (MARKET, POST_ONLY):             (_F, _P, _P, _F, _F, _F),
    (LIMIT, 0):                      (_F, _,  _,  _F, _F, _F),
    (LIMIT, POST_ONLY):              (_F, _P, _P, _F, _F, _F),
    (STOP_LIMIT, 0):                 (_F, _,  _F, _F, _F, _F),
    (STOP_LIMIT, POST_ONLY):         (_F, _P, _F, _F, _F, _F),
})  # fmt: skip

TABLES = {"equity": SHARES, "crypto": PAIRS}

#: Periods of bars, by seconds.
FRAMES = {
    60: "1Min", 300: "5Min", 900: "15Min", 1800: "30Min", 3600: "1Hour", 4 * 3600: "4Hour", 86_400: "1Day",
}  # fmt: skip

LIMITS = VenueLimits(
    openings=SHARES, closings=SHARES, trail_step_ppm=100, trail_distance=True, repriced=(LIMIT, STOP, STOP_LIMIT),
    resized=(LIMIT, STOP, STOP_LIMIT, TRAILING_STOP), links=True, shorts=True, reduces_only=False,
    fees_with_fills=False, cash_decimals=2, quote_sizes=True, trades=True, bars=tuple(FRAMES),
    notices=("enableHaltProtection", "enablePriceLimitProtection"),
)  # fmt: skip
#: Nobody lends coins. A fee in them is stated at once or at the end of the day, and never for which order. What is
#: told of a pair is whether it trades, by the list of assets.
PAIR_LIMITS = VenueLimits(
    openings=PAIRS, closings=PAIRS, repriced=(LIMIT, STOP_LIMIT), resized=(LIMIT, STOP_LIMIT), shorts=False,
    reduces_only=False, fees_with_fills=False, coin_fees=False, cash_decimals=2, quote_sizes=True, trades=True,
    bars=tuple(FRAMES), notices=("enableHaltProtection",),
)  # fmt: skip
