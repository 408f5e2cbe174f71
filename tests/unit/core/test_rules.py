"""Pre-trade risk: each rule at its boundary, all reasons at once, absent is off, unknown refuses openings alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.core.boundaries import BOUNDARIES, FURTHER, PRICE, WHERE, Case
from tests.unit.core.desk import BUY, SELL, Desk, account_of, listing
from tradewright.core import limits as named
from tradewright.core.exposure import SCOPES, WHOLE
from tradewright.core.limits import LIMITS, OF_ACCOUNTS, Limits, limits_from
from tradewright.core.risk import Rule
from tradewright.core.stations import RULES
from tradewright.model.control import HALTED, REDUCING, TradingStateSet
from tradewright.model.decision import Check, Decision
from tradewright.model.errors import InputError
from tradewright.model.fee import FeeEstimate
from tradewright.model.instrument import OrderRules
from tradewright.model.intent import Intent

ONE = 10**18
CODES = [rule.code for rule in RULES]
#: limit → the rule it switches on.
READ_BY = {
    name: rule.code
    for rule in RULES
    for name in ((rule.limit, *rule.also) if rule.switches else (rule.limit,) if rule.limit else ())
}
#: What is compared → the code that tells it: each limit, and each rule that has none.
COMPARED = READ_BY | {rule.code: rule.code for rule in RULES if not rule.limit}


def judged(case: Case) -> dict[str, Check]:
    decision = next(output for output in case.desk.engine.judge(case.intent) if isinstance(output, Decision))
    return {check.code: check for check in decision.checks}


def holds(case: Case, code: str, offset: int) -> None:
    """The rule passes where it should, and no other has anything against the order."""
    checks = judged(case)
    assert checks[code].passed is WHERE[code][offset + 1]
    others = [check.code for check in checks.values() if not check.passed and check.code != code]
    assert others == [], "the case is about one rule"


def test_every_rule_has_a_code_of_its_own_and_every_limit_and_every_rule_without_one_a_boundary_case() -> None:
    assert sorted(CODES) == sorted(set(CODES)) == sorted(WHERE)
    assert sorted(COMPARED) == sorted(BOUNDARIES)


@pytest.mark.parametrize("name", READ_BY)
def test_the_boundary_case_of_a_limit_sets_that_limit(name: str) -> None:
    limits = BOUNDARIES[name](0).desk.engine.accounts["main"].limits
    assert [set_ for set_ in limits.values if set_ not in PARAMETERS] == [name]


@pytest.mark.parametrize("offset", [-1, 0, 1])
@pytest.mark.parametrize("name", COMPARED)
def test_a_rule_holds_to_the_unit(name: str, offset: int) -> None:
    holds(BOUNDARIES[name](offset), COMPARED[name], offset)


def in_scope(case: Case, scope: str) -> Case:
    """The account's limits, set for another scope."""
    gate = case.desk.engine.gate
    values = gate.limits["account:main"].values
    gate.set(scope, Limits(values, 1, "USD"))
    gate.set("account:main", Limits())  # second, or what is kept for them would be forgotten
    return case


#: kind of scope → the one of that kind that an order lies in.
SCOPE_OF: dict[str, Callable[[Intent], str]] = {
    "all": lambda intent: "all",
    "owner": lambda intent: f"owner:{intent.account}",
    "venue": lambda intent: "venue:paper",
    "session": lambda intent: f"session:{intent.account}",
    "strategy": lambda intent: f"strategy:{intent.strategy}",
    "canary": lambda intent: f"canary:{intent.strategy}",
    "symbol": lambda intent: f"symbol:{intent.instrument.symbol}",
    "sector": lambda intent: f"sector:{intent.instrument.sector}",
    "currency": lambda intent: f"currency:{intent.instrument.quote}",
}
#: Kinds of scope, and the limits whose boundary case is about more than what lies in one: another symbol, another
#: strategy, an instrument without a sector.
ACROSS = {
    "symbol": ("tradepicker.maxOpenPositions", "maxConcurrentTradesGlobal", "maxOpenPositions"),
    "sector": (
        "tradepicker.maxOpenPositions", "maxConcurrentTradesGlobal", "maxOpenPositions", "maxCurrencyExposurePercent",
        "maxRateAgeSeconds",
    ),
    "strategy": ("maxWorkingOrders",),
    "canary": ("maxWorkingOrders",),
}  # fmt: skip


