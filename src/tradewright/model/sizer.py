"""A sizer: the method by which an opening order gets its quantity, and the numbers it works with.

fixed            `amount` of size
percent, value   what may be spent: a share of equity, a sum of money
risk             what may be lost at the stop: a sum of money …
risk_percent     … or a share of equity
volatility       the share of equity that one deviation of the price (an ATR, a standard deviation) is to move
kelly            `amount` of Kelly's fraction f = p − (1 − p) / b (J. L. Kelly, 1956), never more than a cap; what a
                 loss costs is the stake: the risk to the stop, and all that is spent where there is none

Amounts are exact integers: money at MONEY_SCALE in the account's currency, shares in parts per million, sizes at nine
decimals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.numbers import MONEY_MAX, MONEY_SCALE, SIZE_MAX, Number, count_of

ASKED = 0
FIXED = 1
PERCENT = 2
VALUE = 3
RISK = 4
RISK_PERCENT = 5
VOLATILITY = 6
KELLY = 7
METHODS = {
    FIXED: "fixed",
    PERCENT: "percent",
    VALUE: "value",
    RISK: "risk",
    RISK_PERCENT: "risk_percent",
    VOLATILITY: "volatility",
    KELLY: "kelly",
}
#: A quantity whose instrument is not known yet is kept at the finest size scale there is.
QUANTITY_SCALE = 9
PPM_ONE = 1_000_000
#: Kelly's fraction of what a record promises is more than most records keep: no more than this unless said otherwise.
KELLY_CAP_PPM = 200_000
#: What each method counts, for texts: (decimals of its amount, largest amount).
_UNITS = {
    FIXED: (QUANTITY_SCALE, SIZE_MAX),
    PERCENT: (4, SIZE_MAX),
    VALUE: (MONEY_SCALE, MONEY_MAX),
    RISK: (MONEY_SCALE, MONEY_MAX),
    RISK_PERCENT: (4, PPM_ONE),
    VOLATILITY: (4, PPM_ONE),
    KELLY: (6, PPM_ONE),
}


class Sizer:
    """One method with its numbers. ASKED as the method stands for the default of the strategy or account, of which the
    numbers that are set here take the place.

    amount: see above. cap_ppm: most that Kelly may stake, as a share of equity. quantity_max: of one order, nine
    decimals, 0 = no bound of its own. deviation_units: price counts of one deviation. win_ppm: share of trades won;
    payoff_ppm: average win / average loss; 0 = not said, for each. hint_ppm: the part of the size that is wanted.
    """

    __slots__ = (
        "method",
        "amount",
        "cap_ppm",
        "quantity_max",
        "deviation_units",
        "win_ppm",
        "payoff_ppm",
        "hint_ppm",
    )

    def __init__(
        self,
        method: int,
        amount: int = 0,
        cap_ppm: int = KELLY_CAP_PPM,
        quantity_max: int = 0,
        deviation_units: int = 0,
        win_ppm: int = 0,
        payoff_ppm: int = 0,
        hint_ppm: int = PPM_ONE,
    ) -> None:
        if method != ASKED and method not in METHODS:
            raise InputError(f"sizer: method {method} is not known")
        if method != ASKED and amount <= 0:
            raise InputError(f"sizer {METHODS[method]}: the amount must be above zero")
        if not 0 < cap_ppm <= PPM_ONE or not 0 < hint_ppm <= PPM_ONE or min(quantity_max, deviation_units) < 0:
            raise InputError("sizer: a cap or hint is a share up to one, a largest size and a deviation are above zero")
        if not 0 <= win_ppm <= PPM_ONE or payoff_ppm < 0:
            raise InputError("sizer: a win rate lies between 0 and 1, a payoff is above zero")
        self.method = method
        self.amount = amount
        self.cap_ppm = cap_ppm
        self.quantity_max = quantity_max
        self.deviation_units = deviation_units
        self.win_ppm = win_ppm
        self.payoff_ppm = payoff_ppm
        self.hint_ppm = hint_ppm

    def over(self, default: Sizer) -> Sizer:
        """The default with what is said here in its place."""
        return Sizer(
            default.method,
            default.amount,
            default.cap_ppm,
            self.quantity_max or default.quantity_max,
            self.deviation_units or default.deviation_units,
            self.win_ppm or default.win_ppm,
            self.payoff_ppm or default.payoff_ppm,
            self.hint_ppm * default.hint_ppm // PPM_ONE or 1,
        )

    def row(self) -> tuple[int, ...]:
        """The constructor's arguments as one encodable row."""
        return (
            self.method, self.amount, self.cap_ppm, self.quantity_max, self.deviation_units, self.win_ppm,
            self.payoff_ppm, self.hint_ppm,
        )  # fmt: skip

    @staticmethod
    def from_row(row: Sequence[Any]) -> Sizer:
        return Sizer(*row)


def amount_of(method: int, amount: Number, what: str) -> int:
    """An amount in the counts of its method: above zero, not finer than they are. Raises InputError naming `what`."""
    scale, bound = _UNITS[method]
    count = count_of(amount, scale, what, bound)
    if count <= 0:
        raise InputError(f"{what}: {amount} must be above zero")
    return count


def sizer_from(text: str) -> Sizer:
    """A sizer as a configuration names it: "risk_percent:0.5", "fixed:10:max=20", "kelly:0.5:cap=10". Kelly's win rate
    and payoff (`win=0.55:payoff=1.5`) and volatility's deviation may be left to the strategy. Raises InputError."""
    name, *parts = text.split(":")
    method = next((number for number, known in METHODS.items() if known == name), ASKED)
    if method == ASKED:
        raise InputError(f"sizer {text!r}: {name!r} is not one of {', '.join(METHODS.values())}")
    if not parts or "=" in parts[0]:
        raise InputError(f"sizer {text!r}: its amount is missing, as in {name}:1")
    amount = amount_of(method, parts[0], f"sizer {text!r}")
    given: dict[str, int] = {}
    for part in parts[1:]:
        key, _, value = part.partition("=")
        if key not in OPTIONS:
            raise InputError(f"sizer {text!r}: {key!r} is not one of {', '.join(OPTIONS)}")
        field, scale = OPTIONS[key]
        given[field] = count_of(value, scale, f"sizer {text!r}: {key}")
    return Sizer(method, amount, **given)


#: What a sizer's text may add: name → (field, decimals of its count).
OPTIONS = {
    "max": ("quantity_max", QUANTITY_SCALE),
    "cap": ("cap_ppm", 4),
    "win": ("win_ppm", 6),
    "payoff": ("payoff_ppm", 6),
    "hint": ("hint_ppm", 6),
}
OPTION_MEANINGS = {
    "max": "largest size of one order",
    "cap": "most that Kelly may stake, percent of equity; 20 where it is not set",
    "win": "Kelly's share of trades won, from 0 to 1",
    "payoff": "Kelly's average win as a multiple of the average loss",
    "hint": "the part of the size that is wanted, up to 1",
}
