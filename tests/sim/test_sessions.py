"""Sessions: when an instrument matches, when DAY, OPG and CLS end. Times are of New York's exchanges in UTC."""

from __future__ import annotations

import pytest

from tests.sim.venue import MINUTE, Venue, share
from tradewright.model.market import Bar, Quote
from tradewright.model.order import CLS, DAY, EXTENDED_HOURS, FOK, GTC, IOC, OPG

HOUR = 60 * MINUTE
DAY_NS = 24 * HOUR
#: Wednesday 2026-11-18, 14:30 to 21:00 UTC; the Thursday after opens at the same hour.
OPENS = 1_795_012_200 * 10**9
CLOSES = OPENS + 390 * MINUTE
#: Friday 2026-11-27, the day after Thanksgiving, closes at 18:00 UTC.
EARLY = OPENS + 9 * DAY_NS


def listed(calendar: str = "us-equity", **models: str) -> Venue:
    venue = Venue(share(calendar), **models)
    venue.time = OPENS - DAY_NS
    return venue


def bar(venue: Venue, begin: int, price: int = 10000, length: int = MINUTE) -> list[tuple[object, ...]]:
    return venue.run(Bar(begin + length, venue.instrument, begin, price, price, price, price, 1_000))


def test_outside_the_session_nothing_matches_but_extended_limits() -> None:
    venue = listed()
    bar(venue, CLOSES - DAY_NS - MINUTE)
    venue.buy("market", 1)
    venue.buy("limit", 1, limit=10050)
    venue.buy("extended", 1, limit=10050, flags=EXTENDED_HOURS)
    assert bar(venue, OPENS - HOUR, 10020) == [("filled", "extended", 10020, 1)]
    assert bar(venue, OPENS - MINUTE, 10030) == []
    assert bar(venue, OPENS, 10040) == [("filled", "market", 10040, 1), ("filled", "limit", 10040, 1)]


@pytest.mark.parametrize("time_in_force", [IOC, FOK])
def test_immediate_orders_outside_the_session(time_in_force: int) -> None:
    venue = listed()
    bar(venue, CLOSES - DAY_NS - MINUTE)
    venue.buy("waits", 1, limit=9990, time_in_force=time_in_force)
    venue.buy("looks", 1, limit=9990, time_in_force=time_in_force, flags=EXTENDED_HOURS)
    assert [line[:2] for line in bar(venue, OPENS - HOUR)] == [("cancelled", "looks")]
    assert [line[:2] for line in bar(venue, OPENS)] == [("cancelled", "waits")]


def test_quotes_outside_the_session_are_not_taken() -> None:
    venue = listed()
    venue.run(Quote(OPENS - HOUR, venue.instrument, 9990, 10010))
    venue.buy("b", 1)
    assert venue.due(OPENS - MINUTE) == []
    assert venue.run(Quote(OPENS, venue.instrument, 9991, 10011)) == [("filled", "b", 10011, 1)]
    venue.buy("c", 1)
    assert venue.due(OPENS + 1) == [("filled", "c", 10011, 1)]
    venue.run(Quote(CLOSES, venue.instrument, 9991, 10011))
    venue.buy("d", 1)
    assert venue.due(CLOSES) == []


def test_a_day_order_expires_as_its_session_closes() -> None:
    venue = listed()
    venue.time = OPENS + HOUR
    venue.buy("o", 1, limit=9000, time_in_force=DAY)
    venue.buy("g", 1, limit=9000, time_in_force=GTC)
    bar(venue, CLOSES - 2 * MINUTE)
    assert bar(venue, CLOSES - MINUTE) == [("expired", "o", "SESSION_CLOSED")]
    (report,) = [w for w in venue.exchange.orders.values() if w.order.id == "o"]
    assert report.time_ended == CLOSES


def test_the_last_bar_of_the_session_is_matched_before_the_order_expires() -> None:
    venue = listed()
    venue.time = OPENS + HOUR
    venue.buy("o", 1, limit=9000, time_in_force=DAY)
    assert bar(venue, CLOSES - MINUTE, 9000) == [("filled", "o", 9000, 1)]


def test_a_missing_last_bar_lets_it_expire_a_period_later() -> None:
    venue = listed()
    venue.time = OPENS + HOUR
    bar(venue, OPENS + HOUR)
    venue.buy("o", 1, limit=9000, time_in_force=DAY)
    assert venue.due(CLOSES) == []  # a bar that ends at the close may be on its way
    assert venue.due(CLOSES + MINUTE + 1) == [("expired", "o", "SESSION_CLOSED")]


def test_with_quotes_it_expires_on_the_second() -> None:
    venue = listed()
    venue.run(Quote(OPENS + HOUR, venue.instrument, 9990, 10010))
    venue.buy("o", 1, limit=9000, time_in_force=DAY)
    assert venue.due(CLOSES - 1) == []
    assert venue.due(CLOSES) == [("expired", "o", "SESSION_CLOSED")]


def test_an_order_placed_after_the_close_belongs_to_the_next_session() -> None:
    venue = listed()
    bar(venue, CLOSES - MINUTE)
    venue.buy("o", 1, limit=9000, time_in_force=DAY)  # at the close itself
    assert bar(venue, CLOSES + DAY_NS - 2 * MINUTE) == []
    assert bar(venue, CLOSES + DAY_NS - MINUTE) == [("expired", "o", "SESSION_CLOSED")]


