"""`tradewright demo` as a user runs it: what it prints is true, it ends when told to, and it goes on where it ended."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any, NamedTuple

import polars
import pytest

from tests.e2e.judge import DECISION, FILLED, REJECTED, STARTED, SUBMIT, Witness, judge, records, witness
from tests.e2e.markets import bars, quotes
from tests.project import COMPILED_ALONE, ROOT
from tradewright.adapters.journal import AccountLock, FileJournal, verify
from tradewright.app.history import fold
from tradewright.app.home import JOURNAL

FILE = ROOT / "tests/e2e/strategies.py"
CLASSES = {"crypto", "equity", "forex", "metal"}
ESCAPE = "\x1b["
LINE = re.compile(r"\d\d:\d\d:\d\d  (SENT|DENIED|FILL) ")


def tradewright(*arguments: object, code: int = 0, seconds: float = 110) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tradewright", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=seconds,
    )  # fmt: skip
    assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def answer(*arguments: object, code: int = 0, seconds: float = 110) -> dict[str, Any]:
    """The one JSON object a command prints."""
    done = tradewright(*arguments, "--json", code=code, seconds=seconds)
    assert done.stderr == "" or code
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Ran(NamedTuple):
    home: Path
    row: dict[str, Any]

    @property
    def journal(self) -> Path:
        return self.home / JOURNAL


def check(ran: Ran, runs: int = 1) -> Witness:
    """What a session said of itself, against its journal and the exchange's book; and what a replay says."""
    seen = judge(ran.home)
    rows = seen.rows[[number for number, row in enumerate(seen.rows) if row[0] == STARTED][runs - 1] :]
    denied = [row for row in rows if row[0] == DECISION and not row[6]]
    assert {name: ran.row[name] for name in ("orders", "fills", "denied", "rejected", "records")} == {
        "orders": sum(row[0] == SUBMIT for row in rows),
        "fills": sum(row[0] == FILLED for row in rows),
        "denied": len(denied),
        "rejected": len(denied) + sum(row[0] == REJECTED for row in rows),
        "records": len(seen.rows),
    }
    assert ran.row["conserved"] is True
    assert ran.row["journal"] == str(ran.journal)
    assert ran.row["remarks"] == []
    head = verify(ran.journal)
    assert (head.sequence, head.hash.hex()) == (ran.row["records"], ran.row["journalHash"])
    assert fold(ran.journal).state_hash == ran.row["stateHash"]
    return seen


def check_replay(ran: Ran, *option: str) -> None:
    again = answer("replay", ran.journal, *option)
    assert again["stateHash"] == ran.row["stateHash"]
    assert again["journalHash"] == ran.row["journalHash"]
    assert again["differences"] == []
    assert {name: again[name] for name in ("orders", "fills", "rejected")} == {
        name: ran.row[name] for name in ("orders", "fills", "rejected")
    }
    assert (again["verifiedOutputs"] > 0) is bool(option)


def check_explained(ran: Ran, seen: Witness) -> None:
    """The newest filled and the newest denied order can be asked about."""
    filled, denied = ran.row["explained"]
    assert filled == [row for row in seen.rows if row[0] == FILLED][-1][2]
    assert denied == [row for row in seen.rows if row[0] == DECISION and not row[6]][-1][7][0][0]
    story = answer("explain", filled, "--journal", ran.journal)
    fills = [fill for fill in seen.book.fills if fill.order_id == filled]
    assert sum(step["what"].startswith("filled") for step in story["path"]) == len(fills) > 0
    refusal = answer("explain", denied, "--journal", ran.journal)
    assert refusal["approved"] is False
    refused = [check for check in refusal["checks"] if not check["passed"]]
    assert refused and all(check["code"] and check["text"] for check in refused)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    home = tmp_path_factory.mktemp("session") / "home"
    return Ran(home, answer("demo", "--seconds", 5, "--home", home))


def test_what_it_counts_is_in_the_journal_and_in_the_exchanges_book(session: Ran) -> None:
    seen = check(session)
    assert session.row["orders"] >= 20
    assert len(session.row["symbols"]) >= 4
    assert set(session.row["assetClasses"]) <= CLASSES and len(session.row["assetClasses"]) >= 3
    assert 0 < session.row["startupSeconds"] < 30
    assert len(seen.book.fills) >= 20


