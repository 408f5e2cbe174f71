"""What the service says of its accounts while it runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.unit.core.desk import Desk, account_of
from tradewright.app.service_log import ServiceLog
from tradewright.core.reconcile import FAILURES_MAX
from tradewright.model.account_snapshot import AccountSnapshot, SnapshotFailed
from tradewright.model.control import Timer
from tradewright.model.correlation import trace_of
from tradewright.model.event import FILLED, Event
from tradewright.model.order import BUY, SELL
from tradewright.model.order_request import OrderRequested
from tradewright.model.session_set import SessionSet
from tradewright.model.signal import Signal
from tradewright.trader import Outcome


def test_an_account_that_could_not_be_compared_is_said_to_be_ready_again(capsys: pytest.CaptureFixture[str]) -> None:
    desk, log = Desk(account_of(remote=True)), ServiceLog(False)
    log.engine = desk.engine

    def hears(event: Event) -> list[str]:
        desk.feed(event)
        log.listen(event, Outcome([], [], []))
        return [line[10:] for line in capsys.readouterr().out.splitlines()]

    def shown() -> list[str]:
        return hears(AccountSnapshot(desk.tick(), "main", desk.tick(), [], [], []))

    desk.connect()
    assert shown() == ["READY  main"]
    for _ in range(FAILURES_MAX):
        assert hears(SnapshotFailed(desk.tick(), "main", "503")) == []
    assert shown() == ["READY  main"]


def test_who_sets_a_session_to_what_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    log = ServiceLog(False)
    for settings, said in (([("maxPositions", 3), ("orderType", "limit")], "maxPositions: 3, orderType: limit"),
                           ([], "as configured")):  # fmt: skip
        log.listen(SessionSet(1, "main", "ann", "", settings, [], [], [], "root"), Outcome([], [], []))
        assert capsys.readouterr().out[10:] == f"SET    session:main of ann — root: {said}\n"


class Reader:
    """A desk whose log is read as objects."""

    def __init__(self, capsys: pytest.CaptureFixture[str], **limits: Any) -> None:
        self.desk, self.log, self._capsys = Desk(limits=limits), ServiceLog(False, True), capsys
        self.log.engine = self.desk.engine
        self.desk.quote(10_000)

    def hears(self, event: Event, outputs: Sequence[Event] = ()) -> list[dict[str, Any]]:
        self.log.listen(event, Outcome([*outputs], [], []))
        return [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]


def test_a_fill_is_told_with_the_id_of_its_decision_and_so_is_what_its_venue_says_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reader = Reader(capsys)
    desk, instrument = reader.desk, reader.desk.on()
    outputs = desk.engine.judge(desk.intent(BUY, 5, stop_loss=9_000, reason="up"))
    signal = Signal(desk.now, "s", instrument, BUY, 0.75, 10_000, "up", "v", "p")
    lines = reader.hears(Timer(desk.now, "any"), [signal, *outputs])
    opening = outputs[0].orders[0].id  # type: ignore[attr-defined]
    desk.accept(opening)
    lines += reader.hears(desk.events[-1])
    desk.fill(opening, 5, 10_001)
    filled = next(event for event in reversed(desk.events) if event.kind == FILLED)
    lines += reader.hears(filled, desk.events[desk.events.index(filled) + 1 :])
    assert [line["what"] for line in lines] == ["signal", "sent", "submit", "submit", "accepted", "fill"]
    assert {line["correlationId"] for line in lines} == {opening}
    assert {line["traceId"] for line in lines} == {trace_of(opening).hex()}
    assert {(line["strategy"], line["symbol"]) for line in lines} == {("s", "ACME")}
    fill = lines[-1]
    assert (fill["orderId"], fill["decisionId"], fill["account"]) == (opening, 1, "main")
    assert fill["text"] == f"{opening} ACME 5 at 100.01" and fill["time"].startswith("2023-11-14T22:13:20.")


def test_a_refusal_is_told_with_its_code_and_with_the_person_who_asked(capsys: pytest.CaptureFixture[str]) -> None:
    reader = Reader(capsys, maxOrderQuantity=10)
    desk = reader.desk
    (decision,) = desk.want(SELL, 50, reason="ann: enough")
    asked = OrderRequested(desk.now, "main", "s", "ACME", SELL, 50, 0, "", "ann", "enough")
    (line,) = reader.hears(asked, [decision])
    assert (line["what"], line["code"], line["user"]) == ("denied", "MAX_ORDER_QUANTITY", "ann")
    assert line["correlationId"] == line["orderId"] == decision.orders[0].id


def test_words_of_others_stay_one_line_and_change_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    reader = Reader(capsys)
    words = 'x\n{"what": "fill"}\u2028\x1b[31m\ud800", "what": "fill"'
    (decision,) = reader.desk.want(BUY, 5, reason=words)
    (line,) = reader.hears(Timer(1, "any"), [decision])
    assert line["what"] == "sent" and line["text"].isprintable() and '{"what": "fill"}' in line["text"]


def test_a_line_without_a_word_of_its_own_is_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    log = ServiceLog(False, True)
    log.say("account main is not ready: 503")
    log.say("REMARK nobody trades", account="main")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["what"], line["text"], line.get("account")) for line in lines] == [
        ("note", "account main is not ready: 503", None), ("remark", "nobody trades", "main"),
    ]  # fmt: skip
