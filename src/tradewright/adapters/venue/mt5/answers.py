"""What a connector answers, as exact types: a number never passes through a float, a field that is missing or of
another type makes the whole answer unreadable, more fields are ignored.

What the first connectors did not say has a default, so that their answers can be read too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec

from tradewright.model.errors import VenueRefused

Shape = TypeVar("Shape")

#: The code of an answer that can not be read.
UNREADABLE = "UNREADABLE"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HEDGING_MODE = 2
BUY_SIDE, SELL_SIDE = "buy", "sell"
SIDE_OF = {BUY_SIDE: 1, SELL_SIDE: -1}


class Account(msgspec.Struct):
    """margin_mode: 0 netting, 1 exchange (which nets), 2 hedging, -1 = not said."""

    login: int = 0
    currency: str = ""
    margin_mode: int = -1
    trade_allowed: bool = True
    trade_expert: bool = True


class Health(msgspec.Struct):
    """version: "" of the first connectors, which had none."""

    mt5_connection: bool
    status: str = ""
    account: Account | None = None
    server_time: str = ""
    utc_offset_s: int = 0
    version: str = ""


class Summary(msgspec.Struct):
    success: bool
    balance: Decimal
    currency: str


class Position(msgspec.Struct):
    """One open position. What stands behind tp was not said by the first connectors."""

    symbol: str
    ticket: int
    direction: str
    volume: Decimal
    open_price: Decimal
    sl: Decimal | None = None
    tp: Decimal | None = None
    broker_symbol: str = ""
    position_id: int = 0
    magic: int = 0
    comment: str = ""
    tick_size: Decimal | None = None
    tick_value_loss: Decimal | None = None
    risk_amount: Decimal | None = None
    risk_known: bool = False

    @property
    def name(self) -> str:
        """The broker's own."""
        return self.broker_symbol or self.symbol

    @property
    def identity(self) -> int:
        """Its number for life."""
        return self.position_id or self.ticket


class Positions(msgspec.Struct):
    success: bool
    positions: list[Position]
    error: str | None = None
    account: Account | None = None


class Order(msgspec.Struct):
    symbol: str
    broker_symbol: str
    ticket: int
    direction: str
    order_kind: str
    state: str
    volume: Decimal
    filled_volume: Decimal
    entry_price: Decimal
    setup_time: str | None
    done_time: str | None
    magic: int
    comment: str
    stop_limit_price: Decimal | None = None
    sl: Decimal | None = None
    tp: Decimal | None = None
    position_id: int | None = None
    time: str = ""
    reason: str = ""


class Orders(msgspec.Struct):
    success: bool
    orders: list[Order]
    next_cursor: int | None = None


class Deal(msgspec.Struct):
    """direction None: no trade but a movement of money."""

    ticket: int
    order: int | None
    position_id: int | None
    broker_symbol: str | None
    direction: str | None
    entry: str
    volume: Decimal
    price: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    profit: Decimal
    time: str
    magic: int
    comment: str
    reason: str


class Deals(msgspec.Struct):
    success: bool
    deals: list[Deal]
    next_cursor: int | None = None


class OrderAnswer(msgspec.Struct):
    success: bool
    order: Order
    deals: list[Deal]


class Done(msgspec.Struct):
    """Of a POST that was carried out. order: the ticket of the order it became, 0 = none."""

    success: bool
    retcode: int | None = None
    order: int = 0
    ticket: int = 0
    status: str = ""


class Refusal(msgspec.Struct):
    """The body of a refusal. The first connectors had `detail` alone."""

    success: bool | None = None
    error: str | None = None
    detail: object = None
    retcode: int | None = None
    retcode_name: str | None = None
    outcome: str | None = None
    retry_after: float | None = None

    @property
    def text(self) -> str:
        found = self.error or (self.detail if isinstance(self.detail, str) else "")
        return f"{self.retcode_name}: {found}" if self.retcode_name else found


class Listed(msgspec.Struct):
    """A symbol of the broker's: the package's numbers."""

    name: str
    visible: bool
    digits: int
    trade_mode: int
    trade_calc_mode: int
    trade_exemode: int
    filling_mode: int
    volume_min: Decimal
    volume_max: Decimal
    volume_step: Decimal
    trade_contract_size: Decimal
    trade_tick_size: Decimal
    trade_tick_value_loss: Decimal
    currency_base: str
    currency_profit: str
    always_open: bool = False


class Listing(msgspec.Struct):
    success: bool
    symbols: list[Listed]


class Price(msgspec.Struct):
    success: bool
    bid: Decimal
    ask: Decimal
    time_msc: int


class Rate(msgspec.Struct):
    """A bar; volume: its ticks."""

    time: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


def read(body: bytes, shape: type[Shape]) -> Shape:
    """Raises VenueRefused with the code UNREADABLE for what is not of that shape."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, RecursionError) as error:
        raise VenueRefused(f"an answer can not be read: {error}: {body[:120]!r}", UNREADABLE) from error


def moment(text: str | None) -> int:
    """An ISO-8601 time as ns UTC; 0 for none. Raises VenueRefused with the code UNREADABLE."""
    if not text:
        return 0
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return (found - _EPOCH) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError) as error:
        raise VenueRefused(f"{text!r} is no time", UNREADABLE) from error


def iso(time: int) -> str:
    """ns UTC as a connector takes it: ISO-8601 with milliseconds."""
    found = _EPOCH + timedelta(microseconds=time // 1000)
    return f"{found:%Y-%m-%dT%H:%M:%S}.{found.microsecond // 1000:03d}Z"
