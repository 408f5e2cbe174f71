"""The calls that place, test, cancel and change single orders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tradewright.sim.wire.binance import admission
from tradewright.sim.wire.binance.codes import (
    AMEND,
    CANCEL,
    CANCEL_RESTRICTED,
    CANCEL_RESTRICTIONS,
    CLIENT_ID_MISMATCH,
    CONFLICT,
    DISABLED,
    INVALID_PARAMETER,
    NEW_ORDER,
    REPLACE_FAILED,
    REPLACE_PARTLY,
    TOO_MANY,
    UNKNOWN_ORDER,
    Refusal,
    mandatory,
    rejected,
)
from tradewright.sim.wire.binance.figures import Time, money_text, text
from tradewright.sim.wire.binance.order_entry import either, side_of, terms_of, type_of
from tradewright.sim.wire.binance.orders import (
    CANCELED,
    MARKET,
    NEW,
    PARTIALLY_FILLED,
    PENDING_NEW,
    SELL,
    SIDES,
    Order,
    Terms,
)
from tradewright.sim.wire.binance.rules import Rules
from tradewright.sim.wire.binance.venue import Call
from tradewright.sim.wire.trouble import CANCEL_MEETS_FILL, FILL_BEFORE_ACK, REPLACE_ERROR_AFTER

STOP_ON_FAILURE, ALLOW_FAILURE = "STOP_ON_FAILURE", "ALLOW_FAILURE"
SUCCESS, FAILURE, NOT_ATTEMPTED = "SUCCESS", "FAILURE", "NOT_ATTEMPTED"
ONLY_NEW, ONLY_PARTLY = "ONLY_NEW", "ONLY_PARTIALLY_FILLED"


@contextmanager
def counted(call: Call, number: int) -> Iterator[None]:
    """New orders count while they are not refused."""
    limits, account = call.venue.limits, call.account.name
    limits.place(account, number, call.clock)
    call.returns_orders = True
    try:
        yield
    except Refusal:
        limits.take_back(account, number, call.clock)
        raise


def stated(call: Call) -> Terms:
    """The terms of the order a call states, with what the market decides filled in. Raises Refusal."""
    rules = call.rules()
    parameters = call.parameters
    terms = terms_of(parameters, rules, "", side_of(parameters), type_of(parameters), None)
    admission.resolve(call.venue.desk, call.account, terms)
    return terms


def place(call: Call) -> object:
    """A new order."""
    desk = call.venue.desk
    with counted(call, 1):
        terms = stated(call)
        admission.check_filters(desk, call.account, terms)
        admission.check_engine(desk, call.account, terms)
        if call.venue.trouble.exits_refused and terms.side == SELL:
            raise rejected(DISABLED)
    order = desk.make(call.account, terms)
    desk.enter(order)
    desk.flush()
    answer = order.answer(terms.answer)
    filled = order.executed > 0 or desk.fillable(order)
    if filled and not call.socket and call.venue.trouble.meets(FILL_BEFORE_ACK) and desk.fillable(order):
        desk.fill_rest(order)
        desk.flush()
    return answer


def test(call: Call) -> object:
    """What a new order would be answered, short of placing it; on demand with its commission rates."""
    rates = call.parameters.boolean("computeCommissionRates")
    terms = stated(call)
    admission.check_filters(call.venue.desk, call.account, terms)
    admission.check_engine(call.venue.desk, call.account, terms)
    if not rates:
        return {}
    maker, taker = commission_texts(call)
    zero = {"maker": text(0), "taker": text(0)}
    return {
        "standardCommissionForOrder": {"maker": maker, "taker": taker}, "specialCommissionForOrder": zero,
        "taxCommissionForOrder": zero,
        "discount": {"enabledForAccount": False, "enabledForSymbol": False, "discountAsset": "BNB",
                     "discount": text(0)},
    }  # fmt: skip


def commission_texts(call: Call) -> tuple[str, str]:
    """The rates of maker and taker."""
    fee = call.venue.desk.fee
    return text(fee.maker_rate, 12), text(fee.taker_rate, 12)


# Cancelling


def found(call: Call, id_name: str = "orderId", client_name: str = "origClientOrderId") -> Order:
    """The open order that a call names by either id, or both. Raises Refusal."""
    parameters = call.parameters
    order_id, client_id = parameters.integer(id_name), parameters.client_id(client_name)
    if order_id is None and not client_id:
        raise either(client_name, id_name)
    order = call.account.find(call.rules().symbol, order_id, client_id)
    if order is not None and client_id and order.client_id != client_id:
        raise Refusal(CLIENT_ID_MISMATCH, "The provided orderId and origClientOrderId do not match.")
    if order is None or not order.open:
        raise Refusal(CANCEL, UNKNOWN_ORDER)
    return order


def to_cancel(call: Call, id_name: str = "orderId", client_name: str = "origClientOrderId") -> Order:
    """The open order that a cancel names, if no fill is faster. Raises Refusal."""
    order, desk = found(call, id_name, client_name), call.venue.desk
    if desk.fillable(order) and call.venue.trouble.meets(CANCEL_MEETS_FILL):
        desk.fill_rest(order)
        desk.flush()
        order = found(call, id_name, client_name)
    return order


def check_restrictions(call: Call, order: Order) -> None:
    said = "`cancelRestrictions` has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`."
    asked = call.parameters.choice("cancelRestrictions", (ONLY_NEW, ONLY_PARTLY), CANCEL_RESTRICTIONS, said)
    wanted = {ONLY_NEW: NEW, ONLY_PARTLY: PARTIALLY_FILLED}
    if asked and order.status != wanted[asked]:
        raise Refusal(CANCEL, CANCEL_RESTRICTED)


def cancel(call: Call) -> object:
    """Cancels an order; of a leg, its whole list."""
    order = to_cancel(call)
    check_restrictions(call, order)
    client_id = call.parameters.client_id("newClientOrderId") or call.venue.desk.new_id()
    return cancelled(call, order, client_id)


def cancelled(call: Call, order: Order, client_id: str) -> dict[str, object]:
    desk = call.venue.desk
    if order.order_list is not None:
        call.venue.lists.cancel(order.order_list, client_id)
        desk.flush()
        return list_report(order, client_id)
    desk.end(order, CANCELED, "", client_id)
    desk.flush()
    return order.cancelled(client_id)


def list_report(order: Order, client_id: str) -> dict[str, object]:
    """The answer to a cancel that has ended a list."""
    if order.order_list is None:
        return order.cancelled(client_id)
    reports = [leg.cancelled(client_id) for leg in order.order_list.orders if leg.status == CANCELED]
    return {**order.order_list.row(), "orderReports": reports}


def cancel_all(call: Call) -> object:
    """Cancels every open order of a symbol; lists are answered as such."""
    symbol = call.rules().symbol
    orders = list(call.account.open_of(symbol))
    if not orders:
        raise Refusal(CANCEL, UNKNOWN_ORDER)
    answers: list[object] = []
    for order in orders:
        if order.open:
            answers.append(cancelled(call, order, call.venue.desk.new_id()))
    return answers


# Cancel and replace


def cancel_replace(call: Call) -> object:
    """Cancels one order and places another. What the filters refuse cancels nothing."""
    parameters, desk, account = call.parameters, call.venue.desk, call.account
    said = "Data sent for parameter '{}' is not valid."
    modes, exceeded = (STOP_ON_FAILURE, ALLOW_FAILURE), "orderRateLimitExceededMode"
    parameters.needed("cancelReplaceMode")
    mode = parameters.choice("cancelReplaceMode", modes, INVALID_PARAMETER, said.format("cancelReplaceMode"))
    rates = parameters.choice(exceeded, ("DO_NOTHING", "CANCEL_ONLY"), INVALID_PARAMETER, said.format(exceeded))
    if "cancelOrderId" not in parameters and "cancelOrigClientOrderId" not in parameters:
        raise either("cancelOrigClientOrderId", "cancelOrderId")
    try:
        call.venue.limits.place(account.name, 1, call.clock)
    except Refusal as refusal:
        if rates == "CANCEL_ONLY":
            raise _cancel_only(call, refusal) from refusal
        raise
    call.returns_orders = True
    try:
        terms = stated(call)
        admission.check_filters(desk, account, terms, orders=0)
    except Refusal:
        call.venue.limits.take_back(account.name, 1, call.clock)
        raise
    cancel_result, cancel_answer = _try_cancel(call)
    new_result, new_answer = NOT_ATTEMPTED, None
    if cancel_result == SUCCESS or mode == ALLOW_FAILURE:
        new_result, new_answer = _try_place(call, terms)
    answer = {
        "cancelResult": cancel_result, "newOrderResult": new_result, "cancelResponse": cancel_answer,
        "newOrderResponse": new_answer,
    }  # fmt: skip
    if cancel_result == new_result == SUCCESS:
        changed(call)
        return answer
    if SUCCESS in (cancel_result, new_result):
        raise Refusal(REPLACE_PARTLY, "Order cancel-replace partially failed.", CONFLICT, answer)
    raise Refusal(REPLACE_FAILED, "Order cancel-replace failed.", data=answer)


def _try_cancel(call: Call) -> tuple[str, object]:
    client_id = call.parameters.client_id("cancelNewClientOrderId") or call.venue.desk.new_id()
    try:
        order = to_cancel(call, "cancelOrderId", "cancelOrigClientOrderId")
        check_restrictions(call, order)
    except Refusal as refusal:
        return FAILURE, refusal.content()
    return SUCCESS, cancelled(call, order, client_id)


def _try_place(call: Call, terms: Terms) -> tuple[str, object]:
    desk = call.venue.desk
    try:
        admission.check_engine(desk, call.account, terms)
    except Refusal as refusal:
        call.venue.limits.take_back(call.account.name, 1, call.clock)
        return FAILURE, refusal.content()
    order = desk.make(call.account, terms)
    desk.enter(order)
    desk.flush()
    return SUCCESS, order.answer(terms.answer)


def _cancel_only(call: Call, refusal: Refusal) -> Refusal:
    """Beyond the limit on new orders the cancel alone is carried out."""
    result, answer = _try_cancel(call)
    data = {
        "cancelResult": result, "newOrderResult": FAILURE, "cancelResponse": answer,
        "newOrderResponse": {"code": refusal.code, "msg": refusal.text},
    }  # fmt: skip
    code = REPLACE_PARTLY if result == SUCCESS else REPLACE_FAILED
    return Refusal(code, refusal.text, TOO_MANY, data)


def changed(call: Call) -> None:
    """An order's change is made. The answer over a socket reaches who asked whatever is to befall it."""
    if not call.socket:
        call.venue.trouble.meets(REPLACE_ERROR_AFTER)


