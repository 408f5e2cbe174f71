#!/usr/bin/env python3
"""Writes src/tradewright/model/calendar_table.py: holidays, early closes and the offsets of time zones, as data.

    scripts/calendars.py [--first YEAR] [--last YEAR]

Needs the packages exchange-calendars and tzdata (the tz database), here and only here: at run time the table is all
there is. Run it again when an exchange publishes or changes holidays, or when a government changes its clocks; the
tests compare the committed table with what this script would write.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import exchange_calendars  # type: ignore[import-untyped]

TARGET = Path(__file__).parents[1] / "src/tradewright/model/calendar_table.py"
FIRST, LAST = 1995, 2035

#: Our calendar's name → the exchange's code, and its usual closing minute of the day in New York.
EXCHANGES = {"us-equity": ("XNYS", 16 * 60), "metals": ("CMES", 18 * 60)}
ZONES = ("America/Chicago", "America/New_York", "Asia/Tokyo", "Europe/Athens", "Europe/London", "Europe/Oslo")

HEAD = '''"""Holidays, early closes and time zone offsets: data written by scripts/calendars.py, never edited by hand.

Dates are yyyymmdd. CLOSED: Monday to Friday without a session. EARLY: (date, hhmm New York) of a session that ends
early. Sources: the exchange calendars XNYS ("us-equity") and CMES ("metals") of the package exchange-calendars; beyond
what an exchange has published they are its standing rules. OFFSETS: (UTC minute since 1970 from which it holds,
minutes east of UTC), from the tz database; the range holds for every table here, last year included.
"""

# fmt: off
'''


def exceptions(code: str, usual_close: int, first: int, last: int) -> tuple[list[int], list[tuple[int, int]]]:
    """(weekdays without a session as yyyymmdd, early closes as (yyyymmdd, hhmm New York)) of an exchange."""
    schedule = exchange_calendars.get_calendar(code, start=f"{first}-01-01", end=f"{last}-12-31").schedule
    new_york = ZoneInfo("America/New_York")
    closes = {row.Index.date(): row.close.to_pydatetime().astimezone(new_york) for row in schedule.itertuples()}
    closed, early = [], []
    day = date(first, 1, 1)
    while day.year <= last:
        stamp = int(day.strftime("%Y%m%d"))
        if day in closes:
            close = closes[day]
            if close.hour * 60 + close.minute != usual_close:
                early.append((stamp, close.hour * 100 + close.minute))
        elif day.weekday() < 5:
            closed.append(stamp)
        day += timedelta(days=1)
    return closed, early


def offsets(zone: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """(UTC minute since 1970, minutes east of UTC) for the range's start and for each change in it."""
    known = None
    hour = datetime(first, 1, 1, tzinfo=UTC) - timedelta(days=1)
    while hour.year <= last or hour.day <= 1:
        away = hour.astimezone(ZoneInfo(zone)).utcoffset()
        assert away is not None
        if away != known:
            yield int(hour.timestamp()) // 60, int(away.total_seconds()) // 60
            known = away
        hour += timedelta(hours=1)


def lines(items: list[str]) -> Iterator[str]:
    """Items joined by commas, in lines of at most 120 characters."""
    line = "       "
    for item in items:
        if len(line) + len(item) + 2 > 120:
            yield line
            line = "       "
        line += f" {item},"
    yield line


def table(name: str, kind: str, rows: dict[str, list[str]]) -> Iterator[str]:
    yield f"{name}: dict[str, tuple[{kind}, ...]] = {{"
    for key, items in rows.items():
        yield f'    "{key}": ('
        yield from lines(items)
        yield "    ),"
    yield "}"


def table_text(first: int, last: int) -> str:
    """The whole module."""
    found = {name: exceptions(code, usual, first, last) for name, (code, usual) in EXCHANGES.items()}
    closed = {name: [str(date) for date in dates] for name, (dates, _) in found.items()}
    early = {name: [str(row) for row in rows] for name, (_, rows) in found.items()}
    zones = {zone: [str(row) for row in offsets(zone, first, last)] for zone in ZONES}
    return HEAD + "\n".join([
        f"FIRST_YEAR = {first}",
        f"LAST_YEAR = {last}",
        *table("CLOSED", "int", closed),
        *table("EARLY", "tuple[int, int]", early),
        *table("OFFSETS", "tuple[int, int]", zones),
        "",
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=FIRST, help="first year (default %(default)s)")
    parser.add_argument("--last", type=int, default=LAST, help="last year, included (default %(default)s)")
    years = parser.parse_args()
    TARGET.write_text(table_text(years.first, years.last))
    print(f"{TARGET.name}: {years.first} to {years.last}, exchange-calendars {exchange_calendars.__version__}")


if __name__ == "__main__":
    main()
