"""The answers of the MT5 Connector as types, written from the reference page: its section 9, and section 8 for what the
clients of the first connectors read. A field that is missing or of another type is an error; more fields are not."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeVar

import msgspec

Time = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Direction = Literal["buy", "sell"]


class Terminal(msgspec.Struct):
    connected: bool
    trade_allowed: bool
    build: int
    ping_ms: int


class Account(msgspec.Struct):
    login: int
    server: str
    currency: str
    margin_mode: int
    leverage: int
    trade_allowed: bool
    trade_expert: bool
    balance: float
    equity: float
    margin: float
    free_margin: float
    margin_level: float


class Health(msgspec.Struct):
    status: Literal["ok", "degraded", "down"]
    mt5_connection: bool
    terminal: Terminal | None
    account: Account | None
    server_time: Time
    utc_offset_s: int
    version: str


class AccountName(msgspec.Struct):
    login: int
    currency: str
    margin_mode: int


class Position(msgspec.Struct):
    symbol: str
    broker_symbol: str
    ticket: int
    position_id: int
    direction: Direction
    volume: float
    open_price: float
    current_price: float
    sl: float | None
    tp: float | None
    open_time: Time
    magic: int
    comment: str
    swap: float
    commission: float
    profit: float
    contract_size: float
    tick_size: float
    tick_value_loss: float
    digits: int
    risk_amount: float | None
    risk_currency: str
    risk_known: bool


class OpenPositions(msgspec.Struct):
    success: Literal[True]
    as_of: Time
    snapshot_id: str
    account: AccountName
    positions: list[Position]


class Summary(msgspec.Struct):
    success: Literal[True]
    balance: float
    equity: float
    margin: float
    free_margin: float
    margin_level: float
    currency: str


class Order(msgspec.Struct):
    symbol: str
    broker_symbol: str
    ticket: int
    direction: Direction
    order_kind: str
    state: str
    volume: float
    remaining_volume: float
    filled_volume: float
    entry_price: float
    sl: float | None
    tp: float | None
    setup_time: Time
    done_time: Time | None
    expiration: Time | None
    magic: int
    comment: str


class PendingOrders(msgspec.Struct):
    success: Literal[True]
    as_of: Time
    orders: list[Order]


class Deal(msgspec.Struct):
    ticket: int
    order: int | None
    position_id: int | None
    symbol: str | None
    direction: Direction | None
    entry: Literal["in", "out", "inout", "out_by"]
    volume: float
    price: float
    commission: float
    swap: float
    fee: float
    profit: float
    time: Time
    time_msc: int
    magic: int
    comment: str
    reason: str


class OneOrder(msgspec.Struct):
    success: Literal[True]
    order: Order
    deals: list[Deal]


class Deals(msgspec.Struct):
    success: Literal[True]
    deals: list[Deal]
    next_cursor: int | None


class Orders(msgspec.Struct):
    success: Literal[True]
    orders: list[Order]
    next_cursor: int | None


class Price(msgspec.Struct):
    success: Literal[True]
    symbol: str
    resolved_symbol: str
    bid: float
    ask: float
    last: float
    mid: float
    time: int
    time_iso: Time
    time_msc: int


class Bar(msgspec.Struct):
    time: Time
    open: float
    high: float
    low: float
    close: float
    volume: int


class Session(msgspec.Struct):
    open: Time
    close: Time


class SymbolFields(msgspec.Struct):
    """All fields of section 1, and the sessions."""

    symbol: str
    broker_symbol: str
    name: str
    path: str
    description: str
    digits: int
    point: float
    spread: int
    spread_float: bool
    trade_calc_mode: int
    trade_mode: int
    trade_exemode: int
    trade_stops_level: int
    trade_freeze_level: int
    filling_mode: int
    expiration_mode: int
    order_mode: int
    volume_min: float
    volume_max: float
    volume_step: float
    volume_limit: float
    trade_contract_size: float
    trade_tick_size: float
    trade_tick_value: float
    trade_tick_value_profit: float
    trade_tick_value_loss: float
    currency_base: str
    currency_profit: str
    currency_margin: str
    swap_long: float
    swap_short: float
    margin_initial: float
    bid: float
    ask: float
    visible: bool
    select: bool
    sessions: list[Session]


class Symbols(msgspec.Struct):
    success: Literal[True]
    total_symbols: int
    all_symbols: list[str]
    symbols: list[SymbolFields]


class Opened(msgspec.Struct):
    success: Literal[True]
    retcode: Literal[10008, 10009, 10010]
    ticket: int
    mt5_ticket: int
    order: int
    deal: int | None
    position_id: int | None
    requested_volume: float
    filled_volume: float
    price: float | None
    sl: float | None
    tp: float | None
    status: Literal["filled", "partial", "placed"]
    broker_symbol: str
    request_id: str


class Done(msgspec.Struct):
    success: Literal[True]
    retcode: int
    ticket: int
    request_id: str


class CloseResult(msgspec.Struct):
    ticket: int
    status_code: int
    success: bool


class ClosedAll(msgspec.Struct):
    success: bool
    results: list[CloseResult]


class Error(msgspec.Struct):
    success: Literal[False]
    error: str
    detail: str
    retcode: int | None
    retcode_name: str | None
    outcome: Literal["rejected", "unknown"]
    request_id: str


class Event(msgspec.Struct):
    seq: int
    event: str
    time: Time
    ticket: int
    position_id: int
    symbol: str
    broker_symbol: str
    direction: Direction
    volume: float


# What the first connectors answered (section 8)


class OldPosition(msgspec.Struct):
    symbol: str
    ticket: int
    direction: Direction
    volume: float
    open_price: float
    sl: float | None
    tp: float | None
    open_time: str
    profit: float | None


class OldPositions(msgspec.Struct):
    success: bool
    positions: list[OldPosition]
    error: str | None


class OldTrade(msgspec.Struct):
    success: Literal[True]
    ticket: int
    mt5_ticket: int | None = None
    error: None = None


class OldAccountInfo(msgspec.Struct):
    login: int
    server: str
    balance: float
    equity: float
    margin: float
    free_margin: float
    trade_allowed: bool
    trade_expert: bool
    leverage: int
    margin_mode: int
    currency: str
    company: str


class OldHealth(msgspec.Struct):
    status: str
    mt5_connection: bool
    account_info: OldAccountInfo


class OldFlow(msgspec.Struct):
    symbol: str
    timestamp: str
    bid_volume: float
    ask_volume: float
    delta: float
    delta_sign: Literal["positive", "negative", "neutral"]
    imbalance_buy_pct: float
    imbalance_sell_pct: float
    large_orders: list[float]


_FLOATS = re.compile(rb'"(?:volume|open_price|balance|risk_amount|sl)":"')


Shape = TypeVar("Shape")


def decoded(data: bytes, shape: type[Shape]) -> Shape:
    """The answer as its type; a number that came as text is an error."""
    assert not _FLOATS.search(data), data
    return msgspec.json.decode(data, type=shape)
