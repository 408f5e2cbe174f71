"""The shadow path from end to end: what trades there, what it says of strategies, and what it leaves alone."""

from __future__ import annotations

import ast
import json
import math
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.command import tradewright
from tests.e2e.judge import FILLED, STARTED, records
from tests.e2e.markets import bars as bars_file
from tests.e2e.nursery import Nursery
from tests.unit.backtest.markets import bars, share, walk
from tradewright.adapters.journal import FileJournal
from tradewright.app.demo import ACCOUNT as DEMO
from tradewright.app.demo import DemoOptions, Session
from tradewright.app.history import fold, last_story, rerun, story_of
from tradewright.app.home import JOURNAL
from tradewright.app.home import SHADOW as SHADOW_FILE
from tradewright.app.tables import write_tables
from tradewright.backtest.data import Dataset, ReadOptions, load
from tradewright.backtest.run import ACCOUNT, Result, RunOptions, fee_estimate_of, run
from tradewright.backtest.strategy_source import Specified, specifications
from tradewright.core.state import to_bytes
from tradewright.model.errors import InputError
from tradewright.model.moment import moment_text
from tradewright.model.score import ShadowMatched, StrategiesWeighed, StrategyScored
from tradewright.model.tables import PERFORMANCE, WEIGHTS
from tradewright.prove.crash import DEAD
from tradewright.sim.models import Models
from tradewright.sim.paper import read_book

SCRIPT = Path(__file__).with_name("weights_script.py")
SHADOW = f"paper:{ACCOUNT}"
HOURS = 4
MODELS = Models(fee="bps:2")
#: Long while the market rises, short while it falls; the reverse; and now this, now that.
STRATEGIES = '''
from tradewright.signal.strategy import Strategy


class Knows(Strategy):
    """Follows the bar that has just closed: in a market of long swings it is mostly right."""

    wrong: bool = False

    def on_bar(self, bar):
        if (bar.close > bar.open) != self.wrong:
            self.turn(self.long, self.buy, "up")
        elif bar.close != bar.open:
            self.turn(self.short, self.sell, "down")

    def turn(self, there, order, way):
        if not there:
            self.close(reason=way)
            order(size=100, reason=way)


class Errs(Knows):
    """Does the opposite."""

    wrong: bool = True


class Swaps(Strategy):
    """In for two bars, out for two."""

    count: int = 0

    def on_bar(self, bar):
        self.count += 1
        if self.count % 4 == 0:
            self.buy(size=100, reason="a fourth bar")
        elif self.count % 4 == 2:
            self.close(reason="two bars later")


class Says(Strategy):
    """As Knows, by signals."""

    shorts: bool = True

    def on_bar(self, bar):
        self.signal("BUY" if bar.close > bar.open else "SELL", 0.9, "it goes on")
'''


def swings() -> Dataset:
    """Thirty days of six bars that rise for nine bars and fall for nine, with some noise."""
    prices = [
        100 + 8 * math.asin(math.sin(at * math.pi / 18)) + 0.2 * (noise - 100)
        for at, noise in enumerate(walk(7, 180, 100.0))
    ]
    instrument = share()
    return Dataset([instrument], [bars(instrument, prices, period=HOURS * 3_600 * 10**9)])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("strategies") / "swings.py"
    path.write_text(STRATEGIES)
    return path


def chosen(file: Path, *names: str) -> list[Specified]:
    return [item for name in names for item in specifications(f"{file}:{name}", ACCOUNT, ("ACME",), {})]


def options(**given: Any) -> RunOptions:
    return RunOptions(models=MODELS, fee_estimate=fee_estimate_of(MODELS.fee), **given)


def matched(result: Result) -> list[ShadowMatched]:
    return [event for event in result.shadow if isinstance(event, ShadowMatched)]


def weighed(result: Result) -> list[StrategiesWeighed]:
    return [event for event in result.shadow if isinstance(event, StrategiesWeighed)]


def fills(result: Result) -> list[tuple[object, ...]]:
    """What the real account's fills were, but for the numbers of their orders and trades."""
    return [
        (booked.time, booked.order.strategy, booked.order.side, booked.fill.size_units, booked.fill.price_units)
        for booked in result.fills
    ]


THREE = ("Knows", "Errs", "Swaps")


