"""An order's terms as they were approved, and how what bytes ask for may differ from them: not at all.

Two things are no difference, since clients are made to do them. A changed order that could not be changed in its place
goes on as a new leg for what is left of it: its size is bounded by what was approved less what is known to be filled,
and a stop-limit order that was triggered rests as a limit order. An exit's limit that the market has passed already
goes out at the market where the venue has no such limit order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tradewright.adapters.net.outgoing import CHANGE, CLOSE, GUARD, LEG, PLACE, STOP_PART, TARGET, Asked, leg_of
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import decimal_from
from tradewright.model.order import ENTRY, LIMIT, MARKET, STOP, STOP_LIMIT, TRAILING_STOP, Order

Means = Callable[[str, Instrument], bool]


@dataclass(frozen=True, slots=True)
class Terms:
    """A copy: what the engine's own order becomes later is another matter."""

    id: str
    instrument: Instrument
    side: int
    type: int
    quantity: int
    limit_units: int
    stop_units: int
    trail_units: int
    trail_ppm: int
    time_in_force: int
    flags: int
    lot: str
    parent: str
    group: str
    role: str

    @property
    def size(self) -> Decimal:
        return decimal_from(self.quantity, self.instrument.size_scale)

    @property
    def limit(self) -> Decimal:
        return decimal_from(self.limit_units, self.instrument.price_scale)

    @property
    def stop(self) -> Decimal:
        return decimal_from(self.stop_units, self.instrument.price_scale)

    @property
    def opens(self) -> bool:
        return self.role == ENTRY


def terms_of(order: Order, quantity: int, limit_units: int, stop_units: int) -> Terms:
    """Those of an order, at another size and other prices."""
    return Terms(
        order.id, order.instrument, order.side, order.type, quantity, limit_units, stop_units, order.trail_units,
        order.trail_ppm, order.time_in_force, order.flags, order.lot, order.parent, order.group, order.role,
    )  # fmt: skip


def differs(asked: Asked, terms: Terms, filled: int, means: Means, market_exits: bool) -> str:
    """What of it was not approved, "" = nothing. filled: size counts that the order is known to have filled."""
    if asked.symbol and not means(asked.symbol, terms.instrument):
        return f"its symbol is {asked.symbol[:40]}, not {terms.instrument.symbol}"
    if asked.side and asked.side != terms.side:
        return "it is on the other side"
    if (terms.flags & asked.said) != asked.flags:
        return f"its flags are {asked.flags}, not {terms.flags & asked.said}"
    if asked.act in (GUARD, LEG):
        return _part(asked, terms)
    if asked.act == PLACE:
        return _size(asked, terms, filled) or _placed(asked, terms, market_exits)
    if asked.act == CLOSE:
        return _size(asked, terms, filled) or ("" if terms.type == MARKET and not terms.opens else "it is no close")
    return _changed(asked, terms)


def _size(asked: Asked, terms: Terms, filled: int) -> str:
    """Of a first leg the whole size, of another what may be left of it."""
    size = asked.size
    if size is None:
        return "it says no size"
    if leg_of(asked.name)[1] == 0:
        return "" if size == terms.size else f"its size is {size}, not {terms.size}"
    left = decimal_from(terms.quantity - filled, terms.instrument.size_scale)
    return "" if 0 < size <= left else f"its size is {size}, of at most {left} that are left"


def _placed(asked: Asked, terms: Terms, market_exits: bool) -> str:
    passed = market_exits and asked.type == MARKET and terms.type == LIMIT and not terms.opens
    triggered = terms.type == STOP_LIMIT and asked.type == LIMIT and leg_of(asked.name)[1] > 0
    if asked.type != terms.type and not passed and not triggered:
        return f"its type is {asked.type}, not {terms.type}"
    if asked.tifs and not passed and terms.time_in_force not in asked.tifs:
        return "its time in force is another"
    wanted = terms.limit if asked.type in (LIMIT, STOP_LIMIT) else None
    if asked.limit != wanted:
        return f"its limit is {asked.limit}, not {wanted}"
    wanted = terms.stop if asked.type in (STOP, STOP_LIMIT) else None
    if asked.stop != wanted:
        return f"its stop price is {asked.stop}, not {wanted}"
    return _trail(asked, terms)


def _trail(asked: Asked, terms: Terms) -> str:
    distance, ppm = None, 0
    if asked.type == TRAILING_STOP and terms.trail_units:
        distance = decimal_from(terms.trail_units, terms.instrument.price_scale)
    elif asked.type == TRAILING_STOP:
        ppm = terms.trail_ppm
    return "" if (asked.trail, asked.trail_ppm) == (distance, ppm) else "its distance is another"


def _part(asked: Asked, terms: Terms) -> str:
    """Of a stop or target that is no order by itself: its price, and that of what it becomes."""
    if asked.part == TARGET:
        fits = terms.type == LIMIT and (asked.limit, asked.stop) == (terms.limit, None)
    elif asked.part == STOP_PART:
        limit = terms.limit if terms.type == STOP_LIMIT else None
        fits = terms.type in (STOP, STOP_LIMIT) and (asked.stop, asked.limit) == (terms.stop, limit)
    else:
        fits = False
    return "" if fits and not terms.opens else f"its {asked.part} is at {asked.stop or asked.limit}"


def _changed(asked: Asked, terms: Terms) -> str:
    """Of a change in an order's place: a size is the whole one, of a further leg no more than it; prices that are said
    are all there are."""
    assert asked.act == CHANGE
    if asked.size is not None:
        first = leg_of(asked.name)[1] == 0
        if asked.size != terms.size if first else not 0 <= asked.size <= terms.size:
            return f"its size is {asked.size}, not {terms.size}"
        return "" if asked.limit is None and asked.stop is None else "it says a price as well"
    limit = terms.limit if terms.type in (LIMIT, STOP_LIMIT) else None
    stop = terms.stop if terms.type in (STOP, STOP_LIMIT) else None
    if limit is None and stop is None:
        return "it has no price"
    if asked.price is not None:
        beyond = limit if stop is not None else None
        return "" if (asked.price, asked.limit) == (stop or limit, beyond) else f"its price is {asked.price}"
    return "" if (asked.limit, asked.stop) == (limit, stop) else f"its prices are {asked.limit} and {asked.stop}"
