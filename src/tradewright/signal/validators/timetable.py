"""Validators that look at the clock: session windows, and a calendar of news."""

from __future__ import annotations

from typing import NamedTuple

from tradewright.model.decision import Check
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.moment import moment_of, moment_text
from tradewright.model.zone import DAY_NS, MINUTE_NS, RANGE_FIRST, local_ns, offset_ns
from tradewright.signal.validators.validator import Case, Settings, Validator

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: 1970-01-01 was a Thursday.
FIRST_WEEKDAY = 3
DAY_MINUTES = 1440


class Window(NamedTuple):
    """days: 0 = Monday; begin, end: minutes of the zone's clock, [begin, end); an end at or before its begin is on the
    next day."""

    days: tuple[int, ...]
    begin: int
    end: int
    zone: str

    def holds(self, now: int) -> bool:
        """Whether `now` lies inside. Raises InputError where the zone's table has no such time."""
        wall = local_ns(self.zone, now)
        weekday, minute = (wall // DAY_NS + FIRST_WEEKDAY) % 7, wall % DAY_NS // MINUTE_NS
        if self.begin < self.end:
            return weekday in self.days and self.begin <= minute < self.end
        evening = weekday in self.days and minute >= self.begin
        return evening or ((weekday - 1) % 7 in self.days and minute < self.end)


class SessionWindow(Validator):
    """Now lies in one of `windows`: {days: ["mon", …] (every day), from: "08:00", to: "17:00", zone: "UTC"}."""

    code = "SESSION_WINDOW"

    def __init__(self, settings: Settings) -> None:
        what = settings.what
        self.windows = [window_of(Settings(f"{what}: window", row)) for row in settings.take("windows")]
        super().__init__(settings)

    def check(self, case: Case) -> Check:
        try:
            inside = any(window.holds(case.now) for window in self.windows)
        except InputError as error:
            return self._unknown(1, "flag", str(error))
        where = "inside" if inside else "outside"
        text = f"{moment_text(case.now)} is {where} the session's {len(self.windows)} windows"
        return self._verdict(inside, int(inside), 1, "flag", text)


def window_of(settings: Settings) -> Window:
    """One window of the settings. Raises InputError."""
    days = settings.take("days", list(DAYS))
    if not isinstance(days, list) or not days or any(day not in DAYS for day in days):
        raise InputError(f"{settings.what}: days {days!r} are not among {', '.join(DAYS)}")
    begin, end = minute_of(settings, "from"), minute_of(settings, "to")
    zone = settings.take("zone", "UTC")
    offset_ns(zone, RANGE_FIRST)
    settings.done()
    return Window(tuple([DAYS.index(day) for day in days]), begin, end, zone)


def minute_of(settings: Settings, name: str) -> int:
    """The minute of the day that "HH:MM" names. Raises InputError."""
    text = settings.take(name)
    hour, colon, minute = str(text).partition(":")
    if not (colon and hour.isdigit() and minute.isdigit() and len(minute) == 2):
        raise InputError(f"{settings.what}: {name} {text!r} is no time of the day; write it like 09:30")
    count = 60 * int(hour) + int(minute)
    if int(minute) > 59 or count > DAY_MINUTES:
        raise InputError(f"{settings.what}: {name} {text!r} is no time of the day; write it like 09:30")
    return count


class NewsItem(NamedTuple):
    """[begin, end) in ns UTC, and what it concerns: a currency or a symbol."""

    begin: int
    end: int
    subject: str

    def concerns(self, instrument: Instrument) -> bool:
        return self.subject in (instrument.symbol, instrument.base, instrument.quote)


class NewsCalendar(Validator):
    """No item of the user's calendar is on: `events`, each {from, to (ISO 8601 with zone), currency or symbol}. A
    currency concerns every instrument of which it is base or quote. Beyond `known_until` (never) the calendar says
    nothing, and that is not the same as no news: refused."""

    code = "NEWS_CALENDAR"

    def __init__(self, settings: Settings) -> None:
        self.items = [item_of(Settings(f"{settings.what}: event", row)) for row in settings.take("events")]
        until = settings.take("known_until", "")
        self.until = moment_of(until, f"{settings.what}: known_until") if until else None
        super().__init__(settings)

    def check(self, case: Case) -> Check:
        if self.until is not None and case.now >= self.until:
            return self._unknown(0, "count", f"the calendar ends at {moment_text(self.until)}")
        on = [item for item in self.items if item.begin <= case.now < item.end and item.concerns(case.instrument)]
        if not on:
            return self._verdict(True, 0, 0, "count", f"no news on {case.instrument.symbol} now")
        text = f"news on {on[0].subject} until {moment_text(max([item.end for item in on]))}"
        return self._verdict(False, len(on), 0, "count", text)


def item_of(settings: Settings) -> NewsItem:
    """One item of the settings. Raises InputError."""
    begin = moment_of(settings.take("from"), f"{settings.what}: from")
    end = moment_of(settings.take("to"), f"{settings.what}: to")
    if end <= begin:
        raise InputError(f"{settings.what}: it ends before it begins")
    subject = str(settings.take("symbol" if "symbol" in settings.left else "currency"))
    settings.done()
    return NewsItem(begin, end, subject)
