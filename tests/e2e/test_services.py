"""ML and RL services as voters: real processes on loopback, asked by the real client, in health and in every sickness.

Whatever a service does, the cycle ends on time, its vote is 0, and the record says why.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from examples.services.common import closes_of
from examples.services.rl.agent import learn
from tests.e2e.markets import bars
from tests.e2e.services import Proxy, Service, Watch, proxy_of, running
from tests.unit.signal.panel import MINUTE, Desk, votes
from tradewright.adapters.journal import read
from tradewright.adapters.ml import CLOSED, OPEN, CircuitBreaker, HttpSignalSource
from tradewright.app.demo import DemoOptions, Session
from tradewright.app.history import rerun, story_of
from tradewright.app.home import JOURNAL
from tradewright.app.sources import Sources, Word
from tradewright.app.wiring.services import signal_sources
from tradewright.model.answer import SignalFailed, SignalReceived
from tradewright.model.codec import Decoder, encode
from tradewright.model.errors import InputError
from tradewright.model.event import SIGNAL_FAILED, SIGNAL_RECEIVED, TIMER
from tradewright.model.market import Bar
from tradewright.model.vote import Contribution

TIMEOUT_SECONDS = 0.7
DEADLINE_SECONDS = 1.0
#: What a crowded machine may add to a deadline; far below the 5 s of a slow service.
SLACK_SECONDS = 1.5


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bars(tmp_path_factory.mktemp("services") / "bars.csv", count=250)


@pytest.fixture(scope="module")
def ml(data: Path) -> Iterator[Service]:
    with running("ml", data) as service:
        yield service


@pytest.fixture(scope="module")
def rl(data: Path) -> Iterator[Service]:
    with running("rl", data) as service:
        yield service


@pytest.fixture
def proxies(ml: Service, rl: Service) -> Iterator[dict[str, Proxy]]:
    with proxy_of(ml.url) as one, proxy_of(rl.url) as other:
        yield {"ml": one, "rl": other}


@pytest.fixture
def proxy(proxies: dict[str, Proxy]) -> Proxy:
    return proxies["ml"]


class Cycle:
    """An ensemble of both services that decides by cycles, and what is asked for it."""

    def __init__(self, ml_url: str, rl_url: str, breaker: CircuitBreaker | None = None) -> None:
        self.desk = Desk({}, services={"ml": {}, "rl": {}}, decide_on="cycle", threshold=0.000001)
        self.now = 0
        self.parts: dict[str, Contribution] = {}
        clock = iter(range(10**9))
        ml = HttpSignalSource("ml", ml_url, TIMEOUT_SECONDS, breaker=breaker, clock=lambda: next(clock))
        self.sources = Sources([ml, HttpSignalSource("rl", rl_url, TIMEOUT_SECONDS)], deadline_seconds=DEADLINE_SECONDS)
        for minute in range(1, 41):
            price = 1000 + minute * 37 % 23
            time, acme = minute * MINUTE, self.desk.instrument("ACME")
            bar = Bar(time, acme, time - MINUTE, price, price, price, price, 1)
            self.desk.feed(bar)
            self.sources.observe(bar)

    def run(self) -> dict[str, Contribution]:
        """One cycle; its contributions by service. Fails where it does not end on time."""
        self.now = max(self.now, self.desk.now) + 45 * 10**9
        acme = self.desk.instrument("ACME")
        with Watch() as watch:
            words = self.sources.collect(self.now, self.sources.known([("ml", acme), ("rl", acme)]))
        assert watch.seconds < DEADLINE_SECONDS + SLACK_SECONDS
        self.words: list[Word] = words
        for word in words:
            self.desk.feed(word)
        made = votes(self.desk.cycle(self.now))
        # A HOLD that says again what the last one said leaves no record of its own.
        self.parts = {part.member: part for part in made[0].contributions} if made else self.parts
        assert {word.source: getattr(word, "code", "") for word in words} == {
            name: part.silent for name, part in self.parts.items()
        }
        return self.parts


@pytest.fixture
def cycle(proxies: dict[str, Proxy]) -> Iterator[Cycle]:
    found = Cycle(proxies["ml"].url, proxies["rl"].url)
    yield found
    found.sources.close()


def test_both_services_answer_by_the_schema_and_their_answers_are_votes(cycle: Cycle) -> None:
    parts = cycle.run()
    assert [type(word) for word in cycle.words] == [SignalReceived, SignalReceived]
    assert {name: part.silent for name, part in parts.items()} == {"ml": "", "rl": ""}
    assert parts["ml"].contribution == parts["ml"].action * parts["ml"].confidence // 2 != 0
    assert "a higher close next has probability" in parts["ml"].reasoning
    first = cycle.words[0]
    assert isinstance(first, SignalReceived)
    assert (first.model_version, first.time_source) == ("logistic-1", cycle.now)


@pytest.mark.parametrize(("sick", "well"), [("ml", "rl"), ("rl", "ml")])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("slow", "TIMEOUT"), ("status", "HTTP_STATUS"), ("garbage", "BAD_ANSWER"), ("endless", "BAD_ANSWER"),
        ("stale", "STALE_ANSWER"),
    ],
)  # fmt: skip
def test_a_sick_service_counts_nothing_in_that_cycle_and_the_record_says_why(
    cycle: Cycle, proxies: dict[str, Proxy], fault: str, code: str, sick: str, well: str
) -> None:
    assert cycle.run()[sick].silent == ""
    proxies[sick].fault = fault
    parts = cycle.run()
    assert (parts[sick].contribution, parts[sick].silent) == (0, code)
    assert parts[well].silent == "", "the other one is asked at the same time"
    (failed,) = [word for word in cycle.words if word.source == sick]
    assert isinstance(failed, SignalFailed) and (failed.code, failed.text != "") == (code, True)
    decoder = Decoder(cycle.desk.trader.engine.instruments, lambda id: cycle.desk.trader.engine.orders[id].order)
    assert encode(decoder.decode(encode(failed))) == encode(failed)
    proxies[sick].fault = ""
    assert cycle.run()[sick].silent == "", "well again"


def test_a_service_that_hangs_is_waited_for_no_longer_than_its_time(cycle: Cycle, ml: Service) -> None:
    ml.process.send_signal(signal.SIGSTOP)
    try:
        assert cycle.run()["ml"].silent == "TIMEOUT"
        failed = cycle.words[0]
        assert isinstance(failed, SignalFailed) and f"within {TIMEOUT_SECONDS} s" in failed.text
    finally:
        ml.process.send_signal(signal.SIGCONT)
    assert cycle.run()["ml"].silent == ""


def test_a_stopped_service_is_left_alone_by_the_breaker_until_it_is_back(data: Path, rl: Service) -> None:
    """The breaker's clock is told by the test: one tick for each look at it, open for twenty."""
    breaker = CircuitBreaker(failures_max=3, pause_ns=20)
    with running("rl", data) as first:
        cycle = Cycle(first.url, rl.url, breaker)
        assert cycle.run()["ml"].silent == ""
    codes = [cycle.run()["ml"].silent for _ in range(4)]
    assert codes == ["UNREACHABLE"] * 3 + ["CIRCUIT_OPEN"]
    assert breaker.state == OPEN
    with running("rl", data, "--port", first.port):
        codes = [cycle.run()["ml"].silent for _ in range(25)]
    cycle.sources.close()
    assert codes == ["CIRCUIT_OPEN"] * codes.count("CIRCUIT_OPEN") + [""] * codes.count("")
    assert 0 < codes.count("CIRCUIT_OPEN") <= 20
    assert breaker.state == CLOSED