def test_an_early_close_ends_the_day_early() -> None:
    venue = listed()
    bar(venue, EARLY)
    venue.buy("o", 1, limit=9000, time_in_force=DAY)
    assert bar(venue, EARLY + 209 * MINUTE) == [("expired", "o", "SESSION_CLOSED")]  # 13:00 in New York


@pytest.mark.parametrize(("calendar", "hour"), [("always", 0), ("forex", 22)])
def test_a_market_without_a_daily_close_turns_its_day(calendar: str, hour: int) -> None:
    venue = listed(calendar)
    midnight = OPENS - 14 * HOUR - 30 * MINUTE
    venue.time = midnight + 10 * HOUR
    venue.run(Quote(venue.time, venue.instrument, 9990, 10010))
    venue.buy("o", 1, limit=9000, time_in_force=DAY)
    turns = midnight + (hour or 24) * HOUR  # forex: 17:00 in New York
    assert venue.due(turns - 1) == []
    assert venue.due(turns) == [("expired", "o", "SESSION_CLOSED")]


def test_opg_takes_the_first_price_of_the_session_and_no_other() -> None:
    venue = listed()
    bar(venue, CLOSES - DAY_NS - MINUTE)
    venue.buy("o", 1, time_in_force=OPG)
    assert bar(venue, OPENS - MINUTE, 10010) == []
    assert bar(venue, OPENS, 10020) == [("filled", "o", 10020, 1)]
    venue.buy("late", 1, time_in_force=OPG)
    assert bar(venue, OPENS + MINUTE, 10030) == []
    assert bar(venue, OPENS + DAY_NS + 2 * MINUTE, 10040) == [("filled", "late", 10040, 1)]  # its first two bars miss


def test_cls_takes_the_last_price_of_the_session() -> None:
    venue = listed()
    bar(venue, OPENS)
    venue.buy("o", 1, time_in_force=CLS)
    venue.buy("limit", 1, limit=9990, time_in_force=CLS)
    assert bar(venue, CLOSES - 2 * MINUTE, 9980) == []
    assert bar(venue, CLOSES - MINUTE, 10010) == [
        ("filled", "o", 10010, 1),
        ("expired", "limit", "AUCTION_REMAINDER"),
    ]


def test_cls_without_a_last_bar_expires() -> None:
    venue = listed()
    bar(venue, OPENS)
    venue.buy("o", 1, time_in_force=CLS)
    assert bar(venue, OPENS + DAY_NS) == [("expired", "o", "AUCTION_REMAINDER")]


def test_cls_with_quotes_takes_the_last_one_before_the_close() -> None:
    venue = listed()
    venue.run(Quote(OPENS, venue.instrument, 9990, 10010))
    venue.buy("o", 1, time_in_force=CLS)
    venue.sell("limit", 1, limit=10000, time_in_force=CLS)
    venue.run(Quote(CLOSES - 1, venue.instrument, 9980, 10000))
    assert venue.run(Quote(CLOSES + HOUR, venue.instrument, 9900, 9920)) == [
        ("filled", "o", 10000, 1),
        ("expired", "limit", "AUCTION_REMAINDER"),
    ]
    assert [fill.time_venue for fill in venue.exchange.fills()] == [CLOSES]


def test_opg_with_quotes_takes_the_first_one() -> None:
    venue = listed()
    venue.run(Quote(OPENS - HOUR, venue.instrument, 9990, 10010))
    venue.buy("o", 1, time_in_force=OPG)
    assert venue.due() == []
    assert venue.run(Quote(OPENS + 5, venue.instrument, 9991, 10011)) == [("filled", "o", 10011, 1)]


@pytest.mark.parametrize("label", ["session", "calendar day"])
def test_a_daily_bar_is_a_session(label: str) -> None:
    """Whether it runs from open to close or from midnight to midnight."""
    venue = listed()
    begin, length = (OPENS, 390 * MINUTE) if label == "session" else (OPENS - 14 * HOUR - 30 * MINUTE, DAY_NS)

    def daily(index: int, open: int, close: int) -> list[tuple[object, ...]]:
        start = begin + index * DAY_NS
        low, high = min(open, close), max(open, close)
        return venue.run(Bar(start + length, venue.instrument, start, open, high, low, close, 1_000))

    daily(-1, 10000, 10000)
    venue.buy("day", 1, limit=9000, time_in_force=DAY)
    venue.buy("market", 1)
    venue.buy("opg", 1, time_in_force=OPG)
    venue.buy("cls", 1, time_in_force=CLS)
    assert daily(0, 10010, 10020) == [
        ("filled", "market", 10010, 1),
        ("filled", "opg", 10010, 1),
        ("filled", "cls", 10020, 1),
        ("expired", "day", "SESSION_CLOSED"),
    ]


def test_orders_of_one_instrument_do_not_expire_by_the_bars_of_another() -> None:
    venue = listed()
    bar(venue, CLOSES - 2 * MINUTE)
    venue.buy("o", 1, limit=9000, time_in_force=DAY)
    first, venue.instrument = venue.instrument, share("us-equity", "OTHER")
    assert bar(venue, CLOSES - MINUTE) == []
    assert venue.due() == []
    venue.instrument = first
    assert bar(venue, CLOSES - MINUTE, 9000) == [("filled", "o", 9000, 1)]
