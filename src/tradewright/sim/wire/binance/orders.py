"""An order as the venue keeps and says it: its terms, its life, its fills, and the forms in which it is told.

Prices and quantities are counts of 10^-8, money at MONEY_SCALE, times ns. A list's leg that waits for its turn is
PENDING_NEW. What is asked for as of an earlier time is told from the fills and the end as they stood then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tradewright.sim.wire.binance.figures import QUANTITY_MONEY, WORTH, Time, money_text, text
from tradewright.sim.wire.binance.rules import Rules

if TYPE_CHECKING:
    from tradewright.sim.wire.binance.order_lists import OrderList

BUY, SELL = 1, -1
SIDES = {BUY: "BUY", SELL: "SELL"}

NEW, PENDING_NEW, PARTIALLY_FILLED, FILLED = "NEW", "PENDING_NEW", "PARTIALLY_FILLED", "FILLED"
CANCELED, REJECTED, EXPIRED, EXPIRED_IN_MATCH = "CANCELED", "REJECTED", "EXPIRED", "EXPIRED_IN_MATCH"
OPEN = (NEW, PENDING_NEW, PARTIALLY_FILLED)

LIMIT, LIMIT_MAKER, MARKET = "LIMIT", "LIMIT_MAKER", "MARKET"
STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT, TAKE_PROFIT_LIMIT = (
    "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
)  # fmt: skip
STOPS = (STOP_LOSS, STOP_LOSS_LIMIT)
PROFITS = (TAKE_PROFIT, TAKE_PROFIT_LIMIT)
CONDITIONAL = (*STOPS, *PROFITS)
LIMITED = (LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT, TAKE_PROFIT_LIMIT)

#: Why an order expired, as executionReport's eR says it.
OCO_TRIGGER = "OCO_TRIGGER"
PHASE_ONE = "OTO_PHASE_ONE_EXPIRED"
IOC_LEFT = "UNFILLED_IOC_QUANTITY_EXPIRED"
FOK_LEFT = "UNFILLED_FOK_ORDER_EXPIRED"
NO_LIQUIDITY = "INSUFFICIENT_LIQUIDITY"
OUT_OF_RANGE = "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"


@dataclass(slots=True)
class Terms:
    """What was asked for. 0, "" = not asked. limit_price: of LIMITED types; quote_quantity: money to spend or take in;
    trailing: in 1/10000; peg: (price type, offset type, level)."""

    rules: Rules
    side: int
    type: str
    time_in_force: str = "GTC"
    quantity: int = 0
    quote_quantity: int = 0
    limit_price: int = 0
    stop_price: int = 0
    trailing: int = 0
    iceberg: int = 0
    client_id: str = ""
    strategy: int | None = None
    strategy_type: int | None = None
    prevention: str = "NONE"
    answer: str = ""
    peg: tuple[str, str, int] | None = None

    @property
    def conditional(self) -> bool:
        return self.type in CONDITIONAL

    @property
    def limited(self) -> bool:
        return self.type in LIMITED

    @property
    def rises(self) -> bool:
        """Whether it is triggered by a price at or above its stop price."""
        return (self.side == BUY) == (self.type in STOPS)

    @property
    def received(self) -> str:
        """The asset that a fill brings in."""
        return self.rules.base if self.side == BUY else self.rules.quote

    @property
    def spent(self) -> str:
        return self.rules.quote if self.side == BUY else self.rules.base

    def cost(self, quantity: int, price: int) -> int:
        """What so much of it holds of the asset it spends, money."""
        return quantity * price * WORTH if self.side == BUY else quantity * QUANTITY_MONEY


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill. commission: money in its asset."""

    id: int
    price: int
    quantity: int
    commission: int
    asset: str
    time: int
    maker: bool

    @property
    def worth(self) -> int:
        return self.price * self.quantity * WORTH


