"""What REST answers, read into nouns. Decimals stay exact; what is not as documented raises InputError.

Times come in ms or µs and become ns; what is written in µs is larger than MS_MAX, what is written in ms is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from tradewright.adapters.chain.seen import CANCELED, EXPIRED, FILLED, OPEN, REJECTED, Execution, Seen
from tradewright.adapters.venue.binance.outcomes import NO_CODE
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import PRICE_MAX, SIZE_MAX, count_of, money_of
from tradewright.model.order import BUY, FOK, GTC, IOC, LIMIT, MARKET, SELL, STOP, STOP_LIMIT, TRAILING_STOP

MS_NS = 1_000_000
MS_MAX = 10**14
TIME_MAX_NS = 2**62
TRAIL_MAX = 10_000

Content = TypeVar("Content")
Known = TypeVar("Known")

STATUSES = {
    "NEW": OPEN, "PARTIALLY_FILLED": OPEN, "PENDING_NEW": OPEN, "PENDING_CANCEL": OPEN, "FILLED": FILLED,
    "CANCELED": CANCELED, "EXPIRED": EXPIRED, "EXPIRED_IN_MATCH": EXPIRED, "REJECTED": REJECTED,
}  # fmt: skip
POST_ONLY = "LIMIT_MAKER"
#: A take-profit order waits for its price as a stop does, on the other side of the market.
TYPES = {
    "MARKET": MARKET, "LIMIT": LIMIT, POST_ONLY: LIMIT, "STOP_LOSS": STOP, "TAKE_PROFIT": STOP,
    "STOP_LOSS_LIMIT": STOP_LIMIT, "TAKE_PROFIT_LIMIT": STOP_LIMIT,
}  # fmt: skip
FORCES = {"GTC": GTC, "IOC": IOC, "FOK": FOK}
SIDES = {"BUY": BUY, "SELL": SELL}
#: A distance of a trailing stop is stated in these parts: 1/10000.
BIP_PPM = 100


class FillRow(msgspec.Struct):
    """A fill inside the answer to a new order."""

    price: str
    qty: str
    commission: str
    commissionAsset: str
    tradeId: int


class OrderRow(msgspec.Struct):
    """An order, as its placing, cancelling or look-up answers it."""

    symbol: str
    orderId: int
    clientOrderId: str
    status: str
    type: str
    side: str
    origQty: str
    executedQty: str
    price: str = "0"
    stopPrice: str = "0"
    timeInForce: str = "GTC"
    orderListId: int = -1
    origClientOrderId: str = ""
    trailingDelta: int = 0
    transactTime: int = 0
    updateTime: int = 0
    time: int = 0
    workingTime: int = -1
    expiryReason: str = ""
    fills: list[FillRow] = []


class TradeRow(msgspec.Struct):
    """One of my trades."""

    symbol: str
    id: int
    orderId: int
    price: str
    qty: str
    commission: str
    commissionAsset: str
    time: int
    isMaker: bool


class BalanceRow(msgspec.Struct):
    asset: str
    free: str
    locked: str


class AccountRow(msgspec.Struct):
    balances: list[BalanceRow]


class AmendedRow(msgspec.Struct):
    """The order inside the answer to an amendment, whose names are its own."""

    symbol: str
    orderId: int
    clientOrderId: str
    status: str
    qty: str
    executedQty: str


class AmendRow(msgspec.Struct):
    transactTime: int
    amendedOrder: AmendedRow


class ListRow(msgspec.Struct):
    orderListId: int
    orderReports: list[OrderRow]


class TimeRow(msgspec.Struct):
    serverTime: int


class _RefusalRow(msgspec.Struct):
    code: int
    msg: str = ""


class _WaitRow(msgspec.Struct):
    retryAfter: int


class _LimitedRow(msgspec.Struct):
    data: _WaitRow


def decoded(body: bytes | str, type: type[Content]) -> Content:
    """JSON of a known form. Raises InputError."""
    try:
        return msgspec.json.decode(body, type=type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"not an answer of this venue: {error}") from error


def refusal_of(body: bytes) -> tuple[int, str]:
    """Code and text of a refusal; NO_CODE where the answer has none."""
    try:
        row = msgspec.json.decode(body, type=_RefusalRow)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NO_CODE, body[:200].decode(errors="replace")
    return row.code, row.msg


def limited_until(body: bytes) -> int | None:
    """Until when, ns of the venue's clock, a refusal forbids more; None = it does not say."""
    try:
        return moment(decoded(body, _LimitedRow).data.retryAfter)
    except InputError:
        return None


