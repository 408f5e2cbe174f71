"""From parameters to the terms of an order: what each type needs, what it does not take, and what goes together.

The legs of a list state theirs under names with a prefix (abovePrice, workingSide, pendingBelowStopPrice).
"""

from __future__ import annotations

from tradewright.sim.wire.binance.codes import (
    COMBINATION,
    COMPOSITION,
    INVALID_PARAMETER,
    MANDATORY,
    NOT_REQUIRED,
    OCO_ICEBERG,
    ORDER_TYPE,
    SIDE,
    STRATEGY_TYPE,
    TIF,
    TIF_NOT_REQUIRED,
    Refusal,
    mandatory,
    not_required,
)
from tradewright.sim.wire.binance.figures import QUANTITY_MONEY
from tradewright.sim.wire.binance.orders import BUY, CONDITIONAL, LIMIT, LIMIT_MAKER, LIMITED, MARKET, SELL, Terms
from tradewright.sim.wire.binance.parameters import INTEGER_MAX, Parameters
from tradewright.sim.wire.binance.rules import ORDER_TYPES, PREVENTIONS, Rules

TIMES_IN_FORCE = ("GTC", "IOC", "FOK")
ANSWERS = ("ACK", "RESULT", "FULL")
STRATEGY_TYPE_MIN = 1_000_000
PEGS = ("PRIMARY_PEG", "MARKET_PEG")
PEG_LEVEL_MAX = 100
_LEG = (
    "ClientOrderId", "Price", "StopPrice", "TrailingDelta", "IcebergQty", "TimeInForce", "StrategyId", "StrategyType",
    "PegPriceType", "PegOffsetType", "PegOffsetValue",
)  # fmt: skip
ORDER_NAMES = (
    "timeInForce", "quantity", "quoteOrderQty", "price", "newClientOrderId", "strategyId", "strategyType", "stopPrice",
    "trailingDelta", "icebergQty", "newOrderRespType", "selfTradePreventionMode", "pegPriceType", "pegOffsetType",
    "pegOffsetValue",
)  # fmt: skip


def leg_names(prefix: str) -> tuple[str, ...]:
    """The names a leg may state its terms by."""
    return tuple(prefix + name for name in _LEG)


def named(prefix: str, name: str) -> str:
    """The name of a parameter in a leg."""
    if not prefix:
        return "newClientOrderId" if name == "clientOrderId" else name
    return prefix + name[0].upper() + name[1:]


def side_of(parameters: Parameters, name: str = "side") -> int:
    parameters.needed(name)
    return BUY if parameters.choice(name, ("BUY", "SELL"), SIDE, "Invalid side.") == "BUY" else SELL


def type_of(parameters: Parameters, name: str = "type") -> str:
    parameters.needed(name)
    return parameters.choice(name, ORDER_TYPES, ORDER_TYPE, "Invalid orderType.")


def terms_of(parameters: Parameters, rules: Rules, prefix: str, side: int, type: str, quantity: int | None) -> Terms:
    """The terms of an order or leg. quantity: counts of 10^-8; None: it is stated here, or not needed. Raises
    Refusal."""
    terms = Terms(rules, side, type)
    _read_force(parameters, prefix, terms)
    _read_prices(parameters, prefix, terms)
    if not prefix:
        quantity = parameters.count("quantity")
        quote = parameters.count("quoteOrderQty")
        if quote is not None and type != MARKET:
            raise not_required("quoteOrderQty")
        if quantity is None and quote is None:
            if type == MARKET:
                raise either("quantity", "quoteOrderQty")
            raise mandatory("quantity")
        if quantity is not None and quote is not None:
            raise Refusal(COMBINATION, "Combination of optional parameters invalid.")
        terms.quote_quantity = (quote or 0) * QUANTITY_MONEY
    terms.quantity = quantity or 0
    _read_iceberg(parameters, prefix, terms)
    terms.client_id = parameters.client_id(named(prefix, "clientOrderId"))
    terms.strategy = parameters.integer(named(prefix, "strategyId"))
    terms.strategy_type = parameters.integer(named(prefix, "strategyType"))
    if terms.strategy_type is not None and terms.strategy_type < STRATEGY_TYPE_MIN:
        raise Refusal(STRATEGY_TYPE, "`strategyType` was less than 1000000.")
    read_answer(parameters, terms)
    return terms


