"""Trading calendars: when a market is open, and which trading day a moment belongs to.

A calendar is a rule and a table. The rule: one session from Monday to Friday, from `opens` to `closes` on the zone's
clock; a session that opens the evening before has a negative `opens`. The table (`model.calendar_table`): days without
a session and days that close early. Sessions that touch are one stretch of opening; they are half open, [open, close),
like every interval here.

always      crypto: never closes, the day turns at 00:00 UTC
us-equity   New York 09:30 to 16:00, the regular session of the stock exchanges, their holidays and early closes
forex       Sunday 17:00 to Friday 17:00 New York without a break; the day turns at 17:00; holidays are the venue's word
metals      Sunday 18:00 to Friday 17:00 New York with a break from 17:00 to 18:00 each day; the day turns at 17:00.
            Holidays are those of CME's index futures: on some of them metals trade an hour longer than this says
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from typing import NamedTuple

from tradewright.model.calendar_table import CLOSED, EARLY, FIRST_YEAR, LAST_YEAR
from tradewright.model.errors import InputError
from tradewright.model.zone import DAY_NS, MINUTE_NS, RANGE_END, RANGE_FIRST, local_ns, ordinal, utc_ns

#: Later than any time: what a market that never closes answers when asked for its next close (the year 2262).
NEVER = 2**63 - 1


class Rule(NamedTuple):
    """A calendar's usual day, Monday to Friday: minutes from local midnight of the session's date, on `zone`'s clock.

    turns: where the trading day begins. table: the rule's name in `model.calendar_table`, "" if it has no exceptions.
    """

    zone: str
    opens: int
    closes: int
    turns: int
    table: str = ""


RULES = {
    "us-equity": Rule("America/New_York", 9 * 60 + 30, 16 * 60, 0, "us-equity"),
    "forex": Rule("America/New_York", -7 * 60, 17 * 60, -7 * 60),
    "metals": Rule("America/New_York", -6 * 60, 17 * 60, -7 * 60, "metals"),
}
#: The calendar of what never closes, and of what nobody knows the sessions of.
ALWAYS = "always"
NAMES = (ALWAYS, *RULES)


class Calendar:
    """The stretches of opening of one market. All times ns UTC; a time outside the table raises InputError.

    opens, closes: begin and end of each stretch, rising. first, last: the times it can answer for, [first, last).
    turns: ns from local midnight, on `zone`'s clock, to where the trading day of that date begins.
    """

    __slots__ = ("name", "zone", "turns", "opens", "closes", "first", "last")

    def __init__(self, name: str, zone: str, turns: int, opens: tuple[int, ...], closes: tuple[int, ...]) -> None:
        self.name = name
        self.zone = zone
        self.turns = turns
        self.opens = opens
        self.closes = closes
        self.first = opens[0]
        self.last = opens[-1]

    def is_open(self, time_ns: int) -> bool:
        """Whether the market trades at that moment: at its open yes, at its close no longer."""
        index = self._opens_until(time_ns)
        return time_ns < self.closes[index - 1]

    def last_open(self, time_ns: int) -> int:
        """The latest opening at or before that moment; -NEVER if the market was always open."""
        return self.opens[self._opens_until(time_ns) - 1]

    def next_open(self, time_ns: int) -> int:
        """The first opening after that moment; NEVER if there is none to come."""
        return self.opens[self._opens_until(time_ns)]

    def next_close(self, time_ns: int) -> int:
        """The first close after that moment; NEVER if there is none to come."""
        self._opens_until(time_ns)
        return self.closes[bisect_right(self.closes, time_ns)]

    def session_day(self, time_ns: int) -> int:
        """Ordinal (days since 1970-01-01) of the trading day; closed hours belong to one too, as the clock turns."""
        return (local_ns(self.zone, time_ns) - self.turns) // DAY_NS

    def session_start(self, day: int) -> int:
        """The moment at which the trading day with that ordinal begins, ns UTC."""
        return utc_ns(self.zone, day * DAY_NS + self.turns)

    def _opens_until(self, time_ns: int) -> int:
        """How many stretches have opened at that moment: at least one, and never all."""
        if not self.first <= time_ns < self.last:
            raise InputError(
                f"calendar {self.name}: {time_ns} ns is outside its table, {FIRST_YEAR} to {LAST_YEAR}; "
                "extend it with scripts/calendars.py --first YEAR --last YEAR"
            )
        return bisect_right(self.opens, time_ns)


@cache
def calendar(name: str) -> Calendar:
    """The calendar of that name, built once. Raises InputError for a name that is not in NAMES."""
    if name == ALWAYS:
        return Calendar(ALWAYS, "UTC", 0, (-NEVER, NEVER), (NEVER, NEVER))
    rule = RULES.get(name)
    if rule is None:
        raise InputError(f"calendar {name!r} is not one of {', '.join(NAMES)}")
    opens: list[int] = []
    closes: list[int] = []
    for opening, closing in _sessions(rule):
        if closes and closes[-1] == opening:
            closes[-1] = closing
        else:
            opens.append(opening)
            closes.append(closing)
    return Calendar(name, rule.zone, rule.turns * MINUTE_NS, tuple(opens), tuple(closes))


def _sessions(rule: Rule) -> list[tuple[int, int]]:
    """(open, close) of every session in the table's range, ns UTC, rising."""
    closed = {_day(date) for date in CLOSED.get(rule.table, ())}
    early = {_day(date): hhmm // 100 * 60 + hhmm % 100 for date, hhmm in EARLY.get(rule.table, ())}
    sessions = []
    # The range's first and last day are left out: their sessions reach over its edges.
    for day in range(RANGE_FIRST // DAY_NS + 1, RANGE_END // DAY_NS - 1):
        # 1970-01-01 was a Thursday: this is Monday to Friday.
        if (day + 3) % 7 < 5 and day not in closed:
            opening = utc_ns(rule.zone, day * DAY_NS + rule.opens * MINUTE_NS)
            closing = utc_ns(rule.zone, day * DAY_NS + early.get(day, rule.closes) * MINUTE_NS)
            sessions.append((opening, closing))
    return sessions


def _day(date: int) -> int:
    """Ordinal of a yyyymmdd date."""
    return ordinal(date // 10000, date // 100 % 100, date % 100)
