"""A new version of a strategy in a session, as a user meets it: bound from its start, free when it has proved itself,
over restarts, in the words of `explain`, and the same when the journal is run again."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import tradewright
from tests.e2e.judge import DECISION, STARTED, records
from tests.e2e.settings_pairs import HERE
from tradewright.app.demo import ACCOUNT, DemoOptions, Session
from tradewright.app.limits_file import scopes_of
from tradewright.model.moment import moment_text

HOUR = 3_600
#: Monday 2026-11-16 00:00 UTC; five days of hourly bars.
BEGIN, HOURS = 1_794_787_200, 120
LIMITS = "limits:\n  canary:\n    maxOrderQuantity: 2\n    canaryDays: 1\n"
EXPIRED = 75
#: Of the first version on its first and second day; of the second on the day it comes, on its first whole one, and
#: on the one behind that.
FIRST = {"bar 2": [["buy", {"size": 1}]], "bar 9": [["buy", {"size": 3}]], "bar 30": [["buy", {"size": 9}]]}
SECOND = {"bar 2": [["buy", {"size": 3}]], "bar 20": [["buy", {"size": 2}]], "bar 40": [["buy", {"size": 8}]]}


def data(folder: Path) -> Path:
    file = folder / "hours.csv"
    lines = ["ts,symbol,open,high,low,close,volume"]
    lines += [f"{moment_text((BEGIN + hour * HOUR) * 10**9)},ACME,100,100,100,100,1000" for hour in range(HOURS)]
    file.write_text("\n".join(lines) + "\n")
    return file


def play(folder: Path, script: dict[str, Any], bars: int) -> None:
    """A session that ends after so many bars."""
    (folder / "limits.yaml").write_text(LIMITS)
    options = DemoOptions(
        folder=folder / "home", files=[data(folder)], strategies=[(f"{HERE}:Scripted", {"script": script})],
        scopes=scopes_of(folder / "limits.yaml", ACCOUNT),
    )  # fmt: skip
    session = Session(options, lambda event, outcome: None)
    try:
        session.market = islice(session.market, bars)
        session.run()
    finally:
        session.close()


def go_on(folder: Path, script: dict[str, Any]) -> dict[str, Any]:
    """The same by the command, to the end of the market."""
    settings = folder / "settings.json"
    settings.write_text(json.dumps({"strategies": {"Scripted": {"parameters": {"script": script}}}}))
    said = tradewright(
        "demo", f"{HERE}:Scripted", "--data", data(folder), "--limits", folder / "limits.yaml", "--settings", settings,
        "--home", folder / "home", "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    return said.row


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first version for two days and a half, the second for the rest, which is stopped and taken up too."""
    folder = tmp_path_factory.mktemp("canary")
    play(folder, FIRST, 60)
    play(folder, SECOND, 10)
    row = go_on(folder, SECOND)
    assert row["conserved"] and row["remarks"] == []
    return folder


def test_each_version_is_bound_until_it_has_proved_itself(folder: Path) -> None:
    rows = records(folder / "home" / "journal")
    assert [row[2] for row in rows if row[0] == STARTED] == [1, 2, 3]
    one = 10 ** rows[0][3][0][0][6]
    wanted = [
        (row[7][0][6] // one, [check[7] for check in row[8] if not check[1]]) for row in rows if row[0] == DECISION
    ]
    assert wanted == [
        (1, []), (3, ["canary:Scripted"]), (9, []), (3, ["canary:Scripted"]), (2, []), (8, []),
    ]  # fmt: skip
    assert [row[2] for row in rows if row[0] == EXPIRED] == ["canary:Scripted"] * 2


def test_explain_says_that_it_was_the_canary_s_limit(folder: Path) -> None:
    rows = records(folder / "home" / "journal")
    id = next(row[7][0][0] for row in rows if row[0] == DECISION and not row[6])
    said = tradewright("explain", id, "--journal", folder / "home" / "journal").out
    assert "NO  MAX_ORDER_QUANTITY: order quantity 3 (limit 2), while this version of Scripted is new" in said
    row = tradewright("explain", id, "--journal", folder / "home" / "journal", "--json").row
    (check,) = [check for check in row["checks"] if not check["passed"]]
    assert (check["scope"], check["limitVersion"]) == ("canary:Scripted", 1)


def test_its_journal_runs_again_to_the_same(folder: Path) -> None:
    again = tradewright("replay", folder / "home" / "journal", "--verify", "--json").row
    folded = tradewright("replay", folder / "home" / "journal", "--json").row
    assert again["differences"] == [] and again["stateHash"] == folded["stateHash"]


def test_a_start_says_which_strategies_are_another_version(tmp_path: Path) -> None:
    play(tmp_path, FIRST, 10)
    row = go_on(tmp_path, {**FIRST, "bar 99": []})
    assert row["remarks"] == ["strategy Scripted is another version than at the last start, and begins anew"]


def test_a_backtest_is_bound_alike(tmp_path: Path) -> None:
    (tmp_path / "limits.yaml").write_text(LIMITS)
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"strategies": {"Scripted": {"parameters": {"script": FIRST}}}}))
    row = tradewright(
        "backtest", f"{HERE}:Scripted", "--data", data(tmp_path), "--limits", tmp_path / "limits.yaml", "--settings",
        settings, "--json",
    ).row  # fmt: skip
    assert (row["orders"], row["denied"]) == (2, 1)
