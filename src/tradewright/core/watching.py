"""What is kept beyond the newest prices, and only where a limit asks for it: the day's range, the highest equity, an
account's traffic, an instrument's tape."""

from __future__ import annotations

from tradewright.core.accounts import AccountState
from tradewright.core.marks import Mark, Marks
from tradewright.model.event import Event
from tradewright.model.market import Bar, MarketEvent

#: Limits that need the day's range.
RANGE_LIMITS = ("minDistanceFromDailyHigh", "minDistanceFromDailyLow")
#: Limits that need the highest equity.
GUARD_LIMITS = ("maxDrawdownPercent", "maxLossInWindow", "maxDrawdown", "weeklyTarget")
#: Limits that end a session.
TARGET_LIMITS = ("maxDrawdown", "weeklyTarget")
#: Limits that are looked at again behind each fill.
FILL_LIMITS = (
    "maxDailyLoss",
    "maxDailyLossPercent",
    "maxWeeklyLoss",
    "maxWeeklyLossPercent",
    "maxOpenPositions",
    "maxConcurrentTradesGlobal",
    "maxDailyRiskGlobal",
    "maxTotalExposure",
    "maxTotalExposurePercent",
    "maxLeverage",
    "tradepicker.maxOpenPositions",
    "tradepicker.budget",
)
#: Limits that need an account's traffic.
TRAFFIC_LIMITS = (
    "duplicateWindowSeconds",
    "maxMessagesPerMinute",
    "maxOrderToTradeRatio",
    "maxRepeatedExecutions",
    "breakerErrors",
    "maxAccountAgeSeconds",
    "maxDayTrades",
)
#: The limit that bounds how long openings work.
RESTING_LIMIT = "staleOrderSeconds"
#: The limit that lets openings wait for their market.
WAITING_LIMIT = "queueWhenClosed"
#: Limits that need the tape of every instrument.
TAPE_LIMITS = ("maxVolumePercent", "maxTouchPercent", "cumulativeCollarPercent")


def watch(account: AccountState, event: Event, marks: Marks) -> None:
    """Fold one market event that the marks have seen already."""
    if account.guarded:
        account.measure(event.time)
    if isinstance(event, Bar):
        account.see(event.instrument.index, event.high_units, event.low_units)
    elif isinstance(event, MarketEvent):
        mark: Mark = marks.marks[event.instrument.index]
        price = mark.price()
        if price > 0:
            account.see(event.instrument.index, price, price)
