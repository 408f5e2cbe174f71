"""The vote of an ensemble: one exact formula, from the members' ballots to a score and an action.

    score = Σ over both groups of  share(group) × Σ over its members of  action × confidence × weight / weight(group)

action: BUY +1, SELL −1, HOLD 0. confidence: 0 to 1. weight(group): the sum of the weights of all its members, also of
those who said HOLD or nothing: silence and HOLD dilute a vote, they never pass their weight on to the others.

share: `strategyWeightBalance` b divides the verdict between the two groups, 1 − b for the rule-based members and b for
the ML and RL services. A group without any weight takes no part and its share goes to the other one; with b = 0 or 1
the group whose share is 0 decides nothing, even when it is alone.

The action is the score's sign where |score| reaches the threshold, else HOLD; a score of 0 is HOLD. Everything is a
fraction of integers; confidences, weights, balance and threshold are parts per million. The result's confidence is
|score| in ppm, rounded down, and since the threshold is whole ppm, `confidence ≥ threshold` is the exact verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from tradewright.model.errors import InputError
from tradewright.model.numbers import Number, count_of, nearest_count_of
from tradewright.model.signal import HOLD

RULE = "rule"
SERVICE = "service"

PPM_SCALE = 6
PPM_ONE = 1_000_000
#: A weight says how members compare; beyond this somebody has mistaken the unit.
WEIGHT_MAX = 1_000 * PPM_ONE

#: Why a ballot counts nothing, beside the codes of a service's failures (`model.answer`).
MISSING = "MISSING"
STALE = "STALE"
MEMBER_HALTED = "MEMBER_HALTED"
MEMBER_RAISED = "MEMBER_RAISED"
SILENCES = {
    MISSING: "the member has said nothing yet",
    STALE: "what it said last is older than `max_age_seconds`",
    MEMBER_HALTED: "the member is halted",
    MEMBER_RAISED: "the member's callback raised and said nothing since",
}


class Ballot(NamedTuple):
    """What one member said. group: RULE or SERVICE. weight, confidence: ppm. silent: "" = it counts; else the code why
    it does not. age_ns: of what it said, −1 = it has said nothing. reasoning: the member's words."""

    member: str
    group: str
    weight: int
    action: int = HOLD
    confidence: int = 0
    silent: str = ""
    age_ns: int = -1
    reasoning: str = ""


class Tally(NamedTuple):
    """A vote counted. parts: what each ballot added to the score, in their order, as counts of 1 / whole; points:
    their sum. confidence: ppm."""

    action: int
    confidence: int
    points: int
    parts: tuple[int, ...]
    whole: int

    @property
    def score(self) -> Fraction:
        return Fraction(self.points, self.whole)

    def ppm(self, points: int) -> int:
        """A part or the sum for the record: parts per million, cut towards zero."""
        count = abs(points) * PPM_ONE // self.whole
        return count if points >= 0 else -count


def tally(ballots: Sequence[Ballot], balance: int, threshold: int) -> Tally:
    """Count the ballots. balance: 0 = rules only … PPM_ONE = services only; threshold: 1 to PPM_ONE."""
    rules = sum([ballot.weight for ballot in ballots if ballot.group == RULE])
    services = sum([ballot.weight for ballot in ballots if ballot.group == SERVICE])
    shares = (PPM_ONE - balance if rules else 0) + (balance if services else 0)
    # Over one denominator: a rule's part is share × action × confidence × weight × the services' weight.
    factors = {RULE: (PPM_ONE - balance) * (services or 1), SERVICE: balance * (rules or 1)}
    parts = tuple([0 if b.silent else b.action * b.confidence * b.weight * factors[b.group] for b in ballots])
    whole = PPM_ONE * (shares or 1) * (rules or 1) * (services or 1)
    points = sum(parts)
    confidence = abs(points) * PPM_ONE // whole
    action = HOLD if points == 0 or confidence < threshold else 1 if points > 0 else -1
    return Tally(action, confidence, points, parts, whole)


def confidence_ppm(confidence: Number, what: str) -> int:
    """A confidence from 0 to 1 as the nearest ppm, half to even. Raises InputError."""
    count = nearest_count_of(confidence, PPM_SCALE, what)
    if not 0 <= count <= PPM_ONE:
        raise InputError(f"{what}: {confidence} must lie between 0 and 1")
    return count


def setting_ppm(value: Number, low: int, high: int, what: str) -> int:
    """A setting in ppm, exactly; low and high: the ppm it lies between. Raises InputError, also for a finer number."""
    count = count_of(value, PPM_SCALE, what)
    if not low <= count <= high:
        raise InputError(f"{what}: {value} must lie between {low / PPM_ONE:g} and {high / PPM_ONE:g}")
    return count
