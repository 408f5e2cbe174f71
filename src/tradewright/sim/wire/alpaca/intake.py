"""What an order says, read from its body and judged by itself: fields, prices, sizes, classes. No account in here.

Numbers may be JSON text or JSON numbers. The order of checks: fields, asset, type and time in force, prices and their
increments, extended hours, class and legs, fractions. Decided: unknown fields are ignored; of the advanced
instructions DMA is taken as an ordinary order, TWAP and VWAP are refused, as are options and their mleg orders; a limit
or stop order for a fraction of a share is taken with time in force day (the changelog's word, not the schema's).
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.numbers import MONEY_SCALE, count_of, decimal_of, shifted
from tradewright.sim.wire.alpaca.assets import CRYPTO, EQUITY, Asset, Assets
from tradewright.sim.wire.alpaca.codes import invalid, unprocessable
from tradewright.sim.wire.alpaca.notation import SIZE_ONE, SIZE_SCALE, size_text
from tradewright.sim.wire.alpaca.orders import BRACKET, ENTRY, OCO, OTO, SIMPLE, STOP_LOSS, TAKE_PROFIT, Terms

CLIENT_ID_MAX = 128
TYPES = {
    EQUITY: ("market", "limit", "stop", "stop_limit", "trailing_stop"),
    CRYPTO: ("market", "limit", "stop_limit"),
}
TIMES = {EQUITY: ("day", "gtc", "opg", "cls", "ioc", "fok"), CRYPTO: ("gtc", "ioc")}
CLASSES = {"": SIMPLE, "simple": SIMPLE, "bracket": BRACKET, "oco": OCO, "oto": OTO}
SIDES = {"buy": 1, "sell": -1}
INTENTS = ("buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close")
_PRICES_MAX = 2**53 - 1


def read_terms(body: Any, assets: Assets) -> Terms:
    """The terms of POST /v2/orders. Refuses what can not be an order."""
    if not isinstance(body, dict):
        raise invalid("request body must be an object")
    order_class = _order_class(body)
    asset = assets.demand(_word(body, "symbol", required=True))
    side = _side(body, order_class)
    type = _type(body, asset, order_class)
    time_in_force = _word(body, "time_in_force", required=True)
    if time_in_force not in TIMES[asset.asset_class]:
        raise unprocessable(f"invalid {asset.asset_class} time_in_force: {time_in_force}")
    terms = Terms(asset, side, type, time_in_force, order_class=order_class)
    terms.extended_hours = _flag(body, "extended_hours")
    terms.client_order_id = _client_order_id(body)
    terms.subtag = _word(body, "subtag") or None
    terms.intent = _intent(body, side)
    _advanced(body)
    _sizes(body, terms)
    _prices(body, terms)
    _times(terms)
    _legs(body, terms)
    _fractions(terms)
    return terms


def _order_class(body: dict[str, Any]) -> str:
    name = _word(body, "order_class")
    if name == "mleg":
        raise invalid("multi-leg orders are for options, which are not listed here")
    if name not in CLASSES:
        raise invalid(f"invalid order_class: {name}")
    return CLASSES[name]


def _side(body: dict[str, Any], order_class: str) -> int:
    name = _word(body, "side", required=True)
    if name not in SIDES:
        raise invalid(f"invalid side: {name}")
    return SIDES[name]


def _type(body: dict[str, Any], asset: Asset, order_class: str) -> str:
    """Decided: an OCO without a type is a limit order."""
    type = _word(body, "type", required=order_class != OCO) or "limit"
    if type not in TYPES[EQUITY]:
        raise invalid(f"invalid order type: {type}")
    if type not in TYPES[asset.asset_class]:
        raise unprocessable(f"invalid order type for {asset.asset_class} order")
    return type


def _client_order_id(body: dict[str, Any]) -> str:
    name = _word(body, "client_order_id")
    if len(name) > CLIENT_ID_MAX:
        raise invalid(f"client_order_id must be no more than {CLIENT_ID_MAX} characters")
    return name


def _intent(body: dict[str, Any], side: int) -> str | None:
    name = _word(body, "position_intent")
    if not name:
        return None
    if name not in INTENTS or name.startswith("buy") != (side > 0):
        raise invalid(f"invalid position_intent: {name}")
    return name


def _advanced(body: dict[str, Any]) -> None:
    advanced = body.get("advanced_instructions")
    if advanced is not None:
        name = advanced.get("algorithm") if isinstance(advanced, dict) else None
        if name != "DMA":
            raise invalid(f"advanced_instructions: {name} is not available")


def _sizes(body: dict[str, Any], terms: Terms) -> None:
    asset = terms.asset
    terms.size = read_count(body, "qty", SIZE_SCALE)
    notional = read_decimal(body, "notional")
    if (terms.size > 0) == (notional > 0):
        raise invalid("only one of qty or notional is accepted" if terms.size else "qty or notional is required")
    if notional:
        terms.notional = _counts(notional, SIZE_SCALE, "notional") * 10 ** (MONEY_SCALE - SIZE_SCALE)
        return
    if terms.size % asset.size_step:
        raise unprocessable(f"qty must be a multiple of {size_text(asset.size_step)}")
    if terms.size < asset.size_min:
        raise unprocessable(f"qty must be >= {size_text(asset.size_min)}")


def _prices(body: dict[str, Any], terms: Terms) -> None:
    asset, type = terms.asset, terms.type
    if type in ("limit", "stop_limit"):
        terms.limit = read_price(body, "limit_price", asset, required=f"{type} orders require a limit price")
    elif _given(body, "limit_price"):
        raise invalid(f"{type} orders must not have a limit price")
    if type in ("stop", "stop_limit"):
        terms.stop = read_price(body, "stop_price", asset, required=f"{type} orders require a stop price")
    elif _given(body, "stop_price"):
        raise invalid(f"{type} orders must not have a stop price")
    if type == "trailing_stop":
        if _given(body, "trail_price") == _given(body, "trail_percent"):
            raise invalid("trailing stop orders require either trail_price or trail_percent")
        read_trail(body, terms)
    elif _given(body, "trail_price") or _given(body, "trail_percent"):
        raise invalid(f"{type} orders must not have a trail")


def read_trail(body: dict[str, Any], terms: Terms) -> None:
    """The distance of a trailing stop, as a price or in percent (four decimals)."""
    terms.trail = read_price(body, "trail_price", terms.asset)
    terms.trail_ppm = read_count(body, "trail_percent", 4)
    if terms.trail <= 0 and terms.trail_ppm <= 0:
        raise invalid("trail must be > 0")
    if terms.trail_ppm >= 1_000_000:
        raise invalid("trail_percent must be < 100")


def _times(terms: Terms) -> None:
    """What time in force and the hours allow."""
    tif, type = terms.time_in_force, terms.type
    if tif in ("opg", "cls") and type not in ("market", "limit"):
        raise unprocessable(f"{tif} orders must be market or limit orders")
    if tif in ("ioc", "fok") and type not in ("market", "limit") and terms.asset.asset_class == EQUITY:
        raise unprocessable(f"{type} orders can not be {tif}")
    if tif == "ioc" and type == "stop_limit":
        raise unprocessable("stop_limit orders can not be ioc")
    if type == "trailing_stop" and (tif not in ("day", "gtc") or terms.order_class):
        raise unprocessable("trailing stop orders must be simple orders with time_in_force day or gtc")
    if terms.extended_hours and (type != "limit" or tif not in ("day", "gtc") or terms.order_class):
        raise unprocessable("extended hours order must be DAY limit orders")


def _legs(body: dict[str, Any], terms: Terms) -> None:
    profit, loss = _part(body, "take_profit"), _part(body, "stop_loss")
    order_class = terms.order_class
    if not order_class:
        if profit or loss:
            raise invalid("take_profit and stop_loss need an order_class")
        return
    if terms.asset.asset_class == CRYPTO:
        raise unprocessable("crypto orders must be simple orders")
    if terms.time_in_force not in ("day", "gtc"):
        raise unprocessable(f"{order_class} orders must have time_in_force day or gtc")
    if order_class == BRACKET and not (profit and loss):
        raise invalid("bracket orders require take_profit.limit_price and stop_loss.stop_price")
    if order_class == OCO and not loss:
        raise invalid("oco orders require stop_loss.stop_price")
    if order_class == OTO and (profit is None) == (loss is None):
        raise invalid("oto orders require exactly one of take_profit and stop_loss")
    if order_class == OCO:
        _read_oco(terms, loss)
    else:
        _read_exits(terms, profit, loss)
    _order_of_exits(terms)


def _read_oco(terms: Terms, loss: dict[str, Any] | None) -> None:
    if terms.type != "limit":
        raise invalid("oco orders must be limit orders")
    terms.role = TAKE_PROFIT
    terms.legs = [_stop_loss(terms, terms.side, loss or {})]


def _read_exits(terms: Terms, profit: dict[str, Any] | None, loss: dict[str, Any] | None) -> None:
    if terms.type == "trailing_stop":
        raise unprocessable("trailing stop orders must be simple orders")
    terms.role = ENTRY
    if profit is not None:
        leg = _leg(terms, -terms.side, "limit", TAKE_PROFIT)
        leg.limit = read_price(profit, "limit_price", terms.asset, required="take_profit.limit_price is required")
        terms.legs.append(leg)
    if loss is not None:
        terms.legs.append(_stop_loss(terms, -terms.side, loss))


def _stop_loss(terms: Terms, side: int, body: dict[str, Any]) -> Terms:
    leg = _leg(terms, side, "stop_limit" if _given(body, "limit_price") else "stop", STOP_LOSS)
    leg.stop = read_price(body, "stop_price", terms.asset, required="stop_loss.stop_price is required")
    leg.limit = read_price(body, "limit_price", terms.asset)
    return leg


def _leg(terms: Terms, side: int, type: str, role: str) -> Terms:
    return Terms(
        terms.asset, side, type, terms.time_in_force, size=terms.size, order_class=terms.order_class, role=role
    )


def _order_of_exits(terms: Terms) -> None:
    """Profit and loss lie on their sides of each other, a cent apart at least, and of a limit entry."""
    cent = 10 ** (terms.asset.instrument.price_scale - 2)
    exits = terms.legs[0].side
    profit = next((leg.limit for leg in terms.legs if leg.role == TAKE_PROFIT), 0)
    if terms.role == TAKE_PROFIT:
        profit = terms.limit
    loss = next((leg.stop for leg in terms.legs if leg.role == STOP_LOSS), 0)
    # A sell that protects takes its profit above and its loss below; a buy the other way round.
    if profit and loss and exits * (loss - profit) < cent:
        raise unprocessable("take_profit.limit_price must be beyond stop_loss.stop_price by at least 0.01")
    if terms.role == ENTRY and terms.type == "limit" and loss and exits * (loss - terms.limit) < cent:
        where = "<= base_price - 0.01" if exits < 0 else ">= base_price + 0.01"
        raise unprocessable(f"stop_loss.stop_price must be {where}")


def _fractions(terms: Terms) -> None:
    asset = terms.asset
    if asset.asset_class == CRYPTO or not (terms.notional or terms.size % SIZE_ONE):
        return
    if not asset.fractionable:
        raise unprocessable(f"asset {asset.symbol} is not fractionable")
    if terms.order_class:
        raise unprocessable("fractional orders must be simple orders")
    if terms.time_in_force != "day":
        raise unprocessable("fractional orders must be DAY orders")
    if terms.notional and terms.type != "market":
        raise unprocessable("notional orders must be market orders")
    if terms.type == "trailing_stop":
        raise unprocessable("fractional orders can not be trailing stops")
    if terms.extended_hours and "fractional_eh_enabled" not in asset.attributes:
        raise unprocessable(f"asset {asset.symbol} is not enabled for fractional trading in extended hours")


# Fields


def _given(body: dict[str, Any], name: str) -> bool:
    return body.get(name) not in (None, "")


def _word(body: dict[str, Any], name: str, required: bool = False) -> str:
    value = body.get(name)
    if value is None or value == "":
        if required:
            raise invalid(f"{name} is required")
        return ""
    if not isinstance(value, str):
        raise invalid(f"{name} must be text")
    return value


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if value not in (None, True, False):
        raise invalid(f"{name} must be true or false")
    return bool(value)


def _part(body: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise invalid(f"{name} must be an object")
    return value


def read_decimal(body: dict[str, Any], name: str) -> Decimal:
    """A number, 0 where there is none. Refuses what is negative or no number."""
    if not _given(body, name):
        return Decimal(0)
    value = body[name]
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise invalid(f"{name} must be a number")
    try:
        number = decimal_of(value, name)
    except InputError as error:
        raise invalid(f"{name} must be a number") from error
    if number <= 0:
        raise invalid(f"{name} must be > 0")
    return number


def _counts(number: Decimal, scale: int, name: str) -> int:
    try:
        return count_of(number, scale, name)
    except InputError as error:
        raise invalid(f"{name}: {error}") from error


def read_count(body: dict[str, Any], name: str, scale: int) -> int:
    """A number with at most `scale` decimals, in counts; 0 where there is none."""
    return _counts(read_decimal(body, name), scale, name)


def read_price(body: dict[str, Any], name: str, asset: Asset, required: str = "") -> int:
    """A price in counts, 0 where there is none: two decimals from a dollar on and four below, a pair's increment."""
    if not _given(body, name):
        if required:
            raise invalid(required)
        return 0
    number = read_decimal(body, name)
    scale = asset.instrument.price_scale
    units = shifted(number, scale)
    if units > _PRICES_MAX:
        raise invalid(f"{name} is out of range")
    step = asset.price_step
    if asset.asset_class == EQUITY and number >= 1:
        step = max(step, 10 ** (scale - 2))
    whole = int(units.to_integral_value(ROUND_DOWN))
    if whole != units or whole % step:
        raise unprocessable(f"invalid {name} {number:f}. sub-penny increment does not fulfill minimum pricing criteria")
    return whole
