"""What an indicator remembers is made of parts, and every part can tell its whole state and take it back.

A state is a tuple of ints, finite floats, strings, None and sequences of these: JSON carries it without loss. NaN,
which means "no value yet", is None there.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from typing import Any

from tradewright.model.errors import ContractError

State = tuple[Any, ...]

#: Totals of counts stay within ±TOTAL_MAX in both builds: int64 with one bit of headroom.
TOTAL_MAX = 2**62 - 1
#: Integers up to here are exact doubles.
EXACT_MAX = 2**53


def encoded(value: float) -> float | None:
    """A finite number as it is, NaN as None."""
    return None if value != value else value


def decoded(value: object) -> float:
    """The number that `encoded` took. Raises TypeError or ValueError on anything else."""
    if value is None:
        return nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not -inf < value < inf:
        raise ValueError(f"{value!r} is not a finite number")
    return float(value)


def counted(value: object) -> int:
    """`value` if it is an int64. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ValueError(f"{value!r} is not a 64-bit integer")
    return value


class Part:
    """Something with a memory. A state goes through JSON and back; a restored part continues bit for bit."""

    __slots__ = ()

    def state(self) -> State:
        raise ContractError(f"{type(self).__name__} does not tell its state")

    def restore(self, state: Sequence[Any]) -> None:
        """Take back what `state` told. Raises TypeError or ValueError on anything else."""
        raise ContractError(f"{type(self).__name__} does not take back its state")


class Cell(Part):
    """One remembered number; NaN until it is set."""

    __slots__ = ("value",)

    def __init__(self, value: float = nan) -> None:
        self.value = value

    def state(self) -> State:
        return (encoded(self.value),)

    def restore(self, state: Sequence[Any]) -> None:
        (value,) = state
        self.value = decoded(value)


class Tally(Part):
    """An exact integer."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def add(self, count: int) -> None:
        """Raises OverflowError, changing nothing, where the total would pass ±TOTAL_MAX."""
        if count > 0:
            if self.value > TOTAL_MAX - count:
                raise OverflowError(f"total {self.value} + {count} passes {TOTAL_MAX}")
        elif self.value < -TOTAL_MAX - count:
            raise OverflowError(f"total {self.value} - {-count} passes -{TOTAL_MAX}")
        self.value += count

    def over(self, divisor: float) -> float:
        """value / divisor (a whole number), rounded once: equal ratios of integers are equal floats."""
        if -EXACT_MAX <= self.value <= EXACT_MAX:
            return float(self.value) / divisor
        return large_ratio(self.value, int(divisor))

    def state(self) -> State:
        return (self.value,)

    def restore(self, state: Sequence[Any]) -> None:
        (value,) = state
        self.value = counted(value)


def large_ratio(total: int, divisor: int) -> float:
    """Python's own true division of integers rounds once at any size."""
    return total / divisor


class Smoothing(Part):
    """An exponential average: level += k × (x − level), once it is seeded.

    The first `seed_count` inputs seed it with their sum / `seed_divisor`: their mean where the two are equal.
    """

    __slots__ = ("k", "seed_count", "seed_divisor", "count", "level")

    def __init__(self, k: float, seed_count: int, seed_divisor: int) -> None:
        self.k = k
        self.seed_count = seed_count
        self.seed_divisor = seed_divisor
        self.count = 0
        self.level = 0.0

    def push(self, x: float) -> None:
        self.count += 1
        if self.count > self.seed_count:
            self.level += self.k * (x - self.level)
            return
        self.level += x
        if self.count == self.seed_count:
            self.level /= self.seed_divisor

    def state(self) -> State:
        return (self.count, self.level)

    def restore(self, state: Sequence[Any]) -> None:
        count, level = state
        self.count, self.level = counted(count), decoded(level)
