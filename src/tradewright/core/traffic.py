"""What an account sends and hears: messages, orders alike, executions, errors in a row. Kept where a limit asks for
it."""

from __future__ import annotations

from collections import deque
from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.lot import Match
from tradewright.model.order import Order
from tradewright.model.zone import day_of

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
#: Windows reach no further back, and nothing older is remembered.
WINDOW_NS_MAX = 3_600 * SECOND_NS
NEW_YORK = "America/New_York"
#: Far more than any limit on them.
DAY_TRADES_KEPT = 1_000

Terms = tuple[str, int, int, int, int, int, int]


def terms_of(order: Order) -> Terms:
    """What makes two orders alike: strategy, instrument, side, type, quantity and prices."""
    return (
        order.strategy, order.instrument.index, order.side, order.type, order.quantity, order.limit_units,
        order.stop_units,
    )  # fmt: skip


class Traffic:
    """Of one account. messages: times (ns UTC) of what went to the venue in the last minute; messages_today,
    fills_today: since its day began. sent: (time, terms) of opening orders; executed: (time, strategy, instrument
    index) of openings' fills; both of the last hour. errors: refusals and lost answers in a row; opened: when the
    breaker opened, 0 = it is closed. heard: when the venue was heard of last. day_trades: (New York day, closing order)
    of what was opened and closed on one day."""

    __slots__ = (
        "messages", "messages_today", "fills_today", "sent", "executed", "errors", "opened", "heard",
        "day_trades",
    )  # fmt: skip

    def __init__(self) -> None:
        self.messages: deque[int] = deque()
        self.messages_today = 0
        self.fills_today = 0
        self.sent: deque[tuple[int, Terms]] = deque()
        self.executed: deque[tuple[int, str, int]] = deque()
        self.errors = 0
        self.opened = 0
        self.heard = 0
        self.day_trades: deque[tuple[int, str]] = deque()

    def message(self, now: int) -> None:
        """Something went to the venue."""
        self.messages_today += 1
        self.messages.append(now)
        while self.messages[0] <= now - MINUTE_NS:
            self.messages.popleft()

    def opens(self, order: Order) -> None:
        """An opening order was granted."""
        self.sent.append((order.time, terms_of(order)))
        while self.sent[0][0] <= order.time - WINDOW_NS_MAX:
            self.sent.popleft()

    def fills(self, order: Order, now: int, opening: bool) -> None:
        """An order filled; opening: for the first time, and it opens."""
        self.fills_today += 1
        if opening:
            self.executed.append((now, order.strategy, order.instrument.index))
            while self.executed[0][0] <= now - WINDOW_NS_MAX:
                self.executed.popleft()

    def matched(self, match: Match) -> None:
        """A piece was closed; on the day it was opened, by New York's calendar, it is part of a day trade."""
        day = day_of(NEW_YORK, match.time_close)
        trade = (day, match.close_order)
        if match.size > 0 and day_of(NEW_YORK, match.time_open) == day and trade not in self.day_trades:
            self.day_trades.append(trade)
            while len(self.day_trades) > DAY_TRADES_KEPT:
                self.day_trades.popleft()

    def day_trades_since(self, now: int) -> int | None:
        """Day trades of the last five business days, today's among them; None beyond the table of time zones."""
        try:
            day = day_of(NEW_YORK, now)
        except InputError:
            return None
        business = 0
        while True:
            business += (day + 3) % 7 < 5
            if business == 5:
                return sum([1 for at, _ in self.day_trades if at >= day])
            day -= 1

    def forget(self, strategy: str, whole: bool) -> None:
        """Executions of a strategy, or all of them, count no more."""
        self.executed = deque(item for item in self.executed if not whole and item[1] != strategy)

    def in_minute(self, now: int) -> int:
        """Messages of the last minute."""
        return sum([1 for time in self.messages if time > now - MINUTE_NS])

    def alike(self, terms: Terms) -> int:
        """When the newest opening order with these terms was granted, 0 = none in the last hour."""
        return max([time for time, sent in self.sent if sent == terms], default=0)

    def executions(self, strategy: str, index: int, since: int) -> int:
        """Openings of a strategy in an instrument that filled after `since`."""
        return sum([1 for time, *of in self.executed if time > since and of == [strategy, index]])

    def row(self) -> list[Any]:
        return [
            list(self.messages), self.messages_today, self.fills_today, list(self.sent), list(self.executed),
            self.errors, self.opened, self.heard, list(self.day_trades),
        ]  # fmt: skip

    def restore(self, row: list[Any]) -> None:
        """The inverse of `row`."""
        (
            messages, self.messages_today, self.fills_today, sent, executed, self.errors, self.opened, self.heard, days,
        ) = row  # fmt: skip
        self.day_trades = deque((day, order) for day, order in days)
        self.messages = deque(messages)
        self.sent = deque((time, tuple(terms)) for time, terms in sent)
        self.executed = deque((time, strategy, index) for time, strategy, index in executed)
