"""The execution filter's configuration: an owner's rules by symbol, and those over all symbols.

Keys and nesting are those of the configuration file: a mapping from symbols to their rules, and beside them the keys
that hold for all. Each becomes a set of limits: those of a symbol for "owner:NAME/symbol:SYM", the others for
"owner:NAME". How risk is counted is told once beside the symbols, or in a symbol's own rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from tradewright.core.limits import Limits, limits_from
from tradewright.model.errors import InputError

#: Keys of a symbol's rules: version 3, then 4.
SYMBOL_KEYS = (
    "sessions",
    "requireStructureAlignment",
    "maxTradesPerDay",
    "minCooldownMinutesBetweenTrades",
    "maxSpread",
    "minDistanceFromDailyHigh",
    "minDistanceFromDailyLow",
    "maxConcurrentTradesPerSymbol",
    "maxConcurrentTradesPerDirection",
    "maxDailyRiskPerSymbol",
)
#: Keys beside the symbols.
GLOBAL_KEYS = ("maxConcurrentTradesGlobal", "maxDailyRiskGlobal", "exposurePollIntervalSec")
#: How risk is counted: in either place, a symbol's own word first.
RISK_KEYS = ("defaultRiskEstimate", "riskModel")


def filter_limits(owner: str, configured: Mapping[str, Any]) -> dict[str, Limits]:
    """The filter of an owner as limits by scope. Raises InputError for a key that is not known, with the nearest one
    that is, and for a value that is none."""
    if not isinstance(configured, Mapping):
        raise InputError(f"execution filter: {configured!r} is not a mapping")
    shared = {key: value for key, value in configured.items() if key in RISK_KEYS}
    limits: dict[str, Limits] = {}
    over_all: dict[str, Any] = dict(shared)
    for key, value in configured.items():
        if isinstance(value, Mapping):
            rules = _rules_of(key, value)
            limits[f"owner:{owner}/symbol:{key}"] = limits_from({**shared, **rules})
        elif key in GLOBAL_KEYS:
            over_all[key] = value
        elif key not in RISK_KEYS:
            raise InputError(f"execution filter: {_nearest(key, (*GLOBAL_KEYS, *RISK_KEYS))}")
    if over_all:
        limits[f"owner:{owner}"] = limits_from(over_all)
    return limits


def _rules_of(symbol: str, rules: Mapping[str, Any]) -> Mapping[str, Any]:
    for key in rules:
        if key not in (*SYMBOL_KEYS, *RISK_KEYS):
            raise InputError(f"execution filter, {symbol}: {_nearest(key, (*SYMBOL_KEYS, *RISK_KEYS))}")
    return rules


def _nearest(key: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(str(key), known, 1, 0.0)
    return f"{key!r} is not known; did you mean {near[0]}?"
