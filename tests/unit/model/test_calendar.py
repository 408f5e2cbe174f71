"""Sessions, day boundaries and their edges: well-known days by hand, all days against exchange-calendars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.model.calendar import NAMES, NEVER, Calendar, calendar
from tradewright.model.calendar_table import FIRST_YEAR, LAST_YEAR
from tradewright.model.errors import InputError
from tradewright.model.zone import DAY_NS, HOUR_NS, MINUTE_NS

CLOSING = [name for name in NAMES if name != "always"]


def ns(moment: str) -> int:
    return int(datetime.fromisoformat(f"{moment}+00:00").timestamp()) * 10**9


def date_of(day: int) -> str:
    return str((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(day)).date())


#: (calendar, an opening, the close that follows it), UTC. New York is UTC-5 in winter, UTC-4 in summer.
STRETCHES = [
    ("us-equity", "2024-11-27 14:30", "2024-11-27 21:00"),  # the day before Thanksgiving is a full one
    ("us-equity", "2024-11-29 14:30", "2024-11-29 18:00"),  # the day after closes at 13:00 New York
    ("us-equity", "2024-12-24 14:30", "2024-12-24 18:00"),
    ("us-equity", "2025-01-08 14:30", "2025-01-08 21:00"),
    ("us-equity", "2025-01-10 14:30", "2025-01-10 21:00"),  # 9 January 2025: mourning for a president
    ("us-equity", "2025-03-07 14:30", "2025-03-07 21:00"),  # the last day of winter time
    ("us-equity", "2025-03-10 13:30", "2025-03-10 20:00"),  # the first of summer time
    ("us-equity", "2024-11-01 13:30", "2024-11-01 20:00"),
    ("us-equity", "2024-11-04 14:30", "2024-11-04 21:00"),
    ("us-equity", "2025-07-03 13:30", "2025-07-03 17:00"),
    ("us-equity", "2001-09-10 13:30", "2001-09-10 20:00"),
    ("us-equity", "2001-09-17 13:30", "2001-09-17 20:00"),
    ("us-equity", "2012-10-26 13:30", "2012-10-26 20:00"),  # then a hurricane, 29 and 30 October
    ("us-equity", "2012-10-31 13:30", "2012-10-31 20:00"),
    ("forex", "2025-03-02 22:00", "2025-03-07 22:00"),
    ("forex", "2025-03-09 21:00", "2025-03-14 21:00"),  # clocks went forward on that Sunday
    ("forex", "2024-11-03 22:00", "2024-11-08 22:00"),
    ("metals", "2025-03-06 23:00", "2025-03-07 22:00"),
    ("metals", "2025-03-09 22:00", "2025-03-10 21:00"),
    ("metals", "2025-03-10 22:00", "2025-03-11 21:00"),
    ("metals", "2024-03-27 22:00", "2024-03-28 21:00"),  # then Good Friday
    ("metals", "2024-03-31 22:00", "2024-04-01 21:00"),
    ("metals", "2025-01-19 23:00", "2025-01-20 18:00"),  # Martin Luther King's day ends at 13:00 New York,
    ("metals", "2025-01-20 23:00", "2025-01-21 22:00"),  # and the evening opens as ever
]


@pytest.mark.parametrize(("name", "opens", "closes"), STRETCHES)
def test_a_market_is_open_from_its_open_until_its_close(name: str, opens: str, closes: str) -> None:
    market, opening, closing = calendar(name), ns(opens), ns(closes)
    assert not market.is_open(opening - 1)
    assert market.is_open(opening)
    assert market.is_open(closing - 1)
    assert not market.is_open(closing)
    assert market.next_open(opening - 1) == opening
    assert market.next_close(opening) == market.next_close(closing - 1) == closing
    assert market.last_open(opening) == market.last_open(closing - 1) == market.last_open(closing) == opening


#: (calendar, a close, the next open), UTC: nothing trades in between.
PAUSES = [
    ("us-equity", "2024-11-27 21:00", "2024-11-29 14:30"),
    ("us-equity", "2025-01-08 21:00", "2025-01-10 14:30"),
    ("us-equity", "2025-04-17 20:00", "2025-04-21 13:30"),  # Good Friday
    ("us-equity", "2001-09-10 20:00", "2001-09-17 13:30"),
    ("us-equity", "2012-10-26 20:00", "2012-10-31 13:30"),
    ("us-equity", "2025-03-07 21:00", "2025-03-10 13:30"),  # a week-end of 64.5 hours
    ("forex", "2025-03-07 22:00", "2025-03-09 21:00"),  # one of 47
    ("forex", "2024-11-01 21:00", "2024-11-03 22:00"),  # one of 49
    ("metals", "2024-03-28 21:00", "2024-03-31 22:00"),
    ("metals", "2025-03-11 21:00", "2025-03-11 22:00"),
]


@pytest.mark.parametrize(("name", "closes", "opens"), PAUSES)
def test_nothing_trades_between_a_close_and_the_next_open(name: str, closes: str, opens: str) -> None:
    market, closing, opening = calendar(name), ns(closes), ns(opens)
    assert market.is_open(closing - 1)
    for time_ns in range(closing, opening, 30 * MINUTE_NS):
        assert not market.is_open(time_ns)
        assert market.next_open(time_ns) == opening
        assert market.next_close(time_ns) > opening
    assert market.is_open(opening)


#: (calendar, UTC, the trading day it belongs to).
DAYS = [
    ("always", "2024-02-29 23:59", "2024-02-29"),
    ("always", "2024-03-01 00:00", "2024-03-01"),
    ("us-equity", "2024-06-05 03:59", "2024-06-04"),  # midnight in New York
    ("us-equity", "2024-06-05 04:00", "2024-06-05"),
    ("forex", "2025-03-09 21:00", "2025-03-10"),  # Sunday evening is Monday
    ("forex", "2025-03-10 20:59", "2025-03-10"),
    ("forex", "2025-03-10 21:00", "2025-03-11"),
    ("forex", "2025-01-15 21:59", "2025-01-15"),
    ("forex", "2025-01-15 22:00", "2025-01-16"),
    ("metals", "2025-01-15 21:59", "2025-01-15"),
    ("metals", "2025-01-15 22:30", "2025-01-16"),  # the break belongs to the day that comes
    ("metals", "2025-01-17 22:00", "2025-01-18"),  # and a Saturday to itself
]


@pytest.mark.parametrize(("name", "moment", "date"), DAYS)
def test_a_trading_day_turns_where_its_market_says(name: str, moment: str, date: str) -> None:
    assert date_of(calendar(name).session_day(ns(moment))) == date


@pytest.mark.parametrize("name", NAMES)
def test_session_start_is_the_first_moment_of_its_day(name: str) -> None:
    market = calendar(name)
    for day in range(ns("2024-01-01 00:00") // DAY_NS, ns("2028-01-01 00:00") // DAY_NS):
        assert market.session_day(market.session_start(day)) == day
        assert market.session_day(market.session_start(day) - 1) == day - 1


@pytest.mark.parametrize("name", CLOSING)
def test_a_session_lies_within_one_trading_day_except_where_it_never_pauses(name: str) -> None:
    market = calendar(name)
    for opening, closing in zip(market.opens, market.closes, strict=True):
        assert market.session_day(closing - 1) - market.session_day(opening) == (4 if name == "forex" else 0)


def test_a_market_that_never_closes_has_no_boundaries_and_no_limits() -> None:
    always = calendar("always")
    for time_ns in (-1, 0, ns("2024-02-29 12:00"), NEVER - 1):
        assert always.is_open(time_ns)
        assert always.next_open(time_ns) == always.next_close(time_ns) == NEVER
        assert always.last_open(time_ns) == -NEVER


@pytest.mark.parametrize("name", CLOSING)
@given(data=st.data())
def test_boundaries_are_where_open_and_closed_meet(name: str, data: st.DataObject) -> None:
    market = calendar(name)
    time_ns = data.draw(st.integers(market.first, market.last - 8 * DAY_NS))
    opening, closing = market.next_open(time_ns), market.next_close(time_ns)
    assert market.is_open(time_ns) == (closing < opening)
    assert min(opening, closing) > time_ns
    assert market.last_open(time_ns) <= time_ns
    assert market.is_open(opening)
    assert not market.is_open(opening - 1)
    assert market.is_open(closing - 1)
    assert not market.is_open(closing)


@pytest.mark.parametrize("name", CLOSING)
def test_a_time_outside_the_table_is_an_error_that_says_how_to_extend_it(name: str) -> None:
    market = calendar(name)
    asks = [market.is_open, market.next_open, market.next_close, market.last_open]
    for ask in asks:
        for time_ns in (0, market.first - 1, market.last, NEVER):
            with pytest.raises(InputError, match=rf"{name}.*{FIRST_YEAR} to {LAST_YEAR}.*scripts/calendars.py"):
                ask(time_ns)
        ask(market.first)
        ask(market.last - 1)
    assert date_of(market.first // DAY_NS) < f"{FIRST_YEAR}-01-05"
    assert date_of(market.last // DAY_NS) > f"{LAST_YEAR}-12-21"


def test_an_unknown_calendar_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(InputError, match=r"'lunar'.*always, us-equity, forex, metals"):
        calendar("lunar")


def test_a_calendar_is_built_once() -> None:
    assert calendar("forex") is calendar("forex")


#: exchange-calendars uses what pandas is about to drop.
foreign = pytest.mark.filterwarnings("ignore:Series.values")


def exchange_sessions(code: str, market: Calendar) -> list[tuple[int, int]]:
    """(open, close) of each session by exchange-calendars, as far as both tables reach."""
    peer = pytest.importorskip("exchange_calendars").get_calendar(
        code, start=f"{FIRST_YEAR}-01-01", end=f"{LAST_YEAR}-12-31"
    )
    rows = [(row.open.value, row.close.value) for row in peer.schedule.itertuples()]
    return [row for row in rows if market.first <= row[0] <= market.last]


@foreign
def test_every_us_equity_session_is_that_of_exchange_calendars() -> None:
    market = calendar("us-equity")
    sessions = exchange_sessions("XNYS", market)
    assert len(sessions) > 10_000
    assert list(zip(market.opens, market.closes, strict=True)) == sessions


@foreign
def test_every_metals_session_is_that_of_exchange_calendars_but_for_the_break() -> None:
    market = calendar("metals")
    sessions = exchange_sessions("CMES", market)
    # CMES ends a full session at 18:00 New York, where the next begins; ours pauses for the hour before.
    full = 23 * HOUR_NS
    paused = [(opening, closing - HOUR_NS if closing - opening > full else closing) for opening, closing in sessions]
    assert len(paused) > 10_000
    assert list(zip(market.opens, market.closes, strict=True)) == paused


@foreign
def test_the_table_is_what_its_script_writes() -> None:
    pytest.importorskip("exchange_calendars")
    from scripts.calendars import TARGET, table_text

    assert TARGET.read_text() == table_text(FIRST_YEAR, LAST_YEAR)
