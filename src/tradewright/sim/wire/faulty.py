"""A site behind which things go wrong as a plan says: it is a site itself, so that client and server know nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from tradewright.model.errors import InputError
from tradewright.sim.wire.faults import (
    BANNED,
    CUT_ANSWER,
    CUT_FRAME,
    DELAY_ANSWER,
    DELAY_FRAME,
    DISCONNECT,
    DROP_FRAME,
    DUPLICATE_FRAME,
    ERROR_AFTER,
    ERROR_BEFORE,
    EXITS_REFUSED,
    FRAME_FAULTS,
    GARBLE_ANSWER,
    HALF_OPEN,
    HIDDEN,
    LIMITED,
    LOSE_ANSWER,
    LOSE_REQUEST,
    MAINTENANCE,
    REORDER_FRAMES,
    REQUEST_FAULTS,
    SECOND_NS,
    SILENT,
    SKEW,
    STALE,
    STATES,
    Fault,
    Plan,
)
from tradewright.sim.wire.message import ABORTED, BINARY, CLOSE, TEXT, Answer, Frame, Request, json_answer
from tradewright.sim.wire.site import Connection, Site
from tradewright.sim.wire.trouble import FILL_BEFORE_ACK, INJECTIONS, RACES, REPLACE_ERROR_AFTER

#: A frame that waits for the next one to pass it waits no longer.
REORDER_NS = SECOND_NS


class FaultyConnection(Connection):
    """A connection of the inner site, whose frames pass through the plan."""

    def __init__(
        self, inner: Connection, plan: Plan, request: Request, now: int, settle: Callable[[int], None],
        time: Callable[[int], int],
    ) -> None:  # fmt: skip
        super().__init__(request, now)
        self.inner = inner
        self.plan = plan
        self.settle = settle
        self.time = time
        self.dead = False  # half-open
        self.held: deque[tuple[Frame, int]] = deque()

    def receive(self, frame: Frame, now: int) -> None:
        if frame.kind == CLOSE or not self.dead:
            self.inner.receive(frame, self.time(now))
            self.settle(now)

    def pump(self, now: int, elapsed_ns: int) -> None:
        """What the site has said by now goes on its way, or does not."""
        while self.inner.outbox:
            frame = self.inner.outbox.popleft()
            fault = None
            if frame.kind in (TEXT, BINARY):
                fault = self.plan.struck_by(FRAME_FAULTS, self.request.path, elapsed_ns)
            if fault is not None:
                self._strike(fault, frame, now)
            elif not self.dead:
                self.put(frame)
                self._release()
        if self.held and self.held[0][1] <= now:
            self._release()
        self.closed = self.closed or (self.inner.closed and not self.dead)

    def _strike(self, fault: Fault, frame: Frame, now: int) -> None:
        kind, half = fault.kind, frame.data[: len(frame.data) // 2]
        if kind == HALF_OPEN:
            self.dead = True
        if self.dead or kind == DROP_FRAME:
            return
        if kind == DISCONNECT:
            self.put(Frame(CLOSE, b"", ABORTED))
            self.closed = True
            self.inner.receive(Frame(CLOSE, b"", ABORTED), self.time(now))
            self.inner.closed = True
        elif kind == REORDER_FRAMES:
            self.held.append((frame, now + REORDER_NS))
        elif kind == DELAY_FRAME:
            self.put(Frame(frame.kind, frame.data, frame.code, round(fault.seconds * SECOND_NS)))
        elif kind == CUT_FRAME:
            # A text frame has to stay text: a cut in the middle of a letter would be another fault.
            self.put(Frame(frame.kind, half.decode(errors="ignore").encode() if frame.kind == TEXT else half))
        elif kind == DUPLICATE_FRAME:
            self.put(frame)
            self.put(frame)

    def _release(self) -> None:
        while self.held:
            self.put(self.held.popleft()[0])


class FaultySite:
    """The inner site, with faults. Their times count from `now`. Raises InputError for a ban at a venue without any."""

    def __init__(self, inner: Site, plan: Plan, now: int) -> None:
        if not inner.trouble.bans and any(fault.kind == BANNED for fault in plan.faults):
            raise InputError("fault banned: this venue bans nobody")
        self.inner = inner
        self.trouble = inner.trouble
        self.plan = plan
        self.start = now
        self.skew_ns = 0
        self._time = now
        self.open: list[FaultyConnection] = []
        #: Of each kind of race the one that has begun last.
        self._races: dict[str, Fault] = {}
        #: When something begins or ends by itself, the next first.
        self._agenda = sorted(_changes(plan, now), key=lambda item: item[0])

    def time(self, now: int) -> int:
        """The inner site's clock, which never goes back."""
        self._time = max(self._time, now + self.skew_ns)
        return self._time

    def request(self, request: Request, now: int) -> Answer:
        self._change(now)
        what = f"{request.method} {request.path}"
        fault = self.plan.struck_by(REQUEST_FAULTS, what, now - self.start)
        if fault is not None and fault.kind == LOSE_REQUEST:
            return Answer(0, lost=True)
        if fault is not None and fault.kind == ERROR_BEFORE:
            return _error(fault)
        answer = self.inner.request(request, self.time(now))
        for race in self._raced():
            answer = _outrun(answer, race)
        self._pump(now)
        return answer if fault is None else _spoilt(answer, fault)

    def connect(self, request: Request, now: int) -> Connection | Answer:
        self._change(now)
        found = self.inner.connect(request, self.time(now))
        if isinstance(found, Answer):
            return found
        connection = FaultyConnection(found, self.plan, request, now, self._pump, self.time)
        self.open.append(connection)
        self._pump(now)
        return connection

    def advance(self, now: int) -> None:
        self._change(now)
        self.inner.advance(self.time(now))
        self._pump(now)

    def due(self) -> int | None:
        moments = [until for connection in self.open for _, until in connection.held]
        moments += [self._agenda[0][0]] if self._agenda else []
        inner = self.inner.due()
        return min(moments + ([] if inner is None else [inner - self.skew_ns]), default=None)

    def inject(self, kind: str, now: int) -> bool:
        done = self.inner.inject(kind, self.time(now))
        self._pump(now)
        return done

    def _raced(self) -> list[Fault]:
        """The races that have happened; they are counted."""
        found = [self._races[kind] for kind in self.trouble.raced]
        self.trouble.raced.clear()
        for fault in found:
            self.plan.count(fault.kind)
        return found

    def _pump(self, now: int) -> None:
        self._raced()
        self.open = [connection for connection in self.open if not connection.closed]
        for connection in self.open:
            connection.pump(now, now - self.start)

    def _change(self, now: int) -> None:
        while self._agenda and self._agenda[0][0] <= now:
            _, fault, begins = self._agenda.pop(0)
            if fault.kind in INJECTIONS:
                self.inner.advance(self.time(now))
                if self.inner.inject(fault.kind, self.time(now)):
                    self.plan.count(fault.kind)
                continue
            if fault.kind in RACES:
                self._races[fault.kind] = fault
                self._arm(fault)
                continue
            if begins:
                self.plan.count(fault.kind)
            by = round(fault.by * SECOND_NS) if begins else 0
            until = self.time(now) + round(fault.seconds * SECOND_NS) if begins else 0
            trouble = self.inner.trouble
            if fault.kind == SILENT:
                trouble.silent = begins
            elif fault.kind == MAINTENANCE:
                trouble.maintenance = begins
            elif fault.kind == EXITS_REFUSED:
                trouble.exits_refused = begins
            elif fault.kind == HIDDEN:
                trouble.hidden_ns = by
            elif fault.kind == STALE:
                trouble.stale_ns = by
            elif fault.kind == LIMITED:
                trouble.limited_until = until
            elif fault.kind == BANNED:
                trouble.banned_until = until
            elif fault.kind == SKEW:
                self.skew_ns = by

    def _arm(self, fault: Fault) -> None:
        left = self.trouble.races.get(fault.kind, 0)
        self.trouble.races[fault.kind] = left + fault.times if fault.times and left >= 0 else -1