def test_the_best_of_three_strategies_gets_more_and_its_sizes_grow(file: Path) -> None:
    given = options(shadow={"changePercent": 5}, keep_decisions=True, cash="1000000")
    result = run(chosen(file, *THREE), swings(), given)
    made = {scored.strategy: scored.t_stat for scored in result.shadow if isinstance(scored, StrategyScored)}
    assert made["Knows"] > 0 > made["Errs"], "one is clearly best"
    way = [{weight.strategy: weight.weight_ppm for weight in event.weights} for event in weighed(result)]
    assert len(way) == 30, "once for each day that has ended"
    assert way[-1]["Knows"] > 600_000 > way[0]["Knows"]
    openings = [
        decision for decision in result.decisions
        if decision.strategy == "Knows" and decision.approved and decision.orders[0].role == "entry"
    ]  # fmt: skip
    sizes = [decision.orders[0].quantity for decision in openings]
    assert sizes[0] == 100 and sizes[-1] > 150 and max(sizes) <= 200, "at most twice, half of it being equal"
    assert openings[0].sizing == "as asked"
    version = [event.time for event in weighed(result) if event.time <= openings[-1].time][-1]
    assert re.fullmatch(
        rf"as asked × weight {sizes[-1] / 100:.2f}\d+ \(of {moment_text(version)}\) → {sizes[-1]} in steps of 1",
        openings[-1].sizing,
    )
    rows = {row["strategyId"]: row for row in result.tables[WEIGHTS]}
    assert sum(float(row["weight"]) for row in rows.values()) == pytest.approx(1)
    assert [row["strategyId"] for row in result.tables[PERFORMANCE]] == sorted(THREE)


def test_what_limits_keep_out_trades_in_the_shadow(file: Path) -> None:
    """An order of no more than a cent a share: nothing is ever bought, and every signal is scored all the same."""
    free = run(chosen(file, "Says"), swings(), options(shadow={}))
    tight = run(chosen(file, "Says"), swings(), options(shadow={}, limits={"maxOrderValue": "0.01"}))
    assert (tight.orders, tight.fills, tight.equity) == (0, [], tight.start)
    assert tight.denials["MAX_ORDER_VALUE"][0] > 100
    rows = [match.row()[3:] for match in matched(tight)]
    assert len(rows) > 10
    assert [(row[0], row[1], *row[4:7]) for row in rows] == [
        (row[0], row[1], *row[4:7]) for row in (match.row()[3:] for match in matched(free))
    ], "refused or granted, the signals trade alike"


def test_the_shadow_changes_nothing_of_the_real_account_but_by_its_weights(file: Path) -> None:
    """With equal weights the fills are those of a run without a shadow, one by one."""
    limits = {"maxPositionSizePercent": 15, "maxDailyLossPercent": "0.4", "maxOpenPositions": 1}
    alone = run(chosen(file, *THREE), swings(), options(limits=limits))
    beside = run(chosen(file, *THREE), swings(), options(limits=limits, shadow={"equalPercent": 100}))
    assert alone.denied > 0, "the limits have something to say"
    assert fills(beside) == fills(alone)
    assert (beside.equity, beside.cash, beside.fees) == (alone.equity, alone.cash, alone.fees)
    assert (beside.orders, beside.denied, beside.rejected) == (alone.orders, alone.denied, alone.rejected)
    assert {code: count for code, (count, _) in beside.denials.items()} == {
        code: count for code, (count, _) in alone.denials.items()
    }
    assert len(matched(beside)) > len(alone.matches) / 2


def test_a_shadow_order_fills_at_the_close_of_the_next_bar_and_pays_its_slippage(file: Path) -> None:
    data = swings()
    result = run(chosen(file, "Says"), data, options(shadow={"slippage": "ticks:3", "valuePerPosition": 5000}))
    columns = data.series[0].columns
    closes = dict(zip(columns["time"].tolist(), columns["close"].tolist(), strict=True))
    assert all(match.time_close in closes for match in matched(result))
    for match in matched(result):
        close = closes[match.time_close]
        assert close + 3 in (match.buy_units, match.sell_units + 6) or close - 3 == match.sell_units
        opened = match.buy_units if match.time_close and match.sell_units == close - 3 else match.sell_units
        assert 4_600 <= match.size * opened / 100 <= 5_400, "a fixed value at the bar before"


