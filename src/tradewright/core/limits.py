"""Limits by name: what each means, its unit, and how a configured value becomes an exact number.

A limit that is absent is not enforced and is listed as off. Names are those of the configuration file.
"""

from __future__ import annotations

from tradewright.model.errors import InputError
from tradewright.model.numbers import MONEY_SCALE, Number, count_of, decimal_of

#: name → (unit, what it bounds). money: account currency; ppm: given in percent; ns: given in seconds; count: a number.
LIMITS: dict[str, tuple[str, str]] = {
    "maxOrderValue": ("money", "notional of one opening order, in account currency"),
    "maxOrderQuantity": ("quantity", "size of one opening order"),
    "maxPositionQuantity": ("quantity", "size of one position, working orders included"),
    "maxPositionSizePercent": ("ppm", "value of one position, working orders included, as a share of equity"),
    "maxOpenPositions": ("count", "instruments with a position or a working opening order"),
    "maxDailyLoss": ("money", "equity lost since the day began, open P&L included, in account currency"),
    "maxDailyLossPercent": ("ppm", "the same as a share of the equity at the day's begin"),
    "priceCollarPercent": ("ppm", "how far an opening limit or stop price may lie on the aggressive side"),
    "maxPriceAgeSeconds": ("ns", "age of the reference price of an opening order"),
    "marketBufferPercent": ("ppm", "what is held above the reference price for an opening market order"),
}

#: Quantities are kept at nine decimals, the finest size scale there is.
QUANTITY_SCALE = 9


class Limits:
    """The configured limits of one account, as exact integers by name; `get` is None where a limit is off."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, int] | None = None) -> None:
        self.values = {} if values is None else values

    def get(self, name: str) -> int | None:
        return self.values.get(name)

    def off(self) -> list[str]:
        """Names of the limits that are not enforced."""
        return [name for name in LIMITS if name not in self.values]

    def row(self) -> list[tuple[str, int]]:
        return sorted(self.values.items())


def limits_from(configured: dict[str, Number]) -> Limits:
    """Limits from a configuration block, each a finite number above zero. Raises InputError naming the key."""
    values: dict[str, int] = {}
    for name, value in configured.items():
        if name not in LIMITS:
            raise InputError(f"limits: {name!r} is not known; the limits are {', '.join(LIMITS)}")
        if decimal_of(value, f"limit {name}") <= 0:
            raise InputError(f"limit {name}: {value} must be above zero; leave the key out to switch it off")
        values[name] = _exact(name, value)
    return Limits(values)


def _exact(name: str, value: Number) -> int:
    unit = LIMITS[name][0]
    what = f"limit {name}"
    if unit == "money":
        return count_of(value, MONEY_SCALE, what, 2**127 - 1)
    if unit == "quantity":
        return count_of(value, QUANTITY_SCALE, what)
    if unit == "ppm":
        return count_of(value, 4, what)
    if unit == "ns":
        return count_of(value, 9, what)
    return count_of(value, 0, what)
