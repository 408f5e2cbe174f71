"""What may go wrong between a venue and its client, or inside the venue: a list of faults, each with its own occasion.

A fault of a request or of a frame waits for one that fits (`where`), lets `after` of them pass, and then strikes
`times` times, each time with its `probability`. A state of the venue lasts from `begin` for `seconds`; an injection
happens at `begin`; a race happens from `begin` on at each occasion, `times` times. Times are seconds after the start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.rng import Rng
from tradewright.sim.wire.trouble import FILL_BEFORE_ACK, INJECTIONS, RACES

LOSE_REQUEST, LOSE_ANSWER, DELAY_ANSWER = "lose_request", "lose_answer", "delay_answer"
ERROR_BEFORE, ERROR_AFTER = "error_before", "error_after"
CUT_ANSWER, GARBLE_ANSWER = "cut_answer", "garble_answer"
#: Of a request and its answer.
REQUEST_FAULTS = {
    LOSE_REQUEST: "the connection ends before the venue has it",
    LOSE_ANSWER: "the venue does as asked, and the connection ends without an answer",
    DELAY_ANSWER: "the answer is `seconds` under way: what the venue says by its streams comes first",
    ERROR_BEFORE: "the answer is `status` and nothing was done",
    ERROR_AFTER: "the answer is `status` though it was done",
    CUT_ANSWER: "the answer ends in its middle",
    GARBLE_ANSWER: "the answer is no JSON",
}
DROP_FRAME, DELAY_FRAME, DUPLICATE_FRAME = "drop_frame", "delay_frame", "duplicate_frame"
REORDER_FRAMES, CUT_FRAME, DISCONNECT, HALF_OPEN = "reorder_frames", "cut_frame", "disconnect", "half_open"
#: Of a message on a stream, as the venue sends it.
FRAME_FAULTS = {
    DROP_FRAME: "it is lost",
    DELAY_FRAME: "it and what follows it come `seconds` later",
    DUPLICATE_FRAME: "it comes twice",
    REORDER_FRAMES: "it comes behind the next one, or a second later",
    CUT_FRAME: "it ends in its middle",
    DISCONNECT: "the connection breaks off instead",
    HALF_OPEN: "from then on nothing passes either way, and the connection stays",
}
SILENT, MAINTENANCE, HIDDEN, STALE = "silent", "maintenance", "hidden", "stale"
EXITS_REFUSED, LIMITED, BANNED, SKEW = "exits_refused", "limited", "banned", "skew"
#: Of the venue, while they last.
STATES = {
    SILENT: "streams keep alive and say nothing",
    MAINTENANCE: "every request is refused",
    HIDDEN: "an accepted order is not found for `by` seconds",
    STALE: "balances, positions and open orders are those of `by` seconds ago",
    EXITS_REFUSED: "what would close a position, or guard one that is open, is refused",
    LIMITED: "every request is refused with 429, as beyond the limit, and told for how long",
    BANNED: "every request is refused with 418, as of a banned address, and told for how long (Binance)",
    SKEW: "the venue's clock is `by` seconds ahead (below 0: behind); it never goes back, but stands still until then",
}
KINDS = {**REQUEST_FAULTS, **FRAME_FAULTS, **STATES, **INJECTIONS, **RACES}
SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One of them. where: method and begin of the path ("POST /v2/orders"), a begin of the path alone, or "" = any.
    times: 0 = again and again. seconds: how long it delays, or lasts (0 = to the end). by: of HIDDEN, STALE and SKEW,
    where it may be negative."""

    kind: str
    where: str = ""
    after: int = 0
    times: int = 1
    probability: float = 1.0
    begin: float = 0.0
    seconds: float = 0.0
    by: float = 0.0
    status: int = 503

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"fault {self.kind!r} is not one of {', '.join(KINDS)}")
        for name in ("after", "times", "begin", "seconds", *(("by",) if self.kind != SKEW else ())):
            if not getattr(self, name) >= 0:
                raise InputError(f"fault {self.kind}: {name} {getattr(self, name)} can not be negative")
        if not 0 < self.probability <= 1:
            raise InputError(f"fault {self.kind}: probability {self.probability} must lie above 0 and up to 1")
        if not 400 <= self.status <= 599:
            raise InputError(f"fault {self.kind}: status {self.status} is none of an error (400 to 599)")
        if self.kind in (DELAY_ANSWER, DELAY_FRAME, FILL_BEFORE_ACK) and self.seconds == 0:
            raise InputError(f"fault {self.kind}: seconds says how long; it is missing")
        if self.kind in (LIMITED, BANNED) and self.seconds == 0:
            raise InputError(f"fault {self.kind}: seconds says until when it is told to wait; it is missing")
        if self.kind in (HIDDEN, STALE, SKEW) and self.by == 0:
            raise InputError(f"fault {self.kind}: by says for how many seconds; it is missing")

    def fits(self, what: str) -> bool:
        """Whether it is meant for a request, "METHOD path", or the path of a stream."""
        return what.startswith(self.where) or what.partition(" ")[2].startswith(self.where)


_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,), "int": (int,), "float": (int, float),
}  # fmt: skip


def faults_from(rows: object) -> list[Fault]:
    """Faults from a list of mappings, as a file has them. Raises InputError naming the place of what is none."""
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise InputError("faults are a list, each with its kind")
    return [_fault(row, place) for place, row in enumerate(rows, 1)]


def _fault(row: object, place: int) -> Fault:
    if not isinstance(row, Mapping) or "kind" not in row:
        raise InputError(f"fault {place}: it has no kind")
    types = {field.name: _TYPES[str(field.type)] for field in fields(Fault)}
    for name, value in row.items():
        if name not in types:
            raise InputError(f"fault {place}: {name!r} is not one of {', '.join(types)}")
        if isinstance(value, bool) or not isinstance(value, types[name]):
            raise InputError(f"fault {place}: {name} {value!r} is not of its type")
    try:
        return Fault(**{str(name): value for name, value in row.items()})
    except InputError as error:
        raise InputError(f"fault {place}: {error}") from error


class Plan:
    """Faults on their way. fired: how often each kind struck."""

    def __init__(self, faults: Sequence[Fault], rng: Rng) -> None:
        self.faults = list(faults)
        self.fired: dict[str, int] = {}
        self._rng = rng
        self._met = [0] * len(self.faults)
        self._struck = [0] * len(self.faults)

    def add(self, fault: Fault) -> None:
        """One more, of a request or of a frame; its times count from the plan's start like the others'."""
        self.faults.append(fault)
        self._met.append(0)
        self._struck.append(0)

    def struck_by(self, kinds: Mapping[str, Any], what: str, elapsed_ns: int) -> Fault | None:
        """The first fault of these kinds that strikes what comes by now; each that fits has then seen it."""
        found: Fault | None = None
        for place, fault in enumerate(self.faults):
            if fault.kind not in kinds or not fault.fits(what) or elapsed_ns < fault.begin * SECOND_NS:
                continue
            self._met[place] += 1
            over = 0 < fault.times <= self._struck[place]
            if found is not None or over or self._met[place] <= fault.after:
                continue
            if fault.probability < 1 and self._rng.uniform() >= fault.probability:
                continue
            self._struck[place] += 1
            self.count(fault.kind)
            found = fault
        return found

    def count(self, kind: str) -> None:
        self.fired[kind] = self.fired.get(kind, 0) + 1
