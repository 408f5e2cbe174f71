"""A service whose ensemble weighs signal services in every state of health, beside a strategy that asks nobody. The
sockets are real, the clock too."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.e2e.judge import records
from tests.e2e.services import Proxy, proxy_of
from tests.project import COMPILED_ALONE
from tests.unit.app.test_service import Stage, filled, play
from tradewright.app.history import rerun
from tradewright.app.home import JOURNAL
from tradewright.app.service import Service
from tradewright.model.event import DECISION, LAG_MEASURED, SIGNAL_FAILED, SIGNAL_RECEIVED, TIMER, VOTE

pytestmark = COMPILED_ALONE

SECOND = 10**9
#: What a service has for its answer, and what events may wait for the engine, in seconds.
TIME_OUT, LIMIT = 2, 1
#: What is wrong with a service, and why its part of the vote is 0.
FAULTS = {
    "slow": "TIMEOUT", "status": "HTTP_STATUS", "garbage": "BAD_ANSWER", "stale": "STALE_ANSWER",
    "stopped": "UNREACHABLE",
}  # fmt: skip
CYCLE_SECONDS = 4
STRATEGIES = f"""
from tradewright.signal.ensemble import Ensemble
from tradewright.signal.strategy import Strategy

class Council(Ensemble):
    services: dict = {{name: {{}} for name in ("well", *{list(FAULTS)})}}
    strategy_weight_balance: float = 1.0
    threshold: float = 0.01
    decide_on: str = "cycle"
    cycle_seconds: int = {CYCLE_SECONDS}
    percent: float = 1.0

class Alone(Strategy):
    '''In and out again, with its cycles.'''
    def on_quote(self, quote):
        self.signal('SELL' if self.long else 'BUY', 0.9, 'in and out')
"""
CONFIG = """accounts: {paper: {venue: paper, symbols: [BTCUSD, ETHUSD], cash: 100000}}
strategies:
  council: {strategy: 'signals.py:Council', symbols: [BTCUSD]}
  alone:
    {strategy: 'signals.py:Alone', symbols: [ETHUSD], decideOn: cycle, cycleSeconds: 1, sizing: 'value:100'}
limits: {all: {maxLoopLagSeconds: 1, maxJournalLagSeconds: 1}}
"""


class Model:
    """A signal service that says BUY of all that it is asked about. asked: symbol and moment of each question."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        model = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.asked.append((question["symbol"], question["time"]))
                answer = {"action": "BUY", "confidence": 0.9, "reasoning": "up", "modelVersion": "1"}
                body = json.dumps(answer | {"time": question["time"]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    """The service that is well; the others are it behind proxies that spoil what it says."""
    with ExitStack() as opened:
        well = Model()
        opened.callback(well.close)
        monkeypatch.setenv("WELL_SERVICE_URL", well.url)
        for fault in FAULTS:
            proxy: Proxy = opened.enter_context(proxy_of(well.url))
            proxy.fault = fault
            if fault == "stopped":
                proxy.close()
            monkeypatch.setenv(f"{fault.upper()}_SERVICE_URL", proxy.url)
        yield well


def played(folder: Path, until: Callable[[Service], bool]) -> list[list[Any]]:
    """The records of a service that ran until something was so."""
    (folder / "signals.py").write_text(STRATEGIES)

    async def act(stage: Stage) -> None:
        await stage.plays(CONFIG, until, 90.0)

    stage = play(folder, act)
    assert rerun(stage.home / JOURNAL).differences == []
    return list(records(stage.home / JOURNAL))


class Cycle:
    """A cycle of the council, by its timer. words: why each service said nothing, "" = it answered; at: where each of
    them is in the journal; passed: moments of the cycles that were decided before it."""

    def __init__(self, rows: list[list[Any]], place: int) -> None:
        self.place, self.second = place, rows[place][1] // SECOND
        said = [
            (at, row)
            for at, row in enumerate(rows)
            if row[0] in (SIGNAL_RECEIVED, SIGNAL_FAILED) and row[1] == rows[place][1]
        ]
        self.at = [at for at, _ in said]
        self.words = {row[2]: row[4] if row[0] == SIGNAL_FAILED else "" for _, row in said}
        self.passed = [row[1] // SECOND for row in rows[:place] if row[0] == TIMER and row[2] == "cycle:1"]
        # What was made of the timer follows it.
        self.vote = next((row for row in rows[place : place + 2] if row[0] == VOTE), None)


def cycles_of(rows: list[list[Any]]) -> list[Cycle]:
    """Those of the council."""
    found = [at for at, row in enumerate(rows) if row[0] == TIMER and row[2] == f"cycle:{CYCLE_SECONDS}"]
    return [Cycle(rows, at) for at in found]


def opened_at(rows: list[list[Any]]) -> int:
    """Where the council's first opening was approved."""
    return next(at for at, row in enumerate(rows) if row[0] == DECISION and row[4] == "council" and row[6])


def test_slow_and_broken_services_hold_up_no_other_cycle_and_refuse_no_opening(tmp_path: Path, model: Model) -> None:
    rows = played(tmp_path, lambda service: filled(service, "council", "paper") and len(model.asked) > 3)
    moments = [row[1] // SECOND for row in rows if row[0] == TIMER and row[2] == "cycle:1"]
    assert moments == list(range(moments[0], moments[-1] + 1)), "none is left out"
    cycles = cycles_of(rows)
    assert all(max(cycle.at) < cycle.place for cycle in cycles), "each vote has the answers of its moment"
    slow = [cycle for cycle in cycles if cycle.words["slow"] == "TIMEOUT"]
    # It was waited for until its time-out; whoever asks nobody had his cycles meanwhile.
    assert slow and all(cycle.passed[-1] >= cycle.second + TIME_OUT - 1 for cycle in slow)
    told = [cycle for cycle in slow if cycle.words == FAULTS | {"well": ""}]
    assert told, "each fault is told as what it is"
    vote = told[0].vote
    assert vote is not None
    assert {part[0]: part[6] for part in vote[8]} == told[0].words
    assert [part[0] for part in vote[8] if part[5]] == ["well"], "the others count 0"
    assert max(cycle.place for cycle in cycles if cycle.place < opened_at(rows)) in [cycle.place for cycle in slow]
    assert {symbol for symbol, _ in model.asked} == {"BTCUSD"}, "of what the council trades, and nothing else"


def test_a_loop_that_stands_still_is_told_and_opens_nothing(tmp_path: Path, model: Model) -> None:
    trading = False

    def so(service: Service) -> bool:
        nonlocal trading
        trading = trading or filled(service, "alone", "paper")
        if trading:
            # Nothing in this process runs meanwhile.
            time.sleep(2 * LIMIT)
        return "LOOP_LAG" in refused(service, "alone")

    rows = played(tmp_path, so)
    lags = [row[3] for row in rows if row[0] == LAG_MEASURED and row[2] == "LOOP_LAG"]
    assert max(lags) > LIMIT * SECOND


def refused(service: Service, strategy: str) -> list[str]:
    """Why openings of a strategy were refused."""
    states = service.engine.orders.values()
    return [state.code for state in states if state.order.strategy == strategy and state.status == "DENIED"]
