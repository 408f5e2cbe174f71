"""The ids of decisions from outside that may come again: each is kept until its decision holds no more."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

from tradewright.model.decision_request import DecisionRequested

#: That are kept at once: beyond them decisions are refused, and none is forgotten before its time.
KNOWN_MAX = 50_000


class DecisionIds:
    """By account and id."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()
        self._until: list[tuple[int, str, str]] = []

    def add(self, asked: DecisionRequested) -> None:
        """Fold: a decision was taken up."""
        while self._until and self._until[0][0] <= asked.time:
            _, account, id = heappop(self._until)
            self._known.discard((account, id))
        self._known.add((asked.account, asked.decision_id))
        heappush(self._until, (asked.valid_until, asked.account, asked.decision_id))

    def knows(self, account: str, id: str) -> bool:
        return (account, id) in self._known

    def full(self, now: int) -> bool:
        """Whether no more can be kept, beside those whose decisions hold still."""
        return len(self._until) >= KNOWN_MAX and sum(until > now for until, _, _ in self._until) >= KNOWN_MAX

    def row(self) -> list[Any]:
        return sorted(self._until)

    def restore(self, rows: list[Any]) -> None:
        """The inverse."""
        self._until = [(until, account, id) for until, account, id in rows]
        self._known = {(account, id) for _, account, id in self._until}
