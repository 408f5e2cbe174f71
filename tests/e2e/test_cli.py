"""The command line's contract: exit codes, one JSON object, one sentence, whatever was typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.e2e.command import files, tradewright
from tests.e2e.markets import bars
from tests.project import ROOT, build_of, compiled_modules
from tradewright.app.summary import program

COMMANDS = ("demo", "backtest", "explain", "assess", "replay", "kill", "rearm", "doctor")
USAGE = {
    "an unknown command": (("nonsense",), "No such command 'nonsense'"),
    "an unknown option": (("doctor", "--colour", "red"), "No such option: --colour"),
    "no strategy": (("backtest",), "Missing argument 'STRATEGY...'"),
    "a parameter of two": (("backtest", "a", "b", "-p", "x=1", "--data", "x.csv"), "--param needs one strategy, not 2"),
    "a word for a number": (("replay", "--to", "x"), "Invalid value for '--to'"),
    "a number out of range": (("replay", "--to", "0"), "Invalid value for '--to'"),
    "a negative session": (("demo", "--seconds=-1"), "Invalid value for '--seconds'"),
    "an option without value": (("demo", "--seed"), "--seed"),
    "a parameter without name": (("demo", "sma_cross", "-p", "=5"), "write it as name=value"),
    "an exit without value": (("demo", "sma_cross", "--exit", "stopLossPercent"), "--exit 'stopLossPercent': write it"),
    "an exit of a backtest that is none": (
        ("backtest", "sma_cross", "--data", "examples/bars.csv", "--exit", "stop=2"),
        "'stop' is not known; they are stopLossPercent",
    ),
    "an exit that is none": (("demo", "--exit", "stop=2"), "'stop' is not known; they are stopLossPercent"),
    "a sizer that is none": (("demo", "--sizer", "dice:6"), "dice"),
    "money that is none": (("demo", "--cash", "much"), "much"),
    "money owed": (("demo", "--cash=-5"), "cash in USD can not be negative"),
    "a home of no name": (("demo", "--home", ""), "--home is given an empty path"),
    "a journal of no name": (("explain", "x", "--journal="), "--journal is given an empty path"),
    "a report of no name": (("backtest", "sma_cross", "--report", "", "--data", "x.csv"), "--report is given an empty"),
    "data of no name": (("backtest", "sma_cross", "--data", ""), "--data is given an empty path"),
    "half a question": (("explain", "--symbol", "ACME"), "explain wants an order id, or --symbol with --at"),
}


@pytest.mark.parametrize("name", USAGE)
@pytest.mark.parametrize("as_json", [False, True])
def test_what_can_not_be_understood_is_one_sentence_and_exit_code_2(
    name: str, as_json: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, sentence = USAGE[name]
    monkeypatch.setenv("TRADEWRIGHT_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "journal").mkdir(parents=True)
    before = files(tmp_path)
    said = tradewright(*arguments, *(["--json"] if as_json else []))
    (line,) = said.err.splitlines()
    assert line.startswith("tradewright: ") and sentence in line
    assert said.code == 2
    if as_json:
        assert said.row == {"error": line.removeprefix("tradewright: "), "exitCode": 2}
    else:
        assert said.out == ""
    assert files(tmp_path) == before


def test_nothing_said_is_answered_with_the_help_and_exit_code_2() -> None:
    said = tradewright()
    assert said.code == 2
    assert all(command in said.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_its_help_and_json(command: str) -> None:
    said = tradewright(command, "--help")
    assert (said.code, said.err) == (0, "")
    assert "--json" in said.out


def test_what_goes_well_ends_with_0_and_one_object(tmp_path: Path) -> None:
    data = bars(tmp_path / "good.csv", 60, ("ACME",))
    home = ("--home", tmp_path / "home", "--json")
    for arguments in (
        ("backtest", "sma_cross", "--data", data, "--json"), ("demo", "sma_cross", "--data", data, *home),
        ("replay", *home), ("replay", "--verify", *home), ("doctor", *home), ("assess", *home),
    ):  # fmt: skip
        said = tradewright(*arguments)
        assert (said.code, said.err) == (0, ""), arguments
        assert said.row


def test_a_backtest_adds_no_records_to_those_of_another_run(tmp_path: Path) -> None:
    data, journal = bars(tmp_path / "good.csv", 60, ("ACME",)), tmp_path / "journal"
    command = ("backtest", "sma_cross", "-p", "fast=2", "-p", "slow=5", "--data", data, "--journal", journal)
    first = tradewright(*command, "--json")
    assert (first.code, first.row["orders"] > 0) == (0, True)
    replayed = tradewright("replay", journal, "--verify", "--json")
    assert (replayed.row["stateHash"], replayed.row["orders"]) == (first.row["stateHash"], first.row["orders"])
    again = tradewright(*command)
    assert (again.code, f"--journal {journal} holds the records of another run" in again.err) == (1, True)
    assert tradewright("replay", journal, "--json").row == {**replayed.row, "verifiedOutputs": 0}


def test_doctor_tells_a_home_that_is_not_there(tmp_path: Path) -> None:
    said = tradewright("doctor", "--home", tmp_path / "nope")
    assert (said.code, f"BAD  run: {tmp_path / 'nope'} is not there" in said.out) == (1, True)
    assert not (tmp_path / "nope").exists()


def test_doctor_lists_no_limit_as_off_that_a_file_set(tmp_path: Path) -> None:
    data, file, home = bars(tmp_path / "good.csv", 60, ("ACME",)), tmp_path / "limits.yaml", tmp_path / "home"
    file.write_text("limits: {account:paper: {maxWorkingOrders: 5}}")
    assert tradewright("demo", "sma_cross", "--data", data, "--limits", file, "--home", home).code == 0
    (line,) = [
        line for line in tradewright("doctor", "--home", home).out.splitlines() if "limits: account paper" in line
    ]
    assert "maxLeverage" in line and "maxWorkingOrders" not in line and "maxOrderValue" not in line


def test_a_demo_that_fails_leaves_no_run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it was given no home and took a number of its own."""
    monkeypatch.setenv("TRADEWRIGHT_HOME", str(tmp_path / "home"))
    data = bars(tmp_path / "good.csv", 60, ("ACME",))
    assert tradewright("demo", "sma_cross", "-p", "fast=0", "--data", data).code == 1
    assert list((tmp_path / "home" / "runs").iterdir()) == []


