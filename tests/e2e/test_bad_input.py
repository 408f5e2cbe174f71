"""Bad input ends with one sentence that names file, row and column, the right exit code, and nothing half-written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.command import Said, files, tradewright
from tests.e2e.markets import bars, quotes
from tests.project import ROOT
from tradewright.adapters.journal import FileJournal

HEAD = "ts,open,high,low,close,volume\n"
ROW_1, ROW_2, ROW_3 = (f"2024-01-0{day},10,12,9,11,5" for day in (1, 2, 3))


class Wrong(NamedTuple):
    """Rows of bars.csv, and what is said of them."""

    rows: tuple[str, ...]
    sentence: str
    head: str = HEAD
    options: tuple[str, ...] = ()


DATA = {
    "NaN": Wrong((ROW_1, "2024-01-02,10,nan,9,11,5"), "bars.csv: row 2, column 'high': the value is missing (NaN)"),
    "negative": Wrong((ROW_1, ROW_2, "2024-01-03,10,12,-9,11,5"),
                      "bars.csv: row 3, column 'low': the price -9.0 is not above zero"),
    "negative size": Wrong((ROW_1, "2024-01-02,10,12,9,11,-5"), "bars.csv: row 2, column 'volume': -5.0 is negative"),
    "unsorted": Wrong((ROW_2, ROW_1, ROW_3), "bars.csv: row 2, column 'ts': the label 2024-01-01 is before the row"),
    "a word for a price": Wrong((ROW_1, "2024-01-02,10,12,9,high,5"),
                                "bars.csv: row 2, column 'close': 'high' is not a number"),
    "a word for a time": Wrong((ROW_1, "soon,10,12,9,11,5"), "bars.csv: row 2, column 'ts': 'soon' is not a time"),
    "a bar twice": Wrong((ROW_1, ROW_2, ROW_2), "bars.csv: row 3, column 'ts': the bar of 2024-01-02 is there a"),
    "a gap": Wrong((ROW_1, ROW_2, "2024-01-09,10,12,9,11,5"),
                   "bars.csv: bars has no data for 6d after 2024-01-02; max_gap allows 3d",
                   options=("--max-gap", "3d")),
    "an unknown column": Wrong((ROW_1,), "bars.csv: column 'opne' is unknown", HEAD.replace("open", "opne")),
    "a missing column": Wrong(("2024-01-01,10,12,11,5",), "bars.csv: there is no column 'low'",
                              "ts,open,high,close,volume\n"),
    "no rows": Wrong((), "bars.csv: the file has no rows"),
    "nothing at all": Wrong((), "bars.csv: the file has no rows", ""),
    "an empty period": Wrong((ROW_1, ROW_2), "bars.csv: no bars of bars from 2025-01-01 to the end",
                             options=("--from", "2025-01-01")),
    "a symbol it has not": Wrong((ROW_1, ROW_2), "bars.csv: no rows of MSFT", options=("--symbols", "MSFT")),
}  # fmt: skip


def refused(said: Said, sentence: str, code: int) -> None:
    """One sentence on stderr and no more; no traceback."""
    (line,) = said.err.splitlines()
    assert line.startswith("tradewright: ")
    assert sentence in line
    assert said.code == code


def both_ways(tmp_path: Path, sentence: str, code: int, *arguments: object) -> None:
    """As text and as JSON, and nothing is left behind."""
    before = files(tmp_path)
    said = tradewright(*arguments)
    refused(said, sentence, code)
    assert said.out == ""
    said = tradewright(*arguments, "--json")
    refused(said, sentence, code)
    assert said.row["exitCode"] == code
    assert sentence in said.row["error"]
    assert files(tmp_path) == before, "something was written"


@pytest.mark.parametrize("name", DATA)
def test_a_backtest_of_wrong_data_says_what_and_where(name: str, tmp_path: Path) -> None:
    wrong = DATA[name]
    file = tmp_path / "bars.csv"
    file.write_text(wrong.head + "".join(f"{row}\n" for row in wrong.rows))
    report = ("--report", tmp_path / "report")
    both_ways(tmp_path, wrong.sentence, 1, "backtest", "sma_cross", "--data", file, *wrong.options, *report)


@pytest.mark.parametrize("name", [name for name in DATA if not DATA[name].options])
def test_a_demo_of_wrong_data_leaves_no_run(name: str, tmp_path: Path) -> None:
    wrong = DATA[name]
    file = tmp_path / "bars.csv"
    file.write_text(wrong.head + "".join(f"{row}\n" for row in wrong.rows))
    both_ways(tmp_path, wrong.sentence, 1, "demo", "--data", file, "--home", tmp_path / "home")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Bars nothing is wrong with."""
    return bars(tmp_path / "good.csv", 60, ("ACME",))


