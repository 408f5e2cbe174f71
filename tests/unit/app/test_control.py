"""Kill and re-arm, with an engine that runs and without one: what is said, what is stopped, what the journal keeps."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Said, tradewright
from tests.project import ROOT
from tests.unit.app.test_restart import HEAD, engine_of, play, strategy_of
from tradewright.app.history import fold, rerun
from tradewright.model.control import HALTED
from tradewright.sim.paper import read_book

#: Rests far below the market, and buys each bar; raises at its fifth where it is told to.
RESTS = HEAD + (
    "class Rests(Strategy):\n"
    "    seen: int = 0\n"
    "    def on_bar(self, bar):\n"
    "        self.seen += 1\n"
    "        if {0} and self.seen == 5:\n"
    "            raise ValueError('bug')\n"
    "        if self.seen == 1:\n"
    "            self.buy(7, limit=50)\n"
    "        if self.seen > 1:\n"
    "            self.buy(1)\n"
)


def asked(*arguments: object) -> Said:
    return tradewright(*arguments, "--who", "ann", "--reason", "looks odd", "--json")


def rests(path: Path, raises: bool = False) -> str:
    path.write_text(RESTS.format(raises))
    return f"{path}:Rests"


def test_a_kill_without_an_engine_holds_from_the_next_start_on_until_it_is_re_armed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ref = rests(tmp_path / "rests.py")
    before = play(home, ref, count=5)
    held = engine_of(before).accounts["paper"].positions[0].net
    orders = engine_of(before).orders
    (resting,) = [id for id, state in orders.items() if state.order.limit_units]
    said = asked("kill", "--home", home)
    assert said.code == 0, said.err
    assert said.row == {
        "scope": "all", "state": "HALTED", "who": "ann", "reason": "looks odd",
        "record": fold(home / "journal").sequence, "running": False, "states": {"all": "HALTED"},
        "haltedStrategies": {},
    }  # fmt: skip
    halted = play(home, ref, count=10)
    engine = engine_of(halted)
    assert (engine.states, engine.causes) == ({"all": HALTED}, {"all": "ann"})
    assert engine.orders[resting].status == "CANCELLED"
    assert halted.machine.paper.exchange.working_orders() == [], "the venue has let it go"
    assert engine.accounts["paper"].positions[0].net == held, "nothing was opened"
    assert asked("rearm", "--home", home).row["states"] == {}
    assert engine_of(play(home, ref, count=10)).accounts["paper"].positions[0].net > held
    assert rerun(home / "journal").differences == []


def test_a_strategy_whose_bug_is_mended_goes_on_once_it_is_re_armed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    play(home, rests(tmp_path / "rests.py", True), count=10)
    ref = rests(tmp_path / "rests.py")
    assert strategy_of(play(home, ref, count=5)).seen == 0
    answer = asked("rearm", "strategy:Rests", "--home", home).row
    assert (answer["state"], answer["haltedStrategies"]) == ("ACTIVE", {})
    assert strategy_of(play(home, ref, count=5)).seen == 5


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("kill", "acount:paper"), 1, "scope 'acount:paper': it is all, or one or more of"),
        (("kill", "account:Paper"), 1, "there is no account 'Paper'; there is paper"),
        (("rearm", "symbol:ACNE"), 1, "there is no symbol 'ACNE'; there is ACME"),
        (("kill", "--close"), 4, "no engine runs in "),
        (("kill", "strategy:Rests", "--close"), 2, "closing goes by account or symbol, or all of it"),
    ],
)
def test_what_can_not_be_done_is_one_sentence_and_leaves_the_journal_alone(
    arguments: tuple[str, ...], code: int, words: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    play(home, rests(tmp_path / "rests.py"), count=5)
    before = fold(home / "journal").sequence
    said = asked(*arguments, "--home", home)
    assert (said.code, said.row["exitCode"]) == (code, code)
    assert words in said.row["error"]
    assert fold(home / "journal").sequence == before


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """A demo until it is stopped, in a process of its own; its folder's path is longer than a socket's may be."""
    home = tmp_path / ("long" * 30) / "home"
    demo = subprocess.Popen(
        [sys.executable, "-m", "tradewright", "demo", "--seconds", "0", "--home", str(home), "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield home, demo
    finally:
        demo.kill()
        demo.communicate()


def wait_for(demo: subprocess.Popen[str], what: Any) -> None:
    ends = time.monotonic() + 60
    while not what():
        assert demo.poll() is None and time.monotonic() < ends, demo.communicate()
        time.sleep(0.05)


def test_a_running_engine_is_killed_and_closed_over_its_socket(running: tuple[Path, subprocess.Popen[str]]) -> None:
    home, demo = running

    def holds() -> bool:
        return any(read_book(home / "paper.db").positions.get("paper", {}).values())

    wait_for(demo, lambda: (home / "control").exists() and holds())
    answer = asked("kill", "--close", "--home", home).row
    assert (answer["running"], answer["states"]) == (True, {"all": "HALTED"})
    assert (home / "control").stat().st_mode & 0o777 == 0o600
    wrong = asked("kill", "account:nobody", "--home", home)
    assert wrong.code == 1 and "there is no account 'nobody'; there is paper" in wrong.row["error"]
    wait_for(demo, lambda: not holds())
    assert asked("kill", "account:paper", "--reducing", "--home", home).row["states"] == {
        "account:paper": "REDUCING", "all": "HALTED",
    }  # fmt: skip
    demo.send_signal(signal.SIGINT)
    out, err = demo.communicate(timeout=60)
    assert (demo.returncode, err, json.loads(out)["conserved"]) == (0, "", True)
    assert not (home / "control").exists()
    assert rerun(home / "journal").differences == []
    assert not any(read_book(home / "paper.db").positions["paper"].values())


def test_who_says_nothing_or_nonsense_to_a_running_engine_does_not_stop_it(
    running: tuple[Path, subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, demo = running
    wait_for(demo, (home / "control").exists)
    monkeypatch.chdir(home)
    for line in (b"", b"hello\n", b'{"scope": 7}\n', b"x" * 10_000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect("control")
            connection.sendall(line)
    good = {"ask": "state", "scope": "all", "state": 3, "who": "ann", "reason": ""}
    for bad in ({"state": 9}, {"state": 0}, {"who": ""}):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect("control")
            connection.sendall(json.dumps(good | bad).encode() + b"\n")
            assert next(iter(bad)) in json.loads(connection.makefile().readline())["error"]
    assert asked("kill", "symbol:BTCUSD", "--home", home).row["states"] == {"symbol:BTCUSD": "HALTED"}


def test_a_run_whose_holder_does_not_answer_is_said_to_be_locked(tmp_path: Path) -> None:
    from tradewright.adapters.journal import AccountLock

    home = tmp_path / "home"
    play(home, rests(tmp_path / "rests.py"), count=5)
    with AccountLock(home, "paper"):
        said = asked("kill", "--home", home)
    assert said.code == 1 and "it does not answer, so stop it first" in said.row["error"]