def test_a_strategy_that_is_halted_makes_a_backtest_fail_after_its_report(tmp_path: Path) -> None:
    data = bars(tmp_path / "good.csv", 60, ("ACME",))
    file = tmp_path / "raises.py"
    file.write_text(
        "from tradewright.signal.strategy import Strategy\n\n\n"
        "class Raises(Strategy):\n    def on_bar(self, bar):\n        raise ValueError('the moon is full')\n"
    )
    said = tradewright("backtest", f"{file}:Raises", "--data", data)
    assert said.code == 1
    why = "STRATEGY_RAISED: ValueError: the moon is full"
    assert said.err == f"tradewright: strategy Raises was halted: {why}\n"
    said = tradewright("backtest", f"{file}:Raises", "--data", data, "--json")
    assert (said.code, said.row["halted"]) == (1, {"Raises": why})


def test_a_strategy_that_is_halted_in_a_demo_is_told_by_every_command(tmp_path: Path) -> None:
    """By the line when it happens, the summary, and afterwards by whoever looks at its home."""
    data, home = bars(tmp_path / "good.csv", 60, ("ACME",)), tmp_path / "home"
    file = tmp_path / "raises.py"
    file.write_text(
        "from tradewright.signal.strategy import Strategy\n\n\n"
        "class Raises(Strategy):\n    def on_bar(self, bar):\n        raise ValueError('the moon is full')\n"
    )
    why = "STRATEGY_RAISED: ValueError: the moon is full"
    said = tradewright("demo", f"{file}:Raises", "--data", data, "--home", home)
    assert (said.code, said.err) == (1, f"tradewright: strategy Raises was halted: {why}\n")
    told, *_, summary = [line for line in said.out.splitlines() if "HALTED" in line]
    assert told.endswith(f"HALTED strategy Raises — {why}")
    assert summary == f"HALTED strategy Raises — {why}"
    again = tradewright("demo", f"{file}:Raises", "--data", data, "--home", home, "--json")
    assert (again.code, again.row["halted"]) == (1, {"Raises": "STRATEGY_RAISED"})
    for verify in ((), ("--verify",)):
        replayed = tradewright("replay", "--home", home, *verify, "--json")
        assert (replayed.code, replayed.row["halted"]) == (0, {"Raises": why})
    assert f"halted strategy Raises — {why}" in tradewright("replay", "--home", home).out
    looked = tradewright("doctor", "--home", home)
    assert f"BAD  strategy: Raises is halted: {why}" in looked.out
    assert looked.code == 1


