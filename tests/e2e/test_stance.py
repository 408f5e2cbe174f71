"""Why did it (not) trade: an order tells the signal it came of, and a moment without an order the signal that stood."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.command import tradewright
from tests.e2e.markets import bars
from tradewright.adapters.journal import FileJournal, read
from tradewright.backtest.data import ReadOptions, load
from tradewright.backtest.run import ACCOUNT, RunOptions, run
from tradewright.backtest.strategy_source import specifications
from tradewright.model.event import DECISION, SIGNAL, VOTE
from tradewright.model.moment import moment_text
from tradewright.model.signal import ACTIONS

FILE = Path(__file__).parent / "strategies.py"


def journaled(folder: Path, name: str) -> Path:
    dataset = load([bars(folder / "bars.csv", 120, ("ACME",))], ReadOptions())
    with FileJournal(folder / "journal") as journal:
        run(specifications(f"{FILE}:{name}", ACCOUNT, ("ACME",), {}), dataset, RunOptions(journal=journal))
    return folder / "journal"


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return journaled(tmp_path_factory.mktemp("stance"), "Opinionated")


def asked(journal: Path, time: int) -> tuple[object, ...]:
    return ("explain", "--symbol", "ACME", "--at", moment_text(time), "--journal", journal)


def rows(journal: Path, kind: int) -> list[list[Any]]:
    found = [msgspec.json.decode(record) for _, record in read(journal)]
    return [row for row in found if row[0] == kind]


def test_an_order_tells_the_signal_it_came_of(journal: Path) -> None:
    signals = {row[1]: row for row in rows(journal, SIGNAL)}
    decisions = rows(journal, DECISION)
    assert len(decisions) > 5
    for decision in decisions[:4]:
        order_id, signal = decision[7][0][0], signals[decision[1]]
        story = tradewright("explain", order_id, "--journal", journal, "--json").row["signal"]
        assert (story["action"], story["confidence"]) == (ACTIONS[signal[4]], signal[5])
        assert (story["strategyVersion"], story["paramsHash"]) == (signal[8], signal[9])
        assert story["reason"] == signal[7]
        text = tradewright("explain", order_id, "--journal", journal).out
        assert f"Opinionated: {ACTIONS[signal[4]]} {signal[5]:.2f}, {signal[7]}" in text


def test_a_moment_without_an_order_tells_the_signal_that_stood(journal: Path) -> None:
    decided = {row[1] for row in rows(journal, DECISION)}
    alone = [row for row in rows(journal, SIGNAL) if row[1] not in decided]
    assert {ACTIONS[row[4]] for row in alone} == {"HOLD", "BUY", "SELL"}
    for row in [next(row for row in alone if row[4] == action) for action in ACTIONS]:
        for at in (row[1], row[1] + 1):
            said = tradewright(*asked(journal, at), "--json").row
            assert (said["ordered"], said["strategy"], said["vote"]) == (False, "Opinionated", None)
            assert said["signal"]["time"] == moment_text(row[1])
            assert (said["signal"]["action"], said["signal"]["reason"]) == (ACTIONS[row[4]], row[7])
        text = tradewright(*asked(journal, row[1])).out
        assert f"Opinionated on ACME: {ACTIONS[row[4]]} {row[5]:.2f}, nothing was ordered" in text
        assert row[7] in text and f"price  {said['signal']['price']}" in text


def test_an_ensembles_stance_tells_its_vote_and_no_members_word_stands_for_it(tmp_path: Path) -> None:
    journal = journaled(tmp_path, "Quorum")
    votes = {row[1]: row for row in rows(journal, VOTE)}
    decided = {row[1] for row in rows(journal, DECISION)}
    time = next(time for time, row in votes.items() if time not in decided and any(part[5] for part in row[8]))
    said = tradewright(*asked(journal, time), "--json").row
    assert (said["strategy"], said["ordered"]) == ("Quorum", False)
    parts = said["vote"]["contributions"]
    assert [part["member"] for part in parts] == [part[0] for part in votes[time][8]]
    assert [Decimal(part["contribution"]) * 10**6 for part in parts] == [part[5] for part in votes[time][8]]
    text = tradewright(*asked(journal, time)).out
    assert f"vote   {said['vote']['action']}: score {said['vote']['score']}" in text
    assert all(f"{part['contribution']} {part['member']}: " in text for part in parts)


def test_what_members_say_between_two_votes_does_not_stand_for_the_ensemble(tmp_path: Path) -> None:
    journal = journaled(tmp_path, "Council")
    own = {row[1] for kind in (VOTE, DECISION) for row in rows(journal, kind)}
    between = [row[1] for row in rows(journal, SIGNAL) if row[2] != "Council" and row[1] not in own]
    times = [time for time in between if time > min(own) and time - 60 * 10**9 not in own]
    assert len(times) > 5
    for time in times[:3]:
        said = tradewright(*asked(journal, time), "--json").row
        assert said["strategy"] == "Council"


def test_before_anything_was_said_there_is_nothing_to_tell(journal: Path) -> None:
    said = tradewright(*asked(journal, 10**18))
    assert (said.code, "no decision and no signal on ACME by then" in said.err) == (1, True)


def test_a_symbol_that_no_record_knows_is_named_with_those_there_are(journal: Path) -> None:
    said = tradewright("explain", "--symbol", "acme", "--at", moment_text(10**18), "--journal", journal)
    assert (said.code, "has no symbol 'acme'; it has ACME" in said.err) == (1, True), said.err
