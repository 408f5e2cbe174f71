"""Figures and weights of a scoreboard: cases worked out by hand, and what holds whatever the figures are."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tradewright.model.errors import InputError
from tradewright.performance.shrinkage import Figures, figures
from tradewright.signal.weights import PPM_ONE, check_bounds, equal_shares, weigh

CASES = Path(__file__).with_name("scoreboards.txt")


class Case(NamedTuple):
    """Terms by name; per strategy its results, its figures, the weight before ("" = none), the weight and score."""

    name: str
    terms: dict[str, str]
    results: dict[str, list[int]]
    figures: dict[str, list[str]]
    before: dict[str, str]
    weights: dict[str, list[str]]


def cases() -> list[Case]:
    """The cases of the page."""
    found: list[Case] = []
    for block in re.split(r"\n\n+", CASES.read_text()):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        name, _, terms = lines[0].rpartition(": ")
        case = Case(name, dict(term.split() for term in terms.split(", ")), {}, {}, {}, {})
        for line in lines[1:]:
            strategy, made, own, weights = re.fullmatch(r"(\w+): (.*?)-> (.*); (.*)", line).groups()  # type: ignore[union-attr]
            case.results[strategy] = [int(day) for day in made.split()]
            case.figures[strategy] = own.split()
            before, after = weights.split(" -> ")
            if before != "-":
                case.before[strategy] = before
            case.weights[strategy] = after.split()
        found.append(case)
    return found


def ppm(percent: str) -> int:
    return int(Decimal(percent) * 10_000)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_scoreboard_worked_out_by_hand(case: Case) -> None:
    found = figures(case.results, int(case.terms["shrink"]))
    said = {name: Figures(*[int(Decimal(text) * 10**9) for text in own]) for name, own in case.figures.items()}
    assert found == said
    bounds = [ppm(case.terms[name]) for name in ("equal", "floor", "cap", "change")]
    t_stats = {name: own.t_stat for name, own in found.items()}
    made = weigh(t_stats, {name: ppm(weight) for name, weight in case.before.items()}, *bounds)
    assert {weight.strategy: [weight.weight_ppm, weight.score_ppm] for weight in made} == {
        name: [ppm(weight), ppm(score)] for name, (weight, score) in case.weights.items()
    }


def test_there_are_enough_cases() -> None:
    assert len(cases()) >= 10


PARTS = st.integers(0, PPM_ONE)
STATS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(-(10**11), 10**11), min_size=1)


def bounded(count: int, floor: int, cap: int) -> tuple[int, int]:
    """Bounds between which so many weights can be the whole."""
    return floor // count, max(cap, -(-PPM_ONE // count))


@given(STATS, st.lists(STATS, max_size=3), PARTS, PARTS, PARTS, st.integers(1, PPM_ONE))
def test_the_sum_the_cap_the_floor_and_the_step_hold_whatever_the_figures_are(
    t_stats: dict[str, int], later: list[dict[str, int]], equal: int, floor: int, cap: int, change: int
) -> None:
    names = sorted(t_stats)
    floor, cap = bounded(len(names), floor, cap)
    check_bounds(len(names), floor, cap, "these")
    before: dict[str, int] = {}
    for stats in [t_stats, *later]:
        own = {name: stats.get(name, 0) for name in names}
        made = weigh(own, before, equal, floor, cap, change)
        weights = {weight.strategy: weight.weight_ppm for weight in made}
        held = before or equal_shares(names)
        assert sum(weights.values()) == PPM_ONE
        assert sum(weight.equal_ppm for weight in made) == PPM_ONE
        for name, weight in weights.items():
            assert floor <= weight <= cap
            assert abs(weight - held[name]) <= change
        before = weights


@given(STATS, PARTS)
def test_without_bounds_who_is_better_weighs_as_much_or_more(t_stats: dict[str, int], equal: int) -> None:
    made = {weight.strategy: weight.weight_ppm for weight in weigh(t_stats, {}, equal, 0, PPM_ONE, PPM_ONE)}
    for one in made:
        for other in made:
            if t_stats[one] > t_stats[other]:
                assert made[one] >= made[other] - 1, "but for what does not divide"


@given(STATS)
def test_equal_weights_change_no_size(t_stats: dict[str, int]) -> None:
    for weight in weigh(t_stats, {}, PPM_ONE, 0, PPM_ONE, PPM_ONE):
        assert weight.weight_ppm == weight.equal_ppm
        assert weight.factor_ppm == PPM_ONE


@given(st.integers(1, 40), PARTS, PARTS)
def test_bounds_that_can_not_be_kept_are_refused_and_others_are_not(count: int, floor: int, cap: int) -> None:
    assume(floor <= cap)
    possible = floor * count <= PPM_ONE <= cap * count
    if possible:
        check_bounds(count, floor, cap, "these")
        weigh({f"s{at}": at for at in range(count)}, {}, 0, floor, cap, PPM_ONE)
        return
    with pytest.raises(InputError, match=r"together, (less|more) than the whole"):
        check_bounds(count, floor, cap, "these")


def test_a_refusal_names_what_to_change() -> None:
    with pytest.raises(InputError) as refused:
        check_bounds(3, 0, 300_000, "what runs alone")
    assert str(refused.value) == (
        "weights of what runs alone: 3 of at most 30 % are 90 % together, less than the whole; raise capPercent"
    )


def test_a_group_that_changed_begins_at_equal_shares() -> None:
    before = {"a": 900_000, "b": 100_000}
    made = {weight.strategy: weight.weight_ppm for weight in weigh({"a": 1, "c": 0}, before, 0, 0, PPM_ONE, 10_000)}
    assert made == {"a": 510_000, "c": 490_000}