def test_a_strategy_whose_state_can_not_be_stored_makes_a_demo_fail(tmp_path: Path) -> None:
    """That is seen when its state is taken, at the latest at the end."""
    data, home = bars(tmp_path / "good.csv", 60, ("ACME",)), tmp_path / "home"
    file = tmp_path / "keeps.py"
    file.write_text(
        "from tradewright.signal.strategy import Strategy\n\n\n"
        "class Keeps(Strategy):\n    kept: list = []\n\n"
        "    def on_bar(self, bar):\n        self.kept.append(bar)\n"
    )
    said = tradewright("demo", f"{file}:Keeps", "--data", data, "--home", home, "--json")
    assert said.code == 1
    assert said.row["halted"]["Keeps"].startswith("STRATEGY_STATE: Keeps: field kept: a Bar can not be stored")


def test_a_backtest_says_which_rule_denied_and_how_often(tmp_path: Path) -> None:
    """Once for each rule, with the first time as an example, in the text and in the JSON."""
    data = bars(tmp_path / "good.csv", 60, ("ACME",))
    arguments = ("backtest", "sma_cross", "-p", "fast=2", "-p", "slow=5", "--data", data, "--limit", "maxOrderValue=10")
    row = tradewright(*arguments, "--json").row
    assert row["denied"] > 3
    ((code, denial),) = row["denials"].items()
    assert (code, denial["count"], denial["symbol"]) == ("MAX_ORDER_VALUE", row["denied"], "ACME")
    assert "10 USD" in denial["text"]
    words = " ".join(tradewright(*arguments).out.split())
    assert f"denied {row['denied']} times by {code}, first ACME on {denial['time']}: {denial['text']}" in words


def test_words_that_would_steer_a_terminal_are_shown_as_codes(tmp_path: Path) -> None:
    """A strategy's own, line by line; the JSON keeps them as they are."""
    data, home = bars(tmp_path / "good.csv", 60, ("ACME",)), tmp_path / "home"
    file = tmp_path / "colours.py"
    file.write_text(
        "from tradewright.signal.strategy import Strategy\n\n\n"
        "class Colours(Strategy):\n    n: int = 0\n\n    def on_bar(self, bar):\n        self.n += 1\n"
        "        if self.n == 5:\n            self.buy(1, reason='\\x1b[31mred\\nnew line\\x00')\n"
        "        if self.n == 9:\n            raise ValueError('\\x1b[2J')\n"
    )
    said = tradewright("demo", f"{file}:Colours", "--data", data, "--home", home)
    assert "\\x1b[31mred\\nnew line\\x00" in said.out
    assert "ValueError: \\x1b[2J" in said.err
    assert said.code == 1
    (order,) = [line.split()[2] for line in said.out.splitlines() if "  SENT " in line]
    told = tradewright("explain", order, "--home", home)
    assert "\\x1b[31mred" in told.out
    assert not {"\x1b", "\x00"} & set(said.out + said.err + told.out)


