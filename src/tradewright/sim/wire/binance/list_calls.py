"""The calls that place, cancel and look up order lists.

OCO states its legs as above and below the market. The old form of an OCO (price, stopPrice, stopLimitPrice) is taken
too. In an OPO the pending legs state no quantity: it is what the working order brings in.
"""

from __future__ import annotations

from tradewright.sim.wire.binance import admission
from tradewright.sim.wire.binance.codes import (
    CANCEL,
    COMPOSITION,
    NO_ORDER,
    NO_SUCH_ORDER,
    OCO_BOTH_LIMIT,
    OCO_BUY_LIMIT_BELOW,
    OCO_BUY_PROFIT_BELOW,
    OCO_BUY_STOP_ABOVE,
    OCO_PRICES,
    OCO_SELL_LIMIT_ABOVE,
    OCO_SELL_PROFIT_ABOVE,
    OCO_SELL_STOP_BELOW,
    OCO_TYPE,
    UNKNOWN_ORDER,
    Refusal,
    mandatory,
    rejected,
)
from tradewright.sim.wire.binance.order_entry import leg_names, side_of, terms_of, type_of
from tradewright.sim.wire.binance.order_lists import OCO, OTO, OrderList
from tradewright.sim.wire.binance.orders import (
    BUY,
    CANCELED,
    CONDITIONAL,
    LIMIT,
    LIMIT_MAKER,
    PENDING_NEW,
    PROFITS,
    STOP_LOSS,
    STOP_LOSS_LIMIT,
    STOPS,
    Terms,
)
from tradewright.sim.wire.binance.parameters import Parameters
from tradewright.sim.wire.binance.rules import Rules
from tradewright.sim.wire.binance.trade_calls import counted
from tradewright.sim.wire.binance.venue import Call, between

_COMMON = ("listClientOrderId", "newOrderRespType", "selfTradePreventionMode")
OCO_NAMES = (*_COMMON, *leg_names("above"), *leg_names("below"))
OLD_OCO_NAMES = (
    *_COMMON, "limitClientOrderId", "limitIcebergQty", "limitStrategyId", "limitStrategyType", "stopClientOrderId",
    "stopIcebergQty", "stopStrategyId", "stopStrategyType", "stopLimitPrice", "stopLimitTimeInForce", "trailingDelta",
    "stopPrice",
)  # fmt: skip
OTO_NAMES = (*_COMMON, *leg_names("working"), *leg_names("pending"))
OTOCO_NAMES = (
    *_COMMON, *leg_names("working"), *leg_names("pendingAbove"), *leg_names("pendingBelow"), "pendingBelowType",
)  # fmt: skip


def place_oco(call: Call) -> object:
    parameters, rules = call.parameters, call.rules()
    side, quantity = side_of(parameters), _quantity(parameters, "quantity")
    legs = _pair(call, rules, "above", "below", side, quantity)
    return _place(call, OCO, None, legs)


def place_old_oco(call: Call) -> object:
    """The form before above and below: one LIMIT_MAKER and one stop."""
    values, rules = dict(call.parameters.values), call.rules()
    side = side_of(call.parameters)
    limit, stop = ("above", "below") if side != BUY else ("below", "above")
    renamed = {
        "price": f"{limit}Price", "limitClientOrderId": f"{limit}ClientOrderId",
        "limitIcebergQty": f"{limit}IcebergQty", "limitStrategyId": f"{limit}StrategyId",
        "limitStrategyType": f"{limit}StrategyType",
        "stopPrice": f"{stop}StopPrice", "stopLimitPrice": f"{stop}Price", "trailingDelta": f"{stop}TrailingDelta",
        "stopLimitTimeInForce": f"{stop}TimeInForce", "stopClientOrderId": f"{stop}ClientOrderId",
        "stopIcebergQty": f"{stop}IcebergQty", "stopStrategyId": f"{stop}StrategyId",
        "stopStrategyType": f"{stop}StrategyType",
    }  # fmt: skip
    values = {renamed.get(name, name): value for name, value in values.items()}
    values[f"{limit}Type"] = LIMIT_MAKER
    values[f"{stop}Type"] = STOP_LOSS_LIMIT if f"{stop}Price" in values else STOP_LOSS
    call.parameters = Parameters(values)
    return _place(call, OCO, None, _pair(call, rules, "above", "below", side, _quantity(call.parameters, "quantity")))