def test_without_a_shadow_nothing_of_it_is_in_any_record(file: Path, tmp_path: Path) -> None:
    """Neither in the start, nor in the state or its hash, nor in an output: both have one thing more with a shadow."""
    lengths = []
    for shadow in (None, {}):
        with FileJournal(tmp_path / f"journal {shadow}") as journal:
            result = run(chosen(file, *THREE), swings(), options(shadow=shadow, journal=journal))
        rows = records(journal.folder)
        (setup,) = [row[3] for row in rows if row[0] == STARTED]
        trader = fold(journal.folder).trader
        assert trader is not None and trader.state_hash() == result.state_hash
        state = msgspec.json.decode(to_bytes(trader.engine))
        lengths.append((len(setup), len(state), len(setup[1]), len(state[4])))
        assert any(row[0] >= 100 for row in rows) is (shadow is not None)
        assert ("paper:" in json.dumps(rows)) is (shadow is not None)
        assert bool(result.shadow) is bool(result.tables) is (shadow is not None)
    assert [after - before for before, after in zip(*lengths, strict=True)] == [1, 1, 1, 1]


# ── recomputed by somebody else ────────────────────────────────────────────────────────────────────────────────────


def recomputed(folder: Path, *terms: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), *map(str, terms)], capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    "shadow",
    [
        {},
        {"windowDays": 5, "shrinkDays": 3, "changePercent": 100},
        {"equalPercent": 20, "capPercent": 45, "floorPercent": 10, "changePercent": 3},
    ],
)
def test_the_weights_follow_from_the_exported_matches(file: Path, tmp_path: Path, shadow: dict[str, Any]) -> None:
    """By a script of thirty lines that has nothing of ours: fractions, whole roots, and the formula of the page."""
    with FileJournal(tmp_path / "journal") as journal:
        run(chosen(file, *THREE), swings(), options(shadow=shadow, journal=journal))
    said = write_tables(tmp_path / "journal", tmp_path / "tables")
    assert [path.name for path in said] == [
        "paper_trade_match_history.csv", "strategy_perf_latest.csv", "strategy_weights_latest.csv",
        "strategy_weights_history.csv",
    ]  # fmt: skip
    names = {"windowDays": 20, "shrinkDays": 20, "equalPercent": 50, "floorPercent": 0, "capPercent": 100,
             "changePercent": 10} | shadow  # fmt: skip
    done = recomputed(tmp_path / "tables", *names.values())
    assert (done.returncode, done.stdout, done.stderr) == (0, "90 weights recomputed\n", "")
    changed = recomputed(tmp_path / "tables", *(names | {"shrinkDays": names["shrinkDays"] + 1}).values())
    assert changed.returncode != 0, "the script can tell"


def test_the_script_has_thirty_lines_and_nothing_of_ours() -> None:
    """Its imports and what it says of itself are among them; blank lines are the formatter's."""
    text = SCRIPT.read_text()
    assert len([line for line in text.splitlines() if line.strip()]) <= 30
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    rooms = [
        name
        for node in imports
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    ]
    assert rooms and all(name in sys.stdlib_module_names for name in rooms)


# ── records, restarts, explanations ────────────────────────────────────────────────────────────────────────────────


def test_records_fold_and_are_decided_again_alike(file: Path, tmp_path: Path) -> None:
    with FileJournal(tmp_path / "journal") as journal:
        result = run(chosen(file, *THREE, "Says"), swings(), options(shadow={}, journal=journal))
    assert fold(tmp_path / "journal").state_hash == result.state_hash
    again = rerun(tmp_path / "journal")
    assert (again.differences, again.state_hash) == ([], result.state_hash)
    assert (again.orders, again.fills) == (result.orders, len(result.fills)), "counts are those of the real account"


def session(home: Path, data: Path, count: int | None, **shadow: Any) -> Session:
    """A session of the four classics on the file, ended after `count` bars (None = all)."""
    made = Session(DemoOptions(folder=home, files=[data], shadow=shadow or {"windowDays": 5}), lambda *_: None)
    try:
        made.market = islice(made.market, count)
        made.run()
    finally:
        made.close()
    return made


def said(home: Path) -> list[Any]:
    """What the shadow path of a home said, without the numbers of orders, which name their run."""
    with FileJournal(home / "journal") as journal:
        folder = journal.folder
    from tradewright.app.wiring.journals import read

    rows = [msgspec.json.decode(record) for _, record in read(folder)]
    return [[*row[:5], *row[7:]] if row[0] == 100 else row for row in rows if row[0] in (100, 101, 102)]


