"""Each pattern on hand-made cases: what completes it, and what looks like it and does not."""

from __future__ import annotations

import pytest

from tests.unit.signal.patterns.cases import CASES, PATTERNS, Case, cases_of

LINES = [
    pytest.param(name, case, id=f"{name}: {case.name}") for name in PATTERNS for both in cases_of(name) for case in both
]


@pytest.mark.parametrize(("pattern", "case"), LINES)
def test_a_pattern_says_what_the_case_says(pattern: str, case: Case) -> None:
    says = PATTERNS[pattern]()
    *_, last = [says(token) for token in case.fed]
    assert last == case.expected


def test_each_pattern_has_at_least_five_cases_that_complete_it_and_five_that_do_not() -> None:
    assert {path.stem for path in CASES.iterdir()} == set(PATTERNS)
    for name in PATTERNS:
        positive, negative = cases_of(name)
        assert len(positive) >= 5 and all(case.expected for case in positive), name
        assert len(negative) >= 5 and not any(case.expected for case in negative), name
