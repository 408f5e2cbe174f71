"""Our orders as a connector's requests: path and exact JSON. What MT5 does not have is refused here, with a code, and
never sent as something else.

An order carries its id in its comment, and the magic number of its strategy: MT5 itself knows no client order id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b

import msgspec

from tradewright.adapters.venue.mt5.supported import (
    FLAG_NOT_SUPPORTED,
    HEDGING_EXITS,
    OPENINGS,
    TIF_NOT_SUPPORTED,
    TYPE_NOT_SUPPORTED,
)
from tradewright.model.errors import VenueRefused
from tradewright.model.numbers import decimal_from
from tradewright.model.order import (
    DAY,
    ENTRY,
    FLAGS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    ORDER_TYPES,
    POST_ONLY,
    STOP,
    STOP_LIMIT,
    TIMES_IN_FORCE,
    Order,
)

COMMENT_MAX = 31
LEG = "_"
EXITS_NOT_LINKED, LOT_MISSING, NO_PRICE = "EXITS_NOT_LINKED", "LOT_MISSING", "PRICE_MISSING"
#: Exits of a hedging account that rest are the stop loss and the take profit of the position they close.
STOP_LOSS_SLOT, TAKE_PROFIT_SLOT = "sl", "tp"
SLOTS = {STOP: STOP_LOSS_SLOT, LIMIT: TAKE_PROFIT_SLOT}
KINDS = {MARKET: "market", LIMIT: "limit", STOP: "stop", STOP_LIMIT: "stop_limit"}
#: Times in force of what rests, and of what does not.
RESTING = {DAY: "day", GTC: "gtc"}
AT_ONCE = {FOK: "fok", IOC: "ioc", DAY: "auto", GTC: "auto"}

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Deviation:
    """Points by which the price may move between what the connector sees and what the server does, of orders at the
    market; where it has moved further the server refuses (10004). Servers that execute at the market heed none."""

    entries: int = 20
    exits: int = 100

    def of(self, order: Order) -> int:
        return self.entries if order.role == ENTRY else self.exits


def magic_of(strategy: str, given: Mapping[str, int]) -> int:
    """A strategy's number: as configured, else 31 bits of a hash of its name, the same in every run."""
    own = given.get(strategy)
    return int.from_bytes(blake2b(strategy.encode(), digest_size=4).digest()) >> 1 if own is None else own


def comment_of(order_id: str, leg: int = 0) -> str:
    """What an order carries. leg: which of the orders it is that were made for a changed size."""
    return f"{order_id}{LEG}{leg}" if leg else order_id


def leg_of(comment: str) -> tuple[str, int]:
    """The order's id and leg of a comment; the id "" where it is none of ours by its form."""
    id, mark, leg = comment.partition(LEG)
    if not id or not all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in id):
        return "", 0
    if mark and not (leg.isascii() and leg.isdecimal() and 0 < len(leg) < 6):
        return "", 0
    return id, int(leg) if leg else 0


def slot_of(order: Order, hedging: bool) -> str:
    """Where a resting exit of a hedging account goes: sl or tp of its position; "" = it is an order of its own."""
    return SLOTS.get(order.type, "") if hedging and order.role != ENTRY else ""


def unsupported(order: Order, hedging: bool, linked: bool = True) -> str:
    """The code of the refusal of an order that MT5 does not have, "" = it has it. linked: exits are to be linked by the
    venue; where the engine holds them, one that comes goes alone."""
    exit = order.role != ENTRY
    table = HEDGING_EXITS if hedging and exit else OPENINGS
    code = table.refusal(order.type, order.time_in_force, order.flags)
    if code:
        return code
    if linked and not hedging and exit and (order.parent or order.group):
        return EXITS_NOT_LINKED
    if hedging and exit and not order.lot:
        return LOT_MISSING
    needs = (order.limit_units, order.stop_units)
    missing = {LIMIT: needs[0] <= 0, STOP: needs[1] <= 0, STOP_LIMIT: min(needs) <= 0}
    return NO_PRICE if missing.get(order.type, False) else ""


def words_of(code: str, order: Order) -> str:
    """The refusal as a sentence."""
    return {
        TYPE_NOT_SUPPORTED: f"MT5 has no {ORDER_TYPES.get(order.type, 'such')} order here",
        TIF_NOT_SUPPORTED: f"MT5 has no {TIMES_IN_FORCE.get(order.time_in_force, 'such')} for it",
        FLAG_NOT_SUPPORTED: f"MT5 has none of {', '.join(FLAGS.values())} for it",
        EXITS_NOT_LINKED: "an account that nets links no orders: its exits are to be held here (native_exits: false)",
        LOT_MISSING: "a hedging account closes a position that is named, and no lot is",
        NO_PRICE: "its price is missing",
    }[code]


def price_of(order: Order, units: int) -> Decimal:
    return decimal_from(units, order.instrument.price_scale)


def lots_of(order: Order, size: int) -> Decimal:
    return decimal_from(size, order.instrument.size_scale)


def open_body(
    order: Order, name: str, magic: int, size: int, leg: int, sl: Decimal | None, tp: Decimal | None,
    at_market: bool = False, deviation: int = 0,
) -> bytes:  # fmt: skip
    """Of trades/open. name: the broker's symbol; size: counts; sl, tp: of the position it opens; at_market: whatever
    its type, now, and at no worse price than the connector sees. Raises VenueRefused for a comment too long."""
    comment = comment_of(order.id, leg)
    if len(comment) > COMMENT_MAX:
        raise VenueRefused(f"{comment}: MT5 keeps {COMMENT_MAX} characters", "ID_TOO_LONG")
    kind = "market" if at_market else KINDS[order.type]
    content: dict[str, object] = {
        "symbol": name, "direction": "buy" if order.side > 0 else "sell", "order_kind": kind,
        "lot_size": lots_of(order, size), "stop_loss": sl, "take_profit": tp, "magic": magic, "comment": comment,
        "strategy": order.strategy,
    }  # fmt: skip
    if kind == "market":
        if deviation and not at_market:
            content["deviation_points"] = deviation
        content["filling"] = "auto" if at_market else AT_ONCE[order.time_in_force]
        return _ENCODER.encode(content)
    content["time"] = RESTING[order.time_in_force]
    content["filling"] = "boc" if order.flags & POST_ONLY else "auto"
    content["entry_price"] = price_of(order, order.limit_units if order.type == LIMIT else order.stop_units)
    if order.type == STOP_LIMIT:
        content["stop_limit_price"] = price_of(order, order.limit_units)
    return _ENCODER.encode(content)


def close_body(order: Order, ticket: int, size: int, deviation: int = 0) -> bytes:
    """Of trades/close: so much of a position. comment, which the reference does not name, makes the deal its own."""
    content = {"ticket": ticket, "volume": lots_of(order, size), "comment": order.id, "reason": order.role}
    return _ENCODER.encode(content | ({"deviation_points": deviation} if deviation else {}))


def modify_body(ticket: int, **changes: Decimal | None) -> bytes:
    """Of trades/modify: what is left out stays, None takes away."""
    return _ENCODER.encode({"ticket": ticket, **changes})


def cancel_body(ticket: int) -> bytes:
    return _ENCODER.encode({"ticket": ticket})