@pytest.mark.parametrize("cuts", [(700,), pytest.param((313, 701, 1150), marks=pytest.mark.long)])
def test_a_session_taken_up_again_scores_as_one_that_never_ended(tmp_path: Path, cuts: tuple[int, ...]) -> None:
    data = bars_file(tmp_path / "bars.csv", count=600)
    whole = session(tmp_path / "whole", data, None)
    for cut in cuts:
        session(tmp_path / "parts", data, cut - sum(cuts[: cuts.index(cut)][-1:]))
    parts = session(tmp_path / "parts", data, None)
    assert whole.machine.trader.engine.board is not None
    assert said(tmp_path / "parts") == said(tmp_path / "whole")
    assert len(said(tmp_path / "whole")) > 150
    name = f"paper:{DEMO}"
    cash = [made.machine.trader.engine.ledger.cash[name] for made in (whole, parts)]
    assert cash[0] == cash[1]
    assert parts.machine.trader.engine.ledger.cash[DEMO] == whole.machine.trader.engine.ledger.cash[DEMO]
    assert fold(tmp_path / "parts" / "journal").state_hash == parts.machine.trader.state_hash()
    assert rerun(tmp_path / "parts" / "journal").differences == []


def test_a_home_with_a_shadow_goes_on_with_it(tmp_path: Path) -> None:
    data = bars_file(tmp_path / "bars.csv", count=60)
    session(tmp_path / "home", data, 40)
    with pytest.raises(InputError, match="paper:paper holds positions of an earlier start: go on with the shadow"):
        Session(DemoOptions(folder=tmp_path / "home", files=[data]), lambda *_: None)


def test_a_home_whose_shadow_exchange_lost_its_book_is_not_taken_up(tmp_path: Path) -> None:
    data = bars_file(tmp_path / "bars.csv", count=60)
    session(tmp_path / "home", data, 40)
    (tmp_path / "home" / SHADOW_FILE).unlink()
    with pytest.raises(
        InputError, match=r"has a shadow, but the book of its exchange .*shadow.db is gone; put it back"
    ):
        session(tmp_path / "home", data, 50)
    assert not (tmp_path / "home" / SHADOW_FILE).exists()


def test_a_home_without_a_shadow_can_get_one(tmp_path: Path) -> None:
    data = bars_file(tmp_path / "bars.csv", count=600)
    first = Session(DemoOptions(folder=tmp_path / "home", files=[data]), lambda *_: None)
    first.market = islice(first.market, 900)
    first.run()
    first.close()
    second = session(tmp_path / "home", data, None)
    assert second.machine.trader.engine.board is not None
    assert second.disagreements() == []
    assert len(said(tmp_path / "home")) > 50


def test_what_happened_is_explained_with_where_the_strategy_stood(file: Path, tmp_path: Path) -> None:
    data = swings()
    with FileJournal(tmp_path / "journal") as journal:
        result = run(chosen(file, "Knows", "Errs"), data, options(shadow={}, journal=journal))
    last = result.fills[-1].order
    story = story_of(tmp_path / "journal", last.id)
    standing = story.row()["shadow"]
    assert standing["strategyId"] == last.strategy and standing["accountId"] == SHADOW
    assert f"  shadow weight {standing['weight']} (equal 0.5) since {standing['lastUpdated']}; t " in story.text()
    shadowed = matched(result)[-1]
    assert story_of(tmp_path / "journal", shadowed.buy_order).row()["account"] == SHADOW
    found = last_story(tmp_path / "journal", "ACME", data.time_last)
    assert found.row()["account"] == ACCOUNT, "a question about a symbol is about the real account"