def _changes(plan: Plan, now: int) -> list[tuple[int, Fault, bool]]:
    found = []
    for fault in plan.faults:
        begin = now + round(fault.begin * SECOND_NS)
        if fault.kind in STATES or fault.kind in INJECTIONS or fault.kind in RACES:
            found.append((begin, fault, True))
        if fault.kind in STATES and fault.seconds:
            found.append((begin + round(fault.seconds * SECOND_NS), fault, False))
    return found


def _error(fault: Fault) -> Answer:
    return json_answer(fault.status, {"code": -1000, "msg": "simulated fault", "message": "simulated fault"})


def _outrun(answer: Answer, race: Fault) -> Answer:
    """The answer to a request at which a race has happened."""
    if race.kind == REPLACE_ERROR_AFTER:
        return _error(race)
    if race.kind == FILL_BEFORE_ACK:
        answer.delay_ns += round(race.seconds * SECOND_NS)
    return answer


def _spoilt(answer: Answer, fault: Fault) -> Answer:
    """The answer to what was done, as the fault leaves it."""
    kind = fault.kind
    if kind == LOSE_ANSWER:
        answer.lost = True
    elif kind == DELAY_ANSWER:
        answer.delay_ns += round(fault.seconds * SECOND_NS)
    elif kind == ERROR_AFTER:
        return _error(fault)
    elif kind == CUT_ANSWER:
        answer.body = answer.body[: len(answer.body) // 2]
    elif kind == GARBLE_ANSWER:
        answer.body = b"<html><body>Bad gateway</body></html>"
    return answer
