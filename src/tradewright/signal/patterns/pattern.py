"""What all patterns share: they are fed in order, know nothing of what comes, and can be stored and taken up again.

Prices and sizes are integer counts of one instrument, so that a pattern is there or not, on every machine. A side is
+1 where the pattern speaks for higher prices (or lies above, where it is a high), and -1 for its mirror image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from tradewright.model.errors import InputError

PPM_ONE = 1_000_000
UP = 1
DOWN = -1
#: What a pattern keeps of each kind; the oldest makes room.
KEPT = 32


class Pattern:
    """Base of the detectors. A subclass names in `memory` every attribute that is not a parameter: integers, lists of
    integers or of the rows that `rows` gives a type, and other patterns."""

    memory: ClassVar[tuple[str, ...]] = ()
    rows: ClassVar[dict[str, type[Any]]] = {}

    def __init__(self, *parameters: object) -> None:
        self.label = f"{type(self).__name__}({', '.join(str(parameter) for parameter in parameters)})"

    def inputs(self) -> tuple[tuple[str, float | None], ...]:
        """What it sees now that belongs to the record of a decision: labels and values, None = nothing yet."""
        return ()

    def state(self) -> list[Any]:
        """Its label and memory; JSON carries it without loss."""
        return [self.label, *[_plain(getattr(self, name)) for name in self.memory]]

    def restore(self, state: Sequence[Any]) -> None:
        """Continue where `state` was taken. Raises InputError where it is not of a pattern like this."""
        label, *stored = state
        if label != self.label or len(stored) != len(self.memory):
            raise InputError(f"{self.label}: the state is of {label}")
        for name, value in zip(self.memory, stored, strict=True):
            held = getattr(self, name)
            if isinstance(held, Pattern):
                held.restore(value)
            elif name in self.rows:
                setattr(self, name, [self.rows[name](*row) for row in value])
            else:
                setattr(self, name, list(value) if isinstance(held, list) else value)


def _plain(value: Any) -> Any:
    if isinstance(value, Pattern):
        return value.state()
    if isinstance(value, list):
        return [list(item) if isinstance(item, tuple) else item for item in value]
    return value


def keep(items: list[Any], item: Any, bound: int = KEPT) -> None:
    """Append; the oldest leave beyond `bound`."""
    items.append(item)
    if len(items) > bound:
        del items[: len(items) - bound]


def at_least(owner: str, name: str, value: object, low: int) -> int:
    """`value` if it is a whole number from `low`. Raises InputError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise InputError(f"{owner}: {name} {value!r} must be a whole number from {low}")
    return value