# ── the command line ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_backtest_has_a_shadow(tmp_path: Path) -> None:
    data = bars_file(tmp_path / "bars.csv", count=3000)
    where = ("--data", data, "--journal", tmp_path / "records", "--json")
    done = tradewright("backtest", "sma_cross", *where, "--shadow", "--shadow-option", "windowDays=3")
    assert done.code == 0, done.err
    (row,) = done.row["shadow"][WEIGHTS]
    assert (row["strategyId"], row["weight"], row["factor"]) == ("sma_cross", "1", "1")
    replay = tradewright("replay", tmp_path / "records", "--tables", tmp_path / "tables", "--verify", "--json")
    assert replay.row["differences"] == []
    assert (tmp_path / "tables" / "paper_trade_match_history.csv").read_text().count("PAPER_LIVE") > 50
    assert "shadow" not in tradewright("backtest", "sma_cross", "--data", data, "--json").row


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("windowDays=1", "shadow: windowDays 1 is out of range"),
        ("window=5", "shadow: there is no 'window'; there is valuePerPosition, windowDays"),
        ("capPercent=0", "shadow: capPercent 0 is out of range"),
        ("slippage=much", "slippage model 'much'"),
        ("floorPercent", "write it as name=value"),
    ],
)
def test_an_option_that_can_not_be_is_refused_in_a_sentence(tmp_path: Path, option: str, why: str) -> None:
    data = bars_file(tmp_path / "bars.csv", count=20)
    done = tradewright("backtest", "sma_cross", "--data", data, "--shadow-option", option)
    assert (done.code, done.out) == (2, "")
    assert why in done.err


def test_bounds_that_can_not_be_kept_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    data = bars_file(tmp_path / "bars.csv", count=20)
    home = tmp_path / "home"
    done = tradewright("demo", "--data", data, "--home", home, "--shadow-option", "capPercent=20", "--json")
    assert done.code == 1
    assert "weights of what runs alone: 4 of at most 20 % are 80 % together, less than the whole" in done.err
    assert not (home / "journal").exists()


# ── stopped dead ───────────────────────────────────────────────────────────────────────────────────────────────────

POINTS = (
    "live-before-step", "live-after-append", "live-after-durable", "paper-before-execute", "paper-before-commit",
    "paper-after-report",
)  # fmt: skip


def test_stopped_dead_anywhere_both_exchanges_and_the_journal_agree_again(tmp_path: Path) -> None:
    """A process ends at a place in the middle, and the next goes on: each fill of the shadow's exchange is booked once,
    and the strategies decide again what was journaled."""
    data = bars_file(tmp_path / "bars.csv", count=60)
    with Nursery() as nursery:
        whole = nursery.run(["--", "--home", str(tmp_path / "whole"), "--data", str(data), "--shadow"])
        assert whole.code == 0
        for point in POINTS:
            home = tmp_path / point
            arguments = ["--", "--home", str(home), "--data", str(data), "--shadow"]
            hit = whole.row["hits"][point] * 3 // 5
            assert nursery.run(["--point", point, "--hit", str(hit), *arguments]).code == DEAD
            ended = nursery.run(arguments)
            assert ended.code == 0, ended.output
            assert ended.row["conserved"] is True, "with the shadow's exchange too"
            check_shadow(home)


def check_shadow(home: Path) -> None:
    filled = [row for row in records(home / JOURNAL) if row[0] == FILLED and row[2].startswith("sh")]
    booked = {(row[2], row[4]) for row in filled}
    there = [(fill.order_id, fill.trade_id) for fill in read_book(home / SHADOW_FILE).fills]
    assert len(there) > 10
    assert booked == set(there) and len(set(there)) == len(there)
    assert rerun(home / JOURNAL).differences == []


# ── on real data ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_half_a_real_year_of_euros_is_scored_and_weighed_alike_by_others(shared: Path, tmp_path: Path) -> None:
    """Hours of EURUSD, three classics that trade often: every weight of every day, the fold and the second decision."""
    data = load([shared / "data" / "btpy_eurusd_1h_2017_2018.parquet"], ReadOptions(to="2017-10-31"))
    given = [
        ("sma_cross", {"fast": 5, "slow": 15}), ("rsi_reversion", {"length": 5, "oversold": 40.0}),
        ("donchian_breakout", {"entry": 12, "leave": 6}),
    ]  # fmt: skip
    specified = [item for ref, parameters in given for item in specifications(ref, ACCOUNT, data.symbols, parameters)]
    with FileJournal(tmp_path / "journal") as journal:
        result = run(specified, data, options(shadow={"floorPercent": 15}, journal=journal, leverage=30))
    days = len(weighed(result))
    assert days > 120 and len(matched(result)) > 200
    assert len({weight.weight_ppm for event in weighed(result) for weight in event.weights}) > 100
    write_tables(tmp_path / "journal", tmp_path / "tables")
    done = recomputed(tmp_path / "tables", 20, 20, 50, 15, 100, 10)
    assert (done.stdout, done.stderr) == (f"{3 * days} weights recomputed\n", "")
    again = rerun(tmp_path / "journal")
    assert (again.differences, again.state_hash) == ([], result.state_hash)
