"""What clients may send, as types. Numbers are exact decimals; what is unknown to the contract is ignored."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from tradewright.sim.wire.mt5.answers import Refusal

Body = TypeVar("Body", bound=msgspec.Struct)

#: A price or a volume has no more digits before or behind its point.
EXPONENT_MAX = 20


class Open(msgspec.Struct):
    """stop_loss must be said; null says that there is none. entry_price: of everything but a market order;
    stop_limit_price: the limit of a stop_limit. max_slippage: price distance, where deviation_points is not given."""

    symbol: str
    direction: str
    lot_size: Decimal
    order_kind: Literal["market", "limit", "stop", "stop_limit"] = "market"
    entry_price: Decimal | None = None
    stop_limit_price: Decimal | None = None
    stop_loss: Decimal | UnsetType | None = UNSET
    take_profit: Decimal | None = None
    strategy: str = ""
    client_order_id: str = ""
    magic: int = 0
    deviation_points: int | None = None
    max_slippage: Decimal | None = None
    filling: Literal["auto", "fok", "ioc", "return", "boc"] = "auto"
    time: Literal["gtc", "day", "specified"] = "gtc"
    expiration: str = ""
    comment: str = ""


class Close(msgspec.Struct):
    """Whole, or `volume` lots, or `volume_percent` of it, rounded down to the step. mt5_ticket: the same as ticket.
    comment: of the closing order and its deals, by which who asked for it finds it again."""

    ticket: int = 0
    mt5_ticket: int = 0
    volume: Decimal | None = None
    volume_percent: Decimal | None = None
    deviation_points: int = 0
    reason: str = ""
    comment: str = ""


class CloseAll(msgspec.Struct):
    symbol: str = ""
    magic: int | None = None


class Modify(msgspec.Struct):
    """Left out: stays as it is; null: taken away. A pending order's price can be changed too."""

    ticket: int = 0
    stop_loss: Decimal | UnsetType | None = UNSET
    take_profit: Decimal | UnsetType | None = UNSET
    entry_price: Decimal | None = None
    stop_limit_price: Decimal | None = None


class Cancel(msgspec.Struct):
    ticket: int = 0
    mt5_ticket: int = 0


def read_body(data: bytes, type: type[Body]) -> Body:
    """Raises Refusal 400 that says what is wrong."""
    try:
        body = msgspec.json.decode(data, type=type)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, f"the body is malformed: {error}") from error
    for name in type.__struct_fields__:
        value = getattr(body, name)
        if isinstance(value, Decimal) and not (value.is_finite() and abs(value.adjusted()) <= EXPONENT_MAX):
            raise Refusal(400, f"{name} is not a number that anybody means")
    return body
