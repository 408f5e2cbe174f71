"""Faults strike where and as often as they say, and what they leave is what a broken line would."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import msgspec
import pytest

from tradewright.model.errors import InputError
from tradewright.model.rng import Rng
from tradewright.sim.wire.faults import KINDS, Fault, Plan, faults_from
from tradewright.sim.wire.faulty import FaultySite
from tradewright.sim.wire.message import ABORTED, CLOSE, PING, TEXT, Answer, Frame, Request, json_answer
from tradewright.sim.wire.server import Server
from tradewright.sim.wire.site import Connection
from tradewright.sim.wire.trouble import CANCEL_MEETS_FILL, INJECTIONS, RACES, Trouble

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


class Line(Connection):
    def receive(self, frame: Frame, now: int) -> None:
        if frame.kind == TEXT:
            self.send(frame.data.decode())
        elif frame.kind == CLOSE:
            self.closed = True


class Shop:
    """Counts what was done, and tells every connection of it."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.done: list[str] = []
        self.injected: list[str] = []
        self.lines: list[Line] = []
        self.heard: list[int] = []
        self.next: int | None = None

    def request(self, request: Request, now: int) -> Answer:
        self.heard.append(now)
        self.done.append(request.path)
        for line in self.lines:
            line.send({"n": len(self.done)})
        return json_answer(200, {"n": len(self.done)})

    def connect(self, request: Request, now: int) -> Connection | Answer:
        if request.path == "/no":
            return Answer(401)
        self.lines.append(Line(request, now))
        return self.lines[-1]

    def advance(self, now: int) -> None:
        self.heard.append(now)

    def due(self) -> int | None:
        return self.next

    def inject(self, kind: str, now: int) -> bool:
        self.injected.append(kind)
        return kind == "late_fill"


def shop(*rows: dict[str, Any], seed: int = 1) -> tuple[Shop, FaultySite]:
    inner = Shop()
    return inner, FaultySite(inner, Plan(faults_from(list(rows)), Rng(seed)), START)


def ask(site: FaultySite, path: str = "/order", method: str = "POST", at: float = 0) -> Answer:
    return site.request(Request(method, path), START + round(at * SECOND))


def listen(site: FaultySite, path: str = "/ws") -> Connection:
    found = site.connect(Request("GET", path), START)
    assert isinstance(found, Connection)
    return found


def heard(line: Connection) -> list[Any]:
    said = [frame.data.decode() if frame.kind == TEXT else frame.code for frame in line.outbox]
    line.outbox.clear()
    return said


@pytest.mark.parametrize(
    ("kind", "done", "status", "lost"),
    [
        ("lose_request", 0, 0, True),
        ("lose_answer", 1, 200, True),
        ("error_before", 0, 503, False),
        ("error_after", 1, 503, False),
        ("delay_answer", 1, 200, False),
        ("cut_answer", 1, 200, False),
        ("garble_answer", 1, 200, False),
    ],
)
def test_a_request_is_done_or_not_and_its_answer_spoilt(kind: str, done: int, status: int, lost: bool) -> None:
    inner, site = shop({"kind": kind, "seconds": 2})
    answer = ask(site)
    assert (len(inner.done), answer.status, answer.lost) == (done, status, lost)
    assert answer.delay_ns == (2 * SECOND if kind == "delay_answer" else 0)
    if kind in ("cut_answer", "garble_answer"):
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(answer.body)
    assert ask(site).status == 200, "it struck once"
    assert site.plan.fired == {kind: 1}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("drop_frame", ['{"n":2}', '{"n":3}']),
        ("duplicate_frame", ['{"n":1}', '{"n":1}', '{"n":2}', '{"n":3}']),
        ("reorder_frames", ['{"n":2}', '{"n":1}', '{"n":3}']),
        ("cut_frame", ['{"n', '{"n":2}', '{"n":3}']),
        ("disconnect", [ABORTED]),
        ("half_open", []),
    ],
)
def test_a_frame_is_lost_doubled_late_or_the_last_one(kind: str, said: list[Any]) -> None:
    inner, site = shop({"kind": kind})
    line = listen(site)
    for _ in range(3):
        ask(site)
    assert heard(line) == said
    line.receive(Frame(TEXT, b"hello"), START)
    assert heard(line) == ([] if kind in ("disconnect", "half_open") else ['"hello"'])
    assert inner.lines[0].closed == (kind == "disconnect")


def test_a_frame_that_nothing_passes_comes_a_second_later() -> None:
    _, site = shop({"kind": "reorder_frames"})
    line = listen(site)
    ask(site)
    assert site.due() == START + SECOND
    site.advance(START + SECOND - 1)
    assert heard(line) == []
    site.advance(START + SECOND)
    assert heard(line) == ['{"n":1}']


