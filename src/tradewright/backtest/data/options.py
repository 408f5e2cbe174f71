"""How data files are to be read, and the words in which spans and moments are given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tradewright.model.calendar import ALWAYS, calendar
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import SCALE_MAX

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
_UNITS = {"ms": 1_000_000, "s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND, "d": DAY, "w": 7 * DAY}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the files can not say themselves; every default is the usual case.

    symbols: only these, listed in this order (default: all, in order of first appearance).
    symbol: of files without that column (default: the file's name without its ending).
    from_, to: labels kept, from_ ≤ label < to; ISO 8601 (UTC unless it says otherwise) or ns UTC; a date alone as `to`
        includes that day.
    stamp: whether a bar is labelled by its "open" or its "close"; either way it is known at its close.
    period: length of a bar ("30s", "1m", "4h", "1d"; or ns); default: the most frequent distance of its labels.
    price_scale, size_scale: decimals of all prices, sizes (default: the fewest that hold the file's decimals).
    adjust: one factor on all prices, or a factor file (columns date, price_factor, split_factor[, symbol]).
    max_gap: longest time without data that is no error ("3d"; or ns); default: gaps are only counted.
    crossed: "skip" quotes and bid/ask bars with bid over ask, or "keep" them; counted either way.
    instruments: used instead of inferred ones, by symbol; their index is set to their place in the dataset.
    venue: of inferred instruments.
    calendars: of inferred instruments, by symbol; that of "" is that of all others (default: they never close).
    """

    symbols: Sequence[str] | None = None
    symbol: str | None = None
    from_: str | int | None = None
    to: str | int | None = None
    stamp: str = "open"
    period: str | int | None = None
    price_scale: int | None = None
    size_scale: int | None = None
    adjust: str | Path | float | Decimal | None = None
    max_gap: str | int | None = None
    crossed: str = "skip"
    instruments: Sequence[Instrument] = ()
    venue: str = "paper"
    calendars: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, allowed in (("stamp", ("open", "close")), ("crossed", ("skip", "keep"))):
            if getattr(self, name) not in allowed:
                raise InputError(f"{name} {getattr(self, name)!r} is not one of {' and '.join(allowed)}")
        for name in ("price_scale", "size_scale"):
            scale = getattr(self, name)
            if scale is not None and not 0 <= scale <= SCALE_MAX:
                raise InputError(f"{name} {scale} must lie between 0 and {SCALE_MAX}")
        for name in self.calendars.values():
            calendar(name)
        if self.time_from >= self.time_to:
            raise InputError(f"from {self.from_} is not before to {self.to}")
        for name in ("period", "max_gap"):
            span = getattr(self, name)
            if span is not None:
                span_ns(span, name)

    def calendar_of(self, symbol: str) -> str:
        """The name of its calendar."""
        return self.calendars.get(symbol, self.calendars.get("", ALWAYS))

    @property
    def time_from(self) -> int:
        """First label kept, ns UTC."""
        return -(2**63) if self.from_ is None else time_ns(self.from_, "from")

    @property
    def time_to(self) -> int:
        """First label no longer kept, ns UTC."""
        if self.to is None:
            return 2**63 - 1
        whole_day = isinstance(self.to, str) and _DATE.fullmatch(self.to.strip()) is not None
        return time_ns(self.to, "to") + (DAY if whole_day else 0)


def span_ns(text: str | int, what: str) -> int:
    """A span such as "5m" or "1d" in ns; a whole number is ns already. Raises InputError naming `what`."""
    if isinstance(text, int):
        span = text
    else:
        match = re.fullmatch(r"(\d+)\s*(ms|[smhdw])", text.strip())
        span = int(match[1]) * _UNITS[match[2]] if match else 0
    if span <= 0:
        raise InputError(f"{what} {text!r} is not a span of time; write it like 30s, 5m, 4h, 1d or 1w")
    return span


def time_ns(text: str | int, what: str) -> int:
    """An ISO 8601 moment (UTC unless it says otherwise; to the µs) in ns UTC. Raises InputError naming `what`."""
    if isinstance(text, int):
        return text
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"{what} {text!r} is not a time; write it like 2024-01-31 or 2024-01-31T14:30:00Z") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


def time_text(time: int) -> str:
    """ns UTC as a reader's text: "2024-01-31 14:30:00Z", at midnight a date alone, parts of a second where needed."""
    seconds, rest = divmod(time, SECOND)
    moment = _EPOCH + timedelta(seconds=seconds)
    if not rest and not seconds % 86_400:
        return f"{moment:%Y-%m-%d}"
    return f"{moment:%Y-%m-%d %H:%M:%S}{'.' + f'{rest:09d}'.rstrip('0') if rest else ''}Z"


def span_text(span: int) -> str:
    """ns as a reader's text with its two largest units: "1d 4h", "90s" as "1m 30s", "250ms"."""
    parts: list[str] = []
    for unit, size in (("d", DAY), ("h", 3_600 * SECOND), ("m", 60 * SECOND), ("s", SECOND), ("ms", 1_000_000)):
        count, span = divmod(span, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or f"{span}ns"
