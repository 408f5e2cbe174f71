"""What all validators share: the case they judge, their settings, and the form of a verdict."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from tradewright.model.decision import Check
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.market import MarketEvent
from tradewright.model.numbers import Number, count_of, text_of

#: The station of their verdicts: before those of an order's way.
VALIDATION = "validation"
LENGTH_MAX = 100_000
#: Percent are kept to 4 decimals, which is ppm.
PERCENT_SCALE = 4
PERCENT_MAX = 100_000_000


class Case(NamedTuple):
    """What a verdict is asked on: an opening of `side` in an instrument at `now` (ns UTC). positions: the account's
    open ones, as (instrument, signed net size)."""

    instrument: Instrument
    side: int
    now: int
    positions: tuple[tuple[Instrument, int], ...]


class Validator:
    """Base of them. A subclass reads its settings in its constructor and refuses unknown ones."""

    code: ClassVar[str]

    def __init__(self, settings: Settings) -> None:
        settings.done()

    def observe(self, event: MarketEvent) -> None:
        """The next event of the market."""

    def check(self, case: Case) -> Check:
        """The verdict."""
        raise AssertionError(f"{type(self).__name__} gives no verdict")

    def state(self) -> Any:
        """What it has seen, as JSON."""
        return None

    def restore(self, state: Any) -> None:
        """The inverse of `state`."""

    def _verdict(self, passed: bool, value: int | None, limit: int | None, unit: str, text: str) -> Check:
        return Check(self.code, passed, value, limit, unit, text, VALIDATION)

    def _unknown(self, limit: int | None, unit: str, text: str) -> Check:
        return Check(self.code, False, None, limit, unit, text, VALIDATION)


class Settings:
    """One validator's settings, taken one by one; what nobody takes is refused by name."""

    def __init__(self, what: str, values: object) -> None:
        if not isinstance(values, dict):
            raise InputError(f"{what}: its settings are a table of names and values, not {values!r}")
        self.what = what
        self.left = dict(values)

    def take(self, name: str, default: object = None) -> Any:
        """The value of a setting; without a default it must be there."""
        if name not in self.left and default is None:
            raise InputError(f"{self.what}: {name} is missing")
        return self.left.pop(name, default)

    def count(self, name: str, default: int | None = None, low: int = 1) -> int:
        """A whole number."""
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= LENGTH_MAX:
            raise InputError(f"{self.what}: {name} {value!r} must be a whole number from {low} to {LENGTH_MAX}")
        return value

    def percent(self, name: str, default: Number | None = None) -> int:
        """A percentage of at least zero, in ppm."""
        value = self.take(name, default)
        count = count_of(value, PERCENT_SCALE, f"{self.what}: {name}", PERCENT_MAX)
        if count < 0:
            raise InputError(f"{self.what}: {name} {value} can not be negative")
        return count

    def done(self) -> None:
        """Raises InputError for settings that nobody took."""
        if self.left:
            raise InputError(f"{self.what}: there is no setting {', '.join(self.left)}")


def percent_text(ppm: int) -> str:
    return f"{text_of(ppm, PERCENT_SCALE)} %"
