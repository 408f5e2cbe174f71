"""Which orders MetaTrader 5 takes, as tables: of those that open, and of all in an account that nets; of those that
close a position of a hedging account, where what rests is the position's own stop loss or take profit."""

from __future__ import annotations

from tradewright.model.order import EXTENDED_HOURS, LIMIT, MARKET, POST_ONLY, STOP, STOP_LIMIT
from tradewright.model.order_table import OrderTable
from tradewright.model.venue_limits import VenueLimits

TYPE_NOT_SUPPORTED, TIF_NOT_SUPPORTED, FLAG_NOT_SUPPORTED = (
    "TYPE_NOT_SUPPORTED", "TIF_NOT_SUPPORTED", "FLAG_NOT_SUPPORTED",
)  # fmt: skip

_ = ""
_T = TIF_NOT_SUPPORTED
_G = FLAG_NOT_SUPPORTED

OPENINGS = OrderTable(TYPE_NOT_SUPPORTED, {
    # type, flag (0: none)            day gtc ioc fok opg cls
    (MARKET, 0):                     (_,  _,  _,  _,  _T, _T),
    (MARKET, POST_ONLY):             (_G, _G, _G, _G, _T, _T),
    (MARKET, EXTENDED_HOURS):        (_G, _G, _G, _G, _T, _T),
    (LIMIT, 0):                      (_,  _,  _T, _T, _T, _T),
    (LIMIT, EXTENDED_HOURS):         (_G, _G, _T, _T, _T, _T),
    (STOP, 0):                       (_,  _,  _T, _T, _T, _T),
    (STOP, POST_ONLY):               (_G, _G, _T, _T, _T, _T),
    (STOP, EXTENDED_HOURS):          (_G, _G, _T, _T, _T, _T),
    (STOP_LIMIT, 0):                 (_,  _,  _T, _T, _T, _T),
    (STOP_LIMIT, POST_ONLY):         (_G, _G, _T, _T, _T, _T),
    (STOP_LIMIT, EXTENDED_HOURS):    (_G, _G, _T, _T, _T, _T),
})  # fmt: skip

HEDGING_EXITS = OrderTable(TYPE_NOT_SUPPORTED, {
    # type, flag (0: none)            day gtc ioc fok opg cls
    (MARKET, 0):                     (_,  _,  _,  _,  _T, _T),
    (MARKET, POST_ONLY):             (_G, _G, _G, _G, _T, _T),
    (MARKET, EXTENDED_HOURS):        (_G, _G, _G, _G, _T, _T),
    (LIMIT, 0):                      (_T, _,  _T, _T, _T, _T),
    (LIMIT, POST_ONLY):              (_T, _G, _T, _T, _T, _T),
    (LIMIT, EXTENDED_HOURS):         (_T, _G, _T, _T, _T, _T),
    (STOP, 0):                       (_T, _,  _T, _T, _T, _T),
    (STOP, POST_ONLY):               (_T, _G, _T, _T, _T, _T),
    (STOP, EXTENDED_HOURS):          (_T, _G, _T, _T, _T, _T),
})  # fmt: skip

TIMEFRAMES = {
    60: "M1", 120: "M2", 180: "M3", 240: "M4", 300: "M5", 360: "M6", 600: "M10", 720: "M12", 900: "M15", 1_200: "M20",
    1_800: "M30", 3_600: "H1", 7_200: "H2", 10_800: "H3", 14_400: "H4", 21_600: "H6", 28_800: "H8", 43_200: "H12",
    86_400: "D1",
}  # fmt: skip

NETTING_LIMITS = VenueLimits(
    openings=OPENINGS, closings=OPENINGS, stop_limits_pull_back=True,
    repriced=(LIMIT, STOP, STOP_LIMIT), resized=(LIMIT, STOP, STOP_LIMIT),
    shorts=True, reduces_only=False, fees_with_fills=True, cash_decimals=2, quote_sizes=False, trades=False,
    bars=tuple(TIMEFRAMES), notices=("enableHaltProtection",),
)  # fmt: skip
#: The size of an exit is that of its position, and a lot stays one position.
HEDGING_LIMITS = VenueLimits(
    openings=OPENINGS, closings=HEDGING_EXITS, stop_limits_pull_back=True,
    repriced=(LIMIT, STOP, STOP_LIMIT), resized=(LIMIT, STOP, STOP_LIMIT),
    resized_partly=False, links=True, shorts=True, reduces_only=True, fees_with_fills=True, cash_decimals=2,
    quote_sizes=False, trades=False, bars=tuple(TIMEFRAMES), notices=("enableHaltProtection",),
)  # fmt: skip
