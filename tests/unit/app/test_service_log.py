"""What the service says of its accounts while it runs."""

from __future__ import annotations

import pytest

from tests.unit.core.desk import Desk, account_of
from tradewright.app.service_log import ServiceLog
from tradewright.core.reconcile import FAILURES_MAX
from tradewright.model.account_snapshot import AccountSnapshot, SnapshotFailed
from tradewright.model.event import Event
from tradewright.model.session_set import SessionSet
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
