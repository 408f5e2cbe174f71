"""The broker's wall clock: what the terminal calls a time is what that clock shows, written as if it were UTC.

How far it is ahead is told: as seconds, or as a zone, whose summer time is then known. Else it is inferred to the half
hour, from a tick that was seen to come: the last one of a market that has closed is as old as anything, and lies near
some half hour a third of the time. Once an hour it is looked at again, and two ticks that agree change it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tradewright.model.errors import InputError, NotReady
from tradewright.model.zone import DAY_NS, RANGE_END, RANGE_FIRST, offset_ns, utc_ns

SECOND_NS, MS_NS = 1_000_000_000, 1_000_000
#: Brokers' clocks differ from UTC by whole half hours; a tick that may be older than this tells nothing.
HALF_HOUR, FRESH = 1_800, 300
#: How long what was inferred stands, and between looks then.
STANDS_NS, LOOK_NS = 3_600 * SECOND_NS, 10 * SECOND_NS
AHEAD_MAX = 15 * 3_600


class Wall:
    """given: a zone ("Europe/Athens"), seconds as text ("7200"), or "" = inferred from ticks before it is used."""

    def __init__(self, given: str = "") -> None:
        self._zone = ""
        self._seconds: int | None = None
        self._told = bool(given)
        self._newest = 0
        self._looked = 0
        self._confirmed = 0
        self._other: int | None = None
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

    def due(self, now: int) -> bool:
        """Whether a tick should be looked for."""
        if self._told:
            return False
        return not self.known or (now - self._confirmed >= STANDS_NS and now - self._looked >= LOOK_NS)

    def infer(self, tick_seconds: int, now: int) -> None:
        """Takes the offset from a tick's time, if it is newer than that of a look a moment ago, and so of now."""
        watched = self._newest > 0 and now - self._looked <= FRESH * SECOND_NS
        came = tick_seconds > self._newest
        self._newest, self._looked = max(tick_seconds, self._newest), now
        ahead = tick_seconds - now // SECOND_NS
        near = round(ahead / HALF_HOUR) * HALF_HOUR
        if self._told or not (watched and came) or abs(ahead - near) > FRESH or abs(near) > AHEAD_MAX:
            return
        if self._seconds is None or near in (self._seconds, self._other):
            self._seconds, self._other, self._confirmed = near, None, now
        else:
            self._other = near

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
