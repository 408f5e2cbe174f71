"""A trade request read: its numbers as counts on the symbol's grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.numbers import decimal_from, decimal_of, nearest_count_of
from tradewright.sim.wire.mt5 import constants as mt5
from tradewright.sim.wire.mt5.results import TradeRequest
from tradewright.sim.wire.mt5.symbols import Symbol

#: A number this near to the grid is on it: what doubles lose is less.
NEAR = Decimal("0.00000001")
#: What a price off the grid, or no number at all, is read as.
OFF_GRID = -1
_DEFAULTS = TradeRequest()._asdict()


def read(given: Mapping[str, Any]) -> TradeRequest | str:
    """The request with what was left out; or the name of the argument that is unknown or not of its type.

    A filling that is not given is RETURN, as the server assumes.
    """
    values = dict(_DEFAULTS, type_filling=mt5.ORDER_FILLING_RETURN)
    for name, value in given.items():
        default = _DEFAULTS.get(name)
        if default is None:
            return name
        fits = isinstance(value, int | float) if isinstance(default, float) else isinstance(value, type(default))
        if not fits or isinstance(value, bool):
            return name
        values[name] = float(value) if isinstance(default, float) else value
    return TradeRequest(**values)


def on_grid(value: float, scale: int, step: int, least: int = 0) -> int:
    """The count of a price or volume; OFF_GRID if it is not `least` and whole steps."""
    try:
        count = nearest_count_of(value, scale, "number")
        far = abs(decimal_of(value, "number") - decimal_from(count, scale)) > NEAR
    except InputError:
        return OFF_GRID
    return OFF_GRID if far or count < 0 or (count - least) % step else count


@dataclass(slots=True)
class Wish:
    """A request about a symbol. Prices and sizes: counts, 0 = none, OFF_GRID = not a valid one."""

    request: TradeRequest
    symbol: Symbol
    volume: int
    price: int
    stoplimit: int
    sl: int
    tp: int

    @property
    def side(self) -> int:
        return 1 if self.request.type % 2 == 0 else -1


def wish_of(request: TradeRequest, symbol: Symbol) -> Wish:
    scale = symbol.instrument.price_scale
    grid = [on_grid(price, scale, symbol.tick) for price in (request.price, request.stoplimit, request.sl, request.tp)]
    volume = on_grid(request.volume, symbol.instrument.size_scale, symbol.step, symbol.least)
    return Wish(request, symbol, volume, *grid)