# Amending


def amend(call: Call) -> object:
    """A smaller quantity for an order on the book, which keeps its place."""
    desk, parameters = call.venue.desk, call.parameters
    quantity = parameters.count("newQty")
    if quantity is None:
        raise mandatory("newQty")
    try:
        order = found(call)
    except Refusal as refusal:
        if refusal.code == CANCEL:
            raise Refusal(AMEND, "Unknown order sent.") from refusal
        raise
    _check_amend(order, order.terms.rules, quantity)
    original, before = order.client_id, order.quantity
    order.client_id = parameters.client_id("newClientOrderId") or desk.new_id()
    if order.client_id != original and call.account.uses(order.terms.rules.symbol, order.client_id):
        order.client_id = original
        raise Refusal(NEW_ORDER, "Duplicate order sent.")
    call.account.name_order(order)
    order.updated = call.clock
    desk.shrink(order, quantity)
    number = desk.tell(order, "REPLACED", original_id=original)
    desk.flush()
    order.amendments.append(
        {"symbol": order.terms.rules.symbol, "orderId": order.id, "executionId": number,
         "origClientOrderId": original, "newClientOrderId": order.client_id, "origQty": text(before),
         "newQty": text(quantity), "time": Time(call.clock)}
    )  # fmt: skip
    changed(call)
    answer = {"transactTime": Time(call.clock), "executionId": number, "amendedOrder": _amended(order, original)}
    return answer | ({"listStatus": order.order_list.row()} if order.order_list is not None else {})


