"""What all indicators share: what they are fed with, how they check it, and their state.

Bars enter as integer counts of the instrument's scale and are computed with as counts; the unit divides once, on the
way out to a price. An indicator follows one instrument or a series of values, never both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradewright.model.errors import ContractError, InputError
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.signal.indicators.line import Line
from tradewright.signal.indicators.part import Part, State, counted, decoded, encoded

LENGTH_MAX = 1_000_000
#: Values lie within ±VALUE_MAX, so that squares and sums of a whole window stay finite.
VALUE_MAX = 1e100
#: No count of a bar passes this (model.numbers.SIZE_MAX); both builds refuse at the same bound.
COUNT_MAX = 2**62 - 1

#: Weights of open, high, low, close and volume; a source's value is their weighted mean.
SOURCES = {
    "open": (1, 0, 0, 0, 0),
    "high": (0, 1, 0, 0, 0),
    "low": (0, 0, 1, 0, 0),
    "close": (0, 0, 0, 1, 0),
    "volume": (0, 0, 0, 0, 1),
    "mid": (0, 1, 1, 0, 0),
    "typical": (0, 1, 1, 1, 0),
    "average": (1, 1, 1, 1, 0),
}


def named(name: str, *parameters: object) -> str:
    """An indicator's label, which tells its class and every parameter: a state fits only where the labels are equal."""
    return f"{name}({', '.join(str(parameter) for parameter in parameters)})"


def whole(owner: str, name: str, value: object, low: int, high: int = LENGTH_MAX) -> int:
    """`value` if it is an integer from low to high, else InputError naming parameter, value and range."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{owner}: {name} {value!r} must be a whole number from {low} to {high}")
    return value


def positive(owner: str, name: str, value: object, high: float) -> float:
    """`value` as a float if it lies above 0 and up to `high`, else InputError naming parameter, value and range."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= high:
        raise InputError(f"{owner}: {name} {value!r} must be a number above 0 and at most {high:g}")
    return float(value)


def one_of(owner: str, name: str, value: str, known: tuple[str, ...]) -> str:
    """`value` if it is known, else InputError naming parameter, value and choices."""
    if value not in known:
        raise InputError(f"{owner}: {name} {value!r} must be one of {', '.join(known)}")
    return value


class Source:
    """Which number of a bar an indicator reads: a name of SOURCES."""

    __slots__ = ("name", "open", "high", "low", "close", "volume", "weight")

    def __init__(self, owner: str, name: str) -> None:
        self.name = one_of(owner, "source", name, tuple(SOURCES))
        self.open, self.high, self.low, self.close, self.volume = SOURCES[name]
        self.weight = sum(SOURCES[name])

    def count(self, bar: Bar) -> int:
        """The source's number in counts of 1 / unit. OverflowError where the bar's own counts are out of range."""
        count = (
            self.open * bar.open_units
            + self.high * bar.high_units
            + self.low * bar.low_units
            + self.close * bar.close_units
            + self.volume * bar.volume_units
        )
        if not -COUNT_MAX <= count <= COUNT_MAX:
            raise OverflowError(f"{self.name}: count {count} passes {COUNT_MAX}")
        return count

    def unit(self, instrument: Instrument) -> float:
        """Counts per 1.0."""
        return self.weight * (instrument.size_one if self.volume else instrument.price_one)


