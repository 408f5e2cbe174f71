"""What is configured and can not be known opens nothing; closing still works. One table of what can be missing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from tests.project import ROOT
from tests.unit.core.boundaries import set_limits
from tests.unit.core.desk import BUY, SELL, Desk
from tradewright.core.limits import LIMITS, limits_from
from tradewright.model.control import LimitsSet
from tradewright.model.errors import ContractError, InputError
from tradewright.model.instrument import OrderRules
from tradewright.model.market import Quote

ONE = 10**18
PRICE = 10_000
SECOND = 10**9
MONEY = 10**9 * ONE
#: Limits that are far away, on everything that has to be known: only what is missing can refuse.
FAR: dict[str, Any] = {
    "maxOrderValue": MONEY, "maxPositionSizePercent": 10**9, "maxDailyLoss": MONEY, "maxDailyLossPercent": 10**6,
    "maxWeeklyLoss": MONEY, "maxWeeklyLossPercent": 10**6, "maxTotalExposure": MONEY, "maxTotalExposurePercent": 10**9,
    "maxDirectionalExposurePercent": 10**9, "maxSectorExposurePercent": 10**9, "maxCurrencyExposurePercent": 10**9,
    "maxLeverage": 10**12, "maxMarginUsePercent": 10**9, "minMaintenanceMarginPercent": 1, "maxDailyRiskGlobal": MONEY,
    "priceCollarPercent": 10**6, "maxPriceAgeSeconds": 60 * SECOND, "maxRateAgeSeconds": 60 * SECOND,
    "maxAccountAgeSeconds": 60 * SECOND, "maxDrawdownPercent": 10**6, "maxLossInWindow": MONEY,
    "tradepicker.budget": MONEY,
}  # fmt: skip


def desk_in_the_light() -> Desk:
    """A European share in a dollar account: price, rate and account are known, and ten shares are held."""
    desk = Desk(symbols=("SAPX", "EURUSD"))
    set_limits(desk, **FAR)
    desk.deposit(1)
    desk.quote(110_000, symbol="EURUSD")
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    desk.feed(Quote(desk.tick(), desk.on(), PRICE, PRICE))
    return desk


def dark_price(desk: Desk) -> None:
    mark = desk.engine.marks.marks[0]
    mark.bid = mark.ask = mark.last = 0


def dark_rate(desk: Desk) -> None:
    mark = desk.engine.marks.marks[1]
    mark.bid = mark.ask = mark.last = 0


def negative_price(desk: Desk) -> None:
    mark = desk.engine.marks.marks[0]
    mark.bid = mark.ask = mark.last = -5


def negative_rate(desk: Desk) -> None:
    mark = desk.engine.marks.marks[1]
    mark.bid = mark.ask = mark.last = -5


def halted_instrument(desk: Desk) -> None:
    set_limits(desk, **FAR, enableHaltProtection=1)


def stale_price(desk: Desk) -> None:
    desk.now += 61 * SECOND
    desk.quote(110_000, symbol="EURUSD")
    desk.deposit(1)


def stale_rate(desk: Desk) -> None:
    desk.now += 61 * SECOND
    desk.quote(PRICE)
    desk.deposit(1)


def stale_account(desk: Desk) -> None:
    desk.now += 61 * SECOND
    desk.quote(110_000, symbol="EURUSD")
    desk.quote(PRICE)


def no_day(desk: Desk) -> None:
    desk.engine.accounts["main"].day_equity = None


def no_week(desk: Desk) -> None:
    desk.engine.accounts["main"].week_equity = None


def no_equity(desk: Desk) -> None:
    desk.engine.ledger.cash["main"]["XXX"] = 5


def nothing_left(desk: Desk) -> None:
    desk.engine.ledger.cash["main"]["USD"] = -(10**9) * ONE


def closed_instrument(desk: Desk) -> None:
    desk.on().rules = OrderRules(tradable=False)


TABLE: dict[str, tuple[Callable[[Desk], None], set[str]]] = {
    "no price": (dark_price, {"PRICE_UNKNOWN", "PRICE_STALE", "PRICE_COLLAR"}),
    "a price below zero": (negative_price, {"PRICE_UNKNOWN", "PRICE_STALE", "PRICE_COLLAR"}),
    "a stale price": (stale_price, {"PRICE_STALE"}),
    "no rate": (
        dark_rate,
        {
            "MAX_ORDER_VALUE", "POSITION_LIMIT", "DAILY_LOSS_LIMIT", "WEEKLY_LOSS_LIMIT", "MAX_TOTAL_EXPOSURE",
            "TOTAL_EXPOSURE_LIMIT", "DIRECTIONAL_EXPOSURE_LIMIT", "SECTOR_EXPOSURE_LIMIT", "CURRENCY_EXPOSURE_LIMIT",
            "MAX_LEVERAGE", "MARGIN_USE_LIMIT", "MARGIN_DEFICIT", "DRAWDOWN_LIMIT", "LOSS_SPEED_LIMIT", "RATE_STALE",
            "INSUFFICIENT_FUNDS", "BUDGET_EXCEEDED",
        },
    ),
    "a rate below zero": (negative_rate, {"MAX_ORDER_VALUE", "MAX_LEVERAGE", "INSUFFICIENT_FUNDS"}),
    "a stale rate": (stale_rate, {"RATE_STALE"}),
    "an account not heard of": (stale_account, {"ACCOUNT_STALE"}),
    "no equity at the day's begin": (no_day, {"DAILY_LOSS_LIMIT"}),
    "no equity at the week's begin": (no_week, {"WEEKLY_LOSS_LIMIT"}),
    "money without a rate": (no_equity, {"DAILY_LOSS_LIMIT", "MAX_LEVERAGE", "INSUFFICIENT_FUNDS", "POSITION_LIMIT"}),
    "equity below zero": (nothing_left, {"POSITION_LIMIT", "MAX_LEVERAGE", "TOTAL_EXPOSURE_LIMIT", "MARGIN_USE_LIMIT"}),
    "an instrument that is not tradable": (closed_instrument, {"SYMBOL_NOT_TRADABLE"}),
    "an instrument nothing is said of": (halted_instrument, {"INSTRUMENT_HALTED"}),
}  # fmt: skip
WHAT = ("account", "limit", "price", "rate", "instrument")
HOW = ("missing", "stale", "NaN", "infinite", "zero or below")
_READER = "tests/unit/backtest/test_data_errors.py::test_wrong_data_ends_with_one_sentence"
_WIRE = "tests/unit/adapters/venue/alpaca/test_alpaca_wire.py::test_a_number_that_is_none_or_too_fine_is_unreadable"
_HERE = "tests/unit/core/test_fail_closed.py::test_a_limit_that_is_no_number_above_zero_is_not_taken"
#: What × how → its row of TABLE; or, as inside all is an exact integer, the test of the border that lets none in.
CROSS: dict[tuple[str, str], str] = {
    ("account", "missing"): "no equity at the day's begin",
    ("account", "stale"): "an account not heard of",
    ("account", "NaN"): _WIRE,
    ("account", "infinite"): _WIRE,
    ("account", "zero or below"): "equity below zero",
    ("limit", "missing"): "tests/unit/core/test_rules.py::test_an_absent_limit_is_off_and_listed_as_off",
    ("limit", "stale"): (
        "tests/unit/core/test_limits.py::test_a_temporary_set_lies_over_the_one_before_until_the_moment_it_expires"
    ),
    ("limit", "NaN"): _HERE,
    ("limit", "infinite"): _HERE,
    ("limit", "zero or below"): _HERE,
    ("price", "missing"): "no price",
    ("price", "stale"): "a stale price",
    ("price", "NaN"): _READER,
    ("price", "infinite"): _READER,
    ("price", "zero or below"): "a price below zero",
    ("rate", "missing"): "no rate",
    ("rate", "stale"): "a stale rate",
    ("rate", "NaN"): _READER,  # a rate is the price of a pair
    ("rate", "infinite"): _READER,
    ("rate", "zero or below"): "a rate below zero",
    ("instrument", "missing"): "an instrument nothing is said of",
    ("instrument", "stale"): "an instrument that is not tradable",
    ("instrument", "NaN"): _WIRE,
    ("instrument", "infinite"): "tests/unit/model/test_instrument.py::test_what_no_counter_can_hold_is_refused",
    ("instrument", "zero or below"): "tests/unit/model/test_instrument.py::test_what_is_below_its_least_is_refused",
}


def test_in_the_light_everything_passes() -> None:
    desk = desk_in_the_light()
    assert desk.want(BUY, 1, limit_units=PRICE)[0].approved


@pytest.mark.parametrize("missing", TABLE)
def test_what_is_missing_opens_nothing_and_closes_all_the_same(missing: str) -> None:
    spoil, codes = TABLE[missing]
    desk = desk_in_the_light()
    spoil(desk)
    (decision,) = desk.want(BUY, 1, limit_units=PRICE)
    refused = {check.code for check in decision.refusals}
    assert codes <= refused
    assert desk.engine.judge(desk.intent(SELL, 4, closing=True))[0].approved  # type: ignore[attr-defined]
    assert desk.engine.judge(desk.intent(SELL, 0, closing=True))[0].approved  # type: ignore[attr-defined]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("what", WHAT)
def test_each_thing_in_each_way_opens_nothing_or_never_comes_in(what: str, how: str) -> None:
    """A row of the table, which is played above; or a border whose test is there."""
    row = CROSS[what, how]
    file, _, name = row.partition("::")
    assert row in TABLE or f"def {name}(" in (ROOT / file).read_text()


def test_the_cross_has_a_row_for_each_pair_and_every_row_of_the_table_a_place_or_a_name() -> None:
    assert set(CROSS) == set(product(WHAT, HOW))
    assert set(TABLE) - set(CROSS.values()) == {"no equity at the week's begin", "money without a rate"}


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), True, None, "5", 2.5])
@pytest.mark.parametrize(
    "name", [name for name, (unit, _) in LIMITS.items() if unit in ("money", "ppm", "count", "ns")]
)
def test_a_limit_that_is_no_number_above_zero_is_not_taken(name: str, value: Any) -> None:
    desk = Desk(limits={"maxOrderValue": 1})
    desk.quote(PRICE)
    with pytest.raises(ContractError, match=name):
        desk.engine.apply(LimitsSet(desk.now, "account:main", [(name, value)], 0, "", "ann", "typo"))
    assert desk.refused(BUY, 1) == ["MAX_ORDER_VALUE"], "the one before stands"
    if value in (0, -1, None) or value != value:
        with pytest.raises(InputError, match=name):
            limits_from({name: value})
