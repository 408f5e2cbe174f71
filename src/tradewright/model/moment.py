"""Moments as text: ns UTC to ISO 8601 and back, without a clock or a float."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tradewright.model.errors import InputError

_DAY_NS = 86_400_000_000_000
_SECOND_NS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION = re.compile(r"[.,](\d{1,9})(?!\d)")


def moment_text(time_ns: int) -> str:
    """`2026-01-05T14:30:00.25Z`: fractions as far as they go. Calendar arithmetic after Hinnant, days_from_civil."""
    days, rest = divmod(time_ns, _DAY_NS)
    seconds, fraction = divmod(rest, 1_000_000_000)
    year, month, day = civil(days)
    text = f"{year:04d}-{month:02d}-{day:02d}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{fraction:09d}".rstrip("0") + "Z" if fraction else text + "Z"


def moment_of(text: object, what: str) -> int:
    """ns UTC of an ISO 8601 moment with its zone (`Z` or an offset) and up to nine decimals. Raises InputError."""
    if not isinstance(text, str):
        raise InputError(f"{what}: {text!r} is no moment; write it like 2026-01-05T14:30:00Z")
    found = _FRACTION.search(text)
    whole = text if found is None else text[: found.start()] + text[found.end() :]
    try:
        moment = datetime.fromisoformat(whole)
    except ValueError as error:
        raise InputError(f"{what}: {text!r} is no moment; write it like 2026-01-05T14:30:00Z") from error
    if moment.tzinfo is None or moment.microsecond:
        raise InputError(f"{what}: {text!r} does not say its zone; write it like 2026-01-05T14:30:00Z")
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    return seconds * _SECOND_NS + (0 if found is None else int(found[1].ljust(9, "0")))


@lru_cache(maxsize=256)
def civil(days: int) -> tuple[int, int, int]:
    """(year, month, day) of an ordinal counted from 1970-01-01."""
    shifted = days + 719_468
    era, day_of_era = divmod(shifted, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_index = (5 * day_of_year + 2) // 153
    month = month_index + 3 if month_index < 10 else month_index - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * month_index + 2) // 5 + 1
