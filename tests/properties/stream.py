"""One long seeded life and its digest, for two builds, or two hash seeds, to agree on.

python -m tests.properties.stream EVENTS     prints its build, digest and counts as JSON
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.project import build_of
from tests.properties.life import HAPPENINGS, MARKET, Life
from tradewright.model.rng import Rng

#: What happens more often than the rest, so that positions are opened, guarded and closed before something ends them.
OFTEN = {
    **dict.fromkeys(MARKET, 16), "whole": 20, "part": 8, "accept": 6, "answer": 16, "again": 6, "rearm": 4, "ask": 9,
    "expired": 4, "cancelled": 4,
}  # fmt: skip
LIMITS = {"maxDailyLossPercent": 1, "maxPositionSizePercent": 150, "maxOpenPositions": 4, "priceCollarPercent": 2}


def streamed(events: int) -> dict[str, Any]:
    """At least so many inputs, told to a trader. counts: inputs and outputs by kind, refusals by code."""
    rng = Rng(20_261_121)
    names = [name for name in HAPPENINGS for _ in range(OFTEN.get(name, 1))]
    life = Life(calm=9, limits=LIMITS, keep=False)
    while life.told < events:
        life.live(names[rng.below(len(names))], rng.below(2**16), rng.below(2**16))
    return {
        "build": build_of("tradewright.trader.trader"), "events": life.told, "digest": life.state_digest(),
        "counts": dict(sorted(life.counts.items())), "alarms": dict(sorted(life.alarms.items())),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(streamed(int(sys.argv[1]))))
