"""The vote's formula: against votes worked out by hand, and what holds of every vote."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.model.errors import InputError
from tradewright.model.signal import ACTIONS
from tradewright.signal.vote import PPM_ONE, RULE, SERVICE, Ballot, Tally, confidence_ppm, setting_ppm, tally

FILE = Path(__file__).with_name("votes.txt")
NUMBERS = {name: number for number, name in ACTIONS.items()}


class Worked(NamedTuple):
    """A case of the file. parts: what each ballot adds; confidence: ppm."""

    name: str
    balance: int
    threshold: int
    ballots: list[Ballot]
    parts: list[Fraction]
    score: Fraction
    action: str
    confidence: int


def contributions(counted: Tally) -> list[Fraction]:
    return [Fraction(part, counted.whole) for part in counted.parts]


def counts(text: str) -> int:
    """Whole ppm of a decimal, without the code under test."""
    number = Decimal(text) * 1_000_000
    assert number == int(number)
    return int(number)


def worked() -> list[Worked]:
    text = "\n".join(line for line in FILE.read_text().splitlines() if not line.startswith("#"))
    return [case_of(block.splitlines()) for block in text.strip().split("\n\n")]


def case_of(lines: list[str]) -> Worked:
    name, balance, threshold = (part.strip() for part in lines[0].split("|"))
    ballots, parts = [], []
    for line in lines[1:-1]:
        said, _, part = line.partition("=")
        member, group, weight, action, confidence, *silent = said.split()
        ballots.append(
            Ballot(member, group, counts(weight), NUMBERS[action], counts(confidence), silent[0] if silent else "")
        )
        parts.append(Fraction(part.strip()))
    score, verdict = (part.split() for part in lines[-1].split("|"))
    return Worked(
        name, counts(balance.split()[1]), counts(threshold.split()[1]), ballots, parts, Fraction(score[1]), verdict[0],
        counts(verdict[1]),
    )  # fmt: skip


def test_at_least_twenty_votes_are_worked_out_by_hand() -> None:
    assert len({case.name for case in worked()}) >= 20
    assert all(sum(case.parts) == case.score for case in worked()), "the hand's own sums"


@pytest.mark.parametrize("case", worked(), ids=lambda case: case.name.replace(" ", "-"))
def test_a_vote_equals_the_one_worked_out_by_hand(case: Worked) -> None:
    counted = tally(case.ballots, case.balance, case.threshold)
    assert contributions(counted) == case.parts
    assert counted.score == case.score
    assert (ACTIONS[counted.action], counted.confidence) == (case.action, case.confidence)


BALLOTS = st.lists(
    st.builds(
        Ballot,
        st.text("abc", min_size=1),
        st.sampled_from([RULE, SERVICE]),
        st.integers(0, 5 * PPM_ONE),
        st.sampled_from(sorted(ACTIONS)),
        st.integers(0, PPM_ONE),
        st.sampled_from(["", "", "", "STALE"]),
    ),
    max_size=6,
)


@given(BALLOTS, st.integers(0, PPM_ONE), st.integers(1, PPM_ONE))
def test_contributions_add_up_and_the_verdict_is_the_exact_one(
    ballots: list[Ballot], balance: int, threshold: int
) -> None:
    counted = tally(ballots, balance, threshold)
    assert sum(contributions(counted), Fraction(0)) == counted.score
    assert abs(counted.score) <= 1
    assert (counted.action != 0) == (abs(counted.score) * PPM_ONE >= threshold)
    assert counted.action * counted.score >= 0
    assert 0 <= abs(counted.score) * PPM_ONE - counted.confidence < 1
    for ballot, part in zip(ballots, contributions(counted), strict=True):
        assert part * ballot.action >= 0
        assert part == 0 or not ballot.silent


@given(BALLOTS, st.integers(0, PPM_ONE), st.integers(1, PPM_ONE))
def test_the_mirrored_vote_has_the_mirrored_verdict(ballots: list[Ballot], balance: int, threshold: int) -> None:
    mirrored = [ballot._replace(action=-ballot.action) for ballot in ballots]
    one, other = tally(ballots, balance, threshold), tally(mirrored, balance, threshold)
    assert (other.action, other.confidence, other.score) == (-one.action, one.confidence, -one.score)


@given(BALLOTS, st.integers(0, PPM_ONE))
def test_only_how_weights_compare_counts(ballots: list[Ballot], balance: int) -> None:
    tripled = [ballot._replace(weight=3 * ballot.weight) for ballot in ballots]
    assert contributions(tally(ballots, balance, 1)) == contributions(tally(tripled, balance, 1))


@given(BALLOTS)
def test_at_either_end_of_the_balance_the_other_group_says_nothing(ballots: list[Ballot]) -> None:
    for balance, mute in ((0, SERVICE), (PPM_ONE, RULE)):
        for ballot, part in zip(ballots, tally(ballots, balance, 1).parts, strict=True):
            assert part == 0 or ballot.group != mute


@pytest.mark.parametrize(
    ("confidence", "count"),
    [(0, 0), (1, PPM_ONE), (0.1, 100_000), ("0.3333335", 333_334), ("0.3333325", 333_332), (0.9999999, PPM_ONE)],
)
def test_a_confidence_is_the_nearest_ppm(confidence: float | str, count: int) -> None:
    assert confidence_ppm(confidence, "it") == count


@pytest.mark.parametrize("confidence", [-0.000001, 1.000001, float("nan"), "much"])
def test_what_is_no_confidence_is_refused(confidence: float | str) -> None:
    with pytest.raises(InputError, match="it"):
        confidence_ppm(confidence, "it")


@pytest.mark.parametrize("value", ["0.0000001", "-0.1", "1.1", float("inf")])
def test_a_setting_is_whole_ppm_within_its_bounds(value: float | str) -> None:
    with pytest.raises(InputError, match="balance"):
        setting_ppm(value, 0, PPM_ONE, "balance")


def test_a_recorded_contribution_is_cut_towards_zero() -> None:
    counted = Tally(1, 0, 0, (), 6)
    assert [counted.ppm(2), counted.ppm(-2), counted.ppm(-3)] == [333_333, -333_333, -500_000]
