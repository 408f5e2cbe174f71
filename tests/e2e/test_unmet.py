"""What a strategy asks for and nothing comes of: its record, once, and what `explain` says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.command import tradewright
from tests.e2e.desk import MINUTE, Desk, Script, share
from tests.e2e.test_stance import asked, journaled, rows
from tradewright.app.history import last_story
from tradewright.core.unmet import KEPT_MAX
from tradewright.model.event import WISH_UNMET

#: An order at a limit far below, and one that fills with the next bar.
REST: list[Any] = ["buy", {"size": 5, "limit": 50}]
BUY: list[Any] = ["buy", {"size": 5}]


def unmet(desk: Desk) -> list[tuple[str, str, str]]:
    """(wish, order, code) of each record."""
    found = [msgspec.json.decode(record) for record in desk.journal.records]
    return [tuple(row[5:8]) for row in found if row[0] == WISH_UNMET]


def played(script: Script, bars: int = 10, **terms: Any) -> Desk:
    desk = Desk(script, **terms)
    for _ in range(bars):
        desk.flat(100)
    desk.check_recovery()
    assert desk.recovered().roster.unheld == []  # what was said in the past is not said again
    return desk


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (["cancel", {"order_id": "main-1-99"}], ("cancel", "main-1-99", "UNKNOWN_ID")),
        (["modify", {"order_id": "main-1-99", "size": 1}], ("change", "main-1-99", "UNKNOWN_ID")),
        (["close", {}], ("close", "", "NOT_HELD")),
        (["protect", {"stop_loss": 90}], ("protect", "", "NOT_HELD")),
    ],
)
def test_what_nothing_can_come_of_is_recorded_once_however_often_it_is_asked(
    wish: list[Any], expected: tuple[str, str, str]
) -> None:
    desk = played({f"bar {number}": [wish] for number in range(1, 11)})
    assert unmet(desk) == [expected]


@pytest.mark.parametrize(
    ("asks", "wish"),
    [(["cancel", {"order_id": "$1"}], "cancel"), (["modify", {"order_id": "$1", "size": 1}], "change")],
)
def test_an_order_that_has_ended_is_named_with_its_wish(asks: list[Any], wish: str) -> None:
    """It fills with the second bar; and one that was cancelled before."""
    assert unmet(played({"bar 1": [BUY], "bar 4": [asks], "bar 5": [asks]})) == [(wish, "main-1-1", "ORDER_ENDED")]
    cancelled: Script = {"bar 1": [REST], "bar 2": [["cancel", {"order_id": "$1"}]], "bar 4": [asks]}
    assert unmet(played(cancelled)) == [(wish, "main-1-1", "ORDER_ENDED")]


def test_another_strategy_s_order_is_not_known() -> None:
    desk = Desk({"bar 1": [REST]}, {"bar 2": [["cancel", {"order_id": "main-1-1"}]]})
    for _ in range(4):
        desk.flat(100)
    assert unmet(desk) == [("cancel", "main-1-1", "UNKNOWN_ID")]
    assert desk.engine.orders["main-1-1"].is_open()


def test_what_comes_to_something_leaves_no_such_record() -> None:
    script: Script = {
        "bar 1": [BUY, REST], "bar 3": [["protect", {"stop_loss": 90}], ["modify", {"order_id": "$2", "size": 4}]],
        "bar 4": [["cancel", {"order_id": "$2"}], ["close", {}]],
    }  # fmt: skip
    desk = played(script)
    assert unmet(desk) == [] and desk.is_idle()


def test_after_a_decision_the_same_wish_is_recorded_again() -> None:
    close: list[Any] = ["close", {}]
    script: Script = {"bar 1": [close], "bar 2": [close], "bar 3": [BUY], "bar 5": [close], "bar 8": [close, close]}
    assert unmet(played(script)) == [("close", "", "NOT_HELD")] * 2


def test_a_decision_of_another_symbol_makes_nothing_of_this_one_new() -> None:
    instruments = [share(), share("ZETA")]
    close: list[Any] = ["close", {"symbol": "ACME"}]
    script: Script = {
        "bar 1": [close], "bar 2": [["buy", {"size": 1, "symbol": "ZETA"}]], "bar 5": [close], "bar 6": [close],
    }  # fmt: skip
    desk = Desk(("Pair", {"script": script}), instruments=instruments)
    for _ in range(4):
        desk.bar(100, 100, 100, 100, symbol="ACME")
        desk.bar(100, 100, 100, 100, symbol="ZETA")
    assert unmet(desk) == [("close", "", "NOT_HELD")]


def test_ever_new_wishes_do_not_fill_the_journal() -> None:
    script: Script = {f"bar {n}": [["cancel", {"order_id": f"main-1-{n}00"}]] for n in range(1, 3 * KEPT_MAX)}
    desk = played(script, 3 * KEPT_MAX)
    assert len(unmet(desk)) == KEPT_MAX


def test_explain_says_what_was_asked_in_vain_and_why(tmp_path: Path) -> None:
    journal = journaled(tmp_path, "Vain")
    first, *_ = found = rows(journal, WISH_UNMET)
    assert [tuple(row[5:8]) for row in found] == [
        ("close", "", "NOT_HELD"), ("cancel", "main-1-1", "ORDER_ENDED"), ("protect", "", "NOT_HELD")
    ]  # fmt: skip
    said = tradewright(*asked(journal, first[1]), "--json").row
    assert said["symbol"] == "ACME" and "orderId" not in said
    assert said["inVain"] == [
        {
            "time": said["inVain"][0]["time"], "strategy": "Vain", "wish": "close", "order": None, "code": "NOT_HELD",
            "reason": "to be sure",
        }
    ]  # fmt: skip
    assert (
        "Vain asked to close (to be sure), and nothing came of it: NOT_HELD"
        in tradewright(*asked(journal, first[1])).out
    )
    last = found[-1][1]
    text = tradewright(*asked(journal, last + MINUTE)).out
    assert "Vain asked to cancel main-1-1, and nothing came of it: ORDER_ENDED that order had ended" in text
    assert "Vain asked to protect, and nothing came of it: NOT_HELD" in text
    assert "asked to close" not in text  # that was before the last decision
    assert "nothing came of it: ORDER_ENDED" in tradewright("explain", "main-1-1", "--journal", journal).out
    assert last_story(journal, "ACME", first[1] + MINUTE).text().count("asked to") == 1
