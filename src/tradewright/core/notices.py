"""What venues and brokers have said of instruments: the newest word counts. Nothing is kept where nobody says
anything."""

from __future__ import annotations

from typing import Any

from tradewright.model.errors import ContractError
from tradewright.model.notice import STATUSES, InstrumentStatus, Located


class Notices:
    """statuses: by instrument index. located: by account and instrument index, the size and the day it is good for."""

    def __init__(self) -> None:
        self.statuses: dict[int, InstrumentStatus] = {}
        self.located: dict[tuple[str, int], tuple[int, int]] = {}

    def state(self, event: InstrumentStatus) -> None:
        """Fold a status. Raises ContractError for one that is none, and nothing has changed then."""
        low, high = event.low_units, event.high_units
        if event.status not in STATUSES or low < 0 or high < 0 or (high and high < low):
            raise ContractError(f"status {event.row()[2:]}: it is one of {', '.join(STATUSES)}, in a band that is one")
        self.statuses[event.instrument_index] = event

    def locate(self, event: Located, day: int) -> None:
        """Fold what was located for the account's day."""
        if event.size_units < 0:
            raise ContractError(f"located for {event.account}: {event.size_units} is no size")
        self.located[event.account, event.instrument_index] = (event.size_units, day)

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
