"""An exit plan: the exits an opening gets when it fills, what moves its stop, and when what it opened is closed.

Distances are price counts or parts per million of a price. From the price of the first fill: the stop-loss and the
take-profit by percentages. From the best price seen since: the trailing stop. Above the average entry: break-even,
which brings the stop to the entry, plus an offset on the winning side, once the gain was seen. By the engine's clock:
the time exits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.numbers import decimal_of, nearest_count_of

PPM_ONE = 1_000_000
SECOND_NS = 10**9


class ExitPlan:
    """One plan; 0 = not planned, for each. stop_ppm, target_ppm: of the first fill's price. trail_units or trail_ppm:
    distance of the trailing stop; step_units: the least distance by which a stop at the venue is moved, 0 = the venue
    trails by itself. gain_units or gain_ppm, offset_units: break-even. after_ns: longest holding; before_close_ns: how
    long before the session's end what is held is closed."""

    __slots__ = (
        "stop_ppm", "target_ppm", "trail_units", "trail_ppm", "step_units", "gain_units", "gain_ppm", "offset_units",
        "after_ns", "before_close_ns",
    )  # fmt: skip

    def __init__(
        self,
        stop_ppm: int = 0,
        target_ppm: int = 0,
        trail_units: int = 0,
        trail_ppm: int = 0,
        step_units: int = 0,
        gain_units: int = 0,
        gain_ppm: int = 0,
        offset_units: int = 0,
        after_ns: int = 0,
        before_close_ns: int = 0,
    ) -> None:
        self.stop_ppm = stop_ppm
        self.target_ppm = target_ppm
        self.trail_units = trail_units
        self.trail_ppm = trail_ppm
        self.step_units = step_units
        self.gain_units = gain_units
        self.gain_ppm = gain_ppm
        self.offset_units = offset_units
        self.after_ns = after_ns
        self.before_close_ns = before_close_ns
        if min(self.row()) < 0:
            raise InputError("exit plan: distances and times can not be negative")
        if max(stop_ppm, trail_ppm) >= PPM_ONE:
            raise InputError("exit plan: a stop lies less than 100 % away")
        if (trail_units and trail_ppm) or (gain_units and gain_ppm):
            raise InputError("exit plan: a distance is said in price or in percent, not both")

    def moves(self) -> bool:
        """Whether its stop is moved from here: break-even, a trailing stop with a step or with a begin of its own."""
        trails = self.trail_units or self.trail_ppm
        return bool(self.gain_units or self.gain_ppm or (trails and (self.step_units or self.stop_ppm)))

    def makes(self) -> bool:
        """Whether exits are made of it when the entry fills."""
        return bool(self.stop_ppm or self.target_ppm or self.trail_units or self.trail_ppm)

    def trail(self, price: int) -> int:
        """The trailing distance at that price, counts."""
        return self.trail_units or price * self.trail_ppm // PPM_ONE

    def stop_distance(self, price: int) -> int:
        """From an entry at that price to the nearest stop it makes, counts; 0 = it makes none."""
        return min([units for units in (price * self.stop_ppm // PPM_ONE, self.trail(price)) if units], default=0)

    def gain(self, entry: int) -> int:
        """The gain that brings the stop to break-even, counts; 0 = none does."""
        return self.gain_units or -(-entry * self.gain_ppm // PPM_ONE)

    def row(self) -> tuple[int, ...]:
        """The constructor's arguments as one encodable row."""
        return (
            self.stop_ppm, self.target_ppm, self.trail_units, self.trail_ppm, self.step_units, self.gain_units,
            self.gain_ppm, self.offset_units, self.after_ns, self.before_close_ns,
        )  # fmt: skip

    @staticmethod
    def from_row(row: Sequence[Any]) -> ExitPlan:
        return ExitPlan(*row)


def plan_from(configured: dict[str, Any]) -> ExitPlan:
    """A default plan by the names of its configuration: stopLossPercent, takeProfitPercent, trailingStopPercent,
    breakEvenPercent, maxHoldingSeconds, closeBeforeSessionEndSeconds. None leaves one out. Raises InputError."""
    values: dict[str, int] = {}
    for name, value in configured.items():
        if name not in CONFIGURED:
            raise InputError(f"exits: {name!r} is not known; they are {', '.join(CONFIGURED)}")
        if value is None:
            continue
        if decimal_of(value, f"exits: {name}") <= 0:
            raise InputError(f"exits: {name} {value} must be above zero; leave it out to switch it off")
        field, scale = CONFIGURED[name]
        values[field] = nearest_count_of(value, scale, f"exits: {name}")
    return ExitPlan(**values)


#: What each of them does.
EXIT_MEANINGS = {
    "stopLossPercent": "a stop-loss so far from the first fill",
    "takeProfitPercent": "a take-profit so far from the first fill",
    "trailingStopPercent": "a stop so far behind the best price seen",
    "breakEvenPercent": "once that gain was seen the stop is at the entry",
    "maxHoldingSeconds": "closed at the market after so long",
    "closeBeforeSessionEndSeconds": "closed at the market so long before the market's session ends, and nothing opened "
    "from then on",
}
#: name → (field, decimals of its count)
CONFIGURED = {
    "stopLossPercent": ("stop_ppm", 4),
    "takeProfitPercent": ("target_ppm", 4),
    "trailingStopPercent": ("trail_ppm", 4),
    "breakEvenPercent": ("gain_ppm", 4),
    "maxHoldingSeconds": ("after_ns", 9),
    "closeBeforeSessionEndSeconds": ("before_close_ns", 9),
}