def test_a_filled_and_a_denied_order_can_be_explained(session: Ran) -> None:
    check_explained(session, witness(session.home))
    denied = session.row["explained"][1]
    told = tradewright("explain", denied, "--journal", session.journal).stdout
    assert "DENIED" in told
    # Whatever the strategy looks at, the price it was judged at is there, and its age.
    assert re.search(r"  saw    .*price \d+(\.\d+)?, [\d.e+-]+ s old\n", told)
    assert re.search(r"  MAX_ORDER_VALUE: .* \[account:paper, limits 1\]\n", told)
    assert "knows no order" in answer("explain", "paper-1-999999", "--journal", session.journal, code=1)["error"]


@pytest.mark.parametrize("option", [[], ["--verify"]], ids=["folded", "verified"])
def test_a_replay_comes_to_the_same_hashes_and_counts(session: Ran, option: list[str]) -> None:
    check_replay(session, *option)


@COMPILED_ALONE
def test_a_session_of_twenty_seconds(tmp_path: Path) -> None:
    ran = Ran(tmp_path, answer("demo", "--seconds", 20, "--home", tmp_path))
    check_explained(ran, check(ran))
    check_replay(ran, "--verify")
    assert ran.row["orders"] >= 20
    assert len(ran.row["symbols"]) >= 4
    assert len(ran.row["assetClasses"]) >= 3


# ── recorded markets ───────────────────────────────────────────────────────────────────────────────────────────────

#: Real files, how many of their rows the short test plays, and the symbols and asset classes in them.
REAL = {
    "lean_coinbase_1m_trade_201804.parquet": (300, {"BTCUSD", "ETHUSD"}, {"crypto"}),
    "lean_oanda_1m_quote_20140501_08.parquet": (700, {"EURUSD", "NZDUSD", "XAUUSD"}, {"forex", "metal"}),
}


def play_real(file: Path, home: Path, symbols: set[str], classes: set[str], seconds: float) -> None:
    ran = Ran(home, answer("demo", "--data", file, "--home", home, seconds=seconds))
    check_explained(ran, check(ran))
    check_replay(ran)
    assert set(ran.row["symbols"]) <= symbols
    assert set(ran.row["assetClasses"]) <= classes
    assert ran.row["orders"] >= 20


@pytest.mark.parametrize("name", REAL)
def test_a_real_file_is_played(name: str, shared: Path, tmp_path: Path) -> None:
    rows, symbols, classes = REAL[name]
    polars.read_parquet(shared / "data" / name).head(rows).write_parquet(tmp_path / name)
    play_real(tmp_path / name, tmp_path / "home", symbols, classes, 110)


@COMPILED_ALONE
@pytest.mark.parametrize("name", REAL)
def test_a_whole_real_file_is_played(name: str, shared: Path, tmp_path: Path) -> None:
    _, symbols, classes = REAL[name]
    play_real(shared / "data" / name, tmp_path, symbols, classes, 290)


def test_several_strategies_share_one_session(tmp_path: Path) -> None:
    data = bars(tmp_path / "bars.csv", count=60)
    home = tmp_path / "home"
    ran = Ran(home, answer("demo", "sma_cross", f"{FILE}:Restless", "--data", data, "--home", home))
    seen = check(ran)
    assert {strategy for strategy, *_ in seen.trades()} == {"sma_cross", "Restless"}


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["sma_cross", "macd_trend", "--param", "fast=3"], 2, "--param needs one strategy, not 2"),
        (["--param", "fast=3"], 2, "--param needs one strategy"),
        (["sma_cross", "sma_cross"], 1, "two strategies are called sma_cross"),
        (["--data", "nowhere.csv"], 1, "nowhere.csv: there is no such file"),
    ],
)
def test_what_it_can_not_play_is_said_in_a_sentence(
    arguments: list[str], code: int, sentence: str, tmp_path: Path
) -> None:
    found = answer("demo", *arguments, "--home", tmp_path / "home", code=code)
    assert sentence in found["error"]
    assert not (tmp_path / "home").exists(), "something half-made is left"


# ── how it looks ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_piped_it_prints_plain_lines(tmp_path: Path) -> None:
    data = bars(tmp_path / "bars.csv", count=60)
    lines = tradewright("demo", "--data", data, "--home", tmp_path / "home").stdout.splitlines()
    assert ESCAPE not in "\n".join(lines)
    told = [match[1] for match in map(LINE.match, lines) if match]
    seen = witness(tmp_path / "home")
    assert told.count("FILL") == sum(row[0] == FILLED for row in seen.rows) > 0
    assert told.count("SENT") + told.count("DENIED") == sum(row[0] == DECISION for row in seen.rows)
    assert "engine and exchange agree to the last unit" in lines[len(told) + 1]