def _check_amend(order: Order, rules: Rules, quantity: int) -> None:
    if not rules.size_min <= quantity or quantity % rules.step:
        raise Refusal(-1013, "Filter failure: LOT_SIZE")
    if order.status == PENDING_NEW:
        raise Refusal(AMEND, "An order that waits for its list's working order can not be amended.")
    if order.terms.type == MARKET or quantity >= order.quantity or quantity <= order.executed + order.prevented:
        raise Refusal(AMEND, "The requested quantity must be less than the order's and more than what is executed.")
    if rules.knobs.amends and len(order.amendments) >= rules.knobs.amends:
        raise Refusal(AMEND, "Filter failure: MAX_NUM_ORDER_AMENDS")


def _amended(order: Order, original: str) -> dict[str, object]:
    terms = order.terms
    return {
        **order.head(), "origClientOrderId": original, "clientOrderId": order.client_id, "price": text(order.price),
        "qty": text(order.quantity), "executedQty": text(order.executed), "preventedQty": text(order.prevented),
        "quoteOrderQty": money_text(terms.quote_quantity), "cumulativeQuoteQty": money_text(order.worth),
        "status": order.status, "timeInForce": terms.time_in_force, "type": terms.type, "side": SIDES[terms.side],
        "workingTime": Time(order.working_since) if order.working_since else -1,
        "selfTradePreventionMode": terms.prevention, **order.extras(),
    }  # fmt: skip