def test_the_cycles_deadline_is_above_the_services_own_time(proxy: Proxy, rl: Service) -> None:
    cycle = Cycle(proxy.url, rl.url)
    breaker = CircuitBreaker(failures_max=1)
    patient = HttpSignalSource("ml", proxy.url, timeout_seconds=30.0, breaker=breaker)
    cycle.sources.ask([patient, cycle.sources.sources[1]])
    proxy.fault = "slow"
    assert cycle.run()["ml"].silent == "TIMEOUT"
    failed = cycle.words[0]
    assert isinstance(failed, SignalFailed) and "deadline" in failed.text
    assert breaker.state == OPEN, "who is given up on has failed"
    cycle.sources.close()


# ── in a session ───────────────────────────────────────────────────────────────────────────────────────────────────

COUNCIL = """
from tradewright.signal.ensemble import Ensemble


class Council(Ensemble):
    members: dict = {"trend": {"ref": "sma_cross", "parameters": {"fast": 2, "slow": 5}}}
    services: dict = {"ml": {}, "rl": {"weight": 0.5}}
    strategy_weight_balance: float = 1.0
    threshold: float = 0.01
    decide_on: str = "cycle"
    cycle_seconds: int = 300


class Cabinet(Council):
    members: dict = {}
    services: dict = {"rl": {}}
    cycle_seconds: int = 420
"""


