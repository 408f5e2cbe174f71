"""For each key of an ensemble's validators, members and services a pair of backtests that differ in it alone, as data.

`Clever` says BUY with every bar of its symbols; what a pair sets stands in its parameters, as a file of settings has
them. Keys are named by where they stand: "news.events.from" is that of each event of the validator `news`.
"""

from __future__ import annotations

from typing import Any

from tests.e2e.settings_pairs import HERE, RISING, TWO_SHARES, WIDE, Pair, flat, path, says

UP = {"up": {"ref": ":Ups"}}


def ensemble(**parameters: Any) -> dict[str, Any]:
    return {"strategies": {"Clever": {"parameters": {"members": UP, "validators": {}, **parameters}}}}


def decides(one: dict[str, Any], other: dict[str, Any], **more: Any) -> Pair:
    """Two sets of the ensemble's parameters."""
    market = {"market": flat(9), **more}
    return Pair(ensemble(**one), ensemble(**other), (f"{HERE}:Clever",), **market)


def validator(name: str, key: str, value: Any, other: Any = None, beside: Any = None, **more: Any) -> Pair:
    """A validator that has the key, and one that has it otherwise, or not at all. beside: its other keys; more: the
    market, and the ensemble's `parameters`."""
    parameters, settings = more.pop("parameters", {}), beside or {}
    values = [{**settings, **({} if one is None else {key: one})} for one in (value, other)]
    one, another = ({"validators": {name: given}, **parameters} for given in values)
    return decides(one, another, **more)


def window(key: str, value: Any, other: Any, **beside: Any) -> Pair:
    """A session of one window that differs in a key of it."""
    one, another = ([{"from": "00:00", "to": "12:00", **beside, key: given}] for given in (value, other))
    return validator("session", "windows", one, another)


def news(key: str, value: Any, other: Any, about: str = "currency", subject: str = "USD") -> Pair:
    """A calendar of one event, on for four minutes, that differs in a key of it."""
    event = {"from": "2026-11-17T00:00:00Z", "to": "2026-11-17T00:04:00Z", about: subject}
    one, another = ([{**event, key: given}] for given in (value, other))
    return validator("news", "events", one, another)


#: A member that speaks once, of quotes too: a vote by ticks or cycles needs no bars.
ONCE: dict[str, Any] = {"members": {"up": {"ref": ":Scripted", "parameters": {"script": says(1)}}}}
TICKS: dict[str, Any] = {**ONCE, "decide_on": "tick"}
CYCLES: dict[str, Any] = {**ONCE, "decide_on": "cycle", "cycle_seconds": 45}
#: Two shares that move alike: their correlation is 1. The first is held when the second is wanted, again and again.
TURNS = says(1, symbol="ACME")
for bar in range(4, 17, 2):
    TURNS |= says(bar, symbol="ZETA")
ALIKE: dict[str, Any] = {
    "market": [(minute, symbol, str(price)) for minute, price in enumerate((100, 101, 103, 102, 104, 103, 105, 104))
               for symbol in TWO_SHARES],
    "symbols": TWO_SHARES,
    "parameters": {"members": {"up": {"ref": ":Pair", "parameters": {"script": TURNS}}}},
}  # fmt: skip
SINKING, SWINGING = path(100, 99, 99), path(100, 102, 100, 102, 100, 102)
BOTH = {"up": {"ref": ":Ups"}, "down": {"ref": ":Downs"}}

ENSEMBLE_PAIRS: dict[str, Pair] = {
    "members.ref": decides({"members": {"up": {"ref": ":Ups"}}}, {"members": {"up": {"ref": ":Downs"}}}),
    "members.weight": decides({"members": {**BOTH, "up": {"ref": ":Ups", "weight": 3}}}, {"members": BOTH}),
    "members.parameters": decides(ONCE, {"members": {"up": {"ref": ":Scripted", "parameters": {"script": says(3)}}}}),
    "services.weight": decides({"services": {"ml": {"weight": 0}}, "threshold": 0.6},
                               {"services": {"ml": {"weight": 1}}, "threshold": 0.6}),
    "history.bars": validator("history", "bars", 3, 6),
    "trend.length": validator("trend", "length", 2, 4, market=RISING),
    "trend.tolerance_percent": validator("trend", "tolerance_percent", 1, beside={"length": 2}, market=SINKING),
    "volatility.length": validator("volatility", "length", 2, 4, {"max_percent": 5}, market=SWINGING),
    "volatility.min_percent": validator("volatility", "min_percent", 1, beside={"length": 2, "max_percent": 5}),
    "volatility.max_percent": validator("volatility", "max_percent", 1, 5, {"length": 2}, market=SWINGING),
    "spread.max_percent": validator(
        "spread", "max_percent", "0.9", "1.1", market=WIDE, quotes=True, parameters=TICKS
    ),
    "spread.max_age_seconds": validator(
        "spread", "max_age_seconds", 10, beside={"max_percent": 2}, market=WIDE, quotes=True, parameters=CYCLES
    ),
    "session.windows": validator("session", "windows", [], [{"from": "00:00", "to": "12:00"}]),
    "session.windows.days": window("days", ["mon"], ["tue"]),
    "session.windows.from": window("from", "00:04", "00:00"),
    "session.windows.to": window("to", "00:01", "12:00"),
    "session.windows.zone": window("zone", "America/New_York", "UTC"),
    "news.events": validator(
        "news", "events", [{"from": "2026-11-17T00:00:00Z", "to": "2026-11-17T00:04:00Z", "currency": "USD"}], []
    ),
    "news.events.from": news("from", "2026-11-17T00:03:00Z", "2026-11-17T00:00:00Z"),
    "news.events.to": news("to", "2026-11-17T00:02:00Z", "2026-11-17T00:04:00Z"),
    "news.events.currency": news("currency", "EUR", "USD"),
    "news.events.symbol": news("symbol", "ZETA", "ACME", "symbol"),
    "news.known_until": validator("news", "known_until", "2026-11-17T00:00:00Z", beside={"events": []}),
    "correlation.length": validator("correlation", "length", 2, 4, {"max": 1}, **ALIKE),
    "correlation.max": validator("correlation", "max", "0.5", 1, {"length": 2}, **ALIKE),
}  # fmt: skip
