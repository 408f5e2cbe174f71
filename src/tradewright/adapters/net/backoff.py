"""Growing waits between attempts, so that a venue that is down is not run over when it comes back."""

from __future__ import annotations

from collections.abc import Iterator

from tradewright.model.rng import Rng

SECOND_NS = 1_000_000_000


def waits(rng: Rng, first_ns: int = SECOND_NS // 2, most_ns: int = 30 * SECOND_NS) -> Iterator[int]:
    """ns to wait before the second, third, … attempt: doubled each time up to `most_ns`, and of that between the half
    and the whole, so that many clients do not come back at once. Without end."""
    wait = first_ns
    while True:
        yield wait // 2 + rng.below(wait - wait // 2 + 1)
        wait = min(2 * wait, most_ns)