def read_answer(parameters: Parameters, terms: Terms) -> None:
    """The form of the answer and the mode of self-trade prevention, which a list states once for all its orders."""
    said = "Data sent for parameter '{}' is not valid."
    usual = "FULL" if terms.type in (MARKET, LIMIT) else "ACK"
    name = "newOrderRespType"
    terms.answer = parameters.choice(name, ANSWERS, INVALID_PARAMETER, said.format(name)) or usual
    name = "selfTradePreventionMode"
    terms.prevention = parameters.choice(name, PREVENTIONS, INVALID_PARAMETER, said.format(name)) or "NONE"


def _read_force(parameters: Parameters, prefix: str, terms: Terms) -> None:
    name = named(prefix, "timeInForce")
    force = parameters.choice(name, TIMES_IN_FORCE, TIF, "Invalid timeInForce.")
    if terms.type in LIMITED and terms.type != LIMIT_MAKER:
        if not force:
            raise mandatory(name)
        terms.time_in_force = force
    elif force and not (prefix and force == "GTC"):
        raise Refusal(TIF_NOT_REQUIRED, "TimeInForce parameter sent when not required.")


def _read_prices(parameters: Parameters, prefix: str, terms: Terms) -> None:
    price_name, stop_name, trail_name = (named(prefix, name) for name in ("price", "stopPrice", "trailingDelta"))
    price, stop = parameters.count(price_name), parameters.count(stop_name)
    trailing = parameters.integer(trail_name, 1, INTEGER_MAX)
    _read_peg(parameters, prefix, terms)
    if terms.type in LIMITED:
        if price is None and terms.peg is None:
            raise mandatory(price_name)
        if price is not None and terms.peg is not None:
            raise not_required(price_name)
    elif price is not None:
        raise not_required(price_name)
    if terms.type in CONDITIONAL:
        if stop is None and trailing is None:
            raise either(stop_name, trail_name)
    elif stop is not None or trailing is not None:
        raise not_required(stop_name if stop is not None else trail_name)
    terms.limit_price = price or 0
    terms.stop_price = stop or 0
    terms.trailing = trailing or 0


def _read_peg(parameters: Parameters, prefix: str, terms: Terms) -> None:
    """A price stated as the best of its own side (PRIMARY_PEG) or of the other (MARKET_PEG), or so many levels in. It
    is fixed as the order comes."""
    kind_name, offset_name, level_name = (
        named(prefix, name) for name in ("pegPriceType", "pegOffsetType", "pegOffsetValue")
    )
    said = f"Data sent for parameter '{kind_name}' is not valid."
    kind = parameters.choice(kind_name, PEGS, INVALID_PARAMETER, said)
    offset = parameters.choice(
        offset_name, ("PRICE_LEVEL",), INVALID_PARAMETER, f"Data sent for parameter '{offset_name}' is not valid."
    )
    level = parameters.integer(level_name, 1, PEG_LEVEL_MAX)
    if bool(offset) != (level is not None):
        raise Refusal(COMBINATION, f"Fields [{offset_name}, {level_name}] must be sent together or omitted entirely.")
    if not kind:
        if offset:
            raise mandatory(kind_name)
        return
    if terms.type not in LIMITED or (kind == "MARKET_PEG" and terms.type == LIMIT_MAKER):
        raise Refusal(COMPOSITION, "Unsupported order combination.")
    terms.peg = (kind, offset, level or 0)


def _read_iceberg(parameters: Parameters, prefix: str, terms: Terms) -> None:
    name = named(prefix, "icebergQty")
    iceberg = parameters.count(name)
    if iceberg is None or iceberg == 0:
        return
    if terms.type not in LIMITED:
        raise Refusal(NOT_REQUIRED, f"Parameter '{name}' sent when not required.")
    if terms.time_in_force != "GTC" and prefix.lower().endswith(("above", "below")):
        said = f"Parameter '{name}' is not supported if `aboveTimeInForce`/`belowTimeInForce` is not GTC."
        raise Refusal(OCO_ICEBERG, said)
    if terms.time_in_force != "GTC":
        raise Refusal(COMPOSITION, "Unsupported order combination.")
    if terms.quantity and iceberg > terms.quantity:
        raise Refusal(-2010, "IcebergQty exceeds QTY.")
    terms.iceberg = 0 if iceberg == terms.quantity else iceberg


def either(one: str, other: str) -> Refusal:
    return Refusal(MANDATORY, f"Param '{one}' or '{other}' must be sent, but both were empty/null!")
