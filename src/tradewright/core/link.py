"""What is known of an account's connection to its venue; `core.reconcile` folds it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Difference(NamedTuple):
    """What differs. kind, name: a symbol's position, a currency's balance or an order; ours, theirs: signed counts;
    price: what the venue says a position cost, 0 = nothing; since: when a snapshot first showed it so; again: that is
    long enough ago."""

    kind: str
    name: str
    ours: int
    theirs: int
    price: int
    since: int
    again: bool

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}"


class Link:
    """What is known of an account's connection. up, since: whether reports flow, and from when that is so (ns UTC).
    ready: openings may go. begun: it was compared whole once. checked: time of the last snapshot. moved: by order id,
    symbol and "" (money) when something was reported of it last. seen: by key the differences the last snapshot showed,
    and since when. failures: snapshots in a row that could not be had. aside: money in what is not traded here, by
    currency. kept: by symbol, size counts that were booked as fees in coins since it last agreed, where the venue does
    not say what it kept; spared: by symbol, of those what it did not keep, which lies aside. anew: what was taken over
    is worth nobody knows what: the day and the week begin with the equity that is known next. found, split: of the
    running step."""

    __slots__ = (
        "up",
        "since",
        "ready",
        "begun",
        "checked",
        "moved",
        "seen",
        "failures",
        "aside",
        "kept",
        "spared",
        "anew",
        "found",
        "split",
    )

    def __init__(self) -> None:
        self.up = False
        self.since = 0
        self.ready = False
        self.begun = False
        self.checked = 0
        self.moved: dict[str, int] = {}
        self.seen: dict[str, tuple[int, int]] = {}
        self.failures = 0
        self.aside: dict[str, int] = {}
        self.kept: dict[str, int] = {}
        self.spared: dict[str, int] = {}
        self.anew = False
        self.found: list[Difference] = []
        self.split = False

    def row(self) -> list[Any]:
        return [
            self.up, self.since, self.ready, self.begun, self.checked, sorted(self.moved.items()),
            sorted(self.seen.items()), self.failures, sorted(self.aside.items()),
            self.anew, sorted(self.kept.items()), sorted(self.spared.items()),
        ]  # fmt: skip

    def restore(self, row: list[Any]) -> None:
        """The inverse of `row`."""
        (
            self.up, self.since, self.ready, self.begun, self.checked, moved, seen, self.failures, aside, self.anew,
            kept, spared,
        ) = row  # fmt: skip
        self.moved, self.seen = dict(moved), {key: (amount, since) for key, (amount, since) in seen}
        self.aside = dict(aside)
        self.kept, self.spared = dict(kept), dict(spared)
