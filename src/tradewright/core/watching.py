"""What an account sees of the market beyond the newest prices, kept only where one of its limits asks for it."""

from __future__ import annotations

from tradewright.core.accounts import AccountState
from tradewright.core.marks import Mark, Marks
from tradewright.model.event import Event
from tradewright.model.market import Bar, MarketEvent

#: Limits that need it.
RANGE_LIMITS = ("minDistanceFromDailyHigh", "minDistanceFromDailyLow")


def watch(account: AccountState, event: Event, marks: Marks) -> None:
    """Fold one market event that the marks have seen already."""
    if isinstance(event, Bar):
        account.see(event.instrument.index, event.high_units, event.low_units)
    elif isinstance(event, MarketEvent):
        mark: Mark = marks.marks[event.instrument.index]
        price = mark.price()
        if price > 0:
            account.see(event.instrument.index, price, price)
