"""Which orders Binance Spot takes, as a table."""

from __future__ import annotations

from tradewright.model.order import LIMIT, MARKET, POST_ONLY, STOP, STOP_LIMIT, TRAILING_STOP
from tradewright.model.order_table import OrderTable
from tradewright.model.venue_limits import VenueLimits

TYPE, FORCE, STAYS, PARTS, POST = "type", "force", "stays", "parts", "post"
#: Why an order is none of Binance Spot's, by what the table says; its type and time in force are to be filled in.
WORDS = {
    TYPE: "Binance Spot has no orders of type {type}",
    FORCE: "Binance Spot has no orders of time in force {force}",
    STAYS: "at Binance Spot a stop waits until it is cancelled",
    PARTS: "at Binance Spot an order at the market fills in part where there is no more",
    POST: "at Binance Spot only a limit order that stays can be post-only",
}

_ = ""
_F = FORCE
_S = STAYS
_M = PARTS
_P = POST

#: Spot trades at all hours, so that extended hours ask for nothing; a sale can not sell more than there is, so that
#: reduce-only asks for nothing either, and a buy reduces nothing (`requests.unsupported`).
SUPPORTED = OrderTable(TYPE, {
    # type, flag (0: none)            day gtc ioc fok opg cls
    (MARKET, 0):                     (_F, _,  _,  _M, _F, _F),
    (MARKET, POST_ONLY):             (_F, _P, _P, _M, _F, _F),
    (LIMIT, 0):                      (_F, _,  _,  _,  _F, _F),
    (LIMIT, POST_ONLY):              (_F, _,  _P, _P, _F, _F),
    (STOP, 0):                       (_F, _,  _S, _S, _F, _F),
    (STOP, POST_ONLY):               (_F, _P, _S, _S, _F, _F),
    (STOP_LIMIT, 0):                 (_F, _,  _,  _,  _F, _F),
    (STOP_LIMIT, POST_ONLY):         (_F, _P, _P, _P, _F, _F),
    (TRAILING_STOP, 0):              (_F, _,  _S, _S, _F, _F),
    (TRAILING_STOP, POST_ONLY):      (_F, _P, _S, _S, _F, _F),
})  # fmt: skip

INTERVALS = {
    1: "1s", 60: "1m", 180: "3m", 300: "5m", 900: "15m", 1_800: "30m", 3_600: "1h", 7_200: "2h", 14_400: "4h",
    21_600: "6h", 28_800: "8h", 43_200: "12h", 86_400: "1d", 259_200: "3d", 604_800: "1w",
}  # fmt: skip

LIMITS = VenueLimits(
    openings=SUPPORTED, closings=SUPPORTED, trail_step_ppm=100, repriced=(LIMIT, STOP, STOP_LIMIT),
    resized=(LIMIT, STOP, STOP_LIMIT), links=True, shorts=False, reduces_only=True, fees_with_fills=True,
    cash_decimals=8, quote_sizes=True, trades=True, bars=tuple(INTERVALS), notices=("enableHaltProtection",),
)  # fmt: skip
