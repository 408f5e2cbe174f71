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


@dataclass(slots=True)
class FaultRun:
    """seeds: how many; venues: at which. breaches: (venue, seed, invariant, what). faults, edges: by venue, how often
    each kind struck and each edge of the order table was taken. hash: of all journals in their order."""

    seeds: int = 0
    venues: list[str] = field(default_factory=list)
    breaches: list[tuple[str, int, str, str]] = field(default_factory=list)
    faults: dict[str, Counter[str]] = field(init=False)
    edges: dict[str, Counter[str]] = field(init=False)
    orders: int = 0
    fills: int = 0
    hash: str = ""

    def __post_init__(self) -> None:
        self.faults = {venue: Counter(dict.fromkeys(kinds_at(venue), 0)) for venue in self.venues}
        self.edges = {venue: Counter(dict.fromkeys(edges().values(), 0)) for venue in self.venues}

    @property
    def unseen(self) -> list[str]:
        """Kinds of faults that have not struck at one of the venues, and edges that were taken at none: what an order
        goes through is as the venue tells it, and one of them may know no such end."""
        kinds = [f"{kind} at {venue}" for venue, seen in self.faults.items() for kind in _zeros(seen)]
        return kinds + _zeros(_summed(self.edges))

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
        faults, taken = _summed(self.faults), _summed(self.edges)
        lines = [
            f"{self.seeds} seeds at {', '.join(self.venues)}: {self.orders} orders, {self.fills} fills",
            f"{faults.total()} faults of {len(+faults)} kinds",
            f"edges of the order table: {len(+taken)} of {len(taken)} taken",
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
            found.orders += day.orders
            found.fills += day.fills
            chain.update(day.hash.encode())
            told(day)
    found.hash = chain.hexdigest()
    return found
