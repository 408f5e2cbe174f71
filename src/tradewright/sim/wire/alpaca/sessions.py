"""When United States shares trade: the regular session with its holidays, half days and clock changes (model.calendar),
the hours before and after it, and the night.

pre 04:00 to the open, regular, post for four hours from the close, night 20:00 to 04:00 before each trading day (so
Sunday to Friday), all in New York. Decided: on a half day post ends four hours after the early close too, and there is
no night before a holiday. Crypto never closes.
"""

from __future__ import annotations

from bisect import bisect_right

from tradewright.model.calendar import calendar
from tradewright.model.zone import DAY_NS, HOUR_NS, day_of, local_ns, utc_ns
from tradewright.sim.wire.alpaca.notation import NEW_YORK, day_text, stamp

CLOSED, NIGHT, PRE, REGULAR, POST = "closed", "overnight", "pre", "core", "post"
_PRE_OPENS = 4 * HOUR_NS
_NIGHT_OPENS = 20 * HOUR_NS
_POST_LASTS = 4 * HOUR_NS
_REGULAR = calendar("us-equity")
_DAYS = tuple(day_of(NEW_YORK, opens) for opens in _REGULAR.opens)


class Session:
    """One trading day, all ns UTC: night and pre begin, the regular session opens and closes, post ends."""

    __slots__ = ("day", "place", "night", "pre", "opens", "closes", "ends")

    def __init__(self, place: int) -> None:
        self.place = place
        self.day = _DAYS[place]
        self.night = utc_ns(NEW_YORK, (self.day - 1) * DAY_NS + _NIGHT_OPENS)
        self.pre = utc_ns(NEW_YORK, self.day * DAY_NS + _PRE_OPENS)
        self.opens = _REGULAR.opens[place]
        self.closes = _REGULAR.closes[place]
        self.ends = self.closes + _POST_LASTS

    def phase(self, now: int) -> str:
        """What `now` is in this day; CLOSED outside of it."""
        for until, name in (
            (self.night, CLOSED), (self.pre, NIGHT), (self.opens, PRE), (self.closes, REGULAR), (self.ends, POST),
        ):  # fmt: skip
            if now < until:
                return name
        return CLOSED


def session_at(now: int) -> Session:
    """The trading day that is not over at `now`: the running one or the next."""
    session = Session(max(bisect_right(_DAYS, day_of(NEW_YORK, now)) - 1, 0))
    while now >= session.ends:
        session = Session(session.place + 1)
    return session


def phase_at(now: int) -> str:
    return session_at(now).phase(now)


def is_open(now: int) -> bool:
    return _REGULAR.is_open(now)


def next_open(now: int) -> int:
    return _REGULAR.next_open(now)


def next_close(now: int) -> int:
    return _REGULAR.next_close(now)


def trading_days(now: int, count: int) -> list[int]:
    """The last `count` trading days up to and with the day of `now`, rising."""
    end = bisect_right(_DAYS, day_of(NEW_YORK, now))
    return list(_DAYS[max(end - count, 0) : end])


def local_minute(now: int) -> int:
    """Minutes since midnight on New York's clock."""
    return local_ns(NEW_YORK, now) % DAY_NS // (60 * 10**9)


def clock(now: int) -> dict[str, object]:
    """The body of GET /v2/clock, on New York's clock."""
    return {
        "timestamp": stamp(now, NEW_YORK),
        "is_open": is_open(now),
        "next_open": stamp(next_open(now), NEW_YORK),
        "next_close": stamp(next_close(now), NEW_YORK),
    }


def sessions_between(first: int, last: int) -> list[Session]:
    """The trading days from `first` to `last` (ordinals, both included)."""
    places = range(bisect_right(_DAYS, first - 1), bisect_right(_DAYS, last))
    return [Session(place) for place in places]


def settlement(session: Session) -> str:
    """The date on which a trade of that day settles: one trading day later."""
    return day_text(_DAYS[min(session.place + 1, len(_DAYS) - 1)])


def calendar_row(session: Session, settles: bool = False) -> dict[str, object]:
    """One day of GET /v2/calendar. settles: the date asked for is that of the settlement."""
    return {
        "date": settlement(session) if settles else day_text(session.day),
        "open": _hhmm(session.opens, ":"),
        "close": _hhmm(session.closes, ":"),
        "session_open": _hhmm(session.pre, ""),
        "session_close": _hhmm(session.ends, ""),
        "settlement_date": settlement(session),
    }


def _hhmm(ns: int, between: str) -> str:
    minute = local_minute(ns)
    return f"{minute // 60:02d}{between}{minute % 60:02d}"


#: The markets of the newer endpoints: acronym → MIC and name. Decided: the exchanges of shares keep one calendar.
MARKETS = {
    "NYSE": ("XNYS", "New York Stock Exchange"),
    "NASDAQ": ("XNAS", "Nasdaq Stock Market"),
    "IEX": ("IEXG", "Investors Exchange"),
    "BOATS": ("BLUE", "Blue Ocean Alternative Trading System"),
}


def market_named(name: str) -> dict[str, object] | None:
    """A market by its acronym or MIC."""
    for acronym, (mic, title) in MARKETS.items():
        if name.upper() in (acronym, mic):
            return {"mic": mic, "bic": None, "acronym": acronym, "name": title, "timezone": NEW_YORK}
    return None


def market_clock(market: dict[str, object], now: int) -> dict[str, object]:
    """One clock of GET /v3/clock: the phase of the day and when it ends."""
    session = session_at(now)
    phase = session.phase(now)
    ends = {CLOSED: session.night, NIGHT: session.pre, PRE: session.opens, REGULAR: session.closes, POST: session.ends}
    return {
        "market": market,
        "timestamp": stamp(now, NEW_YORK),
        "is_market_day": session.day == day_of(NEW_YORK, now),
        "next_market_open": stamp(next_open(now), NEW_YORK),
        "next_market_close": stamp(next_close(now), NEW_YORK),
        "phase": phase,
        "phase_until": stamp(ends[phase], NEW_YORK),
    }


def market_day(session: Session) -> dict[str, object]:
    """One day of GET /v3/calendar: its phases on New York's clock."""
    return {
        "date": day_text(session.day),
        "pre_start": stamp(session.pre, NEW_YORK),
        "pre_end": stamp(session.opens, NEW_YORK),
        "core_start": stamp(session.opens, NEW_YORK),
        "core_end": stamp(session.closes, NEW_YORK),
        "lunch_start": None,
        "lunch_end": None,
        "post_start": stamp(session.closes, NEW_YORK),
        "post_end": stamp(session.ends, NEW_YORK),
        "settlement_date": settlement(session),
    }