def test_in_a_terminal_it_shows_a_live_table(tmp_path: Path) -> None:
    shown = in_terminal("demo", "--seconds", 3, "--home", tmp_path)
    frames = shown.count("P&L made")
    assert frames > 3, "the table was not drawn again and again"
    assert f"{ESCAPE}1A" in shown, "the cursor never went up to draw over the last table"
    for symbol in ("ACME", "BTCUSD", "EURUSD", "XAUUSD"):
        assert shown.count(symbol) >= frames
    assert "100,000.00 USD" in shown.replace("\x1b[0m", "")
    assert "engine and exchange agree to the last unit" in shown


def in_terminal(*arguments: object) -> str:
    """All that a terminal of 120 × 50 is sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
    command = [sys.executable, "-m", "tradewright", *map(str, arguments)]
    environment = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the last holder of the other side has gone
                break
            shown += piece
            if not piece:
                break
    os.close(ours)
    assert process.returncode == 0, shown.decode()
    return shown.decode()


# ── its end, and how it goes on ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@COMPILED_ALONE
def test_told_to_stop_it_ends_cleanly_and_the_same_home_goes_on(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tradewright", "demo", "--seconds", "0", "--home", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = ""
        while "FILL" not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
        process.send_signal(number)
        told += process.stdout.read()
    assert process.returncode == 0
    assert "engine and exchange agree to the last unit" in told
    AccountLock(tmp_path, "paper").release()
    with FileJournal(tmp_path / JOURNAL):
        pass  # nobody holds it
    first = records(tmp_path / JOURNAL)
    ran = Ran(tmp_path, answer("demo", "--seconds", 1, "--home", tmp_path))
    seen = check(ran, runs=2)
    assert seen.rows[: len(first)] == first
    starts = [row for row in seen.rows if row[0] == STARTED]
    assert [row[2] for row in starts] == [1, 2]
    assert starts[1][1] >= first[-1][1], "the second run began before the end of the first"
    assert seen.rows[-1][1] - starts[1][1] >= 500 * 10**9, "no new market was traded on"


def test_a_second_signal_ends_a_session_whose_strategy_never_comes_back(tmp_path: Path) -> None:
    """And the same home goes on, behind a journal that is whole."""
    file, home = tmp_path / "loops.py", tmp_path / "home"
    file.write_text(
        "from tradewright.signal.strategy import Strategy\n\n\n"
        "class Loops(Strategy):\n    n: int = 0\n\n    def on_bar(self, bar):\n        self.n += 1\n"
        "        if self.n == 20:\n            print('looping', flush=True)\n"
        "        while self.n == 20:\n            pass\n"
        "        self.buy(1) if self.flat else self.close()\n"
    )
    data = bars(tmp_path / "bars.csv", 30, ("ACME",))
    command = [sys.executable, "-m", "tradewright", "demo", f"{file}:Loops", "--data", str(data), "--home", str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        while process.stdout.readline() != "looping\n":
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
        assert process.stderr.read().startswith("tradewright: ended at once; the journal is good")
    verify(home / JOURNAL)
    judge(home)


def test_a_second_engine_on_the_same_home_is_refused(tmp_path: Path) -> None:
    lock = AccountLock(tmp_path, "paper")
    try:
        found = answer("demo", "--seconds", 1, "--home", tmp_path, code=1)
    finally:
        lock.release()
    assert f"account paper is held by process {os.getpid()}" in found["error"]
    assert not (tmp_path / JOURNAL).exists()


# ── the same file in a backtest ────────────────────────────────────────────────────────────────────────────────────


def test_the_commands_backtest_and_demo_make_the_same_trades(tmp_path: Path) -> None:
    """Through the command line, from the same file, on the same data and terms."""
    data = quotes(tmp_path / "quotes.csv")
    ran = Ran(tmp_path / "home", answer("demo", f"{FILE}:Scalper", "--data", data, "--home", tmp_path / "home"))
    limits = {
        "maxPositionSizePercent": 25, "maxOpenPositions": 5, "maxDailyLossPercent": 3, "maxOrderValue": 20000,
        "priceCollarPercent": 5, "maxPriceAgeSeconds": 120,
    }  # fmt: skip
    terms = [word for name, value in limits.items() for word in ("--limit", f"{name}={value}")]
    found = answer(
        "backtest", f"{FILE}:Scalper", "--data", data, "--fee", "bps:2", "--leverage", 2, *terms
    )  # fmt: skip
    assert found["orders"] == ran.row["orders"] > 20
    assert found["fills"] == ran.row["fills"]
    assert found["trades"] > 10
    assert found["cash"] == ran.row["cash"]
