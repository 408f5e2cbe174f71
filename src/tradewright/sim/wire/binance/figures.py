"""The venue's figures: counts of 10^-8 for prices and quantities, money at MONEY_SCALE for what they make, as text with
at least eight decimals; times in ns, said in ms or µs.

Nothing is rounded on its way to a text: what has more than eight decimals shows them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tradewright.model.numbers import MONEY_SCALE

#: Prices and quantities.
SCALE = 8
ONE: int = 10**SCALE
#: Money per unit of price count × quantity count, and per count of a quantity.
WORTH: int = 10 ** (MONEY_SCALE - 2 * SCALE)
QUANTITY_MONEY: int = 10 ** (MONEY_SCALE - SCALE)

MS_NS = 1_000_000
SECOND_NS = 1_000 * MS_NS
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
#: What is written in µs is larger than this, what is written in ms is not (the year 5138).
MS_MAX = 10**14


def text(count: int, scale: int = SCALE) -> str:
    """A count as text with eight decimals, or as many as it needs."""
    whole, rest = divmod(abs(count), 10**scale)
    digits = f"{rest:0{scale}d}"
    kept = digits[:SCALE].ljust(SCALE, "0") + digits[SCALE:].rstrip("0")
    return f"{'-' if count < 0 else ''}{whole}.{kept}"


def money_text(money: int) -> str:
    return text(money, MONEY_SCALE)


class Time:
    """A moment in an answer, ns UTC; written in the unit that its reader has asked for."""

    __slots__ = ("ns",)

    def __init__(self, ns: int) -> None:
        self.ns = ns


def _in_ms(value: Any) -> object:
    if isinstance(value, Time):
        return value.ns // MS_NS
    raise TypeError(f"{value!r} has no place in an answer")


def _in_us(value: Any) -> object:
    if isinstance(value, Time):
        return value.ns // 1000
    raise TypeError(f"{value!r} has no place in an answer")


_MS = msgspec.json.Encoder(enc_hook=_in_ms)
_US = msgspec.json.Encoder(enc_hook=_in_us)


def encoded(content: object, micro: bool = False) -> bytes:
    """An answer or event as JSON; micro: its times in µs."""
    return (_US if micro else _MS).encode(content)
