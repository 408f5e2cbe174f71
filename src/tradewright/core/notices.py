"""What venues and brokers have said of instruments: the newest word counts. Nothing is kept where nobody says
anything, and nothing that no rule reads any more: one status of each instrument, and of each account what was located
for its day."""

from __future__ import annotations

from typing import Any

from tradewright.model.errors import ContractError
from tradewright.model.notice import NOT_SAID, STATUSES, InstrumentStatus, Located


class Notices:
    """statuses: by instrument index. located: by account and instrument index, the size and the day it is good for."""

    def __init__(self) -> None:
        self.statuses: dict[int, InstrumentStatus] = {}
        self.located: dict[tuple[str, int], tuple[int, int]] = {}

    def state(self, event: InstrumentStatus, instruments: int) -> None:
        """Fold a status; instruments: how many are listed. Raises ContractError for one that is none, or of none of
        them, and nothing has changed then."""
        _check(event.instrument_index, instruments)
        low, high = event.low_units, event.high_units
        banded = low == high == NOT_SAID or (low >= 0 and (high == 0 or high >= low))
        if event.status not in STATUSES or not banded:
            raise ContractError(f"status {event.row()[2:]}: it is one of {', '.join(STATUSES)}, in a band that is one")
        self.statuses[event.instrument_index] = event

    def begin(self) -> None:
        """Fold: a run begins. What was said of instruments before it may be over, and is said again."""
        self.statuses.clear()

    def locate(self, event: Located, day: int, instruments: int) -> None:
        """Fold what was located for the account's day. Raises ContractError as `state`."""
        _check(event.instrument_index, instruments)
        if event.size_units < 0:
            raise ContractError(f"located for {event.account}: {event.size_units} is no size")
        self.located[event.account, event.instrument_index] = (event.size_units, day)

    def forget(self, account: str, day: int) -> None:
        """Fold: a day of the account begins, and what was located for those before it is good for nothing."""
        for key in [key for key, (_, on) in self.located.items() if key[0] == account and on < day]:
            del self.located[key]

    def size_located(self, account: str, index: int, day: int) -> int | None:
        """Size counts the account may be short on that day; None = nobody said."""
        size, on = self.located.get((account, index), (0, -1))
        return size if on == day else None

    def row(self) -> list[object]:
        return [
            [event.row()[1:] for _, event in sorted(self.statuses.items())],
            [(*key, *found) for key, found in sorted(self.located.items())],
        ]

    def restore(self, row: list[Any]) -> None:
        statuses, located = row
        self.statuses.update({status[1]: InstrumentStatus(*status) for status in statuses})
        self.located.update({(account, index): (size, day) for account, index, size, day in located})


def _check(index: int, instruments: int) -> None:
    if not 0 <= index < instruments:
        raise ContractError(f"instrument {index} is none of the {instruments} that are listed")
