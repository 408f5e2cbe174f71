"""Which orders MetaTrader 5 takes, as tables: of those that open, and of all in an account that nets; of those that
close a position of a hedging account, where what rests is the position's own stop loss or take profit."""

from __future__ import annotations

from tradewright.model.order import EXTENDED_HOURS, LIMIT, MARKET, POST_ONLY, STOP, STOP_LIMIT
from tradewright.model.order_table import OrderTable

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