def test_a_terminal_without_the_letters_does_not_end_a_command(tmp_path: Path) -> None:
    data = bars(tmp_path / "x.csv", 60, ("ACME",))
    ran = subprocess.run(
        [sys.executable, "-m", "tradewright", "backtest", "sma_cross", "--data", str(data)],
        cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "equity" in ran.stdout


def test_a_home_is_replayed_from_another_folder_than_it_was_made_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its strategy was named by a path that starts at the folder of then."""
    data, home = bars(tmp_path / "good.csv", 60, ("ACME",)), tmp_path / "home"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "turns.py").write_text(
        "from tradewright.signal.strategy import Strategy\n\n\n"
        "class Turns(Strategy):\n    def on_bar(self, bar):\n        self.buy(1) if self.flat else self.close()\n"
    )
    monkeypatch.chdir(tmp_path)
    assert tradewright("demo", "own/turns.py:Turns", "--data", data, "--home", home, "--json").code == 0
    monkeypatch.chdir(tmp_path / "own")
    said = tradewright("replay", "--verify", "--home", home, "--json")
    assert said.code == 0, said.err
    assert said.row["verifiedOutputs"] > 10


def test_what_a_strategy_left_behind_is_named_to_the_next(tmp_path: Path) -> None:
    """One that held when it ended, and has no part in the session that goes on in the same home."""
    data, home, file = tmp_path / "bars.csv", tmp_path / "home", tmp_path / "holds.py"
    file.write_text(
        "from tradewright.signal.strategy import Strategy\n\n\n"
        "class Holds(Strategy):\n    def on_bar(self, bar):\n        self.buy(1) if self.flat else None\n"
    )
    bars(data, 20, ("ACME",))
    first = tradewright("demo", f"{file}:Holds", "--data", data, "--home", home, "--json")
    assert first.row["remarks"] == []
    bars(data, 40, ("ACME",))
    then = tradewright("demo", "sma_cross", "--data", data, "--home", home, "--json")
    (remark,) = [remark for remark in then.row["remarks"] if "no strategy decides on it" in remark]
    assert remark.startswith("Holds holds 1 ACME, and does not take part in this session")


def test_a_report_says_where_it_was_written(tmp_path: Path) -> None:
    data, folder = bars(tmp_path / "good.csv", 60, ("ACME",)), tmp_path / "report"
    said = tradewright("backtest", "sma_cross", "--data", data, "--report", folder)
    assert said.out.splitlines()[-1] == f"report in {folder}"
    assert (folder / "report.json").exists()


def test_a_summary_names_the_program_as_it_can_be_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that does not find `tradewright` is given the path that was used."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / ".venv" / "bin" / "tradewright")])
    assert program() == ".venv/bin/tradewright"
    (tmp_path / "tradewright").touch(0o755)
    assert program() == "tradewright"


def test_the_help_says_how_the_exchanges_models_are_written() -> None:
    told = " ".join(tradewright("backtest", "--help").out.split())
    for form in ("ticks:COUNT", "constant:MS", "volume:SHARE", "power:EXPONENT"):
        assert form in told


def test_the_version_lists_the_compiled_modules_and_each_is_a_shared_object() -> None:
    found = tradewright("--version", "--json").row
    if build_of("tradewright.trader.trader") == "pure":
        assert (found["mode"], found["compiled"]) == ("pure", [])
        return
    assert found["mode"] == "compiled"
    assert set(compiled_modules()) <= set(found["compiled"])
    for module in found["compiled"]:
        spec = find_spec(module)
        assert spec is not None and isinstance(spec.loader, ExtensionFileLoader), module


def test_a_process_says_what_main_says(tmp_path: Path) -> None:
    """The same exit code, the same sentence and no traceback, seen from outside."""
    (tmp_path / "x.csv").write_text("ts,open,high,low,close\n2024-01-01,1,1,1,nan\n2024-01-02,1,1,1,1\n")
    arguments = ["backtest", "sma_cross", "--data", "x.csv", "--json"]
    ran = subprocess.run(
        [sys.executable, "-m", "tradewright", *arguments],
        cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    sentence = "x.csv: row 1, column 'close': the value is missing (NaN)"
    assert (ran.returncode, ran.stderr) == (1, f"tradewright: {sentence}\n")
    assert json.loads(ran.stdout) == {"error": sentence, "exitCode": 1}