@dataclass(slots=True)
class Order:
    """One order. quantity may shrink by an amendment; prevented: taken from it by self-trade prevention. working_since:
    when it came into the book, 0 = not yet; at_exchange: it is there now. ending: how the site has asked to end it
    (status, reason, id of the cancel). cut: what of it was not given to the exchange, and why.
    prevention: what a TRADE_PREVENTION says besides. mark: the best price that a trailing stop has seen, 0 = it does
    not trail yet."""

    id: int
    account: str
    terms: Terms
    time: int
    order_list: OrderList | None = None
    status: str = NEW
    quantity: int = 0
    price: int = 0
    executed: int = 0
    worth: int = 0
    fills: list[Execution] = field(default_factory=list)
    updated: int = 0
    ended: int = 0
    working_since: int = 0
    trailing_since: int = 0
    at_exchange: bool = False
    triggered: bool = False
    ending: tuple[str, str, str] | None = None
    expiry_reason: str = ""
    prevented: int = 0
    prevented_match: int = -1
    mark: int = 0
    client_id: str = ""
    cut: int = 0
    cut_reason: str = NO_LIQUIDITY
    prevention: dict[str, object] = field(default_factory=dict)
    amendments: list[dict[str, object]] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.status in OPEN

    @property
    def left(self) -> int:
        """What may still be filled."""
        return self.quantity - self.executed - self.prevented

    @property
    def list_id(self) -> int:
        return -1 if self.order_list is None else self.order_list.id

    @property
    def commission(self) -> int:
        """What its fills took of the asset they brought in."""
        return sum(fill.commission for fill in self.fills if fill.asset == self.terms.received)

    # How it is told

    def head(self) -> dict[str, object]:
        return {"symbol": self.terms.rules.symbol, "orderId": self.id, "orderListId": self.list_id}

    def body(self) -> dict[str, object]:
        """Price, quantities, status and kind, as most answers have them."""
        terms = self.terms
        return {
            "price": text(self.price), "origQty": text(self.quantity), "executedQty": text(self.executed),
            "origQuoteOrderQty": money_text(terms.quote_quantity), "cummulativeQuoteQty": money_text(self.worth),
            "status": self.status, "timeInForce": terms.time_in_force, "type": terms.type, "side": SIDES[terms.side],
        }  # fmt: skip

    def extras(self) -> dict[str, object]:
        """What stands in an answer only where the order has it."""
        terms = self.terms
        found: dict[str, object] = {}
        if terms.stop_price:
            found["stopPrice"] = text(terms.stop_price)
        if terms.iceberg:
            found["icebergQty"] = text(terms.iceberg)
        if terms.trailing:
            found["trailingDelta"] = terms.trailing
            found["trailingTime"] = Time(self.trailing_since) if self.trailing_since else -1
        if terms.strategy is not None:
            found["strategyId"] = terms.strategy
        if terms.strategy_type is not None:
            found["strategyType"] = terms.strategy_type
        if self.prevented:
            found["preventedMatchId"] = self.prevented_match
            found["preventedQuantity"] = text(self.prevented)
        if terms.peg is not None:
            kind, offset, level = terms.peg
            found["pegPriceType"] = kind
            if offset:
                found |= {"pegOffsetType": offset, "pegOffsetValue": level}
            found["peggedPrice"] = text(self.price)
        if self.expiry_reason:
            found["expiryReason"] = self.expiry_reason
        return found

    def answer(self, form: str) -> dict[str, object]:
        """ACK, RESULT or FULL."""
        said = {**self.head(), "clientOrderId": self.client_id, "transactTime": Time(self.updated)}
        if form == "ACK":
            return said
        said |= self.body()
        said["workingTime"] = self._working()
        if form == "FULL":
            said["fills"] = [
                {"price": text(fill.price), "qty": text(fill.quantity), "commission": money_text(fill.commission),
                 "commissionAsset": fill.asset, "tradeId": fill.id}
                for fill in self.fills
            ]  # fmt: skip
        return said | {"selfTradePreventionMode": self.terms.prevention} | self.extras()

    def _working(self) -> object:
        return Time(self.working_since) if self.working_since else -1

    def row(self) -> dict[str, object]:
        """As a query answers."""
        body = self.body()
        quote = body.pop("origQuoteOrderQty")
        return {
            **self.head(), "clientOrderId": self.client_id, **body,
            "stopPrice": text(self.terms.stop_price), "icebergQty": text(self.terms.iceberg), "time": Time(self.time),
            "updateTime": Time(self.updated), "isWorking": self.working_since > 0,
            "workingTime": self._working(), "origQuoteOrderQty": quote,
            "selfTradePreventionMode": self.terms.prevention, **self.extras(),
        }  # fmt: skip

    def row_at(self, time: int) -> dict[str, object] | None:
        """As a query answered at an earlier time if the order was open then; else None."""
        if self.time > time or (self.ended and self.ended <= time):
            return None
        fills = [fill for fill in self.fills if fill.time <= time]
        row = self.row()
        row["executedQty"] = text(sum(fill.quantity for fill in fills))
        row["cummulativeQuoteQty"] = money_text(sum(fill.worth for fill in fills))
        if self.status != PENDING_NEW:
            row["status"] = PARTIALLY_FILLED if fills else NEW
        row["updateTime"] = Time(fills[-1].time if fills else self.time)
        return row

    def cancelled(self, client_id: str) -> dict[str, object]:
        """As the answer to a cancel; client_id: of the cancel."""
        return {
            "symbol": self.terms.rules.symbol, "origClientOrderId": self.client_id, "orderId": self.id,
            "orderListId": self.list_id, "clientOrderId": client_id, "transactTime": Time(self.updated),
            **self.body(), "selfTradePreventionMode": self.terms.prevention, **self.extras(),
        }  # fmt: skip

    def trade_row(self, fill: Execution) -> dict[str, object]:
        """One fill as /myTrades answers it."""
        return {
            "symbol": self.terms.rules.symbol, "id": fill.id, "orderId": self.id, "orderListId": self.list_id,
            "price": text(fill.price), "qty": text(fill.quantity), "quoteQty": money_text(fill.worth),
            "commission": money_text(fill.commission), "commissionAsset": fill.asset, "time": Time(fill.time),
            "isBuyer": self.terms.side == BUY, "isMaker": fill.maker, "isBestMatch": True,
        }  # fmt: skip


