"""A shadow account: where every signal of an account's strategies also trades, at a fixed value, without limits.

Its name is `paper:` and that of the account it shadows; no other account's begins so. What it is worth is nobody's
money: it scores strategies, and limits, trading states and exposures of real accounts know nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tradewright.model.account import MARGIN, NETTING, Account
from tradewright.model.errors import InputError
from tradewright.model.numbers import MONEY_ONE, MONEY_SCALE, Number, count_of

PREFIX = "paper:"
#: The venue of shadow accounts, and the money that lies there: so much that nothing it is asked for could need more.
VENUE = "shadow"
CASH = 10**12 * MONEY_ONE
PPM_ONE = 1_000_000
DAYS_MAX = 1_000


def is_shadow(account: str) -> bool:
    """Whether an account of that name is a shadow."""
    return account.startswith(PREFIX)


class ShadowTerms(NamedTuple):
    """How an account is shadowed, and how its strategies are scored and weighed there.

    account: that is shadowed. code: of the shadow, the first part of its order ids. value: of each position, money of
    the account. slippage: of its fills, as `sim.models.slippage` reads it. days: of the rolling window. shrink: how
    many days of the mean of all strategies a strategy's own ratio is mixed with. equal_ppm: how much of the weights is
    shared equally, the rest goes by score. floor_ppm, cap_ppm: of each weight; change_ppm: what a weight may move by in
    one recomputation.
    """

    account: str
    code: str
    value: int = 10_000 * MONEY_ONE
    slippage: str = "bps:1"
    days: int = 20
    shrink: int = 20
    equal_ppm: int = 500_000
    floor_ppm: int = 0
    cap_ppm: int = PPM_ONE
    change_ppm: int = 100_000

    @property
    def name(self) -> str:
        """Of the shadow account."""
        return PREFIX + self.account

    def row(self) -> list[object]:
        return list(self)

    @staticmethod
    def from_row(row: Sequence[Any]) -> ShadowTerms:
        return ShadowTerms(*row)


#: Option → (field, decimals of its count, least, greatest).
OPTIONS = {
    "valuePerPosition": ("value", MONEY_SCALE, 1, 10**9 * MONEY_ONE),
    "windowDays": ("days", 0, 2, DAYS_MAX),
    "shrinkDays": ("shrink", 0, 0, DAYS_MAX),
    "equalPercent": ("equal_ppm", 4, 0, PPM_ONE),
    "floorPercent": ("floor_ppm", 4, 0, PPM_ONE),
    "capPercent": ("cap_ppm", 4, 1, PPM_ONE),
    "changePercent": ("change_ppm", 4, 1, PPM_ONE),
}


def terms_from(account: Account, options: Mapping[str, Number]) -> ShadowTerms:
    """The shadow of an account; options: those of OPTIONS, and slippage. Raises InputError naming what is wrong."""
    if account.code == code_of(account):
        raise InputError(f"account {account.name}: its code {account.code} is that of its shadow; choose another")
    values: dict[str, Any] = {}
    for name, value in options.items():
        if name == "slippage":
            values[name] = str(value)
            continue
        if name not in OPTIONS:
            raise InputError(f"shadow: there is no {name!r}; there is {', '.join((*OPTIONS, 'slippage'))}")
        field, scale, least, greatest = OPTIONS[name]
        count = count_of(value, scale, f"shadow: {name}", greatest)
        if not least <= count <= greatest:
            raise InputError(f"shadow: {name} {value} is out of range")
        values[field] = count
    return ShadowTerms(account.name, code_of(account), **values)


def code_of(account: Account) -> str:
    """The shadow's part of its order ids, another than its account's."""
    return "sh" + account.code[:6]


def shadow_account(account: Account, terms: ShadowTerms) -> Account:
    """The shadow itself: the account's currency, day and fees, on a venue of its own that lets it be short."""
    return Account(
        terms.name, terms.code, VENUE, NETTING, MARGIN, account.currency, 1, account.day_zone, True, account.fee,
    )  # fmt: skip
