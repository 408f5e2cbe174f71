"""A WebSocket that is kept, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tradewright.adapters.net.line import Line
from tradewright.model.errors import SocketClosed, VenueRefused
from tradewright.model.rng import Rng
from tradewright.ports import Clock, Socket
from tradewright.prove.site_transport import SiteTransport
from tradewright.prove.virtual import run_virtual
from tradewright.sim.wire.message import ABORTED, CLOSE, PING, PONG, TEXT, Answer, Frame, Request
from tradewright.sim.wire.site import Connection
from tradewright.sim.wire.trouble import Trouble

SECOND_NS = 1_000_000_000
START = 1_790_000_000 * SECOND_NS


class Door(Connection):
    """Answers a log-in and pings; deaf: says nothing any more; kicks: ends the connection behind the log-in."""

    deaf = False
    kicks = False

    def receive(self, frame: Frame, now: int) -> None:
        if self.deaf:
            return
        if frame.kind == TEXT:
            self.send("no" if frame.data == b"wrong" else "yes")
            if self.kicks:
                self.put(Frame(CLOSE, b"", ABORTED))
        elif frame.kind == PING:
            self.put(Frame(PONG, frame.data))
        elif frame.kind == CLOSE:
            self.closed = True


class Doors:
    """A site of nothing but WebSockets. refusing: until then (ns) it lets nobody in; ours_ns: so much later the
    line's clock is than that of its sockets."""

    def __init__(self, kicks: bool = False) -> None:
        self.kicks = kicks
        self.trouble = Trouble()
        self.doors: list[Door] = []
        self.times: list[int] = []
        self.refusing = 0
        self.ours_ns = 0

    def request(self, request: Request, now: int) -> Answer:
        return Answer(404)

    def connect(self, request: Request, now: int) -> Connection | Answer:
        self.times.append(now)
        if now < self.refusing:
            return Answer(503, b"maintenance")
        self.doors.append(Door(request, now))
        self.doors[-1].kicks = self.kicks
        return self.doors[-1]

    def advance(self, now: int) -> None: ...

    def due(self) -> int | None:
        return None

    def inject(self, kind: str, now: int) -> bool:
        return False


class Listener:
    """Logs in with `word` and keeps what it hears."""

    def __init__(self) -> None:
        self.word = "right"
        self.heard: list[str | bytes] = []
        self.lost: list[str] = []

    async def opened(self, socket: Socket) -> None:
        await socket.send(self.word)
        answer = await socket.receive()
        if answer != '"yes"':
            raise VenueRefused(f"the log-in was answered with {answer!r}")


def play(
    seconds: float,
    doors: Doors,
    listener: Listener,
    act: Callable[[SiteTransport, Clock], list[tuple[float, Callable[[], None]]]] = lambda transport, clock: [],
    silence_seconds: int = 60,
    renew_seconds: int = 0,
    with_line: Callable[[Line], list[tuple[float, Callable[[], None]]]] = lambda line: [],
) -> Line:
    """Keeps a line for so long; act, with_line: what happens when, in seconds from the begin."""

    async def program(clock: Clock) -> Line:
        transport = SiteTransport({"venue": doors}, clock, Rng(5))
        line = Line(
            "ws://venue/stream?key=s3cret", transport, lambda: clock() + doors.ours_ns, Rng(3), listener.opened,
            listener.heard.append, listener.lost.append, silence_ns=silence_seconds * SECOND_NS,
            renew_ns=renew_seconds * SECOND_NS,
        )  # fmt: skip
        keeping = asyncio.create_task(line.run())
        for at, what in [*act(transport, clock), *with_line(line)]:
            await asyncio.sleep(at - (clock() - START) / SECOND_NS)
            what()
            transport.venues["venue"].settle()
        await asyncio.sleep(seconds - (clock() - START) / SECOND_NS)
        keeping.cancel()
        return line

    return run_virtual(START, program)


def test_a_line_that_breaks_is_opened_again_and_its_end_is_told_once() -> None:
    doors, listener = Doors(), Listener()
    play(20, doors, listener, lambda transport, clock: [
        (5, lambda: doors.doors[0].send("a")),
        (10, lambda: doors.doors[0].put(Frame(CLOSE, b"", ABORTED))),
        (15, lambda: doors.doors[1].send("b")),
    ])  # fmt: skip
    assert listener.heard == ['"a"', '"b"']
    assert len(doors.doors) == 2
    assert len(listener.lost) == 1 and "1006" in listener.lost[0]


def test_a_venue_that_is_down_is_asked_at_growing_intervals_and_found_when_it_is_back() -> None:
    doors, listener = Doors(), Listener()
    doors.refusing = START + 120 * SECOND_NS
    play(200, doors, listener)
    gaps = [(later - earlier) / SECOND_NS for earlier, later in zip(doors.times, doors.times[1:], strict=False)]
    assert gaps[0] < 1 < gaps[3] and max(gaps) < 31
    assert len(doors.times) < 20 and len(doors.doors) == 1
    assert all("503 maintenance" in text for text in listener.lost)


