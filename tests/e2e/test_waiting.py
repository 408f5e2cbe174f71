"""Signals that wait for their cycle, and the places they keep, are the same in a backtest, a session, one that was
stopped in its middle, and a trader rebuilt anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.markets import bars
from tests.e2e.test_counterparts import OPINIONATED, check_same, continued, options, trade
from tradewright.app.demo import ACCOUNT as PAPER
from tradewright.app.demo import LIMITS, DemoOptions, Session, with_settings
from tradewright.app.history import rerun
from tradewright.app.home import JOURNAL
from tradewright.app.settings import Settings, configured
from tradewright.backtest.data import ReadOptions, load
from tradewright.backtest.run import ACCOUNT, Result, run
from tradewright.backtest.strategy_source import specifications
from tradewright.model.event import MARKET_KIND_MAX, Event
from tradewright.model.lot import Match
from tradewright.model.reservation import Released, ReservationExpired, Reserved
from tradewright.ports import MemoryJournal
from tradewright.trader import Outcome

#: Cycles of two minutes on bars of one, one slot for two symbols, places that expire now and then.
CONTENT: dict[str, Any] = {
    "session": {
        "userId": "ann", "decideOn": "cycle", "cycleSeconds": 120, "minConfidence": 0.3, "trailingStopPercent": 3,
    },
    "tradepicker": {"maxOpenPositions": 1, "reserveOnOpen": True, "reservationTtlMs": 100_000},
}  # fmt: skip
CHOSEN = [(OPINIONATED[0], {})]


def settings_of(folder: Path, account: str) -> Settings:
    file = folder / "settings.json"
    file.write_text(json.dumps(CONTENT))
    return configured(file, account)


def backtest(file: Path, folder: Path, journal: MemoryJournal) -> Result:
    settings = settings_of(folder, ACCOUNT)
    dataset = load([file], ReadOptions())
    ((ref, parameters),) = with_settings(CHOSEN, settings)
    chosen = settings.over(specifications(ref, ACCOUNT, dataset.symbols, parameters))
    scopes = settings.beside({}, [ref])
    # As a demo has them beneath its file.
    return run(chosen, dataset, options(journal=journal, scopes=scopes, limits=dict(LIMITS), **settings.of_run("", {})))


class Played:
    """A session under the settings; stop_after: market events after which it is told to stop."""

    def __init__(self, home: Path, file: Path, folder: Path, stop_after: int = 0) -> None:
        settings = settings_of(folder, PAPER)
        chosen = with_settings(CHOSEN, settings)
        self.matches: list[Match] = []
        self.kept: list[Event] = []
        self.markets, self.stop_after = 0, stop_after
        self.session = Session(
            DemoOptions(
                folder=home, files=[file], strategies=chosen, settings=settings, exits=settings.exits,
                scopes=settings.beside({}, [ref for ref, _ in chosen]),
            ),
            self.hear,
        )  # fmt: skip
        try:
            self.session.run()
            engine = self.session.machine.trader.engine
            self.cash = dict(engine.ledger.cash[PAPER])
            self.sessions = [session.row() for session in engine.sessions.values()]
        finally:
            self.session.close()

    def hear(self, event: Event, outcome: Outcome) -> None:
        self.matches += outcome.matches
        self.kept += [o for o in outcome.outputs if isinstance(o, Reserved | Released | ReservationExpired)]
        if event.kind <= MARKET_KIND_MAX:
            self.markets += 1
            if self.markets == self.stop_after:
                self.session.stop()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bars(tmp_path_factory.mktemp("market") / "bars.csv")


@pytest.fixture(scope="module")
def whole(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("whole")
    return Played(folder / "home", file, folder)


def test_a_session_keeps_places_and_trades_as_the_backtest_did(file: Path, whole: Played, tmp_path: Path) -> None:
    check_same(backtest(file, tmp_path, MemoryJournal()), whole)  # type: ignore[arg-type]
    reserved = [event for event in whole.kept if isinstance(event, Reserved)]
    assert {event.approved for event in reserved} == {True, False}, "of two that want the slot one is refused"
    codes = {event.code for event in whole.kept if isinstance(event, Released)}
    assert codes == {"ORDERED", "WITHDRAWN"}
    assert any(isinstance(event, ReservationExpired) for event in whole.kept)


@pytest.mark.parametrize("part", [2, 3, 5])
def test_a_session_stopped_with_places_kept_goes_on_as_if_nothing_had_been(
    part: int, file: Path, whole: Played, tmp_path: Path
) -> None:
    first = Played(tmp_path / "home", file, tmp_path, stop_after=whole.markets // part)
    second = Played(tmp_path / "home", file, tmp_path)
    together = [trade(match) for match in first.matches + second.matches]
    assert together == [trade(match) for match in whole.matches]
    assert (second.cash, second.sessions) == (whole.cash, whole.sessions)
    assert rerun(tmp_path / "home" / JOURNAL).differences == []


@pytest.mark.parametrize("way", ["journal", "snapshot"])
def test_a_trader_rebuilt_anywhere_has_what_waits_and_what_is_kept(file: Path, way: str, tmp_path: Path) -> None:
    journal = MemoryJournal()
    result = backtest(file, tmp_path, journal)
    for cut in range(100, 800, 97):
        _, state_hash, matches = continued(journal, cut, way)
        assert [match.row() for match in matches] == [match.row() for match in result.matches]
        assert state_hash == result.state_hash