def test_every_kind_of_scope_has_its_boundaries() -> None:
    assert {*SCOPE_OF, "account"} == set(SCOPES)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name) for kind in SCOPE_OF for name in READ_BY
        if name not in ACROSS.get(kind, ()) and (kind in ("all", *WHOLE) or name not in OF_ACCOUNTS)
    ],
)  # fmt: skip
def test_a_limit_holds_to_the_unit_in_every_kind_of_scope(kind: str, name: str) -> None:
    for offset in (-1, 0, 1):
        case = BOUNDARIES[name](offset)
        holds(in_scope(case, SCOPE_OF[kind](case.intent)), READ_BY[name], offset)


@pytest.mark.parametrize("offset", [-1, 0, 1])
@pytest.mark.parametrize("name", FURTHER)
def test_a_rule_holds_to_the_unit_of_whatever_it_looks_at(name: str, offset: int) -> None:
    code, case = FURTHER[name]
    holds(case(offset), code, offset)


@pytest.mark.parametrize(("currency", "share"), [("USD", 0), ("EUR", 200_000)])
def test_an_order_in_its_account_s_currency_is_no_foreign_exposure(currency: str, share: int) -> None:
    """A fifth of the account in a domestic share, and a limit of a tenth on what is foreign."""
    desk = Desk(
        account_of(currency=currency), symbols=("ACME", "EURUSD"), limits={"maxCurrencyExposurePercent": 10},
        cash={currency: "1000000"},
    )  # fmt: skip
    desk.quote(100_000, symbol="EURUSD")
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 2_000)
    (seen,) = [check for check in decision.checks if check.code == "CURRENCY_EXPOSURE_LIMIT"]
    assert (seen.passed, seen.value) == (share == 0, share)
    assert decision.approved is seen.passed


def in_yen(case: Case) -> Case:
    """The same limits, whose money is in yen at a hundred to the dollar."""
    engine = case.desk.engine
    engine.list_instrument(listing("USDJPY"))
    case.desk.quote(100_000, symbol="USDJPY")
    for scope, limits in list(engine.gate.limits.items()):
        values = {name: 100 * value if LIMITS[name][0] == "money" else value for name, value in limits.values.items()}
        engine.gate.set(scope, Limits(values, limits.version, "JPY"))
    return case


@pytest.mark.parametrize("offset", [-1, 0, 1])
@pytest.mark.parametrize("name", [name for name in READ_BY if LIMITS[name][0] == "money"])
def test_a_limit_on_money_holds_to_the_unit_in_another_currency_than_its_account_s(name: str, offset: int) -> None:
    code = READ_BY[name]
    case = BOUNDARIES[name](offset)
    in_dollars = [use.value for use in case.desk.engine.utilisation() if use.code == code]
    case = in_yen(case)
    used = [use.value for use in case.desk.engine.utilisation() if use.code == code]
    assert used == [None if value is None else 100 * value for value in in_dollars]
    seen = judged(case)[code]
    assert seen.passed is WHERE[code][offset + 1]
    assert seen.unit == "money:JPY"


@pytest.mark.parametrize("name", COMPARED)
def test_a_check_tells_the_value_and_the_limit_it_compared(name: str) -> None:
    code = COMPARED[name]
    told = [judged(BOUNDARIES[name](offset))[code] for offset in (-1, 0, 1)]
    for check in told:
        assert check.value is not None or (code == "PRICE_UNKNOWN" and not check.passed)
        assert check.limit is not None
        assert check.unit
    if all(check.value is not None for check in told):
        distances = [check.value - check.limit for check in told if check.value is not None and check.limit is not None]
        assert len(set(distances)) > 1, "the value moved with the offset"


