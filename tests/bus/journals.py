"""A journal in which everything happens that an event can tell of."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.store.days import records_of, write
from tradewright.app.api.retold import retold
from tradewright.core.breakers import BREAKER_RESUMED, CIRCUIT_BREAKER
from tradewright.model import control
from tradewright.model.event import SIGNAL
from tradewright.model.session_set import SessionSet
from tradewright.model.signal import BUY

#: A day of trades with lost answers, restarts and a person who stops it.
DAY = ("alpaca", 7)


def eventful(folder: Path) -> Path:
    """And what such a day has not: a cycle, and what rules stop and let go."""
    records = records_of(*DAY)
    now = int(msgspec.json.decode(records[-1])[1])
    rows: list[tuple[object, ...]] = [
        control.Timer(now, f"{control.CYCLE}:45").row(),
        (SIGNAL, now, "restless", 0, BUY, 0.7, 0, "it is time", "", "", []),
        control.TradingStateChanged(now, "account:main", control.REDUCING, CIRCUIT_BREAKER, 3, 3).row(),
        control.TradingStateChanged(now, "account:main", control.ACTIVE, BREAKER_RESUMED, None, None).row(),
        control.TradingStateChanged(now, "account:main", control.REDUCING, "DAILY_LOSS", 1, 1).row(),
        control.StrategyHalted(now, "restless", "STRATEGY_RAISED", "it raised").row(),
        SessionSet(now, "main", "ann", "s-1", [], [], [0] * 10, [], "ann").row(),
        control.SessionStopped(now, "main", "", "WEEKLY_TARGET", 1, 1).row(),
    ]
    return write(folder / "journal", [*records, *map(msgspec.json.encode, rows)])


def facts(journal: Path, prefix: str, after: int = 0) -> list[tuple[str, bytes]]:
    """Subject and content of each, as another process tells them."""
    return [(prefix + one.type.removeprefix("trade"), one.content) for one in retold(journal, after, 10**9)]


def middle(journal: Path) -> int:
    """A record of it behind which a service may have begun: the end of a step, with facts before it and behind it."""
    told = [one.sequence for one in retold(journal, 0, 10**9)]
    return told[len(told) // 2]
