"""A vote in words: as JSON-ready data and as lines for a terminal, from its record alone."""

from __future__ import annotations

from typing import Any

from tradewright.model.decision import Check
from tradewright.model.numbers import text_of
from tradewright.model.signal import ACTIONS
from tradewright.model.vote import Contribution, Vote

#: Weights, confidences and contributions are parts per million.
PPM_SCALE = 6


def vote_row(vote: Vote) -> dict[str, Any]:
    """Numbers as decimal text; ages in seconds, None where a member has said nothing."""
    return {
        "action": ACTIONS[vote.action],
        "score": text_of(vote.score, PPM_SCALE),
        "threshold": text_of(vote.threshold, PPM_SCALE),
        "strategyWeightBalance": text_of(vote.balance, PPM_SCALE),
        "contributions": [contribution_row(part) for part in vote.contributions],
        "validators": [validator_row(check) for check in vote.checks],
    }


def contribution_row(part: Contribution) -> dict[str, Any]:
    return {
        "member": part.member,
        "group": part.group,
        "weight": text_of(part.weight, PPM_SCALE),
        "action": ACTIONS[part.action],
        "confidence": text_of(part.confidence, PPM_SCALE),
        "contribution": text_of(part.contribution, PPM_SCALE),
        "silent": part.silent or None,
        "ageSeconds": None if part.age_ns < 0 else part.age_ns / 1e9,
        "reasoning": part.reasoning,
    }


def validator_row(check: Check) -> dict[str, Any]:
    """value and limit: counts in `unit`."""
    return {
        "code": check.code,
        "passed": check.passed,
        "value": check.value,
        "limit": check.limit,
        "unit": check.unit,
        "text": check.note,
    }


def vote_lines(vote: Vote) -> list[str]:
    """The score, then each member's part, then each validator's verdict."""
    row = vote_row(vote)
    lines = [f"  vote   {row['action']}: score {row['score']}, threshold {row['threshold']}"]
    for part in row["contributions"]:
        said = part["silent"] or f"{part['action']} {part['confidence']}, weight {part['weight']}"
        words = f" — {part['reasoning']}" if part["reasoning"] else ""
        lines.append(f"    {part['contribution']:>9} {part['member']}: {said}{words}")
    return lines + [
        f"    {'ok ' if check['passed'] else 'NO '} {check['code']}: {check['text']}" for check in row["validators"]
    ]
