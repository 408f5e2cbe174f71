"""The broker's wall clock, which is what the package calls time: seconds since 1970 as its clock shows them."""

from __future__ import annotations

from datetime import UTC, datetime

from tradewright.model.zone import DAY_NS, RANGE_END, RANGE_FIRST, local_ns, offset_ns, utc_ns

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000


class ServerTime:
    """Of one zone of `model.zone`, its summer time included."""

    def __init__(self, zone: str) -> None:
        self.zone = zone

    def seconds(self, time: int) -> int:
        """A moment (ns UTC) on the wall clock; 0 stays 0, which means never."""
        return (time + self._ahead(time)) // SECOND_NS if time else 0

    def milliseconds(self, time: int) -> int:
        return (time + self._ahead(time)) // MS_NS if time else 0

    def _ahead(self, time: int) -> int:
        """How far the clock is ahead of UTC, ns; outside the table of zones its edge holds."""
        return offset_ns(self.zone, min(max(time, RANGE_FIRST), RANGE_END - 1))

    def utc(self, wall_seconds: int | float) -> int:
        """The moment (ns UTC) at which the clock shows so many seconds; of an hour shown twice one of the two. Outside
        the table of zones its edge holds."""
        wall = int(wall_seconds * 1000) * MS_NS
        inside = min(max(wall, RANGE_FIRST + DAY_NS), RANGE_END - DAY_NS)
        return wall - inside + utc_ns(self.zone, inside)

    def offset_seconds(self, time: int) -> int:
        """How far the clock is ahead of UTC."""
        return self._ahead(time) // SECOND_NS

    def next_midnight(self, time: int) -> int:
        """The next moment at which the clock shows 00:00."""
        return utc_ns(self.zone, (local_ns(self.zone, time) // DAY_NS + 1) * DAY_NS)

    def weekday(self, time: int) -> int:
        """Monday is 0."""
        return (local_ns(self.zone, time) // DAY_NS + 3) % 7


def wall_seconds(given: datetime | int | float) -> float:
    """A time as the package takes it: seconds, or a datetime, whose zone is UTC unless it names another."""
    if isinstance(given, datetime):
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp()
    return float(given)
