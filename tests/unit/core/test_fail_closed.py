"""What is configured and can not be known opens nothing; closing still works.

A table of what can be missing, seen by all limits together; behind it the cross of each limit with each thing that can
be missing: what a limit reads darkens it, and what it does not read leaves it known.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.unit.adapters.venue.alpaca import test_alpaca_wire
from tests.unit.adapters.venue.mt5 import test_mt5_wire
from tests.unit.backtest import test_data_errors
from tests.unit.core import test_limits
from tests.unit.core.boundaries import set_limits
from tests.unit.core.desk import BUY, SELL, Desk
from tests.unit.core.test_rules import READ_BY
from tests.unit.model import test_instrument
from tradewright.core.limits import LIMITS, limits_from
from tradewright.model.control import LagMeasured, LimitsSet
from tradewright.model.decision import Check
from tradewright.model.errors import ContractError, InputError
from tradewright.model.instrument import OrderRules
from tradewright.model.market import Bar, Quote
from tradewright.model.notice import InstrumentStatus, Located
from tradewright.model.numbers import money_of

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


def status_lost(desk: Desk) -> None:
    """The venue said that it trades, and the look behind that failed."""
    set_limits(desk, **FAR, enableHaltProtection=1)
    desk.feed(InstrumentStatus(desk.tick(), 0, "TRADING"))
    assert desk.want(BUY, 1, limit_units=PRICE)[0].approved
    desk.feed(InstrumentStatus(desk.tick(), 0, "UNKNOWN"))


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
    "an instrument that could not be looked at again": (status_lost, {"INSTRUMENT_HALTED"}),
}  # fmt: skip
WHAT = ("account", "limit", "price", "rate", "instrument")
HOW = ("missing", "stale", "NaN", "infinite", "zero or below")


def read(name: str) -> Callable[[Path], None]:
    """The reader of data files meets such a price; a rate is the price of a pair."""
    (case,) = [case for case in test_data_errors.CASES if case.name == name]
    return lambda folder: test_data_errors.test_wrong_data_ends_with_one_sentence(case, folder)


def no_money(text: str) -> Callable[[Path], None]:
    """Neither from a wire, where an account's sizes and prices come in, nor into its cash."""

    def border(_: Path) -> None:
        test_alpaca_wire.test_a_number_that_is_none_or_too_fine_is_unreadable(text)
        for number in (text, float(text), Decimal(text)):
            with pytest.raises(InputError, match="cash"):
                money_of(number, "cash")

    return border


def limit_of(value: Any) -> Callable[[Path], None]:
    return lambda _: test_a_limit_that_is_no_number_above_zero_is_not_taken("maxOrderValue", value)


