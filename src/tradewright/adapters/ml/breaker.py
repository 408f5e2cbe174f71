"""A circuit breaker: a service that fails in a row is left alone for a while, then tried with one question.

closed — questions pass; `failures_max` failures in a row open it. open — none passes for `pause_ns`. half-open — one
passes, the others do not; its success closes the breaker, its failure opens it for another pause. The clock is the
caller's: the same calls with the same times do the same.
"""

from __future__ import annotations

CLOSED = "closed"
OPEN = "open"
HALF_OPEN = "half-open"


class CircuitBreaker:
    """Of one service. now: ns of any clock that does not go back."""

    def __init__(self, failures_max: int = 3, pause_ns: int = 30_000_000_000) -> None:
        self.failures_max = failures_max
        self.pause_ns = pause_ns
        self.state = CLOSED
        self.failures = 0
        self.until = 0

    def allows(self, now: int) -> bool:
        """Whether a question may be asked; in `half-open` the answer is yes once, until its outcome is told."""
        if self.state == OPEN and now >= self.until:
            self.state = HALF_OPEN
            return True
        return self.state == CLOSED

    def succeeded(self) -> None:
        """The outcome of a question that passed. One asked before the breaker opened says nothing about now."""
        if self.state != OPEN:
            self.state = CLOSED
            self.failures = 0

    def failed(self, now: int) -> None:
        """The outcome of a question that passed."""
        if self.state == OPEN:
            return
        self.failures += 1
        if self.state == HALF_OPEN or self.failures >= self.failures_max:
            self.state = OPEN
            self.until = now + self.pause_ns
