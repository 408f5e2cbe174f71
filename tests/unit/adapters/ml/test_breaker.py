"""The circuit breaker: when it opens, whom it lets through, and how it closes, on a clock told by hand."""

from __future__ import annotations

import pytest

from tradewright.adapters.ml import CLOSED, HALF_OPEN, OPEN, CircuitBreaker

#: Three failures open it, for ten. Each word: what happens at that time, and the state after it.
STORIES: dict[str, list[tuple[int, str, str]]] = {
    "two failures do not open it": [(1, "failed", CLOSED), (2, "failed", CLOSED), (3, "asked", CLOSED)],
    "a success in between counts anew": [
        (1, "failed", CLOSED), (2, "failed", CLOSED), (3, "succeeded", CLOSED), (4, "failed", CLOSED),
        (5, "failed", CLOSED), (6, "failed", OPEN),
    ],
    "three in a row open it until ten later": [
        (1, "failed", CLOSED), (1, "failed", CLOSED), (1, "failed", OPEN), (2, "not asked", OPEN),
        (10, "not asked", OPEN), (11, "asked", HALF_OPEN),
    ],
    "half-open lets one through": [
        (0, "failed", CLOSED), (0, "failed", CLOSED), (0, "failed", OPEN), (10, "asked", HALF_OPEN),
        (10, "not asked", HALF_OPEN), (99, "not asked", HALF_OPEN),
    ],
    "its success closes it": [
        (0, "failed", CLOSED), (0, "failed", CLOSED), (0, "failed", OPEN), (10, "asked", HALF_OPEN),
        (11, "succeeded", CLOSED), (12, "asked", CLOSED), (12, "failed", CLOSED), (13, "asked", CLOSED),
    ],
    "its failure opens it for as long again": [
        (0, "failed", CLOSED), (0, "failed", CLOSED), (0, "failed", OPEN), (10, "asked", HALF_OPEN),
        (12, "failed", OPEN), (21, "not asked", OPEN), (22, "asked", HALF_OPEN),
    ],
    "what was asked before it opened says nothing": [
        (0, "failed", CLOSED), (0, "failed", CLOSED), (0, "failed", OPEN), (5, "failed", OPEN), (6, "succeeded", OPEN),
        (9, "not asked", OPEN), (10, "asked", HALF_OPEN),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_a_story_of_the_breaker(name: str) -> None:
    breaker = CircuitBreaker(failures_max=3, pause_ns=10)
    for time, word, state in STORIES[name]:
        if word in ("asked", "not asked"):
            assert breaker.allows(time) == (word == "asked"), (name, time)
        elif word == "failed":
            breaker.failed(time)
        else:
            breaker.succeeded()
        assert breaker.state == state, (name, time)
