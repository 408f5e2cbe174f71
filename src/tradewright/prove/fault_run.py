"""Many seeds, and what they say together: breaches, faults that struck, edges of the order table that were taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from tradewright.core.life_cycle import EVENT_NAMES, STAGE_NAMES, STAGES
from tradewright.model.event import ACCEPTED, FILL_PRICE, REPORT_KIND_MAX
from tradewright.prove.hearsay import HEARSAY
from tradewright.prove.world import STANDS, Day, play
from tradewright.sim.wire.faults import KINDS

#: From so many seeds on every fault has to have struck and every edge to have been taken.
COMPLETE_FROM = 200
#: What no venue over the wire says: a stop that is reached goes on under its id and tells so by its fills.
UNSAID = ("triggered",)
_GONE = "of an order that its venue did not find its client is told nothing more, but that it is there after all"
_THERE = "a client says so of no order of which it has been told that its venue has it"
_OVER = "a venue ends an order once, and its client tells one end of it"
_REFUSED = "what was refused as it was placed, a client does not ask about, cancel or change"
_UNCHANGED = "an order is changed once its venue has said that it has it"
_AT_ONCE = "what expires here does so as it arrives, before anybody has asked anything of it"
_LATER = "what an order was changed to is told before its end, in the order of the venue's clock"
#: What hearsay alone causes, and why no venue and no client of one does.
BY_HEARSAY = {
    "cancel refused on NOT_FOUND": _GONE,
    "replace refused on SUBMITTED": _UNCHANGED,
    "replace refused on NOT_FOUND": _GONE,
    "replace refused on EXPIRED": _AT_ONCE,
    "replace refused on REJECTED": _REFUSED,
    "not found on NOT_FOUND": _GONE,
    "not found on ACCEPTED": _THERE,
    "not found on CANCELLED": _THERE,
    "not found on EXPIRED": _THERE,
    "not found on REJECTED": _REFUSED,
    "replaced on SUBMITTED": _UNCHANGED,
    "replaced on NOT_FOUND": _GONE,
    "replaced on CANCELLED": _LATER,
    "replaced on EXPIRED": _AT_ONCE,
    "replaced on REJECTED": _REFUSED,
    "cancelled on EXPIRED": _OVER,
    "cancelled on REJECTED": _OVER,
    "expired on NOT_FOUND": _GONE,
    "expired on CANCELLED": _OVER,
    "expired on REJECTED": _OVER,
    "rejected on NOT_FOUND": _GONE,
    "rejected on CANCELLED": _OVER,
    "rejected on EXPIRED": _OVER,
    "rejected on REJECTED": _OVER,
}
_BACK = "its venue shows an order only after the time in which it is to know it, and no days but those of hearsay do so"
_RACE = "two answers have to cross each other, which some hundred days show once or not at all"
#: What a client takes so seldom on its own that not every two hundred seeds show it: hearsay may have taken it.
SELDOM = {
    "outcome unknown on NOT_FOUND": _RACE,
    "outcome unknown on EXPIRED": _RACE,
    "outcome unknown on REJECTED": _RACE,
    "cancel refused on EXPIRED": _RACE,
    "cancel refused on REJECTED": _RACE,
    "replace refused on CANCELLED": _RACE,
    "accepted on NOT_FOUND": _BACK,
    "accepted on EXPIRED": _RACE,
    "accepted on REJECTED": _RACE,
    "fill on NOT_FOUND": _BACK,
    "fill on REJECTED": _RACE,
    "cancelled on NOT_FOUND": _BACK,
    "expired on EXPIRED": _RACE,
}


@dataclass(slots=True)
class FaultRun:
    """seeds: how many; venues: at which. breaches: (venue, seed, invariant, what). faults, edges: by venue, how often
    each kind struck and each edge of the order table was taken; said: those alone that a client took, of orders that
    hearsay had left alone. hash: of all journals in their order."""

    seeds: int = 0
    venues: list[str] = field(default_factory=list)
    breaches: list[tuple[str, int, str, str]] = field(default_factory=list)
    faults: dict[str, Counter[str]] = field(init=False)
    edges: dict[str, Counter[str]] = field(init=False)
    said: dict[str, Counter[str]] = field(init=False)
    orders: int = 0
    fills: int = 0
    hash: str = ""

    def __post_init__(self) -> None:
        self.faults = {venue: Counter(dict.fromkeys(kinds_at(venue), 0)) for venue in self.venues}
        self.edges, self.said = (
            {venue: Counter(dict.fromkeys(edges().values(), 0)) for venue in self.venues} for _ in range(2)
        )

    @property
    def unseen(self) -> list[str]:
        """Kinds of faults that have not struck at one of the venues, and edges that were taken at none: what an order
        goes through is as the venue tells it, and one of them may know no such end. Of an edge that a client takes on
        its own it does not count that hearsay took it."""
        kinds = [f"{kind} at {venue}" for venue, seen in self.faults.items() for kind in _zeros(seen)]
        taken, alone = _zeros(_summed(self.edges)), _zeros(_summed(self.said))
        by_clients = [name for name in alone if name not in taken and name not in BY_HEARSAY and name not in SELDOM]
        return kinds + taken + [f"{name} by a client" for name in by_clients]

    @property
    def failed(self) -> bool:
        """Whether something broke, or so many seeds have left something unseen."""
        return bool(self.breaches) or (self.seeds >= COMPLETE_FROM and bool(self.unseen))

    def row(self) -> dict[str, object]:
        """What `--json` prints."""
        return {
            "seeds": self.seeds,
            "venues": self.venues,
            "breaks": [
                {"venue": venue, "seed": seed, "invariant": invariant, "text": text}
                for venue, seed, invariant, text in self.breaches
            ],
            "faults": dict(sorted(_summed(self.faults).items())),
            "edges": dict(sorted(_summed(self.edges).items())),
            "said": dict(sorted(_summed(self.said).items())),
            "at": {
                venue: {"faults": dict(sorted(struck.items())), "edges": dict(sorted(self.edges[venue].items()))}
                for venue, struck in self.faults.items()
            },
            "unseen": self.unseen,
            "orders": self.orders,
            "fills": self.fills,
            "hash": self.hash,
        }

    def text(self) -> str:
        """The same as sentences."""
        faults, taken, said = _summed(self.faults), _summed(self.edges), _summed(self.said)
        lines = [
            f"{self.seeds} seeds at {', '.join(self.venues)}: {self.orders} orders, {self.fills} fills",
            f"{faults.total()} faults of {len(+faults)} kinds",
            f"edges of the order table: {len(+taken)} of {len(taken)} taken, {len(+said)} by clients alone",
            *(f"  never seen: {name}" for name in self.unseen),
            *(
                f"  not taken at {venue}: {', '.join(_zeros(seen))}"
                for venue, seen in self.edges.items()
                if _zeros(seen)
            ),
            *(
                f"  {invariant} broke with seed {seed} at {venue}: {text}\n"
                f"    again: tradewright faults --venue {venue} --seed {seed} --seeds 1"
                for venue, seed, invariant, text in self.breaches
            ),
            f"breaches: {len(self.breaches)}; hash {self.hash}",
        ]
        return "\n".join(lines)


def kinds_at(venue: str) -> list[str]:
    """The kinds of faults that can strike at a venue."""
    return [kind for kind in (*KINDS, *HEARSAY) if kind not in STANDS[venue].never]


def edges() -> dict[tuple[int, int], str]:
    """Every edge of the order table that a report takes, by its kind and the stage it meets."""
    return {
        (kind, stage): f"{EVENT_NAMES[kind]} on {STAGE_NAMES[stage]}"
        for kind, (stages, _) in STAGES.items()
        for stage in stages
        if ACCEPTED <= kind <= REPORT_KIND_MAX and kind != FILL_PRICE and EVENT_NAMES[kind] not in UNSAID
    }


def _zeros(seen: Mapping[str, int]) -> list[str]:
    return [name for name, count in seen.items() if count == 0]


def _summed(counts: Mapping[str, Counter[str]]) -> Counter[str]:
    """Of all venues; what was never seen is there with 0."""
    found: Counter[str] = Counter()
    for seen in counts.values():
        found.update(seen)
    return found


def run(venues: Sequence[str], seeds: Sequence[int], told: Callable[[Day], None] = lambda day: None) -> FaultRun:
    """Each seed at each venue. told: each day as it ends."""
    found = FaultRun(len(seeds), list(venues))
    named = edges()
    chain = blake2b(digest_size=16)
    for venue in venues:
        for seed in seeds:
            day = play(seed, venue)
            found.breaches += [(venue, seed, invariant, text) for invariant, text in day.breaches]
            found.faults[venue].update(day.fired)
            found.edges[venue].update({named[edge]: count for edge, count in day.edges.items() if edge in named})
            found.said[venue].update({named[edge]: count for edge, count in day.said.items() if edge in named})
            found.orders += day.orders
            found.fills += day.fills
            chain.update(day.hash.encode())
            told(day)
    found.hash = chain.hexdigest()
    return found
