"""Local days and offsets, against the tz database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tradewright.model import zone as zones
from tradewright.model.calendar_table import FIRST_YEAR, LAST_YEAR, OFFSETS
from tradewright.model.errors import InputError
from tradewright.model.zone import DAY_NS, HOUR_NS, RANGE_END, RANGE_FIRST, day_of, day_start, local_ns, offset_ns

SECOND_NS = 10**9


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * SECOND_NS


def by_the_database(zone: str, time_ns: int) -> int:
    away = datetime.fromtimestamp(time_ns // SECOND_NS, ZoneInfo(zone)).utcoffset()
    assert away is not None
    return int(away.total_seconds()) * SECOND_NS


@pytest.mark.parametrize("zone", ["UTC", *OFFSETS])
def test_offsets_are_those_of_the_tz_database(zone: str) -> None:
    for time_ns in range(RANGE_FIRST, RANGE_END, 13 * HOUR_NS):
        assert offset_ns(zone, time_ns) == by_the_database(zone, time_ns)


@pytest.mark.parametrize("zone", OFFSETS)
def test_an_offset_changes_at_its_very_moment(zone: str) -> None:
    changes = [minute * 60 * SECOND_NS for minute, _ in OFFSETS[zone][1:]]
    assert zone == "Asia/Tokyo" or len(changes) == 2 * (LAST_YEAR - FIRST_YEAR + 1)
    for change in changes:
        assert offset_ns(zone, change) == by_the_database(zone, change)
        assert offset_ns(zone, change - 1) == by_the_database(zone, change - SECOND_NS)
        assert offset_ns(zone, change) != offset_ns(zone, change - 1)


@pytest.mark.parametrize(
    ("zone", "moment", "date"),
    [
        ("UTC", "2024-06-01T00:00:00+00:00", "2024-06-01"),
        ("America/New_York", "2024-06-01T03:59:59+00:00", "2024-05-31"),  # EDT, UTC-4
        ("America/New_York", "2024-06-01T04:00:00+00:00", "2024-06-01"),
        ("America/New_York", "2024-01-05T04:59:59+00:00", "2024-01-04"),  # EST, UTC-5
        ("America/New_York", "2024-01-05T05:00:00+00:00", "2024-01-05"),
        ("Europe/Oslo", "2024-03-30T23:00:00+00:00", "2024-03-31"),  # CET; at 01:00 UTC clocks go forward
        ("Europe/Oslo", "2024-03-31T22:00:00+00:00", "2024-04-01"),  # CEST: a day of 23 hours
        ("Europe/Athens", "2024-10-26T21:00:00+00:00", "2024-10-27"),  # EEST, UTC+3
        ("Europe/Athens", "2024-10-27T21:59:59+00:00", "2024-10-27"),  # EET, UTC+2: a day of 25 hours
        ("Europe/Athens", "2024-10-27T22:00:00+00:00", "2024-10-28"),
    ],
)
def test_the_local_day_turns_at_local_midnight(zone: str, moment: str, date: str) -> None:
    assert str((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(day_of(zone, ns(moment)))).date()) == date


@pytest.mark.parametrize("zone", ["UTC", *OFFSETS])
def test_day_start_is_the_first_moment_of_its_day(zone: str) -> None:
    for day in range(RANGE_FIRST // DAY_NS + 1, RANGE_END // DAY_NS - 1):
        start = day_start(zone, day)
        assert day_of(zone, start) == day
        assert day_of(zone, start - 1) == day - 1


def test_local_time_is_the_wall_clock() -> None:
    assert local_ns("America/New_York", ns("2025-03-09T06:59:59+00:00")) == ns("2025-03-09T01:59:59+00:00")
    assert local_ns("America/New_York", ns("2025-03-09T07:00:00+00:00")) == ns("2025-03-09T03:00:00+00:00")


def test_ordinal_counts_days_as_datetime_does() -> None:
    first = datetime(1970, 1, 1, tzinfo=UTC)
    for days in range(0, 30_000, 17):
        date = first + timedelta(days)
        assert zones.ordinal(date.year, date.month, date.day) == days


def test_utc_has_no_limits() -> None:
    assert day_of("UTC", -1) == -1
    assert day_of("UTC", 2**63 - 1) == (2**63 - 1) // DAY_NS


@pytest.mark.parametrize("time_ns", [0, RANGE_FIRST - 1, RANGE_END, 2**63 - 1])
def test_a_time_outside_the_table_is_an_error_that_says_how_to_extend_it(time_ns: int) -> None:
    with pytest.raises(InputError, match=rf"{FIRST_YEAR} to {LAST_YEAR}.*scripts/calendars.py"):
        day_of("America/New_York", time_ns)


def test_an_unknown_zone_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(InputError, match=r"'Mars/Olympus'.*UTC, America/Chicago"):
        day_of("Mars/Olympus", RANGE_FIRST)