def test_every_reason_is_reported_not_the_first_alone() -> None:
    desk = Desk(
        account_of(kind="cash"),
        rules=OrderRules(tick=5, step=5, size_min=100, notional_min=10**6 * ONE, shortable=False, tradable=False),
        limits={"maxOrderQuantity": 1, "maxOrderValue": "1", "priceCollarPercent": "0.01", "maxPositionQuantity": 1},
        cash="1",
    )
    desk.quote(PRICE)
    desk.feed(TradingStateSet(desk.tick(), "all", HALTED, "ann", "test"))
    assert desk.refused(SELL, 7, limit_units=9_001) == [
        "TRADING_STATE", "SYMBOL_NOT_TRADABLE", "PRICE_INCREMENT", "SIZE_INCREMENT", "SIZE_MINIMUM", "NOTIONAL_MINIMUM",
        "PRICE_COLLAR", "MAX_ORDER_VALUE", "MAX_ORDER_QUANTITY", "MAX_POSITION_QUANTITY", "SHORT_NOT_ALLOWED",
    ]  # fmt: skip


#: Limits that switch nothing on by themselves, and who reads them.
PARAMETERS = {
    "marketBufferPercent": "the price everything is judged at",
    "softLimits": "waivers",
    "tradepicker.key": "the picker's count of positions",
    "tradepicker.reservationTtlMs": "reservations",
    "tradepicker.reserveOnOpen": "reservations",
    "orderType": "openings that say no price",
    "defaultRiskEstimate": "daily risk",
    "riskModel": "daily risk",
    "exposurePollIntervalSec": "the venue that is polled",
    "lossWindowMinutes": "the loss within minutes",
    "dayTradeEquityMinimum": "day trades",
    "messageReserve": "the message limit",
    "queueWhenClosed": "openings in a closed market",
    "repeatedExecutionSeconds": "repeated executions",
    "collarWindowSeconds": "the cumulative collar",
    "breakerErrors": "the circuit breaker",
    "breakerCooldownSeconds": "the circuit breaker",
    "stopFillSeconds": "the watchdog",
    "staleOrderSeconds": "openings that work too long",
    "maintenanceMarginPercent": "the distance to liquidation",
    "canaryDays": "how long canary limits bind",
}


def test_every_limit_is_read_by_a_rule() -> None:
    assert set(LIMITS) == {*READ_BY, *PARAMETERS}
    assert set(named.PARAMETERS) == set(PARAMETERS)
    assert {name for rule in RULES for name in rule.also if not rule.switches} <= set(PARAMETERS)


def wishes(desk: Desk) -> set[str]:
    """The codes asked of a buy and of a sale that open, behind a trade of today."""
    desk.quote(PRICE)
    desk.want(BUY, 1, limit_units=PRICE)
    checks = [check for side in (BUY, SELL) for check in desk.want(side, 1, limit_units=PRICE)[0].checks]
    return {check.code for check in checks}


@pytest.mark.parametrize("name", READ_BY)
def test_an_absent_limit_is_off_and_listed_as_off(name: str) -> None:
    desk = Desk()
    assert READ_BY[name] not in wishes(desk)
    assert name in desk.engine.accounts["main"].limits.off()
    desk = Desk(limits={name: GOOD[name][0]})
    assert READ_BY[name] in wishes(desk)
    assert name not in desk.engine.accounts["main"].limits.off()


#: what can not be known → (desk, code that refuses for it)
def without_a_price(name: str) -> Desk:
    return Desk(limits={name: 50})


def without_a_rate(name: str) -> Desk:
    desk = Desk(symbols=("SAPX", "EURUSD"), limits={name: 50}, cash={"EUR": "1000000"})
    desk.quote(PRICE)
    return desk


@pytest.mark.parametrize("name", ["priceCollarPercent", "maxPriceAgeSeconds", "maxSpread", "minDistanceFromDailyHigh"])
def test_a_limit_on_a_price_that_is_not_known_refuses_an_opening(name: str) -> None:
    assert READ_BY[name] in without_a_price(name).refused(BUY, 1, limit_units=PRICE)


def test_a_band_on_a_price_that_is_not_known_refuses_an_opening() -> None:
    assert "PRICE_BAND" in Desk(rules=OrderRules(band_ppm=5)).refused(BUY, 1, limit_units=PRICE)