def played(folder: Path, data: Path, stop_after: int = 0, ensembles: Sequence[str] = ("Council",)) -> Session:
    file = folder / "council.py"
    file.write_text(COUNCIL)
    chosen: list[tuple[str, dict[str, Any]]] = [(f"{file}:{name}", {}) for name in ensembles]
    options = DemoOptions(folder=folder / "home", files=[data], strategies=chosen)
    left = [stop_after]

    def hear(event: Any, outcome: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            session.stop()

    session = Session(options, hear)
    try:
        session.run()
    finally:
        session.close()
    return session


def kinds_of(folder: Path) -> list[int]:
    return [int(record[1 : record.index(b",")]) for _, record in read(folder / "home" / JOURNAL)]


def test_a_session_asks_them_and_its_journal_is_reproduced_when_they_are_gone(
    data: Path, tmp_path: Path, ml: Service, rl: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ML_SERVICE_URL", ml.url)
    monkeypatch.setenv("RL_SERVICE_URL", rl.url)
    played(tmp_path, data, stop_after=700)
    session = played(tmp_path, data)
    assert session.live.counts.orders >= 5
    kinds = kinds_of(tmp_path)
    assert (kinds.count(SIGNAL_RECEIVED) > 150, kinds.count(SIGNAL_FAILED)) == (True, 0)
    monkeypatch.delenv("ML_SERVICE_URL")
    monkeypatch.delenv("RL_SERVICE_URL")
    again = rerun(tmp_path / "home" / JOURNAL)
    assert again.differences == []
    assert again.verified > 200


def test_a_session_asks_in_each_cycle_whom_it_concerns_alone(
    data: Path, tmp_path: Path, ml: Service, rl: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ML_SERVICE_URL", ml.url)
    monkeypatch.setenv("RL_SERVICE_URL", rl.url)
    played(tmp_path, data, ensembles=("Council", "Cabinet"))
    moments: dict[str, set[int]] = {}
    for _, record in read(tmp_path / "home" / JOURNAL):
        kind, moment, name, *_ = [*json.loads(record), "", ""]
        if kind in (TIMER, SIGNAL_RECEIVED, SIGNAL_FAILED):
            moments.setdefault(name, set()).add(moment)
    assert moments["cycle:420"] - moments["cycle:300"], "moments of one alone"
    assert moments["ml"] == moments["cycle:300"]
    assert moments["rl"] == moments["cycle:300"] | moments["cycle:420"]


def test_an_orders_story_tells_the_vote_with_each_part_of_it(
    data: Path, tmp_path: Path, ml: Service, rl: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ML_SERVICE_URL", ml.url)
    monkeypatch.setenv("RL_SERVICE_URL", rl.url)
    session = played(tmp_path, data, stop_after=300)
    order_id = next(iter(session.machine.trader.engine.orders))
    story = story_of(tmp_path / "home" / JOURNAL, order_id)
    vote = story.row()["vote"]
    assert [part["member"] for part in vote["contributions"]] == ["Council.trend", "ml", "rl"]
    parts = [Decimal(part["contribution"]) for part in vote["contributions"]]
    assert abs(sum(parts) - Decimal(vote["score"])) <= Decimal("0.000003"), "each is cut to the ppm"
    assert parts[0] == 0, "the balance is all services"
    assert f"ml: {vote['contributions'][1]['action']} {vote['contributions'][1]['confidence']}" in story.text()
    assert f"score {vote['score']}" in story.text()


def test_a_session_without_their_urls_asks_nobody(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ML_SERVICE_URL", raising=False)
    monkeypatch.delenv("RL_SERVICE_URL", raising=False)
    assert played(tmp_path, data).live.counts.orders == 0
    kinds = kinds_of(tmp_path)
    assert kinds.count(SIGNAL_RECEIVED) + kinds.count(SIGNAL_FAILED) == 0


def test_the_environment_names_the_services() -> None:
    environment = {"ML_SERVICE_URL": "http://127.0.0.1:5001/", "RL_SERVICE_URL": "", "NEWS_SERVICE_URL": "https://a.b"}
    assert [source.name for source in signal_sources(["ml", "news", "other", "rl"], environment)] == ["ml", "news"]
    assert signal_sources(["rl"], environment) == []
    with pytest.raises(InputError, match="RL_SERVICE_URL='localhost' is no URL"):
        signal_sources(["rl"], {"RL_SERVICE_URL": "localhost"})


def test_a_service_without_the_extra_that_asks_it_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tradewright.adapters.ml", None)
    assert signal_sources(["ml"], {}) == []
    with pytest.raises(InputError, match=r"tradewright\[services\]"):
        signal_sources(["ml"], {"ML_SERVICE_URL": "http://127.0.0.1:5001"})


# ── what they are worth ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_ml_service_is_better_than_its_base_on_real_bars_it_has_not_seen(shared: Path) -> None:
    file = shared / "data" / "freqtrade_5m_201801.parquet"
    with running("ml", file, "--symbol", "ETHBTC") as service:
        score = service.score
    assert score["scored"] > 1000
    assert score["accuracy"] > score["base"] + 0.02
    assert score["log_loss"] < score["log_loss_base"] - 0.01


def test_the_rl_agent_earns_its_costs_where_prices_come_back_and_stays_out_where_they_wander() -> None:
    chance = np.random.default_rng(7)
    wander = np.cumsum(chance.normal(0, 0.0005, 3_000))
    back = np.zeros(3_000)
    for at in range(1, 3_000):
        back[at] = 0.7 * back[at - 1] + chance.normal(0, 0.002)
    _, coming_back = learn(100 * np.exp(back))
    _, wandering = learn(100 * np.exp(wander))
    assert coming_back.reward > 100 > abs(coming_back.reward_long)
    assert coming_back.trades > 50
    assert wandering.reward < coming_back.reward / 4


def test_the_rl_service_is_scored_on_real_bars_it_has_not_seen(shared: Path) -> None:
    file = shared / "data" / "freqtrade_5m_201801.parquet"
    with running("rl", file, "--symbol", "ETHBTC") as service:
        score = service.score
    assert score["scored"] > 1000
    assert score["learned"] == (score["learned"] + score["scored"]) * 7 // 10


def test_a_service_learns_from_a_file_without_symbols_and_says_what_it_can_not_learn_from(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("ts,close\n" + "".join(f"2026-01-05T14:{minute:02d}:00Z,{100 + minute}\n" for minute in range(40)))
    assert closes_of(path, None, 0)[-1] == 139
    few = bars(tmp_path / "few.csv", count=30)
    for file, symbol, words in [
        (tmp_path / "none.csv", None, "there is no such file"),
        (few, "NOPE", "0 bars of NOPE, and it takes more than 30"),
        (few, None, "30 bars, and it takes more than 30"),
    ]:
        with pytest.raises(SystemExit, match=words):
            closes_of(file, symbol, 0)