def test_a_delayed_frame_says_how_long_and_pings_are_left_alone() -> None:
    inner, site = shop({"kind": "delay_frame", "seconds": 1.5, "times": 0})
    line = listen(site)
    inner.lines[0].ping(b"p")
    ask(site)
    assert [(frame.kind, frame.delay_ns) for frame in line.outbox] == [(PING, 0), (TEXT, 3 * SECOND // 2)]


def test_it_strikes_where_when_and_as_often_as_it_says() -> None:
    _, site = shop({"kind": "error_before", "where": "POST /order", "after": 1, "times": 2, "begin": 10})
    statuses = [
        ask(site, at=9.9).status,  # too early, and not counted
        ask(site, at=10).status,
        ask(site, "/other", at=10).status,
        ask(site, "/order", "GET", at=10).status,
        *[ask(site, at=11).status for _ in range(3)],
    ]
    assert statuses == [200, 200, 200, 200, 503, 503, 200]


def test_a_path_alone_fits_any_method() -> None:
    _, site = shop({"kind": "error_before", "where": "/order", "times": 0, "status": 429})
    assert [ask(site, method=method).status for method in ("GET", "POST", "DELETE")] == [429] * 3
    assert ask(site, "/account").status == 200


def test_chance_is_the_seed_s() -> None:
    def struck(seed: int) -> list[int]:
        _, site = shop({"kind": "error_before", "times": 0, "probability": 0.3}, seed=seed)
        return [ask(site).status for _ in range(200)]

    assert struck(1) == struck(1) != struck(2)
    assert 30 < struck(1).count(503) < 90


def test_states_last_their_time_and_injections_happen_once() -> None:
    inner, site = shop(
        {"kind": "maintenance", "begin": 5, "seconds": 2},
        {"kind": "hidden", "by": 3, "begin": 1, "seconds": 1},
        {"kind": "stale", "by": 4},
        {"kind": "silent", "begin": 6},
        {"kind": "late_fill", "begin": 2},
        {"kind": "overfill", "begin": 2},
    )
    seen = []
    for second in range(9):
        site.advance(START + second * SECOND)
        trouble = inner.trouble
        seen.append((trouble.maintenance, trouble.hidden_ns // SECOND, trouble.stale_ns // SECOND, trouble.silent))
    assert [row[0] for row in seen] == [5 <= second < 7 for second in range(9)]
    assert [row[1] for row in seen] == [3 if second == 1 else 0 for second in range(9)]
    assert [row[2:] for row in seen] == [(4, second >= 6) for second in range(9)]
    assert inner.injected == ["late_fill", "overfill"]
    assert site.plan.fired == {"stale": 1, "hidden": 1, "late_fill": 1, "maintenance": 1, "silent": 1}
    assert "overfill" not in site.plan.fired, "nothing stood there to which it could happen"


def test_limits_are_used_up_and_an_address_is_banned_until_the_end_of_it() -> None:
    rows = [{"kind": "limited", "begin": 1, "seconds": 3}, {"kind": "banned", "begin": 5, "seconds": 2}]
    inner = Shop()
    with pytest.raises(InputError, match="this venue bans nobody"):
        FaultySite(inner, Plan(faults_from(rows), Rng(1)), START)
    inner.trouble.bans = True
    site = FaultySite(inner, Plan(faults_from(rows), Rng(1)), START)
    seen = []
    for second in range(9):
        site.advance(START + second * SECOND)
        seen.append(
            [max(0, until - START) // SECOND for until in (inner.trouble.limited_until, inner.trouble.banned_until)]
        )
    assert seen == [[0, 0], *[[4, 0]] * 3, [0, 0], *[[0, 7]] * 2, *[[0, 0]] * 2]
    assert site.plan.fired == {"limited": 1, "banned": 1}


class Track(Shop):
    """Each request is an occasion for the race that its path names; so is each frame."""

    def request(self, request: Request, now: int) -> Answer:
        self.trouble.meets(request.path.removeprefix("/"))
        return super().request(request, now)

    def connect(self, request: Request, now: int) -> Connection | Answer:
        line = super().connect(request, now)
        assert isinstance(line, Line)
        setattr(line, "receive", lambda frame, now: self.trouble.meets(CANCEL_MEETS_FILL))  # noqa: B010
        return line


def test_races_wait_for_their_occasion_and_are_counted() -> None:
    rows: list[dict[str, Any]] = [
        {"kind": "cancel_meets_fill", "begin": 1, "times": 2},
        {"kind": "cancel_meets_fill", "begin": 2, "times": 1},
        {"kind": "fill_before_ack", "times": 0, "seconds": 1.5},
        {"kind": "replace_error_after", "status": 504},
    ]
    inner = Track()
    site = FaultySite(inner, Plan(faults_from(rows), Rng(1)), START)
    ask(site, "/cancel_meets_fill")
    assert site.plan.fired == {}, "not before its time, nor without an occasion"
    answers = [ask(site, "/fill_before_ack", at=at) for at in (0.1, 0.2, 0.3)]
    assert [(answer.status, answer.delay_ns) for answer in answers] == [(200, 3 * SECOND // 2)] * 3
    assert [ask(site, "/replace_error_after", at=0.4).status for _ in range(2)] == [504, 200]
    assert [ask(site, "/cancel_meets_fill", at=at).status for at in (1.1, 2.1)] == [200, 200]
    line = listen(site)
    for _ in range(3):
        line.receive(Frame(TEXT, b"cancel"), START + 3 * SECOND)
    assert site.plan.fired == {"fill_before_ack": 3, "replace_error_after": 1, "cancel_meets_fill": 3}
    assert len(inner.done) == 8, "each request was done"


@pytest.mark.parametrize(
    ("by", "heard"), [(3, [0, 4, 5, 6, 7, 7, 7, 7, 8]), (-3, [0, 1, 1, 1, 1, 5, 6, 7, 8])]
)  # fmt: skip
def test_a_wrong_clock_is_ahead_or_behind_for_its_time_and_never_goes_back(by: int, heard: list[int]) -> None:
    inner, site = shop({"kind": "skew", "by": by, "begin": 1, "seconds": 4})
    for second in range(9):
        ask(site, at=second)
    assert [(now - START) // SECOND for now in inner.heard] == heard


def test_what_is_due_comes_by_the_venue_s_own_clock() -> None:
    inner, site = shop({"kind": "skew", "by": 3, "begin": 1})
    inner.next = START + 10 * SECOND
    ask(site, at=1)
    assert site.due() == START + 7 * SECOND


def test_the_next_change_is_due() -> None:
    _, site = shop({"kind": "silent", "begin": 5, "seconds": 2})
    assert site.due() == START + 5 * SECOND
    site.advance(START + 5 * SECOND)
    assert site.due() == START + 7 * SECOND
    site.advance(START + 7 * SECOND)
    assert site.due() is None


def test_a_refused_connection_stays_refused() -> None:
    _, site = shop()
    found = site.connect(Request("GET", "/no"), START)
    assert isinstance(found, Answer)
    assert found.status == 401


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"kind": "silent"}, "a list"),
        ([{"where": "x"}], "fault 1: it has no kind"),
        ([{"kind": "silent"}, {"kind": "earthquake"}], "fault 2: fault 'earthquake' is not one of"),
        ([{"kind": "silent", "often": 3}], "'often' is not one of"),
        ([{"kind": "silent", "after": True}], "after True"),
        ([{"kind": "silent", "after": "1"}], "after '1'"),
        ([{"kind": "silent", "begin": -1}], "begin -1 can not be negative"),
        ([{"kind": "silent", "begin": float("nan")}], "begin nan can not be negative"),
        ([{"kind": "drop_frame", "probability": 0}], "probability 0"),
        ([{"kind": "error_before", "status": 200}], "status 200"),
        ([{"kind": "delay_frame"}], "seconds says how long"),
        ([{"kind": "fill_before_ack"}], "seconds says how long"),
        ([{"kind": "limited"}], "seconds says until when"),
        ([{"kind": "skew"}], "by says for how many seconds"),
        ([{"kind": "hidden"}], "by says for how many seconds"),
    ],
)
def test_what_is_no_fault_is_named(rows: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        faults_from(rows)


def test_every_kind_can_be_planned() -> None:
    assert len(KINDS) == 7 + 7 + 8 + len(INJECTIONS) + len(RACES)
    for kind in KINDS:
        assert Fault(kind, seconds=1, by=1).kind == kind


def test_over_real_sockets_a_broken_line_is_one() -> None:
    async def main() -> list[str]:
        inner, site = shop({"kind": "lose_answer"}, {"kind": "disconnect", "after": 1})
        site.start = 0
        server = Server(site)
        await server.start()
        seen: list[str] = []
        try:
            session = aiohttp.ClientSession(f"http://127.0.0.1:{server.port}")
            async with session, session.ws_connect("/ws") as socket:
                with pytest.raises(aiohttp.ClientConnectionError):
                    await session.post("/order")
                seen.append((await socket.receive()).data)
                async with session.post("/order") as answer:
                    seen.append(await answer.text())
                message = await socket.receive()
                seen += [message.type.name, str(socket.close_code), str(len(inner.done))]
        finally:
            await server.stop()
        assert not server.failures
        return seen

    assert asyncio.run(asyncio.wait_for(main(), 20)) == ['{"n":1}', '{"n":2}', "CLOSED", "1006", "2"]
