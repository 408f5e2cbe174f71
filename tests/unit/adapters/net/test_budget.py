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


def test_a_clock_that_was_an_hour_ahead_blocks_nothing_once_it_is_right() -> None:
    budget, hour = Budget(100, MINUTE_NS, reserve=20), 3_600 * SECOND_NS
    budget.take(1, 2 * hour)
    budget.shift(-hour)
    for second in range(0, 600, 10):
        now = hour + second * SECOND_NS
        if budget.wait(10, now) == 0:
            budget.take(10, now)
        assert budget.wait(10, now) <= MINUTE_NS
        assert budget.wait(10, now, urgent=True) == 0
    assert budget.used <= 80


@pytest.mark.parametrize("by", [-3_600, -61, 61, 3_600])
def test_what_is_forbidden_for_a_while_ends_as_it_was_said_where_the_clock_is_measured_anew(by: int) -> None:
    budget, day, step = Budget(100, MINUTE_NS), 86_400 * SECOND_NS, by * SECOND_NS
    assert budget.wait(1, day) == 0
    budget.close(day + 30 * SECOND_NS)
    budget.shift(step)
    assert budget.wait(1, day + step + 10 * SECOND_NS) == 20 * SECOND_NS
    assert budget.wait(1, day + step + 30 * SECOND_NS, urgent=True) == 0


def test_what_is_forbidden_for_a_while_is_so_no_longer_than_was_said_where_our_clock_is_set_back() -> None:
    budget, day = Budget(100, MINUTE_NS), 86_400 * SECOND_NS
    assert budget.wait(1, day) == 0
    budget.close(day + 30 * SECOND_NS)
    back = day - 3_600 * SECOND_NS
    assert budget.wait(1, back) == 30 * SECOND_NS
    assert budget.wait(1, back + 30 * SECOND_NS) == 0


def test_a_clock_that_differs_by_a_little_at_the_edge_of_a_window_forgets_nothing_that_was_used() -> None:
    budget = Budget(100, MINUTE_NS)
    budget.take(90, 5 * MINUTE_NS + 1)
    assert budget.wait(20, 5 * MINUTE_NS - 1) == MINUTE_NS + 1
    assert budget.wait(20, 5 * MINUTE_NS + 2) > 0
    assert budget.wait(20, 6 * MINUTE_NS) == 0


def test_a_budget_of_other_terms_goes_on_with_what_was_used_and_forbidden() -> None:
    before, after = Budget(100, MINUTE_NS), Budget(50, MINUTE_NS)
    before.take(45, MINUTE_NS)
    before.close(MINUTE_NS + 10)
    after.succeed(before)
    assert after.wait(1, MINUTE_NS) == 10
    assert after.wait(6, MINUTE_NS + 10) == MINUTE_NS - 10
    assert after.wait(5, MINUTE_NS + 10) == 0
