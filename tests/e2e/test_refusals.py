"""Every rule refuses in a whole run: a strategy's wish, the trader, the exchange and a journal that folds to the same
state. The same run without the limit (or with other terms) has no such refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.e2e.desk import MINUTE, Desk, Script, share
from tradewright.core.stations import RULES
from tradewright.explain import check_row
from tradewright.model.control import HALTED, TradingStateSet
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.notice import InstrumentStatus, Located

ONE: Script = {"bar 3": [["buy", {"size": 10}]]}
TWO: Script = {"bar 1": [["buy", {"size": 10}]], "bar 3": [["buy", {"size": 10}]]}
LATE: Script = {"bar 1": [["buy", {"size": 10}]], "bar 4": [["buy", {"size": 10}]]}
SHORT: Script = {"bar 3": [["sell", {"size": 10}]]}
EUROPE = [
    Instrument("SAPX", "sim", "equity", "SAPX", "EUR", 2, 0),
    Instrument("EURUSD", "sim", "forex", "EUR", "USD", 5, 2, 100_000),
]


def flat(desk: Desk) -> None:
    """Six minutes at 100, for every instrument in turn."""
    for _ in range(6):
        for instrument in desk.instruments:
            desk.flat(100, instrument.symbol)


def falling(desk: Desk) -> None:
    for price in (100, 100, 90, 90, 90):
        desk.flat(price)


def wide(desk: Desk) -> None:
    for _ in range(4):
        desk.quote(100, 101)


def rising(desk: Desk) -> None:
    for price in (100, 101, 103, 103):
        desk.flat(price)


def halted(desk: Desk) -> None:
    desk.flat(100)
    desk.feed(TradingStateSet(desk.time, "all", HALTED, "ann", "lunch"))
    flat(desk)


def halted_by_venue(desk: Desk) -> None:
    desk.flat(100)
    desk.feed(InstrumentStatus(desk.time, 0, "PAUSED"))
    flat(desk)


def banded(desk: Desk) -> None:
    desk.flat(100)
    desk.feed(InstrumentStatus(desk.time, 0, "TRADING", 9_000, 9_999))
    flat(desk)


def restricted(desk: Desk) -> None:
    desk.flat(100)
    desk.feed(InstrumentStatus(desk.time, 0, "TRADING", restricted=True))
    flat(desk)


def located(desk: Desk) -> None:
    desk.flat(100)
    desk.feed(Located(desk.time, "main", 0, 9))
    flat(desk)


def one_silent(desk: Desk) -> None:
    """The second instrument was seen once, the first goes on."""
    desk.flat(1 if desk.instruments[1].symbol == "EURUSD" else 100, desk.instruments[1].symbol)
    for _ in range(5):
        desk.flat(100)


def never_seen(desk: Desk) -> None:
    for _ in range(5):
        desk.flat(100)


@dataclass(frozen=True)
class Story:
    """limits switch the rule on; scripts: one for each strategy; play: what the market does; terms: of the desk."""

    limits: dict[str, Any]
    scripts: tuple[Any, ...] = (TWO,)
    play: Callable[[Desk], None] = flat
    terms: dict[str, Any] = field(default_factory=dict)


def ruled(**rules: Any) -> dict[str, Any]:
    instrument = share()
    instrument.rules = OrderRules(**rules)
    return {"instruments": [instrument]}


def two_shares() -> dict[str, Any]:
    return {"instruments": [share("ACME"), share("ZETA")]}


PAIR = ("Pair", {"script": {"bar 4": [["buy", {"size": 1, "symbol": "ZETA"}]]}})
STORIES: dict[str, Callable[[], Story]] = {
    "OPEN_LIMIT_EXCEEDED": lambda: Story({"tradepicker.maxOpenPositions": 1}, (TWO,), flat, two_shares()),
    "NO_OPEN_POSITION": lambda: Story({"tradepicker.sellRequiresLong": True}, (SHORT,)),
    "BUDGET_EXCEEDED": lambda: Story({"tradepicker.budget": 1500}),
    "OUTSIDE_SESSION": lambda: Story(
        {"sessions": [{"days": ["mon"], "from": "00:00", "to": "24:00", "zone": "UTC"}]}, (ONE,)
    ),
    "STRUCTURE_MISALIGNED": lambda: Story({"requireStructureAlignment": True}),
    "MAX_TRADES_PER_DAY": lambda: Story({"maxTradesPerDay": 1}),
    "COOLDOWN": lambda: Story({"minCooldownMinutesBetweenTrades": 10}),
    "SPREAD_TOO_WIDE": lambda: Story({"maxSpread": "0.99"}, (ONE,), wide),
    "NEAR_DAILY_HIGH": lambda: Story({"minDistanceFromDailyHigh": 1}),
    "NEAR_DAILY_LOW": lambda: Story({"minDistanceFromDailyLow": {"points": 1}}, (SHORT,)),
    "MAX_CONCURRENT_TRADES_SYMBOL": lambda: Story({"maxConcurrentTradesPerSymbol": 1}),
    "MAX_CONCURRENT_TRADES_DIRECTION": lambda: Story({"maxConcurrentTradesPerDirection": 1}),
    "MAX_CONCURRENT_TRADES_GLOBAL": lambda: Story({"maxConcurrentTradesGlobal": 1}),
    "MAX_DAILY_RISK_SYMBOL": lambda: Story({"maxDailyRiskPerSymbol": 100}),
    "MAX_DAILY_RISK_GLOBAL": lambda: Story({"maxDailyRiskGlobal": 100}),
    "TRADING_STATE": lambda: Story({}, (ONE,), halted),
    "NOT_READY": lambda: Story({}, (ONE,), flat, {"remote": True}),
    "SYMBOL_NOT_TRADABLE": lambda: Story({}, (ONE,), flat, ruled(tradable=False)),
    "PRICE_UNKNOWN": lambda: Story({}, (PAIR,), never_seen, two_shares()),
    "PRICE_STALE": lambda: Story({"maxPriceAgeSeconds": 60}, (PAIR,), one_silent, two_shares()),
    "PRICE_INCREMENT": lambda: Story({}, (("Rough", {}),), flat, ruled(tick=5)),
    "SIZE_INCREMENT": lambda: Story({}, ({"bar 2": [["buy", {"size": 3}]]},), flat, ruled(step=5)),
    "SIZE_MINIMUM": lambda: Story({}, (ONE,), flat, ruled(size_min=11)),
    "SIZE_MAXIMUM": lambda: Story({}, (ONE,), flat, ruled(size_max=9)),
    "NOTIONAL_MINIMUM": lambda: Story({}, (ONE,), flat, ruled(notional_min=1001 * 10**18)),
    "PRICE_BAND": lambda: Story({}, ({"bar 2": [["buy", {"size": 1, "limit": 90}]]},), flat, ruled(band_ppm=20_000)),
    "PRICE_COLLAR": lambda: Story({"priceCollarPercent": 2}, ({"bar 2": [["buy", {"size": 1, "limit": 103}]]},)),
    "MAX_ORDER_VALUE": lambda: Story({"maxOrderValue": 999}),
    "MAX_ORDER_QUANTITY": lambda: Story({"maxOrderQuantity": 9}),
    "POSITION_RANGE": lambda: Story(
        {}, ({f"bar {at}": [["buy", {"size": 3 * 10**18, "limit": "0.01"}]] for at in (1, 2)},), flat,
        {"cash": "100000000000000000"},
    ),
    "MAX_POSITION_QUANTITY": lambda: Story({"maxPositionQuantity": 19}),
    "POSITION_LIMIT": lambda: Story({"maxPositionSizePercent": "0.19"}),
    "SHORT_NOT_ALLOWED": lambda: Story({}, (SHORT,), flat, {"kind": "cash"}),
    "INSUFFICIENT_FUNDS": lambda: Story({}, (TWO,), flat, {"cash": "1500"}),
    "DAILY_LOSS_LIMIT": lambda: Story({"maxDailyLoss": 99}, (TWO,), falling),
    "MAX_OPEN_POSITIONS": lambda: Story({"maxOpenPositions": 1}, (TWO,), flat, two_shares()),
    "REDUCE_ONLY": lambda: Story(
        {},
        (
            {
                "bar 1": [["buy", {"size": 10}]],
                "bar 3": [["close", {"size": 10, "limit": 110}], ["close", {"size": 5, "limit": 111}]],
            },
        ),
    ),
    "MAX_TOTAL_EXPOSURE": lambda: Story({"maxTotalExposure": 1999}),
    "TOTAL_EXPOSURE_LIMIT": lambda: Story({"maxTotalExposurePercent": "0.19"}),
    "DIRECTIONAL_EXPOSURE_LIMIT": lambda: Story({"maxDirectionalExposurePercent": "0.19"}),
    "SECTOR_EXPOSURE_LIMIT": lambda: Story({"maxSectorExposurePercent": "0.19"}),
    "CURRENCY_EXPOSURE_LIMIT": lambda: Story(
        {"maxCurrencyExposurePercent": "0.01"}, (TWO,), one_silent, {"instruments": EUROPE}
    ),
    "MAX_LEVERAGE": lambda: Story({"maxLeverage": "0.0019"}),
    "MARGIN_USE_LIMIT": lambda: Story({"maxMarginUsePercent": "0.19"}),
    "MARGIN_DEFICIT": lambda: Story({"minMaintenanceMarginPercent": 60_000}),
    "WEEKLY_LOSS_LIMIT": lambda: Story({"maxWeeklyLossPercent": "0.0099"}, (TWO,), falling),
    "DRAWDOWN_LIMIT": lambda: Story({"maxDrawdownPercent": "0.0099"}, (TWO,), falling),
    "LOSS_SPEED_LIMIT": lambda: Story({"maxLossInWindow": 99}, (TWO,), falling),
    "PATTERN_DAY_TRADER": lambda: Story(
        {"maxDayTrades": 1},
        ({"bar 1": [["buy", {"size": 1}]], "bar 2": [["close", {}]], "bar 4": [["buy", {"size": 1}]]},),
        flat, {"cash": "20000"},
    ),
    "SESSION_DRAWDOWN": lambda: Story({"maxDrawdown": "0.0099"}, (TWO,), falling),
    "SESSION_TARGET": lambda: Story({"weeklyTarget": "0.0009"}, (LATE,), rising),
    "CONFIDENCE_TOO_LOW": lambda: Story(
        {"minConfidence": "0.6"}, ({"bar 2": [["buy", {"size": 1, "confidence": 0.5}]]},)
    ),
    "STRATEGY_NOT_ENABLED": lambda: Story({"enabledStrategies": ["another"]}, (ONE,)),
    "MARKET_CLOSED": lambda: Story(
        {"requireMarketSession": True}, (ONE,), flat, {"instruments": [share("ACME", "us-equity")]}
    ),
    "SYMBOL_BLOCKED": lambda: Story({"blockedSymbols": ["ACME"]}),
    "SYMBOL_NOT_ALLOWED": lambda: Story({"allowedSymbols": ["ZETA"]}),
    "DUPLICATE_ORDER": lambda: Story({"duplicateWindowSeconds": 600}),
    "WASH_TRADE": lambda: Story(
        {"enableWashTradeProtection": True},
        ({"bar 1": [["sell", {"size": 1, "limit": 105}]], "bar 2": [["buy", {"size": 1, "limit": 105}]]},),
    ),
    "SELF_TRADE": lambda: Story(
        {"enableSelfTradeProtection": True},
        ({"bar 1": [["sell", {"size": 1, "limit": 105}]]}, {"bar 2": [["buy", {"size": 1, "limit": 105}]]}),
    ),
    "MESSAGE_LIMIT": lambda: Story(
        {"maxMessagesPerMinute": 1}, ({"bar 1": [["buy", {"size": 1}], ["buy", {"size": 2}]]},)
    ),
    "ORDER_TO_TRADE_RATIO": lambda: Story(
        {"maxOrderToTradeRatio": 1}, ({f"bar {at}": [["buy", {"size": 1, "limit": 50}]] for at in (1, 2)},)
    ),
    "REPEATED_EXECUTION": lambda: Story({"maxRepeatedExecutions": 1, "repeatedExecutionSeconds": 600}),
    "ACCOUNT_STALE": lambda: Story({"maxAccountAgeSeconds": 100}, (ONE,)),
    "RATE_STALE": lambda: Story({"maxRateAgeSeconds": 60}, (ONE,), one_silent, {"instruments": EUROPE}),
    "LOOP_LAG": lambda: Story({"maxLoopLagSeconds": 1}),
    "JOURNAL_LAG": lambda: Story({"maxJournalLagSeconds": 1}),
    "RECONCILIATION_LAG": lambda: Story({"maxReconciliationLagSeconds": 1}),
    "CLOCK_OFFSET": lambda: Story({"maxClockOffsetSeconds": 1}),
    "MAX_VOLUME_SHARE": lambda: Story({"maxVolumePercent": 1}),
    "MAX_TOUCH_SHARE": lambda: Story({"maxTouchPercent": 1}),
    "INSTRUMENT_HALTED": lambda: Story({"enableHaltProtection": True}, (ONE,), halted_by_venue),
    "OUTSIDE_PRICE_LIMITS": lambda: Story({"enablePriceLimitProtection": True}, (ONE,), banded),
    "SHORT_SALE_RESTRICTED": lambda: Story({"enableShortSaleRestriction": True}, (SHORT,), restricted),
    "LOCATE_REQUIRED": lambda: Story({"requireLocate": True}, (SHORT,), located),
    "MAX_WORKING_ORDERS": lambda: Story(
        {"maxWorkingOrders": 1}, ({f"bar {at}": [["buy", {"size": 1, "limit": 50}]] for at in (1, 2)},)
    ),
    "LIQUIDATION_DISTANCE": lambda: Story({"minLiquidationDistancePercent": 60_000}),
    "CUMULATIVE_COLLAR": lambda: Story({"cumulativeCollarPercent": 2, "collarWindowSeconds": 600}, (ONE,), rising),
}  # fmt: skip


def told(story: Story, limits: dict[str, Any]) -> Desk:
    desk = Desk(*story.scripts, limits=limits, **story.terms)
    story.play(desk)
    return desk


def refused(desk: Desk) -> list[str]:
    return [check.code for decision in desk.recorder.decisions for check in decision.refusals]


def test_every_rule_has_its_story() -> None:
    assert sorted(STORIES) == sorted(rule.code for rule in RULES)


@pytest.mark.parametrize("code", STORIES)
def test_a_rule_refuses_in_a_whole_run(code: str) -> None:
    story = STORIES[code]()
    desk = told(story, story.limits)
    assert code in refused(desk), f"{refused(desk)} and {desk.trader.engine.halted}"
    check, decision = next(
        (check, decision) for decision in desk.recorder.decisions for check in decision.refusals if check.code == code
    )
    assert check_row(check, decision.instrument)["text"]
    assert desk.trader.engine.orders[decision.orders[0].id].status == "DENIED"
    desk.check_recovery()
    assert desk.time % MINUTE == 0


def test_a_slice_beyond_its_parent_is_refused_in_a_whole_run() -> None:
    slices: Script = {f"bar {at}": [["buy", {"size": 10, "parent": "vwap", "parent_size": 25}]] for at in (1, 2, 3)}
    desk = told(Story({}, (slices,)), {})
    assert refused(desk) == ["PARENT_EXCEEDED"]
    (decision,) = [decision for decision in desk.recorder.decisions if not decision.approved]
    text = check_row(decision.refusals[0], decision.instrument)["text"]
    assert text == "slices of the parent order would be 30 (its size 25)"
    desk.check_recovery()


@pytest.mark.parametrize("code", [rule.code for rule in RULES if rule.limit])
def test_the_same_run_without_the_limit_has_no_such_refusal(code: str) -> None:
    story = STORIES[code]()
    assert code not in refused(told(story, {}))
