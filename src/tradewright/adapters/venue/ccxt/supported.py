"""Which orders are sent by ccxt at all, as a table; an exchange may have fewer of them (`requests.unsupported`)."""

from __future__ import annotations

from tradewright.model.order import LIMIT, MARKET, POST_ONLY, STOP, STOP_LIMIT
from tradewright.model.order_table import OrderTable
from tradewright.model.venue_limits import VenueLimits

TYPE, FORCE, STAYS, PARTS, POST = "type", "force", "stays", "parts", "post"
#: Why an order is not sent, by what the table says; its type and time in force are to be filled in.
WORDS = {
    TYPE: "orders of type {type} are not sent by ccxt: exchanges mean different things by them",
    FORCE: "there is no time in force {force}",
    STAYS: "a stop waits until it is cancelled",
    PARTS: "an order at the market fills in part where there is no more",
    POST: "only a limit order that stays can be post-only",
}

_ = ""
_F = FORCE
_S = STAYS
_M = PARTS
_P = POST

#: Spot trades at all hours, so that extended hours ask for nothing; a sale can not sell more than there is, so that
#: reduce-only asks for nothing either.
SUPPORTED = OrderTable(TYPE, {
    # type, flag (0: none)            day gtc ioc fok opg cls
    (MARKET, 0):                     (_F, _,  _,  _M, _F, _F),
    (MARKET, POST_ONLY):             (_F, _P, _P, _M, _F, _F),
    (LIMIT, 0):                      (_F, _,  _,  _,  _F, _F),
    (LIMIT, POST_ONLY):              (_F, _,  _P, _P, _F, _F),
    (STOP, 0):                       (_F, _,  _S, _S, _F, _F),
    (STOP, POST_ONLY):               (_F, _P, _S, _S, _F, _F),
    (STOP_LIMIT, 0):                 (_F, _,  _S, _S, _F, _F),
    (STOP_LIMIT, POST_ONLY):         (_F, _P, _S, _S, _F, _F),
})  # fmt: skip

#: Periods of bars are those of the exchange, and whether fees come with fills is its affair.
LIMITS = VenueLimits(
    openings=SUPPORTED, closings=SUPPORTED, repriced=(LIMIT, STOP, STOP_LIMIT), resized=(LIMIT, STOP, STOP_LIMIT),
    shorts=False, reduces_only=True, fees_with_fills=True, cash_decimals=8, quote_sizes=True, trades=True, bars=(),
    late_seconds=10,
)  # fmt: skip