def place_oto(call: Call) -> object:
    return _place_oto(call, pays=False)


def place_opo(call: Call) -> object:
    return _place_oto(call, pays=True)


def place_otoco(call: Call) -> object:
    return _place_otoco(call, pays=False)


def place_opoco(call: Call) -> object:
    return _place_otoco(call, pays=True)


def _place_oto(call: Call, pays: bool) -> object:
    parameters, rules = call.parameters, call.rules()
    working = _working(call, rules)
    side = side_of(parameters, "pendingSide")
    type = type_of(parameters, "pendingType")
    quantity = _pending_quantity(parameters, working, pays)
    pending = terms_of(parameters, rules, "pending", side, type, quantity)
    _check_pays(working, pending, pays)
    return _place(call, OTO, working, [pending], pays)


def _place_otoco(call: Call, pays: bool) -> object:
    parameters, rules = call.parameters, call.rules()
    working = _working(call, rules)
    side = side_of(parameters, "pendingSide")
    quantity = _pending_quantity(parameters, working, pays)
    legs = _pair(call, rules, "pendingAbove", "pendingBelow", side, quantity, live=False)
    for leg in legs:
        _check_pays(working, leg, pays)
    return _place(call, OTO, working, legs, pays)


def _check_pays(working: Terms, pending: Terms, pays: bool) -> None:
    if pays and pending.side == working.side:
        raise Refusal(COMPOSITION, "Unsupported order combination.")


def _working(call: Call, rules: Rules) -> Terms:
    parameters = call.parameters
    type = type_of(parameters, "workingType")
    if type not in (LIMIT, LIMIT_MAKER):
        raise Refusal(COMPOSITION, "Unsupported order combination.")
    quantity = _quantity(parameters, "workingQuantity")
    return terms_of(parameters, rules, "working", side_of(parameters, "workingSide"), type, quantity)


def _quantity(parameters: Parameters, name: str) -> int:
    quantity = parameters.count(name)
    if quantity is None:
        raise mandatory(name)
    return quantity


def _pending_quantity(parameters: Parameters, working: Terms, pays: bool) -> int:
    return working.quantity if pays else _quantity(parameters, "pendingQuantity")


def _pair(
    call: Call, rules: Rules, above_name: str, below_name: str, side: int, quantity: int, live: bool = True
) -> list[Terms]:
    """The legs of an OCO, checked against each other and, if they go live at once, against the market."""
    parameters = call.parameters
    above_type = type_of(parameters, f"{above_name}Type")
    below_type = type_of(parameters, f"{below_name}Type")
    check_types(side, above_type, below_type)
    above = terms_of(parameters, rules, above_name, side, above_type, quantity)
    below = terms_of(parameters, rules, below_name, side, below_type, quantity)
    last = call.venue.markets[rules.symbol].price()
    high, low = _level(above), _level(below)
    if high and low and (low >= high or (live and last and not low < last < high)):
        raise rejected(OCO_PRICES)
    return [above, below]


def _level(leg: Terms) -> int:
    """The price at which a leg acts; 0 for a trailing one."""
    return leg.stop_price if leg.conditional else leg.limit_price


