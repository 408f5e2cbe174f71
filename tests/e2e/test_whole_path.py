"""The whole path on real markets, as a user runs it: the four signalling strategies as one vote beside two classics,
picker, sizer, execution filter, risk, breakers and exit plans; each run again, asked about, and taken up in its middle.

Ten days of ten crypto pairs and six sessions of two equities take minutes and stand behind the marker `long`; every run
plays hours of them.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from tests.e2e.command import tradewright
from tests.e2e.judge import DECISION, EXIT_PLANNED, SIGNAL, STARTED, VOTE, records
from tests.e2e.whole import MARKETS, QUARTET, STRATEGIES, Market, decided, run, terms
from tradewright.adapters.journal import read
from tradewright.app.demo import DemoOptions, Session
from tradewright.app.history import fold
from tradewright.app.limits_file import scopes_of
from tradewright.app.recovery import groups
from tradewright.backtest.strategy_source import strategy_class
from tradewright.core.state import restore, to_bytes
from tradewright.model.codec import Decoder, encode
from tradewright.model.control import Started
from tradewright.model.decision import FILTER, PICKER, RISK
from tradewright.model.moment import moment_text
from tradewright.model.rng import Rng
from tradewright.model.signal import ACTIONS
from tradewright.trader import Trader

MINUTE = 60 * 10**9


class Played(NamedTuple):
    """A market played by `demo` in a home of its own. words: its arguments but the home; rows: its journal."""

    market: Market
    data: list[Path]
    words: list[str]
    home: Path
    row: dict[str, Any]
    rows: list[list[Any]]
    seconds: float

    @property
    def journal(self) -> Path:
        return self.home / "journal"


def play(name: str, shared: Path, folder: Path, whole: bool) -> Played:
    market = MARKETS[name]
    data = market.whole(shared / "data") if whole else market.cut(shared / "data", folder)
    words, seconds = [*STRATEGIES, *terms(market, data, folder)], 3_000.0 if whole else 110.0
    row = run("demo", *words, "--home", str(folder / "home"), seconds=seconds)
    return Played(market, data, words, folder / "home", row, records(folder / "home" / "journal"), seconds)


@pytest.fixture(scope="module", params=MARKETS)
def hours(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(request.param, shared, tmp_path_factory.mktemp("hours"), False)


@pytest.fixture(scope="module", params=MARKETS)
def days(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(request.param, shared, tmp_path_factory.mktemp("days"), True)


# ── the path ───────────────────────────────────────────────────────────────────────────────────────────────────────


def check_path(played: Played) -> None:
    """Every station had its say, every symbol was decided on, and money is where it should be."""
    row, rows = played.row, played.rows
    assert (row["conserved"], row["halted"], row["remarks"]) == (True, {}, [])
    decisions = [found for found in rows if found[0] == DECISION]
    assert {found[4] for found in decisions} == {"Quartet", "sma_cross", "rsi_reversion"}
    symbols = [listed[0] for listed in rows[0][3][0]]
    assert {symbols[found[5]] for found in decisions} == set(played.market.symbols)
    checks = [check for found in decisions for check in found[8]]
    assert {check[6] for check in checks} >= {PICKER, FILTER, RISK}
    assert {check[0] for check in checks if not check[1]} >= played.market.fires
    assert row["orders"] > 20 and row["fills"] > 10 and row["denied"] > 10
    assert any(found[0] == EXIT_PLANNED for found in rows), "no exit plan began"
    heard = {part[0] for found in rows if found[0] == VOTE for part in found[8] if part[5]}
    assert heard >= {"Quartet.liquidity", "Quartet.smart_money", "Quartet.volume"}


def test_it_runs_through_every_station(hours: Played) -> None:
    check_path(hours)


@pytest.mark.long
def test_days_of_it_run_through_every_station(days: Played) -> None:
    check_path(days)


def test_where_trades_are_printed_all_four_strategies_vote(hours: Played) -> None:
    heard = {part[0] for found in hours.rows if found[0] == VOTE for part in found[8] if part[5]}
    assert ("Quartet.microstructure" in heard) is (len(hours.market.files) == 3)


# ── again ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_again(played: Played, home: Path) -> None:
    again = run("demo", *played.words, "--home", str(home), hash_seed="4242", seconds=played.seconds)
    for name in ("stateHash", "journalHash", "records", "orders", "fills", "denied", "pnl"):
        assert again[name] == played.row[name], name


def test_a_second_run_leaves_the_same_bytes(hours: Played, tmp_path: Path) -> None:
    check_again(hours, tmp_path)


@pytest.mark.long
def test_a_second_run_of_days_leaves_the_same_bytes(days: Played, tmp_path: Path) -> None:
    check_again(days, tmp_path)


def test_a_backtest_of_it_repeats_itself_and_is_told_from_its_journal(hours: Played, tmp_path: Path) -> None:
    limits = tmp_path / "limits.yaml"
    words = terms(hours.market, hours.data, tmp_path)
    limits.write_text(hours.market.limits.replace("account:paper", "account:main"))
    command = ["backtest", QUARTET, *words, "--fee", "bps:2", "--leverage", "2"]
    journal = tmp_path / "journal"
    first = run(*command, "--journal", str(journal))
    second = run(*command, hash_seed="4242")
    assert first["stateHash"] == second["stateHash"]
    assert first["orders"] > 0
    again = run("replay", str(journal), "--verify")
    assert (again["stateHash"], again["differences"]) == (first["stateHash"], [])
    check_explained(hours.market, records(journal), journal, 1)


# ── asked about ────────────────────────────────────────────────────────────────────────────────────────────────────


def expected(rows: list[list[Any]], symbol: int, time: int) -> tuple[str, str] | None:
    """What stands in the records for that moment: ("order", id) or ("signal", action and words); None before any. The
    newest counts, a decision before a signal of its own time."""
    members = {spec[0] for spec in rows[0][3][2] if spec[7]}
    ordered, said = (0, ""), (0, "")
    for row in rows:
        if row[1] > time:
            break
        if row[0] == DECISION and row[5] == symbol:
            ordered = (row[1], row[7][0][0])
        elif row[0] == SIGNAL and row[3] == symbol and row[2] not in members:
            said = (row[1], f"{ACTIONS[row[4]]} {row[7]}")
    if ordered == said == (0, ""):
        return None
    return ("order", ordered[1]) if ordered[0] >= said[0] else ("signal", said[1])


def check_explained(market: Market, rows: list[list[Any]], journal: Path, moments: int) -> None:
    """Every symbol: before anything was said, at the last decision, and at minutes chosen by a seed."""
    rng = Rng(7)
    begin, end = rows[1][1], rows[-1][1]
    decision = [row[1] for row in rows if row[0] == DECISION][-1]
    times = [begin, decision, *(begin + rng.below((end - begin) // MINUTE + 1) * MINUTE for _ in range(moments))]
    kinds = set()
    for index, symbol in enumerate(listed[0] for listed in rows[0][3][0]):
        assert symbol in market.symbols
        for time in times:
            said = tradewright(
                "explain", "--symbol", symbol, "--at", moment_text(time), "--journal", journal, "--json"
            )  # fmt: skip
            stands = expected(rows, index, time)
            if stands is None:
                assert (said.code, f"no decision and no signal on {symbol} by then" in said.err) == (1, True)
                continue
            assert said.code == 0, said.err
            kinds.add(stands[0])
            if stands[0] == "order":
                assert said.row["orderId"] == stands[1]
                assert said.row["signal"]["reason"] and all(check["text"] for check in said.row["checks"])
            else:
                told = said.row["signal"]
                assert f"{told['action']} {told['reason']}" == stands[1]
    assert "order" in kinds


def test_every_minute_and_symbol_has_its_answer(hours: Played) -> None:
    check_explained(hours.market, hours.rows, hours.journal, 3)


@pytest.mark.long
def test_every_minute_and_symbol_of_days_has_its_answer(days: Played) -> None:
    check_explained(days.market, days.rows, days.journal, 2)


# ── taken up in the middle ─────────────────────────────────────────────────────────────────────────────────────────


def check_taken_up(played: Played, folder: Path) -> None:
    """Stopped after half of the market and started again by the command: apart from what a start itself records, and
    from the number of the run in ids, there is no difference in any record."""
    market, half = played.market, sum(row[0] < 10 for row in played.rows) // 2
    limits = folder / "limits.yaml"
    limits.write_text(market.limits)
    options = DemoOptions(
        folder=folder / "home", files=played.data, strategies=[(ref, {}) for ref in STRATEGIES], cash=market.cash,
        currency=market.currency, scopes=scopes_of(limits, "paper"), sizer="percent:10",
        exits={"stopLossPercent": "2", "takeProfitPercent": "4", "maxHoldingSeconds": "14400"},
    )  # fmt: skip
    session = Session(options, lambda event, outcome: None)
    try:
        session.market = islice(session.market, half)
        session.run()
    finally:
        session.close()
    row = run("demo", *played.words, "--home", str(folder / "home"), seconds=played.seconds)
    assert [found[2] for found in records(folder / "home" / "journal") if found[0] == STARTED] == [1, 2]
    assert row["conserved"]
    assert decided(folder / "home" / "journal") == decided(played.journal)
    assert (row["equity"], row["cash"]) == (played.row["equity"], played.row["cash"])
    again = run("replay", str(folder / "home" / "journal"), "--verify", seconds=played.seconds)
    assert (again["stateHash"], again["differences"]) == (row["stateHash"], [])


def test_a_restart_in_the_middle_changes_nothing(hours: Played, tmp_path: Path) -> None:
    check_taken_up(hours, tmp_path)


@pytest.mark.long
def test_a_restart_in_the_middle_of_days_changes_nothing(days: Played, tmp_path: Path) -> None:
    check_taken_up(days, tmp_path)


def check_restored(played: Played) -> None:
    """From the snapshot of its half every input is decided as it was, and the state ends in the same hash."""
    journal = played.journal
    trader, half = Trader(lambda spec: strategy_class(spec.ref)), len(played.rows) // 2
    decoder = Decoder(trader.engine.instruments, lambda id: trader.engine.orders[id].order)
    started: Started | None = None
    restored = False
    for sequence, event, outputs in groups(read(journal), decoder):
        if isinstance(event, Started):
            started = event
        if sequence > half and not restored:
            restored = True
            state, strategies = to_bytes(trader.engine), msgspec.json.encode(trader.roster.strategy_state())
            trader = Trader(lambda spec: strategy_class(spec.ref))
            restore(trader.engine, state)
            assert started is not None
            trader.resume(started, msgspec.json.decode(strategies))
            decoder.instruments = trader.engine.instruments
        made = [encode(output) for output in trader.step(event).outputs]
        assert made == [encode(output) for output in outputs], sequence
    assert restored
    assert trader.state_hash() == played.row["stateHash"] == fold(journal).state_hash


def test_a_snapshot_of_its_half_ends_in_the_same_hash(hours: Played) -> None:
    check_restored(hours)


@pytest.mark.long
def test_a_snapshot_of_the_half_of_days_ends_in_the_same_hash(days: Played) -> None:
    check_restored(days)
