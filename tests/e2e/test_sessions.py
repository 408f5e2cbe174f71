"""Sessions of data files: what `--calendar` says is kept by limits, exits, orders and the exchange, in `backtest` and
`demo` alike; without it a market never closes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Said, tradewright
from tests.e2e.judge import DECISION, FILLED, records
from tests.e2e.markets import MINUTE, OPENS, bars
from tradewright.model.event import EXPIRED

#: New York's day has 390 minutes; the next one opens 1,440 minutes behind its begin.
CLOSES, NEXT = OPENS + 390 * MINUTE, OPENS + 1_440 * MINUTE
SCRIPT = """
from tests.e2e.strategies import Scripted

class Timed(Scripted):
    script = {script}
"""
LATE = {"bar 380": [["buy", {"size": 10}]], "bar 385": [["close", {}]], "bar 400": [["buy", {"size": 5}]]}
BOTH_WAYS = ("backtest", "demo")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day, its night, and an hour of the next day."""
    return bars(tmp_path_factory.mktemp("data") / "acme.csv", 1_500, ("ACME",))


def played(way: str, script: dict[str, Any], data: Path, folder: Path, *words: str, **limits: object) -> Said:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "timed.py").write_text(SCRIPT.format(script=script))
    # A backtest's account has no limits but those that are given, a demo's has some beneath them.
    named = {"maxOrderValue": 1_000_000, **limits}
    account = "main" if way == "backtest" else "paper"
    (folder / "limits.yaml").write_text(json.dumps({"limits": {f"account:{account}": named}}))
    place = ["--journal", folder / "journal"] if way == "backtest" else ["--home", folder]
    said = tradewright(
        way,
        f"{folder / 'timed.py'}:Timed",
        "--data",
        data,
        "--limits",
        folder / "limits.yaml",
        *place,
        *words,
        "--json",
    )
    assert said.code == 0, said.err
    return said


def of_kind(folder: Path, kind: int) -> list[list[Any]]:
    return [row for row in records(folder / "journal") if row[0] == kind]


def codes(folder: Path) -> list[list[str]]:
    """By decision, what did not pass."""
    return [[check[0] for check in row[8] if not check[1]] for row in of_kind(folder, DECISION)]


@pytest.mark.parametrize("way", BOTH_WAYS)
def test_nothing_is_opened_in_a_closed_market_where_a_session_is_asked_for(
    way: str, data: Path, tmp_path: Path
) -> None:
    said = played(way, LATE, data, tmp_path / "closed", "--calendar", "us-equity", requireMarketSession=True)
    assert [set(refused) for refused in codes(tmp_path / "closed")] == [set(), set(), {"MARKET_CLOSED"}]
    assert not any("refuses nothing" in remark for remark in said.row["remarks"])
    always = played(way, LATE, data, tmp_path / "always", requireMarketSession=True)
    assert codes(tmp_path / "always") == [[], [], []]
    assert any("requireMarketSession refuses nothing in ACME" in remark for remark in always.row["remarks"])


@pytest.mark.parametrize("way", BOTH_WAYS)
def test_the_exchange_fills_nothing_in_the_night_and_ends_what_is_good_for_a_day_with_it(
    way: str, data: Path, tmp_path: Path
) -> None:
    script = {
        "bar 300": [["buy", {"size": 1, "limit": "0.50", "tif": "day"}]], "bar 400": [["buy", {"size": 5}]],
    }  # fmt: skip
    for name, words in (("sessions", ("--calendar", "ACME=us-equity")), ("always", ())):
        played(way, script, data, tmp_path / name, *words)
    (ended,), (filled,) = of_kind(tmp_path / "sessions", EXPIRED), of_kind(tmp_path / "sessions", FILLED)
    assert ended[1] == CLOSES and NEXT < filled[1] <= NEXT + 2 * MINUTE
    (ended,), (filled,) = of_kind(tmp_path / "always", EXPIRED), of_kind(tmp_path / "always", FILLED)
    # The day of what never closes turns at midnight UTC.
    assert ended[1] == OPENS + 570 * MINUTE and filled[1] < OPENS + 403 * MINUTE


@pytest.mark.parametrize("way", BOTH_WAYS)
def test_an_opening_waits_for_the_next_session_and_goes_then(way: str, data: Path, tmp_path: Path) -> None:
    script = {"bar 400": [["buy", {"size": 5, "tif": "gtc"}]]}
    words = ("--calendar", "us-equity")
    played(way, script, data, tmp_path, *words, requireMarketSession=True, queueWhenClosed=True)
    assert any(check[0] == "OPENS_LATER" for row in of_kind(tmp_path, DECISION) for check in row[8])
    (filled,) = of_kind(tmp_path, FILLED)
    assert NEXT < filled[1] <= NEXT + 3 * MINUTE


@pytest.mark.parametrize("way", BOTH_WAYS)
def test_an_exit_goes_before_the_close(way: str, data: Path, tmp_path: Path) -> None:
    script = {"bar 300": [["buy", {"size": 5, "exit_before_close": 600}]]}
    played(way, script, data, tmp_path / "sessions", "--calendar", "us-equity")
    bought, sold = of_kind(tmp_path / "sessions", FILLED)
    assert bought[1] < CLOSES - 60 * MINUTE and CLOSES - 10 * MINUTE <= sold[1] < CLOSES
    played(way, script, data, tmp_path / "always")
    assert len(of_kind(tmp_path / "always", FILLED)) == 1


def test_both_ways_leave_the_same_fills(data: Path, tmp_path: Path) -> None:
    fills = []
    for way in BOTH_WAYS:
        words = ("--calendar", "us-equity", *(("--fee", "bps:2") if way == "backtest" else ()))
        played(way, LATE, data, tmp_path / way, *words)
        fills.append([row[3:] for row in of_kind(tmp_path / way, FILLED)])
    assert len(fills[0]) == 3 and fills[0] == fills[1]


def test_a_run_goes_on_with_the_calendar_that_it_began_with(data: Path, tmp_path: Path) -> None:
    played("demo", LATE, data, tmp_path, "--calendar", "us-equity")
    strategy = f"{tmp_path / 'timed.py'}:Timed"
    said = tradewright("demo", strategy, "--data", data, "--home", tmp_path, "--calendar", "forex")
    assert said.code == 1
    assert "its calendar is 'us-equity' in the journal and 'forex' in this start" in " ".join(said.err.split())


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--calendar", "nyse"], 2, "calendar 'nyse' is not one of always, us-equity, forex, metals"),
        (["--calendar", "NOPE=forex"], 1, "a calendar is given for NOPE, and there is only ACME"),
        (["--calendar", "forex", "--calendar", "metals"], 2, "the data has the calendar 'forex' already"),
        (["--calendar", "ACME=forex", "--calendar", "ACME=metals"], 2, "ACME has the calendar 'forex' already"),
    ],
    ids=str,
)
@pytest.mark.parametrize("way", BOTH_WAYS)
def test_a_calendar_that_can_not_be_is_one_sentence(
    way: str, words: list[str], code: int, sentence: str, data: Path, tmp_path: Path
) -> None:
    place = ["--home", tmp_path / "home"] if way == "demo" else []
    said = tradewright(way, "sma_cross", "--data", data, *place, *words)
    assert (said.code, sentence in " ".join(said.err.split())) == (code, True), said.err


def test_the_synthetic_market_has_its_own(tmp_path: Path) -> None:
    said = tradewright("demo", "--calendar", "us-equity", "--home", tmp_path / "home")
    assert said.code == 2 and "--calendar is of data files" in said.err
