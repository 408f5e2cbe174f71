"""The whole path on real markets, as a user runs it: the four signalling strategies as one vote beside two classics,
picker, sizer, execution filter, risk, breakers and exit plans; each run again, asked about, and taken up in its middle.

Hours of ten crypto pairs and two equities are played in every way there is. The whole ten days and six sessions take
minutes: every run plays them once at a stretch and once with a stop in their middle; the rest of it is marked `long`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from tests.e2e.command import tradewright
from tests.e2e.judge import DECISION, EXIT_PLANNED, SIGNAL, STARTED, VOTE, records
from tests.e2e.whole import MARKETS, QUARTET, STRATEGIES, Market, decided, run, terms
from tests.project import COMPILED_ALONE
from tradewright.adapters.journal import read
from tradewright.app.demo import LIMITS, DemoOptions, Session
from tradewright.app.history import Stories, fold, last_stories
from tradewright.app.in_vain import InVain
from tradewright.app.limits_file import scopes_of
from tradewright.app.recovery import groups
from tradewright.backtest.strategy_source import strategy_class
from tradewright.core.state import restore, to_bytes
from tradewright.explain import Story
from tradewright.model.answer import CIRCUIT_OPEN, UNREACHABLE
from tradewright.model.calendar import calendar
from tradewright.model.codec import Decoder, encode
from tradewright.model.control import Started
from tradewright.model.decision import FILTER, PICKER, RISK
from tradewright.model.event import FILLED, SHADOW_MATCHED, SIGNAL_FAILED
from tradewright.model.moment import moment_text
from tradewright.model.rng import Rng
from tradewright.model.shadow import is_shadow
from tradewright.model.signal import ACTIONS
from tradewright.signal.vote import MISSING
from tradewright.trader import Trader

MINUTE = 60 * 10**9
#: Moments asked about by one fold of a journal.
MANY = 300


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


@COMPILED_ALONE
def test_days_of_it_run_through_every_station(days: Played) -> None:
    check_path(days)
    refusing = {check[0] for found in days.rows if found[0] == DECISION for check in found[8] if not check[1]}
    assert refusing >= days.market.days_fire
    check_sessions(days)


def check_sessions(played: Played) -> None:
    """Where a market closes, nothing fills, and nothing is held over night but what its last bar filled."""
    orders = {order[0]: order for row in played.rows if row[0] == DECISION for order in row[7]}
    calendars = [calendar(listed[8]) for listed in played.rows[0][3][0]]
    held: dict[tuple[str, int], tuple[int, int]] = {}
    for row in played.rows:
        if row[0] != FILLED:
            continue
        _, time, id, _, _, _, size, *_ = row
        _, _, strategy, index, side, *_ = orders[id]
        # A bar's fills have the time of its end.
        assert calendars[index].is_open(time - 1), row
        net, last = held.get((strategy, index), (0, time))
        close = calendars[index].next_close(last - 1)
        assert net == 0 or time <= close or last == close, row
        held[strategy, index] = (net + side * size, time)


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


@pytest.fixture(scope="module")
def backtested(hours: Played, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The same strategies, limits, filter, sizer and exits on the same data, played by `backtest`."""
    folder = tmp_path_factory.mktemp("backtested")
    words = [*STRATEGIES, *terms(hours.market, hours.data, folder), "--fee", "bps:2", "--leverage", "2"]
    stated = scopes_of(folder / "limits.yaml", "main")["account:paper"].values
    (folder / "limits.yaml").write_text(hours.market.limits.replace("account:paper", "account:main"))
    words += [word for name, value in LIMITS.items() if name not in stated for word in ("--limit", f"{name}={value}")]
    row = run("backtest", *words, "--journal", str(folder / "home" / "journal"))
    return Played(
        hours.market, hours.data, words, folder / "home", row, records(folder / "home" / "journal"), hours.seconds
    )


def test_a_backtest_of_it_repeats_itself_and_is_told_from_its_journal(backtested: Played) -> None:
    second = run("backtest", *backtested.words, hash_seed="4242")
    assert backtested.row["stateHash"] == second["stateHash"]
    assert backtested.row["orders"] > 0
    check_replayed(backtested)
    check_explained(backtested.rows, backtested.journal, moments(backtested.rows, 1))


#: The fields of a decision record and of a check in it, in their order (`model.decision`).
FIELDS = (
    "kind", "time", "id", "account", "strategy", "instrument", "approved", "orders", "checks", "reason", "inputs",
    "price", "priceAge", "hold", "holdCurrency", "sizing", "confidence",
)  # fmt: skip
OF_A_CHECK = ("code", "passed", "value", "limit", "unit", "note", "station", "scope", "version")


def as_of_a_session(told: Any) -> Any:
    """What a backtest says in the names that its account has in a session: `paper` for `main`."""
    return json.loads(re.sub(r"\bmain\b", "paper", json.dumps(told)))


