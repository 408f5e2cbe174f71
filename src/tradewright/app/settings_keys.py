"""The keys of a session in a file of settings: what each takes, sets and does. docs/settings.md is made of
it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from difflib import get_close_matches
from typing import Any, NamedTuple

from tradewright.core.limits import OPENING_TYPES
from tradewright.model.errors import InputError
from tradewright.model.numbers import decimal_of
from tradewright.signal.ensemble import DECIDE_ON

DAY_SECONDS = 86_400


class Key(NamedTuple):
    """One key of a session. unit, default, meaning: for people; check: whether a value is allowed. limit: the limit of
    the account that it sets; exit: the exit of openings; parameter: of an ensemble; "" = none."""

    unit: str
    default: str
    meaning: str
    check: Callable[[Any], bool]
    limit: str = ""
    exit: str = ""
    parameter: str = ""


def _number(
    least: float, most: float = float("inf"), whole: bool = False, from_least: bool = True
) -> Callable[[Any], bool]:
    """Whether it is a number of that range, and a whole one if that is said; true is none."""

    def check(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return False
        try:
            number = decimal_of(value, "")
        except InputError:
            return False
        if whole and number != int(number):
            return False
        return least <= number <= most if from_least else least < number <= most

    return check


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item for item in value)


def _one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: value in words


_PERCENT_UP = "percent, above 0"
_PERCENT_DOWN = "percent, above 0 and below 100"
_DOWN = _number(0, 99.9999, from_least=False)
_UP = _number(0, from_least=False)
#: The keys of a session, by name.
KEYS: dict[str, Key] = {
    "userId": Key(
        "text", "the account", "whose session it is, and whose account where nothing else says so",
        lambda value: isinstance(value, str) and value != "",
    ),
    "maxPositions": Key(
        "whole number, from 1", "off", "positions and working openings at a time", _number(1, whole=True),
        limit="maxOpenPositions",
    ),
    "maxPositionSize": Key(
        _PERCENT_UP, "off", "value of one position as a share of equity", _UP, limit="maxPositionSizePercent"
    ),
    "minConfidence": Key(
        "number from 0 to 1", "0", "the least confidence that opens: of any opening, and the threshold of ensembles "
        "and of strategies that signal", _number(0, 1), limit="minConfidence", parameter="threshold",
    ),
    "stopLossPercent": Key(
        _PERCENT_DOWN, "off", "stop-loss of openings that bring no exits, from their fill", _DOWN,
        exit="stopLossPercent",
    ),
    "takeProfitPercent": Key(
        _PERCENT_UP, "off", "take-profit of openings that bring no exits, from their fill", _UP,
        exit="takeProfitPercent",
    ),
    "trailingStopPercent": Key(
        _PERCENT_DOWN, "off", "trailing stop of openings that bring no exits", _DOWN, exit="trailingStopPercent"
    ),
    "weeklyTarget": Key(
        _PERCENT_UP, "off", "gain of the week at which everything is closed and the session stops", _UP,
        limit="weeklyTarget",
    ),
    "maxDrawdown": Key(
        _PERCENT_DOWN, "off", "loss from the highest equity at which everything is closed and the session stops", _DOWN,
        limit="maxDrawdown",
    ),
    "orderType": Key(
        "market or limit", "market", "of openings that say no price: at the market, or limited at the price they would "
        "meet", _one_of(*OPENING_TYPES), limit="orderType",
    ),
    "watchlist": Key(
        "list of symbols", "all", "the only symbols in which anything is opened", _texts, limit="allowedSymbols"
    ),
    "enabledStrategies": Key(
        "list of strategies", "all", "the only strategies that open anything, and the only members of ensembles that "
        "vote", _texts, limit="enabledStrategies",
    ),
    "validatorEnabled": Key(
        "true or false", "true", "whether the validators of ensembles are asked", lambda value: isinstance(value, bool),
        parameter="validator_enabled",
    ),
    "strategyWeightBalance": Key(
        "number from 0 to 1", "0.5", "share of ML and RL services in an ensemble's vote: 0 = rules only … 1 = services "
        "only", _number(0, 1), parameter="strategy_weight_balance",
    ),
    "decideOn": Key(
        "bar, tick or cycle", "tick; bar for ensembles", "when signals are acted on: with the next bar, at once, or "
        "with the cycle's timer", _one_of(*DECIDE_ON), parameter="decide_on",
    ),
    "cycleSeconds": Key(
        "whole number of seconds, from 1 to 86400", "45", "where cycles fall: at the multiples of it",
        _number(1, DAY_SECONDS, whole=True), parameter="cycle_seconds",
    ),
}  # fmt: skip


def unknown(name: str, known: Collection[str]) -> str:
    """That a key is not known, with the nearest one that is, and all of them."""
    near = get_close_matches(name, known, 1, 0.0)
    return f"{name} is not known; did you mean {near[0]}? There are {', '.join(known)}"


def check_key(name: str, value: Any, where: str = "session") -> None:
    """Whether a session can be set so. Raises InputError with what is allowed."""
    key = KEYS.get(name)
    if key is None:
        raise InputError(f"{where}.{unknown(name, KEYS)}")
    if not key.check(value):
        raise InputError(f"{where}.{name}: {value!r} is not allowed; it takes a {key.unit}")