def moment(stamp: int) -> int:
    """ns of a time in ms or µs. Raises InputError for one that is out of range."""
    found = stamp * (1_000 if abs(stamp) > MS_MAX else MS_NS)
    if not 0 <= found <= TIME_MAX_NS:
        raise InputError(f"{stamp} is not a time")
    return found


def price_of(text: str, instrument: Instrument) -> int:
    found = count_of(text, instrument.price_scale, f"{instrument.symbol}: price", PRICE_MAX)
    if found < 0:
        raise InputError(f"{instrument.symbol}: price {text} is negative")
    return found


def size_of(text: str, instrument: Instrument) -> int:
    found = count_of(text, instrument.size_scale, f"{instrument.symbol}: size", SIZE_MAX)
    if found < 0:
        raise InputError(f"{instrument.symbol}: size {text} is negative")
    return found


def known(value: str, names: Mapping[str, Known], what: str) -> Known:
    """What a value of an enumeration means. Raises InputError."""
    if value not in names:
        raise InputError(f"{what} {value[:40]!r} is not known")
    return names[value]


def trail_of(bips: int) -> int:
    """A trailing distance in parts per million, 0 = none. Raises InputError."""
    if not 0 <= bips <= TRAIL_MAX:
        raise InputError(f"a trailing distance of {bips} is none")
    return bips * BIP_PPM


def type_of(name: str, trail_ppm: int) -> int:
    """An order's type. Raises InputError."""
    type = known(name, TYPES, "type")
    return TRAILING_STOP if trail_ppm else type


def reason_of(status: str, said: str) -> str:
    """Why an order ended: what the venue says, or its own word for an end that nobody asked for."""
    return said or (status if STATUSES[status] in (EXPIRED, REJECTED) else "")


def execution_of(
    instrument: Instrument, trade_id: int, price: str, size: str, fee: str, asset: str, maker: bool, time: int
) -> Execution:
    """A fill from its texts. Raises InputError."""
    execution = Execution(
        f"{trade_id}", price_of(price, instrument), size_of(size, instrument), money_of(fee, "commission"), asset,
        maker, time,
    )  # fmt: skip
    if execution.price <= 0 or execution.size <= 0 or trade_id < 0:
        raise InputError(f"{instrument.symbol}: trade {trade_id} has no price or no size")
    return execution


def seen_of(row: OrderRow, instrument: Instrument) -> Seen:
    """An order's row as what was seen of it. Raises InputError."""
    time = moment(row.transactTime or row.updateTime)
    executions = tuple(
        # Fills inside the answer to a new order are those it took from the book.
        execution_of(instrument, fill.tradeId, fill.price, fill.qty, fill.commission, fill.commissionAsset, False, time)
        for fill in row.fills
    )
    trail_ppm = trail_of(row.trailingDelta)
    return Seen(
        instrument, f"{row.orderId}", row.origClientOrderId or row.clientOrderId,
        known(row.status, STATUSES, "status"), known(row.side, SIDES, "side"), type_of(row.type, trail_ppm),
        size_of(row.origQty, instrument), size_of(row.executedQty, instrument), price_of(row.price, instrument),
        price_of(row.stopPrice, instrument), time, trail_ppm, row.type == POST_ONLY, FORCES.get(row.timeInForce, GTC),
        moment(row.time), row.workingTime > 0, row.orderListId >= 0, True, reason_of(row.status, row.expiryReason),
        executions,
    )  # fmt: skip


def trade_of(row: TradeRow, instrument: Instrument) -> Execution:
    """One of my trades as a fill. Raises InputError."""
    return execution_of(
        instrument, row.id, row.price, row.qty, row.commission, row.commissionAsset, row.isMaker, moment(row.time)
    )


def balances_of(body: bytes) -> dict[str, int]:
    """Money per asset, what is locked included. Raises InputError."""
    return {row.asset: total_of(row.asset, row.free, row.locked) for row in decoded(body, AccountRow).balances}


def total_of(asset: str, free: str, locked: str) -> int:
    return money_of(free, f"balance of {asset}") + money_of(locked, f"balance of {asset}")