class Indicator(Line):
    """Base of all indicators: itself its main line; further lines are attributes.

    count: updates so far. unit: counts per 1.0 of what it is fed with. symbol: the instrument it follows, "" for
    values. parts: everything it remembers besides; a subclass lists them once, in its constructor, and computes in
    `take`.
    """

    __slots__ = ("count", "unit", "symbol", "instrument", "parts")

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.count = 0
        self.unit = 0.0
        self.symbol = ""
        self.instrument: Instrument | None = None
        self.parts: tuple[Part, ...] = ()

    def update(self, bar: Bar) -> None:
        """Takes the next finished bar. Raises InputError, changing nothing, for a bar of another instrument."""
        if not isinstance(bar, Bar):
            raise TypeError(f"{self.label}: {bar!r} is not a bar")
        if bar.instrument is not self.instrument:
            self.follow(bar.instrument)
        self.take(bar)
        self.count += 1

    def update_value(self, x: float) -> None:
        """Takes the next value of a series of one's own; only for indicators of one source."""
        raise InputError(f"{self.label}: is fed with bars, not with values")

    def take(self, bar: Bar) -> None:
        """The indicator's own computation on a bar."""
        raise ContractError(f"{type(self).__name__} does not say what a bar does")

    def unit_of(self, instrument: Instrument) -> float:
        return instrument.price_one

    def follow(self, instrument: Instrument) -> None:
        """From now on bars of this instrument; the second and later ones must be of the same symbol and scale."""
        unit = self.unit_of(instrument)
        if self.count and (instrument.symbol != self.symbol or unit != self.unit):
            fed = f"{self.symbol or 'values'} in 1/{self.unit:.0f}"
            raise InputError(f"{self.label}: follows {fed}; this is a bar of {instrument.symbol} in 1/{unit:.0f}")
        self.instrument, self.symbol, self.unit = instrument, instrument.symbol, unit

    def check_value(self, x: float) -> None:
        """A value must be finite, within ±VALUE_MAX, and not come in between bars, else InputError."""
        if not -VALUE_MAX <= x <= VALUE_MAX:
            raise InputError(f"{self.label}: value {x!r} must be a number within ±{VALUE_MAX:g}")
        if self.count and self.symbol:
            raise InputError(f"{self.label}: follows bars of {self.symbol}; values can not be mixed in")
        self.instrument, self.symbol, self.unit = None, "", 1.0

    def lines(self) -> tuple[Line, ...]:
        """Its lines, the main one first."""
        return (self, *[part for part in self.parts if isinstance(part, Line)])

    def line(self, name: str) -> Line:
        """A further line of this indicator; belongs into `parts`."""
        return Line(f"{self.label}.{name}")

    def state(self) -> State:
        own = (self.label, self.symbol, self.unit, self.count, encoded(self.value), encoded(self.previous))
        return (*own, [part.state() for part in self.parts])

    def restore(self, state: Sequence[Any]) -> None:
        """Continue where `state` was taken. InputError, changing nothing, where it is not of an indicator like this."""
        before = self.state()
        try:
            self.recall(state)
        except (TypeError, ValueError, OverflowError) as error:
            self.recall(before)
            raise InputError(f"{self.label}: can not be restored: {error}") from error

    def recall(self, state: Sequence[Any]) -> None:
        label, symbol, unit, count, value, previous, parts = state
        if label != self.label or not isinstance(symbol, str):
            raise ValueError(f"the state is of {label!r}, following {symbol!r}")
        self.instrument, self.symbol, self.unit, self.count = None, symbol, decoded(unit), counted(count)
        Line.restore(self, (value, previous))  # Cython knows no super() here
        for part, stored in zip(self.parts, parts, strict=True):
            part.restore(stored)


class Series(Indicator):
    """Base of the indicators of one source: bars through `source`, or own values; a subclass computes in `push`."""

    __slots__ = ("source",)

    def __init__(self, label: str, source: str) -> None:
        super().__init__(label)
        self.source = Source(label, source)

    def unit_of(self, instrument: Instrument) -> float:
        return self.source.unit(instrument)

    def take(self, bar: Bar) -> None:
        self.push(float(self.source.count(bar)))

    def update_value(self, x: float) -> None:
        """Takes the next value. Raises InputError, changing nothing, for NaN, infinity or between bars."""
        x = float(x)
        self.check_value(x)
        self.push(x)
        self.count += 1

    def push(self, x: float) -> None:
        """The indicator's own computation on the next number, in counts of 1 / unit."""
        raise ContractError(f"{type(self).__name__} does not say what a value does")