def decision_of(row: list[Any]) -> dict[str, Any]:
    named = dict(zip(FIELDS, row, strict=True))
    named["checks"] = [dict(zip(OF_A_CHECK, check, strict=True)) for check in named["checks"]]
    return named


def test_a_backtest_and_a_session_leave_the_same_decisions_and_every_other_record(
    hours: Played, backtested: Played
) -> None:
    live = [decision_of(row) for row in hours.rows if row[0] == DECISION]
    past = [decision_of(as_of_a_session(row)) for row in backtested.rows if row[0] == DECISION]
    for one, other in zip(past, live, strict=True):
        assert one == other
    checks = [check for decision in live for check in decision["checks"]]
    assert {check["station"] for check in checks} >= {PICKER, FILTER, RISK}
    assert {check["version"] for check in checks if check["scope"]} == {1}
    assert {decision["approved"] for decision in live} == {True, False}
    assert all(decision["sizing"] and decision["reason"] for decision in live)
    assert any(decision["priceAge"] > 0 for decision in live) and any(decision["inputs"] for decision in live)
    # What came before and what came of it, too: votes, signals, commands, reports, exits, days.
    others = [[row for row in played.rows if row[0] != STARTED] for played in (backtested, hours)]
    assert as_of_a_session(others[0]) == others[1]


def test_explain_says_the_same_of_a_backtest_and_of_a_session(hours: Played, backtested: Played) -> None:
    past, live = (Stories(lambda decision: True).gather(played.journal) for played in (backtested, hours))
    assert [as_of_a_session(story.row()) for story in past.values()] == [story.row() for story in live.values()]
    assert [as_of_a_session(story.text()) for story in past.values()] == [story.text() for story in live.values()]
    id = next(id for id, story in live.items() if story.matches)
    said = tradewright("explain", id.replace("paper", "main"), "--journal", backtested.journal)
    again = tradewright("explain", id, "--journal", hours.journal)
    assert as_of_a_session(said.out) == again.out and "P&L" in again.out


