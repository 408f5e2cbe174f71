"""A line is what a strategy compares: the newest value, the one before it, and whether there is one at all."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

from tradewright.signal.indicators.part import Part, State, decoded, encoded


class Line(Part):
    """value: the newest, NaN until ready. previous: the one an update before, NaN if none. ready: value is a number."""

    __slots__ = ("label", "value", "previous", "ready")

    def __init__(self, label: str) -> None:
        self.label = label
        self.value = nan
        self.previous = nan
        self.ready = False

    def put(self, value: float) -> None:
        """The next value; NaN says that there is none now."""
        self.previous = self.value
        self.value = value
        self.ready = value == value

    def state(self) -> State:
        return (encoded(self.value), encoded(self.previous))

    def restore(self, state: Sequence[Any]) -> None:
        value, previous = state
        self.value, self.previous = decoded(value), decoded(previous)
        self.ready = self.value == self.value

    def __repr__(self) -> str:
        return f"{self.label} = {self.value!r}"


def crossed_above(a: Line | float, b: Line | float) -> bool:
    """a was at or below b one update before and is above it now. A number is its own previous; NaN never crosses."""
    if isinstance(a, Line):
        line = a
        a_value, a_previous = line.value, line.previous
    else:
        a_value = a_previous = float(a)
    if isinstance(b, Line):
        line = b
        return a_previous <= line.previous and a_value > line.value
    level = float(b)
    return a_previous <= level and a_value > level


def crossed_below(a: Line | float, b: Line | float) -> bool:
    """a was at or above b one update before and is below it now. A number is its own previous; NaN never crosses."""
    return crossed_above(b, a)
