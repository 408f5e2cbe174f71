"""Budgets: what the venue counts is never exceeded, and the reserve stays for what reduces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.adapters.net.budget import SECOND_NS, Budget, retry_after
from tradewright.model.errors import InputError
from tradewright.ports import HttpAnswer

MINUTE_NS = 60 * SECOND_NS


def test_a_window_gives_what_is_left_of_it_and_then_the_next_one() -> None:
    budget = Budget(100, MINUTE_NS)
    budget.take(60, 5)
    assert budget.wait(40, 6) == 0
    assert budget.wait(41, 6) == MINUTE_NS - 6
    assert budget.wait(41, MINUTE_NS) == 0


def test_the_reserve_is_for_the_urgent_alone() -> None:
    budget = Budget(100, MINUTE_NS, reserve=20)
    budget.take(80, 0)
    assert budget.wait(1, 1) == MINUTE_NS - 1
    assert budget.wait(20, 1, urgent=True) == 0
    assert budget.wait(21, 1, urgent=True) == MINUTE_NS - 1


def test_the_venues_own_count_raises_ours_and_never_lowers_it() -> None:
    budget = Budget(100, MINUTE_NS)
    budget.take(50, 0)
    budget.said(90, 1)
    assert budget.wait(11, 2) > 0
    budget.said(10, 3)
    assert budget.wait(11, 4) > 0


def test_after_a_ban_nothing_goes_until_its_end() -> None:
    budget = Budget(100, MINUTE_NS)
    budget.close(3 * MINUTE_NS)
    assert budget.wait(1, 10, urgent=True) == 3 * MINUTE_NS - 10
    assert budget.wait(1, 3 * MINUTE_NS) == 0


def test_a_request_heavier_than_the_budget_goes_in_a_fresh_window() -> None:
    budget = Budget(10, MINUTE_NS)
    assert budget.wait(11, 0) == 0
    budget.take(1, 0)
    assert budget.wait(11, 1) == MINUTE_NS - 1


@pytest.mark.parametrize("terms", [(0, 1, 0), (1, 0, 0), (5, 1, 5), (5, 1, -1)])
def test_a_budget_that_is_none_is_refused(terms: tuple[int, int, int]) -> None:
    with pytest.raises(InputError):
        Budget(*terms)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 40), st.booleans()), max_size=60))
def test_no_window_ever_carries_more_than_its_limit(asked: list[tuple[int, int, bool]]) -> None:
    budget, now = Budget(50, 100, reserve=10), 0
    used: dict[int, int] = {}
    ordinary: dict[int, int] = {}
    for weight, later, urgent in asked:
        now += later
        if budget.wait(weight, now, urgent) == 0:
            budget.take(weight, now)
            window = now // 100
            used[window] = used.get(window, 0) + weight
            ordinary[window] = max(ordinary.get(window, 0), 0 if urgent else used[window])
    assert all(total <= 50 for total in used.values())
    assert all(total <= 40 for total in ordinary.values())


def test_what_costs_nothing_after_all_is_given_back_within_its_window_alone() -> None:
    budget = Budget(10, 60 * SECOND_NS)
    budget.take(4, 1)
    budget.take(3, 2)
    budget.give_back(3, 2, 5)
    assert budget.used == 4
    budget.take(2, 61 * SECOND_NS)
    budget.give_back(4, 1, 62 * SECOND_NS)
    assert budget.used == 2
    budget.give_back(5, 61 * SECOND_NS, 62 * SECOND_NS)
    assert budget.used == 0


@pytest.mark.parametrize(
    ("said", "wait"),
    [("3", 3), ("0", 0), ("", None), ("-1", None), ("1.5", None), ("Wed, 21 Oct", None), ("٣", None), ("9" * 8, None)],
)
def test_a_wait_that_an_answer_states_is_whole_seconds_or_none(said: str, wait: int | None) -> None:
    expected = None if wait is None else wait * SECOND_NS
    assert retry_after(HttpAnswer(429, {"retry-after": said} if said else {}, b"")) == expected
