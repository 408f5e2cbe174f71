"""A new version of a strategy in a session, as a user meets it: bound from its start, free when it has proved itself,
over restarts, in the words of `explain`, and the same when the journal is run again."""

from __future__ import annotations

import json
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import tradewright
from tests.e2e.judge import DECISION, STARTED, records
from tests.e2e.settings_pairs import HERE
from tradewright.app.demo import ACCOUNT, DemoOptions, Session
from tradewright.app.limits_file import scopes_of
from tradewright.app.recovery import folding, snapshot_bytes
from tradewright.core.limits import limits_from
from tradewright.model.control import LimitsSet
from tradewright.model.event import BAR
from tradewright.model.moment import moment_text
from tradewright.trader import Trader

HOUR = 3_600
#: Monday 2026-11-16 00:00 UTC; five days of hourly bars.
BEGIN, HOURS = 1_794_787_200, 120
LIMITS = "limits:\n  canary:\n    maxOrderQuantity: 2\n    canaryDays: 1\n"
EXPIRED = 75
SCOPE = "canary:Scripted"
#: Each version on the day it comes, on its first whole one, and on the one behind that.
FIRST = {
    "bar 2": [["buy", {"size": 1}]], "bar 9": [["buy", {"size": 3}]], "bar 30": [["buy", {"size": 2}]],
    "bar 50": [["buy", {"size": 9}]],
}  # fmt: skip
SECOND = {"bar 2": [["buy", {"size": 3}]], "bar 20": [["buy", {"size": 2}]], "bar 40": [["buy", {"size": 8}]]}


def data(folder: Path) -> Path:
    file = folder / "hours.csv"
    lines = ["ts,symbol,open,high,low,close,volume"]
    lines += [f"{moment_text((BEGIN + hour * HOUR) * 10**9)},ACME,100,100,100,100,1000" for hour in range(HOURS)]
    file.write_text("\n".join(lines) + "\n")
    return file


def session_of(folder: Path, script: dict[str, Any], bars: int) -> Session:
    """A session whose market ends after so many bars."""
    (folder / "limits.yaml").write_text(LIMITS)
    options = DemoOptions(
        folder=folder / "home", files=[data(folder)], strategies=[(f"{HERE}:Scripted", {"script": script})],
        scopes=scopes_of(folder / "limits.yaml", ACCOUNT),
    )  # fmt: skip
    session = Session(options, lambda event, outcome: None)
    session.market = islice(session.market, bars)
    return session


def play(folder: Path, script: dict[str, Any], bars: int) -> None:
    """It is played to its end."""
    with closing(session_of(folder, script, bars)) as session:
        session.run()


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
        (1, []), (3, [SCOPE]), (2, []), (9, []), (3, [SCOPE]), (2, []), (8, []),
    ]  # fmt: skip
    assert [row[2] for row in rows if row[0] == EXPIRED] == [SCOPE] * 2


def test_explain_says_that_it_was_the_canary_s_limit(folder: Path) -> None:
    rows = records(folder / "home" / "journal")
    id = next(row[7][0][0] for row in rows if row[0] == DECISION and not row[6])
    said = tradewright("explain", id, "--journal", folder / "home" / "journal").out
    why = "order quantity 3 (limit 2), while this version of Scripted is new [canary:Scripted, limits 1]"
    assert f"NO  MAX_ORDER_QUANTITY: {why}\n" in said
    row = tradewright("explain", id, "--journal", folder / "home" / "journal", "--json").row
    (check,) = [check for check in row["checks"] if not check["passed"]]
    assert (check["scope"], check["limitVersion"]) == ("canary:Scripted", 1)


def test_its_journal_runs_again_to_the_same(folder: Path) -> None:
    again = tradewright("replay", folder / "home" / "journal", "--verify", "--json").row
    folded = tradewright("replay", folder / "home" / "journal", "--json").row
    assert again["differences"] == [] and again["stateHash"] == folded["stateHash"]


def folded(journal: Path, snapshot: int) -> str:
    """The state that a snapshot of that record, or an older one, and all records behind it leave."""
    trader = Trader(None)
    for _, event, outputs in folding(journal, trader, pytest.fail, snapshot):
        trader.follow(event, outputs)
    return trader.state_hash()


def test_what_persons_make_of_a_version_is_the_same_from_a_snapshot_and_from_zero(tmp_path: Path) -> None:
    """Confirmed, put to the proof again, and for longer than is configured: each act and some days from the snapshot
    behind the act before; then another start."""
    journal = tmp_path / "home" / "journal"
    acts: list[dict[str, Any]] = [{}, {"maxOrderQuantity": 1}, {}, {"maxOrderQuantity": 1, "canaryDays": 30}, {}]
    with closing(session_of(tmp_path, FIRST, HOURS)) as session:
        live, hours, at = session.live, session.market, 0
        assert live.started is not None
        for values in acts:
            live.step(LimitsSet(live.trader.engine.now, SCOPE, limits_from(values).row(), 0, "", "ann", "as she likes"))
            session.market = islice(hours, 20)
            session.run()
            live.journal.wait(live.journal.head.sequence)
            assert folded(journal, at) == live.trader.state_hash(), values
            at = live.journal.head.sequence
            live.journal.snapshot(live.journal.head, snapshot_bytes(live.trader, live.started, live.counts.markets))
    with closing(session_of(tmp_path, FIRST, 5)) as session:
        session.run()
        state = session.live.trader.state_hash()
    assert folded(journal, 0) == state
    kinds = [row[0] for row in records(journal)]
    assert (kinds.count(STARTED), kinds.count(BAR)) == (2, 105)


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
    assert (row["orders"], row["denied"]) == (3, 1)
