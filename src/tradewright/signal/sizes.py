"""What a strategy may say of an opening's size beyond size, percent and value: the terms, and the sizer they make."""

from __future__ import annotations

from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import PRICE_MAX, SIZE_MAX, Number, nearest_count_of
from tradewright.model.sizer import (
    ASKED,
    KELLY,
    KELLY_CAP_PPM,
    PPM_ONE,
    QUANTITY_SCALE,
    RISK,
    RISK_PERCENT,
    VOLATILITY,
    Sizer,
)

#: Terms that name a method; an opening has one of them, or none.
METHOD_TERMS = {"risk": RISK, "risk_percent": RISK_PERCENT, "volatility_percent": VOLATILITY, "kelly": KELLY}
#: Numbers a method works with, also that of a default; (field, decimals, largest count).
NUMBER_TERMS = {
    "win_rate": ("win_ppm", 6, PPM_ONE),
    "payoff": ("payoff_ppm", 6, SIZE_MAX),
    "kelly_cap": ("cap_ppm", 4, PPM_ONE),
    "size_hint": ("hint_ppm", 6, PPM_ONE),
    "max_size": ("quantity_max", QUANTITY_SCALE, SIZE_MAX),
}
SIZE_TERMS = frozenset({*METHOD_TERMS, *NUMBER_TERMS, "deviation"})
_AMOUNT_SCALES = {RISK: 18, RISK_PERCENT: 4, VOLATILITY: 4, KELLY: 6}


def sizer_said(strategy: str, instrument: Instrument, terms: dict[str, Any]) -> Sizer | None:
    """The sizer of these terms; one that names no method lends its numbers to the default. None where all are None.
    Raises InputError for two methods, a number out of its range, or numbers without a method to use them."""
    said = {name: terms[name] for name in terms if name in SIZE_TERMS and terms[name] is not None}
    if not said:
        return None
    methods = [name for name in METHOD_TERMS if name in said]
    plain = [name for name in ("percent", "value") if terms.get(name) is not None]
    if len(methods) + len(plain) > 1:
        raise InputError(f"{strategy}: say how much once: {', '.join(plain + methods)} are too many")
    if plain:
        raise InputError(f"{strategy}: {', '.join(said)} do not go with {plain[0]}")
    method = METHOD_TERMS[methods[0]] if methods else ASKED
    amount = _count(strategy, methods[0], said[methods[0]], _AMOUNT_SCALES[method], _bound(method)) if methods else 0
    numbers = {
        field: _count(strategy, name, said[name], scale, bound)
        for name, (field, scale, bound) in NUMBER_TERMS.items()
        if name in said
    }
    if "deviation" in said:
        numbers["deviation_units"] = _count(strategy, "deviation", said["deviation"], instrument.price_scale, PRICE_MAX)
    return Sizer(method, amount, numbers.pop("cap_ppm", KELLY_CAP_PPM), **numbers)


def _bound(method: int) -> int:
    return 2**127 - 1 if method == RISK else PPM_ONE


def _count(strategy: str, name: str, value: Number, scale: int, bound: int) -> int:
    """The nearest count of a number above zero."""
    count = nearest_count_of(value, scale, f"{strategy}: {name}", bound)
    if count <= 0:
        raise InputError(f"{strategy}: {name} {value} must be above zero")
    return count
