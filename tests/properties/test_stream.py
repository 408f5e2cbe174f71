"""Both builds, and any hash seed, make the same of a long seeded life: each record, the state, the strategies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.project import ROOT, SRC, build_of
from tests.properties.stream import streamed
from tradewright.core.rules import ORDER_RULES
from tradewright.model import event as kinds

EVENTS = 100_000
INPUTS = (*range(kinds.BAR, kinds.DEPTH + 1), *range(kinds.ACCEPTED, kinds.FILL_PRICE + 1),
          *range(kinds.STARTED, kinds.ORDER_ADOPTED + 1), kinds.RESERVE_REQUESTED, kinds.RELEASE_REQUESTED,
          kinds.ORDER_REQUESTED, kinds.MODIFY_REQUESTED, kinds.CANCEL_REQUESTED)  # fmt: skip
OUTPUTS = (*range(kinds.DECISION, kinds.EXIT_TRIGGERED + 1), kinds.RESERVED, kinds.RELEASED, kinds.RESERVATION_EXPIRED,
           kinds.MODIFY_JUDGED, kinds.ORDER_NAMED)  # fmt: skip
#: Refusals this stream can not have: each asks for a price or a size that the strategies' whims never have, one for an
#: account that is reached over a network, and one for a market that closes.
NEVER = {
    "NOT_READY", "EXIT_DUE",
    "PRICE_UNKNOWN", "PRICE_STALE", "PRICE_INCREMENT", "SIZE_MAXIMUM", "NOTIONAL_MINIMUM", "PRICE_BAND",
    "MAX_ORDER_VALUE", "MAX_ORDER_QUANTITY", "POSITION_RANGE", "MAX_POSITION_QUANTITY",
}  # fmt: skip


def told(events: int, pure: bool, seed: int) -> dict[str, Any]:
    """The stream in a process of its own: with the sources in src/, or with what is installed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE"))}
    environment |= {"PYTHONHASHSEED": str(seed)} | ({"PYTHONPATH": str(SRC)} if pure else {})
    command = [sys.executable, "-m", "tests.properties.stream", str(events)]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.skipif(
    build_of("tradewright.trader.trader") == "pure", reason="the compiled build's tests compare it with pure"
)
def test_both_builds_and_two_hash_seeds_prove_the_same_state_over_a_hundred_thousand_events() -> None:
    pure, first, second = told(EVENTS, True, 1), told(EVENTS, False, 1), told(EVENTS, False, 2)
    assert [ran.pop("build") for ran in (pure, first, second)] == ["pure", "compiled", "compiled"]
    assert first == second == pure
    assert first["events"] >= EVENTS
    counts = first["counts"]
    assert {f"in {kind}" for kind in INPUTS} | {f"out {kind}" for kind in OUTPUTS} <= set(counts)
    assert {f"refused {rule.code}" for rule in ORDER_RULES if rule.code not in NEVER} <= set(counts)
    assert set(first["alarms"]) == {
        "CLOSE_FAILED", "EXIT_LOST", "LATE_FILL", "OUTCOME_OVERDUE", "OVERFILL", "REAPPEARED", "UNKNOWN_ORDER"
    }  # fmt: skip
    assert counts["approved"] > 10_000
    assert counts[f"in {kinds.FILLED}"] > 10_000
    assert sum(count for name, count in counts.items() if name.startswith("refused")) > 5_000


def test_two_hash_seeds_give_the_same_records() -> None:
    """In the build that is tested, and in this process too."""
    pure = build_of("tradewright.trader.trader") == "pure"
    assert told(3_000, pure, 3) == told(3_000, pure, 4) == streamed(3_000)


def test_a_digest_tells_one_stream_from_another() -> None:
    assert streamed(400)["digest"] != streamed(440)["digest"]
