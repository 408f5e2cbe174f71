"""Which orders of one moment go out together: what Alpaca links by itself, and exactly so.

An entry with a target and a stop is a bracket, with one of them an oto; a target and a stop for what is held are an
oco. Alpaca links whole shares, for the day or until cancelled, all legs alike; its legs wait until the entry is filled
whole. What is linked in any other way is not sent, the entry included: it would stand without its exits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tradewright.adapters.venue.alpaca.answers import WireOrder
from tradewright.adapters.venue.alpaca.notation import Unreadable
from tradewright.adapters.venue.alpaca.requests import Exits
from tradewright.model.order import (
    DAY,
    GTC,
    LIMIT,
    STOP,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING_STOP,
    Order,
)  # fmt: skip
from tradewright.ports import Orders


@dataclass(slots=True)
class Shapes:
    """posts: each order that goes out, with what is linked to it; refused: linked as the venue can not link them."""

    posts: list[tuple[Order, Exits | None]] = field(default_factory=list)
    refused: list[list[Order]] = field(default_factory=list)


def shapes_of(fresh: list[Order], book: Orders) -> Shapes:
    """The posts for orders that were submitted at one moment, in their order."""
    shapes = Shapes()
    here = {order.id for order in fresh}
    used: set[str] = set()
    for order in fresh:
        if order.id in used or order.parent in here:
            continue
        children = [child for child in fresh if child.parent == order.id]
        used.update(child.id for child in children)
        if children:
            _add(shapes, order, children, _entry_exits(order, children))
        elif order.parent and order.parent in book.open():
            # Its entry went out without it and is still at work.
            shapes.refused.append([order])
        elif order.group:
            _pair(shapes, order, fresh, book, used)
        else:
            shapes.posts.append((order, None))
    return shapes


def _add(shapes: Shapes, order: Order, others: list[Order], exits: Exits | None) -> None:
    if exits is None:
        shapes.refused.append([order, *others])
    else:
        shapes.posts.append((order, exits))


def _pair(shapes: Shapes, order: Order, fresh: list[Order], book: Orders, used: set[str]) -> None:
    """An exit of a group: with the other one of this moment, or alone where no other works."""
    others = [other for other in fresh if other.group == order.group and other is not order and other.id not in used]
    used.update(other.id for other in others)
    if others:
        pair = [order, *others]
        target = next((one for one in pair if one.role == TAKE_PROFIT), None)
        stop = next((one for one in pair if one.role == STOP_LOSS), None)
        if len(pair) == 2 and target is not None and stop is not None and _linkable(target, stop, target.side):
            shapes.posts.append((target, Exits("oco", loss=stop)))
        else:
            shapes.refused.append(pair)
    elif any(_shares(book.order(id), order) for id in book.open()):
        shapes.refused.append([order])
    else:
        shapes.posts.append((order, None))


def _shares(other: Order | None, order: Order) -> bool:
    return other is not None and other.id != order.id and other.group == order.group


def _entry_exits(entry: Order, children: list[Order]) -> Exits | None:
    profits = [child for child in children if child.role == TAKE_PROFIT]
    losses = [child for child in children if child.role == STOP_LOSS]
    if len(profits) > 1 or len(losses) > 1 or len(profits) + len(losses) != len(children):
        return None
    if entry.type == TRAILING_STOP or not all(_linkable(child, entry, -entry.side) for child in children):
        return None
    if profits and losses:
        return Exits("bracket", profits[0], losses[0])
    return Exits("oto", profits[0] if profits else None, losses[0] if losses else None)


def _linkable(exit: Order, other: Order, side: int) -> bool:
    """Whether the exit may be a leg beside or behind the other: of one share, size and time, whole, in the session."""
    types = (LIMIT,) if exit.role == TAKE_PROFIT else (STOP, STOP_LIMIT)
    return (
        exit.instrument is other.instrument
        and exit.instrument.asset_class == "equity"
        and exit.side == side
        and exit.type in types
        and (other.role != STOP_LOSS or other.type in (STOP, STOP_LIMIT))
        and exit.quantity == other.quantity
        and exit.quantity % 10**exit.instrument.size_scale == 0
        and exit.time_in_force == other.time_in_force
        and exit.time_in_force in (DAY, GTC)
        and not (exit.extended_hours or other.extended_hours)
    )


def leg_of(wire: WireOrder, order: Order) -> WireOrder:
    """The leg that is this exit: by the venue's word for its part, or by its type. Raises Unreadable."""
    parts = {TAKE_PROFIT: ("take_profit", ("limit",)), STOP_LOSS: ("stop_loss", ("stop", "stop_limit"))}
    part, types = parts.get(order.role, ("", ()))
    for leg in wire.legs or []:
        if leg.group_role == part or (leg.group_role is None and leg.type in types):
            return leg
    raise Unreadable(f"{wire.id} has no {part or 'such'} leg")
