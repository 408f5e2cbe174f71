"""The coverage gate closes when any of its parts is below, and when a part was not measured at all."""

from __future__ import annotations

import pytest

from scripts.coverage_gate import GATED, PERCENT_MIN, Summary, failures

FILES = {
    "core": "src/tradewright/core/orders.py",
    "trader": "src/tradewright/trader/trader.py",
    "journal": "src/tradewright/adapters/journal.py",
}


def summary(lines: int, branches: int) -> Summary:
    return {"covered_lines": lines, "num_statements": 100, "covered_branches": branches, "num_branches": 100}


def measured(**parts: Summary) -> dict[str, Summary]:
    return {FILES[part]: parts.get(part, summary(100, 100)) for part in FILES}


def test_each_part_at_the_limit_passes() -> None:
    limit = summary(int(PERCENT_MIN), int(PERCENT_MIN))
    assert failures(measured(core=limit, trader=limit, journal=limit)) == []


@pytest.mark.parametrize("part", GATED)
@pytest.mark.parametrize(("lines", "branches", "kind"), [(94, 100, "lines"), (100, 94, "branches")])
def test_one_percent_less_of_lines_or_branches_in_any_part_fails(
    part: str, lines: int, branches: int, kind: str
) -> None:
    found = failures(measured(**{part: summary(lines, branches)}))
    assert found == [f"{part}: 94.00 % of {kind}, at least 95 % is due"]


@pytest.mark.parametrize("part", GATED)
def test_a_part_that_was_not_measured_fails(part: str) -> None:
    files = measured()
    del files[FILES[part]]
    assert [sentence.partition(":")[0] for sentence in failures(files)] == [part]


def test_a_part_is_judged_as_a_whole() -> None:
    files = measured() | {"src/tradewright/core/ledger.py": summary(91, 100)}
    assert failures(files) == []


def test_code_without_branches_has_nothing_to_miss() -> None:
    no_branches = {"covered_lines": 10, "num_statements": 10, "covered_branches": 0, "num_branches": 0}
    assert failures(measured(trader=no_branches)) == []


def test_other_rooms_are_not_gated() -> None:
    assert failures(measured() | {"src/tradewright/cli.py": summary(0, 0)}) == []