@pytest.mark.parametrize(
    "name", ["maxOrderValue", "maxPositionSizePercent", "maxDailyLoss", "maxDailyLossPercent", "tradepicker.budget"]
)
def test_a_limit_on_an_amount_that_is_not_known_refuses_an_opening(name: str) -> None:
    desk = without_a_rate(name)
    codes = desk.refused(BUY, 1)
    assert READ_BY[name] in codes
    assert "INSUFFICIENT_FUNDS" in codes
    checks = {check.code: check for check in desk.want(BUY, 1)[0].checks}
    assert checks[READ_BY[name]].value is None


#: What is tightest, where it is not 1 unit.
TIGHTEST: dict[str, Any] = {
    "sessions": [[[0], 0, 1, "UTC"]], "maxSpread": [1, False],
    "minDistanceFromDailyHigh": [10**18, False], "minDistanceFromDailyLow": [10**18, False],
    "blockedSymbols": ["SAPX"], "allowedSymbols": ["ZETA"], "enabledStrategies": ["t"],
    "minMaintenanceMarginPercent": 10**18,
}  # fmt: skip


@pytest.mark.parametrize("name", READ_BY)
def test_no_limit_however_tight_or_unknown_stops_an_exit(name: str) -> None:
    """The position is there, then everything goes dark: no rate, no fresh price, each limit at its smallest."""
    desk = Desk(account_of(kind="margin"), symbols=("SAPX", "EURUSD"), cash={"EUR": "1000000"})
    desk.quote(PRICE)
    desk.quote(110_000, symbol="EURUSD")
    desk.filled(BUY, 10, PRICE)
    desk.engine.open_account(desk.engine.accounts["main"].terms, Limits({name: TIGHTEST.get(name, 1)}))
    desk.engine.marks.marks[0].bid = desk.engine.marks.marks[0].ask = desk.engine.marks.marks[0].last = 0
    desk.engine.marks.marks[1].bid = desk.engine.marks.marks[1].ask = 0
    desk.on().rules = OrderRules(size_min=100, notional_min=10**30, band_ppm=1, shortable=False, tradable=False)
    desk.feed(TradingStateSet(desk.tick(), "all", HALTED, "ann", "test"))
    assert not desk.want(BUY, 1, limit_units=PRICE)[0].approved
    assert desk.close(SELL, 4, limit_units=20 * PRICE)[0].approved
    assert desk.close(SELL)[0].approved


@pytest.mark.parametrize("state", [REDUCING, HALTED])
@pytest.mark.parametrize("scope", ["all", "account:main", "strategy:s", "symbol:ACME"])
def test_each_scope_can_be_taken_out_of_trading(scope: str, state: int) -> None:
    desk = Desk()
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    desk.feed(TradingStateSet(desk.tick(), scope, state, "ann", "lunch"))
    assert desk.refused(BUY, 1) == ["TRADING_STATE"]
    other = desk.want(BUY, 1, strategy="other")[0].approved
    assert other == scope.startswith("strategy:")
    assert desk.close(SELL, 5)[0].approved
    desk.feed(TradingStateSet(desk.tick(), scope, 1, "ann", "back"))
    assert desk.want(BUY, 1)[0].approved


def test_the_strictest_of_the_scopes_counts() -> None:
    desk = Desk()
    desk.feed(TradingStateSet(desk.tick(), "all", REDUCING, "ann", ""))
    desk.feed(TradingStateSet(desk.tick(), "symbol:ACME", HALTED, "ann", ""))
    assert desk.engine.trading_state("main", "s", "ACME") == HALTED
    assert desk.engine.trading_state("main", "s", "ZETA") == REDUCING


def test_a_collar_is_on_the_aggressive_side_alone_and_a_band_on_both() -> None:
    for rules, limits, far in ((None, {"priceCollarPercent": 2}, True), (OrderRules(band_ppm=20_000), {}, False)):
        desk = Desk(rules=rules, limits=limits)
        desk.quote(1_000_000)
        for side in (BUY, SELL):
            assert not desk.want(side, 1, limit_units=1_000_000 + side * 20_001)[0].approved
            assert desk.want(side, 1, limit_units=1_000_000 - side * 20_001)[0].approved is far


def test_a_collar_holds_for_a_stop_price_and_a_band_does_not() -> None:
    desk = Desk(rules=OrderRules(band_ppm=20_000), limits={"priceCollarPercent": 2})
    desk.quote(1_000_000)
    assert desk.refused(BUY, 1, stop_units=1_020_001, type=3) == ["PRICE_COLLAR"]


