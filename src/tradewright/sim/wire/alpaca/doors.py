"""What can be asked of the venue by REST: each method and path, and the function that answers it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from tradewright.model.zone import day_of
from tradewright.sim.wire.alpaca.account import Account
from tradewright.sim.wire.alpaca.codes import Refusal, invalid, not_found
from tradewright.sim.wire.alpaca.notation import NEW_YORK, answered, day_of_text, read_json
from tradewright.sim.wire.alpaca.sessions import (
    MARKETS,
    calendar_row,
    clock,
    market_clock,
    market_day,
    market_named,
    sessions_between,
)
from tradewright.sim.wire.message import Answer, Request

#: The most days a calendar answers with.
CALENDAR_DAYS_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose keys are known. path: its part behind the route; now: ns."""

    account: Account
    request: Request
    path: str
    query: dict[str, str]
    now: int

    def body(self) -> Any:
        return read_json(self.request.body)


Door = Callable[[Call], Answer]


class Doors:
    """Routes, the first that fits is taken. A `*` at the end of a path stands for the rest, which is not empty.
    paths: all of them, with their methods."""

    def __init__(self, routes: list[tuple[str, str, Door]]) -> None:
        self.paths = [(method, path) for method, path, _ in routes]
        self._routes = [(method, _pattern(path), door) for method, path, door in routes]

    def find(self, method: str, path: str) -> tuple[Door, str]:
        """The door and the rest of the path. Refuses what is not there."""
        other = False
        for known, pattern, door in self._routes:
            found = pattern.fullmatch(path)
            if found and known == method:
                return door, found[1] if pattern.groups else ""
            other = other or bool(found)
        raise Refusal(405, 0, "method not allowed") if other else Refusal(404, 0, "endpoint not found.")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path[:-1]) + "(.+)" if path.endswith("*") else re.escape(path))


def query_of(text: str) -> dict[str, str]:
    """The parameters of a query; of one that stands there twice the values are joined by commas."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


def path_of(request: Request) -> str:
    return unquote(request.path)


# The same for all accounts


def clock_now(call: Call) -> Answer:
    return answered(200, clock(call.now))


def calendar_days(call: Call) -> Answer:
    """GET /v2/calendar; date_type SETTLEMENT: the dates are those on which trades settle."""
    kind = (call.query.get("date_type") or "TRADING").upper()
    if kind not in ("TRADING", "SETTLEMENT"):
        raise invalid(f"invalid date_type: {kind}")
    first, last = _dates(call)
    return answered(200, [calendar_row(session, kind == "SETTLEMENT") for session in sessions_between(first, last)])


def _dates(call: Call) -> tuple[int, int]:
    """Decided: without dates the calendar begins today and has a year."""
    today = day_of(NEW_YORK, call.now)
    first = day_of_text(call.query["start"], "start") if call.query.get("start") else today
    last = day_of_text(call.query["end"], "end") if call.query.get("end") else max(today, first) + 365
    return first, min(last, first + CALENDAR_DAYS_MAX)


def market_clocks(call: Call) -> Answer:
    """GET /v3/clock?markets=…; without markets NYSE's."""
    names = [name for name in call.query.get("markets", "NYSE").split(",") if name]
    return answered(200, {"clocks": [market_clock(_market(name), call.now) for name in names]})


def market_calendar(call: Call) -> Answer:
    """GET /v3/calendar/{market}."""
    first, last = _dates(call)
    rows = [market_day(session) for session in sessions_between(first, last)]
    return answered(200, {"market": _market(call.path), "calendar": rows})


def _market(name: str) -> dict[str, object]:
    market = market_named(name)
    if market is None:
        raise not_found(f"market {name} is not one of {', '.join(MARKETS)}")
    return market