def report(
    order: Order,
    kind: str,
    execution: int,
    clock: int,
    *,
    fill: Execution | None = None,
    cancel_id: str = "",
    original_id: str = "",
    rejected: str = "NONE",
) -> dict[str, object]:
    """The executionReport of what happened to an order. kind: its x; execution: its I; cancel_id: names the cancel (or
    the amended order), original_id: the order's id before."""
    terms = order.terms
    said: dict[str, object] = {
        "e": "executionReport", "E": Time(clock), "s": terms.rules.symbol, "c": cancel_id or order.client_id,
        "S": SIDES[terms.side], "o": terms.type, "f": terms.time_in_force, "q": text(order.quantity),
        "p": text(order.price), "P": text(terms.stop_price), "F": text(terms.iceberg), "g": order.list_id,
        "C": original_id, "x": kind, "X": order.status, "r": rejected, "i": order.id,
        "l": text(fill.quantity if fill else 0), "z": text(order.executed), "L": text(fill.price if fill else 0),
        "n": money_text(fill.commission if fill else 0), "N": fill.asset if fill else None,
        "T": Time(order.updated), "t": fill.id if fill else -1, "I": execution,
        "w": order.working_since > 0 and order.open,
        "m": fill.maker if fill else False, "M": fill is not None, "O": Time(order.time),
        "Z": money_text(order.worth), "Y": money_text(fill.worth if fill else 0), "Q": money_text(terms.quote_quantity),
        "V": terms.prevention,
    }  # fmt: skip
    if order.working_since:
        said["W"] = Time(order.working_since)
    if terms.trailing:
        said["d"] = terms.trailing
        if order.trailing_since:
            said["D"] = Time(order.trailing_since)
    if terms.strategy is not None:
        said["j"] = terms.strategy
    if terms.strategy_type is not None:
        said["J"] = terms.strategy_type
    if terms.peg is not None:
        said |= {"gP": terms.peg[0], "gp": text(order.price)}
        if terms.peg[1]:
            said |= {"gOT": terms.peg[1], "gOV": terms.peg[2]}
    if kind == "TRADE_PREVENTION":
        said |= order.prevention
    if order.expiry_reason and kind in ("EXPIRED", "REJECTED"):
        said["eR"] = order.expiry_reason
    return said