#: What × how → its row of TABLE; or, as inside all is an exact integer, the border that lets none in.
CROSS: dict[tuple[str, str], str | Callable[[Path], None]] = {
    ("account", "missing"): "no equity at the day's begin",
    ("account", "stale"): "an account not heard of",
    ("account", "NaN"): no_money("NaN"),
    ("account", "infinite"): no_money("Infinity"),
    ("account", "zero or below"): "equity below zero",
    ("limit", "missing"): limit_of(None),
    ("limit", "stale"): (
        lambda _: test_limits.test_a_temporary_set_lies_over_the_one_before_until_the_moment_it_expires()
    ),
    ("limit", "NaN"): limit_of(float("nan")),
    ("limit", "infinite"): limit_of(float("inf")),
    ("limit", "zero or below"): limit_of(0),
    ("price", "missing"): "no price",
    ("price", "stale"): "a stale price",
    ("price", "NaN"): read("price NaN"),
    ("price", "infinite"): read("price infinite"),
    ("price", "zero or below"): "a price below zero",
    ("rate", "missing"): "no rate",
    ("rate", "stale"): "a stale rate",
    ("rate", "NaN"): read("price NaN"),
    ("rate", "infinite"): read("price infinite"),
    ("rate", "zero or below"): "a rate below zero",
    ("instrument", "missing"): "an instrument nothing is said of",
    ("instrument", "stale"): "an instrument that could not be looked at again",
    ("instrument", "NaN"): lambda _: test_mt5_wire.test_an_instrument_has_the_brokers_increments(),
    ("instrument", "infinite"): lambda _: test_instrument.test_what_no_counter_can_hold_is_refused("step", 10**40),
    ("instrument", "zero or below"): lambda _: test_instrument.test_what_is_below_its_least_is_refused("tick", 0),
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
def test_each_thing_in_each_way_opens_nothing_or_never_comes_in(what: str, how: str, tmp_path: Path) -> None:
    row = CROSS[what, how]
    if isinstance(row, str):
        test_what_is_missing_opens_nothing_and_closes_all_the_same(row)
    else:
        row(tmp_path)


def test_the_cross_has_a_row_for_each_pair_and_every_row_of_the_table_a_place_or_a_name() -> None:
    assert set(CROSS) == set(product(WHAT, HOW))
    assert set(TABLE) - {row for row in CROSS.values() if isinstance(row, str)} == {
        "no equity at the week's begin", "money without a rate", "an instrument that is not tradable",
    }  # fmt: skip


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), True, None, "5", 2.5])
@pytest.mark.parametrize(
    "name",
    [name for name, (unit, _) in LIMITS.items() if unit in ("money", "ppm", "count", "ns", "ratio", "quantity")],
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


# ── each limit and each thing ──────────────────────────────────────────────────────────────────────────────────────


#: Limits that are about shorts.
OF_SALES = (
    "minDistanceFromDailyLow", "enableShortSaleRestriction", "requireLocate", "tradepicker.sellRequiresLong",
)  # fmt: skip
#: Values that let everything pass, where they are no large number.
EASY: dict[str, Any] = {
    "tradepicker.sellRequiresLong": 1, "sessions": [[[0, 1, 2, 3, 4, 5, 6], 0, 1440, "UTC"]],
    "maxSpread": [10**15, False], "minDistanceFromDailyHigh": [1, False], "minDistanceFromDailyLow": [1, False],
    "blockedSymbols": ["ZETA"], "allowedSymbols": ["SAPX"], "enabledStrategies": ["s"],
    "minMaintenanceMarginPercent": 1, "minLiquidationDistancePercent": 1, "minConfidence": 1,
    "minCooldownMinutesBetweenTrades": 1, "duplicateWindowSeconds": 1, "weeklyTarget": 10**12,
}  # fmt: skip
LARGE = {
    "money": MONEY,
    "ppm": 10**9,
    "count": 10**6,
    "quantity": 10**15,
    "ns": 10**15,
    "flag": 1,
    "ratio": 10**12,
    "price": 10**15,
}


def easy(name: str) -> Any:
    return EASY[name] if name in EASY else LARGE[LIMITS[name][0]]


def lit(name: str, **beside: Any) -> Desk:
    """A European share in a dollar account of which all is known that any limit reads: whole days of volume, the
    broker's and the venue's words, lags, prices with sizes. Ten are held, and this limit alone is set, or one more."""
    desk, side = Desk(symbols=("SAPX", "EURUSD")), side_of(name)
    desk.quote(110_000, symbol="EURUSD")
    desk.quote(PRICE)
    desk.filled(side, 10, PRICE, **stop_of(name))
    set_limits(desk, **{name: easy(name)} | beside)
    for hours in (1, 24, 24):
        desk.now += hours * 3_600 * SECOND
        desk.feed(Bar(desk.now, desk.on(), desk.now - 60 * SECOND, PRICE, PRICE + 50, PRICE - 50, PRICE, 10**6))
    desk.feed(InstrumentStatus(desk.tick(), 0, "TRADING", PRICE - 900, PRICE + 900, True))
    desk.feed(Located(desk.tick(), "main", 0, 1_000))
    for code in ("LOOP_LAG", "JOURNAL_LAG", "RECONCILIATION_LAG", "CLOCK_OFFSET"):
        desk.feed(LagMeasured(desk.tick(), code, 1))
    desk.deposit(1)
    desk.quote(110_000, symbol="EURUSD")
    for price in (PRICE + 50, PRICE - 50, PRICE):
        desk.now += SECOND
        desk.feed(Quote(desk.tick(), desk.on(), price, price + 1, 1_000, 1_000))
    return desk


def side_of(name: str) -> int:
    return SELL if name in OF_SALES and name != "tradepicker.sellRequiresLong" else BUY


def stop_of(name: str) -> dict[str, int]:
    """Where its risk is what counts, it has a stop."""
    return {"stop_loss": PRICE - side_of(name) * 500} if "DailyRisk" in name else {}


def asked(desk: Desk, name: str, structure: float | None) -> tuple[Check | None, bool]:
    """What the limit says to one more, and whether that was granted. A short rests above the bid, and a collar is about
    the price of an order."""
    side, terms = side_of(name), stop_of(name)
    if side == SELL or name == "priceCollarPercent":
        terms["limit_units"] = PRICE + 20
    (decision,) = desk.want(side, 1, confidence=0.9, inputs=(("structure", structure),), **terms)
    found = [check for check in decision.checks if check.code == READ_BY[name]]
    return (found[0] if found else None), decision.approved


def no_touch(desk: Desk) -> None:
    desk.feed(Quote(desk.tick(), desk.on(), PRICE, PRICE + 1))


def no_volume(desk: Desk) -> None:
    for tape in desk.engine.gate.tapes.values():  # kept where a limit reads them
        tape.volumes.clear()


def no_prices_before(desk: Desk) -> None:
    for tape in desk.engine.gate.tapes.values():
        tape.prices.clear()


def no_range(desk: Desk) -> None:
    desk.engine.accounts["main"].ranges.clear()


def never_heard(desk: Desk) -> None:
    traffic = desk.engine.accounts["main"].traffic
    if traffic is not None:
        traffic.heard = 0


#: What can be missing → how it becomes so.
THINGS: dict[str, Callable[[Desk], None]] = {
    "price": dark_price, "price below zero": negative_price, "rate": dark_rate, "rate below zero": negative_rate,
    "equity": no_equity, "day": no_day, "week": no_week, "range": no_range, "touch": no_touch, "volume": no_volume,
    "prices before": no_prices_before, "heard": never_heard,
    "status": lambda desk: desk.engine.gate.notices.statuses.clear(),
    "located": lambda desk: desk.engine.gate.notices.located.clear(),
    "lags": lambda desk: desk.engine.gate.lags.clear(),
    "structure": lambda desk: None,  # its wish states none
}  # fmt: skip
_PRICED, _RATED = ("price", "price below zero"), ("rate", "rate below zero")
_WORTH = (*_PRICED, *_RATED)
_OWN = (*_WORTH, "equity")
#: limit → what it reads of these; all others read what is always known: counts, clocks, the order itself.
READS: dict[str, tuple[str, ...]] = {
    "tradepicker.budget": _WORTH,
    "requireStructureAlignment": ("structure",),
    "maxSpread": _PRICED,
    "minDistanceFromDailyHigh": (*_PRICED, "range"),
    "minDistanceFromDailyLow": ("range",),  # the price of an order that rests is its own
    "maxDailyRiskPerSymbol": _WORTH,
    "maxDailyRiskGlobal": _WORTH,
    "maxPriceAgeSeconds": _PRICED,
    "priceCollarPercent": _PRICED,
    "maxOrderValue": _WORTH,
    "maxPositionSizePercent": _OWN,
    "maxDailyLoss": (*_OWN, "day"),
    "maxDailyLossPercent": (*_OWN, "day"),
    "maxTotalExposure": _WORTH,
    "maxTotalExposurePercent": _OWN,
    "maxDirectionalExposurePercent": _OWN,
    "maxSectorExposurePercent": _OWN,
    "maxCurrencyExposurePercent": _OWN,
    "maxLeverage": _OWN,
    "maxMarginUsePercent": _OWN,
    "minMaintenanceMarginPercent": _OWN,
    "maxWeeklyLoss": (*_OWN, "week"),
    "maxWeeklyLossPercent": (*_OWN, "week"),
    "maxDrawdownPercent": _OWN,
    "maxLossInWindow": _OWN,
    "maxDayTrades": _OWN,
    "maxDrawdown": _OWN,
    "weeklyTarget": (*_OWN, "week"),
    "maxAccountAgeSeconds": ("heard",),
    "maxRateAgeSeconds": _RATED,
    "maxLoopLagSeconds": ("lags",),
    "maxJournalLagSeconds": ("lags",),
    "maxReconciliationLagSeconds": ("lags",),
    "maxClockOffsetSeconds": ("lags",),
    "maxVolumePercent": ("volume",),
    "maxTouchPercent": ("touch",),
    "cumulativeCollarPercent": (*_PRICED, "prices before"),
    "enableHaltProtection": ("status",),
    "enablePriceLimitProtection": (*_PRICED, "status"),
    "enableShortSaleRestriction": (*_PRICED, "status"),
    "requireLocate": ("located",),
    "minLiquidationDistancePercent": _OWN,
}


@pytest.mark.parametrize("name", READ_BY)
def test_a_limit_refuses_for_each_thing_that_it_reads_and_for_no_other(name: str) -> None:
    side = side_of(name)
    check, granted = asked(lit(name), name, side)
    assert granted, "in the light it passes"
    for thing, spoil in THINGS.items():
        desk = lit(name)
        spoil(desk)
        check, granted = asked(desk, name, None if thing == "structure" else side)
        if thing in READS.get(name, ()):
            assert check is not None and not check.passed and not granted, thing
        else:
            assert check is None or check.passed, (thing, check.row())
        assert desk.close(-side, 4)[0].approved and desk.close(-side)[0].approved, thing


#: What ages → the limit on its age, how it becomes old, and the code that says so.
AGES: dict[str, tuple[str, Callable[[Desk], None], str]] = {
    "price": ("maxPriceAgeSeconds", stale_price, "PRICE_STALE"),
    "rate": ("maxRateAgeSeconds", stale_rate, "RATE_STALE"),
    "equity": ("maxAccountAgeSeconds", stale_account, "ACCOUNT_STALE"),
}


@pytest.mark.parametrize("name", [name for name, things in READS.items() if set(things) & set(AGES)])
def test_what_a_limit_reads_and_is_old_opens_nothing_where_its_age_is_limited(name: str) -> None:
    side = side_of(name)
    for thing in [thing for thing in READS[name] if thing in AGES]:
        limit, spoil, code = AGES[thing]
        desk = lit(name, **{limit: 60 * SECOND})
        assert asked(desk, name, side)[1]
        spoil(desk)
        terms = {"limit_units": PRICE + 20} if side == SELL else {}
        assert code in desk.refused(side, 1, confidence=0.9, **stop_of(name) | terms)
        assert desk.close(-side, 4)[0].approved and desk.close(-side)[0].approved


@pytest.mark.parametrize("name", [name for name, things in READS.items() if "equity" in things])
def test_an_account_that_has_nothing_left_opens_nothing_whichever_limit_reads_its_equity(name: str) -> None:
    side = side_of(name)
    desk = lit(name)
    nothing_left(desk)
    assert not asked(desk, name, side)[1]
    assert desk.close(-side, 4)[0].approved and desk.close(-side)[0].approved


def test_what_was_located_yesterday_locates_nothing_today() -> None:
    desk = lit("requireLocate")
    assert asked(desk, "requireLocate", SELL)[1]
    desk.now += 24 * 3_600 * SECOND
    desk.quote(PRICE)
    assert not asked(desk, "requireLocate", SELL)[1]


def test_each_thing_that_can_be_missing_is_read_by_a_limit_and_each_reader_is_one() -> None:
    assert {thing for things in READS.values() for thing in things} == set(THINGS)
    assert set(READS) <= set(READ_BY)
