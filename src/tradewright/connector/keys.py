"""Answers kept by Idempotency-Key for a day: the same request again is the same answer and not the same deed."""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.connector.replies import Refusal, Reply

DAY_NS = 86_400 * 1_000_000_000
#: More keys than an account can use in a day; beyond it the oldest is forgotten.
KEYS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    time: int
    path: str
    body: bytes
    reply: Reply


class Keys:
    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    def find(self, key: str, path: str, body: bytes, now: int) -> Reply | None:
        """The answer of then; None: the key is new. Raises Refusal 409: it was used for something else."""
        for old in [one for one, kept in self._kept.items() if kept.time <= now - DAY_NS]:
            del self._kept[old]
        kept = self._kept.get(key)
        if kept is None:
            return None
        if (kept.path, kept.body) != (path, body):
            raise Refusal(409, "the Idempotency-Key was used for another request")
        return kept.reply

    def keep(self, key: str, path: str, body: bytes, reply: Reply, now: int) -> None:
        """What was refused without a try may be tried again and is not kept."""
        if reply.status not in (429, 503):
            self._kept[key] = Kept(now, path, body, reply)
            while len(self._kept) > KEYS_MAX:
                del self._kept[next(iter(self._kept))]
