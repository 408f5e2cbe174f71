"""The same strategy file on the same data gives the same trades: backtest, live-like session, recovered run, re-run.

A trade is compared without its ids: they carry the account's code and the number of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from tests.e2e.markets import bars, quote_bars, quotes
from tradewright.adapters.journal import FileJournal, read
from tradewright.app.demo import CASH, FEE_PPM, LIMITS, MODELS, DemoOptions, Session
from tradewright.app.history import fold, rerun
from tradewright.app.home import JOURNAL
from tradewright.app.recovery import groups, snapshot_bytes
from tradewright.backtest.data import Dataset, ReadOptions, load
from tradewright.backtest.run import ACCOUNT, Result, RunOptions, run
from tradewright.backtest.strategy_source import specifications, strategy_class
from tradewright.core.state import restore
from tradewright.model.codec import Decoder, encode
from tradewright.model.control import Started
from tradewright.model.errors import InputError
from tradewright.model.event import BAR, FILLED, INPUT_KIND_MAX, MARKET_KIND_MAX, QUOTE, QUOTE_BAR, Event
from tradewright.model.fee import FeeEstimate
from tradewright.model.lot import Match
from tradewright.model.report import Fill
from tradewright.ports import MemoryJournal
from tradewright.sim.models import Models
from tradewright.trader import Outcome, Trader

FILE = Path(__file__).parent / "strategies.py"
RESTLESS = (f"{FILE}:Restless", {})
SCALPER = (f"{FILE}:Scalper", {})
OPINIONATED = (f"{FILE}:Opinionated", {})
GUARDED = (f"{FILE}:Guarded", {})
COMMITTEE = (f"{FILE}:Committee", {})
COUNCIL = (f"{FILE}:Council", {})
QUORUM = (f"{FILE}:Quorum", {})
CLASSIC = ("sma_cross", {"fast": 3, "slow": 9, "percent": 10.0})
Chosen = list[tuple[str, dict[str, Any]]]


def trade(match: Match) -> tuple[object, ...]:
    return (
        match.strategy, match.instrument.symbol, match.side, match.size, match.open_units, match.time_open,
        match.close_units, match.time_close, match.pnl,
    )  # fmt: skip


def options(**more: Any) -> RunOptions:
    """A backtest on the session's terms."""
    terms: dict[str, Any] = {
        "cash": CASH, "leverage": 2, "limits": dict(LIMITS), "models": Models(**MODELS),
        "fee_estimate": FeeEstimate(FEE_PPM),
    }  # fmt: skip
    return RunOptions(**(terms | more))


def specified(chosen: Chosen, dataset: Dataset) -> list[Any]:
    symbols = tuple(instrument.symbol for instrument in dataset.instruments)
    return [spec for ref, parameters in chosen for spec in specifications(ref, ACCOUNT, symbols, parameters)]


def backtest(chosen: Chosen, file: Path, **more: Any) -> Result:
    dataset = load([file], ReadOptions())
    return run(specified(chosen, dataset), dataset, options(**more))


class Played:
    """A session and what it made. stop_after: market events after which it is told to stop."""

    def __init__(self, folder: Path, chosen: Chosen, file: Path, stop_after: int = 0) -> None:
        self.matches: list[Match] = []
        self.fills: list[Fill] = []
        self.stop_after = stop_after
        self.markets = 0
        self.session = Session(DemoOptions(folder=folder, files=[file], strategies=chosen), self.hear)
        try:
            self.session.run()
            self.state_hash = self.session.machine.trader.state_hash()
            self.cash = dict(self.session.machine.trader.engine.ledger.cash["paper"])
        finally:
            self.session.close()

    def hear(self, event: Event, outcome: Outcome) -> None:
        self.matches += outcome.matches
        if event.kind == FILLED and isinstance(event, Fill):
            self.fills.append(event)
        if event.kind <= MARKET_KIND_MAX:
            self.markets += 1
            if self.markets == self.stop_after:
                self.session.stop()