BROKEN = {
    "a syntax error": ("def on_bar(:\n", "strategy.py can not be loaded: SyntaxError"),
    "an error at import": ("import nowhere_to_be_found\n", "strategy.py can not be loaded: ModuleNotFoundError"),
    "no such class": ("x = 1\n", "strategy.py has no Strategy class Mine"),
    "no strategy": ("class Mine: pass\n", "strategy.py has no Strategy class Mine"),
}
_MINE = "from tradewright.signal.strategy import Strategy\n\n\nclass Mine(Strategy):\n    "
_BAR = "\n    def on_bar(self, bar):\n        self.buy(1)\n"
BROKEN |= {
    "a setup that raises": (
        f"{_MINE}def setup(self):\n        raise ValueError('a\\nb')\n{_BAR}",
        "strategy Mine can not be set up: ValueError: a b",
    ),
    "a setup that leaves": (
        f"{_MINE}def setup(self):\n        raise SystemExit(0)\n{_BAR}",
        "strategy Mine can not be set up: SystemExit: 0",
    ),
    "a constructor that raises": (
        f"{_MINE}def __init__(self, *a, **k):\n        raise KeyError('k')\n{_BAR}",
        "strategy Mine can not be set up: KeyError: 'k'",
    ),
    "a callback that yields": (
        f"{_MINE}def on_bar(self, bar):\n        yield self.buy(1)\n",
        "on_bar is async or yields",
    ),
    "an async callback": (f"{_MINE}async def on_bar(self, bar):\n        self.buy(1)\n", "on_bar is async or yields"),
    "a file that leaves": ("raise SystemExit(0)\n", "strategy.py can not be loaded: SystemExit: 0"),
}
DEAF = {
    "def on_bars(self, bar):\n        self.buy(1)\n": "nothing would answer, though there is on_bars",
    "def on_fill(self, fill):\n        self.buy(1)\n": "nothing would answer, though there is on_fill",
    "def on_trade(self, trade):\n        self.buy(1)\n": "only on_trade would answer",
}
NAMES = {
    "no such built-in": (("sma_cros",), "strategy 'sma_cros': no built-in of that name", 2),
    "no such file": (("nowhere.py:Mine",), "strategy file nowhere.py does not exist", 1),
    "no such parameter": (("sma_cross", "--param", "fats=5"), "there is no parameter 'fats'", 2),
    "a parameter that is no number": (
        ("sma_cross", "--param", "fast=five"),
        "parameter fast: 'five' is not a valid",
        2,
    ),
    "a parameter out of range": (("sma_cross", "--param", "fast=0"), "0", 1),
    "a negative parameter": (("sma_cross", "--param", "fast=-3"), "-3", 1),
    "a parameter without value": (("sma_cross", "--param", "fast"), "--param 'fast': write it as name=value", 2),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("command", ["backtest", "demo"])
def test_a_strategy_file_that_can_not_be_used_is_named(command: str, name: str, good: Path, tmp_path: Path) -> None:
    text, sentence = BROKEN[name]
    file = tmp_path / "strategy.py"
    file.write_text(text)
    home = ("--home", tmp_path / "home") if command == "demo" else ("--report", tmp_path / "report")
    both_ways(tmp_path, sentence, 1, command, f"{file}:Mine", "--data", good, *home)


@pytest.mark.parametrize("text", DEAF)
def test_a_strategy_that_these_data_would_never_call_is_told(text: str, good: Path, tmp_path: Path) -> None:
    """A backtest of it is refused; a session says it, since it may be taken up with other strategies."""
    file, sentence = tmp_path / "strategy.py", f"Mine: these data call on_bar, and {DEAF[text]}"
    file.write_text(f"{_MINE}{text}")
    both_ways(tmp_path, sentence, 1, "backtest", f"{file}:Mine", "--data", good)
    said = tradewright("demo", f"{file}:Mine", "--data", good, "--home", tmp_path / "home", "--json")
    assert said.row["remarks"] == [sentence]


def test_an_ensemble_that_decides_on_bars_is_told_that_there_are_none(tmp_path: Path) -> None:
    """Its members hear quotes, and what they say decides nothing by itself."""
    ticks, quorum = quotes(tmp_path / "ticks.csv", 50), f"{ROOT / 'tests/e2e/strategies.py'}:Quorum"
    sentence = (
        "Quorum decides on bars, and these data have none: with decide_on tick or cycle it decides on what there is"
    )
    both_ways(tmp_path, sentence, 1, "backtest", quorum, "--data", ticks)
    said = tradewright("demo", quorum, "--data", ticks, "--home", tmp_path / "home", "--json")
    assert said.row["remarks"] == [sentence]
    assert tradewright("backtest", quorum, "--data", ticks, "-p", "decide_on=tick").code == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("command", ["backtest", "demo"])
def test_a_strategy_or_parameter_that_is_not_there_is_named(
    command: str, name: str, good: Path, tmp_path: Path
) -> None:
    arguments, sentence, code = NAMES[name]
    home = ("--home", tmp_path / "home") if command == "demo" else ("--report", tmp_path / "report")
    both_ways(tmp_path, sentence, code, command, *arguments, "--data", good, *home)


OPTIONS = {
    "a fill that is none": ("--fill", "yesterday", "value"),
    "a fee that is none": ("--fee", "free", "value"),
    "a final that is none": ("--final", "never", "value"),
    "cash that is no number": ("--cash", "much", "value"),
    "cash below zero": ("--cash=-1", "cash in USD can not be negative", "value"),
    "a kind that is none": ("--kind", "gift", "value"),
    "a mode that is none": ("--mode", "hoping", "value"),
    "a limit that is none": ("--limit", "maxFun=1", "value"),
    "a limit of zero": ("--limit", "maxOrderValue=0", "value"),
    "a leverage of zero": ("--leverage", "0", "option"),
    "a leverage beyond all": ("--leverage", "9" * 21, "option"),
    "a leverage that is no number": ("--leverage", "high", "option"),
    "a stamp that is none": ("--stamp", "middle", "value"),
    "a period that is none": ("--period", "often", "value"),
    "a first label that is none": ("--from", "once", "value"),
    "a convention that is none": ("--convention", "mine", "value"),
    "an option that is none": ("--colour", "red", "option"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_that_can_not_be_is_refused(name: str, good: Path, tmp_path: Path) -> None:
    option, value, named = OPTIONS[name]
    given = (option,) if "=" in option else (option, value)
    report = ("--report", tmp_path / "report")
    both_ways(
        tmp_path,
        value.split("=")[0] if named == "value" else option,
        2,
        "backtest",
        "sma_cross",
        "--data",
        good,
        *given,
        *report,
    )


FILES = {
    "no Parquet": ("x.parquet", b"these are words", "x.parquet: can not be read"),
    "half a Parquet": ("x.parquet", b"PAR1", "x.parquet: can not be read"),
    "a kind that is not read": ("x.xlsx", b"", "x.xlsx: only .parquet and .csv are read"),
    "a folder": ("x.parquet", None, "x.parquet is a folder: name the data files in it"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none_is_named(name: str, tmp_path: Path) -> None:
    file, content, sentence = FILES[name]
    if content is None:
        (tmp_path / file).mkdir()
    else:
        (tmp_path / file).write_bytes(content)
    both_ways(tmp_path, sentence, 1, "backtest", "sma_cross", "--data", tmp_path / file)


@pytest.mark.parametrize("command", ["backtest", "demo"])
def test_a_pipe_is_not_read_and_not_waited_for(command: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.csv")
    home = ("--home", tmp_path / "home") if command == "demo" else ()
    both_ways(tmp_path, "x.csv is a pipe or a device", 1, command, "sma_cross", "--data", tmp_path / "x.csv", *home)


def test_a_data_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    for command in ("backtest", "demo"):
        home = ("--home", tmp_path / "home") if command == "demo" else ()
        both_ways(tmp_path, "none.csv", 1, command, "sma_cross", "--data", tmp_path / "none.csv", *home)


def test_a_backtest_without_data_is_a_usage_error(tmp_path: Path) -> None:
    both_ways(tmp_path, "backtest needs data: add --data FILE", 2, "backtest", "sma_cross")


# ── homes and journals ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def home(good: Path, tmp_path: Path) -> Path:
    """A run that ended well."""
    assert tradewright("demo", "sma_cross", "--data", good, "--home", tmp_path / "home", "--json").code == 0
    return tmp_path / "home"


def test_a_second_engine_on_the_same_account_is_refused(home: Path, good: Path, tmp_path: Path) -> None:
    """While one holds the journal; what the first wrote stays as it is."""
    journal = FileJournal(home / "journal")
    try:
        both_ways(tmp_path, str(home), 1, "demo", "sma_cross", "--data", good, "--home", home)
    finally:
        journal.close()


def test_a_damaged_journal_is_refused_by_every_command(home: Path, good: Path, tmp_path: Path) -> None:
    segment = next((home / "journal").glob("*.sqlite"))
    data = bytearray(segment.read_bytes())
    at = data.rindex(b'"initial balance"')
    data[at + 3] ^= 1
    segment.write_bytes(bytes(data))
    for command in (
        ("replay", home), ("replay", home, "--verify"), ("explain", "paper-1-1", "--journal", home),
        ("demo", "sma_cross", "--data", good, "--home", home),
    ):  # fmt: skip
        said = tradewright(*command)
        refused(said, segment.name, 1)


def test_a_journal_that_is_not_there_is_named(tmp_path: Path) -> None:
    for command in (("replay",), ("replay", "--verify"), ("explain", "paper-1-1", "--journal")):
        both_ways(tmp_path, "nowhere is not a journal", 1, *command, tmp_path / "nowhere")
    both_ways(tmp_path, f"there is no run in {tmp_path} yet", 1, "replay", "--home", tmp_path)


def test_an_order_nobody_knows_is_named(home: Path, tmp_path: Path) -> None:
    both_ways(tmp_path, "knows no order paper-9-9", 1, "explain", "paper-9-9", "--home", home)
    both_ways(tmp_path, "has no symbol 'NONE'", 1, "explain", "--symbol", "NONE", "--at", "2030-01-01", "--home", home)
    both_ways(tmp_path, "explain wants an order id", 2, "explain", "--home", home)


def test_a_home_that_is_a_file_is_named_by_every_command(good: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    for command in (("demo", "sma_cross", "--data", good), ("doctor",), ("replay",)):
        both_ways(tmp_path, "taken is a file, not a folder", 1, *command, "--home", tmp_path / "taken")


def test_a_home_that_can_not_be_written_is_named(good: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    both_ways(tmp_path, "taken", 1, "demo", "sma_cross", "--data", good, "--home", tmp_path / "taken" / "home")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_home_that_is_closed_is_named(good: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(0o500)
    both_ways(tmp_path, str(closed), 1, "demo", "sma_cross", "--data", good, "--home", closed / "home")


def test_another_market_in_the_same_home_is_refused(home: Path, tmp_path: Path) -> None:
    other = bars(tmp_path / "other.parquet", 60, ("ACME",), seed=9)
    both_ways(tmp_path, "other.parquet", 1, "demo", "sma_cross", "--data", other, "--home", home)


# ── the exchange's book beside the journal ─────────────────────────────────────────────────────────────────────────


def gone(home: Path, tmp_path: Path) -> str:
    (home / "paper.db").unlink()
    return "paper.db is gone"


def empty(home: Path, tmp_path: Path) -> str:
    (home / "paper.db").write_bytes(b"")
    return "paper.db"


def garbage(home: Path, tmp_path: Path) -> str:
    (home / "paper.db").write_bytes(b"these are words and no pages of a database" * 40)
    return "paper.db is not the book of a paper exchange"


def anothers(home: Path, tmp_path: Path) -> str:
    data, other = tmp_path / "good.csv", tmp_path / "other"
    assert tradewright("demo", "macd_trend", "--data", data, "--home", other, "--json").code == 0
    (other / "paper.db").replace(home / "paper.db")
    return "disagree"


@pytest.mark.parametrize("change", [gone, empty, garbage, anothers])
def test_a_home_with_another_exchanges_book_is_not_traded_on(
    change: Callable[[Path, Path], str], home: Path, good: Path, tmp_path: Path
) -> None:
    """Both books are right by themselves; whose they are is told by what they hold."""
    first = tradewright("replay", home, "--json").row
    assert first["fills"] > 0
    sentence = change(home, tmp_path)
    bars(good, 120, ("ACME",))
    looked = tradewright("doctor", "--home", home)
    assert looked.code == 1
    (line,) = [line for line in looked.out.splitlines() if line.startswith("BAD")]
    assert "exchange" in line and sentence in line
    said = tradewright("demo", "sma_cross", "--data", good, "--home", home)
    refused(said, sentence, 1)
    after = tradewright("replay", home, "--json").row
    assert (after["orders"], after["fills"]) == (first["orders"], first["fills"])
