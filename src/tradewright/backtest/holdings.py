"""Cash and positions of a run after each of its fills.

The ledger of the core books the fills a second time, so no rule of booking (fees in the base currency, dust) is written
twice; the run itself keeps nothing but its fills.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradewright.backtest.run import ACCOUNT, Result
from tradewright.core.ledger import Ledger
from tradewright.model.account import HEDGING
from tradewright.model.errors import ContractError
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import money_text


class Steps:
    """A whole number that changes at some times (ns UTC, never falling) and stays in between."""

    __slots__ = ("times", "values")

    def __init__(self, value: int = 0) -> None:
        self.times: list[int] = []
        self.values = [value]

    def change(self, time: int, value: int) -> None:
        """From `time` on it is `value`."""
        if value != self.values[-1]:
            self.times.append(time)
            self.values.append(value)

    def at(self, times: NDArray[np.int64], one: int) -> NDArray[np.float64]:
        """The number at each of `times` (rising), in units of `one` counts."""
        values = np.array([value / one for value in self.values])
        edges = np.searchsorted(times, np.array(self.times, np.int64))
        return np.repeat(values, np.diff(edges, prepend=0, append=len(times)))


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an account held, fill by fill.

    cash: money per currency. positions: instrument and net size counts, by its index. open: how many instruments had a
    position. sizes: counts by which each fill changed its position; a fee in the base currency makes them differ from
    the fill's own. earned: money that the fills in an instrument moved, by its index and the currency.
    """

    cash: dict[str, Steps]
    positions: dict[int, tuple[Instrument, Steps]]
    open: Steps
    sizes: list[int]
    earned: dict[int, dict[str, int]]


def holdings_of(result: Result) -> Holdings:
    """Book the fills of a run anew. Raises ContractError if they do not lead to the cash that the engine had."""
    ledger = Ledger()
    moved = ledger.cash[ACCOUNT] = {}
    held = Holdings(defaultdict(Steps), {}, Steps(), [], {})
    exposed: set[int] = set()
    for booked in result.fills:
        instrument, time = booked.order.instrument, booked.time
        book = ledger.book(ACCOUNT, booked.order.strategy, instrument, result.options.mode == HEDGING)
        position = book.position
        moved_before, net_before = dict(moved), position.net
        ledger.apply_fill(book, booked.order, booked.fill, [])
        held.sizes.append(abs(position.net - net_before))
        earned = held.earned.setdefault(instrument.index, {})
        for currency, amount in moved.items():
            earned[currency] = earned.get(currency, 0) + amount - moved_before.get(currency, 0)
            held.cash[currency].change(time, amount)
        _, steps = held.positions.setdefault(instrument.index, (instrument, Steps()))
        steps.change(time, position.net)
        (exposed.add if position.long_size or position.short_size else exposed.discard)(instrument.index)
        held.open.change(time, len(exposed))
    _put_in(held.cash, result)
    return held


def _put_in(cash: dict[str, Steps], result: Result) -> None:
    """From money moved by fills to money held: what was there before the first fill is what is left less what moved."""
    for currency, amount in result.cash.items():
        steps = cash[currency]
        before = amount - steps.values[-1]
        if currency == result.options.currency and before != result.start:
            raise ContractError(
                f"the fills do not lead from {money_text(result.start)} to {money_text(amount)} {currency}"
            )
        steps.values = [value + before for value in steps.values]
