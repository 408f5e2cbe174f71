"""Answers kept by Idempotency-Key for a day: the same request again is the same answer and not the same deed."""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.model.zone import DAY_NS
from tradewright.sim.wire.message import Answer, Request

#: More keys than an account can use in a day; beyond it the oldest is forgotten.
KEYS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    time: int
    path: str
    body: bytes
    answer: Answer


class Idempotency:
    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    def find(self, key: str, request: Request, now: int) -> Answer | bool | None:
        """The answer of then; None: the key is new; False: it was used for something else."""
        for old in [key for key, kept in self._kept.items() if kept.time <= now - DAY_NS]:
            del self._kept[old]
        kept = self._kept.get(key)
        if kept is None:
            return None
        same = (kept.path, kept.body) == (request.path, request.body)
        return Answer(kept.answer.status, kept.answer.body, dict(kept.answer.headers)) if same else False

    def keep(self, key: str, request: Request, answer: Answer, now: int) -> None:
        """What was refused without a try (429, 503) may be tried again and is not kept."""
        if answer.status not in (429, 503):
            self._kept[key] = Kept(now, request.path, request.body, answer)
            while len(self._kept) > KEYS_MAX:
                del self._kept[next(iter(self._kept))]