def test_a_peer_that_takes_each_connection_and_ends_it_is_asked_at_growing_intervals() -> None:
    """Two processes with one key end each other's connections: each log-in costs requests."""
    doors, listener = Doors(kicks=True), Listener()
    play(300, doors, listener, lambda transport, clock: [(250, lambda: setattr(doors, "kicks", False))])
    assert len(doors.doors) < 20 and len(doors.doors) == len(listener.lost) + 1
    gaps = [(later - earlier) / SECOND_NS for earlier, later in zip(doors.times, doors.times[1:], strict=False)]
    assert gaps[0] < 1 and 14 < max(gaps) < 31


def test_a_line_that_has_lived_for_a_while_is_opened_again_at_once() -> None:
    doors, listener = Doors(kicks=True), Listener()
    play(160, doors, listener, lambda transport, clock: [
        (60, lambda: setattr(doors, "kicks", False)),
        (140, lambda: doors.doors[-1].put(Frame(CLOSE, b"", ABORTED))),
    ])  # fmt: skip
    assert 140 <= (doors.times[-1] - START) / SECOND_NS < 141


def test_a_log_in_that_is_refused_or_never_answered_is_a_failed_attempt() -> None:
    doors, listener = Doors(), Listener()
    listener.word = "wrong"
    play(10, doors, listener, lambda transport, clock: [(4, lambda: setattr(listener, "word", "right"))])
    assert "log-in was answered" in listener.lost[0]
    assert doors.doors[0].closed and not doors.doors[-1].closed

    deaf, patient = Doors(), Listener()
    Door.deaf = True
    try:
        play(30, deaf, patient)
    finally:
        Door.deaf = False
    assert "no answer to the log-in within 10 s" in patient.lost[0]
    assert len(deaf.doors) > 1


def test_a_silent_line_is_dropped_and_one_that_answers_pings_is_not() -> None:
    doors, listener = Doors(), Listener()
    play(300, doors, listener)
    assert len(doors.doors) == 1 and not listener.lost
    play(300, doors, listener, lambda transport, clock: [(10, lambda: setattr(doors.doors[1], "deaf", True))])
    assert len(doors.doors) == 3
    assert "nothing was heard for 6" in listener.lost[0]


@pytest.mark.parametrize("by", [-3_600, 3_600])
def test_a_clock_that_is_set_hides_no_silence_and_makes_none(by: int) -> None:
    doors, listener = Doors(), Listener()
    play(300, doors, listener, lambda transport, clock: [(100, lambda: setattr(doors, "ours_ns", by * SECOND_NS))])
    assert len(doors.doors) == 1 and not listener.lost
    deaf = Doors()
    play(300, deaf, listener, lambda transport, clock: [
        (100, lambda: setattr(deaf, "ours_ns", by * SECOND_NS)), (110, lambda: setattr(deaf.doors[0], "deaf", True)),
    ])  # fmt: skip
    assert len(deaf.doors) == 2 and deaf.times[1] < START + 190 * SECOND_NS
    assert "nothing was heard for 6" in listener.lost[0]
    assert "s3cret" not in listener.lost[0]


def test_a_line_is_renewed_before_its_end_without_a_gap() -> None:
    doors, listener = Doors(), Listener()
    day = 86_400

    def ticks(transport: SiteTransport, clock: Clock) -> list[tuple[float, Callable[[], None]]]:
        def say(number: int) -> Callable[[], None]:
            return lambda: [door.send(number) for door in doors.doors if not door.closed] and None

        return [(60 + 7 * number, say(number)) for number in range(3 * day // 7)]

    play(3 * day + 100, doors, listener, ticks, renew_seconds=23 * 3_600)
    assert len(doors.doors) == 4
    assert not listener.lost
    assert sorted({int(text) for text in listener.heard}) == list(range(3 * day // 7))


def test_a_line_whose_end_was_announced_is_renewed_at_once_and_without_a_break() -> None:
    doors, listener = Doors(), Listener()
    line = play(20, doors, listener, with_line=lambda line: [
        (5, line.renew), (10, lambda: doors.doors[1].send("b")),
    ])  # fmt: skip
    assert line.socket is not None
    assert len(doors.doors) == 2 and doors.doors[0].closed
    assert 5 <= (doors.times[1] - START) / SECOND_NS < 5.2
    assert listener.heard == ['"b"'] and not listener.lost


def test_a_line_that_is_given_up_is_opened_again_as_after_a_break() -> None:
    doors, listener = Doors(), Listener()
    play(20, doors, listener, with_line=lambda line: [(5, lambda: line.drop("a frame that can not be read"))])
    assert len(doors.doors) == 2 and doors.doors[0].closed
    assert listener.lost == ["a frame that can not be read"]


def test_nothing_is_sent_where_no_line_is() -> None:
    doors, listener = Doors(), Listener()
    doors.refusing = START + 1_000 * SECOND_NS
    line = play(10, doors, listener)
    with pytest.raises(SocketClosed, match=r"^ws://venue/stream is not connected"):
        asyncio.run(line.send("order"))
