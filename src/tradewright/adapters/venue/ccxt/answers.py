"""The library's unified structures, read into nouns. Numbers are exact: a float among them is refused, as is everything
else that is not as the library documents it, by InputError."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradewright.adapters.chain.seen import CANCELED, EXPIRED, FILLED, OPEN, REJECTED, Execution, Seen
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import MONEY_MAX, MONEY_SCALE, PRICE_MAX, SIZE_MAX, count_of, money_of, nearest_count_of
from tradewright.model.order import BUY, FOK, GTC, IOC, LIMIT, MARKET, SELL, STOP, STOP_LIMIT

MS_NS = 1_000_000
MS_MAX = 2**62 // MS_NS

#: "closed" is an order that has filled, or one of which the rest has ended.
STATUSES = {
    "open": OPEN, "canceling": OPEN, "closed": FILLED, "canceled": CANCELED, "expired": EXPIRED, "rejected": REJECTED,
}  # fmt: skip
SIDES = {"buy": BUY, "sell": SELL}
_FORCES = {"GTC": GTC, "IOC": IOC, "FOK": FOK}
POST_ONLY = "PO"

Row = Mapping[str, Any]


def row_of(value: object) -> Row:
    """Raises InputError for what is no structure."""
    if not isinstance(value, Mapping):
        raise InputError(f"{str(value)[:60]} is not an answer")
    return value


def rows_of(value: object) -> list[Row]:
    """Raises InputError for what is no list of structures."""
    if not isinstance(value, list):
        raise InputError(f"{str(value)[:60]} is not a list")
    return [row_of(one) for one in value]


def exact(value: object, what: str) -> str | int:
    """A number as it came. Raises InputError, for a float too: what came as one has lost its last digits."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(f"{what}: {str(value)[:60]} is not an exact number")
    return value


def text_in(row: Row, name: str) -> str:
    """A text that may be absent. Raises InputError."""
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 200:
        raise InputError(f"{name}: {str(value)[:60]!r} is not a text")
    return value


def named(row: Row, name: str) -> str:
    """A text that has to be there. Raises InputError."""
    found = text_in(row, name)
    if not found:
        raise InputError(f"it has no {name}")
    return found


def price_in(row: Row, name: str, instrument: Instrument) -> int:
    """A price in counts, 0 = none. Raises InputError."""
    value = row.get(name)
    if value is None:
        return 0
    what = f"{instrument.symbol}: {name}"
    return _positive(count_of(exact(value, what), instrument.price_scale, what, PRICE_MAX), what)


def size_in(row: Row, name: str, instrument: Instrument) -> int:
    """A size in counts. Raises InputError, also where there is none."""
    what = f"{instrument.symbol}: {name}"
    return _positive(count_of(exact(row.get(name), what), instrument.size_scale, what, SIZE_MAX), what)


def _positive(count: int, what: str) -> int:
    if count < 0:
        raise InputError(f"{what} is negative")
    return count


def time_in(row: Row, *names: str) -> int:
    """The first of these times that is there, ns; 0 = none is. Raises InputError."""
    for name in names:
        value = row.get(name)
        if value is None or value == -1:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MS_MAX:
            raise InputError(f"{name}: {str(value)[:60]} is not a time")
        if value:
            return value * MS_NS
    return 0


def seen_of(value: object, instrument: Instrument, unified: str) -> Seen:
    """An order. unified: its symbol as the library writes it. Raises InputError."""
    row = row_of(value)
    if named(row, "symbol") != unified:
        raise InputError(f"{str(row['symbol'])[:20]} is another symbol")
    status, side = STATUSES.get(named(row, "status")), SIDES.get(named(row, "side"))
    if status is None or side is None:
        raise InputError(f"status {str(row['status'])[:40]!r} or side {str(row['side'])[:40]!r} is not known")
    quantity, executed = size_in(row, "amount", instrument), size_in(row, "filled", instrument)
    if status == FILLED and executed < quantity:
        status = CANCELED
    stop = price_in(row, "triggerPrice", instrument) or price_in(row, "stopPrice", instrument)
    market = text_in(row, "type").startswith(("market", "stop_market")) or row.get("price") is None
    type = (STOP if market else STOP_LIMIT) if stop else MARKET if market else LIMIT
    force = text_in(row, "timeInForce").upper()
    return Seen(
        instrument, named(row, "id"), text_in(row, "clientOrderId"), status, side, type, quantity, executed,
        # Of a market order the library gives the average price it filled at.
        0 if market else price_in(row, "price", instrument), stop,
        time_in(row, "lastUpdateTimestamp", "lastTradeTimestamp", "timestamp"),
        post_only=type == LIMIT and (row.get("postOnly") is True or force == POST_ONLY),
        force=_FORCES.get(force, GTC), created=time_in(row, "timestamp"),
    )  # fmt: skip


def trade_of(value: object, instrument: Instrument, unified: str) -> tuple[str, Execution]:
    """One of my trades, behind the id of its order. Raises InputError."""
    row = row_of(value)
    if named(row, "symbol") != unified:
        raise InputError(f"{str(row['symbol'])[:20]} is another symbol")
    price, size = price_in(row, "price", instrument), size_in(row, "amount", instrument)
    if not price or not size:
        raise InputError(f"{unified}: a trade has no price or no size")
    fee, currency = fee_of(row.get("fee"))
    return named(row, "order"), Execution(
        named(row, "id"), price, size, fee, currency, text_in(row, "takerOrMaker") == "maker",
        time_in(row, "timestamp"),
    )  # fmt: skip


def fee_of(value: object) -> tuple[int, str]:
    """A fee and its currency; (0, "") where the library says none. Raises InputError."""
    if value is None:
        return 0, ""
    row = row_of(value)
    if row.get("cost") is None:
        return 0, ""
    cost = money_of(exact(row["cost"], "fee"), "fee")
    return (cost, named(row, "currency")) if cost else (0, "")


def balances_of(value: object) -> dict[str, int]:
    """Money per currency, what is locked included. Raises InputError."""
    found: dict[str, int] = {}
    for currency, amount in row_of(row_of(value).get("total")).items():
        if not isinstance(currency, str):
            raise InputError(f"{str(currency)[:20]} is not a currency")
        if amount is not None:
            # An exchange that has valued what it holds may state more digits than money has here.
            what = f"balance of {currency[:20]}"
            found[currency] = nearest_count_of(exact(amount, what), MONEY_SCALE, what, MONEY_MAX)
    return found