#: What is played: strategies, and the file they trade on.
PLAYS: dict[str, tuple[Chosen, Callable[[Path], Path]]] = {
    "bars": ([RESTLESS, CLASSIC, OPINIONATED, COUNCIL], lambda folder: bars(folder / "bars.csv")),
    "bid and ask bars": ([OPINIONATED, QUORUM, RESTLESS, CLASSIC], lambda folder: quote_bars(folder / "pairs.csv")),
    "exit plans": ([GUARDED], lambda folder: bars(folder / "plans.csv")),
    "quotes": ([SCALPER], lambda folder: quotes(folder / "quotes.csv")),
}
SHARED_PLAYS: dict[str, Chosen] = {
    "btpy_goog_daily_2004_2013.parquet": [(RESTLESS[0], {"every": 40}), CLASSIC],
    "lean_aapl_1m_quote_201406.parquet": [(RESTLESS[0], {"every": 40})],
}


class Play(NamedTuple):
    """What was played, as a backtest and as a session in `home`."""

    chosen: Chosen
    file: Path
    result: Result
    played: Played
    home: Path


@pytest.fixture(scope="module", params=PLAYS)
def play(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Play:
    chosen, write = PLAYS[request.param]
    folder = tmp_path_factory.mktemp("play")
    file, home = write(folder), folder / "home"
    return Play(chosen, file, backtest(chosen, file), Played(home, chosen, file), home)


def check_same(result: Result, played: Played) -> None:
    assert len(result.matches) > 20, "too few trades to compare"
    assert [trade(match) for match in played.matches] == [trade(match) for match in result.matches]
    assert played.cash == result.cash
    assert not result.halted


def test_a_session_trades_as_the_backtest_did(play: Play) -> None:
    check_same(play.result, play.played)


def test_an_ensemble_is_among_those_that_traded(play: Play) -> None:
    ensembles = {ref.rpartition(":")[2] for ref, _ in play.chosen} & {"Council", "Quorum"}
    traded = {match.strategy for match in play.result.matches}
    assert ensembles <= traded
    assert not any("." in strategy for strategy in traded), "a member traded by itself"


@pytest.mark.parametrize("name", SHARED_PLAYS)
def test_a_session_on_real_data_trades_as_the_backtest_did(name: str, shared: Path, tmp_path: Path) -> None:
    chosen, file = SHARED_PLAYS[name], shared / "data" / name
    check_same(backtest(chosen, file), Played(tmp_path, chosen, file))


def test_the_plays_meet_every_kind_of_bar_and_quote(tmp_path: Path) -> None:
    kinds = {next(iter(load([write(tmp_path)], ReadOptions()).events())).kind for _, write in PLAYS.values()}
    assert kinds == {BAR, QUOTE_BAR, QUOTE}


def test_a_session_stopped_and_started_again_trades_as_one_that_was_not(play: Play, tmp_path: Path) -> None:
    first = Played(tmp_path, play.chosen, play.file, stop_after=play.played.markets * 3 // 7)
    second = Played(tmp_path, play.chosen, play.file)
    assert first.markets + second.markets == play.played.markets
    together = [trade(match) for match in first.matches + second.matches]
    assert together == [trade(match) for match in play.played.matches]
    assert second.cash == play.played.cash


def test_an_ensemble_on_real_data_is_restarted_and_run_again_without_a_difference(shared: Path, tmp_path: Path) -> None:
    chosen, file = [COMMITTEE], shared / "data" / "btpy_eurusd_1h_2017_2018.parquet"
    result = backtest(chosen, file)
    first = Played(tmp_path, chosen, file, stop_after=2_000)
    second = Played(tmp_path, chosen, file)
    assert len(result.matches) > 100
    assert [trade(match) for match in first.matches + second.matches] == [trade(match) for match in result.matches]
    again = rerun(tmp_path / JOURNAL)
    assert (again.differences, again.state_hash) == ([], second.state_hash)


# ── a trader rebuilt in the middle, and a journal run again ────────────────────────────────────────────────────────


def new_trader() -> Trader:
    return Trader(lambda spec: strategy_class(spec.ref))


def from_snapshot(trader: Trader, started: Started) -> Trader:
    """Another trader with the same state, by way of the bytes a snapshot holds."""
    row = msgspec.json.decode(snapshot_bytes(trader, started, 0))
    other = new_trader()
    restore(other.engine, msgspec.json.encode(row[0]))
    other.resume(Started(*row[2][1:]), row[1])
    return other


@pytest.mark.parametrize("way", ["journal", "snapshot"])
@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_a_trader_rebuilt_anywhere_goes_on_as_if_nothing_had_been(play: Play, mode: str, way: str) -> None:
    """Inputs up to the cut are folded with what was journaled for them; from there on it decides by itself."""
    journal = MemoryJournal()
    result = backtest(play.chosen, play.file, journal=journal, mode=mode)
    inputs = sum(1 for record in journal.records if int(record[1 : record.index(b",")]) <= INPUT_KIND_MAX)
    for cut in range(inputs // 7, inputs, inputs // 3):
        trader, state_hash, matches = continued(journal, cut, way)
        assert [match.row() for match in matches] == [match.row() for match in result.matches]
        assert state_hash == result.state_hash
        assert not trader.engine.halted


def continued(journal: MemoryJournal, cut: int, way: str) -> tuple[Trader, str, list[Match]]:
    """Folds `cut` inputs of the journal, then steps through the rest; every output must be the journaled one."""
    trader = new_trader()
    decoder = Decoder(trader.engine.instruments, lambda id: trader.engine.orders[id].order)
    matches: list[Match] = []
    started: Started | None = None
    for number, (_, event, outputs) in enumerate(groups(journal.read(), decoder)):
        if isinstance(event, Started):
            started = event
        if number < cut:
            matches += trader.follow(event, outputs)
            continue
        if number == cut and way == "snapshot" and started is not None:
            trader = from_snapshot(trader, started)
            decoder.instruments = trader.engine.instruments
        # What was decoded for the trader before is decoded again for this one.
        outcome = trader.step(decoder.decode(encode(event)))
        assert [encode(output) for output in outcome.outputs] == [encode(output) for output in outputs]
        matches += outcome.matches
    return trader, trader.state_hash(), matches


def journaled(chosen: Chosen, file: Path, folder: Path, **more: Any) -> Result:
    with FileJournal(folder) as journal:
        return backtest(chosen, file, journal=journal, **more)


@pytest.mark.parametrize("final", ["mark_close", "close_at_last_open"])
def test_a_journaled_backtest_is_reproduced_to_its_last_output(tmp_path: Path, final: str) -> None:
    chosen, write = PLAYS["bars"]
    result = journaled(chosen, write(tmp_path), tmp_path / "journal", final=final)
    again = rerun(tmp_path / "journal")
    assert again.differences == []
    assert again.verified > 300
    assert again.state_hash == result.state_hash == fold(tmp_path / "journal").state_hash
    assert (again.orders, again.fills) == (result.orders, len(result.fills))


def test_a_session_is_reproduced_to_its_last_output(play: Play) -> None:
    again = rerun(play.home / JOURNAL)
    assert again.differences == []
    assert (again.state_hash, again.fills) == (play.played.state_hash, len(play.played.fills))


def test_a_journal_that_says_otherwise_is_told_at_its_record(tmp_path: Path) -> None:
    """One word of one decision is another one: the re-run names the record and both versions."""
    chosen, write = PLAYS["bars"]
    journaled(chosen, write(tmp_path), tmp_path / "journal")
    records = [record for _, record in read(tmp_path / "journal")]
    at = next(number for number, record in enumerate(records) if number > 500 and b'"enough"' in record)
    records[at] = records[at].replace(b'"enough"', b'"a lot"')
    with FileJournal(tmp_path / "forged") as journal:
        for record in records:
            journal.append(record, 0)
    (difference,) = rerun(tmp_path / "forged").differences
    assert "a lot" in difference
    assert "enough" in difference
    assert int(difference.split()[1].rstrip(",")) >= at


def test_other_code_is_not_held_to_an_old_journal(tmp_path: Path) -> None:
    file = bars(tmp_path / "bars.csv", count=60)
    own = tmp_path / "mine.py"
    own.write_text(FILE.read_text())
    journaled([(f"{own}:Restless", {})], file, tmp_path / "journal")
    assert rerun(tmp_path / "journal").differences == []
    own.write_text(FILE.read_text() + "# another byte\n")
    with pytest.raises(InputError, match="not the code that made this journal"):
        rerun(tmp_path / "journal")
