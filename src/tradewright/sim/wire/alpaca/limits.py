"""Limits of requests: so many in each minute of the clock and account, told in headers, refused with 429.

Decided: the minute is the clock's, so that the reset is its end; a refused request counts no further.
"""

from __future__ import annotations

MINUTE_NS = 60_000_000_000


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

    def headers(self) -> dict[str, str]:
        """What stands, as its headers: the limit, what is left, and when it begins anew (epoch seconds)."""
        return {
            "X-RateLimit-Limit": str(self.per_minute),
            "X-RateLimit-Remaining": str(self.per_minute - self._used),
            "X-RateLimit-Reset": str((self._minute + 1) * 60),
        }
