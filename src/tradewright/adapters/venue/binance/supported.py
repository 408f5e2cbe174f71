"""Which orders Binance Spot takes, as a table."""

from __future__ import annotations

from tradewright.model.order import LIMIT, MARKET, POST_ONLY, STOP, STOP_LIMIT, TRAILING_STOP
from tradewright.model.order_table import OrderTable

TYPE, FORCE, STAYS, POST = "type", "force", "stays", "post"
#: Why an order is none of Binance Spot's, by what the table says; its type and time in force are to be filled in.
WORDS = {
    TYPE: "Binance Spot has no orders of type {type}",
    FORCE: "Binance Spot has no orders of time in force {force}",
    STAYS: "at Binance Spot a stop waits until it is cancelled",
    POST: "at Binance Spot only a limit order that stays can be post-only",
}

_ = ""
_F = FORCE
_S = STAYS
_P = POST

#: Spot trades at all hours, so that extended hours ask for nothing; a sale can not sell more than there is, so that
#: reduce-only asks for nothing either, and a buy reduces nothing (`requests.unsupported`).
SUPPORTED = OrderTable(TYPE, {
    # type, flag (0: none)            day gtc ioc fok opg cls
    (MARKET, 0):                     (_F, _,  _,  _,  _F, _F),
    (MARKET, POST_ONLY):             (_F, _P, _P, _P, _F, _F),
    (LIMIT, 0):                      (_F, _,  _,  _,  _F, _F),
    (LIMIT, POST_ONLY):              (_F, _,  _P, _P, _F, _F),
    (STOP, 0):                       (_F, _,  _S, _S, _F, _F),
    (STOP, POST_ONLY):               (_F, _P, _S, _S, _F, _F),
    (STOP_LIMIT, 0):                 (_F, _,  _,  _,  _F, _F),
    (STOP_LIMIT, POST_ONLY):         (_F, _P, _P, _P, _F, _F),
    (TRAILING_STOP, 0):              (_F, _,  _S, _S, _F, _F),
    (TRAILING_STOP, POST_ONLY):      (_F, _P, _S, _S, _F, _F),
})  # fmt: skip