def test_a_market_order_is_held_with_its_buffer_and_a_limit_order_without() -> None:
    desk = Desk(limits={"marketBufferPercent": "1.5"})
    desk.quote(PRICE)
    held = [decision.hold // ONE for decision in (*desk.want(BUY, 10), *desk.want(BUY, 10, limit_units=PRICE))]
    assert held == [1015, 1000]
    assert desk.want(BUY, 10, stop_units=2 * PRICE, type=3)[0].hold == 2030 * ONE


def test_an_expected_fee_is_part_of_what_an_order_needs() -> None:
    fee = FeeEstimate(ppm=1_000, minimum=5 * ONE)
    for kind in ("cash", "margin"):
        desk = Desk(account_of(kind=kind, fee=fee), cash="2002")
        desk.quote(PRICE)
        assert desk.want(BUY, 10)[0].hold == 1005 * ONE
        assert desk.refused(BUY, 10) == ["INSUFFICIENT_FUNDS"]


def test_a_cash_account_sells_nothing_it_does_not_own() -> None:
    desk = Desk(account_of(kind="cash"))
    desk.quote(PRICE)
    assert desk.refused(SELL, 1) == ["SHORT_NOT_ALLOWED"]


def test_a_rule_without_a_check_is_a_defect() -> None:
    with pytest.raises(AssertionError):
        Rule("NONE").check(None)  # type: ignore[arg-type]


def test_the_decision_keeps_every_check_in_the_order_of_the_rules() -> None:
    desk = Desk(limits={"maxOrderValue": 5000, "maxDailyLoss": 10})
    desk.quote(PRICE)
    codes = [check.code for check in desk.want(BUY, 1)[0].checks]
    assert codes == [code for code in CODES if code in codes]
    assert len(codes) == len(set(codes))
    assert {"MAX_ORDER_VALUE", "DAILY_LOSS_LIMIT", "INSUFFICIENT_FUNDS", "TRADING_STATE"} < set(codes)


# ── limits as configured ───────────────────────────────────────────────────────────────────────────────────────────

GOOD: dict[str, tuple[Any, Any]] = {
    "tradepicker.maxOpenPositions": (3, 3),
    "tradepicker.sellRequiresLong": (True, 1),
    "tradepicker.budget": ("2500.5", 25005 * 10**17),
    "tradepicker.key": ("account_strategy", "account_strategy"),
    "tradepicker.reserveOnOpen": (True, 1),
    "orderType": ("limit", "limit"),
    "maxDrawdown": (10, 100_000),
    "weeklyTarget": ("2.5", 25_000),
    "minConfidence": ("0.6", 600_000),
    "enabledStrategies": (["b", "a"], ["a", "b"]),
    "tradepicker.reservationTtlMs": (300000, 300 * 10**9),
    "canaryDays": (5, 5),
    "sessions": (
        [{"days": ["tue", "mon"], "from": "09:30", "to": "24:00", "zone": "America/New_York"}],
        [[[0, 1], 570, 1440, "America/New_York"]],
    ),
    "requireStructureAlignment": (True, 1),
    "maxTradesPerDay": (5, 5),
    "minCooldownMinutesBetweenTrades": ("1.5", 90 * 10**9),
    "maxSpread": ("0.05", [5 * 10**7, False]),
    "minDistanceFromDailyHigh": ({"points": 12}, [12, True]),
    "minDistanceFromDailyLow": (2, [2 * 10**9, False]),
    "maxConcurrentTradesPerSymbol": (2, 2),
    "maxConcurrentTradesPerDirection": (1, 1),
    "maxConcurrentTradesGlobal": (8, 8),
    "maxDailyRiskPerSymbol": (200, 200 * ONE),
    "maxDailyRiskGlobal": ("500.5", 5005 * 10**17),
    "defaultRiskEstimate": (75, 75 * ONE),
    "riskModel": ("price_distance", "price_distance"),
    "exposurePollIntervalSec": (10, 10**10),
    "maxOrderValue": ("1000.5", 10005 * 10**17),
    "maxOrderQuantity": (0.25, 250_000_000),
    "maxPositionQuantity": (7, 7 * 10**9),
    "maxPositionSizePercent": ("12.5", 125_000),
    "maxOpenPositions": (3, 3),
    "maxDailyLoss": ("0.01", 10**16),
    "maxDailyLossPercent": (2, 20_000),
    "priceCollarPercent": ("0.0001", 1),
    "maxPriceAgeSeconds": ("1.5", 1_500_000_000),
    "stopFillSeconds": (30, 30 * 10**9),
    "staleOrderSeconds": ("0.5", 5 * 10**8),
    "marketBufferPercent": (1, 10_000),
    "maxTotalExposure": (5, 5 * ONE),
    "maxTotalExposurePercent": (5, 50_000),
    "maxDirectionalExposurePercent": (5, 50_000),
    "maxSectorExposurePercent": (5, 50_000),
    "maxCurrencyExposurePercent": (5, 50_000),
    "maxLeverage": ("2.5", 2_500_000),
    "maxMarginUsePercent": (5, 50_000),
    "minMaintenanceMarginPercent": (25, 250_000),
    "maxWeeklyLoss": (5, 5 * ONE),
    "maxWeeklyLossPercent": (5, 50_000),
    "maxDrawdownPercent": (5, 50_000),
    "maxLossInWindow": (5, 5 * ONE),
    "lossWindowMinutes": (5, 300 * 10**9),
    "maxDayTrades": (3, 3),
    "dayTradeEquityMinimum": (10**8, 10**26),
    "requireMarketSession": ("true", 1),
    "queueWhenClosed": (True, 1),
    "blockedSymbols": (["ZETA", "BTCUSD"], ["BTCUSD", "ZETA"]),
    "allowedSymbols": (["ZETA"], ["ZETA"]),
    "duplicateWindowSeconds": (60, 60 * 10**9),
    "enableWashTradeProtection": (True, 1),
    "enableSelfTradeProtection": (True, 1),
    "maxMessagesPerMinute": (5, 5),
    "messageReserve": (5, 5),
    "maxOrderToTradeRatio": ("7.5", 7_500_000),
    "maxRepeatedExecutions": (5, 5),
    "repeatedExecutionSeconds": (3600, 3600 * 10**9),
    "breakerErrors": (3, 3),
    "breakerCooldownSeconds": (1, 10**9),
    "maxAccountAgeSeconds": (5, 5 * 10**9),
    "maxRateAgeSeconds": (5, 5 * 10**9),
    "maxLoopLagSeconds": (5, 5 * 10**9),
    "maxJournalLagSeconds": (5, 5 * 10**9),
    "maxReconciliationLagSeconds": (5, 5 * 10**9),
    "maxClockOffsetSeconds": ("0.5", 5 * 10**8),
    "enableHaltProtection": (True, 1),
    "enablePriceLimitProtection": (True, 1),
    "enableShortSaleRestriction": (True, 1),
    "requireLocate": (True, 1),
    "maxWorkingOrders": (5, 5),
    "minLiquidationDistancePercent": (5, 50_000),
    "maintenanceMarginPercent": (5, 50_000),
    "maxVolumePercent": (5, 50_000),
    "maxTouchPercent": (5, 50_000),
    "cumulativeCollarPercent": (5, 50_000),
    "collarWindowSeconds": (5, 5 * 10**9),
    "softLimits": (["maxOrderValue", "maxDailyLoss"], ["maxDailyLoss", "maxOrderValue"]),
}


def test_configured_limits_are_exact_in_their_unit() -> None:
    assert set(GOOD) == set(LIMITS)
    limits = limits_from({name: value for name, (value, _) in GOOD.items()})
    assert dict(limits.row()) == {name: count for name, (_, count) in GOOD.items()}
    assert limits.off() == []


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize(
    "bad", ["nan", "inf", "-inf", float("nan"), float("inf"), -1, 0, "-0.5", "much", None, "1e40", "1e-30"]
)
def test_a_limit_that_is_no_number_above_zero_is_refused_by_name(name: str, bad: Any) -> None:
    with pytest.raises(InputError, match=name):
        limits_from({name: bad})


def test_a_limit_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(
        InputError, match=r"'maxLoss' is not known; the limits are maxOrderValue, .*marketBufferPercent"
    ):
        limits_from({"maxLoss": 5})