def test_with_a_shadow_and_a_service_that_is_down_it_is_decided_in_cycles_recorded_and_repeated(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens where the service should be: each cycle ends, and the vote says why that part of it is 0."""
    market = MARKETS["US equities"]
    monkeypatch.setenv("ML_SERVICE_URL", "http://127.0.0.1:9")
    words = [QUARTET.replace("Quartet", "Advised"), *STRATEGIES[1:]]
    words += terms(market, market.cut(shared / "data", tmp_path), tmp_path)
    home = tmp_path / "home"
    row = run("demo", *words, "--shadow", "--home", str(home))
    assert (row["conserved"], row["halted"]) == (True, {})
    rows = records(home / "journal")
    failed = {found[4] for found in rows if found[0] == SIGNAL_FAILED}
    assert failed == {UNREACHABLE, CIRCUIT_OPEN}
    silent = [part for found in rows if found[0] == VOTE for part in found[8] if part[0] == "ml"]
    assert silent and {part[6] for part in silent} <= failed | {MISSING}, silent[0]
    assert all(part[5] == 0 for part in silent)
    assert any(found[0] == SHADOW_MATCHED for found in rows), "the shadow trades"
    monkeypatch.delenv("ML_SERVICE_URL")
    again = run("replay", str(home / "journal"), "--verify")
    assert (again["stateHash"], again["differences"]) == (row["stateHash"], [])
    check_explained(rows, home / "journal", moments(rows, 1))


# ── asked about ────────────────────────────────────────────────────────────────────────────────────────────────────


def expected(rows: list[list[Any]], symbol: int, time: int) -> tuple[str, str] | None:
    """What stands in the records for that moment: ("order", id) or ("signal", action and words); None before any. The
    newest counts, a decision before a signal of its own time; the shadow's are not the account's."""
    members = {spec[0] for spec in rows[0][3][2] if spec[7]}
    ordered, said = (0, ""), (0, "")
    for row in rows:
        if row[1] > time:
            break
        if row[0] == DECISION and row[5] == symbol and not is_shadow(row[3]):
            ordered = (row[1], row[7][0][0])
        elif row[0] == SIGNAL and row[3] == symbol and row[2] not in members:
            said = (row[1], f"{ACTIONS[row[4]]} {row[7]}")
    if ordered == said == (0, ""):
        return None
    return ("order", ordered[1]) if ordered[0] >= said[0] else ("signal", said[1])


def moments(rows: list[list[Any]], each: int) -> list[tuple[int, int]]:
    """(index of a symbol, time): for every symbol before anything was said, at the last decision of all, and at `each`
    minutes that a seed chooses."""
    rng = Rng(7)
    begin, end = rows[1][1], rows[-1][1]
    decision = [row[1] for row in rows if row[0] == DECISION][-1]
    chosen = [begin + rng.below((end - begin) // MINUTE + 1) * MINUTE for _ in range(each)]
    return [(index, time) for index in range(len(rows[0][3][0])) for time in (begin, decision, *chosen)]


def check_explained(rows: list[list[Any]], journal: Path, asked: list[tuple[int, int]]) -> None:
    """Each (index of a symbol, time) is answered by what the records say of it."""
    symbols = [listed[0] for listed in rows[0][3][0]]
    kinds = set()
    for index, time in asked:
        symbol = symbols[index]
        said = tradewright("explain", "--symbol", symbol, "--at", moment_text(time), "--journal", journal, "--json")
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


def check_answered(rows: list[list[Any]], journal: Path, asked: list[tuple[int, int]]) -> None:
    """The same of the function behind the command: one fold of the journal answers all of them."""
    symbols = [listed[0] for listed in rows[0][3][0]]
    told = [row for row in rows if row[0] in (DECISION, SIGNAL)]
    answers = last_stories(journal, [(symbols[index], time) for index, time in asked])
    kinds: Counter[str] = Counter()
    for (index, time), answer in zip(asked, answers, strict=True):
        stands, story = expected([rows[0], *told], index, time), answer
        if isinstance(story, InVain):
            assert all(one.symbol == symbols[index] and one.time <= time for one in story.unmet)
            story = story.story
        if stands is None:
            found: tuple[str, str] | None = None
            assert story is None
        elif isinstance(story, Story):
            found = ("order", story.order.id)
            assert story.decision.reason and story.decision.sizing
            # What a plan puts behind its opening was judged with it.
            assert bool(story.decision.checks) is not story.decision.reason.startswith("exits of ")
        else:
            assert story is not None
            found = ("signal", f"{ACTIONS[story.signal.action]} {story.signal.reasoning}")
        assert found == stands, (symbols[index], moment_text(time))
        kinds[stands[0] if stands is not None else "none"] += 1
    assert set(kinds) == {"order", "signal", "none"}, kinds


def test_every_minute_and_symbol_has_its_answer(hours: Played) -> None:
    check_explained(hours.rows, hours.journal, moments(hours.rows, 3))


def test_any_of_hundreds_of_minutes_has_its_answer(hours: Played) -> None:
    asked = moments(hours.rows, MANY // len(hours.market.symbols))
    assert len(asked) >= MANY
    check_answered(hours.rows, hours.journal, asked)


@COMPILED_ALONE
def test_minutes_of_days_have_their_answers(days: Played) -> None:
    asked = moments(days.rows, 1)
    check_explained(days.rows, days.journal, [asked[1], asked[-1]])
    check_answered(days.rows, days.journal, moments(days.rows, MANY // len(days.market.symbols)))


@pytest.mark.long
def test_every_minute_and_symbol_of_days_has_its_answer(days: Played) -> None:
    check_explained(days.rows, days.journal, moments(days.rows, 2))


# ── taken up in the middle ─────────────────────────────────────────────────────────────────────────────────────────


def take_up(played: Played, folder: Path) -> Played:
    """The same market, stopped after half of it and started again by the command, with another seed of hashes."""
    market, half = played.market, sum(row[0] < 10 for row in played.rows) // 2
    limits = folder / "limits.yaml"
    limits.write_text(market.limits)
    options = DemoOptions(
        folder=folder / "home", files=played.data, strategies=[(ref, {}) for ref in STRATEGIES], cash=market.cash,
        currency=market.currency, scopes=scopes_of(limits, "paper"), sizer="percent:10",
        exits=market.exits, calendars=market.calendars,
    )  # fmt: skip
    session = Session(options, lambda event, outcome: None)
    try:
        session.market = islice(session.market, half)
        session.run()
    finally:
        session.close()
    row = run("demo", *played.words, "--home", str(folder / "home"), hash_seed="4242", seconds=played.seconds)
    return played._replace(home=folder / "home", row=row, rows=records(folder / "home" / "journal"))


@pytest.fixture(scope="module")
def days_taken_up(days: Played, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return take_up(days, tmp_path_factory.mktemp("taken_up"))


def check_taken_up(again: Played, played: Played) -> None:
    """Apart from what a start itself records, and from the number of the run in ids, no record differs."""
    assert [found[2] for found in again.rows if found[0] == STARTED] == [1, 2]
    assert again.row["conserved"]
    assert decided(again.journal) == decided(played.journal)
    assert (again.row["equity"], again.row["cash"]) == (played.row["equity"], played.row["cash"])


def check_replayed(played: Played) -> None:
    """Its strategies run once more over its journal, and say the same."""
    again = run("replay", str(played.journal), "--verify", seconds=played.seconds)
    assert (again["stateHash"], again["differences"]) == (played.row["stateHash"], [])


def test_a_restart_in_the_middle_changes_nothing(hours: Played, tmp_path: Path) -> None:
    again = take_up(hours, tmp_path)
    check_taken_up(again, hours)
    check_replayed(again)


@COMPILED_ALONE
def test_a_restart_in_the_middle_of_days_changes_nothing(days: Played, days_taken_up: Played) -> None:
    check_taken_up(days_taken_up, days)


@pytest.mark.long
def test_days_that_were_taken_up_are_replayed_to_the_same(days_taken_up: Played) -> None:
    check_replayed(days_taken_up)


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