def check_types(side: int, above: str, below: str) -> None:
    """Which types may stand above and below the market. Raises Refusal with the venue's own codes."""
    for type in (above, below):
        if type not in (*CONDITIONAL, LIMIT_MAKER):
            raise Refusal(OCO_TYPE, "Order type not supported in OCO.")
    if above == below == LIMIT_MAKER:
        raise Refusal(OCO_BOTH_LIMIT, "At least one OCO order must be contingent.")
    buys = side == BUY
    if buys and above == LIMIT_MAKER:
        raise Refusal(OCO_BUY_LIMIT_BELOW, "A limit order in a buy OCO must be below.")
    if not buys and below == LIMIT_MAKER:
        raise Refusal(OCO_SELL_LIMIT_ABOVE, "A limit order in a sell OCO must be above.")
    if buys and below in STOPS:
        raise Refusal(OCO_BUY_STOP_ABOVE, "A stop loss order in a buy OCO must be above.")
    if not buys and above in STOPS:
        raise Refusal(OCO_SELL_STOP_BELOW, "A stop loss order in a sell OCO must be below.")
    if buys and above in PROFITS:
        raise Refusal(OCO_BUY_PROFIT_BELOW, "A take profit order in a buy OCO must be below.")
    if not buys and below in PROFITS:
        raise Refusal(OCO_SELL_PROFIT_ABOVE, "A take profit order in a sell OCO must be above.")


def _place(call: Call, contingency: str, working: Terms | None, legs: list[Terms], pays: bool = False) -> object:
    """Admits all orders of a list and enters it."""
    desk, account = call.venue.desk, call.account
    orders = [*([working] if working else []), *legs]
    with counted(call, len(orders)):
        admission.check_lists(account, orders[0])
        _check_names(orders)
        for terms in orders:
            admission.resolve(desk, account, terms)
            admission.check_filters(desk, account, terms, len(orders))
            admission.check_name(account, terms)
        live = [working] if working else legs
        for terms in live:
            admission.check_engine(desk, account, terms)
    client_id = call.parameters.client_id("listClientOrderId")
    list_ = call.venue.lists.place(account, client_id, contingency, working, legs, pays)
    desk.flush()
    return answer(list_, orders[0].answer)


def _check_names(orders: list[Terms]) -> None:
    names = [terms.client_id for terms in orders if terms.client_id]
    if len({*names}) < len(names):
        raise rejected("Duplicate order sent.")


def answer(list_: OrderList, form: str) -> dict[str, object]:
    """A new list as it is answered: as it was when it was entered, its pending legs PENDING_NEW."""
    reports = []
    for order in list_.orders:
        said = order.answer(form)
        if order in list_.legs and list_.working is not None and form != "ACK":
            said |= {"status": PENDING_NEW, "workingTime": -1}  # also where the working order was filled at once
        reports.append(said)
    row = list_.row() | {"listStatusType": "EXEC_STARTED", "listOrderStatus": "EXECUTING"}
    return row | {"orderReports": reports}


# Cancelling and looking up


def find_list(call: Call, client_name: str) -> OrderList | None:
    parameters = call.parameters
    list_id, client_id = parameters.integer("orderListId"), parameters.client_id(client_name)
    if list_id is None and not client_id:
        raise mandatory("orderListId")
    lists = call.account.lists
    if list_id is not None:
        return lists.get(list_id)
    return next((known for known in reversed(lists.values()) if known.client_id == client_id), None)


def cancel_list(call: Call) -> object:
    symbol = call.rules().symbol
    list_ = find_list(call, "listClientOrderId")
    if list_ is None or not list_.open or list_.symbol != symbol:
        raise Refusal(CANCEL, UNKNOWN_ORDER)
    client_id = call.parameters.client_id("newClientOrderId") or call.venue.desk.new_id()
    call.venue.lists.cancel(list_, client_id)
    call.venue.desk.flush()
    reports = [order.cancelled(client_id) for order in list_.orders if order.status == CANCELED]
    return {**list_.row(), "orderReports": reports}


def get_list(call: Call) -> object:
    list_ = find_list(call, "origClientOrderId")
    if list_ is None:
        raise Refusal(NO_SUCH_ORDER, NO_ORDER)
    return list_.row()


def all_lists(call: Call) -> object:
    start, end = call.range()
    first = call.parameters.integer("fromId")
    limit = call.parameters.limit(500, 1000)
    rows = [
        list_.row()
        for list_ in call.account.lists.values()
        if (list_.id >= first if first is not None else between(list_.time, start, end))
    ]
    return rows[:limit] if first is not None or start is not None else rows[-limit:]


def open_lists(call: Call) -> object:
    return [list_.row() for list_ in call.account.open_lists()]
