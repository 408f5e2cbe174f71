"""The list of differences: each with what was asked for, what is here, and why."""

from __future__ import annotations

from scripts.differences_page import CAUSES
from tests.seeds.asked import asked

Parts = dict[str, str]
#: Where there is nothing.
NONE = "—"


def differences(asked_for: Parts, here: Parts) -> dict[str, tuple[str, str]]:
    """What is not the same, by name: what was asked for, and what is here."""
    both = sorted({*asked_for, *here})
    return {one: (asked_for.get(one, NONE), here.get(one, NONE)) for one in both if asked_for.get(one) != here.get(one)}


def listed(kind: str) -> dict[str, tuple[str, str]]:
    """The differences of a kind that the list has."""
    found: dict[str, tuple[str, str]] = {}
    for group in asked("differences")[kind]:
        assert group["cause"] in CAUSES and group["why"], group
        assert ("by" in group) == (group["cause"] == "settled"), group
        for name, (was, here) in group["rows"].items():
            assert name not in found, f"{name} is on the list twice"
            found[name] = (was, here)
    return found
