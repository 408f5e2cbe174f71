"""What Alpaca's REST answers say: bytes in, nouns out. Numbers become exact decimals, unknown fields are ignored, and
what is missing or is none of its type makes the whole answer Unreadable.

The fields on pattern day trading, which ceased in July 2026, are not read at all: nothing may hang on them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import msgspec

from tradewright.adapters.venue.alpaca.notation import Unreadable

Noun = TypeVar("Noun")


class WireOrder(msgspec.Struct, kw_only=True):
    """An order as Alpaca knows it. qty: None of an order by notional. legs: only where they were asked for."""

    id: str
    client_order_id: str
    symbol: str
    status: str
    side: str
    type: str
    time_in_force: str
    filled_qty: Decimal
    qty: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    order_class: str | None = ""
    extended_hours: bool | None = False
    created_at: str | None = None
    updated_at: str | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    group_id: str | None = None
    group_role: str | None = None
    legs: list[WireOrder] | None = None


class Execution(msgspec.Struct, kw_only=True):
    """A fill as the account's activities have it. cum_qty: filled of its order by then, itself included."""

    activity_type: str
    id: str
    order_id: str
    symbol: str
    side: str
    price: Decimal
    qty: Decimal
    cum_qty: Decimal
    transaction_time: str


class Movement(msgspec.Struct, kw_only=True):
    """Money that came or went otherwise than by a fill: a fee, a dividend. qty: what came in by a split."""

    activity_type: str
    id: str
    net_amount: Decimal | None = None
    symbol: str | None = None
    qty: Decimal | None = None
    status: str | None = "executed"


class WireAccount(msgspec.Struct, kw_only=True):
    """What of an account is read. cash: without what working orders hold being taken off."""

    status: str
    currency: str
    cash: Decimal
    equity: Decimal | None = None
    trading_blocked: bool = False
    account_blocked: bool = False
    trade_suspended_by_user: bool = False

    @property
    def blocked(self) -> str:
        """Why it takes no openings; "" = it does. PAPER_ONLY is what a paper account may be."""
        if self.account_blocked:
            return "the account is blocked"
        if self.trading_blocked:
            return "the account is blocked from trading"
        if self.trade_suspended_by_user:
            return "its owner has suspended trading"
        return "" if self.status in ("ACTIVE", "PAPER_ONLY", "ACCOUNT_UPDATED") else f"the account is {self.status}"


class WirePosition(msgspec.Struct, kw_only=True):
    """qty: negative of a short."""

    symbol: str
    qty: Decimal
    side: str
    avg_entry_price: Decimal | None = None


class WireAsset(msgspec.Struct, kw_only=True, rename={"asset_class": "class"}):
    """The last three are of pairs alone."""

    id: str
    asset_class: str
    symbol: str
    status: str
    tradable: bool
    shortable: bool = False
    fractionable: bool = False
    min_order_size: Decimal | None = None
    min_trade_increment: Decimal | None = None
    price_increment: Decimal | None = None


class WireClock(msgspec.Struct, kw_only=True):
    timestamp: str


class WireBar(msgspec.Struct, kw_only=True):
    t: str
    o: Decimal
    h: Decimal
    l: Decimal  # noqa: E741
    c: Decimal
    v: Decimal


class BarPage(msgspec.Struct, kw_only=True):
    bars: dict[str, list[WireBar]] | None
    next_page_token: str | None = None


class WirePrice(msgspec.Struct, kw_only=True):
    p: Decimal


class LatestTrades(msgspec.Struct, kw_only=True):
    trades: dict[str, WirePrice]


class Refused(msgspec.Struct, kw_only=True):
    """Why not. code: HTTP status and five digits, 0 where none is sent."""

    message: str
    code: int = 0


def read(body: bytes, noun: type[Noun]) -> Noun:
    """The noun that a JSON body says. Raises Unreadable."""
    try:
        return msgspec.json.decode(body, type=noun)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Unreadable(f"an answer that is no {noun}: {error}") from error
