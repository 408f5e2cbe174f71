"""Limits of requests: so many in each minute of the clock and account, told in headers, refused with 429.

Decided: the minute is the clock's, so that the reset is its end; a refused request counts no further.
"""

from __future__ import annotations

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS


class RateLimit:
    """One account's allowance. per_minute: requests."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._minute = -1
        self._used = 0

    def take(self, now: int) -> bool:
        """Counts a request; False: it is one too many."""
        minute = now // MINUTE_NS
        if minute != self._minute:
            self._minute = minute
            self._used = 0
        if self._used >= self.per_minute:
            return False
        self._used += 1
        return True

    def headers(self, now: int = 0, used_up_until: int = 0) -> dict[str, str]:
        """What stands, as its headers: the limit, what is left, and when it begins anew (epoch seconds). used_up_until:
        nothing is left before then. ns UTC."""
        begins = (self._minute + 1) * MINUTE_NS
        used_up = now < used_up_until
        return {
            "X-RateLimit-Limit": str(self.per_minute),
            "X-RateLimit-Remaining": str(0 if used_up else self.per_minute - self._used),
            "X-RateLimit-Reset": str(-(-(used_up_until if used_up else begins) // SECOND_NS)),
        }
