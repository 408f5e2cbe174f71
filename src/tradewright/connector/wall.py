"""The broker's wall clock: what the terminal calls a time is what that clock shows, written as if it were UTC.

How far it is ahead is told: as seconds, or as a zone, whose summer time is then known. Else it is inferred from the
newest tick, to the half hour: while the market is closed there is none, and nothing is inferred.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tradewright.model.errors import InputError, NotReady
from tradewright.model.zone import DAY_NS, RANGE_END, RANGE_FIRST, offset_ns, utc_ns

SECOND_NS, MS_NS = 1_000_000_000, 1_000_000
#: Brokers' clocks differ from UTC by whole half hours; a tick that is older than this tells nothing.
HALF_HOUR, FRESH = 1_800, 300
AHEAD_MAX = 15 * 3_600


class Wall:
    """given: a zone ("Europe/Athens"), seconds as text ("7200"), or "" = inferred from a tick before it is used."""

    def __init__(self, given: str = "") -> None:
        self._zone = ""
        self._seconds: int | None = None
        if given.removeprefix("-").isdecimal():
            self._seconds = int(given)
            if abs(self._seconds) > AHEAD_MAX:
                raise InputError(f"utc offset {given}: no clock is so far from UTC")
        elif given:
            try:
                offset_ns(given, RANGE_FIRST)
            except (KeyError, ValueError) as error:
                raise InputError(f"utc offset {given!r} is neither seconds nor a zone that is known") from error
            self._zone = given

    @property
    def known(self) -> bool:
        return bool(self._zone) or self._seconds is not None

    def infer(self, tick_seconds: int, now: int) -> None:
        """Takes the offset from a tick's time, if the tick can be of now."""
        ahead = tick_seconds - now // SECOND_NS
        near = round(ahead / HALF_HOUR) * HALF_HOUR
        if not self.known and tick_seconds and abs(ahead - near) <= FRESH and abs(near) <= AHEAD_MAX:
            self._seconds = near

    def ahead(self, time: int) -> int:
        """ns by which the clock is ahead of UTC at a moment. Raises NotReady while nobody knows."""
        if self._zone:
            return offset_ns(self._zone, min(max(time, RANGE_FIRST), RANGE_END - 1))
        if self._seconds is None:
            raise NotReady("how far the broker's clock is from UTC is not known: state it, or wait for a tick")
        return self._seconds * SECOND_NS

    def seconds(self, time: int) -> int:
        """A moment (ns UTC) on the wall clock; 0 stays 0."""
        return (time + self.ahead(time)) // SECOND_NS if time else 0

    def exact_seconds(self, time: int) -> float:
        """The same to the millisecond."""
        return (time + self.ahead(time)) // MS_NS / 1000 if time else 0

    def utc(self, wall_msc: int) -> int:
        """The moment (ns UTC) at which the clock shows so many milliseconds; of an hour shown twice one of the two."""
        wall = wall_msc * MS_NS
        if not self._zone:
            return wall - self.ahead(wall)
        inside = min(max(wall, RANGE_FIRST + DAY_NS), RANGE_END - DAY_NS)
        return wall - inside + utc_ns(self._zone, inside)

    def text(self, wall_msc: int) -> str | None:
        """A wall clock's milliseconds as ISO-8601 in UTC; None for 0, which means never."""
        return iso(self.utc(wall_msc)) if wall_msc else None


def iso(time: int) -> str:
    """ns UTC as ISO-8601 with milliseconds."""
    found = datetime.fromtimestamp(time // SECOND_NS, UTC)
    return f"{found:%Y-%m-%dT%H:%M:%S}.{time // MS_NS % 1000:03d}Z"
