"""Numbers of others: what a floating point made of one is seen by its length."""

from __future__ import annotations

import re
from decimal import Context, Decimal

from tradewright.model.errors import InputError

#: What has more digits that count was not meant so, or has lost something on its way.
DIGITS_MAX = 15
#: Python reads more as a number than others mean by one.
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_DIGITS = Context(prec=DIGITS_MAX + 1)


def check_digits(number: str) -> None:
    """Raises InputError for one of more digits than a double surely keeps, DecimalException for none."""
    if len(Decimal(number).normalize(_DIGITS).as_tuple().digits) > DIGITS_MAX:
        raise InputError(f"a number of more than {DIGITS_MAX} digits is written as text: {number[:40]}")


def check_text(name: str, text: str) -> None:
    """Raises InputError for a text that is no number of JSON's."""
    if not _NUMBER.fullmatch(text):
        raise InputError(f"{name}: {text[:40]!r} is no number")
