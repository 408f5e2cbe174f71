"""Every endpoint as one table: how it is called over REST and over the WebSocket API, who may, what it weighs, and
which parameters it reads.

Weights of calls that place or cancel are booked while they are refused, and given back when they succeed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tradewright.sim.wire.binance import account_calls, list_calls, market_calls, trade_calls
from tradewright.sim.wire.binance.credentials import TRADE, USER_DATA
from tradewright.sim.wire.binance.order_entry import ORDER_NAMES
from tradewright.sim.wire.binance.parameters import Parameters
from tradewright.sim.wire.binance.venue import Call

Weight = int | Callable[[Parameters], int]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """rest: method and path behind /api/v3, "" = none; socket: the method's name; security: "" = none. free: it weighs
    nothing when it succeeds."""

    rest: str
    socket: str
    handler: Callable[[Call], object]
    weight: Weight = 1
    security: str = ""
    known: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    free: bool = False

    def weighs(self, parameters: Parameters) -> int:
        return self.weight if isinstance(self.weight, int) else self.weight(parameters)


def _market(rest: str, socket: str, handler: Callable[[Call], object], weight: Weight, *known: str) -> Endpoint:
    needed = ("symbol",) if known[:1] == ("symbol!",) else ()
    return Endpoint(rest, socket, handler, weight, "", tuple(name for name in known if name != "symbol!"), needed)


def _trade(
    rest: str, socket: str, handler: Callable[[Call], object], known: tuple[str, ...], needed: tuple[str, ...]
) -> Endpoint:
    return Endpoint(rest, socket, handler, 1, TRADE, known, needed, free=True)


def _look_up(
    rest: str, socket: str, handler: Callable[[Call], object], weight: Weight, known: tuple[str, ...] = (),
    needed: tuple[str, ...] = (),
) -> Endpoint:  # fmt: skip
    return Endpoint(rest, socket, handler, weight, USER_DATA, known, needed)


_TIMES = ("startTime", "endTime", "limit")
_ONE = ("orderId", "origClientOrderId")
_NEW = ("symbol", "side", "type")
_SYMBOLS = ("symbol", "symbols", "symbolStatus")
_REPLACE = (
    "cancelOrderId", "cancelOrigClientOrderId", "cancelNewClientOrderId", "cancelRestrictions",
    "orderRateLimitExceededMode",
)  # fmt: skip
_OTO = ("symbol", "workingType", "workingSide", "workingPrice", "workingQuantity", "pendingSide")

ENDPOINTS = (
    _market("GET /ping", "ping", market_calls.ping, 1),
    _market("GET /time", "time", market_calls.time, 1),
    _market("GET /exchangeInfo", "exchangeInfo", market_calls.exchange_info, 20, *_SYMBOLS, "permissions",
            "showPermissionSets"),
    _market("GET /executionRules", "executionRules", market_calls.execution_rules, 2, *_SYMBOLS),
    _market("GET /referencePrice", "referencePrice", market_calls.reference_price, 2, "symbol!"),
    _market("GET /depth", "depth", market_calls.depth, market_calls.depth_weight, "symbol!", "limit", "symbolStatus"),
    _market("GET /trades", "trades.recent", market_calls.trades, 25, "symbol!", "limit"),
    _market("GET /historicalTrades", "trades.historical", market_calls.historical_trades, 25, "symbol!", "limit",
            "fromId"),
    _market("GET /aggTrades", "trades.aggregate", market_calls.aggregate_trades, 4, "symbol!", "fromId", *_TIMES),
    _market("GET /klines", "klines", market_calls.klines, 2, "symbol!", "interval", "timeZone", *_TIMES),
    _market("GET /uiKlines", "uiKlines", market_calls.klines, 2, "symbol!", "interval", "timeZone", *_TIMES),
    _market("GET /avgPrice", "avgPrice", market_calls.average_price, 2, "symbol!"),
    _market("GET /ticker/24hr", "ticker.24hr", market_calls.ticker_day, market_calls.ticker_day_weight, *_SYMBOLS,
            "type"),
    _market("GET /ticker/price", "ticker.price", market_calls.ticker_price, market_calls.ticker_weight(2, 4),
            *_SYMBOLS),
    _market("GET /ticker/bookTicker", "ticker.book", market_calls.ticker_book, market_calls.ticker_weight(2, 4),
            *_SYMBOLS),
    _trade("POST /order", "order.place", trade_calls.place, ORDER_NAMES, _NEW),
    Endpoint("POST /order/test", "order.test", trade_calls.test,
             lambda parameters: 20 if parameters.text("computeCommissionRates").lower() == "true" else 1, TRADE,
             (*ORDER_NAMES, "computeCommissionRates"), _NEW),
    _trade("DELETE /order", "order.cancel", trade_calls.cancel, (*_ONE, "newClientOrderId", "cancelRestrictions"),
           ("symbol",)),
    _trade("DELETE /openOrders", "openOrders.cancelAll", trade_calls.cancel_all, (), ("symbol",)),
    _trade("POST /order/cancelReplace", "order.cancelReplace", trade_calls.cancel_replace, (*ORDER_NAMES, *_REPLACE),
           (*_NEW, "cancelReplaceMode")),
    Endpoint("PUT /order/amend/keepPriority", "order.amend.keepPriority", trade_calls.amend, 4, TRADE,
             (*_ONE, "newClientOrderId"), ("symbol", "newQty")),
    _trade("POST /order/oco", "orderList.place", list_calls.place_old_oco, list_calls.OLD_OCO_NAMES,
           ("symbol", "side", "quantity", "price")),
    _trade("POST /orderList/oco", "orderList.place.oco", list_calls.place_oco, list_calls.OCO_NAMES,
           ("symbol", "side", "quantity", "aboveType", "belowType")),
    _trade("POST /orderList/oto", "orderList.place.oto", list_calls.place_oto, list_calls.OTO_NAMES,
           (*_OTO, "pendingType", "pendingQuantity")),
    _trade("POST /orderList/otoco", "orderList.place.otoco", list_calls.place_otoco, list_calls.OTOCO_NAMES,
           (*_OTO, "pendingQuantity", "pendingAboveType")),
    _trade("POST /orderList/opo", "orderList.place.opo", list_calls.place_opo, list_calls.OTO_NAMES,
           (*_OTO, "pendingType")),
    _trade("POST /orderList/opoco", "orderList.place.opoco", list_calls.place_opoco, list_calls.OTOCO_NAMES,
           (*_OTO, "pendingAboveType")),
    _trade("DELETE /orderList", "orderList.cancel", list_calls.cancel_list,
           ("orderListId", "listClientOrderId", "newClientOrderId"), ("symbol",)),
    _look_up("GET /order", "order.status", account_calls.get_order, 4, _ONE, ("symbol",)),
    _look_up("GET /openOrders", "openOrders.status", account_calls.open_orders,
             lambda parameters: 6 if "symbol" in parameters else 80, ("symbol",)),
    _look_up("GET /allOrders", "allOrders", account_calls.all_orders, 20, ("orderId", *_TIMES), ("symbol",)),
    _look_up("GET /myTrades", "myTrades", account_calls.my_trades,
             lambda parameters: 5 if "orderId" in parameters else 20, ("orderId", "fromId", *_TIMES), ("symbol",)),
    _look_up("GET /account", "account.status", account_calls.get_account, 20, ("omitZeroBalances",)),
    _look_up("GET /account/commission", "account.commission", account_calls.commission, 20, (), ("symbol",)),
    _look_up("GET /rateLimit/order", "account.rateLimits.orders", account_calls.order_limits, 40),
    _look_up("GET /myFilters", "myFilters", account_calls.my_filters, 40, (), ("symbol",)),
    _look_up("GET /myPreventedMatches", "myPreventedMatches", account_calls.prevented,
             lambda parameters: 2 if "preventedMatchId" in parameters else 20,
             ("preventedMatchId", "orderId", "fromPreventedMatchId", "limit"), ("symbol",)),
    _look_up("GET /order/amendments", "order.amendments", account_calls.amendments, 4, ("fromExecutionId", "limit"),
             ("symbol", "orderId")),
    _look_up("GET /orderList", "orderList.status", list_calls.get_list, 4, ("orderListId", "origClientOrderId")),
    _look_up("GET /allOrderList", "allOrderLists", list_calls.all_lists, 20, ("fromId", *_TIMES)),
    _look_up("GET /openOrderList", "openOrderLists.status", list_calls.open_lists, 6),
)  # fmt: skip

PREFIX = "/api/v3"
REST = {}
for _endpoint in ENDPOINTS:
    _method, _, _path = _endpoint.rest.partition(" ")
    REST[_method, PREFIX + _path] = _endpoint
SOCKET = {endpoint.socket: endpoint for endpoint in ENDPOINTS}
#: Retired on 2026-02-20, and their WebSocket API's methods with them.
LISTEN_KEY_PATHS = ("/api/v3/userDataStream", "/api/v1/userDataStream")
LISTEN_KEY_METHODS = ("userDataStream.start", "userDataStream.ping", "userDataStream.stop")
