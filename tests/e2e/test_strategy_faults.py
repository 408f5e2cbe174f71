"""A strategy that misbehaves in a running session is stopped alone; everything else goes on, the books are right."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import tradewright
from tests.e2e.faulty import GONE
from tests.e2e.judge import SUBMIT, Witness, judge
from tests.e2e.markets import bars
from tests.e2e.nursery import Nursery
from tests.project import ROOT
from tradewright.prove.crash import DEAD

FILE = ROOT / "tests/e2e/faulty.py"
STRATEGY_HALTED, TRADING_STATE_SET = 65, 32


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as mother:
        yield mother


def play(nursery: Nursery, home: Path, *names: str, code: int = 0, stop: tuple[str, ...] = ()) -> None:
    """A demo of these strategies in a process of its own; their file lies beside the home. stop: where it is to die."""
    data, file = home.parent / "bars.csv", home.parent / FILE.name
    if not data.exists():
        bars(data, count=80)
        shutil.copy(FILE, file)
    strategies = [f"{file}:{name}" for name in names]
    ended = nursery.run([*stop, "--", *strategies, "--data", str(data), "--home", str(home)])
    assert ended.code == code, ended


def orders_of(seen: Witness, strategy: str, rows: list[list[Any]]) -> int:
    return sum(1 for row in rows if row[0] == SUBMIT and seen.orders[row[2]][2] == strategy)


def check_alone(seen: Witness, bad: str, halted: list[Any]) -> None:
    """The bad one ordered before it was halted and no more; the steady one went on."""
    at = seen.rows.index(halted)
    assert orders_of(seen, bad, seen.rows[:at]) > 0
    assert orders_of(seen, bad, seen.rows[at:]) == 0
    assert orders_of(seen, "Steady", seen.rows[at:]) > 10


def alone(nursery: Nursery, home: Path) -> list[tuple[object, ...]]:
    """What the steady one trades when nobody else is there."""
    play(nursery, home, "Steady")
    return judge(home).trades()


@pytest.mark.parametrize(
    ("bad", "code", "words"),
    [("Raising", "STRATEGY_RAISED", "ZeroDivisionError: no range today"), ("Hoarding", "STRATEGY_STATE", "'highs'")],
)
def test_one_that_raises_or_keeps_what_it_may_not_is_halted_alone(
    nursery: Nursery, bad: str, code: str, words: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    play(nursery, home, "Steady", bad)
    seen = judge(home)
    (halted,) = [row for row in seen.rows if row[0] == STRATEGY_HALTED]
    assert halted[2:4] == [bad, code] and words in halted[4]
    check_alone(seen, bad, halted)
    assert "never to be sent" not in str(seen.rows)
    assert [trade for trade in seen.trades() if trade[0] == "Steady"] == alone(nursery, tmp_path / "alone")


def test_one_that_hides_what_can_not_be_stored_is_halted_when_its_state_is_taken(
    nursery: Nursery, tmp_path: Path
) -> None:
    """The session ends well, its snapshot holds the others, and the next one trades on without it."""
    home = tmp_path / "home"
    play(nursery, home, "Steady", "Smuggling")
    seen = judge(home)
    assert seen.rows[-1][:5] == [TRADING_STATE_SET, seen.rows[-1][1], "strategy:Smuggling", 3, "snapshot"]
    assert seen.rows[-1][5].startswith("STRATEGY_STATE: Smuggling: field kept: a Bar can not be stored")
    assert list((home / "journal" / "snapshots").iterdir())
    bars(tmp_path / "bars.csv", count=160)
    play(nursery, home, "Steady", "Smuggling")
    check_alone(judge(home), "Smuggling", seen.rows[-1])


def test_it_stays_halted_after_a_restart(nursery: Nursery, tmp_path: Path) -> None:
    home = tmp_path / "home"
    play(nursery, home, "Steady", "Raising")
    play(nursery, home, "Steady", "Raising")
    assert len([row for row in judge(home).rows if row[0] == STRATEGY_HALTED]) == 1


@pytest.mark.parametrize("bad", ["Ending", "EndingAtAFill"])
def test_one_that_ended_the_process_twice_on_the_same_event_is_quarantined(
    nursery: Nursery, bad: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    play(nursery, home, "Steady", bad, code=GONE)
    play(nursery, home, "Steady", bad, code=GONE)
    play(nursery, home, "Steady", bad)
    seen = judge(home)
    (halted,) = [row for row in seen.rows if row[0] == TRADING_STATE_SET]
    assert halted[2:5] == [f"strategy:{bad}", 3, "watch"]
    assert halted[5].startswith(f"STRATEGY_QUARANTINED: the process ended 2 times while {bad}:")
    check_alone(seen, bad, halted)


def test_one_that_ended_the_process_once_goes_on(nursery: Nursery, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "bad luck").touch()
    play(nursery, home, "Steady", "EndingOnce", code=GONE)
    assert not (tmp_path / "bad luck").exists()
    play(nursery, home, "Steady", "EndingOnce")
    seen = judge(home)
    assert [row for row in seen.rows if row[0] in (TRADING_STATE_SET, STRATEGY_HALTED)] == []
    assert orders_of(seen, "EndingOnce", seen.rows) > 10


def test_one_that_only_ran_before_the_process_died_is_not_blamed(nursery: Nursery, tmp_path: Path) -> None:
    """Dead right behind a step, again and again at the same event: by then every strategy has come back."""
    home = tmp_path / "home"
    for hit in (60, 4, 4, 5, 5, 6, 6, 7, 7):
        play(nursery, home, "Steady", code=DEAD, stop=("--point", "live-after-step", "--hit", str(hit)))
    play(nursery, home, "Steady")
    assert [row for row in judge(home).rows if row[0] == TRADING_STATE_SET] == []


#: Strategies that share one session with a steady one, and why each of them is halted.
SHARED = {
    "Leaving": "STRATEGY_RAISED: SystemExit: that is all",
    "Throwing": "STRATEGY_RAISED: BaseException: half a \\ud800 and a second line",
    "Closing": "STRATEGY_RAISED: GeneratorExit: ",
    "Unspeakable": "STRATEGY_RAISED: Mute: its message can not be read (ValueError)",
    "Garbled": "STRATEGY_RAISED: InputError: Garbled: reason 'half a \\ud800' has half a character",
    "Rambling": "STRATEGY_RAISED: InputError: Rambling: reason has 10000000 characters, more than 10000",
    "Endless": "STRATEGY_STATE: Endless: field kept: it holds itself, or lies more than 64 deep",
    "Huge": "STRATEGY_STATE: Huge: field number: a number of more than 8192 bits can not be stored",
    "Halved": "STRATEGY_STATE: Halved: field text: a text with half a character",
}


def test_whatever_one_raises_or_keeps_the_others_go_on(tmp_path: Path) -> None:
    """What ends a program, what no program expects, and what can neither be stored nor written down."""
    data = bars(tmp_path / "bars.csv", 40, ("ACME",))
    refs = [f"{FILE}:{name}" for name in ("Steady", *SHARED)]
    said = tradewright("demo", *refs, "--data", data, "--home", tmp_path / "home", "--json")
    assert said.code == 1
    assert list(said.row["halted"]) == sorted(SHARED)
    for name, why in SHARED.items():
        assert said.row["halted"][name].startswith(why), name
    seen = judge(tmp_path / "home")
    last = max(at for at, row in enumerate(seen.rows) if row[0] == STRATEGY_HALTED)
    assert orders_of(seen, "Steady", seen.rows[last:]) > 5


def test_a_backtest_goes_on_without_one_that_wants_to_leave(tmp_path: Path) -> None:
    data = bars(tmp_path / "bars.csv", 40, ("ACME",))
    said = tradewright("backtest", f"{FILE}:Leaving", "--data", data, "--json")
    assert (said.code, said.row["halted"]) == (1, {"Leaving": SHARED["Leaving"]})
